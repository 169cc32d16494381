"""How the boat moves through the water. Pure.

Source: Nomoto's first-order steering, T dr/dt + r = K rudder, K growing with speed; surge against
linear and quadratic drag, slowed down in about 3 s at 3 m/s; sideways drift in turns and in wind.
"""

from math import cos, exp, sin, tau
from typing import NamedTuple

from rehabsim.training.linear import low_pass

RUDDER_TIME_S = 0.6
"""The rudder follows the person this slowly."""

TURN_TIME_S = 1.2
"""Nomoto's T."""

DRAG_PER_S, DRAG_PER_M = 0.12, 0.035
DRIFT_PER_S = 0.6
SKID = 0.15
"""Outward acceleration in a turn, of speed times turn rate."""

LEEWAY = 0.04
"""A boat left to itself drifts with this part of the wind."""

HEEL_S2PM = 0.02
"""It heels outward by this much per m/s² of turn."""

ROLL_HZ, ROLL_DAMPING = 0.6, 0.2


class Pull(NamedTuple):
    """What moves the boat for one step.

    Attributes:
        thrust_mps: Speed that it ends at, straight ahead and without wind.
        rudder_frac: -1 to 1, positive turns left.
        turn_per_m: Turn rate per m/s of speed at full rudder; Nomoto's K is this times speed,
            per part of the rudder.
        wind_mps: Of the air over the lake.
        wind_direction_rad: Where it goes to.
    """

    thrust_mps: float
    rudder_frac: float
    turn_per_m: float
    wind_mps: float
    wind_direction_rad: float


class Hull:
    """Where the boat is and how it goes; x along the first course, y left, angles to the left."""

    def __init__(self) -> None:
        self.x_m = self.y_m = self.heading_rad = 0.0
        self.speed_mps = self.drift_mps = self.turn_radps = 0.0
        self.rudder_frac = self.roll_rad = 0.0
        self._roll = low_pass(tau * ROLL_HZ, ROLL_DAMPING)

    def step(self, pull: Pull, dt_s: float) -> None:
        """Go on for `dt_s`."""
        off_rad = pull.wind_direction_rad - self.heading_rad
        carried_mps = LEEWAY * pull.wind_mps
        self.rudder_frac += _part(dt_s / RUDDER_TIME_S) * (pull.rudder_frac - self.rudder_frac)
        turn_radps = pull.turn_per_m * self.speed_mps * self.rudder_frac
        self.turn_radps += _part(dt_s / TURN_TIME_S) * (turn_radps - self.turn_radps)
        end_mps, u = pull.thrust_mps + carried_mps * cos(off_rad), self.speed_mps
        drag_mps2 = DRAG_PER_S * u + DRAG_PER_M * u * abs(u)
        thrust_mps2 = DRAG_PER_S * end_mps + DRAG_PER_M * end_mps * abs(end_mps)
        self.speed_mps += dt_s * (thrust_mps2 - drag_mps2)
        skid_mps = carried_mps * sin(off_rad) - SKID / DRIFT_PER_S * self.turn_radps * u
        self.drift_mps += _part(dt_s * DRIFT_PER_S) * (skid_mps - self.drift_mps)
        self.heading_rad += dt_s * self.turn_radps
        c, s = cos(self.heading_rad), sin(self.heading_rad)
        self.x_m += dt_s * (self.speed_mps * c - self.drift_mps * s)
        self.y_m += dt_s * (self.speed_mps * s + self.drift_mps * c)

    def rock(self, slope_rad: float, dt_s: float) -> None:
        """Roll with the water, `slope_rad` up to the left, and outward in a turn."""
        heel_rad = HEEL_S2PM * self.speed_mps * self.turn_radps
        self.roll_rad = self._roll.step(slope_rad + heel_rad, dt_s)


def _part(times: float) -> float:
    """Return how much of the way a first-order lag goes in so many of its times."""
    return 1 - exp(-times)
