"""A scenario that fails: the belts stop, its line is named, and nobody starts them again."""

import inspect
from math import isnan, nan

import msgspec
import numpy as np
import pytest
from session.room import Room, Scene, Stroll, request

from rehabsim.base.records import Event, Record, Wish
from rehabsim.session.table import Table, columns_of, values_of
from rehabsim.training.scenario import Step


def fail(state):
    return 1 / 0


BAD_ANSWERS = {
    "an exception": fail,
    "nothing": lambda state: None,
    "a wish alone": lambda state: Wish(1.0, 1.0),
    "no wish": lambda state: Step(None, Scene(0.0, 0, False)),
    "a wish of words": lambda state: Step(Wish("1", 1.0), Scene(0.0, 0, False)),
    "a wish of nothing": lambda state: Step(Wish(1.0, None), Scene(0.0, 0, False)),
    "an incline of words": lambda state: Step(Wish(1.0, 1.0, "up"), Scene(0.0, 0, False)),
    "no scene": lambda state: Step(Wish(1.0, 1.0), None),
    "another scene": lambda state: Step(Wish(1.0, 1.0), Event(0, "a", "b", "none", "c")),
    "a scene of words": lambda state: Step(Wish(1.0, 1.0), Scene("far", 0, False)),
    "a count that is no integer": lambda state: Step(Wish(1.0, 1.0), Scene(0.0, 0.5, False)),
    "an event that is none": lambda state: Step(Wish(1.0, 1.0), Scene(0, 0, False), ("hi",)),
    "an event without time": lambda state: Step(
        Wish(1.0, 1.0), Scene(0.0, 0, False), (Event(None, "a", "b", "none", "c"),)
    ),
    "events that are none": lambda state: Step(Wish(1.0, 1.0), Scene(0.0, 0, False), None),
}


@pytest.mark.parametrize("bad", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
@pytest.mark.parametrize("after", [0, 5])
def test_a_scenario_that_fails_stops_the_belts_and_is_named(bad, after):
    room = Room()
    for _ in range(after):
        room.step()
    room.scenario.answer = bad
    outputs = room.step()
    assert [(ask.name, ask.source) for ask in outputs.asks] == [
        ("stop", "the session, whose scenario failed")
    ]
    (event,) = outputs.events
    assert (event.kind, event.source, event.severity) == ("stop", "scenario", "fast")
    assert event.text.startswith("Scenario stroll failed")
    assert event.text.endswith("; belts are stopped.")
    assert "\n" not in event.text
    assert outputs.step.wish == Wish(0.0, 0.0, 0.0)
    assert isinstance(outputs.step.scene, Scene)
    count = room.scenario.count
    for _ in range(10):
        outputs = room.step()
        assert (outputs.asks, outputs.events) == ((), ())
        assert outputs.step.wish == Wish(0.0, 0.0, 0.0)
    assert room.scenario.count == count, "it is not asked again"


@pytest.mark.parametrize("name", ["arm", "start"])
def test_after_a_failure_nobody_can_start_the_belts(name):
    room = Room()
    room.scenario.answer = fail
    room.step()
    outputs = room.step(request(name))
    assert outputs.asks == ()
    ((_, ack),) = outputs.acks
    assert (ack.status, ack.reason) == (
        "rejected",
        "The scenario failed; end this session and start another.",
    )


def test_a_failure_names_file_line_and_reason():
    room = Room()
    room.scenario.answer = fail
    line = inspect.getsourcelines(fail)[1] + 1
    (event,) = room.step().events
    assert event.text == (
        f"Scenario stroll failed in test_failing_scenario.py, line {line} (return 1 / 0):"
        " ZeroDivisionError: division by zero; belts are stopped."
    )


def test_a_failure_deep_in_a_library_names_the_scenarios_own_line():
    class Deep(Stroll):
        def step(self, state):
            return np.linalg.inv(np.zeros((2, 2)))

    line = inspect.getsourcelines(Deep.step)[1] + 1
    (event,) = Room(Deep()).step().events
    assert f"in test_failing_scenario.py, line {line} (return np.linalg.inv" in event.text


def test_the_scene_of_before_stays_when_a_scenario_fails():
    room = Room()
    room.step()
    scene = room.outputs[-1].step.scene
    room.scenario.answer = fail
    assert room.step().step.scene == scene


def test_numbers_of_numpy_are_taken_for_what_they_are():
    room = Room()
    room.scenario.answer = lambda state: Step(
        Wish(np.float64(1.0), np.float32(0.5)), Scene(np.float32(2.5), np.int64(3), np.bool_(True))
    )
    outputs = room.step()
    assert outputs.events == ()
    assert msgspec.msgpack.encode(outputs.message)
    assert outputs.step == Step(Wish(1.0, 0.5), Scene(2.5, 3, True))
    assert Table("scene", columns_of(Scene)).pack(*values_of(outputs.step.scene))


def test_a_wish_that_is_not_a_number_is_left_to_the_keeper():
    room = Room()
    room.scenario.answer = lambda state: Step(Wish(nan, 1e308, -1.0), Scene(nan, 0, False))
    outputs = room.step()
    assert outputs.events == ()
    assert isnan(outputs.message.wish.left_speed_mps)


def test_a_scene_of_named_fields_only_can_be_drawn_blank():
    class Named(Record, frozen=True, kw_only=True):
        x_m: float
        is_lit: bool

    class Odd(Stroll):
        Scene = Named

        def step(self, state):
            raise KeyError("x")

    assert Room(Odd()).step().step.scene == Named(x_m=0.0, is_lit=False)
