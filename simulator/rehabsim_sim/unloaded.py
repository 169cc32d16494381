"""A treadmill with nobody on it whose belt is jerked: what its plates feign, real and simulated.

Source of the recordings that this reads: csu-hmc/pitch-moment-compensation, a Motek R-Mill
(Moore 2015): time in s, pitch moment in Nm and belt speed in m/s, about 100 times a second.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.signal import butter, sosfiltfilt

from rehabsim_sim.belts import Belts
from rehabsim_sim.jit import compiled, one_of
from rehabsim_sim.person import Array, Surroundings
from rehabsim_sim.plates import GRADES, PLATE_NOISES, SHAKES, Plates, bear, digitise

RATE_HZ = 100
FIT_HZ = 6.0
"""Below this the moment follows the acceleration; above, the structure rings."""


class InertiaFit(NamedTuple):
    """The moment that acceleration explains, and the rest.

    Attributes:
        moment_per_accel_nm_per_mps2: Slope, both signals low-passed at 6 Hz.
        total_rms_nm: Of the moment, without its mean.
        residual_rms_nm: Of what is left of it when the slope is taken away.
        residual_nm: That, sample by sample, not filtered.
    """

    moment_per_accel_nm_per_mps2: float
    total_rms_nm: float
    residual_rms_nm: float
    residual_nm: Array


def read_unloaded(path: Path) -> tuple[Array, Array, Array]:
    """Return time in s, moment in Nm and speed in m/s, evenly at 100 Hz."""
    time_s, moment_nm, speed_mps = np.loadtxt(path, skiprows=1).T
    even_s = np.arange(time_s[0], time_s[-1], 1 / RATE_HZ)
    return (
        even_s,
        np.interp(even_s, time_s, moment_nm),
        np.interp(even_s, time_s, speed_mps),
    )


def simulate_unloaded(
    time_s: Array, speed_mps: Array, seed: int = 1, grade: str = "rough"
) -> tuple[Array, Array, Array]:
    """Return the same signals of the simulated left plate, its belt moved as recorded.

    Args:
        time_s: (n,) evenly, 100 times a second.
        speed_mps: (n,) speed of the belt's surface.
        seed: Of the noise.
        grade: Of the plates; the recorded treadmill is "rough".
    """
    fine_s = np.arange(time_s[0], time_s[-1], 0.001)
    course = CubicSpline(time_s, speed_mps)
    fine_mps, fine_mps2 = course(fine_s), course(fine_s, 1)
    noise = np.random.default_rng(seed).standard_normal((len(fine_s), PLATE_NOISES))
    moment_nm = np.empty(len(fine_s))
    plates = one_of(GRADES[grade])
    _jerk(plates, one_of(Belts()), one_of(Surroundings()), fine_mps, fine_mps2, noise, moment_nm)
    smooth = butter(4, 0.49 * RATE_HZ, fs=1000, output="sos")
    at = np.arange(0, len(fine_s), 1000 // RATE_HZ)
    return fine_s[at], sosfiltfilt(smooth, moment_nm)[at], fine_mps[at]


@compiled
def _jerk(
    plates: Sequence[Plates],
    belts: Sequence[Belts],
    around: Sequence[Surroundings],
    speed_mps: Array,
    accel_mps2: Array,
    noise: Array,
    moment_nm: Array,
) -> None:
    row = np.zeros(12)
    for at in range(len(speed_mps)):
        row[:] = 0.0
        for i in range(2):
            belts[0].drive_mps[i] = speed_mps[at]
            belts[0].accel_mps2[i] = accel_mps2[at]
        bear(plates[0], belts[0], around[0], row, noise[at], PLATE_NOISES - 2 * SHAKES)
        digitise(plates[0], row, noise[at], 0)
        moment_nm[at] = row[4]


def fit_inertia(time_s: Array, moment_nm: Array, speed_mps: Array) -> InertiaFit:
    """Return how much moment a belt's acceleration makes, by least squares below 6 Hz.

    Args:
        time_s: (n,) evenly, 100 times a second.
        moment_nm: (n,) pitch moment.
        speed_mps: (n,) speed of the belt.
    """
    smooth = butter(2, FIT_HZ, fs=RATE_HZ, output="sos")
    centred_nm = moment_nm - moment_nm.mean()
    accel_mps2 = np.gradient(speed_mps, time_s)
    slow_nm, slow_mps2 = sosfiltfilt(smooth, centred_nm), sosfiltfilt(smooth, accel_mps2)
    slope = float(slow_mps2 @ slow_nm / (slow_mps2 @ slow_mps2))
    residual_nm = centred_nm - slope * accel_mps2
    return InertiaFit(slope, float(centred_nm.std()), float(residual_nm.std()), residual_nm)
