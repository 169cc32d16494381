"""What the belts should not notice at all while somebody walks: real processes, real time."""

import os
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import numpy as np
from ear import Ear, lateness_ms
from faults.campaign_log import Alarms
from faults.figures import Row
from faults.process_trials import Begin, Happen, walking, walks
from house import CRUISE_MPS, TRUTH_AGE_S, House

from rehabsim.session.supervise import Child

STEADY_MPS = 0.03
"""Rollers and feet shake a belt by less."""

HOGS_PER_CORE = 2
WATCHED_S = 2.0
FULL_S = 1.5
FREED_S = 5.0
"""A session tries its disk again once a second."""

ROOM = "1g"
"""A session starts with room for a quarter of an hour; nothing of it is taken before it is used."""

SPARE_BYTES = 65536


def disturbed(house: House, ear: Ear, since_s: float) -> str:
    """Return what the belts noticed since then, or nothing."""
    time.sleep(TRUTH_AGE_S)
    off_mps = np.abs(house.belts(since_s)[:, 1:3] - CRUISE_MPS).max()
    reports = ear.reports(since_s)
    for report in reports:
        if report.decision.state.mode != "running":
            return f"{report.decision.state.mode}: {report.decision.state.cause}"
    return f"{off_mps:.3f} m/s off" if off_mps > STEADY_MPS else ""


def scripted(house: House) -> Happen:
    """Begin a walk that nobody needs to watch."""
    walks(house)
    return lambda: None


def hogs(house: House, count: int) -> Iterator[Row]:
    """Yield what busy loops do to belts and keeper."""
    hog_count = HOGS_PER_CORE * (os.cpu_count() or 1)
    faults: list[str] = []
    quiet_ms, busy_ms = list[float](), list[float]()
    with walking(house, scripted, Random(2)) as (_, ear):
        for _ in range(count):
            since_s = house.now_s()
            time.sleep(WATCHED_S)
            quiet_ms.extend(lateness_ms(ear.reports(since_s)))
            loops = [house.start("hog", ["-c", "while True: pass"], b"") for _ in range(hog_count)]
            since_s = house.now_s()
            time.sleep(WATCHED_S)
            busy_ms.extend(lateness_ms(ear.reports(since_s)))
            for loop in loops:
                loop.process.kill()
                loop.end(1.0)
            faults.append(disturbed(house, ear, since_s))
    what = f"{hog_count} busy loops for {WATCHED_S:g} s"
    yield unaffected(what, faults)
    quiet = f"without them p50 {np.median(quiet_ms):.2f}, p99 {np.percentile(quiet_ms, 99):.2f}"
    note = f"{quiet}, max {max(quiet_ms):.2f} ms"
    what = f"ticks of the keeper beside {hog_count} busy loops"
    yield Row(what, len(busy_ms), 0, busy_ms, "ms late", "", note)


def unaffected(what: str, faults: list[str], note: str = "") -> Row:
    """Return the row of something that was tried so often."""
    bad = [fault for fault in faults if fault]
    note = "; ".join(filter(None, [note, *bad[:1]]))
    return Row(f"{what}: belts and mode", len(faults), len(bad), bar="unchanged", note=note)


def gateway_killed(house: House, count: int) -> Iterator[Row]:
    """Kill the gateway of pages that only watch."""
    faults = []
    with walking(house, scripted, Random(3)) as (_, ear):
        for _ in range(count):
            gateway, _ = house.start_gateway()
            since_s = house.now_s()
            gateway.process.kill()
            time.sleep(WATCHED_S)
            gateway.end(1.0)
            faults.append(disturbed(house, ear, since_s))
    yield unaffected("gateway killed that nobody commands through", faults)


# -- a full disk ---------------------------------------------------------------------------


class SmallDisk:
    """A folder that can be full: a file system of its own, or, where none may be mounted, a
    process that may write no more.

    Attributes:
        how: Which.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._is_mounted = self._do("mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none")
        self.how = "a tmpfs" if self._is_mounted else "RLIMIT_FSIZE: nothing may be mounted here"

    def _do(self, *words: str) -> bool:
        try:
            done = subprocess.run([*words, str(self.folder)], capture_output=True, check=False)
        except FileNotFoundError:
            return False
        return done.returncode == 0

    def fill(self, session: Child) -> None:
        """Leave room for a moment, if any."""
        if self._is_mounted:
            disk = os.statvfs(self.folder)
            used_bytes = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
            size = f"remount,size={used_bytes + SPARE_BYTES}"
            assert self._do("mount", "-o", size)
        else:
            self._allow(session, 0)

    def free(self, session: Child) -> None:
        """Make room again."""
        if self._is_mounted:
            assert self._do("mount", "-o", f"remount,size={ROOM}")
        else:
            self._allow(session, resource.RLIM_INFINITY)

    def _allow(self, session: Child, size_bytes: int) -> None:
        limits = (size_bytes, resource.RLIM_INFINITY)
        resource.prlimit(session.process.pid, resource.RLIMIT_FSIZE, limits)

    def close(self) -> None:
        if self._is_mounted:
            assert self._do("umount")


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Have a disk that can be full, for a while."""
    disk = SmallDisk(folder)
    try:
        yield disk
    finally:
        disk.close()


def disk_full(house: House, count: int) -> Iterator[Row]:
    """Let the disk of the log be full for a while; it must be told, and be told to be over."""
    faults = []
    random = Random(4)
    for number in range(count):
        with ExitStack() as stack:
            disk = stack.enter_context(small_disk(house.folder / f"disk-{number}-{time.time_ns()}"))
            alarms = Alarms(house.state_url)
            began: list[Child] = []
            _, ear = stack.enter_context(walking(house, _logging_to(disk, began), random))
            since_s = house.now_s()
            disk.fill(began[0])
            time.sleep(FULL_S)
            disk.free(began[0])
            time.sleep(FREED_S)
            fault = disturbed(house, ear, since_s)
            heard = alarms.faults(is_expected=True)
            faults.append(fault or "; ".join(heard))
    yield unaffected(f"disk of the log full for {FULL_S:g} s", faults, disk.how)


def _logging_to(disk: SmallDisk, began: list[Child]) -> Begin:
    def begin(house: House) -> Happen:
        began.append(walks(house, log_folder=disk.folder))
        return lambda: None

    return begin


def mqtt() -> Row:
    """Say why no broker is restarted."""
    why = "no process of a session speaks MQTT: only the simulator's wearables send by it"
    return Row("MQTT broker restarted: belts and mode", 0, 0, note=f"not done: {why}")


UNAFFECTED = (hogs, gateway_killed, disk_full)
