"""The session log: standard MCAP, described in LOG.md.

While a session runs, blocks are written as plain messages every `LIVE_BLOCK_NS` and handed to
the operating system at once, so that a killed writer loses no more than one block. Closing
merges them into larger, compressed ones.
"""

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TypeVar

import msgspec
import numpy as np

from rehabsim.base.errors import LogError
from rehabsim.base.records import Event
from rehabsim.session.mcap_file import FORMAT, MERGED_BLOCK_BYTES, LogHeader, Sink, items, merge
from rehabsim.session.table import Rows, Table

T = TypeVar("T")
LIVE_BLOCK_NS = 20_000_000
SYNC_EVERY_BLOCKS = 50
MAX_WAITING_BLOCKS = 500


class LogWriter:
    """Writes one log; nothing that is called here waits for the disk.

    Args:
        path: The file; its folder is made. It must not exist.
        header: Written first.
        tables: What will be written.
        is_live: Write small blocks from a thread, for a session on the host's clock. In
            virtual time a log is merged and compressed from the start.

    Raises:
        LogError: The file exists or cannot be made.
    """

    def __init__(
        self, path: Path, header: LogHeader, tables: Sequence[Table], *, is_live: bool
    ) -> None:
        self.path = path
        self.lost_block_count = 0
        self._start_utc_ns = header.start_utc_ns
        self._is_live = is_live
        self._tables = {table.name: table for table in tables}
        self._buffers = {table.name: bytearray() for table in tables}
        self._texts: list[tuple[str, int, bytes]] = []
        self._block_start_ns = 0
        self._failure: str | None = None
        self._file = _create(path)
        try:
            self._sink = Sink(self._file, is_compressed=not is_live)
            for table in tables:
                self._sink.table(table)
            self._sink.text("header", header.start_utc_ns, msgspec.json.encode(header))
            self._file.flush()
        except OSError as error:
            raise LogError(f"{path}: cannot be written: {error.strerror}.") from error
        self._waiting: queue.Queue[list[tuple[str, int, bytes, bool]] | None] = queue.Queue(
            MAX_WAITING_BLOCKS
        )
        self._thread: threading.Thread | None = None
        if is_live:
            self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
            self._thread.start()

    def rows(self, table: str, packed: bytes) -> None:
        """Add rows, packed by their `Table`."""
        self._buffers[table] += packed

    def text(self, channel: str, t_ns: int, data: bytes) -> None:
        """Add one JSON or MessagePack message, such as an event or a keeper's report."""
        self._texts.append((channel, t_ns, data))

    def event(self, event: Event) -> None:
        """Add an event."""
        self.text("events", event.t_ns, msgspec.json.encode(event))

    def end_tick(self, t_ns: int) -> None:
        """Hand over what has gathered when a block is full; called once a tick."""
        if self._is_live:
            if t_ns - self._block_start_ns >= LIVE_BLOCK_NS:
                self._hand_over(t_ns)
                self._block_start_ns = t_ns
        elif len(self._texts) > 2000 or any(
            len(b) > MERGED_BLOCK_BYTES for b in self._buffers.values()
        ):
            self._hand_over(t_ns)

    @property
    def failure(self) -> str | None:
        """Why blocks can no longer be written, or None."""
        return self._failure

    def close(self, t_ns: int) -> None:
        """Write the rest, merge the blocks, and leave a complete file.

        Raises:
            LogError: The disk did not take it all; what it took is there and readable.
        """
        self._hand_over(t_ns)
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
        try:
            self._sink.finish()
            self._file.close()
            if self._is_live and self._failure is None:
                merge(self.path, self.path)
        except OSError as error:
            self._failure = self._failure or str(error)
        if self._failure is not None:
            raise LogError(
                f"{self.path}: writing failed ({self._failure}); what was written before is"
                " kept. Free the disk, then run: rehabsim log recover"
            )

    def _hand_over(self, t_ns: int) -> None:
        block = [(c, t, data, True) for c, t, data in self._texts]
        self._texts = []
        for name, buffer in self._buffers.items():
            if buffer:
                block.append((name, t_ns, bytes(buffer), False))
                buffer.clear()
        if self._thread is None:
            self._write(block)
            return
        try:
            self._waiting.put_nowait(block)
        except queue.Full:
            self.lost_block_count += 1

    def _write_all(self) -> None:
        count = 0
        while (block := self._waiting.get()) is not None:
            self._write(block)
            count += 1
            if count % SYNC_EVERY_BLOCKS == 0 and self._failure is None:
                with contextlib.suppress(OSError):
                    os.fdatasync(self._file.fileno())

    def _write(self, block: list[tuple[str, int, bytes, bool]]) -> None:
        if self._failure is not None:
            self.lost_block_count += 1
            return
        try:
            for channel, t_ns, data, is_text in block:
                log_time_ns = self._start_utc_ns + t_ns
                if is_text:
                    self._sink.text(channel, log_time_ns, data)
                else:
                    self._sink.rows(channel, log_time_ns, data)
            if self._is_live:
                self._file.flush()
        except OSError as error:
            self._failure = error.strerror or str(error)


def _create(path: Path) -> IO[bytes]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")
    except FileExistsError:
        raise LogError(f"{path}: exists already; a log is never written over.") from None
    except OSError as error:
        raise LogError(f"{path}: cannot be made: {error.strerror}.") from error


# -- reading -------------------------------------------------------------------------------


class LogReader:
    """A whole log in memory.

    Args:
        path: The file.
        may_be_cut: Accept a log without its end, as a killed writer leaves it.

    Attributes:
        header: Its first message.
        is_complete: It has an end.
        start_utc_ns: Wall time at `t_ns` = 0.

    Raises:
        LogError: It is not a log of ours, or is cut and must not be.
    """

    def __init__(self, path: Path, *, may_be_cut: bool = False) -> None:
        self.path = path
        self._blocks: dict[str, list[bytes]] = {}
        self._texts: dict[str, list[tuple[int, bytes]]] = {}
        self._tables: dict[str, Table] = {}
        self.block_counts: dict[str, int] = {}
        self.is_complete = False
        header: LogHeader | None = None
        for item in items(path):
            if item is None:
                self.is_complete = True
                continue
            name, table, message = item
            self.block_counts[name] = self.block_counts.get(name, 0) + 1
            if table is not None:
                self._tables[name] = table
                self._blocks.setdefault(name, []).append(message.data)
            elif name == "header" and header is None:
                header = _decode_header(path, message.data)
            else:
                self._texts.setdefault(name, []).append((message.log_time, message.data))
        if header is None:
            raise LogError(f"{path}: an MCAP file, but not a rehabsim log: it has no header.")
        if not self.is_complete and not may_be_cut:
            raise LogError(
                f"{path}: is cut off, its writer never closed it. Run: rehabsim log recover {path}"
            )
        self.header = header
        self.start_utc_ns = header.start_utc_ns

    def tables(self) -> list[str]:
        """Return the names of the tables that have rows."""
        return sorted(self._blocks)

    def table(self, name: str) -> Rows:
        """Return all rows of a table, oldest first; empty when it has none.

        Raises:
            LogError: The rows do not fit the table's description.
        """
        if name not in self._blocks:
            return np.zeros(0, self._tables[name].dtype if name in self._tables else [])
        data = b"".join(self._blocks[name])
        dtype = self._tables[name].dtype
        if len(data) % dtype.itemsize:
            raise LogError(
                f"{self.path}: table {name}: {len(data)} bytes are not whole rows of"
                f" {dtype.itemsize}."
            )
        return np.frombuffer(data, dtype)

    def texts(self, channel: str) -> list[tuple[int, bytes]]:
        """Return the messages of a channel as (t_ns, bytes), oldest first."""
        start = self.start_utc_ns
        return [(time - start, data) for time, data in self._texts.get(channel, [])]

    def channels(self) -> list[str]:
        """Return the names of the channels that are not tables."""
        return sorted(self._texts)

    def decoded(self, channel: str, decode: Callable[[bytes], T]) -> list[T]:
        """Return the messages of a channel, each through `decode`.

        Raises:
            LogError: A message cannot be read; it is named.
        """
        found = []
        for index, (t_ns, data) in enumerate(self.texts(channel)):
            try:
                found.append(decode(data))
            except ValueError as error:
                raise LogError(
                    f"{self.path}: channel {channel}: message {index} at {t_ns / 1e9:.3f} s"
                    f" cannot be read: {error}."
                ) from error
        return found

    def events(self) -> list[Event]:
        """Return the events, in the order in which they were logged."""
        return self.decoded("events", msgspec.json.Decoder(Event).decode)


def _decode_header(path: Path, data: bytes) -> LogHeader:
    try:
        header = msgspec.json.decode(data, type=LogHeader)
    except msgspec.MsgspecError as error:
        raise LogError(f"{path}: its header cannot be read: {error}.") from error
    if header.format != FORMAT:
        raise LogError(f"{path}: written in format {header.format}, this version reads {FORMAT}.")
    return header
