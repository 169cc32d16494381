"""`python -m rehabsim_validation.perturb`: how well perturbations come; makes PERTURB.md.

Whole sessions in virtual time: devices, keeper and session as they are. What is told of each pulse
is held against the laboratory's own truth of belts and feet. The page has three parts, each made
anew by itself: belts, platform, unrest (`unrest.py`).
"""

import platform
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from cyclopts import App

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.records import BeltSample, Side
from rehabsim.base.site import Session, Site
from rehabsim.session.log import LogReader
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.together import run_together, together_plans
from rehabsim.training.achieved import BeltWatch, miss_s
from rehabsim.training.pulse import SIDES, USUAL, Kind, Pulse
from rehabsim_sim.batch import study
from rehabsim_sim.patients import patient
from rehabsim_validation.page import rows
from rehabsim_validation.unrest import Pushed, Unquiet, deck_part, push, unquiet, unrest_part

REPOSITORY = Path(__file__).resolve().parents[2]
OUT = REPOSITORY / "src" / "rehabsim" / "training" / "PERTURB.md"
PEOPLE = ("healthy", "insufficient_core", "lumbar_fatigue")
KINDS: tuple[Kind, ...] = ("slip", "pull", "trip", "push", "stop")
PARTS = ("belts", "platform", "unrest")
MARK = "<!-- {} -->\n"
"""Before each part of the page."""

Part = Literal["all", "belts", "platform", "unrest"]
BAR_S = 0.025
BEFORE_NS, AFTER_NS = 150_000_000, 700_000_000
"""Around an onset as the belts told it, in which the truth of it is looked for."""

app = App(help_on_error=True)


@dataclass(frozen=True)
class Course:
    """One session.

    Attributes:
        who: Name of a patient, who walks as fast as they like.
        kind: Of the pulses.
        seed: Of laboratory and schedule.
        count: Pulses on both legs together.
    """

    who: str
    kind: Kind
    seed: int
    count: int


class Found(NamedTuple):
    """One pulse.

    Attributes:
        kind: Of it.
        side: Leg that it was timed to.
        told_late_s: Onset after the phase that was asked for, as told in the session.
        late_s: The same by the truth of belts and feet.
        change_frac: Largest change of speed, by the truth, over what was asked.
        accel_mps2: At which it began, by the truth.
    """

    kind: Kind
    side: Side
    told_late_s: float
    late_s: float
    change_frac: float
    accel_mps2: float


@app.default
def main(
    out: Path = OUT,
    *,
    part: Part = "all",
    seeds: int = 4,
    quick: bool = False,
    processes: int | None = None,
) -> None:
    """Perturb simulated people and write the page.

    Parameters
    ----------
    out
        The page.
    part
        Of the page; the others stay as they are.
    seeds
        Sessions of each person with each kind.
    quick
        One short session of each part, to see that all of it works.
    processes
        How many at once.
    """
    makers = {"belts": _belts, "platform": _platform, "unrest": _unrest}
    parts = _parts(out.read_text("utf-8")) if out.exists() else dict.fromkeys(PARTS, "")
    for name in PARTS if part == "all" else (part,):
        parts[name] = makers[name](seeds, processes, quick=quick)
    out.write_text("\n".join(MARK.format(name) + parts[name] for name in PARTS), "utf-8")


def _parts(text: str) -> dict[str, str]:
    """Return the parts of a page."""
    found = dict.fromkeys(PARTS, "")
    for name in PARTS:
        _, mark, rest = text.partition(MARK.format(name))
        found[name] = rest.partition("<!-- ")[0].strip() + "\n" if mark else ""
    return found


def _belts(seeds: int, processes: int | None, *, quick: bool) -> str:
    courses = [
        Course(who, kind, seed, 16)
        for who in PEOPLE
        for kind in KINDS
        for seed in range(1, seeds + 1)
    ]
    if quick:
        courses = [Course("healthy", "pull", 1, 3)]
    results = study(perturb, courses, processes=processes)
    falls = sum(fell for _, fell in results)
    return page([each for found, _ in results for each in found], falls, courses)


def _platform(seeds: int, processes: int | None, *, quick: bool) -> str:
    courses = [Pushed(seed, 10) for seed in range(1, seeds + 1)]
    if quick:
        courses = [Pushed(1, 2)]
    return deck_part(study(push, courses, processes=processes))


def _unrest(seeds: int, processes: int | None, *, quick: bool) -> str:
    courses = [
        Unquiet(speed_mps, seed, 75.0)
        for speed_mps in (0.8, 1.2, 1.6)
        for seed in range(1, seeds + 1)
    ]
    if quick:
        courses = [Unquiet(1.2, 1, 30.0)]
    return unrest_part(study(unquiet, courses, processes=processes))


def perturb(course: Course) -> tuple[list[Found], bool]:
    """Run one session; return its pulses, and whether the person fell."""
    speed_mps = min(patient(course.who).preferred_speed_mps, 1.1)
    session = Session(
        scenario="boat",
        params={"wave_height_m": 0.0, "turn_split_mps": 0.0},
        patient=course.who,
        seed=course.seed,
        cruise_speed_mps=speed_mps,
        perturb={
            "pulses": [{"kind": course.kind}],
            "count": course.count,
            "warm_up_strides": 10,
            "min_strides": 6,
            "max_strides": 9,
            "catch_frac": 0.0,
        },
    )
    with tempfile.TemporaryDirectory() as folder:
        log_path, truth_path = Path(folder) / "a.mcap", Path(folder) / "truth.csv"
        site = load_toml(SIMULATED_SITE, Site)
        duration_s = 30.0 + 12.0 * course.count
        plan, laboratory = together_plans(site, session, "bench", duration_s, str(log_path))
        assert laboratory is not None
        laboratory = msgspec.structs.replace(laboratory, truth_path=str(truth_path))
        run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
        return _read(course.kind, LogReader(log_path), truth_path)


def _read(kind: Kind, log: LogReader, truth_path: Path) -> tuple[list[Found], bool]:
    truth = np.loadtxt(truth_path, delimiter=",", skiprows=1)
    events = truth_path.with_name("truth.events.csv").read_text().splitlines()[1:]
    landings = [line.split(",") for line in events if ",heel_strike," in line]
    strikes_ns = {
        side: np.array([int(at) for at, whose, *_ in landings if whose == side]) for side in SIDES
    }
    found = []
    for event in log.events():
        if event.source == "training" and "onset_s" in event.values:
            side: Side = "left" if ", left leg:" in event.text else "right"
            found.append(_hold(kind, side, event.values, truth, strikes_ns[side]))
    return found, bool(truth[:, 11].max())


def _hold(
    kind: Kind, side: Side, told: dict[str, float], truth: np.ndarray, strikes_ns: np.ndarray
) -> Found:
    """Hold what was told of a pulse against the truth."""
    onset_ns, asked_mps = 1e9 * told["onset_s"], told["asked_change_mps"]
    is_left = Pulse(kind=kind).belts(side)[0]
    column = 1 if is_left else 2
    t_ns = truth[:, 0]
    before = (t_ns > onset_ns - 2 * BEFORE_NS) & (t_ns < onset_ns - BEFORE_NS / 2)
    watch = BeltWatch(float(truth[before, column].mean()), is_left=is_left)
    for row in truth[(t_ns > onset_ns - BEFORE_NS) & (t_ns < onset_ns + AFTER_NS)]:
        watch.feed(BeltSample(int(row[0]), float(row[1]), float(row[2]), 0.0))
    achieved = watch.achieved(asked_mps)
    assert achieved is not None
    earlier_ns = strikes_ns[strikes_ns < achieved.onset_ns - 3 * BEFORE_NS][-6:]
    stride_s = float(np.median(np.diff(earlier_ns))) / 1e9
    late_s = miss_s(achieved.onset_ns, strikes_ns.tolist(), told["asked_phase"], stride_s)
    return Found(
        kind,
        side,
        told["late_s"],
        late_s,
        achieved.change_mps / asked_mps,
        abs(achieved.accel_mps2),
    )


def page(found: list[Found], falls: int, courses: list[Course]) -> str:
    """Return PERTURB.md."""
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    body = []
    for kind in dict.fromkeys(each.kind for each in found):
        for side in SIDES:
            these = [each for each in found if each.kind == kind and each.side == side]
            if these:
                body.append([kind, side, *_cells(these)])
    body.append(["all", "both", *_cells(found)])
    people = ", ".join(dict.fromkeys(course.who.replace("_", " ") for course in courses))
    phases = ", ".join(f"{kind} {100 * USUAL[kind][0]:.0f} %" for kind in KINDS)
    return (
        "# How well perturbations are timed, and what belts make of them\n\n"
        f"Made by `make validate` on {datetime.now(UTC):%Y-%m-%d} ({machine}). Whole sessions in"
        f" virtual time, {len(courses)} of them, with the usual figures of each kind; {people} walk"
        f" on the simulated treadmill of the simulated room. Phases asked for: {phases} of the"
        " stride. A pulse is asked for so much earlier as belts answered late before; the first of"
        " a session does not know that yet and is counted too. Sizes vary by up to 15 % by"
        " chance.\n\n"
        "Late is the true onset of the belt after the true phase of the leg, heel strike by the"
        " simulated foot; told is what the session says of the same pulse. People of flesh are less"
        f" regular than these. The bar is {1000 * BAR_S:.0f} ms; published systems need 25 to 96"
        f" ms. {falls} of {len(courses)} sessions had a fall, which ends the pulses of a"
        " session.\n\n"
        + rows(
            [
                "kind",
                "leg",
                "pulses",
                "late ms, median",
                "p95 of size",
                "told less true ms, median (p95 of size)",
                "change over asked, median (least to most)",
                "acceleration m/s², median (asked 5)",
            ],
            body,
        )
    )


def _cells(found: list[Found]) -> list[str]:
    late_ms = 1000 * np.array([each.late_s for each in found])
    told_ms = 1000 * np.array([each.told_late_s for each in found]) - late_ms
    changes = np.array([each.change_frac for each in found])
    return [
        str(len(found)),
        f"{np.median(late_ms):+.0f}",
        f"{np.percentile(np.abs(late_ms), 95):.0f}",
        f"{np.median(told_ms):+.0f} ({np.percentile(np.abs(told_ms), 95):.0f})",
        f"{np.median(changes):.2f} ({changes.min():.2f} to {changes.max():.2f})",
        f"{np.median([each.accel_mps2 for each in found]):.1f}",
    ]


if __name__ == "__main__":
    app()
