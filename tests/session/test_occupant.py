"""What safety is told of the person and the plates."""

from math import isnan, nan

import numpy as np
import pytest
from msgspec import structs

from rehabsim.base.records import Gait, PlateChunk
from rehabsim.session.occupant import MEAN_S, Occupant

WALKING = Gait(left_fz_n=300.0, right_fz_n=420.0, body_weight_n=700.0, cop_x_m=0.1, cop_y_m=-0.05)


def chunk(wrench, dt_ns=1_000_000):
    return PlateChunk(0, 0, 0, dt_ns, np.asarray(wrench, np.float32))


def noisy(count=4, seed=1, fz_n=350.0):
    """Return samples of two plates that bear a person."""
    wrench = np.random.default_rng(seed).standard_normal((count, 12))
    wrench[:, (2, 8)] += fz_n
    return wrench


def fault(blocks, dt_ns=1_000_000):
    """Return what is wrong after some blocks of samples."""
    occupant, plates = Occupant(), ""
    for block in blocks:
        _, plates = occupant.step([chunk(block, dt_ns)], WALKING, nan, 0.004)
    return plates


def test_the_person_is_told_as_the_analysis_knows_them():
    person, plates = Occupant().step([chunk(noisy())], WALKING, nan, 0.004)
    assert person.is_expected
    assert (person.load_n, person.body_weight_n) == (720.0, 700.0)
    assert (person.cop_x_m, person.cop_y_m) == (0.1, -0.05)
    assert isnan(person.harness_n)
    assert isnan(person.stated_n)
    assert plates == ""


def test_what_the_session_file_states_is_told():
    person, _ = Occupant(stated_n=680.0).step([chunk(noisy())], WALKING, 9.0, 0.004)
    assert (person.stated_n, person.harness_n) == (680.0, 9.0)


def test_a_trial_with_empty_belts_is_told_as_one():
    person, _ = Occupant(is_expected=False).step([], Gait(), nan, 0.004)
    assert not person.is_expected
    assert isnan(person.load_n)


def test_the_mean_load_follows_slowly_and_forgets_what_is_not_measured():
    occupant = Occupant()
    occupant.step([], WALKING, nan, 0.004)
    double = structs.replace(WALKING, left_fz_n=1020.0)
    for _ in range(round(MEAN_S / 0.004)):
        person, _ = occupant.step([], double, nan, 0.004)
    assert person.mean_load_n == pytest.approx(720 + 720 * (1 - np.exp(-1)), rel=1e-3)
    person, _ = occupant.step([], structs.replace(double, left_fz_n=nan), nan, 0.004)
    assert person.mean_load_n == pytest.approx(720 + 720 * (1 - np.exp(-1)), rel=1e-3)


def test_plates_that_live_are_well_however_the_samples_are_cut():
    samples = noisy(2000)
    for size in (1, 3, 4, 16, 2000):
        assert fault(np.split(samples, range(size, 2000, size))) == ""


@pytest.mark.parametrize("plate", [0, 1])
@pytest.mark.parametrize("size", [1, 4, 7])
@pytest.mark.parametrize(("count", "plates"), [(299, ""), (301, "stuck"), (900, "stuck")])
def test_a_plate_that_repeats_itself_for_a_third_of_a_second_is_stuck(plate, size, count, plates):
    samples = noisy(1000)
    own = slice(6 * plate, 6 * plate + 6)
    samples[:count, own] = samples[0, own]
    assert fault(np.split(samples[:count], range(size, count, size))) == plates
    assert fault(np.split(samples, range(size, 1000, size))) == ""


def test_a_plate_whose_vertical_force_alone_stands_still_is_at_a_low_end():
    samples = noisy(400)
    samples[:, 2] = 100.0
    assert fault([samples[:299]]) == ""
    assert fault([samples]) == "saturated"


@pytest.mark.parametrize(
    ("wide_m", "plates"), [(0.2, ""), (0.54, ""), (0.56, "exchanged"), (0.9, "exchanged")]
)
@pytest.mark.parametrize("size", [1, 4, 7])
def test_feet_wider_apart_than_belts_stand_on_exchanged_plates(wide_m, plates, size):
    samples = noisy(310)
    samples[:, (3, 9)] = samples[:, (2, 8)] * (wide_m / 2, -wide_m / 2)
    assert fault(np.split(samples, range(size, 310, size))) == plates


def test_width_is_measured_while_both_feet_are_down_and_over_several_steps():
    both, single = noisy(100), noisy(100)
    both[:, (3, 9)] = both[:, (2, 8)] * (0.4, -0.4)
    single[:, 8] = 90.0
    single[:, 9] = 0.0
    assert fault([both, single, both, single]) == ""
    assert fault([both, single, both, single, both, single]) == "exchanged"
    narrow = noisy(10)
    assert fault([both, both, narrow, both, both]) == ""


def test_a_single_plate_has_no_width():
    samples = noisy(400)
    samples[:, 3] = samples[:, 2]
    samples[:, 6:] = nan
    assert fault([samples]) == ""


def test_an_empty_plate_may_repeat_itself():
    samples = noisy(1000)
    samples[:, :6] = 0.0
    assert fault([samples]) == ""


def test_a_vertical_force_at_its_end_is_saturated():
    samples = noisy(100, fz_n=980.0)
    samples[80:, 2] = 1000.0
    assert fault([samples]) == "saturated"
    assert fault([samples[:87]]) == ""
    samples[80:, 2] = 400.0  # no plate ends there
    assert fault([samples]) == ""


def test_slow_plates_need_several_samples_too():
    samples = noisy(8, fz_n=1000.0)
    samples[:, 2] = 1000.0
    assert fault([samples[:6]], dt_ns=5_000_000) == ""
    assert fault([np.repeat(samples, 2, axis=0)], dt_ns=5_000_000) == "saturated"
    still = np.repeat(noisy(1), 100, axis=0)
    assert fault([still[:19]], dt_ns=20_000_000) == ""
    assert fault([still[:21]], dt_ns=20_000_000) == "stuck"


def test_a_stuck_plate_without_shear_is_stuck_too():
    samples = noisy(400)
    samples[:, :2] = np.nan
    samples[:, 2:6] = samples[0, 2:6]
    assert fault([samples]) == "stuck"


def test_missing_samples_are_not_the_same_as_each_other():
    samples = noisy(1000)
    samples[:, 2] = np.nan
    assert fault([samples]) == ""
