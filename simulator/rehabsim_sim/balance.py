"""Balance within a step: how far the COM is off its orbit; what ankles and haste do about it."""

import math

from rehabsim_sim.forces import height_servo, recall, remember
from rehabsim_sim.gait_tables import GRAVITY_MPS2, ankle_gain_at, orbit_at
from rehabsim_sim.jit import compiled
from rehabsim_sim.manner import clip, usual_width_m
from rehabsim_sim.person import DT_S, HISTORY, LEFT, Person

SPLIT_REST = 0.5
"""The part of a foot's drift on a belt that differs that the ankle does not make up for."""

UNREST_S = 5.0
"""How long a person stays cautious."""


@compiled
def balance_in_step(person: Person, slope_rad: float) -> tuple[float, float, float]:
    """Return lift per body weight of template in m/s², and the wanted shifts of the COP."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    lead = body.lead
    side = 1.0 if lead == LEFT else -1.0
    omega = math.sqrt(GRAVITY_MPS2 / traits.com_height_m)
    tempo = mind.tempo_frac * body.hurry_frac
    width_m = usual_width_m(person)
    x_m, vx_mps, y_m, vy_mps, z_m, vz_mps = orbit_at(
        person.tables.orbit, mind.row, mind.row_frac, tempo, body.phase, width_m, traits.toe_out
    )
    since_s = body.phase * body.step_time_s
    drift_m = mind.belt_offset_mps * since_s
    growth = math.exp(omega * since_s)
    sway_m, sway_mps = split_orbit(person, since_s, omega)
    left = clip(1 - body.phase / (2 * mind.duty_frac - 1), 0.0, 1.0)
    uneven_m = mind.uneven_x_m + (1 - left * left) * (mind.pull_x_m + mind.mark_pull_m)
    ahead_m = 0.5 * growth * (mind.reference_x_m + uneven_m)
    aside_m = 0.5 * growth * (mind.reference_y_m + mind.uneven_y_m)
    mind.deviation_x_m = mind.felt_x_m - body.heel_x_m[lead] - x_m - drift_m - ahead_m - sway_m
    mind.deviation_vx_mps = body.vx_mps + mind.felt_mean_mps - vx_mps - omega * ahead_m - sway_mps
    off_foot_m = mind.felt_y_m - body.heel_y_m[lead] - traits.cop_offset_y_m
    mind.deviation_y_m = side * off_foot_m - y_m - aside_m
    mind.deviation_vy_mps = side * body.vy_mps - vy_mps - omega * aside_m
    off_x_m = mind.deviation_x_m + mind.deviation_vx_mps / omega
    off_y_m = mind.deviation_y_m + mind.deviation_vy_mps / omega
    unrest_m = abs(off_y_m) + abs(mind.felt_push_y_mps2) / (omega * omega)
    mind.unrest_m += DT_S / UNREST_S * (unrest_m - mind.unrest_m)
    remember(mind, off_x_m, off_y_m)
    hurry(person, abs(off_x_m), abs(off_y_m))
    past_x_m, past_y_m = recall(mind, traits.ankle_delay_s)
    gain = ankle_gain_at(mind.gait_mps, traits.ankle_gain) * (1 - 0.12 * mind.fatigue_frac)
    lift = GRAVITY_MPS2 * (math.cos(slope_rad) + height_servo(body, z_m, vz_mps))
    lean_x_m = mind.felt_push_x_mps2 / (omega * omega)
    lean_y_m = mind.felt_push_y_mps2 / (omega * omega)
    return (
        lift,
        gain * past_x_m + (1 - SPLIT_REST) * drift_m + lean_x_m,
        side * gain * past_y_m + lean_y_m,
    )


@compiled
def split_orbit(person: Person, since_s: float, omega: float) -> tuple[float, float]:
    """Return how far, and how fast, belts that differ take the COM off its orbit, forward.

    A foot on the faster belt drifts back, on the slower one forward, by more than its ankle
    makes up for; the COM is thrown forward in one step and back in the next, equally far.
    """
    rate_mps = SPLIT_REST * person.mind[0].belt_offset_mps
    turn = omega * person.body[0].step_time_s
    cosh, sinh = math.cosh(turn), math.sinh(turn)
    # e'' = omega^2 (e + rate t); e, e' opposite at both ends of the step but for the kick that
    # the trailing foot, a whole step adrift, gives in double support.
    kicked = 2 - turn * turn * (person.mind[0].duty_frac - 0.5)
    one = (rate_mps / omega) * (turn * (cosh + 1) - kicked * sinh) / (2 * (cosh + 1))
    other = (kicked * rate_mps / omega - one * sinh) / (cosh + 1)
    at = omega * since_s
    sway_m = one * math.cosh(at) + other * math.sinh(at) - rate_mps * since_s
    return sway_m, omega * (one * math.sinh(at) + other * math.cosh(at)) - rate_mps


@compiled
def hurry(person: Person, off_x_m: float, off_y_m: float) -> None:
    """Shorten the step when the extrapolated COM is far off its orbit, sooner when slow."""
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    slow = clip((0.6 - mind.gait_mps) / 0.2, 0.0, 1.0)
    excess_m = max(off_x_m - 0.10 + 0.03 * slow, 0.0)
    excess_m += max(off_y_m - 0.06 + 0.025 * slow, 0.0)
    mind.past_excess_m[mind.past_at] = excess_m
    delay_s = traits.hurry_delay_s + 0.04 * mind.fatigue_frac
    then = (mind.past_at - int(delay_s / DT_S + 0.5)) % HISTORY
    floor = min(traits.min_hurry_frac, traits.min_step_time_s / mind.usual_step_time_s)
    gain_per_m = traits.hurry_gain_per_m * (1 + 2 * slow)
    body.hurry_frac = min(body.hurry_frac, max(1.0 - gain_per_m * mind.past_excess_m[then], floor))
