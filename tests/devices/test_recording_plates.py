"""Force plates that play a file: at its rate, as it is, refused where it does not say enough."""

import asyncio
from contextlib import aclosing
from itertools import pairwise
from math import nan

import numpy as np
import pytest
from mcap.writer import Writer

from rehabsim.base.clock import run
from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.base.records import WRENCH_COLUMNS, BeltSample, PlateChunk
from rehabsim.base.site import DeviceTable
from rehabsim.devices.driver import PLATES, make_driver
from rehabsim.devices.recording_file import parse_columns, read_recording
from rehabsim.devices.recording_plates import RecordingPlates, split_url
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.session.log import LogWriter
from rehabsim.session.mcap_file import LogHeader
from rehabsim.session.table import PLATES as PLATES_TABLE
from rehabsim.session.table import pack_chunk

LEFT_FZ, RIGHT_FZ = WRENCH_COLUMNS.index("left_fz_n"), WRENCH_COLUMNS.index("right_fz_n")
WALK = "dual_belt_walk_200hz.csv"


@pytest.fixture
def file(tmp_path):
    """Write a text file; return its path."""

    def write(text, name="walk_100hz.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def play(url, duration_s, *, period_ns=4_000_000):
    """Take every tick in virtual time; return (tick time, chunks) pairs, the driver, its end."""

    async def go(clock):
        plates = RecordingPlates(RecordingPlates.Config(kind="recording", url=url), clock)
        await plates.open()
        taken, ending = [], None
        async with aclosing(clock.ticks(period_ns)) as ticks:
            async for tick in ticks:
                if tick.due_ns > duration_s * 1e9:
                    break
                try:
                    taken.append((clock.now_ns(), list(plates.take())))
                except LinkError as error:
                    ending = (clock.now_ns(), str(error))
                    break
        await plates.close()
        return taken, plates, ending

    return run(go, virtual=True)


def six_columns(count):
    return "".join(f"{k},0,{100 + k},0,0,{200 + k}\n" for k in range(count))


# -- playing -------------------------------------------------------------------------------


def test_samples_come_at_their_true_rate_and_none_is_early(file):
    taken, _, _ = play(f"recording:{file(six_columns(50))}", 0.3)
    for now_ns, chunks in taken:
        count = sum(len(chunk.wrench) for at, cs in taken if at <= now_ns for chunk in cs)
        assert count == now_ns // 10_000_000 + 1
        assert all(chunk.t_ns == now_ns for chunk in chunks)


def test_chunks_are_numbered_and_timed_by_the_recording(file):
    taken, plates, _ = play(f"recording:{file(six_columns(50))}", 0.4, period_ns=36_000_000)
    chunks = [chunk for _, cs in taken for chunk in cs]
    for before, chunk in pairwise(chunks):
        assert chunk.sequence == before.sequence + len(before.wrench)
    assert chunks[0].sequence == 0
    assert all(chunk.device_t_ns == chunk.sequence * 10_000_000 for chunk in chunks)
    assert {chunk.dt_ns for chunk in chunks} == {10_000_000}
    assert plates.lost_count == 0


def test_the_end_is_told_after_the_last_sample_was_delivered(file):
    path = file(six_columns(50))
    taken, _, ending = play(f"recording:{path}", 2.0)
    assert sum(len(chunk.wrench) for _, chunks in taken for chunk in chunks) == 50
    at_ns, text = ending
    assert at_ns == 500_000_000
    assert text.startswith(f"plates at recording:{path}: the recording ended after 0.50 s; ")


def test_the_last_samples_are_not_lost_when_the_end_has_passed_meanwhile(file):
    taken, _, ending = play(f"recording:{file(six_columns(50))}", 9.0, period_ns=3_000_000_000)
    assert [sum(len(c.wrench) for c in chunks) for _, chunks in taken] == [1, 49]
    assert ending[0] == 6_000_000_000


def test_a_closed_recording_plays_no_more(file):
    async def go(clock):
        config = RecordingPlates.Config(kind="recording", url=f"recording:{file(six_columns(9))}")
        plates = RecordingPlates(config, clock)
        await plates.open()
        await plates.close()
        await plates.close()
        with pytest.raises(LinkError, match="closed here"):
            plates.take()

    run(go, virtual=True)


def test_it_plays_on_the_clock_of_the_host_too(file):
    async def go(clock):
        config = RecordingPlates.Config(
            kind="recording", url=f"recording:{file(six_columns(500))}?rate=1000"
        )
        plates = RecordingPlates(config, clock)
        await plates.open()
        start_ns = clock.now_ns()
        await asyncio.sleep(0.05)
        count = sum(len(chunk.wrench) for chunk in plates.take())
        return count, (clock.now_ns() - start_ns) / 1e6

    count, elapsed_ms = run(go)
    assert 50 <= count <= elapsed_ms + 2


def test_the_site_file_finds_it_by_its_kind(file):
    async def go(clock):
        table = DeviceTable(kind="recording", url=f"recording:{file(six_columns(9))}")
        return make_driver(PLATES, table, clock, where="site.toml")

    assert "9 samples at 100 Hz" in run(go, virtual=True).note


def test_missing_samples_cut_a_chunk_and_are_counted(file):
    times = [0.0, 0.01, 0.02, 0.06, 0.07]
    text = "time_s,left_fz_n\n" + "".join(f"{t},{t}\n" for t in times)
    taken, plates, _ = play(f"recording:{file(text, 'a.csv')}", 0.2, period_ns=100_000_000)
    chunks = [chunk for _, cs in taken for chunk in cs]
    assert [(c.sequence, len(c.wrench)) for c in chunks] == [(0, 1), (1, 2), (6, 2)]
    assert plates.lost_count == 3
    assert "1 gaps" in plates.note


# -- columns -------------------------------------------------------------------------------


def test_six_bare_columns_give_the_vertical_forces_alone(file):
    recording = read_recording(file("1,2,3,4,5,6\n" * 3))
    expected = np.full(12, nan)
    expected[[LEFT_FZ, RIGHT_FZ]] = 3, 6
    np.testing.assert_array_equal(recording.wrench, np.tile(expected, (3, 1)).astype("f4"))
    assert "directions of the other forces are unknown" in recording.note


def test_named_columns_are_taken_with_their_sign(file):
    recording = read_recording(file("1;2;3\n4;5;6\n"), columns="right_fz_n,_,-left_my_nm")
    assert recording.wrench[:, RIGHT_FZ].tolist() == [1, 4]
    assert recording.wrench[:, WRENCH_COLUMNS.index("left_my_nm")].tolist() == [-3, -6]
    assert np.isnan(recording.wrench[:, LEFT_FZ]).all()


@pytest.mark.parametrize(
    "header",
    [
        "time_s,left_fz_n,other,right_fz_n",
        "Time (s),Left Fz (N),other,Right Fz [N]",
        "% Timestamp,LEFT_FZ,x,RIGHT_FZ",
        "# t_s,left_fz,x,right_fz",
    ],
)
def test_a_header_names_its_columns(file, header):
    text = f"{header}\n0.000,1,9,2\n0.005,3,9,4\n0.010,5,9,6\n"
    recording = read_recording(file(text, "walk.csv"))
    assert recording.wrench[:, LEFT_FZ].tolist() == [1, 3, 5]
    assert recording.wrench[:, RIGHT_FZ].tolist() == [2, 4, 6]
    assert recording.dt_ns.tolist() == [5_000_000] * 3


@pytest.mark.parametrize("mark", [",", ";", "\t", " ", "   "])
def test_any_usual_mark_separates_columns(file, mark):
    text = "".join(mark.join(map(str, (k, 1, 2, 3, 4, 5))) + "\r\n" for k in range(4))
    assert read_recording(file(text)).wrench[0, LEFT_FZ] == 2


def test_a_remark_above_six_columns_is_no_header(file):
    assert read_recording(file("# Tuesday\n" + six_columns(3))).wrench[0, LEFT_FZ] == 100


def test_missing_values_are_absent_and_counted(file):
    recording = read_recording(file("1,,3\n4,5,nan\n"), columns="left_fz_n,right_fz_n,left_fx_n")
    assert np.isnan(recording.wrench[0, RIGHT_FZ])
    assert "2 values missing" in recording.note


# -- rate ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "query", "dt_ns"),
    [
        ("walk_200hz.csv", None, 5_000_000),
        ("walk 62.5Hz.txt", None, 16_000_000),
        ("two_plates_1khz.tsv", None, 1_000_000),
        ("walk_200hz.csv", 1000, 1_000_000),
        ("walk.csv", 300, 3_333_333),
    ],
)
def test_the_rate_is_what_is_given_or_what_the_name_says(file, name, query, dt_ns):
    recording = read_recording(file(six_columns(1001), name), rate_hz=query)
    assert set(recording.dt_ns.tolist()) == {dt_ns}
    rate_hz = query or 1e9 / dt_ns
    assert recording.due_ns[-1] == pytest.approx(1000 * 1e9 / rate_hz, abs=1)


def test_jitter_of_a_time_column_makes_no_gaps(recording):
    path = recording("dflow_single_foot_grf_100hz.csv")
    found = read_recording(path, columns="time_s,right_fz_n")
    assert np.diff(found.sequence).max() == 1
    assert found.duration_s == pytest.approx(55.6, abs=0.1)


# -- refusals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "columns", "words"),
    [
        ("", "", "holds no numbers"),
        ("a,b\n", "", "holds no numbers"),
        ("1,2\n3,4\n5\n", "left_fz_n,right_fz_n", "line 3 has 1 columns, line 1 has 2"),
        ("1,2\n3,x\n", "left_fz_n,right_fz_n", "line 2, column 2: 'x' is not a number"),
        ("1,x\n3,4\n", "left_fz_n,right_fz_n", "line 1, column 2: 'x' is not a number"),
        ("1,2\n\n3,inf\n", "left_fz_n,right_fz_n", "line 3, column 2: infinite"),
        ("1,2\n", "left_fz_n", "1 columns are named, the file has 2"),
        ("1,2\n", "left_fz_n,right_grf", "'right_grf' is unknown. Known: left_fx_n"),
        ("1,2\n", "left_fz_n,left_fz_n", "left_fz_n is named twice"),
        ("1,2\n", "_,time_s", "name no force"),
        ("1,2\n3,4\n", "", "2 columns without a header; name them"),
        ("foot,hand\n1,2\n", "", "its header 'foot,hand' names no force of ours"),
        ("1,2\n0.5,2\n", "time_s,left_fz_n", "sample 2: its time 0.5 s does not follow 1 s"),
        ("1,2\n", "time_s,left_fz_n", "one sample has no rate"),
        ("0,2\n1,2\n2,3\n", "time_s,left_fz_n", "a time column counts seconds"),
    ],
)
def test_what_a_file_gets_wrong_is_one_sentence(file, text, columns, words):
    with pytest.raises(ConfigError) as error:
        read_recording(file(text, "walk.csv"), columns=columns)
    assert words in str(error.value)
    assert str(error.value).count("\n") == 0
    assert "walk.csv" in str(error.value)


def test_an_unknown_rate_says_what_to_add(file):
    with pytest.raises(ConfigError, match=r"rate is unknown.*\?rate=200.*time_s.*walk_200hz"):
        read_recording(file(six_columns(5), "walk.csv"))


@pytest.mark.parametrize("rate_hz", [0.0, -5.0, nan, 1e9])
def test_a_rate_that_cannot_be_is_refused(file, rate_hz):
    with pytest.raises(ConfigError, match="1 to 100000"):
        read_recording(file(six_columns(5)), rate_hz=rate_hz)


def test_a_missing_file_and_a_folder_and_bytes_are_refused_when_the_driver_is_made(tmp_path):
    (tmp_path / "bytes_100hz.csv").write_bytes(bytes(range(256)))
    for path, words in (
        (tmp_path / "no.csv", "no such file"),
        (tmp_path, "cannot be read"),
        (tmp_path / "bytes_100hz.csv", "not a text file"),
    ):
        with pytest.raises(ConfigError, match=words):
            play(f"recording:{path}", 1.0)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("recording:", "write recording:FILE"),
        ("tcp://127.0.0.1:1", "write recording:FILE"),
        ("recording:a.csv?rate=fast", "'fast' is not a number"),
        ("recording:a.csv?speed=2", "option 'speed=2'. Known"),
        ("recording:a.csv?rate=2&rate=3", "option 'rate=3'"),
        ("recording:a.csv?rate", "option 'rate'"),
    ],
)
def test_a_malformed_address_is_one_sentence(url, words):
    with pytest.raises(ConfigError) as error:
        split_url(url)
    assert words in str(error.value)


def test_an_address_gives_file_columns_and_rate():
    path, columns, rate_hz, forward = split_url(
        "recording:/data/my walk.csv?columns=-left_fz_n,_&rate=62.5"
    )
    assert (str(path), columns, rate_hz, forward) == ("/data/my walk.csv", "-left_fz_n,_", 62.5, "")
    assert split_url("recording:walk.c3d?forward=-x")[3] == "-x"
    assert parse_columns(columns, path) == [("left_fz_n", -1.0), ("_", 1.0)]


# -- logs ----------------------------------------------------------------------------------


def write_log(path, chunks):
    header = LogHeader(
        kind="session", version="0", boot_id="a", start_utc_ns=5, site={}, session={}
    )
    log = LogWriter(path, header, (PLATES_TABLE,), is_live=False)
    for chunk in chunks:
        log.rows("plates", pack_chunk(chunk))
    log.close(0)


def test_a_log_is_played_with_its_own_timing(tmp_path):
    wrench = np.arange(12 * 9, dtype="f4").reshape(9, 12)
    chunks = [
        PlateChunk(1_000_000_000, 100, 77_000_000, 1_000_000, wrench[:4]),
        PlateChunk(1_004_000_000, 104, 81_000_000, 1_000_000, wrench[4:6]),
        PlateChunk(1_020_000_000, 110, 87_000_000, 1_000_000, wrench[6:]),
    ]
    write_log(tmp_path / "a.mcap", chunks)
    taken, plates, ending = play(f"recording:{tmp_path / 'a.mcap'}", 1.0, period_ns=2_000_000)
    got = [(now_ns, c) for now_ns, cs in taken for c in cs]
    assert [(t, c.sequence, c.device_t_ns, len(c.wrench)) for t, c in got] == [
        (0, 0, 77_000_000, 4),
        (4_000_000, 4, 81_000_000, 2),
        (20_000_000, 10, 87_000_000, 3),
    ]
    np.testing.assert_array_equal(np.concatenate([c.wrench for _, c in got]), wrench)
    assert plates.lost_count == 4
    assert "0.02 s" in ending[1]


def test_a_log_cut_off_by_a_killed_writer_is_played_as_far_as_it_goes(tmp_path):
    path = tmp_path / "a.mcap"
    chunks = [
        PlateChunk(k * 4_000_000, 4 * k, 0, 1_000_000, np.ones((4, 12), "f4")) for k in range(50)
    ]
    header = LogHeader(
        kind="session", version="0", boot_id="a", start_utc_ns=5, site={}, session={}
    )
    log = LogWriter(path, header, (PLATES_TABLE,), is_live=True)
    for chunk in chunks:
        log.rows("plates", pack_chunk(chunk))
        log.end_tick(chunk.t_ns)
    log._hand_over(chunks[-1].t_ns)
    log._store._recorder.close()
    log._store._recorder.release()
    path.write_bytes(path.read_bytes()[:-100])
    assert 150 < len(read_recording(path).sequence) < 200


def test_a_log_needs_neither_rate_nor_columns(tmp_path):
    write_log(tmp_path / "a.mcap", [PlateChunk(0, 0, 0, 1_000_000, np.ones((4, 12), "f4"))])
    with pytest.raises(ConfigError, match="a log says its own"):
        read_recording(tmp_path / "a.mcap", rate_hz=100)


def test_a_log_without_forces_is_refused(tmp_path):
    path = tmp_path / "a.mcap"
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start()
        writer.finish()
    with pytest.raises(ConfigError, match="holds no force-plate samples"):
        read_recording(path)
    path.write_bytes(b"1,2,3\n" * 100)
    with pytest.raises(ConfigError, match="not a log"):
        read_recording(path)


# -- a real walk ---------------------------------------------------------------------------


def test_a_real_walk_gives_about_one_heel_strike_per_foot_and_second(recording):
    taken, _, ending = play(f"recording:{recording(WALK)}", 61.0)
    assert "ended after 60.00 s" in ending[1]
    analysis, events = GaitAnalysis(), []
    for now_ns, chunks in taken:
        events += analysis.step(chunks, BeltSample(-1, nan, nan, nan), now_ns)[1]
    for side in ("left", "right"):
        strikes = [e for e in events if (e.side, e.kind) == (side, "heel_strike")]
        assert 50 <= len(strikes) <= 65
