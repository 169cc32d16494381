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
        """Return when a leg will be at a phase for the first time after an instant, if known.

        A foot that should have landed long ago tells nothing of the stride after.
        """
        stride_s = self.stride_s(side)
        if not stride_s > 0:
            return None
        stride_ns = stride_s * NS
        for landing_ns in (self._strikes_ns[side][-1], self._landing_ns(side, stride_ns)):
            at_ns = round(landing_ns + phase * stride_ns)
            if at_ns >= after_ns:
                return at_ns
        return None

    def _landing_ns(self, side: Side, stride_ns: float) -> float:
        """Return when a foot will land, by the other one where that has landed since.

        From there it is half as far, and known nearly twice as well.
        """
        mine = self._strikes_ns[side]
        others = self._strikes_ns[SIDES[side == "left"]]
        if not others or others[-1] < mine[-1]:
            return mine[-1] + stride_ns
        steps_ns = [
            strike_ns - max(before)
            for strike_ns in mine
            if (before := [other_ns for other_ns in others if other_ns < strike_ns])
        ]
        return others[-1] + median(steps_ns) if steps_ns else mine[-1] + stride_ns
