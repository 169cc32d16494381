"""One step after another: what a landing changes, what is learned, when to stop.

Source: two-rate split-belt learning after Smith 2006.
"""

import math

from rehabsim_sim.gait_tables import GRAVITY_MPS2
from rehabsim_sim.jit import compiled
from rehabsim_sim.manner import (
    FASTER_PER_M,
    TIME_PER_SHARE,
    caution_m,
    clip,
    lane_m,
    load_shift_frac,
    set_gait,
    step_noise,
)
from rehabsim_sim.person import LEFT, PACE, STANDING, STEP_TIMING, WALKING, Person

MIN_STEP_S = 0.2
STEADY_MPS, SLOW_NOISE_S2_PER_M2 = 0.8, 5.0
"""Below this speed step times vary more, with the square of what is missing (Beauchet 2009)."""


CREEP_MPS, START_SPEED_MPS = 0.01, 0.21

MAX_MEMORY = 0.35

LANE_RATE, MAX_LANE_M = 0.3, 0.03
"""Part of being off the lane that one step makes good, and the most that it does."""

STOP_BACK_M, STOP_FRONT_M = 0.03, 0.22
"""Between which places ahead of the heels one can come to a stand."""


@compiled
def begin_step(person: Person) -> None:
    """Start the step that `Body.lead` has just made possible."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    body.phase = 0.0
    body.hurry_frac = 1.0
    body.swing_lag_s = 0.0
    mind.is_planned = 0
    mind.held_shift_x_m = mind.lead_shift_x_m
    mind.held_shift_y_m = mind.lead_shift_y_m
    mind.lead_shift_x_m = 0.0
    mind.lead_shift_y_m = 0.0
    mind.past_x_m[:] = 0.0
    mind.past_y_m[:] = 0.0
    pace = 1 + traits.pace_noise_frac * step_noise(person, 0, PACE)
    set_gait(person, mind.intent_mps * pace)
    spread = traits.step_time_noise_frac * (1 + 0.5 * mind.fatigue_frac)
    spread *= 1 + SLOW_NOISE_S2_PER_M2 * max(STEADY_MPS - mind.gait_mps, 0.0) ** 2
    asymmetry = traits.step_time_asymmetry_frac - TIME_PER_SHARE * load_shift_frac(person)
    if body.lead != LEFT:
        asymmetry = -asymmetry
    tempo = (1 - asymmetry) * (1 + spread * step_noise(person, 0, STEP_TIMING))
    tempo *= 1 - FASTER_PER_M * caution_m(person)
    mind.tempo_frac = max(tempo, MIN_STEP_S / mind.usual_step_time_s)
    body.step_time_s = mind.usual_step_time_s * mind.tempo_frac


@compiled
def begin_walking(person: Person, stance: int) -> None:
    """Lift the other foot than `stance` for the first step."""
    body, mind = person.body[0], person.mind[0]
    body.posture = WALKING
    body.lead = stance
    body.is_down[1 - stance] = 0.0
    body.lifted = 1 - stance
    mind.intent_mps = max(mind.felt_mean_mps, START_SPEED_MPS)
    mind.lasting_mps = mind.intent_mps
    mind.is_capturing = 0
    mind.reach_x_m = 0.0
    mind.reach_y_m = 0.0
    mind.posture_s = 0.0
    begin_step(person)
    body.phase = first_phase(person)


@compiled
def first_phase(person: Person) -> float:
    """Return the phase just after the other foot has left the ground."""
    return 2 * person.mind[0].duty_frac - 0.95


@compiled
def land(person: Person) -> None:
    """Put the swing foot where it was planned and change roles."""
    body, mind = person.body[0], person.mind[0]
    old, new = body.lead, 1 - body.lead
    side = 1.0 if old == LEFT else -1.0
    body.heel_x_m[new] = body.heel_x_m[old] + mind.plan_x_m
    body.heel_y_m[new] = body.heel_y_m[old] + mind.plan_y_m * side
    body.is_down[new] = 1.0
    body.landed = new
    body.step_length_m = mind.plan_x_m
    body.step_width_m = -mind.plan_y_m
    mind.step_lengths_m[new] = mind.plan_x_m
    mind.felt_belt_mps[new] = mind.felt_belt_mps[old]
    if (body.heel_y_m[new] >= 0) != (body.heel_y_m[old] >= 0):
        mind.felt_belt_mps[new] -= side * mind.felt_difference_mps
    if new == LEFT:
        learn(person)
    step_x_m = mind.summed_x_m_s / mind.summed_s
    mind.mean_vx_mps += 0.5 * ((step_x_m - mind.last_x_m) / mind.summed_s - mind.mean_vx_mps)
    mind.last_x_m = step_x_m
    mind.mean_x_m = 0.5 * mind.mean_x_m + 0.5 * step_x_m
    mind.summed_x_m_s = 0.0
    mind.summed_s = 1e-9
    mind.step += 1
    body.lead = new
    begin_step(person)
    set_reference(person)
    if can_stop(person):
        body.posture = STANDING
        mind.posture_s = 0.0
        mind.intent_mps = 0.0
        mind.share_left_frac = float(new)


@compiled
def set_reference(person: Person) -> None:
    """Choose how the orbit of this step differs from the symmetric one in mid-lane.

    The difference grows as the pendulum falls, so neither ankles nor feet fight it.
    """
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    side = 1.0 if body.lead == LEFT else -1.0
    omega = math.sqrt(GRAVITY_MPS2 / traits.com_height_m)
    memory = clip(mind.fast_memory + mind.slow_memory, -MAX_MEMORY, MAX_MEMORY)
    growth = math.exp(omega * mind.usual_step_time_s)
    memory += traits.step_asymmetry_frac
    mind.reference_x_m = -side * memory * mind.gait_mps * mind.usual_step_time_s / (1 + growth)
    off_m = 0.5 * (body.heel_y_m[0] + body.heel_y_m[1]) - lane_m(person)
    growth = math.exp(omega * body.step_time_s)
    mind.reference_y_m = -side * clip(LANE_RATE * off_m, -MAX_LANE_M, MAX_LANE_M) / growth


@compiled
def learn(person: Person) -> None:
    """Adapt to the asymmetry of the last two step lengths, left minus right."""
    traits, mind = person.traits[0], person.mind[0]
    total_m = abs(mind.step_lengths_m[0]) + abs(mind.step_lengths_m[1]) + 1e-9
    error = clip((mind.step_lengths_m[0] - mind.step_lengths_m[1]) / total_m, -0.5, 0.5)
    error -= traits.step_asymmetry_frac
    is_learned = abs(mind.fast_memory + mind.slow_memory) > 0.004
    if abs(mind.felt_difference_mps) > 0.06 or is_learned:
        mind.fast_memory = traits.fast_retention * mind.fast_memory - traits.fast_rate * error
        mind.slow_memory = traits.slow_retention * mind.slow_memory - traits.slow_rate * error


@compiled
def can_stop(person: Person) -> bool:
    """Return whether the foot that has just landed can be the last for now."""
    body, mind = person.body[0], person.mind[0]
    is_braking = mind.felt_accel_mps2 < -0.05
    is_slow = mind.felt_mean_mps < (0.12 if is_braking else 0.04) and mind.intent_mps < 0.5
    is_caught = mind.is_capturing == 1 and mind.felt_mean_mps < 0.5
    is_carried = mind.felt_mean_mps > CREEP_MPS and not is_braking and body.x_m < 0.0
    if is_carried or not (is_slow or is_caught):
        return False
    is_apart = abs(body.heel_y_m[0] - body.heel_y_m[1]) > 0.07
    return STOP_BACK_M < over_feet_m(person) < STOP_FRONT_M and is_apart


@compiled
def over_feet_m(person: Person) -> float:
    """Return how far ahead of the heels the extrapolated COM is, at its place between the feet."""
    body, mind = person.body[0], person.mind[0]
    omega = math.sqrt(GRAVITY_MPS2 / person.traits[0].com_height_m)
    apart_m = body.heel_y_m[0] - body.heel_y_m[1]
    share = clip((body.y_m - body.heel_y_m[1]) / (apart_m if apart_m != 0 else 1e-9), 0.0, 1.0)
    heel_m = share * body.heel_x_m[0] + (1 - share) * body.heel_x_m[1]
    return mind.felt_x_m + (body.vx_mps + mind.felt_mean_mps) / omega - heel_m
