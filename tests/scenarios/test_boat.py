"""The boat answers to feet and water."""

from math import atan2, cos, isfinite, nan, sin, tau

import msgspec
import pytest
from walk import walk

from scenarios.boat import Boat


def sail(duration_s=60.0, share=0.5, seed=1, **params):
    boat = Boat(Boat.Params(**params), seed)
    return list(walk(boat, duration_s, gait=lambda t, s: {"load_share_left_frac": share}))


def test_an_even_load_keeps_the_course():
    *_, (_, step) = sail(wave_height_m=0.0)
    assert step.scene.heading_rad == 0
    assert step.scene.y_m == 0
    assert step.scene.x_m == pytest.approx(3.0 * 59, rel=0.02)


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
    """Return the height of the water under the boat, as MESSAGES.md tells a display."""
    along_m = s.x_m * cos(s.wave_direction_rad) + s.y_m * sin(s.wave_direction_rad)
    phase = tau * along_m / s.wave_length_m - tau * t_s / s.wave_period_s
    return s.wave_height_m / 2 * sin(phase)


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
        return [(s.scene.gate_x_m, s.scene.gate_y_m) for _, s in sail(120, seed=seed)]

    assert course(1) == course(1)
    assert course(1) != course(2)


def test_every_number_of_the_scene_is_finite():
    for _, step in sail(30, share=nan)[::50]:
        assert all(isfinite(value) for value in msgspec.structs.astuple(step.scene))
