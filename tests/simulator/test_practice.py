"""How a person learns: the laws, the ceilings, and the file of it."""

from dataclasses import fields
from math import inf, nan

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehabsim.base.errors import ConfigError
from rehabsim_sim.patients import HEALTHY, PATIENTS, patient
from rehabsim_sim.practice.laws import (
    BEST_FRAC,
    TRIAL_RATES,
    Memory,
    after,
    challenge,
    corrected,
    tried,
)
from rehabsim_sim.practice.learner import Learned, read_learned, write_learned
from rehabsim_sim.practice.skills import (
    BETWEEN_VISITS,
    SKILLS,
    differing,
    practised,
    reachable,
    within_visit,
)
from rehabsim_sim.traits import Traits

PEOPLE = [name for name in PATIENTS if name != "empty_belts"]
FULL = Memory(slow=1.0)
fractions = st.floats(0, 1)


# -- the laws ------------------------------------------------------------------------------


def practise(count, success_frac=BEST_FRAC, memory=None):
    memory = memory or Memory()
    for _ in range(count):
        memory = tried(memory, success_frac, TRIAL_RATES)
    return memory


def test_one_learns_most_where_three_of_four_succeed_and_nothing_where_none_or_all_do():
    assert challenge(BEST_FRAC) == pytest.approx(1.0)
    assert challenge(0.0) == challenge(1.0) == 0.0
    rising = [challenge(k / 100) for k in range(76)]
    falling = [challenge(k / 100) for k in range(75, 101)]
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)


def test_the_same_dose_teaches_most_at_the_challenge_point():
    easy, right, hard = (practise(24, s).skill for s in (0.99, 0.75, 0.2))
    assert right > 1.5 * easy > 0
    assert right > 1.5 * hard > 0
    assert practise(24, 1.0).skill == practise(24, 0.0).skill == 0.0


def test_forty_trials_leave_more_than_twenty_four_and_six_months_leave_most_of_it():
    few, many = practise(24), practise(40)
    assert many.slow > few.slow > 0.15
    later = after(many, 182)
    assert later.fast == pytest.approx(0.0, abs=1e-9)
    assert later.slow / many.slow == pytest.approx(0.78, abs=0.01)


@given(st.lists(st.tuples(fractions, st.floats(-3, 3)), max_size=60))
def test_a_skill_never_leaves_its_bounds(lived):
    memory = Memory()
    for success_frac, error in lived:
        memory = tried(memory, success_frac, TRIAL_RATES)
        assert 0 <= memory.skill <= 1
        memory = corrected(memory, error, TRIAL_RATES)
        assert 0 <= memory.skill <= 1
        assert 0 <= memory.slow <= memory.once <= 1


def test_what_was_once_known_is_learned_again_faster():
    first = practise(10)
    lost = Memory(slow=0.0, once=0.8, success_frac=BEST_FRAC, count=4)
    assert practise(10, memory=lost).slow > 1.3 * first.slow


def test_an_error_the_other_way_unlearns():
    memory = practise(40)
    worse = corrected(memory, -1.0, TRIAL_RATES)
    assert worse.skill < memory.skill
    assert corrected(Memory(), -1.0, TRIAL_RATES).skill == 0.0


@pytest.mark.parametrize("days", [-1.0, nan])
def test_no_less_than_no_days_pass(days):
    with pytest.raises(ValueError, match="days"):
        after(Memory(), days)


# -- traits and their ceilings -------------------------------------------------------------


@pytest.mark.parametrize("name", PEOPLE)
def test_full_skill_moves_every_trait_towards_healthy_and_none_past_it(name):
    own = patient(name)
    best = practised(own, dict.fromkeys(SKILLS, FULL))
    for trait in differing(own, best):
        goal = reachable(own, trait)
        before, now = getattr(own, trait) - goal, getattr(best, trait) - goal
        assert abs(now) < abs(before), trait
        assert now * before >= 0, trait


@pytest.mark.parametrize("name", PEOPLE)
def test_an_ankle_does_not_heal_and_nobody_becomes_another(name):
    own = patient(name)
    best = practised(own, dict.fromkeys(SKILLS, FULL))
    kept = {"left_ankle_frac", "mass_kg", "com_height_m", "max_ankle_x_m", "fast_rate"}
    assert not kept & set(differing(own, best))
    if differing(own, HEALTHY):
        assert differing(best, HEALTHY)


def test_a_weak_leg_wins_some_push_off_back_and_a_foot_without_a_muscle_none():
    known = {"pace": FULL}
    assert practised(patient("amputee"), known).left_push_loss_frac == 0.20
    assert practised(patient("hemiparetic"), known).left_push_loss_frac == pytest.approx(0.16)


def test_who_has_learned_nothing_is_who_they_were():
    own = patient("postural")
    assert practised(own, {}) is own
    assert practised(own, dict.fromkeys(SKILLS, Memory())) is own


def test_steadiness_calms_what_is_restless_and_ease_frees_what_is_stiff():
    stiff, restless = patient("excessive_core"), patient("balance_loss")
    steady, easy = {"steadiness": FULL}, {"ease": FULL}
    assert practised(stiff, steady).place_noise_y_m == stiff.place_noise_y_m
    assert practised(stiff, easy).place_noise_y_m > stiff.place_noise_y_m
    assert practised(restless, steady).place_noise_y_m < restless.place_noise_y_m
    assert practised(restless, easy).place_noise_y_m == restless.place_noise_y_m


def test_what_a_walk_is_made_from_stays_until_the_next_one():
    own = patient("balance_loss")
    now = within_visit(own, practised(own, {"recovery": FULL}))
    assert not BETWEEN_VISITS & set(differing(own, now))
    assert now.plan_ahead_s < own.plan_ahead_s


def test_every_trait_of_a_skill_is_one():
    names = {f.name for f in fields(Traits)}
    for skill in SKILLS.values():
        assert skill.parts.keys() <= names
        assert all(0 < part <= 1 for part in skill.parts.values())


# -- the file of it ------------------------------------------------------------------------


def test_what_was_learned_can_be_written_and_read_again(tmp_path):
    known = Learned(skills={"aim": practise(5), "pace": practise(9)})
    path = str(tmp_path / "learned.json")
    write_learned(path, known)
    assert read_learned(path, 0.0) == known
    assert read_learned(path, 3.0) == known.after(3.0)
    assert read_learned("", inf) == Learned()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 2}',
        '{"skills": {"flying": {}}}',
        '{"skills": {"aim": {"slowly": 1}}}',
    ],
)
def test_another_file_is_refused_with_its_name(tmp_path, text):
    path = tmp_path / "learned.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"learned\.json"):
        read_learned(str(path), 1.0)
    with pytest.raises(ConfigError, match="No such file"):
        read_learned(str(tmp_path / "missing.json"), 1.0)


def test_days_that_go_backward_are_refused(tmp_path):
    path = str(tmp_path / "learned.json")
    write_learned(path, Learned())
    write_learned(path, Learned(skills={"aim": Memory()}))
    with pytest.raises(ConfigError, match="days"):
        read_learned(path, -1.0)
    with pytest.raises(ConfigError, match="cannot be written"):
        write_learned(str(tmp_path / "nowhere" / "a.json"), Learned())


def test_the_file_is_small_and_plain(tmp_path):
    path = tmp_path / "learned.json"
    write_learned(str(path), Learned(skills=dict.fromkeys(SKILLS, FULL)))
    plain = msgspec.json.decode(path.read_bytes())
    assert set(plain["skills"]) == set(SKILLS)
    assert len(path.read_bytes()) < 2000
