from math import radians

import numpy as np
import pytest
from simulator.stroll import Stroll

from rehabsim_sim.belts import COAST_MPS2, INCLINE_RATE_RADPS, LAG_S, MAX_SPEED_MPS
from rehabsim_sim.patients import PATIENTS


def belts(left_mps, right_mps, accel_mps2, duration_s, incline_rad=0.0):
    empty = Stroll(PATIENTS["empty_belts"])
    return empty.ask(left_mps, right_mps, accel_mps2, incline_rad).live(duration_s)


@pytest.mark.parametrize("accel_mps2", [0.1, 0.25, 1.0, 5.0])
def test_belts_ramp_at_the_asked_acceleration(accel_mps2):
    speed_mps = belts(1.2, 1.2, accel_mps2, 1.2 / accel_mps2 + 1).column("left_belt_mps")
    low, high = np.argmax(speed_mps > 0.3), np.argmax(speed_mps > 0.9)
    assert 0.6 / (high - low) * 1000 == pytest.approx(accel_mps2, rel=0.05)
    assert speed_mps[-200:].mean() == pytest.approx(1.2, rel=0.005)


def test_the_belts_lag_behind_the_ramp():
    speed_mps = belts(1.0, 1.0, 0.5, 2).column("left_belt_mps")
    assert speed_mps[1500] == pytest.approx(0.5 * (1.5 - LAG_S), abs=0.01)


def test_each_belt_has_its_own_speed():
    strip = belts(0.8, 1.2, 1.0, 3)
    assert strip.column("left_belt_mps")[-200:].mean() == pytest.approx(0.8, rel=0.005)
    assert strip.column("right_belt_mps")[-200:].mean() == pytest.approx(1.2, rel=0.005)


def test_speed_ripples_by_less_than_one_per_cent():
    speed_mps = belts(1.2, 1.2, 5.0, 10).column("left_belt_mps")[2000:]
    assert 0.0005 < speed_mps.std() / 1.2 < 0.01


def test_belts_at_rest_do_not_creep():
    strip = belts(1.0, 1.0, 1.0, 2).ask(0, accel_mps2=1.0).live(3)
    assert not strip.column("left_belt_mps")[-500:].any()


def test_the_machine_keeps_to_its_own_speed():
    speed_mps = belts(20.0, 20.0, 25.0, 2).column("left_belt_mps")
    assert speed_mps.max() < 1.02 * MAX_SPEED_MPS


def test_the_incline_moves_slowly_and_levels_when_told():
    strip = belts(0, 0, 1.0, 2, incline_rad=radians(5))
    assert strip.world.belts[0].incline_rad == pytest.approx(2 * INCLINE_RATE_RADPS, rel=0.01)
    strip.live(4)
    assert strip.world.belts[0].incline_rad == pytest.approx(radians(5))
    strip.ask(0, incline_rad=0.0).live(6)
    assert strip.world.belts[0].incline_rad == 0.0


def test_the_feet_make_the_speed_vary_by_about_one_per_cent():
    walked = Stroll(seed=1).walk(1.2).forget().live(20).column("left_belt_mps")
    empty = belts(1.2, 1.2, 5.0, 20).column("left_belt_mps")[2000:]
    assert 1.5 * empty.std() < walked.std() < 0.02 * 1.2


def test_the_emergency_stop_brings_moving_belts_to_rest_and_keeps_them_there():
    strip = belts(1.2, 1.0, 1.0, 4).forget()
    strip.world.reins.open_stop(has_a=True, has_b=True)
    strip.live(1.5)
    speed_mps = strip.column("left_belt_mps")
    assert np.argmax(speed_mps == 0) / 1000 == pytest.approx(1.2 / COAST_MPS2 + LAG_S, abs=0.25)
    assert (np.diff(speed_mps[200:]) < 0.01).all()
    strip.forget().ask(1.0, accel_mps2=5.0).live(2)
    assert strip.world.reins.is_cut()
    assert not strip.column("left_belt_mps")[500:].any()


def test_a_reset_of_the_emergency_stop_starts_nothing():
    strip = belts(1.2, 1.2, 1.0, 3)
    reins = strip.world.reins
    reins.open_stop(has_a=True, has_b=True)
    strip.live(3)
    assert not reins.reset_stop()
    reins.open_stop(has_a=False, has_b=False)
    assert reins.reset_stop()
    assert not strip.forget().live(2).column("left_belt_mps").any()
    assert strip.ask(0.5, accel_mps2=1.0).live(2).column("left_belt_mps")[-1] > 0.4


@pytest.mark.parametrize(("open_ms", "is_cut"), [(40, False), (60, True)])
def test_one_open_channel_cuts_the_power_after_50_ms(open_ms, is_cut):
    strip = belts(1.2, 1.2, 1.0, 3)
    strip.world.reins.open_stop(has_a=False, has_b=True)
    strip.live(open_ms / 1000)
    strip.world.reins.open_stop(has_a=False, has_b=False)
    strip.live(0.1)
    assert strip.world.reins.is_cut() == is_cut
