"""Feet that are put on lines across the path."""

from dataclasses import replace

import numpy as np
import pytest
from simulator.lining import Lining, misses_m

from rehabsim_sim.patients import HEALTHY, MAX_SEVERITY, PATIENTS, patient
from rehabsim_sim.person import LEFT, NEITHER, RIGHT
from rehabsim_sim.play.feet import Lines

RNG = np.random.default_rng


def line(ahead_m, is_left=True):
    return {"has_target": True, "is_target_left": is_left, "target_ahead_m": ahead_m}


def sharp(seed=1):
    return Lines(HEALTHY, RNG(seed))


def test_a_line_is_meant_to_be_where_the_belt_has_carried_it_since():
    lines = sharp()
    lines.see(line(3.0), line(3.2), 0.2, 0.0)
    there_m = lines.place_m
    lines.see(line(3.0), line(3.2), 0.2, 0.2)
    assert lines.foot == LEFT
    assert lines.place_m == pytest.approx(there_m - 0.2)


def test_one_line_is_missed_by_one_error_and_the_next_by_another():
    lines = sharp()
    found = []
    for ahead_m in (3.0, 2.9, 2.8, 6.0, 5.9):
        lines.see(line(ahead_m), line(ahead_m + 0.1), 0.1, 0.0)
        found.append(lines.place_m - ahead_m)
    assert found[0] == pytest.approx(found[1]) == pytest.approx(found[2])
    assert found[3] == pytest.approx(found[4])
    assert found[3] != pytest.approx(found[0])


@pytest.mark.parametrize(
    ("scene", "before"),
    [
        ({}, {}),
        ({"slope_rad": 0.1}, {"slope_rad": 0.1}),
        (line(3.0) | {"has_target": False}, line(3.0)),
        (line(3.0), line(1.0) | {"has_target": False}),
        (line(3.0), line(3.1, is_left=False)),
        (line(float("nan")), line(3.0)),
        (line(5.0), line(1.0)),
    ],
)
def test_where_no_line_is_known_no_foot_is_aimed(scene, before):
    lines = sharp()
    lines.see(line(3.0), line(3.1), 0.1, 0.0)
    lines.see(scene, before, 0.1, 0.0)
    assert lines.foot == NEITHER


def test_the_weak_foot_misses_further():
    ends_m = {LEFT: [], RIGHT: []}
    for seed in range(400):
        for foot in ends_m:
            lines = Lines(patient("hemiparetic"), RNG(seed))
            lines.see(line(3.0, foot == LEFT), line(3.1, foot == LEFT), 0.1, 0.0)
            ends_m[foot].append(abs(lines.place_m - 3.0))
    assert np.mean(ends_m[LEFT]) == pytest.approx(0.039, rel=0.1)
    assert np.mean(ends_m[RIGHT]) == pytest.approx(0.023, rel=0.1)


def test_feet_land_on_the_lines_that_are_seen():
    seen_m = misses_m(HEALTHY, (1, 2, 3))
    blind_m = misses_m(HEALTHY, (1, 2, 3), has_picture=False)
    assert len(seen_m) >= 40
    assert np.abs(seen_m).mean() < 0.03
    assert np.abs(seen_m).mean() < 0.5 * np.abs(blind_m).mean()
    assert abs(seen_m.mean()) < 0.012


def test_but_for_the_error_of_the_traits_most_feet_would_be_on_the_line():
    exact = replace(HEALTHY, step_error_m=0.0, left_step_error_m=0.0)
    assert np.median(np.abs(misses_m(exact, (1, 2)))) < 0.004


def test_after_a_stroke_feet_land_further_off():
    healthy_m = np.abs(misses_m(HEALTHY, (1, 2, 3), speed_mps=0.7))
    ill_m = np.abs(misses_m(patient("hemiparetic"), (1, 2, 3), speed_mps=0.7))
    assert ill_m.mean() > healthy_m.mean() + 0.005


@pytest.mark.parametrize("who", ["healthy", "balance_loss", "amputee"])
def test_stepping_on_lines_throws_nobody_and_no_step_is_beyond_the_legs(who):
    walk = Lining(patient(who), 2, 1.0, shift_m=0.25).live(80.0)
    assert not walk.world.person.body[0].has_fallen
    traits = patient(who)
    assert traits.min_step_m <= min(walk.steps_m)
    assert max(walk.steps_m) <= traits.max_step_m
    assert len(walk.misses_m) >= 8


def test_no_patient_steps_more_precisely_than_the_healthy():
    for name in PATIENTS:
        if name != "empty_belts":
            traits = patient(f"{name}:{MAX_SEVERITY}")
            assert HEALTHY.step_error_m <= traits.step_error_m <= 0.06
            assert HEALTHY.left_step_error_m <= traits.left_step_error_m <= 0.06
