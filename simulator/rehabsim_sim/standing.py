"""Standing with both feet down, the small steps that tidy them up, and hanging in the harness.

Source: proportional control of the extrapolated COM with a delay, after Hof 2010 (JEB
213:2655); sway amplitudes fitted to eyes-open norms.
"""

import math

from rehabsim_sim.forces import height_servo, move, press, recall, remember
from rehabsim_sim.gait_tables import GRAVITY_MPS2, orbit_at
from rehabsim_sim.jit import compiled
from rehabsim_sim.manner import clip, set_gait, slow_noise, usual_width_m
from rehabsim_sim.person import (
    ABSENT,
    AIMLESS,
    CLOSING,
    DT_S,
    FEEL_X,
    FEEL_Y,
    HANGING,
    INTENT_X,
    INTENT_Y,
    LEFT,
    NEITHER,
    RIGHT,
    STANDING,
    STARTING,
    WANDER_X,
    WANDER_Y,
    Person,
    Surroundings,
    mid_foot_m,
)
from rehabsim_sim.steps import (
    CREEP_MPS,
    START_SPEED_MPS,
    begin_walking,
    first_phase,
    over_feet_m,
)

FEEL_S, LEAN_S, REACH_S, SHARE_S = 0.25, 0.25, 0.12, 0.03
"""Time constants: of errors of feeling, of a lean, of a shift of weight, of its load share."""

PUSH_FRAC = 0.5
"""How much of the push that a meant lean takes is given at once, the rest as it is missed; so that
the lean of a healthy adult is seen to begin 0.6 to 0.9 s after a target comes up."""

TOE_M, HEEL_M, EDGE_M = 0.235, 0.02, 0.03
"""How far the COP can go: ahead of the heel, at least ahead of it, to each side."""

START_MPS = 0.07
MAX_SHIFT_S = 1.2
SHIFT_GAIN = 1.6
"""How much brisker the weight is shifted before a first step than while standing."""

TIDY_AFTER_S, TIDY_STEP_S = 1.0, 0.45
MAX_TIDY_M, OUT_OF_PLACE_M = 0.20, 0.08
MIN_STANCE_M, MAX_STANCE_M = 0.14, 0.30

BESIDE_M, EDGE_OF_DECK_M = 0.75, 0.55
"""Where one stands beside the deck, and from where on both feet are off it."""

INSIDE_M, STEADY_M, TIPPING_M, OUTWARD_M = 0.018, 0.012, 0.030, 0.018
"""Over one foot: how far inside its middle the COM is wanted, within what it is steady there,
beyond what it tips, inward and outward."""

HANG_HEIGHT_FRAC, HANG_LOAD_FRAC, DRAG = 0.80, 0.10, 0.3
HANG_RECOVERY_S, RISE_S = 4.0, 2.0


@compiled
def reference(person: Person) -> tuple[float, float]:
    """Return where the person wants the extrapolated COM to be."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    lean_x_m, lean_y_m = traits.lean_x_m, 0.0
    if body.posture == STANDING:
        lean_y_m = traits.stance_asymmetry_frac * (body.heel_y_m[0] - body.heel_y_m[1])
        aim_x_m = traits.sway_intent_x_m * slow_noise(person, INTENT_X, traits.intent_time_s)
        aim_y_m = traits.sway_intent_y_m * slow_noise(person, INTENT_Y, traits.intent_time_s)
        if mind.aiming != AIMLESS:
            aim_x_m, aim_y_m = mind.aim_x_m, mind.aim_y_m
        lean_x_m += aim_x_m
        lean_y_m += aim_y_m
    mind.lean_vx_mps = (lean_x_m - mind.lean_x_m) / LEAN_S
    mind.lean_vy_mps = (lean_y_m - mind.lean_y_m) / LEAN_S
    mind.lean_x_m += DT_S / LEAN_S * (lean_x_m - mind.lean_x_m)
    mind.lean_y_m += DT_S / LEAN_S * (lean_y_m - mind.lean_y_m)
    x_m = 0.5 * (body.heel_x_m[0] + body.heel_x_m[1]) + mid_foot_m(traits)
    y_m = 0.5 * (body.heel_y_m[0] + body.heel_y_m[1])
    to_x_m, to_y_m = 0.0, 0.0
    if body.posture != STANDING:
        to_x_m = body.heel_x_m[body.lead] + mid_foot_m(traits) - x_m
        to_y_m = body.heel_y_m[body.lead] - y_m
        if body.posture == CLOSING:
            to_y_m -= INSIDE_M if body.lead == LEFT else -INSIDE_M
    mind.reach_x_m += DT_S / REACH_S * (to_x_m - mind.reach_x_m)
    mind.reach_y_m += DT_S / REACH_S * (to_y_m - mind.reach_y_m)
    sway = 1 + 0.3 * mind.fatigue_frac
    wander_x_m = sway * traits.wander_x_m * slow_noise(person, WANDER_X, traits.wander_time_s)
    wander_y_m = sway * traits.wander_y_m * slow_noise(person, WANDER_Y, traits.wander_time_s)
    return (
        x_m + mind.lean_x_m + mind.reach_x_m + wander_x_m,
        y_m + mind.lean_y_m + mind.reach_y_m + wander_y_m,
    )


@compiled
def stand_forces(person: Person, slope_rad: float) -> None:
    """Put the COP where the delayed feeling of balance wants it."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    omega = math.sqrt(GRAVITY_MPS2 / traits.com_height_m)
    want_x_m, want_y_m = reference(person)
    off_x_m = mind.felt_x_m + (body.vx_mps + mind.felt_mean_mps) / omega - want_x_m
    off_y_m = mind.felt_y_m + body.vy_mps / omega - want_y_m
    off_x_m += traits.feel_x_m * slow_noise(person, FEEL_X, FEEL_S)
    off_y_m += traits.feel_y_m * slow_noise(person, FEEL_Y, FEEL_S)
    remember(mind, off_x_m, off_y_m)
    past_x_m, past_y_m = recall(mind, traits.stance_delay_s)
    gain = SHIFT_GAIN if body.posture == STARTING else 1.0
    lean_x_m = mind.felt_push_x_mps2 / (omega * omega)
    lean_y_m = mind.felt_push_y_mps2 / (omega * omega)
    if mind.aiming != AIMLESS:
        # Who means to lean pushes off for it first, instead of waiting to feel that they should.
        lean_x_m -= PUSH_FRAC * mind.lean_vx_mps / omega
        lean_y_m -= PUSH_FRAC * mind.lean_vy_mps / omega
    cop_x_m = want_x_m + traits.stance_gain * past_x_m + lean_x_m
    cop_y_m = want_y_m + gain * traits.stance_gain * past_y_m + lean_y_m
    lift = GRAVITY_MPS2 * (math.cos(slope_rad) + height_servo(body, traits.com_height_m, 0.0))
    share_out(person, cop_x_m, cop_y_m, lift)


@compiled
def share_out(person: Person, cop_x_m: float, cop_y_m: float, lift_mps2: float) -> None:
    """Share the load so that the COP is as near to the wanted one as the feet allow."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    x0, y0 = body.heel_x_m[0], body.heel_y_m[0]
    x1, y1 = body.heel_x_m[1], body.heel_y_m[1]
    share = wanted_share(cop_x_m - x1, cop_y_m - y1, x0 - x1, y0 - y1)
    mind.share_left_frac += DT_S / SHARE_S * (share - mind.share_left_frac)
    if not body.is_down[0]:
        mind.share_left_frac = 0.0
    elif not body.is_down[1]:
        mind.share_left_frac = 1.0
    left = mind.share_left_frac
    off_x = clip(cop_x_m - left * x0 - (1 - left) * x1, HEEL_M, TOE_M)
    off_y = clip(cop_y_m - left * y0 - (1 - left) * y1, -EDGE_M, EDGE_M)
    weight_n = traits.mass_kg * lift_mps2
    press(body, 0, weight_n * left, x0 + off_x, y0 + off_y)
    press(body, 1, weight_n * (1 - left), x1 + off_x, y1 + off_y)


@compiled
def wanted_share(cop_x_m: float, cop_y_m: float, left_x_m: float, left_y_m: float) -> float:
    """Return the left foot's share for a COP, all seen from the right foot's heel.

    Sideways the feet have to share the load; along, the length of the feet does most of it.
    """
    wide_m = max(abs(left_y_m), 0.05) if left_y_m >= 0 else -max(abs(left_y_m), 0.05)
    aside = cop_y_m / wide_m
    slack = EDGE_M / abs(wide_m)
    share = aside
    if abs(left_x_m) > 0.01:
        one, other = (cop_x_m - TOE_M) / left_x_m, (cop_x_m - HEEL_M) / left_x_m
        share = clip(aside, min(one, other), max(one, other))
    return clip(clip(share, aside - slack, aside + slack), 0.0, 1.0)


@compiled
def stand_on(person: Person, around: Surroundings) -> None:
    """Decide whether to go on standing, to start walking, to tidy the feet or to be off."""
    body, mind = person.body[0], person.mind[0]
    mind.posture_s += DT_S
    mind.goal_y_m = BESIDE_M if around.is_called_off else 0.0
    if must_step(person):
        step_out(person)
    elif body.posture == CLOSING:
        tidy(person)
    elif body.posture == STARTING:
        start(person)
    elif must_start(person):
        body.posture = STARTING
        mind.posture_s = 0.0
        ahead_m = body.heel_x_m[0] - body.heel_x_m[1]
        body.lead = RIGHT if ahead_m < -0.05 else LEFT
    elif mind.posture_s > TIDY_AFTER_S and mind.rest_s > TIDY_AFTER_S:
        foot = foot_out_of_place(person)
        is_beside = min(body.heel_y_m[0], body.heel_y_m[1]) > EDGE_OF_DECK_M
        if is_beside and around.is_called_off:
            be_off(person)
        elif foot != NEITHER:
            body.posture = CLOSING
            body.lead = 1 - foot
            body.phase = -1.0
            mind.posture_s = 0.0


@compiled
def be_off(person: Person) -> None:
    """Walk away from the deck."""
    body = person.body[0]
    body.posture = ABSENT
    for i in range(2):
        body.is_down[i] = 0.0
        press(body, i, 0.0, body.cop_x_m[i], body.cop_y_m[i])


@compiled
def step_on(person: Person, around: Surroundings) -> None:
    """Stand beside the belts when they rest and the person is wanted there."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    is_moving = abs(around.belt_mps[0]) > 0 or abs(around.belt_mps[1]) > 0
    if traits.mass_kg == 0 or around.is_called_off or is_moving:
        return
    body.posture = STANDING
    body.x_m, body.y_m, body.z_m = 0.0, BESIDE_M, traits.com_height_m
    body.vx_mps, body.vy_mps, body.vz_mps = 0.0, 0.0, 0.0
    for i in range(2):
        body.heel_x_m[i] = -mid_foot_m(traits)
        body.heel_y_m[i] = BESIDE_M + (0.5 - i) * traits.stance_width_m
        body.is_down[i] = 1.0
    mind.goal_y_m = 0.0
    settle(person)


@compiled
def settle(person: Person) -> None:
    """Stand evenly on both feet, with nothing remembered or reached for."""
    mind = person.mind[0]
    mind.posture_s = 0.0
    mind.past_x_m[:] = 0.0
    mind.past_y_m[:] = 0.0
    mind.share_left_frac = 0.5
    mind.reach_x_m = 0.0
    mind.reach_y_m = 0.0


@compiled
def must_start(person: Person) -> bool:
    """Return whether the belts carry the person off."""
    body, mind, traits = person.body[0], person.mind[0], person.traits[0]
    ahead_mps = mind.felt_mean_mps + 0.3 * max(mind.felt_accel_mps2, 0.0)
    if ahead_mps > START_MPS and mind.felt_accel_mps2 > -0.05:
        return True
    back_m = min(body.heel_x_m[0], body.heel_x_m[1]) + mid_foot_m(traits)
    return mind.felt_mean_mps > CREEP_MPS and back_m < -0.25


@compiled
def must_step(person: Person) -> bool:
    """Return whether the extrapolated COM has left the feet."""
    body, mind = person.body[0], person.mind[0]
    if not (body.is_down[0] and body.is_down[1]):
        return False
    omega = math.sqrt(GRAVITY_MPS2 / person.traits[0].com_height_m)
    aside_m = mind.felt_y_m + body.vy_mps / omega
    left_m, right_m = body.heel_y_m[0] + EDGE_M, body.heel_y_m[1] - EDGE_M
    return not (HEEL_M < over_feet_m(person) < TOE_M and right_m < aside_m < left_m)


@compiled
def step_out(person: Person) -> None:
    """Catch oneself with a quick step of the foot that carries less."""
    body, traits = person.body[0], person.traits[0]
    omega = math.sqrt(GRAVITY_MPS2 / traits.com_height_m)
    middle_m = 0.5 * (body.heel_y_m[0] + body.heel_y_m[1])
    begin_walking(person, LEFT if body.y_m + body.vy_mps / omega > middle_m else RIGHT)
    body.hurry_frac = traits.min_hurry_frac


@compiled
def start(person: Person) -> None:
    """Lift the first foot once the other can bear it all, or when there is no time left."""
    body, mind, traits = person.body[0], person.mind[0], person.traits[0]
    omega = math.sqrt(GRAVITY_MPS2 / traits.com_height_m)
    side = 1.0 if body.lead == LEFT else -1.0
    set_gait(person, START_SPEED_MPS)
    width_m, phase = usual_width_m(person), first_phase(person)
    _, _, y_m, vy_mps, _, _ = orbit_at(
        person.tables.orbit, mind.row, mind.row_frac, 1.0, phase, width_m, traits.toe_out
    )
    nominal_m = y_m + vy_mps / omega
    over_m = side * (body.y_m + body.vy_mps / omega - body.heel_y_m[body.lead])
    is_over = over_m > nominal_m - 0.005
    if is_over or mind.posture_s > MAX_SHIFT_S:
        begin_walking(person, body.lead)


@compiled
def foot_out_of_place(person: Person) -> int:
    """Return the foot that stands furthest from where one likes to stand, or NEITHER."""
    body, traits = person.body[0], person.traits[0]
    worst_m, foot = OUT_OF_PLACE_M, NEITHER
    for i in range(2):
        goal_x_m, goal_y_m = tidy_goal(person, i)
        off_m = max(abs(goal_x_m - body.heel_x_m[i]), abs(goal_y_m - body.heel_y_m[i]))
        if off_m > worst_m and traits.mass_kg > 0:
            worst_m, foot = off_m, i
    return foot


@compiled
def tidy_goal(person: Person, foot: int) -> tuple[float, float]:
    """Return where the foot should go on its way to where one wants to stand, one step of it."""
    body, traits = person.body[0], person.traits[0]
    other = 1 - foot
    side = 1.0 if foot == LEFT else -1.0
    x_m = clip(
        -mid_foot_m(traits), body.heel_x_m[other] - MAX_TIDY_M, body.heel_x_m[other] + MAX_TIDY_M
    )
    width_m = clip(
        0.5 * traits.stance_width_m + side * (person.mind[0].goal_y_m - body.heel_y_m[other]),
        MIN_STANCE_M,
        MAX_STANCE_M,
    )
    return x_m, body.heel_y_m[other] + side * width_m


@compiled
def tidy(person: Person) -> None:
    """Shift the weight, then move the free foot to its place; put it down at once if it tips."""
    body, mind, traits = person.body[0], person.mind[0], person.traits[0]
    foot = 1 - body.lead
    omega = math.sqrt(GRAVITY_MPS2 / traits.com_height_m)
    off_x_m = mind.felt_x_m - body.heel_x_m[body.lead] - mid_foot_m(traits)
    off_y_m = body.y_m - body.heel_y_m[body.lead]
    side = 1.0 if body.lead == LEFT else -1.0
    tips_m = side * (off_y_m + body.vy_mps / omega)
    if body.phase >= 0:
        body.phase += DT_S / TIDY_STEP_S
        if body.phase >= 1.0 or not -TIPPING_M < tips_m + INSIDE_M < OUTWARD_M:
            put_down(person, foot)
    elif abs(tips_m + INSIDE_M) < STEADY_M and abs(off_y_m) < 0.04 and abs(off_x_m) < 0.05:
        body.phase = 0.0
        body.is_down[foot] = 0.0
        body.lifted = foot
    elif mind.posture_s > 4.0 or mind.rest_s < TIDY_AFTER_S:
        body.posture = STANDING
        mind.posture_s = 0.0


@compiled
def put_down(person: Person, foot: int) -> None:
    """End a tidying step without a jump of where the COM is wanted."""
    body, mind = person.body[0], person.mind[0]
    x_m, y_m = tidy_goal(person, foot)
    mind.reach_x_m -= 0.5 * (x_m - body.heel_x_m[foot])
    mind.reach_y_m -= 0.5 * (y_m - body.heel_y_m[foot])
    body.heel_x_m[foot] = x_m
    body.heel_y_m[foot] = y_m
    body.is_down[foot] = 1.0
    body.landed = foot
    body.step_length_m = x_m - body.heel_x_m[1 - foot]
    body.step_width_m = abs(y_m - body.heel_y_m[1 - foot])
    body.posture = STANDING
    mind.posture_s = 0.0


@compiled
def fall(person: Person) -> None:
    """Give up; the harness takes over."""
    body, mind = person.body[0], person.mind[0]
    body.posture = HANGING
    body.has_fallen = 1
    mind.posture_s = 0.0
    body.is_down[0] = 1.0
    body.is_down[1] = 1.0


@compiled
def hang(person: Person, around: Surroundings) -> None:
    """Hang in the harness, toes dragging; stand up once the belts have rested."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    mind.posture_s = mind.posture_s + DT_S if mind.rest_s > 0 else 0.0
    rising = clip((mind.posture_s - HANG_RECOVERY_S) / RISE_S, 0.0, 1.0)
    height_m = traits.com_height_m * (HANG_HEIGHT_FRAC + (1 - HANG_HEIGHT_FRAC) * rising)
    up_mps2 = 40 * (height_m - body.z_m) - 10 * body.vz_mps
    weight_n = traits.mass_kg * max(up_mps2 + GRAVITY_MPS2 * math.cos(around.slope_rad), 0.0)
    load_n = weight_n * (HANG_LOAD_FRAC + (1 - HANG_LOAD_FRAC) * rising)
    for i in range(2):
        body.heel_x_m[i] = body.x_m - mid_foot_m(traits)
        body.heel_y_m[i] = body.y_m + (0.5 - i) * traits.stance_width_m
        press(body, i, 0.5 * load_n, body.x_m, body.heel_y_m[i])
        belt_mps = around.belt_mps[i]
        body.force_x_n[i] = -DRAG * 0.5 * load_n * clip(belt_mps / 0.1, -1.0, 1.0)
    body.harness_n = weight_n - load_n
    mass_kg = traits.mass_kg
    pull_x_n = -mass_kg * (20 * body.x_m + 8 * body.vx_mps)
    pull_y_n = -mass_kg * (20 * body.y_m + 8 * body.vy_mps)
    move(person, around, pull_x_n, pull_y_n)
    if rising >= 1.0:
        body.posture = STANDING
        body.harness_n = 0.0
        settle(person)
