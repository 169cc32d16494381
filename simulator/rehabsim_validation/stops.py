"""`python -m rehabsim_validation.stops`: who falls when the belts stop how hard; makes STOPS.md."""

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path
from typing import Annotated

import matplotlib as mpl
import numpy as np
from cyclopts import App, Parameter
from matplotlib import pyplot as plt

from rehabsim.base.config import load_toml
from rehabsim.base.site import Site
from rehabsim_sim.batch import study
from rehabsim_sim.patients import PATIENTS, patient
from rehabsim_validation.page import rows
from rehabsim_validation.reactions import Case, stop

REPOSITORY = Path(__file__).resolve().parents[2]
OUT = REPOSITORY / "src" / "rehabsim" / "safety"
SITE = REPOSITORY / "src" / "rehabsim" / "session" / "simulated.toml"
DECELS_MPS2 = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0)
WALKERS = [name for name in PATIENTS if name not in ("empty_belts", "steering")]
SURE = 1.96

Falls = Mapping[tuple[str, float], int]
app = App(help_on_error=True)


@app.default
def main(
    out: Path = OUT,
    *,
    seeds: int = 60,
    quick: bool = False,
    processes: Annotated[int | None, Parameter(help="How many at once.")] = None,
) -> None:
    """Stop every simulated person at every deceleration and write the page and its picture.

    Parameters
    ----------
    out
        Folder of STOPS.md and stops.png.
    seeds
        People of each kind, each stopped at another moment of their stride.
    quick
        Few people and decelerations, to see that all of it works.
    """
    count = 2 if quick else seeds
    decels_mps2 = DECELS_MPS2[3:5] if quick else DECELS_MPS2
    falls = count_falls(WALKERS[:2] if quick else WALKERS, decels_mps2, count, processes)
    text = page(falls, decels_mps2, count)
    draw(falls, decels_mps2, count, out / "stops.png")
    (out / "STOPS.md").write_text(text, "utf-8")


def count_falls(
    people: Sequence[str], decels_mps2: Sequence[float], count: int, processes: int | None
) -> Falls:
    """Return how many of `count` fell, by person and deceleration, from their usual speed."""
    keys = [(who, decel) for who in people for decel in decels_mps2]
    cases = [
        Case(who, patient(who).preferred_speed_mps, decel, seed)
        for who, decel in keys
        for seed in range(1, count + 1)
    ]
    have_fallen = np.reshape(study(stop, cases, processes=processes), (len(keys), count))
    return {key: int(fell.sum()) for key, fell in zip(keys, have_fallen, strict=True)}


def most_likely_below(fell: int, count: int) -> float:
    """Return below which share of falls the truth is, with 97.5 % certainty (Wilson 1927)."""
    share, square = fell / count, SURE * SURE
    middle = share + square / (2 * count)
    spread = SURE * sqrt(share * (1 - share) / count + square / (4 * count * count))
    return (middle + spread) / (1 + square / count)


def page(falls: Falls, decels_mps2: Sequence[float], count: int) -> str:
    """Return STOPS.md."""
    limits = load_toml(SITE, Site).limits
    people = list(dict.fromkeys(who for who, _ in falls))
    heads = ["who", "from, m/s", *(f"{decel:g} m/s²" for decel in decels_mps2)]
    body = [
        [
            who.replace("_", " "),
            f"{patient(who).preferred_speed_mps:g}",
            *(str(falls[who, d]) for d in decels_mps2),
        ]
        for who in people
    ]
    all_count = count * len(people)
    sums = [sum(falls[who, decel] for who in people) for decel in decels_mps2]
    body.append(["all", "", *(str(total) for total in sums)])
    body.append(
        ["likely below, %", "", *(f"{100 * most_likely_below(s, all_count):.1f}" for s in sums)]
    )
    totals = dict(zip(decels_mps2, sums, strict=True))
    safe_mps2 = next(
        (d for d in reversed(decels_mps2) if not any(sums[: decels_mps2.index(d) + 1])), 0.0
    )

    def fell(decel_mps2: float) -> str:
        return (
            f", at which {totals[decel_mps2]} of {all_count} fell" if decel_mps2 in totals else ""
        )

    way = [
        ["seconds from 1.2 m/s", "", *(f"{1.2 / d:.1f}" for d in decels_mps2)],
        ["metres of belt", "", *(f"{1.2 * 1.2 / (2 * d):.2f}" for d in decels_mps2)],
    ]
    return (
        "# How hard belts may stop\n\n"
        "Made by `make validate`; do not edit. Simulated people without handrails walk at their"
        " usual speed; then both belts stop. Falls of"
        f" {count} each, {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}.\n\n"
        f"{rows(heads, [*body, *way])}\n"
        "![Falls over deceleration](stops.png)\n\n"
        "## What the site of the simulated laboratory makes of it\n\n"
        f"Nobody fell up to {safe_mps2:g} m/s².\n\n"
        f"- An ordinary stop: {limits.ramp_mps2:g} m/s²{fell(limits.ramp_mps2)}.\n"
        f"- STOP and urgent causes: {limits.fast_mps2:g} m/s²{fell(limits.fast_mps2)}.\n"
        f"- When the person is down already, or the belts run away: {limits.fall_mps2:g}"
        f" m/s²{fell(limits.fall_mps2)} of those who still stood. Whoever lies in the harness"
        " does not fall again, and a belt that runs on under them does harm.\n\n"
        "The people are models: what they show is an order and a threshold, not a rate of falls"
        " of anybody real. A site may choose gentler stops for a person, never harder ones.\n"
    )


def draw(falls: Falls, decels_mps2: Sequence[float], count: int, path: Path) -> None:
    """Draw falls over deceleration, a line for each person."""
    mpl.use("Agg")
    limits = load_toml(SITE, Site).limits
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for who in dict.fromkeys(who for who, _ in falls):
        shares = [100 * falls[who, decel] / count for decel in decels_mps2]
        axes.plot(decels_mps2, shares, marker="o", markersize=4, label=who.replace("_", " "))
    for decel, word in (
        (limits.ramp_mps2, "ordinary"),
        (limits.fast_mps2, "STOP"),
        (limits.fall_mps2, "down already"),
    ):
        axes.axvline(decel, color="0.6", linewidth=1, linestyle="--")
        axes.annotate(
            word, (decel, 1), (3, -3), xycoords=("data", "axes fraction"),
            textcoords="offset points", rotation=90, va="top", fontsize=9, color="0.35",
        )  # fmt: skip
    axes.set(
        xlabel="deceleration of both belts, m/s²",
        ylabel="falls, %",
        xscale="log",
        xticks=decels_mps2,
        xticklabels=[f"{decel:g}" for decel in decels_mps2],
    )
    axes.minorticks_off()
    axes.set_ylim(-2, 100)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, ncols=2, loc="center left", bbox_to_anchor=(0.0, 0.6))
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    app()
