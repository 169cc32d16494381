"""The bench of who changes by which training: its people, its tests, its page."""

from math import nan

import numpy as np
import pytest

from rehabsim.session.programmes import load_programme
from rehabsim_sim.patients import patient
from rehabsim_sim.practice.learner import Learned, Learner
from rehabsim_validation.effect import page, verdict
from rehabsim_validation.effect_rig import Rig
from rehabsim_validation.effect_visits import (
    ARMS,
    GROUPS,
    Course,
    Outcome,
    session_for,
    share_off_half,
    training_of,
)


def lived(group, arm, duration_s=24.0, patient_name=None):
    """Return somebody's rig after a short visit."""
    session = session_for(GROUPS[group], training_of(GROUPS[group], arm), 1)
    if patient_name is not None:
        session = session.model_copy(update={"patient": patient_name})
    learner = Learner(patient(GROUPS[group].who), Learned())
    return Rig(session, learner, 1, is_learning=True, has_picture=True).live(
        duration_s, is_kept=True
    )


def outcome(seed, before, *after, group="lbp 3"):
    trials = ({"evenness": 60}, {}, {"recovery": 6})
    return Outcome(Course(group, seed, 3, 60.0), before, after, trials, 0)


def test_every_group_has_blocks_that_are_there_and_that_its_programme_is_made_for():
    for group in GROUPS.values():
        assert load_programme(group.own.programme).patient == group.who
        assert group.own.programme != group.other.programme
        for arm in ARMS:
            session = session_for(group, training_of(group, arm), 1)
            assert session.cruise_speed_mps <= patient(group.who).preferred_speed_mps


def test_a_boat_trains_an_even_walk_slips_train_recovery_and_a_plain_walk_nothing():
    own, control, other = (lived("lbp 3", arm).learner for arm in ARMS)
    assert own.trials["evenness"] > 5
    assert own.traits.step_time_asymmetry_frac < own.own.step_time_asymmetry_frac
    assert control.learned == Learned()
    assert other.trials["recovery"] >= 1
    assert other.traits.step_time_asymmetry_frac == other.own.step_time_asymmetry_frac


def test_visits_repeat_and_do_not_depend_on_the_name_in_the_session():
    one, again = lived("lbp 4", "own", 16.0), lived("lbp 4", "own", 16.0)
    renamed = lived("lbp 4", "own", 16.0, patient_name="amputee")
    first = np.concatenate(one.wrench)
    assert first.tobytes() == np.concatenate(again.wrench).tobytes()
    assert first.tobytes() == np.concatenate(renamed.wrench).tobytes()
    assert one.learner.learned == renamed.learner.learned


def test_a_test_measures_from_the_plates_and_nobody_learns_in_it():
    learner = Learner(patient("postural"), Learned())
    assert share_off_half(learner, 1) == pytest.approx(0.04, abs=0.015)
    assert share_off_half(Learner(patient("healthy"), Learned()), 1) < 0.015
    assert learner.learned == Learned()


def test_moved_is_said_only_of_everybody_and_only_where_it_is_specific():
    good = [outcome(1, 7.0, 4.0, 7.0, 6.9), outcome(2, 6.0, 4.0, 6.1, 6.0)]
    assert verdict(good) == "yes"
    assert verdict([*good, outcome(3, 7.0, 7.1, 7.0, 7.0)]) == "no: 2 of 3 moved that way"
    assert verdict([*good, outcome(3, 7.0, 6.95, 7.0, 7.0)]) == "no: 2 of 3 moved that way"
    assert "plain walk did as much in 1 of 3" in verdict([*good, outcome(3, 7.0, 4.0, 4.0, 7.0)])
    assert "another training did as much" in verdict([*good, outcome(3, 7.0, 4.0, 7.0, 3.0)])
    assert "could be measured" in verdict([*good, outcome(3, 7.0, nan, 7.0, 7.0)])
    assert verdict([outcome(1, 1.2, 1.4, 1.2, 1.2, group="lbp 2")]) == "yes"
    assert verdict([outcome(1, 1.4, 1.2, 1.4, 1.4, group="lbp 2")]).startswith("no")


def test_the_page_tells_means_spreads_and_what_was_practised_and_makes_nothing_up():
    gains = {"lbp 3": {"lbp 3": 0.4, "lbp 4": -0.02}, "lbp 4": {"lbp 3": nan, "lbp 4": 0.1}}
    text = page([outcome(1, 7.0, 4.0, 7.0, 6.0), outcome(2, 6.0, nan, 6.1, 6.0)], gains)
    assert "| lbp 3 | **+40** | -2 |" in text
    assert "| lbp 4 | – | **+10** |" in text
    assert "| 6.50 (6.00 to 7.00) | 4.00 (4.00 to 4.00) |" in text
    assert "no: not everybody could be measured" in text
    assert "evenness 60" in text
    assert "| nothing |" in text
    assert "nan" not in text
