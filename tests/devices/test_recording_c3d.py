"""Force plates in C3D files: calibrated, turned into the lab, refused where they say too little."""

import sys
from contextlib import aclosing

import numpy as np
import pytest
from devices.c3d_file import ON_FAR, ON_LEFT, ON_RIGHT, ezc3d, write_c3d

from rehabsim.base.clock import run
from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.base.records import WRENCH_COLUMNS
from rehabsim.base.site import DeviceTable
from rehabsim.cli.app import app
from rehabsim.devices.driver import PLATES, make_driver
from rehabsim.devices.recording_file import read_recording
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.forces import cops_of
from rehabsim.session.log import LogReader
from rehabsim.session.log_repair import verify

GAIT = "two_plates_1khz.c3d"
STANCES = {"left": (2571, 3137), "right": (2086, 2646)}
"""First and last sample with more than 50 N."""


def wrench_of(path, forward="+x"):
    """Return the one wrench of a file in which nothing changes."""
    wrench = read_recording(path, forward=forward).wrench
    np.testing.assert_array_equal(wrench, np.tile(wrench[0], (len(wrench), 1)))
    return wrench[0]


@pytest.fixture
def gait(recording):
    """Return the recorded steps: a person walked towards -x, over two plates."""
    return read_recording(recording(GAIT), forward="-x")


# -- a real recording ------------------------------------------------------------------------


def test_a_file_says_its_own_rate_and_length(gait):
    assert len(gait.wrench) == 4870
    assert set(gait.dt_ns.tolist()) == {1_000_000}
    assert gait.due_ns.tolist() == list(range(0, 4_870_000_000, 1_000_000))
    for words in (GAIT, "2 force platforms at 1000 Hz", "forward is -x"):
        assert words in gait.note


def test_each_plate_bears_one_foot_at_the_known_time(gait):
    for side, (first, last) in STANCES.items():
        fz_n = gait.wrench[:, WRENCH_COLUMNS.index(f"{side}_fz_n")]
        assert np.flatnonzero(fz_n > 50).tolist() == list(range(first, last + 1))
        assert 700 < fz_n.max() < 900
        empty_n = np.concatenate([fz_n[: first - 100], fz_n[last + 100 :]])
        assert np.abs(empty_n).max() < 25


def test_the_calibration_matrix_of_each_plate_is_applied(gait, recording):
    content = ezc3d.c3d(str(recording(GAIT)))
    platforms = content["parameters"]["FORCE_PLATFORM"]
    assert platforms["TYPE"]["value"].tolist() == [4, 4]
    for plate in (0, 1):
        channels = content["data"]["analogs"][0, platforms["CHANNEL"]["value"][:, plate] - 1]
        vertical_n = platforms["CAL_MATRIX"]["value"][2, :, plate] @ channels
        np.testing.assert_allclose(gait.wrench[:, 6 * plate + 2], -vertical_n, atol=0.01)


def test_the_ground_brakes_each_foot_and_then_pushes_it_forward(gait):
    for side, (first, last) in STANCES.items():
        fx_n = gait.wrench[first : last + 1, WRENCH_COLUMNS.index(f"{side}_fx_n")]
        early_n, late_n = np.array_split(fx_n, 2)
        assert early_n.mean() < -20
        assert late_n.mean() > 20


def test_pressure_stays_on_its_plate_and_rolls_forward(gait, recording):
    platforms = ezc3d.c3d(str(recording(GAIT)))["parameters"]["FORCE_PLATFORM"]
    corners_m = 0.001 * platforms["CORNERS"]["value"].transpose(2, 1, 0)[:, :, :2]
    corners_m -= corners_m.mean(axis=(0, 1))
    cops_m = cops_of(gait.wrench.astype(float))
    for plate in (0, 1):
        cop_m = cops_m[gait.wrench[:, 6 * plate + 2] > 100, 2 * plate : 2 * plate + 2]
        in_file_m = -cop_m
        assert (in_file_m > corners_m[plate].min(axis=0)).all()
        assert (in_file_m < corners_m[plate].max(axis=0)).all()
        assert 0.15 < cop_m[-1, 0] - cop_m[0, 0] < 0.30
        assert (cop_m[:, 1] > 0).all() == (plate == 0)


def test_pressure_is_under_the_foot_that_stands_there(gait, recording):
    content = ezc3d.c3d(str(recording(GAIT)))
    parameters, points = content["parameters"], content["data"]["points"]
    labels = parameters["POINT"]["LABELS"]["value"]
    middle_m = 0.001 * parameters["FORCE_PLATFORM"]["CORNERS"]["value"].mean(axis=(1, 2))
    cops_m = cops_of(gait.wrench.astype(float))
    for plate, side in enumerate(STANCES):
        middle = sum(STANCES[side]) // 2
        heel_m, toe_m = (
            middle_m[:2] - 0.001 * points[:2, labels.index(f"{side[0].upper()}{end}"), middle // 10]
            for end in ("HEE", "TOE")
        )
        x_m, y_m = cops_m[middle, 2 * plate : 2 * plate + 2]
        assert heel_m[0] < x_m < toe_m[0]
        assert y_m == pytest.approx((heel_m[1] + toe_m[1]) / 2, abs=0.04)


def test_stances_are_dated_within_10_ms_of_the_crossings_of_50_n(gait):
    belts_mps = np.full((len(gait.wrench), 2), np.nan)
    wrench = gait.wrench.astype(float)
    events = GaitAnalysis().take(gait.device_t_ns, 1_000_000, wrench, belts_mps)
    assert len(events) == 4
    for side, (first, last) in STANCES.items():
        strike, lift = (event for event in events if event.side == side)
        assert (strike.kind, lift.kind) == ("heel_strike", "toe_off")
        assert strike.t_ns / 1e6 == pytest.approx(first, abs=10)
        assert lift.t_ns / 1e6 == pytest.approx(last, abs=10)


# -- forces and places that are known --------------------------------------------------------


@pytest.mark.parametrize(
    ("forward", "left", "right"),
    [
        ("+x", [30, -40, 500, 60, 30, -1.2], [0, 0, 250, -75, -37.5, 0]),
        ("-x", [-30, 40, 500, -60, -30, -1.2], [0, 0, 250, 75, 37.5, 0]),
        ("+y", [-40, -30, 500, 30, -60, -1.2], [0, 0, 250, -37.5, 75, 0]),
        ("-y", [40, 30, 500, -30, 60, -1.2], [0, 0, 250, 37.5, -75, 0]),
    ],
)
def test_a_known_force_at_a_known_place_comes_out_in_the_lab(tmp_path, forward, left, right):
    path = write_c3d(tmp_path / "a.c3d", ON_LEFT, ON_RIGHT)
    assert wrench_of(path, forward) == pytest.approx([*left, *right], abs=1e-3)


def test_metres_are_metres(tmp_path):
    path = write_c3d(tmp_path / "a.c3d", ON_LEFT, ON_RIGHT, unit="m")
    assert wrench_of(path)[:6] == pytest.approx([30, -40, 500, 60, 30, -1.2], abs=1e-3)


def test_a_single_platform_is_left_and_its_middle_is_the_origin(tmp_path):
    wrench = wrench_of(write_c3d(tmp_path / "a.c3d", ON_LEFT))
    assert wrench[:6] == pytest.approx([30, -40, 500, -40, 30, 4.8], abs=1e-3)
    assert np.isnan(wrench[6:]).all()


def test_platforms_after_the_second_change_nothing(tmp_path):
    two = wrench_of(write_c3d(tmp_path / "two.c3d", ON_LEFT, ON_RIGHT))
    three = wrench_of(write_c3d(tmp_path / "three.c3d", ON_LEFT, ON_RIGHT, ON_FAR))
    np.testing.assert_array_equal(three, two)


def test_platforms_that_are_left_out_are_told(tmp_path):
    path = write_c3d(tmp_path / "three.c3d", ON_LEFT, ON_RIGHT, ON_FAR)
    note = read_recording(path, forward="+x").note
    assert "3 force platforms" in note
    assert "the others are left out" in note


# -- refusals --------------------------------------------------------------------------------


def refusal(path, **how):
    """Return the one sentence with which a file is refused."""
    with pytest.raises(ConfigError) as error:
        read_recording(path, **how)
    text = str(error.value)
    assert text.startswith(f"{path}: ")
    assert text.endswith(".")
    assert "\n" not in text
    assert ".." not in text.removeprefix(str(path))
    return text


@pytest.mark.parametrize("content", [b"", b"time,fx\n1,2\n" * 100, bytes(range(256)) * 20])
def test_what_is_no_c3d_file_is_refused(tmp_path, content):
    path = tmp_path / "a.c3d"
    path.write_bytes(content)
    assert "not a C3D file that can be read" in refusal(path, forward="+x")


def test_a_file_that_ends_before_its_first_sample_is_refused(tmp_path):
    path = write_c3d(tmp_path / "a.c3d", ON_LEFT)
    path.write_bytes(path.read_bytes()[:1536])
    assert "not a C3D file that can be read" in refusal(path, forward="+x")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    (tmp_path / "folder.c3d").mkdir()
    for name in ("no.c3d", "folder.c3d"):
        assert "no such file" in refusal(tmp_path / name, forward="+x")


def test_a_file_without_platforms_is_refused(tmp_path):
    path = write_c3d(tmp_path / "a.c3d")
    assert "holds no force platform" in refusal(path, forward="+x")


def test_an_unknown_unit_lists_the_known_ones(tmp_path):
    path = write_c3d(tmp_path / "a.c3d", ON_LEFT, unit="inch")
    assert "unit 'inch' is unknown. Known: mm, cm, m" in refusal(path, forward="+x")


@pytest.mark.parametrize("forward", ["", "x", "+z", "north"])
def test_which_way_people_walked_has_to_be_said(tmp_path, forward):
    path = write_c3d(tmp_path / "a.c3d", ON_LEFT)
    assert "one of +x, -x, +y, -y" in refusal(path, forward=forward)


def test_a_rate_and_columns_are_refused_beside_the_files_own(tmp_path):
    path = write_c3d(tmp_path / "a.c3d", ON_LEFT)
    for how in ({"rate_hz": 100.0}, {"columns": "left_fz_n"}):
        assert "says its own rate and columns" in refusal(path, forward="+x", **how)


def test_a_text_file_has_no_way_to_walk(tmp_path):
    path = tmp_path / "walk_100hz.csv"
    path.write_text("1,2,3,4,5,6\n" * 5)
    assert "forward is for C3D files" in refusal(path, forward="+x")


def test_without_the_library_it_says_what_to_install(tmp_path, monkeypatch):
    path = write_c3d(tmp_path / "a.c3d", ON_LEFT)
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    assert "pip install 'rehabsim[c3d]'" in refusal(path, forward="+x")


# -- played and imported ---------------------------------------------------------------------


def play(url):
    """Play a recording to its end in virtual time; return its wrenches, note and last words."""

    async def go(clock):
        plates = make_driver(PLATES, DeviceTable(kind="recording", url=url), clock, where="a.toml")
        await plates.open()
        chunks = []
        async with aclosing(clock.ticks(4_000_000)) as ticks:
            async for _ in ticks:
                try:
                    chunks += plates.take()
                except LinkError as error:
                    ending = str(error)
                    break
        return chunks, plates.note, ending

    return run(go, virtual=True)


def test_the_driver_plays_it_at_its_rate_to_its_end(gait, recording):
    path = recording(GAIT)
    chunks, note, words = play(f"recording:{path}?forward=-x")
    np.testing.assert_array_equal(np.concatenate([chunk.wrench for chunk in chunks]), gait.wrench)
    assert all(chunk.device_t_ns <= chunk.t_ns for chunk in chunks)
    assert all(chunk.t_ns - chunk.device_t_ns < 4_000_000 for chunk in chunks)
    assert note == gait.note
    assert "ended after 4.87 s" in words


def test_the_driver_refuses_it_without_a_way_to_walk(tmp_path):
    path = write_c3d(tmp_path / "a.c3d", ON_LEFT)
    with pytest.raises(ConfigError, match=r"one of \+x, -x, \+y, -y"):
        play(f"recording:{path}")


def test_an_import_is_a_sound_log_of_what_was_recorded(gait, recording, tmp_path, capsys):
    out = tmp_path / "a.mcap"
    assert app(["import", str(recording(GAIT)), "--forward", "-x", "--out", str(out)]) == 0
    assert "4870 samples" in capsys.readouterr().out
    assert verify(out) == []
    log = LogReader(out)
    assert gait.note in log.header.note
    rows = log.table("plates")
    assert rows["t_ns"].tolist() == gait.due_ns.tolist()
    for index, name in enumerate(WRENCH_COLUMNS):
        np.testing.assert_array_equal(rows[name], gait.wrench[:, index])


def test_an_import_without_a_way_to_walk_leaves_no_log_behind(tmp_path):
    path = write_c3d(tmp_path / "a.c3d", ON_LEFT)
    command = ["import", str(path), "--out", str(tmp_path / "a.mcap")]
    with pytest.raises(ConfigError, match="forward ''"):
        app(command, exit_on_error=False, print_error=False)
    assert not (tmp_path / "a.mcap").exists()
