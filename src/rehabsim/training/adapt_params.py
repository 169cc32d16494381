"""`[adapt]` of a session file: what becomes harder, how far, and by which rule. Pure."""

from collections.abc import Collection
from math import floor, log
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rehabsim.base.config import Strict

Frac = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


def nearest(value: float) -> int:
    """Return the nearest whole number, of two the greater."""
    return floor(value + 0.5)


class Range(Strict):
    """One `[[adapt.ranges]]`: a live parameter, and what it is at both ends of the level.

    Attributes:
        param: Its name.
        easy: What it is at level 0.
        hard: What it is at level 1.
        is_ratio: Equal steps of the level multiply it by the same, as suits a tolerance: from 2 to
            0.5 the middle is 1 and not 1.25. Both ends must be above 0.
        is_whole: Only whole numbers, the nearest of each level. A parameter that is one is rounded
            without this, too.
    """

    param: Annotated[str, Field(min_length=1, max_length=64)]
    easy: Annotated[float, Field(allow_inf_nan=False)]
    hard: Annotated[float, Field(allow_inf_nan=False)]
    is_ratio: bool = False
    is_whole: bool = False

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.easy == self.hard:
            raise ValueError(f"easy and hard are both {self.easy:g}, so there is nothing to adapt")
        if self.is_ratio and min(self.easy, self.hard) <= 0:
            raise ValueError(
                f"is_ratio needs ends above 0; easy is {self.easy:g} and hard {self.hard:g}"
            )
        return self

    def at(self, level: float) -> float:
        """Return the parameter at a level."""
        if self.is_ratio:
            # So that both ends are met exactly.
            value = self.easy ** (1 - level) * self.hard**level
        else:
            value = self.easy + level * (self.hard - self.easy)
        return float(nearest(value)) if self.is_whole else value

    def level_of(self, value: float) -> float:
        """Return the level at which the parameter is nearest to `value`."""
        if self.is_ratio:
            if value <= 0:
                return float(self.hard < self.easy)
            level = log(value / self.easy) / log(self.hard / self.easy)
        else:
            level = (value - self.easy) / (self.hard - self.easy)
        return min(max(level, 0.0), 1.0)


class AdaptParams(Strict):
    """`[adapt]` of a session file.

    Attributes:
        ranges: What becomes harder with the level.
        tasks: Kinds of tasks that the level follows, as the scenario names them; none named is
            all. What else is asked for counts as a task, but not for the difficulty of these.
        level: Where it begins.
        rule: `band`, `staircase` or `weighted`.
        is_automatic: Changes are made, not suggested.
        count: Tasks that the band judges together.
        low_frac: Less success is too hard: for the band.
        high_frac: More success is too easy: for the band.
        up_count: Successes in a row until it is harder: for the staircase, 2 ends at 71 % success
            and 3 at 79 %.
        target_frac: Success at which the weighted one ends.
        step: First change of the level, and the greatest.
        min_step: Least one.
    """

    ranges: Annotated[tuple[Range, ...], Field(min_length=1, max_length=16, strict=False)]
    tasks: Annotated[tuple[str, ...], Field(max_length=16, strict=False)] = ()
    level: Frac = 0.3
    rule: Literal["band", "staircase", "weighted"] = "band"
    is_automatic: bool = False
    count: Annotated[int, Field(ge=4, le=50)] = 10
    low_frac: Frac = 0.65
    high_frac: Frac = 0.85
    up_count: Annotated[int, Field(ge=1, le=5)] = 2
    target_frac: Annotated[float, Field(ge=0.5, le=0.95)] = 0.75
    step: Annotated[float, Field(ge=0.02, le=0.5)] = 0.15
    min_step: Annotated[float, Field(ge=0.01, le=0.5)] = 0.04

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if not self.low_frac < self.high_frac:
            raise ValueError(
                f"low_frac {self.low_frac:g} is not below high_frac {self.high_frac:g}"
            )
        if self.min_step > self.step:
            raise ValueError(f"min_step {self.min_step:g} is over step {self.step:g}")
        names = [r.param for r in self.ranges]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"ranges name {', '.join(sorted(twice))} twice")
        return self

    def values(self, level: float) -> dict[str, float]:
        """Return the parameters at a level."""
        return {r.param: r.at(level) for r in self.ranges}

    def rounded(self, whole: Collection[str]) -> Self:
        """Return the same for parameters of these names that take whole numbers only."""
        ranges = tuple(
            r.model_copy(update={"is_whole": True}) if r.param in whole else r for r in self.ranges
        )
        return self.model_copy(update={"ranges": ranges})
