"""Guided checks before a session: done with the numbers, or refused in one clear sentence."""

import re
from functools import cache

import numpy as np
import pytest
from gait.people import ORIGINS_M

from rehabsim.base.records import WRENCH_COLUMNS
from rehabsim.devices.rs_plates import lab_from_plates
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.preparation import CHECKS, judge
from rehabsim_sim.patients import PATIENTS, patient
from rehabsim_sim.world import World

G_MPS2 = 9.81
MASS_KG = patient("healthy").mass_kg
WEIGHT_N = MASS_KG * G_MPS2
LEFT, RIGHT = slice(0, 6), slice(6, 12)
LEFT_FZ, RIGHT_FZ = 2, 8
SEEDS = pytest.mark.parametrize("seed", range(4))


@cache
def standing(who="healthy", seed=1, grade="good"):
    """Return two seconds of someone who stands with a foot on each plate; do not write to it."""
    world = World(patient(who), seed, grade=grade)
    world.live(2000)
    world.live(2000)
    wrench = lab_from_plates(world.wrench, *ORIGINS_M).astype(float)
    wrench.setflags(write=False)
    return wrench


def on_one(side, who="healthy", seed=1):
    """Return two seconds of someone who stands on one plate with both feet."""
    person, wrench = standing(who, seed), standing("empty_belts", seed).copy()
    wrench[:, LEFT if side == "left" else RIGHT] += person[:, LEFT] + person[:, RIGHT]
    return wrench


def swapped(wrench):
    return np.roll(wrench, 6, axis=1)


def changed(wrench, column, value):
    """Return a copy in which a column is a number, or a function of itself."""
    wrench = wrench.copy()
    wrench[:, column] = value(wrench[:, column]) if callable(value) else value
    return wrench


def watch(analysis, wrench):
    """Take samples that follow the last ones."""
    t_ns = 4_000_000 * analysis.history.count + 1_000_000 * np.arange(len(wrench))
    analysis.take(t_ns, 1_000_000, wrench, np.zeros((len(wrench), 2)))


def asked(analysis, check, wrench):
    """Ask for a check, take the samples, and return its one verdict."""
    analysis.prepare(check)
    watch(analysis, wrench)
    (verdict,) = analysis.take_verdicts()
    assert verdict.check == check
    assert "\n" not in verdict.text
    assert verdict.text.endswith(".")
    assert verdict.text[0].isupper()
    return verdict


def refused(check, wrench):
    """Return the words with which a check of fresh plates is refused; nothing may come of it."""
    analysis = GaitAnalysis()
    verdict = asked(analysis, check, wrench)
    assert not verdict.is_done
    assert verdict.zero is None
    assert verdict.weight_n is None
    assert not analysis.zero.offset.any()
    return verdict.text


# -- what is right ---------------------------------------------------------------------------


@SEEDS
@pytest.mark.parametrize("grade", ["good", "rough"])
def test_empty_plates_are_zeroed_by_what_they_say(seed, grade):
    offset = np.array([3, -2, 60, 1, 2, -1, 4, 5, -80, -3, 2, 1])
    wrench = standing("empty_belts", seed, grade)
    analysis = GaitAnalysis()
    verdict = asked(analysis, "zero_plates", wrench + offset)
    assert verdict.is_done, verdict.text
    truth = offset + wrench[:1100].mean(axis=0)
    np.testing.assert_allclose(verdict.zero, truth, atol=0.5)
    np.testing.assert_allclose(analysis.zero.offset, verdict.zero, atol=1e-9)
    assert f"left by {verdict.zero[LEFT_FZ]:.1f} N" in verdict.text
    assert f"right by {verdict.zero[RIGHT_FZ]:.1f} N" in verdict.text


def test_what_comes_after_a_zero_is_without_the_offset():
    offset = np.array([3, -2, 60, 1, 2, -1, 4, 5, -80, -3, 2, 1])
    analysis = GaitAnalysis()
    asked(analysis, "zero_plates", standing("empty_belts") + offset)
    watch(analysis, standing() + offset)
    assert asked(analysis, "weigh", standing() + offset).is_done
    assert analysis.body_weight_n == pytest.approx(WEIGHT_N, rel=0.01)
    found = analysis.history.span(1000, 1500, *WRENCH_COLUMNS)
    np.testing.assert_allclose(found.mean(axis=0), standing().mean(axis=0), atol=1.0)


def test_a_second_zero_adds_to_the_first():
    analysis = GaitAnalysis()
    for offset_n in (60.0, 85.0):
        moved = changed(standing("empty_belts"), LEFT_FZ, lambda fz_n, n=offset_n: fz_n + n)
        assert asked(analysis, "zero_plates", moved).is_done
    assert analysis.zero.offset[LEFT_FZ] == pytest.approx(85, abs=0.5)


def test_a_check_looks_at_a_second_that_comes_after_it_was_asked():
    empty = standing("empty_belts")
    analysis = GaitAnalysis()
    watch(analysis, standing())
    watch(analysis, empty[:400])
    analysis.prepare("zero_plates")
    answers = []
    for at_ms in range(400, 2000, 100):
        watch(analysis, empty[at_ms : at_ms + 100])
        answers += [(at_ms, verdict.is_done) for verdict in analysis.take_verdicts()]
    ((at_ms, is_done),) = answers
    assert is_done
    assert 1300 <= at_ms < 2000


def test_checks_that_were_asked_together_are_all_answered_once():
    analysis = GaitAnalysis()
    for check in CHECKS:
        analysis.prepare(check)
    watch(analysis, standing())
    verdicts = analysis.take_verdicts()
    assert [verdict.check for verdict in verdicts] == list(CHECKS)
    assert [verdict.is_done for verdict in verdicts] == [False, True, False, False]
    assert analysis.take_verdicts() == []


@SEEDS
@pytest.mark.parametrize("who", ["healthy", "balance_loss", "excessive_core"])
def test_someone_who_stands_still_is_weighed(who, seed):
    analysis = GaitAnalysis()
    verdict = asked(analysis, "weigh", standing(who, seed))
    assert verdict.is_done, verdict.text
    assert verdict.weight_n == pytest.approx(WEIGHT_N, rel=0.01)
    assert analysis.body_weight_n == verdict.weight_n
    assert f"{verdict.weight_n / G_MPS2:.1f} kg" in verdict.text


@SEEDS
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_right_person_on_the_right_plate_passes(side, seed):
    verdict = asked(GaitAnalysis(), f"check_{side}", on_one(side, seed=seed))
    assert verdict.is_done, verdict.text
    assert verdict.values[f"{side}_fz_n"] == pytest.approx(WEIGHT_N, rel=0.02)
    assert f"The {side} plate is the {side} one" in verdict.text


# -- what is wrong ---------------------------------------------------------------------------


@SEEDS
@pytest.mark.parametrize("who", sorted(set(PATIENTS) - {"empty_belts"}))
def test_plates_are_never_zeroed_under_someone_who_stands_there(who, seed):
    assert "Not zeroed" in refused("zero_plates", standing(who, seed))
    assert "Clear both plates" in refused("zero_plates", on_one("right", who, seed))


def test_plates_are_not_zeroed_under_a_child_who_has_never_been_noticed():
    assert "Not zeroed" in refused("zero_plates", standing() * 20 / MASS_KG)


def test_plates_with_flipped_signs_are_not_zeroed_under_someone():
    assert "Not zeroed: the left plate bears -3" in refused("zero_plates", -standing())


def test_plates_that_were_zeroed_are_not_zeroed_under_a_bag():
    analysis = GaitAnalysis()
    empty = standing("empty_belts")
    assert asked(analysis, "zero_plates", empty).is_done
    verdict = asked(analysis, "zero_plates", changed(empty, RIGHT_FZ, lambda fz_n: fz_n + 50))
    assert not verdict.is_done
    assert "the right plate bears 50 N, limit 30 N" in verdict.text
    assert np.abs(analysis.zero.offset[RIGHT_FZ]) < 1


def test_plates_are_not_zeroed_while_something_moves_on_them():
    sway_n = 20 * np.sin(np.arange(2000) / 100)
    moved = changed(standing("empty_belts"), RIGHT_FZ, lambda fz_n: fz_n + sway_n)
    text = refused("zero_plates", moved)
    assert re.search(r"the right plate's force moves by 1\d N, limit 10 N", text)


@SEEDS
def test_swapped_plates_are_told_from_both_sides(seed):
    for side, other in (("left", "right"), ("right", "left")):
        text = refused(f"check_{side}", swapped(on_one(side, seed=seed)))
        assert text.startswith("Plates are swapped")
        assert f"the {other} one bears" in text


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_flipped_sign_is_told(side):
    flipped = -on_one(side)
    text = refused(f"check_{side}", flipped)
    assert f"The {side} plate says -7" in text
    assert "sign is flipped" in text
    other = "left" if side == "right" else "right"
    assert "sign is flipped" in refused(f"check_{other}", flipped)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("column", [LEFT_FZ, RIGHT_FZ])
def test_a_vertical_force_that_is_not_measured_is_told(check, column):
    for wrench in (changed(standing(), column, np.nan), np.full((2000, 12), np.nan)):
        assert "no vertical force arrives" in refused(check, wrench)


@pytest.mark.parametrize("other", [3, 4])
def test_moments_that_are_not_measured_leave_the_zero_a_number(other):
    verdict = asked(GaitAnalysis(), "zero_plates", changed(standing("empty_belts"), other, np.nan))
    assert verdict.is_done
    assert verdict.zero[other] == 0
    assert np.isfinite(verdict.zero).all()


@pytest.mark.parametrize("said_n", [0.0, 12.0, 500.0])
def test_a_dead_plate_under_a_person_is_told(said_n):
    dead = changed(standing(), RIGHT_FZ, said_n)
    assert f"The right plate says {said_n:.0f} N all the time" in refused("weigh", dead)
    dead = changed(on_one("left"), LEFT_FZ, said_n)
    assert f"The left plate says {said_n:.0f} N all the time" in refused("check_left", dead)


def test_a_plate_of_noise_alone_weighs_nobody():
    noise = standing("empty_belts")[:, RIGHT_FZ]
    text = refused("weigh", changed(standing(), RIGHT_FZ, noise))
    assert "Not weighed: the right plate bears" in text


@pytest.mark.parametrize("rail_n", [300.0, 500.0])
def test_a_plate_at_the_end_of_its_range_is_told(rail_n):
    railed = changed(on_one("right"), RIGHT_FZ, lambda fz_n: np.minimum(fz_n, rail_n))
    assert f"says {rail_n:.0f} N all the time" in refused("check_right", railed)
    both = changed(standing(), LEFT_FZ, lambda fz_n: np.minimum(fz_n, 100))
    assert "The left plate says 100 N all the time" in refused("weigh", both)


def test_more_than_any_person_weighs_is_told():
    heavy = changed(on_one("left"), LEFT_FZ, lambda fz_n: fz_n + 3300)
    assert "no person does" in refused("check_left", heavy)
    assert "a person has 20 to 250 kg" in refused("weigh", heavy)


@SEEDS
def test_nobody_there_is_told(seed):
    empty = standing("empty_belts", seed)
    assert "Not weighed: the plates bear" in refused("weigh", empty)
    for side in ("left", "right"):
        text = refused(f"check_{side}", empty)
        assert text.startswith("Nobody stands on the plates")
        assert f"Stand on the {side} one" in text


def test_someone_who_moves_is_not_weighed():
    hop_n = 60 * np.sin(np.arange(2000) / 80)
    assert "Stand still" in refused("weigh", changed(standing(), LEFT_FZ, lambda n: n + hop_n))


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_foot_beside_the_plate_is_told(side):
    text = refused(f"check_{side}", standing())
    assert re.search(rf"The {side} plate bears (4|5)\d % of 7\d\d N", text)
    assert "Stand on it with both feet" in text


@pytest.mark.parametrize("check", CHECKS)
def test_a_look_without_frames_is_refused(check):
    verdict = judge(check, np.zeros((1, 12)), has_zero=True)
    assert not verdict.is_done
    assert "no vertical force arrives" in verdict.text
