"""What belts really did in a perturbation, from what they report of themselves. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rehabsim.base.records import BeltSample

NS = 1_000_000_000
LOW_FRAC, HIGH_FRAC = 0.2, 0.8
"""Of the change: between these a belt's acceleration is measured, and its onset found by it."""

LEAST_FRAC = 0.3
"""Of what was asked: belts that changed less did not follow."""


class Achieved(NamedTuple):
    """What came of a pulse.

    Attributes:
        change_mps: Largest change of the belt's speed.
        accel_mps2: At which it began.
        onset_ns: When it began, on the session clock.
    """

    change_mps: float
    accel_mps2: float
    onset_ns: int


class BeltWatch:
    """Watches one belt from a little before a pulse to its end.

    Args:
        is_left: Which belt.
        base_mps: Its speed before.
    """

    def __init__(self, base_mps: float, *, is_left: bool) -> None:
        self._base_mps, self._is_left = base_mps, is_left
        self._t_ns: list[int] = []
        self._speeds_mps: list[float] = []

    def feed(self, belt: BeltSample) -> None:
        """Take the newest report, which may be the same as before."""
        if not self._t_ns or belt.t_ns > self._t_ns[-1]:
            self._t_ns.append(belt.t_ns)
            self._speeds_mps.append(belt.left_speed_mps if self._is_left else belt.right_speed_mps)

    def achieved(self, asked_mps: float) -> Achieved | None:
        """Return what the belt did; None where it did not follow.

        Args:
            asked_mps: Change that was asked for.
        """
        sign = 1.0 if asked_mps > 0 else -1.0
        moved_mps = sign * (np.array(self._speeds_mps) - self._base_mps)
        if not len(moved_mps) or not moved_mps.max() >= LEAST_FRAC * abs(asked_mps):
            return None
        most_mps = float(moved_mps.max())
        low_ns = self._crossing_ns(moved_mps, LOW_FRAC * most_mps)
        high_ns = self._crossing_ns(moved_mps, HIGH_FRAC * most_mps)
        between_s = max(high_ns - low_ns, 1.0) / NS
        accel_mps2 = (HIGH_FRAC - LOW_FRAC) * most_mps / between_s
        onset_ns = round(low_ns - NS * LOW_FRAC * most_mps / accel_mps2)
        return Achieved(sign * most_mps, sign * accel_mps2, onset_ns)

    def _crossing_ns(self, moved_mps: npt.NDArray[np.float64], level_mps: float) -> float:
        """Return when the belt first came to a level, between two reports."""
        last = int(np.argmax(moved_mps >= level_mps))
        if last == 0:
            return float(self._t_ns[0])
        a_mps, b_mps = moved_mps[last - 1], moved_mps[last]
        a_ns, b_ns = self._t_ns[last - 1], self._t_ns[last]
        return float(a_ns + (b_ns - a_ns) * (level_mps - a_mps) / (b_mps - a_mps))


def miss_s(onset_ns: int, strikes_ns: Sequence[int], phase: float, stride_s: float) -> float:
    """Return how late an onset was for a phase of the stride, in s; NaN without a heel strike.

    Args:
        onset_ns: When it was.
        strikes_ns: Heel strikes of the leg; the nearest that fits is the one that was meant.
        phase: Asked for.
        stride_s: Of that leg.
    """
    misses_s = [(onset_ns - strike_ns) / NS - phase * stride_s for strike_ns in strikes_ns]
    return min(misses_s, key=abs, default=float("nan"))
