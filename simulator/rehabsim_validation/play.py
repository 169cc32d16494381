"""`python -m rehabsim_validation.play`: how well every simulated patient plays.

Whole sessions in virtual time, each from the scenario's own ready file, the person seeing the
picture. Makes the last section of PLAY.md anew.
"""

import platform
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from math import nan
from pathlib import Path
from textwrap import fill
from typing import NamedTuple

import numpy as np
from cyclopts import App

from rehabsim.base.records import Event
from rehabsim.session.log import LogReader
from rehabsim.session.setup import ready_session
from rehabsim_sim.batch import study
from rehabsim_validation.page import rows, spread
from rehabsim_validation.training import RUNNING, WHO, record_seen
from rehabsim_validation.training_rig import Visit

OUT = Path(__file__).resolve().parents[1] / "PLAY.md"
HEADING = "## How well they play\n"
WHOLE = (
    "by `python -m rehabsim_validation.play`: whole sessions in virtual time from each scenario's"
    " ready file"
)
DURATIONS_S = {"boat": 90.0, "drive": 90.0, "hike": 120.0, "balance": 180.0}

app = App(help_on_error=True)


class Outcome(NamedTuple):
    """What came of one session.

    Attributes:
        visit: Which.
        passed: Gates of `boat`.
        missed: Gates of `boat`.
        asides_m: How far to the left of the middle of each gate it went past.
        lane_frac: Of the time that the car moved, in the lane.
        line_misses_m: How far beyond the line each foot of `hike` landed that a line was for.
        line_hits: How many of those were on it.
        reactions_s: Of the leans of `balance`.
        stops: Why the belts were stopped, but for the end.
    """

    visit: Visit
    passed: int = 0
    missed: int = 0
    asides_m: tuple[float, ...] = ()
    lane_frac: float = nan
    line_misses_m: tuple[float, ...] = ()
    line_hits: int = 0
    reactions_s: tuple[float, ...] = ()
    stops: tuple[str, ...] = ()

    def with_gates(self, passed: int, missed: int, events: Sequence[Event]) -> "Outcome":
        """Return this outcome with what a game of gates came to."""
        asides_m = tuple(each.values["aside_m"] for each in events if each.kind == "gate")
        return self._replace(passed=passed, missed=missed, asides_m=asides_m)

    def with_lines(self, events: Sequence[Event]) -> "Outcome":
        """Return this outcome with what events tell of feet that a line was for."""
        told = [(each.text, each.values["miss_m"]) for each in events if "miss_m" in each.values]
        own = [(text, miss_m) for text, miss_m in told if text.startswith(("Left", "Right"))]
        return self._replace(
            line_misses_m=tuple(miss_m for _, miss_m in own),
            line_hits=sum(text.endswith(": on the line.") for text, _ in own),
        )


@app.default
def main(
    out: Path = OUT, *, seeds: int = 5, quick: bool = False, processes: int | None = None
) -> None:
    """Let simulated patients play and write the page's last section.

    Parameters
    ----------
    out
        The page; what stands before the section is kept.
    seeds
        Sessions of each patient with each scenario.
    quick
        One short session of each scenario, to see that all of it works.
    processes
        How many at once.
    """
    visits = [
        Visit(scenario, who, seed, 60.0 if quick else duration_s)
        for scenario, duration_s in DURATIONS_S.items()
        for who in (WHO[:1] if quick else WHO)
        for seed in range(1, (1 if quick else seeds) + 1)
    ]
    write(out, study(play, visits, processes=processes), WHOLE)


def write(out: Path, outcomes: Sequence[Outcome], how: str) -> None:
    """Write the section of these outcomes, made in such a way, after what stands before it."""
    before = out.read_text("utf-8").partition(HEADING)[0] if out.exists() else ""
    out.write_text(before + page(outcomes, how), "utf-8")


def play(visit: Visit) -> Outcome:
    """Run one session."""
    session = ready_session(visit.scenario)
    session = session.model_copy(update={"patient": visit.who, "seed": visit.seed})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.mcap"
        stops = record_seen(session, visit.duration_s, path)
        return outcome(visit, LogReader(path), stops)


def outcome(visit: Visit, log: LogReader, stops: tuple[str, ...]) -> Outcome:
    """Return what a log says of its session."""
    found = Outcome(visit, stops=stops)
    scene = log.table("scene")
    is_running = log.table("ticks")["mode"] == RUNNING
    if visit.scenario == "boat":
        passed, missed = scene["passed_gate_count"][-1], scene["missed_gate_count"][-1]
        return found.with_gates(int(passed), int(missed), log.events())
    if visit.scenario == "drive":
        is_driving = is_running & (scene["car_speed_mps"] > 1.0)
        is_in_lane = np.abs(scene["lateral_m"]) <= scene["lane_width_m"] / 2
        frac = float(is_in_lane[is_driving].mean()) if is_driving.any() else nan
        return found._replace(lane_frac=frac)
    if visit.scenario == "hike":
        return found.with_lines(log.events())
    leans = [e.values for e in log.events() if e.kind == "trial"]
    times_s = tuple(v["reaction_time_s"] for v in leans if "reaction_time_s" in v)
    return found._replace(reactions_s=times_s)


def page(outcomes: Sequence[Outcome], how: str) -> str:
    """Return the section; `how` tells how the outcomes were made."""
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    visits = [each.visit for each in outcomes]
    seeds = {
        each.scenario: len({v.seed for v in visits if v.scenario == each.scenario})
        for each in visits
    }
    lasts = {each.scenario: each.duration_s for each in visits}
    sessions = ", ".join(f"`{name}` {seeds[name]} of {lasts[name]:g} s" for name in lasts)
    stopped = [each for each in outcomes if each.stops]
    words = (
        f"Made on {datetime.now(UTC):%Y-%m-%d} ({machine}) {how}. Of each patient, from seed 1 on:"
        f" {sessions}. Medians over seeds (least to most); of gates' middles, lines and leans over"
        " all of them."
    )
    text = f"{HEADING}\n{fill(words, 100)}\n\n{_table(outcomes)}"
    ends = ", ".join(
        f"{each.visit.who.replace('_', ' ')} in `{each.visit.scenario}`, seed {each.visit.seed}:"
        f" {each.stops[0]}"
        for each in stopped
    )
    how_many = f"{len(stopped)} of {len(outcomes)} were stopped"
    return f"{text}\n{how_many}: {ends}\n" if ends else f"{text}\n{how_many}.\n"


def _table(outcomes: Sequence[Outcome]) -> str:
    body = []
    for who in dict.fromkeys(each.visit.who for each in outcomes):
        these = [each for each in outcomes if each.visit.who == who]
        boat, drive, hike, balance = (
            [each for each in these if each.visit.scenario == name] for name in DURATIONS_S
        )
        misses_m = [abs(miss_m) for each in hike for miss_m in each.line_misses_m]
        hits = sum(each.line_hits for each in hike)
        reactions_s = [time_s for each in balance for time_s in each.reactions_s]
        body.append(
            [
                who.replace("_", " "),
                spread([each.passed for each in boat], "{:.0f}"),
                spread([each.missed for each in boat], "{:.0f}"),
                _mean_and_median([abs(aside_m) for each in boat for aside_m in each.asides_m], 1),
                spread([100 * each.lane_frac for each in drive], "{:.0f}"),
                _mean_and_median(misses_m, 3),
                f"{hits} of {len(misses_m)}",
                spread(reactions_s, "{:.2f}"),
            ]
        )
    return rows(
        [
            "patient",
            "boat: gates passed",
            "missed",
            "off the middle of a gate, m, median (mean)",
            "drive: % of the time in the lane",
            "hike: feet off their lines, m, median (mean)",
            "on them",
            "balance: reaction of a lean, s",
        ],
        body,
    )


def _mean_and_median(values: Sequence[float], digits: int) -> str:
    if not values:
        return "–"
    return f"{np.median(values):.{digits}f} ({np.mean(values):.{digits}f})"


if __name__ == "__main__":
    app()
