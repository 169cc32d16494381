"""Somebody who trains while the difficulty follows them, without wires: long visits in seconds.

Scenario, knobs, and the rule that turns them are those of a session, as is the person with their
eyes; what the session would measure is taken from the truth, and the keeper is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import msgspec
import numpy as np

from rehabsim.base.config import check
from rehabsim.base.records import Event, State
from rehabsim.base.site import Session
from rehabsim.session.setup import ready_session
from rehabsim.session.tuning import Tuning
from rehabsim.training.adapt import Adapter
from rehabsim.training.adapt_params import AdaptParams
from rehabsim.training.scenario import Step
from rehabsim_sim.patients import patient
from rehabsim_sim.person import LEFT, Array
from rehabsim_sim.practice.learner import Learned, Learner
from rehabsim_sim.world import HEEL_STRIKE
from rehabsim_validation.effect_rig import Rig

FASTEST_MPS = 1.1
CHANGED: dict[str, dict[str, float]] = {
    "balance": {"round_count": 5},
    "drive": {"signs_per_min": 0.0},
    "hike": {"obstacles_per_min": 0.0},
}
"""What differs from the ready files: leans last as long as a visit, and nobody is asked for what
these people cannot see, signs and logs, of which missing them all would be told as too hard."""

SETTLED = 0.15
"""The level has settled once it stays so near to where it ends: within one step of the rule."""


@dataclass(frozen=True)
class Visit:
    """One session.

    Attributes:
        scenario: Of it.
        who: Name of a patient, who walks as fast as they like.
        seed: Of everything random.
        duration_s: Of it.
    """

    scenario: str
    who: str
    seed: int
    duration_s: float


class Course(NamedTuple):
    """How one visit went.

    Attributes:
        visit: Which.
        tries: Tasks that ended.
        late_tries: The same in the second half of the time.
        late_done: Of them done.
        first_level: Difficulty at the start; NaN where none follows.
        last_level: Difficulty at the end.
        changes: How often it was changed.
        settled_s: When it came near to where it ended, for good.
        has_fallen: The harness had to catch them, which ended the visit.
    """

    visit: Visit
    tries: int
    late_tries: int
    late_done: int
    first_level: float
    last_level: float
    changes: int
    settled_s: float
    has_fallen: bool

    @property
    def late_frac(self) -> float:
        """Success of the second half; NaN without a task."""
        return self.late_done / self.late_tries if self.late_tries else nan


def session_of(visit: Visit) -> Session:
    """Return the session of a visit: the ready file, this person, difficulty changing of itself."""
    ready = ready_session(visit.scenario)
    adapt = None if ready.adapt is None else {**ready.adapt, "is_automatic": True}
    speed_mps = min(patient(visit.who).preferred_speed_mps, FASTEST_MPS)
    return ready.model_copy(
        update={
            "patient": visit.who,
            "seed": visit.seed,
            "cruise_speed_mps": speed_mps if ready.cruise_speed_mps > 0 else 0.0,
            "adapt": adapt,
            "params": {**ready.params, **CHANGED.get(visit.scenario, {})},
        }
    )


class TrainingRig(Rig):
    """One person in one session whose difficulty follows them.

    Attributes:
        tries: When each task ended, s, and whether it was done.
        levels: When the difficulty was changed, s, and to what; the first is the start.
        events: All that was said of tasks and difficulty.
    """

    step_ms = 16

    def __init__(self, session: Session, seed: int) -> None:
        who = Learner(patient(session.patient or "healthy"), Learned())
        super().__init__(session, who, seed, is_learning=False, has_picture=True)
        self.tries: list[tuple[float, bool]] = []
        self.events: list[Event] = []
        params = None
        if session.adapt is not None:
            params = check(session.adapt, AdaptParams, where="bench: adapt")
        self._adapter = None if params is None else Adapter(params)
        assert self._scenario is not None
        self._tuning = Tuning(self._scenario, self._adapter)
        self.levels = [(0.0, nan if params is None else params.level)]
        self._lifted_ns = [0, 0]
        self._swing_s, self._length_m = [nan, nan], [nan, nan]

    def _answer(self, state: State) -> Step:
        """Turn what is to be turned, and let the scenario answer, as a session's tick does."""
        self._tuning.apply(state.t_ns, self.events)
        step = super()._answer(state)
        self._tuning.hear(state.t_ns, step.tries, self.events)
        self.events.extend(step.events)
        now_s = state.t_ns / 1e9
        self.tries += [(now_s, given.is_success) for given in step.tries]
        if self._adapter is not None and self._adapter.level != self.levels[-1][1]:
            self.levels.append((now_s, self._adapter.level))
        return step

    def _state(self, truth: Array) -> State:
        """Return what the session would tell, with how long and how wide each step was."""
        state = super()._state(truth)
        for at, side, kind, length_m, *_ in self.world.events.tolist():
            foot, at_ns = int(side), round(state.t_ns - 1e9 * state.dt_s + 1e6 * at)
            if kind == HEEL_STRIKE:
                self._swing_s[foot] = (at_ns - self._lifted_ns[foot]) / 1e9
                self._length_m[foot] = length_m
            else:
                self._lifted_ns[foot] = at_ns
        gait = msgspec.structs.replace(
            state.gait,
            left_swing_time_s=self._swing_s[LEFT],
            right_swing_time_s=self._swing_s[1 - LEFT],
            left_step_length_m=self._length_m[LEFT],
            right_step_length_m=self._length_m[1 - LEFT],
        )
        return msgspec.structs.replace(state, gait=gait)


def follow(visit: Visit) -> Course:
    """Live through one visit without wires."""
    session = session_of(visit)
    if visit.scenario == "boat":
        # There is no platform here to move, and reckoning what it would do takes half the time.
        session = session.model_copy(update={"params": {**session.params, "platform_gain": 0.0}})
    rig = TrainingRig(session, visit.seed)
    rig.live(visit.duration_s)
    return course(visit, rig.tries, rig.levels, has_fallen=rig.has_fallen)


def course(
    visit: Visit,
    tries: Sequence[tuple[float, bool]],
    levels: Sequence[tuple[float, float]],
    *,
    has_fallen: bool,
) -> Course:
    """Return how a visit went, from when tasks ended and the difficulty was changed, s."""
    late = [is_done for t_s, is_done in tries if t_s > visit.duration_s / 2]
    last = levels[-1][1]
    away = [i for i, (_, level) in enumerate(levels) if not abs(level - last) <= SETTLED]
    settled_s = levels[away[-1] + 1][0] if away and away[-1] + 1 < len(levels) else 0.0
    return Course(
        visit,
        len(tries),
        len(late),
        int(np.sum(late)),
        levels[0][1],
        last,
        len(levels) - 1,
        settled_s,
        has_fallen,
    )
