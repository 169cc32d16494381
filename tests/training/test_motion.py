"""A platform follows a vehicle as far as deck and person allow, and comes home."""

from math import asin, degrees, pi, radians, sin, tau

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal
from session.platform_room import room

from rehabsim.base.records import Pose
from rehabsim.safety.platform_envelope import inside, normal, six
from rehabsim.training.motion import (
    CLINICAL,
    G_MPS2,
    STANDING,
    STEP_S,
    Axis,
    Comfort,
    Cueing,
    Deck,
    Motion,
    Tuning,
    Washout,
)

WHOLE = Tuning(turn_gain=1.0, heave_gain=1.0, push_gain=0.0, heave_radps=0.1, turn_radps=0.1)
"""Does what the vehicle does, but for what lasts."""

WIDE = Deck((9.0,) * 6, (9.0,) * 6, (99.0,) * 6)
HARDY = Comfort(99.0, 0.5, 9.0, 9.0, 9.0, 9.0)


def ride(cueing, motion, duration_s, *, is_on=lambda t_s: True, gain=1.0):
    """Return (n, 6) poses, one every 4 ms, of a motion that is a function of time."""
    poses = [
        six(cueing.step(motion(t_s), STEP_S, is_on=is_on(t_s), gain=gain).pose)
        for t_s in np.arange(round(duration_s / STEP_S)) * STEP_S
    ]
    return np.array(poses)


def test_of_two_decks_the_stricter_counts_axis_by_axis():
    one, two = (
        Deck((1, 2, 3, 4, 5, 6), (1,) * 6, (2,) * 6),
        Deck((6, 5, 4, 3, 2, 1), (2,) * 6, (1,) * 6),
    )
    both = Deck((1, 2, 3, 3, 2, 1), (1,) * 6, (1,) * 6)
    assert one.tightened_by(two) == two.tightened_by(one) == both


# -- the washout ---------------------------------------------------------------------------


def test_a_lasting_push_moves_the_deck_and_then_becomes_a_lean():
    washout, t = Washout(Tuning(push_gain=0.5)), Tuning()
    felt = [washout.step(Motion(ax_mps2=2.0, ay_mps2=-1.0), STEP_S) for _ in range(15_000)]
    x_m = np.array([f.moved[0] for f in felt])
    # HP2(2.5) HP1(0.3) of a step, integrated twice: s / (s + 2.5)² (s + 0.3).
    poles = np.polymul(np.polymul([1, t.push_radps], [1, t.push_radps]), [1, t.drift_radps])
    _, theirs = signal.step(([1.0, 0.0], poles), T=np.arange(0, 60, STEP_S))
    assert np.abs(x_m[:-1] - theirs[1:]).max() < 1e-6
    assert 0.05 < x_m.max() < 0.15
    assert abs(x_m[-1]) < 1e-5
    assert felt[-1].lean_pitch_rad == pytest.approx(0.5 * 2.0 / G_MPS2, abs=1e-9)
    assert felt[-1].lean_roll_rad == pytest.approx(-0.5 * 1.0 / G_MPS2, abs=1e-9)


def test_a_push_is_felt_in_the_direction_it_has():
    washout = Washout(Tuning(push_gain=1.0))
    felt = [washout.step(Motion(ax_mps2=1.0, ay_mps2=1.0), STEP_S) for _ in range(50)][-1]
    assert felt.moved[0] > 0
    assert felt.moved[1] > 0
    assert felt.lean_pitch_rad > 0
    assert felt.lean_roll_rad > 0


@pytest.mark.parametrize("hz", [0.05, 0.2, 0.6])
def test_a_sine_of_each_part_is_done_as_theory_says(hz):
    t = Tuning(push_gain=0.0)
    washout = Washout(t)
    t_s = np.arange(0, 100, STEP_S)
    wave = np.sin(tau * hz * (t_s + STEP_S / 2))
    felt = [washout.step(Motion(0, 0, w, 0.2 * w, -0.1 * w, 0.3 * w), STEP_S).moved for w in wave]
    late = t_s >= 60
    turn = np.exp(-1j * tau * hz * (t_s[late] + STEP_S))
    answers = 2j * (np.array(felt)[late].T @ turn) / late.sum()
    s = 1j * tau * hz
    quick, slow = s / (s + t.turn_radps), (s / (s + t.heave_radps)) ** 2
    expected = np.array(
        [0, 0, t.heave_gain * slow]
        + [t.turn_gain * part for part in (0.2 * quick, -0.1 * quick, 0.3 / (s + t.turn_radps))]
    )
    # What passes directly is half a step late.
    assert np.abs(answers - expected).max() < 1e-4 + tau * hz * STEP_S / 2 * t.heave_gain


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-3, 3), st.floats(-0.3, 0.3), st.integers(1, 40)),
        min_size=1,
        max_size=10,
    ),
    st.integers(0, 2**32 - 1),
)
def test_ticks_put_together_end_in_the_same_pose(holds, seed):
    rng = np.random.default_rng(seed)
    whole, parts = Cueing(Tuning(), fade_s=0.5), Cueing(Tuning(), fade_s=0.5)
    for push, tilt, count in holds:
        motion = Motion(push, -push, tilt, tilt, -tilt, tilt)
        one = whole.step(motion, STEP_S * count, is_on=True)
        left = count
        while left > 0:
            now = min(int(rng.integers(1, 8)), left)
            left -= now
            many = parts.step(motion, STEP_S * now, is_on=True)
        assert six(many.pose) == six(one.pose)


# -- limits --------------------------------------------------------------------------------


def kept(poses, deck):
    """Return the most that poses take of each limit, as a part of it."""
    moved = np.vstack([np.zeros((1, 6)), poses])
    rates = np.vstack([np.zeros((1, 6)), np.diff(moved, axis=0) / STEP_S])
    accels = np.diff(rates, axis=0) / STEP_S
    return [
        (np.abs(found).max(axis=0) / limit).max()
        for found, limit in zip((poses, rates, accels), deck, strict=True)
    ]


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.floats(0.01, 30),
    st.sampled_from([0.02, 0.3, 3.0]),
    st.booleans(),
)
def test_no_motion_of_the_vehicle_breaks_a_limit(seed, size, hold_s, is_whole):
    rng = np.random.default_rng(seed)
    cueing = Cueing(WHOLE if is_whole else Tuning(1.0, 1.0, 1.0), fade_s=0.2)
    held = [Motion(*rng.normal(0, size, 6)) for _ in range(400)]
    poses = ride(
        cueing,
        lambda t_s: held[int(t_s / hold_s) % 400],
        4.0,
        is_on=lambda t_s: int(t_s) % 3 < 2,
    )
    assert max(kept(poses, cueing.deck)) <= 1 + 1e-6
    moved = np.vstack([np.zeros((2, 6)), poses])
    aside_mps2 = np.abs(np.diff(moved[:, 1], n=2)) / STEP_S**2
    tilt_mps2 = G_MPS2 * np.abs(np.sin(poses[:, 3]))
    assert (aside_mps2 + tilt_mps2).max() <= STANDING.max_lateral_mps2 + 1e-6
    limits = room().platform_limits
    assert all(inside(Pose(*row), limits) == Pose(*row) for row in poses[::50])


def test_the_limits_of_a_room_are_those_that_safety_keeps():
    limits = room().platform_limits
    deck = Deck.of(limits)
    assert [pace.speed for pace in normal(limits)] == list(deck.speed)
    assert [pace.accel for pace in normal(limits)] == list(deck.accel)
    assert inside(Pose(*deck.reach), limits) == Pose(*deck.reach)
    beyond = Pose(*(1.01 * edge for edge in deck.reach))
    assert inside(beyond, limits) == Pose(*deck.reach)


def test_comfort_only_takes_away():
    calm = STANDING.on(CLINICAL)
    for ours, theirs in zip(calm, CLINICAL, strict=True):
        assert all(mine <= most for mine, most in zip(ours, theirs, strict=True))
    assert calm.reach[3] == pytest.approx(asin(0.7 * 0.5 / 9.81))
    assert calm.reach[4] == pytest.approx(radians(4))
    assert calm.speed[3] == pytest.approx(radians(5))
    assert Comfort(99, 0.5, 9, 9).on(calm) == calm


def test_an_axis_follows_what_it_can_without_delay_and_catches_up_without_overshoot():
    axis = Axis(1.0, 0.5, 1.0)
    t_s = np.arange(0, 20, STEP_S)
    target = 0.3 * (1 - np.cos(0.8 * t_s))
    places = np.array([axis.step(value) for value in target])
    assert np.abs(places - target).max() < 1e-4
    step = [axis.step(0.9) for _ in range(2500)]
    assert max(step) <= 0.9 + 1e-4
    assert step[-1] == pytest.approx(0.9, abs=1e-6)


# -- scaled, faded, home -------------------------------------------------------------------


def test_a_motion_that_fits_is_done_as_it_is():
    cueing = Cueing(WHOLE, WIDE, HARDY)
    poses = ride(cueing, lambda t_s: Motion(roll_rad=0.03 * sin(tau * 0.15 * t_s)), 80.0)
    late = poses[-round(20 / 0.15 / 20 / STEP_S) :, 3]
    assert np.abs(late).max() == pytest.approx(0.03, rel=0.02)


@pytest.mark.parametrize("size", [0.05, 0.1, 0.3])
def test_too_large_a_swell_is_made_smaller_rather_than_cut_off(size):
    cueing = Cueing(WHOLE)
    hz = 0.15
    poses = ride(cueing, lambda t_s: Motion(roll_rad=size * sin(tau * hz * t_s)), 120.0)
    late = poses[round(80 / STEP_S) :, 3]
    t_s = (80 / STEP_S + np.arange(len(late))) * STEP_S
    waves = np.stack([np.sin(tau * hz * t_s), np.cos(tau * hz * t_s)], axis=1)
    fitted, *_ = np.linalg.lstsq(waves, late, rcond=None)
    assert np.abs(late).max() < 0.6 * cueing.deck.reach[3]
    assert np.std(late - waves @ fitted) < 0.02 * np.std(late)


def test_lasting_roll_above_a_fifth_of_a_hertz_is_capped():
    cueing = Cueing(WHOLE, WIDE, HARDY._replace(max_roll_rms_rad=radians(2.5)))
    poses = ride(cueing, lambda t_s: Motion(roll_rad=radians(15) * sin(tau * 0.5 * t_s)), 90.0)
    quick = signal.butter(2, 0.2, "high", fs=1 / STEP_S, output="sos")
    rms_deg = degrees(np.sqrt(np.mean(signal.sosfilt(quick, poses[:, 3])[-5000:] ** 2)))
    assert rms_deg == pytest.approx(2.5, rel=0.01)
    slow = Cueing(WHOLE, WIDE, HARDY._replace(max_roll_rms_rad=radians(2.5)))
    poses = ride(slow, lambda t_s: Motion(roll_rad=radians(3) * sin(tau * 0.05 * t_s)), 90.0)
    assert degrees(np.abs(poses[-5000:, 3]).max()) == pytest.approx(3.0, rel=0.05)


def test_it_begins_and_ends_gently_and_at_home():
    cueing = Cueing(WHOLE, WIDE, HARDY, fade_s=8.0)
    poses = ride(
        cueing,
        lambda t_s: Motion(heave_m=0.2, roll_rad=0.1, pitch_rad=-0.1, turn_radps=0.01),
        40.0,
        is_on=lambda t_s: 5.0 <= t_s < 20.0,
    )
    at = [round(t_s / STEP_S) for t_s in (5.0, 6.0, 28.0)]
    assert np.abs(poses[: at[0]]).max() == 0.0
    assert 0 < np.abs(poses[at[1]]).max() < 0.01
    assert np.abs(poses[at[1] : at[2]]).max() > 0.05
    assert np.abs(poses[at[2] + 50 :]).max() < 1e-9


def test_what_lasts_washes_out_to_nothing():
    cueing = Cueing(Tuning(push_gain=0.0), fade_s=0.5)
    held = Motion(heave_m=0.3, roll_rad=0.2, pitch_rad=0.2, turn_radps=0.0)
    poses = ride(cueing, lambda t_s: held, 30.0)
    assert np.abs(poses[:1000]).max() > 0.005
    assert np.abs(poses[-1]).max() < 1e-6
    pushed = Cueing(Tuning(), fade_s=0.5)
    poses = ride(pushed, lambda t_s: Motion(ay_mps2=2.0 if t_s < 5 else 0.0), 60.0)
    assert np.abs(poses[:2000]).max() > 0.01
    assert np.abs(poses[-1]).max() < 1e-6


def test_a_lean_comes_too_slowly_to_be_noticed():
    cueing = Cueing(Tuning(push_gain=1.0), fade_s=0.05)
    poses = ride(cueing, lambda t_s: Motion(ax_mps2=1.0 if t_s > 1 else 0.0), 6.0)
    rates = np.diff(poses[:, 4]) / STEP_S
    assert rates.max() <= STANDING.max_lean_radps + 1e-9
    assert poses[-1, 4] > 0.03


def test_no_gain_means_no_motion():
    poses = ride(Cueing(WHOLE), lambda t_s: Motion(1, 1, 1, 1, 1, 1), 10.0, gain=0.0)
    assert np.abs(poses).max() == 0.0


def test_radians_are_meant():
    assert CLINICAL.reach[3] == pytest.approx(8 * pi / 180)
