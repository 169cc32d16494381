"""Tables of a log: named, typed columns, stored as blocks of raw little-endian rows."""

import struct
import types
import typing
from collections.abc import Sequence
from math import nan
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from rehabsim.base.records import WRENCH_COLUMNS, HarnessSample, PlateChunk, Record

ColumnType = Literal["i8", "f8", "f4", "?"]
Rows = npt.NDArray[np.void]
"""A structured array, one element a row."""

_PACK_CODES: dict[str, str] = {"i8": "q", "f8": "d", "f4": "f", "?": "?"}
_COLUMN_TYPES: dict[object, ColumnType] = {int: "i8", float: "f8", bool: "?"}


class Column(Record, frozen=True):
    """Name with unit, and type: `i8`, `f8`, `f4` or `?`, little-endian."""

    name: str
    type: ColumnType


class Table:
    """A name and its columns.

    Attributes:
        name: Also the log's channel.
        columns: In order, without gaps.
        dtype: What a block of rows is, for `numpy.frombuffer`.
    """

    def __init__(self, name: str, columns: Sequence[Column]) -> None:
        self.name = name
        self.columns = tuple(columns)
        self.dtype = np.dtype([(c.name, "<" + c.type if c.type != "?" else "?") for c in columns])
        self._struct = struct.Struct("<" + "".join(_PACK_CODES[c.type] for c in columns))
        assert self._struct.size == self.dtype.itemsize

    def pack(self, *values: float) -> bytes:
        """Return one row; every NaN in it is the same one.

        The sign of a NaN depends on how warm the interpreter is, and rows are compared by bit.
        """
        return self._struct.pack(*[value if value == value else nan for value in values])

    def schema(self) -> bytes:
        """Return the description that a log carries, JSON."""
        return msgspec.json.encode(
            {"byte_order": "little", "layout": "rows", "columns": self.columns}
        )

    @classmethod
    def from_schema(cls, name: str, schema: bytes) -> "Table":
        """Return the table that a log describes."""
        return cls(name, msgspec.json.decode(schema, type=_Schema).columns)


class _Schema(msgspec.Struct):
    columns: list[Column]


def columns_of(record: type[Record], prefix: str = "") -> list[Column]:
    """Return a column per field of a flat record, in the order of `values_of`.

    Raises:
        TypeError: A field is neither int, float nor bool.
    """
    columns = []
    for field in msgspec.structs.fields(record):
        kind = _plain(field.type)
        if kind not in _COLUMN_TYPES:
            raise TypeError(f"{record.__name__}.{field.name}: {kind} is not int, float or bool")
        columns.append(Column(prefix + field.name, _COLUMN_TYPES[kind]))
    return columns


def _plain(annotation: object) -> object:
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        raise TypeError(f"{annotation}: one type only")
    return annotation


values_of = msgspec.structs.astuple
"""The values of a flat record, one per column."""


PLATES = Table(
    "plates",
    [
        Column("t_ns", "i8"),
        Column("sequence", "i8"),
        Column("device_t_ns", "i8"),
        Column("dt_ns", "i8"),
        Column("is_first", "?"),
        *(Column(name, "f4") for name in WRENCH_COLUMNS),
    ],
)
"""Every force-plate sample; `is_first` marks the first of a chunk."""

HARNESS = Table("harness", columns_of(HarnessSample))
"""Every reading of the harness's load cell."""

_CHUNK_DTYPE = np.dtype(
    [(c.name, PLATES.dtype[c.name]) for c in PLATES.columns[:5]] + [("wrench", "<f4", (12,))]
)

_CHUNK_HEAD = struct.Struct("<qqqq?")


def pack_chunk(chunk: PlateChunk) -> bytes:
    """Return the rows of `PLATES` for one chunk."""
    wrench = np.ascontiguousarray(chunk.wrench, "<f4").tobytes()
    pack, size = _CHUNK_HEAD.pack, 4 * len(WRENCH_COLUMNS)
    parts: list[bytes] = []
    for k in range(len(chunk.wrench)):
        device_t_ns = chunk.device_t_ns + k * chunk.dt_ns
        parts.append(pack(chunk.t_ns, chunk.sequence + k, device_t_ns, chunk.dt_ns, k == 0))
        parts.append(wrench[size * k : size * (k + 1)])
    return b"".join(parts)


def chunks_of(rows: Rows) -> list[PlateChunk]:
    """Return the chunks that `rows` of `PLATES` were packed from, from the first whole one on."""
    whole = rows.view(_CHUNK_DTYPE)
    starts = np.flatnonzero(whole["is_first"])
    ends = [*starts[1:], len(whole)][: len(starts)]
    return [
        PlateChunk(
            int(whole["t_ns"][a]),
            int(whole["sequence"][a]),
            int(whole["device_t_ns"][a]),
            int(whole["dt_ns"][a]),
            whole["wrench"][a:b],
        )
        for a, b in zip(starts, ends, strict=True)
    ]


GAIT_EVENTS = Table(
    "gait_events",
    [
        Column("tick", "i8"),
        Column("t_ns", "i8"),
        Column("is_left", "?"),
        Column("is_heel_strike", "?"),
        Column("latency_s", "f8"),
        Column("confidence", "f8"),
    ],
)
"""Heel strikes and toe-offs as they became known."""
