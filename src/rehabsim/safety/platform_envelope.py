"""How far the platform's set point may go, and what keeps it from going at all. Pure.

An axis at distance d from the edge of its box never moves faster towards it than it can brake in
time: v² <= 2 a d after every step, whatever the steps' lengths. So the box cannot be left, at any
moment and with any wish, and a freeze, which brakes harder, stays inside it too.
"""

from math import copysign, sqrt
from typing import NamedTuple

from rehabsim.base.limits import PlatformLimits
from rehabsim.base.records import PlatformSample, PlatformWish, Pose
from rehabsim.safety.causes import age_cause
from rehabsim.safety.envelope import towards
from rehabsim.safety.platform_messages import PlatformInputs, Six

GENTLE_S = 1.0
"""It takes so long to come to its speed on the way home, and to lose it: 0.05 m/s² for 0.05 m/s, of
which people who stand notice nothing."""


class Pace(NamedTuple):
    """How an axis may move.

    Attributes:
        speed: Fastest, m/s or rad/s.
        accel: Steepest change of speed, m/s² or rad/s².
        brake: What it brakes for the edge of its box with; at most `accel`.
    """

    speed: float
    accel: float
    brake: float


def six(pose: Pose) -> Six:
    """Return the axes of a pose."""
    return (pose.x_m, pose.y_m, pose.z_m, pose.roll_rad, pose.pitch_rad, pose.yaw_rad)


def box(limits: PlatformLimits) -> Six:
    """Return how far each axis may be from the middle."""
    return (
        limits.max_x_m,
        limits.max_y_m,
        limits.max_z_m,
        limits.max_roll_rad,
        limits.max_pitch_rad,
        limits.max_yaw_rad,
    )


def normal(limits: PlatformLimits) -> tuple[Pace, ...]:
    """Return the pace of each axis outside perturbations."""
    lm = limits
    along = Pace(lm.max_speed_mps, lm.max_accel_mps2, lm.max_accel_mps2)
    about = Pace(lm.max_rate_radps, lm.max_accel_radps2, lm.max_accel_radps2)
    return (along,) * 3 + (about,) * 3


def brisk(limits: PlatformLimits) -> tuple[Pace, ...]:
    """Return the pace of each axis in a perturbation; it brakes for the edge as gently as ever."""
    lm = limits
    along = Pace(lm.max_perturb_speed_mps, lm.max_perturb_accel_mps2, lm.max_accel_mps2)
    about = Pace(lm.max_perturb_rate_radps, lm.max_perturb_accel_radps2, lm.max_accel_radps2)
    return (along,) * 3 + (about,) * 3


def homing(limits: PlatformLimits) -> tuple[Pace, ...]:
    """Return the pace of each axis on the way home, which begins and ends gently."""
    lm = limits
    accel_mps2 = min(lm.max_accel_mps2, lm.max_settle_speed_mps / GENTLE_S)
    accel_radps2 = min(lm.max_accel_radps2, lm.max_settle_rate_radps / GENTLE_S)
    along = Pace(lm.max_settle_speed_mps, accel_mps2, accel_mps2)
    about = Pace(lm.max_settle_rate_radps, accel_radps2, accel_radps2)
    return (along,) * 3 + (about,) * 3


def is_sane(pose: Pose) -> bool:
    """Return whether every number of a pose is finite; comparisons accept, NaN never passes."""
    return all(-float("inf") < value < float("inf") for value in six(pose))


def inside(pose: Pose, limits: PlatformLimits) -> Pose:
    """Return the nearest pose in the box."""
    pairs = zip(six(pose), box(limits), strict=True)
    return Pose(*(min(max(value, -edge), edge) for value, edge in pairs))


def step(
    place: float, rate: float, target: float, edge: float, pace: Pace, dt_s: float
) -> tuple[float, float]:
    """Return place and rate of an axis one step later, on its way to `target`.

    Args:
        place: Where its set point is, within `edge` of the middle.
        rate: Its rate now.
        target: Where it should be, within `edge` of the middle.
        edge: Of its box.
        pace: How it may move.
        dt_s: Length of the step.

    Source: after the step v² = 2 b (d - v dt), of which v is the root below.
    """
    brake_dt = pace.brake * dt_s
    reach = sqrt(brake_dt * brake_dt + 2 * pace.brake * abs(target - place)) - brake_dt
    wanted = copysign(min(reach, pace.speed), target - place)
    return _moved(place, towards(rate, wanted, pace.accel * dt_s), edge, dt_s)


def slowed(
    place: float, rate: float, edge: float, decel: float, dt_s: float
) -> tuple[float, float]:
    """Return place and rate of an axis one step later, on its way to a standstill."""
    return _moved(place, towards(rate, 0.0, decel * dt_s), edge, dt_s)


def _moved(place: float, rate: float, edge: float, dt_s: float) -> tuple[float, float]:
    moved = place + rate * dt_s
    if -edge <= moved <= edge:
        return moved, rate
    return copysign(edge, moved), 0.0


def too_far(measured: Pose, told: Pose, limits: PlatformLimits) -> str:
    """Return in a clause how far the base is from its set point if that is too far, or nothing."""
    mosts = (limits.max_error_m,) * 3 + (limits.max_error_rad,) * 3
    poses = six(measured), six(told)
    for axis, is_m, told_m, most in zip(Pose.__struct_fields__, *poses, mosts, strict=True):
        if not abs(is_m - told_m) <= most:
            name, _, unit = axis.rpartition("_")
            return (
                f"the platform's {name} is {is_m:.3f} {unit}, told {told_m:.3f} {unit}, limit"
                f" {most:.3f} {unit} apart"
            )
    return ""


def why_clamped(
    wish: PlatformWish, pose: Pose, rate: Six, limits: PlatformLimits, *, is_brisk: bool
) -> str:
    """Return in a sentence how a set point on its way differs from the wish, or nothing."""
    kept = inside(wish.pose, limits)
    if kept != wish.pose:
        return f"Wish {words(wish.pose)} is outside the platform's box; held to {words(kept)}."
    if wish.is_perturbing and not is_brisk:
        return "The perturbation is too long, or too soon: the platform moves at normal speed."
    axes = zip(rate, brisk(limits) if is_brisk else normal(limits), strict=True)
    if pose != kept and any(abs(speed) >= pace.speed for speed, pace in axes):
        return f"Wish {words(kept)} is reached at the platform's highest speed, later."
    return ""


def words(pose: Pose) -> str:
    """Return the numbers of a pose, for people."""
    x_m, y_m, z_m, roll, pitch, yaw = six(pose)
    return f"({x_m:.3f}, {y_m:.3f}, {z_m:.3f} m; {roll:.3f}, {pitch:.3f}, {yaw:.3f} rad)"


def device_cause(inputs: PlatformInputs, limits: PlatformLimits) -> str:
    """Return what keeps us from knowing where the platform is, or from moving it, or nothing."""
    if not inputs.has_platform:
        return "the platform's link is lost"
    sample = inputs.sample
    if sample is None:
        return "the platform has not reported"
    if not is_sane(sample.pose):
        return "the platform reports a place that is not a number"
    if sample.is_emergency:
        return "the platform's emergency stop is open"
    age_ns = inputs.t_ns - sample.t_ns
    return age_cause("the platform's last report", age_ns, limits.max_sample_age_s)


def why_warn(sample: PlatformSample) -> str:
    """Return in a sentence how a base stands that should be down at the start, or nothing."""
    is_up = not sample.is_home or sample.state in ("rising", "engaged", "parking")
    if sample.state == "starting" or not is_up:
        return ""
    return (
        f"At the start the platform is not down but {sample.state} at {words(sample.pose)}: someone"
        " may be on it. Have them hold on, or help them off, before it goes home."
    )


def is_parked(sample: PlatformSample | None) -> bool:
    """Return whether the base is known to be down and to have no power on its legs."""
    return sample is not None and sample.state == "idle" and sample.is_home


def base_words(sample: PlatformSample | None) -> str:
    """Return what the base says of itself."""
    if sample is None:
        return "silent"
    place = "" if sample.is_home or sample.state != "idle" else " away from home"
    return f"{sample.state}{place}{', ' * bool(sample.hold)}{sample.hold}"
