"""Leaning towards a target: movements whose reach and haste are known."""

from math import cos, isnan, pi, sin

import numpy as np
import pytest

from rehabsim.gait.stability_limits import centre_of_gravity, excursion_of, limit_m

RATE_HZ = 100.0
GO = 100
HEIGHT_M = 0.5527 * 1.75


def lean(direction_rad, reach_m, *, after_s=0.4, lasting_s=1.0, beside_m=0.0):
    """Return a smooth lean that begins `after_s` after the signal and stays there."""
    t_s = np.arange(0, 8, 1 / RATE_HZ) - GO / RATE_HZ - after_s
    done = np.clip(t_s / lasting_s, 0, 1)
    way = reach_m * (done - np.sin(2 * pi * done) / (2 * pi))
    across = beside_m * np.sin(pi * done)
    c, s = cos(direction_rad), sin(direction_rad)
    return np.stack([way * c - across * s, way * s + across * c], axis=1)


def test_limits_are_those_that_the_norms_of_the_test_are_parts_of():
    for direction_rad, degrees in ((0, 6.25), (pi / 2, 8), (pi, 4.45), (-pi / 2, 8)):
        assert limit_m(direction_rad) == pytest.approx(HEIGHT_M * sin(degrees * pi / 180))
    assert limit_m(0, 2.0) == pytest.approx(limit_m(0) * 2 / 1.75)


@pytest.mark.parametrize("direction_rad", [k * pi / 4 for k in range(8)])
def test_half_way_to_the_limit_is_half_way_in_every_direction(direction_rad):
    reach_m = 0.5 * limit_m(direction_rad)
    found = excursion_of(lean(direction_rad, reach_m), RATE_HZ, GO, direction_rad)
    assert found.endpoint_frac == pytest.approx(0.5, abs=0.01)
    assert found.greatest_frac == pytest.approx(0.5, abs=0.01)
    assert found.reaction_time_s == pytest.approx(0.4, abs=0.15)
    assert found.directional_control_frac == pytest.approx(1.0, abs=0.01)


def test_velocity_is_that_between_5_and_95_percent():
    reach_m = 0.05
    found = excursion_of(lean(0, reach_m), RATE_HZ, GO, 0)
    done = np.linspace(0, 1, 100_001)
    way = done - np.sin(2 * pi * done) / (2 * pi)
    lasting_s = done[np.argmax(way >= 0.95)] - done[np.argmax(way >= 0.05)]
    assert found.mean_velocity_radps == pytest.approx(
        0.9 * reach_m / HEIGHT_M / lasting_s, rel=0.04
    )


def test_way_beside_the_target_costs_control():
    found = excursion_of(lean(0, 0.1, beside_m=0.02), RATE_HZ, GO, 0)
    assert found.directional_control_frac == pytest.approx(1 - 0.04 / 0.1, abs=0.05)


def test_who_does_not_move_has_no_excursion():
    still = 1e-5 * np.random.default_rng(1).standard_normal((800, 2))
    assert isnan(excursion_of(still, RATE_HZ, GO, 0).endpoint_frac)


def test_too_little_before_the_signal_and_lost_samples_are_refused():
    with pytest.raises(ValueError, match=r"0\.20 s before the signal, 0\.5 s are needed"):
        excursion_of(lean(0, 0.1), RATE_HZ, 20, 0)
    torn = lean(0, 0.1)
    torn[300] = np.nan
    with pytest.raises(ValueError, match="1 samples are missing"):
        excursion_of(torn, RATE_HZ, GO, 0)


def test_gravity_follows_slow_pressure_and_not_quick():
    t_s = np.arange(0, 60, 1 / RATE_HZ)
    for hz, gain in ((0.1, 1.0), (0.85, 0.5), (4.0, 0.0)):
        pressure = np.stack([np.sin(2 * pi * hz * t_s)] * 2, axis=1)
        gravity = centre_of_gravity(pressure, RATE_HZ)[1000:-1000]
        assert np.ptp(gravity) / 2 == pytest.approx(gain, abs=0.02)
