"""The log: whole for anyone to read, mendable after any cut, harmless when the disk fails."""

import errno

import msgspec
import numpy as np
import pytest
from mcap.reader import make_reader

from rehabsim.base.errors import LogError
from rehabsim.base.records import Event, PlateChunk
from rehabsim.session.log import LogReader, LogWriter
from rehabsim.session.log_repair import recover, verify
from rehabsim.session.mcap_file import LogHeader
from rehabsim.session.table import PLATES, chunks_of, pack_chunk

HEADER = LogHeader(
    kind="import", version="0", boot_id="b", start_utc_ns=10**18, site={}, session={}
)
SAMPLES, PER_CHUNK = 400, 4


def chunk(first):
    wrench = np.random.default_rng(first).standard_normal((PER_CHUNK, 12)).astype(np.float32)
    return PlateChunk(first * 1_000_000, first, first * 1_000_000, 1_000_000, wrench)


def write(path, *, is_live):
    """Write 0.4 s of plates and an event."""
    log = LogWriter(path, HEADER, [PLATES], is_live=is_live)
    for first in range(0, SAMPLES, PER_CHUNK):
        log.rows("plates", pack_chunk(chunk(first)))
        log.end_tick(first * 1_000_000)
    log.event(Event(5, "marker", "test", "none", "here"))
    return log


@pytest.mark.parametrize("is_live", [True, False])
def test_what_is_written_is_read_again(tmp_path, is_live):
    write(tmp_path / "a.mcap", is_live=is_live).close(SAMPLES * 1_000_000)
    log = LogReader(tmp_path / "a.mcap")
    assert log.header == HEADER
    assert log.is_complete
    found = chunks_of(log.table("plates"))
    assert [c.sequence for c in found] == list(range(0, SAMPLES, PER_CHUNK))
    assert all(np.array_equal(c.wrench, chunk(c.sequence).wrench) for c in found)
    assert log.events() == [Event(5, "marker", "test", "none", "here")]
    assert verify(tmp_path / "a.mcap") == []


@pytest.mark.parametrize("is_live", [True, False])
def test_the_stock_reader_reads_it_by_its_own_description(tmp_path, is_live):
    write(tmp_path / "a.mcap", is_live=is_live).close(SAMPLES * 1_000_000)
    rows = []
    with (tmp_path / "a.mcap").open("rb") as file:
        for schema, channel, message in make_reader(file).iter_messages():
            if channel.topic == "plates":
                columns = msgspec.json.decode(schema.data)["columns"]
                dtype = [
                    (c["name"], c["type"].replace("f", "<f").replace("i", "<i")) for c in columns
                ]
                rows.append(np.frombuffer(message.data, dtype))
    table = np.concatenate(rows)
    assert table["sequence"].tolist() == list(range(SAMPLES))
    assert table["left_fz_n"][0] == chunk(0).wrench[0, 2]


def test_a_live_log_cut_anywhere_is_mended_or_refused_in_one_sentence(tmp_path):
    log = write(tmp_path / "live.mcap", is_live=True)
    leave_as_killed(log, SAMPLES * 1_000_000)
    data = (tmp_path / "live.mcap").read_bytes()
    cuts = sorted({*range(400), *range(400, len(data), 211), len(data)})
    longest = -1
    for cut in cuts:
        path = tmp_path / "cut.mcap"
        path.write_bytes(data[:cut])
        mended, damaged = mended_or_refused(path)
        if mended is None:
            assert path.read_bytes() == data[:cut]
            continue
        assert damaged.read_bytes() == data[:cut]
        assert mended.is_complete
        rows = mended.table("plates")
        count = len(rows)
        assert count == 0 or rows["sequence"].tolist() == list(range(count))
        assert count >= longest
        longest = count
        damaged.unlink()
    assert longest == SAMPLES


def leave_as_killed(log, t_ns):
    """Have all blocks written, but no end and no closing record."""
    log._hand_over(t_ns)
    log._store._recorder.close()
    log._store._recorder.release()


def mended_or_refused(path):
    """Return what `recover` does, or (None, None) when it refuses in one sentence."""
    try:
        return recover(path)
    except LogError as error:
        if path.name not in str(error) or "\n" in str(error):
            raise
        return None, None


def test_a_log_is_never_written_over(tmp_path):
    (tmp_path / "a.mcap").write_bytes(b"precious")
    with pytest.raises(LogError, match="exists already"):
        LogWriter(tmp_path / "a.mcap", HEADER, [PLATES], is_live=True)
    assert (tmp_path / "a.mcap").read_bytes() == b"precious"


def test_a_gap_is_found_and_told(tmp_path):
    log = LogWriter(tmp_path / "a.mcap", HEADER, [PLATES], is_live=False)
    for first in (0, 4, 12):
        log.rows("plates", pack_chunk(chunk(first)))
    log.close(0)
    (fault,) = verify(tmp_path / "a.mcap")
    assert "4 of sequence missing before row 8" in fault


@pytest.mark.parametrize("is_full", [False, True])
def test_a_damaged_log_is_kept_where_a_disk_has_no_links(tmp_path, monkeypatch, is_full):
    path = tmp_path / "a.mcap"
    leave_as_killed(write(path, is_live=True), SAMPLES * 1_000_000)
    damaged = path.read_bytes()

    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    if is_full:
        monkeypatch.setattr("shutil.copy2", refuse)
        with pytest.raises(LogError, match="nothing was changed"):
            recover(path)
        assert [file.name for file in tmp_path.iterdir()] == ["a.mcap"]
    else:
        log, kept = recover(path)
        assert log.is_complete
        assert kept.read_bytes() == damaged
