"""Noise of the belts: its size and spectrum against theory, its seed, and its limits."""

from math import pi, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import welch

from rehabsim.base.config import load_toml
from rehabsim.base.site import Site
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.training.noise import (
    CORNERS_RADPS,
    SATURATED_SD,
    SDS_MPS,
    SPEEDS_MPS,
    STEP_S,
    BeltNoise,
    Noise,
    NoiseParams,
    make_filter,
    saturated_sd,
    usual_sd_mps,
    why_no_noise,
)

ROOM = load_toml(SIMULATED_SITE, Site).limits
LIVELY = ROOM.model_copy(update={"max_accel_mps2": 4.0, "max_jerk_mps3": 80.0})
LONG = 500_000


def numbers(seed=1, speed_mps=1.2, corner_hz=3.0, count=LONG):
    noise = Noise(make_filter(speed_mps, corner_hz), seed)
    return np.array([noise.at(number) for number in range(count)])


@pytest.mark.parametrize(
    ("speed_mps", "sd_mps", "corner_radps", "published"),
    list(zip(SPEEDS_MPS, SDS_MPS, CORNERS_RADPS, (27.5, 34.6, 64.3), strict=True)),
)
def test_without_our_low_pass_it_needs_the_accelerations_of_theory(
    speed_mps, sd_mps, corner_radps, published
):
    """SD² = σa² dt / (2 √2 ωc), at the published 3.3 ms and without the saturation."""
    step_s = 0.0033
    chain = make_filter(speed_mps, None, step_s)
    impulse = np.zeros(20_000)
    impulse[0] = 1.0
    from scipy.signal import sosfilt

    gain = sd_mps * saturated_sd(SATURATED_SD)
    response = sosfilt(chain.sections, impulse)
    # The first sample of an integrator tells its gain: half a step, by the trapezoid rule.
    per_unit = response[0] / (step_s / 2) * (1 + sqrt(2) * corner_radps * step_s / 2)
    assert (gain * per_unit) ** 2 == pytest.approx(published, rel=0.03)
    theory = sd_mps**2 * 2 * sqrt(2) * corner_radps / step_s
    assert theory == pytest.approx(published, rel=0.01)


@pytest.mark.parametrize("speed_mps", SPEEDS_MPS)
def test_its_sd_is_the_one_asked_for(speed_mps):
    found = numbers(speed_mps=speed_mps)
    assert found.std() == pytest.approx(1.0, rel=0.03)
    assert abs(found.mean()) < 0.02
    chain = make_filter(speed_mps, 3.0)
    assert np.diff(found).std() / STEP_S == pytest.approx(chain.accel_sd, rel=0.03)
    assert np.diff(found, 2).std() / STEP_S**2 == pytest.approx(chain.jerk_sd, rel=0.03)


def test_its_spectrum_is_a_band_between_both_corners():
    rates_hz, power = welch(numbers(), 1 / STEP_S, nperseg=16_384)
    omega = 2 * pi * rates_hz[1:]
    corner = CORNERS_RADPS[1]
    theory = omega**2 / (omega**4 + corner**4) / (1 + (rates_hz[1:] / 3.0) ** 4)
    theory *= power[1:].sum() / theory.sum()
    for low_hz, high_hz in ((0.1, 0.3), (0.3, 0.6), (0.6, 1.5), (1.5, 3.0), (3.0, 6.0)):
        band = (rates_hz[1:] >= low_hz) & (rates_hz[1:] < high_hz)
        assert power[1:][band].sum() == pytest.approx(theory[band].sum(), rel=0.15)


def test_one_seed_gives_one_noise_however_it_is_asked_for():
    found = numbers(7, count=3000)
    assert (numbers(7, count=3000) == found).all()
    assert not (numbers(8, count=3000) == found).any()
    skipping = Noise(make_filter(1.2, 3.0), 7)
    for number in (0, 3, 4, 260, 1999, 2999):
        assert skipping.at(number) == found[number]


def test_a_missed_tick_does_not_change_what_comes_after():
    every, some = (BeltNoise(NoiseParams(), 1.2, LIVELY, 3) for _ in range(2))
    for tick in range(2000):
        every.step((1.2, 1.2), 1.0, STEP_S)
        if tick % 5 < 4:
            some.step((1.2, 1.2), 1.0, STEP_S * (1 if tick % 5 else 2))
    assert some.part_mps == pytest.approx(every.part_mps, abs=1e-9)


def test_the_published_sd_is_taken_between_the_speeds_and_below_them():
    assert [usual_sd_mps(speed) for speed in SPEEDS_MPS] == list(SDS_MPS)
    assert usual_sd_mps(1.0) == pytest.approx(0.09)
    assert usual_sd_mps(0.4) == pytest.approx(0.03)
    assert usual_sd_mps(0.0) == 0.0
    assert BeltNoise(NoiseParams(scale=0.5), 1.2, LIVELY, 1).sd_mps(1.2) == pytest.approx(0.06)


@settings(max_examples=40)
@given(
    st.integers(0, 2**31),
    st.floats(0.0, 2.0),
    st.floats(0.0, 2.0),
    st.floats(0.1, 2.0),
    st.floats(0.0, 1.0),
)
def test_no_noise_leaves_the_limits(seed, left_mps, right_mps, scale, share):
    """Whatever is asked, and in a room that does not allow that much of it."""
    noise = BeltNoise(NoiseParams(scale=scale), 1.2, ROOM, seed)
    before_mps = 0.0
    for _ in range(300):
        noise.step((left_mps, right_mps), share, STEP_S)
        for speed_mps in (left_mps, right_mps):
            assert 0.0 <= speed_mps + noise.part_mps <= ROOM.max_speed_mps + 1e-12
        assert abs(noise.part_mps - before_mps) <= ROOM.max_accel_mps2 * STEP_S + 1e-12
        before_mps = noise.part_mps


@pytest.mark.parametrize(
    ("params", "speed_mps", "limits", "words"),
    [
        ({}, 1.2, ROOM, "of SD 0.120 m/s needs 2.61 m/s², and 0.5 is the limit, 3 SD counted"),
        (
            {"scale": 0.15},
            1.2,
            ROOM,
            "m/s³, and 2 is the limit, 3 SD counted; a scale of 0.04",
        ),
        ({}, 1.6, LIVELY, "runs belts 0.63 m/s faster, and 0.40 is the limit"),
        ({"scale": 2.0}, 0.0, LIVELY, ""),
    ],
)
def test_what_belts_cannot_do_is_refused_with_the_numbers(params, speed_mps, limits, words):
    why = why_no_noise(NoiseParams(**params), speed_mps, limits)
    assert words in why if words else why == ""


def test_what_is_told_to_fit_fits():
    why = why_no_noise(NoiseParams(), 1.2, ROOM)
    scale = float(why.rpartition("a scale of ")[2].removesuffix(" fits"))
    assert 0 < scale < 1
    assert why_no_noise(NoiseParams(scale=scale), 1.2, ROOM) == ""
    assert why_no_noise(NoiseParams(scale=scale + 0.001), 1.2, ROOM) != ""
