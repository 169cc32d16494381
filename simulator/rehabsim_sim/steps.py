"""One step after another: what a landing changes, what is learned, when to stop.

Source: two-rate split-belt learning after Smith 2006.
"""

import math

from rehabsim_sim.aimed_step import note_stretch, prepare_for_mark
from rehabsim_sim.gait_tables import GRAVITY_MPS2, orbit_at
from rehabsim_sim.jit import compiled
from rehabsim_sim.manner import (
    FASTER_PER_M,
    TIME_PER_AIMED,
    TIME_PER_SHARE,
    caution_m,
    clip,
    lane_m,
    load_shift_frac,
    set_gait,
    step_noise,
    usual_width_m,
)
from rehabsim_sim.person import AIMLESS, LEFT, PACE, STANDING, STEP_TIMING, WALKING, Person

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
    tempo = (1 - unevenness(person)) * (1 + spread * step_noise(person, 0, STEP_TIMING))
    tempo *= 1 - FASTER_PER_M * caution_m(person)
    mind.tempo_frac = max(tempo, MIN_STEP_S / mind.usual_step_time_s)
    body.step_time_s = mind.usual_step_time_s * mind.tempo_frac


@compiled
def unevenness(person: Person) -> float:
    """Return how much shorter than usual the step on the leading foot is meant to be."""
    per_share = TIME_PER_SHARE if person.mind[0].aiming == AIMLESS else TIME_PER_AIMED
    shorter = person.traits[0].step_time_asymmetry_frac - per_share * load_shift_frac(person)
    return shorter if person.body[0].lead == LEFT else -shorter


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
    note_stretch(person)
    mind.step_lengths_m[new] = mind.plan_x_m
    mind.felt_belt_mps[new] = mind.felt_belt_mps[old]
    if (body.heel_y_m[new] >= 0) != (body.heel_y_m[old] >= 0):
        mind.felt_belt_mps[new] -= side * mind.felt_difference_mps
    if new == LEFT:
        learn(person)
    step_x_m = mind.summed_x_m_s / mind.summed_s
    moved_m = step_x_m - mind.last_x_m - mind.mark_made_m
    mind.mean_vx_mps += 0.5 * (moved_m / mind.summed_s - mind.mean_vx_mps)
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
    mind.uneven_x_m = 0.0
    mind.uneven_y_m = 0.0
    mind.pull_x_m = 0.0
    if mind.aiming != AIMLESS:
        set_uneven(person, omega)
    usual_m = mind.gait_mps * body.step_time_s + mind.reference_x_m * (1 + growth)
    prepare_for_mark(person, usual_m, growth, pull_of_trail(person, omega))


@compiled
def set_uneven(person: Person, omega: float) -> None:
    """Choose the orbit of steps that are meant to take unequally long in turn.

    Over a foot that is to be left soon the body begins further ahead. On the orbit of even steps
    it would stumble at every landing, and catching it with load from the other foot would push it
    aside a little further with every step.

    Source: orbits that follow each other with the usual length and width, end(t) + r exp(omega t)
    = start(t') + r' from either foot to the other.
    """
    mind = person.mind[0]
    shorter = unevenness(person)
    here_x_m, here_y_m = start_of_even(person, 1 - shorter, omega)
    there_x_m, there_y_m = start_of_even(person, 1 + shorter, omega)
    here = math.exp(omega * mind.usual_step_time_s * (1 - shorter))
    there = math.exp(omega * mind.usual_step_time_s * (1 + shorter))
    # The foot behind is further back than in even steps, by so much of the usual step.
    back_m = 2 * shorter * mind.gait_mps * mind.usual_step_time_s
    mind.pull_x_m = back_m * pull_of_trail(person, omega)
    miss_m = here_x_m - there_x_m - mind.pull_x_m
    mind.uneven_x_m = -miss_m * (there - 1) / (here * there - 1) - mind.pull_x_m
    mind.uneven_y_m = -(here_y_m - there_y_m) * (there + 1) / (here * there - 1)


@compiled
def pull_of_trail(person: Person, omega: float) -> float:
    """Return how far ahead a body starts, in effect, per way that the foot behind is further back.

    Source: x' = omega (x - share (t) back), with a share that falls evenly to none.
    """
    mind = person.mind[0]
    both = omega * mind.usual_step_time_s * (2 * mind.duty_frac - 1)
    return both / 2 * (1 - both / 3)


@compiled
def start_of_even(person: Person, tempo: float, omega: float) -> tuple[float, float]:
    """Return where the extrapolated COM is at the landing of even steps of a tempo.

    Ahead of the heel, and to the outside of the foot.
    """
    traits, mind = person.traits[0], person.mind[0]
    x_m, vx_mps, y_m, vy_mps, _, _ = orbit_at(
        person.tables.orbit,
        mind.row,
        mind.row_frac,
        tempo,
        0.0,
        usual_width_m(person),
        traits.toe_out,
    )
    return x_m + vx_mps / omega, y_m + vy_mps / omega


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
