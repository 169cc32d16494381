"""From events to steps: their times, lengths and widths, and how the load is shared."""

from math import nan

from rehabsim.base.records import Side

MAX_STEP_NS = 2_000_000_000
"""Two heel strikes further apart are not one step."""

MAX_STRIDE_S = 2.5
SHARE_TIME_S = 0.5
"""Smoothing of the load share while nobody walks."""


class Foot:
    """What the last steps of one foot were like; NaN where not known.

    Attributes:
        place_x_m: Centre of pressure at the last landing, carried along by the belt since.
        place_y_m: The same to the side; it does not move.
        step_time_s: The other foot's heel strike to this one's.
        step_length_m: How far this foot landed ahead of the other, on the belt.
        stance_time_s: Heel strike to toe-off.
        step_count: Heel strikes.
    """

    def __init__(self) -> None:
        self.strike_ns: int | None = None
        self.place_x_m = nan
        self.place_y_m = nan
        self.step_time_s = nan
        self.step_length_m = nan
        self.stance_time_s = nan
        self.step_count = 0

    def land(self, strike_ns: int, place_m: tuple[float, float], other: "Foot") -> float:
        """Take a landing; return the step's width, or NaN.

        Args:
            strike_ns: When.
            place_m: (x, y) of the centre of pressure; NaN where another foot shares the plate.
            other: The other foot, carried along by its belt until now.
        """
        self.strike_ns = strike_ns
        self.step_count += 1
        self.place_x_m, self.place_y_m = place_m
        self.step_time_s = self.step_length_m = nan
        if other.strike_ns is None or not 0 < strike_ns - other.strike_ns <= MAX_STEP_NS:
            return nan
        self.step_time_s = (strike_ns - other.strike_ns) / 1e9
        self.step_length_m = self.place_x_m - other.place_x_m
        return abs(self.place_y_m - other.place_y_m)

    def lift(self, lift_ns: int) -> None:
        """Take a toe-off."""
        if self.strike_ns is not None:
            self.stance_time_s = (lift_ns - self.strike_ns) / 1e9


class LoadShare:
    """How much of the vertical force the left plate carries.

    While walking the share is the mean over the last whole stride, renewed at every step, so
    that it does not swing with each foot. While standing it is a smoothed present value.

    Attributes:
        left_frac: The share; NaN before anyone has stood there.
    """

    def __init__(self) -> None:
        self.left_frac = nan
        self._left_ns = self._total_ns = 0.0
        self._marks: dict[Side, tuple[float, float]] = {}
        self._walking_s = 0.0

    def feed(self, left_n: float, total_n: float, dt_s: float) -> None:
        """Take the mean vertical forces over the last `dt_s`; `total_n` > 0."""
        self._left_ns += left_n * dt_s
        self._total_ns += total_n * dt_s
        self._walking_s -= dt_s
        if self._walking_s > 0:
            return
        self._marks.clear()
        share = min(max(left_n / total_n, 0.0), 1.0)
        if self.left_frac != self.left_frac:
            self.left_frac = share
        self.left_frac += min(dt_s / SHARE_TIME_S, 1.0) * (share - self.left_frac)

    def land(self, side: Side) -> None:
        """Take a heel strike: a stride of that side ends, another begins."""
        begun = self._marks.get(side)
        if begun is not None and self._total_ns > begun[1]:
            share = (self._left_ns - begun[0]) / (self._total_ns - begun[1])
            self.left_frac = min(max(share, 0.0), 1.0)
        self._marks[side] = (self._left_ns, self._total_ns)
        self._walking_s = MAX_STRIDE_S
