"""The boat answers to feet and water."""

from itertools import pairwise
from math import atan2, cos, exp, hypot, isfinite, log, nan, radians, sin, sqrt, tau

import msgspec
import numpy as np
import pytest
from walk import walk

from rehabsim.safety.platform_envelope import six
from rehabsim.training.knob import dials_of
from rehabsim.training.motion import CLINICAL, Deck
from scenarios.boat import Boat
from scenarios.boat_gates import Course, Layout


def sail(duration_s=60.0, share=0.5, seed=1, **params):
    boat = Boat(Boat.Params(**params), seed)
    return list(walk(boat, duration_s, gait=lambda t, s: {"load_share_left_frac": share}))


def test_an_even_load_keeps_the_course():
    *_, (_, step) = sail(wave_height_m=0.0)
    assert step.scene.heading_rad == 0
    assert step.scene.y_m == 0
    assert step.scene.boat_speed_mps == pytest.approx(3.0, rel=1e-3)
    # The belts take 2 s to their speed, the boat another 3 s.
    assert step.scene.x_m == pytest.approx(3.0 * (59 - 3.8), rel=0.02)


def test_more_load_on_the_left_turns_left():
    *_, (_, step) = sail(share=0.53)
    assert step.scene.heading_rad > 0.5
    *_, (_, step) = sail(share=0.47)
    assert step.scene.heading_rad < -0.5


def test_the_outer_belt_runs_faster_in_a_turn():
    *_, (_, step) = sail(share=0.57, wave_height_m=0.0)
    assert step.wish.right_speed_mps - step.wish.left_speed_mps == pytest.approx(0.05, abs=1e-3)


def test_an_unknown_load_share_keeps_the_rudder_amidships():
    *_, (_, step) = sail(share=nan)
    assert step.scene.steer_frac == 0


def test_the_belts_slow_down_uphill_and_speed_up_downhill():
    ticks = sail(wave_height_m=1.0, wave_length_m=20.0)
    up = [s.wish.left_speed_mps for _, s in ticks if s.scene.pitch_rad > 0.05]
    down = [s.wish.left_speed_mps for _, s in ticks if s.scene.pitch_rad < -0.05]
    assert up
    assert down
    assert max(up) < 0.95 < 1.05 < min(down)


def test_a_hull_much_shorter_than_the_wave_rides_the_published_surface():
    for state, step in sail(20, wave_length_m=100.0, wave_height_m=2.0)[::100]:
        assert step.scene.heave_m == pytest.approx(
            surface_m(step.scene, state.t_ns / 1e9), abs=0.02
        )


def surface_m(s, t_s):
    """Return the height of the water under the boat, as the scene tells a display."""
    height, length, period = s.wave_height_m, s.wave_length_m, s.wave_period_s
    ratios = [0.5 * 3 ** (i / 15) for i in range(1, 16)]
    shares = [exp(-4 * log(r) ** 2) for r in ratios]
    whole = sqrt(2 / sum(v * v for v in shares))
    z_m = 0.0
    for i, (r, v) in enumerate(zip(ratios, shares, strict=True), 1):
        d = s.wave_direction_rad + 0.5 * sin(2.4 * i)
        along = r * (s.x_m * cos(d) + s.y_m * sin(d)) / length
        z_m += v * whole * sin(tau * (along - r * t_s / period + i * i * s.wave_seed_frac))
    return height / 4 * z_m


def test_a_steered_boat_passes_every_gate_and_an_unsteered_one_does_not():
    def to_the_gate(t_s, step):
        if step is None:
            return {"load_share_left_frac": 0.5}
        s = step.scene
        bearing = atan2(s.gate_y_m - s.y_m, s.gate_x_m - s.x_m) - s.heading_rad
        return {"load_share_left_frac": 0.5 + max(min(0.1 * bearing, 0.06), -0.06)}

    steered = list(walk(Boat(Boat.Params(), 3), 240, gait=to_the_gate))
    last = steered[-1][1].scene
    assert (last.passed_gate_count, last.missed_gate_count) == (15, 0)
    events = [e for _, s in steered for e in s.events]
    assert [e.kind for e in events] == ["gate"] * 15
    unsteered = list(
        walk(Boat(Boat.Params(), 3), 240, gait=lambda t, s: {"load_share_left_frac": 0.5})
    )
    assert unsteered[-1][1].scene.missed_gate_count > 5


def test_the_same_seed_lays_the_same_course_and_another_does_not():
    def course(seed):
        return [(s.scene.gate_x_m, s.scene.gate_y_m) for _, s in sail(60, seed=seed)]

    assert course(1) == course(1)
    assert course(1) != course(2)


def test_every_number_of_the_scene_is_finite():
    for _, step in sail(30, share=nan)[::50]:
        assert all(isfinite(value) for value in msgspec.structs.astuple(step.scene))


# -- the person ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cop_y_m", "limit_m", "rudder"),
    [
        (0.06, 0.10, 1.0),
        (0.03, 0.05, 1.0),
        (-0.03, 0.10, -(0.5 - 0.05) / 0.95),
        (0.002, 0.10, 0.0),
        (nan, 0.10, 0.0),
    ],
)
def test_the_centre_of_pressure_steers_within_the_persons_own_limits(cop_y_m, limit_m, rudder):
    params = Boat.Params(is_steered_by_cop=True, cop_limit_m=limit_m, wave_height_m=0.0)
    gait = {"cop_y_m": cop_y_m, "load_share_left_frac": 0.5}
    *_, (_, step) = walk(Boat(params, 1), 6.0, gait=lambda t, s: gait)
    assert step.scene.steer_frac == pytest.approx(rudder, abs=1e-3)


def test_steering_can_be_turned_around():
    *_, (_, step) = sail(5.0, share=0.53, is_reversed=True)
    assert step.scene.steer_frac < -0.3


def test_who_stands_is_driven_by_a_motor_with_the_belts_at_rest_once_it_has_begun():
    boat = Boat(Boat.Params(is_standing=True), 1)
    state, step = next(walk(boat, 0.004, gait=lambda t, s: {"load_share_left_frac": 0.57}))
    for mode, duration_s in (("armed", 5.0), ("running", 30.0)):
        for _ in range(round(duration_s / 0.004)):
            state = msgspec.structs.replace(state, t_ns=state.t_ns + 4_000_000, mode=mode)
            step = boat.step(state)
            assert (step.wish.left_speed_mps, step.wish.right_speed_mps) == (0.0, 0.0)
        assert (step.scene.boat_speed_mps > 2.0) == (mode == "running")
    assert step.scene.heading_rad > 1.0


def test_wind_carries_a_boat_off_its_course_only_while_someone_is_under_way():
    *_, (_, step) = sail(40.0, wind_speed_mps=8.0, wave_height_m=0.0)
    assert step.scene.y_m > 4.0
    boat = Boat(Boat.Params(wind_speed_mps=8.0), 1)
    state, _ = next(walk(boat, 0.004))
    for _ in range(5000):
        state = msgspec.structs.replace(state, t_ns=state.t_ns + 4_000_000, mode="idle")
        step = boat.step(state)
    assert step.scene.wind_speed_mps > 3.0
    assert max(abs(step.scene.x_m), abs(step.scene.y_m)) < 1e-5


def own(share, duration_s=40.0, **params):
    """Return how somebody sails who walks with `share` of the load on the left."""
    return sail(duration_s, share=share, is_own_neutral=True, wave_height_m=0.0, **params)


@pytest.mark.parametrize("share", [0.46, 0.53])
def test_who_walks_unevenly_goes_straight_on_once_the_boat_knows_how_they_walk(share):
    ticks = own(share)
    assert max(abs(s.scene.steer_frac) for _, s in ticks) == 0.0
    (event,) = [e for _, s in ticks for e in s.events if e.kind == "helm"]
    assert event.values["neutral"] == pytest.approx(share - 0.5)
    assert f"{share:.1%} of the weight on the left leg" in event.text
    assert max(abs(s.scene.steer_frac) for _, s in sail(40.0, share=share)) > 0.4


def test_both_sides_are_as_far_from_a_persons_own_amidships():
    def walks(shift):
        def gait(t_s, step):
            return {"load_share_left_frac": 0.47 + (shift if t_s > 30 else 0.0)}

        boat = Boat(Boat.Params(is_own_neutral=True, wave_height_m=0.0), 1)
        *_, (_, step) = walk(boat, 40.0, gait=gait)
        return step.scene.steer_frac

    assert walks(0.035) == pytest.approx(0.5, abs=1e-3)
    assert walks(-0.035) == pytest.approx(-0.5, abs=1e-3)


def test_a_foot_on_the_other_belt_steers_nothing_and_the_rudder_comes_amidships():
    def gait(t_s, step):
        return {"load_share_left_frac": 0.53 if t_s < 10 else 0.95}

    ticks = list(walk(Boat(Boat.Params(wave_height_m=0.0), 1), 20.0, gait=gait))
    rudder = {round(state.t_ns / 1e9, 3): step.scene.steer_frac for state, step in ticks}
    assert rudder[9.0] == pytest.approx(0.025 / 0.06, abs=1e-3)
    assert rudder[12.8] == pytest.approx(0.025 / 0.06, abs=1e-3)
    assert rudder[19.0] == pytest.approx(0.0, abs=1e-3)


def test_who_stands_may_shift_all_of_their_weight():
    *_, (_, step) = sail(20.0, share=0.95, is_standing=True)
    assert step.scene.steer_frac > 0.99


def test_a_person_of_whom_nothing_is_seen_has_no_amidships_and_no_rudder():
    ticks = own(nan)
    assert not [e for _, s in ticks for e in s.events if e.kind == "helm"]
    assert {s.scene.steer_frac for _, s in ticks} == {0.0}


# -- tries and knobs -----------------------------------------------------------------------


def test_each_gate_is_a_try_and_its_error_is_the_distance_from_its_middle():
    ticks = sail(100.0, max_gate_turn_rad=0.4, gate_width_m=8.0, gate_spacing_m=20.0)
    ended = [(step, step.tries) for _, step in ticks if step.events or step.tries]
    score_count = 0
    for step, tries in ended:
        (event,), (tried,) = step.events, tries
        error = abs(event.values["aside_m"]) / 4.0
        assert tried.error_frac == pytest.approx(error)
        assert tried.is_success == (error <= 1)
        assert ("passed" in event.text) == tried.is_success
        score_count += round(10 - 5 * error) if tried.is_success else 0
        assert step.scene.score_count == score_count
    results = [tries[0].is_success for _, tries in ended]
    assert len(results) > 8
    assert set(results) == {True, False}
    last = ticks[-1][1].scene
    assert (last.passed_gate_count, last.missed_gate_count) == (sum(results), results.count(False))


def test_a_gate_missed_by_far_does_not_make_the_next_one_missed():
    course = Course(Layout(45.0, 8.0, 0.3), 1)
    gate = course.gate
    (event,), (tried,) = course.step(gate.x_m + 0.1, 20.0, 1.0, 1, Layout(45.0, 8.0, 0.3))
    assert not tried.is_success
    assert event.values["aside_m"] == pytest.approx(20.0)
    ahead_m = course.gate.x_m - gate.x_m - 0.1, course.gate.y_m - 20.0
    assert hypot(*ahead_m) == pytest.approx(45.0)
    assert abs(atan2(ahead_m[1], ahead_m[0]) - 1.0) <= 0.3


def test_a_gate_missed_by_little_leaves_the_course_as_it_is_seen():
    course = Course(Layout(45.0, 8.0, 0.3), 1)
    seen = course.next_gate
    course.step(course.gate.x_m + 0.1, 7.9, 0.0, 1, Layout(45.0, 8.0, 0.3))
    assert course.gate == seen


def test_a_missed_gate_is_told_with_how_far_and_where():
    events = [e.text for _, s in sail(100.0, share=0.52, gate_spacing_m=15.0) for e in s.events]
    missed = [text for text in events if "missed" in text]
    assert missed
    assert all("m too far left." in text for text in missed)


def test_a_width_that_is_changed_is_that_of_the_gates_laid_after():
    boat = Boat(Boat.Params(gate_width_m=12.0, gate_spacing_m=15.0), 1)
    widths = []
    for state, step in walk(boat, 40.0, gait=lambda t, s: {"load_share_left_frac": 0.5}):
        scene = step.scene
        widths.append((scene.gate_width_m, scene.next_gate_width_m))
        if state.t_ns == 4_000_000_000:
            boat.params = boat.params.model_copy(update={"gate_width_m": 5.0})
    assert widths[1001] == (12.0, 12.0)
    order = list(dict.fromkeys(widths))
    assert order == [(12.0, 12.0), (12.0, 5.0), (5.0, 5.0)]


def test_waves_wind_and_steering_can_be_turned_while_somebody_walks():
    boat = Boat(Boat.Params(wave_height_m=0.0, load_range_frac=0.1), 1)
    scenes = []
    for state, step in walk(boat, 40.0, gait=lambda t, s: {"load_share_left_frac": 0.505}):
        scenes.append(step.scene)
        if state.t_ns == 10_000_000_000:
            changes = {"wave_height_m": 0.7, "wind_speed_mps": 6.0, "load_range_frac": 0.02}
            boat.params = boat.params.model_copy(update=changes)
    before, after = scenes[2400], scenes[-1]
    assert (before.wave_height_m, before.wind_speed_mps) == (0.0, 0.0)
    assert abs(before.roll_rad) < 1e-9
    assert after.wave_height_m == 0.7
    assert after.wind_speed_mps > 2.0
    assert max(abs(s.roll_rad) for s in scenes[-2500:]) > 0.01
    jumps = [abs(b.heave_m - a.heave_m) for a, b in pairwise(scenes[2400:])]
    assert max(jumps) < 0.004


def test_what_may_be_turned_live_is_what_the_boat_reads_anew():
    dials = dials_of(Boat.Params)
    live = {dial.name for dial in dials if dial.knob.is_live}
    assert live == {"gate_width_m", "wave_height_m", "wind_speed_mps", "load_range_frac"}
    usual = Boat.Params().model_dump()
    for dial in dials:
        assert dial.low <= usual[dial.name] <= dial.high
        assert dial.words(usual[dial.name]) != dial.knob.says


# -- the platform --------------------------------------------------------------------------


def test_the_deck_does_what_the_picture_shows_smaller():
    steps = [step for _, step in sail(60.0)][5000:]
    for shown, felt, least in (
        ("roll_rad", "roll_rad", 0.3),
        ("pitch_rad", "pitch_rad", 0.3),
        ("heave_m", "z_m", 0.1),
    ):
        picture = np.array([getattr(step.scene, shown) for step in steps])
        deck = np.array([getattr(step.platform.pose, felt) for step in steps])
        assert np.corrcoef(picture, deck)[0, 1] > 0.97
        assert least < deck.std() / picture.std() < 0.45


def test_the_deck_is_at_home_before_somebody_walks_and_after():
    boat = Boat(Boat.Params(wave_height_m=0.7), 1)
    state, _ = next(walk(boat, 0.004))
    tilts = {}
    for mode, duration_s in (("idle", 5.0), ("running", 20.0), ("idle", 9.0)):
        tilts = {mode: [], **tilts} if mode not in tilts else tilts | {"after": []}
        for _ in range(round(duration_s / 0.02)):
            state = msgspec.structs.replace(
                state, t_ns=state.t_ns + 20_000_000, dt_s=0.02, mode=mode
            )
            pose = boat.step(state).platform.pose
            tilts["after" if "after" in tilts else mode].append(abs(pose.roll_rad))
    assert max(tilts["idle"]) == 0.0
    assert max(tilts["running"]) > 0.005
    assert tilts["after"][-1] < 1e-6


SMALL = Deck(
    (0.03, 0.03, 0.02, radians(2), radians(3), radians(3)),
    (*(0.1,) * 3, *(radians(2),) * 3),
    (*(0.5,) * 3, *(0.5,) * 3),
)
"""Of a person for whom most rooms are too much."""


def test_a_boat_that_is_told_what_the_deck_may_do_wishes_no_more_and_agrees_with_the_picture():
    def ridden(deck):
        boat = Boat(Boat.Params(wave_height_m=0.74, platform_gain=1.0), 1)
        boat.deck = deck or boat.deck
        steps = [step for _, step in walk(boat, 40.0, dt_s=0.02)]
        wished = np.array([six(step.platform.pose) for step in steps])
        rates = np.abs(np.diff(wished, axis=0)) / 0.02
        shown = np.array([step.scene.roll_rad for step in steps])
        return np.abs(wished).max(axis=0), rates.max(axis=0), shown[750:], wished[750:, 3]

    most, fastest, *_ = ridden(None)
    assert most[3] > SMALL.reach[3]
    assert fastest[3] > SMALL.speed[3]
    most, fastest, shown, felt = ridden(SMALL)
    assert (most <= np.array(SMALL.reach) + 1e-9).all()
    assert (fastest <= np.array(SMALL.speed) + 1e-9).all()
    assert np.corrcoef(shown, felt)[0, 1] > 0.95
    assert felt.std() > 0.003


def test_a_room_that_allows_more_than_most_makes_the_boat_no_wilder():
    wide = Deck((0.5,) * 6, (2.0,) * 6, (9.0,) * 6)
    wished = []
    for deck in (CLINICAL, wide):
        boat = Boat(Boat.Params(wave_height_m=0.74), 1)
        boat.deck = deck
        wished.append([step.platform for _, step in walk(boat, 12.0, dt_s=0.02)])
    assert wished[0] == wished[1]


def test_a_deck_that_is_left_alone_is_never_asked_for_anything():
    assert all(step.platform is None for _, step in sail(2.0, platform_gain=0.0))
