"""The session log: standard MCAP, described in LOG.md.

While a session runs, small blocks are written every `BLOCK_NS` and handed to the operating
system at once, so that a killed writer loses no more than one. Closing merges them into larger,
compressed ones.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from rehabsim.base.errors import LogError
from rehabsim.base.records import Event
from rehabsim.session import chain
from rehabsim.session.chain import Chain
from rehabsim.session.disk import DISK, Disk
from rehabsim.session.log_store import LiveStore, WholeStore
from rehabsim.session.mcap_file import (
    FORMATS,
    MERGED_BLOCK_BYTES,
    Damage,
    LogHeader,
    items,
)
from rehabsim.session.merge import GAPS, Gap
from rehabsim.session.recorder import BLOCK_NS, Message, News
from rehabsim.session.table import Rows, Table

T = TypeVar("T")


class LogWriter:
    """Writes one log; nothing that is called while a session runs waits for the disk.

    Args:
        path: The file; its folder is made. It must not exist.
        header: Written first.
        tables: What will be written.
        is_live: Write small blocks from a thread, for a session on the host's clock. In
            virtual time a log is merged and compressed from the start.
        disk: Where to write.

    Raises:
        LogError: The file exists or cannot be made.
    """

    def __init__(
        self,
        path: Path,
        header: LogHeader,
        tables: Sequence[Table],
        *,
        is_live: bool,
        disk: Disk = DISK,
    ) -> None:
        self.path = path
        self._buffers = {table.name: bytearray() for table in tables}
        self._texts: list[Message] = []
        self._chain = Chain()
        self._block_start_ns: int | None = None
        self._is_live = is_live
        head = msgspec.json.encode(header)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._store: LiveStore | WholeStore = (LiveStore if is_live else WholeStore)(
                path, header, head, tables, disk
            )
        except FileExistsError:
            raise LogError(f"{path}: exists already; a log is never written over.") from None
        except OSError as error:
            raise LogError(f"{path}: cannot be made: {error.strerror}.") from error
        self._texts.append((chain.CHANNEL, 0, self._chain.record(chain.FIRST, 0, head)))

    def rows(self, table: str, packed: bytes) -> None:
        """Add rows, packed by their `Table`."""
        self._buffers[table] += packed

    def text(self, channel: str, t_ns: int, data: bytes) -> None:
        """Add one JSON or MessagePack message, such as an event or a keeper's report."""
        self._texts.append((channel, t_ns, data))
        if channel in chain.CHAINED:
            record = self._chain.record(channel, t_ns, data)
            self._texts.append((chain.CHANNEL, t_ns, record))

    def event(self, event: Event) -> None:
        """Add an event."""
        self.text("events", event.t_ns, msgspec.json.encode(event))

    def end_tick(self, t_ns: int) -> None:
        """Hand over what has gathered when a block is full; called once a tick."""
        if self._block_start_ns is None:
            self._block_start_ns = t_ns
        if self._is_live:
            if t_ns - self._block_start_ns >= BLOCK_NS:
                self._hand_over(t_ns)
        elif len(self._texts) > 2000 or any(
            len(b) > MERGED_BLOCK_BYTES for b in self._buffers.values()
        ):
            self._hand_over(t_ns)

    @property
    def failure(self) -> str:
        """Why blocks cannot be written now, or empty."""
        return self._store.failure

    @property
    def lost_block_count(self) -> int:
        """Blocks that are not recorded."""
        return self._store.lost_count

    @property
    def lost_s(self) -> float:
        """How much of the session they are."""
        return self._store.lost_ns / 1e9

    def take_news(self) -> list[News]:
        """Return what the operator should be told of the disk since the last call."""
        news = self._store.news
        return [news.popleft() for _ in range(len(news))]

    def close(self, t_ns: int) -> None:
        """Write the rest, merge the blocks, and leave a complete file.

        Raises:
            LogError: Not all of the session is in it; what was written is there and readable.
        """
        self._texts.append((chain.CHANNEL, t_ns, self._chain.close(t_ns)))
        self._hand_over(t_ns)
        self._store.close()

    def _hand_over(self, t_ns: int) -> None:
        messages = self._texts
        self._texts = []
        for name, buffer in self._buffers.items():
            if buffer:
                messages.append((name, t_ns, bytes(buffer)))
                buffer.clear()
        start_ns = t_ns if self._block_start_ns is None else self._block_start_ns
        self._store.put(start_ns, t_ns, messages)
        self._block_start_ns = t_ns


# -- reading -------------------------------------------------------------------------------


class LogReader:
    """A whole log in memory.

    Args:
        path: The file.
        may_be_cut: Accept a log without its end, as a killed writer leaves it, or with damage.

    Attributes:
        header: Its first message.
        is_complete: It has an end.
        damaged_bytes: Bytes in it that hold nothing of the session.
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
        self.damaged_bytes = 0
        self._head = b""
        header: LogHeader | None = None
        for item in items(path):
            if item is None:
                self.is_complete = True
                continue
            if isinstance(item, Damage):
                self.damaged_bytes += item.size_bytes
                continue
            name, table, message = item
            self.block_counts[name] = self.block_counts.get(name, 0) + 1
            if table is not None:
                self._tables[name] = table
                self._blocks.setdefault(name, []).append(message.data)
            elif name == "header" and header is None:
                self._head = message.data
                header = _decode_header(path, message.data)
            else:
                self._texts.setdefault(name, []).append((message.log_time, message.data))
        if header is None:
            raise LogError(f"{path}: an MCAP file, but not a rehabsim log: it has no header.")
        if not self.is_complete and not may_be_cut:
            raise LogError(
                f"{path}: is cut off, its writer never closed it. Run: rehabsim log recover {path}"
            )
        if self.damaged_bytes and not may_be_cut:
            raise LogError(
                f"{path}: {self.damaged_bytes} bytes of it are damaged. Run: rehabsim log recover"
                f" {path}"
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
        """Return the names of the channels that are neither tables nor the log's own."""
        return sorted(set(self._texts) - {chain.CHANNEL, GAPS})

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

    def gaps(self) -> list[Gap]:
        """Return the parts of the session that are not in the log."""
        return self.decoded(GAPS, msgspec.json.Decoder(Gap).decode)

    def chain(self) -> chain.ChainCheck | None:
        """Return what became of the chain of operator records; None if it never had one."""
        if self.header.format < 2 and chain.CHANNEL not in self._texts:
            return None
        names = (*chain.CHAINED, chain.CHANNEL)
        return chain.check_chain(self._head, {name: self.texts(name) for name in names})


def _decode_header(path: Path, data: bytes) -> LogHeader:
    try:
        header = msgspec.json.decode(data, type=LogHeader)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LogError(f"{path}: its header cannot be read: {error}.") from error
    if header.format not in FORMATS:
        known = " and ".join(map(str, FORMATS))
        raise LogError(f"{path}: written in format {header.format}, this version reads {known}.")
    return header
