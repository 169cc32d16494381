"""A sudden load: belts or platform push, and the answer of the body is timed."""

from math import isnan

import numpy as np
import pytest
from standing_body import Person, stand, told, tries
from walk import walk

from scenarios.balance import Balance
from scenarios.balance_sudden import answer_to_push
from scenarios.balance_trial import Phase


def test_an_answer_peaks_and_ends_when_it_does():
    rate_hz = 250.0
    t_s = np.arange(-500, 750) / rate_hz
    bump = np.interp(t_s, [0.1, 0.4, 1.2], [0, 0.05, 0])
    found = answer_to_push(bump, rate_hz, 500)
    assert found.peak_s == pytest.approx(0.4, abs=0.005)
    assert found.peak_m == pytest.approx(0.05, abs=1e-3)
    # Back within 10 mm after four fifths of the way home.
    assert found.recovery_s == pytest.approx(0.4 + 0.8 * 0.8, abs=0.01)
    assert isnan(answer_to_push(np.where(t_s > 0.1, 0.05, 0.0), rate_hz, 500).recovery_s)
    with pytest.raises(ValueError, match="before the load"):
        answer_to_push(bump, rate_hz, 100)


def carried(scenario, duration_s):
    """Yield ticks of someone carried back by the belts, who sways 30 mm forward at each push."""
    moved_m = 0.0

    def lean(phase, t_s, scene):
        bump_m = np.interp(t_s, [0.1, 0.4, 1.0], [0, 0.03, 0]) if phase == Phase.GO else 0.0
        return bump_m - moved_m, 0.0

    for state, step in walk(scenario, duration_s, gait=Person(lean), accel_mps2=5.0):
        moved_m = state.left_distance_m
        yield state, step


def test_belts_push_by_a_little_for_a_moment_and_rest_again():
    ticks = list(carried(Balance(Balance.Params(test="sudden", trial_count=3), 1), 60))
    speeds = np.array([[s.wish.left_speed_mps, s.wish.right_speed_mps] for _, s in ticks])
    assert (speeds[:, 0] == speeds[:, 1]).all()
    assert speeds.max() == pytest.approx(0.15)
    assert speeds.min() == 0
    steps = np.abs(np.diff(speeds[:, 0]))
    assert steps.max() <= 2.0 * 0.004 + 1e-9
    is_on = np.array([s.wish.is_perturbation for _, s in ticks])
    assert (speeds[~is_on] == 0).all()
    edges = np.flatnonzero(np.diff(is_on.astype(int)))
    lengths_s = np.diff(edges)[::2] * 0.004
    assert len(lengths_s) == 3
    assert (lengths_s < 0.4).all()
    pauses_s = np.diff(edges)[1::2] * 0.004
    assert (pauses_s > 3).all()
    assert np.ptp(pauses_s) > 0.1


def test_what_the_belts_carry_along_is_not_taken_for_an_answer():
    ticks = list(carried(Balance(Balance.Params(test="sudden", trial_count=2), 1), 40))
    trials = told(ticks)
    assert len(trials) == 2
    for trial in trials:
        assert trial.values["peak_m"] == pytest.approx(0.03, abs=0.002)
        assert trial.values["peak_s"] == pytest.approx(0.39, abs=0.02)
        assert trial.values["recovery_s"] == pytest.approx(0.4 + 0.6 * 2 / 3, abs=0.03)
    assert all(task.is_success for task in tries(ticks))
    (whole,) = told(ticks, "test")
    assert whole.values["push_count"] == 2


def test_a_push_that_the_keeper_refuses_is_no_measurement():
    scenario = Balance(Balance.Params(test="sudden", trial_count=1), 1)
    ticks = list(walk(scenario, 20, gait=Person(), accel_mps2=0.0))
    (trial,) = told(ticks)
    assert "could not be measured: the belts did not push" in trial.text
    assert not tries(ticks)


def test_a_platform_pushes_to_either_side_briskly_for_half_a_second_and_comes_back():
    ticks = stand(70, Person(), test="sudden", has_platform=True, trial_count=5)
    poses = [(s.platform.pose.x_m, s.platform.is_perturbing) for _, s in ticks]
    assert {x_m for x_m, _ in poses} == {0.03, -0.03, 0.0}
    assert all(x_m != 0 for x_m, is_brisk in poses if is_brisk)
    assert sum(is_brisk for _, is_brisk in poses) == 5 * 125
    assert all(s.wish.left_speed_mps == 0 for _, s in ticks)
    assert poses[-1] == (0.0, False)


def test_on_a_platform_that_shakes_the_plates_only_the_recovery_counts():
    person = Person(
        lambda phase, t_s, scene: (
            np.interp(t_s, [0, 0.4, 1.0], [0, 0.03, 0]) if phase == Phase.GO else 0.0,
            0.0,
        )
    )
    (trial,) = told(stand(17, person, test="sudden", has_platform=True, trial_count=1))
    assert trial.values["recovery_s"] == pytest.approx(0.4 + 0.6 * 2 / 3, abs=0.02)
    assert "peak_s" not in trial.values


def test_who_is_pushed_off_the_middle_is_asked_back_before_the_next_trial():
    person = Person(lambda phase, t_s, scene: (-0.4, 0.0))
    ticks = stand(20, person, test="sudden")
    assert {s.scene.phase for _, s in ticks} <= {Phase.WAIT, Phase.STILL, Phase.MIDDLE}
    assert "Step to the middle of the belts" in told(ticks)[0].text
