"""Limits of stability: how far, how fast and how straight someone leans without stepping.

Source: the eight directions and the five measures of the clinical test, and its limits: 8 degrees
to the sides, 6.25 forward and 4.45 backward of where one stands; its norms are parts of these.
Others give 8 degrees forward and 4.5 back (McCollum & Leen 1989): about upright over the ankles, of
which one stands ahead, so that from there 8 degrees end at the toes or beyond.
"""

from dataclasses import dataclass
from math import cos, nan, pi, sin

import numpy as np
from scipy.signal import butter, sosfiltfilt

from rehabsim.gait.balance import BODY_HEIGHT_M
from rehabsim.gait.frames import Doubles

PIVOT_HEIGHT_FRAC = 0.5527
"""Height of the centre of gravity over the ankles, of body height, as the clinical test has it."""

FORWARD_RAD, SIDEWAYS_RAD, BACKWARD_RAD = 6.25 * pi / 180, 8 * pi / 180, 4.45 * pi / 180
GRAVITY_HZ = 0.85
"""Low-pass that makes a centre of gravity of a centre of pressure: second order, both ways."""

MOVED_SD = 2.0
MOVED_S = 0.05
EARLY_FRAC, LATE_FRAC = 0.05, 0.95
DIRECTIONS_RAD = tuple(k * pi / 4 for k in range(8))
"""Forward, then to the left and around."""


@dataclass(frozen=True, slots=True)
class Excursion:
    """One lean towards a target; NaN where nobody moved.

    Attributes:
        reaction_time_s: From the signal to the first movement.
        mean_velocity_radps: From 5 to 95 % of the first movement, about the ankles.
        endpoint_frac: End of the first movement, of the limit.
        greatest_frac: Farthest point of the trial, of the limit.
        directional_control_frac: Way towards the target minus way beside it, over the former.
    """

    reaction_time_s: float
    mean_velocity_radps: float
    endpoint_frac: float
    greatest_frac: float
    directional_control_frac: float


NO_EXCURSION = Excursion(nan, nan, nan, nan, nan)


def limit_m(direction_rad: float, body_height_m: float = BODY_HEIGHT_M) -> float:
    """Return how far the centre of gravity could go in one direction: an ellipse per half.

    Args:
        direction_rad: From forward, to the left.
        body_height_m: Of the person, standing.
    """
    height_m = PIVOT_HEIGHT_FRAC * body_height_m
    ahead, aside = cos(direction_rad), sin(direction_rad)
    along_m = height_m * sin(FORWARD_RAD if ahead >= 0 else BACKWARD_RAD)
    across_m = height_m * sin(SIDEWAYS_RAD)
    return float(1 / np.hypot(ahead / along_m, aside / across_m))


def centre_of_gravity(cop_m: Doubles, rate_hz: float) -> Doubles:
    """Return (n, 2) centre of gravity of someone who stands, from the centre of pressure."""
    smooth = butter(2, GRAVITY_HZ, fs=rate_hz, output="sos")
    return np.asarray(sosfiltfilt(smooth, cop_m, axis=0))


def excursion_of(
    cog_m: Doubles,
    rate_hz: float,
    go: int,
    direction_rad: float,
    *,
    body_height_m: float = BODY_HEIGHT_M,
) -> Excursion:
    """Return the measures of one trial.

    Args:
        cog_m: (n, 2) centre of gravity, frame lab, from before the signal to the trial's end.
        rate_hz: Samples per second.
        go: Sample of the signal; at least half a second after the first.
        direction_rad: Of the target, from forward to the left.
        body_height_m: Of the person.

    Raises:
        ValueError: There is too little before the signal, or a sample is missing.
    """
    if go < 0.5 * rate_hz:
        raise ValueError(f"{go / rate_hz:.2f} s before the signal, 0.5 s are needed")
    if not np.isfinite(cog_m).all():
        raise ValueError(f"{int((~np.isfinite(cog_m)).any(axis=1).sum())} samples are missing")
    axis = np.array([cos(direction_rad), sin(direction_rad)])
    from_m = cog_m - cog_m[:go].mean(axis=0)
    on_m = from_m @ axis
    off_m = from_m @ np.array([-axis[1], axis[0]])
    start = _first_movement(on_m, go, round(MOVED_S * rate_hz))
    if start < 0:
        return NO_EXCURSION
    end = _first_end(on_m, start)
    reach_m, whole_m = float(on_m[end]), limit_m(direction_rad, body_height_m)
    way = on_m[start : end + 1]
    early = start + int(np.argmax(way >= EARLY_FRAC * reach_m))
    late = start + int(np.argmax(way >= LATE_FRAC * reach_m))
    height_m = PIVOT_HEIGHT_FRAC * body_height_m
    lean_rad = np.arcsin(np.clip(on_m[[early, late]] / height_m, -1, 1))
    velocity = float(lean_rad[1] - lean_rad[0]) * rate_hz / max(late - early, 1)
    on_way_m = float(np.abs(np.diff(on_m[start : end + 1])).sum())
    off_way_m = float(np.abs(np.diff(off_m[start : end + 1])).sum())
    return Excursion(
        reaction_time_s=(start - go) / rate_hz,
        mean_velocity_radps=velocity,
        endpoint_frac=reach_m / whole_m,
        greatest_frac=float(on_m[go:].max()) / whole_m,
        directional_control_frac=(on_way_m - off_way_m) / on_way_m if on_way_m > 0 else nan,
    )


def _first_movement(on_m: Doubles, go: int, hold: int) -> int:
    """Return the first sample after `go` that leaves the resting range for good, or -1."""
    least_m = max(MOVED_SD * float(on_m[:go].std()), 1e-4)
    is_away = on_m[go:] > least_m
    run = np.convolve(is_away, np.ones(max(hold, 1)), "valid") >= max(hold, 1)
    return go + int(np.argmax(run)) if run.any() else -1


def _first_end(on_m: Doubles, start: int) -> int:
    """Return where the first movement towards the target ends: it stands or turns back."""
    back = np.flatnonzero(np.diff(on_m[start:]) <= 0)
    return start + int(back[0]) if len(back) else len(on_m) - 1
