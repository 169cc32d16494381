"""The manner of walking in use: its speed, rhythm and width, and the noises in it."""

import math

from rehabsim_sim.gait_tables import (
    DUTY,
    MIN_SPEED_MPS,
    SPEED_COUNT,
    SPEED_STEP_MPS,
    STEP_TIME,
    TROUGH_AT,
)
from rehabsim_sim.jit import compiled
from rehabsim_sim.person import (
    AIMLESS,
    DT_S,
    FORCE,
    INTENT_X,
    INTENT_Y,
    LEFT,
    SHAPE,
    STEP_COUNT,
    Person,
)
from rehabsim_sim.traits import Traits

MAX_SHIFT, TIME_PER_SHARE, TIME_PER_AIMED = 0.05, 2.0, 2.9
"""Furthest voluntary shift of load share, and the asymmetry of step times that makes it; also for
one who aims, and whose body goes along with unequal steps instead of against them."""

SUNK_FRAC = 0.4
"""The part of a weak push-off that no other foot makes up for."""

EASE_M, MAX_CAUTION_M = 0.015, 0.05

WIDER, FASTER_PER_M = 1.5, 2.5
"""From which mean deviation on one grows cautious, up to how much, and the wider and quicker
steps that follow (Roeles 2018: after perturbations steps are wider, shorter, faster)."""

SPLIT_WIDER_S = 0.05
"""How much further apart the feet keep per difference of the belts, so that each has its own."""


@compiled
def clip(value: float, low: float, high: float) -> float:
    """Return `value`, or the bound it is beyond."""
    return min(max(value, low), high)


@compiled
def set_gait(person: Person, speed_mps: float) -> None:
    """Walk as one walks at `speed_mps` from now on."""
    mind = person.mind[0]
    mind.gait_mps = clip(
        speed_mps,
        MIN_SPEED_MPS,
        MIN_SPEED_MPS + SPEED_STEP_MPS * (SPEED_COUNT - 1) - 0.001,
    )
    place = (mind.gait_mps - MIN_SPEED_MPS) / SPEED_STEP_MPS
    mind.row = int(place)
    mind.row_frac = place - mind.row
    mind.usual_step_time_s = law_at(person, STEP_TIME)
    mind.duty_frac = law_at(person, DUTY)


@compiled
def law_at(person: Person, column: int) -> float:
    """Return a speed law of the gait in use."""
    mind, law = person.mind[0], person.tables.law
    low: float = law[mind.row, column]
    high: float = law[mind.row + 1, column]
    return low * (1 - mind.row_frac) + high * mind.row_frac


@compiled
def step_noise(person: Person, back: int, column: int) -> float:
    """Return the noise of this step, or of the one `back` before."""
    value: float = person.step_noise[(person.mind[0].step - back) % STEP_COUNT, column]
    return value


@compiled
def foot_noise(person: Person, back: int, stance: float) -> float:
    """Return the factor on the force of the foot that landed `back` steps ago."""
    traits = person.traits[0]
    tilted = math.cos(math.pi * min(stance, 1.0)) * step_noise(person, back, SHAPE)
    size = traits.force_noise_frac * step_noise(person, back, FORCE)
    return 1 + size + traits.shape_noise_frac * tilted


@compiled
def ankle_frac(traits: Traits, foot: int) -> float:
    """Return how much of an ankle's control of balance there is."""
    return traits.left_ankle_frac if foot == LEFT else 1.0


@compiled
def push_frac(traits: Traits, foot: int, stance: float) -> float:
    """Return the factor on the force of a foot whose leg is spared or pushes weakly.

    Of a weak push-off a part is borne by nobody: the body sinks and the next landing is harder.
    """
    if foot != LEFT:
        return 1 + traits.force_asymmetry_frac
    return 1 - traits.force_asymmetry_frac - SUNK_FRAC * push_loss(traits, foot, stance)


@compiled
def push_loss(traits: Traits, foot: int, stance: float) -> float:
    """Return the part of a foot's load that its push-off fails to bear; the other foot does."""
    if foot != LEFT:
        return 0.0
    return traits.left_push_loss_frac * clip((stance - TROUGH_AT) / (1 - TROUGH_AT), 0.0, 1.0)


@compiled
def slow_noise(person: Person, column: int, time_s: float) -> float:
    """Return a slow noise of unit SD; `listen` keeps it going."""
    value: float = math.sqrt(4 * time_s / DT_S) * person.mind[0].slow_noise[1, column]
    return value


@compiled
def load_shift_frac(person: Person) -> float:
    """Return how much more than usual the left leg is meant to carry while walking."""
    traits, mind = person.traits[0], person.mind[0]
    shift_frac = traits.load_intent_frac * slow_noise(person, INTENT_Y, traits.intent_time_s)
    if mind.aiming != AIMLESS:
        shift_frac = mind.aim_load_frac
    return clip(shift_frac, -MAX_SHIFT, MAX_SHIFT)


@compiled
def lane_m(person: Person) -> float:
    """Return how far to the left of the middle of the belts one means to walk."""
    traits, mind = person.traits[0], person.mind[0]
    if mind.aiming != AIMLESS:
        aim_m: float = mind.aim_y_m
        return aim_m
    return traits.lane_intent_m * slow_noise(person, INTENT_X, traits.intent_time_s)


@compiled
def usual_width_m(person: Person) -> float:
    """Return the step width that one walks with, wider when tired, cautious or split."""
    tired = 1 + 0.15 * person.mind[0].fatigue_frac
    apart_m = SPLIT_WIDER_S * min(abs(person.mind[0].felt_difference_mps), 1.0)
    return person.traits[0].step_width_m * tired + WIDER * caution_m(person) + apart_m


@compiled
def caution_m(person: Person) -> float:
    """Return by how much one has been thrown about more than in undisturbed gait."""
    return clip(person.mind[0].unrest_m - EASE_M, 0.0, MAX_CAUTION_M)
