"""Every programme that is shipped can be done as it is written, in the room that is shipped."""

import json
from functools import cache
from pathlib import Path

import pytest

import rehabsim.gait
from rehabsim.base.config import check, load_toml
from rehabsim.base.site import Site
from rehabsim.session import programmes
from rehabsim.session.programmes import check_block, programme_files
from rehabsim.session.setup import SIMULATED_SITE, tightened
from rehabsim.training.programme import at_level, session_of, visit_s
from rehabsim.training.pulse import PerturbParams, why_impossible
from rehabsim_sim.patients import patient

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
                    programme, number, visit=1, level=level, subject="anonymous", where=name
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
    for _, level, session in blocks(name):
        if level not in (0.0, 0.5, 1.0):
            continue
        check_block(room(), session, where=name)
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
        for pulse in params.pulses:
            assert not why_impossible(pulse, session.cruise_speed_mps, params.jitter_frac, limits)


@pytest.mark.parametrize("name", NAMES)
def test_all_pulses_of_a_block_find_their_time_in_it_even_with_slow_strides(name):
    for block, level, session in blocks(name):
        if session.perturb is None:
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
