"""A report holds what its log holds, and says so where it holds nothing."""

import csv
import json
import re
import struct
from pathlib import Path

import msgspec
import numpy as np
import pytest

from rehabsim.base.errors import ConfigError, LogError
from rehabsim.base.records import Event
from rehabsim.cli.logs import _report_folders
from rehabsim.research.measures import measures_of
from rehabsim.research.page import origin_of, render_page
from rehabsim.research.plots import shown_s
from rehabsim.research.report import write_report
from rehabsim.research.walk import read_walk
from rehabsim.session.log import LogReader, LogWriter
from rehabsim.session.mcap_file import LogHeader
from rehabsim.session.table import PLATES, Column, Table

KEYS = {"name", "value", "unit", "side", "n", "ci95", "method", "source", "reason"}
PLOTS = {"belt_speed.png", "vertical_forces.png", "mean_vertical_forces.png", "step_times.png"}
TABLES = {"measures.json", "events.csv", "strides.csv", "report.html"}


@pytest.fixture(scope="module")
def report(session_log, tmp_path_factory):
    """Return the folder of a session's report."""
    folder = tmp_path_factory.mktemp("report") / "new" / "folder"
    write_report(session_log, folder)
    return folder


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_report_is_whole(report):
    assert {path.name for path in report.iterdir()} == TABLES | PLOTS


def test_measures_are_objects_of_one_form(report):
    measures = json.loads((report / "measures.json").read_text())
    assert all(set(measure) == KEYS for measure in measures)
    names = {measure["name"] for measure in measures}
    assert {
        "cadence",
        "step_time",
        "stance_time",
        "step_length",
        "step_width",
        "body_weight",
        "stance_time_symmetry_index",
        "load_share_left",
        "heel_strike_count",
        "walking_distance",
        "mean_belt_speed",
    } <= names
    for measure in measures:
        if measure["ci95"] is not None:
            low, high = measure["ci95"]
            assert low <= measure["value"] <= high


def test_events_are_those_of_the_log(report, session_log):
    text = (report / "events.csv").read_text()
    assert text.splitlines()[0] == "t_s,side,kind,latency_s,confidence,review,reviewed_t_s"
    logged = np.sort(LogReader(session_log).table("gait_events")["t_ns"])
    every = rows(report / "events.csv")
    found = [row for row in every if row["review"] != "added"]
    assert all(row["t_s"] == "" and row["reviewed_t_s"] for row in every if row not in found)
    assert [round(float(row["t_s"]) * 1e6) for row in found] == [round(t / 1000) for t in logged]
    assert {row["side"] for row in found} == {"left", "right"}
    assert {row["kind"] for row in found} == {"heel_strike", "toe_off"}


def test_strides_have_a_row_per_heel_strike_and_empty_fields_for_what_is_absent(report):
    found = rows(report / "strides.csv")
    strikes = [
        row
        for row in rows(report / "events.csv")
        if row["kind"] == "heel_strike" and row["review"] != "added"
    ]
    assert [row["heel_strike_t_s"] for row in found] == [row["t_s"] for row in strikes]
    assert found[0]["step_time_s"] == ""
    assert "nan" not in (report / "strides.csv").read_text()
    for row in found:
        if row["stride_time_s"]:
            span_s = float(row["next_heel_strike_t_s"]) - float(row["heel_strike_t_s"])
            assert float(row["stride_time_s"]) == pytest.approx(span_s, abs=2e-6)


def test_every_plot_is_a_picture_large_enough_to_print(report):
    for name in PLOTS:
        content = (report / name).read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", content[16:24])
        assert width >= 1200
        assert height >= 400


def test_the_page_stands_alone_and_says_what_it_is_about(report, session_log):
    page = (report / "report.html").read_text()
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", page)
    assert "http:" not in page
    assert "https:" not in page
    assert "@media print" in page
    assert page.count("<img") == len(PLOTS)
    header = LogReader(session_log).header
    for words in (
        "not a medical device",
        "SIMULATED",
        "bertec_treadmill at sim:",
        "rs_plates at sim:",
        "max_speed_mps",
        "perturbation: max_change_mps",
        f"rehabsim {header.version}",
        header.boot_id,
        "STOP from test: belts are ramping to rest at 1.00 m/s²",
        "Paused by test",
        "p-0042",
    ):
        assert words in page
    assert re.search(r"<td>seed</td><td>7</td>", page)


def test_what_people_wrote_cannot_become_a_script(make_session, tmp_path):
    path = make_session(duration_s=1.0, subject="<script>alert(1)</script>")
    write_report(path, tmp_path / "report")
    page = (tmp_path / "report" / "report.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_report_replaces_an_older_one(make_session, tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "events.csv").write_text("old")
    write_report(make_session(duration_s=1.0), tmp_path / "report")
    assert "old" not in (tmp_path / "report" / "events.csv").read_text()


def test_a_session_in_which_nobody_walked_has_a_report_without_steps(make_session, tmp_path):
    write_report(make_session(duration_s=2.0, script=()), tmp_path / "report")
    measures = json.loads((tmp_path / "report" / "measures.json").read_text())
    by_name = {(m["name"], m["side"]): m for m in measures}
    assert by_name["step_time", "left"]["value"] is None
    assert by_name["step_time", "left"]["reason"]
    assert by_name["mean_belt_speed", "left"]["reason"] == "the belt never moved"
    assert by_name["stop_count", "both"]["value"] == 0
    assert "Nothing stopped the belts" in (tmp_path / "report" / "report.html").read_text()


def test_a_session_without_a_single_force_sample_has_a_report(make_session, tmp_path):
    write_report(make_session(duration_s=6.0, has_plates=False), tmp_path / "report")
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == TABLES | {"belt_speed.png"}


@pytest.mark.parametrize(
    ("urls", "badge", "words"),
    [
        (("sim:", "sim:"), "SIMULATED", "Treadmill: simulated (bertec_treadmill at sim:)."),
        (("sim:", "recording:a.csv"), "PARTLY SIMULATED", "Plates: a recording is played"),
        (("tcp://10.0.0.5:4000", "recording:a.csv"), "PARTLY RECORDING", "Treadmill: a device"),
        (("tcp://10.0.0.5:4000", "tcp://10.0.0.6:1"), "DEVICES", "tcp://10.0.0.6:1"),
        (("tcp://10.0.0.5:4000", "tcp://10.0.0.6:1", "sim:"), "PARTLY SIMULATED", "Platform: sim"),
    ],
)
def test_the_badge_says_how_real_the_devices_were(urls, badge, words):
    site = {
        "treadmill": {"kind": "bertec_treadmill", "url": urls[0]},
        "plates": {"kind": "rs_plates", "url": urls[1]},
        "harness": None,
        "platform": {"kind": "moog_6dof2000e", "url": urls[2]} if urls[2:] else None,
    }
    header = LogHeader(
        kind="session", version="0", boot_id="a", start_utc_ns=1, site=site, session={}
    )
    origin = origin_of(header)
    assert origin["badge"] == badge
    assert words in " ".join(origin["lines"])


def test_a_picture_of_another_walk_does_not_stay_beside_a_new_report(make_session, tmp_path):
    folder = tmp_path / "report"
    folder.mkdir()
    for name in ("step_times.png", "mine.png"):
        (folder / name).write_bytes(b"old")
    write_report(make_session(duration_s=1.0, script=(), has_plates=False), folder)
    assert {path.name for path in folder.iterdir()} == TABLES | {"belt_speed.png", "mine.png"}


def test_a_report_tells_every_perturbation(make_session, monkeypatch):
    text = "Slip 1 of 24, left leg: 0.38 m/s <slower>; +4 ms off 10 % of the stride."
    log = LogReader(make_session(duration_s=1.0, script=(), has_plates=False))
    came = Event(500_000_000, "perturbation", "training", "none", text)
    monkeypatch.setattr(log, "events", lambda: [came])
    walk = read_walk(log)
    page = render_page(log.header, "a.mcap", walk, measures_of(walk), ())
    assert "<h2>Perturbations, and what followed</h2>" in page
    assert "Slip 1 of 24, left leg: 0.38 m/s &lt;slower&gt;; +4 ms off 10 % of the stride." in page
    assert "perturbed strides included" in page


# -- imports -------------------------------------------------------------------------------


def test_an_import_has_a_report_without_belts(imported, tmp_path):
    path, _ = imported
    write_report(path, tmp_path / "report")
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == TABLES | PLOTS - {"belt_speed.png"}
    page = (tmp_path / "report" / "report.html").read_text()
    for words in ("IMPORTED FILE", "dual_belt_walk_200hz.csv", "not measured: the log holds no"):
        assert words in page
    strikes = [r for r in rows(tmp_path / "report" / "events.csv") if r["kind"] == "heel_strike"]
    for side in ("left", "right"):
        assert 50 <= sum(row["side"] == side for row in strikes) <= 65


def test_logs_of_one_name_have_reports_of_their_own():
    logs = [Path("a/walk.mcap"), Path("b/walk.mcap"), Path("b/other.mcap")]
    folders = [folder for _, folder in _report_folders(logs, Path("out"))]
    assert folders == [Path("out/walk"), Path("out/walk-2"), Path("out/other")]
    assert _report_folders(logs[:1], Path("out")) == [(logs[0], Path("out"))]


def test_no_report_is_written_over_another_whatever_the_logs_are_called():
    logs = [Path("one/walk.mcap"), Path("two/walk.mcap"), Path("walk-2.mcap")]
    folders = [folder for _, folder in _report_folders(logs, Path("out"))]
    assert len(set(folders)) == 3


# -- refusals ------------------------------------------------------------------------------


def header_of(kind):
    return LogHeader(kind=kind, version="0", boot_id="a", start_utc_ns=1, site={}, session={})


def test_a_log_with_nothing_in_it_is_one_sentence(tmp_path):
    for kind, words in (("session", "holds no ticks"), ("import", "holds no force-plate samples")):
        path = tmp_path / f"{kind}.mcap"
        LogWriter(path, header_of(kind), (PLATES,), is_live=False).close(0)
        with pytest.raises(LogError, match=words):
            write_report(path, tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_a_table_of_another_version_is_one_sentence(tmp_path):
    table = Table("ticks", [Column("tick", "i8"), Column("t_ns", "i8")])
    log = LogWriter(tmp_path / "a.mcap", header_of("session"), (table,), is_live=False)
    log.rows("ticks", table.pack(0, 0))
    log.close(0)
    with pytest.raises(LogError, match="lacks its column belt_left_speed_mps"):
        write_report(tmp_path / "a.mcap", tmp_path / "report")


def test_a_folder_that_cannot_be_is_one_sentence(session_log, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_report(session_log, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "in the way"


def test_measures_are_valid_json_without_nan(report):
    text = (report / "measures.json").read_bytes()
    assert b"NaN" not in text
    msgspec.json.decode(text)


@pytest.mark.parametrize(("until_s", "shown"), [(40.0, (19.5, 29.5)), (12.0, (9.0, 12.0))])
def test_where_nobody_walks_the_forces_that_there_are_are_shown(until_s, shown):
    assert shown_s([], np.arange(9.0, until_s + 0.0005, 0.001)) == pytest.approx(shown, abs=0.002)
