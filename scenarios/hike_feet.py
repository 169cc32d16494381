"""Where feet land on the path, by force plates alone. Pure.

A plate sees forces: where a foot presses, when it lands and lifts. It sees neither how high the
foot was on its way, nor its toes, nor what it would have touched.
"""

from collections import deque
from math import isfinite, nan
from statistics import median
from typing import NamedTuple

from rehabsim.base.records import Side, State

ALONE_FRAC = 0.05
"""A foot is alone on the ground while the other bears less than this part of its load."""

ENOUGH = 10
"""Ticks alone after which its place is known."""

WAIT_S = 0.5
"""So long after a landing its step length may become known."""

FORGET_S = 3.0
"""Without a landing for so long, what was usual is forgotten."""

USUAL_COUNT = 8
MIN_COUNT = 6
"""Steps whose median is the usual one, and how many of them must be known."""


class Footfall(NamedTuple):
    """One landing.

    Attributes:
        side: Whose foot.
        place_m: Of the foot's middle, in metres of belt from the start; NaN where not seen.
        length_m: Of the step that it ended; NaN likewise.
        swing_s: How long this foot was in the air before; NaN where not measured.
    """

    side: Side
    place_m: float
    length_m: float
    swing_s: float


class Sole:
    """One foot: where it stood alone last, and what is waited for."""

    def __init__(self) -> None:
        self.strike_ns = 0
        self.waits_since_ns: int | None = None
        self.sum_m, self.count = 0.0, 0

    @property
    def place_m(self) -> float:
        """Its middle, on its own belt: the mean centre of pressure while it stood alone."""
        return self.sum_m / self.count if self.count >= ENOUGH else nan


class Feet:
    """Follows both feet.

    A foot that lands is ahead of the other by its step length, and where the other one is, its
    centre of pressure has just told while it stood alone.
    """

    def __init__(self) -> None:
        self._soles: dict[Side, Sole] = {"left": Sole(), "right": Sole()}
        self._alone: Side | None = None
        self._lengths_m: deque[float] = deque(maxlen=USUAL_COUNT)
        self._swings_s: deque[float] = deque(maxlen=USUAL_COUNT)
        self._landed_ns = 0

    @property
    def usual_length_m(self) -> float:
        """Median step length; NaN before enough steps are known."""
        return median(self._lengths_m) if len(self._lengths_m) >= MIN_COUNT else nan

    @property
    def usual_swing_s(self) -> float:
        """Median swing time; NaN before enough are known."""
        return median(self._swings_s) if len(self._swings_s) >= MIN_COUNT else nan

    def step(self, state: State) -> list[Footfall]:
        """Return the landings that became known in this tick."""
        if state.t_ns - self._landed_ns > FORGET_S * 1e9:
            self._lengths_m.clear()
            self._swings_s.clear()
        self._stand(state)
        gait = state.gait
        found = [
            self._land(state, "left", "right", gait.left_strike_ns, gait.left_step_length_m),
            self._land(state, "right", "left", gait.right_strike_ns, gait.right_step_length_m),
        ]
        return [fall for fall in found if fall is not None]

    def _stand(self, state: State) -> None:
        gait = state.gait
        alone: Side | None = None
        if gait.right_fz_n < ALONE_FRAC * gait.left_fz_n:
            alone = "left"
        elif gait.left_fz_n < ALONE_FRAC * gait.right_fz_n:
            alone = "right"
        if alone is not None and isfinite(gait.cop_x_m):
            sole = self._soles[alone]
            if alone != self._alone:
                sole.sum_m, sole.count = 0.0, 0
                self._alone = alone
            sole.sum_m += gait.cop_x_m + _belt_m(state, alone)
            sole.count += 1

    def _land(
        self, state: State, side: Side, other: Side, strike_ns: int, length_m: float
    ) -> Footfall | None:
        sole = self._soles[side]
        if strike_ns > sole.strike_ns:
            sole.strike_ns, sole.waits_since_ns = strike_ns, state.t_ns
            self._landed_ns = state.t_ns
        if sole.waits_since_ns is None:
            return None
        is_late = state.t_ns - sole.waits_since_ns > WAIT_S * 1e9
        if not isfinite(length_m) and not is_late:
            return None
        sole.waits_since_ns = None
        gait = state.gait
        swing_s = gait.left_swing_time_s if side == "left" else gait.right_swing_time_s
        if isfinite(length_m):
            self._lengths_m.append(length_m)
        if isfinite(swing_s):
            self._swings_s.append(swing_s)
        middle_m = 0.5 * (state.left_distance_m + state.right_distance_m)
        behind_m = self._soles[other].place_m - _belt_m(state, other) + middle_m
        return Footfall(side, behind_m + length_m, length_m, swing_s)


def _belt_m(state: State, side: Side) -> float:
    return state.left_distance_m if side == "left" else state.right_distance_m
