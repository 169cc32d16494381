"""The drive answers to lights, traffic and the centre of pressure."""

from itertools import pairwise
from math import isfinite

import msgspec
import pytest
from walk import walk

from scenarios.drive import AMBER, GREEN, RED, Drive, Light
from scenarios.drive_road import Cycle

NO_TRAFFIC = {"traffic_spacing_m": 2000.0}


def drive(duration_s=180.0, cop_y_m=0.0, seed=1, **params):
    car = Drive(Drive.Params(**params), seed)
    return list(walk(car, duration_s, gait=lambda t, s: {"cop_y_m": cop_y_m}))


def test_a_light_goes_green_amber_red_and_says_how_long():
    cycle = Cycle(green_s=14, amber_s=3, red_s=8)
    light = Light(100, 0.0, cycle)
    assert light.at(0) == (GREEN, 14)
    assert light.at(14.5) == (AMBER, 2.5)
    assert light.at(20) == (RED, 5)
    assert light.at(25) == (GREEN, 14)


@pytest.mark.parametrize("seed", range(6))
def test_the_belts_stop_for_red_and_no_line_is_crossed_at_red(seed):
    ticks = drive(seed=seed, **NO_TRAFFIC)
    assert ticks[-1][1].scene.red_light_count == 0
    at_rest = [s for state, s in ticks if state.t_ns > 20e9 and state.belt.left_speed_mps < 0.02]
    assert at_rest
    assert all(0 < s.scene.light_distance_m < 6 for s in at_rest)


@pytest.mark.parametrize("seed", range(6))
def test_the_belts_keep_clear_of_the_car_ahead(seed):
    ticks = drive(240, seed=seed)
    gaps = [s.scene.lead_distance_m for _, s in ticks if isfinite(s.scene.lead_distance_m)]
    assert gaps
    assert min(gaps) > 3
    assert ticks[-1][1].scene.near_miss_count == 0


def test_the_wish_never_rises_faster_than_it_pulls_away():
    wishes = [s.wish.left_speed_mps for _, s in drive(pull_away_mps2=0.2)]
    assert max(b - a for a, b in pairwise(wishes)) <= 0.2 * 0.004 + 1e-12


def test_the_belts_start_again_after_red_and_it_is_said():
    ticks = drive(**NO_TRAFFIC)
    texts = [e.text for _, s in ticks for e in s.events if e.kind == "drive"]
    assert "Waiting: red light." in texts
    assert "The way is clear: the belts start again." in texts


def test_pressure_to_the_left_steers_left():
    assert drive(20, cop_y_m=0.05)[-1][1].scene.lateral_m > 0.5
    assert drive(20, cop_y_m=-0.05)[-1][1].scene.lateral_m < -0.5


def test_off_the_lane_is_said_once_and_slows_the_belts():
    ticks = drive(60, cop_y_m=0.08, max_curvature_per_m=0.0, **NO_TRAFFIC)
    lane = [e.text for _, s in ticks for e in s.events if e.kind == "lane"]
    assert lane == ["Off the lane to the left."]
    free = [s for _, s in ticks if s.scene.light_phase == GREEN and s.scene.light_distance_m > 60]
    off = [s.wish.left_speed_mps for s in free if s.scene.lateral_m > 1.8]
    assert off
    assert max(off[200:]) <= 0.8 + 1e-9


def test_the_wish_is_rest_while_the_belts_may_not_move():
    car = Drive(Drive.Params(), 1)
    for state, _ in walk(car, 1):
        step = car.step(msgspec.structs.replace(state, mode="idle"))
        assert step.wish.left_speed_mps == 0
