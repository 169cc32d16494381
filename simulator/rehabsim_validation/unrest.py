"""How well a platform pushes, belts brake together, and unrest is what was asked for."""

import platform
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from rehabsim.base.clock import run
from rehabsim.base.config import check
from rehabsim.base.site import Session, Site
from rehabsim.session.log import LogReader
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.together import run_together, together_plans
from rehabsim.training.achieved import miss_s
from rehabsim.training.noise import usual_sd_mps
from rehabsim.training.pulse import SIDES
from rehabsim.training.sway import RMS
from rehabsim_validation.page import rows

KINDS = ("brake", "sway_left", "sway_right", "roll_left", "roll_right")
SWAY_M = 0.025
LIVELY = {"max_speed_mps": 2.5, "max_accel_mps2": 4.0, "max_jerk_mps3": 100.0}
"""Limits of a room for research: ordinary walking allows less than noise of the published SD."""

STRIDE_NS = 3_000_000_000
"""Landings that tell the stride at a pulse are no older."""


@dataclass(frozen=True)
class Pushed:
    """A session with pulses of the platform and brakes.

    Attributes:
        seed: Of laboratory and schedule.
        count: Pulses.
    """

    seed: int
    count: int


@dataclass(frozen=True)
class Unquiet:
    """A session with a swaying deck and noisy belts.

    Attributes:
        speed_mps: Of walking.
        seed: Of laboratory and noise.
        duration_s: Of the session.
    """

    speed_mps: float
    seed: int
    duration_s: float


class Push(NamedTuple):
    """One pulse.

    Attributes:
        kind: Of it.
        late_s: Its onset, as belts or platform reported it, after the true phase of the leg.
        size_frac: Of what was asked.
        rate_frac: The same of the fastest rate; of a brake, of its acceleration.
    """

    kind: str
    late_s: float
    size_frac: float
    rate_frac: float


class Achievement(NamedTuple):
    """What came of a session with unrest.

    Attributes:
        speed_mps: Of walking.
        asked_mps: SD of the noise that was wished for.
        sd_mps: SD that the belts reported.
        asked_m: RMS of the sway that was wished for.
        rms_m: RMS that the platform reported.
        duration_s: In full.
        has_fallen: The person.
    """

    speed_mps: float
    asked_mps: float
    sd_mps: float
    asked_m: float
    rms_m: float
    duration_s: float
    has_fallen: bool


def push(course: Pushed) -> tuple[list[Push], bool]:
    """Run one session; return its pulses, and whether the person fell."""
    perturb = {
        "pulses": [{"kind": kind} for kind in KINDS],
        "count": course.count,
        "warm_up_strides": 8,
        "min_strides": 5,
        "max_strides": 7,
        "catch_frac": 0.0,
    }
    log, truth, strikes_ns = _record({}, course.seed, 20.0 + 8.0 * course.count, 1.1, perturb)
    found = []
    for event in log.events():
        if event.source == "training" and "onset_s" in event.values:
            side = "left" if ", left leg:" in event.text else "right"
            found.append(_pushed(event.text, event.values, strikes_ns[side]))
    return found, bool(truth[:, 11].max())


def _pushed(text: str, told: dict[str, float], strikes_ns: np.ndarray) -> Push:
    onset_ns = 1e9 * told["onset_s"]
    near_ns = strikes_ns[(strikes_ns < onset_ns) & (strikes_ns > onset_ns - 2 * STRIDE_NS)]
    stride_s = float(np.median(np.diff(near_ns))) / 1e9
    late_s = miss_s(round(onset_ns), strikes_ns.tolist(), told["asked_phase"], stride_s)
    names = {"change_mps": "accel_mps2", "size_m": "rate_mps", "size_rad": "rate_radps"}
    size, rate = next((size, rate) for size, rate in names.items() if size in told)
    kind = text[: text.index(" of ")].rpartition(" ")[0].lower()
    size_frac, rate_frac = (told[name] / told[f"asked_{name}"] for name in (size, rate))
    return Push(kind, late_s, size_frac, rate_frac)


def unquiet(course: Unquiet) -> Achievement:
    """Run one session with unrest in full for most of it."""
    perturb = {"sway": {"amplitude_m": SWAY_M}, "noise": {}}
    log, truth, _ = _record(LIVELY, course.seed, course.duration_s, course.speed_mps, perturb)
    told: dict[str, float] = {}
    for event in log.events():
        if event.source == "training":
            told |= event.values
    return Achievement(
        course.speed_mps,
        told.get("asked_rms_mps", np.nan),
        told.get("rms_mps", np.nan),
        told.get("asked_rms_m", np.nan),
        told.get("rms_m", np.nan),
        told.get("duration_s", 0.0),
        bool(truth[:, 11].max()),
    )


def _record(
    limits: dict[str, float],
    seed: int,
    duration_s: float,
    speed_mps: float,
    perturb: dict[str, Any],
) -> tuple[LogReader, np.ndarray, dict[str, np.ndarray]]:
    """Walk on the platform; return the log, the truth and each foot's true landings."""
    # The platform of the simulated room stands in its file behind comment signs.
    head, _, tail = SIMULATED_SITE.read_text("utf-8").partition("# A moving platform")
    text = head + "".join(line.removeprefix("# ") for line in tail.splitlines(True)[2:])
    tables = tomllib.loads(text)
    tables["limits"] |= limits
    site = check(tables, Site, where="bench")
    session = Session(
        scenario="boat",
        params={"wave_height_m": 0.0, "turn_split_mps": 0.0},
        seed=seed,
        cruise_speed_mps=speed_mps,
        perturb=perturb,
    )
    with tempfile.TemporaryDirectory() as folder:
        log_path, truth_path = Path(folder) / "a.mcap", Path(folder) / "truth.csv"
        plan, laboratory = together_plans(site, session, "bench", duration_s, str(log_path))
        assert laboratory is not None
        laboratory = msgspec.structs.replace(laboratory, truth_path=str(truth_path))
        run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
        truth = np.loadtxt(truth_path, delimiter=",", skiprows=1)
        events = truth_path.with_name("truth.events.csv").read_text().splitlines()[1:]
        landings = [line.split(",") for line in events if ",heel_strike," in line]
        strikes_ns = {
            str(side): np.array([int(at) for at, whose, *_ in landings if whose == side])
            for side in SIDES
        }
        log = LogReader(log_path)
        return log, truth, strikes_ns


def deck_part(results: list[tuple[list[Push], bool]]) -> str:
    """Return the part of the page about platform pulses and brakes."""
    found = [each for pushes, _ in results for each in pushes]
    falls = sum(fell for _, fell in results)
    body = []
    for kind in (*dict.fromkeys(each.kind for each in found), "all"):
        these = [each for each in found if kind in (each.kind, "all")]
        late_ms = 1000 * np.array([each.late_s for each in these])
        sizes = np.array([each.size_frac for each in these])
        rates = np.array([each.rate_frac for each in these])
        body.append(
            [
                kind,
                str(len(these)),
                f"{np.median(late_ms):+.0f}",
                f"{np.percentile(np.abs(late_ms), 95):.0f}",
                f"{np.median(sizes):.2f} ({sizes.min():.2f} to {sizes.max():.2f})",
                f"{np.median(np.abs(rates)):.2f}",
            ]
        )
    return (
        "## Brakes of both belts, and pulses of the platform\n\n"
        f"{_made()} {len(results)} sessions of a healthy person at 1.1 m/s on the platform of the"
        " simulated room, all five kinds mixed, 10 % of the stride, usual figures. Late is the"
        " onset as belts or platform report it after the true phase of the leg; the first pulse of"
        f" a session does not know the lag yet and is counted too. {falls} sessions had a fall.\n\n"
        + rows(
            [
                "kind",
                "pulses",
                "late ms, median",
                "p95 of size",
                "size over asked, median (least to most)",
                "rate over asked (brake: acceleration), median",
            ],
            body,
        )
    )


def unrest_part(found: list[Achievement]) -> str:
    """Return the part of the page about unrest that goes on."""
    body = [
        [
            f"{each.speed_mps:g}",
            f"{each.duration_s:.0f}",
            f"{usual_sd_mps(each.speed_mps):.2f}",
            f"{each.asked_mps:.3f}",
            f"{each.sd_mps:.3f}",
            f"{1000 * SWAY_M * RMS:.1f}",
            f"{1000 * each.asked_m:.1f}",
            f"{1000 * each.rms_m:.1f}",
            "yes" if each.has_fallen else "no",
        ]
        for each in found
    ]
    limits = ", ".join(f"{name} = {value:g}" for name, value in LIVELY.items())
    return (
        "## Unrest that goes on: belts and deck\n\n"
        f"{_made()} {len(found)} sessions of a healthy person, one a row, with noise of the"
        " published SD on both belts (Moore 2015) and a deck that sways by the sum of sines,"
        f" amplitude {1000 * SWAY_M:g} mm (McAndrew 2010), at once. The room allows belts more"
        f" than the simulated one: {limits}; in that one this noise is refused. Wished is what the"
        " session drew, which in so short a time is not the SD of the long run.\n\n"
        + rows(
            [
                "m/s",
                "s in full",
                "noise SD m/s, published",
                "wished",
                "of the belts",
                "sway RMS mm, in the long run",
                "wished",
                "of the deck",
                "fall",
            ],
            body,
        )
    )


def _made() -> str:
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    return f"Made on {datetime.now(UTC):%Y-%m-%d} ({machine})."
