"""Belts that follow simulated people: how well the law knows them, and where it brings them."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from rehabsim.base.records import BeltSample, PlateChunk, State
from rehabsim.devices.rs_plates import lab_from_plates
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.training.pacing import Pacing, PacingParams
from rehabsim_sim.patients import patient, self_paced
from rehabsim_sim.person import Array
from rehabsim_sim.world import TRUTH
from rehabsim_validation.accuracy_walks import ORIGINS_M
from rehabsim_validation.walk import Walk

STEP_MS = 4
DT_S = STEP_MS / 1000
SLOW, QUICK = 0.8, 1.2
"""Set speeds at the start, of the preferred one: whoever is new to a person does not know it."""

LATE_S = 0.02
"""The centre of mass is known this late."""


@dataclass(frozen=True)
class Stroll:
    """Who walks on belts that follow them.

    Attributes:
        who: Name of a patient.
        seed: Of everything random.
        from_mps: Set speed at the start, and how fast they like to walk then; NaN for their own.
        to_mps: How fast they like to walk from half the time on; NaN for no change.
        duration_s: Of walking.
        params: Of the pacing.
    """

    who: str
    seed: int
    from_mps: float = np.nan
    to_mps: float = np.nan
    duration_s: float = 60.0
    params: PacingParams = field(default_factory=PacingParams)


class Outcome(NamedTuple):
    """What came of it.

    Attributes:
        pace_rms_mps: Of the pace that the law saw in each step against the true one.
        place_rms_m: The same of the place.
        speed_mps: Mean of the belts over the last 20 s.
        preferred_mps: How fast they like to walk.
        speed_sd_mps: Of the belts, over the last 20 s.
        place_sd_m: Of the centre of mass, over the last 20 s.
        foremost_m: Furthest ahead of mid-belt.
        hindmost_m: Furthest behind, positive.
        late_ahead_m: Furthest ahead since the change at mid-time.
        settling_s: From the change until the belts stay within 0.1 m/s of the new speed; infinite
            where they do not.
        has_fallen: The harness had to catch them.
        has_stopped: The pacing gave up: they were beyond an end.
    """

    pace_rms_mps: float
    place_rms_m: float
    speed_mps: float
    preferred_mps: float
    speed_sd_mps: float
    place_sd_m: float
    foremost_m: float
    hindmost_m: float
    late_ahead_m: float
    settling_s: float
    has_fallen: bool
    has_stopped: bool


def follow(stroll: Stroll) -> Outcome:
    """Let someone walk on belts that follow them."""
    traits = patient(stroll.who)
    walk = Walk(self_paced(traits), stroll.seed)
    person = walk.world.person.traits[0]
    preferred_mps = float(person.preferred_speed_mps)
    if stroll.from_mps == stroll.from_mps:
        preferred_mps = person.preferred_speed_mps = stroll.from_mps
    set_mps = stroll.from_mps
    if set_mps != set_mps:
        set_mps = preferred_mps * (SLOW if stroll.seed % 2 else QUICK)
    course = _Course(walk, stroll, set_mps)
    course.live(stroll.duration_s / 2)
    change = len(course.speeds)
    if stroll.to_mps == stroll.to_mps:
        preferred_mps = person.preferred_speed_mps = stroll.to_mps
    course.live(stroll.duration_s / 2)
    return course.outcome(preferred_mps, change)


class _Course:
    """A walk, the gait analysis of its plates, and the pacing of its belts."""

    def __init__(self, walk: Walk, stroll: Stroll, set_mps: float) -> None:
        self.walk, self.set_mps = walk, set_mps
        self.analysis = GaitAnalysis()
        self.pacing = Pacing(stroll.params)
        self.speeds: list[float] = []
        self.seen: list[tuple[int, int, float, float]] = []
        self._from_ms = self._now_ms = 0
        walk.live(2.0, STEP_MS).ask(set_mps).live(set_mps / 0.25 + 3.0, STEP_MS).forget()

    def live(self, duration_s: float) -> None:
        """Let it go on."""
        walk, column = self.walk, TRUTH.index("left_belt_mps")
        for at_ms in walk.steps(duration_s, STEP_MS):
            if at_ms == 0:
                continue
            self._now_ms = at_ms
            wrench = lab_from_plates(walk.world.wrench, *ORIGINS_M).astype(np.float32)
            left_mps, right_mps = walk.world.truth[-1, column : column + 2]
            t_ns = at_ms * 1_000_000
            belt = BeltSample(t_ns, float(left_mps), float(right_mps), 0.0)
            chunk = PlateChunk(t_ns, at_ms - STEP_MS, t_ns - STEP_MS * 1_000_000, 1_000_000, wrench)
            gait, _ = self.analysis.step([chunk], belt, t_ns)
            state = State(
                t_ns=t_ns,
                dt_s=DT_S,
                mode="running",
                belt=belt,
                gait=gait,
                left_distance_m=0.0,
                right_distance_m=0.0,
                cruise_speed_mps=self.set_mps,
            )
            speed_mps = self.pacing.step(state)
            means = self.pacing.means
            if means.is_new:
                self.seen.append((self._from_ms, at_ms, means.place_m, means.pace_mps))
            if means.is_landing:
                self._from_ms = at_ms
            self.speeds.append(speed_mps)
            walk.ask(speed_mps, mps2=2.0)

    def outcome(self, preferred_mps: float, change: int) -> Outcome:
        """Return what came of it."""
        x_m, vx_mps = self.walk.column("com_x_m"), self.walk.column("com_vx_mps")
        late_ms = round(1000 * LATE_S)
        errors = np.array(
            [
                (
                    place_m - x_m[first_ms - late_ms : last_ms - late_ms].mean(),
                    pace_mps - vx_mps[first_ms - late_ms : last_ms - late_ms].mean(),
                )
                for first_ms, last_ms, place_m, pace_mps in self.seen
                if first_ms > late_ms
            ]
        )
        speeds_mps = np.array(self.speeds)
        last = speeds_mps[-round(20 / DT_S) :]
        far = np.abs(speeds_mps[change:] - preferred_mps) > 0.1
        settling_s = np.inf if far[-1] else DT_S * (len(far) - far[::-1].argmax()) * far.any()
        return Outcome(
            *_rms(errors)[::-1],
            float(last.mean()),
            preferred_mps,
            float(last.std()),
            float(x_m[-20_000:].std()),
            float(x_m.max()),
            float(-x_m.min()),
            float(x_m[-round(1000 * DT_S * (len(self.speeds) - change)) :].max()),
            float(settling_s),
            self.walk.has_fallen,
            bool(speeds_mps.min() == 0),
        )


def _rms(errors: Array) -> tuple[float, float]:
    place_m, pace_mps = np.sqrt((errors**2).mean(axis=0))
    return float(place_m), float(pace_mps)
