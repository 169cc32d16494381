"""Knobs that are turned and levels that change, from the request to the scenario."""

from math import isnan
from typing import Annotated

import pytest
from pydantic import Field, model_validator
from session.room import Room, Scene, Stroll, request

from rehabsim.base.config import Strict
from rehabsim.base.errors import ConfigError, ScenarioError
from rehabsim.base.records import Wish
from rehabsim.base.site import Session
from rehabsim.session.core import PERIOD_NS, CoreInputs
from rehabsim.session.own_stage import OwnStage
from rehabsim.session.setup import first_params
from rehabsim.training.adapt import Adapter
from rehabsim.training.adapt_params import AdaptParams
from rehabsim.training.knob import Knob
from rehabsim.training.scenario import Step, Try


class Gates(Stroll):
    """Reports the tries that it is told to, and remembers its width at each step."""

    name = "gates"

    class Params(Strict):
        width_m: Annotated[
            float, Field(ge=3, le=60), Knob("gates {} m wide", is_live=True, harder="less")
        ] = 12.0
        count: Annotated[int, Field(ge=1, le=9), Knob("{} buoys", is_live=True)] = 2
        spacing_m: Annotated[float, Field(ge=15, le=300), Knob("every {} m")] = 45.0

        @model_validator(mode="after")
        def _fit(self):
            if self.width_m > self.spacing_m:
                raise ValueError(f"gates {self.width_m:g} m wide do not fit")
            return self

    def __init__(self, params=None, seed=1):
        super().__init__()
        self.params = params or self.Params()
        self.widths = []
        self.tries = ()

    def step(self, state):
        self.widths.append(self.params.width_m)
        if self.answer is not None:
            return self.answer(state)
        return Step(Wish(0.5, 0.5), Scene(0.0, 0, False), tries=self.tries)


def room(**adapt):
    ranges = [{"param": "width_m", "easy": 16.0, "hard": 4.0}]
    params = AdaptParams.model_validate({"ranges": ranges, **adapt}) if adapt else None
    return Room(Gates(), adapter=Adapter(params) if params else None)


def answer(outputs):
    ((client, ack),) = outputs.acks
    assert client == "console"
    return ack.status, ack.reason


def texts(outputs, kind="adapt"):
    return [event.text for event in outputs.events if event.kind == kind]


# -- turning -------------------------------------------------------------------------------


def test_a_live_knob_is_turned_before_the_step_of_the_same_tick():
    it = room()
    it.step()
    outputs = it.step(request("turn", param="width_m", value=8.0))
    assert answer(outputs) == ("applied", "")
    assert it.scenario.widths == [12.0, 8.0]
    assert outputs.tuned.values == {"width_m": 8.0, "count": 2.0}
    assert texts(outputs, "request") == ["turn width_m 8 applied."]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, "turn needs param and value."),
        ({"param": "width_m"}, "turn needs param and value."),
        (
            {"param": "spacing_m", "value": 20.0},
            "spacing_m cannot be turned while the session runs. What can: width_m, count.",
        ),
        (
            {"param": "depth_m", "value": 20.0},
            "depth_m cannot be turned while the session runs. What can: width_m, count.",
        ),
        ({"param": "width_m", "value": 2.9}, "width_m = 2.9 is outside its range, 3 to 60."),
        ({"param": "width_m", "value": 60.1}, "width_m = 60.1 is outside its range, 3 to 60."),
        ({"param": "width_m", "value": 50.0}, "width_m: gates 50 m wide do not fit"),
        ({"param": "count", "value": 2.5}, "count: Input should be a valid integer"),
    ],
)
def test_what_cannot_be_turned_says_why_and_changes_nothing(more, why):
    it = room()
    outputs = it.step(request("turn", **more))
    status, reason = answer(outputs)
    assert status == "rejected"
    assert reason.startswith(why)
    assert it.scenario.params == Gates.Params()
    assert outputs.tuned.values == {"width_m": 12.0, "count": 2.0}


def test_whole_numbers_stay_whole():
    it = room()
    it.step(request("turn", param="count", value=5.0))
    assert it.scenario.params.count == 5
    assert isinstance(it.scenario.params.count, int)


def test_a_scenario_without_knobs_has_nothing_to_turn():
    outputs = Room().step(request("turn", param="width_m", value=8.0))
    assert answer(outputs)[1].endswith("What can: none.")


def test_only_the_one_in_command_may_turn_and_anyone_where_nobody_is():
    it = room()
    it.step(request("arm", client="other"))
    it.says(mode="armed")
    status, reason = answer(it.step(request("turn", id="2", param="width_m", value=8.0)))
    assert (status, reason) == ("rejected", "other is in command.")


def test_a_scenario_that_fails_at_that_tick_has_turned_nothing():
    it = room()
    it.step()
    it.scenario.answer = lambda state: 1 / 0
    outputs = it.step(request("turn", param="width_m", value=8.0))
    assert answer(outputs)[0] == "rejected"
    assert answer(it.step(request("turn", id="2", param="width_m", value=8.0)))[0] == "rejected"


def test_a_change_at_the_tick_of_a_failure_is_not_told_as_made():
    it = room(level=0.25)
    it.step()
    it.scenario.answer = lambda state: 1 / 0
    outputs = it.step(request("turn", param="width_m", value=8.0))
    assert texts(outputs) == []


def test_a_logged_failure_answers_as_the_failure_did():
    it = room()
    it.step()
    it.tick += 1
    asked = request("turn", param="width_m", value=8.0)
    inputs = CoreInputs(it.tick, it.tick * PERIOD_NS, 0, (), (), (asked,), failure="hung")
    assert answer(it.core.step(inputs))[0] == "rejected"
    assert it.scenario.widths == [12.0]


# -- the level -----------------------------------------------------------------------------


def test_tries_are_counted_and_suggest_a_level():
    it = room(level=0.25)
    it.scenario.tries = (Try(True), Try(True))
    outputs = [it.step() for _ in range(5)]
    assert [o.tuned.try_count for o in outputs] == [2, 4, 6, 8, 10]
    assert texts(outputs[2]) == [
        "Suggested: difficulty 0.25 → 0.40, 5 of the last 5 tasks done, over 85%;"
        " gates 11.2 m wide."
    ]
    tuned = outputs[-1].tuned
    assert tuned.offered_level == pytest.approx(0.40)
    assert tuned.offer_words == "gates 11.2 m wide"
    assert isnan(outputs[0].tuned.offered_level)
    it.scenario.tries = ()
    assert texts(it.step()) == []


def test_accepting_turns_the_parameters_and_undoing_turns_them_back():
    it = room(level=0.25)
    it.scenario.tries = (Try(True),) * 5
    it.step()
    it.scenario.tries = ()
    outputs = it.step(request("accept", id="a"))
    assert answer(outputs) == ("applied", "")
    assert it.scenario.params.width_m == pytest.approx(11.2)
    assert texts(outputs) == [
        "Difficulty 0.25 → 0.40: 5 of the last 5 tasks done, over 85%; gates 11.2 m wide."
    ]
    outputs = it.step(request("undo", id="u"))
    assert texts(outputs) == ["Difficulty 0.40 → 0.25: taken back; gates 13 m wide."]
    assert it.scenario.params.width_m == 13.0
    status, reason = answer(it.step(request("undo", id="v")))
    assert (status, reason) == (
        "rejected",
        "Nothing was changed yet that could be taken back.",
    )


def test_keeping_leaves_everything():
    it = room(level=0.25)
    it.scenario.tries = (Try(True),) * 5
    it.step()
    it.scenario.tries = ()
    outputs = it.step(request("keep"))
    assert answer(outputs) == ("applied", "")
    assert outputs.tuned.offer_reason == ""
    assert it.scenario.params.width_m == 12.0


@pytest.mark.parametrize("name", ["accept", "keep"])
def test_nothing_suggested_is_said(name):
    assert answer(room(level=0.2).step(request(name))) == (
        "rejected",
        "Nothing is suggested just now.",
    )


@pytest.mark.parametrize("name", ["accept", "keep", "undo"])
def test_a_session_that_does_not_adapt_says_so(name):
    assert "would need a table [adapt]" in answer(room().step(request(name)))[1]


def test_an_automatic_change_reaches_the_scenario_at_the_next_tick():
    it = room(level=0.25, is_automatic=True)
    it.scenario.tries = (Try(False),) * 4
    it.step()
    it.scenario.tries = ()
    outputs = it.step()
    assert it.scenario.widths == [12.0, pytest.approx(14.8)]
    assert texts(outputs)[0].startswith("Difficulty 0.25 → 0.10: 0 of the last 4 tasks done")


def test_all_changes_that_one_tick_brought_are_told_and_can_be_taken_back():
    it = room(level=0.25, is_automatic=True)
    it.scenario.tries = (Try(True),) * 5 + (Try(False),) * 4
    it.step()
    it.scenario.tries = ()
    outputs = it.step()
    assert [text.partition(";")[0] for text in texts(outputs)] == [
        "Difficulty 0.25 → 0.40: 5 of the last 5 tasks done, over 85%",
        "Difficulty 0.40 → 0.33: 0 of the last 4 tasks done, under 65%",
    ]
    assert it.scenario.widths == [12.0, pytest.approx(12.1)]
    it.step(request("undo", id="a"))
    outputs = it.step(request("undo", id="b"))
    assert outputs.tuned.level == 0.25


def test_a_change_that_the_scenario_refuses_leaves_the_level():
    it = Room(
        Gates(Gates.Params(spacing_m=15.0)),
        adapter=Adapter(
            AdaptParams.model_validate(
                {"ranges": [{"param": "width_m", "easy": 20.0, "hard": 10.0}], "level": 0.5}
            )
        ),
    )
    it.scenario.tries = (Try(False),) * 4
    it.step()
    it.scenario.tries = ()
    outputs = it.step(request("accept"))
    assert answer(outputs)[0] == "rejected"
    assert outputs.tuned.level == 0.5
    assert not outputs.tuned.can_undo
    assert texts(outputs) == ["Difficulty stays as it is: width_m: gates 16.5 m wide do not fit."]


def test_turning_an_adapted_knob_by_hand_tells_the_level():
    it = room(level=0.25)
    outputs = it.step(request("turn", param="width_m", value=10.0))
    assert texts(outputs) == ["Difficulty 0.25 → 0.50: width_m was set to 10; gates 10 m wide."]
    assert outputs.tuned.level == 0.5


def test_effort_of_ten_holds_the_level_as_far_up_its_scale_as_effort_of_twenty():
    it = room(level=0.25)
    outputs = it.step(request("rate", effort_nrs=5.5))
    assert texts(outputs, "request") == ["rate effort 5.5 of 10 applied."]
    assert outputs.tuned.brake == ""
    outputs = it.step(request("rate", id="2", effort_nrs=6.0))
    assert outputs.tuned.brake == "effort 14.4 is over 14"


def test_what_the_person_says_is_noted_and_holds_the_level():
    it = room(level=0.25)
    outputs = it.step(request("rate", pain_nrs=2.0, effort_rpe=15.0))
    assert texts(outputs, "request") == ["rate pain 2 of 10 effort 15 of 20 applied."]
    assert outputs.tuned.brake == "effort 15 is over 14"
    assert answer(it.step(request("rate", id="2")))[1] == (
        "rate needs pain_nrs, effort_rpe or effort_nrs."
    )


# -- files ---------------------------------------------------------------------------------


def session(**more):
    return Session(scenario="boat", **more)


def test_an_adapted_parameter_begins_at_its_level():
    adapt = {"ranges": [{"param": "gate_width_m", "easy": 16.0, "hard": 4.0}], "level": 0.5}
    assert first_params(session(adapt=adapt), where="s.toml") == {"gate_width_m": 10.0}
    assert first_params(session(params={"a": 1}), where="s.toml") == {"a": 1}


def test_a_parameter_that_is_set_twice_is_refused():
    adapt = {"ranges": [{"param": "gate_width_m", "easy": 16.0, "hard": 4.0}]}
    with pytest.raises(ConfigError, match=r"s.toml: params.gate_width_m: is set by \[adapt\] too"):
        first_params(session(adapt=adapt, params={"gate_width_m": 9.0}), where="s.toml")


def test_a_knob_on_what_the_scenario_does_not_keep_is_a_mistake():
    class Careless(Gates):
        def __init__(self, params=None, seed=1):
            super().__init__()
            del self.params

    with pytest.raises(ScenarioError, match=r"scenario gates: .*no attribute 'params'"):
        OwnStage(Careless())
