"""The zero of the plates, followed in swing, and never taken from a plate that bears something."""

import numpy as np
import pytest
from gait.people import analyse, walk

from rehabsim.devices.recording_file import read_recording
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.hygiene import MAX_ZERO_N, SAME_COUNT, SMALL_N, STEADY_N, SwingZero

WEIGHT_N = 75 * 9.81
LEFT_FZ, RIGHT_FZ = 2, 8
BOTH = pytest.mark.parametrize("plate", [0, 1])


def swing(plate, fz_n, *, noise_n=1.0, own=(0.0,) * 6, count=60):
    """Return frames in which a plate is empty and says `fz_n`, and the other bears a person."""
    wrench = np.full((count, 12), 700.0)
    wrench[:, 6 * plate : 6 * plate + 6] = own
    ripple = np.where(np.arange(count) % 2, noise_n, -noise_n)
    wrench[:, 6 * plate + 2] = fz_n + ripple
    return wrench


def seen(plate, *forces_n, zero=None, **how):
    """Return a zero that saw one swing after another, each as it is when zeroed so far."""
    zero = zero or SwingZero()
    for force_n in forces_n:
        zero.see(plate, swing(plate, force_n - zero.drift_n(plate), **how))
        zero.adopt()
    return zero


# -- one swing after another -----------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("force_n", [-140.0, -11.0, 11.0, 40.0, 149.0])
def test_an_error_is_believed_when_three_swings_agree(plate, force_n):
    zero = seen(plate, *[force_n] * (SAME_COUNT - 1))
    assert not zero.offset.any()
    seen(plate, force_n, zero=zero)
    assert zero.drift_n(plate) == pytest.approx(force_n)
    assert zero.drift_n(1 - plate) == 0.0


@BOTH
def test_all_of_what_an_empty_plate_says_becomes_its_zero(plate):
    own = (3.0, -4.0, 0.0, 5.0, np.nan, 7.0)
    zero = seen(plate, 20.0, 20.0, 20.0, own=own)
    expected = np.zeros(12)
    expected[6 * plate : 6 * plate + 6] = (3.0, -4.0, 20.0, 5.0, 0.0, 7.0)
    np.testing.assert_allclose(zero.offset, expected)


def test_the_zero_stays_until_it_is_adopted_and_is_adopted_once():
    zero = SwingZero()
    for _ in range(SAME_COUNT):
        zero.see(0, swing(0, 30.0))
    assert not zero.offset.any()
    zero.adopt()
    zero.adopt()
    assert zero.drift_n(0) == pytest.approx(30)


@BOTH
@pytest.mark.parametrize("force_n", [-SMALL_N, 0.0, 4.0, SMALL_N])
def test_a_small_error_is_left_alone(plate, force_n):
    zero = seen(plate, *[force_n] * 10)
    assert not zero.offset.any()
    assert zero.refused_count == 0


def test_swings_that_disagree_are_refused():
    zero = seen(0, 15.0, 24.0, 33.0, 42.0, 20.0, 60.0)
    assert not zero.offset.any()
    assert zero.refused_count == 6


def test_a_plate_that_bears_a_person_is_not_zeroed():
    zero = seen(0, *[500.0] * 6)
    assert not zero.offset.any()
    assert zero.refused_count == 6


def test_an_odd_swing_is_forgotten_after_three_that_agree():
    assert seen(0, 60.0, 20.0, 20.0, 20.0).drift_n(0) == pytest.approx(20)


def test_after_a_new_zero_the_next_error_takes_three_swings_again():
    zero = seen(0, *[20.0] * 3, *[40.0] * 2)
    assert zero.drift_n(0) == pytest.approx(20)
    seen(0, 40.0, zero=zero)
    assert zero.drift_n(0) == pytest.approx(40)


def test_a_small_error_in_between_begins_the_count_anew():
    zero = seen(1, 20.0, 20.0, 2.0, 20.0, 20.0)
    assert not zero.offset.any()
    seen(1, 20.0, zero=zero)
    assert zero.drift_n(1) == pytest.approx(20)


@BOTH
def test_a_plate_that_is_not_steady_is_not_empty(plate):
    zero = seen(plate, *[40.0] * 6, noise_n=1.1 * STEADY_N)
    assert not zero.offset.any()
    assert zero.refused_count == 6
    assert seen(plate, *[40.0] * 6, noise_n=0.9 * STEADY_N).offset.any()


def test_an_unsteady_swing_begins_the_count_anew():
    zero = seen(0, 20.0, 20.0)
    seen(0, 20.0, zero=zero, noise_n=2 * STEADY_N)
    seen(0, 20.0, zero=zero)
    assert not zero.offset.any()


@BOTH
@pytest.mark.parametrize("sign", [-1, 1])
def test_no_zero_lies_further_than_a_plate_drifts(plate, sign):
    zero = seen(plate, *[sign * (MAX_ZERO_N + 1)] * 5)
    assert not zero.offset.any()
    assert zero.refused_count == 5
    zero = seen(plate, *[sign * 100.0] * 3, *[sign * 160.0] * 5)
    assert zero.drift_n(plate) == pytest.approx(sign * 100)


@BOTH
def test_shear_of_an_empty_plate_is_followed_little_by_little(plate):
    zero = SwingZero()
    shear = zero.offset[6 * plate : 6 * plate + 2]
    for _ in range(30):
        own = (*(np.array([80.0, -30.0]) - shear), 0.0, 9.0, 9.0, 9.0)
        before = shear.copy()
        seen(plate, 0.0, zero=zero, own=own)
        assert abs(shear[0] - before[0]) <= 0.3 * 80.001
    np.testing.assert_allclose(shear, (80, -30), atol=0.1)
    assert np.count_nonzero(zero.offset) == 2


def test_more_shear_than_drift_is_left_alone():
    assert not seen(0, 0.0, 0.0, own=(MAX_ZERO_N + 1, 0.0, 0.0, 0.0, 0.0, 0.0)).offset.any()


def test_a_swing_with_a_missing_vertical_force_says_nothing():
    zero = SwingZero()
    for _ in range(5):
        torn = swing(0, 40.0)
        torn[7, LEFT_FZ] = np.nan
        zero.see(0, torn)
        zero.adopt()
    assert not zero.offset.any()
    assert zero.noise_n == SwingZero().noise_n


def test_a_swing_that_is_no_longer_remembered_says_nothing():
    zero = SwingZero()
    zero.see(0, swing(0, 40.0, count=0))
    zero.adopt()
    assert not zero.offset.any()
    assert zero.refused_count == 0


@BOTH
def test_the_noise_of_an_empty_plate_is_learned(plate):
    zero = seen(plate, *[0.0] * 30, noise_n=6.0)
    assert zero.noise_n[plate] == pytest.approx(6.0, abs=0.01)
    assert zero.noise_n[1 - plate] == SwingZero().noise_n[1 - plate]


# -- zeroed with nobody on the plates ---------------------------------------------------------


@BOTH
def test_drift_is_counted_from_the_last_guided_zero(plate):
    zero = seen(plate, *[30.0] * 3)
    error = np.zeros(12)
    error[6 * plate : 6 * plate + 3] = (130.0, 0.0, 140.0)
    zero.begin(error)
    assert zero.offset[6 * plate + 2] == pytest.approx(170)
    assert zero.drift_n(plate) == 0.0
    seen(plate, 20.0, 20.0, 20.0, zero=zero)
    assert zero.drift_n(plate) == pytest.approx(20)
    seen(plate, 20.0, zero=zero, own=(40.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    assert zero.offset[6 * plate] == pytest.approx(130 + 0.3 * 40)


def test_a_guided_zero_forgets_what_was_seen_in_swing_before():
    zero = seen(0, 20.0, 20.0)
    zero.see(1, swing(1, 0.0, own=(50.0, 0.0, 0.0, 0.0, 0.0, 0.0)))
    zero.begin(np.zeros(12))
    zero.adopt()
    assert not zero.offset.any()
    seen(0, 20.0, 20.0, zero=zero)
    assert not zero.offset.any()


# -- someone walks ---------------------------------------------------------------------------


def after(wrench, belts_mps):
    """Return the analysis after a walk."""
    analysis = GaitAnalysis()
    analyse(analysis, wrench, belts_mps)
    return analysis


def walked(change, duration_s=30.0, **how):
    """Return the analysis after a simulated walk whose wrenches `change` alters in place."""
    wrench, belts_mps, _, _ = walk(duration_s=duration_s, **how)
    wrench = wrench.copy()
    change(wrench, np.linspace(0, 1, len(wrench)))
    return after(wrench, belts_mps)


@pytest.mark.parametrize("grade", ["good", "rough"])
@pytest.mark.parametrize("speed_mps", [0.6, 1.0, 1.4])
@pytest.mark.parametrize("drift_n", [-60.0, 60.0])
def test_drift_of_a_plate_is_followed_while_someone_walks(grade, speed_mps, drift_n):
    def drift(wrench, part):
        wrench[:, LEFT_FZ] += drift_n * part

    analysis = walked(drift, 60.0, grade=grade, speed_mps=speed_mps)
    assert analysis.zero.drift_n(0) == pytest.approx(drift_n, abs=2 * SMALL_N)
    assert analysis.zero.drift_n(1) == 0.0
    assert analysis.body_weight_n == pytest.approx(WEIGHT_N, rel=0.03)


def test_77_newtons_of_drift_of_both_plates_are_followed():
    def drift(wrench, part):
        wrench[:, [LEFT_FZ, RIGHT_FZ]] += 77 * part[:, None]

    analysis = walked(drift, 60.0)
    for plate in (0, 1):
        assert analysis.zero.drift_n(plate) == pytest.approx(77, abs=15)


def test_a_part_of_the_other_foot_is_not_taken_for_drift():
    def share(wrench, _):
        part = 0.2 * wrench[:, :6]
        wrench[:, 6:] += part
        wrench[:, :6] -= part

    zero = walked(share).zero
    assert abs(zero.drift_n(1)) < 15
    assert zero.refused_count > 10


def test_an_offset_takes_its_moments_with_it():
    def offset(wrench, _):
        wrench[:, RIGHT_FZ : RIGHT_FZ + 3] += (40.0, 15.0, -12.0)

    zero = walked(offset).zero.offset
    np.testing.assert_allclose(zero[RIGHT_FZ : RIGHT_FZ + 3], (40, 15, -12), atol=3)


def test_shear_of_a_tilted_treadmill_is_taken_off():
    def tilt(wrench, _):
        wrench[:, 0] += 25.0
        wrench[:, 6] += 35.0

    zero = walked(tilt).zero.offset
    assert zero[0] == pytest.approx(25, abs=1)
    assert zero[6] == pytest.approx(35, abs=1)
    assert zero[LEFT_FZ] == zero[RIGHT_FZ] == 0.0


@pytest.mark.parametrize("grade", ["good", "rough"])
def test_plates_that_do_not_drift_keep_their_zero(grade):
    analysis = walked(lambda wrench, part: None, grade=grade)
    assert analysis.zero.drift_n(0) == analysis.zero.drift_n(1) == 0.0
    assert analysis.body_weight_n == pytest.approx(WEIGHT_N, rel=0.01)


def test_the_edge_of_the_other_foot_is_not_taken_for_drift():
    """A tenth of what the other plate bears crosses the seam: never steady while it rolls over."""

    def cross(wrench, _):
        edge = 0.1 * wrench[:, 6:]
        wrench[:, :6] += edge
        wrench[:, 6:] -= edge

    zero = walked(cross).zero
    assert zero.drift_n(0) == 0.0
    assert zero.refused_count > 10


def test_someone_who_only_stands_is_never_taken_off():
    wrench = np.tile([0.0, 0.0, 90.0, 0.0, 0.0, 0.0, 0.0, 0.0, 645.0, 0.0, 0.0, 0.0], (10_000, 1))
    assert not after(wrench, np.zeros((10_000, 2))).zero.offset.any()


def test_a_real_walk_with_cross_over_steps_moves_no_zero(recording):
    real = read_recording(recording("dual_belt_walk_200hz.csv"))
    wrench = real.wrench.astype(float)
    analysis = GaitAnalysis()
    analysis.take(real.device_t_ns, 5_000_000, wrench, np.full((len(wrench), 2), np.nan))
    assert analysis.zero.drift_n(0) == analysis.zero.drift_n(1) == 0.0
    assert analysis.zero.refused_count > 0
    assert analysis.body_weight_n == pytest.approx(628, abs=6)
