"""The zero of plates, followed while someone walks and never under load."""

import numpy as np
import pytest
from gait.people import analyse, walk

from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.hygiene import MAX_ZERO_N, SAME_COUNT, SwingZero


def swing(fz_n, *, noise_n=1.0, fx_n=0.0, plate=0, seed=1):
    """Return the (60, 12) frames of a swing in which a plate says `fz_n`."""
    wrench = np.zeros((60, 12))
    wrench[:, 6 * plate + 2] = fz_n + noise_n * np.random.default_rng(seed).standard_normal(60)
    wrench[:, 6 * plate] = fx_n
    return wrench


def see(zero, *swings, plate=0):
    """Show swings as they would be measured, the zero taken off."""
    for wrench in swings:
        zero.see(plate, wrench - zero.offset)
        zero.adopt()


def test_a_drift_is_followed_when_three_swings_agree():
    zero = SwingZero()
    see(zero, *[swing(40.0)] * (SAME_COUNT - 1))
    assert zero.drift_n(0) == 0.0
    see(zero, swing(40.0))
    assert zero.drift_n(0) == pytest.approx(40.0, abs=1)
    assert zero.drift_n(1) == 0.0


def test_a_small_error_of_the_vertical_force_is_left_alone():
    zero = SwingZero()
    see(zero, *[swing(9.0)] * 10)
    assert zero.drift_n(0) == 0.0


def test_shear_of_an_empty_plate_is_followed_and_no_further_than_it_may_drift():
    zero = SwingZero()
    see(zero, *[swing(0.0, fx_n=52.0)] * 15)
    assert zero.offset[0] == pytest.approx(52.0, abs=1)
    see(zero, *[swing(0.0, fx_n=900.0)] * 15)
    assert zero.offset[0] <= MAX_ZERO_N


@pytest.mark.parametrize(
    "swings",
    [
        [swing(500.0)] * 6,
        [swing(40.0, noise_n=30.0, seed=s) for s in range(6)],
        [swing(fz_n) for fz_n in (20, 60, 20, 60, 20, 60)],
    ],
    ids=["a person on it", "restless", "never the same"],
)
def test_it_is_never_zeroed_under_load(swings):
    zero = SwingZero()
    see(zero, *swings)
    assert zero.drift_n(0) == 0.0
    assert zero.refused_count == 6


def test_nothing_changes_before_it_is_adopted():
    zero = SwingZero()
    for _ in range(SAME_COUNT):
        zero.see(1, swing(30.0, plate=1))
    assert zero.drift_n(1) == 0.0
    zero.adopt()
    assert zero.drift_n(1) == pytest.approx(30.0, abs=1)


def test_77_newtons_of_drift_are_followed_while_walking():
    wrench, belts_mps, _, _ = walk(duration_s=60.0)
    drift_n = 77 * np.linspace(0, 1, len(wrench))
    drifted = wrench.copy()
    drifted[:, 2::6] += drift_n[:, None]
    analysis = GaitAnalysis()
    events, _, _, _ = analyse(analysis, drifted, belts_mps)
    assert len(events) > 150
    for plate in (0, 1):
        assert analysis.zero.drift_n(plate) == pytest.approx(drift_n[-1], abs=15)


def test_a_foot_that_rests_on_the_other_plate_does_not_move_its_zero():
    wrench, belts_mps, _, _ = walk(duration_s=30.0)
    shared = wrench.copy()
    shared[:, 6:] += 0.2 * wrench[:, :6]
    shared[:, :6] -= 0.2 * wrench[:, :6]
    analysis = GaitAnalysis()
    analyse(analysis, shared, belts_mps)
    assert abs(analysis.zero.drift_n(1)) < 15
    assert analysis.zero.refused_count > 10
