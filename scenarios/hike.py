"""A mountain path: its slope tilts the deck and sets the pace."""

from math import exp, isfinite, sin, tau
from typing import Annotated

import numpy as np
from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.base.records import Event, Record, State, Wish
from rehabsim.training.scenario import Step

GRID_M = 10.0
LATERAL_TIME_S = 0.8
SLOPE_STEP_M = 1.0
STONE_M = 100.0

WAVELENGTHS_M = (60.0, 110.0, 190.0, 340.0)
SHARES = (0.15, 0.25, 0.3, 0.3)
"""How much of the steepest slope each wavelength brings; together 1."""


class Hike:
    """Climb and descend; steeper is slower, and the deck follows the path uphill."""

    name = "hike"

    class Params(Strict):
        """`[params]` of a hike session.

        Attributes:
            path_gain: Metres of path per metre of belt.
            max_slope: Rise over run of the steepest part, up or down.
            pace_sensitivity: How much slope changes the pace; 1 is Tobler's hiker.
            incline_gain: Deck angle per path angle; the deck never points downhill.
        """

        path_gain: Annotated[float, Field(ge=0.5, le=10)] = 1.0
        max_slope: Annotated[float, Field(ge=0, le=0.25)] = 0.12
        pace_sensitivity: Annotated[float, Field(ge=0, le=2)] = 1.0
        incline_gain: Annotated[float, Field(ge=0, le=1)] = 1.0

    class Scene(Record, frozen=True, gc=False):
        """Where on the path, and its shape: heights at `profile_start_m` + 10 m * k."""

        distance_m: float
        height_m: float
        slope_rad: float
        climbed_m: float
        lateral_m: float
        profile_start_m: float
        height_0_m: float
        height_1_m: float
        height_2_m: float
        height_3_m: float
        height_4_m: float
        height_5_m: float
        height_6_m: float
        height_7_m: float
        height_8_m: float
        height_9_m: float
        height_10_m: float
        height_11_m: float

    def __init__(self, params: Params, seed: int) -> None:
        self.params = params
        random = np.random.default_rng(seed)
        self._waves = [
            (length_m, share * params.max_slope * length_m / tau, random.uniform(0, tau))
            for length_m, share in zip(WAVELENGTHS_M, SHARES, strict=True)
        ]
        self._zero_m = sum(a * sin(p) for _, a, p in self._waves)
        self._distance_m = self._climbed_m = self._lateral_m = 0.0
        self._belt_m = 0.0
        self._height_m = 0.0
        self._profile: tuple[float, ...] = ()
        self._profile_start_m = -1.0

    def height_m(self, distance_m: float) -> float:
        """Return the path's height above its start."""
        return (
            sum(a * sin(tau * distance_m / length + p) for length, a, p in self._waves)
            - self._zero_m
        )

    def slope(self, distance_m: float) -> float:
        """Return rise over run, positive uphill."""
        half_m = SLOPE_STEP_M / 2
        rise_m = self.height_m(distance_m + half_m) - self.height_m(distance_m - half_m)
        return rise_m / SLOPE_STEP_M

    def step(self, state: State) -> Step:
        """Walk on by the belts' way since the last tick; wish for the pace of the slope."""
        p = self.params
        belt_m = 0.5 * (state.left_distance_m + state.right_distance_m)
        before_m = self._distance_m
        self._distance_m += p.path_gain * (belt_m - self._belt_m)
        self._belt_m = belt_m
        height_m = self.height_m(self._distance_m)
        self._climbed_m += max(height_m - self._height_m, 0.0)
        self._height_m = height_m
        if isfinite(state.gait.cop_y_m):
            gain = min(state.dt_s / LATERAL_TIME_S, 1.0)
            self._lateral_m += gain * (state.gait.cop_y_m - self._lateral_m)
        slope = self.slope(self._distance_m)
        pace_mps = state.cruise_speed_mps * pace_frac(slope, p.pace_sensitivity)
        wish = Wish(pace_mps, pace_mps, max(0.0, p.incline_gain * slope))
        events = self._stones(state.t_ns, before_m)
        return Step(wish, self._scene(slope), events)

    def _stones(self, t_ns: int, before_m: float) -> tuple[Event, ...]:
        """Return the milestone that was passed, if any."""
        if self._distance_m // STONE_M <= before_m // STONE_M:
            return ()
        text = (
            f"{self._distance_m // STONE_M * STONE_M:.0f} m walked, {self._climbed_m:.1f} m climbed"
        )
        return (Event(t_ns, "milestone", "scenario", "none", f"{text}."),)

    def _scene(self, slope: float) -> "Hike.Scene":
        start_m = (self._distance_m // GRID_M - 1) * GRID_M
        if start_m != self._profile_start_m or not self._profile:
            self._profile_start_m = start_m
            self._profile = tuple(self.height_m(start_m + GRID_M * k) for k in range(12))
        return self.Scene(
            self._distance_m,
            self._height_m,
            slope,
            self._climbed_m,
            self._lateral_m,
            start_m,
            *self._profile,
        )


def pace_frac(slope: float, sensitivity: float) -> float:
    """Return the pace on a slope as a fraction of the pace on level ground.

    Args:
        slope: Rise over run.
        sensitivity: 0 keeps the pace, 1 is the whole effect.

    Source: Tobler 1993 (NCGIA 93-1), hiking speed = 6 km/h * exp(-3.5 |slope + 0.05|); no
    faster than on level ground here, since a treadmill does not help downhill.
    """
    return min(exp(-3.5 * sensitivity * (abs(slope + 0.05) - 0.05)), 1.0)
