"""Signs are answered by steering, the lane is judged by sections, distractions by nothing."""

from functools import cache
from math import isnan, nan

import pytest
from walk import walk

from rehabsim.session.setup import ready_session
from rehabsim.training.adapt import Adapter
from rehabsim.training.adapt_params import AdaptParams
from rehabsim.training.scenario import Try
from scenarios.drive import Drive

FREE = {"traffic_spacing_m": 2000.0, "light_spacing_m": 1000.0}
MANY = {"signs_per_min": 6.0, "distractors_per_min": 6.0, **FREE}


def driver(answer="as asked", off_m=0.0):
    """Return someone who keeps `off_m` left of the middle, and answers signs like this."""

    def gait(t_s, step):
        if step is None:
            return {"cop_y_m": 0.0}
        s = step.scene
        goal_m = off_m
        moves = {"as asked": s.task_is_target, "never": False, "always": True}[answer]
        if s.task_side and moves:
            goal_m = s.task_side * 0.2 * s.lane_width_m
        bend = 8 * s.road_curvature_per_m / 0.1
        wheel = 0.9 * (goal_m - s.lateral_m) + bend
        return {"cop_y_m": min(max(0.06 * wheel, -0.08), 0.08)}

    return gait


@cache
def drive(answer="as asked", duration_s=150.0, seed=1, off_m=0.0, curvature=0.004, **params):
    car = Drive(Drive.Params(max_curvature_per_m=curvature, **{**MANY, **params}), seed)
    gait = driver(answer, off_m)
    return [s for _, s in walk(car, duration_s, gait=gait, dt_s=0.02)]


def signs(steps):
    return [e for s in steps for e in s.events if e.kind == "sign"]


def sections(steps):
    return [e for s in steps for e in s.events if e.kind == "section"]


def answered(steps, word):
    return [e for e in signs(steps) if f", {word}: " in e.text]


def test_who_does_what_signs_ask_is_right_each_time():
    steps = drive()
    assert len(answered(steps, "move")) >= 2
    assert len(answered(steps, "stay")) >= 2
    assert all(e.text.endswith("right.") for e in signs(steps))
    assert steps[-1].scene.task_right_count == len(signs(steps))
    assert steps[-1].scene.task_wrong_count == 0


def test_who_never_moves_misses_the_even_ones_alone():
    steps = drive("never")
    assert {e.text.split(": ")[1] for e in answered(steps, "move")} == {"wrong."}
    assert {e.text.split(": ")[1] for e in answered(steps, "stay")} == {"right."}


def test_who_always_moves_is_wrong_at_the_odd_ones_alone():
    steps = drive("always")
    assert {e.text.split(": ")[1] for e in answered(steps, "move")} == {"right."}
    assert {e.text.split(": ")[1] for e in answered(steps, "stay")} == {"wrong."}


def test_a_missed_sign_tells_by_how_much_and_a_right_one_how_soon():
    for answer, low, high in (("as asked", 0.1, 1.0), ("never", 1.5, 2.5)):
        found = [
            (t.is_success, t.error_frac)
            for s in drive(answer)
            for t, e in zip(s.tries, s.events, strict=False)
            if e.kind == "sign" and e.values.get("item", 1) % 2 == 0
        ]
        assert found
        assert all(low < error < high for _, error in found)
        assert {is_success for is_success, _ in found} == {answer == "as asked"}


def test_the_reaction_is_how_soon_the_wheel_turns():
    moved = answered(drive(), "move")
    assert all(0.1 < e.values["reaction_s"] < 1.5 for e in moved)
    assert all(e.values["reaction_s"] < e.values["answer_s"] <= 6.0 for e in moved)
    assert all(
        isnan(e.values["reaction_s"]) for e in answered(drive("never", curvature=0.0), "move")
    )


def test_even_numbers_are_targets_and_a_half_is_marked_in_which_the_car_is_not():
    before = None
    for step in drive():
        s = step.scene
        if s.task_side and (before is None or not before.task_side):
            assert s.task_is_target == (s.task_item % 2 == 0)
            assert 1 <= s.task_item <= 9
            assert s.lateral_m * s.task_side < 0.12 * s.lane_width_m
        before = s


def test_no_signs_at_rest_nor_where_none_are_asked():
    car = Drive(Drive.Params(**MANY), 1)
    assert not any(s.scene.task_side for _, s in walk(car, 60, cruise_mps=0.0, dt_s=0.02))
    assert not any(s.scene.task_side for s in drive(signs_per_min=0.0, duration_s=60.0))


def test_without_a_pressure_centre_nothing_is_steered_and_even_signs_are_missed():
    car = Drive(Drive.Params(max_curvature_per_m=0.0, **MANY), 1)
    steps = [s for _, s in walk(car, 100, gait=lambda t, s: {"cop_y_m": nan}, dt_s=0.02)]
    assert steps[-1].scene.lateral_m == 0.0
    assert signs(steps)
    assert all(e.text.endswith("wrong.") for e in answered(steps, "move"))


def test_a_sign_is_dropped_when_the_car_has_to_wait():
    params = {**MANY, "light_spacing_m": 100.0, "red_s": 20.0}
    car = Drive(Drive.Params(**params), 3)
    steps = [s for _, s in walk(car, 200, gait=driver(), dt_s=0.02)]
    dropped = [s for s in steps for e in s.events if e.text.startswith("Sign not answered")]
    assert dropped
    assert not any(s.tries and s.scene.task_side for s in dropped)


def test_seeds_tell_the_signs():
    assert [e.text for e in signs(drive(seed=1))] != [e.text for e in signs(drive(seed=2))]


def test_a_lane_that_is_kept_is_a_success_in_each_section():
    steps = drive(signs_per_min=0.0)
    tries = [t for s in steps for t in s.tries]
    assert len(tries) == len(sections(steps)) >= 6
    assert all(t.is_success and t.error_frac < 0.4 for t in tries)


def test_each_try_tells_which_task_it_belongs_to():
    tries = [t for s in drive() for t in s.tries]
    assert {t.task for t in tries} == {"lane", "sign"} == set(Drive.tasks)
    assert sum(t.task == "sign" for t in tries) == len(signs(drive()))


def test_the_level_of_the_ready_file_follows_the_lane_and_not_the_signs():
    adapt = AdaptParams.model_validate(ready_session("drive").adapt)
    missed = [Try(is_success=False, task="sign")] * 20
    assert Adapter(adapt.model_copy(update={"is_automatic": True})).hear(missed) == ()


def test_off_the_middle_is_told_as_a_part_of_what_is_allowed():
    steps = drive(signs_per_min=0.0, off_m=0.9, curvature=0.0)
    tries = [t for s in steps for t in s.tries][2:]
    assert all(not t.is_success for t in tries)
    # The wheel does nothing within 0.004 m of pressure, so that the car may rest 7 cm off.
    assert [t.error_frac for t in tries] == pytest.approx([0.9 / 0.6] * len(tries), abs=0.12)


def test_even_signs_do_not_spoil_the_section():
    steps = drive()
    assert any(abs(s.scene.lateral_m) > 0.4 for s in steps)
    assert all(e.values["rms_m"] < 0.35 for e in sections(steps))


def test_the_dual_task_cost_is_known_late_and_grows_with_what_odd_signs_disturb():
    def cost(disturbed_m):
        calm = driver("never")

        def gait(t_s, step):
            if step is not None and step.scene.task_side and not step.scene.task_is_target:
                return driver("never", -disturbed_m * step.scene.task_side)(t_s, step)
            return calm(t_s, step)

        car = Drive(Drive.Params(max_curvature_per_m=0.0, **MANY), 1)
        return [s.scene.dual_cost_frac for _, s in walk(car, 200, gait=gait, dt_s=0.02)]

    calm, disturbed = cost(0.0), cost(1.2)
    assert isnan(calm[1000])
    assert abs(calm[-1]) < 0.05
    assert disturbed[-1] > calm[-1] + 0.1


def test_distractions_come_and_go_and_ask_for_nothing():
    with_some, without = drive(), drive(distractors_per_min=0.0)
    kinds = {s.scene.distractor_kind for s in with_some}
    assert {0} < kinds <= {0, 1, 2, 3}
    assert {s.scene.distractor_kind for s in without} == {0}
    assert [s.scene.lateral_m for s in with_some] == [s.scene.lateral_m for s in without]
    count = sum(len(s.tries) for s in with_some)
    assert count == sum(len(s.tries) for s in without) > 0
