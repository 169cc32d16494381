"""The belts' mechanics: what a treadmill's motors make of a set point, whatever its protocol.

Source: the ramp is exact, as the makers state; the drive behind it is of second order, since a
Motek R-Mill attenuates from 2 Hz on (Moore 2015); speed varies with the rollers and with what
the feet do to it, by 1 % on a good treadmill and by 3.3 % on another (Sloot 2015).
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
DRIVE_RADPS, DRIVE_DAMPING = 2 * math.pi * 5.0, 0.8
LAG_S = 2 * DRIVE_DAMPING / DRIVE_RADPS
"""How late the belt is on a ramp."""

ROLLER_M = 0.32
RIPPLE_FRAC = 0.003
HUM_FRAC = 0.001
HUM_S = 0.02
GIVE_S = 0.08
"""Time constant with which a belt gives way to a foot, and comes back."""

COAST_MPS2 = 1.5
"""How fast belts come to rest without power, by friction and the brake."""

MAX_DISCREPANCY_MS = 50
"""How long the two channels of the emergency stop may differ while one is being opened."""


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
        speed_mps: Speed of the surface, with the ripple of its rollers and the feet on it.
        accel_mps2: Rate of change of the motor's speed.
        turned_frac: Angle of the drive roller, in turns.
        hum_frac: Random part of the speed.
        foot_n: Forward force of the ground on the feet on each belt; the belt feels the reaction.
        give_mps: What the feet add to the speed.
        give_mps_per_n: How much a lasting force adds; 6e-5 makes 1 % at a usual walk.
        target_incline_rad: Deck pitch asked for.
        incline_rad: Deck pitch, positive uphill.
        is_open: 1 where a channel of the emergency stop is open, a first.
        discrepant_ms: How long only one has been.
        is_cut: 1 once the emergency stop has cut the power, until it is reset.
    """

    target_mps: MutableSequence[float] = field(default_factory=_pair)
    ramp_mps2: MutableSequence[float] = field(default_factory=lambda: _pair(0.25, 0.25))
    setpoint_mps: MutableSequence[float] = field(default_factory=_pair)
    drive_mps: MutableSequence[float] = field(default_factory=_pair)
    speed_mps: MutableSequence[float] = field(default_factory=_pair)
    accel_mps2: MutableSequence[float] = field(default_factory=_pair)
    turned_frac: MutableSequence[float] = field(default_factory=_pair)
    hum_frac: MutableSequence[float] = field(default_factory=_pair)
    foot_n: MutableSequence[float] = field(default_factory=_pair)
    give_mps: MutableSequence[float] = field(default_factory=_pair)
    give_mps_per_n: float = 6e-5
    target_incline_rad: float = 0.0
    incline_rad: float = 0.0
    is_open: MutableSequence[float] = field(default_factory=_pair)
    discrepant_ms: int = 0
    is_cut: int = 0


class Reins:
    """The panel's hold on the belts: told a set point, asked for speeds and incline.

    Its views are made once; looking up a field of a record takes longer than driving the belts.
    """

    def __init__(self, belts: Belts) -> None:
        self._belts = belts
        self._target_mps, self._ramp_mps2 = belts.target_mps, belts.ramp_mps2
        self._speed_mps, self._is_open = belts.speed_mps, belts.is_open
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

    def open_stop(self, *, has_a: bool, has_b: bool) -> None:
        """Open or close the two channels of the emergency stop; a press opens both.

        Power is cut once both are open, or one for 50 ms, and stays so until `reset_stop`.
        """
        self._is_open[0], self._is_open[1] = float(has_a), float(has_b)

    def open_channels(self) -> tuple[bool, bool]:
        """Return which of the two channels are open."""
        return bool(self._is_open[0]), bool(self._is_open[1])

    def cut_power(self) -> None:
        """Take the power away, as the emergency stop does, until `reset_stop`."""
        self._belts.is_cut = 1

    def reset_stop(self) -> bool:
        """Give the power back; return whether the channels let it.

        The belts stay at rest until the next set point.
        """
        if self._is_open[0] or self._is_open[1]:
            return False
        self._target_mps[0] = self._target_mps[1] = 0.0
        self._belts.is_cut = 0
        return True

    def is_cut(self) -> bool:
        """Return whether the emergency stop holds the belts."""
        return bool(self._belts.is_cut)


@compiled
def drive(belts: Belts, noise: Array, at: int, column: int) -> None:
    """Run both belts for a millisecond; row `at` of `noise`, from `column` on, shakes them."""
    watch_stop(belts)
    for i in range(2):
        target_mps = 0.0 if belts.is_cut else belts.target_mps[i]
        most_mps = DT_S * (COAST_MPS2 if belts.is_cut else belts.ramp_mps2[i])
        change_mps = target_mps - belts.setpoint_mps[i]
        belts.setpoint_mps[i] += min(max(change_mps, -most_mps), most_mps)
        error_mps = belts.setpoint_mps[i] - belts.drive_mps[i]
        push = DRIVE_RADPS * error_mps - 2 * DRIVE_DAMPING * belts.accel_mps2[i]
        belts.accel_mps2[i] += DT_S * DRIVE_RADPS * push
        belts.drive_mps[i] += DT_S * belts.accel_mps2[i]
        if target_mps == 0.0 and abs(belts.drive_mps[i]) < 1e-4 and abs(error_mps) < 1e-3:
            belts.drive_mps[i] = 0.0
            belts.accel_mps2[i] = 0.0
        turned = belts.turned_frac[i] + DT_S * belts.drive_mps[i] / ROLLER_M
        belts.turned_frac[i] = turned - math.floor(turned)
        shake_frac = HUM_FRAC * math.sqrt(2 * HUM_S / DT_S) * noise[at, column + i]
        belts.hum_frac[i] += DT_S / HUM_S * (shake_frac - belts.hum_frac[i])
        ripple_frac = RIPPLE_FRAC * math.sin(2 * math.pi * belts.turned_frac[i])
        is_moving = min(abs(belts.drive_mps[i]) / 0.1, 1.0)
        lasting_mps = is_moving * belts.give_mps_per_n * belts.foot_n[i]
        belts.give_mps[i] += DT_S / GIVE_S * (lasting_mps - belts.give_mps[i])
        if belts.drive_mps[i] == 0.0:
            belts.give_mps[i] = 0.0
        turning_mps = belts.drive_mps[i] * (1 + ripple_frac + belts.hum_frac[i])
        belts.speed_mps[i] = turning_mps + belts.give_mps[i]
    most_rad = INCLINE_RATE_RADPS * DT_S
    change_rad = belts.target_incline_rad - belts.incline_rad
    belts.incline_rad += min(max(change_rad, -most_rad), most_rad)


@compiled
def watch_stop(belts: Belts) -> None:
    """Cut the power when the emergency stop says so, and latch it."""
    has_a, has_b = belts.is_open[0] != 0, belts.is_open[1] != 0
    belts.discrepant_ms = belts.discrepant_ms + 1 if has_a != has_b else 0
    if (has_a and has_b) or belts.discrepant_ms > MAX_DISCREPANCY_MS:
        belts.is_cut = 1
