"""A small share of the guard's campaign, and that it would notice what is wrong."""

from math import nan

import pytest
from faults import campaign_guard
from faults.guard_steps import Stroll, stroll
from msgspec import structs
from safety import bench
from safety.promises import PROMISES

from rehabsim.base.records import MODES, Event
from rehabsim.safety.guard import guard


def test_random_steps_find_nothing_and_visit_every_mode():
    rows = list(campaign_guard.random_steps(15_000))
    assert len(rows) == 1 + len(PROMISES)
    for row in rows:
        assert row.count == 15_000
        assert row.failure_count == 0, row.what
    for mode in MODES:
        assert f"{mode} " in rows[0].note


def test_a_few_mutants_die_and_the_canary_lives():
    mutants, canary = campaign_guard.mutants("belts", 0.001)
    assert mutants.count >= 3
    assert (mutants.failure_count, canary.failure_count) == (0, 0), mutants.note
    assert "killed" in mutants.note


def test_a_campaign_without_mutants_is_a_failure(monkeypatch):
    monkeypatch.setattr(campaign_guard, "MUTANTS", campaign_guard.MUTANTS.with_name("none.py"))
    mutants, canary = campaign_guard.mutants("belts", 0.001)
    assert (mutants.count, canary.failure_count) == (0, 1)


def without_an_answer(state, decision):
    return structs.replace(decision, answers=())


def too_fast(state, decision):
    return _with_command(decision, left_speed_mps=decision.command.left_speed_mps + 0.01)


def at_no_number(state, decision):
    return _with_command(decision, incline_rad=nan)


def silently(state, decision):
    return structs.replace(decision, events=())


def forgetting(state, decision):
    if state.mode != "locked":
        return decision
    return structs.replace(decision, state=structs.replace(decision.state, cause=""))


def running_from_idle(state, decision):
    if state.mode != "idle":
        return decision
    return structs.replace(decision, state=structs.replace(decision.state, mode="armed"))


def softer(state, decision):
    if not state.mode == decision.state.mode == "stopping":
        return decision
    return structs.replace(decision, state=structs.replace(decision.state, severity="none"))


def jerky(state, decision):
    now = structs.replace(decision.state, left_accel_mps2=state.left_accel_mps2 + 0.1)
    return structs.replace(decision, state=now)


def noisy(state, decision):
    event = Event(decision.state.t_ns, "clamp", "keeper", "none", "nothing", {})
    return structs.replace(decision, events=(*decision.events, event))


@pytest.mark.parametrize(
    ("spoil", "promises"),
    [
        (without_an_answer, {"answers"}),
        (too_fast, {"permission", "downward", "envelope"}),
        (at_no_number, {"finite"}),
        (silently, {"told"}),
        (noisy, {"told"}),
        (forgetting, {"latch"}),
        (running_from_idle, {"modes"}),
        (softer, {"harder"}),
        (jerky, {"jerk"}),
    ],
)
def test_a_guard_that_breaks_a_promise_is_counted(monkeypatch, spoil, promises):
    def careless(state, inputs, limits):
        return spoil(state, guard(state, inputs, limits))

    monkeypatch.setattr(bench, "guard", careless)
    assert promises <= set(stroll(3_000, 1).broken)


def test_a_guard_that_raises_is_counted(monkeypatch):
    def raising(state, inputs, limits):
        raise ValueError

    monkeypatch.setattr(bench, "guard", raising)
    walk = Stroll(1)
    walk.steps(10)
    assert walk.broken["raised"] == 10


def _with_command(decision, **changes):
    return structs.replace(decision, command=structs.replace(decision.command, **changes))
