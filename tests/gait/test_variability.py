"""Scaling exponents of series whose order is known."""

from math import isnan, nan

import numpy as np
import pytest

from rehabsim.gait.variability import detrended_fluctuation


def mean_alpha(make, count=20, n=600):
    rng = np.random.default_rng(1)
    return np.mean(
        [detrended_fluctuation(make(rng.standard_normal(n))).alpha for _ in range(count)]
    )


def test_random_strides_have_one_half_and_a_random_walk_one_and_a_half():
    assert mean_alpha(lambda noise: 1.1 + 0.02 * noise) == pytest.approx(0.5, abs=0.06)
    assert mean_alpha(np.cumsum) == pytest.approx(1.5, abs=0.1)


def test_pink_strides_have_one():
    def pink(noise):
        spectrum = np.fft.rfft(noise)
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
        return np.fft.irfft(spectrum, len(noise))

    assert mean_alpha(pink) == pytest.approx(1.0, abs=0.1)


def test_strides_that_make_up_for_each_other_have_less_than_one_half():
    assert mean_alpha(np.diff) < 0.3


def test_neither_scale_nor_mean_matters():
    series = np.random.default_rng(2).standard_normal(300)
    alpha = detrended_fluctuation(series).alpha
    assert detrended_fluctuation(1.1 + 0.01 * series).alpha == pytest.approx(alpha)


def test_too_few_or_equal_strides_have_none_and_lost_ones_are_refused():
    assert isnan(detrended_fluctuation([1.1, 1.2] * 49).alpha)
    assert detrended_fluctuation([1.1, 1.2] * 49).n == 98
    assert isnan(detrended_fluctuation([1.1] * 200).alpha)
    with pytest.raises(ValueError, match="1 of 200 values are no numbers"):
        detrended_fluctuation([1.1] * 199 + [nan])
