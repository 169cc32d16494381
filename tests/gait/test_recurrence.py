"""Filters of the live analysis against the library's, which stand for what they should be."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import signal

from rehabsim.gait.recurrence import LONG_COUNT, Recurrence, bilinear, low_pass

RATES_HZ = (100.0, 250.0, 1000.0, 2000.0)
ANALOG = (
    ((2.0, 1.0, 0.0), (1.0, 3.0, 4.0, 2.0)),
    ((1.0, 0.0), (1.0, 1.4, 1.0)),
    ((5.0,), (1.0, 5.0)),
    ((3.0, 2.0, 1.0), (4.0, 3.0, 2.0)),
)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("part", [0.001, 0.04, 0.2, 0.4, 0.49])
def test_a_low_pass_is_the_librarys_butterworth_of_second_order(rate_hz, part):
    made = low_pass(part * rate_hz, rate_hz)
    b, a = signal.butter(2, part * rate_hz, fs=rate_hz)
    np.testing.assert_allclose(made.b, b, rtol=1e-12)
    np.testing.assert_allclose(made.a, a, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("analog", ANALOG)
def test_tustins_rule_is_the_librarys(analog, rate_hz):
    made = bilinear(*analog, rate_hz)
    b, a = signal.bilinear(*analog, rate_hz)
    longest = len(made.a)
    np.testing.assert_allclose(made.b, np.pad(b, (0, longest - len(b))), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(made.a, a, rtol=1e-9)


@pytest.mark.parametrize(
    "made", [low_pass(0.04, 1.0), low_pass(0.4, 1.0), bilinear(*ANALOG[0], 9.0)]
)
def test_its_steady_state_is_the_librarys_and_steady(made):
    state = made.steady_state()
    np.testing.assert_allclose(state, signal.lfilter_zi(made.b, made.a), rtol=1e-9)
    came, after = made.run(np.ones((20, 1)), state[:, None])
    np.testing.assert_allclose(came, made.b.sum() / made.a.sum(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(after, state[:, None], rtol=1e-9)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_its_delay_is_the_librarys(rate_hz):
    made = low_pass(40.0, rate_hz)
    delay = signal.group_delay((made.b, made.a), w=[1e-3], fs=rate_hz)[1][0]
    assert made.slow_delay_count() == pytest.approx(float(delay), rel=1e-6)


@pytest.mark.parametrize("columns", [1, 2, 14])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_it_makes_the_librarys_numbers_for_chunks_of_any_length(order, columns):
    random = np.random.default_rng(order)
    poles = random.uniform(0.3, 0.98, order)
    made = Recurrence(random.normal(size=order + 1), np.poly(poles))
    values = random.normal(size=(300, columns)) * 800.0
    state = random.normal(size=(order, columns))
    wanted, wanted_state = signal.lfilter(made.b, made.a, values, axis=0, zi=state)
    for count in (1, 3, 4, LONG_COUNT - 1, LONG_COUNT, 300):
        parts, now = [], state.copy()
        for start in range(0, 300, count):
            part, now = made.run(values[start : start + count], now)
            parts.append(part)
        np.testing.assert_allclose(np.concatenate(parts), wanted, rtol=1e-12, atol=1e-9)
        np.testing.assert_allclose(now, wanted_state, rtol=1e-12, atol=1e-9)


def test_what_was_given_stays_as_it_was():
    made = low_pass(40.0, 1000.0)
    values, state = np.ones((4, 2)), np.full((2, 2), 0.5)
    made.run(values, state)
    assert (values == 1).all()
    assert (state == 0.5).all()


@pytest.mark.parametrize("module", ["rehabsim.session.run", "rehabsim.cli.app"])
def test_nothing_that_begins_a_session_waits_for_the_librarys_import(module):
    words = f"import sys, {module}; sys.exit('scipy.signal' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0
