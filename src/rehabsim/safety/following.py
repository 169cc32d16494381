"""Whether belts follow: where they should be by what they were told, where they are. Pure."""

from collections.abc import Iterator
from math import isfinite
from typing import NamedTuple

from rehabsim.base.limits import ASTRAY_MPS, DRIVE_LAG_S, Limits
from rehabsim.base.records import MOVING, BeltSample
from rehabsim.safety.envelope import towards
from rehabsim.safety.messages import GuardState

REST_MPS = 0.02
"""A belt measured slower than this is at rest."""


class Due(NamedTuple):
    """Where a belt should be.

    Attributes:
        set_mps: The set point by now, as the treadmill ramps to it.
        slow_mps: The same, low-passed as drives are.
    """

    set_mps: float
    slow_mps: float


def due(
    state: GuardState, belt: BeltSample | None, limits: Limits, gap_s: float, *, is_known: bool
) -> tuple[Due, Due]:
    """Return where left and right belt should be now.

    Args:
        state: After the last decision.
        belt: The treadmill's newest report.
        limits: Of the room, tightened by those of the person.
        gap_s: Since the last decision.
        is_known: The treadmill reports, and did so before; else what it reports is where it
            should be.
    """
    found = []
    for side in ("left", "right"):
        now_mps = getattr(belt, f"{side}_speed_mps", 0.0)
        if not is_known:
            now_mps = now_mps if isfinite(now_mps) else 0.0
            found.append(Due(now_mps, now_mps))
            continue
        set_mps = getattr(state, f"{side}_due_mps")
        slow_mps = getattr(state, f"{side}_slow_mps")
        if state.mode in MOVING:
            set_mps = getattr(state, f"{side}_speed_mps")
        else:
            set_mps = towards(set_mps, 0.0, gap_s * (state.decel_mps2 or limits.ramp_mps2))
        share = min(gap_s / DRIVE_LAG_S, 1.0)
        found.append(Due(set_mps, slow_mps + share * (set_mps - slow_mps)))
    return found[0], found[1]


def astray(belt: BeltSample, dues: tuple[Due, Due]) -> Iterator[tuple[str, str]]:
    """Yield a cause, with words for it, for each belt that does not follow."""
    for side, now_mps, each in zip(
        ("left", "right"), (belt.left_speed_mps, belt.right_speed_mps), dues, strict=True
    ):
        most_mps = ASTRAY_MPS + 2 * abs(each.set_mps - each.slow_mps)
        if not abs(now_mps - each.slow_mps) <= most_mps:
            is_slower = -REST_MPS <= now_mps < each.slow_mps
            yield (
                "belts_astray" if is_slower else "runaway",
                f"the {side} belt runs at {now_mps:.2f} m/s where {each.slow_mps:.2f} m/s are due,"
                f" limit {most_mps:.2f} m/s between them",
            )
