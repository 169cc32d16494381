"""How hard it is: a level from 0, easy, to 1, hard, that follows how tasks end. Pure.

Three rules, each published: a transformed staircase (Levitt 1971), a weighted one (Kaernbach 1991),
and the challenge-point band (Guadagnoli and Lee 2004), which keeps success between two bounds.
What a rule would do is only suggested unless a session file says that it may do it.
"""

from collections import deque
from collections.abc import Sequence
from math import nan
from typing import NamedTuple, Protocol

from rehabsim.training.adapt_params import AdaptParams
from rehabsim.training.scenario import Try

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
        recent_frac: Success of the tasks that it follows, at this level, at most the last `count`;
            NaN before any.
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

    def hear(self, tries: Sequence[Try]) -> tuple[Change, ...]:
        """Take how tasks ended; return the changes that were made, where changes are made."""
        made: list[Change] = []
        for given in tries:
            if self.params.tasks and given.task not in self.params.tasks:
                continue
            self._recent.append(given.is_success)
            move = self._rule.hear(given.is_success, self.level)
            if move is None:
                continue
            level = min(max(self.level + move.change, 0.0), 1.0)
            self.offer = None
            if level == self.level or (level > self.level and self.brake):
                continue
            if self.params.is_automatic:
                made.append(self._go(level, move.reason))
            else:
                self.offer = Offer(level, move.reason)
        return tuple(made)

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
