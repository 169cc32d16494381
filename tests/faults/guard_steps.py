"""Random steps of the belts' guard: someone who walks, asks at random, and all that goes wrong.

Most of the time the belts follow with a lag and a person walks, so that every mode is visited;
then something is late, lost, wrong or pressed, for some ticks.
"""

from collections import Counter
from math import inf, nan

import numpy as np
from msgspec import structs
from safety.bench import LIMITS, SOMEONE, TICK_NS, Bench, ask
from safety.promises import PROMISES, Watch

from rehabsim.base.records import Wish
from rehabsim.safety.messages import GuardState

ASKS = ("arm", "start", "pause", "stop", "reset")
NEXT = {"locked": "reset", "idle": "arm", "armed": "start"}
LAG_SHARE = 0.05
"""Of the way to their set points that belts go in a tick."""

ODD_NS = (0, 1_000_000, 20_000_000, 90_000_000, -TICK_NS, 130_000_000)
NO_SPEEDS = (nan, inf, -inf, -1.0, 1e308)
LIMIT_AGES_S = {
    "wish_age_ns": LIMITS.max_wish_age_s,
    "belt_age_ns": LIMITS.max_belt_age_s,
    "plate_age_ns": LIMITS.max_plate_age_s,
    "operator_age_ns": LIMITS.max_operator_age_s,
    "display_age_ns": LIMITS.max_display_age_s,
    "harness_age_ns": LIMITS.max_harness_age_s,
}
ILLS = (
    {"plates": "exchanged"},
    {"is_emergency": True},
    {"hold": "its door is open"},
    {"platform_cause": "the platform is frozen"},
    {"is_armed": False},
    {"has_treadmill": False},
    {"belt": None},
    {"wish": None},
    {"belt": (nan, 0.5)},
    {"belt": (0.5, inf)},
    {"belt": (3.0, 0.0)},
    {"belt": (0.0, 0.0)},
    {"incline_rad": nan},
)
HOLDS = (
    {"plates": "stuck"},
    {"plates": "saturated"},
    {"operator_age_ns": 1_500_000_000},
    {"display_age_ns": 400_000_000},
    {"harness_age_ns": 250_000_000},
)
PEOPLE = (
    {"load_n": 0.0},
    {"load_n": 300.0, "harness_n": 400.0},
    {"cop_x_m": -0.7},
    {"cop_y_m": 0.61, "load_n": 300.0},
    {"mean_load_n": 1000.0},
    {"mean_load_n": 300.0},
    {"harness_n": nan},
    {"harness_n": 0.0},
    {"body_weight_n": nan},
    {"stated_n": 900.0},
    {"load_n": nan, "cop_x_m": nan},
    {"is_expected": False},
    {"is_expected": False, "load_n": 0.0},
)


class Stroll:
    """A guard, belts that lag, and what happens to them.

    Args:
        seed: Of all that is random.
    """

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.visits: Counter[str] = Counter()
        self.acts: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()
        self.step_count = self.ask_count = 0
        self.wish = Wish(0.3, 0.3)
        self.ill: dict = {}
        self.ill_ticks = self.wish_ticks = 0
        self.restart()

    def restart(self) -> None:
        """Start the system anew, with belts at rest."""
        self.bench = Bench(state=GuardState(t_ns=0))
        self.watch = Watch(LIMITS)
        self.belt = (0.0, 0.0)

    def steps(self, count: int) -> None:
        """Take `count` steps."""
        while self.step_count < count:
            self.step()
            state = self.bench.state
            if state.mode == "locked" and state.needs_restart and self.chance(0.02):
                self.acts["restarts"] += 1
                self.restart()

    def chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def pick(self, choices):
        return choices[int(self.random.integers(len(choices)))]

    def between(self, least: float, most: float) -> float:
        return float(self.random.uniform(least, most))

    def step(self) -> None:
        """Let one tick pass."""
        bench, before = self.bench, self.bench.state
        self.change()
        dt_ns = self.pick(ODD_NS) if self.chance(0.01) else TICK_NS
        asks = [ask(name, id=str(i)) for i, name in enumerate(self.names(before.mode))]
        spoilt = {"wish": self.wish, "belt": self.belt} | self.ill
        self.step_count += 1
        self.ask_count += len(asks)
        try:
            decision = bench.tick(*asks, dt_ns=dt_ns, **spoilt)
        except Exception:
            self.broken["raised"] += 1
            self.restart()
            return
        self.watch.look(before, bench.given.pop(), decision)
        bench.decisions.clear()
        self.broken.update(self.watch.broken)
        self.watch.broken.clear()
        self.belt = tuple(
            now + LAG_SHARE * (to - now) for now, to in zip(self.belt, bench.belt, strict=True)
        )
        mode = decision.state.mode
        self.visits[mode] += 1
        if mode != before.mode:
            self.acts[mode] += 1

    def names(self, mode: str) -> list[str]:
        """Return what is asked now: the right thing, anything, several things, or nothing."""
        if self.chance(0.05):
            return [NEXT[mode]] if mode in NEXT else []
        if self.chance(0.0008):
            return [self.pick(ASKS)]
        if self.chance(0.0004):
            return [self.pick(ASKS) for _ in range(int(self.random.integers(2, 7)))]
        return []

    def change(self) -> None:
        """Let wishes and ills begin and end."""
        self.wish_ticks -= 1
        if self.wish_ticks < 0:
            self.wish, self.wish_ticks = self.next_wish()
        self.ill_ticks -= 1
        if self.ill_ticks < 0:
            self.ill, self.ill_ticks = self.next_ill()

    def next_wish(self) -> tuple[Wish, int]:
        """Return a wish, and for how many ticks it is wished."""
        draw, random = self.random.random(), self.random
        base_mps = self.wish.left_speed_mps if self.wish.left_speed_mps < 2.5 else 0.5
        if draw < 0.02:
            speeds_mps = [self.pick(NO_SPEEDS), base_mps]
            random.shuffle(speeds_mps)
            return Wish(*speeds_mps, self.pick((0.0, 0.0, nan, -0.1))), 0
        if draw < (0.4 if self.bench.state.mode == "running" else 0.1):
            change_mps = self.between(-0.9, 0.9)
            wish = Wish(max(base_mps + change_mps, 0.0), base_mps, is_perturbation=True)
            return wish, int(random.integers(1, 250))
        if draw < 0.50:
            return Wish(self.between(0, 3), self.between(0, 3), self.between(0, 0.2)), 30
        base_mps = self.between(0.05, self.pick((0.2, 0.3, 0.8, 2.2)))
        split_mps = self.between(-0.1, 0.1) if self.chance(0.3) else 0.0
        wish = Wish(base_mps, max(base_mps + split_mps, 0.0), self.between(0.0, 0.15))
        return wish, int(random.integers(50, 900))

    def next_ill(self) -> tuple[dict, int]:
        """Return what is wrong, and for how many ticks; mostly nothing, for long."""
        draw, random = self.random.random(), self.random
        if self.ill or draw < 0.3:
            return {}, int(random.integers(50, 1200))
        if draw < 0.45:
            return dict(self.pick(HOLDS)), int(random.integers(1, 600))
        if draw < 0.75:
            field = self.pick(tuple(LIMIT_AGES_S))
            age_s = LIMIT_AGES_S[field] * self.between(0.5, 1.01 if draw < 0.65 else 3.0)
            age_s = -0.03 if draw < 0.47 else age_s
            return {field: round(1e9 * age_s)}, int(random.integers(1, 500))
        if draw < 0.9:
            return dict(self.pick(ILLS)), int(random.integers(1, 60))
        person = structs.replace(SOMEONE, **self.pick(PEOPLE))
        return {"person": person}, int(random.integers(1, 100))


def stroll(count: int, seed: int) -> Stroll:
    """Return what `count` random steps brought to light."""
    walk = Stroll(seed)
    walk.steps(count)
    assert set(walk.broken) <= {*PROMISES, "raised"}
    return walk
