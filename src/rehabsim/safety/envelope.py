"""How far a set point may go: ranges and rates, and nothing else. Pure."""

from rehabsim.base.config import Limits
from rehabsim.base.records import Wish


def is_sane(wish: Wish) -> bool:
    """Return whether every number of a wish is finite and not negative.

    Comparisons accept, so that NaN never passes.
    """
    return (
        0.0 <= wish.left_speed_mps < float("inf")
        and 0.0 <= wish.right_speed_mps < float("inf")
        and 0.0 <= wish.incline_rad < float("inf")
    )


def within(wish: Wish, limits: Limits) -> Wish:
    """Return the nearest wish inside the limits; the faster belt gives way to the split.

    Args:
        wish: A sane wish.
        limits: Of the room and the person.
    """
    left_mps = min(wish.left_speed_mps, limits.max_speed_mps)
    right_mps = min(wish.right_speed_mps, limits.max_speed_mps)
    return Wish(
        min(left_mps, right_mps + limits.max_split_mps),
        min(right_mps, left_mps + limits.max_split_mps),
        min(wish.incline_rad, limits.max_incline_rad),
    )


def towards(now: float, target: float, max_step: float) -> float:
    """Return `target`, or as far towards it as one step of `max_step` reaches."""
    if now < target:
        return min(now + max_step, target)
    return max(now - max_step, target)
