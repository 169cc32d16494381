"""Belts that follow one person, as far as can be told without a person."""

from itertools import pairwise
from math import nan

import pytest
from pydantic import ValidationError

from rehabsim.base.config import load_toml
from rehabsim.base.records import BeltSample, Gait, State
from rehabsim.base.site import Site
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.training.pacing import BRING_MPS, CLEAN_COUNT, Pacing, PacingParams

DT_S = 0.004
STEP_S = 0.5


class Course:
    """A person at a place, with a pace over the laboratory, and a step every half second."""

    def __init__(self, **params):
        self.pacing = Pacing(PacingParams(**params))
        self.speeds_mps = []
        self.ticks = 0

    def go(self, duration_s, place_m=0.0, pace_mps=0.0, *, mode="running", set_mps=1.0):
        for _ in range(round(duration_s / DT_S)):
            self.ticks += 1
            gait = Gait(
                cop_x_m=place_m,
                com_x_m=place_m,
                com_vx_mps=pace_mps,
                left_step_count=int(self.ticks * DT_S / STEP_S),
            )
            state = State(
                t_ns=round(self.ticks * DT_S * 1e9),
                dt_s=DT_S,
                mode=mode,
                belt=BeltSample(0, 1.0, 1.0, 0.0),
                gait=gait,
                left_distance_m=0.0,
                right_distance_m=0.0,
                cruise_speed_mps=set_mps,
            )
            self.speeds_mps.append(self.pacing.step(state))
        return self.speeds_mps[-1]


def test_it_begins_with_the_set_speed_and_waits_for_clean_steps():
    course = Course()
    assert course.go(5.0, 0.2, 0.3, mode="idle") == 1.0
    assert course.go((CLEAN_COUNT - 1) * STEP_S, 0.2, 0.3) == 1.0
    assert course.go(3 * STEP_S, 0.2, 0.3) > 1.0


def test_one_step_changes_the_speed_by_the_published_law():
    song = {"law": "steps", "place_gain": 0.1, "pace_gain": 0.25}
    course = Course(dead_m=0.0, max_accel_mps2=1.0, **song)
    course.go(10.0)
    assert course.speeds_mps[-1] == pytest.approx(1.0)
    course.go(STEP_S, 0.2, 0.3)
    course.go(STEP_S + DT_S)
    assert course.speeds_mps[-1] == pytest.approx(1.0 + 0.1 * 0.2 + 0.25 * 0.3, abs=0.002)


@pytest.mark.parametrize("law", ["steps", "pd", "dead_zone"])
def test_ahead_is_faster_and_behind_slower_and_within_the_zone_nothing_happens(law):
    assert Course(law=law).go(10.0, 0.2) > 1.05
    assert Course(law=law).go(10.0, -0.2) < 0.95
    assert Course(law=law).go(10.0, 0.04) == pytest.approx(1.0)


def test_acceleration_keeps_its_limits_up_and_down():
    for place_m, limit in ((0.34, 0.25), (-0.34, 0.5)):
        course = Course(law="pd", place_gain=1.0, pace_gain=1.0)
        course.go(15.0, place_m)
        steps = [abs(b - a) for a, b in zip(course.speeds_mps, course.speeds_mps[1:], strict=False)]
        assert max(steps) <= limit * DT_S + 1e-12


def test_beyond_a_rail_it_brings_back_gently_whatever_the_law_says():
    deaf = {"place_gain": 0.0, "pace_gain": 0.0}
    # The person here does not feel the belts, whose measured speed stays 1 m/s.
    assert Course(**deaf).go(4.0, 0.4) == pytest.approx(1.0 + BRING_MPS)
    assert Course(**deaf).go(4.0, -0.4) == pytest.approx(1.0 - BRING_MPS)
    # Who comes back already, and as quickly, is left alone.
    for place_m, pace_mps in ((0.4, -BRING_MPS), (-0.4, BRING_MPS)):
        course = Course(**deaf)
        course.go(2.0, 0.0, pace_mps)
        assert course.go(4.0, place_m, pace_mps) == pytest.approx(1.0)


def test_far_behind_it_stops_and_far_ahead_it_does_not():
    assert Course().go(4.0, -0.6) == 0.0
    assert Course().go(4.0, 0.6) > 1.0


def test_a_perturbation_is_not_followed():
    course = Course()
    course.go(5.0)
    assert course.go(0.8, 0.4, 0.5, mode="perturbing") == 1.0
    assert course.go(1.0, 0.4, 0.5) > 1.0


def test_the_limits_of_room_and_person_hold_for_the_law_too():
    limits = load_toml(SIMULATED_SITE, Site).limits.model_copy(
        update={"max_speed_mps": 0.8, "max_accel_mps2": 0.1}
    )
    tight = PacingParams(min_speed_mps=0.9).within(limits)
    assert (tight.min_speed_mps, tight.max_speed_mps, tight.max_accel_mps2) == (0.8, 0.8, 0.1)
    assert tight.max_decel_mps2 == 0.1
    wide = PacingParams().within(load_toml(SIMULATED_SITE, Site).limits)
    assert wide == PacingParams()


def test_the_therapist_nudges_it():
    course = Course()
    course.go(5.0)
    assert course.go(3.0, set_mps=1.2) == pytest.approx(1.2)
    assert course.go(3.0, set_mps=0.9) == pytest.approx(0.9)


@pytest.mark.parametrize("set_mps", [0.7, 1.4])
def test_no_nudge_moves_belts_that_rest_because_the_person_is_far_behind(set_mps):
    course = Course()
    course.go(5.0)
    assert course.go(5.0, -0.7) == 0.0
    count = len(course.speeds_mps)
    course.go(2.0, -0.7, set_mps=set_mps)
    assert max(course.speeds_mps[count:]) <= 0.25 * DT_S + 1e-12


def test_slower_is_never_faster():
    course = Course(min_speed_mps=0.4)
    assert course.go(1.0, set_mps=0.3) == 0.3
    assert course.go(1.0, set_mps=0.2) == 0.3
    assert course.go(1.0, set_mps=0.6) == pytest.approx(0.7, abs=0.3)
    assert max(abs(b - a) for a, b in pairwise(course.speeds_mps)) <= 0.5 * DT_S + 1e-12


@pytest.mark.parametrize("mode", ["starting", "running"])
def test_a_set_speed_above_its_greatest_is_never_reached(mode):
    course = Course(max_speed_mps=1.3)
    course.go(1.0, mode="idle", set_mps=1.6)
    assert course.go(1.0, mode=mode, set_mps=1.6) == 1.3
    assert course.go(5.0, mode=mode, set_mps=1.8) == 1.3


def test_what_is_not_known_changes_nothing():
    assert Course().go(5.0, nan, nan) == 1.0


def test_speeds_stay_within_the_range():
    assert Course(max_speed_mps=1.3).go(60.0, 0.3, 0.2) == pytest.approx(1.3)
    assert Course(min_speed_mps=0.4).go(60.0, -0.3, -0.2) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"place_gain": 0.5, "pace_gain": 0.1}, "law 'pd', place_gain = 0.5 it must be at least"),
        ({"law": "steps", "place_gain": 0.5, "pace_gain": 0.4}, "at least 0.45 and below 2.23"),
        ({"law": "steps", "place_gain": 0.0, "pace_gain": 2.0}, "at least 0 and below 2"),
        ({"rail_m": 0.6}, "rail_m = 0.6 is not below end_m"),
        ({"min_speed_mps": 0.9, "max_speed_mps": 0.5}, "is not below max_speed_mps"),
    ],
)
def test_gains_that_cannot_be_stable_are_refused_with_the_numbers(params, words):
    with pytest.raises(ValidationError, match=words):
        PacingParams(**params)
