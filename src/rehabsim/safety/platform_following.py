"""Whether the base follows: where it should be by what it was told, where it is. Pure.

A base lags its set points. So it is due between the set point and the same low-passed as bases are,
and may be beside that by a part of what the site allows at any time; while the two are apart, by
more. What a base that sticks does wrong is seen there long before it is as far from its set point
as no base may ever be.
"""

from rehabsim.base.limits import PlatformLimits
from rehabsim.base.records import Pose
from rehabsim.safety.platform_envelope import six, too_far
from rehabsim.safety.platform_messages import Track

LAG_S = 0.1
"""Time constant with which bases are expected to follow their set points, on their wire too."""

BESIDE_PART = 4.0
"""A base that stands may be beside its set point by this part of `max_error_m` or `_rad`."""

MOVING_PART = 2.0
"""A base that moves, by this part of the way from where it is due to its set point as well."""

SOON_PART = 3.0
"""For longer than this part of `max_error_s` it may not: three reports of a base of 60 Hz."""


def follow(
    before: Track,
    told: Pose,
    measured: Pose | None,
    limits: PlatformLimits,
    *,
    t_ns: int,
    gap_s: float,
) -> Track:
    """Return where the base is due now, and since when it has been elsewhere.

    Args:
        before: As it was at the decision before.
        told: The set point, which has been so since then.
        measured: Where the base is; None where that is not known, or it follows nobody. Where it
            becomes known again is where it is due then.
        limits: Of the room, tightened by those of the person.
        t_ns: Time of the decision.
        gap_s: Since the decision before.
    """
    if measured is None:
        return Track()
    due = measured
    if before.due is not None:
        share = min(max(gap_s / LAG_S, 0.0), 1.0)
        pairs = zip(six(before.due), six(told), strict=True)
        due = Pose(*(was + share * (goal - was) for was, goal in pairs))
    return Track(
        due,
        _since(before.astray_ns, too_far(measured, told, limits), t_ns),
        _since(before.unlike_ns, unlike(measured, told, due, limits), t_ns),
    )


def _since(before_ns: int | None, words: str, t_ns: int) -> int | None:
    if not words:
        return None
    return t_ns if before_ns is None else before_ns


def is_astray(track: Track, t_ns: int, limits: PlatformLimits) -> bool:
    """Return whether the base has been elsewhere for longer than it may."""
    most_s = limits.max_error_s
    return _is_long(track.astray_ns, t_ns, most_s) or _is_long(
        track.unlike_ns, t_ns, most_s / SOON_PART
    )


def _is_long(since_ns: int | None, t_ns: int, most_s: float) -> bool:
    return since_ns is not None and (t_ns - since_ns) / 1e9 > most_s


def why_off(track: Track, told: Pose, measured: Pose, limits: PlatformLimits) -> str:
    """Return in a clause how far the base is from where it should be, or nothing."""
    words = too_far(measured, told, limits)
    if words or track.due is None:
        return words
    return unlike(measured, told, track.due, limits)


def unlike(measured: Pose, told: Pose, due: Pose, limits: PlatformLimits) -> str:
    """Return in a clause how far the base is from where it is due if that is too far, or nothing.

    Args:
        measured: Where it is.
        told: Its set point.
        due: The same, low-passed as bases are.
        limits: Of the room, tightened by those of the person.
    """
    mosts = (limits.max_error_m,) * 3 + (limits.max_error_rad,) * 3
    poses = zip(Pose.__struct_fields__, six(measured), six(told), six(due), mosts, strict=True)
    for axis, is_m, told_m, due_m, most in poses:
        low, high = min(told_m, due_m), max(told_m, due_m)
        room = most / BESIDE_PART + (high - low) / MOVING_PART
        if not low - room <= is_m <= high + room:
            name, _, unit = axis.rpartition("_")
            return (
                f"the platform's {name} is {is_m:.3f} {unit} where {low:.3f} to {high:.3f} {unit}"
                f" are due, limit {room:.3f} {unit} beside"
            )
    return ""
