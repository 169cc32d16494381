"""The MCAP file under a log: its header, its channels, its whole records, and merging."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec
from mcap.exceptions import McapError
from mcap.records import Channel, Footer, Message, Schema
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType, Writer

from rehabsim.base.errors import LogError
from rehabsim.base.records import Record
from rehabsim.session.table import Table

FORMAT = 1
"""Version of this layout; written in the header, checked on reading."""

MERGED_BLOCK_BYTES = 1 << 19
ROWS = "x-rehabsim-rows"
MAGIC = b"\x89MCAP0\r\n"

Item = tuple[str, Table | None, Message]
"""Channel, its table if it is one, and one message."""


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


class Sink:
    """An MCAP writer that knows our two kinds of channel."""

    def __init__(self, file: IO[bytes], *, is_compressed: bool) -> None:
        self._writer = Writer(
            file,
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
            encoding = "msgpack" if channel == "keeper" else "json"
            schema = self._writer.register_schema(channel, "", b"")
            self._channels[channel] = self._writer.register_channel(channel, encoding, schema)
        self._add(channel, log_time_ns, data)

    def finish(self) -> None:
        """Write the index and the end; the file stays open."""
        self._writer.finish()  # type: ignore[no-untyped-call]

    def _add(self, channel: str, log_time_ns: int, data: bytes) -> None:
        sequence = self._counts.get(channel, 0)
        self._counts[channel] = sequence + 1
        self._writer.add_message(self._channels[channel], log_time_ns, data, log_time_ns, sequence)


def items(path: Path) -> Iterator[Item | None]:
    """Yield (channel, its table, message) for each whole message, then None at a proper end."""
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise LogError(f"{path}: not a log: it does not begin as an MCAP file.")
            end = _end_of_whole_records(file, path.stat().st_size)
            file.seek(0)
            yield from _read(_Part(file, end))
    except FileNotFoundError:
        raise LogError(f"{path}: no such file.") from None
    except OSError as error:
        raise LogError(f"{path}: cannot be read: {error.strerror}.") from error


def _read(part: "_Part") -> Iterator[Item | None]:
    schemas: dict[int, Schema] = {}
    channels: dict[int, tuple[str, Table | None]] = {}
    try:
        for record in StreamReader(part, validate_crcs=False).records:  # type: ignore[arg-type]
            match record:
                case Schema():
                    schemas[record.id] = record
                case Channel():
                    schema = schemas.get(record.schema_id)
                    table = None
                    if schema is not None and record.message_encoding == ROWS:
                        table = Table.from_schema(record.topic, schema.data)
                    channels[record.id] = (record.topic, table)
                case Message() if record.channel_id in channels:
                    yield (*channels[record.channel_id], record)
                case Footer():
                    yield None
    except (McapError, ValueError, struct.error, msgspec.MsgspecError):
        return


_RECORD_HEAD = struct.Struct("<BQ")


def _end_of_whole_records(file: IO[bytes], size: int) -> int:
    """Return the offset behind the last record that is entirely there."""
    offset = len(MAGIC)
    while offset + _RECORD_HEAD.size <= size:
        file.seek(offset)
        opcode, length = _RECORD_HEAD.unpack(file.read(_RECORD_HEAD.size))
        if opcode == 0 or offset + _RECORD_HEAD.size + length > size:
            break
        offset += _RECORD_HEAD.size + length
    return offset if offset + len(MAGIC) > size else size


class _Part:
    """The first `end` bytes of a file."""

    def __init__(self, file: IO[bytes], end: int) -> None:
        self._file = file
        self._left = end

    def read(self, count: int) -> bytes:
        data = self._file.read(min(count, self._left))
        self._left -= len(data)
        return data


def merge(source: Path, target: Path) -> None:
    """Write `source`, whole or cut, as a complete log of large compressed blocks.

    `target` appears only when it is complete, and may be `source` itself.

    Raises:
        LogError: `source` is not a log, or the disk is full.
    """
    partial = target.with_name(target.name + ".partial")
    try:
        with partial.open("wb") as file:
            _merge_into(source, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        raise LogError(f"{target}: cannot be written: {error.strerror}; kept as it was.") from error
    finally:
        partial.unlink(missing_ok=True)


def _merge_into(source: Path, file: IO[bytes]) -> None:
    sink = Sink(file, is_compressed=True)
    buffers: dict[str, bytearray] = {}
    has_header = False
    time_ns = 0
    for item in items(source):
        if item is None:
            continue
        name, table, message = item
        time_ns = message.log_time
        if table is None:
            has_header = has_header or name == "header"
            sink.text(name, time_ns, message.data)
            continue
        if name not in buffers:
            sink.table(table)
            buffers[name] = bytearray()
        buffers[name] += message.data[
            : len(message.data) // table.dtype.itemsize * table.dtype.itemsize
        ]
        if len(buffers[name]) >= MERGED_BLOCK_BYTES:
            sink.rows(name, time_ns, bytes(buffers[name]))
            buffers[name].clear()
    if not has_header:
        raise LogError(f"{source}: not a rehabsim log: it has no header.")
    for name, buffer in buffers.items():
        if buffer:
            sink.rows(name, time_ns, bytes(buffer))
    sink.finish()
