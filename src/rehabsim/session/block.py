"""Blocks of a log that is being written: MCAP chunks that can be told from anything else.

Each is one uncompressed chunk with a checksum over its records, of which the first is a row of
`BLOCKS`: the key of the session and the block's number. So a block is accepted only whole, only
from its own session and only once, whatever a power loss made of the rest of the file. Pure.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from io import BytesIO
from mmap import mmap
from typing import NamedTuple

from mcap.data_stream import RecordBuilder
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, DataEnd, Footer, Header, McapRecord, Message, Schema
from mcap.stream_reader import StreamReader, breakup_chunk

from rehabsim.session.table import Column, Table

MAGIC = b"\x89MCAP0\r\n"
ROWS = "x-rehabsim-rows"
BLOCKS = Table(
    "blocks",
    [Column(name, "i8") for name in ("key", "block", "start_ns", "t_ns")],
)
"""First row of each block: whose it is, its number from 1 on, and what time it covers."""

BLOCKS_ID = 1
"""Id of the channel `blocks` in every file that has it."""

HEAD = struct.Struct("<BQ")
_KEY_OFFSET = 80
"""Of the key behind the start of a block: two record heads, chunk fields, message fields."""

Bytes = bytes | mmap


class Block(NamedTuple):
    """Where a block lies.

    Attributes:
        number: Counts a session's blocks; 0 opens a file and is there in each of its files.
        start_ns: Session time at which it begins.
        t_ns: Session time at which it ends.
        offset: Of its chunk in the file.
        end: Behind it.
    """

    number: int
    start_ns: int
    t_ns: int
    offset: int
    end: int


def key_of(boot_id: str) -> int:
    """Return the key that marks a session's blocks."""
    return int.from_bytes(sha256(boot_id.encode()).digest()[:8], "little", signed=True)


class BlockEncoder:
    """Turns messages into blocks.

    Args:
        tables: Channels of rows.
        texts: Other channels, with their encoding.
        boot_id: Of the session.
        start_utc_ns: Wall time at `t_ns` = 0.
    """

    def __init__(
        self, tables: Sequence[Table], texts: dict[str, str], boot_id: str, start_utc_ns: int
    ) -> None:
        self._key = key_of(boot_id)
        self._start_utc_ns = start_utc_ns
        self._schemas: list[Schema] = []
        self._channels: dict[str, Channel] = {}
        self._counts: dict[str, int] = {}
        for number, table in enumerate((BLOCKS, *tables), 1):
            self._schemas.append(Schema(number, table.schema(), ROWS, table.name))
            self._channels[table.name] = Channel(number, table.name, ROWS, {}, number)
        for number, (name, encoding) in enumerate(texts.items(), len(self._channels) + 1):
            self._channels[name] = Channel(number, name, encoding, {}, 0)

    def opening(self, header: bytes) -> bytes:
        """Return the beginning of a file: everything needed to read what follows, and block 0."""
        builder = RecordBuilder()
        builder.write(MAGIC)
        Header("", "rehabsim").write(builder)
        first = [*self._schemas, *self._channels.values()]
        builder.write(self._chunk(0, 0, 0, [("header", 0, header)], first))
        return _bytes(builder)

    def block(
        self, number: int, start_ns: int, t_ns: int, messages: Iterable[tuple[str, int, bytes]]
    ) -> bytes:
        """Return one block of (channel, t_ns, bytes)."""
        return self._chunk(number, start_ns, t_ns, messages, [])

    def _chunk(
        self,
        number: int,
        start_ns: int,
        t_ns: int,
        messages: Iterable[tuple[str, int, bytes]],
        before: Sequence[McapRecord],
    ) -> bytes:
        inner, outer = RecordBuilder(), RecordBuilder()
        for record in before:
            record.write(inner)
        row = BLOCKS.pack(self._key, number, start_ns, t_ns)
        self._message("blocks", t_ns, row).write(inner)
        for channel, message_t_ns, data in messages:
            self._message(channel, message_t_ns, data).write(inner)
        data = _bytes(inner)
        first_ns, last_ns = (self._start_utc_ns + t for t in (start_ns, t_ns))
        Chunk("", data, last_ns, first_ns, zlib.crc32(data), len(data)).write(outer)
        return _bytes(outer)

    def _message(self, channel: str, t_ns: int, data: bytes) -> Message:
        count = self._counts.get(channel, 0)
        self._counts[channel] = count + 1
        time_ns = self._start_utc_ns + t_ns
        return Message(self._channels[channel].id, time_ns, data, time_ns, count)


def _bytes(builder: RecordBuilder) -> bytes:
    return bytes(builder.end())  # type: ignore[no-untyped-call]


def ending() -> bytes:
    """Return what makes a file of blocks complete; it has no index."""
    builder = RecordBuilder()
    DataEnd(0).write(builder)
    Footer(0, 0, 0).write(builder)
    builder.write(MAGIC)
    return _bytes(builder)


class BlockFile:
    """The blocks that are whole in what is left of a file.

    Args:
        content: The file.

    Attributes:
        blocks: In the file's order, each number once.
        channels: By id: topic, and its table if it is one.
        key: Of the session.
        damaged_bytes: Bytes between whole blocks that are none.
        is_complete: Its end was written.

    Raises:
        ValueError: Its first block is not whole, or it was not written in blocks.
    """

    def __init__(self, content: Bytes) -> None:
        self._content = content
        first = self._first_chunk()
        records = _records(content, first)
        self.channels = _channels_of(records)
        rows = [r for r in records if isinstance(r, Message)][:1]
        if not rows or self.channels.get(BLOCKS_ID, ("",))[0] != BLOCKS.name:
            raise ValueError("not written in blocks")
        self.key = _row(rows[0])[0]
        self.damaged_bytes = 0
        self.is_complete = False
        self.blocks: list[Block] = []
        _, number, start_ns, t_ns = _row(rows[0])
        self._add(Block(number, start_ns, t_ns, *first))
        self._find(first[1])

    def messages(self, block: Block) -> list[tuple[str, Table | None, Message]]:
        """Return what a block holds, without its own row."""
        return [
            (*self.channels[record.channel_id], record)
            for record in _records(self._content, (block.offset, block.end))
            if isinstance(record, Message) and record.channel_id in self.channels
            if record.channel_id != BLOCKS_ID
        ]

    def _first_chunk(self) -> tuple[int, int]:
        offset = len(MAGIC)
        if self._content[:offset] != MAGIC:
            raise ValueError("it does not begin as an MCAP file")
        head = _record_at(self._content, offset)
        if head is None or head[0] != Opcode.HEADER:
            raise ValueError("its first record is not whole")
        chunk = _record_at(self._content, head[1])
        if chunk is None or chunk[0] != Opcode.CHUNK:
            raise ValueError("not written in blocks")
        return head[1], chunk[1]

    def _add(self, block: Block) -> None:
        if not self.blocks or block.number > self.blocks[-1].number:
            self.blocks.append(block)

    def _find(self, offset: int) -> None:
        """Walk from block to block; where one is damaged, look for the next by the key."""
        size = len(self._content)
        while offset < size:
            head = _record_at(self._content, offset)
            if head is not None and head[0] == Opcode.CHUNK:
                block = self._block_at(offset, head[1])
                if block is not None:
                    self._add(block)
                    offset = block.end
                    continue
            if head is not None and head[0] == Opcode.DATA_END and size - offset == len(ending()):
                self.is_complete = bytes(self._content[offset:size]) == ending()
                if self.is_complete:
                    return
            found = self._next_block(offset + 1)
            self.damaged_bytes += (found if found is not None else size) - offset
            if found is None:
                return
            offset = found

    def _next_block(self, start: int) -> int | None:
        """Return the offset of the next whole block, or None."""
        key = self.key.to_bytes(8, "little", signed=True)
        at = self._content.find(key, start + _KEY_OFFSET)
        while at >= 0:
            head = _record_at(self._content, at - _KEY_OFFSET)
            if (
                head is not None
                and head[0] == Opcode.CHUNK
                and self._block_at(at - _KEY_OFFSET, head[1]) is not None
            ):
                return at - _KEY_OFFSET
            at = self._content.find(key, at + 1)
        return None

    def _block_at(self, offset: int, end: int) -> Block | None:
        """Return the block in a chunk, if it is whole and of this session."""
        key_at = offset + _KEY_OFFSET
        fields = self._content[key_at : key_at + BLOCKS.dtype.itemsize]
        if len(fields) < BLOCKS.dtype.itemsize or end < key_at + len(fields):
            return None
        key, number, start_ns, t_ns = struct.unpack("<4q", fields)
        if key != self.key or not _is_whole(self._content, offset, end):
            return None
        return Block(number, start_ns, t_ns, offset, end)


def _record_at(content: Bytes, offset: int) -> tuple[int, int] | None:
    """Return opcode and end of the record at `offset`, or None when it is cut off."""
    if offset < 0 or offset + HEAD.size > len(content):
        return None
    opcode, length = HEAD.unpack(content[offset : offset + HEAD.size])
    end = offset + HEAD.size + length
    return (opcode, end) if opcode and end <= len(content) else None


_CHUNK_FIELDS = struct.Struct("<QQQII")
"""Start, end, size, checksum, length of the name of the compression."""


def _is_whole(content: Bytes, offset: int, end: int) -> bool:
    """Return whether the uncompressed chunk at `offset` holds what its checksum says."""
    fields_end = offset + HEAD.size + _CHUNK_FIELDS.size
    _, _, size, crc, name_length = _CHUNK_FIELDS.unpack(content[offset + HEAD.size : fields_end])
    start = fields_end + 8
    (length,) = struct.unpack("<Q", content[fields_end:start])
    if name_length or length != size or start + length != end:
        return False
    return bool(zlib.crc32(content[start:end]) == crc)


def _records(content: Bytes, place: tuple[int, int]) -> list[McapRecord]:
    """Return the records of the chunk at `place`; raises ValueError when it is damaged."""
    start, end = place
    try:
        reader = StreamReader(BytesIO(content[start:end]), skip_magic=True, emit_chunks=True)
        chunk = next(iter(reader.records))
        assert isinstance(chunk, Chunk)
        return breakup_chunk(chunk, validate_crc=True)
    except (McapError, struct.error, StopIteration) as error:
        raise ValueError("its first block is damaged") from error


def _channels_of(records: Iterable[McapRecord]) -> dict[int, tuple[str, Table | None]]:
    channels: dict[int, tuple[str, Table | None]] = {}
    schemas: dict[int, Schema] = {}
    for record in records:
        match record:
            case Schema():
                schemas[record.id] = record
            case Channel():
                channels[record.id] = (record.topic, table_of(record, schemas))
    return channels


def table_of(channel: Channel, schemas: dict[int, Schema]) -> Table | None:
    """Return the table that a channel carries, or None."""
    schema = schemas.get(channel.schema_id)
    if schema is None or channel.message_encoding != ROWS:
        return None
    return Table.from_schema(channel.topic, schema.data)


def _row(message: Message) -> Sequence[int]:
    return struct.unpack("<4q", message.data)


def in_order(files: Sequence[BlockFile]) -> Iterator[tuple[BlockFile, Block]]:
    """Yield each block of one session once, by number, from whichever file has it whole."""
    places: dict[int, tuple[BlockFile, Block]] = {}
    for file in files:
        for block in file.blocks:
            places.setdefault(block.number, (file, block))
    for number in sorted(places):
        yield places[number]
