"""How far a set point may go, swept around every boundary."""

from math import inf, nan, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safety.bench import LIMITS

from rehabsim.base.records import Wish
from rehabsim.safety.envelope import is_sane, towards, within

FIELDS = ("left_speed_mps", "right_speed_mps", "incline_rad")
anything = st.floats(allow_nan=True, allow_infinity=True)
speeds = st.floats(0.0, 20.0)


def around(limit):
    """Return numbers just inside, on and just outside `limit`."""
    return nextafter(limit, -inf), limit, nextafter(limit, inf)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [nan, inf, -inf, -5e-324, -0.001, -1.0, -1e308])
def test_a_wish_with_one_number_that_is_not_finite_or_negative_is_not_sane(field, value):
    numbers = dict.fromkeys(FIELDS, 0.1) | {field: value}
    assert not is_sane(Wish(**numbers))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [0.0, -0.0, 5e-324, 1.0, 1e308])
def test_a_finite_wish_that_is_not_negative_is_sane(field, value):
    numbers = dict.fromkeys(FIELDS, 0.1) | {field: value}
    assert is_sane(Wish(**numbers))


@given(anything, anything, anything)
def test_a_wish_is_sane_exactly_when_all_its_numbers_are(left, right, incline):
    assert is_sane(Wish(left, right, incline)) == all(
        v >= 0 and v != inf for v in (left, right, incline)
    )


@pytest.mark.parametrize("value", [0.0, 0.1, *around(LIMITS.max_speed_mps), 3.0, 1e308])
def test_speed_is_held_to_its_limit_and_not_a_bit_below(value):
    kept = within(Wish(value, value), LIMITS)
    assert kept.left_speed_mps == kept.right_speed_mps == min(value, LIMITS.max_speed_mps)


@pytest.mark.parametrize("value", [0.0, 0.01, *around(LIMITS.max_incline_rad), 1.5, 1e308])
def test_incline_is_held_to_its_limit_and_not_a_bit_below(value):
    assert within(Wish(1.0, 1.0, value), LIMITS).incline_rad == min(value, LIMITS.max_incline_rad)


@pytest.mark.parametrize("slow", [0.0, 0.5, 1.69, 1.7])
@pytest.mark.parametrize("split", [0.0, 0.1, *around(LIMITS.max_split_mps), 0.31, 1.0, 5.0])
def test_the_faster_belt_gives_way_to_the_split_on_either_side(slow, split):
    fast = min(slow + split, LIMITS.max_speed_mps)
    kept = min(fast, slow + LIMITS.max_split_mps)
    assert within(Wish(slow, slow + split), LIMITS) == Wish(slow, kept)
    assert within(Wish(slow + split, slow), LIMITS) == Wish(kept, slow)


@given(speeds, speeds, speeds)
def test_what_is_kept_lies_within_every_limit_and_is_never_faster_than_wished(left, right, deck):
    wish = Wish(left, right, deck)
    kept = within(wish, LIMITS)
    assert 0 <= kept.left_speed_mps <= min(left, LIMITS.max_speed_mps)
    assert 0 <= kept.right_speed_mps <= min(right, LIMITS.max_speed_mps)
    assert 0 <= kept.incline_rad <= min(deck, LIMITS.max_incline_rad)
    assert abs(kept.left_speed_mps - kept.right_speed_mps) <= LIMITS.max_split_mps + 1e-12
    assert within(kept, LIMITS) == kept


@given(speeds, speeds)
def test_what_lies_within_the_limits_is_kept_as_it_is(left, right):
    wish = Wish(min(left, 2.0), min(max(right, left - 0.3), left + 0.3, 2.0), 0.1)
    kept = within(wish, LIMITS)
    assert kept.left_speed_mps == pytest.approx(wish.left_speed_mps, abs=1e-12)
    assert kept.right_speed_mps == pytest.approx(wish.right_speed_mps, abs=1e-12)


@pytest.mark.parametrize(
    ("now", "target", "step", "then"),
    [
        (0.0, 1.0, 0.1, 0.1),
        (0.0, 0.1, 0.1, 0.1),
        (0.0, 0.05, 0.1, 0.05),
        (1.0, 0.0, 0.1, 0.9),
        (0.1, 0.0, 0.1, 0.0),
        (0.05, 0.0, 0.1, 0.0),
        (0.5, 0.5, 0.1, 0.5),
        (0.5, 0.9, 0.0, 0.5),
        (0.5, 0.1, 0.0, 0.5),
    ],
)
def test_one_step_towards_a_target(now, target, step, then):
    assert towards(now, target, step) == then


@given(speeds, speeds, st.floats(0.0, 1.0))
def test_a_step_never_overshoots_and_never_exceeds_its_size(now, target, step):
    then = towards(now, target, step)
    assert min(now, target) <= then <= max(now, target)
    assert abs(then - now) <= step + 1e-12
    assert then == target or abs(abs(then - now) - step) < 1e-12


@given(*[st.floats(0.0, 2.0)] * 4, st.floats(0.0, 0.1))
def test_stepping_both_belts_never_splits_them_more_than_start_and_target(l0, r0, l1, r1, step):
    split = towards(l0, l1, step) - towards(r0, r1, step)
    assert min(l0 - r0, l1 - r1) - 1e-12 <= split <= max(l0 - r0, l1 - r1) + 1e-12
