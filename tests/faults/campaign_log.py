"""The log under fire: kills, power losses, failing and slow disks, tampering."""

import errno
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from unittest.mock import patch

import msgspec
import numpy as np
import zmq
from faults.figures import Row
from faults.log_crash import CrashModel
from faults.log_disk import FailingDisk, Material, add, material, missing_ticks, writer
from faults.log_tamper import tamper
from house import House

from rehabsim.base.errors import LogError
from rehabsim.session import recorder
from rehabsim.session.log import LogReader
from rehabsim.session.log_repair import recover, verify
from rehabsim.session.messages import EventMessage, split_frame
from rehabsim.session.recorder import News

TITLE = "The session log under fire"
INTRODUCTION = (
    "Every log is a real session's, simulated person and belts. *Killed*: `kill -9` at a random"
    " moment; what is missing is counted from the last tick that was made to the last in the log"
    " after `rehabsim log recover`; of a whole session, from the kill, in"
    " tests/test_log_survival.py. *Power loss* is a model over a real file's"
    " bytes: all up to a finished sync is kept, each later sector of 512 bytes is kept, zeroed,"
    " garbage or stale (of another session with the same layout), the file ends anywhere; a failure"
    " is a synced block"
    " that is gone or a block accepted that is not what was written. *Failing disk*: one call of"
    " the recorder fails, six do, or all from there on, with memory for 12 blocks instead of 3,750;"
    " a"
    " failure is an exception that reaches the"
    " session, a loss that is not told to the tick, a gap that is not marked, or no alarm."
    " *Tick lateness* is of whole sessions, three disks in turn. *Tampering* changes, removes or"
    " moves one record of requests, answers, events or chain."
)

KILLS, SLOW_KILLS = 1000, 200
POWER_LOSSES = 100_000
TAMPERINGS = 10_000
LATENESS_ROUNDS, LATENESS_S = 5, 12.0
FAILING_S = 0.8
"""Length of the session that is written again for each failing call."""

A_WHILE, FOR_GOOD = 5, 10**9
"""Calls that fail after the first."""

MEMORY_BLOCKS = 12
"""Instead of 3,750, so that something is lost at all."""

ROUNDING_S = 0.0045
"""A session's first block covers a tick more than the time between its ends."""

MAX_MISSING_MS = 100.0
MAX_LATENESS_RATIO = 2.0
TELLING_COUNT = 5_000
"""Of fewer ticks the latest hundredth is what another program did to one or two of them."""

UNNOTICED_MS = 1.0
"""Another program's burst does as much; a tick that waited for the slow disk is 10 ms late."""


def rows(share: float) -> Iterator[Row]:
    """Yield the campaign's lines; each is run `share` times as often as for the page."""
    yield from timed_rows(share)
    yield from untimed_rows(share)


def timed_rows(share: float) -> Iterator[Row]:
    """Yield the lines in real time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made_of = material(folder, 8.0)
        yield kills("recorder killed", folder, made_of, _count(KILLS, share), sync_s=0.0)
        slow = _count(SLOW_KILLS, share)
        yield kills("recorder killed, each sync takes 2 s", folder, made_of, slow, sync_s=2.0)
        yield from lateness(folder, share)


def untimed_rows(share: float) -> Iterator[Row]:
    """Yield the lines that a busy computer cannot spoil."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made_of = material(folder, 8.0)
        yield power_losses(folder, made_of, _count(POWER_LOSSES, share))
        yield from failing_disks(folder, made_of, share)
        yield tampering(folder, _count(TAMPERINGS, share))


def _count(whole: int, share: float) -> int:
    return max(round(whole * share), 1)


# -- kills ---------------------------------------------------------------------------------


def kills(what: str, folder: Path, made_of: Material, count: int, *, sync_s: float) -> Row:
    """Kill a recording process `count` times, and mend what it left."""
    random = Random(3)
    missing_ms, failures = [], 0
    words = [sys.executable, str(Path(__file__).with_name("log_victim.py")), str(made_of.path)]
    with subprocess.Popen(
        [*words, str(sync_s)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        for number in range(count):
            path = folder / f"killed-{number}.mcap"
            print(path, file=server.stdin, flush=True)
            said = {server.stdout.readline().strip() for _ in range(2)}
            (pid,) = (int(word) for word in said - {"ready"})
            time.sleep(random.uniform(0.0, 0.4))
            os.kill(pid, 9)
            assert server.stdout.readline() == "dead\n"
            try:
                log, _ = recover(path)
                missing_ticks(log, made_of)
                last_ns = int(log.table("ticks")["t_ns"][-1]) if "ticks" in log.tables() else 0
                made_ns = int.from_bytes(path.with_suffix(".told").read_bytes(), "little")
                missing_ms.append(max(made_ns - last_ns, 0) / 1e6)
            except (LogError, AssertionError) as error:
                print(f"{path.name}: {error}")
                failures += 1
            for file in folder.glob(f"killed-{number}.*"):
                file.unlink()
    late = sum(value > MAX_MISSING_MS for value in missing_ms)
    note = f"{failures} unreadable or wrong, {late} lost more than 100 ms"
    return Row(what, count, failures + late, missing_ms, "ms", "<= 100, aim 20", note)


# -- power loss ----------------------------------------------------------------------------


def power_losses(folder: Path, made_of: Material, count: int) -> Row:
    """Read `count` states in which a power loss may leave a file."""
    model = CrashModel(folder, made_of)
    random = Random(4)
    lost = phantom = unreadable = 0
    behind_ms = []
    for number in range(count):
        state = model.state(random)
        result = model.judge(state)
        if number % 500 == 0:
            result = model.judge_recovered(state, folder / "crashed.mcap")
        lost += result.lost_count
        phantom += result.phantom_count
        unreadable += not result.is_readable
        behind_ms.append(result.missing_ms)
    note = f"{lost} synced blocks lost, {phantom} phantom blocks accepted, {unreadable} unreadable"
    return Row(
        "power loss", count, lost + phantom + unreadable, behind_ms, "ms lost", "0 / 0", note
    )


# -- failing disks -------------------------------------------------------------------------

KINDS = {
    "no space left": errno.ENOSPC,
    "input/output error": errno.EIO,
    "read-only file system": errno.EROFS,
    "half of a write is taken": 0,
}


def failing_disks(folder: Path, made_of: Material, share: float) -> Iterator[Row]:
    """Let each call of the recorder fail once, and from there on for good."""
    ticks = made_of.ticks[: round(FAILING_S * 250)]
    short = Material(made_of.path, made_of.header, made_of.tables, ticks)
    healthy = FailingDisk()
    _record(folder / "healthy.mcap", short, healthy)
    random = Random(6)
    for what, error in KINDS.items():
        calls = ("write",) if not error else ("create", "write", "sync", "sync_folder", "replace")
        trials = [
            (call, first, last)
            for call in calls
            for first in range(healthy.counts[call])
            for last in (first, first + A_WHILE, FOR_GOOD)
        ]
        trials = random.sample(trials, max(_count(len(trials), share), 8))
        failures, lost_ms = 0, []
        for call, first, last in trials:
            disk = FailingDisk(call=call, first=first, last=last, error=error)
            path = folder / f"failing-{call}-{first}-{last}.mcap"
            fault, missing_s = failing_trial(path, short, disk)
            failures += bool(fault)
            lost_ms.append(1e3 * missing_s)
            if fault:
                print(f"{what}, {call} {first} to {last}: {fault}")
            for file in folder.glob(f"{path.stem}*"):
                file.unlink()
        bar = "session unaffected, told, marked"
        yield Row(f"disk fails: {what}", len(trials), failures, lost_ms, "ms lost", bar)


def _record(path: Path, made_of: Material, disk: FailingDisk) -> tuple[str, float, list[News]]:
    """Return what closing said, how much is told to be lost, s, and the news."""
    log = writer(path, made_of, disk)
    news = []
    for tick in made_of.ticks:
        add(log, tick)
        news += log.take_news()
        while log._store._recorder._waiting.qsize() > MEMORY_BLOCKS // 2:
            time.sleep(0.0005)  # Only a disk shall make it lose something, not a busy computer.
        time.sleep(0.0003)
    try:
        log.close(made_of.ticks[-1].t_ns)
        said = ""
    except LogError as error:
        said = str(error)
    return said, log.lost_s, news + log.take_news()


def failing_trial(path: Path, made_of: Material, disk: FailingDisk) -> tuple[str, float]:
    """Return what is wrong after one session on a failing disk, or nothing, and what it lost, s."""
    try:
        with patch.multiple(recorder, MAX_WAITING_BLOCKS=MEMORY_BLOCKS, RETRY_EVERY_BLOCKS=4):
            said, told_lost_s, news = _record(path, made_of, disk)
    except LogError as error:
        is_refused = str(path) in str(error) and not path.exists()
        return "" if is_refused else f"refused, but left something: {error}", 0.0
    except Exception as error:
        return f"{type(error).__name__} reached the session: {error}", 0.0
    try:
        log, damaged = recover(path)
        missing = missing_ticks(log, made_of)
    except (LogError, AssertionError) as error:
        return str(error), 0.0
    missing_s = len(missing) * 0.004
    return _judge(log, made_of, missing, (said, told_lost_s, news), damaged is None), missing_s


def _judge(
    log: LogReader,
    made_of: Material,
    missing: list[int],
    told: tuple[str, float, list[News]],
    is_whole: bool,
) -> str:
    said, told_lost_s, news = told
    end_ns = made_of.ticks[-1].t_ns
    gaps = [(gap.start_ns, gap.t_ns) for gap in log.gaps()]
    excess_s = told_lost_s - 0.004 * len(missing)
    if excess_s < -ROUNDING_S or (is_whole and excess_s > ROUNDING_S):
        return f"told {told_lost_s:.3f} s lost, {0.004 * len(missing):.3f} s are"
    if missing and (not said or f"{told_lost_s:.2f} s" not in said):
        return f"{len(missing)} ticks missing, but closing said {said!r}"
    if not missing and is_whole and said and "cannot be written" not in said:
        return f"nothing is missing, but closing said {said!r}"
    first_ns = made_of.ticks[0].t_ns
    unmarked = [t for t in missing if not any(a < t <= b or a == t == first_ns for a, b in gaps)]
    is_tail = not is_whole and missing[-1:] == [end_ns] and missing[-len(unmarked) :] == unmarked
    if unmarked and not is_tail:
        return f"{len(unmarked)} missing ticks from {unmarked[0] / 1e9:.3f} s are in no marked gap"
    if missing and not news:
        return "something is missing and nobody was told"
    if [severity for severity, _ in news] not in ([], ["warn"], ["warn", "none"]):
        return f"told {news}"
    return ""


# -- tick lateness -------------------------------------------------------------------------


def lateness(folder: Path, share: float) -> Iterator[Row]:
    """Run whole sessions on a fast, a slow and a full disk in turn."""
    late_ms: dict[str, list[float]] = {"fast": [], "slow": [], "full": []}
    missed, faults = dict.fromkeys(late_ms, 0), dict.fromkeys(late_ms, 0)
    notes = dict.fromkeys(late_ms, "")
    script = str(Path(__file__).with_name("log_session.py"))
    with House(folder) as house:
        for _ in range(_count(LATENESS_ROUNDS, share)):
            for kind, values in late_ms.items():
                alarms = Alarms(house.state_url)
                session = house.start_session(has_operator=True, words=[script, kind])
                time.sleep(max(LATENESS_S * min(1.0, 5 * share), 4.0))
                session.process.terminate()
                said = list(iter(lambda s=session: s.heard.get(timeout=60), None))
                session.end(30.0)
                log = LogReader(session.log_path)  # type: ignore[attr-defined]
                ticks = log.table("ticks")
                values.extend((1e3 * ticks["lateness_s"]).tolist())
                missed[kind] += int(ticks["missed_count"].sum())
                bad = [e.text for e in log.events() if e.kind == "stop" and "silent" in e.text]
                bad += verify(session.log_path)  # type: ignore[attr-defined]
                bad += [s["summary"]["log_failure"] for s in said if "summary" in s]
                bad += alarms.faults(is_expected=kind == "full")
                faults[kind] += sum(bool(text) for text in bad)
                notes[kind] = " ".join(filter(None, bad))
    fast = np.percentile(late_ms["fast"], 99)
    for kind, values in late_ms.items():
        ratio = np.percentile(values, 99) / fast
        note = f"p99 is {ratio:.2f} × the fast disk's; {missed[kind]} ticks missed {notes[kind]}"
        limits = f"p99 <= {MAX_LATENESS_RATIO:g} × the fast disk's or {UNNOTICED_MS:g} ms"
        bar = "" if kind == "fast" else f"{limits}; nothing lost"
        is_late = ratio > MAX_LATENESS_RATIO and np.percentile(values, 99) > UNNOTICED_MS
        is_late = is_late and len(values) >= TELLING_COUNT
        failures = faults[kind] + int(is_late)
        yield Row(
            f"tick lateness, disk {WORDS[kind]}", len(values), failures, values, "ms", bar, note
        )


class Alarms:
    """What a client hears of the log."""

    def __init__(self, url: str) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.SUBSCRIBE, b"event ")
        self._socket.connect(url)

    def faults(self, *, is_expected: bool) -> list[str]:
        """Return what is wrong with what was heard: an alarm and its end, or nothing at all."""
        texts = []
        while self._socket.poll(0):
            event = msgspec.msgpack.decode(split_frame(self._socket.recv())[1], type=EventMessage)
            texts += [event.text] if event.kind == "log" else []
        self._context.destroy(0)
        wanted = ("The log's disk failed", "The log's disk works") if is_expected else ()
        if len(texts) == len(wanted) and all(map(str.startswith, texts, wanted)):
            return []
        return [f"heard {texts}"]


WORDS = {
    "fast": "as it is",
    "slow": "takes 2 s for a sync and 10 ms more for a write",
    "full": "full for 1.5 s",
}


# -- tampering -----------------------------------------------------------------------------


def tampering(folder: Path, count: int) -> Row:
    """Change, remove or move one operator record of a log, `count` times."""
    random = Random(5)
    path = folder / "material.mcap"
    missed = [what for _ in range(count) if (what := tamper(path, random)) is not None]
    for what in missed[:10]:
        print(f"not detected: {what}")
    return Row("operator records tampered with", count, len(missed), bar="all detected")
