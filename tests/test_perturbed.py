"""Perturbations in whole sessions in virtual time: devices, keeper and session as they are."""

import pytest
from still_lake import record

from rehabsim.base.errors import ConfigError
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
    assert replay(tmp_path / "a.mcap").difference is None


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
