"""The car rolls, slips and leans as its masses and tyres make it."""

from itertools import pairwise
from math import inf, nan

import numpy as np
import pytest

from scenarios.drive_vehicle import MAX_LATERAL_MPS2, Steering, Vehicle


def driven(
    speed_mps, wanted_rad=0.05, curvature_per_m=0.0, assist=0.0, duration_s=20.0, dt_s=0.004
):
    """Return (heading, lateral) at each tick."""
    car, found = Vehicle(), []
    for _ in range(round(duration_s / dt_s)):
        car.step(speed_mps * dt_s, wanted_rad, curvature_per_m, assist, dt_s)
        found.append((car.heading_rad, car.lateral_m))
    return found


@pytest.mark.parametrize("speed_mps", [1.0, 2.9, 3.1, 6.0, 12.0, 20.0])
def test_the_car_comes_to_the_heading_that_is_asked_for(speed_mps):
    headings = [heading for heading, _ in driven(speed_mps, duration_s=60)]
    assert headings[-1] == pytest.approx(0.05, rel=0.05)
    assert max(headings) < 0.05 * 1.35


@pytest.mark.parametrize("speed_mps", [2.0, 6.0])
def test_a_bend_carries_the_car_outward_by_eight_metres_times_its_curvature(speed_mps):
    found = driven(speed_mps, 0.0, 0.002, duration_s=60)
    drift = (found[-1][1] - found[-1001][1]) / (1000 * 0.004 * speed_mps)
    assert drift == pytest.approx(-8 * 0.002, rel=0.12)


def test_an_assisted_car_takes_the_bend_by_itself():
    assert abs(driven(2.0, 0.0, 0.002, assist=1.0)[-1][1]) < 0.02
    half = driven(2.0, 0.0, 0.002, assist=0.5)[-1][1]
    whole = driven(2.0, 0.0, 0.002, assist=0.0)[-1][1]
    assert half == pytest.approx(whole / 2, rel=0.05)


def test_below_and_above_three_metres_per_second_the_car_is_the_same_car():
    slow, fast = driven(2.99)[-1], driven(3.01)[-1]
    assert fast[1] == pytest.approx(slow[1], rel=0.05)


def test_no_bend_is_taken_harder_than_a_patient_bears():
    for speed_mps in (4.0, 8.0, 14.0):
        headings = [heading for heading, _ in driven(speed_mps, wanted_rad=1.5, duration_s=2)]
        turn_radps = max((b - a) / 0.004 for a, b in pairwise(headings))
        # The tyres' slip lets it swing a little beyond at first.
        assert turn_radps * speed_mps <= 1.25 * MAX_LATERAL_MPS2


def test_a_car_at_rest_neither_turns_nor_moves():
    assert driven(0.0)[-1] == (0.0, 0.0)


def test_missed_ticks_do_not_shake_it():
    fine, coarse = driven(6.0), driven(6.0, dt_s=0.1)
    assert coarse[-1][1] == pytest.approx(fine[-1][1], rel=0.03)


def test_a_kerb_holds_it():
    car = Vehicle()
    for _ in range(20_000):
        car.step(0.024, 0.1, 0.0, 0.0, 0.004)
        car.hold_within(3.5)
    assert car.lateral_m == 3.5


def test_the_wheel_does_nothing_within_the_dead_zone_and_is_full_at_the_range():
    def turned(cop_y_m):
        steering = Steering()
        for _ in range(3000):
            steering.step(cop_y_m, 0.06, 0.01, 0.004)
        return steering.frac

    assert turned(0.01) == 0.0
    assert turned(-0.04) == pytest.approx(-0.5, abs=1e-3)
    assert turned(0.2) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("shift_m", "turned"), [(0.0, 0.0), (0.02, 0.267), (-0.03, -0.433)])
def test_of_feet_that_step_in_turn_the_wheel_follows_the_middle(shift_m, turned):
    steering = Steering()
    wheel = [
        steering.step(shift_m + (0.07 if i % 275 < 137 else -0.07), 0.06, 0.004, 0.004)
        for i in range(3025)
    ]
    assert np.mean(wheel[-1375:]) == pytest.approx(turned, abs=0.01)
    assert np.ptp(wheel[-1375:]) < 0.55


@pytest.mark.parametrize("unknown", [nan, inf, -inf])
def test_the_wheel_stays_where_it_is_while_no_foot_is_seen(unknown):
    steering = Steering()
    for _ in range(100):
        steering.step(0.05, 0.06, 0.0, 0.004)
    assert steering.step(unknown, 0.06, 0.0, 0.004) == steering.frac > 0
