"""The MCAP file under a log: its header, its channels, and its whole records."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec
from mcap.exceptions import McapError
from mcap.records import Channel, Chunk, Footer, McapRecord, Message, Schema
from mcap.stream_reader import StreamReader, breakup_chunk
from mcap.writer import CompressionType, Writer
from zstandard import ZstdError

from rehabsim.base.errors import LogError
from rehabsim.base.records import Record
from rehabsim.session.block import MAGIC, ROWS, BlockFile, table_of
from rehabsim.session.disk import Buffered
from rehabsim.session.table import Table

FORMAT = 2
"""Version of this layout; written in the header, checked on reading."""

FORMATS = (1, 2)
"""Versions that can be read; the first had no chain of operator records."""

MERGED_BLOCK_BYTES = 1 << 19

Item = tuple[str, Table | None, Message]
"""Channel, its table if it is one, and one message."""


class Damage(NamedTuple):
    """Bytes of a file that hold nothing of the session."""

    size_bytes: int
    what: str


class LogHeader(Record, frozen=True, kw_only=True):
    """The first message of every log: all that is needed to run the session again.

    Attributes:
        format: Layout of the log.
        kind: `session` is live or simulated, `import` came from another program's file.
        version: Of rehabsim.
        boot_id: Of the session.
        start_utc_ns: Wall time at `t_ns` = 0; the only wall time in the log.
        site: The site file.
        session: The session file.
        scene_columns: Fields of the scenario's scene.
        note: Anything the reader should know about how the data came here.
        containment: What kept the scenario's process in, and what could not; empty where the
            scenario ran in the session's.
        scenario_sha256: Of the scenario's code where that is a file, which is kept beside the log
            as `NAME.mcap.py`; empty for an installed one.
    """

    format: int = FORMAT
    kind: str
    version: str
    boot_id: str
    start_utc_ns: int
    site: dict[str, Any]
    session: dict[str, Any]
    scene_columns: tuple[str, ...] = ()
    note: str = ""
    containment: str = ""
    scenario_sha256: str = ""


def encoding_of(channel: str) -> str:
    """Return how the messages of a channel without rows are encoded."""
    return "msgpack" if channel == "keeper" else "json"


class Sink:
    """An MCAP writer that knows our two kinds of channel."""

    def __init__(self, file: IO[bytes] | Buffered, *, is_compressed: bool) -> None:
        self._writer = Writer(
            file,  # type: ignore[arg-type]
            compression=CompressionType.ZSTD if is_compressed else CompressionType.NONE,
            use_chunking=is_compressed,
        )
        self._writer.start(profile="", library="rehabsim")
        self._channels: dict[str, int] = {}
        self._counts: dict[str, int] = {}

    def table(self, table: Table) -> None:
        """Open the channel of a table."""
        schema = self._writer.register_schema(table.name, ROWS, table.schema())
        self._channels[table.name] = self._writer.register_channel(table.name, ROWS, schema)

    def rows(self, channel: str, log_time_ns: int, data: bytes) -> None:
        """Write a block of packed rows."""
        self._add(channel, log_time_ns, data)

    def text(self, channel: str, log_time_ns: int, data: bytes) -> None:
        """Write a JSON message, or MessagePack on the channel `keeper`."""
        if channel not in self._channels:
            schema = self._writer.register_schema(channel, "", b"")
            self._channels[channel] = self._writer.register_channel(
                channel, encoding_of(channel), schema
            )
        self._add(channel, log_time_ns, data)

    def finish(self) -> None:
        """Write the index and the end; the file stays open."""
        self._writer.finish()  # type: ignore[no-untyped-call]

    def _add(self, channel: str, log_time_ns: int, data: bytes) -> None:
        sequence = self._counts.get(channel, 0)
        self._counts[channel] = sequence + 1
        self._writer.add_message(self._channels[channel], log_time_ns, data, log_time_ns, sequence)


# -- reading -------------------------------------------------------------------------------


def items(path: Path) -> Iterator[Item | Damage | None]:
    """Yield (channel, its table, message) for each whole message, then None at a proper end.

    Of a file that was written in blocks, only whole blocks count; of any other, what comes before
    the first record that is cut off. What is damaged is passed over and told.
    """
    with ExitStack() as stack:
        content = content_of(path, stack)
        try:
            blocks = BlockFile(content)
        except ValueError:
            yield from _plain_items(content)
            return
        for block in blocks.blocks:
            yield from blocks.messages(block)
        if blocks.is_complete:
            yield None
        if blocks.is_complete and blocks.damaged_bytes:
            yield Damage(blocks.damaged_bytes, "between blocks")


def content_of(path: Path, stack: ExitStack) -> mmap:
    """Return a file's bytes, open as long as `stack` is.

    Raises:
        LogError: It cannot be read, or does not begin as an MCAP file.
    """
    try:
        file = stack.enter_context(path.open("rb"))
        if file.read(len(MAGIC)) != MAGIC:
            raise LogError(f"{path}: not a log: it does not begin as an MCAP file.")
        return stack.enter_context(mmap(file.fileno(), 0, access=ACCESS_READ))
    except FileNotFoundError:
        raise LogError(f"{path}: no such file.") from None
    except OSError as error:
        raise LogError(f"{path}: cannot be read: {error.strerror}.") from error


def _plain_items(content: mmap) -> Iterator[Item | Damage | None]:
    schemas: dict[int, Schema] = {}
    channels: dict[int, tuple[str, Table | None]] = {}
    part = _Part(content, _end_of_whole_records(content))
    reader = StreamReader(part, emit_chunks=True)  # type: ignore[arg-type]
    try:
        for outer in reader.records:
            if isinstance(outer, Footer):
                yield None
                continue
            records = _opened(outer)
            if records is None:
                yield Damage(len(outer.data), "in a chunk")  # type: ignore[attr-defined]
                continue
            for record in records:
                match record:
                    case Schema():
                        schemas[record.id] = record
                    case Channel():
                        channels[record.id] = (record.topic, table_of(record, schemas))
                    case Message() if record.channel_id in channels:
                        yield (*channels[record.channel_id], record)
    except (McapError, ValueError, struct.error, msgspec.MsgspecError):
        return


def _opened(record: McapRecord) -> list[McapRecord] | None:
    """Return the records in a chunk, the record itself if it is none, None when it is damaged."""
    if not isinstance(record, Chunk):
        return [record]
    try:
        return breakup_chunk(record, validate_crc=True)
    except (McapError, ZstdError, ValueError, struct.error, zlib.error):
        return None


_RECORD_HEAD = struct.Struct("<BQ")


def _end_of_whole_records(content: mmap) -> int:
    """Return the offset behind the last record that is entirely there."""
    offset, size = len(MAGIC), len(content)
    while offset + _RECORD_HEAD.size <= size:
        opcode, length = _RECORD_HEAD.unpack(content[offset : offset + _RECORD_HEAD.size])
        if opcode == 0 or offset + _RECORD_HEAD.size + length > size:
            break
        offset += _RECORD_HEAD.size + length
    return offset if offset + len(MAGIC) > size else size


class _Part:
    """The first `end` bytes of a file."""

    def __init__(self, content: mmap, end: int) -> None:
        self._content = content
        self._end = end
        self._offset = 0

    def read(self, count: int) -> bytes:
        start = self._offset
        self._offset = min(start + count, self._end)
        return self._content[start : self._offset]
