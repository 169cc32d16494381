"""When a visit ends, and how its outcome changes the level of the next one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from training.programmes import programme

from rehabsim.training.progression import (
    BlockOutcome,
    Visit,
    check_told,
    closed,
    level_after,
    next_block,
    upcoming,
    why_not_begin,
    why_stop,
)


def outcome(number, tries=0, successes=0, **changes):
    told = {"is_complete": True, "pain": 2, "effort": 12}
    return BlockOutcome(
        number, **(told | {"try_count": tries, "success_count": successes} | changes)
    )


def visit(tries=20, successes=18, *, level=0.5, pain_before=2, **changes):
    blocks = (outcome(1, **changes), outcome(2, tries, successes, **changes), outcome(4, **changes))
    return Visit(1, level, pain_before, blocks)


def level(made=None, **changes):
    return level_after(made or programme(), visit(**changes))


def stop(pain=None, effort=None, pain_before=2, **changes):
    return why_stop(programme(**changes), pain_before=pain_before, pain=pain, effort=effort)


@pytest.mark.parametrize(
    ("pain", "before", "words"),
    [
        (3, 2, ""),
        (4, 2, "Pain rose by 2 from 2 to 4"),
        (5, 2, "Pain rose by 3"),
        (5, 4, ""),
        (6, 5, "Pain is 6 of 10"),
        (10, None, "Pain is 10 of 10"),
        (5, None, ""),
        (None, 2, ""),
        (0, 5, ""),
    ],
)
def test_pain_ends_a_visit_at_its_number_or_its_rise(pain, before, words):
    found = stop(pain, pain_before=before)
    assert found.startswith(words)
    assert bool(found) == bool(words)


@pytest.mark.parametrize(
    ("effort", "words"), [(15, ""), (16, "Effort is 16 on 6-20"), (20, "Effort is 20"), (None, "")]
)
def test_effort_ends_a_visit_at_its_number(effort, words):
    found = stop(1, effort)
    assert found.startswith(words)
    assert bool(found) == bool(words)


def test_a_visit_does_not_begin_with_the_pain_that_would_end_it():
    assert why_not_begin(programme(), 5) == ""
    assert "Pain is 6 of 10 before the visit" in why_not_begin(programme(), 6)
    assert why_not_begin(programme(), None) == ""


@pytest.mark.parametrize(
    ("what", "told", "is_right"),
    [
        ("pain", -1, False),
        ("pain", 0, True),
        ("pain", 10, True),
        ("pain", 11, False),
        ("effort", 5, False),
        ("effort", 6, True),
        ("effort", 20, True),
        ("effort", 21, False),
    ],
)
def test_a_number_outside_its_scale_is_no_answer(what, told, is_right):
    assert (check_told(programme(), what, told) == "") == is_right


def test_much_success_without_much_effort_raises_the_level():
    change = level(tries=20, successes=18)
    assert change.level == pytest.approx(0.6)
    assert "18 of 20 tries succeeded, 90 %, above 85 %" in change.reason
    assert "rises from 50 % to 60 %" in change.reason


@pytest.mark.parametrize(
    ("successes", "new"), [(18, 0.6), (17, 0.5), (13, 0.5), (12, 0.35), (0, 0.35), (20, 0.6)]
)
def test_success_raises_above_its_bound_and_lowers_below_the_other_not_at_them(successes, new):
    assert level(tries=20, successes=successes).level == pytest.approx(new)


@pytest.mark.parametrize(("effort", "new"), [(6, 0.6), (11, 0.6), (14, 0.6), (15, 0.5), (16, 0.35)])
def test_effort_above_its_band_keeps_the_level_and_a_stop_for_it_lowers_it(effort, new):
    assert level(effort=effort).level == pytest.approx(new)


def test_little_effort_is_told_and_does_not_hold_the_level_down():
    assert "below the band from 11" in level(effort=8).reason


@pytest.mark.parametrize(("pain", "new"), [(2, 0.6), (3, 0.6), (4, 0.35), (7, 0.35), (0, 0.6)])
def test_pain_that_ends_a_visit_lowers_the_level_whatever_the_success(pain, new):
    assert level(pain=pain).level == pytest.approx(new)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pain": None}, "Pain was not always told"),
        ({"pain_before": None}, "Pain was not always told"),
        ({"effort": None}, "Effort was not always told"),
        ({"tries": 19, "successes": 19}, "Fewer than 20 tries"),
        ({"tries": 0, "successes": 0}, "Fewer than 20 tries"),
        ({"stop": "A fall."}, "The belts were stopped in block 1: A fall."),
        ({"is_complete": False}, "Not done to the end: block 1, 2, 4"),
    ],
)
def test_what_is_not_known_never_raises_a_level(changes, words):
    change = level(**changes)
    assert change.level == 0.5
    assert change.reason.startswith(words)
    assert "stays at 50 %" in change.reason


def test_little_success_lowers_the_level_though_not_all_was_told_or_done():
    assert level(tries=20, successes=5, pain=None, is_complete=False).level == pytest.approx(0.35)


def test_tries_outside_the_tasks_tell_nothing():
    made = Visit(1, 0.5, 2, (outcome(1, 100, 100), outcome(2, 19, 19), outcome(4, 100, 100)))
    assert level_after(programme(), made).level == 0.5


def test_blocks_without_tasks_rise_when_all_were_walked_to_their_end():
    made = programme(progression__by="completion")
    change = level(made, tries=0, successes=0)
    assert change.level == pytest.approx(0.6)
    assert "Every block was walked to its end" in change.reason
    assert level(made, tries=20, successes=0).level == pytest.approx(0.6)
    assert level(made, is_complete=False).level == 0.5
    assert level(made, effort=15).level == 0.5
    assert level(made, stop="The harness carries 40 %.").level == 0.5


def test_a_test_that_was_left_out_holds_no_level_down_and_a_task_does():
    def done(left_out):
        blocks = tuple(
            replace(block, is_complete=False, is_left_out=True)
            if block.number == left_out
            else block
            for block in visit().blocks
        )
        return level_after(programme(), Visit(1, 0.5, 2, blocks))

    assert done(4).level == pytest.approx(0.6)
    assert done(1).level == 0.5
    assert "block 1" in done(1).reason


def test_the_level_stays_between_start_and_goal_and_says_so():
    top, bottom = level(level=1.0), level(level=0.0, pain=7)
    assert (top.level, bottom.level) == (1.0, 0.0)
    assert "at its goal" in top.reason
    assert "a clinician should look" in bottom.reason
    assert level(level=0.95).level == 1.0
    assert level(level=0.1, pain=7).level == 0.0


@given(
    level=st.floats(0, 1),
    pain_before=st.none() | st.integers(0, 10),
    pain=st.none() | st.integers(0, 10),
    effort=st.none() | st.integers(6, 20),
    tries=st.integers(0, 60),
    part=st.floats(0, 1),
    is_complete=st.booleans(),
)
def test_no_outcome_leads_out_of_the_range_or_up_without_every_reason_for_it(
    level, pain_before, pain, effort, tries, part, is_complete
):
    successes = round(part * tries)
    made = visit(
        tries,
        successes,
        level=level,
        pain_before=pain_before,
        pain=pain,
        effort=effort,
        is_complete=is_complete,
    )
    change = level_after(programme(), made)
    assert 0 <= change.level <= 1
    assert change.reason.endswith(".")
    if change.level > level + 1e-5:
        assert is_complete
        assert tries >= 20
        assert successes / tries > 0.85
        assert effort is not None
        assert effort <= 14
        assert pain is not None
        assert pain < 6
        assert pain_before is not None
        assert pain - pain_before < 2


def test_blocks_follow_each_other_and_one_that_was_cut_comes_again():
    made = programme()
    begun = Visit(1, 0.2, 2)
    assert next_block(made, begun) == 1
    begun = replace(begun, blocks=(outcome(1),))
    assert next_block(made, begun) == 2
    cut = replace(begun, blocks=(outcome(1), outcome(2, is_complete=False)))
    assert next_block(made, cut) == 2
    left = replace(begun, blocks=(outcome(1), outcome(2, is_complete=False, is_left_out=True)))
    assert next_block(made, left) == 4
    assert next_block(made, visit()) is None
    assert next_block(made, replace(begun, stopped="Pain.")) is None
    assert next_block(made, replace(begun, is_over=True)) is None


def test_what_comes_next_is_an_open_visit_or_the_one_after_the_last_at_its_level():
    made = programme()
    assert upcoming(made, ()) == Visit(1, 0.2)
    open_visit = replace(visit(), is_over=False)
    assert upcoming(made, (open_visit,)) == open_visit
    over = closed(made, visit(level=0.2))
    assert over.is_over
    assert over.next_level == pytest.approx(0.3)
    assert upcoming(made, (over,)) == Visit(2, over.next_level)
    assert upcoming(made, (replace(over, visit=4),)) is None
