import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt
from simulator.stroll import Stroll

from rehabsim_sim.patients import PATIENTS
from rehabsim_sim.person import ABSENT, STANDING, WALKING


def sway(name, seed=1):
    """Return COP SD along and across in mm, its mean velocity in mm/s, and left load share."""
    stand = Stroll(PATIENTS[name], seed=seed).live(5).forget().live(90)
    assert not stand.has_fallen
    low_pass = butter(2, 10, fs=1000, output="sos")
    x_mm, y_mm = (
        1000 * sosfiltfilt(low_pass, stand.column(f"cop_{axis}_m"))[::10] for axis in "xy"
    )
    velocity = np.hypot(np.diff(x_mm), np.diff(y_mm)).mean() * 100
    left_n, right_n = stand.column("left_fz_n").sum(), stand.column("right_fz_n").sum()
    return x_mm.std(), y_mm.std(), velocity, left_n / (left_n + right_n)


def test_quiet_standing_sways_within_norms():
    along_mm, across_mm, velocity, share = sway("healthy")
    assert 3 < along_mm < 6
    assert 1.5 < across_mm < 4
    assert 7 < velocity < 12
    assert share == pytest.approx(0.5, abs=0.02)


def test_standing_load_is_body_weight():
    stand = Stroll().live(30)
    load_n = stand.column("left_fz_n") + stand.column("right_fz_n")
    np.testing.assert_allclose(load_n, stand.weight_n, rtol=0.02)
    assert not stand.events.size


def test_loss_of_balance_sways_more_and_faster():
    healthy, lost = sway("healthy"), sway("balance_loss")
    assert lost[0] > 1.3 * healthy[0]
    assert lost[2] > 1.3 * healthy[2]


def test_a_spared_leg_bears_less_and_a_leaning_person_more():
    assert sway("asymmetric_loading")[3] == pytest.approx(0.44, abs=0.02)
    assert sway("postural")[3] == pytest.approx(0.54, abs=0.02)


def test_one_who_steers_shifts_weight_widely():
    assert sway("steering")[1] > 15


def test_feet_are_tidied_after_a_stop():
    walk = Stroll(seed=2).walk(1.2).ask(0, accel_mps2=1.0).live(15)
    heel_x_m, heel_y_m = walk.body.heel_x_m, walk.body.heel_y_m
    assert walk.body.posture == STANDING
    assert abs(heel_x_m[0] - heel_x_m[1]) < 0.09
    assert 0.12 < heel_y_m[0] - heel_y_m[1] < 0.30


def test_standing_on_a_slope_leans_into_it():
    stand = Stroll().ask(0, incline_rad=0.1).live(30)
    assert not stand.has_fallen
    lean_m = (stand.column("com_x_m") - stand.column("cop_x_m"))[-5000:].mean()
    assert lean_m == pytest.approx(0.99 * np.tan(0.1), abs=0.01)


def test_a_push_from_behind_is_caught_with_a_step():
    stand = Stroll(seed=3).live(3)
    stand.world.around[0].push_x_n = 300.0
    stand.live(0.15)
    stand.world.around[0].push_x_n = 0.0
    stand.forget().live(15)
    assert len(stand.strikes()) >= 1
    assert stand.body.posture == STANDING
    assert not stand.has_fallen


@pytest.mark.parametrize("seed", range(3))
def test_a_person_steps_off_the_resting_belts_and_on_again(seed):
    walk = Stroll(seed=seed).walk(0.8)
    walk.world.around[0].is_called_off = 1
    walk.live(10)
    assert walk.body.posture == WALKING
    walk.ask(0, accel_mps2=0.5).live(45)
    assert walk.body.posture == ABSENT
    assert not walk.forget().live(1).column("left_fz_n").any()
    walk.world.around[0].is_called_off = 0
    walk.live(40)
    assert walk.body.posture == STANDING
    assert abs(walk.body.y_m) < 0.08
    assert walk.walk(0.8).body.posture == WALKING
    assert not walk.has_fallen
