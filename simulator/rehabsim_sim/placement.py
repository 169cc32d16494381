"""Where the swing foot goes.

Source: foot placement by linear feedback of the predicted state, Hof 2008 (Hum Mov Sci
27:112) and Wang & Srinivasan 2014; the constants were fitted on a prototype.
"""

import math

from rehabsim_sim.aimed_step import onto_mark
from rehabsim_sim.gait_tables import (
    GAIN_HARD,
    GAIN_HELD,
    GAIN_HURRIED,
    GAIN_POSITION,
    GAIN_VELOCITY,
    GRAVITY_MPS2,
    ankle_gain_at,
)
from rehabsim_sim.jit import compiled
from rehabsim_sim.manner import ankle_frac, clip, law_at, step_noise, usual_width_m
from rehabsim_sim.person import (
    DT_S,
    LEFT,
    PLACE_X,
    PLACE_Y,
    SENSE_VX,
    SENSE_VY,
    SENSE_X,
    SENSE_Y,
    Person,
    mid_foot_m,
)

PREDICT_S = 0.004

MAX_TIED_MPS = 0.2
"""Belts that differ by more are not taken to be stopping when a foot feels one brake."""

EASY_X_M, EASY_Y_M = 0.06, 0.02
"""Deviations of the extrapolated COM that the ankles can deal with."""


LOWERED_FROM, MAX_LAG_S = 0.5, 0.15
"""Part of the swing from which on a foot that is caught is lowered, and the longest delay of
one that is caught before."""


@compiled
def predict(
    x_m: float,
    v_mps: float,
    push_mps2: float,
    remaining_s: float,
    omega: float,
    gain: float,
    limit_m: float,
) -> tuple[float, float]:
    """Return the deviation (x, v) after `remaining_s` with the ankle loop closed."""
    count = int(remaining_s / PREDICT_S) + 1
    dt_s = remaining_s / count
    lean_m = push_mps2 / (omega * omega)
    for _ in range(count):
        shift_m = clip(gain * (x_m + v_mps / omega) + lean_m, -limit_m, limit_m)
        v_mps += (omega * omega * (x_m - shift_m) + push_mps2) * dt_s
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
        length_m = onto_mark(person, length_m)
    mind.plan_x_m = clip(length_m, traits.min_step_m, traits.max_step_m)
    width_m = next_width(person, remaining_s, omega)
    mind.plan_y_m = -clip(width_m, traits.min_width_m, traits.max_width_m)


@compiled
def trip(person: Person, anticipated_mps: float) -> None:
    """Lose a millisecond of swing; past its middle, put the foot down where it is.

    People raise a foot that is caught early over the obstacle and lower one that is caught
    late (Eng, Winter & Patla 1994). What catching the leg does to the trunk is left out.
    """
    body, mind, traits = person.body[0], person.mind[0], person.traits[0]
    start = 2 * mind.duty_frac - 1
    swung = clip((body.phase - start) / (1 - start), 0.0, 1.0)
    if swung < LOWERED_FROM:
        body.swing_lag_s = min(body.swing_lag_s + DT_S, MAX_LAG_S)
        return
    plan_step(person, anticipated_mps)
    moved = swung**3 * (10 - 15 * swung + 6 * swung**2)
    usual_m = mind.gait_mps * body.step_time_s
    here_m = usual_m * (2 * moved - 1)
    mind.plan_x_m = clip(min(here_m, mind.plan_x_m), traits.min_step_m, traits.max_step_m)
    body.phase = 1.0
    body.swing_lag_s = 0.0


@compiled
def next_length(person: Person, remaining_s: float, omega: float, anticipated_mps: float) -> float:
    """Return the step length that steady gait and the predicted deviation ask for."""
    body, mind, traits = person.body[0], person.mind[0], person.traits[0]
    sense_m = traits.sense_noise_m
    gain = ankle_gain_at(mind.gait_mps, traits.ankle_gain) * ankle_frac(traits, body.lead)
    x_m = mind.deviation_x_m + sense_m * step_noise(person, 0, SENSE_X)
    v_mps = mind.deviation_vx_mps + anticipated_mps
    v_mps += omega * sense_m * step_noise(person, 0, SENSE_VX)
    push_mps2, most_m = mind.felt_push_x_mps2, traits.max_ankle_x_m
    x_m, v_mps = predict(x_m, v_mps, push_mps2, remaining_s, omega, gain, most_m)
    length_m = (mind.gait_mps + mind.belt_offset_mps) * body.step_time_s
    reference_x_m = mind.reference_x_m - mind.mark_lean_m
    length_m += reference_x_m * (1 + math.exp(omega * body.step_time_s))
    lean_m = mind.mark_lean_m + mind.mark_pull_m
    length_m += lean_m * math.exp(omega * body.step_time_s) - mind.mark_next_m
    length_m += answer(person, x_m, v_mps, mind.lead_shift_x_m, EASY_X_M)
    spread_m = aim_error_frac(person) * traits.place_noise_x_m
    return length_m + spread_m * step_noise(person, 0, PLACE_X)


@compiled
def next_width(person: Person, remaining_s: float, omega: float) -> float:
    """Return the step width that the predicted sideways deviation and the lane ask for."""
    body, mind, traits = person.body[0], person.mind[0], person.traits[0]
    side = 1.0 if body.lead == LEFT else -1.0
    sense_m = traits.sense_noise_m
    gain = ankle_gain_at(mind.gait_mps, traits.ankle_gain) * ankle_frac(traits, body.lead)
    y_m = mind.deviation_y_m + sense_m * step_noise(person, 0, SENSE_Y)
    v_mps = mind.deviation_vy_mps + omega * sense_m * step_noise(person, 0, SENSE_VY)
    push_mps2, most_m = side * mind.felt_push_y_mps2, traits.max_ankle_y_m
    y_m, v_mps = predict(y_m, v_mps, push_mps2, remaining_s, omega, gain, most_m)
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

    What the ankles cannot deal with, beyond `easy_m` or for want of strength, is left to the
    foot alone.
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
    left = ankle_frac(person.traits[0], person.body[0].lead)
    return left * (max(gain - hard, 0.0) * hard_m - linear_m) - (1 - left) * hard * ahead_m


@compiled
def is_stop_felt(person: Person) -> int:
    """Return 1 when the belts brake so hard that this step should be the last."""
    mind = person.mind[0]
    if abs(mind.felt_difference_mps) > MAX_TIED_MPS:
        return 0
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
