"""Whether the base follows: each boundary of its window, swept."""

from math import exp, inf, nan

import pytest
from safety.platform_bench import AXES, HOME, LIMITS, TICK_S, axes

from rehabsim.base.records import Pose
from rehabsim.safety.platform_following import (
    LAG_S,
    follow,
    is_astray,
    unlike,
    why_off,
)
from rehabsim.safety.platform_messages import Track

MS = 1_000_000
EPSILON = 1e-9
NOBODY = Track()
UNITS = ["m"] * 3 + ["rad"] * 3
MOSTS = [0.03] * 3 + [0.05] * 3
EACH = pytest.mark.parametrize("axis", range(6))


def at(axis, value):
    return Pose(**{AXES[axis]: value})


def told(measured, goal, before=NOBODY, *, t_ns=5 * MS, gap_s=TICK_S):
    return follow(before, goal, measured, LIMITS, t_ns=t_ns, gap_s=gap_s)


# -- the window ----------------------------------------------------------------------------


@EACH
@pytest.mark.parametrize("sign", [1, -1])
def test_a_base_that_stands_may_be_a_quarter_of_the_furthest_beside(axis, sign):
    room, there = MOSTS[axis] / 4, at(axis, 0.05)
    assert unlike(at(axis, sign * room), HOME, HOME, LIMITS) == ""
    for beyond in (-EPSILON, EPSILON):
        measured = at(axis, 0.05 + sign * (room + beyond))
        assert bool(unlike(measured, there, there, LIMITS)) == (beyond > 0)


@EACH
@pytest.mark.parametrize("sign", [1, -1])
def test_one_that_moves_may_be_anywhere_between_and_half_of_the_way_more(axis, sign):
    due, goal = sign * 0.01, sign * 0.05
    room = MOSTS[axis] / 4 + 0.02
    for part in (0.0, 0.3, 1.0):
        measured = at(axis, due + part * (goal - due))
        assert unlike(measured, at(axis, goal), at(axis, due), LIMITS) == ""
    for beyond in (-EPSILON, EPSILON):
        for edge in (min(due, goal) - room - beyond, max(due, goal) + room + beyond):
            words = unlike(at(axis, edge), at(axis, goal), at(axis, due), LIMITS)
            assert bool(words) == (beyond > 0)


@EACH
@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_what_is_no_number_never_passes(axis, value):
    assert unlike(at(axis, value), HOME, HOME, LIMITS)


@EACH
def test_the_words_name_the_axis_and_all_numbers(axis):
    words = unlike(at(axis, -0.1), at(axis, 0.05), at(axis, 0.01), LIMITS)
    name, unit, room = AXES[axis].rpartition("_")[0], UNITS[axis], MOSTS[axis] / 4 + 0.02
    assert words == (
        f"the platform's {name} is -0.100 {unit} where 0.010 to 0.050 {unit} are due,"
        f" limit {room:.3f} {unit} beside"
    )


def test_too_far_from_the_set_point_is_said_first():
    far = at(0, 0.09)
    assert why_off(Track(HOME), HOME, far, LIMITS).endswith("limit 0.030 m apart")
    assert why_off(Track(HOME), HOME, at(0, 0.02), LIMITS).endswith("limit 0.007 m beside")
    assert why_off(Track(HOME), HOME, at(0, 0.007), LIMITS) == ""
    assert why_off(Track(), HOME, at(0, 0.02), LIMITS) == ""
    assert why_off(Track(), HOME, far, LIMITS).endswith("limit 0.030 m apart")


# -- where it is due -----------------------------------------------------------------------


def test_where_it_becomes_known_it_is_due_then():
    assert told(at(2, 0.04), at(2, 0.05)) == Track(at(2, 0.04))


def test_where_it_is_not_known_nothing_is_due():
    assert told(None, at(2, 0.05), Track(HOME, 3, 4)) == Track()


@EACH
def test_it_is_due_where_the_set_point_was_as_bases_lag(axis):
    track, goal = Track(HOME), at(axis, 0.05)
    for _ in range(round(LAG_S / TICK_S)):
        track = told(goal, goal, track)
    assert axes(track.due)[axis] == pytest.approx(0.05 * (1 - exp(-1)), rel=0.02)
    assert sum(map(bool, axes(track.due))) == 1
    one = told(goal, goal, Track(HOME))
    assert axes(one.due)[axis] == pytest.approx(0.05 * TICK_S / LAG_S)


@pytest.mark.parametrize(("gap_s", "share"), [(-1.0, 0.0), (0.0, 0.0), (0.1, 1.0), (9.0, 1.0)])
def test_no_gap_takes_it_back_or_beyond(gap_s, share):
    track = told(HOME, at(0, 0.01), Track(at(0, -0.01)), gap_s=gap_s)
    assert track.due.x_m == pytest.approx(-0.01 + share * 0.02)


def test_the_window_is_that_of_now():
    """Of the set point and of where it is due after this step, not before it."""
    before = Track(at(0, 0.0))
    goal = at(0, 0.05)
    edge = 0.002 - (0.0075 + 0.048 / 2)  # 0.002 are due after a tick
    for beyond in (-EPSILON, EPSILON):
        track = told(at(0, edge - beyond), goal, before)
        assert (track.unlike_ns is not None) == (beyond > 0)


# -- for how long --------------------------------------------------------------------------


def test_since_when_is_kept_until_it_is_near_again():
    off, near = at(1, 0.02), at(1, 0.0)
    first = told(off, HOME, Track(HOME), t_ns=10)
    assert (first.astray_ns, first.unlike_ns) == (None, 10)
    assert told(off, HOME, first, t_ns=20).unlike_ns == 10
    assert told(near, HOME, first, t_ns=20).unlike_ns is None
    far = told(at(1, 0.05), HOME, Track(HOME), t_ns=10)
    assert (far.astray_ns, far.unlike_ns) == (10, 10)
    assert told(at(1, 0.05), HOME, far, t_ns=20).astray_ns == 10
    assert told(off, HOME, far, t_ns=20).astray_ns is None
    at_zero = Track(HOME, 0, 0)
    kept = told(at(1, 0.05), HOME, at_zero, t_ns=20)
    assert (kept.astray_ns, kept.unlike_ns) == (0, 0)


@pytest.mark.parametrize(("field", "most_ms"), [("astray_ns", 120), ("unlike_ns", 40)])
@pytest.mark.parametrize("late_ns", [1, 0, -1])
def test_each_may_last_so_long_and_not_a_nanosecond_more(field, most_ms, late_ns):
    track = Track(HOME, **{field: 7})
    assert is_astray(track, 7 + most_ms * MS + late_ns, LIMITS) == (late_ns > 0)


def test_one_that_is_near_is_never_astray():
    assert not is_astray(Track(HOME), 10**12, LIMITS)


# -- bases ---------------------------------------------------------------------------------


def trapezoid(t_s, speed):
    """Return a way to 0.1 and back at `speed`, with a rest between."""
    there = min(max(t_s * speed, 0.0), 0.1)
    back = min(max((t_s - 1.5) * speed, 0.0), 0.1)
    return there - back


def longest_off_s(lag_s, speed, stick_s=inf):
    """Return for how long a base of this lag is elsewhere at a stretch, and when it was first."""
    base, track, longest_ns, first_s = 0.0, Track(HOME), 0, inf
    for tick in range(1, 750):
        t_s, goal = tick * TICK_S, at(0, trapezoid(tick * TICK_S, speed))
        if t_s < stick_s:
            base += (goal.x_m - base) * min(TICK_S / lag_s, 1.0)
        track = told(at(0, base), goal, track, t_ns=round(t_s * 1e9))
        if track.unlike_ns is not None:
            longest_ns = max(longest_ns, round(t_s * 1e9) - track.unlike_ns)
            first_s = min(first_s, t_s)
    return longest_ns / 1e9, first_s


@pytest.mark.parametrize("lag_s", [0.004, 0.02, 0.05, 0.1, 0.15])
@pytest.mark.parametrize("speed", [0.02, 0.1, 0.2])
def test_no_base_that_lags_as_bases_do_is_elsewhere(lag_s, speed):
    assert longest_off_s(lag_s, speed) == (0.0, inf)


@pytest.mark.parametrize(
    ("speed", "within_s"), [(0.05, 0.25), (0.1, 0.16), (0.15, 0.13), (0.2, 0.12)]
)
def test_a_base_that_sticks_is_elsewhere_soon(speed, within_s):
    """Sooner than its set point could be as far away as no base may be, until that is soon too."""
    _, first_s = longest_off_s(0.085, speed, stick_s=0.3)
    assert 0.05 < first_s - 0.3 < within_s
    assert speed > 0.15 or first_s - 0.3 < 0.03 / speed - 0.085
