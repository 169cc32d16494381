"""When a leg will be at a phase of its stride. Pure."""

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from math import nan
from statistics import fmean, median, pstdev

from rehabsim.base.records import Gait, Side
from rehabsim.training.pulse import SIDES

NS = 1_000_000_000
STRIDE_COUNT = 5
"""Strides whose median is the stride time."""

MAX_SPREAD_FRAC = 0.1
"""SD of those over their mean: of someone less regular nobody knows the next stride."""


class StrideClock:
    """When each foot landed, and when it will be at a phase of its stride.

    Attributes:
        count: Left heel strikes so far.
    """

    def __init__(self) -> None:
        self._strikes_ns: dict[Side, deque[int]] = {
            side: deque(maxlen=STRIDE_COUNT + 1) for side in SIDES
        }
        self.count = 0

    def feed(self, gait: Gait) -> None:
        """Take what is known now."""
        for side, strike_ns in zip(SIDES, (gait.left_strike_ns, gait.right_strike_ns), strict=True):
            strikes = self._strikes_ns[side]
            if strike_ns > (strikes[-1] if strikes else 0):
                strikes.append(strike_ns)
                self.count += side == "left"

    def strikes_ns(self, side: Side) -> Sequence[int]:
        """Return the last heel strikes of one foot."""
        return tuple(self._strikes_ns[side])

    def stride_s(self, side: Side) -> float:
        """Return the stride time; NaN of someone who is not regular or has not walked enough."""
        strikes = self._strikes_ns[side]
        if len(strikes) <= STRIDE_COUNT:
            return nan
        times_s = [(b - a) / NS for a, b in pairwise(strikes)]
        return median(times_s) if pstdev(times_s) <= MAX_SPREAD_FRAC * fmean(times_s) else nan

    def next_ns(self, side: Side, phase: float, after_ns: int) -> int | None:
        """Return when a leg will be at a phase for the first time after an instant, if known."""
        stride_s = self.stride_s(side)
        if not stride_s > 0:
            return None
        stride_ns = stride_s * NS
        first_ns = self._strikes_ns[side][-1] + phase * stride_ns
        whole = max(0, -int((first_ns - after_ns) // stride_ns))
        # A foot that should have landed long ago tells nothing of the stride after.
        return round(first_ns + whole * stride_ns) if whole <= 1 else None
