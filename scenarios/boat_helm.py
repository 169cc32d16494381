"""From how a person shifts their weight to the rudder: where amidships is for them. Pure.

Nobody's weight is shared quite evenly: who spares a leg walks 2 to 5 % off it, and could hardly
steer to one side if an even share were amidships.
"""

from math import isfinite
from statistics import median
from typing import NamedTuple

SETTLE_S, LEARN_S = 4.0, 8.0
"""After the belts have come up to speed nothing is learned at first; then for so long it is."""

UNDERWAY_FRAC = 0.8
"""Of the chosen speed: from there on somebody walks as they usually do."""

MAX_NEUTRAL = 0.2
"""Amidships is no further off: of the load, or of the pressure's shift that is full rudder."""

MAX_SHIFT_FRAC = 0.15
"""Nobody who walks shifts more of the load at will: a foot was on the other belt, and the share of
such a stride tells nothing. Source: after a stroke the weak leg bears 40 % on average."""

HOLD_S = 3.0
"""For so long the rudder stays where it was in such strides; then it comes amidships."""


class Reach(NamedTuple):
    """What shifts do to the rudder.

    Attributes:
        dead: Shift that does nothing.
        full: Shift beyond that which turns it fully.
        most: Shift beyond which none is believed.
    """

    dead: float
    full: float
    most: float


class Helm:
    """Turns shifts of weight into -1 to 1, left positive.

    Args:
        learns: Amidships is where this person's weight is while they walk straight on, learned from
            the first strides, in which the rudder does nothing.

    Attributes:
        neutral: Shift at which the rudder is amidships.
        is_learning: It is not known yet.
    """

    def __init__(self, *, learns: bool) -> None:
        self.neutral = 0.0
        self.is_learning = learns
        self._since_s = 0.0
        self._seen: list[float] = []
        self._rudder, self._held_s = 0.0, 0.0

    def learn(self, shift: float, dt_s: float, *, is_underway: bool) -> bool:
        """Take one tick of straight walking, or standing; return whether amidships is known now."""
        if not (self.is_learning and is_underway and isfinite(shift)):
            return False
        self._since_s += dt_s
        if self._since_s < SETTLE_S:
            return False
        self._seen.append(shift)
        if self._since_s < SETTLE_S + LEARN_S:
            return False
        self.neutral = min(max(median(self._seen), -MAX_NEUTRAL), MAX_NEUTRAL)
        self.is_learning = False
        self._seen.clear()
        return True

    def step(self, shift: float, reach: Reach, dt_s: float) -> float:
        """Return the rudder; amidships while it is learned, and where nobody is measured."""
        if self.is_learning or not isfinite(shift):
            self._rudder = 0.0
            return 0.0
        shift -= self.neutral
        if abs(shift) > reach.most:
            self._held_s += dt_s
            return self._rudder if self._held_s <= HOLD_S else 0.0
        self._held_s = 0.0
        size = min(max(abs(shift) - reach.dead, 0.0) / reach.full, 1.0)
        self._rudder = size if shift > 0 else -size
        return self._rudder
