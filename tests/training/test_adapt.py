"""The level follows how tasks end."""

from math import exp, isnan, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rehabsim.training.adapt import THRESHOLD_REVERSALS, Adapter
from rehabsim.training.adapt_params import AdaptParams, Range
from rehabsim.training.scenario import Try

WIDTH = {"param": "gate_width_m", "easy": 16.0, "hard": 4.0}
DONE, MISSED = Try(True), Try(False)


def make(**changes):
    return Adapter(AdaptParams.model_validate({"ranges": [WIDTH], **changes}))


def play(adapter, ability, count, seed=1, width=0.12):
    """Have somebody play who succeeds half the time at level `ability`; return levels and ends."""
    random = np.random.default_rng(seed)
    levels, ends = [], []
    for _ in range(count):
        chance = 1 / (1 + exp((adapter.level - ability) / width))
        ends.append(bool(random.random() < chance))
        adapter.hear([Try(ends[-1])])
        levels.append(adapter.level)
    return levels, ends


# -- the band ------------------------------------------------------------------------------


def test_a_block_with_one_miss_suggests_a_harder_level_and_changes_nothing():
    adapter = make()
    assert adapter.hear([MISSED] + [DONE] * 8) == ()
    assert adapter.offer is None
    adapter.hear([DONE])
    assert adapter.offer.level == pytest.approx(0.45)
    assert adapter.offer.reason == "9 of the last 10 tasks done, over 85%"
    assert adapter.level == 0.3


@pytest.mark.parametrize(("done", "change"), [(7, 0.0), (8, 0.0), (9, 0.15)])
def test_success_inside_the_band_leaves_the_level(done, change):
    adapter = make(is_automatic=True)
    adapter.hear([MISSED] * (10 - done) + [DONE] * done)
    assert adapter.level == pytest.approx(0.3 + change)


def ended(said):
    return [DONE if letter == "d" else MISSED for letter in said]


@pytest.mark.parametrize(
    ("said", "change", "reason"),
    [
        ("ddddd", 0.15, "5 of the last 5 tasks done, over 85%"),
        ("mmmm", -0.15, "0 of the last 4 tasks done, under 65%"),
        ("mdmddmm", -0.15, "3 of the last 7 tasks done, under 65%"),
        ("ddmdmdmddm", -0.15, "6 of the last 10 tasks done, under 65%"),
    ],
)
def test_a_block_whose_end_is_certain_is_not_waited_for(said, change, reason):
    adapter = make(is_automatic=True)
    assert adapter.hear(ended(said[:-1])) == ()
    (made,) = adapter.hear(ended(said[-1]))
    assert made.level == pytest.approx(0.3 + change)
    assert made.cause == reason


@pytest.mark.parametrize(("count", "fewest"), [(4, 4), (6, 4), (9, 5), (20, 10)])
def test_too_easy_takes_half_a_block_without_a_miss_and_at_least_four_tasks(count, fewest):
    adapter = make(is_automatic=True, count=count)
    assert adapter.hear([DONE] * (fewest - 1)) == ()
    assert len(adapter.hear([DONE])) == 1


def test_once_it_has_become_easier_a_lucky_half_block_makes_it_no_harder():
    adapter = make(is_automatic=True)
    adapter.hear(ended("mmmm"))
    assert adapter.hear([DONE] * 9) == ()
    assert len(adapter.hear([DONE])) == 1


def test_it_goes_no_more_than_one_step_at_a_time():
    adapter = make(is_automatic=True, level=0.0)
    for said in ("ddddd", "ddddd", "mmmm", *3 * ("mddddddddd",)):
        (change,) = adapter.hear(ended(said))
        assert abs(change.level - change.before) <= adapter.params.step


def reached(ability, tasks):
    """Return how many of 50 people end within 0.1 of where they succeed three times in four."""
    rest = ability - 0.12 * log(3)
    ends = [play(make(is_automatic=True), ability, tasks, seed)[0][-1] for seed in range(50)]
    return sum(abs(level - rest) <= 0.1 for level in ends)


@pytest.mark.parametrize("ability", [0.1, 0.3, 0.6, 0.9])
def test_twenty_tasks_bring_most_people_near_to_their_level(ability):
    assert reached(ability, 20) >= 30


def test_the_bounds_of_the_band_belong_to_it():
    for done in (13, 17):
        adapter = make(is_automatic=True, count=20)
        adapter.hear([MISSED] * (20 - done) + [DONE] * done)
        assert adapter.level == 0.3


def test_steps_shrink_at_each_turn_back_and_grow_again_onwards():
    adapter = make(is_automatic=True, level=0.5)
    changes = []
    for said in ("ddddd", "mmmm", "dddddddddd", "mmmm", "mmmm", "mmmm"):
        (change,) = adapter.hear(ended(said))
        changes.append(round(change.level - change.before, 4))
    assert changes == [0.15, -0.075, 0.04, -0.04, -0.06, -0.09]


@pytest.mark.parametrize("ability", [0.3, 0.5, 0.8])
def test_success_comes_into_the_band_whatever_the_person_can(ability):
    for seed in range(10):
        adapter = make(is_automatic=True)
        _, ends = play(adapter, ability, 400, seed)
        assert 0.62 <= np.mean(ends[100:]) <= 0.88


def test_the_level_follows_who_learns():
    adapter = make(is_automatic=True)
    before, _ = play(adapter, 0.3, 200)
    after, _ = play(adapter, 0.9, 300, seed=2)
    assert np.mean(after[-100:]) > np.mean(before[-100:]) + 0.3


def test_every_change_of_one_tick_is_told():
    adapter = make(is_automatic=True)
    changes = adapter.hear([DONE] * 5 + [MISSED] * 4)
    assert [change.cause for change in changes] == [
        "5 of the last 5 tasks done, over 85%",
        "0 of the last 4 tasks done, under 65%",
    ]
    assert [change.level for change in changes] == pytest.approx([0.45, 0.375])
    assert adapter.undo().level == pytest.approx(0.45)
    assert adapter.undo().level == 0.3


# -- what follows the level ----------------------------------------------------------------


def test_a_ratio_is_multiplied_by_the_same_with_each_step_and_meets_both_ends():
    given = Range(param="lane_tolerance_m", easy=2.0, hard=0.5, is_ratio=True)
    assert [given.at(level) for level in (0.0, 0.5, 1.0)] == [2.0, pytest.approx(1.0), 0.5]
    assert given.level_of(1.0) == pytest.approx(0.5)
    assert [given.level_of(value) for value in (9.0, 0.1, 0.0, -1.0)] == [0.0, 1.0, 1.0, 1.0]
    assert Range(param="a", easy=1.0, hard=4.0, is_ratio=True).level_of(0.0) == 0.0


@pytest.mark.parametrize("ends", [(0.0, 1.0), (1.0, -1.0)])
def test_a_ratio_needs_ends_above_nothing(ends):
    with pytest.raises(ValidationError, match="is_ratio needs ends above 0"):
        Range(param="a", easy=ends[0], hard=ends[1], is_ratio=True)


@pytest.mark.parametrize(
    ("level", "count"), [(0.0, 1.0), (0.1, 1.0), (0.2, 2.0), (0.5, 3.0), (0.625, 4.0), (1.0, 5.0)]
)
def test_whole_numbers_are_the_nearest_of_each_level(level, count):
    assert Range(param="count", easy=1.0, hard=5.0, is_whole=True).at(level) == count


def test_parameters_that_are_whole_are_rounded_and_others_are_not():
    more = {"param": "count", "easy": 1.0, "hard": 2.0}
    params = AdaptParams.model_validate({"ranges": [WIDTH, more]})
    assert params.values(0.3) == {"gate_width_m": 12.4, "count": 1.3}
    assert params.rounded({"count"}).values(0.3) == {"gate_width_m": 12.4, "count": 1.0}


def test_the_level_follows_the_tasks_that_it_names_and_no_others():
    adapter = make(is_automatic=True, tasks=["lane"])
    sign, lane = Try(is_success=False, task="sign"), Try(is_success=True, task="lane")
    assert adapter.hear([sign] * 20) == ()
    assert isnan(adapter.recent_frac)
    (change,) = adapter.hear([lane, sign] * 5)
    assert change.level == pytest.approx(0.45)


def test_without_names_it_follows_all_tasks():
    adapter = make(is_automatic=True)
    ends = [Try(is_success=True, task="lane"), Try(is_success=False, task="sign")]
    adapter.hear([*ends, DONE])
    assert adapter.recent_frac == pytest.approx(2 / 3)


# -- staircases ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({"rule": "staircase", "up_count": 2}, 0.707),
        ({"rule": "staircase", "up_count": 3}, 0.794),
        ({"rule": "weighted", "target_frac": 0.75}, 0.75),
        ({"rule": "weighted", "target_frac": 0.85}, 0.85),
    ],
)
def test_a_staircase_comes_to_rest_at_its_published_success(changes, target):
    """Source: Levitt 1971, p^n = 1/2; Kaernbach 1991, p up = (1 - p) down."""
    ends = []
    for seed in range(20):
        adapter = make(is_automatic=True, min_step=0.02, **changes)
        ends += play(adapter, 0.55, 600, seed)[1][100:]
    assert np.mean(ends) == pytest.approx(target, abs=0.02)


def test_a_staircase_halves_its_step_at_the_first_reversal():
    adapter = make(is_automatic=True, rule="staircase", up_count=1, step=0.2, level=0.5)
    levels = []
    for end in (DONE, MISSED, DONE):
        adapter.hear([end])
        levels.append(round(adapter.level, 3))
    assert levels == [0.7, 0.6, 0.7]


def test_a_threshold_is_known_after_six_reversals_and_lies_at_the_persons_own():
    found = []
    for seed in range(20):
        adapter = make(is_automatic=True, rule="staircase", up_count=2)
        assert isnan(adapter.threshold)
        play(adapter, 0.55, 200, seed)
        found.append(adapter.threshold)
    # Where this person succeeds 70.7 % of the time: 0.55 - 0.12 ln(0.707 / 0.293).
    assert np.mean(found) == pytest.approx(0.444, abs=0.03)
    assert THRESHOLD_REVERSALS == 6
    assert isnan(make().threshold)


# -- who decides ---------------------------------------------------------------------------


def test_accepting_makes_the_change_and_undoing_takes_it_back():
    adapter = make()
    adapter.hear([DONE] * 10)
    change = adapter.accept()
    assert (change.before, change.level) == (0.3, pytest.approx(0.45))
    assert adapter.offer is None
    assert adapter.can_undo
    assert adapter.undo().level == 0.3
    assert not adapter.can_undo
    assert adapter.undo() is None


def test_without_a_suggestion_there_is_nothing_to_accept_or_keep():
    adapter = make()
    assert adapter.accept() is None
    assert adapter.keep() is False


def test_keeping_declines_and_the_next_block_may_suggest_anew():
    adapter = make()
    adapter.hear([DONE] * 5)
    assert adapter.keep() is True
    assert adapter.offer is None
    adapter.hear([DONE] * 4)
    assert adapter.offer is None
    adapter.hear([DONE])
    assert adapter.offer is not None
    assert adapter.level == 0.3


def test_a_suggestion_that_no_longer_holds_is_withdrawn():
    adapter = make()
    adapter.hear([DONE] * 5)
    assert adapter.offer is not None
    adapter.hear([MISSED] * 3 + [DONE] * 7)
    assert adapter.offer is None


def test_turning_an_adapted_parameter_by_hand_moves_the_level_to_it():
    adapter = make()
    change = adapter.take("gate_width_m", 10.0)
    assert change.level == pytest.approx(0.5)
    assert adapter.take("wave_height_m", 1.0) is None
    assert adapter.take("gate_width_m", 60.0).level == 0.0


def test_counting_begins_anew_with_each_change():
    adapter = make()
    adapter.hear([DONE] * 4)
    adapter.take("gate_width_m", 10.0)
    adapter.hear([DONE] * 4)
    assert adapter.offer is None


# -- what the person says ------------------------------------------------------------------


@pytest.mark.parametrize(("done", "is_left"), [(10, False), (0, True)])
def test_who_finds_it_too_hard_meanwhile_is_no_longer_offered_a_harder_level(done, is_left):
    adapter = make()
    adapter.rate(1.0, 11.0)
    adapter.hear([DONE] * done + [MISSED] * (10 - done))
    assert adapter.offer is not None
    adapter.rate(effort_rpe=15.0)
    assert (adapter.offer is not None) is is_left
    assert (adapter.accept() is not None) is is_left


@pytest.mark.parametrize(
    ("said", "brake"),
    [
        ([(2, 11)], ""),
        ([(2, 14)], ""),
        ([(2, 14.5)], "effort 14.5 is over 14"),
        ([(2, 11), (3.9, 11)], ""),
        ([(2, 11), (4, 11)], "pain has risen from 2 to 4"),
        ([(4, 11), (2, 11), (5, 11)], ""),
    ],
)
def test_more_pain_or_effort_keeps_it_from_getting_harder(said, brake):
    adapter = make(is_automatic=True)
    for pain, effort in said:
        adapter.rate(pain, effort)
    assert adapter.brake == brake
    adapter.hear([DONE] * 10)
    assert (adapter.level == 0.3) is bool(brake)


def test_more_pain_does_not_keep_it_from_getting_easier():
    adapter = make(is_automatic=True)
    adapter.rate(0, 11)
    adapter.rate(8, 18)
    adapter.hear([MISSED] * 4)
    assert adapter.level == pytest.approx(0.15)


# -- rules of the table --------------------------------------------------------------------


@given(
    st.lists(st.booleans(), max_size=200),
    st.sampled_from(["band", "staircase", "weighted"]),
    st.floats(0, 1),
)
def test_the_level_never_leaves_its_range_and_an_undone_one_is_the_one_before(ends, rule, level):
    adapter = make(is_automatic=True, rule=rule, level=level)
    for end in ends:
        changes = adapter.hear([Try(end)])
        assert 0.0 <= adapter.level <= 1.0
        for change in changes:
            assert change.level == adapter.level != change.before
    while adapter.can_undo:
        adapter.undo()
    assert adapter.level == level


def test_a_range_is_at_its_ends_at_zero_and_one():
    params = AdaptParams.model_validate({"ranges": [WIDTH]})
    assert [params.values(level)["gate_width_m"] for level in (0.0, 0.5, 1.0)] == [16, 10, 4]


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"ranges": []}, "at least 1"),
        ({"ranges": [WIDTH, WIDTH]}, "ranges name gate_width_m twice"),
        ({"ranges": [{**WIDTH, "hard": 16.0}]}, "both 16, so there is nothing to adapt"),
        ({"ranges": [WIDTH], "low_frac": 0.9}, "low_frac 0.9 is not below high_frac 0.85"),
        ({"ranges": [WIDTH], "step": 0.03}, "min_step 0.04 is over step 0.03"),
        ({"ranges": [WIDTH], "level": 1.1}, "less than or equal to 1"),
    ],
)
def test_a_table_that_cannot_be_says_why(table, why):
    with pytest.raises(ValidationError, match=why):
        AdaptParams.model_validate(table)
