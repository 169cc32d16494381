"""What a driver is judged by: the lane, section by section, and signs to answer. Pure.

A sign shows a number and marks one half of the lane. If it is even the car is to move there, if it
is odd it is to stay. The answer is the car's, since a scenario hears nothing else from a person.
"""

from math import nan, sqrt
from typing import NamedTuple

import numpy as np

from rehabsim.base.records import Event, State
from rehabsim.training.scenario import Try

LANE, SIGN = "lane", "sign"
"""Kinds of tasks."""

SECTION_M = 100.0
MIN_PART = 0.5
"""A section of which less was measured is not judged."""

SIGN_AHEAD_M = 45.0
GOAL_FRAC = 0.12
"""Of the lane's width: so far from its middle the car is in the marked half."""

BACK_S = 4.0
"""After an answer the car may need so long to be back in the middle."""

STEERS_FRAC = 0.15
"""Of full wheel, towards the marked half: the driver has reacted."""

MIN_MPS = 1.0
"""Slower cars cannot answer."""

KNOWN_S = 20.0
"""Driven both with signs and without, before their difference is told."""

EARLY, LATE = 0.7, 1.3


class Car(NamedTuple):
    """What is judged, at one tick."""

    distance_m: float
    lateral_m: float
    speed_mps: float
    steer_frac: float
    lane_width_m: float


class Spread:
    """How far off the middle, over time."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._sum = 0.0

    def add(self, lateral_m: float, dt_s: float) -> None:
        """Take one tick."""
        self.seconds += dt_s
        self._sum += lateral_m * lateral_m * dt_s

    @property
    def rms_m(self) -> float:
        """Root mean square; NaN of nothing."""
        return sqrt(self._sum / self.seconds) if self.seconds > 0 else nan


class Sign:
    """A number over the road.

    Args:
        item: The number.
        side: 1 marks the left half of the lane, -1 the right one.
        place_m: Where it stands.
        t_ns: When it came up.
        steer_frac: Where the wheel was then.
    """

    def __init__(self, item: int, side: int, place_m: float, t_ns: int, steer_frac: float) -> None:
        self._steer_frac = steer_frac
        self.item, self.side, self.place_m, self.t_ns = item, side, place_m, t_ns
        self.is_target = item % 2 == 0
        self.reaction_s = nan
        self._nearest_m = -9.0

    def step(self, t_ns: int, car: Car, answer_s: float) -> Try | None:
        """Return how it ended, once it has."""
        since_s = (t_ns - self.t_ns) / 1e9
        goal_m = GOAL_FRAC * car.lane_width_m
        there_m = car.lateral_m * self.side
        self._nearest_m = max(self._nearest_m, there_m)
        turned = (car.steer_frac - self._steer_frac) * self.side
        if not self.reaction_s >= 0 and turned >= STEERS_FRAC:
            self.reaction_s = since_s
        if there_m >= goal_m:
            return Try(self.is_target, since_s / answer_s if self.is_target else nan, SIGN)
        if since_s < answer_s:
            return None
        if not self.is_target:
            return Try(is_success=True, task=SIGN)
        beyond = (goal_m - self._nearest_m) / goal_m
        return Try(is_success=False, error_frac=1.0 + beyond, task=SIGN)


class Signs:
    """Puts signs over the road and judges the answers.

    Args:
        seed: Of when and what.

    Attributes:
        sign: The one that is up.
        right_count: Answered as asked.
        wrong_count: Not so.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.Generator(np.random.PCG64([seed, 0x7369676E]))
        self.sign: Sign | None = None
        self.right_count = self.wrong_count = 0
        self._part, self._due = 0.0, self._wait()
        self._single, self._dual = Spread(), Spread()
        self._back_ns = 0

    @property
    def cost_frac(self) -> float:
        """Dual-task cost of keeping the lane: (single - dual) / single, NaN before both are known.

        Kept is what is left of half a lane after the root mean square deviation; dual is with an
        odd number up, single with none. Even ones, which ask to leave the middle, do not count.
        """
        if min(self._single.seconds, self._dual.seconds) < KNOWN_S:
            return nan
        single = 1.0 - self._single.rms_m
        return (single - (1.0 - self._dual.rms_m)) / single if single > 0 else nan

    def is_free(self, t_ns: int) -> bool:
        """Return whether the car should be in the middle of the lane."""
        is_even = self.sign is not None and self.sign.is_target
        return not is_even and t_ns >= self._back_ns

    def step(
        self, state: State, car: Car, per_min: float, answer_s: float, *, is_open: bool
    ) -> tuple[Try | None, Event | None]:
        """Return how a sign was answered in this tick.

        Args:
            state: Of this tick.
            car: Likewise.
            per_min: How many signs.
            answer_s: How long each waits.
            is_open: The road ahead is free; one may come up.
        """
        if self.is_free(state.t_ns) and car.speed_mps >= MIN_MPS:
            part = car.lateral_m / (0.5 * car.lane_width_m)
            (self._single if self.sign is None else self._dual).add(part, state.dt_s)
        if self.sign is None:
            if is_open and car.speed_mps >= MIN_MPS:
                self._part += per_min * state.dt_s / 60.0
                if self._part >= self._due and self.is_free(state.t_ns):
                    self._put_up(state.t_ns, car)
            return None, None
        if car.speed_mps < MIN_MPS:
            self._take_down(state.t_ns)
            return None, self._event(state, "Sign not answered: the car had to wait.", {})
        sign = self.sign
        attempt = sign.step(state.t_ns, car, answer_s)
        if attempt is None:
            return None, None
        self._take_down(state.t_ns if sign.is_target else state.t_ns - int(BACK_S * 1e9))
        self.right_count += attempt.is_success
        self.wrong_count += not attempt.is_success
        asked = "move" if sign.is_target else "stay"
        how = "right" if attempt.is_success else "wrong"
        text = f"Sign {sign.item}, {asked}: {how}."
        took_s = (state.t_ns - sign.t_ns) / 1e9
        values = {"item": float(sign.item), "reaction_s": sign.reaction_s, "answer_s": took_s}
        return attempt, self._event(state, text, values)

    def _put_up(self, t_ns: int, car: Car) -> None:
        """Mark the half of the lane in which the car is not."""
        self._part, self._due = 0.0, self._wait()
        side = 1 if self._random.random() < 0.5 else -1
        if abs(car.lateral_m) > 0.25 * GOAL_FRAC * car.lane_width_m:
            side = -1 if car.lateral_m > 0 else 1
        item = int(self._random.integers(1, 10))
        self.sign = Sign(item, side, car.distance_m + SIGN_AHEAD_M, t_ns, car.steer_frac)

    def _take_down(self, t_ns: int) -> None:
        self.sign = None
        self._back_ns = t_ns + int(BACK_S * 1e9)

    def _wait(self) -> float:
        return float(self._random.uniform(EARLY, LATE))

    def _event(self, state: State, text: str, values: dict[str, float]) -> Event:
        return Event(state.t_ns, "sign", "scenario", "none", text, values)


class LaneKeeping:
    """Judges each hundred metres of road."""

    def __init__(self) -> None:
        self._index = 0
        self._spread, self._total_s = Spread(), 0.0

    @property
    def rms_m(self) -> float:
        """Off the middle in this section so far; NaN before it was measured."""
        return self._spread.rms_m

    def step(
        self, state: State, car: Car, tolerance_m: float, *, counts: bool
    ) -> tuple[Try | None, Event | None]:
        """Return how a section was driven that ended in this tick; `counts` as of `is_free`."""
        index = int(car.distance_m // SECTION_M)
        found: tuple[Try | None, Event | None] = (None, None)
        if index != self._index:
            if self._spread.seconds >= MIN_PART * self._total_s > 0:
                found = self._judge(state, tolerance_m)
            self._index, self._spread, self._total_s = index, Spread(), 0.0
        if car.speed_mps >= MIN_MPS:
            self._total_s += state.dt_s
            if counts:
                self._spread.add(car.lateral_m, state.dt_s)
        return found

    def _judge(self, state: State, tolerance_m: float) -> tuple[Try, Event]:
        rms_m = self._spread.rms_m
        attempt = Try(rms_m <= tolerance_m, rms_m / tolerance_m, LANE)
        text = f"Section {self._index + 1}: {rms_m:.2f} m off the middle, {tolerance_m:g} allowed."
        return attempt, Event(state.t_ns, "section", "scenario", "none", text, {"rms_m": rms_m})


class Distractors:
    """Things beside the road that ask for nothing: a ball, someone who waves, a flashing board.

    Args:
        seed: Of when and what.

    Attributes:
        kind: 1 to 3, 0 where there is none.
        place_m: Along the road.
        side: 1 is to the left.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.Generator(np.random.PCG64([seed, 0x64697374]))
        self.kind, self.place_m, self.side = 0, nan, 1
        self._part, self._due = 0.0, float(self._random.uniform(EARLY, LATE))

    def step(self, car: Car, per_min: float, dt_s: float) -> None:
        """Let one appear ahead when it is time, and go once it is passed."""
        if self.kind:
            if car.distance_m > self.place_m + 5:
                self.kind, self.place_m = 0, nan
            return
        if car.speed_mps >= MIN_MPS:
            self._part += per_min * dt_s / 60.0
        if self._part >= self._due:
            self._part, self._due = 0.0, float(self._random.uniform(EARLY, LATE))
            self.kind = int(self._random.integers(1, 4))
            self.side = 1 if self._random.random() < 0.5 else -1
            self.place_m = car.distance_m + 35.0
