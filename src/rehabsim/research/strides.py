"""From events and forces to one row per heel strike. Pure.

A time counts only between clear-cut events, since a foot that lands on a plate where the other
still stands (a cross-over step) cannot be dated well; and only when nothing was missed inside it:
the feet alternate, and neither step nor stride is longer than a walking person takes.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import isnan, nan

import numpy as np

from rehabsim.base.records import GaitEvent, Side
from rehabsim.gait.strides import MAX_STEP_NS, MAX_STRIDE_S
from rehabsim.research.walk import Walk

MAX_STEP_S = MAX_STEP_NS / 1e9
CLEAR = 0.75
"""Events of less confidence than this do not make a time; the analysis says 0.5 or 1."""
MIN_STRIDE_N = 150.0
"""A stride with less mean force on both plates is nobody standing there."""


@dataclass(frozen=True, slots=True)
class Stride:
    """What began with one heel strike; NaN where not measured. Fields are columns of strides.csv.

    Instants are given for every event, times only between clear-cut ones.

    Attributes:
        side: Whose heel strike.
        heel_strike_t_s: When.
        toe_off_t_s: The same foot's next.
        next_heel_strike_t_s: The same foot's next; NaN after a pause or a missed step.
        step_time_s: From the other foot's heel strike to this one.
        stride_time_s: To the same foot's next heel strike.
        stance_time_s: To the same foot's toe-off.
        swing_time_s: From toe-off to the next heel strike.
        double_support_time_s: To the other foot's toe-off.
        step_length_m: Ahead of the other foot at this heel strike, on the belt.
        step_width_m: Beside the other foot.
        belt_speed_mps: Mean over the stride, this foot's belt.
        peak_vertical_force_n: Greatest on this foot's plate during its stance.
        mean_vertical_force_n: Mean of both plates together over the stride.
        load_share_left_frac: Left plate's part of it.
    """

    side: Side
    heel_strike_t_s: float
    toe_off_t_s: float
    next_heel_strike_t_s: float
    step_time_s: float
    stride_time_s: float
    stance_time_s: float
    swing_time_s: float
    double_support_time_s: float
    step_length_m: float
    step_width_m: float
    belt_speed_mps: float
    peak_vertical_force_n: float
    mean_vertical_force_n: float
    load_share_left_frac: float


STRIDE_COLUMNS = tuple(field.name for field in fields(Stride))


def strides_of(walk: Walk) -> list[Stride]:
    """Return a row for every heel strike, by time."""
    strikes = [event for event in walk.events if event.kind == "heel_strike"]
    lifts: dict[Side, list[GaitEvent]] = {"left": [], "right": []}
    for event in walk.events:
        if event.kind == "toe_off":
            lifts[event.side].append(event)
    counts = {"left": 0, "right": 0}
    strides = []
    for index, strike in enumerate(strikes):
        counts[strike.side] += 1
        before = strikes[index - 1] if index else None
        end = _end(strikes[index : index + 3])
        until_s = _next_of(strikes, index)
        lift = _first_after(lifts[strike.side], strike, until_s)
        other = _first_after(lifts["right" if strike.side == "left" else "left"], strike, until_s)
        if lift is not None and other is not None and other.t_ns > lift.t_ns:
            other = None
        strides.append(_stride(walk, counts[strike.side], before, strike, lift, other, end))
    return strides


def _stride(
    walk: Walk,
    count: int,
    before: GaitEvent | None,
    strike: GaitEvent,
    lift: GaitEvent | None,
    other_lift: GaitEvent | None,
    end: GaitEvent | None,
) -> Stride:
    side, t_s, lift_s, end_s = strike.side, _t_s(strike), _t_s(lift), _t_s(end)
    step_s = _between_s(before, strike) if before and before.side != side else nan
    length_m, width_m = _placement(walk, side, count)
    return Stride(
        side,
        t_s,
        lift_s,
        end_s,
        step_s if step_s <= MAX_STEP_S else nan,
        _between_s(strike, end),
        _between_s(strike, lift) if end is not None else nan,
        _between_s(lift, end),
        _between_s(strike, other_lift) if end is not None else nan,
        length_m,
        width_m,
        _mean_belt_mps(walk, side, t_s, end_s),
        *_forces(walk, side, t_s, lift_s, end_s),
    )


def _t_s(event: GaitEvent | None) -> float:
    return nan if event is None else event.t_ns / 1e9


def _between_s(first: GaitEvent | None, second: GaitEvent | None) -> float:
    """Return the time from one event to the other, NaN unless both are there and clear-cut."""
    if first is None or second is None or min(first.confidence, second.confidence) < CLEAR:
        return nan
    return (second.t_ns - first.t_ns) / 1e9


def _end(strikes: Sequence[GaitEvent]) -> GaitEvent | None:
    """Return where the stride of the first of three heel strikes ends, None if one was missed."""
    if len(strikes) < 3 or not strikes[0].side == strikes[2].side != strikes[1].side:
        return None
    return strikes[2] if strikes[2].t_ns - strikes[0].t_ns <= MAX_STRIDE_S * 1e9 else None


def _next_of(strikes: Sequence[GaitEvent], index: int) -> float:
    """Return when the foot of a heel strike lands again at the latest, s."""
    for strike in strikes[index + 1 : index + 4]:
        if strike.side == strikes[index].side:
            return _t_s(strike)
    return _t_s(strikes[index]) + MAX_STRIDE_S


def _first_after(events: list[GaitEvent], strike: GaitEvent, until_s: float) -> GaitEvent | None:
    """Return the first of `events` after `strike` and before `until_s`, or None."""
    index = bisect_right(events, strike.t_ns, key=lambda event: event.t_ns)
    if index < len(events) and _t_s(events[index]) < min(until_s, _t_s(strike) + MAX_STRIDE_S):
        return events[index]
    return None


def _placement(walk: Walk, side: Side, count: int) -> tuple[float, float]:
    """Return length and width of the step that ended with the `count`th landing of `side`."""
    counts = walk.track[f"{side}_step_count"]
    index = int(np.searchsorted(counts, count))
    if index >= len(counts) or counts[index] != count:
        return nan, nan
    return (
        float(walk.track[f"{side}_step_length_m"][index]),
        float(walk.track["step_width_m"][index]),
    )


def _mean_belt_mps(walk: Walk, side: Side, t_s: float, end_s: float) -> float:
    if walk.belts is None or isnan(end_s):
        return nan
    first, last = np.searchsorted(walk.belts.t_s, (t_s, end_s))
    if first == last:
        return nan
    return float(np.mean(walk.belts.speeds_mps[f"belt_{side}_speed_mps"][first:last]))


def _forces(
    walk: Walk, side: Side, t_s: float, lift_s: float, end_s: float
) -> tuple[float, float, float]:
    """Return peak on the foot's plate, mean of both plates, and the left plate's part; N, N, 1."""
    first, lift, end = (
        int(index) for index in np.searchsorted(walk.plate_t_s, (t_s, lift_s, end_s))
    )
    own_n = walk.left_fz_n if side == "left" else walk.right_fz_n
    peak_n = mean_n = share = nan
    if not isnan(lift_s) and lift > first:
        peak_n = float(np.max(own_n[first:lift]))
    if not isnan(end_s) and end > first:
        left_n = float(np.mean(walk.left_fz_n[first:end]))
        total_n = left_n + float(np.mean(walk.right_fz_n[first:end]))
        if total_n >= MIN_STRIDE_N:
            mean_n, share = total_n, left_n / total_n
    return peak_n, mean_n, share
