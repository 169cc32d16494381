"""What counts as practice, and what it moves: nothing but what is felt and seen."""

import re
from math import nan
from pathlib import Path

import pytest

from rehabsim.devices.driver import installed
from rehabsim.session.programmes import programme_files
from rehabsim.session.repertoire import SCENARIOS
from rehabsim_sim import practice
from rehabsim_sim.patients import PATIENTS, patient
from rehabsim_sim.person import PLACING, STEERING
from rehabsim_sim.play.player import Aim
from rehabsim_sim.practice.exposure import Exposure
from rehabsim_sim.practice.learner import Learned, Learner
from rehabsim_sim.practice.moment import Moment
from rehabsim_sim.practice.skills import SKILLS, differing

PEOPLE = [name for name in PATIENTS if name != "empty_belts"]
DT_S = 0.004
GATES = {"x_m": 0.0, "y_m": 0.0, "heading_rad": 0.0, "gate_x_m": 40.0, "gate_y_m": 0.0}
LANE = {"lateral_m": 0.0, "heading_rad": 0.0, "road_curvature_per_m": 0.0}


def live(learner, duration_s, scene=None, aim=None, stride_s=1.0, **moment):
    """Let somebody go through the same for a while, seeing a scene all the time."""
    ticks = round(duration_s / DT_S)
    every = round(stride_s / DT_S)
    for tick in range(ticks):
        if scene is not None and tick % 8 == 0:
            learner.see(scene)
        has_landed = bool(moment.get("is_walking")) and tick % every == 0
        learner.feel(Moment(DT_S, has_left_landed=has_landed, **moment), aim or Aim())
    return learner


def learner(name="asymmetric_loading", learned=None):
    return Learner(patient(name), learned or Learned())


def strides(learner, count, left_frac=0.5, speed_mps=0.7, **more):
    load = {"left_n": 700 * left_frac, "right_n": 700 * (1 - left_frac)}
    live(learner, 12, is_walking=True, speed_mps=speed_mps, **load)
    learner.learned, learner.trials = Learned(), {}
    return live(learner, count, is_walking=True, speed_mps=speed_mps, **load, **more)


@pytest.mark.parametrize("name", PEOPLE)
def test_an_easy_walk_and_quiet_standing_teach_nothing(name):
    walker = learner(name)
    slow_mps = 0.7 * patient(name).preferred_speed_mps
    live(walker, 60, is_walking=True, speed_mps=slow_mps, left_n=300, right_n=400)
    live(walker, 60, is_standing=True, left_n=300, right_n=400)
    assert walker.learned == Learned()
    assert walker.traits is walker.own or walker.traits == walker.own


def test_uneven_load_is_unlearned_only_while_a_picture_shows_it():
    blind = strides(learner(), 40, left_frac=0.46)
    seeing = strides(learner(), 40, left_frac=0.46, scene=GATES, aim=Aim(STEERING))
    assert blind.trials == {}
    assert set(seeing.trials) == {"evenness"}
    own, now = seeing.own, seeing.traits
    assert 0 < now.step_time_asymmetry_frac < 0.8 * own.step_time_asymmetry_frac
    assert set(differing(own, now)) == set(SKILLS["evenness"].parts)


def test_a_picture_that_stands_still_shows_nothing():
    walker = strides(learner(), 1, left_frac=0.46, scene=GATES)
    before = walker.trials.get("evenness", 0)
    live(walker, 30, is_walking=True, speed_mps=0.7, left_n=322, right_n=378)
    assert walker.trials.get("evenness", 0) <= before + 1


def test_load_that_was_meant_is_no_error():
    meant = Aim(STEERING, load_frac=-0.04)
    walker = strides(learner(), 40, left_frac=0.46, scene=GATES, aim=meant)
    unmeant = strides(learner(), 40, left_frac=0.46, scene=GATES, aim=Aim(STEERING))
    skills = [each.learned.skills["evenness"].skill for each in (walker, unmeant)]
    assert skills[0] < 0.05 * skills[1]


def test_who_bears_too_much_on_the_spared_side_unlearns_again():
    walker = strides(learner(), 60, left_frac=0.46, scene=GATES, aim=Aim(STEERING))
    before = walker.learned.skills["evenness"].skill
    live(walker, 20, scene=GATES, is_walking=True, speed_mps=0.7, left_n=378, right_n=322)
    assert walker.learned.skills["evenness"].skill < 0.7 * before


def test_nobody_who_walks_evenly_becomes_uneven():
    walker = strides(learner("healthy"), 40, left_frac=0.46, scene=GATES, aim=Aim(STEERING))
    assert walker.traits == walker.own


def slip(learner, size_m, speed_mps=0.7, has_fallen=False):
    """Let a belt jolt somebody, who is thrown off by so much."""
    walking = {"is_walking": True, "speed_mps": speed_mps}
    live(learner, 6, **walking)
    live(learner, 0.1, jolt_mps2=-1.0, off_x_m=size_m, **walking)
    live(learner, 3, has_fallen=has_fallen, **walking)


def test_slips_train_recovery_and_nothing_else_that_one_can_see():
    walker = learner("balance_loss")
    for _ in range(8):
        slip(walker, 0.20)
    assert walker.trials["recovery"] == 8
    assert set(walker.trials) <= {"recovery", "steadiness"}
    assert walker.traits.plan_ahead_s < walker.own.plan_ahead_s
    assert walker.traits.reach_frac == walker.own.reach_frac
    assert walker.traits.target_error_m == walker.own.target_error_m


def test_slips_that_are_too_small_or_throw_one_every_time_teach_less():
    def skill(size_m, has_fallen=False):
        walker = learner("balance_loss")
        for _ in range(8):
            slip(walker, size_m, has_fallen=has_fallen)
            live(walker, 3, is_standing=True)
        return walker.learned.skills["recovery"].skill

    right = skill(0.20)
    assert right > 1.5 * skill(0.008)
    assert right > 1.5 * skill(0.79)
    assert skill(0.20, has_fallen=True) == 0.0


def test_belts_that_are_told_another_speed_are_no_perturbation():
    walker = learner("balance_loss")
    live(walker, 10, is_walking=True, speed_mps=0.7)
    live(walker, 1, is_walking=True, speed_mps=0.5, jolt_mps2=-0.5)
    live(walker, 5, is_walking=True, speed_mps=0.2)
    assert "recovery" not in walker.trials


def test_a_lean_far_out_trains_reach_and_one_near_by_does_not():
    def lean(target_m, com_m):
        walker = learner("balance_loss")
        for number in range(6):
            shown = {"target_x_m": target_m, "target_y_m": 0.012 * (number % 2)}
            aim = Aim(PLACING, x_m=com_m)
            live(walker, 0.1, scene=shown, aim=aim, is_standing=True)
            live(walker, 3, scene=shown, aim=aim, is_standing=True, com_x_m=com_m, lean_x_m=com_m)
        return walker

    far, near = lean(0.10, 0.07), lean(0.03, 0.025)
    assert far.trials["reach"] == near.trials["aim"] == 5
    assert "reach" not in near.trials
    assert far.traits.reach_frac > far.own.reach_frac
    assert near.traits.reach_frac == near.own.reach_frac
    assert near.traits.target_error_m < near.own.target_error_m


def test_a_target_that_creeps_is_one_target():
    walker = learner("balance_loss")
    for number in range(100):
        shown = {"target_x_m": 0.10 + 0.0005 * number, "target_y_m": 0.0}
        live(walker, 0.032, scene=shown, is_standing=True, com_x_m=0.07)
    assert walker.trials.get("aim", 0) == 0
    live(walker, 0.1, scene={"target_x_m": nan, "target_y_m": nan}, is_standing=True)
    assert walker.trials["aim"] == walker.trials["reach"] == 1


def test_gates_that_were_passed_and_missed_train_the_aim():
    walker = learner("insufficient_core")
    for passed, missed in ((0, 0), (1, 0), (1, 1), (2, 1), (3, 1)):
        walker.see(GATES | {"passed_gate_count": passed, "missed_gate_count": missed})
    assert walker.trials == {"aim": 4}
    walker.feel(Moment(), Aim())
    assert walker.learned.skills["aim"].success_frac == pytest.approx(0.75)


def test_a_lane_shows_where_the_middle_is():
    off = {"is_walking": True, "speed_mps": 0.7, "cop_y_m": 0.006, "left_n": 1.0, "right_n": 1.0}
    walker = live(learner("postural"), 40, scene=LANE, aim=Aim(STEERING), **off)
    assert walker.traits.cop_offset_y_m < 0.8 * walker.own.cop_offset_y_m
    assert live(learner("postural"), 40, **off).traits.cop_offset_y_m == 0.006


def test_fast_walking_trains_pace_and_slow_walking_does_not():
    fast = strides(learner("hemiparetic"), 60, speed_mps=0.65)
    slow = strides(learner("hemiparetic"), 60, speed_mps=0.45)
    assert fast.traits.preferred_speed_mps > fast.own.preferred_speed_mps
    assert fast.traits.left_push_loss_frac < fast.own.left_push_loss_frac
    assert slow.trials == {}


def test_large_shifts_of_weight_on_a_quiet_floor_set_free():
    def walked(**more):
        return strides(learner("excessive_core"), 40, aim=Aim(STEERING, load_frac=0.008), **more)

    quiet = walked()
    assert quiet.traits.step_time_noise_frac > quiet.own.step_time_noise_frac
    assert "ease" not in walked(push_mps2=0.2).trials
    assert "steadiness" in walked(push_mps2=0.2).trials


def test_what_was_learned_is_forgotten_in_part_until_the_next_visit():
    walker = learner("balance_loss")
    for _ in range(8):
        slip(walker, 0.20)
    own, now = walker.own.plan_ahead_s, walker.traits.plan_ahead_s
    soon, late = (Learner(walker.own, walker.learned.after(d)).traits for d in (2, 200))
    assert now < soon.plan_ahead_s < late.plan_ahead_s < own


def test_no_name_of_anybody_or_anything_is_in_what_is_learned_from():
    folder = Path(practice.__file__).parent
    source = "\n".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    names = [*PATIENTS, *installed(SCENARIOS), *programme_files()]
    assert [name for name in names if re.search(rf"['\"]{name}['\"]", source)] == []
    assert "patients" not in source
    assert "patient" not in Exposure.__dataclass_fields__
    assert set(Moment._fields).isdisjoint({"patient", "scenario", "programme", "name"})
