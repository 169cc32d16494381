"""The measures of a walk. Pure.

Every measure of `gait/measures.json` is always listed; one that could not be measured has no
value and says why.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import isfinite, nan

import numpy as np

from rehabsim.base.records import Side
from rehabsim.gait.recovery import Outcome
from rehabsim.gait.strides import Stride
from rehabsim.gait.variability import detrended_fluctuation
from rehabsim.research.definitions import DEFINITIONS
from rehabsim.research.estimate import (
    INTERVAL,
    MIN_COUNT,
    NO_INTERVAL,
    Measure,
    Whose,
    mean_with_interval,
)
from rehabsim.research.standing import MIN_STAND_S
from rehabsim.research.walk import Walk

MOVING_MPS = 0.05
"""A belt measured slower than this does not count as moving."""

SIDES: tuple[Side, ...] = ("left", "right")
Values = Sequence[float]

NO_BELTS = "the log holds no belts"
NO_TASKS = "no task ended in this session"
NO_LEVEL = "difficulty was not kept as one level in this session"
NO_STEPS = "no clear-cut events of alternating feet were found in a row"
NO_PLACE = "the plates measured no moments, so where a foot stood is unknown"
NO_STANCE = "no stance of a foot alone on its plate, with the force that this needs"
NO_MARGIN = "the plates measured no moments or no shear, or the belts' speeds are unknown"
NO_STAND = (
    f"nobody stood still on resting belts for {MIN_STAND_S:.0f} s, or plates measured no moments"
)
NO_PERTURBATION = "nothing perturbed this session"
NO_RECOVERY = "no perturbation with enough steps before and after it"
NO_FORCE = "no whole stride with a vertical force on both plates"

BY_STEP: dict[str, tuple[str, str]] = {
    "step_time": ("step_time_s", NO_STEPS),
    "stride_time": ("stride_time_s", NO_STEPS),
    "stance_time": ("stance_time_s", NO_STEPS),
    "swing_time": ("swing_time_s", NO_STEPS),
    "double_support_time": ("double_support_time_s", NO_STEPS),
    "step_length": ("step_length_m", NO_PLACE),
    "stride_length": ("stride_length_m", NO_PLACE),
    "margin_of_stability_lateral": ("margin_lateral_m", NO_MARGIN),
    "margin_of_stability_backward": ("margin_backward_m", NO_MARGIN),
}
"""Means of one column of the strides, per side."""

BY_STANCE: dict[str, str] = {
    "first_peak": "first_peak_n",
    "trough": "trough_n",
    "second_peak": "second_peak_n",
    "loading_rate": "loading_rate_nps",
    "vertical_impulse": "vertical_impulse_ns",
    "braking_impulse": "braking_impulse_ns",
    "propulsive_impulse": "propulsive_impulse_ns",
    "braking_peak": "braking_peak_n",
    "propulsive_peak": "propulsive_peak_n",
}
"""Means of one column of the stances over the body weight, per side."""


BY_STAND: dict[str, str] = {
    "sway_velocity": "mean_velocity_mps",
    "sway_forward": "rms_ap_m",
    "sway_sideways": "rms_ml_m",
    "sway_ellipse_area": "ellipse_area_m2",
    "sway_median_frequency": "median_frequency_hz",
}
"""Single values of one attribute of the sway."""


BY_AFTERMATH: dict[str, str] = {
    "first_margin_backward": "margin_backward_m",
    "first_margin_lateral": "margin_lateral_m",
}
"""Means of one attribute of what followed each perturbation."""

BY_OUTCOME: dict[Outcome, str] = {
    "assisted": "assist_count",
    "fell": "fall_count",
}
"""How often a perturbation ended so."""


def measures_of(walk: Walk) -> list[Measure]:
    """Return every measure, in the order of the table of definitions."""
    found: dict[str, list[Measure]] = {}
    for measure in (
        *_session(walk),
        *_tasks(walk),
        *_events(walk),
        *_times(walk),
        *_symmetries(walk),
        *_places(walk),
        *_forces(walk),
        *_spreads(walk),
        *_perturbed(walk),
        *_standing(walk),
        *_quality(walk),
    ):
        found.setdefault(measure.name, []).append(measure)
    return [measure for name in DEFINITIONS for measure in found[name]]


def _mean(name: str, values: Values, side: Whose, source: str, reason: str) -> Measure:
    """Return the mean of `values`, in order of time, with its interval."""
    value, ci95, n = mean_with_interval(values)
    return _measure(name, value if n else None, side, n, ci95, INTERVAL, source, reason)


def _single(
    name: str, value: float | None, side: Whose, source: str, *, n: int = 1, reason: str = ""
) -> Measure:
    """Return a number that was counted or summed once, from `n` values."""
    n = n if value is not None else 0
    return _measure(name, value, side, n, None, NO_INTERVAL, source, reason)


def _measure(
    name: str,
    value: float | None,
    side: Whose,
    n: int,
    ci95: tuple[float, float] | None,
    interval: str,
    source: str,
    reason: str,
) -> Measure:
    known = DEFINITIONS[name]
    return Measure(
        name=name,
        value=value,
        unit=known.unit,
        side=side,
        n=n,
        ci95=ci95,
        method=f"{known.definition}; {known.method}; {interval}",
        source=source,
        reason=reason if value is None else "",
    )


# -- the session ---------------------------------------------------------------------------


def _session(walk: Walk) -> Iterator[Measure]:
    table = "table ticks" if walk.belts is not None else "table plates"
    yield _single("duration", walk.duration_s, "both", table)
    stop_count = float(len(walk.stops)) if walk.belts is not None else None
    yield _single("stop_count", stop_count, "both", "channel events", reason=NO_BELTS)
    for side in SIDES:
        yield from _belt(walk, side)


def _tasks(walk: Walk) -> Iterator[Measure]:
    tasks, table = walk.tasks, "table ticks"
    count = 0 if tasks is None else tasks.count
    share = tasks.success_count / count if tasks is not None and count else None
    level = tasks.level if tasks is not None and isfinite(tasks.level) else None
    known = None if tasks is None else float(count)
    yield _single("task_count", known, "both", table, reason=NO_TASKS)
    yield _single("task_success_share", share, "both", table, n=count, reason=NO_TASKS)
    yield _single("difficulty_level", level, "both", table, reason=NO_LEVEL)


def _belt(walk: Walk, side: Side) -> Iterator[Measure]:
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
    way = f"table ticks, column {side}_distance_m"
    yield _single("walking_distance", distance_m, side, way, reason=NO_BELTS)
    yield _single("mean_belt_speed", mean_mps, side, source, n=n, reason=still)
    yield _single("greatest_belt_speed", top_mps, side, source, n=n, reason=still)


def _events(walk: Walk) -> Iterator[Measure]:
    for kind in ("heel_strike", "toe_off"):
        for side in SIDES:
            count = sum(event.kind == kind and event.side == side for event in walk.events)
            yield _single(f"{kind}_count", float(count), side, walk.event_source)


# -- strides -------------------------------------------------------------------------------


def _values(walk: Walk, column: str, side: Side | None = None) -> list[float]:
    return [float(getattr(s, column)) for s in walk.strides if side in (None, s.side)]


def _times(walk: Walk) -> Iterator[Measure]:
    source = walk.event_source
    step_s, ci95, n = mean_with_interval(_values(walk, "step_time_s"))
    inverted = (1 / ci95[1], 1 / ci95[0]) if ci95 is not None and ci95[0] > 0 else None
    hz = 1 / step_s if n else None
    yield _measure("cadence", hz, "both", n, inverted, f"{INTERVAL}, inverted", source, NO_STEPS)
    for name, (column, usual) in BY_STEP.items():
        reason = _reason(walk, name, usual)
        for side in SIDES:
            yield _mean(name, _values(walk, column, side), side, _source(walk, name), reason)
    for side in SIDES:
        shares = [s.stance_time_s / s.stride_time_s for s in walk.strides if s.side == side]
        yield _mean("stance_phase", shares, side, source, NO_STEPS)


def _source(walk: Walk, name: str) -> str:
    if name.endswith("_time"):
        return walk.event_source
    return "table plates and, for the belts, table ticks; analysed for this report"


def _reason(walk: Walk, name: str, reason: str) -> str:
    return NO_BELTS if walk.belts is None and not name.endswith("_time") else reason


def _symmetries(walk: Walk) -> Iterator[Measure]:
    columns: dict[str, tuple[Callable[[Stride], float], str]] = {
        "step_time": (lambda s: s.step_time_s, NO_STEPS),
        "stance_time": (lambda s: s.stance_time_s, NO_STEPS),
        "step_length": (lambda s: s.step_length_m, _reason(walk, "step_length", NO_PLACE)),
        "first_peak": (lambda s: s.stance.first_peak_n, NO_STANCE),
        "swing_time": (lambda s: s.swing_time_s, NO_STEPS),
    }
    for name, (value_of, reason) in columns.items():
        source = _source(walk, name)
        if f"{name}_symmetry_index" in DEFINITIONS:
            pairs = _pairs(walk.strides, value_of)
            yield _mean(f"{name}_symmetry_index", pairs, "both", source, reason)
        if f"{name}_symmetry_ratio" in DEFINITIONS:
            means, n = [], 0
            for side in SIDES:
                mean, _, count = mean_with_interval(
                    [value_of(s) for s in walk.strides if s.side == side]
                )
                means.append(mean)
                n += count
            ratio = means[0] / means[1] if means[1] > 0 and isfinite(means[0]) else None
            yield _single(f"{name}_symmetry_ratio", ratio, "both", source, n=n, reason=reason)


def _pairs(strides: Sequence[Stride], value_of: Callable[[Stride], float]) -> list[float]:
    """Return (left - right) / mean for each two steps in a row, of alternating feet."""
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


def _places(walk: Walk) -> Iterator[Measure]:
    source = "table plates, moments, and for the belts table ticks; analysed for this report"
    widths = _values(walk, "step_width_m")
    yield _mean("step_width", widths, "both", source, NO_PLACE)
    length_m, _, n = mean_with_interval(_values(walk, "step_length_m"))
    step_s, _, count = mean_with_interval(_values(walk, "step_time_s"))
    ratio = length_m * step_s if n and count else None
    reason = _reason(walk, "walk_ratio", NO_PLACE)
    yield _single("walk_ratio", ratio, "both", source, n=n, reason=reason)


# -- forces --------------------------------------------------------------------------------


def _forces(walk: Walk) -> Iterator[Measure]:
    source = "table plates; analysed for this report"
    weights = _values(walk, "mean_vertical_force_n")
    yield _mean("body_weight", weights, "both", source, NO_FORCE)
    shares = _values(walk, "load_share_left_frac")
    yield _mean("load_share_left", shares, "both", source, NO_FORCE)
    weight_n, _, n = mean_with_interval(weights)
    for side in SIDES:
        stances = [s.stance for s in walk.strides if s.side == side]
        peaks = [max(s.first_peak_n, s.second_peak_n) for s in stances]
        yield _mean("peak_vertical_force", peaks, side, source, NO_STANCE)
        for name, column in BY_STANCE.items():
            over = [getattr(s, column) / weight_n if n else nan for s in stances]
            yield _mean(name, over, side, source, NO_STANCE)


# -- spreads and quality -------------------------------------------------------------------


def _spread(values: Values, *, over_mean: bool = False) -> tuple[float | None, int]:
    """Return standard deviation, over the mean if asked, of the finite values and their count."""
    known = np.array([value for value in values if isfinite(value)])
    if len(known) < MIN_COUNT:
        return None, len(known)
    spread = float(np.std(known, ddof=1))
    return (spread / float(np.mean(known)) if over_mean else spread), len(known)


def _spreads(walk: Walk) -> Iterator[Measure]:
    few = f"fewer than {MIN_COUNT} values"
    source = "table plates; analysed for this report"
    for side in SIDES:
        strides_s = _values(walk, "stride_time_s", side)
        spread, n = _spread(strides_s, over_mean=True)
        name = "stride_time_coefficient_of_variation"
        yield _single(name, spread, side, walk.event_source, n=n, reason=few)
        scaling = detrended_fluctuation([value for value in strides_s if isfinite(value)])
        alpha = scaling.alpha if isfinite(scaling.alpha) else None
        yield _single(
            "stride_time_scaling_exponent",
            alpha,
            side,
            walk.event_source,
            n=scaling.n,
            reason=f"{scaling.n} strides, at least 100 are needed",
        )
        for name, column in (
            ("step_length_standard_deviation", "step_length_m"),
            ("margin_of_stability_lateral_standard_deviation", "margin_lateral_m"),
        ):
            spread, n = _spread(_values(walk, column, side))
            yield _single(name, spread, side, source, n=n, reason=few)
    spread, n = _spread(_values(walk, "step_width_m"))
    yield _single("step_width_standard_deviation", spread, "both", source, n=n, reason=few)


def _perturbed(walk: Walk) -> Iterator[Measure]:
    source = "channel events, tables plates, ticks and harness; analysed for this report"
    done = [one for one in walk.aftermaths if not one.is_catch]
    count = None if walk.belts is None else float(len(done))
    yield _single("perturbation_count", count, "both", "channel events", reason=NO_BELTS)
    reason = NO_RECOVERY if done else NO_PERTURBATION
    yield _mean("steps_to_recover", [one.step_count for one in done], "both", source, reason)
    for name, column in BY_AFTERMATH.items():
        yield _mean(name, [getattr(one, column) for one in done], "both", source, reason)
    for outcome, name in BY_OUTCOME.items():
        times = float(sum(one.ending == outcome for one in done)) if done else None
        yield _single(name, times, "both", source, n=len(done), reason=NO_PERTURBATION)


def _standing(walk: Walk) -> Iterator[Measure]:
    source = "table plates; analysed for this report"
    for name, attribute in BY_STAND.items():
        value = None if walk.sway is None else float(getattr(walk.sway, attribute))
        yield _single(name, value, "both", source, reason=NO_STAND)


def _quality(walk: Walk) -> Iterator[Measure]:
    table, found = "table plates", walk.quality
    yield _single("force_sample_count", float(len(walk.plate_t_s)), "both", table)
    yield _single("lost_force_sample_count", float(walk.plate_lost_count), "both", table)
    yield _single("missing_force_sample_count", float(found.missing_count), "both", table)
    yield _single("spike_sample_count", float(found.spike_count), "both", table)
    for side, drift_n in zip(SIDES, (found.left_zero_n, found.right_zero_n), strict=True):
        yield _single("zero_drift", drift_n, side, table)
    verdicts = [entry.verdict for entry in walk.reviewed]
    live = len(verdicts) - verdicts.count("added")
    share = verdicts.count("confirmed") / live if live else None
    yield _single("confirmed_event_share", share, "both", table, n=live, reason="no events")
    yield _single("missed_event_count", float(verdicts.count("added")), "both", table)
