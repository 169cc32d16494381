"""How far a set point may go: ranges and rates, and nothing else. Pure."""

from math import copysign, inf, sqrt
from typing import NamedTuple

from rehabsim.base.limits import Limits
from rehabsim.base.records import Wish

EASE_FRAC = 8 / 9
"""Of the jerk that is planned with: the last step onto the target takes up to 9/8 of that."""


class Envelope(NamedTuple):
    """What belts may do at the moment.

    Attributes:
        max_speed_mps: Fastest either belt may run.
        max_accel_mps2: Steepest change of a belt's set point.
        max_jerk_mps3: Quickest change of that.
        max_split_mps: Largest difference between the belts.
    """

    max_speed_mps: float
    max_accel_mps2: float
    max_jerk_mps3: float
    max_split_mps: float


Span = tuple[float, float]
ANYWHERE: Span = (0.0, inf)


class Motion(NamedTuple):
    """Set points of both belts, left first, and how fast they change."""

    speeds_mps: tuple[float, float]
    accels_mps2: tuple[float, float]


def is_sane(wish: Wish) -> bool:
    """Return whether every number of a wish is finite and not negative.

    Comparisons accept, so that NaN never passes.
    """
    return (
        0.0 <= wish.left_speed_mps < inf
        and 0.0 <= wish.right_speed_mps < inf
        and 0.0 <= wish.incline_rad < inf
    )


def within(wish: Wish, envelope: Envelope, limits: Limits) -> Wish:
    """Return the nearest wish inside the limits; the faster belt gives way to the split.

    Args:
        wish: A sane wish.
        envelope: Of the belts.
        limits: Of the room and the person; the deck's.
    """
    return Wish(
        *speeds_within((wish.left_speed_mps, wish.right_speed_mps), envelope),
        min(wish.incline_rad, limits.max_incline_rad) + 0.0,
        wish.is_perturbation,
    )


def speeds_within(speeds_mps: tuple[float, float], envelope: Envelope) -> tuple[float, float]:
    """Return the nearest speeds inside an envelope, left first; the faster belt gives way."""
    left_mps, right_mps = (min(speed_mps, envelope.max_speed_mps) for speed_mps in speeds_mps)
    return (
        min(left_mps, right_mps + envelope.max_split_mps),
        min(right_mps, left_mps + envelope.max_split_mps),
    )


def towards(now: float, target: float, max_step: float) -> float:
    """Return `target`, or as far towards it as one step of `max_step` reaches."""
    if now < target:
        return min(now + max_step, target)
    return max(now - max_step, target)


def approach(
    now: Motion,
    targets_mps: tuple[float, float],
    e: Envelope,
    dt_s: float,
    spans_mps: tuple[Span, Span] = (ANYWHERE, ANYWHERE),
) -> Motion:
    """Return where the set points of both belts go within `dt_s`.

    Range, span, acceleration and split hold always, the jerk unless one of them would not; where
    belts are outside already, after a perturbation, they may only come nearer.

    Args:
        now: Where they are.
        targets_mps: Where they should go.
        e: What they may do on the way.
        dt_s: > 0; where it varies, a target may be passed by what the jerk needs.
        spans_mps: Least and greatest set point of each belt, around where it is and its target.
    """
    before_mps, accels_mps2 = now
    left_mps, right_mps = (
        min(max(_one(speed_mps, accel_mps2, target_mps, e, dt_s), least_mps), most_mps)
        for speed_mps, accel_mps2, target_mps, (least_mps, most_mps) in zip(
            before_mps, accels_mps2, targets_mps, spans_mps, strict=True
        )
    )
    split_mps = max(e.max_split_mps, abs(before_mps[0] - before_mps[1]))
    left_mps, right_mps = (
        min(left_mps, right_mps + split_mps),
        min(right_mps, left_mps + split_mps),
    )
    return Motion(
        (left_mps, right_mps),
        ((left_mps - before_mps[0]) / dt_s, (right_mps - before_mps[1]) / dt_s),
    )


def _one(speed_mps: float, accel_mps2: float, target_mps: float, e: Envelope, dt_s: float) -> float:
    """Return where one belt's set point goes: as soon as the jerk lets it, without overshoot."""
    gap_mps = target_mps - speed_mps
    jerk_mps3 = EASE_FRAC * e.max_jerk_mps3
    step_mps2 = jerk_mps3 * dt_s
    # What can still be taken back, step by step, before the target is reached.
    most_mps2 = sqrt(step_mps2 * step_mps2 / 4 + 2 * jerk_mps3 * abs(gap_mps)) - step_mps2 / 2
    aim_mps2 = copysign(min(most_mps2, abs(gap_mps) / dt_s, e.max_accel_mps2), gap_mps)
    held_mps2 = min(max(accel_mps2, -e.max_accel_mps2), e.max_accel_mps2)
    reached_mps = speed_mps + dt_s * towards(held_mps2, aim_mps2, step_mps2)
    is_past = (reached_mps - target_mps) * gap_mps > 0.0
    if is_past and abs(gap_mps / dt_s - held_mps2) <= e.max_jerk_mps3 * dt_s:
        return target_mps + 0.0  # never -0.0
    return min(max(reached_mps, 0.0), max(e.max_speed_mps, speed_mps))
