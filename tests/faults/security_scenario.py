"""A hostile scenario in a whole session: what it gets, and what becomes of everybody else."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import msgspec
import numpy as np
from faults.figures import Row
from faults.hostile import DEEDS, ENDINGS
from house import CRUISE_MPS, House

from rehabsim.safety.messages import decode_report
from rehabsim.session.entry import Asked, LoggedFailure
from rehabsim.session.log import LogReader
from rehabsim.session.log_repair import verify
from rehabsim.session.replay import replay

HOSTILE = str(Path(__file__).with_name("hostile.py"))
WALKING = 0.96
REST_S = 4.0
"""Longest from the end of a scenario to belts at rest, with what a busy computer adds."""

SPARED_MPS = 0.05


class Outcome(NamedTuple):
    """What became of one session.

    Attributes:
        why: What went wrong, or empty.
        words: What contained the scenario.
        stop_ms: From the last question to the keeper's stop; NaN where none was to come.
        silence_ms: The longest time between two ticks meanwhile.
    """

    why: str
    words: str
    stop_ms: float
    silence_ms: float


def rows(share: float) -> Iterator[Row]:
    """Yield a row with bubblewrap and one without; a small share is one session of each."""
    each: list[Sequence[str]] = [(name,) for name in (*DEEDS, *ENDINGS)]
    with tempfile.TemporaryDirectory() as folder, House(Path(folder)) as house:
        yield _row("with all that this computer has", house, each, share)
        with _no_bubblewrap():
            yield _row("without bubblewrap", house, each[::-1], share)


@contextmanager
def _no_bubblewrap() -> Iterator[None]:
    with patch.dict(os.environ, {"PATH": "/nowhere"}):
        yield


def _row(how: str, house: House, each: Sequence[Sequence[str]], share: float) -> Row:
    ending = next(name for (name,) in each if name in ENDINGS)
    kept = each if share == 1 else [(*DEEDS, ending)]
    outcomes = [attack(house, names) for names in kept]
    wrong = [
        f"{' '.join(names)}: {outcome.why}"
        for names, outcome in zip(kept, outcomes, strict=True)
        if outcome.why
    ]
    stops_ms = [o.stop_ms for o in outcomes if o.stop_ms == o.stop_ms]
    silence_ms = max(outcome.silence_ms for outcome in outcomes)
    note = f"{outcomes[0].words}; longest time between two ticks {silence_ms:.0f} ms"
    return Row(
        f"scenario plugin: hostile scenarios in whole sessions, {how}",
        sum(len(names) for names in kept),
        len(wrong),
        stops_ms,
        "ms from the last question to the stop",
        "nothing got; belts stop; session, keeper and log whole",
        "; ".join(wrong) or note,
    )


def attack(house: House, names: Sequence[str]) -> Outcome:
    """Walk with a scenario that is hostile in these ways, one after another."""
    key = house.folder / "secret.key"
    key.write_text("nobody's business")
    log_path = house.next_log_path
    session = house.start_session(
        scenario=HOSTILE,
        has_operator=True,
        params={
            "hostilities": " ".join(names),
            "log": str(log_path),
            "key": str(key),
            "keeper": house.keeper_url.removeprefix("unix:"),
            "requests": house.request_url,
            "victim": house.keeper.process.pid,
        },
    )
    house.wait_for_speed(WALKING * CRUISE_MPS)
    is_ending = names[-1] in ENDINGS
    since_s = house.now_s()
    house.wait_for_rest(since_s + 1.0, REST_S if is_ending else 1.0)
    speed_mps = house.speed_mps()
    wrong = []
    if is_ending == (speed_mps > SPARED_MPS):
        wrong.append(f"the belts run at {speed_mps:.2f} m/s")
    wrong += [f"the {child.name} died" for child in house.children if not child.is_running]
    session.end(10.0)
    house.children.remove(session)
    if not log_path.exists():
        return Outcome("; ".join([*wrong, "the log is gone"]), "", np.nan, np.nan)
    log = LogReader(log_path, may_be_cut=True)
    stop_ms, silence_ms = _times(log)
    return Outcome(
        "; ".join(wrong + _faults(log, names)), log.header.containment, stop_ms, silence_ms
    )


def _faults(log: LogReader, names: Sequence[str]) -> list[str]:
    """Return what is wrong by the log: with it, or with what it tells."""
    found = verify(log.path)
    if not set(names) & set(DEEDS):  # A replay would do them again, in this process.
        difference = replay(log.path).difference
        if difference is not None:
            found.append(f"its replay differs: {difference.what}")
    scenes = log.table("scene")
    tried, got = int(scenes["attempt_count"].max()), int(scenes["escape_count"].max())
    failures = _failures(log)
    if tried + len(failures) < len(names):
        found.append(f"only {tried} of {len(names)} were tried")
    if got:
        found.append(f"{got} of {tried} worked")
    is_lost = names[-1] in ENDINGS and names[-1] != "answers_nan"
    if is_lost != bool(failures):
        found.append(f"its end is told {len(failures)} times")
    return found


def _failures(log: LogReader) -> list[LoggedFailure]:
    entries = log.decoded("requests", msgspec.json.Decoder(Asked).decode)
    return [entry for entry in entries if isinstance(entry, LoggedFailure)]


def _times(log: LogReader) -> tuple[float, float]:
    """Return how long the keeper took to stop the belts, and the longest gap of ticks, ms."""
    ticks = log.table("ticks")
    woke_ns = ticks["t_ns"] + 1e9 * ticks["lateness_s"]
    silence_ms = float(np.diff(woke_ns).max()) / 1e6
    failures = _failures(log)
    if not failures:
        return np.nan, silence_ms
    asked_ns = int(ticks["t_ns"][ticks["tick"] == failures[0].tick][0])
    for report in log.decoded("keeper", decode_report):
        if report.inputs.t_ns > asked_ns and report.decision.state.mode == "stopping":
            return (report.inputs.t_ns - asked_ns) / 1e6, silence_ms
    return np.inf, silence_ms
