"""Two ways to do a visit: with a person and a therapist, or a simulated one in virtual time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rehabsim.base.clock import NS, run, utc_ns
from rehabsim.base.errors import RehabsimError
from rehabsim.base.site import Site
from rehabsim.cli.sessions import run_virtual, say_line
from rehabsim.cli.terminal import out
from rehabsim.cli.visit import Done, Order
from rehabsim.session.log import LogReader
from rehabsim.session.tries import trained_s, tries_in
from rehabsim.training.programme import RANGES, Programme
from rehabsim.training.progression import check_told

SPARE_S = 60.0
"""In virtual time somebody who has fallen is waited for no longer."""


class Today:
    """The time of this computer."""

    def now_ns(self) -> int:
        """Return UTC."""
        return utc_ns()

    def wait(self, duration_s: float) -> None:
        """Wait for so long; Ctrl-C ends that."""
        run(lambda _: asyncio.sleep(duration_s))


class VirtualDay:
    """The time of a visit in virtual time: it passes with sessions and rests, and takes none.

    It begins anew with each command; what an earlier one left over of a rest passes then.
    """

    def __init__(self) -> None:
        self._now_ns = 0

    def now_ns(self) -> int:
        """Return the time since the command began."""
        return self._now_ns

    def wait(self, duration_s: float) -> None:
        """Let it be so much later, and never less."""
        self._now_ns += ceil(duration_s * NS)


@dataclass(frozen=True)
class Live:
    """Runs a block on the host's clock; a therapist arms and starts it.

    With pages the person's rest is a part of it, too: pain and effort are told at the console, and
    the next block is asked for there.
    """

    site: Site
    has_operator: bool
    has_pages: bool

    def __call__(self, order: Order) -> Done:
        """Run it until it is over, or somebody ends it."""
        from rehabsim.session.supervise import Job, supervise

        ends = order.ends
        if self.has_pages and not self.has_operator:
            has_next = order.block.next_title != ""
            ends = replace(ends, rest_s=order.block.rest_s if has_next else 0.0)
        job = Job(
            site=self.site,
            session=order.session,
            where=f"block {order.block.title}",
            ends=ends,
            block=order.block,
            markers=order.markers,
            log_path=str(order.path),
            has_operator=self.has_operator,
            has_pages=self.has_pages,
            say=lambda line: say_line(line, is_opened=False),
        )
        return _done(supervise(job), order.path)


@dataclass(frozen=True)
class Virtual:
    """Runs a block in virtual time, with the scripted operator."""

    site: Site
    day: VirtualDay

    def __call__(self, order: Order) -> Done:
        """Run it until it is over, or nobody starts the belts again."""
        from rehabsim.session.together import together_plans

        where = f"block {order.block.title}"
        longest_s = (order.ends.walk_s or 0.0) + SPARE_S
        plan, laboratory = together_plans(
            self.site, order.session, where, longest_s, str(order.path), has_picture=True
        )
        plan = replace(plan, ends=order.ends, block=order.block, markers=order.markers)
        summary, _ = run_virtual(plan, laboratory, order.block.title)
        self.day.wait(summary.duration_s)
        return _done(summary, order.path)


def _done(summary: Any, path: Path) -> Done:
    if summary.log_failure:
        raise RehabsimError(summary.log_failure)
    log = LogReader(path, may_be_cut=True)
    return Done(
        trained_s(log),
        tries_in(log),
        " ".join(summary.stops),
        summary.ended,
        summary.pain_nrs,
        summary.effort_rpe,
        summary.effort_nrs,
        summary.rested_s,
        summary.has_gone_on,
    )


@dataclass(frozen=True)
class Given:
    """Answers of a virtual visit: the same each time, and none where none was given."""

    pain: int | None
    effort: int | None

    def number(self, what: str, when: str) -> int | None:
        """Return what was given."""
        del when
        return self.pain if what == "pain" else self.effort

    def choice(self, words: str, choices: tuple[str, ...]) -> str:
        """Wait for what is left of a rest and go on; a block that was cut ends the visit."""
        del words
        if "again" in choices:
            return "end"
        return "wait" if "wait" in choices else "on"

    def text(self, words: str) -> str:
        """Return nothing: no rest is cut short."""
        del words
        return ""


@dataclass(frozen=True)
class Asked:
    """Answers that a therapist types."""

    programme: Programme
    ask: Callable[[str], str] = input

    def number(self, what: str, when: str) -> int | None:
        """Return a number on the scale, asked for until it is one."""
        least, most = RANGES[self.programme.rule(what).scale]
        while True:
            told = self.ask(f"{what.capitalize()} {when}, {least} to {most} (Enter: not told): ")
            if not told.strip():
                return None
            why = "This is no whole number"
            if told.strip().isdecimal():
                why = check_told(self.programme, what, int(told))
            if not why:
                return int(told)
            out.print(f"{why}.", markup=False)

    def choice(self, words: str, choices: tuple[str, ...]) -> str:
        """Return a choice, asked for until it is one of them or its first letter."""
        while True:
            told = self.ask(f"{words} [{'/'.join(choices)}] ").strip().lower()
            for choice in choices:
                if told and told in (choice, choice[0]):
                    return choice

    def text(self, words: str) -> str:
        """Return what is typed."""
        return self.ask(f"{words} ")
