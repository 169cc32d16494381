"""One visit of a programme: its blocks one after another, each written down when it ends."""

from collections.abc import Callable
from math import ceil
from pathlib import Path

from msgspec.structs import replace

from rehabsim.base.clock import NS
from rehabsim.base.errors import RehabsimError
from rehabsim.base.records import Record, Side
from rehabsim.base.site import Session, Site
from rehabsim.cli.programme_page import block_words
from rehabsim.cli.visit_rest import Answers, Day, Resting, early_note
from rehabsim.session.ending import Ends
from rehabsim.session.messages import BlockPlace
from rehabsim.session.programmes import check_block, dials_of_scenario, is_installed
from rehabsim.session.progress import Progress, log_path, save_progress
from rehabsim.session.tries import Tries
from rehabsim.training.block_session import session_of
from rehabsim.training.programme import Block, Programme, block_numbers
from rehabsim.training.progression import (
    BlockOutcome,
    Visit,
    closed,
    next_block,
    why_not_begin,
    why_stop,
)
from rehabsim.training.rest import last_walked, rest_before, rest_in

SHORT_S = 1.0
"""A block that lacks less than this was done to its end."""

BY_THERAPIST = "Ended by the therapist."
ENDED = {
    "tasks": "All of its tasks are over.",
    "pain": "It ended because of the pain that was told in it.",
    "effort": "It ended because of the effort that was told in it.",
}


class Order(Record, frozen=True):
    """One session to be run.

    Attributes:
        block: Where it stands in the programme, for people.
        session: What it is.
        ends: When it is over.
        path: Of its log.
        markers: Notes for its log.
    """

    block: BlockPlace
    session: Session
    ends: Ends
    path: Path
    markers: tuple[str, ...] = ()


class Done(Record, frozen=True):
    """What became of one session.

    Attributes:
        lasted_s: How long the belts ran, or could have: in a standing block the time of standing.
        tries: Tasks in it.
        stop: What stopped the belts in it, in words.
        ended: What ended it, as of `rehabsim.session.ending.Ending`; empty where nothing did.
        pain: Greatest told in it, None where none was.
        effort_rpe: The same of effort, 6 to 20.
        effort_nrs: The same of effort, 0 to 10.
        rested_s: How long its person had rested when the session ended.
        has_gone_on: It was over, and somebody went on at a console: what was told there is all, and
            the rest is over.
    """

    lasted_s: float
    tries: Tries
    stop: str = ""
    ended: str = ""
    pain: float | None = None
    effort_rpe: float | None = None
    effort_nrs: float | None = None
    rested_s: float = 0.0
    has_gone_on: bool = False


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
        day: The time.
        say: Called with each line for the terminal.
        short_steps: Which foot makes the shorter steps; None is not known.
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
        do: Callable[[Order], Done],
        answers: Answers,
        day: Day,
        say: Callable[[str], None],
        short_steps: Side | None = None,
    ) -> None:
        self.progress = progress
        self._name, self._programme = name, programme
        self._folder, self._site = folder, site
        self._adapted, self._do = adapted, do
        self._answers, self._day, self._say = answers, day, say
        self._resting = Resting(day, answers, say)
        self._short_steps = short_steps

    def check(self, visit: Visit) -> None:
        """Make sure that the room can do every block, before anybody stands on the belts.

        Raises:
            ConfigError: It refuses one, with the numbers.
        """
        for number in block_numbers(self._programme, visit.visit):
            if not self._why_left_out(self._programme.blocks[number - 1]):
                where = f"{self._name}: blocks {number}"
                check_block(self._site, self._session(visit, number), where=where)

    def run(self, visit: Visit) -> Visit:
        """Do what is left of a visit; return it as it was left.

        Raises:
            RehabsimError: A session failed; what was done is written down.
            KeyboardInterrupt: Somebody ended it between blocks; the same.
        """
        begun = self._begun(visit)
        if begun is None:
            return visit
        visit = begun
        while (number := next_block(self._programme, visit)) is not None:
            if rest_in(self._programme, visit, self._day.now_ns()) is not None:
                visit = self._rest(visit)
            else:
                visit = self._one(visit, number)
        visit = self._keep(closed(self._programme, visit))
        self._say(visit.reason)
        return visit

    def _begun(self, visit: Visit) -> Visit | None:
        """Return the visit once it may go on; None where it does not begin today."""
        if visit.blocks:
            last = last_walked(visit)
            is_untold = last is not None and (last.pain is None or last.effort is None)
            return self._ask(visit) if is_untold and not visit.stopped else visit
        before = self.progress.others(self._name, visit.visit)
        if rest_before(before, visit, self._day.now_ns()) is not None:
            held = self._resting.hold(lambda now_ns: rest_before(before, visit, now_ns), "Begin")
            if not held.goes_on:
                return None
            visit = replace(visit, early=held.early)
        pain = self._answers.number("pain", "before the visit")
        why = why_not_begin(self._programme, pain)
        if why:
            self._say(f"{why} The visit does not begin.")
            return None
        return replace(visit, pain_before=pain)

    def _rest(self, visit: Visit) -> Visit:
        """Hold the rest before the next block, and ask whether that shall come."""
        programme = self._programme
        held = self._resting.hold(lambda now_ns: rest_in(programme, visit, now_ns), "Next block")
        if not held.goes_on:
            return self._keep(replace(visit, stopped=BY_THERAPIST))
        if held.early is None:
            return visit
        walked = last_walked(visit)
        blocks = tuple(
            replace(block, early=held.early) if block is walked else block for block in visit.blocks
        )
        return self._keep(replace(visit, blocks=blocks))

    def _why_left_out(self, block: Block) -> str:
        if not is_installed(block.scenario):
            return f"The scenario {block.scenario!r} is not installed here."
        if block.needs_platform and self._site.platform is None:
            return "It needs a moving platform, and this room has none."
        return ""

    def _one(self, visit: Visit, number: int) -> Visit:
        block = self._programme.blocks[number - 1]
        dials = dials_of_scenario(block.scenario)
        self._say("\n".join(["", *block_words(number, block, visit.level, dials)]))
        note = self._why_left_out(block)
        if note:
            self._say(f"{note} This block is left out.")
            return self._with(visit, BlockOutcome(number, is_left_out=True, note=note))
        outcome, has_gone_on = self._walk(visit, number, block)
        visit = self._ask(self._with(visit, outcome), is_told=has_gone_on)
        if visit.stopped:
            return visit
        if not visit.blocks[-1].is_complete:
            return self._after_cut(visit)
        has_rested = has_gone_on or next_block(self._programme, visit) is None
        return visit if has_rested else self._rest(visit)

    def _walk(self, visit: Visit, number: int, block: Block) -> tuple[BlockOutcome, bool]:
        """Run one block; return what came of it, and whether somebody went on at a console.

        A session that failed is written down before it is told.
        """
        session = self._session(visit, number)
        path = log_path(self._folder, session.subject, self._name, visit.visit, number)
        planned_s = block.duration(visit.level)
        ends = self._ends(visit, block)
        try:
            place = self._place(visit, number)
            done = self._do(Order(place, session, ends, path, _markers(visit)))
        except (RehabsimError, KeyboardInterrupt) as error:
            note = str(error) or "Ended from the keyboard."
            ended_ns = self._day.now_ns()
            failed = BlockOutcome(number, log=path.name, note=note, ended_utc_ns=ended_ns)
            self._with(visit, failed)
            raise
        tries = done.tries
        told = f"{tries.success_count} of {tries.count} tries" if tries.count else "no tries told"
        lasted = f"{done.lasted_s:.0f} of {planned_s:.0f} s"
        self._say(
            f"Block {number}: {lasted}, {told}. {ENDED.get(done.ended, '')} {done.stop}".rstrip()
        )
        is_whole = done.lasted_s >= planned_s - SHORT_S
        outcome = BlockOutcome(
            number,
            log=path.name,
            walked_s=round(done.lasted_s, 2),
            is_complete=done.ended == "tasks" or (is_whole and done.ended in ("", "time")),
            try_count=tries.count,
            success_count=tries.success_count,
            pain=_whole(done.pain),
            effort=_whole(done.effort_rpe if self._has_borg else done.effort_nrs),
            stop=done.stop,
            end=done.ended or ("time" if is_whole else "stop" if done.stop else "hand"),
            ended_utc_ns=self._day.now_ns() - round(done.rested_s * NS),
        )
        return outcome, done.has_gone_on

    def _place(self, visit: Visit, number: int) -> BlockPlace:
        """Return what a console tells of a block, and what comes after it."""
        programme = self._programme
        numbers = block_numbers(programme, visit.visit)
        block = programme.blocks[number - 1]
        later = [programme.blocks[n - 1] for n in numbers if n > number]
        following = (each.title for each in later if not self._why_left_out(each))
        return BlockPlace(
            programme=programme.title,
            visit=visit.visit,
            visits=programme.visits,
            number=numbers.index(number) + 1,
            count=len(numbers),
            title=block.title,
            says=block.says,
            lasts_s=block.duration(visit.level),
            tasks=block.tasks or 0,
            rest_s=block.rest_s,
            next_title=next(following, ""),
            effort_scale=programme.rule("effort").scale,
        )

    @property
    def _has_borg(self) -> bool:
        """Effort is asked for from 6 to 20, and not from 0 to 10."""
        return self._programme.rule("effort").scale == "6-20"

    def _ends(self, visit: Visit, block: Block) -> Ends:
        """Return when a block is over: its stop rules hold while it runs, too."""
        pain, effort = self._programme.rule("pain"), self._programme.rule("effort")
        most = pain.at_least
        if visit.pain_before is not None and pain.rise is not None:
            most = min(most, visit.pain_before + pain.rise)
        return Ends(
            walk_s=block.duration(visit.level),
            tries=block.tasks,
            pain_nrs=most,
            effort_rpe=effort.at_least if self._has_borg else None,
            effort_nrs=None if self._has_borg else effort.at_least,
        )

    def _ask(self, visit: Visit, *, is_told: bool = False) -> Visit:
        """Ask how the last block was, unless that was told at a console; a stop rule ends the
        visit.
        """
        last = last_walked(visit)
        assert last is not None
        asked = last
        if not is_told:
            asked = replace(
                last,
                pain=_greatest(last.pain, self._answers.number("pain", "now")),
                effort=_greatest(last.effort, self._answers.number("effort", "in this block")),
            )
        blocks = tuple(asked if block is last else block for block in visit.blocks)
        visit = self._keep(replace(visit, blocks=blocks))
        why = why_stop(
            self._programme,
            pain_before=visit.pain_before,
            pain=asked.pain,
            effort=asked.effort,
        )
        if not why:
            return visit
        self._say(f"{why} This visit is over; help the person off the belts.")
        return self._keep(replace(visit, stopped=why))

    def _after_cut(self, visit: Visit) -> Visit:
        """Ask what to do about a block that was not done to its end."""
        words = "This block was not done to its end: again, leave it (on), or end the visit?"
        choice = self._answers.choice(words, ("again", "on", "end"))
        if choice == "on":
            last = visit.blocks[-1]
            left = replace(last, is_left_out=True, note=f"{last.note} Left so.".strip())
            return self._keep(replace(visit, blocks=(*visit.blocks[:-1], left)))
        if choice == "end":
            return self._keep(replace(visit, stopped=BY_THERAPIST))
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
                short_steps=self._short_steps,
            )
        )


def _markers(visit: Visit) -> tuple[str, ...]:
    """Return what the log of the next block should know: whose rest was cut short before it."""
    last = last_walked(visit)
    if last is None:
        return () if visit.early is None else (early_note(visit.early, "visit"),)
    return () if last.early is None else (early_note(last.early, "block"),)


def _whole(told: float | None) -> int | None:
    """Return what was told as a whole number; of half a point the greater."""
    return None if told is None else ceil(told)


def _greatest(one: int | None, other: int | None) -> int | None:
    return max((value for value in (one, other) if value is not None), default=None)
