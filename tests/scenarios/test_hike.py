"""The hike answers to its own slope."""

from functools import cache
from math import exp, isfinite, nan

import msgspec
import pytest
from walk import walk

from scenarios.hike import Hike, pace_frac


@cache
def hike(duration_s=300.0, seed=1, **params):
    return list(walk(Hike(Hike.Params(**params), seed), duration_s))


def test_the_path_stays_below_its_steepest_slope_and_comes_near_it():
    hike = Hike(Hike.Params(max_slope=0.12), 4)
    slopes = [abs(hike.slope(x)) for x in range(0, 20_000, 3)]
    assert max(slopes) <= 0.12
    assert max(slopes) > 0.09


def test_steeper_is_slower_and_downhill_is_never_faster_than_level():
    # The mean of Tobler's hiker and of constant power on Minetti's cost.
    assert pace_frac(0.10, 1) == pytest.approx(0.5 * (exp(-3.5 * 0.10) + 2.5 / 4.8997), abs=1e-4)
    assert pace_frac(-0.15, 1) == pytest.approx(exp(-3.5 * 0.05))
    assert pace_frac(0.0, 1) == 1
    assert pace_frac(-0.05, 1) == 1
    assert pace_frac(0.10, 0) == 1
    assert pace_frac(0.05, 1) > pace_frac(0.10, 1)


def test_the_deck_follows_the_path_uphill_and_stays_level_downhill():
    ticks = hike()
    for _, step in ticks:
        assert step.wish.incline_rad == pytest.approx(max(0.0, step.scene.slope_rad))
    assert max(s.wish.incline_rad for _, s in ticks) > 0.03
    assert min(s.scene.slope_rad for _, s in ticks) < -0.03


def test_the_belts_adapt_to_the_slope():
    speeds = [s.wish.left_speed_mps for _, s in hike()]
    assert min(speeds) < 0.8
    assert max(speeds) == 1.0


def test_the_published_profile_is_the_path():
    hike = Hike(Hike.Params(), 1)
    for _, step in list(walk(hike, 120))[::500]:
        s = step.scene
        assert s.profile_start_m % 10 == 0
        assert s.profile_start_m <= s.distance_m - 10
        assert s.distance_m <= s.profile_start_m + 20
        assert s.height_3_m == pytest.approx(hike.height_m(s.profile_start_m + 30))
        assert s.height_m == pytest.approx(hike.height_m(s.distance_m))


def test_what_was_climbed_never_falls_and_is_at_least_the_highest_height():
    climbed = [s.scene.climbed_m for _, s in hike()]
    highest = max(s.scene.height_m for _, s in hike())
    assert climbed == sorted(climbed)
    assert climbed[-1] >= highest - 0.01


def test_each_hundred_metres_has_a_milestone():
    events = [e for _, s in hike() for e in s.events if e.kind == "milestone"]
    assert [e.text.split()[0] for e in events] == ["100", "200"]


def test_every_number_of_the_scene_is_finite_even_without_a_pressure_centre():
    hike = Hike(Hike.Params(), 1)
    for _, step in list(walk(hike, 20, gait=lambda t, s: {"cop_y_m": nan}))[::50]:
        assert all(isfinite(value) for value in msgspec.structs.astuple(step.scene))
