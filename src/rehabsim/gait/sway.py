"""Standing: how the centre of pressure moves, and the sensory tests that compare ways to stand.

Source: Prieto et al. 1996 (IEEE Trans Biomed Eng 43:956) for the measures of distance, area and
frequency; Schubert & Kirchner 2014 (Gait Posture 39:518) for the prediction ellipse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import atan2, pi, sqrt

import numpy as np
from scipy.signal import butter, sosfiltfilt, welch
from scipy.special import fdtri

from rehabsim.gait.balance import BODY_HEIGHT_M, COM_HEIGHT_FRAC
from rehabsim.gait.frames import Doubles

SMOOTH_HZ = 10.0
MIN_DURATION_S = 5.0
BAND_HZ = (0.15, 5.0)
SEGMENT_S = 20.0
"""Of Welch's spectrum: Hann windows, half overlapping, or the whole trial if it is shorter."""

SWAY_LIMIT_RAD = 12.5 * pi / 180
"""Forward and backward sway that people stand, together (Nashner)."""

CONDITIONS = range(1, 7)


@dataclass(frozen=True, slots=True)
class Sway:
    """One trial of quiet standing. AP is forward and backward, ML to the sides.

    Attributes:
        duration_s: Of the trial.
        mean_distance_m: From the mean point.
        rms_distance_m: Root mean square of the distance.
        rms_ap_m: Of the AP part.
        rms_ml_m: Of the ML part.
        range_ap_m: Greatest minus least.
        range_ml_m: The same, to the sides.
        path_m: Length of the way.
        mean_velocity_mps: Path over duration.
        mean_velocity_ap_mps: Of the AP part.
        mean_velocity_ml_mps: Of the ML part.
        ellipse_area_m2: 95 % prediction ellipse: the next point falls into it 95 times of 100.
        ellipse_axes_m: Its half axes, greater first.
        ellipse_direction_rad: Of the greater, from forward to the left.
        sway_area_rate_m2ps: Area swept per second from the mean point.
        mean_frequency_hz: Turns per second around the mean point at the mean distance.
        power_m2: Of the distance, 0.15 to 5 Hz.
        median_frequency_hz: Half of the power is below.
        frequency_95_hz: 95 % of the power is below.
        centroid_frequency_hz: Root of the second over the zeroth moment of the spectrum.
        dispersion: Of the frequencies: 0 is one pure frequency, 1 all of them.
    """

    duration_s: float
    mean_distance_m: float
    rms_distance_m: float
    rms_ap_m: float
    rms_ml_m: float
    range_ap_m: float
    range_ml_m: float
    path_m: float
    mean_velocity_mps: float
    mean_velocity_ap_mps: float
    mean_velocity_ml_mps: float
    ellipse_area_m2: float
    ellipse_axes_m: tuple[float, float]
    ellipse_direction_rad: float
    sway_area_rate_m2ps: float
    mean_frequency_hz: float
    power_m2: float
    median_frequency_hz: float
    frequency_95_hz: float
    centroid_frequency_hz: float
    dispersion: float


def sway_of(cop_m: Doubles, rate_hz: float) -> Sway:
    """Return the measures of one trial.

    Args:
        cop_m: (n, 2) x and y of the centre of pressure, frame lab; low-passed here at 10 Hz,
            second-order Butterworth, forward and backward.
        rate_hz: Samples per second.

    Raises:
        ValueError: The trial is shorter than 5 s, or a sample is missing.
    """
    duration_s = len(cop_m) / rate_hz
    if duration_s < MIN_DURATION_S:
        raise ValueError(f"{duration_s:.1f} s of standing, {MIN_DURATION_S:.0f} s are needed")
    missing = np.flatnonzero(~np.isfinite(cop_m).all(axis=1))
    if len(missing):
        raise ValueError(
            f"{len(missing)} of {len(cop_m)} samples are missing, the first at"
            f" {missing[0] / rate_hz:.2f} s"
        )
    smooth = butter(2, min(SMOOTH_HZ, 0.4 * rate_hz), fs=rate_hz, output="sos")
    away_m = sosfiltfilt(smooth, cop_m - cop_m.mean(axis=0), axis=0)
    away_m = away_m - away_m.mean(axis=0)
    ap_m, ml_m = away_m.T
    distance_m = np.hypot(ap_m, ml_m)
    steps_m = np.diff(away_m, axis=0)
    path_m = float(np.hypot(*steps_m.T).sum())
    mean_m = float(distance_m.mean())
    area_m2, axes_m, direction_rad = prediction_ellipse(away_m)
    swept_m2 = 0.5 * np.abs(ap_m[1:] * ml_m[:-1] - ap_m[:-1] * ml_m[1:])
    power, median_hz, high_hz, centroid_hz, dispersion = _spectrum(away_m, rate_hz)
    velocity_mps = path_m / duration_s
    return Sway(
        duration_s=duration_s,
        mean_distance_m=mean_m,
        rms_distance_m=float(np.sqrt(np.mean(distance_m**2))),
        rms_ap_m=float(ap_m.std()),
        rms_ml_m=float(ml_m.std()),
        range_ap_m=float(np.ptp(ap_m)),
        range_ml_m=float(np.ptp(ml_m)),
        path_m=path_m,
        mean_velocity_mps=velocity_mps,
        mean_velocity_ap_mps=float(np.abs(steps_m[:, 0]).sum()) / duration_s,
        mean_velocity_ml_mps=float(np.abs(steps_m[:, 1]).sum()) / duration_s,
        ellipse_area_m2=area_m2,
        ellipse_axes_m=axes_m,
        ellipse_direction_rad=direction_rad,
        sway_area_rate_m2ps=float(swept_m2.sum()) / duration_s,
        mean_frequency_hz=velocity_mps / (2 * pi * mean_m) if mean_m > 0 else 0.0,
        power_m2=power,
        median_frequency_hz=median_hz,
        frequency_95_hz=high_hz,
        centroid_frequency_hz=centroid_hz,
        dispersion=dispersion,
    )


def prediction_ellipse(points_m: Doubles) -> tuple[float, tuple[float, float], float]:
    """Return area, half axes and direction of the 95 % prediction ellipse of (n, 2) points.

    Source: half axes sqrt(2 (n + 1) (n - 1) / (n (n - 2)) F(0.95; 2, n - 2) lambda); for many
    points that is sqrt(5.991 lambda), the form with chi squared.
    """
    n = len(points_m)
    values, vectors = np.linalg.eigh(np.cov(points_m.T))
    scale = 2 * (n + 1) * (n - 1) / (n * (n - 2)) * float(fdtri(2, n - 2, 0.95))
    small_m, great_m = (sqrt(max(scale * float(value), 0.0)) for value in values)
    x, y = vectors[:, 1]
    direction_rad = atan2(float(y), float(x))
    if not -pi / 2 < direction_rad <= pi / 2:
        direction_rad += pi if direction_rad < 0 else -pi
    return pi * small_m * great_m, (great_m, small_m), direction_rad


def _spectrum(away_m: Doubles, rate_hz: float) -> tuple[float, float, float, float, float]:
    """Return power, median, 95 % and centroid frequency, and dispersion."""
    segment = min(len(away_m), round(SEGMENT_S * rate_hz))
    hz, density = welch(away_m, rate_hz, nperseg=segment, axis=0)
    density = density.sum(axis=1)
    is_in = (hz >= BAND_HZ[0]) & (hz <= BAND_HZ[1])
    hz, density = hz[is_in], density[is_in]
    running = np.cumsum(density)
    total = float(running[-1])
    if not total > 0:
        return 0.0, 0.0, 0.0, 0.0, 0.0
    median_hz, high_hz = (float(np.interp(share * total, running, hz)) for share in (0.5, 0.95))
    first, second = (float((density * hz**power).sum()) for power in (1, 2))
    dispersion = sqrt(max(1 - first**2 / (total * second), 0.0))
    return total * float(hz[1] - hz[0]), median_hz, high_hz, sqrt(second / total), dispersion


@dataclass(frozen=True, slots=True)
class Romberg:
    """Eyes closed over eyes open.

    Attributes:
        velocity: Of the mean velocities.
        area: Of the ellipses' areas.
    """

    velocity: float
    area: float


def romberg_quotient(eyes_closed: Sway, eyes_open: Sway) -> Romberg:
    """Return how much more someone sways without eyes."""
    return Romberg(
        eyes_closed.mean_velocity_mps / eyes_open.mean_velocity_mps,
        eyes_closed.ellipse_area_m2 / eyes_open.ellipse_area_m2,
    )


def sway_angle(com_x_m: Doubles, body_height_m: float = BODY_HEIGHT_M) -> Doubles:
    """Return (n,) forward lean in rad of a centre of mass above the ankles, mean taken off."""
    height_m = COM_HEIGHT_FRAC * body_height_m
    return np.asarray(np.arcsin(np.clip((com_x_m - com_x_m.mean()) / height_m, -1.0, 1.0)))


def equilibrium_score(lean_rad: Doubles) -> float:
    """Return 1 for no sway at all, 0 for as much as anybody stands; a fall is 0, too.

    Source: (12.5 degrees - (greatest - least)) / 12.5 degrees (Nashner; as a fraction here).
    """
    return min(max((SWAY_LIMIT_RAD - float(np.ptp(lean_rad))) / SWAY_LIMIT_RAD, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class Sensory:
    """What of the senses someone stands by; each as a fraction.

    Attributes:
        composite: All trials, the hard conditions weighing more.
        somatosensory: Condition 2 over 1: eyes closed.
        visual: Condition 4 over 1: floor sways along.
        vestibular: Condition 5 over 1: floor sways along, eyes closed.
        preference: Conditions 3 and 6 over 2 and 5: trusts moving surroundings too much.
    """

    composite: float
    somatosensory: float
    visual: float
    vestibular: float
    preference: float


def sensory_organisation(scores: Mapping[int, Sequence[float]]) -> Sensory:
    """Return what equilibrium scores of the six conditions say.

    Args:
        scores: Per condition, 1 to 6, the scores of its trials; 0 for a fall.

    Raises:
        ValueError: A condition has no trial.

    Source: composite = mean of (mean of condition 1, mean of condition 2, every trial of
    conditions 3 to 6), as the clinical test has it with three trials each.
    """
    absent = [condition for condition in CONDITIONS if not scores.get(condition)]
    if absent:
        raise ValueError(f"conditions {', '.join(map(str, absent))} have no trial")
    mean = {condition: float(np.mean(scores[condition])) for condition in CONDITIONS}
    trials = [score for condition in (3, 4, 5, 6) for score in scores[condition]]

    def over(part: float, whole: float) -> float:
        return part / whole if whole > 0 else float("nan")

    return Sensory(
        composite=float(np.mean([mean[1], mean[2], *trials])),
        somatosensory=over(mean[2], mean[1]),
        visual=over(mean[4], mean[1]),
        vestibular=over(mean[5], mean[1]),
        preference=over(mean[3] + mean[6], mean[2] + mean[5]),
    )
