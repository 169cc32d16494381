"""One step after another: which gait, where the swing foot goes, what a landing changes.

Source: foot placement by linear feedback of the predicted state, Hof 2008 (Hum Mov Sci
27:112) and Wang & Srinivasan 2014; two-rate split-belt learning after Smith 2006; the
constants were fitted on a prototype.
"""

import math

from rehabsim_sim.gait_tables import (
    DUTY,
    GAIN_HARD,
    GAIN_HELD,
    GAIN_HURRIED,
    GAIN_POSITION,
    GAIN_VELOCITY,
    GRAVITY_MPS2,
    MIN_SPEED_MPS,
    SPEED_COUNT,
    SPEED_STEP_MPS,
    STEP_TIME,
    ankle_gain_at,
)
from rehabsim_sim.jit import compiled
from rehabsim_sim.person import (
    DT_S,
    FORCE,
    INTENT_X,
    INTENT_Y,
    LEFT,
    PLACE_X,
    PLACE_Y,
    SENSE_VX,
    SENSE_VY,
    SENSE_X,
    SENSE_Y,
    STANDING,
    STEP_COUNT,
    STEP_TIMING,
    WALKING,
    Person,
    mid_foot_m,
)

PREDICT_S = 0.004
MIN_STEP_S = 0.2
CREEP_MPS, START_SPEED_MPS = 0.01, 0.21
MAX_MEMORY = 0.35

MAX_SHIFT, TIME_PER_SHARE = 0.05, 2.0
"""Furthest voluntary shift of load share, and the asymmetry of step times that makes it."""

EASY_X_M, EASY_Y_M = 0.06, 0.02
"""Deviations of the extrapolated COM that the ankles can deal with."""

LANE_RATE, MAX_LANE_M = 0.3, 0.03
"""Part of being off the lane that one step makes good, and the most that it does."""

STOP_BACK_M, STOP_FRONT_M = 0.03, 0.22
"""Between which places ahead of the heels one can come to a stand."""


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
def foot_noise(person: Person, back: int) -> float:
    """Return the factor on the force of the foot that landed `back` steps ago."""
    return 1 + person.traits[0].force_noise_frac * step_noise(person, back, FORCE)


@compiled
def slow_noise(person: Person, column: int, time_s: float) -> float:
    """Return a slow noise of unit SD; `listen` keeps it going."""
    value: float = math.sqrt(4 * time_s / DT_S) * person.mind[0].slow_noise[1, column]
    return value


@compiled
def load_shift_frac(person: Person) -> float:
    """Return how much more than usual the left leg is meant to carry while walking."""
    traits = person.traits[0]
    shift_frac = traits.load_intent_frac * slow_noise(person, INTENT_Y, traits.intent_time_s)
    return clip(shift_frac, -MAX_SHIFT, MAX_SHIFT)


@compiled
def begin_step(person: Person) -> None:
    """Start the step that `Body.lead` has just made possible."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    body.phase = 0.0
    body.hurry_frac = 1.0
    mind.is_planned = 0
    mind.held_shift_x_m = mind.lead_shift_x_m
    mind.held_shift_y_m = mind.lead_shift_y_m
    mind.lead_shift_x_m = 0.0
    mind.lead_shift_y_m = 0.0
    mind.past_x_m[:] = 0.0
    mind.past_y_m[:] = 0.0
    set_gait(person, mind.intent_mps)
    spread = traits.step_time_noise_frac * (1 + 0.5 * mind.fatigue_frac)
    asymmetry = traits.step_time_asymmetry_frac - TIME_PER_SHARE * load_shift_frac(person)
    if body.lead != LEFT:
        asymmetry = -asymmetry
    tempo = (1 - asymmetry) * (1 + spread * step_noise(person, 0, STEP_TIMING))
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
def predict(
    x_m: float, v_mps: float, remaining_s: float, omega: float, gain: float, limit_m: float
) -> tuple[float, float]:
    """Return the deviation (x, v) after `remaining_s` with the ankle loop closed."""
    count = int(remaining_s / PREDICT_S) + 1
    dt_s = remaining_s / count
    for _ in range(count):
        shift_m = clip(gain * (x_m + v_mps / omega), -limit_m, limit_m)
        v_mps += omega * omega * (x_m - shift_m) * dt_s
        x_m += v_mps * dt_s
    return x_m, v_mps


@compiled
def plan_step(person: Person, anticipated_mps: float) -> None:
    """Decide where the swing foot will land."""
    body, mind, traits = person.body[0], person.mind[0], person.traits[0]
    omega = math.sqrt(GRAVITY_MPS2 / traits.com_height_m)
    mind.is_planned = 1
    mind.is_capturing = is_stop_felt(person)
    remaining_s = (1 - body.phase) * body.step_time_s
    length_m = capture_step(person, remaining_s, omega)
    if not mind.is_capturing:
        length_m = next_length(person, remaining_s, omega, anticipated_mps)
    mind.plan_x_m = clip(length_m, traits.min_step_m, traits.max_step_m)
    width_m = next_width(person, remaining_s, omega)
    mind.plan_y_m = -clip(width_m, traits.min_width_m, traits.max_width_m)


@compiled
def next_length(person: Person, remaining_s: float, omega: float, anticipated_mps: float) -> float:
    """Return the step length that steady gait and the predicted deviation ask for."""
    body, mind, traits = person.body[0], person.mind[0], person.traits[0]
    sense_m = traits.sense_noise_m
    gain = ankle_gain_at(mind.gait_mps, traits.ankle_gain)
    x_m = mind.deviation_x_m + sense_m * step_noise(person, 0, SENSE_X)
    v_mps = mind.deviation_vx_mps + anticipated_mps
    v_mps += omega * sense_m * step_noise(person, 0, SENSE_VX)
    x_m, v_mps = predict(x_m, v_mps, remaining_s, omega, gain, traits.max_ankle_x_m)
    length_m = (mind.gait_mps + mind.belt_offset_mps) * body.step_time_s
    length_m += mind.reference_x_m * (1 + math.exp(omega * body.step_time_s))
    length_m += answer(person, x_m, v_mps, mind.lead_shift_x_m, EASY_X_M)
    spread_m = aim_error_frac(person) * traits.place_noise_x_m
    return length_m + spread_m * step_noise(person, 0, PLACE_X)


@compiled
def next_width(person: Person, remaining_s: float, omega: float) -> float:
    """Return the step width that the predicted sideways deviation and the lane ask for."""
    body, mind, traits = person.body[0], person.mind[0], person.traits[0]
    side = 1.0 if body.lead == LEFT else -1.0
    sense_m = traits.sense_noise_m
    gain = ankle_gain_at(mind.gait_mps, traits.ankle_gain)
    y_m = mind.deviation_y_m + sense_m * step_noise(person, 0, SENSE_Y)
    v_mps = mind.deviation_vy_mps + omega * sense_m * step_noise(person, 0, SENSE_VY)
    y_m, v_mps = predict(y_m, v_mps, remaining_s, omega, gain, traits.max_ankle_y_m)
    aside_m = answer(person, y_m, v_mps, side * mind.lead_shift_y_m, EASY_Y_M)
    aside_m += mind.reference_y_m * math.exp(omega * body.step_time_s)
    width_m = usual_width_m(person) - aside_m
    spread_m = aim_error_frac(person) * traits.place_noise_y_m
    return width_m - spread_m * (1 + 0.4 * mind.fatigue_frac) * step_noise(person, 0, PLACE_Y)


@compiled
def aim_error_frac(person: Person) -> float:
    """Return how badly the foot is aimed: short steps land nearer to where they should."""
    return clip(0.4 + person.mind[0].gait_mps, 0.5, 1.0)


@compiled
def answer(person: Person, x_m: float, v_mps: float, held_m: float, easy_m: float) -> float:
    """Return how much further the foot goes for a predicted deviation.

    What the ankles cannot deal with, beyond `easy_m`, is left to the foot alone.
    """
    omega = math.sqrt(GRAVITY_MPS2 / person.traits[0].com_height_m)
    usual = clip(2 * person.mind[0].tempo_frac * person.body[0].hurry_frac - 1, 0.0, 1.0)
    hurried = law_at(person, GAIN_HURRIED)
    hard = hurried + usual * (law_at(person, GAIN_HARD) - hurried)
    gain = law_at(person, GAIN_POSITION)
    ahead_m = x_m + v_mps / omega
    hard_m = ahead_m - clip(ahead_m, -easy_m, easy_m)
    linear_m = gain * x_m + law_at(person, GAIN_VELOCITY) * v_mps
    linear_m += law_at(person, GAIN_HELD) * held_m
    return max(gain - hard, 0.0) * hard_m - linear_m


@compiled
def usual_width_m(person: Person) -> float:
    """Return the step width that one walks with, wider when tired."""
    return person.traits[0].step_width_m * (1 + 0.15 * person.mind[0].fatigue_frac)


@compiled
def is_stop_felt(person: Person) -> int:
    """Return 1 when the belts brake so hard that this step should be the last."""
    mind = person.mind[0]
    ahead_mps = mind.felt_mean_mps + 0.55 * max(mind.felt_accel_mps2, -2.5)
    return int(mind.felt_accel_mps2 < -0.6 and mind.felt_mean_mps < 0.75 and ahead_mps < 0.25)


@compiled
def capture_step(person: Person, remaining_s: float, omega: float) -> float:
    """Return the step that puts the middle of the foot under the extrapolated COM."""
    body, mind, traits = person.body[0], person.mind[0], person.traits[0]
    carried_m = mind.felt_mean_mps + 0.5 * mind.felt_accel_mps2 * remaining_s
    carried_m = max(carried_m, 0.0) * remaining_s
    cop_m = body.cop_x_m[body.lead] - 0.5 * carried_m
    ahead_m = mind.felt_x_m + body.vx_mps / omega - cop_m
    ahead_m = cop_m + ahead_m * math.exp(omega * remaining_s)
    heel_m = body.heel_x_m[body.lead] - carried_m
    return ahead_m - heel_m - mid_foot_m(traits)


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
    mind.mean_x_m = 0.5 * mind.mean_x_m + 0.5 * mind.summed_x_m_s / mind.summed_s
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
    mind.reference_x_m = -side * memory * mind.gait_mps * mind.usual_step_time_s / (1 + growth)
    lane_m = traits.lane_intent_m * slow_noise(person, INTENT_X, traits.intent_time_s)
    off_m = 0.5 * (body.heel_y_m[0] + body.heel_y_m[1]) - lane_m
    growth = math.exp(omega * body.step_time_s)
    mind.reference_y_m = -side * clip(LANE_RATE * off_m, -MAX_LANE_M, MAX_LANE_M) / growth


@compiled
def learn(person: Person) -> None:
    """Adapt to the asymmetry of the last two step lengths, left minus right."""
    traits, mind = person.traits[0], person.mind[0]
    total_m = abs(mind.step_lengths_m[0]) + abs(mind.step_lengths_m[1]) + 1e-9
    error = clip((mind.step_lengths_m[0] - mind.step_lengths_m[1]) / total_m, -0.5, 0.5)
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
