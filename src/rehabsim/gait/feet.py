"""Two feet: which is down, when they last landed and lifted, and what is told of that."""

from collections.abc import Callable
from typing import NamedTuple

from rehabsim.base.records import Side
from rehabsim.gait.levels import MIN_STRIDE_S

SIDES: tuple[Side, Side] = ("left", "right")
LEFT, RIGHT = 0, 1
NEVER = -(10**9)


class Contact(NamedTuple):
    """One foot contact or lift-off, in frames.

    Attributes:
        foot: LEFT or RIGHT.
        is_strike: Landed, or lifted.
        at: When: number of the frame, with a fraction.
        known: Number of the frame at which it was known.
        confidence: 1 for an edge, less otherwise.
        is_alone: The foot's own plate was empty before, so that it is alone on it.
    """

    foot: int
    is_strike: bool
    at: float
    known: int
    confidence: float
    is_alone: bool


class Feet:
    """Both feet.

    Args:
        tell: Called with each contact as it becomes known.

    Attributes:
        is_down: Which carry load.
        strike: Frame of each foot's last landing.
        lift: Frame of each foot's last toe-off.
        last: Which landed last; -1 before the first.
        landed: Frame at which that was known.
    """

    def __init__(self, tell: Callable[[Contact], None]) -> None:
        self.is_down = [False, False]
        self.strike = [float(NEVER), float(NEVER)]
        self.lift = [float(NEVER), float(NEVER)]
        self.last = -1
        self.landed = NEVER
        self._tell = tell

    def land(self, contact: Contact, dt_s: float) -> bool:
        """Put a foot down; return whether that is a heel strike, and not the last one again."""
        foot = contact.foot
        self.is_down[foot] = True
        if (contact.at - self.strike[foot]) * dt_s < MIN_STRIDE_S:
            return False
        self.strike[foot] = contact.at
        self.landed = contact.known
        self.last = foot
        self._tell(contact)
        return True

    def leave(self, contact: Contact) -> None:
        """Lift a foot."""
        foot = contact.foot
        self.is_down[foot] = False
        if contact.at > self.strike[foot]:
            self.lift[foot] = contact.at
            self._tell(contact)

    def rename(self) -> None:
        """Take each foot for the other."""
        self.last = 1 - self.last
        self.is_down.reverse()
        self.strike.reverse()
        self.lift.reverse()
