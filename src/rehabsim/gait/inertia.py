"""What accelerating belts do to empty force plates, so that it can be taken off.

Belts, rollers and motors push on the plates when they change speed. That is linear in the belt's
acceleration below about 6 Hz; above, the structure rings and nothing helps.

Source: Hnat & van den Bogert 2014 and Moore, Hnat & van den Bogert 2015 (PeerJ 3:e918).
"""

from dataclasses import dataclass
from math import nan

import numpy as np

from rehabsim.gait.frames import Doubles

FIT_HZ = 6.0
MIN_ACCEL_MPS2 = 0.2
"""Root mean square of a belt's acceleration: with less there is nothing to fit."""

SIX = ("fx_n", "fy_n", "fz_n", "mx_nm", "my_nm", "mz_nm")


@dataclass(frozen=True, slots=True)
class Inertia:
    """What each plate feigns per acceleration of its own belt.

    Attributes:
        left: fx_n fy_n fz_n mx_nm my_nm mz_nm per m/s² of the left belt.
        right: The same of the right plate and belt.
    """

    left: tuple[float, ...]
    right: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """One channel of a fit, both signals below `FIT_HZ`.

    Attributes:
        channel: As in `PlateChunk`.
        per_accel: N or Nm per m/s².
        before: Root mean square of the channel, without its mean.
        after: The same with the belt's part taken off.
    """

    channel: str
    per_accel: float
    before: float
    after: float


class Unburden:
    """Takes the belts' part off, frame by frame.

    Args:
        inertia: Of this treadmill.
    """

    def __init__(self, inertia: Inertia) -> None:
        self._left, self._right = np.array(inertia.left), np.array(inertia.right)
        self._held_mps = np.full((1, 2), nan)

    def forget(self) -> None:
        """Begin anew after a gap, over which the change of speed is no acceleration."""
        self._held_mps[:] = nan

    def error(self, belt_mps: Doubles, dt_s: float) -> Doubles:
        """Return (k, 12) what the plates feign in each frame; zero where a speed is unknown.

        Args:
            belt_mps: (k, 2) speeds, low-passed as the forces are.
            dt_s: Time between frames.
        """
        speeds_mps = np.concatenate([self._held_mps, belt_mps])
        self._held_mps = belt_mps[-1:].copy()
        accel_mps2 = np.nan_to_num(np.diff(speeds_mps, axis=0) / dt_s, nan=0.0)
        left, right = accel_mps2[:, :1] * self._left, accel_mps2[:, 1:] * self._right
        return np.concatenate([left, right], axis=1)


def fit_inertia(wrench: Doubles, belt_mps: Doubles, rate_hz: float) -> tuple[Inertia, list[Fit]]:
    """Return what belts do to plates, from a time in which nobody stood there.

    Args:
        wrench: (n, 12) as in `PlateChunk`, evenly.
        belt_mps: (n, 2) speeds of the belts.
        rate_hz: Samples per second.

    Returns:
        The model, and per channel how much it explains. A channel that is not measured, or whose
        belt hardly changed speed, has zero.

    Raises:
        ValueError: Neither belt changed speed enough, or there is less than a second.
    """
    from scipy.signal import butter, sosfiltfilt  # No live session needs it, nor waits for it.

    if len(wrench) < rate_hz:
        raise ValueError(f"{len(wrench)} samples are too few to fit; record half a minute")
    smooth = butter(2, min(FIT_HZ, 0.4 * rate_hz), fs=rate_hz, output="sos")
    accels_mps2 = np.gradient(belt_mps, 1 / rate_hz, axis=0)
    fits: list[Fit] = []
    found = np.zeros((2, 6))
    for plate, side in enumerate(("left", "right")):
        accel = accels_mps2[:, plate]
        if not np.isfinite(accel).all():
            continue
        slow = sosfiltfilt(smooth, accel)
        power = float(slow @ slow)
        if not np.sqrt(power / len(slow)) > MIN_ACCEL_MPS2:
            continue
        for index, name in enumerate(SIX):
            values = wrench[:, 6 * plate + index]
            if not np.isfinite(values).all():
                continue
            channel = sosfiltfilt(smooth, values - values.mean())
            slope = float(slow @ channel) / power
            found[plate, index] = slope
            rest = channel - slope * slow
            fits.append(Fit(f"{side}_{name}", slope, float(channel.std()), float(rest.std())))
    if not fits:
        raise ValueError(
            f"no belt changed speed by {MIN_ACCEL_MPS2} m/s² (root mean square) or more; record"
            " empty belts that are sped up and slowed down (run --unloaded)"
        )
    left, right = (tuple(float(value) for value in row) for row in found)
    return Inertia(left, right), fits
