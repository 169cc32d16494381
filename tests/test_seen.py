"""Whole sessions whose simulated person sees them."""

import pytest

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.site import Site
from rehabsim.session.log import LogReader
from rehabsim.session.replay import replay
from rehabsim.session.setup import SIMULATED_SITE, ready_session
from rehabsim.session.together import run_together, together_plans

DURATION_S = 16.0


def record(path, *, has_picture):
    site, session = load_toml(SIMULATED_SITE, Site), ready_session("boat")
    plan, laboratory = together_plans(
        site, session, "test", DURATION_S, str(path), has_picture=has_picture
    )
    run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
    return LogReader(path)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return record(tmp_path_factory.mktemp("seen") / "a.mcap", has_picture=True)


def test_a_person_who_sees_shifts_their_load_otherwise_than_one_who_does_not(log, tmp_path):
    blind = record(tmp_path / "b.mcap", has_picture=False)
    assert log.table("gait_events")["is_heel_strike"].sum() > 2
    assert log.table("plates").tobytes() != blind.table("plates").tobytes()


def test_a_session_that_is_seen_runs_twice_to_the_same_decisions(log, tmp_path):
    again = record(tmp_path / "b.mcap", has_picture=True)
    for name in log.tables():
        assert again.table(name).tobytes() == log.table(name).tobytes()


def test_a_session_that_is_seen_replays(log):
    assert replay(log.path).difference is None


def test_a_room_without_anything_simulated_shows_nothing():
    site = load_toml(SIMULATED_SITE, Site)
    real = {"url": "recording:walk.csv"}
    site = site.model_copy(
        update={
            "treadmill": site.treadmill.model_copy(update=real),
            "plates": site.plates.model_copy(update=real),
            "harness": None,
        }
    )
    plan, laboratory = together_plans(
        site, ready_session("boat"), "test", 10.0, "", has_picture=True
    )
    assert laboratory is None
    assert plan.eyes_url == ""
