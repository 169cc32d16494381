"""The pictures of the page."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rehabsim_sim.person import Array
from rehabsim_validation.measures import Stances
from rehabsim_validation.people import Effect
from rehabsim_validation.reactions import Answer
from rehabsim_validation.recordings import RealWalk, Unloaded

INK, FAINT = "#22303c", "#b9c2ca"
ACCENTS = ("#0b6e99", "#c75146", "#4f8a45", "#8b5fa8", "#b8860b")
PERCENT = np.linspace(0, 100, 101)

plt.rcParams.update(
    {
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "legend.frameon": False,
        "figure.dpi": 110,
    }
)


def _save(figure: Figure, folder: Path, name: str) -> None:
    figure.tight_layout()
    figure.savefig(folder / f"{name}.png", dpi=110)
    plt.close(figure)


def _row(count: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of `count` pictures side by side with one scale upward."""
    figure, axes = plt.subplots(
        1, count, figsize=(width * count, height), sharey=True, squeeze=False
    )
    return figure, list(axes[0])


def _titled(axes: Axes, title: str, x: str, y: str) -> Axes:
    axes.set_title(title)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return axes


def force_curves(by_speed: Mapping[float, Stances], folder: Path) -> None:
    """Draw the mean forces of a stance at each speed."""
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.2))
    colours = mpl.colormaps["viridis"](np.linspace(0.05, 0.85, len(by_speed)))
    parts = (
        ("vertical, left foot", [s.fz_bw for s in by_speed.values()]),
        ("forward, both feet", [s.fx_bw for s in by_speed.values()]),
        ("to the left, both feet", [s.fy_bw for s in by_speed.values()]),
    )
    for ax, (title, curves) in zip(axes, parts, strict=True):
        _titled(ax, title, "% of left stance", "body weights")
        for colour, speed_mps, curve in zip(colours, by_speed, curves, strict=True):
            ax.plot(PERCENT, curve.mean(axis=0), color=colour, label=f"{speed_mps:g} m/s")
        ax.axhline(0, color=FAINT, lw=0.8, zorder=0)
    axes[0].legend(fontsize=7, ncol=2)
    _save(figure, folder, "forces")


def overground(
    real: Mapping[float, Array], by_speed: Mapping[float, Stances], folder: Path
) -> dict[float, float]:
    """Draw simulated over measured curves; return the RMS difference, in stance means."""
    figure, axes = _row(len(real), 2.6, 3.0)
    misses = {}
    for ax, (speed_mps, curves) in zip(axes, real.items(), strict=True):
        nearest = min(by_speed, key=lambda v: abs(v - speed_mps))
        fz = by_speed[nearest].fz_bw
        own = (fz / fz.mean(axis=1, keepdims=True)).mean(axis=0)
        mean, spread = curves.mean(axis=0), curves.std(axis=0)
        _titled(ax, f"{speed_mps:g} m/s", "% stance", "")
        ax.fill_between(PERCENT, mean - spread, mean + spread, color=FAINT, lw=0)
        ax.plot(PERCENT, mean, color=INK, lw=1, label=f"{len(curves)} trials, ± SD")
        ax.plot(PERCENT, own, color=ACCENTS[1], label=f"simulated, {nearest:g} m/s")
        ax.legend(fontsize=7, loc="lower center")
        misses[speed_mps] = float(np.sqrt(np.mean((own - mean) ** 2)))
    axes[0].set_ylabel("vertical force / its stance mean")
    _save(figure, folder, "overground")
    return misses


def real_walk(real: RealWalk, simulated: Stances, speed_mps: float, folder: Path) -> None:
    """Draw the recorded walk's stances, the simulated ones on top."""
    figure, ax = plt.subplots(figsize=(5, 3.2))
    _titled(ax, "left foot, vertical", "% of stance", "body weights")
    for curve in real.fz_bw:
        ax.plot(PERCENT, curve, color=FAINT, lw=0.7)
    ax.plot(PERCENT, real.fz_bw.mean(axis=0), color=INK, label=f"recorded, {len(real.fz_bw)}")
    for curve in simulated.fz_bw[:20]:
        ax.plot(PERCENT, curve, color=ACCENTS[1], lw=0.4, alpha=0.4)
    ax.plot(
        PERCENT,
        simulated.fz_bw.mean(axis=0),
        color=ACCENTS[1],
        label=f"simulated at {speed_mps:g} m/s",
    )
    ax.legend(loc="lower center")
    _save(figure, folder, "recorded_walk")


def com_paths(paths: Mapping[float, tuple[Array, Array]], folder: Path) -> None:
    """Draw the course of the centre of mass as seen from behind, ten strides a speed."""
    figure, axes = _row(len(paths), 2.5, 2.6)
    for ax, (speed_mps, (y_m, z_m)) in zip(axes, paths.items(), strict=True):
        _titled(ax, f"{speed_mps:g} m/s", "to the right, mm", "")
        ax.plot(-1000 * (y_m - y_m.mean()), 1000 * (z_m - z_m.mean()), color=ACCENTS[0], lw=0.7)
        ax.set_aspect("equal", "box")
        ax.set_xlim(-60, 60)
        ax.set_ylim(-35, 35)
    axes[0].set_ylabel("up, mm")
    _save(figure, folder, "com")


def thresholds(falls: Mapping[str, Mapping[float, Sequence[Answer]]], folder: Path) -> None:
    """Draw the part of people who fall over the impulse of a push, with its uncertainty."""
    figure, axes = _row(len(falls), 2.5, 2.8)
    for ax, (way, by_size) in zip(axes, falls.items(), strict=True):
        _titled(ax, way, "impulse, N s", "")
        sizes = np.array(list(by_size))
        counts = np.array([sum(a.has_fallen for a in answers) for answers in by_size.values()])
        n = np.array([len(answers) for answers in by_size.values()])
        middle = (counts + 1) / (n + 2)
        error = 1.96 * np.sqrt(middle * (1 - middle) / (n + 2))
        low, high = np.clip(middle - error, 0, 1), np.clip(middle + error, 0, 1)
        ax.fill_between(sizes, low, high, color=FAINT, lw=0)
        ax.plot(sizes, counts / n, "o-", ms=3, color=ACCENTS[1])
        ax.set_ylim(-0.03, 1.03)
    axes[0].set_ylabel("part that falls")
    _save(figure, folder, "pushes")


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def jerks(answers: Mapping[str, Mapping[float, Sequence[Answer]]], folder: Path) -> None:
    """Draw the answer to a jerk of one belt over its size."""
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.0))
    for colour, (who, by_size) in zip(ACCENTS, answers.items(), strict=False):
        sizes = list(by_size)
        rows = list(by_size.values())
        lines = (
            [float(np.mean([a.has_fallen for a in row])) for row in rows],
            [_mean([float(a.steps) for a in row if not a.has_fallen]) for row in rows],
            [100 * _mean([a.first_change_m for a in row]) for row in rows],
        )
        for ax, line in zip(axes, lines, strict=True):
            ax.plot(sizes, line, "o-", ms=3, color=colour, label=who)
    titles = (("falls", "part"), ("until normal again", "steps"), ("first step", "longer by, cm"))
    for ax, (title, y) in zip(axes, titles, strict=True):
        _titled(ax, title, "change of the left belt, m/s", y)
        ax.axvline(0, color=FAINT, lw=0.8, zorder=0)
    axes[0].legend(fontsize=7)
    _save(figure, folder, "jerks")


def splits(runs: Mapping[str, tuple[Array, Array]], folder: Path) -> None:
    """Draw step length asymmetry by stride, belts apart and tied again."""
    figure, axes = plt.subplots(
        1, 2, figsize=(10, 3.0), sharey=True, gridspec_kw={"width_ratios": (3, 1)}
    )
    for colour, (name, (apart, after)) in zip(ACCENTS, runs.items(), strict=False):
        axes[0].plot(np.arange(len(apart)), apart, color=colour, lw=0.8, label=name)
        axes[1].plot(np.arange(len(after)), after, color=colour, lw=0.8)
    for ax, title in zip(axes, ("belts apart", "tied again"), strict=True):
        _titled(ax, title, "stride", "")
        ax.axhline(0, color=FAINT, lw=0.8, zorder=0)
    axes[1].set_xlim(0, 150)
    axes[0].set_ylim(-0.45, 0.45)
    axes[0].set_ylabel("step length asymmetry, fast - slow")
    axes[0].legend(fontsize=7, ncol=2)
    _save(figure, folder, "split")


def unloaded(found: Mapping[str, Unloaded], folder: Path) -> None:
    """Draw the spectra of what acceleration does not explain, real beside simulated."""
    figure, axes = _row(len(found), 5.0, 3.0)
    for ax, (pace, both) in zip(axes, found.items(), strict=True):
        _titled(ax, f"{pace} belt, residual moment", "Hz", "Nm²/Hz")
        ax.semilogy(both.hz[1:], both.real_psd[1:], color=INK, lw=1, label="recorded R-Mill")
        ax.semilogy(both.hz[1:], both.sim_psd[1:], color=ACCENTS[1], lw=1, label="simulated")
        ax.legend()
    _save(figure, folder, "unloaded")


def effects(rows: Mapping[str, Mapping[str, Effect]], folder: Path) -> None:
    """Draw each patient's effect sizes."""
    measures = list(next(iter(rows.values())))
    figure, axes = plt.subplots(1, len(rows), figsize=(1.55 * len(rows) + 1.5, 4.4), sharey=True)
    place = np.arange(len(measures))
    for ax, (who, row) in zip(axes, rows.items(), strict=True):
        values = np.array([row[m].g for m in measures])
        low = np.array([row[m].low for m in measures])
        high = np.array([row[m].high for m in measures])
        clear = (low > 0) | (high < 0)
        shown = np.clip(values, -6, 6)
        ax.barh(place, shown, color=[ACCENTS[0] if is_clear else FAINT for is_clear in clear])
        ax.axvline(0, color=INK, lw=0.8)
        ax.set_xlim(-6.5, 6.5)
        _titled(ax, who.replace("_", "\n"), "Hedges' g", "")
        ax.title.set_fontsize(8)
    axes[0].set_yticks(place, [m.replace("_", " ") for m in measures], fontsize=7)
    axes[0].invert_yaxis()
    _save(figure, folder, "patients")
