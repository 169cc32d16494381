"""Whole sessions whose simulated person learns, or does not."""

import pytest

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.errors import ConfigError
from rehabsim.base.site import Session, Site
from rehabsim.session.log import LogReader
from rehabsim.session.replay import replay
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.together import run_together, together_plans
from rehabsim_sim.patients import PATIENTS
from rehabsim_sim.practice.learner import Learned, read_learned, write_learned

DURATION_S = 24.0
STRAIGHT = {"wave_height_m": 0.0, "max_gate_turn_rad": 0.0, "turn_split_mps": 0.0}
WHO = "asymmetric_loading"
UNLEARNED = 6000
"""Force samples, a millisecond each, before anything has been practised."""


def record(folder, *, who=WHO, duration_s=DURATION_S, learned="", learning="learned.json"):
    """Return the log of a session, and what was learned in it."""
    folder.mkdir(exist_ok=True)
    session = Session(scenario="boat", patient=who, cruise_speed_mps=0.9, params=STRAIGHT)
    learning_path = str(folder / learning) if learning else ""
    plan, laboratory = together_plans(
        load_toml(SIMULATED_SITE, Site),
        session,
        "test",
        duration_s,
        str(folder / "a.mcap"),
        has_picture=True,
        learned_path=learned,
        learning_path=learning_path,
    )
    run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
    return LogReader(folder / "a.mcap"), read_learned(learning_path, 0.0)


def tables(log):
    return {name: log.table(name).tobytes() for name in log.tables()}


@pytest.fixture(scope="module")
def practised(tmp_path_factory):
    return record(tmp_path_factory.mktemp("practised"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A session of who does not learn."""
    return record(tmp_path_factory.mktemp("plain"), duration_s=14.0, learning="")[0]


def test_a_visit_leaves_what_was_practised_in_it_and_replays(practised):
    log, learned = practised
    assert learned.skills["evenness"].skill > 0.2
    assert "recovery" not in learned.skills
    assert replay(log.path).difference is None


def test_the_same_person_under_another_name_learns_the_same_bit_for_bit(
    practised, tmp_path, monkeypatch
):
    monkeypatch.setitem(PATIENTS, "somebody_else", PATIENTS[WHO])
    log, learned = record(tmp_path / "b", who="somebody_else")
    assert learned == practised[1]
    assert tables(log) == tables(practised[0])


def test_who_does_not_learn_is_the_same_to_the_bit_with_and_without_an_empty_past(
    practised, plain, tmp_path
):
    path = tmp_path / "nothing.json"
    write_learned(str(path), Learned())
    past, _ = record(tmp_path / "b", duration_s=14.0, learning="", learned=str(path))
    assert tables(plain) == tables(past)
    # Who learns is watched from the first moment, and the same until there is something learned.
    first = practised[0].table("plates")[:UNLEARNED]
    assert plain.table("plates")[:UNLEARNED].tobytes() == first.tobytes()
    assert not list(plain.path.parent.glob("*.json"))


def test_the_next_visit_begins_with_what_was_learned(practised, plain, tmp_path):
    path = tmp_path / "learned.json"
    write_learned(str(path), practised[1])
    later, _ = record(tmp_path / "b", duration_s=14.0, learning="", learned=str(path))
    assert tables(plain)["plates"] != tables(later)["plates"]


def test_a_place_where_nothing_can_be_written_is_told_before_anybody_begins(tmp_path):
    with pytest.raises(ConfigError, match="cannot be written"):
        record(tmp_path / "a", duration_s=10.0, learning="nowhere/learned.json")
    with pytest.raises(ConfigError, match="learned"):
        record(tmp_path / "b", duration_s=10.0, learned=str(tmp_path / "missing.json"))
