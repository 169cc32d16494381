"""Filters advance exactly, by steps of any length."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg, signal

from rehabsim.training.linear import (
    MAX_KEPT,
    Linear,
    exponential,
    high_pass,
    high_pass_2,
    low_pass,
)

FILTERS = {
    "low_pass": ([25.0], [1.0, 10.0, 25.0]),
    "high_pass": ([1.0, 0.0], [1.0, 0.1]),
    "high_pass_2": ([1.0, 0.0, 0.0], [1.0, 0.5, 1.0]),
    "push": ([1.0, 0.0], [1.0, 5.3, 7.75, 1.875]),
    "not_monic": ([3.0, 1.0], [2.0, 5.0]),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_agrees_with_scipys_discretisation_of_a_held_input(name):
    above, below = FILTERS[name]
    a, b, c, d, dt_s = signal.cont2discrete(signal.tf2ss(above, below), 0.02, "zoh")
    values = np.random.default_rng(1).normal(size=400)
    inside = np.zeros((len(a), 1))
    ours = Linear(above, below)
    for value in values:
        inside = a @ inside + b * value
        theirs = float((c @ inside + d * value)[0, 0])
        assert ours.step(value, dt_s) == pytest.approx(theirs, abs=1e-11)


@pytest.mark.parametrize(
    ("made", "theirs"),
    [
        (lambda: low_pass(5.0, 0.7), ([25.0], [1.0, 7.0, 25.0])),
        (lambda: high_pass(2.0), ([1.0, 0.0], [1.0, 2.0])),
        (lambda: high_pass_2(2.0, 0.5), ([1.0, 0.0, 0.0], [1.0, 2.0, 4.0])),
    ],
)
def test_a_sine_comes_out_as_large_and_as_late_as_theory_says(made, theirs):
    radps, dt_s = 1.7, 0.001
    ours = made()
    t_s = np.arange(0, 60, dt_s)
    out = np.array([ours.step(np.sin(radps * (t + dt_s / 2)), dt_s) for t in t_s])
    late = t_s > 40
    wave = np.exp(1j * radps * (t_s[late] + dt_s))
    answer = 2j * np.mean(out[late] * wave.conj())
    _, (expected,) = signal.freqs(*theirs, [radps])
    # Means over what is not a whole number of periods are a little off.
    assert abs(answer - expected) < 0.03


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-5, 5), st.integers(1, 30)), min_size=1, max_size=12),
    st.sampled_from(sorted(FILTERS)),
)
def test_one_long_step_ends_where_many_short_ones_do(holds, name):
    one, many = Linear(*FILTERS[name]), Linear(*FILTERS[name])
    for value, count in holds:
        out = one.step(value, 0.004 * count)
        for _ in range(count):
            small = many.step(value, 0.004)
        assert small == pytest.approx(out, abs=1e-9)


def test_the_exponential_is_scipys():
    rng = np.random.default_rng(2)
    for size, scale in ((1, 0.0), (2, 1e-6), (3, 1.0), (4, 30.0)):
        matrix = scale * rng.normal(size=(size, size))
        expected = linalg.expm(matrix)
        assert np.abs(exponential(matrix) - expected).max() <= 1e-11 * np.abs(expected).max()


def test_steps_of_ever_new_lengths_do_not_fill_the_memory():
    ours = high_pass(1.0)
    for index in range(10 * MAX_KEPT):
        ours.step(1.0, 0.004 + 1e-6 * index)
    assert len(ours._rows) <= MAX_KEPT


@pytest.mark.parametrize(
    ("above", "below"), [([1, 0, 0], [1, 1]), ([1], [1]), ([1], [0, 1]), ([1], [1] * 5)]
)
def test_what_is_no_filter_is_refused(above, below):
    with pytest.raises(ValueError, match="is no filter"):
        Linear(above, below)
