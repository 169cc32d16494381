"""`python -m rehabsim_validation`: makes VALIDATION.md and its pictures anew."""

import platform
import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NamedTuple, TypeVar

import numpy as np
from cyclopts import App, Parameter

from rehabsim_sim.batch import study
from rehabsim_sim.patients import PATIENTS
from rehabsim_validation import page, people, plots, reactions, recordings, steady
from rehabsim_validation.speed import measure_speed

HERE = Path(__file__).resolve().parents[1]
WALKERS = [name for name in PATIENTS if name not in ("empty_belts", "steering")]

PARTED = (
    (0.5, 1.0, 0.25),
    (0.6, 1.2, 0.25),
    (0.7, 1.4, 0.25),
    (0.5, 1.5, 0.25),
    (0.5, 1.5, 1.0),
)
"""Left and right speed, and acceleration, of belts that part."""

C = TypeVar("C")
R = TypeVar("R")
J = TypeVar("J", bound=Hashable)
K = TypeVar("K", bound=Hashable)
app = App(help_on_error=True)


class Extent(NamedTuple):
    """How much is tried."""

    speeds_mps: tuple[float, ...]
    walk_s: float
    seeds: int
    people: int
    people_walk_s: float
    impulses_ns: tuple[float, ...]
    jerks_mps: tuple[float, ...]


WHOLE = Extent(
    (0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8),
    1300.0,
    12,
    20,
    240.0,
    (10, 20, 30, 35, 40, 45, 50, 60, 70, 80, 100),
    (-1.6, -1.2, -1.0, -0.8, -0.6, -0.4, -0.2, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.6),
)
QUICK = Extent((0.8, 1.2, 1.6), 120.0, 2, 4, 40.0, (20, 60), (-0.4, 0.4))


@app.default
def main(
    out: Path = HERE,
    *,
    recordings_folder: Annotated[Path, Parameter(name="--recordings")] = recordings.FOLDER,
    quick: bool = False,
    processes: int | None = None,
) -> None:
    """Make the page and its pictures.

    Parameters
    ----------
    out
        Folder for VALIDATION.md and its folder of pictures.
    recordings_folder
        Where the real recordings lie.
    quick
        Try little, to see that all of it works.
    processes
        How many at once.
    """
    extent = QUICK if quick else WHOLE
    pictures = out / "validation"
    pictures.mkdir(parents=True, exist_ok=True)
    text = make(extent, pictures, recordings_folder, processes)
    (out / "VALIDATION.md").write_text(text, encoding="utf-8")


class Runner:
    """Spreads cases over processes and says what is being worked on."""

    def __init__(self, processes: int | None) -> None:
        self._processes = processes

    def all(self, title: str, measure: Callable[[C], R], cases: Sequence[C]) -> list[R]:
        """Return `measure` of each case."""
        print(f"{title}: {len(cases)}", file=sys.stderr, flush=True)  # noqa: T201
        return study(measure, cases, processes=self._processes)

    def table(
        self, title: str, measure: Callable[[C], R], cases: Mapping[K, Sequence[C]]
    ) -> dict[K, list[R]]:
        """Return `measure` of each case, under the same keys."""
        flat = [case for row in cases.values() for case in row]
        found = iter(self.all(title, measure, flat))
        return {key: [next(found) for _ in row] for key, row in cases.items()}

    def grid(
        self, title: str, measure: Callable[[C], R], cases: Mapping[J, Mapping[K, Sequence[C]]]
    ) -> dict[J, dict[K, list[R]]]:
        """Return `measure` of each case, under the same pairs of keys."""
        flat = {(j, k): row for j, part in cases.items() for k, row in part.items()}
        found = self.table(title, measure, flat)
        return {j: {k: found[j, k] for k in part} for j, part in cases.items()}


def make(extent: Extent, pictures: Path, folder: Path, processes: int | None) -> str:
    """Return the page, having drawn its pictures."""
    run = Runner(processes)
    cases = [(v, extent.walk_s) for v in extent.speeds_mps]
    walks = run.all("steady walks", steady.walk_at, cases)
    parts = [
        _steady(walks, run, extent, pictures),
        _real(walks, pictures, folder),
        _reactions(run, extent, pictures),
        _floors(run, extent, pictures),
        _people(run, extent, pictures),
        "## Speed\n\n" + page.speed_section(measure_speed()),
    ]
    return _head() + "\n".join(parts)


def _head() -> str:
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    return (
        "# The simulated person and laboratory against the world\n\n"
        f"Made by `make validate` on {datetime.now(UTC):%Y-%m-%d} ({machine}). Every figure is"
        " measured on the model; published ones name their source and whether it was read for"
        " this project or is remembered and still to be checked. The model is a pendulum of"
        " variable height with no moment about the centre of mass: it has no joints, its trunk"
        " does not act on it, and a foot that is caught loses time, not momentum. Nobody learns"
        " here, but to walk on belts that part; what practice does to them is in"
        " [EFFECT.md](../scenarios/EFFECT.md).\n\n"
    )


def _steady(walks: list[steady.Steady], run: Runner, extent: Extent, pictures: Path) -> str:
    plots.force_curves({w.speed_mps: w.stances for w in walks}, pictures)
    plots.com_paths(
        {w.speed_mps: w.path for w in walks if w.speed_mps in (0.8, 1.2, 1.6)}, pictures
    )
    stands = run.all("people standing", steady.stand, list(range(extent.seeds)))
    return (
        "## Steady walking\n\n![Forces](validation/forces.png)\n\n"
        + page.steady_section(walks, steady.judge_all(walks))
        + "\n![Course of the centre of mass](validation/com.png)\n\n## Standing\n\n"
        + page.stance_section(stands)
    )


def _real(walks: list[steady.Steady], pictures: Path, folder: Path) -> str:
    text = "\n## Against 600 measured trials\n\n"
    real = recordings.overground()
    if real is None:
        text += "The trials come with the package spm1d (GPL), which was not installed.\n"
    else:
        misses = plots.overground(real, {w.speed_mps: w.stances for w in walks}, pictures)
        worst = ", ".join(f"{miss:.3f} at {v:g} m/s" for v, miss in misses.items())
        text += (
            "![Simulated over measured](validation/overground.png)\n\nVertical force over its mean"
            f" in stance, overground, ten people (Pataky 2008). RMS difference: {worst}.\n"
        )
    found = {
        pace: recordings.compare_unloaded(folder / name)
        for pace, name in recordings.UNLOADED_FILES.items()
        if (folder / name).exists()
    }
    text += "\n## Empty treadmill\n\n" + page.unloaded_section(found)
    if found:
        plots.unloaded(found, pictures)
        text += "\n![Spectra](validation/unloaded.png)\n\nRecordings: csu-hmc, Apache-2.0.\n"
    recorded, own = None, None
    if (folder / recordings.WALK_FILE).exists():
        recorded = recordings.read_walk(folder / recordings.WALK_FILE)
        own = min(walks, key=lambda w: abs(w.values["cadence_spm"] - recorded.cadence_spm))
        plots.real_walk(recorded, own.stances, own.speed_mps, pictures)
    text += "\n## A recorded walk\n\n" + page.walk_section(recorded, own)
    if recorded is not None:
        text += "\n![Recorded walk](validation/recorded_walk.png)\n\n"
        text += "Recording: S. Bruijn, MIT. The speed of its belts is not known.\n"
    return text


def _reactions(run: Runner, extent: Extent, pictures: Path) -> str:
    seeds = range(extent.seeds)
    case = reactions.Case
    pushed = run.grid(
        "pushes",
        reactions.push,
        {
            way: {size: [case(size=size, seed=s, way=way) for s in seeds] for size in sizes}
            for way, sizes in dict.fromkeys(reactions.PUSHED, extent.impulses_ns).items()
        },
    )
    jerked = run.grid(
        "jerks",
        reactions.jerk,
        {
            who: {size: [case(who, v, size, s) for s in seeds] for size in extent.jerks_mps}
            for who, v in (("healthy", 1.2), ("balance_loss", 1.0))
        },
    )
    plots.thresholds(pushed, pictures)
    plots.jerks(jerked, pictures)
    return (
        "\n## Pushes\n\nAt 1.2 m/s, 0.15 s long, at 20 % of the left stride. Healthy people recover"
        " from 16 % of body weight (18 N s, Vlutters 2016).\n\n![Who falls](validation/pushes.png)"
        "\n\n"
        + page.pushes_section(pushed)
        + "\n## Jerked belts\n\nThe left belt, 5 m/s², 50 ms after heel strike, held 0.3 s. People"
        " need 10.9 (7.0) steps after +0.4 to +1.2 m/s, the first step longer (read); published"
        " compensatory steps land 0.3 to 0.5 s after the onset (remembered).\n\n"
        "![Answers](validation/jerks.png)\n\n" + page.jerks_section(jerked)
    )


def _floors(run: Runner, extent: Extent, pictures: Path) -> str:
    seeds, case = range(extent.seeds), reactions.Case
    decels = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
    stopped = run.grid(
        "stops",
        reactions.stop,
        {
            who: {decel: [case(who, 1.2, decel, s) for s in seeds] for decel in decels}
            for who in ("healthy", "balance_loss", "hemiparetic")
        },
    )
    sizes_m = (0.0, 0.02, 0.035, 0.05, 0.06, 0.08, 0.10)
    swayed = run.table(
        "swaying decks",
        reactions.sway,
        {size: [case(size=size, seed=s) for s in range(min(extent.seeds, 4))] for size in sizes_m},
    )
    parted = run.table(
        "belts that part",
        reactions.split,
        {
            belts: [(belts[0], belts[1], s, belts[2]) for s in range(min(extent.seeds, 6))]
            for belts in PARTED
        },
    )
    plots.splits(
        {
            f"{left:g} : {right:g} m/s, ramp {mps2:g} m/s²": runs[0][1:]
            for (left, right, mps2), runs in parted.items()
        },
        pictures,
    )
    return (
        "\n## Stops\n\nBoth belts, no handrail. The prototype fell in 0 of 10 at 0.5 and 1.0"
        " m/s², 1 at 1.5, 4 at 2, 6 at 3, 10 at 5.\n\n"
        + page.stops_section(stopped)
        + "\n## Swaying deck\n\nSum of four sines (McAndrew 2010) at 1.2 m/s, seen as the deck's"
        " acceleration. The prototype fell in 2 of 4 at A = 0.05 m and in all from 0.06 m on.\n\n"
        + page.sway_section(swayed)
        + "\n## Belts that part\n\nStep length asymmetry by stride, (fast - slow) / both. People:"
        " -0.2 to -0.4 at first, -0.05 to +0.05 after 300 strides, +0.1 to +0.2 when tied again,"
        " gone in 50 to 100 strides (remembered). The prototype fell at 0.5 : 1.5 within 20 s."
        "\n\n![Adaptation](validation/split.png)\n\n" + page.split_section(parted)
    )


def _people(run: Runner, extent: Extent, pictures: Path) -> str:
    cases = {
        name: [(name, s, extent.people_walk_s) for s in range(1, extent.people + 1)]
        for name in WALKERS
    }
    measured = run.table("people", people.measure, cases)
    effects, means = page.effects_of(measured)
    chosen = [
        *("speed_mps", "step_length_m", "step_width_m", "step_width_sd_m", "stride_time_cv_pct"),
        *("stance_index_pct", "step_length_index_pct", "first_peak_index_pct"),
        *("second_peak_index_pct", "sway_rms_ap_mm", "sway_velocity_mm_per_s", "sway_area_mm2"),
        "left_load_pct",
    ]
    plots.effects({w: {m: row[m] for m in chosen} for w, row in effects.items()}, pictures)
    who = [("healthy", v) for v in (0.4, 0.8, 1.2, 1.6, 2.0)]
    who += [(name, PATIENTS[name].preferred_speed_mps) for name in WALKERS]
    seeds = range(1, 4)
    if extent is QUICK:
        who, seeds = who[2:3], range(1, 2)
    endured = run.table(
        "walks of a thousand strides",
        reactions.endure,
        {f"{name}, {v:g}": [(name, v, s) for s in seeds] for name, v in who},
    )
    quiet = [
        name
        for name, row in effects.items()
        if not any(one.low > 0 or one.high < 0 for one in row.values())
    ]
    return (
        "\n## A thousand strides\n\n"
        + page.endurance_section(endured)
        + f"\n## Patients\n\n{extent.people} people of each, who differ in seed and by 0.1 m/s"
        " (SD) in the speed they like, and in nothing else: real people of a group differ among"
        " themselves too, so that effects between them are far smaller than these. Differences"
        " from healthy, in pooled SD:\n\n"
        "![Effect sizes](validation/patients.png)\n\n"
        + page.patients_section(effects, means)
        + ("\nNo clear difference: " + ", ".join(quiet) + ".\n" if quiet else "")
    )


if __name__ == "__main__":
    np.seterr(all="ignore")
    app()
