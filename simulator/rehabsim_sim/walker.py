"""The person, one millisecond at a time: feel, intend, press on the ground, move, decide.

Source: a pendulum of variable height with no moment about the centre of mass, after Hof 2008
(Hum Mov Sci 27:112), driven by vertical force templates fitted to Pataky 2008; a person who
walks on belts follows their speed and keeps their place on them.
"""

import math

from rehabsim_sim.forces import belt_under, height_servo, move, press, remember
from rehabsim_sim.gait_tables import (
    GRAVITY_MPS2,
    ankle_gain_at,
    orbit_at,
    roll_at,
    template_at,
)
from rehabsim_sim.jit import compiled
from rehabsim_sim.person import (
    ABSENT,
    DT_S,
    FEEL_Y,
    HANGING,
    LEFT,
    NEITHER,
    PERSON_NOISES,
    WALKING,
    WANDER_Y,
    Array,
    Person,
    Surroundings,
)
from rehabsim_sim.standing import FEEL_S, fall, hang, stand_forces, stand_on
from rehabsim_sim.steps import (
    clip,
    foot_noise,
    land,
    plan_step,
    set_gait,
    usual_width_m,
)

HEEL_M, TOE_M = -0.01, 0.25
"""How far the COP can go under a walking foot, ahead of the heel."""

MAX_MOVED = 0.8
"""The most of a foot's load that balance moves to the other in double support."""

BELT_FEEL_S, ACCEL_FEEL_S = 0.10, 0.15
REST_MPS, RELATCH_MPS = 0.005, 0.10
MAX_FALL_X_M, MAX_FALL_Y_M, MIN_FALL_HEIGHT_FRAC = 0.60, 0.38, 0.80
DECK_X_M, DECK_Y_M = 0.80, 0.60
"""Half the length and width of the deck."""


@compiled
def advance(person: Person, around: Surroundings, noise: Array, at: int) -> None:
    """Live one millisecond; row `at` of `noise` belongs to it."""
    body = person.body[0]
    body.landed = NEITHER
    body.lifted = NEITHER
    if body.posture == ABSENT:
        return
    listen(person, noise, at)
    feel_belts(person, around)
    if body.posture == HANGING:
        hang(person, around)
        return
    if body.posture == WALKING:
        anticipated_mps = intend(person)
        walk_forces(person, around.slope_rad)
        move(person, around, 0.0, 0.0)
        walk_on(person, anticipated_mps)
    else:
        stand_forces(person, around.slope_rad)
        move(person, around, 0.0, 0.0)
        stand_on(person)
    if is_falling(person):
        fall(person)


@compiled
def listen(person: Person, noise: Array, at: int) -> None:
    """Keep the slow noises going: white noise through two equal low-passes each."""
    traits, mind = person.traits[0], person.mind[0]
    for i in range(PERSON_NOISES):
        time_s = traits.intent_time_s
        if i <= WANDER_Y:
            time_s = traits.wander_time_s
        elif i <= FEEL_Y:
            time_s = FEEL_S
        rate = DT_S / time_s
        mind.slow_noise[0, i] += rate * (noise[at, i] - mind.slow_noise[0, i])
        mind.slow_noise[1, i] += rate * (mind.slow_noise[0, i] - mind.slow_noise[1, i])


@compiled
def feel_belts(person: Person, around: Surroundings) -> None:
    """Feel the belts through the feet on the ground and the slope, and learn how belts differ."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    lead, trail = body.lead, 1 - body.lead
    felt = mind.felt_belt_mps
    change_mps2 = (belt_under(body, lead, around) - felt[lead]) / BELT_FEEL_S
    felt[lead] += DT_S * change_mps2
    mind.felt_accel_mps2 += DT_S / ACCEL_FEEL_S * (change_mps2 - mind.felt_accel_mps2)
    if body.is_down[trail]:
        felt[trail] += DT_S / BELT_FEEL_S * (belt_under(body, trail, around) - felt[trail])
    if body.posture == WALKING:
        is_on_left = body.heel_y_m[lead] >= 0
        is_on_both = is_on_left != (body.heel_y_m[trail] >= 0)
        if body.is_down[trail] and is_on_both:
            rate = DT_S / traits.belt_difference_time_s
            mind.felt_difference_mps += rate * (felt[0] - felt[1] - mind.felt_difference_mps)
        other_mps = felt[lead] + mind.felt_difference_mps * (-1.0 if is_on_left else 1.0)
        mind.felt_mean_mps = 0.5 * (felt[lead] + other_mps)
        mind.belt_offset_mps = felt[lead] - mind.felt_mean_mps
        mind.fatigue_frac = min(mind.fatigue_frac + DT_S * traits.fatigue_per_s, 1.0)
    else:
        mind.felt_mean_mps = 0.5 * (felt[0] + felt[1])
        mind.belt_offset_mps = 0.0
        mind.fatigue_frac = max(mind.fatigue_frac - 0.5 * DT_S * traits.fatigue_per_s, 0.0)
    mind.felt_x_m = body.x_m - traits.com_height_m * math.tan(around.slope_rad)
    is_at_rest = abs(around.belt_mps[0]) < REST_MPS and abs(around.belt_mps[1]) < REST_MPS
    mind.rest_s = mind.rest_s + DT_S if is_at_rest else 0.0


@compiled
def intend(person: Person) -> float:
    """Choose the speed to walk at; return the change expected over the coming step.

    Sudden belt accelerations are ignored; one's place on the belt is kept by intent alone.
    """
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    mean_mps = mind.felt_mean_mps
    anticipated_mps = 0.0
    if 0.10 < abs(mind.felt_accel_mps2) < 1.6:
        anticipated_mps = clip(mind.felt_accel_mps2 * traits.anticipation_s, -0.5, 0.5)
    anticipated_mps = max(anticipated_mps, -mean_mps)
    place_m = traits.drift_gain_s * (traits.preferred_speed_mps - mean_mps)
    off_m = mind.mean_x_m - clip(place_m, -0.15, 0.15)
    far_m = off_m - clip(off_m, -0.15, 0.15)
    wanted_mps = mean_mps + anticipated_mps
    wanted_mps -= traits.station_gain_per_s * clip(off_m, -0.3, 0.3)
    wanted_mps -= 0.5 * clip(far_m, -0.6, 0.6)
    error_mps = wanted_mps - mind.intent_mps
    time_s = traits.speed_time_s if abs(error_mps) < 0.12 else traits.urgent_time_s
    mind.intent_mps += DT_S / time_s * error_mps
    mind.summed_x_m_s += DT_S * body.x_m
    mind.summed_s += DT_S
    if abs(mind.intent_mps - mind.gait_mps) > RELATCH_MPS:
        set_gait(person, mind.intent_mps)
    return anticipated_mps


@compiled
def walk_forces(person: Person, slope_rad: float) -> None:
    """Press the templates on the ground, shifted by the height servo and for balance.

    The ankles shift the COP as far as the feet reach; what is missing then is made up for, in
    double support, by moving load from one foot to the other.
    """
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    lead, trail = body.lead, 1 - body.lead
    lift, want_x_m, want_y_m = balance_in_step(person, slope_rad)
    shift_y_m = clip(want_y_m, -traits.max_ankle_y_m, traits.max_ankle_y_m)
    lead_bw, lead_m, lead_x_m = foot_in_step(person, 0, want_x_m)
    trail_bw, trail_m, trail_x_m = foot_in_step(person, 1, want_x_m)
    if trail_bw > 0 and lead_bw > 0:
        total_bw = lead_bw + trail_bw
        miss_x_m = want_x_m - (lead_bw * lead_x_m + trail_bw * trail_x_m) / total_bw
        apart_x_m = lead_m - trail_m
        apart_y_m = body.heel_y_m[lead] - body.heel_y_m[trail]
        along_m2 = miss_x_m * apart_x_m + (want_y_m - shift_y_m) * apart_y_m
        part = along_m2 / (apart_x_m * apart_x_m + apart_y_m * apart_y_m + 0.01)
        moved_bw = clip(part * total_bw, -MAX_MOVED * lead_bw, MAX_MOVED * trail_bw)
        lead_bw += moved_bw
        trail_bw -= moved_bw
    mind.lead_shift_y_m = shift_y_m
    held_y_m = clip(shift_y_m + mind.held_shift_y_m, -traits.max_ankle_y_m, traits.max_ankle_y_m)
    lead_y_m = body.heel_y_m[lead] + shift_y_m + traits.cop_offset_y_m
    trail_y_m = body.heel_y_m[trail] + held_y_m + traits.cop_offset_y_m
    press(body, lead, traits.mass_kg * lead_bw * lift, lead_m, lead_y_m)
    press(body, trail, traits.mass_kg * trail_bw * lift, trail_m, trail_y_m)


@compiled
def foot_in_step(person: Person, back: int, want_m: float) -> tuple[float, float, float]:
    """Return load in body weights, COP, and its shift, of the foot that landed `back` ago."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    foot = body.lead if back == 0 else 1 - body.lead
    stance = (body.phase + back) / (2 * mind.duty_frac)
    if stance >= 1.0 and body.is_down[foot]:
        body.is_down[foot] = 0.0
        body.lifted = foot
    asymmetry = traits.force_asymmetry_frac
    load = template_at(person.tables.template_bw, mind.row, mind.row_frac, stance)
    load *= foot_noise(person, back) * (1 - asymmetry if foot == LEFT else 1 + asymmetry)
    start_m, roll_m = roll_at(mind.gait_mps, traits.roll_start_m, traits.roll_length_m)
    usual_m = start_m + roll_m * min(stance, 1.0)
    shift_m = clip(want_m, -traits.max_ankle_x_m, traits.max_ankle_x_m)
    if back == 1:
        shift_m += mind.held_shift_x_m
    else:
        mind.lead_shift_x_m = shift_m
    shift_m = clip(usual_m + shift_m, HEEL_M, TOE_M) - usual_m
    return load * body.is_down[foot], body.heel_x_m[foot] + usual_m + shift_m, shift_m


@compiled
def balance_in_step(person: Person, slope_rad: float) -> tuple[float, float, float]:
    """Return lift per body weight of template in m/s², and the wanted shifts of the COP."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    lead = body.lead
    side = 1.0 if lead == LEFT else -1.0
    omega = math.sqrt(GRAVITY_MPS2 / traits.com_height_m)
    x_m, vx_mps, y_m, vy_mps, z_m, vz_mps = orbit_at(
        person.tables.orbit, mind.row, mind.row_frac, mind.tempo_frac * body.hurry_frac, body.phase
    )
    width_m = usual_width_m(person)
    since_s = body.phase * body.step_time_s
    drift_m = mind.belt_offset_mps * since_s
    growth = math.exp(omega * since_s)
    ahead_m, aside_m = 0.5 * growth * mind.reference_x_m, 0.5 * growth * mind.reference_y_m
    mind.deviation_x_m = mind.felt_x_m - body.heel_x_m[lead] - x_m - drift_m - ahead_m
    mind.deviation_vx_mps = body.vx_mps + mind.felt_mean_mps - vx_mps - omega * ahead_m
    off_foot_m = body.y_m - body.heel_y_m[lead] - traits.cop_offset_y_m
    mind.deviation_y_m = side * off_foot_m - width_m * y_m - aside_m
    mind.deviation_vy_mps = side * body.vy_mps - width_m * vy_mps - omega * aside_m
    off_x_m = mind.deviation_x_m + mind.deviation_vx_mps / omega
    off_y_m = mind.deviation_y_m + mind.deviation_vy_mps / omega
    hurry(person, abs(off_x_m), abs(off_y_m))
    past_x_m, past_y_m = remember(mind, off_x_m, off_y_m, traits.ankle_delay_s)
    gain = ankle_gain_at(mind.gait_mps, traits.ankle_gain) * (1 - 0.12 * mind.fatigue_frac)
    lift = GRAVITY_MPS2 * (math.cos(slope_rad) + height_servo(body, z_m, vz_mps))
    return lift, gain * past_x_m + 0.5 * drift_m, side * gain * past_y_m


@compiled
def hurry(person: Person, off_x_m: float, off_y_m: float) -> None:
    """Shorten the step when the extrapolated COM is far off its orbit, sooner when slow."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    slow = clip((0.6 - mind.gait_mps) / 0.2, 0.0, 1.0)
    excess_m = max(off_x_m - 0.10 + 0.03 * slow, 0.0)
    excess_m += max(off_y_m - 0.06 + 0.025 * slow, 0.0)
    floor = min(traits.min_hurry_frac, traits.min_step_time_s / mind.usual_step_time_s)
    frac = max(1.0 - traits.hurry_gain_per_m * (1 + 2 * slow) * excess_m, floor)
    body.hurry_frac = min(body.hurry_frac, frac)


@compiled
def walk_on(person: Person, anticipated_mps: float) -> None:
    """Go on with the step: its pace, the plan for the swing foot, the landing."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    body.step_time_s = mind.usual_step_time_s * mind.tempo_frac * body.hurry_frac
    body.phase += DT_S / body.step_time_s
    ahead_s = traits.plan_ahead_s + 0.04 * mind.fatigue_frac
    if not mind.is_planned and (1 - body.phase) * body.step_time_s <= ahead_s:
        plan_step(person, anticipated_mps)
    if body.phase >= 1.0:
        if body.is_down[1 - body.lead]:
            body.lifted = 1 - body.lead
        land(person)


@compiled
def is_falling(person: Person) -> bool:
    """Return whether balance is lost, or the person walks off the deck."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    total_n = body.force_z_n[0] + body.force_z_n[1] + 1e-9
    cop_x_m = (body.force_z_n[0] * body.cop_x_m[0] + body.force_z_n[1] * body.cop_x_m[1]) / total_n
    cop_y_m = (body.force_z_n[0] * body.cop_y_m[0] + body.force_z_n[1] * body.cop_y_m[1]) / total_n
    is_up = (
        abs(mind.felt_x_m - cop_x_m) <= MAX_FALL_X_M
        and abs(body.y_m - cop_y_m) <= MAX_FALL_Y_M
        and body.z_m >= MIN_FALL_HEIGHT_FRAC * traits.com_height_m
        and abs(body.x_m) <= DECK_X_M
        and abs(body.y_m) <= DECK_Y_M
    )
    return not is_up
