"""After a disturbance: how many steps until someone walks as before; help and falls."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Literal

import numpy as np

BASELINE_COUNT = 10
"""Steps before the disturbance that say what is usual, at least `MIN_BASELINE` of them."""

MIN_BASELINE = 5
BAND_SD = 3.0
"""Usual is the mean of these steps and so many standard deviations to both sides (the spread of
ten steps is itself uncertain; at two standard deviations undisturbed steps leave it too often)."""

SETTLED_COUNT = 3
"""Someone has recovered at the first of so many usual steps in a row."""

HARNESS_FALL_FRAC = 0.30
HARNESS_ASSIST_FRAC = 0.045
"""Of body weight on the harness: at its peak a fall; as the mean of a second, help (Yang & Pai
2011)."""

Outcome = Literal["walked_on", "assisted", "fell"]
"""There is no stumble: margins of steps that nothing disturbed leave the usual ones by as much."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What one disturbance did to the steps that followed.

    Attributes:
        step_count: Steps until the first of three usual ones in a row, 0 if none was unusual;
            NaN where that was not reached or what is usual is unknown.
        greatest_sd: Farthest step, in standard deviations of the usual ones.
        baseline_mean: Of the usual steps.
        baseline_sd: Their standard deviation.
    """

    step_count: float
    greatest_sd: float
    baseline_mean: float
    baseline_sd: float


def steps_to_recover(values: Sequence[float], first: int) -> Recovery:
    """Return how steps went on after a disturbance.

    Args:
        values: One number a step, in order: a margin of stability, a length, a time.
        first: Index of the first step after the disturbance.

    Source: return into the usual range as in McCrum et al. 2014 and Hof et al. 2010 count it.
    """
    before = np.array([v for v in values[max(first - BASELINE_COUNT, 0) : first] if isfinite(v)])
    if len(before) < MIN_BASELINE:
        return Recovery(nan, nan, nan, nan)
    mean, spread = float(before.mean()), float(before.std(ddof=1))
    after = np.array(values[first:], float)
    away = np.abs(after - mean) / max(spread, 1e-12)
    is_usual = np.where(np.isfinite(away), away <= BAND_SD, False)
    greatest = float(np.nanmax(away)) if np.isfinite(away).any() else nan
    runs = np.convolve(is_usual, np.ones(SETTLED_COUNT), "valid") >= SETTLED_COUNT
    count = float(np.argmax(runs)) if runs.any() else nan
    return Recovery(count, greatest, mean, spread)


def outcome_of(harness_frac: Sequence[float], rate_hz: float, *, has_fallen: bool) -> Outcome:
    """Return how a disturbance ended.

    Args:
        harness_frac: Load on the harness over body weight, from the disturbance on; empty where
            none is measured.
        rate_hz: Samples per second of it.
        has_fallen: Two of the three signs of a fall came together.

    Source: harness load as Yang & Pai 2011 (J Biomech 44:2243).
    """
    load = np.array([value for value in harness_frac if isfinite(value)])
    second = max(round(rate_hz), 1)
    if has_fallen or (len(load) and float(load.max()) > HARNESS_FALL_FRAC):
        return "fell"
    if len(load) >= second:
        means = np.convolve(load, np.ones(second) / second, "valid")
        if float(means.max()) > HARNESS_ASSIST_FRAC:
            return "assisted"
    return "walked_on"
