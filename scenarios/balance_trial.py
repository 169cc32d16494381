"""What a trial of a standing test is made of: its stages, its recording, and who judges it."""

from abc import ABC, abstractmethod
from array import array
from enum import IntEnum
from math import asin, isfinite, nan
from typing import Literal, NamedTuple

import numpy as np
from scipy.signal import butter

from rehabsim.base.records import PlatformWish, Pose, State, Wish
from rehabsim.gait.frames import Doubles
from rehabsim.gait.stability_limits import GRAVITY_HZ, PIVOT_HEIGHT_FRAC, centre_of_gravity
from rehabsim.training.scenario import Try
from scenarios.balance_params import BalanceParams

RATE_HZ = 250.0
REST = Wish(0.0, 0.0)
Place = tuple[float, float]
NOWHERE: Place = (nan, nan)

MAX_GAP_S = 0.1
"""Forces that are missing for longer leave a trial without a result."""


class Phase(IntEnum):
    """What the person should do now; its number is what a display is told."""

    WAIT = 0
    """Nothing: belts have not been started, or were stopped."""
    MIDDLE = 1
    """Step to the middle of the belts."""
    STILL = 2
    """Stand still: where someone stands is being found out."""
    HOME = 3
    """Bring the centre of gravity back over its own middle."""
    READY = 4
    """Wait for the signal."""
    GO = 5
    """The trial itself."""
    RECALL = 6
    """Find the same lean again, without the picture."""
    REST = 7
    """The trial is over."""
    DONE = 8
    """The test is over."""


class Stage(NamedTuple):
    """A part of a trial.

    Attributes:
        phase: What to do.
        lasts_s: How long.
        held_s: Ends sooner, once the centre of gravity was so long where it should be; 0 does not.
        aim: Where it should be.
        is_aim_shown: The display shows where that is.
        is_cog_shown: The display shows where it is.
        is_blind: Eyes closed.
        has_surround: What is seen sways along.
        has_floor: The platform sways along.
        is_push: The load comes as this stage begins.
    """

    phase: Phase
    lasts_s: float
    held_s: float = 0.0
    aim: Literal["none", "home", "goal"] = "none"
    is_aim_shown: bool = False
    is_cog_shown: bool = False
    is_blind: bool = False
    has_surround: bool = False
    has_floor: bool = False
    is_push: bool = False


class Verdict(NamedTuple):
    """What came of a trial.

    Attributes:
        text: After "Trial 3 of 8: "; one clause.
        values: Its measures; what is not known is left out.
        task: For whoever adapts the difficulty.
    """

    text: str
    values: dict[str, float]
    task: Try


class Recording:
    """One trial, sampled at `RATE_HZ`: missed ticks are filled evenly, short gaps are held.

    Attributes:
        home_m: Middle of who stands still.
        nearest_m: Least distance from the goal while it was aimed at; NaN before.
        is_torn: The plates were silent for too long.
    """

    COLUMNS = ("cop_x_m", "cop_y_m", "com_x_m", "com_y_m", "share", "way_m", "belt_mps")

    def __init__(self, home_m: Place) -> None:
        self.home_m = home_m
        self._values = array("d")
        self._last = [nan] * len(self.COLUMNS)
        self._gap_count = 0
        self._spans: dict[Phase, tuple[int, int]] = {}
        self.nearest_m = nan
        self.is_torn = False

    def __len__(self) -> int:
        return len(self._values) // len(self.COLUMNS)

    def add(self, state: State, phase: Phase) -> None:
        """Take in one tick of a stage."""
        g = state.gait
        load_n = g.left_fz_n + g.right_fz_n
        share = g.left_fz_n / load_n if load_n > 0 else nan
        way_m = 0.5 * (state.left_distance_m + state.right_distance_m)
        now = [g.cop_x_m, g.cop_y_m, g.com_x_m, g.com_y_m, share, way_m, state.belt.left_speed_mps]
        is_here = isfinite(g.cop_x_m) and isfinite(g.cop_y_m)
        self._gap_count = 0 if is_here else self._gap_count + 1
        self.is_torn = self.is_torn or self._gap_count > MAX_GAP_S * RATE_HZ
        if not is_here:
            now[:2] = self._last[:2]
        before = len(self)
        count = max(round(state.dt_s * RATE_HZ), 1) if len(self) else 1
        for part in range(1, count):
            pairs = zip(self._last, now, strict=True)
            self._values.extend([a + (b - a) * part / count for a, b in pairs])
        self._values.extend(now)
        self._last = now
        start, end = self._spans.get(phase, (-1, -1))
        self._spans[phase] = (start if end == before else before, len(self))

    def span(self, phase: Phase) -> tuple[int, int]:
        """Return the first sample of a stage and the one behind it; the last where it is twice."""
        return self._spans[phase]

    def column(self, name: str) -> Doubles:
        """Return (n,) of one column."""
        return self._table()[:, self.COLUMNS.index(name)]

    def cop_m(self, every: int = 1) -> Doubles:
        """Return (n, 2) centre of pressure, frame lab, each the mean of so many samples."""
        return _means(self._table()[:, :2], every)

    def cog_m(self, every: int = 1) -> Doubles:
        """Return (n, 2) centre of gravity, frame lab, low-passed at 0.85 Hz both ways.

        From the forces where the plates measure shear, else from the centre of pressure, which in
        quick leans says up to a tenth of the way too much.
        """
        return centre_of_gravity(_means(self.place_m(), every), RATE_HZ / every)

    def place_m(self) -> Doubles:
        """Return (n, 2) what the centre of gravity is made from: good for means."""
        com_m = self._table()[:, 2:4]
        return com_m if np.isfinite(com_m).all() else self._table()[:, :2]

    def _table(self) -> Doubles:
        return np.array(self._values).reshape(-1, len(self.COLUMNS))


def _means(values: Doubles, every: int) -> Doubles:
    whole = values[: len(values) // every * every]
    return np.asarray(whole.reshape(-1, every, values.shape[1]).mean(axis=1))


class Exam(ABC):
    """One of the tests: which trials it has, and what comes of them.

    Attributes:
        ends_with_step: Whoever steps has failed the trial.
        sets_up_each: Before each trial it is found out anew where someone stands.
        trial_count: In all.
    """

    ends_with_step: bool
    sets_up_each: bool
    trial_count: int

    @abstractmethod
    def stages(self, index: int, params: BalanceParams) -> tuple[Stage, ...]:
        """Return the stages of a trial."""

    def goal_m(self, index: int, params: BalanceParams, home_m: Place) -> Place:
        """Return where the centre of gravity should go; nowhere, unless a test says so."""
        return NOWHERE

    def radius_m(self, params: BalanceParams) -> float:
        """Return from how near it is there: that of the ring."""
        return params.target_radius_m

    def feel(self, state: State) -> None:  # noqa: B027, few tests need it
        """Learn from a tick, in every stage while the belts may move; nothing, usually."""

    def push(self, index: int, t_s: float, params: BalanceParams) -> tuple[Wish, PlatformWish]:
        """Return the load, `t_s` after it began; none, usually."""
        return REST, PlatformWish(Pose())

    @abstractmethod
    def judge(self, index: int, recording: Recording, params: BalanceParams) -> Verdict:
        """Return what came of a trial; raises ValueError where it cannot be measured."""

    def fail(self, index: int) -> None:  # noqa: B027, few tests need it
        """Take note of a trial that ended with a fall or a step; usually it is left out."""

    @abstractmethod
    def summary(self, params: BalanceParams) -> tuple[str, dict[str, float]]:
        """Return what came of the test, as a sentence and its measures."""


class Gravity:
    """Where the centre of gravity is now: from the forces, else from the pressure, which is late.

    Attributes:
        place_m: x and y, frame lab; NaN before the first forces.
    """

    def __init__(self) -> None:
        self.place_m: Place = NOWHERE
        numerator, denominator = butter(2, GRAVITY_HZ, fs=RATE_HZ)
        self._b = [float(b) for b in numerator]
        self._a = [float(a) for a in denominator]
        self._slow = [_Slow(self._b, self._a), _Slow(self._b, self._a)]

    def feel(self, state: State) -> None:
        """Take in one tick."""
        g = state.gait
        slow = tuple(f.step(x_m) for f, x_m in zip(self._slow, (g.cop_x_m, g.cop_y_m), strict=True))
        has_com = isfinite(g.com_x_m) and isfinite(g.com_y_m)
        self.place_m = (g.com_x_m, g.com_y_m) if has_com else (slow[0], slow[1])


class _Slow:
    """A second-order filter, sample by sample; it starts at rest on the first one."""

    def __init__(self, b: list[float], a: list[float]) -> None:
        self._b, self._a = b, a
        self._state: tuple[float, float] | None = None
        self._value = nan

    def step(self, x: float) -> float:
        if not isfinite(x):
            return self._value
        b, a = self._b, self._a
        if self._state is None:
            self._state = (x * (1 - b[0]), x * (b[2] - a[2]))
        one, two = self._state
        y = b[0] * x + one
        self._state = (b[1] * x - a[1] * y + two, b[2] * x - a[2] * y)
        self._value = y
        return y


def lean_rad(ahead_m: float, body_height_m: float) -> float:
    """Return the lean about the ankles that brings the centre of gravity so far; NaN stays."""
    part = ahead_m / (PIVOT_HEIGHT_FRAC * body_height_m)
    return asin(min(max(part, -1.0), 1.0)) if isfinite(part) else nan


def known(values: dict[str, float]) -> dict[str, float]:
    """Return the values that are numbers."""
    return {name: float(value) for name, value in values.items() if isfinite(value)}
