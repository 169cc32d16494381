"""The longest time that someone stood still in a log, and how they swayed."""

from collections.abc import Sequence

import numpy as np

from rehabsim.base.records import GaitEvent
from rehabsim.gait.forces import PERSON_N
from rehabsim.gait.frames import Doubles
from rehabsim.gait.sway import Sway, sway_of

MIN_STAND_S = 20.0
MAX_STAND_S = 60.0
"""Trials of another length have another sway; a longer stand is looked at up to here."""

SETTLE_S = 2.0
"""After the last contact, and before the next, nobody stands still yet."""

REST_MPS = 0.01
RATE_HZ = 100.0
"""Enough for the 10 Hz at which the sway is low-passed."""


def longest_stand(
    t_s: Doubles, wrench: Doubles, belt_mps: Doubles, events: Sequence[GaitEvent]
) -> Sway | None:
    """Return the sway of the longest stand, None where nobody stood still for `MIN_STAND_S`.

    Args:
        t_s: (n,) when each sample was taken.
        wrench: (n, 12) as in `PlateChunk`.
        belt_mps: (n, 2) speeds of the belts; NaN where not known, which counts as rest.
        events: Heel strikes and toe-offs.
    """
    if len(t_s) < 2:
        return None
    sums = wrench[:, :5] + wrench[:, 6:11]
    is_still = (sums[:, 2] > PERSON_N) & np.isfinite(sums[:, 3:]).all(axis=1)
    is_still &= ~(np.abs(belt_mps) > REST_MPS).any(axis=1)
    steps_s = np.diff(t_s)
    dt_s = float(np.median(steps_s))
    is_still[1:] &= steps_s < 2 * dt_s
    times_s = np.array([event.t_ns / 1e9 for event in events])
    first = np.searchsorted(t_s, times_s - SETTLE_S)
    last = np.searchsorted(t_s, times_s + SETTLE_S)
    for a, b in zip(first, last, strict=True):
        is_still[a:b] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_still, [False]]).astype(int)))
    stands = edges.reshape(-1, 2)
    if not len(stands):
        return None
    start, end = stands[np.argmax(stands[:, 1] - stands[:, 0])]
    rate_hz = 1 / dt_s
    every = max(round(rate_hz / RATE_HZ), 1)
    part = sums[start : min(end, start + round(MAX_STAND_S * rate_hz))]
    part = part[: len(part) // every * every].reshape(-1, every, 5).mean(axis=1)
    if len(part) * every < MIN_STAND_S * rate_hz:
        return None
    cop_m = np.stack([-part[:, 4] / part[:, 2], part[:, 3] / part[:, 2]], axis=1)
    return sway_of(cop_m, rate_hz / every)
