"""What the ground of the hike does to a platform: side slope, stones and a rope bridge. Pure."""

from math import atan, isfinite, sin, tau

import numpy as np

from rehabsim.base.records import PlatformWish, Pose, State

MAX_ROLL_RAD = 0.052
MAX_PITCH_RAD = 0.052
MAX_RATE_RADPS = 0.0349
"""3 degrees, and 2 degrees per second: what a patient is given unless somebody decides more."""

MAX_SWAY_RAD = 0.035
"""Of the bridge."""

LOAD_RADPM = 0.15
"""So much the bridge rolls per metre that its load is off the middle."""

WIND_RAD = 0.012
WIND_HZ = (0.11, 0.17)
ROLL_HZ, PITCH_HZ, DAMPING = 0.25, 0.7, 0.2
STEP_ROLL_RADPS, STEP_PITCH_RADPS = 0.006, 0.02
"""A landing foot sets the bridge in motion with so much."""


class Swing:
    """Something hung up that sways about an axis."""

    def __init__(self, frequency_hz: float) -> None:
        self._omega = tau * frequency_hz
        self.angle_rad = self.rate_radps = 0.0

    def step(self, rest_rad: float, kick_radps: float, dt_s: float) -> float:
        """Return the angle `dt_s` later, pulled to one where it would rest."""
        w = self._omega
        pull = w * w * (rest_rad - self.angle_rad) - 2 * DAMPING * w * self.rate_radps
        self.rate_radps += pull * dt_s + kick_radps
        self.angle_rad += self.rate_radps * dt_s
        return self.angle_rad


class Bridge:
    """A rope bridge: the load off its middle, landing feet and wind move it.

    Args:
        seed: Of the wind.
    """

    def __init__(self, seed: int) -> None:
        random = np.random.Generator(np.random.PCG64([seed, 0x77696E64]))
        self._wind = [(hz, random.uniform(0, tau)) for hz in WIND_HZ]
        self._roll, self._pitch = Swing(ROLL_HZ), Swing(PITCH_HZ)
        self._strikes_ns = (0, 0)

    def step(self, state: State, size: float) -> tuple[float, float]:
        """Return its roll and pitch.

        Args:
            state: Of this tick.
            size: 0 on firm ground, 1 in the middle of a bridge.
        """
        gait = state.gait
        strikes_ns = (gait.left_strike_ns, gait.right_strike_ns)
        has_left, has_right = (a > b for a, b in zip(strikes_ns, self._strikes_ns, strict=True))
        self._strikes_ns = strikes_ns
        load_m = gait.cop_y_m if isfinite(gait.cop_y_m) else 0.0
        t_s = state.t_ns / 1e9
        gust = 0.5 * sum(sin(tau * hz * t_s + phase) for hz, phase in self._wind)
        dt_s = min(state.dt_s, 0.1)
        # Where the load is, the bridge goes down; left side up is positive.
        rest_rad = size * (WIND_RAD * gust - LOAD_RADPM * load_m)
        roll = self._roll.step(rest_rad, size * STEP_ROLL_RADPS * (has_right - has_left), dt_s)
        kick = size * STEP_PITCH_RADPS * (has_left or has_right)
        pitch = self._pitch.step(0.0, -kick, dt_s)
        return _held(roll, MAX_SWAY_RAD), _held(pitch, MAX_SWAY_RAD)


class Footing:
    """Turns what the ground does into what a platform may be asked for, and no faster."""

    def __init__(self) -> None:
        self.roll_rad = self.pitch_rad = 0.0

    def step(
        self,
        side_slope: float,
        rough_rad: tuple[float, float],
        sway_rad: tuple[float, float],
        dt_s: float,
    ) -> PlatformWish:
        """Return the wish; the treadmill's own deck does the incline."""
        roll = _held(atan(side_slope) + rough_rad[0] + sway_rad[0], MAX_ROLL_RAD)
        pitch = _held(rough_rad[1] + sway_rad[1], MAX_PITCH_RAD)
        most_rad = MAX_RATE_RADPS * dt_s
        self.roll_rad += _held(roll - self.roll_rad, most_rad)
        self.pitch_rad += _held(pitch - self.pitch_rad, most_rad)
        return PlatformWish(Pose(roll_rad=self.roll_rad, pitch_rad=self.pitch_rad))


def _held(value: float, most: float) -> float:
    return min(max(value, -most), most)
