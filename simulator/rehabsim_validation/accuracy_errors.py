"""What the gait analysis said of a simulated walk, less what was true."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from rehabsim.base.records import GaitEvent
from rehabsim.gait.analysis import BLOCK, GaitAnalysis
from rehabsim.gait.feet import SIDES
from rehabsim.gait.strides import Stride
from rehabsim_sim.person import Array
from rehabsim_sim.world import HEEL_STRIKE, TOE_OFF, TRUTH
from rehabsim_validation.accuracy_walks import Case, Recording, record
from rehabsim_validation.walk import AT, KIND, LENGTH, SIDE, WIDTH

KINDS = {"heel_strike": HEEL_STRIKE, "toe_off": TOE_OFF}
SAME_S = 0.15
"""Found and true are one event within this time (measured detectors are judged so too)."""

G_MPS2 = 9.81
WARM_S = 10.0
"""Body weight and zero are known after this; balance is judged from then on."""

CHUNK = 20 * BLOCK
BALANCE = ("com_x_m", "com_y_m", "com_vx_mps", "com_vy_mps")
STRIDE = (
    *("step_time_s", "stride_time_s", "stance_time_s", "double_support_time_s"),
    *("step_length_m", "step_width_m", "margin_lateral_m", "margin_backward_m"),
)


class Matched(NamedTuple):
    """Found events beside true ones.

    Attributes:
        errors_s: Found less true, of the pairs.
        false: Found without a true one.
        missed: True without a found one.
    """

    errors_s: Array
    false: int
    missed: int


@dataclass
class Errors:
    """Of one walk.

    Attributes:
        case: Which.
        has_fallen: It ended early.
        events: By kind.
        latencies_s: By kind, from the event to its being known.
        strides: By measure, found less true.
        balance: By measure, found less true, ten times a second.
        weight_frac: Body weight found over true.
    """

    case: Case
    has_fallen: bool
    events: dict[str, Matched] = field(default_factory=dict)
    latencies_s: dict[str, Array] = field(default_factory=dict)
    strides: dict[str, Array] = field(default_factory=dict)
    balance: dict[str, Array] = field(default_factory=dict)
    weight_frac: float = np.nan


def measure(case: Case) -> Errors:
    """Let someone walk and compare."""
    recording = record(case)
    events, strides, balance_ms, balance, weight_n = _analyse(recording)
    result = Errors(case, recording.has_fallen, weight_frac=weight_n / recording.weight_n)
    for kind in KINDS:
        result.events[kind] = _match_kind(events, recording, kind)
        result.latencies_s[kind] = np.array([e.latency_s for e in events if e.kind == kind])
    if case.what != "standing":
        result.strides = _stride_errors(strides, recording)
    result.balance = _balance_errors(balance_ms, balance, recording)
    return result


def _analyse(
    recording: Recording,
) -> tuple[list[GaitEvent], list[Stride], Array, Array, float]:
    """Return events, strides, times in ms and values of `BALANCE`, and the body weight."""
    analysis = GaitAnalysis()
    belts_mps = recording.truth[:, :2]
    events: list[GaitEvent] = []
    strides: list[Stride] = []
    rows, times_ms = [], []
    for first in range(0, len(recording.wrench), CHUNK):
        part = slice(first, first + CHUNK)
        wrench = recording.wrench[part]
        t_ns = (first + np.arange(len(wrench), dtype=np.int64)) * 1_000_000
        seen = analysis.history.count
        events += analysis.take(t_ns, 1_000_000, wrench, belts_mps[part])
        strides += analysis.take_strides()
        now = analysis.history.count
        rows.append(analysis.history.span(seen, now, *BALANCE))
        times_ms += [analysis.history.t_ns(i) / 1e6 for i in range(seen, now)]
    strides += analysis.finish()
    late_ms = 1000 * analysis.pressure_delay_s
    balance_ms = np.array(times_ms) - late_ms
    return events, strides, balance_ms, np.concatenate(rows), analysis.body_weight_n


def match(found_s: Array, true_s: Array) -> Matched:
    """Pair each true event, in order, with the nearest found one that is still free."""
    free = np.ones(len(found_s), bool)
    errors, missed = [], 0
    for t_s in true_s:
        away_s = np.where(free, np.abs(found_s - t_s), np.inf)
        nearest = int(np.argmin(away_s)) if len(away_s) else -1
        if nearest >= 0 and away_s[nearest] <= SAME_S:
            free[nearest] = False
            errors.append(found_s[nearest] - t_s)
        else:
            missed += 1
    return Matched(np.array(errors), int(free.sum()), missed)


def together(parts: list[Matched]) -> Matched:
    """Return several as one."""
    return Matched(
        np.concatenate([part.errors_s for part in parts]),
        sum(part.false for part in parts),
        sum(part.missed for part in parts),
    )


def _match_kind(events: list[GaitEvent], recording: Recording, kind: str) -> Matched:
    parts = []
    for side, name in enumerate(SIDES):
        found_s = np.array([e.t_ns / 1e9 for e in events if (e.side, e.kind) == (name, kind)])
        rows = recording.events
        is_meant = (rows[:, SIDE] == side) & (rows[:, KIND] == KINDS[kind])
        parts.append(match(found_s, rows[is_meant, AT] / 1000))
    return together(parts)


def _stride_errors(strides: list[Stride], recording: Recording) -> dict[str, Array]:
    """Return found less true for each stride whose heel strike was found."""
    errors: dict[str, list[float]] = {name: [] for name in STRIDE}
    true = [_true_strides(recording, side) for side in (0, 1)]
    for stride in strides:
        rows = true[SIDES.index(stride.side)]
        if not rows:
            continue
        nearest = min(rows, key=lambda row: abs(row["t_s"] - stride.heel_strike_t_s))
        if abs(nearest["t_s"] - stride.heel_strike_t_s) > SAME_S:
            continue
        for name in STRIDE:
            errors[name].append(getattr(stride, name) - nearest[name])
    return {name: _known(np.array(values)) for name, values in errors.items()}


def _true_strides(recording: Recording, side: int) -> list[dict[str, float]]:
    """Return the true measures of each heel strike of one foot, NaN where there are none."""
    events = recording.events
    rows = []
    for strike in events[(events[:, SIDE] == side) & (events[:, KIND] == HEEL_STRIKE)]:
        at = strike[AT]
        before = events[(events[:, AT] < at) & (events[:, KIND] == HEEL_STRIKE)]
        step_ms = at - before[-1, AT] if len(before) and before[-1, SIDE] != side else np.nan
        lateral_m, backward_m = _true_margins(recording, side, int(at))
        rows.append(
            {
                "t_s": at / 1000,
                "step_time_s": step_ms / 1000,
                "stride_time_s": _next_s(events, at, side, HEEL_STRIKE),
                "stance_time_s": _next_s(events, at, side, TOE_OFF),
                "double_support_time_s": _next_s(events, at, 1 - side, TOE_OFF),
                "step_length_m": strike[LENGTH],
                "step_width_m": strike[WIDTH],
                "margin_lateral_m": lateral_m,
                "margin_backward_m": backward_m,
            }
        )
    return rows


def _next_s(events: Array, at: float, side: int, kind: int) -> float:
    later = events[(events[:, AT] > at) & (events[:, SIDE] == side) & (events[:, KIND] == kind)]
    return (later[0, AT] - at) / 1000 if len(later) else np.nan


def _true_margins(recording: Recording, side: int, at: int) -> tuple[float, float]:
    """Return lateral and backward margin of stability at a heel strike (Hof 2005)."""
    row = dict(zip(TRUTH, recording.truth[at], strict=True))
    name = SIDES[side]
    pace_s = np.sqrt(row["com_z_m"] / G_MPS2)
    belt_mps = 0.5 * (row["left_belt_mps"] + row["right_belt_mps"])
    xcom_x_m = row["com_x_m"] + (row["com_vx_mps"] + belt_mps) * pace_s
    xcom_y_m = row["com_y_m"] + row["com_vy_mps"] * pace_s
    outward = 1.0 if side == 0 else -1.0
    lateral_m = outward * (row[f"{name}_foot_y_m"] - xcom_y_m) + recording.half_foot_m
    return lateral_m, xcom_x_m - row[f"{name}_heel_x_m"]


def _balance_errors(times_ms: Array, found: Array, recording: Recording) -> dict[str, Array]:
    rows = np.rint(times_ms).astype(int)
    judged = np.flatnonzero((rows >= 1000 * WARM_S) & (rows < len(recording.truth)))[::25]
    true = recording.truth[rows[judged]]
    return {
        name: _known(found[judged, i] - true[:, TRUTH.index(name)])
        for i, name in enumerate(BALANCE)
    }


def _known(values: Array) -> Array:
    return np.asarray(values[np.isfinite(values)])
