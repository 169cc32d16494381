"""Where the set points of belts and deck go next. Pure."""

from math import isfinite

from rehabsim.base.limits import Limits
from rehabsim.base.records import BeltSample, Mode, Wish
from rehabsim.safety.envelope import (
    ANYWHERE,
    Envelope,
    Motion,
    Span,
    approach,
    speeds_within,
)
from rehabsim.safety.messages import GuardState


def envelope_of(mode: Mode, limits: Limits) -> Envelope:
    """Return what the belts may do in a mode in which they move."""
    extra = limits.perturbation
    if mode == "perturbing" and extra is not None:
        return Envelope(
            extra.max_speed_mps, extra.max_accel_mps2, extra.max_jerk_mps3, extra.max_split_mps
        )
    accel_mps2 = limits.max_start_accel_mps2 if mode == "starting" else limits.max_accel_mps2
    return Envelope(limits.max_speed_mps, accel_mps2, limits.max_jerk_mps3, limits.max_split_mps)


def spans(state: GuardState, limits: Limits) -> tuple[Span, Span]:
    """Return from where to where each belt may go: in a perturbation not far from its base."""
    if state.mode != "perturbing" or limits.perturbation is None:
        return ANYWHERE, ANYWHERE
    most_mps = limits.perturbation.max_change_mps
    left_mps, right_mps = state.left_base_mps, state.right_base_mps
    return (left_mps - most_mps, left_mps + most_mps), (right_mps - most_mps, right_mps + most_mps)


def targets(
    state: GuardState, wish: Wish, envelope: Envelope, limits: Limits
) -> tuple[float, float]:
    """Return where both belts should go.

    Only a perturbation may leave them where ordinary walking may not be.

    Args:
        state: So far; its set points are the last commanded ones, and in its mode they move.
        wish: Held to the envelope of this mode.
        envelope: Of this mode.
        limits: Of the room, tightened by those of the person.
    """
    wished_mps = (wish.left_speed_mps, wish.right_speed_mps)
    if state.mode == "perturbing":
        left_mps, right_mps = (
            min(max(wished, least), most)
            for wished, (least, most) in zip(wished_mps, spans(state, limits), strict=True)
        )
        return left_mps, right_mps
    has_ended_one = state.mode == "holding" and state.perturbed_ns == state.since_ns
    if wish.is_perturbation or has_ended_one:  # and not allowed: back to where it began
        wished_mps = (state.left_base_mps, state.right_base_mps)
    elif state.mode == "holding":
        wished_mps = (state.left_speed_mps, state.right_speed_mps)
    return speeds_within(wished_mps, envelope)


def move(state: GuardState, wish: Wish, envelope: Envelope, limits: Limits, dt_s: float) -> Motion:
    """Return the next set points, `dt_s` after the last ones; arguments as of `targets`."""
    now = Motion(
        (state.left_speed_mps, state.right_speed_mps),
        (state.left_accel_mps2, state.right_accel_mps2),
    )
    if not dt_s > 0:
        return now
    return approach(
        now, targets(state, wish, envelope, limits), envelope, dt_s, spans(state, limits)
    )


def deck(state: GuardState, belt: BeltSample | None, limits: Limits) -> tuple[float, bool]:
    """Return where the deck is held: where it was found, and later where we put it."""
    if state.is_deck_known or belt is None or not isfinite(belt.incline_rad):
        return state.incline_rad, state.is_deck_known
    return min(max(belt.incline_rad, 0.0), limits.max_incline_rad), True
