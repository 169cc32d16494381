"""Whether a session may make way for another: it says so, and ends when it is asked then."""

from collections.abc import Callable

from rehabsim.safety.causes import is_at_rest
from rehabsim.session.core import CoreOutputs

QUIET_TICKS = 125
"""Belts have rested, and nobody asked anything of the keeper, for so long before a session ends."""


class Relief:
    """What a session knows of the one that may follow it.

    Args:
        say: Called with whether the session could end, when that changes.
    """

    def __init__(self, say: Callable[[bool], None]) -> None:
        self._say = say
        self._quiet_ticks = 0
        self._said: bool | None = None
        self._is_asked = False

    def ask(self) -> None:
        """Have it end at the next tick if it could; else this is forgotten."""
        self._is_asked = True

    def step(self, outputs: CoreOutputs) -> bool:
        """Return whether the session is to end: it was asked, nothing moves and nothing may."""
        self._quiet_ticks = self._quiet_ticks + 1 if _is_parked(outputs) else 0
        may_end = self._quiet_ticks >= QUIET_TICKS
        is_asked, self._is_asked = self._is_asked, False
        if may_end is not self._said or (is_asked and not may_end):
            self._said = may_end
            self._say(may_end)
        return is_asked and may_end


def _is_parked(outputs: CoreOutputs) -> bool:
    report = outputs.report
    platform = None if report is None or report.platform is None else report.platform.decision.state
    return (
        outputs.state.mode in ("locked", "idle")
        and is_at_rest(outputs.state.belt)
        and not outputs.asks
        and not outputs.commander
        and (platform is None or platform.mode == "settled")
    )
