"""Where the body is and whether it can stay up: centre of mass, extrapolated, and its margins.

The ground pushes along a line through the centre of mass, as long as the body does not spin up:
x = cop_x + height * fx / fz. On the simulated person that is right to a few millimetres; in
people the trunk's angular momentum adds 1 to 2 cm (King & Zatsiorsky 1997; research on the
simulated person in ACCURACY.md).

The velocity comes from an observer that believes this position slowly and the force quickly
(after Maus et al. 2011, J Exp Biol 214:3511). It is of third order, Butterworth, so that a
constant force leaves no trace in the velocity: plates are never quite level nor quite zero, and
a slope pulls (0.4 m/s at 5 degrees with two orders, nothing with three).
"""

from math import isfinite, nan, pi, sqrt

import numpy as np

from rehabsim.gait.frames import Doubles, Flags
from rehabsim.gait.recurrence import bilinear

GRAVITY_MPS2 = 9.80665
BODY_HEIGHT_M = 1.75
"""Stands in for an unknown body height."""

COM_HEIGHT_FRAC = 0.56
"""Height of the centre of mass over body height, standing (Winter 2009)."""

OBSERVER_HZ = 0.3
"""Slower, the velocity takes longer to forget a push from outside, which no plate feels; quicker,
it takes in more of what the trunk's turning does to the position."""

MIN_LOAD_FRAC = 0.3
"""Of body weight: less on both plates says nothing about where the body is."""

HALF_FOOT_M = 0.045
"""From the centre of pressure at landing to the foot's lateral border (half a forefoot)."""


class BodyMotion:
    """Position and velocity of the centre of mass, from forces, a few frames at a time.

    Args:
        body_height_m: Of the person, standing.

    Attributes:
        com_height_m: Assumed height of the centre of mass.
    """

    def __init__(self, body_height_m: float = BODY_HEIGHT_M) -> None:
        self.com_height_m = COM_HEIGHT_FRAC * body_height_m
        self._held_m = np.full((1, 2), nan)

    def set_rate(self, dt_s: float) -> None:
        """Set the time between frames; forgets the velocity."""
        omega = 2 * pi * OBSERVER_HZ
        poles = (1.0, 2 * omega, 2 * omega**2, omega**3)
        self._from_place = bilinear((2 * omega**2, omega**3, 0.0), poles, 1 / dt_s)
        self._from_force = bilinear((1.0, 2 * omega, 0.0), poles, 1 / dt_s)
        self._place_state = self._force_state = np.zeros((3, 2))
        self._is_settled = False
        self._held_m = np.full((1, 2), nan)

    def follow(self, cop_m: Doubles, pushed: Doubles, weight_n: float) -> Doubles:
        """Return (k, 4) x_m y_m vx_mps vy_mps of the centre of mass, frame lab.

        Args:
            cop_m: (k, 2) centre of pressure of both plates together; NaN where unknown.
            pushed: (k, 3) fx_n fy_n fz_n of both plates together.
            weight_n: Body weight; NaN gives NaN.

        Returns:
            NaN where there is no centre of pressure, or too little load to know.
        """
        horizontal_n, fz_n = pushed[:, :2], pushed[:, 2:]
        motion = np.empty((len(cop_m), 4))
        place_m, velocity_mps = motion[:, :2], motion[:, 2:]
        place_m[:] = cop_m + (self.com_height_m / np.maximum(fz_n, 1.0)) * horizontal_n
        accel_mps2 = horizontal_n * (GRAVITY_MPS2 / weight_n)
        least_n = MIN_LOAD_FRAC * weight_n
        is_known: Flags | None = None
        if not (fz_n.min() > least_n and isfinite(place_m.sum())):
            motion[~(fz_n[:, 0] > least_n)] = nan
            is_known = np.isfinite(place_m[:, 0] + place_m[:, 1])
            if not (is_known.any() or self._is_settled):
                motion[:] = nan
                return motion
            accel_mps2 = np.where(is_known[:, None], accel_mps2, 0.0)
            seen_m = _held(np.concatenate([self._held_m, place_m]))[1:]
        else:
            seen_m = place_m
        if not self._is_settled:
            self._is_settled = True
            self._place_state = self._from_place.steady_state()[:, None] * seen_m[:1]
        self._held_m = seen_m[-1:].copy()
        slow_mps, self._place_state = self._from_place.run(seen_m, self._place_state)
        quick_mps, self._force_state = self._from_force.run(accel_mps2, self._force_state)
        np.add(slow_mps, quick_mps, out=velocity_mps)
        if is_known is not None:
            velocity_mps[~is_known] = nan
        return motion

    def extrapolated(self, motion: Doubles, belt_mps: Doubles) -> Doubles:
        """Return (k, 2) x_m y_m of the extrapolated centre of mass, frame lab.

        The ground moves backward under the person, so the belt's speed is part of the velocity.

        Args:
            motion: (k, 4) as `follow` returns.
            belt_mps: (k,) mean speed of the belts.

        Source: Hof, Gazendam & Sinke 2005 (J Biomech 38:1), x + v / sqrt(g / l); l is the
        height of the centre of mass here (Hof has 1.34 times the trochanter's in the frontal
        and 1.24 in the sagittal plane).
        """
        omega_hz = sqrt(GRAVITY_MPS2 / self.com_height_m)
        ahead = motion[:, :2] + motion[:, 2:] / omega_hz
        ahead[:, 0] += belt_mps / omega_hz
        return ahead


def _held(values: Doubles) -> Doubles:
    """Return `values` with each NaN replaced by the last number above, or the first below."""
    known = np.isfinite(values[:, 0] + values[:, 1])
    row = np.maximum.accumulate(np.where(known, np.arange(len(values)), 0))
    filled = values[row]
    if not known[0]:
        first = int(np.argmax(known))
        filled[:first] = values[first]
    return filled
