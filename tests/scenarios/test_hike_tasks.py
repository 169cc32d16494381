"""Lines and logs on the path are judged by where feet land, and never by guess."""

from math import isfinite, isnan, nan

import msgspec
import pytest
from footsteps import Footsteps, aiming, lifting
from walk import walk

from scenarios.hike import Hike
from scenarios.hike_feet import Feet, Footfall
from scenarios.hike_tasks import Obstacle, Target

STEADY = {"pace_sensitivity": 0.0, "obstacles_per_min": 0.0, "targets_per_min": 8.0}
LOGS = {"pace_sensitivity": 0.0, "targets_per_min": 0.0, "obstacles_per_min": 6.0}


def hike(person, duration_s=40.0, seed=3, **params):
    return [s for _, s in walk(Hike(Hike.Params(**params), seed), duration_s, gait=person)]


def ended(steps):
    return [attempt for step in steps for attempt in step.tries]


def told(steps):
    return [e for step in steps for e in step.events if e.kind == "foot"]


def test_feet_are_seen_where_they_land():
    person, feet, falls = (
        Footsteps(lambda side, at, scene: (0.1 * (side == "left"), 0.42)),
        Feet(),
        [],
    )
    scenario = Hike(Hike.Params(pace_sensitivity=0.0), 1)
    for state, _ in walk(scenario, 20, gait=person):
        falls += feet.step(state)
    seen = [fall for fall in falls if isfinite(fall.place_m)]
    assert len(seen) > 20
    known_m = person.places_m[len(falls) - len(seen) : len(falls)]
    # The scene that this person walks by is one tick old, 4 mm at 1 m/s.
    assert [fall.place_m for fall in seen] == pytest.approx(known_m, abs=0.006)
    assert {fall.side: round(fall.length_m, 6) for fall in seen} == {"left": 0.7, "right": 0.6}


def test_who_lands_the_right_foot_on_each_line_hits_them_all():
    tries = ended(steps := hike(Footsteps(aiming()), target_shift_m=0.2, **STEADY))
    assert len(tries) >= 3
    assert all(t.is_success and t.error_frac < 0.1 for t in tries)
    assert steps[-1].scene.hit_count == len(tries)


def test_how_far_off_the_line_is_told_as_a_part_of_what_is_allowed():
    for off_m, error in ((0.05, 0.5), (-0.08, 0.8)):
        tries = ended(hike(Footsteps(aiming(off_m=off_m)), target_shift_m=0.0, **STEADY))
        assert tries
        assert all(t.is_success for t in tries)
        assert [t.error_frac for t in tries] == pytest.approx([error] * len(tries), abs=0.07)


def test_beyond_the_tolerance_is_a_miss_with_its_size():
    tries = ended(steps := hike(Footsteps(aiming(off_m=0.15)), target_shift_m=0.0, **STEADY))
    assert tries
    assert not any(t.is_success for t in tries)
    assert all(1.3 < t.error_frac < 1.7 for t in tries)
    assert steps[-1].scene.miss_count == len(tries)
    assert "15 cm off: beyond the line." in told(steps)[0].text


def test_the_other_foot_on_the_line_is_a_miss_whose_size_is_not_measured():
    tries = ended(steps := hike(Footsteps(aiming("other")), target_shift_m=0.0, **STEADY))
    assert tries
    assert all(not t.is_success and isnan(t.error_frac) for t in tries)
    assert all("foot on the line for the" in e.text for e in told(steps))


def test_without_step_lengths_there_are_no_lines_and_no_verdicts():
    steps = hike(Footsteps(aiming(), unseen=tuple(range(200))), **STEADY)
    assert not any(s.scene.has_target for s in steps)
    assert not ended(steps)


def test_a_line_whose_landing_was_not_seen_is_not_counted():
    steps = hike(Footsteps(aiming(), unseen=tuple(range(14, 200))), **STEADY)
    assert any(s.scene.has_target for s in steps)
    assert not ended(steps)
    assert "not counted" in told(steps)[0].text


def test_nothing_appears_for_belts_at_rest():
    scenario = Hike(Hike.Params(**STEADY), 1)
    steps = [s for _, s in walk(scenario, 60, cruise_mps=0.0)]
    assert not any(s.scene.has_target or s.scene.has_obstacle or s.tries for s in steps)
    assert steps[-1].scene.distance_m == 0


def test_a_seed_tells_where_the_lines_are():
    def places(seed):
        steps = hike(Footsteps(), seed=seed, **STEADY)
        found = {round(s.scene.distance_m + s.scene.target_ahead_m, 3) for s in steps}
        return sorted(found)

    assert places(5) == places(5)
    assert places(5) != places(6)


def test_a_tolerance_that_is_turned_counts_at_once():
    scenario = Hike(Hike.Params(target_shift_m=0.0, **STEADY), 3)
    tries = []
    for state, step in walk(scenario, 60, gait=Footsteps(aiming(off_m=0.12))):
        if state.t_ns == 30e9:
            scenario.params = Hike.Params(target_shift_m=0.0, target_tolerance_m=0.2, **STEADY)
        tries += [(state.t_ns > 30e9, t.is_success) for t in step.tries]
    assert {is_late: is_success for is_late, is_success in tries} == {False: False, True: True}


def test_no_rate_no_line():
    steps = hike(Footsteps(), targets_per_min=0.0, obstacles_per_min=0.0)
    assert not any(s.scene.has_target or s.scene.has_obstacle for s in steps)


def test_a_log_is_passed_by_feet_that_are_longer_in_the_air():
    tries = ended(hike(Footsteps(lifting(0.42 * 1.12)), **LOGS))
    assert tries
    assert all(t.is_success for t in tries)
    assert [t.error_frac for t in tries] == pytest.approx([0.5] * len(tries), abs=0.02)


def test_usual_steps_over_a_log_are_too_flat():
    tries = ended(steps := hike(Footsteps(), **LOGS))
    assert tries
    assert all(not t.is_success and t.error_frac == pytest.approx(2.0) for t in tries)
    assert "Too flat" in told(steps)[0].text


def test_a_foot_on_the_log_is_a_miss():
    tries = ended(steps := hike(Footsteps(lifting(0.5, -0.25)), **LOGS))
    assert tries
    assert not any(t.is_success for t in tries)
    assert "landed on the obstacle" in told(steps)[0].text


def test_a_log_without_swing_times_is_not_judged():
    log = Obstacle(4.0, 0.15, 0.42)
    assert log.judge(Footfall("left", 3.8, 0.6, nan), 0.08) is None
    assert log.judge(Footfall("right", 4.4, 0.6, nan), 0.08) is None
    verdict = log.judge(Footfall("left", 5.0, 0.6, 0.5), 0.08)
    assert verdict is not None
    assert verdict.attempt is None


def test_a_crossing_that_was_not_seen_is_not_judged():
    log = Obstacle(4.0, 0.15, 0.42)
    assert log.judge(Footfall("left", nan, nan, 0.5), 0.08) is None
    assert log.judge(Footfall("right", 4.4, 0.6, 0.5), 0.08) is None
    verdict = log.judge(Footfall("left", 5.0, 0.6, 0.42), 0.08)
    assert verdict is not None
    assert verdict.attempt is None


def test_of_two_landings_around_a_line_the_nearer_counts():
    line = Target(4.0, "left")
    assert line.judge(Footfall("left", 3.7, 0.6, 0.4), 0.1) is None
    assert line.judge(Footfall("right", 4.3, 0.6, 0.4), 0.1) is None
    verdict = line.judge(Footfall("left", 4.9, 0.6, 0.4), 0.1)
    assert verdict is not None
    assert verdict.attempt is not None
    assert verdict.attempt.error_frac == pytest.approx(3.0)
    assert not verdict.attempt.is_success


def test_nothing_is_judged_while_the_belts_may_not_move():
    scenario, watcher = Hike(Hike.Params(**STEADY), 3), Hike(Hike.Params(**STEADY), 3)
    for state, walked in walk(scenario, 40, gait=Footsteps(aiming())):
        idle = watcher.step(msgspec.structs.replace(state, mode="idle"))
        assert not idle.scene.has_target
        assert not idle.tries
        hit_count = walked.scene.hit_count
    assert hit_count > 0
