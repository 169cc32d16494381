"""A live log on a disk that fails: told once, marked, counted, and mended; nobody waits."""

import errno
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from faults.log_disk import FailingDisk

from rehabsim.base.errors import LogError
from rehabsim.session import recorder
from rehabsim.session.disk import Disk
from rehabsim.session.log import LogReader, LogWriter
from rehabsim.session.log_repair import recover, verify
from rehabsim.session.mcap_file import LogHeader
from rehabsim.session.merge import part_of
from rehabsim.session.table import Column, Table

BLOCK_NS = recorder.BLOCK_NS
COUNTS = Table("counts", [Column("t_ns", "i8"), Column("count", "i8")])


def writer(path, disk, boot_id="a"):
    header = LogHeader(
        kind="session", version="0", boot_id=boot_id, start_utc_ns=10**18, site={}, session={}
    )
    return LogWriter(path, header, [COUNTS], is_live=True, disk=disk)


def feed(log, counts):
    """Hand over one block per count; return how long the slowest took, s."""
    slowest_s = 0.0
    for count in counts:
        start_s = time.perf_counter()
        log.rows("counts", COUNTS.pack(count * BLOCK_NS, count))
        log.end_tick(count * BLOCK_NS)
        slowest_s = max(slowest_s, time.perf_counter() - start_s)
    return slowest_s


def counts(log):
    return log.table("counts")["count"].tolist()


def wait_for(is_true, within_s=5.0):
    deadline_s = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.002)


class GatedDisk(Disk):
    """A disk that does not answer a write while its gate is closed."""

    def __init__(self):
        self.gate = threading.Event()
        self.gate.set()

    def write(self, descriptor, data):
        self.gate.wait()
        return super().write(descriptor, data)


def test_a_silent_disk_makes_nobody_wait_and_what_is_lost_is_told_and_marked(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "MAX_WAITING_BLOCKS", 50)
    disk = GatedDisk()
    log = writer(tmp_path / "a.mcap", disk)
    feed(log, range(10))
    wait_for(log._store._recorder._waiting.empty)
    disk.gate.clear()
    assert feed(log, range(10, 100)) < 0.1
    lost_count = log.lost_block_count
    assert 35 <= lost_count <= 40
    ((severity, text),) = log.take_news()
    assert severity == "warn"
    assert "does not answer" in text
    assert "The belts are unaffected." in text
    disk.gate.set()
    wait_for(log._store._recorder._waiting.empty)
    feed(log, range(100, 110))
    with pytest.raises(
        LogError, match=rf"{lost_count * 0.016:.2f} s .*{lost_count} blocks"
    ) as error:
        log.close(110 * BLOCK_NS)
    assert "the gaps are marked in it, the rest is whole" in str(error.value)
    whole = LogReader(tmp_path / "a.mcap")
    (gap,) = whole.gaps()
    found = counts(whole)
    assert gap.block_count == lost_count == 110 - len(found)
    absent = sorted(set(range(110)) - set(found))
    assert absent[0] * BLOCK_NS > gap.start_ns
    assert absent[-1] * BLOCK_NS == gap.t_ns
    assert any("nothing is recorded" in fault for fault in verify(tmp_path / "a.mcap"))


def test_a_disk_that_never_answers_again_ends_a_session_with_a_clear_sentence(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(recorder, "CLOSE_S", 0.2)
    disk = GatedDisk()
    log = writer(tmp_path / "a.mcap", disk)
    feed(log, range(10))
    wait_for(log._store._recorder._waiting.empty)
    disk.gate.clear()
    feed(log, range(10, 20))
    with pytest.raises(LogError, match=r"did not answer for 0.2 s; .* rehabsim log recover"):
        log.close(20 * BLOCK_NS)
    disk.gate.set()
    log._store._recorder._writer.join(5.0)
    log._store._recorder.release()
    mended, _ = recover(tmp_path / "a.mcap")
    assert counts(mended) == list(range(20))


def test_a_failed_sync_is_never_tried_again_on_the_same_file(tmp_path):
    synced = []

    class Watched(FailingDisk):
        def sync(self, descriptor):
            synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
            super().sync(descriptor)

    log = writer(tmp_path / "a.mcap", Watched(call="sync", first=1, last=1))
    feed(log, range(recorder.SYNC_EVERY_BLOCKS + 1))
    wait_for(lambda: log._store._recorder._syncer._failed is not None)
    feed(log, range(recorder.SYNC_EVERY_BLOCKS + 1, 20))
    wait_for(lambda: log._store._recorder._syncer.synced_number > recorder.SYNC_EVERY_BLOCKS)
    feed(log, range(20, 40))
    wait_for(lambda: len(log._store.news) == 2)
    log.close(40 * BLOCK_NS)
    assert [name == "a.mcap" for name in synced[:3]] == [True, True, False]
    assert not any(name == "a.mcap" for name in synced[2:])
    assert [severity for severity, _ in log.take_news()] == ["warn", "none"]
    assert counts(LogReader(tmp_path / "a.mcap")) == list(range(40))
    assert verify(tmp_path / "a.mcap") == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.mcap"]


def test_what_a_failed_sync_dropped_is_in_the_next_file(tmp_path):
    """The kernel may lose what it could not write back; here it loses all of it."""

    class Forgetful(FailingDisk):
        size = 0

        def sync(self, descriptor):
            try:
                super().sync(descriptor)
                self.size = max(self.size, os.fstat(descriptor).st_size)
            except OSError:
                os.truncate(tmp_path / "a.mcap", self.size)
                raise

    log = writer(tmp_path / "a.mcap", Forgetful(call="sync", first=2, last=2))
    for start in range(0, 60, 6):
        feed(log, range(start, start + 6))
        time.sleep(0.02)
    log.close(60 * BLOCK_NS)
    assert counts(LogReader(tmp_path / "a.mcap")) == list(range(60))


def test_a_full_disk_is_told_once_and_recording_goes_on_when_it_is_freed(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "MAX_WAITING_BLOCKS", 20)
    monkeypatch.setattr(recorder, "RETRY_EVERY_BLOCKS", 5)
    disk = FailingDisk(call="write", first=10, error=errno.ENOSPC)
    log = writer(tmp_path / "a.mcap", disk)
    feed(log, range(10))
    for start in range(10, 100, 10):
        feed(log, range(start, start + 10))
        wait_for(log._store._recorder._waiting.empty)
    ((severity, text),) = log.take_news()
    assert severity == "warn"
    assert text == (
        "The log's disk failed (No space left on device) at 0.14 s. What it does not take is held"
        " in memory for 0.32 s and tried again, once a second; what is older is lost. The belts"
        " are unaffected. Free or mend the disk."
    )
    assert log.failure == "No space left on device"
    disk.call = ""
    for start in range(100, 140, 10):
        feed(log, range(start, start + 10))
        time.sleep(0.02)
    wait_for(lambda: len(log._store.news))
    ((severity, text),) = log.take_news()
    assert severity == "none"
    assert text.endswith("s of the session are lost; the log goes on in a.part2.mcap.")
    with pytest.raises(LogError, match="the gaps are marked"):
        log.close(140 * BLOCK_NS)
    whole = LogReader(tmp_path / "a.mcap")
    (gap,) = whole.gaps()
    assert gap.why == "No space left on device"
    assert len(counts(whole)) + gap.block_count == 140
    assert f"{log.lost_s:.2f}" == f"{gap.block_count * 0.016:.2f}"


def test_a_disk_with_no_room_for_merging_leaves_the_log_complete_as_it_is(tmp_path):
    disk = FailingDisk()
    log = writer(tmp_path / "a.mcap", disk)
    feed(log, range(40))
    wait_for(log._store._recorder._waiting.empty)
    time.sleep(0.02)
    disk.call, disk.first, disk.error = "create", 1, errno.ENOSPC
    log.close(40 * BLOCK_NS)
    assert counts(LogReader(tmp_path / "a.mcap")) == list(range(40))
    assert verify(tmp_path / "a.mcap") == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.mcap"]


def killed_in_its_second_file(path, boot_id="a"):
    """Leave what a session leaves that was killed after its disk had failed once."""
    log = writer(path, FailingDisk(call="write", first=20, last=20), boot_id)
    feed(log, range(40))
    log._store._recorder.close()
    log._store._recorder.release()
    assert part_of(path, 2).exists()


def test_a_session_killed_in_its_second_file_is_mended_from_both(tmp_path):
    path = tmp_path / "a.mcap"
    killed_in_its_second_file(path)
    mended, damaged = recover(path)
    assert counts(mended) == list(range(40))
    assert damaged == tmp_path / "a.mcap.damaged"
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "a.mcap",
        "a.mcap.damaged",
        "a.part2.mcap.damaged",
    ]


def test_the_file_of_another_session_is_not_mixed_in(tmp_path):
    killed_in_its_second_file(tmp_path / "a.mcap", "another")
    (tmp_path / "a.mcap").unlink()
    log = writer(tmp_path / "a.mcap", Disk())
    feed(log, range(1000, 1003))
    log._store._recorder.close()
    log._store._recorder.release()
    mended, _ = recover(tmp_path / "a.mcap")
    assert counts(mended) == [1000, 1001, 1002]


def test_a_read_only_folder_refuses_a_session(tmp_path):
    for call in ("create", "write"):
        disk = FailingDisk(call=call, error=errno.EROFS)
        with pytest.raises(LogError, match=r"a.mcap: cannot be made: Read-only file system\."):
            writer(tmp_path / "a.mcap", disk)
        assert list(tmp_path.iterdir()) == []


def test_a_damaged_complete_log_is_refused_told_and_mended_with_a_marked_gap(tmp_path):
    path = tmp_path / "a.mcap"
    log = writer(path, Disk())
    random = np.random.default_rng(1)
    for count in range(6000):
        log.rows("counts", b"".join(COUNTS.pack(0, int(n)) for n in random.integers(0, 2**60, 30)))
        log.end_tick(count * BLOCK_NS)
        if count % 100 == 0:
            wait_for(log._store._recorder._waiting.empty)
    log.close(6000 * BLOCK_NS)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(LogError, match=r"bytes of it are damaged\. Run: rehabsim log recover"):
        LogReader(path)
    assert any("bytes are damaged" in fault for fault in verify(path))
    mended, _ = recover(path)
    (gap,) = mended.gaps()
    assert gap.why == "damaged on the disk"
    assert 0 < len(mended.table("counts")) < 180_000
