"""The belts' mechanics: what a treadmill's motors make of a set point, whatever its protocol.

Source: the ramp is exact, as the makers state; lag, ripple and the incline's rate are ordinary
figures of instrumented split-belt treadmills (Sinitski 2015: speed varies by under 1 %).
"""

import math
from collections.abc import MutableSequence
from dataclasses import dataclass, field

from rehabsim_sim.jit import compiled
from rehabsim_sim.person import DT_S, Array, Pair

BELT_NOISES = 2
"""Columns of the noise drawn per millisecond, one per belt."""

MAX_SPEED_MPS = 3.5
MIN_RAMP_MPS2, MAX_RAMP_MPS2 = 0.001, 25.0
MAX_INCLINE_RAD = math.radians(15)
INCLINE_RATE_RADPS = math.radians(1)
LAG_S = 0.05
ROLLER_M = 0.32
RIPPLE_FRAC = 0.003
HUM_FRAC = 0.001
HUM_S = 0.02


def _pair(left: float = 0.0, right: float = 0.0) -> Pair:
    return [left, right]


@dataclass
class Belts:
    """Two belts on one deck; pairs are left first, speeds positive towards -x.

    Attributes:
        target_mps: What was asked for, within the limits of the machine.
        ramp_mps2: At which acceleration to go there.
        setpoint_mps: Where on the ramp the drive is.
        drive_mps: Speed of the motor, which lags.
        speed_mps: Speed of the surface, with the ripple of its rollers.
        accel_mps2: Rate of change of the motor's speed.
        turned_frac: Angle of the drive roller, in turns.
        hum_frac: Random part of the speed.
        target_incline_rad: Deck pitch asked for.
        incline_rad: Deck pitch, positive uphill.
    """

    target_mps: MutableSequence[float] = field(default_factory=_pair)
    ramp_mps2: MutableSequence[float] = field(default_factory=lambda: _pair(0.25, 0.25))
    setpoint_mps: MutableSequence[float] = field(default_factory=_pair)
    drive_mps: MutableSequence[float] = field(default_factory=_pair)
    speed_mps: MutableSequence[float] = field(default_factory=_pair)
    accel_mps2: MutableSequence[float] = field(default_factory=_pair)
    turned_frac: MutableSequence[float] = field(default_factory=_pair)
    hum_frac: MutableSequence[float] = field(default_factory=_pair)
    target_incline_rad: float = 0.0
    incline_rad: float = 0.0


class Reins:
    """The panel's hold on the belts: told a set point, asked for speeds and incline.

    Its views are made once; looking up a field of a record takes longer than driving the belts.
    """

    def __init__(self, belts: Belts) -> None:
        self._belts = belts
        self._target_mps, self._ramp_mps2 = belts.target_mps, belts.ramp_mps2
        self._speed_mps = belts.speed_mps
        self._target_incline_rad = 0.0

    def ask(
        self,
        left_mps: float,
        right_mps: float,
        left_mps2: float,
        right_mps2: float,
        incline_rad: float,
    ) -> None:
        """Give the machine a set point; it keeps to its own limits."""
        target_mps, ramp_mps2 = self._target_mps, self._ramp_mps2
        target_mps[0] = min(max(left_mps, -MAX_SPEED_MPS), MAX_SPEED_MPS)
        target_mps[1] = min(max(right_mps, -MAX_SPEED_MPS), MAX_SPEED_MPS)
        ramp_mps2[0] = min(max(left_mps2, MIN_RAMP_MPS2), MAX_RAMP_MPS2)
        ramp_mps2[1] = min(max(right_mps2, MIN_RAMP_MPS2), MAX_RAMP_MPS2)
        if incline_rad != self._target_incline_rad:
            self._target_incline_rad = incline_rad
            self._belts.target_incline_rad = min(max(incline_rad, 0.0), MAX_INCLINE_RAD)

    def state(self) -> tuple[float, float, float]:
        """Return left and right surface speed, m/s, and incline, rad."""
        return self._speed_mps[0], self._speed_mps[1], self._belts.incline_rad


@compiled
def drive(belts: Belts, noise: Array, at: int, column: int) -> None:
    """Run both belts for a millisecond; row `at` of `noise`, from `column` on, shakes them."""
    for i in range(2):
        most_mps = belts.ramp_mps2[i] * DT_S
        change_mps = belts.target_mps[i] - belts.setpoint_mps[i]
        belts.setpoint_mps[i] += min(max(change_mps, -most_mps), most_mps)
        belts.accel_mps2[i] = (belts.setpoint_mps[i] - belts.drive_mps[i]) / LAG_S
        belts.drive_mps[i] += DT_S * belts.accel_mps2[i]
        if belts.target_mps[i] == 0.0 and abs(belts.drive_mps[i]) < 1e-4:
            belts.drive_mps[i] = 0.0
        turned = belts.turned_frac[i] + DT_S * belts.drive_mps[i] / ROLLER_M
        belts.turned_frac[i] = turned - math.floor(turned)
        shake_frac = HUM_FRAC * math.sqrt(2 * HUM_S / DT_S) * noise[at, column + i]
        belts.hum_frac[i] += DT_S / HUM_S * (shake_frac - belts.hum_frac[i])
        ripple_frac = RIPPLE_FRAC * math.sin(2 * math.pi * belts.turned_frac[i])
        belts.speed_mps[i] = belts.drive_mps[i] * (1 + ripple_frac + belts.hum_frac[i])
    most_rad = INCLINE_RATE_RADPS * DT_S
    change_rad = belts.target_incline_rad - belts.incline_rad
    belts.incline_rad += min(max(change_rad, -most_rad), most_rad)
