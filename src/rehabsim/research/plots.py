"""The figures of a report, as PNG: belts, forces, step times. Drawn without a screen."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rehabsim.base.records import Side
from rehabsim.gait.strides import Stride
from rehabsim.research.walk import Doubles, Walk

SIDES: tuple[Side, Side] = ("left", "right")
COLOUR = {"left": "#0072B2", "right": "#D55E00"}
"""Told apart by people who do not see red or green, and on grey paper."""

INK, PALE, STOP = "#22303c", "#9aa7b2", "#b3122b"
STYLE: dict[Any, Any] = {
    "axes.edgecolor": PALE,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlecolor": INK,
    "axes.xmargin": 0.01,
    "agg.path.chunksize": 20000,
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "grid.color": "#e6eaee",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.3,
    "lines.solid_capstyle": "round",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}
NAMES = ("belt_speed", "vertical_forces", "mean_vertical_forces", "step_times")
"""Of all figures there can be."""

WIDTH_IN = 7.3
DPI = 170
SHOWN_STRIDES = 4
STANDING_S = 10.0
"""Forces of so long are shown where nobody walks."""

PERCENT = np.linspace(0, 100, 101)
MEDIAN_OVER = 9
"""Steps under the line through the step times."""

LABEL_WIDTH = 0.03
"""Of the session's length: stops nearer than this share a label."""

PAUSE_S = 4.0
"""No such line leads over a longer time without a step."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure.

    Attributes:
        name: Of its file, without `.png`.
        title: Above it.
        caption: Below it: what is shown.
        png: Its bytes.
    """

    name: str
    title: str
    caption: str
    png: bytes


def make_plots(walk: Walk) -> list[Plot]:
    """Return the figures for which the walk holds something to show."""
    strides = walk.strides
    drawn = []
    with mpl.rc_context(STYLE):
        if walk.belts is not None:
            drawn.append(_belt_speed(walk))
        if len(walk.plate_t_s) and np.isfinite(walk.left_fz_n + walk.right_fz_n).any():
            drawn.append(_forces_over_time(walk, strides))
        if any(isfinite(stride.stance_time_s) for stride in strides):
            drawn.append(_mean_forces(walk, strides))
        if any(isfinite(stride.step_time_s) for stride in strides):
            drawn.append(_step_times(walk, strides))
    return drawn


def _plot(
    name: str,
    title: str,
    caption: str,
    height_in: float,
    draw: Callable[[Figure], None],
) -> Plot:
    figure = Figure(figsize=(WIDTH_IN, height_in), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    draw(figure)
    target = io.BytesIO()
    figure.savefig(target, format="png")
    return Plot(name, title, caption, target.getvalue())


# -- belts ---------------------------------------------------------------------------------


def _belt_speed(walk: Walk) -> Plot:
    belts = walk.belts
    assert belts is not None

    def draw(figure: Figure) -> None:
        axes = figure.subplots(2, 1, sharex=True, sharey=True)
        top_mps = 0.2
        for ax, side in zip(axes, SIDES, strict=True):
            wish, command, measured = (
                belts.speeds_mps[f"{stage}_{side}_speed_mps"]
                for stage in ("wish", "command", "belt")
            )
            ax.plot(belts.t_s, command, color=COLOUR[side], alpha=0.3, lw=4, label="commanded")
            ax.plot(belts.t_s, wish, color=INK, lw=0.9, ls=(0, (4, 2)), label="wished")
            ax.plot(belts.t_s, measured, color=COLOUR[side], lw=1.2, label="measured")
            ax.set_title(f"{side} belt")
            ax.set_ylabel("speed (m/s)")
            ends = [float(np.nanmax(x, initial=0.0)) for x in (wish, command, measured)]
            top_mps = max(top_mps, *ends)
        axes[0].set_ylim(min(0.0, _least(belts.speeds_mps)), 1.12 * top_mps)
        for ax in axes:
            _mark_stops(ax, walk)
        axes[0].legend(loc="lower right", ncols=3, bbox_to_anchor=(1.0, 1.0), borderaxespad=0)
        _time_axis(axes[1], walk)

    stops = " Red lines are stops, numbered as in the table of stops." if walk.stops else ""
    pauses = " Dotted lines are pauses." if walk.pauses else ""
    return _plot(
        "belt_speed",
        "Belt speed",
        "What the scenario wished for, what safety commanded, and what the belts did."
        + stops
        + pauses,
        3.9,
        draw,
    )


def _least(speeds_mps: dict[str, Doubles]) -> float:
    return min(float(np.nanmin(x, initial=0.0)) for x in speeds_mps.values())


def _mark_stops(ax: Axes, walk: Walk) -> None:
    top = ax.get_ylim()[1]
    for pause in walk.pauses:
        ax.axvline(pause.t_ns / 1e9, color=PALE, lw=1.2, ls=":", zorder=0.5)
    for stop in walk.stops:
        ax.axvline(stop.t_ns / 1e9, color=STOP, lw=1.1, zorder=0.5)
    box = {"boxstyle": "round,pad=0.25", "fc": STOP, "ec": "none"}
    for t_s, text in _stop_labels(walk):
        ax.annotate(text, (t_s, top), color="white", fontsize=7, ha="center", va="top", bbox=box)


def _stop_labels(walk: Walk) -> list[tuple[float, str]]:
    """Return (t_s, number) of each stop; those that would overlap share a label."""
    groups: list[list[int]] = []
    for index, stop in enumerate(walk.stops):
        before_ns = walk.stops[index - 1].t_ns if index else None
        if before_ns is not None and stop.t_ns - before_ns < LABEL_WIDTH * walk.duration_s * 1e9:
            groups[-1].append(index)
        else:
            groups.append([index])
    return [
        (
            walk.stops[group[0]].t_ns / 1e9,
            f"{group[0] + 1}" + (f"–{group[-1] + 1}" if len(group) > 1 else ""),
        )
        for group in groups
    ]


def _time_axis(ax: Axes, walk: Walk) -> None:
    ax.set_xlim(walk.start_s, walk.start_s + walk.duration_s)
    ax.set_xlabel("time since the start (s)")


# -- forces --------------------------------------------------------------------------------


def shown_s(strides: Sequence[Stride], plate_t_s: Doubles) -> tuple[float, float]:
    """Return which forces are shown, s.

    A few strides in the middle of the longest unbroken walk; where nobody walks, the middle of what
    there is.
    """
    runs: list[list[Stride]] = [[]]
    for stride in strides:
        if isfinite(stride.next_heel_strike_t_s):
            runs[-1].append(stride)
        else:
            runs.append([])
    longest = max(runs, key=len)
    if not longest:
        first_s, last_s = float(plate_t_s[0]), float(plate_t_s[-1])
        middle_s = 0.5 * (first_s + last_s)
        half_s = 0.5 * min(STANDING_S, last_s - first_s)
        return middle_s - half_s, middle_s + half_s
    first = longest[max((len(longest) - 2 * SHOWN_STRIDES) // 2, 0)]
    last = longest[min(longest.index(first) + 2 * SHOWN_STRIDES - 1, len(longest) - 1)]
    return first.heel_strike_t_s - 0.15, last.next_heel_strike_t_s + 0.15


_MARKS = (("heel_strike", "heel strike", "v"), ("toe_off", "toe-off", "^"))


def _forces_over_time(walk: Walk, strides: Sequence[Stride]) -> Plot:
    shown = shown_s(strides, walk.plate_t_s)
    first, last = np.searchsorted(walk.plate_t_s, shown)
    t_s = walk.plate_t_s[first:last]
    is_gap = np.zeros(len(t_s), bool)
    if len(t_s) > 2:
        is_gap[:-1] = np.diff(t_s) > 2.5 * np.median(np.diff(t_s))

    def draw(figure: Figure) -> None:
        ax = figure.subplots()
        for side, fz_n in zip(SIDES, (walk.left_fz_n, walk.right_fz_n), strict=True):
            line = fz_n[first:last].copy()
            line[is_gap] = np.nan
            ax.plot(t_s, line, color=COLOUR[side], label=f"{side} plate")
            ax.fill_between(t_s, line, color=COLOUR[side], alpha=0.08, lw=0)
            for kind, words, mark in _MARKS:
                at_s = [
                    e.t_ns / 1e9
                    for e in walk.events
                    if (e.side, e.kind) == (side, kind) and shown[0] <= e.t_ns / 1e9 <= shown[1]
                ]
                level = np.interp(at_s, t_s, line) if len(t_s) else at_s
                label = f"{side} {words}"
                ax.plot(at_s, level, mark, color=COLOUR[side], ms=6, mec="white", label=label)
        weight_n = _weight_n(strides)
        if isfinite(weight_n):
            ax.axhline(weight_n, color=PALE, lw=1, ls="--", zorder=0.5, label="body weight")
        ax.set_xlim(*shown)
        ax.set_ylabel("vertical force (N)")
        ax.set_xlabel("time since the start (s)")
        figure.legend(
            loc="outside upper center", ncols=7, columnspacing=1.0, handletextpad=0.3, fontsize=7.5
        )

    caption = (
        f"Raw samples over about {SHOWN_STRIDES} strides in the middle of the walk, with the heel"
        " strikes and toe-offs that were found."
        if strides
        else "Raw samples in the middle of the session; nobody took a whole stride."
    )
    return _plot("vertical_forces", "Vertical forces", caption, 2.9, draw)


def _weight_n(strides: Sequence[Stride]) -> float:
    known = [s.mean_vertical_force_n for s in strides if isfinite(s.mean_vertical_force_n)]
    return float(np.mean(known)) if known else float("nan")


def _curves(walk: Walk, strides: Sequence[Stride], side: Side) -> Doubles:
    """Return (strides, 101) vertical force on the side's plate over 0 to 100 % of the stride, N."""
    fz_n = walk.left_fz_n if side == "left" else walk.right_fz_n
    curves = []
    for stride in strides:
        if (
            stride.side == side
            and isfinite(stride.stance_time_s)
            and isfinite(stride.stride_time_s)
        ):
            at_s = stride.heel_strike_t_s + PERCENT / 100 * stride.stride_time_s
            first, last = np.searchsorted(walk.plate_t_s, at_s[[0, -1]])
            first, last = max(int(first) - 1, 0), int(last) + 1
            curves.append(np.interp(at_s, walk.plate_t_s[first:last], fz_n[first:last]))
    return np.array(curves).reshape(-1, len(PERCENT))


def _mean_forces(walk: Walk, strides: Sequence[Stride]) -> Plot:
    curves = {side: _curves(walk, strides, side) for side in SIDES}
    weight_n = _weight_n(strides)

    def draw(figure: Figure) -> None:
        axes = figure.subplots(1, 2, sharey=True)
        for ax, side in zip(axes, SIDES, strict=True):
            _draw_mean(ax, side, curves[side], _toe_off_percent(strides, side))
            ax.set_xlabel("stride (%)")
        axes[0].set_ylabel("vertical force (N)")
        axes[0].set_ylim(bottom=-0.06 * axes[0].get_ylim()[1])
        if isfinite(weight_n):
            right = axes[1].secondary_yaxis(
                "right", functions=(lambda n: n / weight_n, lambda w: w * weight_n)
            )
            right.set_ylabel("of body weight")

    counts = " and ".join(f"{len(curves[side])} {side}" for side in SIDES)
    caption = (
        f"Mean and standard deviation over {counts} strides with clear-cut events; 0 % is the heel"
        " strike, the vertical line the mean toe-off."
    )
    return _plot("mean_vertical_forces", "Mean vertical force per stride", caption, 2.7, draw)


def _draw_mean(ax: Axes, side: Side, curves: Doubles, toe_off_percent: float) -> None:
    ax.set_title(f"{side}, {len(curves)} strides")
    ax.set_xlim(0, 100)
    if not len(curves):
        ax.text(50, 0, "no whole stride", ha="center", va="bottom", color="#5c6b78")
        return
    mean, sd = curves.mean(axis=0), curves.std(axis=0, ddof=1 if len(curves) > 1 else 0)
    ax.fill_between(PERCENT, mean - sd, mean + sd, color=COLOUR[side], alpha=0.22, lw=0)
    ax.plot(PERCENT, mean, color=COLOUR[side], lw=1.8)
    if isfinite(toe_off_percent):
        ax.axvline(toe_off_percent, color=COLOUR[side], lw=1, ls=":")
        ax.annotate(
            f"toe-off {toe_off_percent:.0f} %",
            (toe_off_percent, 0.97),
            rotation=0,
            xycoords=("data", "axes fraction"),
            xytext=(4, 0),
            textcoords="offset points",
            color="#5c6b78",
            fontsize=7.5,
            va="top",
        )


def _toe_off_percent(strides: Sequence[Stride], side: Side) -> float:
    found = [
        100 * s.stance_time_s / s.stride_time_s
        for s in strides
        if s.side == side and isfinite(s.stance_time_s) and isfinite(s.stride_time_s)
    ]
    return float(np.mean(found)) if found else float("nan")


# -- steps ---------------------------------------------------------------------------------


def _step_times(walk: Walk, strides: Sequence[Stride]) -> Plot:
    def draw(figure: Figure) -> None:
        ax = figure.subplots()
        for side in SIDES:
            steps = [s for s in strides if s.side == side and isfinite(s.step_time_s)]
            t_s = np.array([s.heel_strike_t_s for s in steps])
            step_s = np.array([s.step_time_s for s in steps])
            label = f"{side}, {len(steps)} steps"
            ax.plot(t_s, step_s, "o", ms=3, mew=0, color=COLOUR[side], alpha=0.45, label=label)
            if len(steps) >= MEDIAN_OVER:
                ax.plot(*_running_median(t_s, step_s), color=COLOUR[side], lw=1.6)
        _mark_stops(ax, walk)
        ax.set_ylabel("step time (s)")
        ax.legend(loc="lower right", ncols=2, bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
        _time_axis(ax, walk)

    caption = (
        "Each dot is a step between two clear-cut heel strikes, from the other foot's to this"
        f" foot's; the lines are medians over {MEDIAN_OVER} steps."
    )
    return _plot("step_times", "Step times over the session", caption, 2.7, draw)


def _running_median(t_s: Doubles, values: Doubles) -> tuple[Doubles, Doubles]:
    """Return the medians of neighbours, broken where the walk paused."""
    windows = np.lib.stride_tricks.sliding_window_view
    middle = windows(t_s, MEDIAN_OVER)
    medians = np.median(windows(values, MEDIAN_OVER), axis=1)
    medians[np.diff(middle, axis=1).max(axis=1) > PAUSE_S] = np.nan
    return middle[:, MEDIAN_OVER // 2], medians
