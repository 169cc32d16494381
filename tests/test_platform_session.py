"""Whole sessions on a moving platform, in virtual time, the simulated base behind its protocol."""

import numpy as np
import pytest
from session.platform_room import record, room
from session.swaying import Swaying

from rehabsim.base.config import load_toml
from rehabsim.base.records import PLATFORM_MODES, Pose
from rehabsim.base.site import Site
from rehabsim.safety.messages import decode_report
from rehabsim.session.log import LogReader
from rehabsim.session.replay import replay
from rehabsim.session.riding import UNDONE
from rehabsim.session.setup import SIMULATED_SITE

LIMITS = room().platform_limits
AXES = Pose.__struct_fields__
MOVING = PLATFORM_MODES.index("moving")
FREEZE = PLATFORM_MODES.index("freeze")
SETTLED = PLATFORM_MODES.index("settled")


def poses(rows, prefix=""):
    return np.stack([rows[prefix + axis] for axis in AXES], axis=1)


def events(path):
    return [event.text for event in LogReader(path).events()]


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """Return the log of a session in which nothing goes wrong, and its summary."""
    path = tmp_path_factory.mktemp("calm") / "a.mcap"
    return path, record(path, duration_s=20.0)


def test_a_scenario_moves_the_deck_while_someone_walks_and_it_is_home_before_and_after(calm):
    path, summary = calm
    rows = LogReader(path).table("platform")
    moving = rows[rows["mode"] == MOVING]
    assert summary.stops == []
    assert summary.platform == ""
    assert summary.heel_strike_count > 10
    assert len(moving) > 7 * 250
    params = Swaying.Params()
    assert moving["roll_rad"].max() == pytest.approx(params.roll_rad, abs=0.003)
    assert moving["z_m"].min() == pytest.approx(-params.heave_m, abs=0.003)
    assert (rows["mode"][[0, -1]] == [FREEZE, SETTLED]).all()
    assert np.abs(poses(rows)[-1]).max() < 1e-3
    late = moving[250:]
    lag = np.abs(poses(late) - poses(late, "command_"))
    assert lag[:, :3].max() < LIMITS.max_error_m / 2
    assert lag[:, 3:].max() < LIMITS.max_error_rad / 2


def test_the_set_point_never_leaves_box_and_speed_limits(calm):
    rows = LogReader(calm[0]).table("platform")
    told = poses(rows[rows["mode"] == MOVING], "command_")
    box = [getattr(LIMITS, f"max_{axis}") for axis in AXES]
    assert (np.abs(told) <= box).all()
    speeds = np.abs(np.diff(told, axis=0)).max(axis=0) / 0.004
    assert (speeds <= np.repeat([LIMITS.max_speed_mps, LIMITS.max_rate_radps], 3) + 1e-9).all()


def test_it_replays_bit_for_bit_and_runs_twice_to_the_same_log(calm, tmp_path):
    path, _ = calm
    result = replay(path)
    assert result.difference is None
    assert result.decision_count > 4900
    record(tmp_path / "b.mcap", duration_s=20.0)
    one, two = LogReader(path), LogReader(tmp_path / "b.mcap")
    assert [d for _, d in one.texts("keeper")] == [d for _, d in two.texts("keeper")]
    assert one.table("platform").tobytes() == two.table("platform").tobytes()


def test_a_stop_freezes_the_set_point_within_a_tenth_of_a_second_until_someone_asks(tmp_path):
    path = tmp_path / "a.mcap"
    record(path, asks=[(9.5, "stop")], duration_s=18.0)
    rows = LogReader(path).table("platform")
    t_s, told = rows["t_ns"] / 1e9, poses(rows, "command_")
    assert rows["mode"][t_s < 9.49][-1] == MOVING
    settle_s = (
        next(
            e.t_ns
            for e in LogReader(path).events()
            if "settle applied" in e.text and e.t_ns > 10**10
        )
        / 1e9
    )
    held = (t_s > 9.5 + 0.104) & (t_s < settle_s - 0.01)
    assert held.sum() > 250
    assert (rows["mode"][held] == FREEZE).all()
    assert (told[held] == told[held][0]).all()
    assert np.abs(told[held][0]).max() > 0.01
    late = (t_s > 9.5 + 0.5) & held
    assert np.ptp(poses(rows)[late], axis=0).max() < 1e-3
    assert rows["mode"][-1] == SETTLED
    assert replay(path).difference is None


@pytest.mark.parametrize(("kind", "within_s"), [("off", 0.15), ("stuck", 5.0)])
def test_a_lost_platform_stops_the_belts_by_the_table(tmp_path, kind, within_s):
    path = tmp_path / "a.mcap"
    ill = {"device": "platform", "kind": kind, "at_s": 9.3}
    summary = record(path, faults=[ill], params={"roll_rad": 0.08}, duration_s=18.5)
    reports = LogReader(path).decoded("keeper", decode_report)
    after = [r for r in reports if r.inputs.t_ns > 9.3e9]
    stopping = next(r for r in after if r.decision.state.mode == "stopping")
    state = stopping.decision.state
    assert (state.cause_name, state.severity) == ("platform_unfit", "ramp")
    assert stopping.inputs.t_ns / 1e9 - 9.3 < within_s
    assert any("the platform is frozen" in text for text in summary.stops)
    assert "Bring it down from its own panel" in summary.platform
    assert reports[-1].decision.state.mode == "locked"
    assert replay(path).difference is None


def test_without_a_platform_the_scenario_runs_and_says_once_that_nothing_moves(tmp_path):
    path = tmp_path / "a.mcap"
    summary = record(path, site=load_toml(SIMULATED_SITE, Site), duration_s=8.0)
    log = LogReader(path)
    assert summary.stops == []
    assert events(path).count(UNDONE) == 1
    assert "platform" not in log.tables()
    assert (log.table("ticks")["mode"] == 4).any()
    assert {r.platform for r in log.decoded("keeper", decode_report)} == {None}
    assert replay(path).difference is None


def test_a_person_for_whom_the_room_is_too_much_gets_tighter_limits(tmp_path):
    path = tmp_path / "a.mcap"
    record(path, duration_s=16.0, platform_limits={"max_roll_rad": 0.02})
    rows = LogReader(path).table("platform")
    assert np.nanmax(np.abs(rows["command_roll_rad"])) == 0.02
    assert np.nanmax(np.abs(rows["wish_roll_rad"])) > 0.04
    assert any("is outside the platform's box" in text for text in events(path))
    assert replay(path).difference is None


def test_a_scenario_that_leaves_the_deck_alone_is_walked_on_a_settled_platform(tmp_path):
    path = tmp_path / "a.mcap"
    summary = record(path, scenario="boat", params={"platform_gain": 0.0}, duration_s=16.0)
    rows = LogReader(path).table("platform")
    assert summary.stops == []
    assert (LogReader(path).table("ticks")["mode"] == 4).any()
    assert rows["mode"][-1] == SETTLED
    assert np.isnan(poses(rows, "wish_")).all()
    assert np.abs(poses(rows[250:])).max() < 1e-6


def test_someone_walks_on_a_deck_that_does_what_the_boat_does(tmp_path):
    path = tmp_path / "a.mcap"
    summary = record(path, scenario="boat", params={"wave_height_m": 0.74}, duration_s=25.0)
    log = LogReader(path)
    rows, scene = log.table("platform"), log.table("scene")
    moving = rows["mode"] == MOVING
    assert summary.stops == []
    assert summary.heel_strike_count > 10
    assert not any("platform's box" in text for text in events(path))
    whole = moving & (rows["t_ns"] > 16e9)
    assert whole.sum() > 5 * 250
    for felt, shown in (("roll_rad", "roll_rad"), ("pitch_rad", "pitch_rad"), ("z_m", "heave_m")):
        deck, picture = rows["command_" + felt][whole], scene[shown][: len(rows)][whole]
        assert np.corrcoef(deck, picture)[0, 1] > 0.95
    assert 0.005 < np.abs(rows["command_roll_rad"][moving]).max() < 0.06
    assert replay(path).difference is None
