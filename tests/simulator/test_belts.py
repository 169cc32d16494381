from math import radians

import numpy as np
import pytest
from simulator.stroll import Stroll

from rehabsim_sim.belts import INCLINE_RATE_RADPS, LAG_S, MAX_SPEED_MPS
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
