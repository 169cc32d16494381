"""What belts and platform really did in a perturbation, as they report of themselves. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rehabsim.base.records import BeltSample, PlatformSample
from rehabsim.training.shove import Axis, Profile

NS = 1_000_000_000
LOW_FRAC, HIGH_FRAC = 0.2, 0.8
"""Of the change: between these a belt's acceleration is measured, and its onset found by it."""

LEAST_FRAC = 0.3
"""Of what was asked: who moved less did not follow."""

RATE_NS = 20_000_000
"""Over which the platform's speed is taken."""


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
        low_ns = _crossing_ns(self._t_ns, moved_mps, LOW_FRAC * most_mps)
        high_ns = _crossing_ns(self._t_ns, moved_mps, HIGH_FRAC * most_mps)
        between_s = max(high_ns - low_ns, 1.0) / NS
        accel_mps2 = (HIGH_FRAC - LOW_FRAC) * most_mps / between_s
        onset_ns = round(low_ns - NS * LOW_FRAC * most_mps / accel_mps2)
        return Achieved(sign * most_mps, sign * accel_mps2, onset_ns)


class Shoved(NamedTuple):
    """What came of a pulse of the platform.

    Attributes:
        size: How far it went, m or rad.
        rate: Its fastest, m/s or rad/s.
        onset_ns: When it began, on the session clock.
    """

    size: float
    rate: float
    onset_ns: int


class DeckWatch:
    """Watches one axis of the platform from a little before a pulse to its end.

    Args:
        axis: Of its pose.
        base: Where it was before.
    """

    def __init__(self, axis: Axis, base: float) -> None:
        self._axis, self._base = axis, base
        self._t_ns: list[int] = []
        self._places: list[float] = []

    def feed(self, sample: PlatformSample) -> None:
        """Take the newest report, which may be the same as before."""
        if not self._t_ns or sample.t_ns > self._t_ns[-1]:
            self._t_ns.append(sample.t_ns)
            self._places.append(getattr(sample.pose, self._axis))

    def achieved(self, way: Profile, sign: float) -> Shoved | None:
        """Return what the platform did; None where it did not follow.

        While it speeds up it has gone a quarter of a distance in half the time, so the time of
        both tells when it began.

        Args:
            way: That was asked for.
            sign: Of the way along the axis.
        """
        moved = sign * (np.array(self._places) - self._base)
        if not len(moved) or not moved.max() >= LEAST_FRAC * way.size:
            return None
        t_ns = np.array(self._t_ns)
        most = float(moved.max())
        level = min(way.rate**2 / (2 * way.accel), way.size / 2, most / 2)
        first_ns = _crossing_ns(self._t_ns, moved, level / 4)
        second_ns = _crossing_ns(self._t_ns, moved, level)
        later = np.searchsorted(t_ns, t_ns + RATE_NS)
        pairs = later < len(t_ns)
        gone = moved[later[pairs]] - moved[pairs]
        took_s = (t_ns[later[pairs]] - t_ns[pairs]) / NS
        return Shoved(most, float((gone / took_s).max()), round(2 * first_ns - second_ns))


def _crossing_ns(t_ns: Sequence[int], moved: npt.NDArray[np.float64], level: float) -> float:
    """Return when something first came to a level, between two reports."""
    last = int(np.argmax(moved >= level))
    if last == 0:
        return float(t_ns[0])
    a, b = moved[last - 1], moved[last]
    a_ns, b_ns = t_ns[last - 1], t_ns[last]
    return float(a_ns + (b_ns - a_ns) * (level - a) / (b - a))


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
