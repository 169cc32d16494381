"""What a biomechanist reads off a walk or a stance; every measure with its unit in its name."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import stats
from scipy.signal import butter, sosfiltfilt

from rehabsim_sim.person import LEFT, RIGHT, Array
from rehabsim_validation.walk import AT, LENGTH, WIDTH, Walk

CONTACT_N = 20.0


@dataclass(frozen=True)
class Stances:
    """Forces of one foot over its stances, in body weights, stretched to 101 points.

    Attributes:
        fz_bw: (n, 101) vertical.
        fx_bw: (n, 101) forward, of both feet together.
        fy_bw: (n, 101) to the left, of both feet together.
        duration_s: (n,) above 20 N.
    """

    fz_bw: Array
    fx_bw: Array
    fy_bw: Array
    duration_s: Array


def stances(walk: Walk, side: int = LEFT) -> Stances:
    """Return the stances of a foot, from one crossing of 20 N to the other."""
    name = "left_foot_n" if side == LEFT else "right_foot_n"
    load_n, fx_n, fy_n = walk.column(name), walk.column("fx_n"), walk.column("fy_n")
    edges = np.flatnonzero(np.diff((load_n > CONTACT_N).astype(int)))
    if load_n[0] > CONTACT_N:
        edges = edges[1:]
    pairs = edges[: len(edges) // 2 * 2].reshape(-1, 2)
    grid = np.linspace(0, 1, 101)

    def stretched(force_n: Array) -> Array:
        return np.array(
            [
                np.interp(grid, np.linspace(0, 1, off - on), force_n[on + 1 : off + 1])
                for on, off in pairs
            ]
        )

    fz, fx, fy = (stretched(force_n) / walk.weight_n for force_n in (load_n, fx_n, fy_n))
    return Stances(fz, fx, fy, (pairs[:, 1] - pairs[:, 0]) / 1000)


def gait(walk: Walk) -> dict[str, float]:
    """Return the measures of a steady walk."""
    strikes, left = walk.strikes(), walk.strikes(LEFT)
    at = left[:, AT].astype(int)
    stride_s = np.diff(left[:, AT]) / 1000
    first = 0 if strikes[0, AT] == left[0, AT] else 1
    lengths_m = strikes[first + 1 :, LENGTH]
    count = min(len(stride_s), len(lengths_m) // 2)
    stride_s = stride_s[:count]
    stride_m = lengths_m[: 2 * count : 2] + lengths_m[1 : 2 * count : 2]
    whole = slice(at[0], at[-1])
    load_n = walk.column("left_foot_n") + walk.column("right_foot_n")
    fx_bw = walk.column("fx_n")[whole] / walk.weight_n
    y_m, z_m = walk.column("com_y_m"), walk.column("com_z_m")
    strides = list(pairwise(at))
    both = (walk.column("left_foot_n") > CONTACT_N) & (walk.column("right_foot_n") > CONTACT_N)
    on = stances(walk)
    peaks = force_peaks(on.fz_bw.mean(axis=0))
    steps = [slice(int(a), int(b)) for a, b in np.column_stack([strikes[:-1, AT], strikes[1:, AT]])]
    return {
        "mean_force_bw": float(load_n[whole].mean() / walk.weight_n),
        **peaks,
        "first_peak_cv_pct": float(100 * variation(on.fz_bw[:, :45].max(axis=1))),
        "loading_rate_bw_per_s": loading_rate(on),
        "braking_bw": _extreme(walk.column("fx_n"), steps, np.min) / walk.weight_n,
        "propulsion_bw": _extreme(walk.column("fx_n"), steps, np.max) / walk.weight_n,
        "mean_shear_bw": float(fx_bw.mean()),
        "sideways_bw": _extreme(np.abs(walk.column("fy_n")), steps, np.max) / walk.weight_n,
        "cadence_spm": float(60000 / np.diff(strikes[:, AT]).mean()),
        "step_length_m": float(strikes[:, LENGTH].mean()),
        "step_width_m": float(strikes[:, WIDTH].mean()),
        "step_width_sd_m": float(strikes[:, WIDTH].std()),
        "step_length_sd_m": float(strikes[:, LENGTH].std()),
        "stance_pct": float(100 * on.duration_s.mean() / stride_s.mean()),
        "double_support_pct": float(100 * both[whole].mean()),
        "stride_time_cv_pct": float(100 * variation(stride_s)),
        "stride_time_dfa": dfa(stride_s),
        "stride_length_dfa": dfa(stride_m),
        "stride_speed_dfa": dfa(stride_m / stride_s),
        "com_up_down_m": float(np.mean([np.ptp(z_m[a:b]) for a, b in strides])),
        "com_side_to_side_m": float(np.mean([np.ptp(y_m[a:b]) for a, b in strides])),
        "place_sd_m": float(walk.column("com_x_m").std()),
        "stride_count": float(count),
    }


def _extreme(signal: Array, parts: list[slice], extreme: np.ufunc | object) -> float:
    return float(np.mean([extreme(signal[part]) for part in parts]))  # type: ignore[operator]


def force_peaks(curve_bw: Array) -> dict[str, float]:
    """Return first peak, trough and second peak of a (101,) vertical force, and their times."""
    first = int(np.argmax(curve_bw[:45]))
    second = 55 + int(np.argmax(curve_bw[55:]))
    trough = first + int(np.argmin(curve_bw[first : second + 1]))
    return {
        "first_peak_bw": float(curve_bw[first]),
        "trough_bw": float(curve_bw[trough]),
        "second_peak_bw": float(curve_bw[second]),
        "first_peak_at_pct": float(first),
        "second_peak_at_pct": float(second),
    }


def loading_rate(on: Stances) -> float:
    """Return the slope from 20 to 80 % of the first peak, in body weights per second."""
    rates = []
    for curve_bw, duration_s in zip(on.fz_bw, on.duration_s, strict=True):
        peak = int(np.argmax(curve_bw[:45]))
        low, high = (int(np.argmax(curve_bw > part * curve_bw[peak])) for part in (0.2, 0.8))
        if high > low:
            rates.append((curve_bw[high] - curve_bw[low]) / ((high - low) / 100 * duration_s))
    return float(np.mean(rates))


def variation(values: Array) -> float:
    """Return SD over mean."""
    return float(np.std(values, ddof=1) / np.mean(values))


def dfa(series: Array) -> float:
    """Return the exponent of detrended fluctuation analysis.

    Windows of 16 samples to a ninth of the series, evenly in their logarithm, detrended by
    straight lines; 0.5 is white noise, 1 pink.

    Source: Peng 1994 (Phys Rev E 49:1685).
    """
    profile = np.cumsum(series - np.mean(series))
    sizes = np.unique(np.geomspace(16, max(len(series) // 9, 18), 16).astype(int))
    spread = []
    for size in sizes:
        count = len(profile) // size
        parts = profile[: count * size].reshape(count, size).T
        t = np.arange(size) - (size - 1) / 2
        slopes = t @ parts / (t @ t)
        spread.append(np.sqrt(np.mean((parts - parts.mean(axis=0) - np.outer(t, slopes)) ** 2)))
    return float(np.polyfit(np.log(sizes), np.log(spread), 1)[0])


def symmetry_index(left: float, right: float) -> float:
    """Return 100 (L - R) / mean, in per cent; Robinson 1987."""
    return 200 * (left - right) / (left + right)


def symmetry(walk: Walk) -> dict[str, float]:
    """Return how the left differs from the right, in per cent of their mean."""
    left, right = stances(walk, LEFT), stances(walk, RIGHT)
    peaks = [force_peaks(on.fz_bw.mean(axis=0)) for on in (left, right)]
    lengths_m = [float(walk.strikes(side)[:, LENGTH].mean()) for side in (LEFT, RIGHT)]
    return {
        "stance_index_pct": symmetry_index(left.duration_s.mean(), right.duration_s.mean()),
        "first_peak_index_pct": symmetry_index(*(p["first_peak_bw"] for p in peaks)),
        "second_peak_index_pct": symmetry_index(*(p["second_peak_bw"] for p in peaks)),
        "step_length_index_pct": symmetry_index(*lengths_m),
    }


def sway(walk: Walk) -> dict[str, float]:
    """Return the measures of quiet standing, from the COP at 100 Hz below 10 Hz.

    Source: Prieto 1996 (IEEE Trans Biomed Eng 43:956); the area is the 95 % prediction ellipse.
    """
    smooth = butter(2, 10, fs=1000, output="sos")
    x_mm, y_mm = (
        1000 * sosfiltfilt(smooth, walk.column(name))[::10] for name in ("cop_x_m", "cop_y_m")
    )
    path_mm = np.hypot(np.diff(x_mm), np.diff(y_mm)).sum()
    covariance = np.cov(x_mm, y_mm)
    f95 = stats.f.ppf(0.95, 2, len(x_mm) - 2)
    left_n, right_n = walk.column("left_foot_n").mean(), walk.column("right_foot_n").mean()
    return {
        "sway_rms_ap_mm": float(x_mm.std()),
        "sway_rms_ml_mm": float(y_mm.std()),
        "sway_velocity_mm_per_s": float(path_mm / (len(x_mm) / 100)),
        "sway_area_mm2": float(2 * np.pi * f95 * np.sqrt(np.linalg.det(covariance))),
        "left_load_pct": float(100 * left_n / (left_n + right_n)),
    }
