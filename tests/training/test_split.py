"""Belts that are parted for a while: by how much, for how long, and when they cannot be."""

from itertools import pairwise

import pytest
from training.test_unrest import DT_S, ROOM, Floor

from rehabsim.base.records import Wish
from rehabsim.training.pulse import PerturbParams
from rehabsim.training.split import Split, SplitParams, why_no_split
from rehabsim.training.sway import FADE_S
from rehabsim.training.unrest import why_refused


def params(**changes):
    return SplitParams(**({"faster": "left", "split_mps": 0.2, "for_s": 20.0} | changes))


def gone(split, duration_s, *, is_on=True):
    for _ in range(round(duration_s / DT_S)):
        split.step(DT_S, is_on=is_on)
    return split.part(Wish(0.6, 0.6))


@pytest.mark.parametrize(("faster", "sign"), [("left", 1), ("right", -1)])
def test_one_belt_gets_half_of_it_more_and_the_other_half_of_it_less(faster, sign):
    split = Split(params(faster=faster))
    assert gone(split, 0.0) == Wish(0.6, 0.6)
    wish = gone(split, FADE_S)
    assert wish.left_speed_mps == pytest.approx(0.6 + sign * 0.1)
    assert wish.right_speed_mps == pytest.approx(0.6 - sign * 0.1)
    assert split.asked_mps == pytest.approx(sign * 0.2)


def test_it_comes_and_goes_smoothly_and_is_over_after_its_time():
    split, apart = Split(params()), []
    for _ in range(round(40 / DT_S)):
        split.step(DT_S, is_on=True)
        wish = split.part(Wish(0.6, 0.6))
        apart.append(wish.left_speed_mps - wish.right_speed_mps)
    steps = [abs(b - a) / DT_S for a, b in pairwise(apart)]
    assert max(steps) < 0.2 * 1.6 / FADE_S
    assert max(apart) == pytest.approx(0.2)
    assert apart[round(19 / DT_S)] == pytest.approx(0.2)
    assert apart[round((20 + FADE_S + 0.1) / DT_S)] == 0.0
    assert split.is_over
    assert apart[-1] == 0.0


def test_held_back_it_goes_out_and_then_goes_on_with_the_time_that_is_left():
    split = Split(params())
    gone(split, 12.0)
    assert gone(split, 60.0, is_on=False) == Wish(0.6, 0.6)
    assert not split.is_over
    assert gone(split, 6.0).left_speed_mps == pytest.approx(0.7)
    gone(split, 2.0 + FADE_S + 0.1)
    assert split.is_over


@pytest.mark.parametrize("speed_mps", [0.0, 0.05, 0.1, 0.3])
def test_neither_belt_becomes_three_times_as_fast_as_the_other_when_walking_gets_slow(speed_mps):
    split = Split(params(split_mps=0.8))
    gone(split, FADE_S)
    wish = split.part(Wish(speed_mps, speed_mps))
    assert 0.0 <= wish.right_speed_mps <= speed_mps
    assert wish.left_speed_mps <= 3.0 * wish.right_speed_mps + 1e-9
    assert wish.left_speed_mps + wish.right_speed_mps == pytest.approx(2 * speed_mps)


@pytest.mark.parametrize(
    ("changes", "speed_mps", "limits", "words"),
    [
        ({}, 0.6, {}, ""),
        ({"split_mps": 0.3}, 0.6, {}, ""),
        ({"split_mps": 0.31}, 0.6, {}, "parts the belts by 0.31 m/s, limit 0.3"),
        ({}, 0.6, {"max_split_mps": 0.1}, "parts the belts by 0.20 m/s, limit 0.1"),
        ({}, 0.6, {"max_speed_mps": 0.69}, "runs a belt at 0.70 m/s, limit 0.69"),
        ({}, 0.2, {}, ""),
        ({}, 0.19, {}, "three times the other's"),
    ],
)
def test_belts_that_cannot_be_parted_so_are_refused_with_the_numbers(
    changes, speed_mps, limits, words
):
    found = why_no_split(params(**changes), speed_mps, ROOM.model_copy(update=limits))
    assert found.startswith(words) if not words.startswith("three") else words in found
    assert bool(found) == bool(words)
    table, why = why_refused(
        PerturbParams(split=params(**changes)), ROOM.model_copy(update=limits), None, speed_mps
    )
    assert table == ("split" if words else "")
    assert found in why


def test_no_room_without_limits_for_perturbations_parts_belts():
    limits = ROOM.model_copy(update={"perturbation": None})
    table, why = why_refused(PerturbParams(split=params()), limits, None, 0.6)
    assert table == "split"
    assert "no limits for any perturbation" in why


def test_belts_are_parted_once_it_may_come_and_what_came_of_it_is_told():
    floor = Floor(split={"faster": "right", "split_mps": 0.2, "for_s": 20.0})
    floor.is_on = False
    floor.go(5)
    assert {step.wish for step in floor.steps} == {Wish(1.2, 1.2)}
    floor.is_on = True
    floor.go(20 + FADE_S + 1)
    least = min(step.wish.left_speed_mps for step in floor.steps)
    assert least == pytest.approx(1.1)
    assert floor.steps[-1].wish == Wish(1.2, 1.2)
    (event,) = floor.events
    assert "Belts apart for 15 s: RMS 0.200 m/s, asked 0.200." in event.text
    assert event.values["rms_mps"] == pytest.approx(0.2, abs=0.005)


def test_without_a_harness_where_the_room_needs_one_belts_stay_alike():
    floor = Floor(split={"faster": "right", "split_mps": 0.2, "for_s": 20.0}, harness_n=0.0)
    floor.go(12)
    assert floor.steps[-1].wish == Wish(1.2, 1.2)
