"""Standing tests with published definitions: the belts rest, and a picture says what to do.

Trials run while the belts may move, so that harness, plates and the look-out for falls are in
force as they are in walking. Each trial ends with an event that holds its measures.
"""

from collections.abc import Callable
from math import hypot, isfinite, pi

import numpy as np

from rehabsim.base.records import MOVING, Event, PlatformWish, Pose, Record, State
from rehabsim.gait.stability_limits import limit_m
from rehabsim.training.scenario import Step, Try
from scenarios.balance_limits import LimitsOfStability
from scenarios.balance_params import BalanceParams
from scenarios.balance_reposition import Reposition
from scenarios.balance_sensory import SensoryOrganisation
from scenarios.balance_sudden import SuddenLoad
from scenarios.balance_symmetry import WeightSymmetry
from scenarios.balance_trial import (
    NOWHERE,
    REST,
    Exam,
    Gravity,
    Phase,
    Place,
    Recording,
    Stage,
    lean_rad,
)

EXAMS: dict[str, Callable[[BalanceParams, np.random.Generator], Exam]] = {
    "limits": LimitsOfStability,
    "sensory": SensoryOrganisation,
    "symmetry": WeightSymmetry,
    "reposition": Reposition,
    "sudden": SuddenLoad,
}
STILL_S, COUNTS_S = 3.0, 2.0
"""Standing still at the beginning, and its end, of which the mean is the person's middle."""

MIDDLE_M = 0.3
"""Nobody is tested who stands further from the middle of the belts."""

MIDDLE_S = 3.0
FALL_FRAC, FALL_S = 0.6, 0.2
"""Less of the body weight on the plates for so long is a fall."""

WAITING = Stage(Phase.WAIT, 0.0)
STANDING = Stage(Phase.STILL, STILL_S)
STEPPING = Stage(Phase.MIDDLE, MIDDLE_S)
ENDED = Stage(Phase.DONE, 0.0)


class Balance:
    """One standing test: leans, stands, holds or is pushed, trial by trial, and is told how."""

    name = "balance"
    Params = BalanceParams

    class Scene(Record, frozen=True, gc=False):
        """What is asked, and how far it is; places in the frame lab, NaN where there is none.

        Attributes:
            test: 0 limits, 1 sensory, 2 symmetry, 3 reposition, 4 sudden.
            phase: `Phase` of balance_trial.py.
            trial_number: From 1; 0 before the first.
            trial_count: In all.
            time_left_s: Of this phase.
            target_x_m: Where the centre of gravity should be, whether that is shown or not.
            target_y_m: The same, to the left.
            target_radius_m: From how near it is there.
            is_target_shown: The person may see where.
            cog_x_m: Where the centre of gravity is.
            cog_y_m: The same, to the left.
            is_cog_shown: The person may see where.
            is_held: It is where it should be.
            home_x_m: Its middle, standing still.
            home_y_m: The same, to the left.
            ahead_limit_m: How far it could lean forward.
            behind_limit_m: The same backward.
            aside_limit_m: The same to either side.
            is_blind: Eyes are to be closed.
            surround_pitch_rad: Turn of what is seen, positive forward, about the ankles.
            has_good_end: The last trial that ended was a success.
        """

        test: int
        phase: int
        trial_number: int
        trial_count: int
        time_left_s: float
        target_x_m: float
        target_y_m: float
        target_radius_m: float
        is_target_shown: bool
        cog_x_m: float
        cog_y_m: float
        is_cog_shown: bool
        is_held: bool
        home_x_m: float
        home_y_m: float
        ahead_limit_m: float
        behind_limit_m: float
        aside_limit_m: float
        is_blind: bool
        surround_pitch_rad: float
        has_good_end: bool

    def __init__(self, params: BalanceParams, seed: int) -> None:
        self.params = params
        self.perturbs = params.test == "sudden"
        random = np.random.Generator(np.random.PCG64([seed, 0x62616C]))
        self._exam = EXAMS[params.test](params, random)
        self._gravity = Gravity()
        self._index = 0
        self._stages: tuple[Stage, ...] = (WAITING,)
        self._at = 0
        self._since_ns = 0
        self._held_s = 0.0
        self._home_m: Place = NOWHERE
        self._standing: list[Place] = []
        self._recording: Recording | None = None
        self._step_count = 0
        self._light_s = 0.0
        self._has_good_end = False

    def step(self, state: State) -> Step:
        """Go on with the test while the belts may move; begin a trial anew where they stopped."""
        events: list[Event] = []
        tries: list[Try] = []
        self._gravity.feel(state)
        is_on = state.mode in MOVING
        phase = self._stage.phase
        if not is_on and phase not in (Phase.WAIT, Phase.DONE):
            self._break_off(state, events)
        elif is_on and phase == Phase.WAIT:
            self._enter(state, (STANDING,))
        if is_on and phase != Phase.DONE:
            self._exam.feel(state)
            self._go_on(state, events, tries)
        wish, platform = REST, PlatformWish(Pose())
        stage, t_s = self._stage, self._in_stage_s(state)
        if is_on and stage.is_push:
            wish, platform = self._exam.push(self._index, t_s, self.params)
        if is_on and stage.has_floor:
            # The front goes down as the person leans forward, so that the ankles feel nothing.
            turn_rad = self.params.floor_gain * self._lean_rad()
            platform = PlatformWish(Pose(pitch_rad=-turn_rad if isfinite(turn_rad) else 0.0))
        return Step(
            wish,
            self._scene(state),
            tuple(events),
            platform if self.params.has_platform else None,
            tuple(tries),
        )

    # -- from stage to stage ---------------------------------------------------------------

    @property
    def _stage(self) -> Stage:
        return self._stages[self._at]

    def _in_stage_s(self, state: State) -> float:
        return (state.t_ns - self._since_ns) / 1e9

    def _enter(self, state: State, stages: tuple[Stage, ...], at: int = 0) -> None:
        self._stages, self._at = stages, at
        self._since_ns, self._held_s = state.t_ns, 0.0
        self._standing.clear()
        self._step_count, self._light_s = _steps(state), 0.0

    def _go_on(self, state: State, events: list[Event], tries: list[Try]) -> None:
        stage = self._stage
        is_there = self._off_m() <= self._exam.radius_m(self.params)
        self._held_s = self._held_s + state.dt_s if is_there else 0.0
        if self._recording is not None:
            self._recording.add(state, stage.phase)
            if stage.aim == "goal":
                off_m = self._off_m()
                nearest_m = self._recording.nearest_m
                self._recording.nearest_m = off_m if not off_m >= nearest_m else nearest_m
        failure = self._why_failed(state)
        if failure:
            self._fail(state, failure, events, tries)
        elif stage.phase == Phase.STILL:
            self._find_middle(state, events)
        elif self._is_over(state, stage):
            self._advance(state, events, tries)

    def _is_over(self, state: State, stage: Stage) -> bool:
        is_held = stage.held_s > 0 and self._held_s >= stage.held_s
        return is_held or self._in_stage_s(state) >= self._lasts_s(stage) - state.dt_s / 2

    def _lasts_s(self, stage: Stage) -> float:
        return self.params.rest_s if stage.phase == Phase.REST else stage.lasts_s

    def _advance(self, state: State, events: list[Event], tries: list[Try]) -> None:
        if self._at + 1 < len(self._stages):
            self._enter(state, self._stages, self._at + 1)
        elif self._recording is not None:
            self._judge(state, self._recording, events, tries)
        elif self._stage.phase == Phase.MIDDLE or self._exam.sets_up_each:
            self._enter(state, (STANDING,))
        else:
            self._begin_trial(state)

    def _begin_trial(self, state: State) -> None:
        stages = self._exam.stages(self._index, self.params)
        if any(stage.is_push for stage in stages) and not state.may_perturb:
            return
        self._recording = Recording(self._home_m)
        self._enter(state, stages)

    def _find_middle(self, state: State, events: list[Event]) -> None:
        """Stand still until it is known where; a step or missing forces begin it anew."""
        t_s, g = self._in_stage_s(state), state.gait
        if not (isfinite(g.cop_x_m) and isfinite(g.cop_y_m)) or _steps(state) != self._step_count:
            self._enter(state, (STANDING,))
            return
        if t_s > STILL_S - COUNTS_S:
            self._standing.append((g.cop_x_m, g.cop_y_m))
        if not self._is_over(state, STANDING):
            return
        x_m, y_m = np.mean(self._standing, axis=0).tolist()
        if max(abs(x_m), abs(y_m)) <= MIDDLE_M:
            self._home_m = (x_m, y_m)
            self._begin_trial(state)
            return
        text = (
            f"Step to the middle of the belts: {x_m:+.2f} m ahead of it, {y_m:+.2f} m to the left."
        )
        events.append(_event(state, "trial", text, {"cop_x_m": x_m, "cop_y_m": y_m}))
        self._enter(state, (STEPPING,))

    # -- how trials end --------------------------------------------------------------------

    def _why_failed(self, state: State) -> str:
        """Return how the person has failed a trial in this tick: a fall, a step, or not."""
        if self._recording is None:
            return ""
        g = state.gait
        is_light = g.left_fz_n + g.right_fz_n < FALL_FRAC * g.body_weight_n
        self._light_s = self._light_s + state.dt_s if is_light else 0.0
        if self._light_s > FALL_S:
            return "a fall"
        is_step = self._exam.ends_with_step and _steps(state) != self._step_count
        return "a step" if is_step else ""

    def _fail(self, state: State, failure: str, events: list[Event], tries: list[Try]) -> None:
        if self._stage.phase != Phase.GO and failure == "a step":
            self._recording = None
            self._enter(state, (STANDING,))
            return
        self._exam.fail(self._index)
        text = f"{self._trial_words}: ended by {failure}."
        values = {"trial": self._index + 1.0, "has_failed": 1.0}
        events.append(_event(state, "trial", text, values))
        tries.append(Try(is_success=False))
        self._end_trial(state, events, is_good=False)
        if self._stage.phase == Phase.REST:
            self._stages = (self._stage, STANDING)

    def _judge(
        self, state: State, recording: Recording, events: list[Event], tries: list[Try]
    ) -> None:
        values = {"trial": self._index + 1.0}
        try:
            if recording.is_torn:
                raise ValueError("the plates fell silent")
            verdict = self._exam.judge(self._index, recording, self.params)
        except ValueError as error:
            text = f"{self._trial_words} could not be measured: {error}."
            events.append(_event(state, "trial", text, values))
            self._end_trial(state, events, is_good=False)
            return
        text = f"{self._trial_words}: {verdict.text}."
        events.append(_event(state, "trial", text, values | verdict.values))
        tries.append(verdict.task)
        self._end_trial(state, events, is_good=verdict.task.is_success)

    def _end_trial(self, state: State, events: list[Event], *, is_good: bool) -> None:
        self._recording, self._has_good_end = None, is_good
        self._index += 1
        if self._index < self._exam.trial_count:
            self._enter(state, (Stage(Phase.REST, self.params.rest_s),))
            return
        text, values = self._exam.summary(self.params)
        events.append(_event(state, "test", text, values))
        self._enter(state, (ENDED,))

    def _break_off(self, state: State, events: list[Event]) -> None:
        if self._recording is not None:
            text = f"{self._trial_words} broken off: the belts were stopped. It will begin anew."
            events.append(_event(state, "trial", text, {"trial": self._index + 1.0}))
        self._recording = None
        self._enter(state, (WAITING,))

    @property
    def _trial_words(self) -> str:
        return f"Trial {self._index + 1} of {self._exam.trial_count}"

    # -- where it should be, and is --------------------------------------------------------

    def _aim_m(self) -> Place:
        aim = self._stage.aim
        if aim == "home":
            return self._home_m
        if aim == "goal":
            return self._exam.goal_m(self._index, self.params, self._home_m)
        return NOWHERE

    def _off_m(self) -> float:
        (x_m, y_m), (to_x_m, to_y_m) = self._gravity.place_m, self._aim_m()
        return hypot(x_m - to_x_m, y_m - to_y_m)

    def _lean_rad(self) -> float:
        return lean_rad(self._gravity.place_m[0] - self._home_m[0], self.params.body_height_m)

    def _scene(self, state: State) -> "Balance.Scene":
        p, stage = self.params, self._stage
        is_trial = self._recording is not None or stage.phase in (Phase.REST, Phase.STILL)
        count = self._exam.trial_count
        surround_rad = p.vision_gain * self._lean_rad() if stage.has_surround else 0.0
        return self.Scene(
            tuple(EXAMS).index(p.test),
            int(stage.phase),
            min(self._index + (stage.phase != Phase.REST), count) if is_trial else 0,
            count,
            max(self._lasts_s(stage) - self._in_stage_s(state), 0.0),
            *self._aim_m(),
            self._exam.radius_m(p),
            stage.is_aim_shown,
            *self._gravity.place_m,
            stage.is_cog_shown,
            self._held_s > 0,
            *self._home_m,
            limit_m(0.0, p.body_height_m),
            limit_m(pi, p.body_height_m),
            limit_m(pi / 2, p.body_height_m),
            stage.is_blind,
            surround_rad if isfinite(surround_rad) else 0.0,
            self._has_good_end,
        )


def _steps(state: State) -> int:
    return state.gait.left_step_count + state.gait.right_step_count


def _event(state: State, kind: str, text: str, values: dict[str, float]) -> Event:
    return Event(state.t_ns, kind, "scenario", "none", text, values)
