"""When belts began to slow, and when they were at rest: found in their true speeds. Pure."""

from typing import NamedTuple

import numpy as np

from rehabsim_sim.belts import LAG_S

BEFORE_S = 1.0
"""So long before the event the level is looked at: about a stride, over which a foot that brakes
and pushes cancels out."""

RAMP_FRACS = (0.9, 0.1)
"""Of the level: between these the ramp is looked at."""

FOUND_MPS = 0.03
"""Slower than the level by so much nobody doubts it."""

MAX_SLOPE_ERROR = 0.15
"""Of the deceleration that was to be seen."""


class Drive(NamedTuple):
    """What lies between a belt's set point and the speeds that are watched.

    Attributes:
        lag_s: How late the belt is on a ramp.
        rest_mps: Slower is at rest.
        shake_mps: What rollers and feet do to a steady belt, at most.
    """

    lag_s: float
    rest_mps: float
    shake_mps: float


LABORATORY = Drive(LAG_S, 0.02, 0.03)
FIRMWARE = Drive(0.0, 0.0, 0.0015)
"""Its belts do at once what the firmware says, in steps of a millisecond."""


class MissedError(AssertionError):
    """Belts did not come to rest as they must."""


class Slowing(NamedTuple):
    """How belts came to rest; times from the event.

    Attributes:
        onset_s: When they left their level.
        found_s: When they were slower by `FOUND_MPS`.
        rest_s: When they were at rest.
        zero_error_s: How much later than at `onset_s` + level / deceleration that was.
        late_s: How late the watching process was at most, from the event to the onset.
    """

    onset_s: float
    found_s: float
    rest_s: float
    zero_error_s: float
    late_s: float


def slowing(belts: np.ndarray, event_s: float, decel_mps2: float, drive: Drive) -> Slowing:
    """Return how the belts came to rest.

    At first a belt slows by less than a foot shakes it. So the ramp's line, with the deceleration
    that was commanded, is laid through the middle of what was seen and followed back to the
    level; a drive of second order is then `lag_s` late, which is taken off.

    Args:
        belts: (n, 4) time, left and right speed, lateness of the watcher; in order.
        event_s: When whatever stops them happened; they had a steady speed until then.
        decel_mps2: Of the ramp.
        drive: Of the belts.

    Raises:
        MissedError: They do not rest at the end, sped up on the way, or did not slow like this.
    """
    t_s, fastest_mps, mean_mps = belts[:, 0], belts[:, 1:3].max(axis=1), belts[:, 1:3].mean(axis=1)
    before = (t_s > event_s - BEFORE_S) & (t_s <= event_s)
    level_mps = float(mean_mps[before].mean())
    after = t_s > event_s
    if not level_mps > 4 * FOUND_MPS:
        raise MissedError("the belts were at rest before")
    is_moving = fastest_mps > drive.rest_mps
    if is_moving[-1]:
        waited_s = t_s[-1] - event_s
        raise MissedError(f"they still run at {fastest_mps[-1]:.2f} m/s after {waited_s:.2f} s")
    rest_s = float(t_s[np.flatnonzero(is_moving)[-1] + 1])
    lowest_mps = np.minimum.accumulate(mean_mps[after])
    is_slower = lowest_mps < level_mps - FOUND_MPS
    rise_mps = float((mean_mps[after] - lowest_mps)[is_slower].max())
    if rise_mps > drive.shake_mps:
        raise MissedError(f"they sped up by {rise_mps:.3f} m/s after they had begun to slow")
    found_s = float(t_s[after][np.flatnonzero(is_slower)[0]])
    high, low = (frac * level_mps for frac in RAMP_FRACS)
    ramp = after & (mean_mps <= high) & (mean_mps >= low)
    slope_mps2 = -float(np.polyfit(t_s[ramp] - event_s, mean_mps[ramp], 1)[0])
    if abs(slope_mps2 - decel_mps2) > MAX_SLOPE_ERROR * decel_mps2:
        raise MissedError(f"they slowed at {slope_mps2:.2f} m/s² instead of {decel_mps2:.2f}")
    onsets_s = t_s[ramp] - (level_mps - mean_mps[ramp]) / decel_mps2
    onset_s = float(onsets_s.mean()) - drive.lag_s
    late_s = float(belts[(t_s > event_s) & (t_s <= max(onset_s, event_s) + 0.02), 3].max())
    return Slowing(
        onset_s - event_s,
        found_s - event_s,
        rest_s - event_s,
        rest_s - onset_s - level_mps / decel_mps2,
        late_s,
    )
