"""Lines across the path: which foot is to land where, as it is seen, and how far beside it lands.

Source: of how far feet land beside lines that they are aimed at, see `Traits.step_error_m`.
"""

from collections.abc import Mapping
from math import isfinite, sqrt, tau

import numpy as np

from rehabsim_sim.person import LEFT, NEITHER, RIGHT
from rehabsim_sim.traits import Traits

LINE = ("has_target", "is_target_left", "target_ahead_m")
"""Fields of a scene with lines; these are across the path, so that nothing aside counts."""

SAME_M = 0.3
"""A line that is so near to where the last one would be is the last one."""

MAX_MPS = 3.0
"""What comes nearer faster than that is another line."""

ABSOLUTE_MEAN = sqrt(4 / tau)
"""Mean absolute value of a normal number whose SD is 1."""


class Lines:
    """What one person knows of the line that is ahead, and where they mean to put their foot.

    Args:
        traits: What they are like.
        rng: Of their errors.

    Attributes:
        foot: LEFT, RIGHT, or NEITHER when there is no line.
        place_m: Where the middle of that foot is meant to be now, ahead of mid-belt; it comes
            nearer with the belt.
    """

    def __init__(self, traits: Traits, rng: np.random.Generator) -> None:
        self.foot, self.place_m = NEITHER, 0.0
        self._traits = traits
        self._rng = rng
        self._line_m = 0.0
        self._miss_m = 0.0

    def see(
        self, scene: Mapping[str, float], before: Mapping[str, float], dt_s: float, late_s: float
    ) -> None:
        """Take in what is seen of the line.

        Args:
            scene: As it is known.
            before: As it was `dt_s` earlier.
            dt_s: Time between the two, more than 0.
            late_s: How old `scene` is; the belt has gone on since.
        """
        foot = _foot(scene)
        if foot == NEITHER or foot != _foot(before):
            self.foot = NEITHER
            return
        rate_mps = (scene["target_ahead_m"] - before["target_ahead_m"]) / dt_s
        line_m = scene["target_ahead_m"] + rate_mps * late_s
        if not (isfinite(line_m) and abs(rate_mps) <= MAX_MPS):
            self.foot = NEITHER
            return
        if foot != self.foot or abs(line_m - self._line_m) > SAME_M:
            self._miss_m = self._error_m(foot)
        self.foot, self._line_m = foot, line_m
        self.place_m = line_m + self._miss_m

    def forget(self) -> None:
        """Know of no line."""
        self.foot = NEITHER

    def _error_m(self, foot: int) -> float:
        traits = self._traits
        mean_m = traits.left_step_error_m if foot == LEFT else traits.step_error_m
        return mean_m / ABSOLUTE_MEAN * float(self._rng.standard_normal())


def _foot(scene: Mapping[str, float]) -> int:
    """Return the foot that a scene has a line for."""
    if not all(name in scene for name in LINE) or not scene["has_target"]:
        return NEITHER
    return LEFT if scene["is_target_left"] else RIGHT
