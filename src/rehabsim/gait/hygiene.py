"""Keeping the force plates honest while someone walks: their zero, followed in swing.

A plate is empty while its foot swings, so what it says then is its error. That is believed only
if it is steady and small or the same three times in a row, because a plate that carries the
edge of the other foot is not empty: it must never be zeroed under load.
"""

import numpy as np

from rehabsim.gait.frames import Doubles

AFTER_LIFT_S = 0.06
BEFORE_STRIKE_S = 0.04
MIN_SWING_S = 0.10
"""What of a swing is looked at: the foot's leaving and its coming are not part of it."""

GAIN = 0.3
"""Of each new estimate of a plate's noise."""

STEADY_N = 10.0
"""Standard deviation of the vertical force in an empty plate, at most."""

SMALL_N = 10.0
"""A smaller error is left alone: cross-talk of the other plate and the foot's own leaving look
the same, and taking them for drift makes the body weight worse."""

SAME_N = 8.0
SAME_COUNT = 3
"""A greater one is believed when so many swings in a row agree so well."""

SHARED_N = 10.0
SHARED_CORRELATION = 0.5
"""A plate that bears so much in proportion to the other, and follows it so closely, has a part of
the other foot on it."""

SHEAR_GAIN = 0.3
"""Of what an empty plate says sideways. On a slope that is the weight of the plate itself."""

MAX_ZERO_N = 150.0
"""Nothing drifts further than this; the plate needs a proper zero, or is broken."""


class SwingZero:
    """The zero of both plates.

    Attributes:
        offset: (12,) what the plates say when empty, columns as in `PlateChunk`.
        noise_n: Standard deviation of each plate's vertical force when empty.
        refused_count: Swings in which a plate was not empty or not steady.
    """

    def __init__(self) -> None:
        self.offset = np.zeros(12)
        self.noise_n = (3.0, 3.0)
        self.refused_count = 0
        self._candidates_n: list[list[float]] = [[], []]
        self._change = np.zeros(12)
        self._start = np.zeros(12)

    def begin(self, error: Doubles) -> None:
        """Take what empty plates say, zeroed as now, off for good; drift is counted from here."""
        self.offset += error
        self._start = self.offset.copy()
        self._change[:] = 0.0
        self._candidates_n = [[], []]

    def adopt(self) -> None:
        """Let what was seen since the last call become the zero."""
        self.offset += self._change
        self._change[:] = 0.0

    def see(self, plate: int, wrench: Doubles) -> None:
        """Take the frames of one swing of the foot on `plate`, zeroed as now.

        Args:
            plate: 0 is left, 1 is right.
            wrench: (k, 12) during the swing, without its beginning and end.
        """
        own = wrench[:, 6 * plate : 6 * plate + 6]
        fz_n = own[:, 2]
        if not (len(fz_n) and np.isfinite(fz_n).all()):
            return  # nothing was measured, or it is no longer remembered
        mean_n, spread_n = float(fz_n.mean()), float(fz_n.std())
        candidates = self._candidates_n[plate]
        is_far = abs(self.drift_n(plate) + mean_n) > MAX_ZERO_N
        if spread_n > STEADY_N or is_far or _is_shared(fz_n, wrench[:, 8 - 6 * plate]):
            candidates.clear()
            self.refused_count += 1
            return
        noise = list(self.noise_n)
        noise[plate] += GAIN * (spread_n - noise[plate])
        self.noise_n = (noise[0], noise[1])
        change = self._change[6 * plate : 6 * plate + 6]
        if abs(mean_n) <= SMALL_N:
            candidates.clear()
            shear_n = np.nan_to_num(own[:, :2].mean(axis=0), nan=0.0)
            drift_n = (self.offset - self._start)[6 * plate : 6 * plate + 2]
            if (np.abs(drift_n + shear_n) <= MAX_ZERO_N).all():
                change[:2] = SHEAR_GAIN * shear_n
            return
        candidates.append(mean_n)
        del candidates[:-SAME_COUNT]
        if len(candidates) < SAME_COUNT or max(candidates) - min(candidates) > SAME_N:
            self.refused_count += 1
            return
        candidates.clear()
        change[:] = np.nan_to_num(own.mean(axis=0), nan=0.0)

    def drift_n(self, plate: int) -> float:
        """Return how far the vertical zero has moved since the plate was last zeroed."""
        return float(self.offset[6 * plate + 2] - self._start[6 * plate + 2])


def _is_shared(own_n: Doubles, other_n: Doubles) -> bool:
    """Return whether a plate's force follows that of the plate on which somebody stands."""
    own, other = own_n - own_n.mean(), other_n - other_n.mean()
    power, own_power = float(other @ other), float(own @ own)
    if not (power > 0 and own_power > 0):
        return False
    together = float(own @ other)
    shared_n = together / power * float(other_n.mean())
    return shared_n > SHARED_N and together > SHARED_CORRELATION * (power * own_power) ** 0.5
