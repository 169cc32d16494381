"""The person, one millisecond at a time: feel, intend, press on the ground, move, decide.

Source: a pendulum of variable height with no moment about the centre of mass, after Hof 2008
(Hum Mov Sci 27:112), driven by vertical force templates fitted to Pataky 2008; a person who
walks on belts follows their speed and keeps their place on them.
"""

from rehabsim_sim.balance import balance_in_step
from rehabsim_sim.forces import move, press
from rehabsim_sim.gait_tables import roll_at, template_at
from rehabsim_sim.jit import compiled
from rehabsim_sim.manner import ankle_frac, clip, foot_noise, push_frac, push_loss, set_gait
from rehabsim_sim.person import (
    ABSENT,
    DT_S,
    HANGING,
    LEFT,
    NEITHER,
    PLACING,
    WALKING,
    Array,
    Person,
    Surroundings,
)
from rehabsim_sim.placement import plan_step, trip
from rehabsim_sim.senses import feel_belts, feel_deck, listen
from rehabsim_sim.standing import fall, hang, stand_forces, stand_on, step_on
from rehabsim_sim.steps import land

RELATCH_MPS = 0.10
"""Change of the intended speed that takes effect within a step."""

HEEL_M, TOE_M = -0.01, 0.25
"""How far the COP can go under a walking foot, ahead of the heel."""

FREE_X_M, FAR_PER_S, BIAS_PER_S2, DRIFT_MPS = 0.15, 0.9, 0.06, 0.04
"""Along the belt: how far off one's place nobody minds, how strongly and how persistently more
is corrected, and how fast one may drift unnoticed."""

PLACE_PER_S = 0.5
"""How strongly one goes to a place on the belts that one aims at, per metre off it."""

LEAD = 0.5
"""The part of a speed that is missing that one walks ahead of belts that follow."""

SUDDEN_MPS2, SUDDEN_BRAKE_MPS2, STARTLED_S = 0.7, -1.1, 0.6
LASTING_S, STARTLED_TIME_S = 3.0, 2.0
"""Which felt belt acceleration is a perturbation and not a change of speed, and how long that is
believed. Until then one goes back to the speed that one had when a belt pulls, and hardly
follows when it brakes: time constants of learning that speed, and of following."""

MAX_MOVED = 0.8
"""The most of a foot's load that balance moves to the other in double support."""

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
        step_on(person, around)
        return
    listen(person, noise, at)
    feel_belts(person, around)
    feel_deck(person, around)
    if body.posture == HANGING:
        hang(person, around)
        return
    if body.posture == WALKING:
        anticipated_mps = intend(person)
        walk_forces(person, around.slope_rad)
        move(person, around, 0.0, 0.0)
        walk_on(person, anticipated_mps, around.is_swing_blocked)
    else:
        stand_forces(person, around.slope_rad)
        move(person, around, 0.0, 0.0)
        stand_on(person, around)
    if body.posture != ABSENT and is_falling(person):
        fall(person)


@compiled
def intend(person: Person) -> float:
    """Choose the speed to walk at; return the change expected over the coming step.

    A sudden belt acceleration is met with the next step, not with another speed. One's place on
    the belt is kept by intent alone.
    """
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    mean_mps = mind.felt_mean_mps
    anticipated_mps = 0.0
    mind.startled_s -= DT_S
    if not SUDDEN_BRAKE_MPS2 < mind.felt_accel_mps2 < SUDDEN_MPS2:
        mind.startled_s = STARTLED_S
    if abs(mind.felt_accel_mps2) > 0.10 and mind.startled_s <= 0:
        anticipated_mps = clip(mind.felt_accel_mps2 * traits.anticipation_s, -0.5, 0.5)
    anticipated_mps = max(anticipated_mps, -mean_mps)
    place_m = traits.drift_gain_s * (traits.preferred_speed_mps - mean_mps)
    place_m, gain_per_s = clip(place_m, -0.15, 0.15), traits.station_gain_per_s
    if mind.aiming == PLACING:
        place_m, gain_per_s = mind.aim_x_m, PLACE_PER_S
    off_m = mind.mean_x_m - place_m
    far_m = off_m - clip(off_m, -FREE_X_M, FREE_X_M)
    bias_mps = mind.pace_bias_mps - DT_S * BIAS_PER_S2 * far_m
    most_mps = 0.3 * mean_mps if traits.lead_mps == 0 else 0.0
    mind.pace_bias_mps = clip(bias_mps, -most_mps, most_mps)
    wanted_mps = mean_mps + anticipated_mps + mind.pace_bias_mps
    missing_mps = traits.preferred_speed_mps - mean_mps
    wanted_mps += clip(LEAD * missing_mps, -traits.lead_mps, traits.lead_mps)
    wanted_mps -= gain_per_s * clip(off_m, -0.3, 0.3)
    wanted_mps -= FAR_PER_S * clip(far_m, -0.6, 0.6)
    wanted_mps -= mind.mean_vx_mps - clip(mind.mean_vx_mps, -DRIFT_MPS, DRIFT_MPS)
    error_mps = wanted_mps - mind.intent_mps
    time_s = traits.speed_time_s if abs(error_mps) < 0.12 else traits.urgent_time_s
    if mind.startled_s > 0 and mind.felt_accel_mps2 > 0:
        error_mps = mind.lasting_mps - mind.intent_mps
    elif mind.startled_s > 0:
        time_s = STARTLED_TIME_S
    else:
        mind.lasting_mps += DT_S / LASTING_S * (mind.intent_mps - mind.lasting_mps)
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
    most_m = traits.max_ankle_y_m
    shift_y_m = ankle_frac(traits, lead) * clip(want_y_m, -most_m, most_m)
    lead_bw, lead_m, lead_x_m = foot_in_step(person, 0, want_x_m)
    trail_bw, trail_m, trail_x_m = foot_in_step(person, 1, want_x_m)
    if trail_bw > 0 and lead_bw > 0:
        lost_bw = trail_bw * push_loss(traits, trail, (body.phase + 1) / (2 * mind.duty_frac))
        lead_bw += lost_bw
        trail_bw -= lost_bw
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
    trail_y_m = ankle_frac(traits, trail) * clip(want_y_m, -most_m, most_m)
    held_y_m = clip(trail_y_m + mind.held_shift_y_m, -most_m, most_m)
    toe = traits.toe_out if lead == LEFT else -traits.toe_out
    lead_y_m = body.heel_y_m[lead] + shift_y_m + traits.cop_offset_y_m
    lead_y_m += toe * (lead_m - body.heel_x_m[lead] - lead_x_m)
    trail_y_m = body.heel_y_m[trail] + held_y_m + traits.cop_offset_y_m
    trail_y_m -= toe * (trail_m - body.heel_x_m[trail] - trail_x_m)
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
    load = template_at(person.tables.template_bw, mind.row, mind.row_frac, stance)
    load *= foot_noise(person, back, stance) * push_frac(traits, foot, stance)
    start_m, roll_m = roll_at(mind.gait_mps, traits.roll_start_m, traits.roll_length_m)
    usual_m = start_m + roll_m * min(stance, 1.0)
    shift_m = ankle_frac(traits, foot) * clip(want_m, -traits.max_ankle_x_m, traits.max_ankle_x_m)
    if back == 1:
        shift_m += mind.held_shift_x_m
    else:
        mind.lead_shift_x_m = shift_m
    shift_m = clip(usual_m + shift_m, HEEL_M, TOE_M) - usual_m
    return load * body.is_down[foot], body.heel_x_m[foot] + usual_m + shift_m, shift_m


@compiled
def walk_on(person: Person, anticipated_mps: float, is_blocked: int) -> None:
    """Go on with the step: its pace, the plan for the swing foot, the landing."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    body.step_time_s = mind.usual_step_time_s * mind.tempo_frac * body.hurry_frac
    body.phase += DT_S / body.step_time_s
    mind.mark_x_m -= DT_S * mind.felt_mean_mps
    ahead_s = traits.plan_ahead_s + 0.04 * mind.fatigue_frac
    if is_blocked and not body.is_down[1 - body.lead]:
        trip(person, anticipated_mps)
    late = body.swing_lag_s / body.step_time_s
    if not mind.is_planned and (1 + late - body.phase) * body.step_time_s <= ahead_s:
        plan_step(person, anticipated_mps)
    if body.phase >= 1.0 + late:
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
        and (abs(body.y_m) <= DECK_Y_M or body.posture != WALKING)
    )
    return not is_up
