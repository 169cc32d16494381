"""Running the decisions of a log again: the core over its inputs, the guard over its inputs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from rehabsim.base.config import check
from rehabsim.base.errors import LogError
from rehabsim.base.records import HarnessSample
from rehabsim.base.site import Session, Site
from rehabsim.safety.guard import guard
from rehabsim.safety.messages import Decision, Report, decode_report
from rehabsim.safety.platform import guard_platform
from rehabsim.safety.platform_belts import platform_inputs
from rehabsim.safety.platform_envelope import words
from rehabsim.safety.platform_messages import PlatformDecision, PlatformReport
from rehabsim.session.code import as_it_ran
from rehabsim.session.core import CoreInputs, CoreOutputs
from rehabsim.session.entry import (
    Asked,
    LoggedAck,
    LoggedFailure,
    LoggedLoss,
    checksum,
    pack_gait_event,
)
from rehabsim.session.log import LogReader
from rehabsim.session.merge import Gap
from rehabsim.session.requests import ClientRequest
from rehabsim.session.riding import platform_row, platform_table
from rehabsim.session.setup import make_core, make_scenario
from rehabsim.session.table import GAIT_EVENTS, Rows, Table, chunks_of, columns_of, values_of
from rehabsim.session.ticks import NOT_REPLAYED, tick_row, tick_table


class Difference(msgspec.Struct, frozen=True):
    """Where a replay left the log.

    Attributes:
        tick: The session's tick, or the keeper's.
        t_s: When.
        what: One sentence.
    """

    tick: int
    t_s: float
    what: str


class ReplayResult(msgspec.Struct):
    """What a replay found.

    Attributes:
        tick_count: Ticks of the core made again.
        decision_count: Decisions of the guard made again.
        unchained_count: Decisions whose predecessor is not in the log, taken as given.
        difference: The first difference, or None.
    """

    tick_count: int = 0
    decision_count: int = 0
    unchained_count: int = 0
    difference: Difference | None = None


class _Inputs:
    """The logged inputs, tick by tick."""

    def __init__(self, log: LogReader) -> None:
        self.ticks = log.table("ticks")
        if not len(self.ticks):
            raise LogError(f"{log.path}: holds no ticks, so there is nothing to run again.")
        self._plates = log.table("plates")
        self._harness = log.table("harness")
        self._keeper = [data for _, data in log.texts("keeper")]
        self.reports: list[Report] = log.decoded("keeper", decode_report)
        self._asked: dict[int, list[tuple[bytes, Asked]]] = {}
        decode = msgspec.json.Decoder(Asked).decode
        for (_, data), entry in zip(
            log.texts("requests"), log.decoded("requests", decode), strict=True
        ):
            self._asked.setdefault(entry.tick, []).append((data, entry))

    def __iter__(self) -> Iterator[tuple[CoreInputs, int]]:
        """Yield each tick's inputs and the checksum over their logged bytes."""
        plate, hung, report, loss = 0, 0, 0, ""
        names = ("tick", "t_ns", "missed_count", "plate_count", "harness_count", "report_count")
        columns = zip(*(self.ticks[name].tolist() for name in names), strict=True)
        for tick, t_ns, missed_count, plate_count, harness_count, report_count in columns:
            rows = self._plates[plate : plate + plate_count]
            chunks = tuple(chunks_of(rows)) if plate_count else ()
            harness_rows = self._harness[hung : hung + harness_count]
            asked = self._asked.get(tick, [])
            requests: list[ClientRequest] = []
            failure = ""
            for _, entry in asked:
                if isinstance(entry, LoggedLoss):
                    loss = entry.text
                elif isinstance(entry, LoggedFailure):
                    failure = entry.text
                else:
                    requests.append(entry.request)
            crc = checksum(
                rows.tobytes() + harness_rows.tobytes(),
                self._keeper[report : report + report_count],
                [data for data, _ in asked],
            )
            yield (
                CoreInputs(
                    tick,
                    t_ns,
                    missed_count,
                    chunks,
                    tuple(self.reports[report : report + report_count]),
                    tuple(requests),
                    loss,
                    tuple(HarnessSample(*row) for row in harness_rows.tolist()),
                    failure,
                ),
                crc,
            )
            plate += plate_count
            hung += harness_count
            report += report_count


class _Outputs:
    """What the log says was decided, compared with what is decided now."""

    def __init__(self, log: LogReader, scene: Table, *, has_platform: bool) -> None:
        self._ticks = tick_table()
        self._logged_ticks = log.table("ticks")
        self._scenes = scene
        self._logged_scenes = log.table("scene")
        self._platform = platform_table() if has_platform else None
        self._logged_platform = log.table("platform") if has_platform else self._logged_scenes[:0]
        self._logged_gait = log.table("gait_events").tobytes()
        self._gait = bytearray()
        self._logged_events = [data for _, data in log.texts("events")]
        self._event_count = 0
        self._logged_acks = [data for _, data in log.texts("acks")]
        self._ack_count = 0
        self._compared = [c.name for c in self._ticks.columns if c.name not in NOT_REPLAYED]

    def compare(
        self, index: int, inputs: CoreInputs, outputs: CoreOutputs, input_crc: int
    ) -> str | None:
        """Return the first difference at tick number `index` of the log, or None."""
        logged = self._logged_ticks[index]
        lateness_s = float(logged["lateness_s"])
        row = tick_row(inputs, outputs, input_crc=input_crc, lateness_s=lateness_s)
        packed = self._ticks.pack(*row)
        if packed != logged.tobytes():
            return _column_difference(self._ticks, packed, logged, self._compared)
        packed = self._scenes.pack(*values_of(outputs.step.scene))
        what = _row_difference(self._scenes, packed, self._logged_scenes, index)
        if what is None and self._platform is not None:
            row = platform_row(inputs.t_ns, outputs.message.platform, outputs.report)
            packed = self._platform.pack(*row)
            what = _row_difference(self._platform, packed, self._logged_platform, index)
        return what or self._compare_texts(inputs, outputs)

    def _compare_texts(self, inputs: CoreInputs, outputs: CoreOutputs) -> str | None:
        for gait_event in outputs.gait_events:
            here = len(self._gait)
            self._gait += pack_gait_event(inputs.tick, gait_event)
            if self._gait[here:] != self._logged_gait[here : len(self._gait)]:
                return f"{gait_event.side} {gait_event.kind} is not what the log has"
        for event in outputs.events:
            if not _is_next(self._logged_events, self._event_count, msgspec.json.encode(event)):
                return f"event {event.text!r} is not what the log has"
            self._event_count += 1
        for client, ack in outputs.acks:
            data = msgspec.json.encode(LoggedAck(inputs.tick, client, ack))
            if not _is_next(self._logged_acks, self._ack_count, data):
                return f"answer {ack.status} to {client} is not what the log has"
            self._ack_count += 1
        return None

    def leftover(self) -> str | None:
        """Return what the log has beyond all that was made again, or None."""
        gait_count = (len(self._logged_gait) - len(self._gait)) // GAIT_EVENTS.dtype.itemsize
        for count, what in (
            (len(self._logged_events) - self._event_count, "events"),
            (len(self._logged_acks) - self._ack_count, "answers"),
            (gait_count, "gait events"),
        ):
            if count > 0:
                return f"the log has {count} {what} more than were made again"
        return None


def _is_next(logged: list[bytes], index: int, data: bytes) -> bool:
    return index < len(logged) and logged[index] == data


def _row_difference(table: Table, packed: bytes, logged: Rows, index: int) -> str | None:
    if index >= len(logged):
        return f"the log has no {table.name} for it"
    if packed == logged[index].tobytes():
        return None
    return _column_difference(table, packed, logged[index], [c.name for c in table.columns])


def _column_difference(table: Table, packed: bytes, logged: Any, names: list[str]) -> str:
    now = np.frombuffer(packed, table.dtype)[0]
    for name in names:
        if now[name].tobytes() != logged[name].tobytes():
            if name == "input_crc":
                return (
                    f"its inputs are not those that were logged (checksum {int(logged[name]):#x}"
                    f" was, {int(now[name]):#x} is)"
                )
            return f"{table.name}.{name} was {logged[name]!s}, is {now[name]!s}"
    return "the row differs"


def replay(path: Path) -> ReplayResult:
    """Run a log's decisions again and stop at the first that differs.

    Raises:
        LogError: The log cannot be read, or holds no session.
        ConfigError: Its scenario is not installed here.
    """
    log = LogReader(path)
    site, session = header_files(log)
    session, why = as_it_ran(session, log.header, path)
    scenario = make_scenario(session, where=str(path), site=site)
    core = make_core(site, session, scenario, where=str(path))
    inputs = _Inputs(log)
    scenes = Table("scene", columns_of(scenario.Scene))
    outputs = _Outputs(log, scenes, has_platform=site.platform is not None)
    result = ReplayResult()
    for index, (tick_inputs, crc) in enumerate(inputs):
        what = outputs.compare(index, tick_inputs, core.step(tick_inputs), crc)
        result.tick_count += 1
        if what is not None:
            result.difference = Difference(tick_inputs.tick, tick_inputs.t_ns / 1e9, what)
            break
    else:
        what = outputs.leftover()
        if what is not None:
            last = inputs.ticks[-1]
            result.difference = Difference(int(last["tick"]), int(last["t_ns"]) / 1e9, what)
    guarded = _replay_guards(inputs.reports, site, result)
    if result.difference is None or (guarded and guarded.t_s < result.difference.t_s):
        result.difference = guarded or result.difference
    if result.difference is not None:
        result.difference = _behind_a_gap(result.difference, log.gaps())
        if why:
            what = f"{result.difference.what}; {why}"
            result.difference = msgspec.structs.replace(result.difference, what=what)
    return result


def _behind_a_gap(difference: Difference, gaps: list[Gap]) -> Difference:
    """Return the difference with the gap that explains it: what is not recorded decides nothing."""
    before = [gap for gap in gaps if gap.start_ns / 1e9 <= difference.t_s]
    if not before:
        return difference
    start_s, t_s = before[0].start_ns / 1e9, before[0].t_ns / 1e9
    why = f"; from {start_s:.3f} to {t_s:.3f} s nothing is recorded"
    return msgspec.structs.replace(difference, what=difference.what + why)


def _replay_guards(reports: list[Report], site: Site, result: ReplayResult) -> Difference | None:
    before: Report | None = None
    for report in reports:
        if before is None or report.tick != before.tick + 1 + report.missed_count:
            result.unchained_count += 1
        else:
            decision = guard(before.decision.state, report.inputs, site.limits)
            result.decision_count += 1
            what = ""
            if not _is_same(decision, report.decision):
                what = f"{_short(report)}, is {_short(Report(0, 0, report.inputs, decision))}"
            elif before.platform is not None and report.platform is not None:
                what = _platform_difference(before.platform, report, site)
            if what:
                t_s = report.inputs.t_ns / 1e9
                return Difference(report.tick, t_s, f"the keeper's decision was {what}")
        before = report
    return None


def _platform_difference(before: PlatformReport, report: Report, site: Site) -> str:
    """Return how a decision about the platform was and is, or nothing where it is the same."""
    told = report.platform
    assert told is not None
    if site.platform_limits is None:
        return "about a platform, is about none"
    inputs = platform_inputs(
        report.inputs,
        report.decision,
        site.limits,
        sample=told.sample,
        ask=told.ask,
        has_platform=told.has_platform,
    )
    decision = guard_platform(before.decision.state, inputs, site.platform_limits)
    if not _is_same(decision, told.decision):
        return f"{_platform_words(told.decision)}, is {_platform_words(decision)}"
    if report.inputs.platform_cause != before.decision.belt_cause:
        return (
            f"made with {report.inputs.platform_cause!r}, was told {before.decision.belt_cause!r}"
        )
    return ""


def _is_same(decision: Decision | PlatformDecision, logged: Decision | PlatformDecision) -> bool:
    return msgspec.msgpack.encode(decision) == msgspec.msgpack.encode(logged)


def _platform_words(decision: PlatformDecision) -> str:
    state, command = decision.state, decision.command
    return f"{state.mode}, {command.act} {words(command.pose)} ({state.cause or 'no cause'})"


def _short(report: Report) -> str:
    state, command = report.decision.state, report.decision.command
    return (
        f"{state.mode} at {command.left_speed_mps:.3f} and {command.right_speed_mps:.3f} m/s"
        f" ({state.cause or 'no cause'})"
    )


def header_files(log: LogReader) -> tuple[Site, Session]:
    """Return the site and session files that a log was made with.

    Raises:
        LogError: It is not the log of a session.
    """
    if log.header.kind != "session":
        raise LogError(
            f"{log.path}: holds an {log.header.kind}, not a session; nothing was decided in it."
        )
    where = f"{log.path}: header"
    return check(log.header.site, Site, where=where), check(
        log.header.session, Session, where=where
    )
