"""How hard it is: a level from 0, easy, to 1, hard, that follows how tasks end. Pure.

Three rules, each published: a transformed staircase (Levitt 1971), a weighted one (Kaernbach 1991),
and the challenge-point band (Guadagnoli and Lee 2004), which keeps success between two bounds.
What a rule would do is only suggested unless a session file says that it may do it.
"""

from collections import deque
from collections.abc import Sequence
from math import nan
from typing import Annotated, Literal, NamedTuple, Protocol, Self

from pydantic import Field, model_validator

from rehabsim.base.config import Strict
from rehabsim.training.scenario import Try

Frac = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

MOST_EFFORT_RPE = 14.0
"""Harder is not suggested to who finds it harder than this, Borg 6 to 20. Source: a session's
effort of 11 to 14 in the challenge-point rule."""

WORSE_PAIN_NRS = 2.0
"""Nor to whose pain has risen by as much since it was first told, 0 to 10. Source: the least change
that matters to patients, Ostelo 2008."""

FEWEST_TASKS = 4
"""So many tasks without a miss, at least, are too easy."""

REVERSALS_FIRST = 1
"""Reversals after which a staircase's step is halved; it is halved once more after the fourth."""

THRESHOLD_REVERSALS = 6
"""A staircase's threshold is the mean level of so many last reversals."""


class Range(Strict):
    """One `[[adapt.ranges]]`: a live parameter, and what it is at both ends of the level."""

    param: Annotated[str, Field(min_length=1, max_length=64)]
    easy: Annotated[float, Field(allow_inf_nan=False)]
    hard: Annotated[float, Field(allow_inf_nan=False)]

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.easy == self.hard:
            raise ValueError(f"easy and hard are both {self.easy:g}, so there is nothing to adapt")
        return self

    def at(self, level: float) -> float:
        """Return the parameter at a level."""
        return self.easy + level * (self.hard - self.easy)

    def level_of(self, value: float) -> float:
        """Return the level at which the parameter is nearest to `value`."""
        return min(max((value - self.easy) / (self.hard - self.easy), 0.0), 1.0)


class AdaptParams(Strict):
    """`[adapt]` of a session file.

    Attributes:
        ranges: What becomes harder with the level.
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


class Move(NamedTuple):
    """What a rule would do.

    Attributes:
        change: Of the level; 0 leaves it.
        reason: One clause, with the numbers.
    """

    change: float
    reason: str


class Rule(Protocol):
    """Turns how tasks ended into moves of the level."""

    def hear(self, is_success: bool, level: float) -> Move | None:
        """Return a move, or None while it is too early for one."""

    def forget(self) -> None:
        """Begin to count anew: the level is another now, whoever has changed it."""


class Band:
    """Judges so many tasks together, and moves when their success lies outside the band.

    It does not wait for the end of a block that must end below the band, so that nobody fails on
    for the sake of counting; nor, until it has become easier for the first time, for the second
    half of one whose first half went without a miss. From then on it knows about where the person
    is, and luck must last for a whole block to make it harder. Its step is halved at each turn back
    and grows again by half with each move onwards, so that it comes to rest inside the band and
    still follows who learns or tires.
    """

    def __init__(self, params: AdaptParams) -> None:
        self._params = params
        self._step = params.step
        self._last_sign = 0
        self._has_eased = False
        self._ends: list[bool] = []

    def hear(self, is_success: bool, level: float) -> Move | None:
        """Return a move at the end of each block, which may come early."""
        p = self._params
        self._ends.append(is_success)
        count, won = len(self._ends), sum(self._ends)
        is_lost = count - won > p.count * (1 - p.low_frac)
        is_easy = won == count >= max(FEWEST_TASKS, p.count / 2)
        if count < p.count and not is_lost and (self._has_eased or not is_easy):
            return None
        self._ends.clear()
        success = won / count
        said = f"{won} of the last {count} tasks done"
        if p.low_frac <= success <= p.high_frac:
            return Move(0.0, said)
        sign = 1 if success > p.high_frac else -1
        if self._last_sign == -sign:
            self._step = max(self._step / 2, p.min_step)
        elif self._last_sign == sign:
            self._step = min(self._step * 1.5, p.step)
        self._last_sign = sign
        self._has_eased = self._has_eased or sign < 0
        bound = f"over {p.high_frac:.0%}" if sign > 0 else f"under {p.low_frac:.0%}"
        return Move(sign * self._step, f"{said}, {bound}")

    def forget(self) -> None:
        """Begin a new block."""
        self._ends.clear()


class Staircase:
    """Harder after some successes in a row, easier after each failure.

    Weighted, it is harder after each success, by less than it is easier after a failure: with
    success p it rests where p * up = (1 - p) * down.

    Attributes:
        reversals: Levels at which it turned back.
    """

    def __init__(self, params: AdaptParams) -> None:
        self._params = params
        self._row = 0
        self._last_sign = 0
        self.reversals: deque[float] = deque(maxlen=THRESHOLD_REVERSALS)
        self._reversal_count = 0

    @property
    def threshold(self) -> float:
        """Mean level of the last reversals; NaN before there are so many."""
        full = len(self.reversals) == THRESHOLD_REVERSALS
        return sum(self.reversals) / THRESHOLD_REVERSALS if full else nan

    def hear(self, is_success: bool, level: float) -> Move | None:
        """Return a move after each failure, and after enough successes."""
        p = self._params
        need = 1 if p.rule == "weighted" else p.up_count
        self._row = self._row + 1 if is_success else 0
        if is_success and self._row < need:
            return None
        self._row = 0
        sign = 1 if is_success else -1
        if self._last_sign == -sign:
            self.reversals.append(level)
            self._reversal_count += 1
        self._last_sign = sign
        halvings = (self._reversal_count >= REVERSALS_FIRST) + (self._reversal_count > 4)
        size = max(p.step / 2**halvings, p.min_step)
        if p.rule == "weighted" and is_success:
            size *= (1 - p.target_frac) / p.target_frac
        row = f"{need} done in a row" if need > 1 else "a task done"
        return Move(sign * size, row if is_success else "a task missed")

    def forget(self) -> None:
        """Begin a new row of successes."""
        self._row = 0


class Offer(NamedTuple):
    """A change of the level that waits for somebody to accept it.

    Attributes:
        level: It would be.
        reason: One clause, with the numbers.
    """

    level: float
    reason: str


class Change(NamedTuple):
    """A level that was changed.

    Attributes:
        before: Level before.
        level: Level now.
        cause: One clause: who or what changed it, and why.
        is_undo: It went back to an earlier level.
    """

    before: float
    level: float
    cause: str
    is_undo: bool = False


class Adapter:
    """Keeps one person's level.

    Attributes:
        level: Now.
        offer: What is suggested, None where nothing is.
        try_count: Tasks that ended.
        success_count: Of them done.
        recent_frac: Success of the tasks at this level, at most the last `count`; NaN before any.
    """

    def __init__(self, params: AdaptParams) -> None:
        self.params = params
        self.level = params.level
        self.offer: Offer | None = None
        self._rule: Rule = Band(params) if params.rule == "band" else Staircase(params)
        self._recent: deque[bool] = deque(maxlen=params.count)
        self._past: list[float] = []
        self._first_pain = nan
        self._pain = self._effort = nan

    @property
    def recent_frac(self) -> float:
        """Success of the last tasks at this level; NaN before any."""
        return sum(self._recent) / len(self._recent) if self._recent else nan

    @property
    def can_undo(self) -> bool:
        """There is a change to take back."""
        return bool(self._past)

    @property
    def threshold(self) -> float:
        """Level at which a staircase has come to rest; NaN before, and for the band."""
        return self._rule.threshold if isinstance(self._rule, Staircase) else nan

    def rate(self, pain_nrs: float = nan, effort_rpe: float = nan) -> None:
        """Take what the person says of pain, 0 to 10, and effort, 6 to 20; NaN says nothing.

        A harder level that was suggested before is suggested no longer where it is too much now.
        """
        if pain_nrs == pain_nrs:
            self._pain = pain_nrs
            if self._first_pain != self._first_pain:
                self._first_pain = pain_nrs
        if effort_rpe == effort_rpe:
            self._effort = effort_rpe
        if self.offer is not None and self.offer.level > self.level and self.brake:
            self.offer = None

    def hear(self, tries: Sequence[Try]) -> Change | None:
        """Take how tasks ended; return the change that was made, where changes are made."""
        made: Change | None = None
        for given in tries:
            self._recent.append(given.is_success)
            move = self._rule.hear(given.is_success, self.level)
            if move is None:
                continue
            level = min(max(self.level + move.change, 0.0), 1.0)
            self.offer = None
            if level == self.level or (level > self.level and self.brake):
                continue
            if self.params.is_automatic:
                made = self._go(level, move.reason)
            else:
                self.offer = Offer(level, move.reason)
        return made

    @property
    def brake(self) -> str:
        """Why it does not get harder now; empty where it may."""
        if self._effort > MOST_EFFORT_RPE:
            return f"effort {self._effort:g} is over {MOST_EFFORT_RPE:g}"
        if self._pain - self._first_pain >= WORSE_PAIN_NRS:
            return f"pain has risen from {self._first_pain:g} to {self._pain:g}"
        return ""

    def accept(self) -> Change | None:
        """Do what is suggested; None where nothing is."""
        if self.offer is None:
            return None
        return self._go(self.offer.level, self.offer.reason)

    def keep(self) -> bool:
        """Leave the level as it is; return whether anything was suggested."""
        had, self.offer = self.offer is not None, None
        self._rule.forget()
        return had

    def undo(self) -> Change | None:
        """Go back to the level before the last change; None where there was none."""
        if not self._past:
            return None
        before, self.level = self.level, self._past.pop()
        self._begin()
        return Change(before, self.level, "taken back", is_undo=True)

    def revert(self, change: Change) -> None:
        """Forget a change that could not be made."""
        self.level = change.before
        if change.is_undo:
            self._past.append(change.level)
        else:
            self._past.pop()

    def take(self, param: str, value: float) -> Change | None:
        """Take note that a parameter was turned by hand; None where it does not move the level."""
        for known in self.params.ranges:
            if known.param == param:
                return self._go(known.level_of(value), f"{param} was set to {value:g}")
        return None

    def _go(self, level: float, cause: str) -> Change:
        before, self.level = self.level, level
        self._past.append(before)
        self._begin()
        return Change(before, level, cause)

    def _begin(self) -> None:
        self.offer = None
        self._recent.clear()
        self._rule.forget()
