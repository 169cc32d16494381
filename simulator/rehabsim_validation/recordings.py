"""Real recordings beside the simulated person and the simulated plates."""

import importlib
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.signal import butter, sosfiltfilt, welch

from rehabsim_sim.person import Array
from rehabsim_sim.unloaded import fit_inertia, read_unloaded, simulate_unloaded

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Where the real recordings lie: beside the project, not in it."""

WALK_FILE = "dual_belt_walk_200hz.csv"
UNLOADED_FILES = {
    "fast": "unloaded_belt_fast_100hz.txt",
    "slow": "unloaded_belt_slow_100hz.txt",
}
BANDS_HZ = ((0.5, 2), (2, 5), (5, 10), (10, 20), (20, 30), (30, 40), (40, 50))


class RealWalk(NamedTuple):
    """A recorded walk, measured as the simulated one is.

    Attributes:
        fz_bw: (n, 101) vertical force of clean stances of the left plate.
        cadence_spm: Steps a minute.
        stance_s: Median time above 50 N.
        weight_n: Mean force of both plates.
    """

    fz_bw: Array
    cadence_spm: float
    stance_s: float
    weight_n: float


def read_walk(path: Path) -> RealWalk:
    """Return the clean stances of the recorded walk: one foot alone on the left plate.

    The recording has many steps across the seam; a stance is taken when it rises from and falls
    to under 30 N within 0.5 to 0.9 s and its first peak shows that it bore the whole foot.
    """
    forces_n = np.loadtxt(path, delimiter=",")
    smooth = butter(2, 20, fs=200, output="sos")
    left_n, right_n = (sosfiltfilt(smooth, forces_n[:, i]) for i in (2, 5))
    weight_n = float((left_n + right_n).mean())
    edges = np.flatnonzero(np.diff((left_n > 30).astype(int)))
    if left_n[0] > 30:
        edges = edges[1:]
    pairs = edges[: len(edges) // 2 * 2].reshape(-1, 2)
    grid = np.linspace(0, 1, 101)
    clean = []
    for on, off in pairs:
        curve = np.interp(grid, np.linspace(0, 1, off - on), left_n[on + 1 : off + 1] / weight_n)
        if 100 <= off - on <= 180 and curve[:45].max() > 0.95:
            clean.append((curve, (off - on) / 200))
    hz, power = welch(left_n + right_n - weight_n, fs=200, nperseg=2048)
    band = (hz > 1.2) & (hz < 2.6)
    return RealWalk(
        np.array([curve for curve, _ in clean]),
        float(60 * hz[band][np.argmax(power[band])]),
        float(np.median([duration_s for _, duration_s in clean])),
        weight_n,
    )


class Unloaded(NamedTuple):
    """The empty treadmill, recorded and simulated.

    Attributes:
        slopes: Moment per acceleration in Nm per m/s², real and simulated.
        totals_nm: RMS of the moment.
        residuals_nm: RMS of what acceleration does not explain.
        hz: Frequencies of the spectra.
        real_psd: Of the residual, Nm²/Hz.
        sim_psd: The same, simulated.
        bands: Simulated over real RMS in each of `BANDS_HZ`.
    """

    slopes: tuple[float, float]
    totals_nm: tuple[float, float]
    residuals_nm: tuple[float, float]
    hz: Array
    real_psd: Array
    sim_psd: Array
    bands: tuple[float, ...]


def compare_unloaded(path: Path) -> Unloaded:
    """Return the recording beside the simulated plate under the same belt."""
    real = read_unloaded(path)
    fits = fit_inertia(*real), fit_inertia(*simulate_unloaded(real[0], real[2]))
    hz, real_psd = welch(fits[0].residual_nm, fs=100, nperseg=512)
    _, sim_psd = welch(fits[1].residual_nm, fs=100, nperseg=512)
    bands = []
    for low_hz, high_hz in BANDS_HZ:
        band = (hz >= low_hz) & (hz < high_hz)
        bands.append(float(np.sqrt(sim_psd[band].mean() / real_psd[band].mean())))
    return Unloaded(
        (fits[0].moment_per_accel_nm_per_mps2, fits[1].moment_per_accel_nm_per_mps2),
        (fits[0].total_rms_nm, fits[1].total_rms_nm),
        (fits[0].residual_rms_nm, fits[1].residual_rms_nm),
        hz,
        real_psd,
        sim_psd,
        tuple(bands),
    )


def overground() -> dict[float, Array] | None:
    """Return (n, 101) vertical force over its stance mean, by speed class, or None.

    The 600 trials of ten people (Pataky 2008) come with the package spm1d. Its licence is the
    GPL, so it is no dependency: `pip install spm1d` beside this project to see them.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            package = importlib.import_module("spm1d")
    except ImportError:
        return None
    folder = Path(str(package.__file__)).parent / "data" / "datafiles"
    speeds_mps = np.load(folder / "ex_grf_speeds.npy")
    trials = np.stack([np.load(folder / f"ex_grf_subj{i:03d}.npy") for i in range(10)], axis=1)
    curves = {}
    for middle_mps in (0.8, 1.2, 1.6, 1.9):
        chosen = trials[np.abs(speeds_mps - middle_mps) < 0.1]
        if len(chosen) >= 5:
            curves[middle_mps] = chosen / chosen.mean(axis=1, keepdims=True)
    return curves
