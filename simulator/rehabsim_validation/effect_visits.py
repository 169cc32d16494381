"""Visits of simulated people who learn, and the tests before and after in which nobody does.

What is trained is a block of a programme, as its file has it at half level, but shorter and with
its pulses closer together. What is measured comes from the plates of a test alone: nothing is read
from the person, who has no name here but the one that tells which traits to begin with.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from typing import Any, Literal, NamedTuple

import numpy as np

from rehabsim.base.site import Session
from rehabsim.research.measures import measures_of
from rehabsim.session.programmes import load_programme
from rehabsim.training.block_session import session_of
from rehabsim_sim.patients import patient
from rehabsim_sim.practice.learner import Learned, Learner
from rehabsim_sim.traits import Traits
from rehabsim_validation.effect_rig import PLAIN_WALK, STAND_S, START_MPS2, Rig

LEVEL = 0.5
FASTEST_MPS = 1.1
EASY_PART = 0.7
"""Of the speed that somebody likes, for the plain walk."""

REST_DAYS = 2.0
"""From visit to visit, and from the last one to the test."""

CLOSE_STRIDES = (4, 5)
"""From pulse to pulse, so that a short visit has some."""

SETTLE_S, WALK_S, STILL_S, SLIPS_S = 8.0, 45.0, 24.0, 200.0
SLIP_COUNT = 25

Arm = Literal["own", "control", "other"]
ARMS: tuple[Arm, ...] = ("own", "control", "other")


class Training(NamedTuple):
    """A block of a programme: the name of its file, and its title."""

    programme: str
    title: str


@dataclass(frozen=True)
class Measure:
    """What should change.

    Attributes:
        words: For people.
        unit: As the page shows it.
        test: Returns it for a person and a seed; NaN where it could not be measured.
        way: In which it should go with practice, +1 or -1.
        scale: How much of `unit` one of what `test` returns is.
    """

    words: str
    unit: str
    test: Callable[[Learner, int], float]
    way: int
    scale: float = 1.0


@dataclass(frozen=True)
class Group:
    """A group of patients.

    Attributes:
        words: For people.
        who: Traits to begin with, as `patient` knows them.
        own: Their own training.
        other: Somebody else's.
        measure: Their own.
    """

    words: str
    who: str
    own: Training
    other: Training
    measure: Measure


@dataclass(frozen=True)
class Course:
    """One simulated person, who lives through their visits once with each arm.

    Attributes:
        group: Key of `GROUPS`.
        seed: Of everything random.
        visits: How many.
        visit_s: Of walking in each.
    """

    group: str
    seed: int
    visits: int
    visit_s: float


class Outcome(NamedTuple):
    """What came of a course.

    Attributes:
        course: Which.
        before: Own measure, in its unit.
        after: The same after the visits of each of `ARMS`.
        trials: Of each skill, in all visits of each of `ARMS`.
        falls: Visits of their own that ended in the harness.
    """

    course: Course
    before: float
    after: tuple[float, ...]
    trials: tuple[dict[str, int], ...]
    falls: int


# -- tests ---------------------------------------------------------------------------------


def _even_path(speed_mps: float, perturb: dict[str, Any] | None, seed: int) -> Session:
    return Session(scenario=PLAIN_WALK, cruise_speed_mps=speed_mps, perturb=perturb, seed=seed)


def _test_speed_mps(own: Traits) -> float:
    """Return the speed of a test: what somebody liked before they learned anything."""
    return min(own.preferred_speed_mps, FASTEST_MPS)


def _walked(learner: Learner, seed: int) -> Rig:
    speed_mps = _test_speed_mps(learner.own)
    rig = Rig(
        _even_path(speed_mps, None, seed), learner, seed, is_learning=False, has_picture=False
    )
    rig.live(STAND_S + speed_mps / START_MPS2 + SETTLE_S)
    return rig.live(WALK_S, is_kept=True)


def _value(rig: Rig, name: str) -> float:
    """Return a measure of a report; of both sides, their mean."""
    if rig.has_fallen:
        return nan
    values = [m.value for m in measures_of(rig.found()) if m.name == name]
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else nan


def step_width_sd(learner: Learner, seed: int) -> float:
    """Return how much step width varies, m."""
    return _value(_walked(learner, seed), "step_width_standard_deviation")


def stride_time_cv(learner: Learner, seed: int) -> float:
    """Return how much stride time varies, over its mean."""
    return _value(_walked(learner, seed), "stride_time_coefficient_of_variation")


def stance_unevenness(learner: Learner, seed: int) -> float:
    """Return by how much the legs' times on the ground differ, over their mean."""
    return abs(_value(_walked(learner, seed), "stance_time_symmetry_index"))


def share_off_half(learner: Learner, seed: int) -> float:
    """Return how far from a half the left leg's load is in quiet standing."""
    rig = Rig(_even_path(0.0, None, seed), learner, seed, is_learning=False, has_picture=False)
    found = rig.live(6.0).live(STILL_S, is_kept=True).found()
    share = found.left_fz_n / (found.left_fz_n + found.right_fz_n)
    return abs(float(share.mean()) - 0.5)


def _pulses(kind: str, change_mps: float) -> dict[str, Any]:
    """Return perturbations of one size."""
    low, high = CLOSE_STRIDES
    return {
        "pulses": [{"kind": kind, "change_mps": change_mps}],
        "count": SLIP_COUNT,
        "warm_up_strides": 8,
        "min_strides": low,
        "max_strides": high,
        "catch_frac": 0.0,
        "jitter_frac": 0.0,
    }


def _falls_at(kind: str, change_mps: float) -> Callable[[Learner, int], float]:
    """Return a test: slips of one size, begun anew after each fall; the part that fell."""

    def test(learner: Learner, seed: int) -> float:
        count = falls = again = 0
        while count < SLIP_COUNT and again <= SLIP_COUNT:
            session = _even_path(
                _test_speed_mps(learner.own), _pulses(kind, change_mps), 100 * seed + again
            )
            rig = Rig(session, learner, session.seed, is_learning=False, has_picture=False)
            while count + rig.pulse_count < SLIP_COUNT and not rig.has_fallen:
                if rig.lived_ms > 1000 * SLIPS_S:
                    break
                rig.live(1.0)
            again += 1
            count += rig.pulse_count + rig.has_fallen
            falls += rig.has_fallen
        return falls / count

    return test


# -- groups and their visits ---------------------------------------------------------------

SLIPS_ON_A_PATH = Training("lbp-4-loss-of-balance", "Loose stones")
STRAIGHT_ON = Training("lbp-3-asymmetric-loading", "Straight through narrow gates")
ROAD = Training("lbp-5-postural", "Bends")
HILLS = Training("lumbar-fatigue", "First interval")

WIDTH = Measure("step width, SD", "mm", step_width_sd, -1, 1000)
STANCE = Measure("stance times, symmetry index", "%", stance_unevenness, -1, 100)

GROUPS: dict[str, Group] = {
    "lbp 1": Group(
        "insufficient core activation",
        "insufficient_core",
        Training("lbp-1-insufficient-core", "Waves and surprises"),
        STRAIGHT_ON,
        WIDTH,
    ),
    "lbp 2": Group(
        "excessive activation",
        "excessive_core",
        Training("lbp-2-excessive-activation", "Wide bends"),
        SLIPS_ON_A_PATH,
        Measure("stride time, coefficient of variation", "%", stride_time_cv, 1, 100),
    ),
    "lbp 3": Group(
        "asymmetric weight bearing", "asymmetric_loading", STRAIGHT_ON, SLIPS_ON_A_PATH, STANCE
    ),
    "lbp 4": Group(
        "loss of balance",
        "balance_loss",
        SLIPS_ON_A_PATH,
        ROAD,
        Measure("falls at slips of 0.5 m/s", "%", _falls_at("slip", -0.5), -1, 100),
    ),
    "lbp 5": Group(
        "postural",
        "postural",
        ROAD,
        SLIPS_ON_A_PATH,
        Measure("standing load off a half", "%", share_off_half, -1, 100),
    ),
    "stroke": Group(
        "after a stroke", "hemiparetic", Training("stroke", "Straight on"), HILLS, STANCE
    ),
    "amputee": Group(
        "prosthesis below the knee",
        "amputee",
        Training("amputee", "The boat, steered by both legs alike"),
        SLIPS_ON_A_PATH,
        STANCE,
    ),
    "falls": Group(
        "at risk of falls",
        "balance_loss:0.5",
        Training("fall-prevention", "Slips"),
        STRAIGHT_ON,
        WIDTH,
    ),
}


def undergo(course: Course) -> Outcome:
    """Run the visits of one person with each arm, and the tests before and after them."""
    group = GROUPS[course.group]
    own, measure = patient(group.who), group.measure
    before = measure.test(Learner(own, Learned()), course.seed)
    after, counts, falls = [], [], 0
    for arm in ARMS:
        learned, trials, fell = _visits(group, training_of(group, arm), course)
        falls += fell if arm == "own" else 0
        after.append(measure.scale * measure.test(Learner(own, learned), course.seed))
        counts.append(trials)
    return Outcome(course, measure.scale * before, tuple(after), tuple(counts), falls)


def gain(case: tuple[Course, Training]) -> float:
    """Return by how much of itself somebody's own measure got better by any training.

    Source: change in the wanted direction over the first value; NaN where that was 0.
    """
    course, training = case
    group = GROUPS[course.group]
    own, measure = patient(group.who), group.measure
    before = measure.test(Learner(own, Learned()), course.seed)
    learned, _, _ = _visits(group, training, course)
    after = measure.test(Learner(own, learned), course.seed)
    return measure.way * (after - before) / before if before > 0 else nan


def training_of(group: Group, arm: Arm) -> Training | None:
    """Return what an arm trains with; None is a plain walk."""
    return {"own": group.own, "control": None, "other": group.other}[arm]


def _visits(
    group: Group, training: Training | None, course: Course
) -> tuple[Learned, dict[str, int], int]:
    """Return what is left of what somebody has learned, their trials, and visits with a fall."""
    own, learned, falls = patient(group.who), Learned(), 0
    trials: dict[str, int] = {}
    for visit in range(1, course.visits + 1):
        learner = Learner(own, learned)
        session = session_for(group, training, visit)
        seed = 1000 * course.seed + visit
        rig = Rig(session, learner, seed, is_learning=True, has_picture=True)
        rig.live(STAND_S + session.cruise_speed_mps / START_MPS2 + course.visit_s)
        falls += rig.has_fallen
        learned = learner.learned.after(REST_DAYS)
        for name, count in learner.trials.items():
            trials[name] = trials.get(name, 0) + count
    return learned, trials, falls


def session_for(group: Group, training: Training | None, visit: int) -> Session:
    """Return the session of one visit: a block of a programme, or None for a plain walk."""
    fastest_mps = _test_speed_mps(patient(group.who))
    if training is None:
        return _even_path(EASY_PART * fastest_mps, None, visit)
    programme = load_programme(training.programme)
    number = 1 + [block.title for block in programme.blocks].index(training.title)
    session = session_of(
        programme, number, visit=visit, level=LEVEL, subject="anonymous", where="bench"
    )
    perturb = session.perturb
    if perturb is not None:
        low, high = CLOSE_STRIDES
        perturb = perturb | {"warm_up_strides": 5, "min_strides": low, "max_strides": high}
        perturb |= {"count": 100}
    speed_mps = min(session.cruise_speed_mps, fastest_mps)
    params = session.params
    if session.scenario == "boat":
        params = params | {"platform_gain": 0.0}  # There is no platform here.
    changed = {"cruise_speed_mps": speed_mps, "perturb": perturb, "params": params}
    return session.model_copy(update=changed)
