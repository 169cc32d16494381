"""One measure: a number with unit, count, interval, method and source. Pure."""

from collections.abc import Sequence
from math import isfinite, nan, sqrt
from typing import Literal

import numpy as np
from scipy.special import stdtrit

from rehabsim.base.records import Record

Whose = Literal["left", "right", "both"]

MIN_COUNT = 3
"""Fewer values than this have no interval."""

INTERVAL = (
    "95 % interval of the mean by Student's t on the effective number of values, which counts"
    " neighbours that resemble each other less (n (1 - r) / (1 + r), r the lag-1 autocorrelation)"
)
NO_INTERVAL = "counted or summed once: no interval"


class Measure(Record, frozen=True, kw_only=True):
    """One number about a walk.

    Attributes:
        name: In full words.
        value: In `unit`; None where not measured.
        unit: SI, `1` for a ratio, `count` for a number of things, `BW` for body weights.
        side: Whose.
        n: From how many values.
        ci95: Lower and upper end, None where there is no interval.
        method: How `value` and `ci95` were computed.
        source: What they were computed from.
        reason: Why there is no value; empty where there is one.
    """

    name: str
    value: float | None
    unit: str
    side: Whose
    n: int
    ci95: tuple[float, float] | None
    method: str
    source: str
    reason: str = ""


def mean_with_interval(values: Sequence[float]) -> tuple[float, tuple[float, float] | None, int]:
    """Return mean, 95 % interval and count of the finite `values`, which are in order of time.

    The interval is None for fewer than `MIN_COUNT` values; the mean of none is NaN.

    Source: effective number of independent observations of an autocorrelated series (Bayley &
    Hammersley 1946) for lag-1 autocorrelation; a negative one is taken as zero.
    """
    x = np.array([value for value in values if isfinite(value)])
    if not len(x):
        return nan, None, 0
    mean = float(np.mean(x))
    if len(x) < MIN_COUNT:
        return mean, None, len(x)
    deviation = x - mean
    power = float(np.sum(deviation**2))
    lag = float(np.sum(deviation[1:] * deviation[:-1])) / power if power > 0 else 0.0
    r = min(max(lag, 0.0), 0.99)
    effective = max(len(x) * (1 - r) / (1 + r), 2.0)
    half = float(stdtrit(effective - 1, 0.975)) * sqrt(power / (len(x) - 1) / effective)
    return mean, (mean - half, mean + half), len(x)
