import numpy as np
import pytest

from rehabsim_sim.gait_tables import (
    GAIN_HARD,
    GAIN_POSITION,
    SPEEDS_MPS,
    STANCE_COUNT,
    TOE_Y,
    VX,
    VZ,
    GaitShape,
    X,
    Y,
    Z,
    ankle_gain_at,
    duty_frac,
    force_targets_bw,
    force_template,
    gait_tables,
    orbit_at,
    roll_at,
    step_time_s,
    template_at,
)


@pytest.fixture(scope="module")
def tables():
    return gait_tables(GaitShape())


def test_stance_impulse_is_half_the_stride_at_every_speed():
    template = force_template(SPEEDS_MPS)
    mean_bw = np.trapezoid(template, np.linspace(0, 1, STANCE_COUNT), axis=1)
    np.testing.assert_allclose(mean_bw, 0.5 / duty_frac(SPEEDS_MPS), rtol=1e-9)


def test_template_peaks_lie_where_the_speed_laws_put_them():
    walked_mps = SPEEDS_MPS[SPEEDS_MPS > 0.5]
    template = force_template(walked_mps)
    first, trough, second = force_targets_bw(walked_mps)
    early, late = template[:, 60:160], template[:, 240:]
    np.testing.assert_allclose(early.max(axis=1), first, atol=0.01)
    np.testing.assert_allclose(late.max(axis=1), second, atol=0.01)
    np.testing.assert_allclose(template[:, 160:230].min(axis=1), trough, atol=0.01)


def test_load_is_nothing_before_heel_strike_and_after_toe_off(tables):
    assert template_at(tables.template_bw, 20, 0.5, -0.01) == 0.0
    assert template_at(tables.template_bw, 20, 0.5, 1.0) == 0.0
    assert template_at(tables.template_bw, 20, 0.5, 0.5) > 0.3


def test_the_nominal_step_ends_where_the_next_begins(tables):
    row, ratio = 30, 5
    step_m = SPEEDS_MPS[row] * step_time_s(SPEEDS_MPS[row : row + 1], 0.0060)[0]
    start, end = tables.orbit[row, ratio, 0], tables.orbit[row, ratio, -1]
    assert end[X] - start[X] == pytest.approx(step_m, abs=1e-6)
    assert end[VX] == pytest.approx(start[VX], abs=1e-6)
    assert end[[Z, VZ]] == pytest.approx(start[[Z, VZ]], abs=1e-6)
    assert end[Y] == pytest.approx(-1 - start[Y], abs=1e-6)


def test_toe_out_moves_the_orbit_further_from_side_to_side(tables):
    start, end = tables.orbit[30, 5, 0], tables.orbit[30, 5, -1]
    assert end[TOE_Y] == pytest.approx(-start[TOE_Y], abs=1e-6)
    narrow, toes = (orbit_at(tables.orbit, 30, 0.0, 1.0, 0.5, 0.14, toe)[2] for toe in (0, 0.12))
    assert narrow < toes < 0


def test_the_orbit_between_grid_points_lies_between_its_neighbours(tables):
    here = np.array(orbit_at(tables.orbit, 20, 0.5, 1.0, 0.505, 1.0, 0.0))
    corners = tables.orbit[20:22, 5, 50:52].reshape(-1, 8)[:, :6]
    assert (here >= corners.min(axis=0) - 1e-12).all()
    assert (here <= corners.max(axis=0) + 1e-12).all()


def test_ankles_alone_never_ask_for_more_than_the_foot_alone(tables):
    slow = SPEEDS_MPS < 0.5
    assert (tables.law[slow, GAIN_POSITION] > tables.law[slow, GAIN_HARD]).all()
    assert (tables.law[:, GAIN_HARD] < -1.0).all()


def test_slow_gait_has_the_ankles_of_standing():
    assert ankle_gain_at(0.3, 0.85) == pytest.approx(1.2)
    assert ankle_gain_at(1.2, 0.85) == 0.85
    assert ankle_gain_at(0.3, 1.5) == 1.5


def test_the_cop_rolls_less_when_slow_about_the_same_middle():
    start_m, length_m = roll_at(0.2, 0.03, 0.20)
    fast_start_m, fast_length_m = roll_at(1.2, 0.03, 0.20)
    assert length_m < fast_length_m
    assert start_m + 0.45 * length_m == pytest.approx(fast_start_m + 0.45 * fast_length_m)
