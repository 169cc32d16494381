"""Where a log's blocks go: to a recorder while a session is live, or straight into a file."""

import contextlib
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from rehabsim.base.errors import LogError
from rehabsim.session.block import BlockEncoder, ending
from rehabsim.session.chain import CHAINED, CHANNEL
from rehabsim.session.disk import Buffered, Disk, DiskFile
from rehabsim.session.mcap_file import LogHeader, Sink, encoding_of
from rehabsim.session.merge import GAPS, Ending, Gap, merge
from rehabsim.session.recorder import Message, News, Recorder
from rehabsim.session.table import Table

TEXTS = ("header", "keeper", *CHAINED, CHANNEL, GAPS)
"""Channels without rows."""


class LiveStore:
    """Blocks of a session on the host's clock: recorded as they come, merged at the end."""

    def __init__(
        self, path: Path, header: LogHeader, head: bytes, tables: Sequence[Table], disk: Disk
    ) -> None:
        self._path = path
        self._disk = disk
        texts = {name: encoding_of(name) for name in TEXTS}
        encoder = BlockEncoder(tables, texts, header.boot_id, header.start_utc_ns)
        self._recorder = recorder = Recorder(path, encoder, head, disk)
        self._gaps: list[Gap] | None = None
        self.put = recorder.put
        self.news = recorder.news

    @property
    def failure(self) -> str:
        """Why nothing can be written now, or empty."""
        return self._recorder.failure

    @property
    def lost_count(self) -> int:
        """Blocks that are not recorded."""
        if self._gaps is not None:
            return sum(gap.block_count for gap in self._gaps)
        return self._recorder.lost_count

    @property
    def lost_ns(self) -> int:
        """Session time that they cover."""
        if self._gaps is not None:
            return sum(gap.t_ns - gap.start_ns for gap in self._gaps)
        return self._recorder.lost_ns

    def close(self) -> None:
        """Leave a complete file; raises LogError when not all of the session is in it."""
        recorder, path = self._recorder, self._path
        try:
            ending = recorder.close()
        except OSError as error:
            raise LogError(
                f"{path}: {error.strerror}; what is on it is kept. When it answers again, run:"
                f" rehabsim log recover {path}"
            ) from error
        try:
            self._merge(recorder, path, ending)
        finally:
            recorder.release()

    def _merge(self, recorder: Recorder, path: Path, ending: Ending) -> None:
        try:
            self._gaps = merge(recorder.parts, path, ending=ending, disk=self._disk)
        except LogError as error:
            self._leave(error)
            return
        for part in recorder.parts:
            if part != path:
                with contextlib.suppress(OSError):
                    self._disk.remove(part)
        if self._gaps:
            raise LogError(
                f"{path}: {self._lost_words()}; the gaps are marked in it, the rest is whole."
            )

    def _lost_words(self) -> str:
        lost = f"{self.lost_ns / 1e9:.2f} s of the session ({self.lost_count} blocks)"
        why = self._gaps[0].why if self._gaps else self._recorder.why
        return f"{lost} are not recorded ({why})"

    def _leave(self, error: LogError) -> None:
        """Make do without merging: one file can be ended as it is, several need `recover`."""
        recorder = self._recorder
        has_all = recorder.parts == [self._path] and not recorder.lost_count
        if has_all and recorder.append(ending()):
            return
        lost = f"; at most {self._lost_words()}" if recorder.lost_count else ""
        raise LogError(
            f"{error} {len(recorder.parts)} file(s) hold the session{lost}."
            f" Free or mend the disk, then run: rehabsim log recover {self._path}"
        ) from error


class WholeStore:
    """Blocks of a session in virtual time: compressed as they come."""

    def __init__(
        self, path: Path, header: LogHeader, head: bytes, tables: Sequence[Table], disk: Disk
    ) -> None:
        self.news: deque[News] = deque()
        self.failure = ""
        self.lost_count = 0
        self.lost_ns = 0
        self._start_utc_ns = header.start_utc_ns
        self._tables = {table.name for table in tables}
        self._file = DiskFile(path, disk)
        self._buffered = Buffered(self._file)
        self._sink = Sink(self._buffered, is_compressed=True)
        for table in tables:
            self._sink.table(table)
        self._sink.text("header", header.start_utc_ns, head)
        self._buffered.flush()

    def put(self, start_ns: int, t_ns: int, messages: list[Message]) -> None:
        """Add a block."""
        if not self.failure:
            try:
                for channel, message_t_ns, data in messages:
                    add = self._sink.rows if channel in self._tables else self._sink.text
                    add(channel, self._start_utc_ns + message_t_ns, data)
                return
            except OSError as error:
                self.failure = error.strerror or str(error)
                self.news.append(("warn", f"The log cannot be written ({self.failure})."))
        self.lost_count += 1
        self.lost_ns += t_ns - start_ns

    def close(self) -> None:
        """Leave a complete file; raises LogError when not all of the session is in it."""
        try:
            if not self.failure:
                self._sink.finish()
                self._buffered.flush()
        except OSError as error:
            self.failure = error.strerror or str(error)
        self._file.close()
        if self.failure:
            raise LogError(
                f"{self._file.path}: writing failed ({self.failure}); what was written before is"
                " kept. Free or mend the disk, then run the session again."
            )
