"""How much of a rest is left, whatever happened since it began."""

import pytest
from msgspec.structs import replace
from training.programmes import programme

from rehabsim.base.clock import NS
from rehabsim.training.progression import BlockOutcome, Early, Visit
from rehabsim.training.rest import BETWEEN_VISITS_S, last_walked, rest_before, rest_in

ENDED_NS = 1_000 * NS
EARLY = Early("therapist", "no time", 3.0)


def visit(*outcomes, **changes):
    return Visit(1, 0.2, 2, outcomes, **changes)


def outcome(number=2, **changes):
    return BlockOutcome(number, log="a.mcap", **({"ended_utc_ns": ENDED_NS} | changes))


def left_s(made, after_s):
    rest = rest_in(programme(), made, ENDED_NS + round(after_s * NS))
    return 0.0 if rest is None else rest.left_s


@pytest.mark.parametrize(
    ("after_s", "left"), [(0, 30), (1, 29), (29.5, 0.5), (30, 0), (31, 0), (1e6, 0), (-500, 30)]
)
def test_a_rest_is_left_until_it_is_over_and_a_clock_set_back_gives_all_of_it(after_s, left):
    assert left_s(visit(outcome()), after_s) == pytest.approx(left)


def test_a_block_that_was_cut_or_left_has_its_rest_too():
    for changes in ({"is_complete": False}, {"is_left_out": True}, {"stop": "Fell."}):
        assert left_s(visit(outcome(**changes)), 0) == 30


def test_no_rest_is_left_before_the_first_block_after_none_and_when_somebody_ended_it():
    assert left_s(visit(), 0) == 0
    assert left_s(visit(outcome(1)), 0) == 0
    assert left_s(visit(outcome(early=EARLY)), 0) == 0
    assert left_s(visit(outcome(ended_utc_ns=0)), 0) == 0


def test_what_was_left_out_since_does_not_end_the_rest_of_what_was_walked():
    walked, absent = outcome(), BlockOutcome(4, is_left_out=True)
    assert left_s(visit(walked, absent), 10) == 20
    assert last_walked(visit(walked, absent)) is walked
    assert last_walked(visit(absent)) is None


def test_words_say_how_much_of_how_much():
    rest = rest_in(programme(), visit(outcome()), ENDED_NS + 12 * NS)
    assert rest.words() == "18 of 30 s of rest are left"


@pytest.mark.parametrize(("after_h", "left_h"), [(0, 16), (15, 1), (16, 0), (24, 0)])
def test_the_next_visit_is_not_on_the_same_day(after_h, left_h):
    over = visit(outcome(), is_over=True)
    rest = rest_before((over,), Visit(2, 0.3), ENDED_NS + after_h * 3600 * NS)
    if left_h == 0:
        assert rest is None
        return
    assert rest.left_s == pytest.approx(3600 * left_h)
    assert rest.of_s == BETWEEN_VISITS_S
    assert rest.words() == f"The last visit ended less than 16 h ago; {left_h}.0 h are left"


def test_a_visit_that_was_begun_cut_short_or_follows_none_that_is_known_has_no_rest_before_it():
    over = visit(outcome(), is_over=True)
    begun = Visit(2, 0.3, 2, (outcome(1),))
    for before, made in (
        ((over,), begun),
        ((over,), Visit(2, 0.3, early=EARLY)),
        ((), Visit(1, 0.0)),
        ((replace(over, blocks=(outcome(ended_utc_ns=0),)),), Visit(2, 0.3)),
    ):
        assert rest_before(before, made, ENDED_NS) is None
