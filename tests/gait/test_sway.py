"""Standing still: circles, lines and clouds whose sway is known."""

from math import pi

import numpy as np
import pytest

from rehabsim.gait.sway import (
    equilibrium_score,
    prediction_ellipse,
    romberg_quotient,
    sensory_organisation,
    sway_angle,
    sway_of,
)

RATE_HZ = 100.0
T_S = np.arange(0, 60, 1 / RATE_HZ)


def circle(radius_m, hz):
    turn = 2 * pi * hz * T_S
    return radius_m * np.stack([np.cos(turn), np.sin(turn)], axis=1)


def test_a_circle_has_the_sway_of_a_circle():
    sway = sway_of(circle(0.01, 0.5), RATE_HZ)
    assert sway.mean_distance_m == pytest.approx(0.01, rel=0.01)
    assert sway.rms_ap_m == pytest.approx(0.01 / np.sqrt(2), rel=0.01)
    assert sway.range_ml_m == pytest.approx(0.02, rel=0.01)
    assert sway.path_m == pytest.approx(60 * 0.5 * 2 * pi * 0.01, rel=0.01)
    assert sway.mean_velocity_mps == pytest.approx(sway.path_m / 60)
    assert sway.sway_area_rate_m2ps == pytest.approx(0.5 * pi * 0.01**2, rel=0.02)
    assert sway.mean_frequency_hz == pytest.approx(0.5, rel=0.01)
    assert sway.median_frequency_hz == pytest.approx(0.5, abs=0.05)
    assert sway.power_m2 == pytest.approx(0.01**2, rel=0.1)
    assert sway.dispersion < 0.2


def test_forward_is_ap_and_to_the_side_is_ml():
    line = np.stack([0.02 * np.sin(2 * pi * 0.5 * T_S), 0.005 * np.sin(2 * pi * T_S)], axis=1)
    sway = sway_of(line, RATE_HZ)
    assert sway.rms_ap_m == pytest.approx(0.02 / np.sqrt(2), rel=0.01)
    assert sway.rms_ml_m == pytest.approx(0.005 / np.sqrt(2), rel=0.01)
    assert sway.ellipse_direction_rad == pytest.approx(0.0, abs=0.02)
    assert sway.mean_velocity_ap_mps == pytest.approx(0.02 * 4 * 0.5, rel=0.01)


def test_the_ellipse_holds_the_next_point_95_times_of_100():
    rng = np.random.default_rng(1)
    shape = np.array([[3.0, 1.0], [1.0, 1.0]])
    points, others = (rng.multivariate_normal((0, 0), shape, n) for n in (4000, 20_000))
    area, (great, small), direction = prediction_ellipse(points)
    assert area == pytest.approx(pi * 5.991 * np.sqrt(np.linalg.det(shape)), rel=0.06)
    along = np.array([np.cos(direction), np.sin(direction)])
    across = np.array([-along[1], along[0]])
    inside = ((others @ along) / great) ** 2 + ((others @ across) / small) ** 2 <= 1
    assert inside.mean() == pytest.approx(0.95, abs=0.01)


def test_too_short_or_torn_trials_are_refused_with_their_numbers():
    with pytest.raises(ValueError, match=r"4\.0 s of standing, 5 s are needed"):
        sway_of(circle(0.01, 0.5)[:400], RATE_HZ)
    torn = circle(0.01, 0.5)
    torn[250] = np.nan
    with pytest.raises(ValueError, match=r"1 of 6000 samples are missing, the first at 2\.50 s"):
        sway_of(torn, RATE_HZ)


def test_twice_the_sway_without_eyes_is_a_quotient_of_two_and_four():
    found = romberg_quotient(
        sway_of(circle(0.02, 0.5), RATE_HZ), sway_of(circle(0.01, 0.5), RATE_HZ)
    )
    assert found.velocity == pytest.approx(2.0)
    assert found.area == pytest.approx(4.0)


def test_equilibrium_is_one_at_rest_half_at_half_the_limit_and_nought_beyond():
    assert equilibrium_score(np.zeros(10)) == 1.0
    assert equilibrium_score(np.deg2rad([0, 6.25])) == pytest.approx(0.5)
    assert equilibrium_score(np.deg2rad([-7, 7])) == 0.0
    height_m = 0.56 * 1.75
    lean = sway_angle(np.array([-1, 1]) * height_m * np.sin(0.05))
    assert lean == pytest.approx([-0.05, 0.05])


def test_the_senses_are_ratios_of_conditions():
    scores = {1: [0.9] * 3, 2: [0.81] * 3, 3: [0.8] * 3, 4: [0.63] * 3, 5: [0.45] * 3, 6: [0.4] * 3}
    found = sensory_organisation(scores)
    assert found.composite == pytest.approx((0.9 + 0.81 + 3 * (0.8 + 0.63 + 0.45 + 0.4)) / 14)
    assert (found.somatosensory, found.visual, found.vestibular) == pytest.approx((0.9, 0.7, 0.5))
    assert found.preference == pytest.approx(1.2 / 1.26)
    with pytest.raises(ValueError, match="conditions 6 have no trial"):
        sensory_organisation({**scores, 6: []})
