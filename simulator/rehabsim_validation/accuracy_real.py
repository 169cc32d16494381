"""The gait analysis on real recordings."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.signal import butter, sosfiltfilt

from rehabsim.devices.recording_c3d import read_c3d_plates
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.feet import SIDES
from rehabsim.gait.inertia import FIT_HZ, Inertia, fit_inertia
from rehabsim.gait.review import pressure_contacts
from rehabsim_sim.person import Array
from rehabsim_sim.unloaded import read_unloaded
from rehabsim_validation.accuracy_errors import Matched, match, together
from rehabsim_validation.detectors import strikes
from rehabsim_validation.recordings import UNLOADED_FILES, WALK_FILE

PLATES_FILE = "two_plates_1khz.c3d"
STANCE_N = 50.0
UNLOADED_HZ = 100.0
MY = 4
RATE_HZ = 200.0
DT_NS = 5_000_000
FIRST_S = 0.2
"""Who is on the plates when a recording begins has not just landed."""


class Score(NamedTuple):
    """Heel strikes of one detector against the truth.

    Attributes:
        name: Of the detector.
        found: Pairs, false and missed.
    """

    name: str
    found: Matched

    @property
    def precision(self) -> float:
        """Found that are true, over found."""
        return len(self.found.errors_s) / max(len(self.found.errors_s) + self.found.false, 1)

    @property
    def recall(self) -> float:
        """Found that are true, over true."""
        return len(self.found.errors_s) / max(len(self.found.errors_s) + self.found.missed, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def read_walk_wrench(path: Path) -> Array:
    """Return (n, 12) of the recorded walk: forces only, shear along the belts in its first column.

    Its columns are side, forward and up of the left, then the right plate.
    """
    forces_n = np.loadtxt(path, delimiter=",")
    wrench = np.full((len(forces_n), 12), np.nan)
    for plate in (0, 1):
        side, ahead, up = forces_n[:, 3 * plate : 3 * plate + 3].T
        wrench[:, 6 * plate], wrench[:, 6 * plate + 1] = ahead, -side
        wrench[:, 6 * plate + 2] = up
    return wrench


def score_walk(folder: Path) -> list[Score]:
    """Return everybody's score on the recorded walk, ours first; empty without the file."""
    path = folder / WALK_FILE
    if not path.exists():
        return []
    wrench = read_walk_wrench(path)
    t_ns = np.arange(len(wrench), dtype=np.int64) * DT_NS
    truth = pressure_contacts(t_ns, wrench)
    true_s = [
        _after([e.t_ns / 1e9 for e in truth if (e.side, e.kind) == (side, "heel_strike")])
        for side in SIDES
    ]
    scores = []
    bare = np.where(np.isin(np.arange(12), (2, 8)), wrench, np.nan)
    weight_n = np.nan
    for what, measured in (("with shear", wrench), ("vertical forces alone", bare)):
        analysis = GaitAnalysis()
        events = analysis.take(t_ns, DT_NS, measured, np.full((len(wrench), 2), np.nan))
        weight_n = analysis.body_weight_n
        ours = [[e for e in events if (e.side, e.kind) == (side, "heel_strike")] for side in SIDES]
        dated = [_after([e.t_ns / 1e9 for e in side]) for side in ours]
        known = [_after([e.t_ns / 1e9 + e.latency_s for e in side]) for side in ours]
        scores.append(_score(f"rehabsim, {what}: as dated", dated, true_s))
        scores.append(_score(f"rehabsim, {what}: when known", known, true_s))
    for name, found in strikes(wrench, RATE_HZ, weight_n):
        scores.append(_score(name, [_after(side.tolist()) for side in found], true_s))
    return scores


def _score(name: str, found_s: list[Array], true_s: list[Array]) -> Score:
    return Score(name, together([match(f, t) for f, t in zip(found_s, true_s, strict=True)]))


def _after(times_s: list[float]) -> Array:
    return np.array([t_s for t_s in times_s if t_s > FIRST_S])


class Stance(NamedTuple):
    """One stance of the C3D file, in s.

    Attributes:
        side: Of the plate.
        over_s: Vertical force over 50 N, first and last.
        found_s: Heel strike and toe-off.
        cop_m: Median place on the plate meanwhile, from the plate's centre, along and across.
    """

    side: str
    over_s: tuple[float, float]
    found_s: tuple[float, float]
    cop_m: tuple[float, float]


def score_stances(folder: Path) -> list[Stance]:
    """Return the stances of the C3D file; empty without it."""
    path = folder / PLATES_FILE
    if not path.exists():
        return []
    wrench, rate_hz, _ = read_c3d_plates(path, "-x")
    analysis = GaitAnalysis()
    t_ns = (np.arange(len(wrench)) * (1e9 / rate_hz)).astype(np.int64)
    belts_mps = np.zeros((len(wrench), 2))
    events = analysis.take(t_ns, round(1e9 / rate_hz), wrench.astype(float), belts_mps)
    stances = []
    for plate, side in enumerate(SIDES):
        own = wrench[:, 6 * plate : 6 * plate + 6].astype(float)
        over = np.flatnonzero(own[:, 2] > STANCE_N)
        found = {e.kind: e.t_ns / 1e9 for e in events if e.side == side}
        loaded = own[over]
        cop_m = np.stack([-loaded[:, 4] / loaded[:, 2], loaded[:, 3] / loaded[:, 2]])
        x_m, y_m = np.median(cop_m, axis=1)
        stances.append(
            Stance(
                side,
                (over[0] / rate_hz, over[-1] / rate_hz),
                (found.get("heel_strike", np.nan), found.get("toe_off", np.nan)),
                (float(x_m), float(y_m)),
            )
        )
    return stances


class Emptied(NamedTuple):
    """Pitch moment of the empty treadmill below 6 Hz, root mean square in Nm.

    Attributes:
        fitted: Recording that the inertia was fitted on.
        tested: Recording that it was taken off, live.
        before_nm: As measured.
        after_nm: With the belts' part taken off.
    """

    fitted: str
    tested: str
    before_nm: float
    after_nm: float


def score_inertia(folder: Path) -> list[Emptied]:
    """Return how much of what belts do to empty plates is taken off; empty without the files."""
    if not all((folder / name).exists() for name in UNLOADED_FILES.values()):
        return []
    data = {pace: _unloaded(folder / name) for pace, name in UNLOADED_FILES.items()}
    result = []
    for fitted, tested in (("slow", "fast"), ("fast", "slow")):
        inertia, _ = fit_inertia(*data[fitted], UNLOADED_HZ)
        rms_nm = [_rms_nm(*data[tested], take) for take in (None, inertia)]
        result.append(Emptied(fitted, tested, *rms_nm))
    return result


def _unloaded(path: Path) -> tuple[Array, Array]:
    _, moment_nm, speed_mps = read_unloaded(path)
    wrench = np.zeros((len(moment_nm), 12))
    wrench[:, MY] = moment_nm
    return wrench, np.stack([speed_mps, speed_mps], axis=1)


def _rms_nm(wrench: Array, belts_mps: Array, inertia: Inertia | None) -> float:
    analysis = GaitAnalysis(inertia=inertia)
    moment_nm = []
    for first in range(0, len(wrench), 1000):
        part = slice(first, first + 1000)
        t_ns = (np.arange(len(wrench), dtype=np.int64) * 10_000_000)[part]
        analysis.take(t_ns, 10_000_000, wrench[part], belts_mps[part])
        seen = analysis.history.count
        moment_nm.append(analysis.history.span(first, seen, "left_my_nm")[:, 0])
    every = np.concatenate(moment_nm)
    slow = sosfiltfilt(butter(2, FIT_HZ, fs=UNLOADED_HZ, output="sos"), every - every.mean())
    return float(slow[100:-100].std())
