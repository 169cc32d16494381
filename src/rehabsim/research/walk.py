"""What a report is made from: one log, read into arrays with one time axis."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt

from rehabsim.base.errors import LogError
from rehabsim.base.records import MODES, BeltSample, Event, GaitEvent, PlateChunk
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.forces import CREEP_PPM
from rehabsim.research.importer import IMPORT
from rehabsim.session.core import PERIOD_NS
from rehabsim.session.log import LogReader
from rehabsim.session.table import PLATES, Rows, chunks_of

Doubles = npt.NDArray[np.float64]

BATCH_S = 0.02
"""Length of a chunk when a file is analysed; the result does not depend on it."""

NEAR_NS = 100_000_000
"""The keeper's events reach the session's ticks sooner than this."""

NO_BELT = BeltSample(-1, nan, nan, nan)
TRACK = (
    "left_step_count",
    "right_step_count",
    "left_step_length_m",
    "right_step_length_m",
    "step_width_m",
)
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
        track: What was known after each tick or chunk: the columns of `TRACK`.
        belts: None where the log holds no belts.
        stops: Every event that stopped the belts, with its cause.
        pauses: Every time the belts were brought to rest without such an event.
    """

    start_s: float
    duration_s: float
    events: tuple[GaitEvent, ...]
    event_source: str
    plate_t_s: Doubles
    left_fz_n: Doubles
    right_fz_n: Doubles
    plate_lost_count: int
    track: dict[str, Doubles]
    belts: Belts | None
    stops: tuple[Event, ...]
    pauses: tuple[Event, ...]


def read_walk(log: LogReader) -> Walk:
    """Return the walk in a log; an import is analysed here, a session was when it ran.

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
        events, track = _analysed(plates)
        first_ns, end_ns = int(times_ns[0]), int(times_ns[-1] + plates["dt_ns"][-1])
        source = "table plates of the import, analysed for this report"
        belts = None
        stops: tuple[Event, ...] = ()
        pauses: tuple[Event, ...] = ()
    else:
        ticks = log.table("ticks")
        if not len(ticks):
            raise LogError(f"{log.path}: holds no ticks; there is nothing to report.")
        events = _logged_events(log)
        track = {name: _column(log, ticks, name).astype(float) for name in TRACK}
        first_ns, end_ns = int(ticks["t_ns"][0]), int(ticks["t_ns"][-1]) + PERIOD_NS
        source = "table gait_events of the log, as found live"
        belts = _belts(log, ticks)
        stops = tuple(event for event in log.events() if event.kind == "stop")
        pauses = _pauses(log, ticks, stops)
    return Walk(
        start_s=first_ns / 1e9,
        duration_s=(end_ns - first_ns) / 1e9,
        events=tuple(sorted(events, key=lambda event: event.t_ns)),
        event_source=source,
        plate_t_s=times_ns / 1e9,
        left_fz_n=_column(log, plates, "left_fz_n").astype(float),
        right_fz_n=_column(log, plates, "right_fz_n").astype(float),
        plate_lost_count=lost_count,
        track=track,
        belts=belts,
        stops=stops,
        pauses=pauses,
    )


def sample_times_ns(plates: Rows) -> npt.NDArray[np.int64]:
    """Return when each sample was taken, on the session clock.

    Source: the rule of `gait.forces.SampleClock`, for all chunks at once.
    """
    starts = np.union1d([0], np.flatnonzero(plates["is_first"]))
    lasts = np.append(starts[1:], len(plates)) - 1
    device_ns = plates["device_t_ns"].astype(np.int64)
    creep_ns = device_ns[lasts] * CREEP_PPM // 1_000_000
    offset_ns = plates["t_ns"][lasts].astype(np.int64) - device_ns[lasts]
    offset_ns = np.minimum.accumulate(offset_ns - creep_ns) + creep_ns
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


def _analysed(plates: Rows) -> tuple[list[GaitEvent], dict[str, Doubles]]:
    """Return events and track of force-plate samples without belts."""
    analysis = GaitAnalysis()
    events: list[GaitEvent] = []
    known = []
    for chunk in _batches(plates):
        gait, found = analysis.step((chunk,), NO_BELT, chunk.t_ns)
        events += found
        known.append([float(getattr(gait, name)) for name in TRACK])
    columns = np.array(known, dtype=float).T
    return events, dict(zip(TRACK, columns, strict=True))


def _batches(plates: Rows) -> Iterator[PlateChunk]:
    """Yield the samples in chunks of about `BATCH_S`, cut at every gap."""
    sequence, dt_ns = plates["sequence"], plates["dt_ns"]
    size = max(round(BATCH_S * 1e9 / int(dt_ns[0])), 1)
    is_cut = (np.diff(sequence) != 1) | (np.diff(dt_ns) != 0)
    starts = np.union1d(np.arange(0, len(plates), size), np.flatnonzero(is_cut) + 1)
    counts = np.diff(np.append(starts, len(plates)))
    rows = plates.copy()
    rows["is_first"] = False
    rows["is_first"][starts] = True
    rows["t_ns"] = np.repeat(plates["t_ns"][starts + counts - 1], counts)
    yield from chunks_of(rows)
