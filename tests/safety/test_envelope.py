"""How far a set point may go, swept around every boundary."""

import itertools
from math import inf, nan, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safety.bench import LIMITS

from rehabsim.base.records import Wish
from rehabsim.safety.envelope import (
    EASE_FRAC,
    Envelope,
    Motion,
    approach,
    is_sane,
    towards,
    within,
)

FIELDS = ("left_speed_mps", "right_speed_mps", "incline_rad")
anything = st.floats(allow_nan=True, allow_infinity=True)
speeds = st.floats(0.0, 20.0)
WALKING = Envelope(LIMITS.max_speed_mps, LIMITS.max_accel_mps2, 2.0, LIMITS.max_split_mps)


def held(wish):
    return within(wish, WALKING, LIMITS)


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
    kept = held(Wish(value, value))
    assert kept.left_speed_mps == kept.right_speed_mps == min(value, LIMITS.max_speed_mps)


@pytest.mark.parametrize("value", [0.0, 0.01, *around(LIMITS.max_incline_rad), 1.5, 1e308])
def test_incline_is_held_to_its_limit_and_not_a_bit_below(value):
    assert held(Wish(1.0, 1.0, value)).incline_rad == min(value, LIMITS.max_incline_rad)


@pytest.mark.parametrize("slow", [0.0, 0.5, 1.69, 1.7])
@pytest.mark.parametrize("split", [0.0, 0.1, *around(LIMITS.max_split_mps), 0.31, 1.0, 5.0])
def test_the_faster_belt_gives_way_to_the_split_on_either_side(slow, split):
    fast = min(slow + split, LIMITS.max_speed_mps)
    kept = min(fast, slow + LIMITS.max_split_mps)
    assert held(Wish(slow, slow + split)) == Wish(slow, kept)
    assert held(Wish(slow + split, slow)) == Wish(kept, slow)


@given(speeds, speeds, speeds)
def test_what_is_kept_lies_within_every_limit_and_is_never_faster_than_wished(left, right, deck):
    wish = Wish(left, right, deck)
    kept = held(wish)
    assert 0 <= kept.left_speed_mps <= min(left, LIMITS.max_speed_mps)
    assert 0 <= kept.right_speed_mps <= min(right, LIMITS.max_speed_mps)
    assert 0 <= kept.incline_rad <= min(deck, LIMITS.max_incline_rad)
    assert abs(kept.left_speed_mps - kept.right_speed_mps) <= LIMITS.max_split_mps + 1e-12
    assert held(kept) == kept


@given(speeds, speeds)
def test_what_lies_within_the_limits_is_kept_as_it_is(left, right):
    wish = Wish(min(left, 2.0), min(max(right, left - 0.3), left + 0.3, 2.0), 0.1)
    kept = held(wish)
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


# -- set points over time --------------------------------------------------------------------


def course(start_mps, accel_mps2, targets_mps, e, dt_s=0.004, count=3000):
    """Yield motions on the way from (left, right) speeds to targets."""
    motion = Motion(start_mps, (accel_mps2, accel_mps2))
    for _ in range(count):
        yield motion
        motion = approach(motion, targets_mps, e, dt_s)


JERKY = Envelope(2.5, 5.0, 200.0, 1.2)
GENTLE = Envelope(2.0, 0.25, 2.0, 0.3)


@pytest.mark.parametrize("e", [WALKING, GENTLE, JERKY])
@pytest.mark.parametrize(
    ("start", "target"),
    [(0.0, 1.2), (0.0, 2.0), (1.2, 1.0), (1.0, 1.01), (1.0, 1.0001), (0.5, 0.0), (1.2, 2.0)],
)
def test_a_set_point_arrives_without_overshoot_and_stays(e, start, target):
    speeds = [m.speeds_mps[0] for m in course((start, start), 0.0, (target, target), e)]
    assert speeds[-1] == target
    assert min(start, target) <= min(speeds)
    assert max(speeds) <= max(start, target)
    ideal_s = abs(target - start) / e.max_accel_mps2 + e.max_accel_mps2 / e.max_jerk_mps3
    brief_s = 2 * (abs(target - start) / e.max_jerk_mps3) ** 0.5
    taken_s = 0.004 * speeds.index(target)
    assert taken_s <= 1.15 * max(ideal_s, brief_s) + 0.02


@pytest.mark.parametrize("dt_s", [0.001, 0.004, 0.02])
@given(
    start=st.tuples(st.floats(0, 2), st.floats(0, 2)),
    accel=st.floats(-0.5, 0.5),
    target=st.tuples(st.floats(0, 2), st.floats(0, 2)),
    e=st.sampled_from([WALKING, GENTLE, JERKY]),
)
def test_range_acceleration_and_split_hold_always_and_the_jerk_mostly(
    dt_s, start, accel, target, e
):
    start = (start[0], min(max(start[1], start[0] - e.max_split_mps), start[0] + e.max_split_mps))
    kept = within(Wish(*target), e, LIMITS)
    accel = min(max(accel, -e.max_accel_mps2), e.max_accel_mps2)
    before = None
    for now in course(start, accel, (kept.left_speed_mps, kept.right_speed_mps), e, dt_s, 200):
        if before is not None:
            split_mps = abs(now.speeds_mps[0] - now.speeds_mps[1])
            assert split_mps <= e.max_split_mps + 1e-9
            is_cut = split_mps > e.max_split_mps - 1e-9 or {0.0, e.max_speed_mps} & {
                *now.speeds_mps,
                *before.speeds_mps,
            }
            was_cut = abs(before.speeds_mps[0] - before.speeds_mps[1]) > e.max_split_mps - 1e-9
            for side in (0, 1):
                assert 0.0 <= now.speeds_mps[side] <= max(e.max_speed_mps, start[side])
                assert abs(now.accels_mps2[side]) <= e.max_accel_mps2 + 1e-9
                jerk_mps3 = abs(now.accels_mps2[side] - before.accels_mps2[side]) / dt_s
                assert is_cut or was_cut or jerk_mps3 <= 1.001 * e.max_jerk_mps3 + 1e-6
        before = now


def test_belts_further_apart_than_allowed_only_come_nearer():
    far = list(course((1.0, 2.2), 0.0, (1.0, 1.0), WALKING))
    splits = [abs(m.speeds_mps[0] - m.speeds_mps[1]) for m in far]
    assert all(now <= was + 1e-12 for was, now in itertools.pairwise(splits))
    assert all(m.speeds_mps[1] <= 2.2 for m in far)
    assert splits[-1] == 0.0


def test_a_target_that_comes_nearer_on_the_way_is_passed_by_no_more_than_the_jerk_needs():
    *_, fast = course((1.0, 1.0), 0.0, (2.0, 2.0), WALKING, count=150)
    assert fast.accels_mps2[0] == pytest.approx(0.5)
    target = fast.speeds_mps[0] + 0.001
    after = [m.speeds_mps[0] for m in course(fast.speeds_mps, 0.5, (target, target), WALKING)]
    assert max(after) - target == pytest.approx(0.5 * 0.5 / (2 * EASE_FRAC * 2.0), abs=0.003)
    assert after[-1] == target


@pytest.mark.parametrize(("slow", "fast"), [(1.0, 1.3), (1.0, 2.2)])
def test_belts_that_part_are_kept_together_whatever_the_jerk(slow, fast):
    """The slower one still slows down, the faster one still speeds up."""
    targets = (slow + 0.5, fast + 0.5)
    for order in (slice(None), slice(None, None, -1)):
        now = Motion((slow, fast)[order], (-0.5, 0.5)[order])
        then = approach(now, targets[order], WALKING, 0.004)
        low, high = then.speeds_mps[order]
        assert low == pytest.approx(slow + 0.004 * (-0.5 + EASE_FRAC * 2.0 * 0.004))
        assert high == low + max(fast - slow, LIMITS.max_split_mps)


def test_a_target_that_the_full_jerk_just_reaches_is_reached():
    e = Envelope(2.0, 4.0, 2.0, 9.0)  # all exact in binary
    then = approach(Motion((1.0, 1.0), (1.0, 1.0)), (1.125, 1.125), e, 0.25)
    assert then.speeds_mps == (1.125, 1.125)


def test_a_set_point_eases_no_earlier_than_it_must():
    e, dt_s = Envelope(2.0, 4.0, 2.0, 8.0), 0.25
    step_mps2 = EASE_FRAC * e.max_jerk_mps3 * dt_s
    gap_mps = dt_s * step_mps2 * (3 + 2 + 1)  # Three more steps, each by one less, just arrive.
    then = approach(Motion((0.0, 0.0), (3 * step_mps2,) * 2), (gap_mps, gap_mps), e, dt_s)
    assert then.speeds_mps == pytest.approx((dt_s * 3 * step_mps2,) * 2)


@pytest.mark.parametrize(("speed", "accel"), [(-0.0, 0.0), (1e-6, -0.0079)])
def test_no_zero_is_negative(speed, accel):
    then = approach(Motion((speed, speed), (accel, accel)), (-0.0, -0.0), WALKING, 0.004)
    assert repr(then.speeds_mps) == "(0.0, 0.0)"
    assert repr(held(Wish(0.0, 0.0, -0.0)).incline_rad) == "0.0"


def test_a_span_that_reaches_below_rest_lets_no_belt_run_backwards():
    now = Motion((0.001, 0.001), (-5.0, -5.0))
    then = approach(now, (0.0, 0.0), JERKY, 0.004, ((-1.0, 1.0), (-1.0, 1.0)))
    assert then.speeds_mps == (0.0, 0.0)


@pytest.mark.parametrize(("span", "end"), [((0.9, 1.1), 1.1), ((0.0, 0.995), 0.995)])
def test_a_span_is_kept_whatever_the_jerk(span, end):
    now = Motion((1.09, 0.5), (5.0, 0.0))
    for spans, order in (((span, (0.0, 2.0)), 1), (((0.0, 2.0), span), -1)):
        motion = Motion(now.speeds_mps[::order], now.accels_mps2[::order])
        then = approach(motion, (1.1, 0.5)[::order], JERKY, 0.004, spans)
        assert then.speeds_mps[::order] == (end, 0.5)
