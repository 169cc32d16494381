"""The measures of a walk. Pure.

Every measure is always listed; one that could not be measured has no value and says why.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import isfinite

import numpy as np

from rehabsim.base.records import Side
from rehabsim.research.estimate import (
    INTERVAL,
    MIN_COUNT,
    Measure,
    mean_measure,
    mean_with_interval,
    single_measure,
)
from rehabsim.research.strides import Stride
from rehabsim.research.walk import Walk

MOVING_MPS = 0.05
"""A belt measured slower than this does not count as moving."""

SYMMETRY = "(left - right) / mean of both, step by step; 0 is even"
SIDES: tuple[Side, ...] = ("left", "right")


def measures_of(walk: Walk, strides: Sequence[Stride]) -> list[Measure]:
    """Return every measure, in the order of a report."""
    return [
        *_session_measures(walk),
        *_time_measures(walk, strides),
        *_placement_measures(walk, strides),
        *_force_measures(strides),
        *_quality_measures(walk),
    ]


# -- the session ---------------------------------------------------------------------------

NO_BELTS = "the log holds no belts"


def _session_measures(walk: Walk) -> list[Measure]:
    source = "table ticks" if walk.belts is not None else "table plates"
    measures = [
        single_measure(
            "duration",
            walk.duration_s,
            unit="s",
            method="from the first tick or sample to the end of the last",
            source=source,
        )
    ]
    stop_count = float(len(walk.stops)) if walk.belts is not None else None
    measures.append(
        single_measure(
            "stop_count",
            stop_count,
            unit="count",
            method="events of the kind stop",
            source="channel events",
            reason=NO_BELTS,
        )
    )
    return measures + [measure for side in SIDES for measure in _belt_measures(walk, side)]


def _belt_measures(walk: Walk, side: Side) -> list[Measure]:
    distance_m = mean_mps = top_mps = None
    n = 0
    if walk.belts is not None:
        speeds = walk.belts.speeds_mps[f"belt_{side}_speed_mps"]
        distances = walk.belts.left_distance_m if side == "left" else walk.belts.right_distance_m
        distance_m = float(distances[-1])
        moving = speeds[speeds > MOVING_MPS]
        n = len(moving)
        mean_mps, top_mps = (float(np.mean(moving)), float(np.max(moving))) if n else (None, None)
    still = NO_BELTS if walk.belts is None else "the belt never moved"
    source = f"table ticks, column belt_{side}_speed_mps"
    return [
        single_measure(
            "walking_distance",
            distance_m,
            unit="m",
            side=side,
            method="belt surface passed, measured speed integrated over the session",
            source=f"table ticks, column {side}_distance_m",
            reason=NO_BELTS,
        ),
        single_measure(
            "mean_belt_speed",
            mean_mps,
            unit="m/s",
            side=side,
            n=n,
            method=f"mean of the measured speed while above {MOVING_MPS} m/s",
            source=source,
            reason=still,
        ),
        single_measure(
            "greatest_belt_speed",
            top_mps,
            unit="m/s",
            side=side,
            n=n,
            method="greatest measured speed",
            source=source,
            reason=still,
        ),
    ]


# -- times ---------------------------------------------------------------------------------

_TIMES = (
    ("step_time", "step_time_s", "from the other foot's heel strike to this foot's"),
    ("stride_time", "stride_time_s", "from heel strike to the same foot's next"),
    ("stance_time", "stance_time_s", "from heel strike to the same foot's toe-off"),
    ("swing_time", "swing_time_s", "from toe-off to the same foot's next heel strike"),
    (
        "double_support_time",
        "double_support_time_s",
        "from heel strike to the other foot's toe-off",
    ),
)
NO_STEPS = "no clear-cut events of alternating feet were found in a row"


def _time_measures(walk: Walk, strides: Sequence[Stride]) -> list[Measure]:
    source = walk.event_source
    measures = []
    for kind in ("heel_strike", "toe_off"):
        for side in SIDES:
            count = sum(event.kind == kind and event.side == side for event in walk.events)
            measures.append(
                single_measure(
                    f"{kind}_count",
                    float(count),
                    unit="count",
                    side=side,
                    method="events found",
                    source=source,
                )
            )
    measures.append(_cadence(strides, source))
    for name, column, definition in _TIMES:
        for side in SIDES:
            measures.append(
                mean_measure(
                    name,
                    _values(strides, side, column),
                    unit="s",
                    side=side,
                    method=f"mean of the times {definition}, both clear-cut",
                    source=source,
                    reason=NO_STEPS,
                )
            )
    for side in SIDES:
        measures += _ratios(strides, side, source)
    for name, column in (("step_time", "step_time_s"), ("stance_time", "stance_time_s")):
        measures.append(_symmetry(name, strides, column, source, NO_STEPS))
    return measures


def _cadence(strides: Sequence[Stride], source: str) -> Measure:
    step_s, ci95, n = mean_with_interval([stride.step_time_s for stride in strides])
    return Measure(
        name="cadence",
        value=1 / step_s if n else None,
        unit="Hz",
        side="both",
        n=n,
        ci95=(1 / ci95[1], 1 / ci95[0]) if ci95 is not None and ci95[0] > 0 else None,
        method=f"steps per second: 1 / mean step time of both feet; {INTERVAL}, inverted",
        source=source,
        reason="" if n else NO_STEPS,
    )


def _ratios(strides: Sequence[Stride], side: Side, source: str) -> list[Measure]:
    own = [stride for stride in strides if stride.side == side]
    stride_s = np.array([s.stride_time_s for s in own if isfinite(s.stride_time_s)])
    variation = None
    if len(stride_s) >= MIN_COUNT:
        variation = float(np.std(stride_s, ddof=1) / np.mean(stride_s))
    return [
        mean_measure(
            "stance_phase",
            [s.stance_time_s / s.stride_time_s for s in own],
            unit="1",
            side=side,
            method="mean of stance time / stride time",
            source=source,
            reason=NO_STEPS,
        ),
        single_measure(
            "stride_time_coefficient_of_variation",
            variation,
            unit="1",
            side=side,
            n=len(stride_s),
            method="standard deviation / mean of the stride times",
            source=source,
            reason=f"fewer than {MIN_COUNT} strides",
        ),
    ]


def _symmetry(
    name: str, strides: Sequence[Stride], column: str, source: str, reason: str
) -> Measure:
    return mean_measure(
        f"{name}_symmetry_index",
        _pairs(strides, lambda stride: float(getattr(stride, column))),
        unit="1",
        side="both",
        method=f"mean of {SYMMETRY}; each foot's step with the other's next",
        source=source,
        reason=reason,
    )


def _pairs(strides: Sequence[Stride], value_of: Callable[[Stride], float]) -> list[float]:
    """Return (left - right) / mean for each two steps in a row, of alternating feet.

    Source: symmetry index of Robinson, Herzog & Nigg 1987, as a fraction.
    """
    found = []
    for first, second in pairwise(strides):
        if first.side == second.side or not isfinite(second.step_time_s):
            continue
        left, right = (first, second) if first.side == "left" else (second, first)
        left_value, right_value = value_of(left), value_of(right)
        total = left_value + right_value
        if total > 0:
            found.append(2 * (left_value - right_value) / total)
    return found


def _values(strides: Sequence[Stride], side: Side, column: str) -> list[float]:
    return [float(getattr(stride, column)) for stride in strides if stride.side == side]


# -- where the feet land -------------------------------------------------------------------


def _placement_measures(walk: Walk, strides: Sequence[Stride]) -> list[Measure]:
    no_place = "the plates measured no moments, so where a foot stood is unknown"
    no_length = no_place if walk.belts is not None else NO_BELTS
    source = "centre of pressure at heel strike, carried along by the measured belt speed"
    measures = [
        mean_measure(
            "step_length",
            _values(strides, side, "step_length_m"),
            unit="m",
            side=side,
            method="mean distance of this foot ahead of the other at its heel strike, on the belt",
            source=source,
            reason=no_length,
        )
        for side in SIDES
    ]
    measures.append(_symmetry("step_length", strides, "step_length_m", source, no_length))
    measures.append(
        mean_measure(
            "step_width",
            [stride.step_width_m for stride in strides],
            unit="m",
            side="both",
            method="mean sideways distance of two foot placements in a row",
            source="centre of pressure at heel strike",
            reason=no_place,
        )
    )
    return measures


# -- forces --------------------------------------------------------------------------------


def _force_measures(strides: Sequence[Stride]) -> list[Measure]:
    source = "table plates, columns left_fz_n and right_fz_n"
    no_force = "no whole stride with a vertical force on both plates"
    measures = [
        mean_measure(
            "body_weight",
            [stride.mean_vertical_force_n for stride in strides],
            unit="N",
            side="both",
            method="mean of both plates together over each stride; over whole strides a walking"
            " person pushes with the body weight on average",
            source=source,
            reason=no_force,
        ),
        mean_measure(
            "load_share_left",
            [stride.load_share_left_frac for stride in strides],
            unit="1",
            side="both",
            method="mean of the left plate's part of the vertical force over each stride; 0.5 is"
            " even",
            source=source,
            reason=no_force,
        ),
    ]
    return measures + [
        mean_measure(
            "peak_vertical_force",
            _values(strides, side, "peak_vertical_force_n"),
            unit="N",
            side=side,
            method="mean of the greatest force on this foot's plate in each stance",
            source=source,
            reason="no whole stance with a vertical force on this plate",
        )
        for side in SIDES
    ]


def _quality_measures(walk: Walk) -> list[Measure]:
    return [
        single_measure(
            "force_sample_count",
            float(len(walk.plate_t_s)),
            unit="count",
            method="samples of both plates",
            source="table plates",
        ),
        single_measure(
            "lost_force_sample_count",
            float(walk.plate_lost_count),
            unit="count",
            method="numbers missing in the column sequence",
            source="table plates",
        ),
    ]
