"""Parted belts: one runs faster than the other for minutes. Pure.

One belt gets half of the difference on top of the speed of walking, the other so much less. It
comes and goes within `FADE_S`. Afterwards the belts are alike again for the rest of the session, so
that what is left of it is walked too.

Source: 0.5 to 1.5 m/s (Darter 2018) and 0.4 to 1.2 m/s for 15 min (Symmetry 13:1089), both 1 to 3;
what is left fades within 2 to 5 min (the latter).
"""

from typing import Annotated

from msgspec import structs
from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.base.limits import Limits
from rehabsim.base.records import Side, Wish
from rehabsim.training.sway import Fade

MAX_RATIO = 3.0
"""Of both belts' speeds; the greatest that was published."""


class SplitParams(Strict):
    """`[perturb.split]` of a session.

    Attributes:
        faster: Which belt.
        split_mps: By how much it is faster than the other.
        for_s: How long it is so, coming and going included.
    """

    faster: Side
    split_mps: Annotated[float, Field(gt=0, le=1.0)]
    for_s: Annotated[float, Field(ge=5, le=1800)] = 600.0

    @property
    def signed_mps(self) -> float:
        """Left less right."""
        return self.split_mps if self.faster == "left" else -self.split_mps


class Split:
    """Parts the belts of one person.

    It waits while it is held back, and then goes on with the time that is left.

    Args:
        params: How.

    Attributes:
        fade: How far it has come in.
        asked_mps: Difference of both belts that is wished for now, left less right.
    """

    def __init__(self, params: SplitParams) -> None:
        self.params = params
        self.fade = Fade()
        self.asked_mps = 0.0
        self._elapsed_s = 0.0

    @property
    def is_over(self) -> bool:
        """It has lasted as long as it should, and the belts are alike again."""
        return self._elapsed_s >= self.params.for_s and self.fade.frac == 0.0

    def step(self, dt_s: float, *, is_on: bool) -> None:
        """Come in, or go out: when it is held back, and when its time is over."""
        self._elapsed_s += dt_s if is_on else 0.0
        self.fade.step(dt_s, is_on=is_on and self._elapsed_s < self.params.for_s)

    def part(self, wish: Wish) -> Wish:
        """Return a wish with the belts parted; neither becomes three times as fast as the other."""
        speed_mps = (wish.left_speed_mps + wish.right_speed_mps) / 2
        most_mps = speed_mps * 2 * (MAX_RATIO - 1) / (MAX_RATIO + 1)
        size_mps = min(self.fade.cosine * self.params.split_mps, most_mps)
        self.asked_mps = size_mps if self.params.faster == "left" else -size_mps
        return structs.replace(
            wish,
            left_speed_mps=wish.left_speed_mps + self.asked_mps / 2,
            right_speed_mps=wish.right_speed_mps - self.asked_mps / 2,
        )


def why_no_split(params: SplitParams, speed_mps: float, limits: Limits) -> str:
    """Return why belts cannot be parted so, with the numbers; empty where they can.

    Args:
        params: What is asked.
        speed_mps: Of walking, at the start.
        limits: Of room and person, those of ordinary walking.
    """
    split_mps = params.split_mps
    slow_mps, fast_mps = speed_mps - split_mps / 2, speed_mps + split_mps / 2
    checks = (
        (split_mps, limits.max_split_mps, "parts the belts by {:.2f} m/s, limit {:g}"),
        (fast_mps, limits.max_speed_mps, "runs a belt at {:.2f} m/s, limit {:g}"),
        (fast_mps, MAX_RATIO * slow_mps, "runs a belt at {:.2f} m/s, three times the other's {:g}"),
    )
    for asked, limit, words in checks:
        if not asked <= limit + 1e-9:
            return words.format(asked, limit)
    return ""
