"""The tie between the two guards: what stops the belts, and what stops the platform."""

from math import nan

import pytest
from msgspec import structs
from safety.bench import BRISK, LIMITS, SOMEONE, Bench, ask, inputs

from rehabsim.base.records import MODES, PlatformSample, PlatformWish, Pose
from rehabsim.safety.guard import guard
from rehabsim.safety.messages import Decision, GuardState
from rehabsim.safety.platform_belts import platform_inputs, stop_cause

FROZEN = "the platform is frozen (STOP from console)"
SAMPLE = PlatformSample(3, Pose(), "engaged", is_home=False)


def decided(mode, cause=""):
    command = guard(GuardState(), inputs(1), LIMITS).command
    return Decision(GuardState(mode=mode, cause=cause), command)


# -- what a platform does to the belts -----------------------------------------------------


@pytest.mark.parametrize("mode", ["starting", "running"])
def test_a_platform_that_is_unfit_to_walk_on_ramps_the_belts_to_rest(mode):
    bench = Bench().walk(until=mode)
    while max(bench.belt) < 0.05:
        bench.tick(wish=BRISK)
    decision = bench.tick(wish=BRISK, platform_cause=FROZEN)
    state = decision.state
    assert (state.mode, state.severity, state.cause_name) == ("stopping", "ramp", "platform_unfit")
    assert state.cause == FROZEN
    assert state.decel_mps2 == LIMITS.ramp_mps2
    for _ in range(1000):
        bench.tick(wish=BRISK)
    assert (bench.state.mode, bench.state.cause) == ("locked", FROZEN)


def test_armed_belts_are_disarmed_for_good_and_idle_ones_are_not_armed():
    bench = Bench()
    for name in ("reset", "arm"):
        bench.tick(name)
    assert bench.tick("start", platform_cause=FROZEN).state.mode == "locked"
    bench = Bench()
    bench.tick("reset")
    (answer,) = bench.tick("arm", platform_cause="the platform is rising").answers
    assert answer.reason == "Not ready: the platform is rising."
    assert bench.tick("arm").answers[0].is_accepted


def test_a_pause_stays_a_pause_though_the_platform_freezes_for_it():
    bench = Bench().walk()
    bench.tick("pause", wish=BRISK)
    for _ in range(1000):
        bench.tick(wish=BRISK, platform_cause="the platform is frozen (paused)")
    assert (bench.state.mode, bench.state.severity) == ("idle", "none")


def test_a_harder_stop_is_not_softened_by_it():
    bench = Bench().walk()
    bench.tick("stop", wish=BRISK)
    state = bench.tick(wish=BRISK, platform_cause=FROZEN).state
    assert (state.severity, state.cause) == ("fast", "STOP from console")


# -- what the belts do to a platform -------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_stop_is_a_cause_in_every_mode_from_anyone(mode):
    given = inputs(5, ask("stop", source="stranger"))
    assert stop_cause(given, decided(mode, "older")) == "STOP from stranger"


@pytest.mark.parametrize("mode", MODES)
def test_what_belts_stop_for_is_a_cause_and_what_they_stopped_for_is_none(mode):
    expected = "why" if mode == "stopping" else ""
    assert stop_cause(inputs(5), decided(mode, "why")) == expected


@pytest.mark.parametrize("mode", ["locked", "idle"])
def test_a_pressed_emergency_stop_is_a_cause_of_now(mode):
    given = inputs(5, is_emergency=True)
    assert stop_cause(given, decided(mode, "why")) == "the emergency stop is pressed"


@pytest.mark.parametrize(
    ("spoilt", "is_at_rest"),
    [
        ({}, True),
        ({"belt": (0.0, 0.03)}, False),
        ({"belt": None}, False),
        ({"belt_age_ns": 111_000_000}, False),
        ({"has_treadmill": False}, False),
    ],
)
def test_belts_are_at_rest_when_they_were_measured_so_lately(spoilt, is_at_rest):
    assert told(inputs(10**9, **spoilt)).is_at_rest is is_at_rest


def told(given, mode="idle"):
    return platform_inputs(
        given, decided(mode), LIMITS, sample=SAMPLE, ask="engage", has_platform=False
    )


def test_the_rest_is_passed_on_as_it_is():
    found = told(inputs(10**9, wish=None), "running")
    assert (found.t_ns, found.wish, found.wish_t_ns) == (10**9, None, 0)
    assert (found.sample, found.ask, found.has_platform) == (SAMPLE, "engage", False)
    assert found.belt_mode == "running"
    given = inputs(10**9, wish_age_ns=7)
    assert told(given).wish is None
    wish = PlatformWish(Pose(x_m=0.1))
    message = type(given.wish)(*_fields(given.wish)[:-1], wish)
    found = told(type(given)(t_ns=10**9, wish=message, belt=given.belt))
    assert (found.wish, found.wish_t_ns) == (wish, 10**9 - 7)


@pytest.mark.parametrize("harness_n", [0.0, -1.0, nan])
def test_no_platform_perturbs_without_the_harness_that_the_room_needs_for_it(harness_n):
    push = PlatformWish(Pose(x_m=0.1), is_perturbing=True)

    def wished(ride, limits=LIMITS, load_n=harness_n):
        person = structs.replace(SOMEONE, harness_n=load_n)
        given = inputs(10**9, person=person)
        given = structs.replace(given, wish=structs.replace(given.wish, platform=ride))
        return platform_inputs(
            given, decided("running"), limits, sample=SAMPLE, ask="", has_platform=True
        ).wish

    assert wished(push) == PlatformWish(push.pose)
    assert wished(push, load_n=0.1) == push
    calm = PlatformWish(push.pose)
    assert wished(calm) is calm
    relaxed = LIMITS.perturbation.model_copy(update={"needs_harness": False})
    for perturbation in (relaxed, None):
        limits = LIMITS.model_copy(update={"perturbation": perturbation})
        assert wished(push, limits) == push


def _fields(record):
    return [getattr(record, name) for name in record.__struct_fields__]
