"""How the load is shared between the plates."""

from collections.abc import Sequence
from math import nan

from rehabsim.base.records import Side
from rehabsim.gait.forces import PERSON_N

SHARE_TIME_S = 0.5
"""Smoothing of the load share while nobody walks."""

WALKING_S = 2.5
"""A landing keeps the share that of strides for so long."""


class LoadShare:
    """How much of the vertical force the left plate carries.

    While walking the share is the mean over the last whole stride, renewed at every step, so
    that it does not swing with each foot. While standing it is a smoothed present value.

    Attributes:
        left_frac: The share; NaN before anyone has stood there.
    """

    def __init__(self) -> None:
        self.left_frac = nan
        self._marks: dict[Side, tuple[float, float]] = {}
        self._from = self._until = -1.0

    def feed(
        self, first: int, left_n: Sequence[float], right_n: Sequence[float], dt_s: float
    ) -> None:
        """Take the vertical forces of frames from number `first` on."""
        if self._from <= first and first + len(left_n) <= self._until:
            return
        gain = dt_s / SHARE_TIME_S
        for frame, (one_n, two_n) in enumerate(zip(left_n, right_n, strict=True), first):
            total_n = one_n + two_n
            if self._from <= frame < self._until or not total_n > PERSON_N:
                continue
            share = min(max(one_n / total_n, 0.0), 1.0)
            if self.left_frac != self.left_frac:
                self.left_frac = share
            self.left_frac += gain * (share - self.left_frac)

    def land(self, side: Side, frame: int, left_ns: float, right_ns: float, dt_s: float) -> None:
        """Take a heel strike: a stride of that side ends, another begins.

        Args:
            side: Whose.
            frame: Number of the frame at which it is known.
            left_ns: Impulse on the left plate since the start.
            right_ns: The same on the right.
            dt_s: Time between frames.
        """
        if frame >= self._until:
            self._from = frame
            self._marks.clear()
        self._until = frame + WALKING_S / dt_s
        begun = self._marks.get(side)
        total_ns = left_ns + right_ns
        if begun is not None and total_ns > begun[1]:
            self.left_frac = min(max((left_ns - begun[0]) / (total_ns - begun[1]), 0.0), 1.0)
        self._marks[side] = (left_ns, total_ns)
