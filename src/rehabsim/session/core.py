"""One tick of a session: inputs to outputs. Pure: the same inputs give the same outputs."""

from math import isfinite, nan

from msgspec import structs

from rehabsim.base.clock import NS
from rehabsim.base.limits import Limits
from rehabsim.base.quickest import Quickest
from rehabsim.base.records import (
    MOVING,
    BeltSample,
    Event,
    GaitEvent,
    HarnessSample,
    PlateChunk,
    Record,
    Severity,
    State,
    Wish,
)
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.balance import GRAVITY_MPS2
from rehabsim.gait.preparation import Verdict
from rehabsim.safety.messages import Ask, Report, WishMessage
from rehabsim.session.answer import AnswerCheck, LostError, failure
from rehabsim.session.desk import Desk
from rehabsim.session.dosing import calm, dose
from rehabsim.session.messages import Dose, PacingWord, Tuned
from rehabsim.session.occupant import Occupant
from rehabsim.session.requests import Ack, ClientRequest
from rehabsim.session.riding import Riding
from rehabsim.session.tuning import Tuning
from rehabsim.training.adapt import Adapter
from rehabsim.training.going import Deck
from rehabsim.training.pacing import Pacing
from rehabsim.training.scenario import Stage, Step
from rehabsim.training.unrest import Unrest

PERIOD_NS = 4_000_000
PERIOD_S = PERIOD_NS / NS
NO_BELT = BeltSample(-1, nan, nan, nan)
NO_PLATE_NS = -(10**12)

SCENARIO_FAILED = "The scenario failed; end this session and start another."


class CoreInputs(Record, frozen=True):
    """All that one tick is made from.

    Attributes:
        tick: Its number; numbers are skipped when ticks were missed.
        t_ns: Its deadline on the session clock.
        missed_count: Ticks missed since the one before.
        chunks: Force-plate samples that arrived since.
        reports: The keeper's reports that arrived since.
        requests: What clients asked since.
        loss: Why a device or the keeper no longer answers, or empty.
        harness: Readings of the harness's load cell that arrived since.
        failure: Why the scenario gave no answer at this tick, where a log says so; it is not
            asked again.
    """

    tick: int
    t_ns: int
    missed_count: int
    chunks: tuple[PlateChunk, ...]
    reports: tuple[Report, ...]
    requests: tuple[ClientRequest, ...]
    loss: str = ""
    harness: tuple[HarnessSample, ...] = ()
    failure: str = ""


class CoreOutputs(Record, frozen=True):
    """All that one tick decides.

    Attributes:
        state: What the scenario was told.
        step: What it answered.
        report: The keeper's newest report, None before the first.
        message: For the keeper, every tick.
        asks: For the keeper.
        acks: For clients, by name.
        events: For people.
        gait_events: Heel strikes and toe-offs that became known.
        commander: Who is in command, or empty.
        failure: Why the scenario gave no answer, at the tick when that was found out.
        dose: How far the perturbations are, None without any.
        set_speed_mps: By the therapist, whatever belts that follow make of it.
        tuned: How hard it is.
        pacing: Whether belts follow the person.
        visual_sway_m: How far the world on the display is to the left of where it belongs.
        rest_left_s: Of the rest after a block; NaN where there is none.
        has_gone_on: Somebody went on after it.
    """

    state: State
    step: Step
    report: Report | None
    message: WishMessage
    asks: tuple[Ask, ...]
    acks: tuple[tuple[str, Ack], ...]
    events: tuple[Event, ...]
    gait_events: tuple[GaitEvent, ...]
    commander: str
    failure: str = ""
    dose: Dose | None = None
    set_speed_mps: float = nan
    tuned: Tuned | None = None
    pacing: PacingWord = ""
    visual_sway_m: float = 0.0
    rest_left_s: float = nan
    has_gone_on: bool = False


class Core:
    """What a session remembers from tick to tick.

    Args:
        scenario: The world.
        limits: Of the belts, to refuse a speed early; the keeper holds them anyway.
        cruise_speed_mps: Speed at the start.
        analysis: Of the forces.
        is_unloaded: A trial with empty belts; nobody may be on them.
        needs_display: A display must show that it keeps up.
        body_mass_kg: What the session file says of the person, or None.
        has_harness: The harness is measured in this room.
        has_platform: The room has one.
        pacing: What has the belts follow the person, or None.
        adapter: Keeps how hard it is, or None.
        unrest: What perturbs them, or None.
    """

    def __init__(
        self,
        scenario: Stage,
        limits: Limits,
        cruise_speed_mps: float,
        analysis: GaitAnalysis | None = None,
        *,
        is_unloaded: bool = False,
        needs_display: bool = False,
        body_mass_kg: float | None = None,
        has_harness: bool = False,
        has_platform: bool = False,
        pacing: Pacing | None = None,
        adapter: Adapter | None = None,
        unrest: Unrest | None = None,
    ) -> None:
        self._scenario = scenario
        self._answer = AnswerCheck(scenario.Scene)
        self._max_belt_age_ns = round(limits.max_belt_age_s * NS)
        self._gait = GaitAnalysis() if analysis is None else analysis
        stated_n = nan if body_mass_kg is None else body_mass_kg * GRAVITY_MPS2
        self._occupant = Occupant(is_expected=not is_unloaded, stated_n=stated_n)
        self._needs_display = needs_display
        self._tuning = Tuning(scenario, adapter)
        self._desk = Desk(
            limits,
            cruise_speed_mps,
            has_perturbations=unrest is not None or scenario.perturbs,
            has_pacing=pacing is not None,
            tune=self._tuning.ask,
        )
        self._report: Report | None = None
        self._belt = NO_BELT
        self._plate_clock = Quickest()
        self._plate_t_ns = NO_PLATE_NS
        self._harness_clock = Quickest()
        self._harness_t_ns = NO_PLATE_NS if has_harness else -1
        self._harness_n = nan
        self._left_m = self._right_m = 0.0
        self._step: Step | None = None
        self._has_failed = False
        self._failure = ""
        self._riding = Riding(has_platform=has_platform)
        self._pacing = pacing
        self._unrest = unrest
        self._loss = ""

    def step(self, inputs: CoreInputs) -> CoreOutputs:
        """Make one tick."""
        dt_s = PERIOD_S * (1 + inputs.missed_count)
        events = self._hear_keeper(inputs)
        mode = self._report.decision.state.mode if self._report is not None else "locked"
        self._desk.begin(inputs.tick, inputs.t_ns, mode)
        for report in inputs.reports:
            given = (*report.decision.answers, *report.platform_answers, *report.refused)
            for answer in given:
                self._desk.hear(answer)
        for request in inputs.requests:
            self._desk.take(request)
        self._desk.age()
        if inputs.loss and inputs.loss != self._loss:
            self._desk.ask("stop", "the session, which lost a device")
            events.append(Event(inputs.t_ns, "stop", "session", "ramp", inputs.loss))
        self._loss = inputs.loss
        for chunk in inputs.chunks:
            sampled_ns = chunk.device_t_ns + (len(chunk.wrench) - 1) * chunk.dt_ns
            late_ns = self._plate_clock.hear(sampled_ns, chunk.t_ns)
            if _has_forces(chunk):
                self._plate_t_ns = chunk.t_ns - late_ns
        for sample in inputs.harness:
            late_ns = self._harness_clock.hear(sample.device_t_ns, sample.t_ns)
            self._harness_n = sample.load_n
            if isfinite(sample.load_n):
                self._harness_t_ns = sample.t_ns - late_ns
        for check in self._desk.take_checks():
            self._gait.prepare(check)
        gait, gait_events = self._gait.step(inputs.chunks, self._belt, inputs.t_ns)
        events += [_news(inputs.t_ns, verdict) for verdict in self._gait.take_verdicts()]
        person, plates = self._occupant.step(inputs.chunks, gait, self._harness_n, dt_s)
        self._move_belts(inputs.t_ns, dt_s)
        state = State(
            t_ns=inputs.t_ns,
            dt_s=dt_s,
            mode=mode,
            belt=self._belt,
            gait=gait,
            left_distance_m=self._left_m,
            right_distance_m=self._right_m,
            cruise_speed_mps=self._desk.cruise_speed_mps,
            may_perturb=self._desk.is_perturbing,
        )
        state = self._paced(state)
        step = self._ask_scenario(state, inputs.failure, events)
        if not state.may_perturb:
            step = calm(step)
        if self._unrest is not None and not self._has_failed:
            is_on, deck = self._desk.is_perturbing, self._deck()
            step = self._unrest.step(
                state, step, events, is_on=is_on, deck=deck, harness_n=person.harness_n
            )
        message = WishMessage(
            state.t_ns,
            step.wish,
            self._desk.operator_t_ns,
            self._plate_t_ns,
            display_t_ns=self._desk.display_t_ns if self._needs_display else -1,
            harness_t_ns=self._harness_t_ns,
            person=person,
            plates=plates,
            platform=self._riding.wish(step.platform, inputs.t_ns, events),
        )
        return self._outputs(state, step, message, events, gait_events)

    def _hear_keeper(self, inputs: CoreInputs) -> list[Event]:
        events: list[Event] = []
        for report in inputs.reports:
            self._report = report
            if report.inputs.belt is not None:
                self._belt = report.inputs.belt
            events += report.decision.events
            if report.platform is not None:
                events += report.platform.decision.events
            events += report.notes
        return events

    def _deck(self) -> Deck | None:
        """Return what is known of the platform."""
        if self._report is None or self._report.platform is None:
            return None
        platform = self._report.platform
        return Deck(platform.sample, platform.decision.state.mode == "moving")

    def _move_belts(self, t_ns: int, dt_s: float) -> None:
        """Add up what was measured; what nobody measures is not added."""
        belt = self._belt
        if t_ns - belt.t_ns <= self._max_belt_age_ns:
            self._left_m += belt.left_speed_mps * dt_s if isfinite(belt.left_speed_mps) else 0.0
            self._right_m += belt.right_speed_mps * dt_s if isfinite(belt.right_speed_mps) else 0.0

    def _paced(self, state: State) -> State:
        """Return the state with the speed that belts that follow make of the set one."""
        if self._pacing is None:
            return state
        if not self._desk.is_following:
            self._desk.paced_mps = nan
            return state
        if self._desk.is_new_pace:
            self._pacing.begin_anew()
            self._desk.is_new_pace = False
        paced_mps = self._pacing.step(state)
        self._desk.paced_mps = paced_mps if state.mode in MOVING else nan
        return structs.replace(state, cruise_speed_mps=paced_mps)

    def _ask_scenario(self, state: State, logged_failure: str, events: list[Event]) -> Step:
        self._failure = ""
        if self._has_failed:
            assert self._step is not None
            self._desk.settle_tunes(SCENARIO_FAILED)
            return self._step
        refusal, news = SCENARIO_FAILED, list[Event]()
        try:
            if logged_failure:
                raise LostError(logged_failure)
            refused = self._tuning.apply(state.t_ns, news)
            self._step = self._answer.step(self._scenario.step(state))
            refusal = refused
            events += news
        except Exception as error:
            self._has_failed = True
            self._desk.obstacle = SCENARIO_FAILED
            self._desk.ask("stop", "the session, whose scenario failed")
            self._failure = failure(error, self._scenario)
            text = f"Scenario {self._scenario.name} {self._failure}; belts are stopped."
            events.append(Event(state.t_ns, "stop", "scenario", "fast", text))
            scene = self._step.scene if self._step is not None else self._answer.blank()
            self._step = Step(Wish(0.0, 0.0, 0.0), scene)
        self._desk.settle_tunes(refusal)
        events += self._step.events
        if not self._has_failed:
            self._tuning.hear(state.t_ns, self._step.tries, events)
        return self._step

    def _outputs(
        self,
        state: State,
        step: Step,
        message: WishMessage,
        events: list[Event],
        gait_events: tuple[GaitEvent, ...],
    ) -> CoreOutputs:
        desk = self._desk
        outputs = CoreOutputs(
            state,
            step,
            self._report,
            message,
            tuple(desk.asks),
            tuple(desk.acks),
            (*events, *desk.events),
            gait_events,
            desk.commander,
            self._failure,
            dose(self._unrest, is_on=desk.is_perturbing, is_own=self._scenario.perturbs),
            desk.cruise_speed_mps,
            self._tuning.tuned(),
            "" if self._pacing is None else "follows" if desk.is_following else "fixed",
            0.0 if self._unrest is None else self._unrest.visual_sway_m,
            desk.rest.left_s(state.t_ns),
            desk.rest.has_gone_on,
        )
        desk.asks.clear()
        desk.acks.clear()
        desk.events.clear()
        return outputs


def _news(t_ns: int, verdict: Verdict) -> Event:
    """Return what a guided check found, for people."""
    severity: Severity = "none" if verdict.is_done else "warn"
    return Event(t_ns, "plates", "session", severity, verdict.text, verdict.values)


def _has_forces(chunk: PlateChunk) -> bool:
    """Return whether the chunk ends in a vertical force on both plates; NaN is silence."""
    wrench = chunk.wrench
    return len(wrench) > 0 and isfinite(wrench[-1, 2]) and isfinite(wrench[-1, 8])
