"""The platform in a session: what is wished of it, told of it and logged of it. Pure."""

from math import nan
from typing import Any

from rehabsim.base.records import PLATFORM_MODES, Event, PlatformWish, Pose
from rehabsim.safety.messages import Report
from rehabsim.session.messages import Ride
from rehabsim.session.table import Column, Table, columns_of, values_of

UNDONE = "The scenario moves a platform and this room has none: nothing moves but the belts."
LEFT_UP = (
    "left up: it stays there without its computer. Bring it down from its own panel before anyone"
    " steps off, or settle it in another session"
)
NOWHERE = Pose(nan, nan, nan, nan, nan, nan)


class Riding:
    """Follows what the scenario wishes of the platform.

    Args:
        has_platform: The room has one.
    """

    def __init__(self, *, has_platform: bool) -> None:
        self._has_platform = has_platform
        self._is_told = False
        self._last: PlatformWish | None = None

    def wish(
        self, asked: PlatformWish | None, t_ns: int, events: list[Event]
    ) -> PlatformWish | None:
        """Return what to wish of the platform; None where there is none, or none was ever asked.

        Args:
            asked: By the scenario; None asks nothing new, so the last pose stays wished for.
            t_ns: Of the tick.
            events: Takes the news that nothing comes of it, once.
        """
        if not self._has_platform:
            if asked is not None and not self._is_told:
                self._is_told = True
                events.append(Event(t_ns, "platform", "session", "none", UNDONE))
            return None
        if asked is not None:
            self._last = asked
        elif self._last is not None and self._last.is_perturbing:
            self._last = PlatformWish(self._last.pose)
        return self._last


def ride(wish: PlatformWish | None, report: Report | None) -> Ride | None:
    """Return what displays are told of the platform.

    Args:
        wish: Told to the keeper in this tick.
        report: The keeper's newest.
    """
    if report is None or report.platform is None:
        return None
    decision, sample = report.platform.decision, report.platform.sample
    return Ride(
        mode=decision.state.mode,
        cause=decision.state.cause,
        belt_cause=decision.belt_cause,
        base="" if sample is None else sample.state,
        pose=NOWHERE if sample is None else sample.pose,
        wish=NOWHERE if wish is None else wish.pose,
        command=decision.command.pose,
    )


def left_up(report: Report | None) -> str:
    """Return what to tell whoever ends a session whose platform is not home; empty where it is.

    Args:
        report: The keeper's newest.
    """
    if report is None or report.platform is None or report.platform.sample is None:
        return ""
    return "" if report.platform.sample.is_home else LEFT_UP


def platform_table() -> Table:
    """Return the log's table of the platform, one row per tick; `platform_row` fills it."""
    return Table(
        "platform",
        [
            Column("t_ns", "i8"),
            Column("mode", "i8"),
            Column("sample_t_ns", "i8"),
            *columns_of(Pose),
            *columns_of(Pose, "wish_"),
            *columns_of(Pose, "command_"),
        ],
    )


def platform_row(t_ns: int, wish: PlatformWish | None, report: Report | None) -> tuple[Any, ...]:
    """Return the values of one row of `platform_table`.

    Args:
        t_ns: Of the tick.
        wish: Told to the keeper in it.
        report: The keeper's newest.
    """
    mode, sample_t_ns, measured, command = PLATFORM_MODES.index("freeze"), -1, NOWHERE, NOWHERE
    if report is not None and report.platform is not None:
        decision, sample = report.platform.decision, report.platform.sample
        mode, command = PLATFORM_MODES.index(decision.state.mode), decision.command.pose
        if sample is not None:
            sample_t_ns, measured = sample.t_ns, sample.pose
    wished = NOWHERE if wish is None else wish.pose
    return (
        *(t_ns, mode, sample_t_ns),
        *values_of(measured),
        *values_of(wished),
        *values_of(command),
    )
