"""Two ways to do a visit: with a person and a therapist, or a simulated one in virtual time."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from rehabsim.base.errors import RehabsimError
from rehabsim.base.site import Session, Site
from rehabsim.cli.sessions import run_virtual, say_line
from rehabsim.cli.terminal import out
from rehabsim.cli.visit import Done
from rehabsim.session.log import LogReader
from rehabsim.session.tries import trained_s, tries_in
from rehabsim.training.programme import RANGES, Block, Programme
from rehabsim.training.progression import check_told

SPARE_S = 60.0
"""In virtual time somebody who has fallen is waited for no longer."""


@dataclass(frozen=True)
class Live:
    """Runs a block on the host's clock, with pages; a therapist arms and starts it."""

    site: Site
    has_operator: bool
    has_pages: bool

    def __call__(self, block: Block, session: Session, planned_s: float, path: Path) -> Done:
        """Run it until the belts ran so long, or it was ended."""
        from rehabsim.session.supervise import Job, supervise

        job = Job(
            site=self.site,
            session=session,
            where=f"block {block.title}",
            walk_s=planned_s,
            log_path=str(path),
            has_operator=self.has_operator,
            has_pages=self.has_pages,
            say=lambda line: say_line(line, is_opened=False),
        )
        return _done(supervise(job), path)


@dataclass(frozen=True)
class Virtual:
    """Runs a block in virtual time, with the scripted operator."""

    site: Site

    def __call__(self, block: Block, session: Session, planned_s: float, path: Path) -> Done:
        """Run it until the belts ran so long, or nobody starts them again."""
        from rehabsim.session.together import together_plans

        where = f"block {block.title}"
        longest_s = planned_s + SPARE_S
        plan, laboratory = together_plans(
            self.site, session, where, longest_s, str(path), has_picture=True
        )
        plan = replace(plan, walk_s=planned_s)
        summary, _ = run_virtual(plan, laboratory, block.title)
        return _done(summary, path)


def _done(summary: Any, path: Path) -> Done:
    if summary.log_failure:
        raise RehabsimError(summary.log_failure)
    log = LogReader(path, may_be_cut=True)
    lasted_s = trained_s(log)
    return Done(lasted_s, tries_in(log), " ".join(summary.stops))


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
        """Go on; a block that was cut ends the visit."""
        del words
        return "end" if "again" in choices else "on"


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
