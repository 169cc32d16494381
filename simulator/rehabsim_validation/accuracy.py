"""`python -m rehabsim_validation.accuracy`: makes ACCURACY.md of the gait analysis anew."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import App, Parameter

from rehabsim_sim.batch import study
from rehabsim_sim.patients import PATIENTS
from rehabsim_sim.person import Array
from rehabsim_validation.accuracy_errors import Errors, measure, together
from rehabsim_validation.accuracy_real import score_inertia, score_stances, score_walk
from rehabsim_validation.accuracy_walks import DISTURBANCES, Case
from rehabsim_validation.page import rows
from rehabsim_validation.recordings import FOLDER

REPOSITORY = Path(__file__).resolve().parents[2]
OUT = REPOSITORY / "src" / "rehabsim" / "gait" / "ACCURACY.md"
SPEEDS_MPS = (0.4, 0.8, 1.2, 1.6)
LIMIT = 1.96
"""Standard deviations on both sides that hold 95 % of errors (limits of agreement)."""

UNITS = {"_s": ("ms", 1000), "_m": ("mm", 1000), "_mps": ("mm/s", 1000)}

app = App(help_on_error=True)


@app.default
def main(
    out: Path = OUT,
    *,
    recordings_folder: Annotated[Path, Parameter(name="--recordings")] = FOLDER,
    seeds: int = 3,
    quick: bool = False,
    processes: int | None = None,
) -> None:
    """Measure the analysis and write the page.

    Parameters
    ----------
    out
        The page.
    recordings_folder
        Where the real recordings lie.
    seeds
        People of each kind.
    quick
        Few walks, to see that all of it works.
    processes
        How many at once.
    """
    out.write_text(make(recordings_folder, 1 if quick else seeds, quick, processes), "utf-8")


def cases_of(seeds: int, *, quick: bool) -> dict[str, list[Case]]:
    """Return the walks by row of the tables."""
    people = ["healthy"] if quick else [name for name in PATIENTS if name != "empty_belts"]
    speeds_mps = SPEEDS_MPS[2:3] if quick else SPEEDS_MPS
    disturbed = [("healthy", 1.0), ("hemiparetic", 0.6)][: 1 if quick else 2]
    grid = {
        f"{who.replace('_', ' ')}, {mps:g} m/s": [Case(who, mps, s) for s in range(1, seeds + 1)]
        for who in people
        for mps in speeds_mps
    }
    for what in list(DISTURBANCES)[1:]:
        for who, mps in disturbed:
            row = f"{who}, {what}" + ("" if what == "standing" else f", {mps:g} m/s")
            grid[row] = [Case(who, mps, s, what) for s in range(1, seeds + 1)]
    return grid


def make(folder: Path, seeds: int, quick: bool, processes: int | None) -> str:
    """Return the page."""
    grid = cases_of(seeds, quick=quick)
    flat = [case for cases in grid.values() for case in cases]
    found = iter(study(measure, flat, processes=processes))
    results = {row: [next(found) for _ in cases] for row, cases in grid.items()}
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    return (
        "# How accurate the gait analysis is\n\n"
        f"Made by `make validate` on {datetime.now(UTC):%Y-%m-%d} ({machine}). Filters, levels and"
        " times were chosen on the simulated people and on no recording; so the first three tables"
        " say how well the analysis does on what it was made for, the others how it does"
        " elsewhere. The simulated person has no joints, and its trunk does not turn: in people"
        " the centre of mass will be known less well.\n\n"
        f"Each row is {seeds} people of the kind for 60 s from standing still. Events within"
        ' 150 ms of a true one are that one. "Known" is how long after the event it is told.'
        " Errors are found less true; ± is 1.96 SD of single values (limits of agreement).\n\n"
        "## Heel strikes and toe-offs\n\n"
        + events_table(results)
        + "\n## Strides\n\n"
        + errors_table({row: [e.strides for e in errors] for row, errors in results.items()})
        + "\nStep width is that of the centres of pressure, true width that of the feet's middles;"
        " a foot is placed by its centre of pressure 30 ms after heel strike, the true margin"
        " backward is taken from the heel, about 35 mm behind.\n"
        "\n## Balance and body weight\n\n"
        + balance_table(results)
        + "\nNo plate feels who pushes a person, nor what a moving deck adds to its own weight.\n"
        "\n## A recorded walk\n\n"
        + walk_section(folder)
        + "\n## Two recorded plates\n\n"
        + stances_section(folder)
        + "\n## Belts that feign forces\n\n"
        + inertia_section(folder)
    )


def events_table(results: dict[str, list[Errors]]) -> str:
    """Return the table of contacts."""
    body = []
    for row, errors in results.items():
        cells = [row + (" (fell)" if any(e.has_fallen for e in errors) else "")]
        for kind in ("heel_strike", "toe_off"):
            found = together([e.events[kind] for e in errors])
            known_s = np.concatenate([e.latencies_s[kind] for e in errors])
            cells += [
                str(len(found.errors_s) + found.missed),
                _spread(found.errors_s),
                f"{found.missed} / {found.false}",
                f"{1000 * np.median(known_s):.0f}" if len(known_s) else "",
            ]
        body.append(cells)
    names = ["true", "error ms, median (p95 of size)", "missed / false", "known ms"]
    head = ["", *(f"heel strikes: {names[0]}", *names[1:]), *(f"toe-offs: {names[0]}", *names[1:])]
    return rows(head, body)


def _spread(errors_s: Array) -> str:
    if not len(errors_s):
        return ""
    ms = 1000 * errors_s
    return f"{np.median(ms):+.1f} ({np.percentile(np.abs(ms), 95):.0f})"


def errors_table(results: dict[str, list[dict[str, Array]]]) -> str:
    """Return the table of measures, each error as bias and limits of agreement."""
    names = next(iter(results.values()))[0].keys()
    body = []
    for row, walks in results.items():
        if walks[0]:
            body.append(
                [row, *(_agreement([walk[name] for walk in walks], name) for name in names)]
            )
    return rows(["", *(_label(name) for name in names)], body)


def balance_table(results: dict[str, list[Errors]]) -> str:
    """Return the table of centre of mass and weight."""
    body = []
    names = list(next(iter(results.values()))[0].balance)
    for row, errors in results.items():
        cells = [_agreement([e.balance[name] for e in errors], name) for name in names]
        weights_pct = 100 * np.array([e.weight_frac - 1 for e in errors])
        body.append([row, *cells, f"{weights_pct.mean():+.1f}"])
    return rows(["", *(_label(name) for name in names), "body weight %"], body)


def _label(name: str) -> str:
    stem, unit = name.rsplit("_", 1)
    return f"{stem.replace('_', ' ')} {UNITS[f'_{unit}'][0]}"


def _agreement(parts: Sequence[Array], name: str) -> str:
    values = np.concatenate(parts) * UNITS["_" + name.rsplit("_", 1)[1]][1]
    return f"{values.mean():+.0f} ± {LIMIT * values.std():.0f}" if len(values) else ""


def walk_section(folder: Path) -> str:
    """Return the scores on the recorded walk."""
    scores = score_walk(folder)
    if not scores:
        return "The recording is not here.\n"
    body = [
        [
            score.name,
            *(f"{value:.3f}" for value in (score.precision, score.recall, score.f1)),
            _spread(score.found.errors_s),
        ]
        for score in scores
    ]
    count = len(scores[0].found.errors_s) + scores[0].found.missed
    return (
        "`dual_belt_walk_200hz.csv` (S. Bruijn, MIT): 123 s, many steps across the seam, forces"
        f" without moments. Truth is our own offline review ({count} heel strikes): the turning"
        " points of the centre of pressure after Roerdink et al. 2008, low-passed forward and"
        " backward. Ours looks at the same signal, live, among others, so that the two are not"
        " independent; nobody labelled this recording by hand. Other ways were made from their"
        " descriptions, and are judged by when they tell; an offline one by its date.\n\n"
        + rows(["", "precision", "recall", "F1", "lag ms, median (p95 of size)"], body)
    )


def stances_section(folder: Path) -> str:
    """Return the stances of the C3D file beside its 50 N crossings."""
    stances = score_stances(folder)
    if not stances:
        return "The recording, or ezc3d, is not here.\n"
    body = [
        [
            stance.side,
            *(f"{t_s:.3f}" for t_s in stance.over_s),
            *(f"{1000 * (f - t):+.0f}" for f, t in zip(stance.found_s, stance.over_s, strict=True)),
            f"{stance.cop_m[0]:+.3f}, {stance.cop_m[1]:+.3f}",
        ]
        for stance in stances
    ]
    head = ["", "over 50 N, s", "under 50 N, s", "heel strike ms", "toe-off ms", "median COP m"]
    return (
        "`two_plates_1khz.c3d`, calibration matrices of TYPE 4 applied; centre of pressure from"
        " the middle of both plates.\n\n" + rows(head, body)
    )


def inertia_section(folder: Path) -> str:
    """Return what is left of belts' inertia after it was fitted on another recording."""
    found = score_inertia(folder)
    if not found:
        return "The recordings are not here.\n"
    body = [
        [
            one.fitted,
            one.tested,
            f"{one.before_nm:.2f}",
            f"{one.after_nm:.2f}",
            f"{100 * (1 - one.after_nm / one.before_nm):.0f} %",
        ]
        for one in found
    ]
    return (
        "Pitch moment of an empty treadmill whose belt is shaken (csu-hmc, Apache-2.0), below"
        " 6 Hz, taken off live; published: 47 to 82 % removed, offline and on the recording it"
        " was fitted on.\n\n"
        + rows(["fitted on", "tested on", "before Nm", "after Nm", "removed"], body)
    )


if __name__ == "__main__":
    np.seterr(all="ignore")
    app()
