"""Belts that follow the person, as whole sessions in virtual time."""

import numpy as np
import pytest
from still_lake import record

from rehabsim.base.errors import ConfigError
from rehabsim.session.replay import replay
from rehabsim_sim.patients import patient


@pytest.mark.parametrize(
    ("who", "set_mps", "near_mps"), [("healthy", 0.9, 0.08), ("hemiparetic", 0.8, 0.15)]
)
def test_the_belts_come_to_the_speed_that_the_person_likes_and_it_replays(
    tmp_path, who, set_mps, near_mps
):
    summary, log = record(
        tmp_path / "a.mcap", patient=who, cruise_speed_mps=set_mps, pacing={"max_speed_mps": 1.6}
    )
    assert summary.stops == []
    ticks = log.table("ticks")
    walking = ticks[ticks["mode"] == 4]
    late = walking[-10 * 250 :]
    speed_mps = np.mean([late["belt_left_speed_mps"], late["belt_right_speed_mps"]])
    assert speed_mps == pytest.approx(patient(who).preferred_speed_mps, abs=near_mps)
    assert abs(speed_mps - set_mps) > 0.1
    assert np.nanmax(np.abs(late["com_x_m"])) < 0.35
    assert replay(tmp_path / "a.mcap").difference is None


def test_without_pacing_the_set_speed_stays(tmp_path):
    _, log = record(tmp_path / "a.mcap", 30.0, cruise_speed_mps=0.9)
    ticks = log.table("ticks")
    walking = ticks[ticks["mode"] == 4]
    assert walking["belt_left_speed_mps"][-250:].mean() == pytest.approx(0.9, abs=0.02)


def test_gains_that_make_the_belts_swing_are_refused_before_anything_runs(tmp_path):
    with pytest.raises(ConfigError, match=r"pacing: pace_gain = 0\.1 makes"):
        record(tmp_path / "a.mcap", pacing={"place_gain": 0.5, "pace_gain": 0.1})
    assert not (tmp_path / "a.mcap").exists()
