"""Why belts may not be started, or perturbed: exact numbers, and words."""

from math import nan, nextafter

import pytest
from msgspec import structs
from safety.bench import LIMITS, SOMEONE, Bench, inputs

from rehabsim.base.records import Wish
from rehabsim.safety.readiness import (
    why_no_perturbation,
    why_nobody,
    why_not_at_rest,
    why_not_followed,
)

WALK = Wish(1.0, 1.0)


def someone(**changes):
    return inputs(0, person=structs.replace(SOMEONE, **changes))


def test_nothing_stands_against_someone_who_is_ready():
    assert why_not_at_rest(inputs(0), LIMITS) == ""
    assert why_nobody(someone()) == ""
    assert why_nobody(someone(is_expected=False, load_n=nan)) == ""
    assert why_nobody(inputs(0, wish=None)) == ""
    assert why_not_followed(inputs(0)) == ""
    assert why_no_perturbation("running", 3.0, someone(), LIMITS) == ""


@pytest.mark.parametrize(
    ("weight_n", "is_ok"),
    [
        (805.0, True),
        (nextafter(805.0, 900), False),
        (595.0, True),
        (nextafter(595.0, 0), False),
    ],
)
def test_the_weight_is_near_the_stated_one_within_fifteen_percent(weight_n, is_ok):
    given = someone(body_weight_n=weight_n, load_n=weight_n, stated_n=700.0)
    assert (why_nobody(given) == "") is is_ok


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"body_weight_n": nan},
            "Not ready: the person's weight is not known; stand still on both plates.",
        ),
        (
            {"body_weight_n": 0.0},
            "Not ready: the person's weight is not known; stand still on both plates.",
        ),
        (
            {"stated_n": 900.0},
            "Not ready: the plates weigh 700 N, the session file states 900 N. Zero the plates"
            " and weigh again, or correct body_mass_kg.",
        ),
        (
            {"load_n": 100.0},
            "Not ready: the plates bear 100 N of 700 N body weight. Stand on them, alone and"
            " without holding on.",
        ),
    ],
)
def test_who_is_not_ready_is_told_why(changes, reason):
    assert why_nobody(someone(**changes)) == reason


@pytest.mark.parametrize(("weight_n", "is_known"), [(nextafter(0.0, 1), True), (0.5, True)])
def test_any_weight_above_nothing_is_known(weight_n, is_known):
    given = someone(body_weight_n=weight_n, load_n=weight_n)
    assert (why_nobody(given) == "") is is_known


@pytest.mark.parametrize("changes", [{"belt": None}, {"is_armed": False}])
def test_a_treadmill_that_does_not_follow_is_told(changes):
    reason = "Not ready: the treadmill does not follow set points yet."
    assert why_not_followed(inputs(0, **changes)) == reason


@pytest.mark.parametrize(
    ("mode", "pause_s", "changes", "reason"),
    [
        ("holding", 9.0, {}, "the belts are holding"),
        ("running", 2.5, {}, "the last one ended 2.50 s ago, limit 3 s"),
        ("running", nextafter(3.0, 0), {}, "the last one ended 3.00 s ago, limit 3 s"),
        ("running", 3.0, {"harness_n": 0.0}, "the harness is not measured, or not hung in"),
        ("running", 3.0, {"harness_n": nan}, "the harness is not measured, or not hung in"),
        ("running", 3.0, {"harness_n": nextafter(0.0, 1)}, ""),
    ],
)
def test_a_perturbation_that_may_not_begin_is_told_why(mode, pause_s, changes, reason):
    assert why_no_perturbation(mode, pause_s, someone(**changes), LIMITS) == reason


def test_a_perturbation_needs_limits_and_someone_in_a_harness():
    none = LIMITS.model_copy(update={"perturbation": None})
    reason = why_no_perturbation("running", 3.0, someone(), none)
    assert reason == "this room or this person has no limits for any"
    reason = why_no_perturbation("running", 3.0, inputs(0, wish=None), LIMITS)
    assert reason == "the harness is not measured, or not hung in"


# -- who starts stands on the plates ---------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "is_ok"),
    [
        ({"load_n": 560.0}, True),
        ({"load_n": 559.9}, False),
        ({"load_n": 840.0}, True),
        ({"load_n": 840.1}, False),
        ({"load_n": nan}, False),
        ({"body_weight_n": nan}, False),
        ({"body_weight_n": 0.0}, False),
    ],
)
@pytest.mark.parametrize("name", ["arm", "start"])
def test_arm_and_start_need_someone_who_stands_on_the_plates(name, changes, is_ok):
    bench = Bench()
    bench.tick("reset")
    if name == "start":
        bench.tick("arm")
    (answer,) = bench.tick(name, person=structs.replace(SOMEONE, **changes), wish=WALK).answers
    assert answer.is_accepted is is_ok
    assert is_ok or answer.reason.startswith("Not ready: the p")


@pytest.mark.parametrize(
    ("stated_n", "is_ok"),
    [(nan, True), (609.0, True), (608.0, False), (823.0, True), (824.0, False)],
)
def test_plates_that_weigh_other_than_the_session_states_do_not_start(stated_n, is_ok):
    bench = Bench()
    bench.tick("reset")
    (answer,) = bench.tick(
        "arm", person=structs.replace(SOMEONE, stated_n=stated_n), wish=WALK
    ).answers
    assert answer.is_accepted is is_ok
    if not is_ok:
        assert f"weigh 700 N, the session file states {stated_n:.0f} N" in answer.reason


def test_start_needs_a_treadmill_that_follows():
    bench = Bench()
    bench.tick("reset")
    bench.tick("arm", is_armed=False)
    (answer,) = bench.tick("start", is_armed=False).answers
    assert answer.reason == "Not ready: the treadmill does not follow set points yet."
    assert bench.tick("start", wish=WALK).answers[0].is_accepted
