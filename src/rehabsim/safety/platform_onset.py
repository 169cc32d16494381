"""How the platform's movement begins, so that nobody is startled by it. Pure.

From where it stands it goes over into the wish, whatever that is and does, along the smoothest
curve: the minimum-jerk one, whose speed and acceleration are nothing at both ends. A tenth of a
metre then takes at most 0.07 m/s² and 0.22 m/s³, eight degrees 5 °/s and 5.2 °/s²; people notice
from 0.17 m/s² on, and standing people are to be spared more than 2 m/s³.

Source: Flash & Hogan 1985 (the curve); its peaks are 1.875 D/T, 5.77 D/T² and 60 D/T³.
"""

from math import copysign

from rehabsim.base.limits import PlatformLimits
from rehabsim.base.records import Pose
from rehabsim.safety.platform_envelope import inside, normal, six
from rehabsim.safety.platform_messages import Six

EASE_S = 3.0
"""So long the wish is gone over into."""


def eased(start: Pose, goal: Pose, time_s: float) -> Pose:
    """Return where to be on the way from `start` to `goal`, `time_s` after it began.

    Both may move; what lies between two poses of a box is in it too.
    """
    if not time_s < EASE_S:
        return goal
    part = max(time_s, 0.0) / EASE_S
    share = part**3 * (10.0 - 15.0 * part + 6.0 * part**2)
    pairs = zip(six(start), six(goal), strict=True)
    return Pose(*(was + share * (will - was) for was, will in pairs))


def resting(pose: Pose, rate: Six, limits: PlatformLimits) -> Pose:
    """Return where a set point comes to rest that brakes from now on at the normal pace."""
    axes = zip(six(pose), rate, normal(limits), strict=True)
    ways = (place + copysign(v**2 / (2.0 * pace.brake), v) for place, v, pace in axes)
    return inside(Pose(*ways), limits)
