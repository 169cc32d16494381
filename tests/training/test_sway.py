"""The sum of sines, how it comes and goes, and what a platform must be able to do for it."""

from itertools import pairwise

import numpy as np
import pytest
from pydantic import ValidationError
from session.platform_room import room

from rehabsim.training.sway import (
    FADE_S,
    PEAK,
    PEAK_PER_S,
    PEAK_PER_S2,
    RMS,
    SINES,
    Fade,
    SwayParams,
    VisualParams,
    led,
    sway,
    why_no_sway,
)

LIMITS = room().platform_limits
DT_S = 0.01
PERIOD_S = 100.0


def whole():
    return np.array([sway(t_s) for t_s in np.arange(0.0, PERIOD_S, DT_S)])


def test_its_spectrum_is_the_four_published_sines_and_nothing_else():
    place = whole()
    parts = np.abs(np.fft.rfft(place)) * 2 / len(place)
    rates_hz = np.fft.rfftfreq(len(place), DT_S)
    found = {round(rates_hz[at], 6): parts[at] for at in np.flatnonzero(parts > 1e-6)}
    assert found == pytest.approx({hz: part for part, hz in SINES})


def test_its_size_and_what_it_needs_are_those_of_theory():
    place = whole()
    assert place.std() == pytest.approx(RMS, rel=1e-6)
    assert pytest.approx(1.387, abs=0.001) == RMS
    assert np.abs(place).max() == pytest.approx(PEAK - 0.01, abs=0.01)
    assert np.abs(np.gradient(place, DT_S)).max() <= PEAK_PER_S
    second = float(np.abs(np.diff(place, 2)).max() / DT_S**2)
    assert second == pytest.approx(9.64, abs=0.05)
    assert second <= PEAK_PER_S2


def faded(start_s):
    """Return the sum as it goes out from an instant on."""
    fade, places = Fade(), []
    fade.frac = 1.0
    for t_s in start_s + np.arange(0.0, FADE_S + 1, DT_S):
        places.append(fade.cosine * sway(t_s))
        fade.step(DT_S, is_on=False)
    return np.array(places)


def test_while_it_fades_it_needs_no_more_than_is_checked():
    rates, accels = [], []
    for start_s in range(0, 100, 4):
        places = faded(float(start_s))
        rates.append(np.abs(np.diff(places)).max() / DT_S)
        accels.append(np.abs(np.diff(places, 2)).max() / DT_S**2)
        assert places[-1] == 0.0
    assert max(rates) <= PEAK_PER_S
    assert max(accels) <= PEAK_PER_S2


def test_it_comes_in_without_a_corner_and_no_further_than_all_of_it():
    fade, shares = Fade(), []
    for _ in range(round(FADE_S / DT_S) + 50):
        fade.step(DT_S, is_on=True)
        shares.append((fade.cosine, fade.quadratic))
    cosine, quadratic = np.array(shares).T
    assert (cosine[-1], quadratic[-1]) == (1.0, 1.0)
    middle = round(FADE_S / DT_S / 2) - 1
    assert cosine[middle] == pytest.approx(0.5)
    assert quadratic[middle] == pytest.approx(0.25)
    assert max(b - a for a, b in pairwise(cosine[:20])) < 1e-3


def test_a_set_point_that_follows_the_keepers_law_takes_up_the_rate_that_is_asked():
    from rehabsim.safety.platform_envelope import Pace, step

    place, rate, brake, dt_s = 0.0, 0.0, 1.0, 0.004
    errors = []
    for tick in range(20_000):
        t_s = tick * dt_s
        goal, following = (0.02 * sway(t) for t in (t_s, t_s + dt_s))
        wished = led(goal, (following - goal) / dt_s, brake, dt_s)
        place, rate = step(place, rate, wished, 0.1, Pace(0.2, brake, brake), dt_s)
        errors.append(place - following)
    assert np.abs(errors[250:]).max() < 1e-4


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"max_y_m": 0.05}, r"goes 0.084 m to the side, limit 0.05; an amplitude of 0.014 m fits"),
        ({"max_speed_mps": 0.1}, "moves at 0.15 m/s, limit 0.1; an amplitude of 0.016 m fits"),
        ({"max_accel_mps2": 0.2}, "accelerates at 0.26 m/s², limit 0.2; an amplitude of 0.019 m"),
    ],
)
def test_a_platform_that_cannot_is_told_the_numbers_and_what_fits(changed, words):
    params = SwayParams(amplitude_m=0.025)
    assert why_no_sway(params, LIMITS) == ""
    assert words in why_no_sway(params, LIMITS.model_copy(update=changed))
    assert "needs a platform" in why_no_sway(params, None)


def test_what_is_told_to_fit_fits():
    limits = LIMITS.model_copy(update={"max_y_m": 0.05})
    assert why_no_sway(SwayParams(amplitude_m=0.014), limits) == ""
    assert why_no_sway(SwayParams(amplitude_m=0.015), limits) != ""


def test_other_ways_and_sizes_are_refused():
    with pytest.raises(ValidationError, match="axis"):
        SwayParams(amplitude_m=0.02, axis="forward")
    with pytest.raises(ValidationError, match="amplitude_m"):
        VisualParams(amplitude_m=0.6)
