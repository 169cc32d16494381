import numpy as np
import pytest

from rehabsim_sim.patients import PATIENTS
from rehabsim_validation.measures import (
    dfa,
    force_peaks,
    gait,
    stances,
    sway,
    symmetry,
    symmetry_index,
    variation,
)
from rehabsim_validation.people import effect
from rehabsim_validation.reactions import Case, jerk, push
from rehabsim_validation.references import STEADY
from rehabsim_validation.steady import judge
from rehabsim_validation.walk import Walk


@pytest.fixture(scope="module")
def walk():
    return Walk(PATIENTS["healthy"], 1).reach(1.2).forget().live(60)


def coloured(alpha, count=4096, seed=3):
    """Return noise whose spectrum falls with f^(1 - 2 alpha), which DFA calls alpha."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    hz = np.arange(1, len(spectrum))
    spectrum[1:] *= hz ** (0.5 - alpha)
    spectrum[0] = 0
    return np.fft.irfft(spectrum, count)


@pytest.mark.parametrize("alpha", [0.3, 0.5, 0.75, 1.0, 1.5])
def test_dfa_finds_the_exponent_that_a_series_was_made_with(alpha):
    assert dfa(coloured(alpha)) == pytest.approx(alpha, abs=0.08)


def test_a_walk_weighs_what_the_walker_weighs_and_pushes_as_much_as_it_brakes(walk):
    found = gait(walk)
    assert found["mean_force_bw"] == pytest.approx(1, abs=0.005)
    assert found["mean_shear_bw"] == pytest.approx(0, abs=0.002)
    assert found["braking_bw"] < 0 < found["propulsion_bw"]
    assert found["cadence_spm"] == pytest.approx(109, abs=4)
    assert 100 * 2 * 60 / found["cadence_spm"] > 0
    stance, double = found["stance_pct"], found["double_support_pct"]
    assert double == pytest.approx(2 * stance - 100, abs=1.0)


def test_stances_last_as_long_as_their_load(walk):
    on = stances(walk)
    assert on.fz_bw.shape[1] == 101
    assert on.fz_bw[:, [0, -1]].max() < 0.1
    assert 0.6 < on.duration_s.mean() < 0.75


def test_force_peaks_are_found_where_they_are():
    t = np.linspace(0, 1, 101)
    curve = np.sin(np.pi * t) + 0.4 * np.sin(3 * np.pi * t)
    found = force_peaks(curve)
    assert found["first_peak_at_pct"] == 100 - found["second_peak_at_pct"]
    assert found["trough_bw"] == pytest.approx(0.6, abs=1e-6)


def test_both_sides_of_the_healthy_are_alike_and_the_index_has_its_sign(walk):
    assert all(abs(value) < 3 for value in symmetry(walk).values())
    assert symmetry_index(0.9, 1.1) == pytest.approx(-20)


def test_sway_is_that_of_the_cop():
    found = sway(Walk(PATIENTS["healthy"], 1).live(5).forget().live(30))
    assert found["left_load_pct"] == pytest.approx(50, abs=2)
    ellipse = 6 * np.pi * found["sway_rms_ap_mm"] * found["sway_rms_ml_mm"]
    assert 0.7 * ellipse < found["sway_area_mm2"] < 1.05 * ellipse


def test_an_effect_is_the_difference_in_pooled_sd():
    rng = np.random.default_rng(1)
    a, b = rng.normal(1.0, 1.0, 400), rng.normal(0.0, 1.0, 400)
    found = effect(a.tolist(), b.tolist())
    assert found.g == pytest.approx(1.0, abs=0.2)
    assert found.low < 1.0 < found.high
    assert variation(np.array([9.0, 10.0, 11.0])) == pytest.approx(0.1)


def test_a_value_is_judged_by_its_speed():
    reference = next(r for r in STEADY if r.measure == "first_peak_bw")
    inside, outside = judge(reference, 1.2, 1.11), judge(reference, 1.2, 1.31)
    assert inside.miss == 0
    assert outside.miss == pytest.approx(0.10)
    assert judge(reference, 2.5, 1.0).miss is None


def test_a_small_push_needs_few_steps_and_a_large_one_the_harness():
    small = push(Case(size=10, way="stance side"))
    large = push(Case(size=80, way="stance side"))
    assert not small.has_fallen
    assert small.steps <= 4
    assert large.has_fallen


def test_a_jerk_is_answered_by_the_next_step():
    found = jerk(Case(size=-0.6))
    assert not found.has_fallen
    assert found.first_change_m < -0.1
    assert 0.2 < found.first_at_s < 0.7
