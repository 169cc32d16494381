"""Times, weights and pressure centres of force-plate samples."""

from math import isnan, nan

import numpy as np
import pytest

from rehabsim.base.records import PlateChunk
from rehabsim.gait.forces import BodyWeight, SampleClock, cops_of

DT_NS = 1_000_000


def test_centre_of_pressure_is_where_a_force_is_put_on_each_plate():
    wrench = np.zeros((3, 12))
    wrench[0] = [0, 0, 500, 500 * 0.1, -500 * 0.3, 0, 0, 0, 19, 1, 1, 0]
    wrench[1, 8:11] = [200, 200 * -0.2, -200 * -0.4]
    wrench[2, 2] = nan
    cops_m = cops_of(wrench)
    assert cops_m[0, :2] == pytest.approx((0.3, 0.1))
    assert np.isnan(cops_m[0, 2:]).all()
    assert cops_m[1, 2:] == pytest.approx((-0.4, -0.2))
    assert np.isnan(cops_m[2]).all()


def test_a_late_chunk_does_not_move_the_sample_clock():
    clock = SampleClock()
    wrench = np.zeros((4, 12), np.float32)
    prompt = PlateChunk(1_004_000_000, 0, 500_000_000, DT_NS, wrench)
    first_ns = clock.first_ns(prompt)
    late = PlateChunk(1_038_000_000, 4, 504_000_000, DT_NS, wrench)
    assert first_ns == 1_001_000_000
    assert clock.first_ns(late) == pytest.approx(1_005_000_000, abs=2_000)


def test_nobody_has_no_weight_and_a_person_who_stands_is_weighed():
    weight = BodyWeight()
    weight.rest(100.0)
    assert isnan(weight.newtons)
    weight.rest(700.0)
    assert weight.newtons == pytest.approx(700)


def test_one_stumble_does_not_change_the_body_weight():
    weight = BodyWeight()
    for mean_n in (700, 702, 698, 700, 350, 701):
        weight.walk(mean_n)
    assert weight.newtons == pytest.approx(700, abs=1)


def test_strides_outweigh_standing():
    weight = BodyWeight()
    weight.rest(650.0)
    for _ in range(3):
        weight.walk(700.0)
    weight.rest(500.0)
    assert weight.newtons == 700.0
