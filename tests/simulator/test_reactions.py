"""What the person does about a floor that moves, belts that jerk and feet that are caught."""

import math
from itertools import pairwise

import numpy as np
import pytest
from simulator.stroll import AT, LENGTH, SIDE, WIDTH, Stroll

from rehabsim_sim.patients import PATIENTS, self_paced
from rehabsim_sim.person import LEFT, RIGHT
from rehabsim_sim.world import HEEL_STRIKE

SUM_OF_SINES = ((0.16, 1.0), (0.21, 0.8), (0.24, 1.4), (0.49, 0.5))
"""Frequency in Hz and relative size; McAndrew 2010."""


def sway(walk, size_m, duration_s):
    """Shake the deck from side to side, coming on over five seconds."""
    around = walk.world.around[0]
    t_s = np.arange(0, duration_s, 0.001)
    ramp = np.where(t_s < 5, 0.5 - 0.5 * np.cos(np.pi * t_s / 5), 1)
    place_m = size_m * ramp * sum(a * np.sin(2 * np.pi * f * t_s) for f, a in SUM_OF_SINES)
    accel_mps2 = np.gradient(np.gradient(place_m, 0.001), 0.001)
    for accel in accel_mps2[::4]:
        around.accel_y_mps2 = accel
        walk.live(0.004)
    around.accel_y_mps2 = 0.0
    return walk


def to_landing(walk, side=LEFT):
    while walk.body.landed != side:
        walk.live(0.001)
    return walk


def push(walk, x_ns=0.0, y_ns=0.0):
    """Push at 20 % of the left stride, for 0.15 s."""
    to_landing(walk).live(0.22)
    around = walk.world.around[0]
    around.push_x_n, around.push_y_n = x_ns / 0.15, y_ns / 0.15
    walk.live(0.15)
    around.push_x_n = around.push_y_n = 0.0
    return walk.live(8)


def jerk(walk, change_mps, hold_s=0.3):
    """Change the left belt's speed at 5 m/s² from 50 ms after it is stepped on, and back."""
    to_landing(walk).live(0.05).forget()
    walk.ask(1.2 + change_mps, 1.2, 5.0).live(abs(change_mps) / 5 + hold_s)
    return walk.ask(1.2, accel_mps2=5.0).live(8)


@pytest.mark.parametrize("seed", range(3))
def test_a_swaying_deck_is_walked_with_wider_quicker_steps(seed):
    walk = Stroll(seed=seed).walk(1.2).forget().live(40)
    calm = walk.strikes()
    shaken = sway(walk.forget(), 0.05, 60)
    strikes = shaken.strikes()
    assert not shaken.has_fallen
    assert strikes[10:, WIDTH].mean() > calm[:, WIDTH].mean() + 0.01
    assert strikes[10:, WIDTH].std() > 1.4 * calm[:, WIDTH].std()
    assert np.diff(strikes[10:, AT]).mean() < np.diff(calm[:, AT]).mean()


def test_a_constant_push_of_the_deck_is_leant_against():
    stand = Stroll().live(5)
    stand.world.around[0].accel_y_mps2 = 0.3
    stand.live(5).forget().live(5)
    lean_m = stand.column("com_y_m").mean() - stand.column("cop_y_m").mean()
    assert lean_m == pytest.approx(0.3 * 0.99 / 9.81, abs=0.004)
    assert not stand.has_fallen


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("left_mps", "right_mps"), [(0.5, 1.0), (0.7, 1.4), (0.5, 1.5)])
def test_belts_that_part_abruptly_are_walked(left_mps, right_mps, seed):
    walk = Stroll(seed=seed).walk(left_mps).ask(left_mps, right_mps, 1.0).live(90)
    walk.ask(left_mps, accel_mps2=1.0).live(30)
    assert not walk.has_fallen


def test_most_of_the_split_belt_asymmetry_goes_and_leaves_an_after_effect():
    walk = Stroll(seed=4).walk(0.7).forget().ask(0.7, 1.4).live(600)
    early, late = asymmetry(walk, slice(5, 30)), asymmetry(walk, slice(-30, None))
    after = asymmetry(walk.forget().ask(0.7).live(60), slice(5, 30))
    assert early < -0.08
    assert 0.25 < late / early < 0.75
    assert after > 0.02


def asymmetry(walk, strides):
    """Return step length of the fast, right foot over that of the slow, as (f - s) / (f + s)."""
    left, right = walk.strikes(LEFT)[:, LENGTH], walk.strikes(RIGHT)[:, LENGTH]
    count = min(len(left), len(right))
    return ((right[:count] - left[:count]) / (right[:count] + left[:count]))[strides].mean()


@pytest.mark.parametrize("change_mps", [-0.8, -0.4, 0.4, 0.8])
def test_a_jerk_of_one_belt_changes_the_next_steps_and_is_survived(change_mps):
    for seed in range(5):
        walk = Stroll(seed=seed).walk(1.2, settle_s=15 + 0.37 * seed)
        usual_m = walk.strikes()[-20:, LENGTH].mean()
        lengths_m = jerk(walk, change_mps).strikes()[:, LENGTH]
        assert not walk.has_fallen
        assert abs(lengths_m[0] - usual_m) > 0.08
        assert lengths_m[-4:].mean() == pytest.approx(usual_m, abs=0.06)


def test_a_slip_is_answered_by_a_shorter_and_earlier_step_no_sooner_than_nerves_allow():
    usual_ms = np.diff(Stroll(seed=2).walk(1.2).strikes()[-20:, AT]).mean()
    strikes = jerk(Stroll(seed=2).walk(1.2), -0.8).strikes()
    first_ms = strikes[0, AT]
    assert strikes[0, SIDE] == RIGHT
    assert 200 < first_ms < usual_ms - 50 - 60
    assert strikes[0, LENGTH] < 0.4


def test_the_harder_the_push_the_more_fall():
    def falls(impulse_ns):
        walks = (Stroll(seed=s).walk(1.2, settle_s=5 + 0.37 * s) for s in range(8))
        return sum(push(walk, y_ns=impulse_ns).has_fallen for walk in walks)

    counts = [falls(impulse_ns) for impulse_ns in (20, 35, 45, 60)]
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] == 8


def test_one_without_balance_falls_from_smaller_pushes():
    def falls(name):
        walks = (Stroll(PATIENTS[name], s).walk(1.0, settle_s=5 + 0.37 * s) for s in range(8))
        return sum(push(walk, y_ns=-50).has_fallen for walk in walks)

    assert falls("healthy") < falls("balance_loss")


@pytest.mark.parametrize("swung", [0.25, 0.75])
def test_a_caught_foot_is_raised_over_or_lowered_and_walking_goes_on(swung):
    for seed in range(5):
        walk = to_landing(Stroll(seed=seed).walk(1.2))
        usual_ms, usual_m = 548, 0.66
        walk.live(0.12 + 0.42 * swung).forget()
        walk.world.around[0].is_swing_blocked = 1
        walk.live(0.06)
        walk.world.around[0].is_swing_blocked = 0
        walk.live(8)
        landed_ms, length_m = walk.strikes()[0, AT], walk.strikes()[0, LENGTH]
        landed_ms += 1000 * (0.12 + 0.42 * swung)
        assert not walk.has_fallen
        if swung < 0.5:
            assert landed_ms > usual_ms + 20
        else:
            assert landed_ms < usual_ms - 40
            assert length_m < usual_m - 0.1


@pytest.mark.parametrize("name", ["healthy", "balance_loss", "amputee"])
def test_belts_that_follow_come_to_the_preferred_speed(name):
    traits = self_paced(PATIENTS[name])
    walk = Stroll(traits, seed=3, chunk_ms=20).walk(1.0).forget()
    speeds_mps = [follow(walk, 1.0, 60)]
    walk.world.person.traits[0].preferred_speed_mps += 0.3
    speeds_mps.append(follow(walk, speeds_mps[0], 60))
    assert not walk.has_fallen
    assert speeds_mps[0] == pytest.approx(traits.preferred_speed_mps, abs=0.2)
    assert speeds_mps[1] - speeds_mps[0] == pytest.approx(0.3, abs=0.12)


def follow(walk, speed_mps, duration_s):
    """Let the belts follow the person, step by step (Song 2020's law on the true COM)."""
    speeds_mps, moved = [], []
    for _ in range(round(duration_s / 0.02)):
        walk.world.live(20)
        moved.append((walk.body.x_m, walk.body.vx_mps))
        if (walk.world.events[:, 2] == HEEL_STRIKE).any() and len(moved) > 15:
            x_m, vx_mps = np.mean(moved, axis=0)
            moved.clear()
            change_mps = 0.1 * x_m + 0.25 * vx_mps
            speed_mps = min(max(speed_mps + change_mps, 0.2), 2.0)
            walk.ask(speed_mps, accel_mps2=max(abs(change_mps) / 0.5, 0.02))
            speeds_mps.append(speed_mps)
    return float(np.mean(speeds_mps[-20:]))


def test_slow_steps_vary_more():
    def variation(speed_mps):
        at = Stroll(seed=1).walk(speed_mps).forget().live(150).strikes(LEFT)[:, AT]
        stride_ms = [b - a for a, b in pairwise(at)]
        return np.std(stride_ms) / np.mean(stride_ms)

    assert variation(0.4) > 1.3 * variation(1.2)
    assert not math.isnan(variation(0.4))
