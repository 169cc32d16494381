"""Heel strike and toe-off of one foot, from the vertical force on its plate.

A contact is *known* when the force passes a fraction of body weight that no noise, drift or
grazing foot reaches; it is *dated* back to where the force left the floor. So events are both
robust and early, and each says how much later it was known.
"""

from collections.abc import Callable
from math import nan

from rehabsim.base.records import GaitEvent, Side

ON_FRAC = 0.30
"""Of body weight: more is a stance (Song, Choi & Collins 2020 use 0.3 as step trigger)."""

OFF_FRAC = 0.20
"""Of body weight: less ends it."""

FLOOR_FRAC = 0.05
"""Of body weight: less is an empty plate, whatever its noise and drift."""

UNKNOWN_WEIGHT_N = 500.0
"""Stands in until the person has been weighed."""

MAX_RISE_NS = 150_000_000
"""A slower rise than this is a shift of weight, not a landing foot; it is dated at its end."""

MAX_FALL_NS = 80_000_000
"""A foot that unloads more slowly has already left to the other plate's foot."""

MIN_STRIDE_NS = 400_000_000
"""The same foot does not land twice within this time."""


class ContactDetector:
    """One foot's contact with its plate.

    Args:
        side: Whose foot.
        delay_ns: Delay of the force that is fed, subtracted from every date.

    Attributes:
        is_down: The foot carries load.
        strike_ns: The last heel strike, on the session clock, None before the first.
        lift_ns: The last toe-off.
        is_clean: The plate was empty before the last heel strike, so the foot is alone on it.
    """

    def __init__(self, side: Side, delay_ns: int, tell: Callable[[GaitEvent], None]) -> None:
        self.side: Side = side
        self.is_down = False
        self.strike_ns: int | None = None
        self.lift_ns: int | None = None
        self.is_clean = False
        self._delay_ns = delay_ns
        self._tell = tell
        self._floor_ns: int | None = None
        self._leaving_ns: int | None = None
        self._least_n = nan
        self._has_begun = False
        self.weigh(nan)

    def weigh(self, body_weight_n: float) -> None:
        """Set the levels from the body weight, in N; NaN is not yet known."""
        weight_n = body_weight_n if body_weight_n > 0 else UNKNOWN_WEIGHT_N
        self._on_n = ON_FRAC * weight_n
        self._off_n = OFF_FRAC * weight_n
        self._floor_n = FLOOR_FRAC * weight_n

    def feed(self, t_ns: int, fz_n: float) -> bool:
        """Take one sample of filtered vertical force; return whether a foot has just landed.

        Args:
            t_ns: When it was taken.
            fz_n: In N; what is not a number changes nothing.
        """
        if fz_n < self._floor_n:
            self._floor_ns = t_ns
        if self.is_down:
            if fz_n < self._off_n or self._leaving_ns is not None:
                self._leave(t_ns, fz_n)
            return False
        return fz_n > self._on_n and self._land(t_ns)

    def _land(self, t_ns: int) -> bool:
        floor_ns = self._floor_ns
        self.is_clean = floor_ns is not None and t_ns - floor_ns <= MAX_RISE_NS
        onset_ns = floor_ns if self.is_clean and floor_ns is not None else t_ns
        date_ns = onset_ns - self._delay_ns
        self.is_down = True
        self._leaving_ns = None
        if self.strike_ns is not None and date_ns - self.strike_ns < MIN_STRIDE_NS:
            return False
        if not self._has_begun:
            # Whoever stands there already when the session begins has not just landed.
            self._has_begun = True
            if not self.is_clean:
                return False
        self.strike_ns = date_ns
        confidence = 1.0 if self.is_clean else 0.5
        latency_s = (t_ns - date_ns) / 1e9
        self._tell(GaitEvent(date_ns, self.side, "heel_strike", latency_s, confidence))
        return True

    def _leave(self, t_ns: int, fz_n: float) -> None:
        """Follow the force down, until it is gone, rises again, or takes too long."""
        if self._leaving_ns is None:
            self._leaving_ns, self._least_n = t_ns, fz_n
        if fz_n > self._on_n:
            self._leaving_ns = None
            return
        is_gone = fz_n < self._floor_n
        self._least_n = min(self._least_n, fz_n)
        if not is_gone and t_ns - self._leaving_ns < MAX_FALL_NS:
            return
        self._leaving_ns = None
        self.is_down = False
        self._has_begun = True
        self.lift_ns = t_ns - self._delay_ns
        confidence = 1.0 if is_gone else 0.5
        latency_s = self._delay_ns / 1e9
        self._tell(GaitEvent(self.lift_ns, self.side, "toe_off", latency_s, confidence))
