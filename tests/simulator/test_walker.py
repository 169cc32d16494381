from itertools import pairwise

import numpy as np
import pytest
from simulator.stroll import AT, KIND, LENGTH, SIDE, WIDTH, G, Stroll, steady

from rehabsim_sim.gait_tables import force_targets_bw, step_time_s
from rehabsim_sim.person import LEFT, RIGHT
from rehabsim_sim.traits import Traits
from rehabsim_sim.world import HEEL_STRIKE, TOE_OFF

SPEEDS = (0.4, 0.8, 1.2, 1.8)


@pytest.mark.parametrize("speed_mps", SPEEDS)
def test_mean_vertical_force_over_strides_is_body_weight(speed_mps):
    walk = steady(speed_mps)
    load_n = (walk.column("left_fz_n") + walk.column("right_fz_n"))[walk.whole_strides()]
    assert load_n.mean() == pytest.approx(walk.weight_n, rel=0.01)


@pytest.mark.parametrize("speed_mps", SPEEDS)
def test_horizontal_force_cancels_over_strides(speed_mps):
    walk = steady(speed_mps)
    for axis in ("fx_n", "fy_n"):
        mean_n = walk.column(axis)[walk.whole_strides()].mean()
        assert mean_n == pytest.approx(0, abs=0.003 * walk.weight_n)


def test_force_is_mass_times_acceleration_at_every_millisecond():
    walk = steady(1.2)
    mass_kg = walk.traits.mass_kg
    forces_n = (
        walk.column("fx_n"),
        walk.column("fy_n"),
        walk.column("left_foot_n") + walk.column("right_foot_n") - mass_kg * G,
    )
    for axis, force_n in zip("xyz", forces_n, strict=True):
        accel_mps2 = np.diff(walk.column(f"com_{axis}_m"), 2) / 0.001**2
        np.testing.assert_allclose(mass_kg * accel_mps2, force_n[2:], atol=1e-3)


def test_the_force_of_the_ground_passes_through_the_centre_of_mass():
    walk = steady(1.2)
    load_n = walk.column("left_foot_n") + walk.column("right_foot_n")
    for axis in "xy":
        arm_m = walk.column(f"com_{axis}_m") - walk.column(f"cop_{axis}_m")
        force_n = load_n * arm_m / walk.column("com_z_m")
        # One step of integration lies between the force and the position in the truth.
        np.testing.assert_allclose(force_n, walk.column(f"f{axis}_n"), atol=3.0)


@pytest.mark.parametrize("speed_mps", SPEEDS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nobody_falls_in_steady_walking(speed_mps, seed):
    assert not steady(speed_mps, seed).has_fallen


@pytest.mark.parametrize("speed_mps", SPEEDS)
def test_cadence_and_step_length_follow_the_walk_ratio(speed_mps):
    walk = steady(speed_mps)
    usual_s = step_time_s(np.array([speed_mps]), 0.0060)[0]
    strikes = walk.strikes()
    assert np.diff(strikes[:, AT]).mean() / 1000 == pytest.approx(usual_s, rel=0.03)
    assert strikes[:, LENGTH].mean() == pytest.approx(speed_mps * usual_s, rel=0.03)


@pytest.mark.parametrize("speed_mps", [0.8, 1.2, 1.8])
def test_force_peaks_follow_the_speed_laws(speed_mps):
    walk = steady(speed_mps)
    load_bw = walk.column("left_foot_n") / walk.weight_n
    stances = [
        load_bw[strike : strike + np.argmax(load_bw[strike + 100 :] == 0) + 100]
        for strike in walk.strikes(LEFT)[:-1, AT].astype(int)
    ]
    parts = [(0.0, 0.4, max), (0.35, 0.65, min), (0.6, 1.0, max)]
    for (start, end, extreme), target in zip(
        parts, force_targets_bw(np.array([speed_mps])), strict=True
    ):
        found = [extreme(s[int(start * len(s)) : int(end * len(s))]) for s in stances]
        assert np.mean(found) == pytest.approx(target[0], abs=0.02)


@pytest.mark.parametrize(
    ("speed_mps", "brake_bw", "push_bw"), [(0.8, -0.132, 0.140), (1.2, -0.189, 0.195)]
)
def test_braking_and_push_off_have_the_usual_size(speed_mps, brake_bw, push_bw):
    walk = steady(speed_mps)
    fx_bw = walk.column("fx_n") / walk.weight_n
    edges = walk.strikes()[:, AT].astype(int)
    steps = [fx_bw[a:b] for a, b in pairwise(edges)]
    assert np.mean([s.min() for s in steps]) == pytest.approx(brake_bw, abs=0.02)
    assert np.mean([s.max() for s in steps]) == pytest.approx(push_bw, abs=0.02)


def test_variability_is_that_of_a_healthy_adult():
    walk = steady(1.2, duration_s=60)
    stride_s = np.diff(walk.strikes(LEFT)[:, AT]) / 1000
    assert 0.012 < stride_s.std() / stride_s.mean() < 0.025
    assert 0.012 < walk.strikes()[:, WIDTH].std() < 0.025


def test_each_foot_stays_on_its_own_belt():
    walk = steady(1.0)
    strayed_n = np.abs(walk.column("left_fz_n") - walk.column("left_foot_n")).sum()
    assert strayed_n < 0.02 * walk.column("left_foot_n").sum()


def test_feet_alternate_and_every_strike_has_its_toe_off():
    events = steady(1.0).events
    strikes = events[events[:, KIND] == HEEL_STRIKE]
    assert (np.diff(strikes[:, SIDE]) != 0).all()
    for side in (LEFT, RIGHT):
        kinds = events[events[:, SIDE] == side][:, KIND]
        assert (np.diff(kinds) != 0).all()
    lifted = events[events[:, KIND] == TOE_OFF]
    assert np.isnan(lifted[:, LENGTH]).all()


def test_load_comes_on_at_heel_strike_and_is_gone_at_toe_off():
    walk = steady(1.0)
    load_n = walk.column("left_foot_n")
    for at, side, kind, *_ in walk.events[5:-5]:
        if side == LEFT and kind == HEEL_STRIKE:
            assert load_n[int(at) - 3] == 0 < load_n[int(at) + 3]
        elif side == LEFT:
            assert load_n[int(at) + 1] == 0 < load_n[int(at) - 5]


def test_a_shift_of_load_while_walking_shows_in_the_load_share():
    walk = Stroll(Traits(load_intent_frac=0.02)).walk(1.0).forget().live(120)
    edges = walk.strikes(LEFT)[:, AT].astype(int)
    left_n, right_n = walk.column("left_fz_n"), walk.column("right_fz_n")
    share = np.array(
        [left_n[a:b].sum() / (left_n[a:b] + right_n[a:b]).sum() for a, b in pairwise(edges)]
    )
    assert np.ptp(share) > 0.05
    assert share.mean() == pytest.approx(0.5, abs=0.02)
    assert not walk.has_fallen


def test_on_a_slope_the_ground_pushes_uphill_with_the_sine_of_the_angle():
    walk = Stroll().ask(1.0, incline_rad=0.1).live(20).forget().live(30)
    fx_n = walk.column("fx_n")[walk.whole_strides()]
    assert fx_n.mean() / walk.weight_n == pytest.approx(np.sin(0.1), abs=0.003)
    assert not walk.has_fallen
