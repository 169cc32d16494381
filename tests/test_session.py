"""A whole session in virtual time: laboratory, keeper and session on one loop."""

import asyncio

import msgspec
import numpy as np
import pytest

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.site import Site
from rehabsim.safety.messages import decode_report
from rehabsim.session.log import LogReader
from rehabsim.session.log_repair import verify
from rehabsim.session.mcap_file import Sink, items
from rehabsim.session.replay import replay
from rehabsim.session.setup import SIMULATED_SITE, ready_session
from rehabsim.session.together import run_together, together_plans

DURATION_S = 30.0


def record(path, scenario="boat", duration_s=DURATION_S, seed=1):
    """Run a session into a log; return its summary."""
    site, session = load_toml(SIMULATED_SITE, Site), ready_session(scenario)
    session = session.model_copy(update={"seed": seed})
    plan, laboratory = together_plans(site, session, "test", duration_s, str(path))

    async def go(clock):
        summary = await run_together(plan, clock, plan_laboratory=laboratory)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return summary

    return run(go, virtual=True)


@pytest.fixture(scope="module")
def boat_log(tmp_path_factory):
    path = tmp_path_factory.mktemp("boat") / "a.mcap"
    record(path)
    return path


def decisions(path):
    """Return everything in a log but its header."""
    log = LogReader(path)
    return {
        **{name: log.table(name).tobytes() for name in log.tables()},
        **{name: log.texts(name) for name in log.channels()},
    }


def test_a_session_runs_twice_to_the_same_decisions(boat_log, tmp_path):
    record(tmp_path / "b.mcap")
    assert decisions(tmp_path / "b.mcap") == decisions(boat_log)


def test_another_seed_gives_another_session(boat_log, tmp_path):
    record(tmp_path / "b.mcap", seed=2)
    assert decisions(tmp_path / "b.mcap")["plates"] != decisions(boat_log)["plates"]


@pytest.mark.parametrize("scenario", ["boat", "hike", "drive"])
def test_each_scenario_walks_adapts_the_belts_publishes_a_scene_and_replays(scenario, tmp_path):
    duration_s = 90.0 if scenario == "hike" else DURATION_S
    summary = record(tmp_path / "a.mcap", scenario, duration_s)
    log = LogReader(tmp_path / "a.mcap")
    ticks = log.table("ticks")
    walking = ticks[ticks["mode"] == 4]
    wishes = walking["wish_left_speed_mps"]
    assert summary.stops == []
    assert len(walking) > 15 * 250
    assert wishes.max() - wishes.min() > 0.02
    assert np.nanmax(ticks["belt_left_speed_mps"]) > 0.6
    assert ticks["belt_left_speed_mps"][-1] < 0.02
    assert log.table("gait_events")["is_heel_strike"].sum() > 20
    assert len(log.table("scene")) == len(ticks)
    assert replay(tmp_path / "a.mcap").difference is None


def test_commands_never_leave_the_limits(boat_log):
    limits = load_toml(SIMULATED_SITE, Site).limits
    ticks = LogReader(boat_log).table("ticks")
    for side in ("left", "right"):
        command = ticks[f"command_{side}_speed_mps"][1:]
        assert np.nanmax(command) <= limits.max_speed_mps
        assert np.nanmax(np.diff(command)) <= limits.max_accel_mps2 * 0.0041


def test_steps_have_their_lengths(boat_log):
    ticks = LogReader(boat_log).table("ticks")
    walking = ticks["cadence_hz"] > 0
    assert walking.any()
    assert np.isfinite(ticks["left_step_length_m"][walking]).mean() > 0.5
    assert np.isfinite(ticks["left_margin_backward_m"][walking]).mean() > 0.5


def test_the_keeper_never_misses_a_tick_in_virtual_time(boat_log):
    reports = LogReader(boat_log).decoded("keeper", decode_report)
    assert [r.tick for r in reports] == list(range(reports[0].tick, reports[0].tick + len(reports)))


# -- a replay notices ----------------------------------------------------------------------


def rewrite(source, target, change, *, added=""):
    """Copy a log, passing each message through `change(channel, data)`.

    The last message of the channel `added` is there twice.
    """
    last = None
    with target.open("wb") as file:
        sink = Sink(file, is_compressed=True)
        names = set()
        for item in items(source):
            if item is None:
                continue
            name, table, message = item
            if table is not None and name not in names:
                sink.table(table)
            names.add(name)
            data = change(name, message.data)
            add = sink.rows if table is not None else sink.text
            add(name, message.log_time, data)
            last = (add, name, message.log_time, data) if name == added else last
        if last is not None:
            last[0](*last[1:])
        sink.finish()


def test_an_untouched_copy_replays(boat_log, tmp_path):
    rewrite(boat_log, tmp_path / "b.mcap", lambda name, data: data)
    result = replay(tmp_path / "b.mcap")
    assert result.difference is None
    assert result.tick_count == DURATION_S * 250


def test_one_changed_plate_sample_is_found_at_its_tick(boat_log, tmp_path):
    dtype = LogReader(boat_log).table("plates").dtype
    row = 12_345

    def change(name, data):
        nonlocal row
        if name != "plates":
            return data
        rows = np.frombuffer(data, dtype).copy()
        if 0 <= row < len(rows):
            rows["left_fz_n"][row] += 1.0
        row -= len(rows)
        return rows.tobytes()

    rewrite(boat_log, tmp_path / "b.mcap", change)
    difference = replay(tmp_path / "b.mcap").difference
    ticks = LogReader(boat_log).table("ticks")
    expected = int(np.searchsorted(np.cumsum(ticks["plate_count"]), 12_345, side="right"))
    assert difference is not None
    assert difference.tick == ticks["tick"][expected]
    assert "inputs are not those that were logged" in difference.what


@pytest.mark.parametrize("channel", ["events", "acks"])
def test_what_is_added_at_the_end_of_a_log_is_found(tmp_path, channel):
    record(tmp_path / "a.mcap", duration_s=2.0)
    rewrite(tmp_path / "a.mcap", tmp_path / "b.mcap", lambda name, data: data, added=channel)
    assert replay(tmp_path / "a.mcap").difference is None
    difference = replay(tmp_path / "b.mcap").difference
    assert difference is not None
    assert "more than were made again" in difference.what
    assert difference.tick == 499


@pytest.mark.parametrize("table", ["plates", "scene", "ticks"])
def test_a_log_whose_end_was_cut_off_one_table_is_not_sound(tmp_path, table):
    record(tmp_path / "a.mcap", duration_s=2.0)
    assert verify(tmp_path / "a.mcap") == []
    last = len(LogReader(tmp_path / "a.mcap")._blocks[table])
    size = LogReader(tmp_path / "a.mcap").table(table).dtype.itemsize

    def change(name, data):
        nonlocal last
        last -= name == table
        return data[:-size] if name == table and last == 0 else data

    rewrite(tmp_path / "a.mcap", tmp_path / "b.mcap", change)
    assert any("ticks" in fault for fault in verify(tmp_path / "b.mcap"))


def test_one_changed_request_is_found_at_its_tick(boat_log, tmp_path):
    changed = []

    def change(name, data):
        if name == "requests" and b'"start"' in data and not changed:
            changed.append(msgspec.json.decode(data)["tick"])
            return data.replace(b'"start"', b'"pause"')
        return data

    rewrite(boat_log, tmp_path / "b.mcap", change)
    difference = replay(tmp_path / "b.mcap").difference
    assert difference is not None
    assert difference.tick == changed[0]


def test_one_changed_report_of_the_keeper_is_found(boat_log, tmp_path):
    count = 0

    def change(name, data):
        nonlocal count
        if name != "keeper":
            return data
        count += 1
        if count != 3000:
            return data
        report = decode_report(data)
        command = msgspec.structs.replace(report.decision.command, left_speed_mps=1.9)
        decision = msgspec.structs.replace(report.decision, command=command)
        return msgspec.msgpack.encode(msgspec.structs.replace(report, decision=decision))

    rewrite(boat_log, tmp_path / "b.mcap", change)
    difference = replay(tmp_path / "b.mcap").difference
    assert difference is not None
    assert abs(difference.tick - 3000) <= 3


def test_one_changed_output_is_found_with_its_name(boat_log, tmp_path):
    dtype = LogReader(boat_log).table("ticks").dtype

    def change(name, data):
        if name != "ticks":
            return data
        rows = np.frombuffer(data, dtype).copy()
        rows["wish_left_speed_mps"][len(rows) // 2] += 0.001
        return rows.tobytes()

    rewrite(boat_log, tmp_path / "b.mcap", change)
    difference = replay(tmp_path / "b.mcap").difference
    assert difference is not None
    assert "ticks.wish_left_speed_mps" in difference.what
