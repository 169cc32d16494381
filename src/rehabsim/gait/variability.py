"""How regular strides are: long-range order of their times."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np

MIN_COUNT = 100
"""Fewer strides have no scaling exponent worth a number."""

SMALLEST_WINDOW = 16
WINDOW_COUNT = 12
WINDOWS_IN_SERIES = 9
"""The greatest window fits so often into the series."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """Detrended fluctuation analysis of a series.

    Attributes:
        alpha: Slope of log fluctuation over log window: 0.5 is random, above persistent, below
            anti-persistent; NaN where the series is too short or constant.
        n: Values in the series.
    """

    alpha: float
    n: int


def detrended_fluctuation(values: Sequence[float]) -> Scaling:
    """Return the scaling exponent of a series, one value a stride, in order of time.

    Windows from 16 to n/9 values, evenly spaced in the logarithm, not overlapping, laid from
    both ends of the series so that none of it is left out; a straight line is taken off each.

    Source: Peng et al. 1995 (Chaos 5:82); windows as Damouras, Chang, Sejdic & Chau 2010 (Gait
    Posture 31:336) advise for strides; both ends as Kantelhardt et al. 2002.

    Raises:
        ValueError: A value is not finite.
    """
    series = np.asarray(values, float)
    if not np.isfinite(series).all():
        bad_count = int((~np.isfinite(series)).sum())
        raise ValueError(f"{bad_count} of {len(series)} values are no numbers")
    n = len(series)
    if n < MIN_COUNT or np.ptp(series) == 0:
        return Scaling(nan, n)
    profile = np.cumsum(series - series.mean())
    greatest = max(n // WINDOWS_IN_SERIES, SMALLEST_WINDOW + 4)
    windows = np.unique(np.geomspace(SMALLEST_WINDOW, greatest, WINDOW_COUNT).astype(int))
    fluctuation = [_fluctuation(profile, int(window)) for window in windows]
    slope = np.polyfit(np.log(windows), np.log(fluctuation), 1)[0]
    return Scaling(float(slope), n)


def _fluctuation(profile: np.ndarray[tuple[int], np.dtype[np.float64]], window: int) -> float:
    """Return the root mean square around straight lines through windows of the profile."""
    count = len(profile) // window
    used = count * window
    pieces = np.concatenate([profile[:used], profile[len(profile) - used :]]).reshape(-1, window)
    at = np.arange(window) - (window - 1) / 2
    slopes = pieces @ at / (at @ at)
    rest = pieces - pieces.mean(axis=1, keepdims=True) - slopes[:, None] * at
    return float(np.sqrt(np.mean(rest**2)))
