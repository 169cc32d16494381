"""One visit of a programme: its blocks one after another, each written down when it ends."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from rehabsim.base.errors import RehabsimError
from rehabsim.base.records import Record
from rehabsim.base.site import Session, Site
from rehabsim.cli.programme_page import block_words
from rehabsim.session.programmes import check_block, dials_of_scenario, is_installed
from rehabsim.session.progress import Progress, log_path, save_progress
from rehabsim.session.tries import Tries
from rehabsim.training.programme import Block, Programme, block_numbers, session_of
from rehabsim.training.progression import (
    BlockOutcome,
    Visit,
    closed,
    next_block,
    why_not_begin,
    why_stop,
)

SHORT_S = 1.0
"""A block that lacks less than this was done to its end."""


class Done(Record, frozen=True):
    """What became of one session.

    Attributes:
        lasted_s: How long the belts ran; of a standing block its length.
        tries: Tasks in it.
        stop: What stopped the belts in it, in words.
    """

    lasted_s: float
    tries: Tries
    stop: str = ""


class Answers(Protocol):
    """Who is asked between blocks."""

    def number(self, what: str, when: str) -> int | None:
        """Return what somebody tells of pain or effort; None when it is not told."""

    def choice(self, words: str, choices: tuple[str, ...]) -> str:
        """Return one of `choices`."""


class VisitRun:
    """A visit of one person.

    Args:
        name: Of the programme, as it was asked for.
        programme: What is done.
        progress: Of the person so far.
        folder: Of logs and progress.
        site: The room.
        adapted: Returns a block's session with what is known of the person.
        do: Runs one session into a log; returns what became of it.
        answers: Who is asked.
        say: Called with each line for the terminal.
    """

    def __init__(
        self,
        *,
        name: str,
        programme: Programme,
        progress: Progress,
        folder: Path,
        site: Site,
        adapted: Callable[[Session], Session],
        do: Callable[[Block, Session, float, Path], Done],
        answers: Answers,
        say: Callable[[str], None],
    ) -> None:
        self.progress = progress
        self._name, self._programme = name, programme
        self._folder, self._site = folder, site
        self._adapted, self._do = adapted, do
        self._answers, self._say = answers, say

    def check(self, visit: Visit) -> None:
        """Make sure that the room can do every block, before anybody stands on the belts.

        Raises:
            ConfigError: It refuses one, with the numbers.
        """
        for number in block_numbers(self._programme, visit.visit):
            if is_installed(self._programme.blocks[number - 1].scenario):
                check_block(self._site, self._session(visit, number), where=self._where(number))

    def run(self, visit: Visit) -> Visit:
        """Do what is left of a visit; return it as it was left.

        Raises:
            RehabsimError: A session failed; what was done is written down.
            KeyboardInterrupt: Somebody ended it between blocks; the same.
        """
        if not visit.blocks:
            pain = self._answers.number("pain", "before the visit")
            why = why_not_begin(self._programme, pain)
            if why:
                self._say(f"{why} The visit does not begin.")
                return visit
            visit = replace(visit, pain_before=pain)
        while (number := next_block(self._programme, visit)) is not None:
            visit = self._one(visit, number)
        visit = self._keep(closed(self._programme, visit))
        self._say(visit.reason)
        return visit

    def _one(self, visit: Visit, number: int) -> Visit:
        block = self._programme.blocks[number - 1]
        self._say(
            "\n".join(
                ["", *block_words(number, block, visit.level, dials_of_scenario(block.scenario))]
            )
        )
        if not is_installed(block.scenario):
            note = f"The scenario {block.scenario!r} is not installed here."
            self._say(f"{note} This block is left out.")
            return self._with(visit, BlockOutcome(number, is_left_out=True, note=note))
        outcome = self._walk(visit, number, block)
        visit = self._with(visit, outcome)
        outcome = replace(
            outcome,
            pain=self._answers.number("pain", "now"),
            effort=self._answers.number("effort", "in this block"),
        )
        visit = self._keep(replace(visit, blocks=(*visit.blocks[:-1], outcome)))
        why = why_stop(
            self._programme,
            pain_before=visit.pain_before,
            pain=outcome.pain,
            effort=outcome.effort,
        )
        if why:
            self._say(f"{why} This visit is over; help the person off the belts.")
            return self._keep(replace(visit, stopped=why))
        if not outcome.is_complete:
            return self._after_cut(visit, outcome)
        return self._after(visit, block)

    def _walk(self, visit: Visit, number: int, block: Block) -> BlockOutcome:
        """Run one block; a session that failed is written down before it is told."""
        session = self._session(visit, number)
        path = log_path(self._folder, session.subject, self._name, visit.visit, number)
        planned_s = block.duration(visit.level)
        try:
            done = self._do(block, session, planned_s, path)
        except (RehabsimError, KeyboardInterrupt) as error:
            note = str(error) or "Ended from the keyboard."
            self._with(visit, BlockOutcome(number, log=path.name, note=note))
            raise
        tries = done.tries
        told = f"{tries.success_count} of {tries.count} tries" if tries.count else "no tries told"
        lasted = f"{done.lasted_s:.0f} of {planned_s:.0f} s"
        self._say(f"Block {number}: {lasted}, {told}. {done.stop}".rstrip())
        return BlockOutcome(
            number,
            log=path.name,
            walked_s=round(done.lasted_s, 2),
            is_complete=done.lasted_s >= planned_s - SHORT_S,
            try_count=tries.count,
            success_count=tries.success_count,
            stop=done.stop,
        )

    def _after_cut(self, visit: Visit, outcome: BlockOutcome) -> Visit:
        """Ask what to do about a block that was not done to its end."""
        words = "This block was not done to its end: again, leave it (on), or end the visit?"
        choice = self._answers.choice(words, ("again", "on", "end"))
        if choice == "on":
            left = replace(outcome, is_left_out=True, note=f"{outcome.note} Left so.".strip())
            return self._keep(replace(visit, blocks=(*visit.blocks[:-1], left)))
        if choice == "end":
            return self._keep(replace(visit, stopped="Ended by the therapist."))
        return visit

    def _after(self, visit: Visit, block: Block) -> Visit:
        if next_block(self._programme, visit) is None:
            return visit
        rest = f"Rest {block.rest_s / 60:g} min or longer. " if block.rest_s else ""
        choice = self._answers.choice(f"{rest}Next block (on), or end the visit?", ("on", "end"))
        if choice == "end":
            return self._keep(replace(visit, stopped="Ended by the therapist."))
        return visit

    def _with(self, visit: Visit, outcome: BlockOutcome) -> Visit:
        return self._keep(replace(visit, blocks=(*visit.blocks, outcome)))

    def _keep(self, visit: Visit) -> Visit:
        self.progress = self.progress.with_visit(self._name, visit)
        save_progress(self._folder, self.progress)
        return visit

    def _session(self, visit: Visit, number: int) -> Session:
        return self._adapted(
            session_of(
                self._programme,
                number,
                visit=visit.visit,
                level=visit.level,
                subject=self.progress.subject,
                where=self._name,
            )
        )

    def _where(self, number: int) -> str:
        return f"{self._name}: blocks {number}"
