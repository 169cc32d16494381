"""What accelerating belts do to empty plates, from the log of a session with nobody there."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rehabsim.base.errors import LogError
from rehabsim.base.records import WRENCH_COLUMNS
from rehabsim.gait.inertia import Fit, Inertia, fit_inertia
from rehabsim.research.walk import read_samples
from rehabsim.session.log import LogReader

MAX_EMPTY_N = 150.0
"""More than this on a plate is somebody."""


@dataclass(frozen=True, slots=True)
class LogFit:
    """A fit and how to use it.

    Attributes:
        inertia: What each plate feigns.
        rows: Per channel, how much of it that explains.
        toml: `[gait]` for the site file.
    """

    inertia: Inertia
    rows: list[Fit]
    toml: str


def fit_log(path: Path) -> LogFit:
    """Return the fit of a log of empty belts that were sped up and slowed down.

    Raises:
        LogError: It cannot be read, somebody stood there, or the belts hardly changed speed.
    """
    log = LogReader(path)
    samples = read_samples(log)
    forces_n = samples.wrench[:, 2::6]
    forces_n = forces_n[:, np.isfinite(forces_n).any(axis=0)]
    most_n = float(np.nanmax(np.abs(forces_n - np.nanmedian(forces_n, axis=0)), initial=0.0))
    if most_n > MAX_EMPTY_N:
        raise LogError(
            f"{path}: a plate bears {most_n:.0f} N more than usual, limit {MAX_EMPTY_N:.0f} N;"
            " record the belts with nobody on them."
        )
    # Samples come before the belts' first report.
    known = np.flatnonzero(np.isfinite(samples.belt_mps).any(axis=1))
    whole = slice(known[0], known[-1] + 1) if len(known) else slice(None)
    try:
        inertia, rows = fit_inertia(samples.wrench[whole], samples.belt_mps[whole], samples.rate_hz)
    except ValueError as error:
        raise LogError(f"{path}: {error}.") from None
    return LogFit(inertia, rows, _toml(inertia))


def _toml(inertia: Inertia) -> str:
    names = ", ".join(name.split("_", 1)[1] for name in WRENCH_COLUMNS[:6])
    lines = [f"[gait]  # per m/s² of each plate's belt: {names}"]
    for side, values in (("left", inertia.left), ("right", inertia.right)):
        lines.append(f"{side}_inertia = [{', '.join(f'{value:.4f}' for value in values)}]")
    return "\n".join(lines) + "\n"
