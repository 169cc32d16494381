"""Standing tests answer to bodies whose leans, sway and shares are known."""

from itertools import pairwise
from math import cos, isfinite, isnan, pi, radians, sin, tau

import msgspec
import numpy as np
import pytest
from still_lake import record
from walk import walk

from rehabsim.gait.stability_limits import PIVOT_HEIGHT_FRAC, limit_m
from rehabsim.research.report import write_report
from rehabsim.session.replay import replay
from rehabsim.training.knob import dials_of
from scenarios.balance import Balance
from scenarios.balance_sudden import answer_to_push
from scenarios.balance_trial import Phase, Recording

HOME_M = (0.02, -0.01)
LEVER_M = PIVOT_HEIGHT_FRAC * 1.75
STANCE_M = 0.24
WEIGHT_N = 700.0


def smooth(part):
    """Return a movement from 0 to 1 without a jolt."""
    s = min(max(part, 0.0), 1.0)
    return s**3 * (10 - 15 * s + 6 * s * s)


def body(x_m, y_m, *, has_shear=True, step_count=0):
    """Return the gait of someone over still feet whose centre of gravity is there."""
    share = 0.5 + (y_m - HOME_M[1]) / STANCE_M
    gait = {
        "cop_x_m": x_m,
        "cop_y_m": y_m,
        "left_fz_n": WEIGHT_N * share,
        "right_fz_n": WEIGHT_N * (1 - share),
        "body_weight_n": WEIGHT_N,
        "left_step_count": step_count,
    }
    return gait | ({"com_x_m": x_m, "com_y_m": y_m} if has_shear else {})


class Person:
    """Stands at home, and leans as told; knows how long each phase has gone on.

    Args:
        lean: (x, y) in m from home as a function of phase, time in it and scene.
        more: Further words for `body`, of the same.
    """

    def __init__(self, lean=lambda phase, t_s, scene: (0.0, 0.0), more=lambda *_: {}):
        self.lean, self.more = lean, more
        self.phase, self.number, self.since_s = 0, 0, 0.0

    def __call__(self, t_s, step):
        scene = None if step is None else step.scene
        phase = 0 if scene is None else scene.phase
        number = 0 if scene is None else scene.trial_number
        if (phase, number) != (self.phase, self.number):
            self.phase, self.number, self.since_s = phase, number, t_s
        x_m, y_m = self.lean(phase, t_s - self.since_s, scene)
        more = self.more(phase, t_s - self.since_s, scene)
        return body(HOME_M[0] + x_m, HOME_M[1] + y_m, **more)


def stand(duration_s, person, *, seed=1, **params):
    return list(walk(Balance(Balance.Params(**params), seed), duration_s, gait=person))


def told(ticks, kind="trial"):
    return [event for _, step in ticks for event in step.events if event.kind == kind]


def tries(ticks):
    return [task for _, step in ticks for task in step.tries]


def leaner(part, after_s=0.5, lasting_s=2.0, **more):
    """Return someone who leans straight to a part of the limit at each signal."""

    def lean(phase, t_s, scene):
        if phase != Phase.GO:
            return 0.0, 0.0
        d = direction_of(scene)
        way_m = part * limit_m(d) * smooth((t_s - after_s) / lasting_s)
        return way_m * cos(d), way_m * sin(d)

    return Person(lean, lambda *_: more)


def direction_of(scene):
    return np.arctan2(scene.target_y_m - scene.home_y_m, scene.target_x_m - scene.home_x_m)


# -- limits of stability -------------------------------------------------------------------


@pytest.fixture(scope="module")
def leans():
    """Return ticks of eight straight leans to 80 % of the limit, targets at 90 % of it."""
    return stand(115, leaner(0.8), reach_frac=0.9)


def test_a_straight_lean_to_80_percent_is_80_reached_80_farthest_and_100_control(leans):
    trials = told(leans)
    assert len(trials) == 8
    for trial in trials:
        assert trial.values["endpoint_frac"] == pytest.approx(0.8, abs=0.01)
        assert trial.values["greatest_frac"] == pytest.approx(0.8, abs=0.01)
        assert trial.values["directional_control_frac"] == pytest.approx(1.0, abs=0.01)
        assert trial.values["reaction_time_s"] == pytest.approx(0.5, abs=0.35)
    (whole,) = told(leans, "test")
    assert whole.values["endpoint_frac"] == pytest.approx(0.8, abs=0.01)
    assert whole.values["lean_count"] == 8
    assert leans[-1][1].scene.phase == Phase.DONE


def test_plates_without_shear_tell_a_slow_lean_as_well():
    values = told(stand(15, leaner(0.8, has_shear=False)))[0].values
    assert values["endpoint_frac"] == pytest.approx(0.8, abs=0.01)
    assert values["directional_control_frac"] == pytest.approx(1.0, abs=0.01)


def test_targets_are_45_degrees_apart_clockwise_from_the_front_at_the_limit(leans):
    places = {
        s.scene.trial_number: (s.scene.target_x_m - HOME_M[0], s.scene.target_y_m - HOME_M[1])
        for _, s in leans
        if s.scene.phase == Phase.GO
    }
    for number, (x_m, y_m) in places.items():
        direction_rad = -(number - 1) * pi / 4
        reach_m = 0.9 * limit_m(direction_rad)
        assert x_m == pytest.approx(reach_m * cos(direction_rad), abs=1e-6)
        assert y_m == pytest.approx(reach_m * sin(direction_rad), abs=1e-6)
    assert sorted(places) == list(range(1, 9))


def test_a_target_is_missed_by_as_much_of_the_ring_as_is_left():
    radius_m = 0.02
    reach = 1 - 0.5 * radius_m / limit_m(0)
    task = tries(stand(16, leaner(reach), target_radius_m=radius_m))[0]
    assert task.is_success
    assert task.error_frac == pytest.approx(0.5, abs=0.05)
    assert not tries(stand(16, leaner(0.5), target_radius_m=radius_m))[0].is_success


def test_who_does_not_lean_has_failed_and_nothing_is_made_up():
    ticks = stand(16, Person())
    (trial,) = told(ticks)
    assert "nobody moved" in trial.text
    assert set(trial.values) == {"trial", "direction_rad"}
    assert [task.is_success for task in tries(ticks)] == [False]


def test_a_lean_begins_only_after_a_wait_of_changing_length_in_the_middle(leans):
    waits = [state.t_ns / 1e9 for state, s in leans if s.scene.phase == Phase.READY]
    begins = [waits[0], *(b for a, b in pairwise(waits) if b - a > 1)]
    ends = [*(a for a, b in pairwise(waits) if b - a > 1), waits[-1]]
    lengths_s = [b - a for a, b in zip(begins, ends, strict=True)]
    assert min(lengths_s) > 0.9
    assert max(lengths_s) < 2.1
    assert max(lengths_s) - min(lengths_s) > 0.2


def test_a_knob_that_is_turned_moves_the_target_at_once():
    scenario = Balance(Balance.Params(), 1)
    before = after = None
    for state, step in walk(scenario, 20, gait=leaner(0.5)):
        if step.scene.phase == Phase.GO and before is None:
            before = step.scene.target_x_m
            scenario.params = Balance.Params(reach_frac=0.5)
        elif before is not None and after is None:
            after = step.scene.target_x_m
            assert state.t_ns > 0
    assert after - HOME_M[0] == pytest.approx(0.5 * (before - HOME_M[0]))


# -- sensory organisation ------------------------------------------------------------------


def swaying(degrees, hz=0.2):
    """Return someone who sways so far to the front and back in each trial."""
    size_m = LEVER_M * sin(radians(degrees))
    return Person(
        lambda phase, t_s, scene: (size_m * sin(tau * hz * t_s) * (phase == Phase.GO), 0.0)
    )


def test_the_equilibrium_score_is_what_is_left_of_12_and_a_half_degrees():
    trials = told(stand(60, swaying(1.25), test="sensory", stand_s=20.0, repeat_count=1))
    assert trials[0].values["equilibrium_frac"] == pytest.approx(1 - 2.5 / 12.5, abs=0.01)


def test_without_a_platform_there_are_three_conditions_and_no_composite():
    ticks = stand(60, swaying(0.5), test="sensory", stand_s=8.0, repeat_count=1)
    assert [trial.values["condition"] for trial in told(ticks)] == [1, 2, 3]
    (whole,) = told(ticks, "test")
    assert "composite_frac" not in whole.values
    assert whole.values["somatosensory_frac"] == pytest.approx(1.0, abs=0.01)
    assert all(step.platform is None for _, step in ticks)


def test_six_equal_conditions_have_their_score_as_composite():
    ticks = stand(
        100, swaying(1.25), test="sensory", stand_s=8.0, repeat_count=1, has_platform=True
    )
    (whole,) = told(ticks, "test")
    assert whole.values["composite_frac"] == pytest.approx(0.8, abs=0.02)
    assert whole.values["vestibular_frac"] == pytest.approx(1.0, abs=0.02)


def test_floor_and_surroundings_sway_along_where_the_condition_says_so():
    ticks = stand(
        100,
        swaying(1.0),
        test="sensory",
        stand_s=8.0,
        repeat_count=1,
        has_platform=True,
        vision_gain=2.0,
        floor_gain=0.5,
    )
    for condition in range(1, 7):
        during = [
            s for _, s in ticks if s.scene.phase == Phase.GO and s.scene.trial_number == condition
        ]
        floor_rad = max(s.platform.pose.pitch_rad for s in during)
        seen_rad = max(s.scene.surround_pitch_rad for s in during)
        is_blind = all(s.scene.is_blind for s in during)
        assert floor_rad == pytest.approx(radians(0.5) * (condition >= 4), abs=1e-3)
        assert seen_rad == pytest.approx(radians(2.0) * (condition in (3, 6)), abs=1e-3)
        assert is_blind == (condition in (2, 5))
        assert not any(s.scene.is_cog_shown or s.scene.is_target_shown for s in during)
    ahead = [s for _, s in ticks if s.scene.surround_pitch_rad > 0.01]
    assert all(s.scene.cog_x_m > HOME_M[0] for s in ahead)
    leaning = [s for _, s in ticks if s.platform.pose.pitch_rad < -0.001]
    assert all(s.scene.cog_x_m > HOME_M[0] for s in leaning)


def test_who_steps_scores_0():
    person = Person(
        more=lambda phase, t_s, scene: {"step_count": int(phase == Phase.GO and t_s > 3)}
    )
    ticks = stand(13, person, test="sensory", repeat_count=1)
    (trial,) = told(ticks)
    assert trial.text == "Trial 1 of 3: ended by a step."
    assert not tries(ticks)[0].is_success
    ticks = stand(70, person, test="sensory", repeat_count=1)
    assert told(ticks, "test")[0].values["condition_1_frac"] == 0


# -- symmetry ------------------------------------------------------------------------------


def test_a_share_of_56_percent_is_told_with_its_symmetry_index():
    person = Person(lambda phase, t_s, scene: (0.0, 0.06 * STANCE_M))
    trials = told(stand(80, person, test="symmetry", trial_count=2))
    assert [trial.values["has_picture"] for trial in trials] == [1, 0]
    for trial in trials:
        assert trial.values["share_left_frac"] == pytest.approx(0.56, abs=1e-6)
        assert trial.values["share_error_frac"] == pytest.approx(0.06, abs=1e-6)
        assert trial.values["symmetry_index"] == pytest.approx(-0.24, abs=1e-6)
        assert trial.values["inside_frac"] == 0


def test_who_follows_the_ring_bears_what_is_asked_on_each_leg():
    def follow(phase, t_s, scene):
        sway_m = 0.01 * sin(tau * 0.5 * t_s)
        if phase != Phase.GO or not isfinite(scene.target_y_m):
            return 0.0, sway_m
        part = min(t_s, 1.0)
        return 0.0, part * (scene.target_y_m - HOME_M[1]) + (1 - part) * sway_m

    ticks = stand(40, Person(follow), test="symmetry", trial_count=1, share_target_frac=0.65)
    (trial,) = told(ticks)
    assert trial.values["share_left_frac"] == pytest.approx(0.65, abs=0.01)
    assert tries(ticks)[0].is_success
    assert told(ticks, "test")[0].values["with_picture_share_left_frac"] == pytest.approx(
        0.65, abs=0.01
    )


# -- position sense ------------------------------------------------------------------------


def test_errors_of_one_degree_too_far_and_half_a_degree_too_short_are_found():
    errors = [radians(1.0), radians(-0.5)]
    memory = {}

    def lean(phase, t_s, scene):
        if phase not in (Phase.GO, Phase.RECALL):
            return 0.0, 0.0
        d = direction_of(scene)
        if phase == Phase.GO:
            reach_m = np.hypot(scene.target_x_m - HOME_M[0], scene.target_y_m - HOME_M[1])
            memory[scene.trial_number] = np.arcsin(reach_m / LEVER_M)
        angle = memory[scene.trial_number]
        if phase == Phase.RECALL:
            angle += errors[scene.trial_number % 2]
        way_m = LEVER_M * sin(angle) * smooth(t_s / 1.5)
        return way_m * cos(d), way_m * sin(d)

    ticks = stand(160, Person(lean), test="reposition", trial_count=6)
    trials = told(ticks)
    assert len(trials) == 6
    for number, trial in enumerate(trials, 1):
        assert trial.values["error_rad"] == pytest.approx(errors[number % 2], abs=2e-4)
    (whole,) = told(ticks, "test")
    assert whole.values["constant_error_rad"] == pytest.approx(radians(0.25), abs=2e-4)
    assert whole.values["absolute_error_rad"] == pytest.approx(radians(0.75), abs=2e-4)
    assert whole.values["variable_error_rad"] == pytest.approx(
        np.std([radians(1.0), radians(-0.5)] * 3, ddof=1), abs=2e-4
    )
    recalled = [s.scene for _, s in ticks if s.scene.phase == Phase.RECALL]
    assert recalled
    assert not any(scene.is_target_shown or scene.is_cog_shown for scene in recalled)


# -- sudden load ---------------------------------------------------------------------------


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


# -- all of them ---------------------------------------------------------------------------

TESTS = ["limits", "sensory", "symmetry", "reposition", "sudden"]


@pytest.mark.parametrize("test", TESTS)
def test_nothing_is_asked_before_the_belts_are_started_and_the_belts_rest(test):
    scenario = Balance(Balance.Params(test=test), 1)
    for state, _ in walk(scenario, 1):
        step = scenario.step(msgspec.structs.replace(state, mode="idle"))
    assert step.scene.phase == Phase.WAIT
    assert isnan(step.scene.target_x_m)
    assert step.wish.left_speed_mps == step.wish.right_speed_mps == 0


@pytest.mark.parametrize("test", TESTS)
def test_a_trial_that_is_broken_off_begins_anew_and_is_no_try(test):
    scenario = Pausing(Balance(Balance.Params(test=test), 1))
    ticks = list(walk(scenario, 15, gait=leaner(0.5)))
    count = ticks[0][1].scene.trial_count
    assert [e.text for e in told(ticks)][:1] == [
        f"Trial 1 of {count} broken off: the belts were stopped. It will begin anew."
    ]
    assert not [task for state, step in ticks if state.t_ns < 7e9 for task in step.tries]
    assert ticks[round(6.5 * 250)][1].scene.phase == Phase.WAIT
    assert ticks[(11 * 250)][1].scene.trial_number == 1


class Pausing:
    """A scenario whose belts are stopped from 6 to 7 s."""

    def __init__(self, scenario):
        self.scenario = scenario

    def step(self, state):
        mode = "idle" if 6 < state.t_ns / 1e9 < 7 else "running"
        return self.scenario.step(msgspec.structs.replace(state, mode=mode))


def test_a_fall_ends_a_trial():
    person = Person()

    def fall(t_s, step):
        gait = person(t_s, step)
        if 8 < t_s < 9:
            gait |= {"left_fz_n": 100.0, "right_fz_n": 100.0}
        return gait

    ticks = list(walk(Balance(Balance.Params(test="sensory"), 1), 12, gait=fall))
    (trial,) = told(ticks)
    assert trial.text == "Trial 1 of 9: ended by a fall."
    assert [task.is_success for task in tries(ticks)] == [False]


def test_plates_that_fall_silent_leave_a_trial_without_a_result():
    person = Person()

    def silent(t_s, step):
        gap = {"cop_x_m": float("nan"), "cop_y_m": float("nan")}
        return person(t_s, step) | (gap if 8 < t_s < 8.2 else {})

    ticks = list(walk(Balance(Balance.Params(test="sensory"), 1), 30, gait=silent))
    (trial,) = told(ticks)
    assert trial.text == "Trial 1 of 9 could not be measured: the plates fell silent."
    assert not tries(ticks)


def test_missed_ticks_are_filled_evenly():
    recording = Recording((0.0, 0.0))
    (state, _), *_ = walk(Balance(Balance.Params(), 1), 0.01)
    for x_m, dt_s in ((0.0, 0.004), (0.05, 0.02)):
        gait = msgspec.structs.replace(state.gait, cop_x_m=x_m, cop_y_m=0.0)
        recording.add(msgspec.structs.replace(state, gait=gait, dt_s=dt_s), Phase.GO)
    assert recording.cop_m()[:, 0] == pytest.approx([0, 0.01, 0.02, 0.03, 0.04, 0.05])
    assert recording.span(Phase.GO) == (0, 6)


def test_the_same_seed_gives_the_same_test_and_another_does_not():
    def story(seed):
        return [e.t_ns for e in told(stand(25, Person(), test="sudden", seed=seed))]

    assert story(1) == story(1) != story(2)


def test_every_number_has_a_knob_and_live_ones_say_which_way_is_harder():
    dials = {dial.name: dial for dial in dials_of(Balance.Params)}
    numbers = {name for name, f in Balance.Params.model_fields.items() if f.annotation is not bool}
    assert set(dials) == numbers - {"test"}
    assert dials["reach_frac"].knob.is_live
    assert dials["reach_frac"].knob.harder == "more"
    assert "0.75" in dials["reach_frac"].words(0.75)


def test_a_simulated_person_stands_through_a_whole_session_that_replays(tmp_path):
    path = tmp_path / "a.mcap"
    params = {"test": "sensory", "stand_s": 8.0, "repeat_count": 1, "rest_s": 1.0}
    summary, log = record(
        path, 22.0, scenario="balance", cruise_speed_mps=0.0, params=params, seed=3
    )
    assert summary.stops == []
    trials = [
        event for event in log.events() if event.kind == "trial" and "condition" in event.values
    ]
    assert len(trials) == 1
    assert 0.8 < trials[0].values["equilibrium_frac"] < 1
    assert replay(path).difference is None
    write_report(path, tmp_path / "report")
    page = (tmp_path / "report" / "report.html").read_text()
    assert "Trial 1 of 3: condition 1, eyes open: equilibrium" in page
