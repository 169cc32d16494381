"""`python -m rehabsim_validation.training`: every scenario with every simulated patient, adapting.

Whether sessions run to their end is asked of whole ones in virtual time; where the difficulty comes
to rest, of long visits without wires. Makes TRAINING.md beside the scenarios.
"""

import tempfile
from math import nan
from pathlib import Path

import numpy as np
from cyclopts import App

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.records import MODES
from rehabsim.base.site import Session, Site
from rehabsim.devices.driver import installed
from rehabsim.session.log import LogReader
from rehabsim.session.repertoire import SCENARIOS
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.together import run_together, together_plans
from rehabsim_validation.training_kept import Kept
from rehabsim_validation.training_page import Outcome, page
from rehabsim_validation.training_rig import Course, Visit, follow, session_of

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
WHOLE_WHO = ("healthy", "balance_loss", "hemiparetic")
"""Who lives through whole sessions too: the best, and the two who are nearest to a fall."""

RUNNING = MODES.index("running")

app = App(help_on_error=True)


@app.default
def main(
    out: Path = OUT,
    *,
    seeds: int = 5,
    duration: float = 600.0,
    whole_duration: float = 60.0,
    quick: bool = False,
    processes: int | None = None,
    kept: Path | None = None,
    only_kept: bool = False,
) -> None:
    """Train simulated patients and write the page.

    Parameters
    ----------
    out
        The page.
    seeds
        Visits without wires of each patient with each scenario; of whole sessions there is one.
    duration
        Of each visit, s.
    whole_duration
        Of each whole session, s.
    quick
        One short visit and one short session of each scenario, to see that all of it works.
    processes
        How many at once.
    kept
        Folder that keeps each visit as soon as it is over: the same command with the same folder
        goes on where it was cut short, and more seeds are added to those that are there. Empty it
        when anything that it measures has changed.
    only_kept
        Measure nothing; write the page of what is there.
    """
    visits, sessions = cases((1, 40.0, 20.0) if quick else (seeds, duration, whole_duration))
    if quick:
        visits, sessions = ([v for v in them if v.who == WHO[0]] for them in (visits, sessions))
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
    files = [None if kept is None else kept / name for name in ("visits.jsonl", "sessions.jsonl")]
    lived, held = Kept(files[0], Course), Kept(files[1], Outcome)
    if only_kept:
        courses, outcomes = lived.known(visits), held.known(sessions)
    else:
        courses = lived.study(follow, visits, processes)
        outcomes = held.study(train, sessions, processes)
    out.write_text(page(courses, outcomes), "utf-8")


def cases(how_many: tuple[int, float, float]) -> tuple[list[Visit], list[Visit]]:
    """Return visits and whole sessions, of a number of seeds and two durations in s."""
    seeds, visit_s, session_s = how_many
    scenarios = sorted(installed(SCENARIOS))
    visits = [
        Visit(scenario, who, seed, visit_s)
        for seed in range(1, seeds + 1)
        for scenario in scenarios
        for who in WHO
    ]
    return visits, [
        Visit(scenario, who, 1, session_s) for scenario in scenarios for who in WHOLE_WHO
    ]


def train(visit: Visit) -> Outcome:
    """Run one whole session."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.mcap"
        stops = record_seen(session_of(visit), visit.duration_s, path)
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


if __name__ == "__main__":
    app()
