"""The boat moves as a small boat does."""

from math import exp, pi, sin, tau

import pytest

from scenarios.boat_hull import LEEWAY, TURN_TIME_S, Hull, Pull

DT_S = 0.004


def go(hull, duration_s, *, thrust_mps=3.0, rudder_frac=0.0, wind_mps=0.0, wind_rad=pi / 2):
    for _ in range(round(duration_s / DT_S)):
        hull.step(Pull(thrust_mps, rudder_frac, 0.04, wind_mps, wind_rad), DT_S)
    return hull


def test_it_gathers_way_in_about_3_s_at_3_mps_and_is_slower_at_first():
    hull = go(Hull(), 60)
    assert hull.speed_mps == pytest.approx(3.0, abs=1e-3)
    go(hull, 3.0, thrust_mps=3.2)
    assert hull.speed_mps == pytest.approx(3.0 + 0.2 * (1 - exp(-1)), abs=0.02)
    assert go(Hull(), 3.0, thrust_mps=0.2).speed_mps < 0.1
    assert go(hull, 120, thrust_mps=0.0).speed_mps < 0.01


def test_it_steers_by_nomotos_first_order_and_the_quicker_it_goes_the_more():
    hull = go(Hull(), 60)
    hull.rudder_frac = 1.0
    go(hull, TURN_TIME_S, rudder_frac=1.0)
    full = 0.04 * hull.speed_mps
    assert hull.turn_radps == pytest.approx(full * (1 - exp(-1)), rel=0.01)
    go(hull, 10, rudder_frac=1.0)
    assert hull.turn_radps == pytest.approx(0.12, rel=0.01)
    slow = go(go(Hull(), 90, thrust_mps=1.0), 10, thrust_mps=1.0, rudder_frac=-1.0)
    assert slow.turn_radps == pytest.approx(-0.04, rel=0.02)
    assert go(Hull(), 10, thrust_mps=0.0, rudder_frac=1.0).heading_rad == 0.0


def test_in_a_turn_to_the_left_it_skids_and_heels_to_the_right():
    hull = go(go(Hull(), 60), 10, rudder_frac=1.0)
    assert hull.drift_mps == pytest.approx(-0.15 / 0.6 * 0.12 * 3.0, rel=0.03)
    for _ in range(3000):
        hull.rock(0.0, DT_S)
    assert hull.roll_rad == pytest.approx(0.02 * 0.12 * 3.0, rel=0.02)


def test_wind_abeam_carries_it_aside_and_a_following_one_carries_it_on():
    hull = go(Hull(), 60, wind_mps=5.0)
    assert hull.drift_mps == pytest.approx(LEEWAY * 5.0, rel=1e-3)
    assert hull.y_m == pytest.approx(LEEWAY * 5.0 * (60 - 1 / 0.6), rel=0.01)
    assert hull.heading_rad == 0.0
    assert go(Hull(), 60, wind_mps=5.0, wind_rad=0.0).speed_mps == pytest.approx(3.2, rel=1e-3)
    assert go(Hull(), 60, wind_mps=5.0, wind_rad=pi).speed_mps == pytest.approx(2.8, rel=1e-3)


def test_it_rolls_most_at_its_own_frequency():
    def size(hz):
        hull, most = Hull(), 0.0
        for index in range(5000):
            hull.rock(0.01 * sin(tau * hz * index * DT_S), DT_S)
            most = max(most, abs(hull.roll_rad)) if index > 2500 else 0.0
        return most / 0.01

    assert size(0.1) == pytest.approx(1.0, abs=0.05)
    assert size(0.6) == pytest.approx(1 / (2 * 0.2), rel=0.02)
    assert size(1.5) < 0.3
