"""The platform's first movement: gentle, whatever is wished, and no part of a freeze."""

import numpy as np
import pytest
from safety.platform_bench import HOME, LIMITS, TICK_NS, TICK_S, Bench, axes, check_step

from rehabsim.base.records import PlatformWish, Pose
from rehabsim.safety.platform_onset import EASE_S, eased, resting

FAR = Pose(0.1, -0.09, 0.08, 0.14, -0.13, 0.12)
START = Pose(-0.02, 0.01, 0.0, 0.03, -0.01, 0.02)
COMFORT_MPS2, COMFORT_MPS3 = 0.17, 2.0
"""What people begin to notice, and the jerk that patients are spared."""

HEAD_M = 1.6
"""So far from the deck's axes a head is moved by its turning."""


def test_it_goes_over_from_one_pose_into_the_other():
    for time_s in (-1.0, 0.0):
        assert eased(START, FAR, time_s) == START
    for time_s in (EASE_S, EASE_S + 1e-9, 100.0, float("inf")):
        assert eased(START, FAR, time_s) == FAR
    assert eased(Pose(x_m=0.3), Pose(x_m=1e-17), EASE_S).x_m == 1e-17  # no rounding is left
    middle = [(a + b) / 2 for a, b in zip(axes(START), axes(FAR), strict=True)]
    assert axes(eased(START, FAR, EASE_S / 2)) == pytest.approx(middle)


def test_the_curve_is_the_one_of_least_jerk():
    t_s = np.linspace(0, EASE_S, 3001)
    way = np.array([eased(HOME, Pose(x_m=1.0), t).x_m for t in t_s])
    speed = np.gradient(way, t_s)
    accel = np.gradient(speed, t_s)
    assert speed.max() == pytest.approx(1.875 / EASE_S, rel=1e-3)
    assert accel.max() == pytest.approx(10 / 3**0.5 / EASE_S**2, rel=1e-3)
    assert way[1] == pytest.approx(10 * (t_s[1] / EASE_S) ** 3, rel=1e-2)
    assert np.abs(way + way[::-1] - 1).max() < 1e-12


@pytest.mark.parametrize("axis", range(6))
@pytest.mark.parametrize("sign", [1, -1])
def test_a_set_point_comes_to_rest_where_braking_takes_it(axis, sign):
    rate = [0.0] * 6
    rate[axis] = sign * 0.1
    way = 0.1**2 / (2 * (1.0 if axis < 3 else 1.75))
    expected = axes(START)
    expected[axis] += sign * way
    assert axes(resting(START, tuple(rate), LIMITS)) == pytest.approx(expected, abs=1e-15)
    rate[axis] = sign * 9.0
    assert abs(axes(resting(START, tuple(rate), LIMITS))[axis]) == axes(FAR)[axis] * (
        1 if axes(FAR)[axis] > 0 else -1
    )


def first(bench, seconds):
    """Return (n, 6) set points from now on."""
    return np.array([axes(d.state.pose) for d in bench.ticks(round(seconds / TICK_S))])


def peaks(path):
    """Return the largest acceleration and jerk of a base that lags by 40 ms, as few as any do."""
    smooth = np.apply_along_axis(lambda x: np.convolve(x, np.ones(20) / 20, "valid"), 0, path)
    accel = np.diff(smooth, 2, axis=0) / TICK_S**2
    jerk = np.diff(smooth, 3, axis=0) / TICK_S**3
    return np.abs(accel).max(axis=0), np.abs(jerk).max(axis=0)


def check_comfort(path):
    accel, jerk = peaks(path)
    assert accel[:3].max() < COMFORT_MPS2
    assert accel[3:].max() * HEAD_M < COMFORT_MPS2
    assert jerk[:3].max() < COMFORT_MPS3
    assert jerk[3:].max() * HEAD_M < COMFORT_MPS3


def test_whatever_is_wished_when_the_belts_start_is_gone_over_into_gently():
    bench = Bench().engaged()
    bench.belt_mode, bench.is_at_rest = "running", False
    bench.wish = PlatformWish(FAR)
    path = first(bench, 4.0)
    check_comfort(path)
    assert path[-1] == pytest.approx(axes(FAR), abs=1e-6)
    begun = bench.decisions[-1000].state
    assert (begun.mode, begun.onset_ns, begun.onset_pose) == ("moving", begun.t_ns - TICK_NS, HOME)
    assert begun.onset_ns == bench.state.onset_ns


def test_a_wish_far_outside_the_box_is_no_haste_either():
    bench = Bench().engaged()
    bench.belt_mode = "running"
    bench.wish = PlatformWish(Pose(*[100.0] * 6))
    path = first(bench, 4.0)
    check_comfort(path)
    assert path[-1] == pytest.approx([0.1, 0.09, 0.08, 0.14, 0.13, 0.12], abs=1e-6)


def test_after_the_belts_held_it_goes_on_gently_from_where_it_came_to_rest():
    bench = Bench().moving(FAR, 3.0)
    bench.wish = PlatformWish(HOME)
    bench.ticks(50)
    assert any(bench.state.rate)
    bench.belt_mode = "holding"
    bench.ticks(5)
    assert any(bench.state.rate)  # a short hold: it still brakes when the belts go on
    bench.belt_mode, before = "running", bench.state
    rest = axes(resting(before.pose, before.rate, LIMITS))
    assert axes(before.onset_pose) == pytest.approx(rest)
    assert before.onset_ns == before.t_ns
    for decision in bench.ticks(1000):
        check_step(before, decision, LIMITS, TICK_S)
        turned = [
            now * was < 0 and abs(now) > 1e-3
            for now, was in zip(decision.state.rate, before.rate, strict=True)
        ]
        assert not any(turned)
        before = decision.state
    assert axes(before.pose) == pytest.approx(axes(HOME), abs=1e-6)


def test_on_the_way_home_it_begins_and_ends_gently():
    bench = Bench().moving(FAR, 3.0)
    bench.rest()
    bench.ticks(40)
    bench.tick("settle")
    path = first(bench, 5.0)
    assert bench.state.mode == "settled"
    check_comfort(path)


def test_a_freeze_while_it_begins_is_as_quick_as_ever():
    bench = Bench().engaged()
    bench.belt_mode, bench.is_at_rest = "running", False
    bench.wish = PlatformWish(FAR)
    bench.ticks(375)
    assert any(bench.state.rate)
    before = bench.state
    bench.tick(stop_cause="STOP")
    lost = np.abs(before.rate) - np.abs(bench.state.rate)
    expected = np.minimum(np.abs(before.rate), np.repeat([3.2, 7.5], 3) * TICK_S)
    assert lost == pytest.approx(expected)
    bench.ticks(25, stop_cause="STOP")
    assert not any(bench.state.rate)
