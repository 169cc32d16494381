"""A live session: what surrounds the core at each tick.

Nothing here waits, but for the answer of a scenario in a process of its own, and not for long.
"""

from collections.abc import Sequence
from math import nan
from pathlib import Path

import msgspec

from rehabsim.base.clock import NS, Tick
from rehabsim.base.errors import DeviceError
from rehabsim.base.records import Event, HarnessSample, PlateChunk
from rehabsim.base.site import Session, Site
from rehabsim.devices.driver import Harness, Plates
from rehabsim.devices.link import Link
from rehabsim.safety.messages import Report, decode_report, encode
from rehabsim.session.about import session_message
from rehabsim.session.core import PERIOD_NS, Core, CoreInputs, CoreOutputs
from rehabsim.session.ending import Ending
from rehabsim.session.entry import (
    LoggedAck,
    LoggedFailure,
    LoggedLoss,
    LoggedRequest,
    pack_gait_event,
    pack_inputs,
)
from rehabsim.session.log import LogWriter
from rehabsim.session.mcap_file import LogHeader
from rehabsim.session.messages import (
    Belts,
    BlockPlace,
    Health,
    StateMessage,
    event_message,
    gait_message,
)
from rehabsim.session.operator import ScriptedOperator
from rehabsim.session.publish import Publisher
from rehabsim.session.requests import ClientRequest
from rehabsim.session.riding import left_up, platform_row, platform_table, ride
from rehabsim.session.table import Table, columns_of, values_of
from rehabsim.session.ticks import tick_row, tick_table
from rehabsim.session.window import Window
from rehabsim.training.scenario import Stage

SESSION_EVERY_TICKS = 250
SILENT_KEEPER_S = 0.25
UNGUARDED = "Nobody guards the belts; use the red button on the machine."
RESTART = "Mend it, then end this session and start another."
MAX_STOPS = 20
"""Told in the summary."""

NO_BELTS = Belts(0.0, 0.0, 0.0)


class Summary(msgspec.Struct):
    """What a session comes to, printed at its end; `ended` and what was told as of `Ending`.

    After a block it rested so long, and ended because somebody went on.
    """

    duration_s: float = 0.0
    tick_count: int = 0
    missed_count: int = 0
    plate_count: int = 0
    plate_lost_count: int = 0
    heel_strike_count: int = 0
    left_distance_m: float = 0.0
    stops: list[str] = msgspec.field(default_factory=list)
    platform: str = ""
    lost_block_count: int = 0
    lost_s: float = 0.0
    ended: str = ""
    pain_nrs: float | None = None
    effort_rpe: float | None = None
    effort_nrs: float | None = None
    rested_s: float = 0.0
    has_gone_on: bool = False
    log: str = ""
    log_failure: str = ""


class LiveSession:
    """One session while it runs.

    Args:
        site: The room.
        session: What is trained.
        scenario: The world, for its name and scene.
        core: Makes the ticks.
        plates: Open driver of the force plates.
        harness: Open driver of the harness's load cell, or None.
        keeper: Open link to the keeper.
        publisher: Tells the world, or None.
        log: Remembers, or None.
        header: Of the log; names the session.
        operator: Acts without a console, or None.
        ending: Watches for what ends it; whoever calls `step` asks that, too.
        block: Of a programme that it is, or None.
    """

    def __init__(
        self,
        *,
        site: Site,
        session: Session,
        scenario: Stage,
        core: Core,
        plates: Plates,
        harness: Harness | None,
        keeper: Link,
        publisher: Publisher | Window | None,
        log: LogWriter | None,
        header: LogHeader,
        operator: ScriptedOperator | None,
        ending: Ending,
        block: BlockPlace | None = None,
    ) -> None:
        self.summary = Summary(log=str(log.path) if log is not None else "")
        self.outputs: CoreOutputs | None = None
        self.requests: tuple[ClientRequest, ...] = ()
        self.ending = ending
        self.is_ended_by_hand = False
        self._block = block
        self._site = site
        self._session = session
        self._scenario = scenario
        self._core = core
        self._plates = plates
        self._harness = harness
        self._keeper = keeper
        self._publisher = publisher
        self._log = log
        self._header = header
        self._operator = operator
        self._own_requests: list[ClientRequest] = []
        self._has_plates = True
        self._loss = ""
        self._logged_loss = ""
        self._losses: set[str] = set()
        self._plate_t_ns = 0
        self._sequences = {"state": 0, "event": 0, "gait": 0, "session": 0}
        self._news: list[Event] = []
        self._boot_id = header.boot_id
        self._ticks = tick_table()
        self._platform = None if site.platform is None else platform_table()
        self._scenes = Table("scene", columns_of(scenario.Scene))

    def ask(self, request: ClientRequest) -> None:
        """Add a request of our own to the next tick."""
        self._own_requests.append(request)

    def step(self, tick: Tick) -> None:
        """Take what came, make the tick, tell the keeper, the log and the world."""
        chunks = self._take_plates()
        hung = self._take_harness()
        raw_reports, reports = self._take_reports()
        requests = self.requests = tuple(self._take_requests(tick.index * PERIOD_NS))
        inputs = CoreInputs(
            tick.index,
            tick.due_ns,
            tick.missed_count,
            tuple(chunks),
            tuple(reports),
            requests,
            self._loss,
            tuple(hung),
        )
        outputs = self.outputs = self._core.step(inputs)
        self._tell_keeper(outputs)
        lateness_s = (tick.woke_ns - tick.due_ns) / NS
        self._count(inputs, outputs)
        if self._log is not None:
            self._record(inputs, outputs, raw_reports, lateness_s)
        if self._publisher is not None:
            self._publish(tick, outputs, lateness_s)

    # -- in --------------------------------------------------------------------------------

    def _take_plates(self) -> list[PlateChunk]:
        if not self._has_plates:
            return []
        try:
            return [chunk for chunk in self._plates.take() if len(chunk.wrench)]
        except DeviceError as error:
            self._has_plates = False
            self._lose("plates", f"{error} Belts are ramping to rest. {RESTART}")
            return []

    def _take_harness(self) -> Sequence[HarnessSample]:
        if self._harness is None:
            return ()
        try:
            return self._harness.take()
        except DeviceError as error:
            self._harness = None
            self._lose("harness", f"{error} Belts are ramping to rest. {RESTART}")
            return ()

    def _take_reports(self) -> tuple[list[bytes], list[Report]]:
        raw: list[bytes] = []
        reports: list[Report] = []
        try:
            pieces = self._keeper.take()
        except DeviceError as error:
            self._lose("keeper", f"{error} {UNGUARDED}")
            return raw, reports
        for _, data in pieces:
            try:
                reports.append(decode_report(data))
                raw.append(data)
            except ValueError as error:
                self._lose(
                    "report",
                    f"keeper at {self._keeper.url}: a report cannot be read ({error}); belts are"
                    f" ramping to rest. {RESTART}",
                )
        return raw, reports

    def _take_requests(self, t_ns: int) -> list[ClientRequest]:
        requests = self._own_requests
        self._own_requests = []
        if self._operator is not None:
            requests += self._operate(self._operator, t_ns)
        if self._publisher is not None:
            requests += self._publisher.take()
        return requests

    def _operate(self, operator: ScriptedOperator, t_ns: int) -> list[ClientRequest]:
        if self.outputs is None:
            return operator.requests(t_ns, "locked")
        platform, report = None, self.outputs.report
        if report is not None and report.platform is not None:
            platform = report.platform.decision.state
        has_ride = self.outputs.message.platform is not None
        return operator.requests(t_ns, self.outputs.state.mode, platform, has_ride=has_ride)

    # -- out -------------------------------------------------------------------------------

    def _tell_keeper(self, outputs: CoreOutputs) -> None:
        try:
            self._keeper.write(encode(outputs.message))
            for ask in outputs.asks:
                self._keeper.write(encode(ask))
        except DeviceError as error:
            self._lose("keeper", f"{error} {UNGUARDED}")

    def _lose(self, what: str, text: str) -> None:
        """Remember the newest loss, once; it is an input of every tick from the next on."""
        if what not in self._losses:
            self._losses.add(what)
            self._loss = text

    def _count(self, inputs: CoreInputs, outputs: CoreOutputs) -> None:
        s = self.summary
        s.tick_count += 1
        s.missed_count += inputs.missed_count
        s.duration_s = (inputs.tick + 1) * PERIOD_NS / NS
        for chunk in inputs.chunks:
            s.plate_count += len(chunk.wrench)
            self._plate_t_ns = chunk.t_ns
        s.plate_lost_count = self._plates.lost_count
        s.heel_strike_count += sum(e.kind == "heel_strike" for e in outputs.gait_events)
        s.left_distance_m = outputs.state.left_distance_m
        # A platform that freezes while someone walks stops the belts, and those say so.
        stops = [e.text for e in outputs.events if e.kind == "stop" and e.source != "platform"]
        s.stops += stops[: MAX_STOPS - len(s.stops)]
        s.platform = left_up(outputs.report)

    def _record(
        self,
        inputs: CoreInputs,
        outputs: CoreOutputs,
        raw_reports: list[bytes],
        lateness_s: float,
    ) -> None:
        assert self._log is not None
        log, t_ns = self._log, inputs.t_ns
        requests = [
            msgspec.json.encode(LoggedRequest(inputs.tick, request)) for request in inputs.requests
        ]
        if inputs.loss != self._logged_loss:
            self._logged_loss = inputs.loss
            requests.append(msgspec.json.encode(LoggedLoss(inputs.tick, inputs.loss)))
        if outputs.failure:
            requests.append(msgspec.json.encode(LoggedFailure(inputs.tick, outputs.failure)))
        rows, harness_rows, crc = pack_inputs(inputs.chunks, inputs.harness, raw_reports, requests)
        if rows:
            log.rows("plates", rows)
        if harness_rows:
            log.rows("harness", harness_rows)
        for data in raw_reports:
            log.text("keeper", t_ns, data)
        for data in requests:
            log.text("requests", t_ns, data)
        row = tick_row(inputs, outputs, input_crc=crc, lateness_s=lateness_s)
        log.rows("ticks", self._ticks.pack(*row))
        log.rows("scene", self._scenes.pack(*values_of(outputs.step.scene)))
        if self._platform is not None:
            riding = platform_row(t_ns, outputs.message.platform, outputs.report)
            log.rows("platform", self._platform.pack(*riding))
        for gait_event in outputs.gait_events:
            log.rows("gait_events", pack_gait_event(inputs.tick, gait_event))
        for event in outputs.events:
            log.event(event)
        for client, ack in outputs.acks:
            log.text("acks", t_ns, msgspec.json.encode(LoggedAck(inputs.tick, client, ack)))
        for refusal in self._publisher.take_refused() if self._publisher is not None else ():
            log.text("refusals", t_ns, msgspec.json.encode(refusal))
        log.end_tick(t_ns)
        self._watch_log(log, t_ns)

    def _watch_log(self, log: LogWriter, t_ns: int) -> None:
        """Tell what the disk does; replay does not make it again, so it is no event of the log."""
        self._news += [Event(t_ns, "log", "session", how, text) for how, text in log.take_news()]

    def _publish(self, tick: Tick, outputs: CoreOutputs, lateness_s: float) -> None:
        assert self._publisher is not None
        publisher = self._publisher
        for client, ack in outputs.acks:
            publisher.answer(client, ack)
        for event in (*outputs.events, *self._news):
            seq = self._next("event")
            message = event_message(event, boot_id=self._boot_id, seq=seq, tick=tick.index)
            publisher.tell("event", message)
        self._news.clear()
        for gait_event in outputs.gait_events:
            seq = self._next("gait")
            publisher.tell(
                "gait",
                gait_message(gait_event, boot_id=self._boot_id, seq=seq, tick=tick.index),
            )
        if tick.index % SESSION_EVERY_TICKS == 0:
            seq, log = self._next("session"), Path(self.summary.log).name
            who = (self._site, self._session, self._scenario, self._header, self._block)
            publisher.tell("session", session_message(*who, log=log, seq=seq))
        if publisher.is_shown(tick.index):
            publisher.tell("state", self._state_message(tick, outputs, lateness_s))

    def _state_message(self, tick: Tick, outputs: CoreOutputs, lateness_s: float) -> StateMessage:
        state, report = outputs.state, outputs.report
        keeper_age_s = nan
        cause, needs_restart, command = "", False, NO_BELTS
        if report is not None:
            keeper_age_s = (tick.woke_ns - report.inputs.t_ns) / NS
            cause = report.decision.state.cause
            needs_restart = report.decision.state.needs_restart
            c = report.decision.command
            command = Belts(c.left_speed_mps, c.right_speed_mps, c.incline_rad)
        if not keeper_age_s <= SILENT_KEEPER_S:
            cause = "The keeper of the belts is silent. Use the red button on the machine."
        return StateMessage(
            boot_id=self._boot_id,
            seq=self._next("state"),
            tick=tick.index,
            t_s=tick.due_ns / NS,
            is_replay=False,
            scenario=self._scenario.name,
            mode=state.mode,
            cause=cause,
            needs_restart=needs_restart,
            commander=outputs.commander,
            belt=state.belt,
            wish=outputs.step.wish,
            command=command,
            cruise_speed_mps=outputs.set_speed_mps,
            max_speed_mps=self._site.limits.max_speed_mps,
            left_distance_m=state.left_distance_m,
            right_distance_m=state.right_distance_m,
            gait=state.gait,
            scene=msgspec.structs.asdict(outputs.step.scene),
            health=Health(
                lateness_s,
                self.summary.missed_count,
                self.summary.plate_count,
                self.summary.plate_lost_count,
                keeper_age_s,
                (tick.woke_ns - self._plate_t_ns) / NS,
            ),
            platform=ride(outputs.message.platform, report),
            dose=outputs.dose,
            tuned=outputs.tuned,
            pacing=outputs.pacing,
            visual_sway_m=outputs.visual_sway_m,
            block_left_s=self.ending.left_s,
            rest_left_s=outputs.rest_left_s,
            ended=self.ending.why or ("hand" if self.is_ended_by_hand else ""),
        )

    def _next(self, topic: str) -> int:
        seq = self._sequences[topic]
        self._sequences[topic] = seq + 1
        return seq
