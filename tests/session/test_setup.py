"""From files to the parts of a session: the limits of a person within those of the room."""

import pytest
from session import platform_room

from rehabsim.base.config import load_toml
from rehabsim.base.errors import ConfigError
from rehabsim.base.site import Session, Site
from rehabsim.session.setup import SIMULATED_SITE, make_scenario, tightened
from rehabsim.training.motion import CLINICAL, Deck


def room():
    return load_toml(SIMULATED_SITE, Site)


def test_a_person_may_tighten_the_limits_of_the_room():
    session = Session(
        scenario="boat",
        limits={"max_speed_mps": 0.8, "perturbation": {"max_change_mps": 0.2, "min_pause_s": 9.0}},
    )
    limits = tightened(room(), session, where="s.toml").limits
    assert limits.max_speed_mps == 0.8
    assert limits.perturbation.max_change_mps == 0.2
    assert limits.perturbation.min_pause_s == 9.0
    assert limits.max_accel_mps2 == room().limits.max_accel_mps2


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_speed_mps": 2.1}, "limits.max_speed_mps: 2.1 is wider than the room's 2.0"),
        ({"perturbation": {"min_pause_s": 1.0}}, "limits.perturbation: "),
        ({"max_sped_mps": 1.0}, "unknown key"),
        ({"max_speed_mps": "fast"}, "max_speed_mps"),
    ],
)
def test_limits_of_a_person_that_are_wider_or_wrong_are_refused(limits, words):
    session = Session(scenario="boat", limits=limits)
    with pytest.raises(ConfigError, match=words) as caught:
        tightened(room(), session, where="s.toml")
    assert str(caught.value).startswith("s.toml: limits")


def test_no_perturbation_is_tighter_than_any():
    session = Session(scenario="boat", limits={"perturbation": None})
    assert tightened(room(), session, where="s.toml").limits.perturbation is None


def test_a_person_may_tighten_the_limits_of_the_platform_and_not_widen_them():
    site = platform_room.room()
    session = Session(scenario="boat", platform_limits={"max_roll_rad": 0.02, "min_calm_s": 9.0})
    limits = tightened(site, session, where="s.toml").platform_limits
    assert (limits.max_roll_rad, limits.min_calm_s) == (0.02, 9.0)
    assert limits.max_x_m == site.platform_limits.max_x_m
    for own, words in (
        ({"max_roll_rad": 0.2}, "platform_limits.max_roll_rad: 0.2 is wider than the room's 0.14"),
        ({"max_rol_rad": 0.1}, "unknown key"),
        ({"max_rate_radps": 0.04}, "max_settle_rate_radps = 0.05 is above max_rate_radps = 0.04"),
    ):
        session = Session(scenario="boat", platform_limits=own)
        with pytest.raises(ConfigError, match=words) as caught:
            tightened(site, session, where="s.toml")
        assert str(caught.value).startswith("s.toml: platform_limits")


def test_limits_for_a_platform_are_passed_over_in_a_room_without_one():
    session = Session(scenario="boat", platform_limits={"max_roll_rad": 0.02})
    assert tightened(room(), session, where="s.toml").platform_limits is None


def test_a_scenario_with_a_deck_is_told_what_the_platform_may_do_for_this_person():
    room = platform_room.room()
    session = Session(scenario="boat", platform_limits={"max_roll_rad": 0.02})
    site = tightened(room, session, where="test")
    boat = make_scenario(session, where="test", site=site).code
    assert boat.deck == Deck.of(site.platform_limits)
    assert boat.deck.reach[3] == 0.02
    assert make_scenario(session, where="test").code.deck == CLINICAL
    bare = load_toml(SIMULATED_SITE, Site)
    assert make_scenario(session, where="test", site=bare).code.deck == CLINICAL


def test_what_else_a_scenario_calls_a_deck_is_left_alone(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(DECKED)
    made = make_scenario(Session(scenario=str(path)), where="test", site=platform_room.room())
    assert made.code.deck == "of cards"


DECKED = """
from rehabsim.base.config import Strict
from rehabsim.base.records import Record, Wish
from rehabsim.training.scenario import Step


class Own:
    name = "own"
    deck = "of cards"

    class Params(Strict):
        pass

    class Scene(Record, frozen=True):
        tick_count: int

    def __init__(self, params, seed):
        self.params = params

    def step(self, state):
        return Step(Wish(0.1, 0.1), self.Scene(1))
"""
