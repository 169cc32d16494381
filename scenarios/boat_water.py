"""The boat's lake: a swell of many sines that never repeats, and a wind with slow gusts. Pure.

The swell is larger and slower than any on a real lake of this size, so that it can be felt and
stood on. Its sines all run at one speed, each in a direction of its own; their frequencies are
powers of the 15th root of 3, of which no sum with whole factors is 0, so they never meet again.
"""

from math import cos, exp, pi, sin, tau
from typing import NamedTuple

import numpy as np

COUNT = 15
HULL_M = 5.0
"""Waves shorter than the hull rock it less."""

CHANGE_MPS = 0.05
"""The sea rises and falls this fast when its height is set anew."""

WIND_TIME_S = 5.0
"""A wind that is set anew comes up this slowly."""

GUST_PERIODS_S = (17.0, 26.1, 37.9, 58.3, 91.7)
MAX_VEER_RAD = 0.35
"""Gusts come from this far to either side."""

_INDEX = np.arange(1, COUNT + 1)
RATIO = 0.5 * 3.0 ** (_INDEX / 15)
"""Frequency and wave number of each sine, of the chief one's."""

_SHAPE = np.exp(-((2 * np.log(RATIO)) ** 2))
WEIGHT = _SHAPE * np.sqrt(2 / np.sum(_SHAPE**2))
"""Amplitude of each; together a RMS of 1."""

SPREAD_RAD = 0.5 * np.sin(2.4 * _INDEX)
"""How far each goes to the left of the chief one."""


class Swell(NamedTuple):
    """What the water does under a hull.

    Attributes:
        heave_m: How high it lifts it.
        slope: Rise per metre ahead.
        slope_left: Rise per metre to the left.
    """

    heave_m: float
    slope: float
    slope_left: float


class Water:
    """The surface; `height_m` is what it is now.

    Args:
        height_m: Trough to crest, of the larger waves: 4 times the RMS of the surface.
        length_m: Crest to crest of the chief wave.
        period_s: Of it, at a fixed point.
        direction_rad: Where it goes to.
        seed_frac: 0 to 1, of the phases.
    """

    def __init__(
        self,
        height_m: float,
        length_m: float,
        period_s: float,
        direction_rad: float,
        seed_frac: float,
    ) -> None:
        self.height_m = height_m
        number = tau / length_m * RATIO
        self._ahead = number * np.cos(direction_rad + SPREAD_RAD)
        self._left = number * np.sin(direction_rad + SPREAD_RAD)
        self._radps = tau / period_s * RATIO
        self._phase = tau * _INDEX**2 * seed_frac
        calm = 1.0 / (1.0 + (HULL_M * RATIO / length_m * pi / 2) ** 2)
        self._lift = 0.25 * WEIGHT * calm

    def change(self, height_m: float, dt_s: float) -> None:
        """Let the sea rise or fall towards a height."""
        most_m = CHANGE_MPS * dt_s
        self.height_m += min(max(height_m - self.height_m, -most_m), most_m)

    def under(self, x_m: float, y_m: float, heading_rad: float, t_s: float) -> Swell:
        """Return what a hull feels at a place, on a course."""
        if self.height_m == 0:
            return Swell(0.0, 0.0, 0.0)
        phase = self._ahead * x_m + self._left * y_m - self._radps * t_s + self._phase
        lift = self.height_m * self._lift
        rise = lift * np.cos(phase)
        along, across = float(rise @ self._ahead), float(rise @ self._left)
        c, s = cos(heading_rad), sin(heading_rad)
        return Swell(float(lift @ np.sin(phase)), along * c + across * s, across * c - along * s)


class Wind:
    """A wind whose gusts come and go in half a minute or more.

    Args:
        direction_rad: Where it blows to, on the whole.
        seeds_frac: Two numbers, 0 to 1, of its gusts and its turns.
    """

    def __init__(self, direction_rad: float, seeds_frac: tuple[float, float]) -> None:
        self.speed_mps = 0.0
        self.direction_rad = direction_rad
        self._usual_rad = direction_rad
        self._usual_mps = 0.0
        self._gust_frac, self._veer_frac = seeds_frac

    def step(self, speed_mps: float, gust_frac: float, t_s: float, dt_s: float) -> None:
        """Blow on.

        Args:
            speed_mps: What it should be on the whole.
            gust_frac: The strongest gust and lull, of that.
            t_s: Now.
            dt_s: Since the step before.
        """
        self._usual_mps += (1 - exp(-dt_s / WIND_TIME_S)) * (speed_mps - self._usual_mps)
        self.speed_mps = self._usual_mps * (1 + gust_frac * _slow(self._gust_frac, t_s))
        self.direction_rad = self._usual_rad + MAX_VEER_RAD * _slow(self._veer_frac, t_s)


def _slow(seed_frac: float, t_s: float) -> float:
    """Return -1 to 1, differing slowly."""
    sines = [
        sin(tau * (t_s / period_s + index * index * seed_frac))
        for index, period_s in enumerate(GUST_PERIODS_S, 1)
    ]
    return sum(sines) / len(sines)
