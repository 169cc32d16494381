"""What ends a session of itself: time walked, tasks that ended, or what the person told. Pure."""

from collections.abc import Sequence
from math import nan
from typing import Literal

import msgspec

from rehabsim.base.clock import NS
from rehabsim.base.records import MOVING
from rehabsim.session.core import CoreOutputs
from rehabsim.session.requests import ClientRequest


class Ends(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a session is over; whatever is None does not end it.

    Attributes:
        walk_s: The belts followed what was wished for so long, pauses not counted.
        tries: So many tasks have ended.
        pain_nrs: So much pain, or more, was told while it ran, 0 to 10.
        effort_rpe: The same of effort, 6 to 20.
        effort_nrs: The same of effort, 0 to 10.
        rest_s: Once it is over and the belts rest, it goes on at least so long, for what the person
            tells, until somebody goes on; None: it ends at once.
    """

    walk_s: float | None = None
    tries: int | None = None
    pain_nrs: float | None = None
    effort_rpe: float | None = None
    effort_nrs: float | None = None
    rest_s: float | None = None


Why = Literal["", "time", "tasks", "pain", "effort"]
NEVER = Ends()
"""It goes on until somebody ends it."""


class Ending:
    """Watches one session for what ends it.

    Args:
        ends: When.

    Attributes:
        why: What ended it: `time`, `tasks`, `pain`, `effort`; empty while nothing has.
        pain_nrs: Greatest pain that was told, None where none was.
        effort_rpe: The same of effort, 6 to 20.
        effort_nrs: The same of effort, 0 to 10.
    """

    def __init__(self, ends: Ends) -> None:
        self.why: Why = ""
        self.pain_nrs: float | None = None
        self.effort_rpe: float | None = None
        self.effort_nrs: float | None = None
        self._ends = ends
        self._walked_ns = 0

    def step(self, outputs: CoreOutputs, requests: Sequence[ClientRequest]) -> bool:
        """Take one tick; return whether the session is over.

        Args:
            outputs: Of the tick.
            requests: Of the tick. What somebody tells of pain or effort counts whoever asked
                them, and even where the difficulty of the session cannot follow it.
        """
        for request in requests:
            if request.name == "rate":
                self.pain_nrs = _greater(self.pain_nrs, request.pain_nrs)
                self.effort_rpe = _greater(self.effort_rpe, request.effort_rpe)
                self.effort_nrs = _greater(self.effort_nrs, request.effort_nrs)
        # A missed tick was walked, too.
        self._walked_ns += round(outputs.state.dt_s * NS) * (outputs.state.mode in MOVING)
        self.why = self.why or self._reason(outputs)
        return self.why != ""

    @property
    def rest_s(self) -> float | None:
        """How long the person rests before somebody may go on; None where nobody is waited for.

        Pain and effort end more than this block: then nobody has to wait.
        """
        rest_s = self._ends.rest_s
        return rest_s if rest_s is None or self.why not in ("pain", "effort") else 0.0

    @property
    def left_s(self) -> float:
        """How long the belts still follow before it is over; NaN where no time ends it."""
        most_s = self._ends.walk_s
        return nan if most_s is None else max(most_s - self._walked_ns / NS, 0.0)

    def _reason(self, outputs: CoreOutputs) -> Why:
        ends = self._ends
        tries = 0 if outputs.tuned is None else outputs.tuned.try_count
        reached: tuple[tuple[Why, float | None, float | None], ...] = (
            ("pain", self.pain_nrs, ends.pain_nrs),
            ("effort", self.effort_rpe, ends.effort_rpe),
            ("effort", self.effort_nrs, ends.effort_nrs),
            ("tasks", tries, ends.tries),
            ("time", self._walked_ns / NS, ends.walk_s),
        )
        for why, so_far, most in reached:
            if so_far is not None and most is not None and so_far >= most:
                return why
        return ""


def _greater(one: float | None, other: float | None) -> float | None:
    return max((value for value in (one, other) if value is not None), default=None)
