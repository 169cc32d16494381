"""The laws of practice: two rates of learning, the challenge point, forgetting, savings. Pure.

Source: two rates after Smith, Ghazizadeh & Shadmehr 2006 (PLoS Biol 4:e179; the numbers are
remembered, not checked again); savings as rates that have changed, Zarahn 2008 (PMC2585408,
abstract read); learning is greatest where a task is neither easy nor hopeless, Guadagnoli & Lee
2004 (J Mot Behav 36:212; abstract read), who give no curve: its shape here is a design choice.
"""

from typing import NamedTuple

from msgspec import Struct

BEST_FRAC = 0.75
"""Success with which one learns most: the middle of the band that sessions adapt to."""

SHARPNESS = 2.0
"""Of that peak; a design choice: half of it is left at a success of 0.36 and of 0.97."""

RECENT_COUNT = 4
"""Trials by which one knows how well it goes; a design choice."""

SAVINGS = 2.0
"""How much faster one learns again what one could do before; a design choice, for Zarahn 2008 has
that rates change and not by how much in a walk."""

FAST_DAYS = 0.01
"""Time constant at which the fast part is gone: a quarter of an hour, a design choice."""

FORGET_POWER = 0.048
"""Power of (1 + days) by which the slow part fades. Source: of the falls that 40 slips had saved
one from, 78 % were still saved six months later (43.8 to 9.6 %; PMC8344091, PMC8376032), and
forgetting is a power law (Wixted & Ebbesen 1991, remembered)."""


class Rates(NamedTuple):
    """What of each part is kept from one trial to the next, and learned in one.

    Attributes:
        fast_kept: Of the fast part.
        fast_learned: By the fast part, of what is still to be learned.
        slow_kept: Of the slow part.
        slow_learned: By the slow part.
    """

    fast_kept: float
    fast_learned: float
    slow_kept: float
    slow_learned: float


TRIAL_RATES = Rates(0.59, 0.21, 0.992, 0.02)
"""Per trial: those of Smith 2006 for reaching in a force field. Rates per stride are traits."""


class Memory(Struct, frozen=True, forbid_unknown_fields=True):
    """What one has learned of one skill.

    Attributes:
        fast: Learned soon and forgotten soon.
        slow: Learned slowly and kept.
        once: The most that `slow` ever was.
        success_frac: How well it went lately.
        count: Trials so far.
    """

    fast: float = 0.0
    slow: float = 0.0
    once: float = 0.0
    success_frac: float = 0.0
    count: int = 0

    @property
    def skill(self) -> float:
        """How far one is on the way, 0 to 1."""
        return _within(self.fast + self.slow)


def challenge(success_frac: float) -> float:
    """Return how much is learned at a success, 1 at `BEST_FRAC`, 0 at none and at all."""
    s = _within(success_frac)
    ups: float = (s / BEST_FRAC) ** (SHARPNESS * BEST_FRAC)
    downs: float = ((1 - s) / (1 - BEST_FRAC)) ** (SHARPNESS * (1 - BEST_FRAC))
    return ups * downs


def tried(memory: Memory, success_frac: float, rates: Rates) -> Memory:
    """Return what is known after one more trial.

    Args:
        memory: Before.
        success_frac: Of this trial, 0 to 1.
        rates: Of its kind.
    """
    count = memory.count + 1
    part = 1 / min(count, RECENT_COUNT)
    recent = memory.success_frac + part * (_within(success_frac) - memory.success_frac)
    missing = challenge(recent) * (1 - memory.skill)
    return _moved(memory, missing, rates, recent)


def corrected(memory: Memory, error: float, rates: Rates) -> Memory:
    """Return what is known after one more error was seen.

    Args:
        memory: Before.
        error: In the direction of what is still to be learned, -1 to 1; nothing is learned at 0.
        rates: Of its kind.
    """
    return _moved(memory, min(max(error, -1.0), 1.0), rates, memory.success_frac)


def _moved(memory: Memory, drive: float, rates: Rates, recent: float) -> Memory:
    again = SAVINGS if drive > 0 and memory.slow < memory.once else 1.0
    fast = rates.fast_kept * memory.fast + rates.fast_learned * drive
    slow = rates.slow_kept * memory.slow + again * rates.slow_learned * drive
    slow = _within(slow)
    fast = min(max(fast, -slow), 1 - slow)
    return Memory(fast, slow, max(memory.once, slow), recent, memory.count + 1)


def after(memory: Memory, days: float) -> Memory:
    """Return what is left after days without practice.

    Raises:
        ValueError: Less than no days.
    """
    if not days >= 0:
        raise ValueError(f"{days:g} days have passed; give 0 or more")
    if days == 0:
        return memory
    fast: float = memory.fast * 2.718281828459045 ** (-days / FAST_DAYS)
    slow: float = memory.slow * (1 + days) ** -FORGET_POWER
    return Memory(fast, slow, memory.once, memory.success_frac, memory.count)


def _within(value: float) -> float:
    return min(max(value, 0.0), 1.0)
