"""Why belts may not be started, or perturbed, now: one sentence, or nothing. Pure."""

from math import isfinite

from rehabsim.base.limits import Limits
from rehabsim.base.records import Mode
from rehabsim.safety.causes import is_at_rest, treadmill_lost
from rehabsim.safety.messages import GuardInputs

READY_FRAC = (0.8, 1.2)
"""Of body weight: who starts stands on the plates, alone, and does not hold on."""


STATED_FRAC = 0.15
"""Of the stated weight: clothes and shoes, a bag, the plates' own error."""


def why_not_at_rest(inputs: GuardInputs, limits: Limits) -> str:
    """Return why the belts are not known to be at rest."""
    lost = treadmill_lost(inputs, limits)
    if lost:
        return f"Not ready: {lost}."
    if not is_at_rest(inputs.belt):
        belt = inputs.belt
        assert belt is not None
        return (
            f"The belts still move: {belt.left_speed_mps:.2f} and {belt.right_speed_mps:.2f} m/s."
        )
    return ""


def why_nobody(inputs: GuardInputs) -> str:
    """Return why nobody is known to stand on the plates."""
    if inputs.wish is None or not inputs.wish.person.is_expected:
        return ""
    person = inputs.wish.person
    if not person.body_weight_n > 0:
        return "Not ready: the person's weight is not known; stand still on both plates."
    if isfinite(person.stated_n) and not _is_near(person.body_weight_n, person.stated_n):
        return (
            f"Not ready: the plates weigh {person.body_weight_n:.0f} N, the session file states"
            f" {person.stated_n:.0f} N. Zero the plates and weigh again, or correct body_mass_kg."
        )
    least_frac, most_frac = READY_FRAC
    if not least_frac <= person.load_n / person.body_weight_n <= most_frac:
        return (
            f"Not ready: the plates bear {person.load_n:.0f} N of {person.body_weight_n:.0f} N body"
            " weight. Stand on them, alone and without holding on."
        )
    return ""


def _is_near(found_n: float, stated_n: float) -> bool:
    return abs(found_n - stated_n) <= STATED_FRAC * stated_n


def why_not_followed(inputs: GuardInputs) -> str:
    """Return why the treadmill would not follow a set point."""
    if inputs.belt is None or not inputs.belt.is_armed:
        return "Not ready: the treadmill does not follow set points yet."
    return ""


def why_no_perturbation(mode: Mode, pause_s: float, inputs: GuardInputs, limits: Limits) -> str:
    """Return why no perturbation may begin, as a clause.

    Args:
        mode: Now.
        pause_s: Since the last one.
        inputs: As the guard has them.
        limits: Of the room, tightened by those of the person.
    """
    if limits.perturbation is None:
        return "this room or this person has no limits for any"
    if mode != "running":
        return f"the belts are {mode}"
    least_s = limits.perturbation.min_pause_s
    if not pause_s >= least_s:
        return f"the last one ended {pause_s:.2f} s ago, limit {least_s:g} s"
    harness_n = inputs.wish.person.harness_n if inputs.wish is not None else 0.0
    if limits.perturbation.needs_harness and not harness_n > 0:
        return "the harness is not measured, or not hung in"
    return ""
