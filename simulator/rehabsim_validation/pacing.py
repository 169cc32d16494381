"""`python -m rehabsim_validation.pacing`: whom the belts follow how well; makes PACING.md."""

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from cyclopts import App

from rehabsim.base.config import load_toml
from rehabsim.base.site import Site
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.training.pacing import PacingParams
from rehabsim_sim.batch import study
from rehabsim_sim.patients import PATIENTS
from rehabsim_validation.pacing_walks import Outcome, Stroll, follow
from rehabsim_validation.page import rows

REPOSITORY = Path(__file__).resolve().parents[2]
OUT = REPOSITORY / "src" / "rehabsim" / "training" / "PACING.md"
WALKERS = [name for name in PATIENTS if name not in ("empty_belts", "steering")]
LAWS = {
    "pd, the default": PacingParams(),
    "steps, Song 2020": PacingParams(law="steps", place_gain=0.1, pace_gain=0.25),
    "dead zone": PacingParams(law="dead_zone", place_gain=0.1),
}
LIMITS = load_toml(SIMULATED_SITE, Site).limits
JUMP = (1.0, 1.5)
JUMP_S = 90.0

HEAD = [
    "who",
    "walks",
    "pace error, m/s",
    "place error, m",
    "speed, m/s (liked)",
    "place, m",
    "ahead / behind at most, m",
    "incidents",
]

app = App(help_on_error=True)


@app.default
def main(
    out: Path = OUT, *, seeds: int = 100, quick: bool = False, processes: int | None = None
) -> None:
    """Let simulated people walk on belts that follow them and write the page.

    Parameters
    ----------
    out
        The page.
    seeds
        Walks of each kind of person with the default law; the other laws get a tenth.
    quick
        Few walks, to see that all of it works.
    processes
        How many at once.
    """
    people = WALKERS[:1] if quick else WALKERS
    count = 1 if quick else seeds
    few = -(-count // 10)
    grid = {
        (law, who): [Stroll(who, seed, params=params) for seed in range(1, some + 1)]
        for law, params in LAWS.items()
        for some in [count if law == next(iter(LAWS)) else few]
        for who in people
    }
    first, then = JUMP
    grid |= {
        (law, "jump"): [
            Stroll("healthy", seed, first, then, JUMP_S, params) for seed in range(1, few + 1)
        ]
        for law, params in LAWS.items()
    }
    found = iter(study(follow, [s for each in grid.values() for s in each], processes=processes))
    outcomes = {key: [next(found) for _ in strolls] for key, strolls in grid.items()}
    out.write_text(page(outcomes), "utf-8")


def page(outcomes: dict[tuple[str, str], list[Outcome]]) -> str:
    """Return PACING.md."""
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    parts = [
        "# Belts that follow a person\n\n"
        f"Made by `make validate` on {datetime.now(UTC):%Y-%m-%d} ({machine}). Simulated people who"
        " know that the belts follow them walk for 60 s, at first with belts at 0.8 (odd seeds) or"
        " 1.2 (even seeds) times the speed that they like; forces as the plates have them, gait"
        " analysis and law as in a session. People differ from these: they learn, and they look at"
        " the screen. The gains of `pd` were chosen on six of the kinds of people below.\n\n"
        "Errors are those of what the law saw of each step, against the truth, as root mean"
        " square. Speed and place are those of the last 20 s, as mean ± SD of belts and of the"
        " centre of mass. An incident is a fall, a stop at the rear end of the belts, or a centre"
        f" of mass further than {LIMITS.max_ahead_m:g} m from mid-belt, where the keeper would"
        " stop.\n"
    ]
    for law, params in LAWS.items():
        gains = f"`place_gain` {params.place_gain:g}"
        gains += f", `pace_gain` {params.pace_gain:g}" if params.law != "dead_zone" else ""
        table = [
            [who.replace("_", " "), *_cells(found)]
            for (name, who), found in outcomes.items()
            if name == law and who != "jump"
        ]
        parts.append(f"\n## Law: {law} ({gains})\n\n" + rows(HEAD, table))
    parts.append(
        "\n## Someone speeds up from 1.0 to 1.5 m/s\n\n"
        "Healthy people decide to walk faster at mid-time. Song, Choi & Collins 2020 give 13 s and"
        " 0.72 m for their own law and people.\n\n"
        + rows(
            ["law", "walks", "settled within 0.1 m/s after, s", "furthest ahead, m", "incidents"],
            [
                [
                    law,
                    str(len(found)),
                    _range([o.settling_s for o in found], 1),
                    _range([o.late_ahead_m for o in found], 2),
                    str(sum(map(is_incident, found))),
                ]
                for (law, who), found in outcomes.items()
                if who == "jump"
            ],
        )
    )
    return "".join(parts)


def is_incident(outcome: Outcome) -> bool:
    """Return whether a walk went wrong."""
    is_off = outcome.foremost_m > LIMITS.max_ahead_m or outcome.hindmost_m > LIMITS.max_behind_m
    return outcome.has_fallen or outcome.has_stopped or is_off


def _cells(found: Sequence[Outcome]) -> list[str]:
    whole = [o for o in found if not is_incident(o)] or list(found)
    mean = Outcome(*(np.mean(values) for values in zip(*whole, strict=True)))
    fell, off = sum(o.has_fallen for o in found), sum(map(is_incident, found))
    return [
        str(len(found)),
        f"{mean.pace_rms_mps:.3f}",
        f"{mean.place_rms_m:.3f}",
        f"{mean.speed_mps:.2f} ± {mean.speed_sd_mps:.3f} ({mean.preferred_mps:.2f})",
        f"± {mean.place_sd_m:.3f}",
        f"{max(o.foremost_m for o in found):.2f} / {max(o.hindmost_m for o in found):.2f}",
        f"{off}" + (f", {fell} fell" if fell else ""),
    ]


def _range(values: Sequence[float], digits: int) -> str:
    low, high = min(values), max(values)
    return f"{np.median(values):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


if __name__ == "__main__":
    app()
