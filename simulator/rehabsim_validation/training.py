"""`python -m rehabsim_validation.training`: every scenario with every simulated patient, adapting.

Whole sessions in virtual time, each from the scenario's own ready file, its difficulty changing of
itself. Makes TRAINING.md beside the scenarios.
"""

import platform
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import nan
from pathlib import Path
from typing import NamedTuple

import numpy as np
from cyclopts import App

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.records import MODES
from rehabsim.base.site import Session, Site
from rehabsim.devices.driver import installed
from rehabsim.session.log import LogReader
from rehabsim.session.repertoire import SCENARIOS
from rehabsim.session.setup import SIMULATED_SITE, ready_session
from rehabsim.session.together import run_together, together_plans
from rehabsim.training.adapt import AdaptParams
from rehabsim_sim.batch import study
from rehabsim_sim.patients import patient
from rehabsim_validation.page import rows, spread

REPOSITORY = Path(__file__).resolve().parents[2]
OUT = REPOSITORY / "scenarios" / "TRAINING.md"
WHO = (
    "healthy",
    "insufficient_core",
    "excessive_core",
    "asymmetric_loading",
    "balance_loss",
    "postural",
    "lumbar_fatigue",
    "hemiparetic",
    "amputee",
)
FASTEST_MPS = 1.1
RUNNING = MODES.index("running")

app = App(help_on_error=True)


@dataclass(frozen=True)
class Visit:
    """One session.

    Attributes:
        scenario: Of it.
        who: Name of a patient, who walks as fast as they like.
        seed: Of everything random.
        duration_s: Of it.
    """

    scenario: str
    who: str
    seed: int
    duration_s: float


class Outcome(NamedTuple):
    """What came of one session.

    Attributes:
        visit: Which.
        tries: Tasks that ended.
        success_frac: Of them done; NaN without any.
        late_frac: The same of the second half of the tasks.
        first_level: Difficulty at the start.
        last_level: Difficulty at the end.
        speed_mps: Mean of the belts while they ran.
        stops: Why the belts were stopped, but for the end.
        is_finished: The belts were running until the end was asked for.
    """

    visit: Visit
    tries: int
    success_frac: float
    late_frac: float
    first_level: float
    last_level: float
    speed_mps: float
    stops: tuple[str, ...]
    is_finished: bool


@app.default
def main(
    out: Path = OUT,
    *,
    seeds: int = 10,
    duration: float = 300.0,
    quick: bool = False,
    processes: int | None = None,
) -> None:
    """Train simulated patients and write the page.

    Parameters
    ----------
    out
        The page.
    seeds
        Sessions of each patient with each scenario.
    duration
        Of each session, s.
    quick
        One short session of each scenario, to see that all of it works.
    processes
        How many at once.
    """
    people, times_s = (WHO[:1], 40.0) if quick else (WHO, duration)
    visits = [
        Visit(scenario, who, seed, times_s)
        for scenario in installed(SCENARIOS)
        for who in people
        for seed in range(1, (1 if quick else seeds) + 1)
    ]
    out.write_text(page(study(train, visits, processes=processes)), "utf-8")


def train(visit: Visit) -> Outcome:
    """Run one session."""
    ready = ready_session(visit.scenario)
    adapt = None if ready.adapt is None else {**ready.adapt, "is_automatic": True}
    session = ready.model_copy(
        update={
            "patient": visit.who,
            "seed": visit.seed,
            "cruise_speed_mps": min(patient(visit.who).preferred_speed_mps, FASTEST_MPS),
            "adapt": adapt,
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.mcap"
        stops = record_seen(session, visit.duration_s, path)
        return outcome(visit, LogReader(path), stops)


def record_seen(session: Session, duration_s: float, path: Path) -> tuple[str, ...]:
    """Record a session of someone who sees it; return why its belts were stopped."""
    site = load_toml(SIMULATED_SITE, Site)
    plan, laboratory = together_plans(
        site, session, "bench", duration_s, str(path), has_picture=True
    )
    summary = run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
    return tuple(summary.stops)


def outcome(visit: Visit, log: LogReader, stops: tuple[str, ...]) -> Outcome:
    """Return what a log says of its session."""
    ticks = log.table("ticks")
    tries, done = ticks["try_count"], ticks["success_count"]
    total, won = int(tries[-1]), int(done[-1])
    half = int(np.searchsorted(tries, total / 2))
    rest = total - int(tries[half]) if total else 0
    levels = ticks["level"][np.isfinite(ticks["level"])]
    moving = ticks["mode"] == RUNNING
    speeds = 0.5 * (ticks["belt_left_speed_mps"] + ticks["belt_right_speed_mps"])[moving]
    return Outcome(
        visit,
        total,
        won / total if total else nan,
        (won - int(done[half])) / rest if rest else nan,
        float(levels[0]) if len(levels) else nan,
        float(levels[-1]) if len(levels) else nan,
        float(np.nanmean(speeds)) if len(speeds) else nan,
        stops,
        not stops,
    )


def page(outcomes: Sequence[Outcome]) -> str:
    """Return TRAINING.md."""
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    visits = [each.visit for each in outcomes]
    durations = sorted({visit.duration_s for visit in visits})
    usual = AdaptParams.model_fields
    band = f"{usual['low_frac'].default:.0%} to {usual['high_frac'].default:.0%}"
    text = (
        "# Every scenario with every simulated patient\n\n"
        f"Made by `make validate` on {datetime.now(UTC):%Y-%m-%d} ({machine}): {len(visits)} whole"
        f" sessions in virtual time of {durations[0]:g} to {durations[-1]:g} s, each from the"
        " scenario's ready file, with the difficulty changing of itself. A patient sees the"
        " picture, walks at the speed they like, 1.1 m/s at most, and plays as well as their model"
        f" lets them. Difficulty should come to where {band} of the tasks are done; late success"
        " is that of the second half of the tasks. Simulated people do not tire of a game, and here"
        " they do not learn it: EFFECT.md is about that.\n"
    )
    for scenario in dict.fromkeys(visit.scenario for visit in visits):
        here = [each for each in outcomes if each.visit.scenario == scenario]
        text += f"\n## {scenario}\n\n{_table(here)}"
        reasons = Counter(stop for each in here for stop in each.stops)
        text += "".join(f"\n- {count} x {reason}" for reason, count in reasons.most_common(6))
        text += "\n" if reasons else ""
    return text


def _table(outcomes: Sequence[Outcome]) -> str:
    body = []
    for who in dict.fromkeys(each.visit.who for each in outcomes):
        these = [each for each in outcomes if each.visit.who == who]
        body.append(
            [
                who.replace("_", " "),
                f"{sum(each.is_finished for each in these)} of {len(these)}",
                f"{np.mean([each.tries for each in these]):.0f}",
                spread([each.success_frac for each in these], "{:.2f}"),
                spread([each.late_frac for each in these], "{:.2f}"),
                spread([each.last_level for each in these], "{:.2f}"),
                f"{np.mean([each.speed_mps for each in these]):.2f}",
            ]
        )
    return rows(
        [
            "patient",
            "finished",
            "tasks",
            "success, median (least to most)",
            "late success",
            "difficulty at the end",
            "belts m/s",
        ],
        body,
    )


if __name__ == "__main__":
    app()
