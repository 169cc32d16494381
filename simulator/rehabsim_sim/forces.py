"""What the feet do to the body: forces through the centre of mass, and Newton's law."""

import math

from rehabsim_sim.gait_tables import GRAVITY_MPS2
from rehabsim_sim.jit import compiled
from rehabsim_sim.person import DT_S, HISTORY, Body, Mind, Person, Surroundings


@compiled
def press(body: Body, foot: int, force_n: float, x_m: float, y_m: float) -> None:
    """Load a foot at a point; the force passes through the COM, so it turns nothing."""
    body.cop_x_m[foot] = x_m
    body.cop_y_m[foot] = y_m
    body.force_x_n[foot] = force_n * (body.x_m - x_m) / body.z_m
    body.force_y_n[foot] = force_n * (body.y_m - y_m) / body.z_m
    body.force_z_n[foot] = force_n


@compiled
def height_servo(body: Body, z_m: float, vz_mps: float) -> float:
    """Return the extra lift, in g, that brings the height back to its nominal course."""
    error_mps2 = 25.0 * (z_m - body.z_m) + 8.0 * (vz_mps - body.vz_mps)
    return min(max(error_mps2 / GRAVITY_MPS2, -0.4), 0.4)


@compiled
def remember(mind: Mind, x_m: float, y_m: float) -> None:
    """Store a deviation for `recall`."""
    mind.past_at = (mind.past_at + 1) % HISTORY
    mind.past_x_m[mind.past_at] = x_m
    mind.past_y_m[mind.past_at] = y_m


@compiled
def recall(mind: Mind, delay_s: float) -> tuple[float, float]:
    """Return the deviation of `delay_s` ago; 0 where there was none."""
    then = (mind.past_at - int(delay_s / DT_S + 0.5)) % HISTORY
    return mind.past_x_m[then], mind.past_y_m[then]


@compiled
def move(person: Person, around: Surroundings, pull_x_n: float, pull_y_n: float) -> None:
    """Move the body one millisecond on, under its feet, the harness, gravity and any pull.

    In the deck's own frame, so its acceleration counts backwards; its rotation is slow, and of
    its terms only the Euler one at the height of the COM is kept.
    """
    mass_kg, body = person.traits[0].mass_kg, person.body[0]
    x_n = body.force_x_n[0] + body.force_x_n[1] + around.push_x_n + pull_x_n
    y_n = body.force_y_n[0] + body.force_y_n[1] + around.push_y_n + pull_y_n
    z_n = body.force_z_n[0] + body.force_z_n[1] + body.harness_n
    slope, roll = around.slope_rad, around.roll_rad
    pull_x_mps2 = around.slope_accel_radps2 * body.z_m - around.accel_x_mps2
    pull_y_mps2 = around.roll_accel_radps2 * body.z_m - around.accel_y_mps2
    down_mps2 = GRAVITY_MPS2 * math.cos(slope) * math.cos(roll) + around.accel_z_mps2
    body.vx_mps += DT_S * (x_n / mass_kg + pull_x_mps2 - GRAVITY_MPS2 * math.sin(slope))
    body.vy_mps += DT_S * (y_n / mass_kg + pull_y_mps2 - GRAVITY_MPS2 * math.sin(roll))
    body.vz_mps += DT_S * (z_n / mass_kg - down_mps2)
    body.x_m += DT_S * body.vx_mps
    body.y_m += DT_S * body.vy_mps
    body.z_m += DT_S * body.vz_mps
    for i in range(2):
        body.heel_x_m[i] -= DT_S * belt_under(body, i, around)


@compiled
def belt_under(body: Body, foot: int, around: Surroundings) -> float:
    """Return the speed of the belt that the middle of the foot is on."""
    return around.belt_mps[0] if body.heel_y_m[foot] >= 0 else around.belt_mps[1]
