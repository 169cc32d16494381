"""The records of the person: where their body is, what they have in mind, what acts on them.

Feet and belts are pairs, left first. Positions are in the deck frame: `lab`, tilted with the
deck. `one_of` turns each record into storage for the inner loop.
"""

from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rehabsim_sim.gait_tables import GaitShape, GaitTables, gait_tables
from rehabsim_sim.jit import compiled, one_of
from rehabsim_sim.traits import Traits

Array = npt.NDArray[np.float64]

Pair = MutableSequence[float]

DT_S = 0.001

HISTORY = 256
"""Milliseconds that the delayed loops remember; no delay may be longer."""

LEFT, RIGHT, NEITHER = 0, 1, -1

# Values of `Body.posture`.
STANDING, STARTING, WALKING, CLOSING, HANGING, ABSENT = range(6)

# Values of `Mind.aiming`: at nothing, at steering something, at being in a place.
AIMLESS, STEERING, PLACING = range(3)

# Columns of the noise drawn per millisecond.
WANDER_X, WANDER_Y, FEEL_X, FEEL_Y, INTENT_X, INTENT_Y = range(6)

PERSON_NOISES = 6

# Columns of the noise drawn per step.
STEP_TIMING, PLACE_X, PLACE_Y, FORCE, SENSE_X, SENSE_VX, SENSE_Y, SENSE_VY, PACE, SHAPE = range(10)

STEP_NOISES = 10

MIDDLE_FRAC = 0.45
"""Where along its travel the COP rests in quiet standing."""

STEP_COUNT = 16384
"""Steps after which the noise drawn per step comes round again; more than two hours."""


def _pair(left: float = 0.0, right: float = 0.0) -> Pair:
    return [left, right]


@dataclass
class Body:
    """Where the person is and what the ground does to them.

    Attributes:
        posture: One of STANDING, STARTING, WALKING, CLOSING, HANGING, ABSENT.
        has_fallen: 1 once the harness has had to catch them.
        x_m: Centre of mass, deck frame; `vx_mps` and so on its rate.
        heel_x_m: Heels, deck frame.
        heel_y_m: Middle of each foot, deck frame.
        is_down: 1 where the foot is on the ground.
        cop_x_m: Centre of pressure under each foot.
        cop_y_m: The same, to the left.
        force_x_n: Force of the ground on each foot, forward.
        force_y_n: The same, to the left.
        force_z_n: The same, up.
        harness_n: Upward pull of the harness.
        lead: Which foot landed last; while standing, which bears the first step.
        phase: Of the step, 0 at landing, 1 at the next.
        hurry_frac: Running minimum over the step of how much of its time it takes.
        step_time_s: Of the step under way, hurry included.
        swing_lag_s: How late the swing foot is, having been held.
        landed: Foot that landed in this millisecond, or NEITHER.
        lifted: Foot that left the ground in this millisecond, or NEITHER.
        step_length_m: Heel to heel at the last landing, positive with the new foot ahead.
        step_width_m: Side to side at the last landing.
    """

    posture: int = STANDING
    has_fallen: int = 0
    x_m: float = 0.0
    y_m: float = 0.0
    z_m: float = 0.99
    vx_mps: float = 0.0
    vy_mps: float = 0.0
    vz_mps: float = 0.0
    heel_x_m: Pair = field(default_factory=_pair)
    heel_y_m: Pair = field(default_factory=_pair)
    is_down: Pair = field(default_factory=lambda: _pair(1.0, 1.0))
    cop_x_m: Pair = field(default_factory=_pair)
    cop_y_m: Pair = field(default_factory=_pair)
    force_x_n: Pair = field(default_factory=_pair)
    force_y_n: Pair = field(default_factory=_pair)
    force_z_n: Pair = field(default_factory=_pair)
    harness_n: float = 0.0
    lead: int = LEFT
    phase: float = 0.0
    hurry_frac: float = 1.0
    step_time_s: float = 0.6
    swing_lag_s: float = 0.0
    landed: int = NEITHER
    lifted: int = NEITHER
    step_length_m: float = 0.0
    step_width_m: float = 0.0


@dataclass
class Mind:
    """What the person perceives, intends and remembers.

    Attributes:
        felt_belt_mps: Belt speed as felt under each foot.
        felt_mean_mps: The two together.
        felt_x_m: Position of the COM, less what it leans into the slope.
        felt_y_m: The same to the left, less what it leans against the roll.
        felt_accel_mps2: Felt acceleration of the belts.
        felt_push_x_mps2: What the moving deck seems to push with, forward, as the inner ear
            and the skin tell a little late.
        felt_push_y_mps2: The same, to the left.
        startled_s: How much longer one does not follow the belts' speed.
        felt_difference_mps: Learned left minus right speed.
        intent_mps: Intended walking speed.
        lasting_mps: What it has been lately; after a perturbation one goes back to it.
        gait_mps: Speed whose gait is being walked; latched at landing.
        row: Row of the speed tables, with `row_frac` between it and the next.
        usual_step_time_s: Of that gait.
        duty_frac: Of that gait, stance over stride.
        tempo_frac: Time of this step over the usual, before any hurry.
        deviation_x_m: Position of the COM off its nominal orbit, along.
        deviation_vx_mps: The same, velocity.
        deviation_y_m: Position off the orbit across, positive towards the lead side.
        deviation_vy_mps: The same, velocity.
        unrest_m: How far the extrapolated COM has been off its orbit lately, side to side.
        belt_offset_mps: Felt speed of the lead belt above the mean.
        past_x_m: Ring of deviations that the delayed loops answer.
        past_y_m: The same, across.
        past_excess_m: How far each was beyond what ankles and feet can deal with in their time.
        past_at: Where the ring was written last.
        lead_shift_x_m: How far the ankle has shifted the COP under the lead foot, along.
        lead_shift_y_m: The same, to the left.
        held_shift_x_m: The same under the trailing foot when the other landed; it stays.
        held_shift_y_m: The same, to the left.
        is_planned: 1 when the swing foot's place is decided.
        plan_x_m: Step vector to it, along.
        plan_y_m: The same across, towards the lead side.
        step: Number of the step, for the noise drawn per step.
        fast_memory: Fast part of the split-belt adaptation.
        slow_memory: Slow part.
        step_lengths_m: Last step length with each foot.
        reference_x_m: Offset of the orbit at landing that realises the adaptation.
        reference_y_m: The same across, towards the lead side, that leads back to the lane.
        uneven_x_m: Offset of the orbit at landing of steps that are meant to take unequally long.
        uneven_y_m: The same across, towards the lead side.
        pull_x_m: What the foot behind adds to it while it bears load.
        is_capturing: 1 when the step under way is meant to stop.
        mean_x_m: Where on the belt one is, averaged over steps.
        last_x_m: The same in the last step alone.
        mean_vx_mps: How fast one moves along the belt, averaged over steps.
        pace_bias_mps: How much faster than the felt belts one has learned to walk to stay.
        summed_x_m_s: Integral of the COM's position over this step.
        summed_s: Its duration so far.
        posture_s: Time spent in this posture.
        rest_s: Time since a belt last moved.
        goal_y_m: Where one wants to stand, to the left of the middle of the deck.
        share_left_frac: Left load share while both feet stand.
        reach_x_m: Shift of weight towards the foot that is to bear it all, along.
        reach_y_m: The same, across.
        lean_x_m: Voluntary lean, along.
        lean_y_m: The same, across.
        lean_vx_mps: Rate of `lean_x_m`.
        lean_vy_mps: Rate of `lean_y_m`.
        slow_noise: (2, PERSON_NOISES) states of the filters that make the slow noises.
        fatigue_frac: Lumbar fatigue.
        aiming: One of AIMLESS, STEERING, PLACING; unless AIMLESS what is seen takes the place of
            the voluntary wandering.
        aim_load_frac: How much more than usual the left leg is meant to carry while walking.
        aim_x_m: While walking, the place on the belts to be at, if PLACING; while standing, how
            far forward to lean.
        aim_y_m: While walking, the lane to keep, to the left; while standing, how far to lean.
        mark_foot: Foot that is to land on a mark, or NEITHER.
        mark_x_m: Where its middle is meant to be; it goes with the belt.
        mark_lean_m: How far the body is ahead at the start of this step for the mark's sake.
        mark_next_m: The same of the next step.
        mark_pull_m: What the foot behind adds to the former while it bears load.
        mark_usual_m: Length that this step would have without a mark.
        mark_made_m: How much longer the last step was made for one.
        is_stretching: 1 when this step is made longer or shorter for one.
    """

    felt_belt_mps: Pair = field(default_factory=_pair)
    felt_mean_mps: float = 0.0
    felt_x_m: float = 0.0
    felt_y_m: float = 0.0
    felt_accel_mps2: float = 0.0
    felt_push_x_mps2: float = 0.0
    felt_push_y_mps2: float = 0.0
    startled_s: float = 0.0
    felt_difference_mps: float = 0.0
    intent_mps: float = 0.0
    lasting_mps: float = 0.2
    gait_mps: float = 0.2
    row: int = 0
    row_frac: float = 0.0
    usual_step_time_s: float = 0.6
    duty_frac: float = 0.65
    tempo_frac: float = 1.0
    deviation_x_m: float = 0.0
    deviation_vx_mps: float = 0.0
    deviation_y_m: float = 0.0
    deviation_vy_mps: float = 0.0
    unrest_m: float = 0.0
    belt_offset_mps: float = 0.0
    past_x_m: Array = field(default_factory=lambda: np.zeros(HISTORY))
    past_y_m: Array = field(default_factory=lambda: np.zeros(HISTORY))
    past_excess_m: Array = field(default_factory=lambda: np.zeros(HISTORY))
    past_at: int = 0
    lead_shift_x_m: float = 0.0
    lead_shift_y_m: float = 0.0
    held_shift_x_m: float = 0.0
    held_shift_y_m: float = 0.0
    is_planned: int = 0
    plan_x_m: float = 0.0
    plan_y_m: float = 0.0
    step: int = 0
    fast_memory: float = 0.0
    slow_memory: float = 0.0
    step_lengths_m: Pair = field(default_factory=_pair)
    reference_x_m: float = 0.0
    reference_y_m: float = 0.0
    uneven_x_m: float = 0.0
    uneven_y_m: float = 0.0
    pull_x_m: float = 0.0
    is_capturing: int = 0
    mean_x_m: float = 0.0
    last_x_m: float = 0.0
    mean_vx_mps: float = 0.0
    pace_bias_mps: float = 0.0
    summed_x_m_s: float = 0.0
    summed_s: float = 1e-9
    posture_s: float = 0.0
    rest_s: float = 0.0
    goal_y_m: float = 0.0
    share_left_frac: float = 0.5
    reach_x_m: float = 0.0
    reach_y_m: float = 0.0
    lean_x_m: float = 0.0
    lean_y_m: float = 0.0
    lean_vx_mps: float = 0.0
    lean_vy_mps: float = 0.0
    slow_noise: Array = field(default_factory=lambda: np.zeros((2, PERSON_NOISES)))
    fatigue_frac: float = 0.0
    aiming: int = AIMLESS
    aim_load_frac: float = 0.0
    aim_x_m: float = 0.0
    aim_y_m: float = 0.0
    mark_foot: int = NEITHER
    mark_x_m: float = 0.0
    mark_lean_m: float = 0.0
    mark_next_m: float = 0.0
    mark_pull_m: float = 0.0
    mark_usual_m: float = 0.0
    mark_made_m: float = 0.0
    is_stretching: int = 0


@dataclass
class Surroundings:
    """What acts on the person besides gravity and their own feet.

    Attributes:
        belt_mps: True belt speeds, positive towards -x.
        slope_rad: Pitch of the deck, positive uphill; incline and platform together.
        roll_rad: Roll of the deck, positive with the left side up.
        slope_accel_radps2: Second derivative of `slope_rad`.
        roll_accel_radps2: Second derivative of `roll_rad`.
        accel_x_mps2: Acceleration of the deck's origin, along the deck's axes.
        accel_y_mps2: The same, to the left.
        accel_z_mps2: The same, up.
        is_called_off: 1 while the person is asked to step off the belts, once these rest.
        is_swing_blocked: 1 while something holds the foot that swings.
        push_x_n: External force at the centre of mass, deck frame.
        push_y_n: The same, to the left.
    """

    belt_mps: Pair = field(default_factory=_pair)
    slope_rad: float = 0.0
    roll_rad: float = 0.0
    slope_accel_radps2: float = 0.0
    roll_accel_radps2: float = 0.0
    accel_x_mps2: float = 0.0
    accel_y_mps2: float = 0.0
    accel_z_mps2: float = 0.0
    is_called_off: int = 0
    is_swing_blocked: int = 0
    push_x_n: float = 0.0
    push_y_n: float = 0.0


class Person(NamedTuple):
    """One person, as the inner loop takes them."""

    traits: Sequence[Traits]
    body: Sequence[Body]
    mind: Sequence[Mind]
    tables: GaitTables
    step_noise: Array


def make_person(traits: Traits, rng: np.random.Generator) -> Person:
    """Return a person at rest in the middle of the belts; what they do follows from `rng`."""
    shape = GaitShape(
        com_height_m=traits.com_height_m,
        walk_ratio_m_per_spm=traits.walk_ratio_m_per_spm,
        roll_length_m=traits.roll_length_m,
        roll_start_m=traits.roll_start_m,
        ankle_gain=traits.ankle_gain,
        ankle_delay_s=traits.ankle_delay_s,
    )
    half_m = traits.stance_width_m / 2
    heel_m = -(traits.roll_start_m + MIDDLE_FRAC * traits.roll_length_m)
    body = Body(
        posture=STANDING if traits.mass_kg > 0 else ABSENT,
        z_m=traits.com_height_m,
        heel_x_m=_pair(heel_m, heel_m),
        heel_y_m=_pair(half_m, -half_m),
        cop_y_m=_pair(half_m, -half_m),
        is_down=_pair(1.0, 1.0) if traits.mass_kg > 0 else _pair(),
    )
    noise = rng.standard_normal((STEP_COUNT, STEP_NOISES))
    for column, alpha in ((STEP_TIMING, traits.step_time_alpha), (PACE, traits.pace_alpha)):
        noise[:, column] = _fractal(noise[:, column], alpha)
    return Person(one_of(traits), one_of(body), one_of(Mind()), gait_tables(shape), noise)


@compiled
def mid_foot_m(traits: Traits) -> float:
    """Return where the COP rests ahead of the heel in quiet standing."""
    return traits.roll_start_m + MIDDLE_FRAC * traits.roll_length_m


def _fractal(white: Array, alpha: float) -> Array:
    """Return circular noise of unit SD whose DFA exponent is `alpha`.

    Source: spectrum |2 sin(w / 2)|^(1 - 2 alpha) of a fractionally integrated series.
    """
    spectrum = np.fft.rfft(white)
    spectrum[0] = 0
    w = np.linspace(0, np.pi, len(spectrum))[1:]
    spectrum[1:] *= (2 * np.sin(w / 2)) ** (0.5 - alpha)
    series = np.fft.irfft(spectrum, len(white))
    result: Array = series / series.std()
    return result
