"""What a programme may hold, and which sessions come of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training.programmes import programme, table

from rehabsim.base.errors import ConfigError
from rehabsim.training.block_session import in_short, session_of
from rehabsim.training.programme import at_level, block_numbers, visit_s

LEVELS = st.floats(0, 1)
NUMBERS = st.floats(-1e6, 1e6)


def session(number=2, visit=1, level=0.5, **changes):
    made = programme(**changes)
    return session_of(
        made, number, visit=visit, level=level, subject="anonymous", where="test.toml"
    )


def test_a_pair_is_its_first_number_at_the_start_and_its_second_at_the_goal():
    assert at_level([0.1, 0.3], 0) == 0.1
    assert at_level([0.1, 0.3], 1) == 0.3
    assert at_level([0.1, 0.3], 0.5) == pytest.approx(0.2)
    assert at_level([-0.1, -0.4], 1.0) == -0.4


def test_pairs_of_whole_numbers_stay_whole_and_nothing_else_is_touched():
    assert at_level([5, 10], 0.26) == 6
    assert isinstance(at_level([5, 10], 0.26), int)
    assert isinstance(at_level([5, 10.0], 0.26), float)
    given_table = {"sides": ["left", "right"], "on": [True, False], "three": [1, 2, 3], "a": 4}
    assert at_level(given_table, 0.7) == given_table
    pulses = {"pulses": [{"kind": "slip", "change_mps": [-0.1, -0.3]}]}
    assert at_level(pulses, 1) == {"pulses": [{"kind": "slip", "change_mps": -0.3}]}


@given(start=NUMBERS, goal=NUMBERS, level=LEVELS)
def test_no_level_leaves_the_range_that_was_declared(start, goal, level):
    found = at_level([start, goal], level)
    assert min(start, goal) - 1e-6 <= found <= max(start, goal) + 1e-6


def test_a_block_is_an_ordinary_session_with_the_numbers_of_the_level():
    made = session(level=0.5)
    assert made.scenario == "boat"
    assert made.cruise_speed_mps == pytest.approx(0.9)
    assert made.params["wave_height_m"] == pytest.approx(0.2)
    assert made.limits == {"max_speed_mps": 1.2, "max_split_mps": 0.1}
    assert made.subject == "anonymous"


def test_a_limit_of_a_block_stands_beside_those_of_the_programme_inside_a_table_too():
    made = session(
        limits={"max_speed_mps": 1.2, "perturbation": {"max_change_mps": 0.4, "min_pause_s": 12.0}},
        blocks__1__limits={"perturbation": {"max_change_mps": 0.2}},
    )
    assert made.limits == {
        "max_speed_mps": 1.2,
        "perturbation": {"max_change_mps": 0.2, "min_pause_s": 12.0},
    }


def test_visits_and_blocks_have_a_seed_of_their_own_that_repeats():
    seeds = [session(number, visit).seed for number in (1, 2) for visit in (1, 2, 3)]
    assert len(set(seeds)) == 6
    assert session(1, 2).seed == session(1, 2).seed


def test_blocks_come_at_the_visits_that_are_written():
    made = programme()
    assert block_numbers(made, 1) == (1, 2, 4)
    assert block_numbers(made, 2) == (1, 2, 3)
    assert block_numbers(made, 4) == (1, 2, 3, 4)


def test_a_visit_lasts_as_long_as_its_blocks_and_the_rests_between_them():
    made = programme()
    assert visit_s(made, 1, 0.0) == 20 + 20 + 30 + 10
    assert visit_s(made, 1, 1.0) == 20 + 40 + 30 + 10
    last = programme(blocks__3__rest_s=500.0)
    assert visit_s(last, 1, 0.0) == visit_s(made, 1, 0.0)


PUSH = [{"kind": "push"}]
SPLIT = {"split": {"split_mps": [0.1, 0.2], "for_s": [20.0, 30.0]}}
PERTURBATION = {"max_change_mps": 0.4, "min_pause_s": 10.0}

REFUSED = [
    ({"blocks__3__tasks": 0}, "tasks"),
    ({"blocks__1__limits": {"max_speed_mps": 1.3}}, "1.3 is wider than the programme's 1.2"),
    (
        {
            "limits__perturbation": PERTURBATION,
            "blocks__1__limits": {"perturbation": {"max_change_mps": 0.5}},
        },
        r"blocks 2: limits.perturbation.max_change_mps = 0.5 is wider than the programme's 0.4",
    ),
    (
        {
            "limits__perturbation": PERTURBATION,
            "blocks__1__limits": {"perturbation": {"min_pause_s": 9.0}},
        },
        "min_pause_s = 9 is wider than the programme's 10",
    ),
    ({"review": "reviewed"}, "review"),
    ({"sources": []}, "sources"),
    ({"not_for": []}, "not_for"),
    ({"stop_signs": []}, "stop_signs"),
    ({"goals": []}, "goals"),
    ({"blocks": []}, "blocks"),
    ({"colour": "red"}, "unknown key"),
    ({"stop_rules__1": table()["stop_rules"][0]}, "one for pain and one for effort"),
    ({"stop_rules__0__rise": None}, "needs a rise"),
    ({"stop_rules__0__scale": "6-20"}, "scale 0-10"),
    ({"stop_rules__0__at_least": 0}, "outside the scale"),
    ({"stop_rules__0__at_least": 11}, "outside the scale"),
    ({"stop_rules__1__at_least": 6}, "outside the scale"),
    ({"stop_rules__1__at_least": 21}, "outside the scale"),
    ({"stop_rules__1__rise": 3}, "effort: has no rise"),
    ({"progression__lower_below_frac": 0.85}, "not below raise_above_frac"),
    ({"progression__effort_from": 14}, "not below effort_to"),
    ({"progression__effort_from": 5}, "outside the scale"),
    ({"progression__effort_to": 16}, "not below what stops"),
    ({"progression__first_level": 1.1}, "first_level"),
    ({"limits": {}}, "limits.max_speed_mps"),
    ({"limits": {"max_speed_mps": 2.1}}, "up to 2 m/s"),
    ({"limits": {"max_speed_mps": 0.0}}, "up to 2 m/s"),
    ({"blocks__1__cruise_speed_mps": [0.8, 1.3]}, r"blocks 2: 1.3 m/s at level 1 is above"),
    ({"blocks__1__cruise_speed_mps": [1.0]}, r"a pair \[start, goal\]"),
    ({"blocks__1__duration_s": [20, 9]}, "10 s at least"),
    ({"blocks__1__duration_s": float("nan")}, "10 s at least"),
    ({"blocks__1__duration_s": [20, float("inf")]}, "10 s at least"),
    (
        {
            "limits": {"max_speed_mps": 1.2, "perturbation": {"needs_harness": True}},
            "blocks__1__limits": {"perturbation": {"needs_harness": False}},
        },
        "needs_harness = False is wider than the programme's True",
    ),
    ({"blocks__1__duration_s": 2317}, r"visit 4 lasts 40\.1 min"),
    ({"blocks__3__cruise_speed_mps": 0.5}, "only there"),
    ({"blocks__0__cruise_speed_mps": 0.0}, "only there"),
    ({"blocks__1__perturb": {"count": 2, "pulses": PUSH}}, "6.0 perturbations a minute at level 0"),
    ({"blocks__1__perturb": {"pulses": PUSH}}, "72.0 perturbations a minute"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_a_programme_that_breaks_a_rule_is_refused(changes, words):
    with pytest.raises(ConfigError, match=words) as caught:
        programme(**changes)
    assert str(caught.value).startswith("test.toml: ")


ACCEPTED = [
    {"stop_rules__0__at_least": 10},
    {"stop_rules__0__at_least": 1},
    {"stop_rules__1__at_least": 20},
    {"progression__effort_to": 15},
    {"progression__effort_from": 6},
    {"limits": {"max_speed_mps": 2.0}},
    {"blocks__1__cruise_speed_mps": [0.8, 1.2]},
    {"blocks__1__duration_s": 10},
    {"blocks__1__perturb": {"count": 1, "pulses": PUSH}},
    {"blocks__1__perturb": SPLIT},
    {"blocks__1__limits": {"max_speed_mps": 1.2}},
    {"limits__perturbation": PERTURBATION, "blocks__1__limits": {"perturbation": PERTURBATION}},
    {"blocks__3__tasks": 1, "blocks__3__needs_platform": True},
    {"blocks__1__duration_s": 2400 - 20 - 30 - 30 - 10},
]


@pytest.mark.parametrize("changes", ACCEPTED)
def test_a_programme_at_the_edge_of_a_rule_is_accepted(changes):
    programme(**changes)


def test_whose_steps_are_shorter_is_said_by_somebody_before_belts_are_parted():
    made = programme(blocks__1__perturb=SPLIT, blocks__1__limits={})
    told = {"visit": 1, "level": 1.0, "subject": "anonymous", "where": "t"}
    for side in ("left", "right"):
        split = session_of(made, 2, **told, short_steps=side).perturb["split"]
        assert split == {"split_mps": 0.2, "for_s": 30.0, "faster": side}
    with pytest.raises(ConfigError, match=r"t: blocks 2: one belt runs faster.*--short-steps"):
        session_of(made, 2, **told)
    assert session_of(made, 1, **told).perturb is None


def test_in_short_every_time_and_count_is_a_part_and_nothing_else_changes():
    pulses = {"count": [20, 30], "warm_up_strides": 20, "min_strides": 12, "pulses": PUSH}
    made = programme(
        blocks__1__perturb=pulses,
        blocks__1__duration_s=[600, 900],
        blocks__2__perturb=SPLIT,
        blocks__3__tasks=8,
        progression__min_tries=20,
    )
    short = in_short(made, 0.25)
    assert short.blocks[1].duration_s == [150.0, 225.0]
    assert short.blocks[1].rest_s == 7.5
    assert short.blocks[1].perturb == pulses | {"count": [5, 8], "warm_up_strides": 5}
    assert short.blocks[2].perturb["split"] == {"split_mps": [0.1, 0.2], "for_s": [5.0, 7.5]}
    assert short.blocks[3].tasks == 2
    assert short.progression.min_tries == 5
    assert short.blocks[1].params == made.blocks[1].params
    assert short.blocks[1].cruise_speed_mps == made.blocks[1].cruise_speed_mps
    assert short.limits == made.limits
    assert in_short(made, 1.0) == made


def test_in_short_no_block_is_shorter_than_ten_seconds_and_none_is_without_its_pulse_or_task():
    pulses = {"count": 2, "warm_up_strides": 20, "pulses": PUSH}
    made = programme(blocks__1__perturb=pulses, blocks__1__duration_s=100, blocks__3__tasks=3)
    short = in_short(made, 0.02)
    assert [block.duration(0.5) for block in short.blocks] == [10.0] * 4
    assert short.blocks[1].perturb["count"] == 1
    assert short.blocks[1].perturb["warm_up_strides"] == 5
    assert (short.blocks[3].tasks, short.progression.min_tries) == (1, 1)
