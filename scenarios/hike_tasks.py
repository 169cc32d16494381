"""Where to put the feet: lines to land on and obstacles to step over, judged by plates. Pure.

Of an obstacle plates cannot tell whether it was touched or cleared: they do not see a foot in the
air. What is judged is that neither foot landed on it and that both were in the air for longer than
usual, as feet are that are lifted. A camera may see more; then judge with that.
"""

from math import ceil, isfinite, nan
from typing import NamedTuple

import numpy as np

from rehabsim.base.records import Event, Side, State
from rehabsim.training.scenario import Try
from scenarios.hike_feet import Feet, Footfall

AHEAD_M = 4.0
"""At least so far ahead something appears."""

GONE_M = 1.5
"""So far behind mid-belt, it is over whatever was seen of it."""

HALF_FOOT_M = 0.1
"""A foot with its middle so near to an edge is on it."""

PLAIN_M = 0.15
"""People with shorter steps are given nothing to aim at."""

EARLY, LATE = 0.7, 1.3
"""Times between tasks vary by these parts of their mean."""


class Rules(NamedTuple):
    """What of the scenario's parameters is about tasks, as it is now; see there."""

    targets_per_min: float
    target_tolerance_m: float
    target_shift_m: float
    obstacles_per_min: float
    obstacle_depth_m: float
    obstacle_lift_frac: float


class Verdict(NamedTuple):
    """How a task ended; `attempt` is None where plates could not tell."""

    attempt: Try | None
    text: str
    values: dict[str, float]


class Target:
    """A line across the path for one foot.

    Args:
        place_m: Of the line, in metres of belt from the start.
        side: Which foot.
    """

    def __init__(self, place_m: float, side: Side) -> None:
        self.place_m, self.side = place_m, side
        self._nearest_m = nan
        self._is_unseen = False

    def judge(self, fall: Footfall, tolerance_m: float) -> Verdict | None:
        """Return the verdict once this landing ends the task."""
        miss_m = fall.place_m - self.place_m
        if fall.side != self.side:
            if not abs(miss_m) <= tolerance_m:
                return None
            text = f"The {fall.side} foot on the line for the {self.side} one."
            return Verdict(Try(is_success=False), text, {"miss_m": miss_m})
        if not isfinite(miss_m):
            self._is_unseen = True
            return None
        if not abs(miss_m) >= abs(self._nearest_m):
            self._nearest_m = miss_m
        if miss_m < -tolerance_m:
            return None
        nearest_m = self._nearest_m
        is_success = abs(nearest_m) <= tolerance_m
        if not is_success and self._is_unseen:
            return UNSEEN
        where = "on" if is_success else "beyond" if nearest_m > 0 else "before"
        text = f"{self.side.capitalize()} foot {abs(100 * nearest_m):.0f} cm off: {where} the line."
        attempt = Try(is_success, abs(nearest_m) / tolerance_m)
        return Verdict(attempt, text, {"miss_m": nearest_m})

    @property
    def end_m(self) -> float:
        """Where it ends."""
        return self.place_m


class Obstacle:
    """A log across the path.

    Args:
        place_m: Its near edge, in metres of belt from the start.
        depth_m: Along the path.
        usual_swing_s: How long a foot is in the air without it.
    """

    def __init__(self, place_m: float, depth_m: float, usual_swing_s: float) -> None:
        self.place_m, self.depth_m = place_m, depth_m
        self._usual_swing_s = usual_swing_s
        self._lifts: dict[Side, float] = {}
        self._unseen: set[Side] = set()

    @property
    def end_m(self) -> float:
        """Where it ends."""
        return self.place_m + self.depth_m

    def judge(self, fall: Footfall, lift_frac: float) -> Verdict | None:
        """Return the verdict once this landing ends the task."""
        if not isfinite(fall.place_m):
            self._unseen.add(fall.side)
            return None
        if fall.place_m <= self.place_m - HALF_FOOT_M:
            self._unseen.discard(fall.side)
            return None
        if fall.place_m < self.end_m + HALF_FOOT_M:
            text = f"The {fall.side} foot landed on the obstacle."
            return Verdict(Try(is_success=False), text, {"over_m": fall.place_m - self.place_m})
        if fall.side not in self._lifts and fall.side in self._unseen:
            return UNSEEN
        self._lifts.setdefault(fall.side, fall.swing_s / self._usual_swing_s - 1.0)
        if len(self._lifts) < 2:
            return None
        lift = min(self._lifts.values(), key=lambda value: value if isfinite(value) else -9.0)
        if lift_frac > 0 and not isfinite(lift):
            return UNSEEN
        is_success = lift_frac == 0 or lift >= lift_frac
        error = max(2.0 - lift / lift_frac, 0.0) if lift_frac > 0 else nan
        how = "Stepped over" if is_success else "Too flat over"
        text = f"{how} the obstacle: {100 * lift:+.0f} % longer in the air than usual."
        return Verdict(Try(is_success, error), text, {"lift_frac": lift})


UNSEEN = Verdict(None, "The plates did not see where the feet landed: not counted.", {})


class Tasks:
    """Puts tasks on the path, one at a time, and judges them.

    Args:
        seed: Of when and where.

    Attributes:
        target: The line that is on the path now.
        obstacle: The obstacle that is on the path now.
        hit_count: Tasks done.
        miss_count: Tasks not done.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.Generator(np.random.PCG64([seed, 0x7461736B]))
        self.target: Target | None = None
        self.obstacle: Obstacle | None = None
        self.hit_count = self.miss_count = 0
        self._parts = [0.0, 0.0]
        self._dues = [self._wait(), self._wait()]

    def step(
        self, state: State, feet: Feet, falls: list[Footfall], rules: Rules, *, is_open: bool
    ) -> tuple[tuple[Try, ...], tuple[Event, ...]]:
        """Return how tasks ended in this tick, and what to tell of it.

        Args:
            state: Of this tick.
            feet: As known after this tick.
            falls: Landings of this tick.
            rules: As they are now.
            is_open: The belts run, and a task may begin here.
        """
        if is_open:
            self._parts[0] += state.dt_s * rules.targets_per_min / 60.0
            self._parts[1] += state.dt_s * rules.obstacles_per_min / 60.0
        verdicts = self._judge(state, falls, rules)
        if is_open and falls and self.target is None and self.obstacle is None:
            self._begin(feet, falls[-1], rules)
        for verdict in verdicts:
            if verdict.attempt is not None:
                self.hit_count += verdict.attempt.is_success
                self.miss_count += not verdict.attempt.is_success
        tries = tuple(v.attempt for v in verdicts if v.attempt is not None)
        return tries, tuple(
            Event(state.t_ns, "foot", "scenario", "none", v.text, v.values) for v in verdicts
        )

    def _judge(self, state: State, falls: list[Footfall], rules: Rules) -> list[Verdict]:
        found = []
        for fall in falls:
            verdict = None
            if self.target is not None:
                verdict = self.target.judge(fall, rules.target_tolerance_m)
            elif self.obstacle is not None:
                verdict = self.obstacle.judge(fall, rules.obstacle_lift_frac)
            if verdict is not None:
                found.append(verdict)
                self.target = self.obstacle = None
        there = self.target or self.obstacle
        if there is not None:
            belt_m = 0.5 * (state.left_distance_m + state.right_distance_m)
            if belt_m - there.end_m > GONE_M:
                self.target = self.obstacle = None
                found.append(UNSEEN)
        return found

    def _begin(self, feet: Feet, fall: Footfall, rules: Rules) -> None:
        """Put what is due where the feet would come, four metres and more ahead."""
        step_m = feet.usual_length_m
        if not step_m > PLAIN_M or not isfinite(fall.place_m):
            return
        strides = ceil(AHEAD_M / (2 * step_m))
        lands_m = fall.place_m + strides * 2 * step_m
        if self._is_due(0):
            shift_m = rules.target_shift_m * self._random.uniform(-1, 1)
            self.target = Target(lands_m + shift_m, fall.side)
        elif isfinite(feet.usual_swing_s) and self._is_due(1):
            near_m = lands_m + 0.5 * (step_m - rules.obstacle_depth_m)
            self.obstacle = Obstacle(near_m, rules.obstacle_depth_m, feet.usual_swing_s)

    def _is_due(self, index: int) -> bool:
        if self._parts[index] < self._dues[index]:
            return False
        self._parts[index] = 0.0
        self._dues[index] = self._wait()
        return True

    def _wait(self) -> float:
        return float(self._random.uniform(EARLY, LATE))
