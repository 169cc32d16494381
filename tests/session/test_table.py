"""Rows of a log: what goes in comes out, bit by bit, and chunks keep their boundaries."""

import struct
from math import nan

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from session.room import Scene

from rehabsim.base.records import Gait, PlateChunk, Record
from rehabsim.session.table import (
    GAIT_EVENTS,
    PLATES,
    Column,
    Table,
    chunks_of,
    columns_of,
    pack_chunk,
    values_of,
)

INT64 = st.integers(-(2**63), 2**63 - 1)
VALUES = {
    "i8": INT64,
    "f8": st.floats(width=64),
    "f4": st.floats(width=32),
    "?": st.booleans(),
}
COLUMN_TYPES = st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=12)
SMALL = st.integers(0, 2**40)
CHUNKS = st.builds(
    PlateChunk,
    INT64,
    SMALL,
    SMALL,
    st.integers(1, 10**9),
    st.integers(1, 16).flatmap(
        lambda n: arrays.arrays(np.float32, (n, 12), elements=st.floats(width=32))
    ),
)


@given(
    COLUMN_TYPES.flatmap(
        lambda kinds: st.tuples(*(st.tuples(st.just(k), VALUES[k]) for k in kinds))
    )
)
def test_a_row_goes_there_and_back(row):
    table = Table("t", [Column(f"c{i}", kind) for i, (kind, _) in enumerate(row)])
    data = table.pack(*(value for _, value in row))
    back = np.frombuffer(data, table.dtype)
    assert len(back) == 1
    for (kind, value), found in zip(row, back[0].tolist(), strict=True):
        assert found == value or (kind[0] == "f" and value != value and found != found)


@given(COLUMN_TYPES)
def test_a_table_is_described_by_its_own_schema(kinds):
    table = Table("t", [Column(f"c{i}_m", kind) for i, kind in enumerate(kinds)])
    again = Table.from_schema("t", table.schema())
    assert again.columns == table.columns
    assert again.dtype == table.dtype
    described = msgspec.json.decode(table.schema())
    assert (described["byte_order"], described["layout"]) == ("little", "rows")


@pytest.mark.parametrize(
    "values", [(1,), (1, 2, 3), ("1", 2.0), (2**63, 2.0), (1.5, 2.0), (None, 2.0), (1, "2")]
)
def test_a_row_that_does_not_fit_is_refused(values):
    with pytest.raises(struct.error):
        Table("t", [Column("a", "i8"), Column("b", "f8")]).pack(*values)


@pytest.mark.parametrize(
    "schema", [b"", b"{}", b"[]", b'{"columns": [{"name": "a", "type": "i4"}]}', b"\xff"]
)
def test_a_schema_of_others_is_refused(schema):
    with pytest.raises(ValueError, match=r".+"):
        Table.from_schema("t", schema)


def test_a_flat_record_has_a_column_per_field_in_order():
    assert columns_of(Scene) == [Column("x_m", "f8"), Column("count", "i8"), Column("is_lit", "?")]
    assert columns_of(Scene, "left_")[0].name == "left_x_m"
    assert len(values_of(Gait())) == len(columns_of(Gait))


@pytest.mark.parametrize("kind", [str, bytes, list[float], float | None, Gait])
def test_a_record_that_is_not_flat_is_refused(kind):
    record = msgspec.defstruct("Odd", [("x_m", kind)], bases=(Record,), frozen=True)
    with pytest.raises(TypeError):
        columns_of(record)


@given(st.lists(CHUNKS, min_size=1, max_size=6))
def test_chunks_keep_their_samples_and_their_boundaries(chunks):
    data = b"".join(pack_chunk(chunk) for chunk in chunks)
    found = chunks_of(np.frombuffer(data, PLATES.dtype))
    assert len(found) == len(chunks)
    for before, after in zip(chunks, found, strict=True):
        assert (before.t_ns, before.sequence, before.device_t_ns, before.dt_ns) == (
            after.t_ns,
            after.sequence,
            after.device_t_ns,
            after.dt_ns,
        )
        assert before.wrench.tobytes() == after.wrench.tobytes()
    assert b"".join(pack_chunk(chunk) for chunk in found) == data


@given(CHUNKS)
def test_every_sample_has_its_own_number_and_device_time(chunk):
    rows = np.frombuffer(pack_chunk(chunk), PLATES.dtype)
    steps = np.arange(len(rows))
    assert (rows["sequence"] == chunk.sequence + steps).all()
    assert (rows["device_t_ns"] == chunk.device_t_ns + steps * chunk.dt_ns).all()
    assert rows["is_first"].tolist() == [True] + [False] * (len(rows) - 1)


def test_a_chunk_without_samples_leaves_nothing():
    empty = PlateChunk(1, 2, 3, 4, np.zeros((0, 12), np.float32))
    assert pack_chunk(empty) == b""
    assert chunks_of(np.zeros(0, PLATES.dtype)) == []


def test_rows_whose_chunk_began_before_them_are_left_out():
    chunk = PlateChunk(1, 10, 3, 4, np.zeros((4, 12), np.float32))
    rows = np.frombuffer(pack_chunk(chunk) + pack_chunk(chunk), PLATES.dtype)[2:]
    assert [len(found.wrench) for found in chunks_of(rows)] == [4]


def test_rows_have_no_gaps_on_disk():
    for table in (PLATES, GAIT_EVENTS):
        assert table.dtype.itemsize == sum(table.dtype[name].itemsize for name in table.dtype.names)


def test_a_row_is_the_same_whatever_the_sign_of_its_nan():
    table = Table("one", [Column("x", "f8"), Column("y", "f8")])
    assert table.pack(-nan, 1.0) == table.pack(nan, 1.0)
