"""The motion base under the treadmill: six axes that follow a set pose within their limits.

Axes, in this order: surge (forward), sway (left), heave (up), in m; roll (left side up), pitch
(uphill) and yaw (to the left), in rad. The pose is that of the deck's origin.

Source: limits of a Moog 6DOF2000E (vendor's interface document CDS7237); how its controller
follows a pose is not published, so a second-order lag of 2.4 Hz stands in.
"""

import math
from collections.abc import MutableSequence, Sequence
from dataclasses import dataclass, field

from rehabsim_sim.jit import compiled
from rehabsim_sim.person import DT_S, Surroundings

SURGE, SWAY, HEAVE, ROLL, PITCH, YAW = range(6)
AXES = ("surge_m", "sway_m", "heave_m", "roll_rad", "pitch_rad", "yaw_rad")

G_MPS2 = 9.81
MAX_POSE = (0.241, 0.259, 0.178, math.radians(21), math.radians(22), math.radians(22))
MAX_RATE = (0.5, 0.5, 0.3, math.radians(30), math.radians(30), math.radians(40))
MAX_ACCEL = (
    0.6 * G_MPS2,
    0.6 * G_MPS2,
    0.5 * G_MPS2,
    math.radians(500),
    math.radians(500),
    math.radians(400),
)
LEVEL_RATE = (0.05, 0.05, 0.05, math.radians(1), math.radians(1), math.radians(1))
"""How fast the platform goes home when it is told to level."""

FOLLOW_PER_S, HURRY_PER_S = 15.0, 60.0
"""How fast an error of pose becomes a rate, and an error of rate an acceleration."""


def _six() -> MutableSequence[float]:
    return [0.0] * 6


@dataclass
class Platform:
    """Six axes; see the module's text for their order and signs.

    Attributes:
        target: Pose asked for.
        pose: Where the deck is.
        rate: Its first derivative.
        accel: Its second.
        is_held: 1 while it stays where it is, whatever is asked.
        is_levelling: 1 while it goes home slowly.
        is_level: 1 while it is at home and has nowhere to go.
    """

    target: MutableSequence[float] = field(default_factory=_six)
    pose: MutableSequence[float] = field(default_factory=_six)
    rate: MutableSequence[float] = field(default_factory=_six)
    accel: MutableSequence[float] = field(default_factory=_six)
    is_held: int = 0
    is_levelling: int = 0
    is_level: int = 1


class PlatformReins:
    """The hold that a control panel, or a test, has on the platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._target, self._pose = platform.target, platform.pose

    def ask(self, pose: Sequence[float]) -> None:
        """Go to a pose, within the limits; an axis that is not a number stays where it is."""
        for i in range(6):
            if math.isfinite(pose[i]):
                self._target[i] = min(max(pose[i], -MAX_POSE[i]), MAX_POSE[i])
        self._platform.is_held = self._platform.is_levelling = self._platform.is_level = 0

    def halt(self) -> None:
        """Stop within the limits and stay, until the next pose or `level`."""
        self._platform.is_held = 1

    def level(self) -> None:
        """Go home at 1 degree and 5 cm a second at most."""
        self._platform.is_held, self._platform.is_levelling = 0, 1
        self._platform.is_level = 0
        for i in range(6):
            self._target[i] = 0.0

    def pose(self) -> tuple[float, ...]:
        """Return the pose, axes in the module's order."""
        return tuple(float(value) for value in self._pose)


@compiled
def ride(platform: Platform, around: Surroundings, incline_rad: float) -> None:
    """Move the platform for a millisecond and lay the deck on it."""
    if platform.is_level:
        around.slope_rad = incline_rad
        return
    pose, rate, accel = platform.pose, platform.rate, platform.accel
    distance = 0.0
    for i in range(6):
        error = platform.target[i] - pose[i]
        fastest = LEVEL_RATE[i] if platform.is_levelling else MAX_RATE[i]
        braking = math.sqrt(MAX_ACCEL[i] * abs(error))
        wanted = min(FOLLOW_PER_S * abs(error), fastest, braking)
        wanted = 0.0 if platform.is_held else math.copysign(wanted, error)
        accel[i] = min(max(HURRY_PER_S * (wanted - rate[i]), -MAX_ACCEL[i]), MAX_ACCEL[i])
        rate[i] += DT_S * accel[i]
        pose[i] += DT_S * rate[i]
        distance += abs(error) + abs(rate[i])
    if platform.is_levelling and distance < 1e-4:
        platform.is_level = 1
        for i in range(6):
            pose[i] = rate[i] = accel[i] = 0.0
    tilt(platform, around, incline_rad)


@compiled
def tilt(platform: Platform, around: Surroundings, incline_rad: float) -> None:
    """Tell the surroundings how the deck lies and accelerates, along its own axes."""
    pose, accel = platform.pose, platform.accel
    around.slope_rad = incline_rad + pose[PITCH]
    around.roll_rad = pose[ROLL]
    around.slope_accel_radps2 = accel[PITCH]
    around.roll_accel_radps2 = accel[ROLL]
    slope, roll = around.slope_rad, around.roll_rad
    up_mps2 = accel[HEAVE]
    around.accel_x_mps2 = accel[SURGE] * math.cos(slope) + up_mps2 * math.sin(slope)
    around.accel_y_mps2 = accel[SWAY] * math.cos(roll) + up_mps2 * math.sin(roll)
    around.accel_z_mps2 = up_mps2 * math.cos(slope) * math.cos(roll)
