"""Perturbations in whole sessions in virtual time: devices, keeper and session as they are."""

import pytest

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.errors import ConfigError
from rehabsim.base.site import Session, Site
from rehabsim.session.log import LogReader
from rehabsim.session.replay import replay
from rehabsim.session.run import run_together, together_plans
from rehabsim.session.setup import SIMULATED_SITE

OFTEN = {"warm_up_strides": 8, "min_strides": 5, "max_strides": 7, "catch_frac": 0.0}
BAR_S = 0.025


def record(path, duration_s=60.0, **session):
    site = load_toml(SIMULATED_SITE, Site)
    made = Session(**{"scenario": "boat", "params": {"wave_height_m": 0.0}} | session)
    plan, laboratory = together_plans(site, made, "test", duration_s, str(path))
    summary = run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
    return summary, [e for e in LogReader(path).events() if e.source == "training"]


def test_both_legs_are_perturbed_at_their_phase_it_is_told_and_it_replays(tmp_path):
    kinds = [{"kind": kind} for kind in ("slip", "pull", "push")]
    summary, events = record(
        tmp_path / "a.mcap", 80.0, cruise_speed_mps=1.1, perturb={"pulses": kinds, **OFTEN}
    )
    assert summary.stops == []
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
    summary, events = record(
        tmp_path / "a.mcap",
        cruise_speed_mps=1.0,
        pacing={},
        perturb={"pulses": [{"kind": "push"}], **OFTEN},
    )
    assert summary.stops == []
    assert len(events) >= 4
