"""Forces under one foot from heel strike to toe-off: peaks, trough, loading rate, impulses."""

from dataclasses import dataclass
from math import nan

import numpy as np

from rehabsim.gait.frames import Doubles

EARLY_FRAC, LATE_FRAC = 0.50, 0.50
"""Of the stance: the first peak is before, the second after."""

MIN_DIP_FRAC = 0.03
"""Of the lesser peak: a shallower trough is none, the force has one hump as in slow gait."""

MIN_FRAMES = 20


@dataclass(frozen=True, slots=True)
class Stance:
    """One stance; NaN where not measured, or where the force has no such feature.

    Attributes:
        first_peak_n: Greatest vertical force in the first half, weight acceptance.
        trough_n: Least between the peaks, mid-stance.
        second_peak_n: Greatest in the second half, push-off.
        loading_rate_nps: Mean slope from 20 to 80 % of the first peak.
        vertical_impulse_ns: Vertical force times time.
        braking_impulse_ns: Backward force times time, positive.
        propulsive_impulse_ns: Forward force times time, positive.
        braking_peak_n: Greatest backward force, positive.
        propulsive_peak_n: Greatest forward force.
    """

    first_peak_n: float = nan
    trough_n: float = nan
    second_peak_n: float = nan
    loading_rate_nps: float = nan
    vertical_impulse_ns: float = nan
    braking_impulse_ns: float = nan
    propulsive_impulse_ns: float = nan
    braking_peak_n: float = nan
    propulsive_peak_n: float = nan


NO_STANCE = Stance()


def measure_stance(forces: Doubles, dt_s: float) -> Stance:
    """Return the measures of one stance.

    Args:
        forces: (k, 2) fx_n fz_n of the foot's own plate, from the frame before heel strike to
            the frame after toe-off.
        dt_s: Time between frames.

    Source: peaks and trough as in Chao et al. 1983; loading rate from 20 to 80 % as is usual in
    running (Milner et al. 2006); low-passed at 40 Hz before.
    """
    fx_n, fz_n = forces[:, 0], forces[:, 1]
    if len(fz_n) < MIN_FRAMES or not np.isfinite(fz_n).all():
        return NO_STANCE
    half = len(fz_n) // 2
    first = int(np.argmax(fz_n[:half]))
    second = half + int(np.argmax(fz_n[half:]))
    trough_n = float(fz_n[first : second + 1].min())
    first_n, second_n = float(fz_n[first]), float(fz_n[second])
    has_dip = trough_n < (1 - MIN_DIP_FRAC) * min(first_n, second_n)
    is_known = bool(np.isfinite(fx_n).all())
    return Stance(
        first_peak_n=first_n if has_dip else nan,
        trough_n=trough_n if has_dip else nan,
        second_peak_n=second_n if has_dip else nan,
        loading_rate_nps=_loading_rate_nps(fz_n[: first + 1], dt_s) if has_dip else nan,
        vertical_impulse_ns=float(fz_n.sum()) * dt_s,
        braking_impulse_ns=-float(np.minimum(fx_n, 0).sum()) * dt_s if is_known else nan,
        propulsive_impulse_ns=float(np.maximum(fx_n, 0).sum()) * dt_s if is_known else nan,
        braking_peak_n=-float(fx_n[:half].min()) if is_known else nan,
        propulsive_peak_n=float(fx_n[half:].max()) if is_known else nan,
    )


def _loading_rate_nps(rise_n: Doubles, dt_s: float) -> float:
    """Return the mean slope between 20 and 80 % of the last value."""
    low_n, high_n = 0.2 * rise_n[-1], 0.8 * rise_n[-1]
    high = int(np.argmax(rise_n >= high_n))
    below = np.flatnonzero(rise_n[: high + 1] < low_n)
    if not len(below) or high == 0:
        return nan
    low = int(below[-1])
    low_at = low + (low_n - rise_n[low]) / (rise_n[low + 1] - rise_n[low])
    high_at = high - (rise_n[high] - high_n) / (rise_n[high] - rise_n[high - 1])
    if not high_at > low_at:
        return nan
    return float((high_n - low_n) / ((high_at - low_at) * dt_s))
