"""Another program's file becomes a log like any other."""

import numpy as np
import pytest

from rehabsim.base.errors import ConfigError, LogError
from rehabsim.devices.recording_file import read_recording
from rehabsim.research.importer import import_file
from rehabsim.session.log import LogReader
from rehabsim.session.log_repair import verify
from rehabsim.session.table import chunks_of

COLUMNS = "left_fz_n,-right_fz_n"


@pytest.fixture
def file(tmp_path):
    """Write a text file; return its path."""

    def write(text, name="walk.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_an_import_is_a_sound_log_of_plates_alone(file, tmp_path):
    out = tmp_path / "a.mcap"
    assert import_file(file("1,2\n3,4\n5,6\n"), COLUMNS, 50.0, out) == 3
    assert verify(out) == []
    log = LogReader(out)
    assert (log.header.kind, log.tables(), log.channels()) == ("import", ["plates"], [])
    rows = log.table("plates")
    assert rows["left_fz_n"].tolist() == [1, 3, 5]
    assert rows["right_fz_n"].tolist() == [-2, -4, -6]
    assert np.isnan(rows["left_my_nm"]).all()
    assert rows["t_ns"].tolist() == [0, 20_000_000, 40_000_000]


def test_the_header_says_what_was_assumed_and_that_the_time_is_unknown(file, tmp_path):
    out = tmp_path / "a.mcap"
    import_file(file("1,2,3,4,5,6\n" * 5, "walk_100hz.csv"), "", None, out)
    note = LogReader(out).header.note
    for words in ("walk_100hz.csv", "5 samples at 100 Hz (from its name)", "not known"):
        assert words in note


def test_every_sample_is_a_chunk_that_arrives_when_it_is_taken(file, tmp_path):
    out = tmp_path / "a.mcap"
    import_file(file("1,2\n3,4\n"), COLUMNS, 100.0, out)
    chunks = chunks_of(LogReader(out).table("plates"))
    assert [(c.t_ns, c.sequence, c.device_t_ns, c.dt_ns, len(c.wrench)) for c in chunks] == [
        (0, 0, 0, 10_000_000, 1),
        (10_000_000, 1, 10_000_000, 10_000_000, 1),
    ]


def test_a_gap_of_the_file_is_a_gap_of_the_log(file, tmp_path):
    out = tmp_path / "a.mcap"
    text = "".join(f"{t},1\n" for t in (0.0, 0.01, 0.02, 0.05, 0.06))
    import_file(file(text), "time_s,left_fz_n", None, out)
    assert [fault.split(": ")[2] for fault in verify(out)] == [
        "2 of sequence missing before row 3 at 0.050 s."
    ]


def test_a_long_file_is_imported_whole(file, tmp_path):
    count = 10_000
    out = tmp_path / "a.mcap"
    text = "".join(f"{k},{-k}\n" for k in range(count))
    assert import_file(file(text), COLUMNS, 1000.0, out) == count
    assert LogReader(out).table("plates")["left_fz_n"].tolist() == list(range(count))


def test_what_was_imported_can_be_played(file, tmp_path):
    out = tmp_path / "a.mcap"
    import_file(file("1,2\n3,4\n5,6\n"), COLUMNS, 50.0, out)
    played = read_recording(out)
    assert played.due_ns.tolist() == [0, 20_000_000, 40_000_000]
    assert played.duration_s == pytest.approx(0.06)


def test_a_log_is_never_written_over(file, tmp_path):
    out = tmp_path / "a.mcap"
    out.write_bytes(b"precious")
    with pytest.raises(LogError, match="exists already"):
        import_file(file("1,2\n"), COLUMNS, 50.0, out)
    assert out.read_bytes() == b"precious"


def test_a_file_that_cannot_be_read_leaves_no_log_behind(file, tmp_path):
    for text, columns in (("1,2\n3\n", COLUMNS), ("1,2\n", "left,right"), ("", COLUMNS)):
        with pytest.raises(ConfigError):
            import_file(file(text), columns, 50.0, tmp_path / "a.mcap")
    assert not (tmp_path / "a.mcap").exists()


def test_a_log_is_not_imported_again(tmp_path):
    with pytest.raises(ConfigError, match="is a log already"):
        import_file(tmp_path / "a.mcap", "", None, tmp_path / "b.mcap")


def test_a_real_walk_is_imported_sample_by_sample(imported):
    path, count = imported
    assert count == 12_000
    assert verify(path) == []
    rows = LogReader(path).table("plates")
    assert rows["left_fz_n"][0] == pytest.approx(295.04056)
    assert rows["right_fz_n"][0] == pytest.approx(422.38678)
