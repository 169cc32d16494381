"""Standing tests answer to bodies whose leans, sway and shares are known."""

from itertools import pairwise
from math import cos, isfinite, isnan, pi, radians, sin, tau

import msgspec
import numpy as np
import pytest
from standing_body import (
    HOME_M,
    LEVER_M,
    STANCE_M,
    Person,
    direction_of,
    leaner,
    smooth,
    stand,
    told,
    tries,
)
from still_lake import record
from walk import walk

from rehabsim.gait.stability_limits import limit_m
from rehabsim.research.report import write_report
from rehabsim.session.replay import replay
from rehabsim.training.knob import dials_of
from scenarios.balance import Balance
from scenarios.balance_trial import Phase, Recording

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
