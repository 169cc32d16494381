"""Perturbations in whole sessions in virtual time: devices, keeper and session as they are."""

import numpy as np
import pytest
from session import platform_room
from still_lake import record

from rehabsim.base.errors import ConfigError
from rehabsim.base.records import MODES, PLATFORM_MODES
from rehabsim.research.walk import read_walk
from rehabsim.session.log import LogReader
from rehabsim.session.replay import replay

OFTEN = {"warm_up_strides": 8, "min_strides": 5, "max_strides": 7, "catch_frac": 0.0}
BAR_S = 0.025


def test_both_legs_are_perturbed_at_their_phase_it_is_told_and_it_replays(tmp_path):
    kinds = [{"kind": kind} for kind in ("slip", "pull", "push")]
    summary, log = record(
        tmp_path / "a.mcap", 80.0, cruise_speed_mps=1.1, perturb={"pulses": kinds, **OFTEN}
    )
    assert summary.stops == []
    events = [event for event in log.events() if event.source == "training"]
    assert len(events) >= 8
    assert {"left leg" in event.text for event in events} == {True, False}
    late_s = sorted(abs(event.values["late_s"]) for event in events)
    assert late_s[len(late_s) // 2] <= BAR_S
    for event in events:
        asked, change = event.values["asked_change_mps"], event.values["change_mps"]
        assert change == pytest.approx(asked, rel=0.15)
        assert 2.0 < event.values["accel_mps2"] < 5.5
    check_what_followed(log, events)
    assert replay(tmp_path / "a.mcap").difference is None


def check_what_followed(log, events):
    """Make sure that the report knows of each perturbation how the person went on."""
    followed = read_walk(log).aftermaths
    assert [one.event for one in followed] == events
    for one in followed[:-1]:
        assert one.ending == "walked_on"
        assert 0 <= one.step_count <= 8
    assert np.median([one.greatest_sd for one in followed]) > 4.0


def test_without_limits_for_it_or_beyond_them_a_session_does_not_begin(tmp_path):
    slip = {"kind": "slip", "hold_s": 0.7}
    with pytest.raises(ConfigError, match=r"1, a slip from 1\.1 m/s, lasts 0\.\d+ s with its"):
        record(tmp_path / "a.mcap", cruise_speed_mps=1.1, perturb={"pulses": [slip]})
    none = {"perturbation": None}
    with pytest.raises(ConfigError, match="no limits for any perturbation"):
        record(tmp_path / "a.mcap", limits=none, perturb={"pulses": [{"kind": "slip"}]})
    assert not (tmp_path / "a.mcap").exists()


def test_belts_that_follow_and_perturb_at_once_keep_the_person_on(tmp_path):
    summary, log = record(
        tmp_path / "a.mcap",
        cruise_speed_mps=1.0,
        pacing={},
        perturb={"pulses": [{"kind": "push"}], **OFTEN},
    )
    assert summary.stops == []
    events = [event for event in log.events() if event.source == "training"]
    assert len(events) >= 4


def lively(**more):
    """Return the room with a platform and belts that may change speed briskly."""
    site = platform_room.room()
    limits = {"max_accel_mps2": 3.0, "max_jerk_mps3": 80.0} | more
    return site.model_copy(update={"limits": site.limits.model_copy(update=limits)})


def ride(path, duration_s, site, perturb):
    """Walk over a still lake on the platform; return the summary and the log."""
    summary = platform_room.record(
        path,
        site=site,
        duration_s=duration_s,
        scenario="boat",
        params={"wave_height_m": 0.0, "turn_split_mps": 0.0},
        cruise_speed_mps=1.1,
        limits={},
        perturb=perturb,
    )
    return summary, LogReader(path)


def test_deck_belts_and_picture_go_on_within_limits_it_is_told_and_it_replays(tmp_path):
    site, path = lively(), tmp_path / "a.mcap"
    summary, log = ride(
        path,
        30.0,
        site,
        {"sway": {"amplitude_m": 0.02}, "noise": {}, "visual": {"amplitude_m": 0.3}},
    )
    assert summary.stops == []
    sway, noise = (event.values for event in log.events() if event.source == "training")
    assert sway["rms_m"] == pytest.approx(sway["asked_rms_m"], rel=0.08)
    assert sway["asked_rms_m"] > 0.01
    assert noise["rms_mps"] == pytest.approx(noise["asked_rms_mps"], rel=0.08)
    assert noise["asked_rms_mps"] > 0.03
    ticks, deck = log.table("ticks"), log.table("platform")
    assert np.abs(ticks["visual_sway_m"]).max() > 0.5
    # A stop sets the command to 0 at once; the treadmill ramps there.
    running = ticks[ticks["mode"] == MODES.index("running")]
    steps_mps = np.diff(running["command_left_speed_mps"])
    assert np.abs(steps_mps).max() <= site.limits.max_accel_mps2 * 0.004 + 1e-9
    told = deck["command_y_m"][deck["mode"] == PLATFORM_MODES.index("moving")]
    assert np.abs(told).max() <= site.platform_limits.max_y_m
    assert np.abs(np.diff(told)).max() <= site.platform_limits.max_speed_mps * 0.004 + 1e-9
    assert not any(event.kind == "clamp" for event in log.events())
    assert replay(path).difference is None


def test_the_platform_pushes_at_the_phase_of_either_leg_blinded_or_not(tmp_path):
    path = tmp_path / "a.mcap"
    kinds = [{"kind": "sway_left"}, {"kind": "roll_right"}]
    perturb = {"pulses": kinds, **OFTEN, "min_strides": 4, "max_strides": 4, "is_blind": True}
    summary, log = ride(path, 41.0, platform_room.room(), perturb)
    assert summary.stops == []
    # The end of the session may come in the middle of one, which is told too.
    events = [event for event in log.events() if "late_s" in event.values]
    assert len(events) >= 3
    late_s = sorted(abs(event.values["late_s"]) for event in events)
    assert late_s[len(late_s) // 2] <= BAR_S
    for event in events:
        unit = "m" if "asked_size_m" in event.values else "rad"
        asked, size = event.values[f"asked_size_{unit}"], event.values[f"size_{unit}"]
        assert size == pytest.approx(asked, rel=0.05)
    assert replay(path).difference is None


def test_what_this_room_cannot_do_is_refused_before_anyone_walks(tmp_path):
    path = tmp_path / "a.mcap"
    with pytest.raises(ConfigError, match=r"perturb\.noise, noise of SD 0\.105 m/s needs 2\.\d+ m"):
        record(path, cruise_speed_mps=1.1, perturb={"noise": {}})
    with pytest.raises(ConfigError, match=r"perturb\.sway, a deck .* this room has none"):
        record(path, perturb={"sway": {"amplitude_m": 0.02}})
    with pytest.raises(ConfigError, match=r"perturb\.pulses 1, a sway left from 0\.8 m/s, needs a"):
        record(path, perturb={"pulses": [{"kind": "sway_left"}]})
    assert not path.exists()
