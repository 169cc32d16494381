"""Disks that fail, and what a session hands to its log: real bytes, tick by tick."""

import errno
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.site import Session, Site
from rehabsim.session.disk import Disk
from rehabsim.session.log import LogReader, LogWriter
from rehabsim.session.log_shape import tables
from rehabsim.session.mcap_file import LogHeader
from rehabsim.session.setup import SIMULATED_SITE, make_scenario
from rehabsim.session.table import PLATES, Table
from rehabsim.session.together import run_together, together_plans

TICK_NS = 4_000_000


class TickBytes(NamedTuple):
    """What one tick adds to a log."""

    t_ns: int
    rows: list[tuple[str, bytes]]
    texts: list[tuple[str, int, bytes]]


@dataclass
class Material:
    """A real session, to be recorded again."""

    path: Path
    header: LogHeader
    tables: list[Table]
    ticks: list[TickBytes]


def material(folder: Path, duration_s: float) -> Material:
    """Return a session that a simulated person walked."""
    path = folder / "material.mcap"
    site, session = load_toml(SIMULATED_SITE, Site), Session(scenario="boat")
    plan, laboratory = together_plans(site, session, "material", duration_s, str(path))
    run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
    return material_of(path)


def material_of(path: Path) -> Material:
    """Return the session in a log."""
    log = LogReader(path)
    session = Session.model_validate(log.header.session)
    kinds = list(tables(make_scenario(session, where="material")))
    return Material(path, log.header, kinds, _ticks(log))


def _ticks(log: LogReader) -> list[TickBytes]:
    ticks, scene = log.table("ticks"), log.table("scene")
    found = []
    plates, keeper = log.table("plates"), log.texts("keeper")
    plate = report = 0
    later = {name: list(reversed(log.texts(name))) for name in ("requests", "acks", "events")}
    for index, row in enumerate(ticks):
        t_ns, plate_count = int(row["t_ns"]), int(row["plate_count"])
        rows = [("ticks", row.tobytes()), ("scene", scene[index].tobytes())]
        if plate_count:
            rows.append(("plates", plates[plate : plate + plate_count].tobytes()))
        plate += plate_count
        count = int(row["report_count"])
        texts = [("keeper", *message) for message in keeper[report : report + count]]
        report += count
        for name, messages in later.items():
            while messages and messages[-1][0] <= t_ns:
                texts.append((name, *messages.pop()))
        found.append(TickBytes(t_ns, rows, texts))
    return found


def writer(path: Path, made_of: Material, disk: Disk, *, boot_id: str = "") -> LogWriter:
    """Return the live log of a session."""
    header = LogHeader(
        kind="session",
        version=made_of.header.version,
        boot_id=boot_id or made_of.header.boot_id,
        start_utc_ns=made_of.header.start_utc_ns,
        site=made_of.header.site,
        session=made_of.header.session,
    )
    return LogWriter(path, header, made_of.tables, is_live=True, disk=disk)


def add(log: LogWriter, tick: TickBytes) -> None:
    """Log one tick, as a session does."""
    for name, data in tick.rows:
        log.rows(name, data)
    for channel, t_ns, data in tick.texts:
        log.text(channel, t_ns, data)
    log.end_tick(tick.t_ns)


def missing_ticks(log: LogReader, made_of: Material) -> list[int]:
    """Return the session times of ticks that are not in a log.

    Raises:
        AssertionError: It holds a tick, or a message, that was never handed to it.
    """
    rows = {tick.t_ns: dict(tick.rows)["ticks"] for tick in made_of.ticks}
    for row in log.table("ticks"):
        assert rows.pop(int(row["t_ns"])) == row.tobytes(), "a tick that was never logged"
    real = {message for tick in made_of.ticks for message in tick.texts}
    for name in ("keeper", "requests", "acks", "events"):
        for t_ns, data in log.texts(name):
            assert (name, t_ns, data) in real, "a message that was never logged"
    plates = b"".join(d for tick in made_of.ticks for name, d in tick.rows if name == "plates")
    known = {row.tobytes() for row in np.frombuffer(plates, PLATES.dtype)}
    assert all(row.tobytes() in known for row in log.table("plates")), "a sample that never was"
    return sorted(rows)


# -- disks ---------------------------------------------------------------------------------


@dataclass
class FailingDisk(Disk):
    """A disk of which the calls number `first` to `last` of one kind fail.

    Args:
        call: Name of the method that fails; empty for none.
        first: Number of the first such call that fails, from 0.
        last: Number of the last one.
        error: Of the failure; 0 for a write that takes half of what it is given.
    """

    call: str = ""
    first: int = 0
    last: int = 10**9
    error: int = errno.EIO
    counts: dict[str, int] = field(default_factory=dict)
    failed_count: int = 0
    _safe_bytes: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def _fails(self, call: str) -> bool:
        with self._lock:
            number = self.counts.get(call, 0)
            self.counts[call] = number + 1
            fails = call == self.call and self.first <= number <= self.last
            self.failed_count += fails
        if fails and self.error:
            raise OSError(self.error, os.strerror(self.error))
        return fails

    def create(self, path: Path) -> int:
        self._fails("create")
        descriptor = super().create(path)
        self._safe_bytes[descriptor] = 0
        return descriptor

    def write(self, descriptor: int, data: memoryview) -> int:
        fails = self._fails("write")
        return super().write(descriptor, data[: max(len(data) // 2, 1)] if fails else data)

    def sync(self, descriptor: int) -> None:
        """Sync, or fail and lose what was not safe, as a kernel drops pages; never both."""
        size, safe = os.fstat(descriptor).st_size, self._safe_bytes[descriptor]
        try:
            self._fails("sync")
        except OSError:
            os.pwrite(descriptor, bytes(size - safe), safe)
            raise
        self._safe_bytes[descriptor] = size

    def sync_folder(self, folder: Path) -> None:
        self._fails("sync_folder")

    def close(self, descriptor: int) -> None:
        super().close(descriptor)
        self._fails("close")

    def replace(self, source: Path, target: Path) -> None:
        self._fails("replace")
        super().replace(source, target)

    def remove(self, path: Path) -> None:
        self._fails("remove")
        super().remove(path)


@dataclass
class SlowDisk(Disk):
    """A disk whose calls take long.

    Args:
        write_s: Of each write.
        sync_s: Of each sync.
    """

    write_s: float = 0.0
    sync_s: float = 0.0

    def write(self, descriptor: int, data: memoryview) -> int:
        time.sleep(self.write_s)
        return super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        time.sleep(self.sync_s)
        super().sync(descriptor)


@dataclass
class FullDisk(Disk):
    """A disk that is full from `from_s` to `to_s` after its first write; then freed.

    Args:
        from_s: When writing begins to fail.
        to_s: When it works again.
    """

    from_s: float = 0.0
    to_s: float = 0.0
    _start_s: float | None = None

    def write(self, descriptor: int, data: memoryview) -> int:
        self._start_s = time.monotonic() if self._start_s is None else self._start_s
        if self.from_s <= time.monotonic() - self._start_s < self.to_s:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(descriptor, data)


@dataclass
class RememberingDisk(Disk):
    """A disk that remembers how much of its first file was written at each sync."""

    written_bytes: int = 0
    synced_bytes: list[tuple[int, int]] = field(default_factory=list)
    _first: int = -1

    def create(self, path: Path) -> int:
        descriptor = super().create(path)
        self._first = descriptor if self._first < 0 else self._first
        return descriptor

    def write(self, descriptor: int, data: memoryview) -> int:
        count = super().write(descriptor, data)
        self.written_bytes += count if descriptor == self._first else 0
        return count

    def sync(self, descriptor: int) -> None:
        if descriptor == self._first:
            before = self.written_bytes
            super().sync(descriptor)
            self.synced_bytes.append((before, self.written_bytes))
