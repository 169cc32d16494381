"""Angles, errors and answers of a trunk whose movement is known."""

from itertools import pairwise
from math import isnan, pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rehabsim.gait.posture import (
    TrunkAngle,
    coordination,
    harmonic_ratio,
    inclination,
    reposition_error,
    response_to_load,
    trunk_sway,
)

RATE_HZ = 100.0
G_MPS2 = 9.81
N = 3000


def bowing(size_rad=0.3, hz=0.25, axis="pitch"):
    """Return specific force, rate of turn and angle of a unit that turns in place."""
    t_s = np.arange(N) / RATE_HZ
    angle = size_rad * np.sin(2 * pi * hz * t_s)
    rate = 2 * pi * hz * size_rad * np.cos(2 * pi * hz * t_s)
    accel, gyro = np.zeros((N, 3)), np.zeros((N, 3))
    accel[:, 2] = G_MPS2 * np.cos(angle)
    if axis == "pitch":
        accel[:, 0], gyro[:, 1] = -G_MPS2 * np.sin(angle), rate
    else:
        accel[:, 1], gyro[:, 0] = G_MPS2 * np.sin(angle), rate
    return accel, gyro, angle


def test_gravity_alone_tells_forward_as_pitch_and_right_as_roll():
    forward = [-G_MPS2 * np.sin(0.2), 0, G_MPS2 * np.cos(0.2)]
    right = [0, G_MPS2 * np.sin(0.1), G_MPS2 * np.cos(0.1)]
    assert inclination(np.array([forward, right])) == pytest.approx(
        np.array([[0.2, 0], [0, 0.1]]), abs=1e-12
    )


@pytest.mark.parametrize(("axis", "column"), [("pitch", 0), ("roll", 1)])
def test_a_turning_trunk_has_its_angle(axis, column):
    accel, gyro, angle = bowing(axis=axis)
    found = TrunkAngle(RATE_HZ).take(accel, gyro)
    assert found[500:, column] == pytest.approx(angle[500:], abs=0.01)
    assert found[500:, 1 - column] == pytest.approx(np.zeros(N - 500), abs=0.01)


def test_neither_jolts_nor_a_drifting_gyroscope_tilt_the_trunk():
    accel, gyro, angle = bowing()
    accel[:, 0] += 3.0 * np.sin(2 * pi * 2.0 * np.arange(N) / RATE_HZ)
    gyro[:, 1] += 0.005
    found = TrunkAngle(RATE_HZ).take(accel, gyro)
    assert found[1000:, 0] == pytest.approx(angle[1000:], abs=0.03)


@settings(max_examples=15)
@given(cuts=st.lists(st.integers(1, N - 1), max_size=30, unique=True).map(sorted))
def test_the_angle_is_the_same_however_samples_are_cut(cuts):
    accel, gyro, _ = bowing()
    whole, taker = TrunkAngle(RATE_HZ).take(accel, gyro), TrunkAngle(RATE_HZ)
    parts = [taker.take(accel[a:b], gyro[a:b]) for a, b in pairwise([0, *cuts, N])]
    np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=1e-9)


def test_sway_of_a_sine():
    found = trunk_sway(np.stack([bowing()[2][:2800], np.zeros(2800)], axis=1), RATE_HZ)
    assert found.rms_pitch_rad == pytest.approx(0.3 / np.sqrt(2), rel=0.01)
    assert found.range_pitch_rad == pytest.approx(0.6, rel=0.01)
    assert found.rms_roll_rad == found.range_roll_rad == 0
    assert found.mean_velocity_radps == pytest.approx(4 * 0.25 * 0.3, rel=0.01)


def test_errors_of_finding_a_position_again():
    found = reposition_error([0.5, 0.5, 0.5], [0.55, 0.45, 0.56])
    assert found.n == 3
    assert found.constant_rad == pytest.approx(0.02)
    assert found.absolute_rad == pytest.approx(0.16 / 3)
    assert found.variable_rad == pytest.approx(np.std([0.05, -0.05, 0.06], ddof=1))
    assert isnan(reposition_error([0.5], [0.6]).variable_rad)
    with pytest.raises(ValueError, match="2 positions shown and 1 reached"):
        reposition_error([0.5, 0.6], [0.5])


@pytest.mark.parametrize("latency_s", [0.04, 0.08, 0.15])
def test_the_answer_to_a_load_has_its_latency_and_size(latency_s):
    rng = np.random.default_rng(1)
    signal = 2.0 + 0.01 * rng.standard_normal(2000)
    begin = 1000 + round(1000 * latency_s)
    signal[begin : begin + 200] -= 0.5
    found = response_to_load(signal, 1000.0, 1000)
    assert found.latency_s == pytest.approx(latency_s, abs=0.002)
    assert found.amplitude == pytest.approx(-0.5, abs=0.05)
    assert found.baseline == pytest.approx(2.0, abs=0.01)


def test_no_answer_has_no_latency_and_no_baseline_is_refused():
    quiet = np.random.default_rng(2).standard_normal(2000)
    assert isnan(response_to_load(quiet, 1000.0, 1000).latency_s)
    with pytest.raises(ValueError, match=r"0\.10 s before the load, 0\.5 s are needed"):
        response_to_load(quiet, 1000.0, 100)


@pytest.mark.parametrize("phase_rad", [0.0, pi / 3, pi])
def test_segments_have_the_phase_between_them(phase_rad):
    turn = 2 * pi * np.arange(4000) / RATE_HZ
    strides = list(range(500, 3500, 100))
    found = coordination(0.1 * np.sin(turn), 0.07 * np.sin(turn + phase_rad), RATE_HZ, strides)
    assert found.n == 29
    assert found.mean_phase_rad == pytest.approx(phase_rad, abs=0.02)
    assert found.deviation_phase_rad < 0.02
    with pytest.raises(ValueError, match="1 strides, two are needed"):
        coordination(turn, turn, RATE_HZ, [0, 100])


def test_a_smooth_stride_has_even_harmonics_along_and_odd_ones_aside():
    turn = 2 * pi * np.arange(1000) / 100
    along = np.sin(2 * turn) + 0.1 * np.sin(turn)
    aside = np.sin(turn) + 0.1 * np.sin(2 * turn)
    strides = list(range(0, 1000, 100))
    assert harmonic_ratio(along, strides, is_sideways=False) == pytest.approx(10, rel=0.01)
    assert harmonic_ratio(aside, strides, is_sideways=True) == pytest.approx(10, rel=0.01)
    with pytest.raises(ValueError, match="a stride of 30 samples, 41 needed"):
        harmonic_ratio(along, [0, 30], is_sideways=False)
