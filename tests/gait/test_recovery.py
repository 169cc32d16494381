"""Steps after a disturbance, and how it ended."""

from math import isnan, nan

import numpy as np
import pytest

from rehabsim.gait.recovery import outcome_of, steps_to_recover

USUAL = [0.10, 0.11, 0.09, 0.10, 0.11, 0.09, 0.10, 0.11, 0.09, 0.10]


def test_steps_are_counted_until_three_usual_ones_in_a_row():
    after = [0.30, 0.02, 0.10, 0.11, 0.25, 0.10, 0.09, 0.11]
    found = steps_to_recover([*USUAL, *after], 10)
    assert found.step_count == 5
    assert found.baseline_mean == pytest.approx(0.10)
    assert found.baseline_sd == pytest.approx(np.std(USUAL, ddof=1))
    assert found.greatest_sd == pytest.approx(0.20 / np.std(USUAL, ddof=1))


def test_an_unknown_step_is_not_a_usual_one():
    assert steps_to_recover([*USUAL, 0.10, nan, 0.10, 0.10, 0.10], 10).step_count == 2


def test_who_was_not_disturbed_needs_no_step_and_who_does_not_recover_has_no_count():
    assert steps_to_recover([*USUAL, 0.10, 0.11, 0.09], 10).step_count == 0
    assert isnan(steps_to_recover([*USUAL, *[0.5] * 8], 10).step_count)


def test_without_five_usual_steps_nothing_is_known():
    found = steps_to_recover([0.1, 0.1, nan, 0.1, 0.1, 0.3], 5)
    assert isnan(found.step_count)
    assert isnan(found.baseline_mean)


@pytest.mark.parametrize(
    ("load", "has_fallen", "outcome"),
    [
        ([], False, "walked_on"),
        ([], True, "fell"),
        ([0.0] * 50 + [0.31] + [0.0] * 150, False, "fell"),
        ([0.0] * 50 + [0.29] + [0.0] * 150, False, "walked_on"),
        ([0.05] * 200, False, "assisted"),
        ([0.04] * 200, False, "walked_on"),
        ([nan] * 200, False, "walked_on"),
    ],
)
def test_the_harness_tells_a_fall_by_its_peak_and_help_by_its_mean(load, has_fallen, outcome):
    assert outcome_of(load, 100.0, has_fallen=has_fallen) == outcome
