"""Rests that are held: nothing begins before its rest is over, unless somebody answers for it."""

from collections.abc import Callable
from typing import Protocol

from rehabsim.base.records import Record
from rehabsim.session.subject import harmless_note
from rehabsim.training.progression import Early
from rehabsim.training.rest import Rest

MAX_WHO, MAX_WHY = 40, 200
"""Characters."""


class Answers(Protocol):
    """Who is asked between blocks."""

    def number(self, what: str, when: str) -> int | None:
        """Return what somebody tells of pain or effort; None when it is not told."""

    def choice(self, words: str, choices: tuple[str, ...]) -> str:
        """Return one of `choices`."""

    def text(self, words: str) -> str:
        """Return what somebody writes; empty when they do not."""


class Day(Protocol):
    """The time at which a visit takes place."""

    def now_ns(self) -> int:
        """Return wall time, UTC, or that of a visit in virtual time."""

    def wait(self, duration_s: float) -> None:
        """Let time pass."""


class Held(Record, frozen=True):
    """How a rest ended.

    Attributes:
        goes_on: What comes after it may begin.
        early: Who ended it before it was over, None where nobody did.
    """

    goes_on: bool
    early: Early | None = None


class Resting:
    """Holds rests.

    Args:
        day: The time.
        answers: Who is asked.
        say: Called with each line for the terminal.
    """

    def __init__(self, day: Day, answers: Answers, say: Callable[[str], None]) -> None:
        self._day, self._answers, self._say = day, answers, say

    def hold(self, due: Callable[[int], Rest | None], then: str) -> Held:
        """Ask until the rest is over, or somebody ends it; return how it went on.

        Args:
            due: Returns what is left of it at an instant, None once it is over.
            then: What may be done then, to be read before ` (on), or end the visit?`.
        """
        while (rest := due(self._day.now_ns())) is not None:
            left = rest.words()
            words = f"{left}: wait for it, begin sooner, or end the visit?"
            choice = self._answers.choice(words, ("on", "wait", "sooner", "end"))
            if choice == "on" and due(self._day.now_ns()) is None:
                return Held(goes_on=True)
            if choice == "on":
                self._say(f"Not yet: {left}. (sooner) asks who decides otherwise, and why.")
            elif choice == "wait":
                self._say(f"Waiting: {left}.")
                self._day.wait(rest.left_s)
            elif choice == "end":
                return Held(goes_on=False)
            elif (early := self._early(due)) is not None:
                return Held(goes_on=True, early=early)
        choice = self._answers.choice(f"{then} (on), or end the visit?", ("on", "end"))
        return Held(goes_on=choice == "on")

    def _early(self, due: Callable[[int], Rest | None]) -> Early | None:
        """Return who ends the rest and why; None where that is not said, or it is over by now."""
        who = self._answers.text("Who decides it, by initials or role:").strip()
        why = self._answers.text("Why:").strip() if who else ""
        rest = due(self._day.now_ns())
        if rest is None:
            return None
        refusal = _why_no_note(who, why)
        if refusal:
            self._say(f"Not begun: {refusal}.")
            return None
        self._say(f"Begun although {rest.words()}. Who decided it and why stand in record and log.")
        return Early(who, why, round(rest.left_s, 1))


def _why_no_note(who: str, why: str) -> str:
    if not (who and why):
        return "it has to be said who decides it, and why"
    if len(who) > MAX_WHO or len(why) > MAX_WHY:
        return f"who has {MAX_WHO} signs at most, why {MAX_WHY}"
    try:
        harmless_note(who)
        harmless_note(why)
    except ValueError as error:
        return str(error)
    return ""


def early_note(early: Early, what: str) -> str:
    """Return a marker for the log of what was begun sooner.

    Args:
        early: Who ended the rest, and why.
        what: Whose rest it was: `block`, `visit`.
    """
    left = f"{early.left_s:.0f} s" if what == "block" else f"{early.left_s / 3600:.1f} h"
    return f"Begun with {left} of rest left since the last {what}. {early.who}: {early.why}"
