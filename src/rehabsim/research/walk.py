"""What a report is made from: one log, read into arrays with one time axis."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import nan
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from rehabsim.base.errors import LogError
from rehabsim.base.records import MODES, WRENCH_COLUMNS, Event, GaitEvent
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.forces import CREEP_PPM
from rehabsim.gait.preparation import CHECKS, Check
from rehabsim.gait.review import Reviewed, pressure_contacts, review
from rehabsim.gait.strides import Stride
from rehabsim.gait.sway import Sway
from rehabsim.research.agreement import agreement
from rehabsim.research.importer import IMPORT
from rehabsim.research.recoveries import Aftermath, aftermaths
from rehabsim.research.standing import longest_stand
from rehabsim.research.tasks import Tasks, tasks_of
from rehabsim.session.core import PERIOD_NS
from rehabsim.session.entry import Asked, LoggedAck, LoggedRequest
from rehabsim.session.log import LogReader
from rehabsim.session.replay import header_files
from rehabsim.session.setup import make_analysis
from rehabsim.session.table import PLATES, Rows

Doubles = npt.NDArray[np.float64]
Instants = npt.NDArray[np.int64]

BATCH_COUNT = 16_384
"""Samples that are analysed at once; the result does not depend on it."""

NEAR_NS = 100_000_000
"""The keeper's events reach the session's ticks sooner than this."""

TRIALS = ("trial", "test")
"""Kinds of events by which scenarios tell measures."""

PERTURBATION = "perturbation"

BELTS = tuple(
    f"{stage}_{side}_speed_mps"
    for stage in ("belt", "wish", "command")
    for side in ("left", "right")
)


@dataclass(frozen=True, slots=True)
class Belts:
    """Both belts at every tick of a session.

    Attributes:
        t_s: Time of each tick.
        speeds_mps: By name: `belt_left_speed_mps` measured, `wish_…`, `command_…`.
        left_distance_m: Surface passed since the start.
        right_distance_m: The same on the right.
    """

    t_s: Doubles
    speeds_mps: dict[str, Doubles]
    left_distance_m: Doubles
    right_distance_m: Doubles


@dataclass(frozen=True, slots=True)
class Quality:
    """What the analysis thought of the plates.

    Attributes:
        missing_count: Samples without a vertical force.
        spike_count: Samples whose vertical force no person makes, left out.
        left_zero_n: How far the left plate's vertical zero had drifted at the end.
        right_zero_n: The same on the right.
        refused_count: Swings in which a plate was not empty or not steady, so not a zero.
    """

    missing_count: int = 0
    spike_count: int = 0
    left_zero_n: float = 0.0
    right_zero_n: float = 0.0
    refused_count: int = 0


@dataclass(frozen=True, slots=True)
class Walk:
    """A person's walk, live or recorded; instants in s since the start.

    Attributes:
        start_s: First tick or sample of the log.
        duration_s: From there to its end.
        events: Heel strikes and toe-offs, by time.
        event_source: How the events came about, for people.
        plate_t_s: When each force sample was taken.
        left_fz_n: Vertical force at these instants.
        right_fz_n: The same on the right.
        plate_lost_count: Samples that the plates numbered and the log lacks.
        quality: What the analysis thought of the plates.
        strides: One for each heel strike, by time.
        reviewed: The events, and what a second look with the future known says of them.
        sway: Of the longest time that someone stood still, if they did for long enough.
        belts: None where the log holds no belts.
        stops: Every event that stopped the belts, with its cause.
        pauses: Every time the belts were brought to rest without such an event.
        tasks: How tasks ended; None where the log knows of none.
        trials: What a scenario told of trials and tests that ended.
        aftermaths: What followed those that were done, and catch trials.
        perturbations: What was told of each perturbation, whoever asked for it.
    """

    start_s: float
    duration_s: float
    events: tuple[GaitEvent, ...]
    event_source: str
    plate_t_s: Doubles
    left_fz_n: Doubles
    right_fz_n: Doubles
    plate_lost_count: int
    quality: "Quality"
    strides: tuple[Stride, ...]
    reviewed: tuple[Reviewed, ...]
    sway: Sway | None
    belts: Belts | None
    stops: tuple[Event, ...]
    pauses: tuple[Event, ...]
    tasks: Tasks | None = None
    trials: tuple[Event, ...] = ()
    aftermaths: tuple[Aftermath, ...] = ()
    perturbations: tuple[Event, ...] = ()


def read_walk(log: LogReader) -> Walk:
    """Return the walk in a log, its forces analysed again by the algorithm that runs live.

    Raises:
        LogError: The log lacks what every log has.
    """
    plates = log.table("plates")
    for name in PLATES.dtype.names or ():
        _column(log, plates, name)
    sequence = _column(log, plates, "sequence").astype(np.int64)
    lost_count = int(np.maximum(np.diff(sequence) - 1, 0).sum())
    times_ns = sample_times_ns(plates) if len(plates) else np.zeros(0, np.int64)
    if log.header.kind == IMPORT:
        if not len(plates):
            raise LogError(f"{log.path}: holds no force-plate samples; there is nothing to report.")
        ticks, belts = None, None
        first_ns, end_ns = int(times_ns[0]), int(times_ns[-1] + plates["dt_ns"][-1])
    else:
        ticks = log.table("ticks")
        if not len(ticks):
            raise LogError(f"{log.path}: holds no ticks; there is nothing to report.")
        belts = _belts(log, ticks)
        first_ns, end_ns = int(ticks["t_ns"][0]), int(ticks["t_ns"][-1]) + PERIOD_NS
    if not len(plates):
        plates = np.zeros(0, PLATES.dtype)
    belt_mps = _belts_of_samples(log, ticks, len(plates))
    found = _Analysed(_analysis(log), times_ns, plates, belt_mps, _checks(log, ticks))
    events, source = found.events, "table plates of the import, analysed for this report"
    told = log.events()
    stops: tuple[Event, ...] = ()
    pauses: tuple[Event, ...] = ()
    if ticks is not None:
        events = tuple(sorted(_logged_events(log), key=lambda event: event.t_ns))
        source = agreement(events, found.events)
        stops = tuple(event for event in told if event.kind == "stop")
        pauses = _pauses(log, ticks, stops)
    rests = sorted((*stops, *pauses), key=lambda rest: rest.t_ns)
    return Walk(
        start_s=first_ns / 1e9,
        duration_s=(end_ns - first_ns) / 1e9,
        events=events,
        event_source=source,
        plate_t_s=times_ns / 1e9,
        left_fz_n=_column(log, plates, "left_fz_n").astype(float),
        right_fz_n=_column(log, plates, "right_fz_n").astype(float),
        plate_lost_count=lost_count,
        quality=found.quality,
        strides=found.strides,
        reviewed=tuple(review(events, found.again)),
        sway=longest_stand(times_ns / 1e9, found.wrench, belt_mps, events),
        belts=belts,
        stops=stops,
        pauses=pauses,
        tasks=None if ticks is None else tasks_of(log, ticks),
        trials=tuple(event for event in told if event.kind in TRIALS),
        aftermaths=tuple(aftermaths(told, found.strides, log.table("harness"), rests)),
        perturbations=tuple(event for event in told if event.kind == PERTURBATION),
    )


@dataclass(frozen=True, slots=True)
class Samples:
    """Every force-plate sample of a session.

    Attributes:
        wrench: (n, 12) as in `PlateChunk`.
        belt_mps: (n, 2) speeds of the belts at each.
        rate_hz: Samples per second.
    """

    wrench: Doubles
    belt_mps: Doubles
    rate_hz: float


def read_samples(log: LogReader) -> Samples:
    """Return the samples of a session's log, with the belts' speeds.

    Raises:
        LogError: It holds no samples or no belts.
    """
    plates = log.table("plates")
    if not len(plates) or log.header.kind == IMPORT:
        raise LogError(f"{log.path}: holds no force-plate samples with belts; record a session.")
    belt_mps = _belts_of_samples(log, log.table("ticks"), len(plates))
    return Samples(_wrench(plates), belt_mps, 1e9 / float(plates["dt_ns"][0]))


def _wrench(plates: Rows) -> Doubles:
    return np.stack([plates[name] for name in WRENCH_COLUMNS], axis=1).astype(float)


def sample_times_ns(plates: Rows) -> npt.NDArray[np.int64]:
    """Return when each sample was taken, on the session clock.

    Source: the rule of `gait.forces.SampleClock`, for all chunks at once.
    """
    starts = np.union1d([0], np.flatnonzero(plates["is_first"]))
    lasts = np.append(starts[1:], len(plates)) - 1
    device_ns = plates["device_t_ns"].astype(np.int64)
    offset_ns = plates["t_ns"][lasts].astype(np.int64) - device_ns[lasts]
    begins = np.flatnonzero(np.diff(device_ns[lasts]) < 0) + 1  # a device that counts anew
    for first, last in pairwise([0, *begins.tolist(), len(lasts)]):
        part = slice(first, last)
        creep_ns = (device_ns[lasts[part]] - device_ns[lasts[first]]) * CREEP_PPM // 1_000_000
        offset_ns[part] = np.minimum.accumulate(offset_ns[part] - creep_ns) + creep_ns
    times: npt.NDArray[np.int64] = device_ns + np.repeat(offset_ns, lasts - starts + 1)
    return times


def _column(log: LogReader, rows: Rows, name: str) -> npt.NDArray[Any]:
    if name in (rows.dtype.names or ()):
        return rows[name]
    if not len(rows):
        return np.zeros(0)
    raise LogError(f"{log.path}: a table lacks its column {name}; another version wrote it.")


def _logged_events(log: LogReader) -> list[GaitEvent]:
    rows = log.table("gait_events")
    names = ("t_ns", "is_left", "is_heel_strike", "latency_s", "confidence")
    columns = zip(*(_column(log, rows, name).tolist() for name in names), strict=True)
    return [
        GaitEvent(
            t_ns,
            "left" if is_left else "right",
            "heel_strike" if is_heel_strike else "toe_off",
            latency_s,
            confidence,
        )
        for t_ns, is_left, is_heel_strike, latency_s, confidence in columns
    ]


def _pauses(log: LogReader, ticks: Rows, stops: Sequence[Event]) -> tuple[Event, ...]:
    """Return the keeper's word for each time it began to stop the belts without a stop."""
    is_stopping = _column(log, ticks, "mode") == MODES.index("stopping")
    begins = np.flatnonzero(is_stopping & ~np.append(False, is_stopping[:-1]))
    news = [event for event in log.events() if event.kind == "mode"]
    pauses = []
    for t_ns in ticks["t_ns"][begins].tolist():
        if any(abs(stop.t_ns - t_ns) < NEAR_NS for stop in stops):
            continue
        near = [event for event in news if abs(event.t_ns - t_ns) < NEAR_NS]
        pauses.append(near[-1] if near else Event(t_ns, "mode", "keeper", "ramp", "Stopped."))
    return tuple(pauses)


def _belts(log: LogReader, ticks: Rows) -> Belts:
    return Belts(
        t_s=ticks["t_ns"] / 1e9,
        speeds_mps={name: _column(log, ticks, name).astype(float) for name in BELTS},
        left_distance_m=_column(log, ticks, "left_distance_m").astype(float),
        right_distance_m=_column(log, ticks, "right_distance_m").astype(float),
    )


def _belts_of_samples(log: LogReader, ticks: Rows | None, count: int) -> Doubles:
    """Return (count, 2) speeds of the belts as the live analysis was told them."""
    if ticks is None:
        return np.full((count, 2), nan)
    names = ("belt_left_speed_mps", "belt_right_speed_mps")
    speeds_mps = np.stack([_column(log, ticks, name).astype(float) for name in names], axis=1)
    of_samples = np.repeat(speeds_mps, _column(log, ticks, "plate_count").astype(np.int64), axis=0)
    if len(of_samples) < count:  # a killed session: samples of a tick that was not written
        tail = np.full((count - len(of_samples), 2), nan)
        of_samples = np.concatenate([of_samples, tail])
    return of_samples[:count]


def _analysis(log: LogReader) -> GaitAnalysis:
    """Return the analysis that ran live, for an import one that knows nothing."""
    if log.header.kind == IMPORT:
        return GaitAnalysis()
    return make_analysis(*header_files(log))


def _checks(log: LogReader, ticks: Rows | None) -> dict[int, list[Check]]:
    """Return the guided checks of the plates, by how many samples came before each."""
    if ticks is None:
        return {}
    acks = log.decoded("acks", msgspec.json.Decoder(LoggedAck).decode)
    begun = {(ack.tick, ack.client, ack.ack.id) for ack in acks if ack.ack.status == "applied"}
    counts = _column(log, ticks, "plate_count").astype(np.int64)
    before = dict(zip(ticks["tick"].tolist(), (counts.cumsum() - counts).tolist(), strict=True))
    checks: dict[int, list[Check]] = {}
    decode = msgspec.json.Decoder(Asked).decode
    for entry in log.decoded("requests", decode):
        if isinstance(entry, LoggedRequest) and entry.request.name in CHECKS:
            key = (entry.tick, entry.request.client, entry.request.id)
            if key in begun and entry.tick in before:
                checks.setdefault(before[entry.tick], []).append(entry.request.name)
                begun.remove(key)
    return checks


class _Analysed:
    """What the analysis finds in force-plate samples, and what a second look finds.

    Attributes:
        wrench: (n, 12) the samples less the plates' zero; of a single plate, all under `left`.
    """

    def __init__(
        self,
        analysis: GaitAnalysis,
        times_ns: Instants,
        plates: Rows,
        belt_mps: Doubles,
        checks: dict[int, list[Check]],
    ) -> None:
        wrench = _wrench(plates)
        if analysis.is_single:
            wrench[:, 6:] = 0.0
        self.wrench = np.empty_like(wrench)
        dts_ns = plates["dt_ns"]
        events: list[GaitEvent] = []
        strides: list[Stride] = []
        for part in _parts(dts_ns, checks):
            for check in checks.get(part.start, ()):
                analysis.prepare(check)
            dt_ns = int(dts_ns[part][0])
            events += analysis.take(times_ns[part], dt_ns, wrench[part], belt_mps[part])
            strides += analysis.take_strides()
            self.wrench[part] = wrench[part] - analysis.zero.offset
        strides += analysis.finish()
        zero = analysis.zero
        self.events = tuple(sorted(events, key=lambda event: event.t_ns))
        self.strides = tuple(sorted(strides, key=lambda stride: stride.heel_strike_t_s))
        self.again = pressure_contacts(times_ns, wrench)
        self.quality = Quality(
            analysis.frames.missing_count,
            analysis.frames.spike_count,
            zero.drift_n(0),
            zero.drift_n(1),
            zero.refused_count,
        )


def _parts(dts_ns: Instants, edges: Iterable[int]) -> Iterator[slice]:
    """Yield the samples in parts of one rate each, and with none across an edge."""
    count = len(dts_ns)
    cuts = {*range(0, count, BATCH_COUNT), *(np.flatnonzero(np.diff(dts_ns)) + 1).tolist(), *edges}
    for first, last in pairwise([*sorted(cut for cut in cuts if cut < count), count]):
        yield slice(first, last)
