"""Washout: what a platform with little room can show of a vehicle that has much.

Quick accelerations are played as they are and brought back unnoticed; slow ones become a tilt,
so slow that it is not felt as one; turning is played for its first second.

Source: the classical algorithm as Nahon & Reid 1990 describe it; corner frequencies and gains
chosen for a person who stands.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from rehabsim_sim.person import Array
from rehabsim_sim.platform import G_MPS2, PITCH, ROLL, SURGE, SWAY


@dataclass
class Washout:
    """Classical washout of a vehicle's motion; state is carried from call to call.

    Attributes:
        travel_gain: Part of the vehicle's acceleration that is played.
        travel_radps: Corner of the second-order high-pass on it.
        home_radps: Corner of the first-order high-pass that brings the platform home.
        tilt_radps: Corner of the second-order low-pass of the tilt.
        max_tilt_rad: Largest tilt; 4 degrees for a person who stands.
        max_tilt_rate_radps: Fastest tilt; 3 degrees a second is not felt.
        turn_gain: Part of the vehicle's turning that is played.
        turn_radps: Corner of the high-pass on it.
    """

    travel_gain: float = 0.15
    travel_radps: float = 2.5
    home_radps: float = 0.3
    tilt_radps: float = 5.0
    max_tilt_rad: float = math.radians(4)
    max_tilt_rate_radps: float = math.radians(3)
    turn_gain: float = 0.4
    turn_radps: float = 1.0
    _swing: Array = field(default_factory=lambda: np.zeros((2, 2)))
    _place: Array = field(default_factory=lambda: np.zeros(2))
    _felt: Array = field(default_factory=lambda: np.zeros((2, 2)))
    _tilt: Array = field(default_factory=lambda: np.zeros(2))
    _turn: Array = field(default_factory=lambda: np.zeros(2))

    def step(
        self,
        accel_x_mps2: float,
        accel_y_mps2: float,
        roll_rate_radps: float,
        pitch_rate_radps: float,
        dt_s: float,
    ) -> Array:
        """Return the pose, axes as in `platform`, after `dt_s` of the vehicle's motion.

        Args:
            accel_x_mps2: The vehicle's acceleration, forward.
            accel_y_mps2: The same, to the left.
            roll_rate_radps: How fast it rolls, left side up.
            pitch_rate_radps: How fast it pitches, nose up.
            dt_s: Time since the last call, at most 20 ms.
        """
        pose = np.zeros(6)
        axes = ((SURGE, PITCH, accel_x_mps2), (SWAY, ROLL, accel_y_mps2))
        rates_radps = (pitch_rate_radps, roll_rate_radps)
        for i, (along, about, accel_mps2) in enumerate(axes):
            pose[along] = self._travel(i, accel_mps2, dt_s)
            pose[about] = self._lean(i, accel_mps2, dt_s) + self._spin(i, rates_radps[i], dt_s)
        return pose

    def _travel(self, i: int, accel_mps2: float, dt_s: float) -> float:
        """Return the displacement: the high-passed acceleration, integrated twice."""
        swing, corner = self._swing[i], self.travel_radps
        pull = self.travel_gain * accel_mps2 - 2 * corner * swing[1] - corner**2 * swing[0]
        swing[1] += dt_s * pull
        swing[0] += dt_s * swing[1]
        self._place[i] += dt_s * (swing[1] - self.home_radps * self._place[i])
        return float(self._place[i])

    def _lean(self, i: int, accel_mps2: float, dt_s: float) -> float:
        """Return the tilt whose part of gravity stands for a lasting acceleration."""
        felt, corner = self._felt[i], self.tilt_radps
        felt[1] += dt_s * (corner**2 * (accel_mps2 / G_MPS2 - felt[0]) - 2 * corner * felt[1])
        felt[0] += dt_s * felt[1]
        wanted = float(np.clip(felt[0], -self.max_tilt_rad, self.max_tilt_rad))
        most_rad = dt_s * self.max_tilt_rate_radps
        self._tilt[i] += np.clip(wanted - self._tilt[i], -most_rad, most_rad)
        return float(self._tilt[i])

    def _spin(self, i: int, rate_radps: float, dt_s: float) -> float:
        """Return the angle of a turn, forgotten after a while."""
        self._turn[i] += dt_s * (self.turn_gain * rate_radps - self.turn_radps * self._turn[i])
        return float(self._turn[i])
