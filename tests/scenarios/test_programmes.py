"""Every programme that is shipped can be done as it is written, in the room that is shipped."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from session import platform_room as platforms

import rehabsim.gait
from rehabsim.base.config import check, load_toml
from rehabsim.base.errors import ConfigError
from rehabsim.base.records import Pose
from rehabsim.base.site import Site
from rehabsim.session import programmes
from rehabsim.session.programmes import check_block, programme_files
from rehabsim.session.setup import SIMULATED_SITE, ready_session, tightened
from rehabsim.training.block_session import session_of
from rehabsim.training.programme import (
    MAX_PULSES_PER_MIN,
    at_level,
    block_numbers,
    is_pair,
    visit_s,
)
from rehabsim.training.pulse import PerturbParams, Pulse, why_impossible
from rehabsim.training.shove import why_no_shove
from rehabsim.training.split import why_no_split
from rehabsim_sim.patients import patient
from scenarios.balance import EXAMS, STILL_S
from scenarios.balance_params import BalanceParams
from scenarios.balance_sudden import ACCEL_MPS2, WAIT_S

FILES = programme_files()
NAMES = list(FILES)
PATIENT_SPEED_MPS = 1.2
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
SLOW_STRIDE_S = 1.2
MEASURES = {
    measure["name"]
    for measure in json.loads(Path(rehabsim.gait.__path__[0], "measures.json").read_text())
}


@cache
def room():
    return load_toml(SIMULATED_SITE, Site)


@cache
def platform_room():
    return platforms.room()


@cache
def load_programme(name):
    return programmes.load_programme(name)


def blocks(name):
    programme = load_programme(name)
    for number, block in enumerate(programme.blocks, 1):
        for level in LEVELS:
            yield (
                block,
                level,
                session_of(
                    programme,
                    number,
                    visit=1,
                    level=level,
                    subject="anonymous",
                    where=name,
                    short_steps="left",
                ),
            )


def test_all_groups_of_the_clinic_have_one():
    assert set(NAMES) == {
        "lbp-1-insufficient-core",
        "lbp-2-excessive-activation",
        "lbp-3-asymmetric-loading",
        "lbp-4-loss-of-balance",
        "lbp-5-postural",
        "lumbar-fatigue",
        "fear-of-movement",
        "stroke",
        "amputee",
        "fall-prevention",
        "return-to-running",
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_room_accepts_every_block_at_every_level(name):
    checked = 0
    for block, level, session in blocks(name):
        if level not in (0.0, 0.5, 1.0):
            continue
        site = platform_room() if block.needs_platform else room()
        check_block(site, session, where=name)
        checked += 1
    assert checked >= 3 * 3


@pytest.mark.parametrize("name", NAMES)
def test_no_belt_is_set_faster_than_a_patient_may_walk(name):
    programme = load_programme(name)
    assert programme.limits["max_speed_mps"] <= PATIENT_SPEED_MPS
    for _, _, session in blocks(name):
        assert session.cruise_speed_mps <= programme.limits["max_speed_mps"]
        limits = tightened(room(), session, where=name).limits
        assert limits.max_speed_mps <= PATIENT_SPEED_MPS
        assert limits.max_accel_mps2 <= 0.25


@pytest.mark.parametrize("name", NAMES)
def test_belts_can_do_every_pulse_within_the_limits_of_the_programme(name):
    for _, _, session in blocks(name):
        if session.perturb is None:
            continue
        params = check(session.perturb, PerturbParams, where=name)
        limits = tightened(room(), session, where=name).limits
        assert limits.perturbation is not None
        assert limits.perturbation.needs_harness
        speed_mps, jitter_frac = session.cruise_speed_mps, params.jitter_frac
        for pulse in params.pulses:
            if isinstance(pulse, Pulse):
                assert not why_impossible(pulse, speed_mps, jitter_frac, limits)
            else:
                deck = tightened(platform_room(), session, where=name).platform_limits
                assert not why_no_shove(pulse, jitter_frac, deck, Pose())
        if params.split is not None:
            assert not why_no_split(params.split, speed_mps, limits)


@pytest.mark.parametrize("name", NAMES)
def test_all_pulses_of_a_block_find_their_time_in_it_even_with_slow_strides(name):
    for block, level, session in blocks(name):
        if session.perturb is None or not session.perturb.get("pulses"):
            continue
        params = check(session.perturb, PerturbParams, where=name)
        trials = (params.count - 1) / (1 - params.catch_frac)
        between = 0.5 * (params.min_strides + params.max_strides)
        needed_s = SLOW_STRIDE_S * (params.warm_up_strides + trials * between)
        assert needed_s <= block.duration(level)
        least_s = tightened(room(), session, where=name).limits.perturbation.min_pause_s
        assert least_s <= params.min_strides * 0.95


@pytest.mark.parametrize("name", NAMES)
def test_doses_stay_within_what_a_visit_may_hold(name):
    programme = load_programme(name)
    for level in LEVELS:
        assert all(block.pulses_per_min(level) <= 3 for block in programme.blocks)
        for visit in range(1, programme.visits + 1):
            assert 600 <= visit_s(programme, visit, level) <= 2400


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_all_that_a_clinician_needs_to_judge_it(name):
    programme = load_programme(name)
    assert programme.review == "for a clinician to review"
    assert "a clinician to review" in FILES[name].read_text().splitlines()[0]
    assert {rule.what for rule in programme.stop_rules} == {"pain", "effort"}
    assert programme.rule("pain").rise == 2
    assert len(programme.sources) >= 4
    assert any("our choice" in source or "our proposal" in source for source in programme.sources)
    assert len(programme.not_for) >= 3
    kinds = [block.kind for block in programme.blocks if block.kind != "measure"]
    assert kinds[0] == "warm_up"
    assert kinds[-1] == "cool_down"
    assert kinds.count("task") >= 2


@pytest.mark.parametrize("name", NAMES)
def test_goals_name_measures_that_a_report_has(name):
    goals = load_programme(name).goals
    assert any(goal.measure for goal in goals)
    assert {goal.measure for goal in goals if goal.measure} <= MEASURES


@pytest.mark.parametrize("name", NAMES)
def test_the_simulator_knows_a_patient_of_the_group(name):
    assert patient(load_programme(name).patient).mass_kg > 0


@pytest.mark.parametrize("name", NAMES)
def test_something_is_harder_at_the_goal_than_at_the_start(name):
    for block in load_programme(name).blocks:
        if block.kind == "task":
            tables = [
                at_level([block.params, block.perturb, block.cruise_speed_mps], level)
                for level in (0, 1)
            ]
            assert tables[0] != tables[1], block.title


TASKS = {
    "hike": ("targets_per_min", "obstacles_per_min", "max_side_slope", "roughness", "mud_effort"),
    "drive": ("signs_per_min", "distractors_per_min", "lane_tolerance_m"),
    "boat": ("gate_width_m",),
    "balance": ("test",),
}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_world_asks_of_the_person_is_written_and_not_left_to_its_defaults(name):
    for block in load_programme(name).blocks:
        assert not set(TASKS[block.scenario]) - block.params.keys(), block.title


@pytest.mark.parametrize("name", NAMES)
def test_nothing_lies_on_the_path_where_the_programme_says_that_nothing_comes(name):
    for block in load_programme(name).blocks:
        is_quiet = block.kind in ("warm_up", "cool_down") or block.perturb or block.pacing
        if block.scenario == "hike" and is_quiet:
            assert block.params["targets_per_min"] == block.params["obstacles_per_min"] == 0.0
            assert block.params["mud_effort"] == 1.0
        if block.scenario == "drive" and block.kind == "warm_up":
            assert block.params["signs_per_min"] == block.params["distractors_per_min"] == 0.0


@pytest.mark.parametrize("name", NAMES)
def test_tasks_that_are_measured_decide_the_level_and_are_a_goal(name):
    programme = load_programme(name)
    counted = [
        block
        for block in programme.blocks
        if block.kind == "task"
        and (
            block.scenario in ("boat", "drive")
            or block.params.get("targets_per_min", 0) != 0
            or block.params.get("obstacles_per_min", 0) != 0
        )
    ]
    measures = {goal.measure for goal in programme.goals}
    assert (programme.progression.by == "tries") == bool(counted)
    assert ("task_success_share" in measures) == bool(counted)
    if not counted:
        assert "no tasks" in programme.progression.source


LESS_IS_HARDER_TOO = {"load_range_frac"}
"""A rudder that answers to less asks for evenness, one that needs more for reach."""


@pytest.mark.parametrize("name", NAMES)
def test_a_pair_goes_the_way_that_its_knob_calls_harder(name):
    for block in load_programme(name).blocks:
        dials = programmes.dials_of_scenario(block.scenario)
        for param, value in block.params.items():
            harder = dials[param].knob.harder if param in dials else "none"
            if not is_pair(value) or harder == "none" or param in LESS_IS_HARDER_TOO:
                continue
            start, goal = value
            assert (goal > start) == (harder == "more"), f"{block.title}: {param}"
            for adapted in (ready_session(block.scenario).adapt or {}).get("ranges", []):
                if adapted["param"] == param:
                    assert (goal > start) == (adapted["hard"] > adapted["easy"]), param


def longest_s(session):
    """Return how long a standing test takes that nobody hurries, without trials begun anew."""
    params = BalanceParams(**session.params)
    exam = EXAMS[params.test](params, np.random.default_rng(session.seed))
    trials_s = [
        sum(stage.lasts_s for stage in exam.stages(index, params))
        for index in range(exam.trial_count)
    ]
    still_s = STILL_S * (exam.trial_count if exam.sets_up_each else 1)
    return still_s + sum(trials_s) + params.rest_s * (exam.trial_count - 1), exam.trial_count


@pytest.mark.parametrize("name", NAMES)
def test_a_standing_test_has_time_to_be_done_and_ends_its_block_when_it_is(name):
    for block, _, session in blocks(name):
        if block.scenario == "balance":
            needed_s, count = longest_s(session)
            assert needed_s <= block.duration(0.0)
            assert block.tasks == count


@pytest.mark.parametrize("name", NAMES)
def test_a_test_of_the_person_is_the_same_at_every_level(name):
    for block in load_programme(name).blocks:
        if block.kind == "measure":
            assert at_level([block.params, block.perturb], 0) == [block.params, block.perturb]


def test_sudden_pushes_come_no_oftener_than_pulses_may_and_let_the_keeper_pause():
    found = 0
    for name in NAMES:
        for block, _, session in blocks(name):
            if block.params.get("test") != "sudden":
                continue
            found += 1
            params = BalanceParams(**session.params)
            apart_s = params.watch_s + params.rest_s + STILL_S + WAIT_S[0]
            limits = tightened(room(), session, where=name).limits.perturbation
            assert apart_s + (WAIT_S[1] - WAIT_S[0]) / 2 >= 60 / MAX_PULSES_PER_MIN
            assert apart_s - 0.5 >= limits.min_pause_s
            assert params.pulse_mps <= limits.max_change_mps
            assert limits.max_accel_mps2 >= ACCEL_MPS2
            assert limits.needs_harness
    assert found


def test_parted_belts_are_refused_in_one_sentence_by_a_room_with_tighter_limits():
    ((_, _, session),) = [
        made for made in blocks("stroke") if made[0].parts_belts and made[1] == 1.0
    ]
    tight = room().model_copy(update={"limits": room().limits.model_copy(update=TIGHT)})
    with pytest.raises(ConfigError) as caught:
        check_block(tight, session, where="stroke: blocks 6")
    assert str(caught.value) == (
        "stroke: blocks 6: limits.max_split_mps: 0.3 is wider than the room's 0.2; a session may"
        " only tighten limits."
    )


TIGHT = {"max_split_mps": 0.2}


def test_each_kind_of_perturbation_is_used_by_a_group_that_it_is_for():
    kinds = {}
    for name in NAMES:
        for block in load_programme(name).blocks:
            found = {pulse["kind"] for pulse in (block.perturb or {}).get("pulses", [])}
            found |= {"split"} if block.parts_belts else set()
            found |= {"sudden"} if block.params.get("test") == "sudden" else set()
            side = block.params.get("max_side_slope", 0.0)
            found |= {"side slope"} if side not in (0.0, [0.0, 0.0]) else set()
            for kind in found:
                kinds.setdefault(kind, set()).add(name)
    assert "lbp-1-insufficient-core" in kinds["sudden"]
    assert kinds["split"] == {"stroke"}
    assert kinds["roll_left"] == kinds["roll_right"] == {"amputee", "fall-prevention"}
    assert {"amputee", "fall-prevention"} <= kinds["side slope"]
    assert {"slip", "trip", "pull", "push"} <= kinds.keys()


@pytest.mark.parametrize("name", NAMES)
def test_every_block_is_in_some_visit(name):
    programme = load_programme(name)
    seen = {n for visit in range(1, programme.visits + 1) for n in block_numbers(programme, visit)}
    assert seen == set(range(1, len(programme.blocks) + 1))
