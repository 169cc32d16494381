"""Recording a live session: blocks go to a file, and when that fails, to another next to it.

Whoever hands blocks over never waits. Two threads of the recorder do: one writes, one syncs, so
that a slow sync keeps no block from the operating system, where a killed session leaves it.

After a failed write or sync a descriptor is never used again: the kernel may have dropped the
pages that it could not write and report the next sync as done (Linux since 4.13 tells each error
once). So every block is kept in memory until a sync has confirmed it, and what is not confirmed is
written once more, to the next file. Blocks are numbered, so merging takes each once.
"""

import contextlib
import errno
import queue
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rehabsim.base.records import Severity
from rehabsim.session.block import BlockEncoder
from rehabsim.session.disk import Disk, DiskFile
from rehabsim.session.merge import GAPS, MAX_PARTS, Ending, Gap, part_of
from rehabsim.session.syncer import Syncer

BLOCK_NS = 16_000_000
SYNC_EVERY_BLOCKS = 12
"""About five times a second."""

RETRY_EVERY_BLOCKS = 62
"""About once a second, while nothing can be written."""

MAX_WAITING_BLOCKS = 3750
"""A minute of session, 26 MB: how long a disk may be silent until something is lost."""

CLOSE_S = 30.0
"""Longest wait for a silent disk at the end."""

ENDING_TRIALS = 3
"""Files that are tried for the last blocks of a session."""

MAX_NEWS = 20
"""Sentences for the operator; a disk that fails for ever is not told for ever."""

UNAFFECTED = "The belts are unaffected."

News = tuple[Severity, str]
"""For the operator: how bad, and one sentence."""

Message = tuple[str, int, bytes]
"""Channel, session time, bytes."""


@dataclass(slots=True)
class Waiting:
    """A block that no sync has confirmed."""

    number: int
    start_ns: int
    t_ns: int
    messages: list[Message]
    is_written: bool = False


class Recorder:
    """Writes one session's blocks from its own threads.

    Args:
        path: The first file; it must not exist.
        encoder: Of the session's blocks.
        header: The log's first message.
        disk: Where to write.

    Attributes:
        news: For the operator, oldest first; whoever tells it takes it out.
        failure: Why nothing can be written now, or empty.
        why: What failed last, or empty.
        parts: The files.

    Raises:
        OSError: The file cannot be made.
    """

    def __init__(self, path: Path, encoder: BlockEncoder, header: bytes, disk: Disk) -> None:
        self.news: deque[News] = deque()
        self.failure = ""
        self.why = ""
        self.parts: list[Path] = []
        self._path = path
        self._encoder = encoder
        self._opening = encoder.opening(header)
        self._disk = disk
        self._put_count = 0
        self._start_ns = 0
        self._end_ns = 0
        self._lost = _Lost()
        self._late = _Lost()
        self._unsure = _Lost()
        self._told_count = 0
        self._is_alarmed = False
        self._lost_before_ns = 0
        self._kept: deque[Waiting] = deque()
        self._last = self._safe = Waiting(0, 0, 0, [])
        self._retry_in_blocks = 0
        self._file: DiskFile | None
        self._waiting: queue.Queue[Waiting | None] = queue.Queue(MAX_WAITING_BLOCKS)
        self._file = first = self._open(path)
        self._syncer = Syncer()
        self._syncer.ask(first, 0)
        self._writer = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._writer.start()

    # -- the session's side ----------------------------------------------------------------

    def put(self, start_ns: int, t_ns: int, messages: list[Message]) -> None:
        """Hand a block over; it is lost, and counted, when the disk is a minute behind."""
        if not self._put_count:
            self._start_ns = start_ns
            self._last = self._safe = Waiting(0, start_ns, start_ns, [])
        self._put_count += 1
        self._end_ns = t_ns
        block = Waiting(self._put_count, start_ns, t_ns, messages)
        try:
            self._waiting.put_nowait(block)
        except queue.Full:
            if not self._late.count:
                self.why = "the disk was silent for too long"
                self._tell(
                    "warn",
                    f"The log's disk does not answer: from {start_ns / 1e9:.2f} s on nothing is"
                    f" recorded until it does. {UNAFFECTED}",
                )
            self._late.add(block)

    @property
    def lost_count(self) -> int:
        """Blocks that are in no file, or in one that could not be synced: at most so many."""
        return self._lost.count + self._late.count

    @property
    def lost_ns(self) -> int:
        """Session time that they cover."""
        return self._lost.duration_ns + self._late.duration_ns

    def close(self) -> Ending:
        """Write the rest; return what the last block should be.

        Raises:
            OSError: The disk does not answer.
        """
        with contextlib.suppress(queue.Full):
            self._waiting.put(None, timeout=CLOSE_S)
            self._writer.join(CLOSE_S)
        if self._writer.is_alive():
            raise TimeoutError(errno.ETIMEDOUT, f"the disk did not answer for {CLOSE_S:g} s")
        return Ending(self._put_count, self._start_ns, self._end_ns, self.why)

    def append(self, data: bytes) -> bool:
        """Write something behind the last block; return whether the disk took it."""
        if self._file is None:
            return False
        try:
            self._file.write(data)
            self._file.sync()
        except OSError:
            return False
        return True

    def release(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()

    # -- the writer's side -----------------------------------------------------------------

    def _write_all(self) -> None:
        while (block := self._waiting.get()) is not None:
            self._take(block)
            if block.number % SYNC_EVERY_BLOCKS == 0 and self._file is not None:
                self._syncer.ask(self._file, self._last.number)
        self._end()

    def _take(self, block: Waiting) -> None:
        while self._kept and self._kept[0].number <= self._syncer.synced_number:
            self._safe = self._kept.popleft()
        if self._unsure.number <= self._syncer.synced_number:
            self._unsure = _Lost()
        self._kept.append(block)
        if len(self._kept) > MAX_WAITING_BLOCKS:
            self._drop()
        self._retry_in_blocks -= 1
        if self._file is None:
            if self._retry_in_blocks <= 0:
                self._go_on()
            return
        if self._is_alarmed and self._syncer.synced_file is self._file:
            self._all_clear(self._file)
        error = self._syncer.failure_of(self._file)
        if error is None:
            try:
                self._write(self._file, [block])
            except OSError as failed:
                error = failed
        if error is not None:
            self._fail(error)

    def _write(self, file: DiskFile, blocks: Iterable[Waiting]) -> None:
        """Write blocks, with the mark of a gap where some before are missing.

        Raises:
            OSError: Not all of them were taken; none counts as written.
        """
        last, written = self._last, []
        for block in blocks:
            messages = block.messages
            if block.number > last.number + 1:
                missing_count = block.number - last.number - 1
                gap = Gap(last.t_ns, block.start_ns, missing_count, self.why)
                messages = [(GAPS, block.start_ns, msgspec.json.encode(gap)), *messages]
            file.write(self._encoder.block(block.number, block.start_ns, block.t_ns, messages))
            last = max(last, block, key=lambda one: one.number)
            written.append(block)
        for block in written:
            block.is_written = True
        self._last = last

    def _fail(self, error: OSError) -> None:
        """Leave a file in which something failed, and go on in another at once if there is one.

        A disk that fails more than once a second is given that second.
        """
        assert self._file is not None
        self.why = self.failure = error.strerror or str(error)
        if self._syncer.failure_of(self._file) is error:
            self._distrust()
        self._syncer.retire(self._file)
        self._file = None
        self._alarm()
        if self._retry_in_blocks <= 0:
            self._go_on()

    def _distrust(self) -> None:
        """Count as unwritten what no sync has confirmed; what is no longer kept of it is lost."""
        self._lost.add_all(self._unsure)
        self._unsure = _Lost()
        for block in self._kept:
            block.is_written = False
        self._last = self._safe

    def _go_on(self) -> None:
        """Begin another file with all that no sync has confirmed; or wait and try again."""
        self._retry_in_blocks = RETRY_EVERY_BLOCKS
        file = None
        try:
            file = self._open(None)
            self._write(file, self._kept)
        except OSError as error:
            if file is not None:
                self.parts.pop()
                self._syncer.retire(file)
                with contextlib.suppress(OSError):
                    self._disk.remove(file.path)
            self.why = self.failure = error.strerror or str(error)
            return
        self._file = file
        self._syncer.ask(file, self._last.number)
        self.failure = ""

    def _open(self, path: Path | None) -> DiskFile:
        """Return a new file with its opening in it; it is synced later, by its own thread.

        Raises:
            OSError: It cannot be made.
        """
        file = None
        number = 2
        while file is None:
            try:
                file = DiskFile(path or part_of(self._path, number), self._disk)
            except FileExistsError:
                number += 1
                if path is not None or number > MAX_PARTS:
                    raise
        try:
            file.write(self._opening)
        except OSError:
            file.close()
            with contextlib.suppress(OSError):
                self._disk.remove(file.path)
            raise
        self.parts.append(file.path)
        return file

    def _drop(self) -> None:
        """Give up the oldest block; if it is in a file, that file has yet to be synced."""
        block = self._kept.popleft()
        (self._unsure if block.is_written else self._lost).add(block)

    def _end(self) -> None:
        self._syncer.stop()
        for _ in range(ENDING_TRIALS):
            if self._file is None:
                self._go_on()
                continue
            error = self._syncer.failure_of(self._file) or self._syncer.sync(
                self._file, self._last.number
            )
            if error is None:
                break
            self._retry_in_blocks = 0
            self._fail(error)
        for block in self._kept:
            if not block.is_written:
                self._lost.add(block)

    # -- telling ---------------------------------------------------------------------------

    def _alarm(self) -> None:
        """Tell that the disk fails; once, until a sync has shown that it works again."""
        if self._is_alarmed:
            return
        self._is_alarmed = True
        self._lost_before_ns = self.lost_ns
        kept_s = MAX_WAITING_BLOCKS * BLOCK_NS / 1e9
        self._tell(
            "warn",
            f"The log's disk failed ({self.why}) at {self._last.t_ns / 1e9:.2f} s. What it does"
            f" not take is held in memory for {kept_s:g} s and tried again, once a second; what is"
            f" older is lost. {UNAFFECTED} Free or mend the disk.",
        )

    def _all_clear(self, file: DiskFile) -> None:
        self._is_alarmed = False
        lost_ns = self.lost_ns - self._lost_before_ns
        lost = f"{lost_ns / 1e9:.2f} s of the session are lost" if lost_ns else "nothing is lost"
        self._tell(
            "none", f"The log's disk works again: {lost}; the log goes on in {file.path.name}."
        )

    def _tell(self, severity: Severity, text: str) -> None:
        self._told_count += 1
        if self._told_count <= MAX_NEWS:
            self.news.append((severity, text))


@dataclass(slots=True)
class _Lost:
    """What is in no file."""

    count: int = 0
    duration_ns: int = 0
    number: int = 0
    """Of the last of them."""

    def add(self, block: Waiting) -> None:
        self.count += 1
        self.duration_ns += block.t_ns - block.start_ns
        self.number = block.number

    def add_all(self, other: "_Lost") -> None:
        self.count += other.count
        self.duration_ns += other.duration_ns
        self.number = max(self.number, other.number)
