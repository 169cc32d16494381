"""Box, speed and acceleration of an axis, swept densely around each limit."""

from math import inf, nan, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safety.platform_bench import AXES, HOME, LIMITS, axes

from rehabsim.base.limits import PlatformLimits
from rehabsim.base.records import PlatformSample, PlatformWish, Pose
from rehabsim.safety.platform_envelope import (
    Pace,
    base_words,
    box,
    brisk,
    device_cause,
    homing,
    inside,
    is_parked,
    is_sane,
    normal,
    six,
    slowed,
    step,
    too_far,
    why_clamped,
    words,
)
from rehabsim.safety.platform_messages import PlatformInputs

EDGE = 0.1
PACE = Pace(0.2, 2.0, 1.0)
AROUND = [k * 0.0001 for k in range(-20, 21)]


def test_each_axis_has_its_own_box_and_the_pace_of_its_kind():
    assert box(LIMITS) == (0.1, 0.09, 0.08, 0.14, 0.13, 0.12)
    assert normal(LIMITS) == (Pace(0.2, 1.0, 1.0),) * 3 + (Pace(0.35, 1.75, 1.75),) * 3
    assert brisk(LIMITS) == (Pace(0.3, 2.5, 1.0),) * 3 + (Pace(0.7, 6.0, 1.75),) * 3
    assert homing(LIMITS) == (Pace(0.05, 0.05, 0.05),) * 3 + (Pace(0.06, 0.06, 0.06),) * 3
    weak = {"max_accel_mps2": 0.03, "max_accel_radps2": 0.04}
    weak = PlatformLimits(**LIMITS.model_dump() | weak)
    assert homing(weak) == (Pace(0.05, 0.03, 0.03),) * 3 + (Pace(0.06, 0.04, 0.04),) * 3
    assert six(Pose(1, 2, 3, 4, 5, 6)) == (1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("axis", AXES)
def test_no_number_of_a_pose_may_be_other_than_finite(axis):
    assert is_sane(Pose(**{axis: 1e300}))
    assert is_sane(Pose(**{axis: -1e300}))
    for value in (nan, inf, -inf):
        assert not is_sane(Pose(**{axis: value}))


@pytest.mark.parametrize("axis", AXES)
def test_a_pose_is_held_to_its_box_axis_by_axis(axis):
    edge = box(LIMITS)[AXES.index(axis)]
    for beyond in AROUND:
        for sign in (1, -1):
            wished = sign * (edge + beyond)
            kept = inside(Pose(**{axis: wished}), LIMITS)
            assert getattr(kept, axis) == pytest.approx(sign * min(edge + beyond, edge), abs=0)
            assert sum(map(abs, axes(kept))) == abs(getattr(kept, axis))


# -- steps ---------------------------------------------------------------------------------


def test_a_step_gains_no_more_speed_than_the_acceleration_allows():
    assert step(0.0, 0.0, 0.05, EDGE, PACE, 0.004) == pytest.approx((0.008 * 0.004, 0.008))
    assert step(0.0, 0.0, -0.05, EDGE, PACE, 0.004) == pytest.approx((-0.008 * 0.004, -0.008))


def test_a_step_loses_no_more_speed_than_the_acceleration_allows():
    assert step(0.0, 0.1, -0.05, EDGE, PACE, 0.004) == pytest.approx((0.092 * 0.004, 0.092))


@pytest.mark.parametrize("rate", [0.193, 0.1995, 0.2, 0.25])
def test_no_step_is_faster_than_the_highest_speed_once_it_had_time_to_slow_down(rate):
    place, rate = step(-0.09, rate, 0.09, EDGE, PACE, 0.004)
    assert rate == pytest.approx(0.25 - 0.008 if rate > 0.21 else 0.2)
    assert place == pytest.approx(-0.09 + rate * 0.004)


def test_the_last_steps_before_a_target_follow_the_braking_parabola():
    place, rate = 0.0, 0.0
    for _ in range(2000):
        place, rate = step(place, rate, 0.05, EDGE, PACE, 0.004)
        assert rate**2 <= 2 * PACE.brake * (0.05 - place) + 1e-12
        assert rate <= sqrt(2 * PACE.brake * 0.05)
    assert place == pytest.approx(0.05, abs=1e-9)
    assert rate == pytest.approx(0.0, abs=1e-6)


def test_a_step_from_a_standstill_near_its_target_does_not_overshoot():
    for gap in AROUND[21:]:
        place, _ = step(0.05 - gap, 0.0, 0.05, EDGE, Pace(0.2, 25.0, 1.0), 0.004)
        assert 0.05 - gap < place <= 0.05 + 1e-12


@pytest.mark.parametrize("brake", [1.0, 1.6])
def test_a_step_is_as_long_as_its_braking_allows(brake):
    dt_s, gap = 0.004, 0.01
    _, rate = step(0.0, 0.19, gap, EDGE, Pace(0.2, 25.0, brake), dt_s)
    assert rate**2 == pytest.approx(2 * brake * (gap - rate * dt_s), rel=1e-9)
    assert rate > 0.13


@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_too_fast_at_the_edge_stops_there(sign):
    assert step(sign * 0.0999, sign * 0.2, 0.0, EDGE, PACE, 0.004) == (sign * EDGE, 0.0)
    assert slowed(sign * 0.0999, sign * 0.2, EDGE, 1.0, 0.004) == (sign * EDGE, 0.0)
    at_edge = slowed(sign * (EDGE - 0.25), sign * 0.25, EDGE, 1e-9, 1.0)
    assert at_edge[1] != 0.0


def test_an_axis_without_room_stays_in_the_middle():
    assert step(0.0, 0.0, 0.0, 0.0, PACE, 0.004) == (0.0, 0.0)


@pytest.mark.parametrize("rate", [0.3, -0.3])
def test_a_slowed_axis_stands_still_when_it_should(rate):
    place, ticks = 0.0, 0
    while rate:
        before = place
        place, rate = slowed(place, rate, EDGE, 3.2, 0.004)
        assert place - before == pytest.approx(rate * 0.004)
        ticks += 1
    assert ticks == 24  # 0.3 / 3.2 = 0.094 s
    assert slowed(place, 0.0, EDGE, 3.2, 0.004) == (place, 0.0)


@given(
    st.floats(-EDGE, EDGE),
    st.lists(st.tuples(st.floats(-EDGE, EDGE), st.floats(0, 0.02), st.booleans()), max_size=60),
)
def test_no_order_of_targets_and_steps_leaves_the_box(place, acts):
    rate = 0.0
    for target, dt_s, is_stop in acts:
        was = rate
        if is_stop:
            place, rate = slowed(place, rate, EDGE, 2.0, dt_s)
        else:
            place, rate = step(place, rate, target, EDGE, PACE, dt_s)
        room = EDGE - place if rate > 0 else EDGE + place
        assert room >= 0
        assert rate**2 <= 2 * PACE.brake * room + 1e-9
        assert abs(rate - was) <= PACE.accel * dt_s + 1e-9
        assert abs(rate) <= PACE.speed + 1e-9


# -- words ---------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", AXES)
def test_a_base_that_is_as_far_as_it_may_be_is_not_too_far(axis):
    most = 0.03 if axis.endswith("_m") else 0.05
    for sign in (1, -1):
        assert too_far(Pose(**{axis: sign * most}), HOME, LIMITS) == ""
        text = too_far(Pose(**{axis: sign * (most + 1e-6)}), HOME, LIMITS)
        name, _, unit = axis.rpartition("_")
        assert text == (
            f"the platform's {name} is {sign * most:.3f} {unit}, told 0.000 {unit}, limit"
            f" {most:.3f} {unit} apart"
        )
    assert too_far(Pose(**{axis: nan}), HOME, LIMITS)
    assert too_far(Pose(**{axis: 0.1}), Pose(**{axis: 0.1}), LIMITS) == ""
    assert "told -0.100" in too_far(HOME, Pose(**{axis: -0.1}), LIMITS)


STILL = (0.0,) * 6


def clamped(wish, pose=HOME, rate=STILL, *, is_brisk=False, is_perturbing=False):
    return why_clamped(PlatformWish(wish, is_perturbing), pose, rate, LIMITS, is_brisk=is_brisk)


def test_a_wish_outside_the_box_is_said_with_its_numbers():
    assert clamped(Pose(0.3, pitch_rad=-0.5)) == (
        "Wish (0.300, 0.000, 0.000 m; 0.000, -0.500, 0.000 rad) is outside the platform's box;"
        " held to (0.100, 0.000, 0.000 m; 0.000, -0.130, 0.000 rad)."
    )
    assert clamped(Pose(0.1, pitch_rad=-0.13)) == ""
    assert words(Pose(1, 2, 3, 4, 5, 6)) == "(1.000, 2.000, 3.000 m; 4.000, 5.000, 6.000 rad)"


def test_a_perturbation_that_is_not_allowed_is_said():
    text = "The perturbation is too long, or too soon: the platform moves at normal speed."
    assert clamped(HOME, is_perturbing=True) == text
    assert clamped(HOME, is_perturbing=True, is_brisk=True) == ""


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("is_brisk", [True, False])
def test_a_wish_that_is_reached_late_is_said(place, is_brisk):
    fastest = (brisk if is_brisk else normal)(LIMITS)[place].speed
    for sign in (1, -1):
        for rate, is_said in ((fastest, True), (fastest - 1e-6, False)):
            rates = tuple(sign * rate * (k == place) for k in range(6))
            wish = Pose(0.05)
            assert clamped(wish, HOME, rates, is_brisk=is_brisk) == is_said * (
                "Wish (0.050, 0.000, 0.000 m; 0.000, 0.000, 0.000 rad) is reached at the"
                " platform's highest speed, later."
            )
            assert clamped(wish, wish, rates, is_brisk=is_brisk) == ""


# -- causes --------------------------------------------------------------------------------

SAMPLE = PlatformSample(1_000_000_000, HOME, "idle", True)


def cause(t_ns=1_000_000_000, sample=SAMPLE, **more):
    inputs = PlatformInputs(
        t_ns=t_ns, wish=None, wish_t_ns=0, sample=sample, belt_mode="idle", is_at_rest=True, **more
    )
    return device_cause(inputs, LIMITS)


def test_what_is_wrong_with_the_base_is_said():
    assert cause() == ""
    assert cause(has_platform=False) == "the platform's link is lost"
    assert cause(sample=None) == "the platform has not reported"
    astray = PlatformSample(1_000_000_000, Pose(yaw_rad=nan), "idle", True)
    assert cause(sample=astray) == "the platform reports a place that is not a number"
    cut = PlatformSample(1_000_000_000, HOME, "idle", True, is_emergency=True)
    assert cause(sample=cut) == "the platform's emergency stop is open"


def test_a_report_may_be_as_old_as_the_limit_and_no_older():
    for age_ns in range(109_990_000, 110_010_001, 500):
        text = cause(t_ns=1_000_000_000 + age_ns)
        assert (text == "") == (age_ns <= 110_000_000)
    assert cause(t_ns=1_500_000_000) == "the platform's last report is 0.500 s old, limit 0.110 s"


def test_only_an_idle_base_at_home_is_parked():
    assert is_parked(SAMPLE)
    assert not is_parked(PlatformSample(0, HOME, "idle", False))
    assert not is_parked(PlatformSample(0, HOME, "engaged", True))


# -- words ---------------------------------------------------------------------------------


def test_what_the_base_says_of_itself():
    def said(state, *, is_home=True, hold=""):
        return base_words(PlatformSample(0, HOME, state, is_home, hold))

    assert base_words(None) == "silent"
    assert not is_parked(None)
    assert said("idle") == "idle"
    assert said("idle", is_home=False) == "idle away from home"
    assert said("fault", is_home=False, hold="torque") == "fault, torque"
    assert said("idle", is_home=False, hold="torque") == "idle away from home, torque"
