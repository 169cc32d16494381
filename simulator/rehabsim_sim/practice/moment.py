"""What a person goes through in a few milliseconds, as they feel it themselves."""

from math import hypot, sqrt
from typing import NamedTuple

from rehabsim_sim.gait_tables import GRAVITY_MPS2
from rehabsim_sim.person import LEFT, MIDDLE_FRAC, STANDING, WALKING
from rehabsim_sim.world import HEEL_STRIKE, TRUTH, World

COP_Y, POSTURE, HAS_FALLEN = map(TRUTH.index, ("cop_y_m", "posture", "has_fallen"))
COM = TRUTH.index("com_x_m"), TRUTH.index("com_y_m")
FEET_N = TRUTH.index("left_foot_n"), TRUTH.index("right_foot_n")
HEELS_X = TRUTH.index("left_heel_x_m"), TRUTH.index("right_heel_x_m")
FEET_Y = TRUTH.index("left_foot_y_m"), TRUTH.index("right_foot_y_m")


class Moment(NamedTuple):
    """A few milliseconds of somebody's life.

    Attributes:
        dt_s: How long.
        is_walking: On the way.
        is_standing: On both feet, belts at rest or not.
        has_fallen: The harness has had to catch them.
        off_x_m: Extrapolated centre of mass off its orbit, along; 0 unless walking.
        off_y_m: The same, across.
        jolt_mps2: Acceleration of the belts, as felt.
        push_mps2: What a moving deck pushes with, as felt.
        speed_mps: Of the belts, as felt.
        left_n: Load on the left foot.
        right_n: Load on the right foot.
        cop_y_m: Where the load is, to the left of the middle of the belts.
        com_x_m: Centre of mass, ahead of the middle of the belts.
        com_y_m: The same, to the left.
        lean_x_m: Centre of mass ahead of the middle between the feet.
        lean_y_m: The same, to the left.
        has_left_landed: The left foot has, in this time.
    """

    dt_s: float = 0.004
    is_walking: bool = False
    is_standing: bool = False
    has_fallen: bool = False
    off_x_m: float = 0.0
    off_y_m: float = 0.0
    jolt_mps2: float = 0.0
    push_mps2: float = 0.0
    speed_mps: float = 0.0
    left_n: float = 0.0
    right_n: float = 0.0
    cop_y_m: float = 0.0
    com_x_m: float = 0.0
    com_y_m: float = 0.0
    lean_x_m: float = 0.0
    lean_y_m: float = 0.0
    has_left_landed: bool = False


def moment_of(world: World) -> Moment:
    """Return what the person has gone through in the last call of `World.live`."""
    mind, truth = world.person.mind[0], world.truth[-1].tolist()
    is_walking = truth[POSTURE] == WALKING
    off_x_m = off_y_m = 0.0
    if is_walking:
        omega = sqrt(GRAVITY_MPS2 / world.traits.com_height_m)
        off_x_m = float(mind.deviation_x_m + mind.deviation_vx_mps / omega)
        off_y_m = float(mind.deviation_y_m + mind.deviation_vy_mps / omega)
    events = world.events
    has_landed = len(events) > 0 and bool(
        ((events[:, 1] == LEFT) & (events[:, 2] == HEEL_STRIKE)).any()
    )
    foot_m = world.traits.roll_start_m + MIDDLE_FRAC * world.traits.roll_length_m
    foot_m += 0.5 * (truth[HEELS_X[0]] + truth[HEELS_X[1]])
    return Moment(
        len(world.truth) / 1000,
        is_walking,
        truth[POSTURE] == STANDING,
        bool(truth[HAS_FALLEN]),
        off_x_m,
        off_y_m,
        float(mind.felt_accel_mps2),
        hypot(float(mind.felt_push_x_mps2), float(mind.felt_push_y_mps2)),
        float(mind.felt_mean_mps),
        truth[FEET_N[0]],
        truth[FEET_N[1]],
        truth[COP_Y],
        truth[COM[0]],
        truth[COM[1]],
        truth[COM[0]] - foot_m,
        truth[COM[1]] - 0.5 * (truth[FEET_Y[0]] + truth[FEET_Y[1]]),
        has_landed,
    )
