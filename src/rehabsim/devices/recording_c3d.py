"""Force plates in C3D files, calibrated, turned into the frame lab.

A file's axes are its laboratory's own, so who reads it says which way people walked. Platforms
are taken in the order of the file: the first is left, the second right.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rehabsim.base.errors import ConfigError
from rehabsim.base.records import Floats

Doubles = npt.NDArray[np.float64]

FORWARD: dict[str, tuple[float, float]] = {
    "+x": (1.0, 0.0),
    "-x": (-1.0, 0.0),
    "+y": (0.0, 1.0),
    "-y": (0.0, -1.0),
}
"""Ways to walk, in the file's axes; z is up."""

METRES = {"mm": 1e-3, "cm": 1e-2, "m": 1.0}


def read_c3d_plates(path: Path, forward: str) -> tuple[Floats, float, str]:
    """Return wrenches, rate and a note.

    Args:
        path: The file.
        forward: Which way people walked, a key of `FORWARD`.

    Returns:
        (n, 12) float32 columns `WRENCH_COLUMNS`, frame lab with its origin amid all platforms,
        acting on the person; samples per second; what was taken for what.

    Raises:
        ConfigError: It cannot be read, has no platform, or nobody said which way people walked.

    Source: C3D user guide, force platforms TYPE 1 to 4; read and calibrated by ezc3d.
    """
    try:
        import ezc3d  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError:
        raise ConfigError(f"{path}: C3D files need ezc3d: pip install 'rehabsim[c3d]'.") from None
    if forward not in FORWARD:
        raise ConfigError(
            f"{path}: forward {forward!r}: a C3D file does not say which way people walked; give"
            f" one of {', '.join(FORWARD)} of its axes."
        )
    if not path.is_file():
        raise ConfigError(f"{path}: no such file.")
    try:
        content = ezc3d.c3d(str(path), extract_forceplat_data=True)
    except (OSError, RuntimeError, ValueError) as error:
        why = str(error).rstrip(".")
        raise ConfigError(f"{path}: not a C3D file that can be read: {why}.") from error
    found = content["data"]["platform"]
    platforms = found[:2]
    if not platforms:
        raise ConfigError(f"{path}: holds no force platform.")
    unit = platforms[0]["unit_position"]
    if unit not in METRES:
        raise ConfigError(f"{path}: its unit {unit!r} is unknown. Known: {', '.join(METRES)}.")
    rate_hz = float(content["parameters"]["ANALOG"]["RATE"]["value"][0])
    lab_from_file = _rotation(forward)
    centres_m = [lab_from_file @ _centre_m(platform) for platform in platforms]
    middle_m = np.mean(centres_m, axis=0)
    count = platforms[0]["force"].shape[1]
    wrench = np.full((count, 12), np.nan, np.float32)
    for index, (platform, centre_m) in enumerate(zip(platforms, centres_m, strict=True)):
        whole = slice(6 * index, 6 * index + 6)
        wrench[:, whole] = _wrench(platform, lab_from_file, centre_m - middle_m)
    names = ("first is left, the second right", "only one is left")[len(platforms) == 1]
    names += ", the others are left out" if len(found) > len(platforms) else ""
    note = (
        f"{path.name}, {len(found)} force platforms at {rate_hz:g} Hz, forward is {forward} of"
        f" the file, the {names}."
    )
    return wrench, rate_hz, note


def _rotation(forward: str) -> Doubles:
    """Return the matrix that turns the file's vectors into the lab's."""
    x, y = FORWARD[forward]
    return np.array([[x, y, 0.0], [-y, x, 0.0], [0.0, 0.0, 1.0]])


def _centre_m(platform: dict[str, Any]) -> Doubles:
    """Return the middle of a platform's surface, in the file's axes."""
    corners = np.asarray(platform["corners"], float)
    return np.asarray(corners.mean(axis=1) * METRES[platform["unit_position"]])


def _wrench(platform: dict[str, Any], lab_from_file: Doubles, centre_m: Doubles) -> Doubles:
    """Return (n, 6) force and moment about the lab's origin; the file has it about the centre."""
    force_n = lab_from_file @ platform["force"]
    moment_nm = lab_from_file @ platform["moment"]
    moment_nm = moment_nm * METRES[platform["unit_moment"].removeprefix("N")]
    moment_nm = moment_nm + np.cross(centre_m, force_n.T).T
    return np.concatenate([force_n, moment_nm]).T
