import numpy as np
import pytest
from simulator.stroll import LENGTH, QUIET, Stroll

from rehabsim_sim.patients import PATIENTS
from rehabsim_sim.person import HANGING, LEFT, RIGHT, STANDING, WALKING

SEEDS = range(5)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("speed_mps", "accel_mps2"), [(0.3, 0.25), (1.2, 0.25), (1.2, 0.5)])
def test_a_standing_person_starts_walking_with_the_belts(speed_mps, accel_mps2, seed):
    walk = Stroll(seed=seed).live(2 + 0.13 * seed).walk(speed_mps, accel_mps2)
    assert walk.body.posture == WALKING
    assert not walk.has_fallen
    assert np.abs(walk.column("com_x_m")).max() < 0.5


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("speed_mps", "decel_mps2"), [(0.5, 0.5), (0.8, 1.0), (1.2, 0.5), (1.2, 1.0), (1.6, 1.0)]
)
def test_a_person_comes_to_a_stand_with_the_belts(speed_mps, decel_mps2, seed):
    walk = Stroll(seed=seed).walk(speed_mps, settle_s=4 + 0.1 * seed).forget()
    walk.ask(0, accel_mps2=decel_mps2).live(speed_mps / decel_mps2 + 15)
    assert walk.body.posture == STANDING
    assert not walk.has_fallen


@pytest.mark.parametrize("name", ["hemiparetic", "balance_loss", "amputee"])
@pytest.mark.parametrize("seed", [3, 14, 15, 16])
def test_patients_stay_up_when_ordinary_stops_bring_them_to_rest(name, seed):
    speed_mps = PATIENTS[name].preferred_speed_mps
    walk = Stroll(PATIENTS[name], seed=seed).walk(speed_mps, settle_s=4 + 0.1 * seed)
    walk.ask(0, accel_mps2=0.5).live(20)
    assert walk.body.posture == STANDING
    assert not walk.has_fallen


def test_stopping_dead_throws_more_people_than_stopping_gently():
    falls = {
        decel_mps2: sum(
            Stroll(seed=seed)
            .walk(1.6, settle_s=4 + 0.1 * seed)
            .ask(0, accel_mps2=decel_mps2)
            .live(5)
            .has_fallen
            for seed in range(12)
        )
        for decel_mps2 in (1.0, 10.0)
    }
    assert falls[1.0] == 0
    assert falls[10.0] >= 3


def test_speed_changes_of_a_session_are_followed():
    walk = Stroll(PATIENTS["healthy"], seed=5).walk(0.8)
    for speed_mps in (1.4, 0.3, 1.0, 0.1, 1.6, 0.6):
        walk.ask(speed_mps, accel_mps2=0.5).live(8)
    assert not walk.has_fallen
    assert np.abs(walk.column("com_x_m")).max() < 0.6


def test_slow_belts_do_not_carry_a_person_away():
    for speed_mps in (0.02, 0.06, 0.12):
        walk = Stroll(seed=3).ask(speed_mps).live(60)
        assert not walk.has_fallen, speed_mps


def test_a_swell_is_walked():
    walk = Stroll(PATIENTS["healthy"], seed=2).walk(0.8)
    for tick in range(2400):
        speed_mps = 0.8 + 0.2 * np.sin(2 * np.pi * tick / 320)
        walk.ask(speed_mps, accel_mps2=0.5).live(0.025)
    assert not walk.has_fallen


def split_asymmetry(walk, strides):
    """Return step length asymmetry, left minus right over both, of some strides."""
    left, right = walk.strikes(LEFT)[:, LENGTH], walk.strikes(RIGHT)[:, LENGTH]
    count = min(len(left), len(right))
    return ((left[:count] - right[:count]) / (left[:count] + right[:count]))[strides].mean()


def test_split_belts_are_learned_and_unlearned():
    walk = Stroll(seed=4).walk(0.6).forget()
    walk.ask(1.2, 0.6).live(150)
    early, late = split_asymmetry(walk, slice(4, 9)), split_asymmetry(walk, slice(-20, None))
    walk.forget().ask(0.6).live(60)
    after = split_asymmetry(walk, slice(3, 8))
    assert early < -0.07
    assert early < late < 0
    assert after > 0.03
    assert not walk.has_fallen


@pytest.mark.parametrize(("push_ns", "falls"), [(30, False), (80, True)])
def test_a_push_from_the_side_is_stood_or_not_by_its_size(push_ns, falls):
    walk = Stroll(seed=1).walk(1.2)
    while walk.body.landed != LEFT:
        walk.live(0.001)
    walk.live(0.2)
    walk.world.around[0].push_y_n = -push_ns / 0.15
    walk.live(0.15)
    walk.world.around[0].push_y_n = 0.0
    walk.live(6)
    assert walk.has_fallen == falls


def test_the_harness_holds_a_fallen_person_until_the_belts_rest():
    walk = Stroll(seed=1).walk(1.2)
    walk.world.around[0].push_y_n = 3000.0
    walk.live(0.15)
    walk.world.around[0].push_y_n = 0.0
    walk.live(10)
    assert walk.body.posture == HANGING
    walk.forget().live(5)
    load_n = walk.column("left_foot_n") + walk.column("right_foot_n")
    np.testing.assert_allclose(load_n, 0.1 * walk.weight_n, rtol=0.05)
    np.testing.assert_allclose(walk.column("harness_n"), 0.9 * walk.weight_n, rtol=0.05)
    walk.ask(0, accel_mps2=1.0).live(12)
    assert walk.body.posture == STANDING
    assert walk.has_fallen
    walk.walk(0.8)
    assert walk.body.posture == WALKING


def test_nobody_leaves_the_plates_empty():
    walk = Stroll(PATIENTS["empty_belts"]).ask(1.0).live(5)
    assert not walk.column("left_fz_n").any()
    assert not walk.events.size
    assert QUIET.mass_kg > 0
