from math import inf, nan, radians

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulator.stroll import Stroll

from rehabsim_sim.jit import one_of
from rehabsim_sim.patients import PATIENTS
from rehabsim_sim.person import Surroundings
from rehabsim_sim.platform import (
    HEAVE,
    MAX_ACCEL,
    MAX_POSE,
    MAX_RATE,
    PITCH,
    ROLL,
    SWAY,
    Platform,
    PlatformReins,
    ride,
)
from rehabsim_sim.washout import Washout

ANY = st.floats(allow_nan=True, allow_infinity=True)


def moved(poses, each_ms=200):
    """Return (n, 3, 6) pose, rate and acceleration while one pose after another is asked for."""
    platform, around = one_of(Platform()), one_of(Surroundings())
    reins, course = PlatformReins(platform[0]), []
    for pose in poses:
        reins.ask(pose)
        for _ in range(each_ms):
            ride(platform[0], around[0], 0.0)
            p = platform[0]
            course.append([list(p.pose), list(p.rate), list(p.accel)])
    return np.array(course)


@given(st.lists(st.tuples(ANY, ANY, ANY, ANY, ANY, ANY), min_size=1, max_size=8))
def test_no_pose_asked_for_leaves_the_limits(poses):
    course = moved(poses, each_ms=100)
    for row, limits in enumerate((MAX_POSE, MAX_RATE, MAX_ACCEL)):
        assert (np.abs(course[:, row]) <= np.array(limits) * (1 + 1e-3)).all()


def test_a_pose_is_reached_without_overshoot():
    pose = (0.1, -0.1, 0.05, 0.1, -0.1, 0.2)
    course = moved([pose], 3000)
    assert course[-1, 0] == pytest.approx(pose, abs=1e-3)
    assert (np.abs(course[:, 0]) <= np.abs(pose) + 1e-3).all()


def test_an_axis_that_is_not_a_number_stays_where_it_is():
    course = moved([(0.1, 0, 0, 0, 0, 0), (nan, inf, 0.05, nan, 0, 0)], 2000)
    assert course[-1, 0, :3] == pytest.approx((0.1, 0.0, 0.05), abs=1e-3)


def test_the_published_sway_is_followed_a_little_late():
    t_s = np.arange(0, 60, 0.004)
    sines = ((0.16, 1.0), (0.21, 0.8), (0.24, 1.4), (0.49, 0.5))
    asked_m = 0.04 * sum(a * np.sin(2 * np.pi * f * t_s) for f, a in sines)
    sway_m = moved([(0, y_m, 0, 0, 0, 0) for y_m in asked_m], 4)[::4, 0, SWAY]
    late = max(range(60), key=lambda k: np.corrcoef(asked_m[:-60], sway_m[k : k - 60])[0, 1])
    assert 0.03 < late * 0.004 < 0.12
    assert sway_m.std() == pytest.approx(asked_m.std(), rel=0.04)


def test_halt_holds_the_pose_and_level_goes_home_slowly():
    platform, around = one_of(Platform()), one_of(Surroundings())
    reins = PlatformReins(platform[0])

    def live(duration_ms):
        for _ in range(duration_ms):
            ride(platform[0], around[0], 0.0)
        return platform[0].pose[PITCH]

    reins.ask((0, 0, 0, 0, radians(10), 0))
    live(300)
    reins.halt()
    held_rad = live(1000)
    assert 0.01 < held_rad == live(1000) < radians(10)
    reins.level()
    start_rad = live(1)
    assert start_rad - live(1000) == pytest.approx(radians(1), rel=0.1)
    live(12000)
    assert reins.pose() == (0.0,) * 6
    assert platform[0].is_level


def test_a_still_platform_changes_nothing():
    one, other = Stroll(seed=3).walk(1.0), Stroll(seed=3)
    other.world.platform_reins.ask((0,) * 6)
    other.walk(1.0)
    assert one.truth.tobytes() == other.truth.tobytes()


def test_a_person_walks_on_a_deck_that_pitches_and_rolls():
    walk = Stroll(seed=2).walk(1.0)
    walk.world.platform_reins.ask((0, 0, 0, radians(2), radians(3), 0))
    walk.live(20).forget().live(20)
    fx_n = walk.column("fx_n")[walk.whole_strides()].mean()
    fy_n = walk.column("fy_n")[walk.whole_strides()].mean()
    assert not walk.has_fallen
    assert fx_n / walk.weight_n == pytest.approx(np.sin(radians(3)), abs=0.004)
    assert fy_n / walk.weight_n == pytest.approx(np.sin(radians(2)), abs=0.006)


def test_a_jolt_of_the_deck_throws_a_standing_person_the_other_way():
    stand = Stroll().live(3).forget()
    stand.world.platform_reins.ask((0, 0.08, 0, 0, 0, 0))
    stand.live(0.25)
    assert stand.column("com_y_m")[-1] < stand.column("com_y_m")[0] - 0.02


def test_the_platform_may_be_under_nobody():
    empty = Stroll(PATIENTS["empty_belts"])
    empty.world.platform_reins.ask((0, 0, 0.1, 0, 0, 0))
    empty.live(2)
    assert empty.world.platform[0].pose[HEAVE] == pytest.approx(0.1, abs=1e-3)


def test_washout_turns_lasting_acceleration_into_tilt_and_comes_home():
    washout = Washout()
    poses = np.array([washout.step(1.0, 0.0, 0.0, 0.0, 0.004) for _ in range(5000)])
    assert poses[-1, PITCH] == pytest.approx(radians(4), abs=1e-3)
    assert np.abs(np.diff(poses[:, PITCH])).max() <= 0.004 * radians(3) * 1.001
    assert 0.005 < np.abs(poses[:, 0]).max() < 0.1
    assert abs(poses[-1, 0]) < 0.002
    assert not poses[:, ROLL].any()


def test_washout_forgets_a_turn():
    washout = Washout()
    for _ in range(250):
        turned = washout.step(0, 0, 0.2, 0, 0.004)[ROLL]
    for _ in range(2500):
        forgotten = washout.step(0, 0, 0, 0, 0.004)[ROLL]
    assert turned > 0.03
    assert abs(forgotten) < 1e-3
