"""How a person plays what they see, without a body."""

from itertools import pairwise
from math import cos, hypot, nan, sin

import numpy as np
import pytest
from simulator.game import frame

from rehabsim_sim.patients import HEALTHY, MAX_SEVERITY, PATIENTS, patient
from rehabsim_sim.person import AIMLESS, PLACING
from rehabsim_sim.play.picture import read_picture
from rehabsim_sim.play.player import Aim, Footing, Player
from rehabsim_sim.play.scenes import kind_of, want
from rehabsim_sim.traits import Traits

LOOK_S = 0.032
PLAYERS = [name for name in PATIENTS if name not in ("empty_belts", "steering")]


def exact(**traits):
    return Traits(target_error_m=0.0, aim_noise_frac=0.0, **traits)


def watch(player, scene, duration_s, footing=None, start=1, is_moving=True):
    """Show a scene for a while; return the aims."""
    aims = []
    for look in range(start, start + round(duration_s / LOOK_S)):
        picture = read_picture(frame(scene, 8 * look if is_moving else 8))
        aims.append(player.step(look * LOOK_S, picture, footing or Footing()))
    return aims


def target(x_m, y_m):
    return {"target_x_m": x_m, "target_y_m": y_m}


def boat(gate_y_m, heading_rad=0.0):
    return {
        "x_m": 0.0,
        "y_m": 0.0,
        "heading_rad": heading_rad,
        "gate_x_m": 40.0,
        "gate_y_m": gate_y_m,
    }


def lane(lateral_m, curvature_per_m=0.0):
    return {
        "lateral_m": lateral_m,
        "heading_rad": 0.0,
        "road_curvature_per_m": curvature_per_m,
    }


# -- what a scene asks ---------------------------------------------------------------------


def test_scenes_are_known_by_their_fields():
    assert kind_of(boat(3.0)) == "gates"
    assert kind_of(lane(1.0)) == "lane"
    assert kind_of(target(0.1, 0.0)) == "target"
    assert kind_of(boat(3.0) | target(nan, nan)) == "target"
    assert kind_of({"distance_m": 3.0, "lateral_m": 0.1, "slope_rad": 0.0}) == "none"


def test_a_gate_to_the_left_asks_for_load_on_the_left():
    def load_frac(gate_y_m, before_rad=0.0, now_rad=0.0):
        scenes = boat(gate_y_m, now_rad), boat(gate_y_m, before_rad)
        return want(*scenes, 0.25).load_frac

    assert load_frac(8.0) > 0.01
    assert load_frac(-8.0) == pytest.approx(-load_frac(8.0))
    assert load_frac(8.0, now_rad=0.05) < load_frac(8.0, before_rad=0.05, now_rad=0.05)


def test_close_to_a_gate_one_looks_at_the_next():
    scene = boat(1.0) | {"gate_x_m": 3.0, "next_gate_x_m": 40.0, "next_gate_y_m": -20.0}
    assert want(scene, scene, 0.25).load_frac < 0


def test_off_the_lane_to_the_left_one_walks_to_the_right():
    assert want(lane(1.0), lane(1.0), 0.25).y_m < -0.01
    assert want(lane(1.0), lane(1.5), 0.25).y_m > want(lane(1.0), lane(1.0), 0.25).y_m
    assert want(lane(0.0, 0.004), lane(0.0, 0.004), 0.25).y_m > 0.01


@pytest.mark.parametrize("scene", [boat(nan), lane(nan)])
def test_what_cannot_be_seen_asks_for_nothing(scene):
    assert want(scene, scene, 0.25).kind == "none"


# -- what the person makes of it -----------------------------------------------------------


def test_without_a_picture_nothing_is_aimed_at():
    player = Player(HEALTHY, 1)
    assert all(player.step(0.032 * k, None, Footing()).aiming == AIMLESS for k in range(1, 99))


def test_an_answer_comes_after_the_delay():
    traits = exact(visual_delay_s=0.4)
    aims = watch(Player(traits, 1), target(0.05, 0.0), 2.0)
    first = next(k for k, aim in enumerate(aims) if aim.x_m > 0)
    assert first * LOOK_S == pytest.approx(0.4, abs=0.04)


def test_weight_moves_no_faster_than_the_person_does_and_gets_there():
    aims = watch(Player(exact(reach_mps=0.05), 1), target(0.03, 0.04), 3.0)
    steps_m = [hypot(b.x_m - a.x_m, b.y_m - a.y_m) for a, b in pairwise(aims)]
    assert max(steps_m) <= 0.05 * LOOK_S + 1e-9
    assert (aims[-1].x_m, aims[-1].y_m) == pytest.approx((0.03, 0.04))


@pytest.mark.parametrize(
    ("angle_rad", "limit_m"), [(0.0, 0.1078), (np.pi / 2, 0.1378), (np.pi, 0.0768)]
)
def test_nobody_leans_further_than_their_part_of_the_limits_of_stability(angle_rad, limit_m):
    far = target(0.5 * cos(angle_rad), 0.5 * sin(angle_rad))
    for part in (0.6, 0.85):
        aim = watch(Player(exact(reach_frac=part), 1), far, 4.0)[-1]
        assert hypot(aim.x_m, aim.y_m) == pytest.approx(part * limit_m, rel=0.01)


def test_a_target_is_reached_from_where_one_stands():
    aim = watch(Player(exact(), 1), target(0.05, 0.04), 3.0, Footing(x_m=0.02, y_m=-0.01))[-1]
    assert (aim.x_m, aim.y_m) == pytest.approx((0.03, 0.05))


def test_one_who_walks_goes_to_the_target_itself():
    footing = Footing(is_walking=True, x_m=0.3, y_m=-0.1)
    aim = watch(Player(exact(), 1), target(0.1, 0.04), 3.0, footing)[-1]
    assert aim.aiming == PLACING
    assert (aim.x_m, aim.y_m) == pytest.approx((0.1, 0.04))


def leaning(player, place, part=1.0, duration_s=8.0, *, is_shown=True):
    """Return the aims of somebody whose weight goes this part of the way that they mean it to."""
    aims = [Aim()]
    for look in range(1, round(duration_s / LOOK_S)):
        own = {"cog_x_m": part * aims[-1].x_m, "cog_y_m": part * aims[-1].y_m}
        scene = target(*place) | own | {"is_cog_shown": is_shown}
        aims.append(player.step(look * LOOK_S, read_picture(frame(scene, 8 * look)), Footing()))
    return aims


def test_who_sees_where_their_weight_is_mends_what_is_missing():
    seeing, not_shown = (
        leaning(Player(exact(), 1), (0.06, 0.02), part=0.8, is_shown=is_shown)[-1]
        for is_shown in (True, False)
    )
    assert not_shown.x_m == pytest.approx(0.06)
    assert 0.8 * seeing.x_m == pytest.approx(0.06, abs=0.005)
    assert 0.8 * seeing.y_m == pytest.approx(0.02, abs=0.005)


def test_a_wrong_feeling_of_the_middle_is_mended_by_sight():
    traits = Traits(target_error_m=0.035, aim_noise_frac=0.0)
    off_m = [
        [
            hypot(aim.x_m - 0.03, aim.y_m - 0.02)
            for aim in leaning(Player(traits, seed), (0.03, 0.02))
        ]
        for seed in range(1, 40)
    ]
    first, end = np.mean([each[60] for each in off_m]), np.mean([each[-1] for each in off_m])
    assert first > 0.02
    assert end < 0.4 * first


def test_one_dares_more_at_last_than_at_first_and_never_all_of_the_limit():
    first_m = 0.85 * 0.1078
    aims = leaning(Player(exact(reach_frac=0.85), 1), (0.2, 0.0))
    assert aims[60].x_m == pytest.approx(first_m, rel=0.03)
    assert aims[-1].x_m > 1.03 * first_m
    assert max(aim.x_m for aim in aims) <= 0.9001 * 0.1078


def test_when_the_target_goes_the_weight_comes_back():
    player = Player(HEALTHY, 1)
    away = watch(player, target(0.06, 0.0), 3.0)[-1]
    back = watch(player, target(nan, nan), 3.0, start=94)[-1]
    assert away.x_m > 0.03
    assert back == back.__class__(PLACING)


def test_a_picture_that_stands_still_is_forgotten():
    aims = watch(Player(HEALTHY, 1), target(0.05, 0.0), 2.0, is_moving=False)
    assert aims[12].x_m > 0
    assert aims[-1].aiming == AIMLESS


def test_a_scene_that_nobody_knows_is_walked_through_as_without_a_picture():
    assert watch(Player(HEALTHY, 1), {"slope_rad": 0.1}, 2.0)[-1].aiming == AIMLESS


def test_the_same_seed_plays_the_same_and_another_does_not():
    one, two, other = (watch(Player(HEALTHY, seed), target(0.05, 0.02), 3.0) for seed in (1, 1, 2))
    assert one == two
    assert one != other


def miss_m(traits, footing=None, count=300):
    """Return how far from the target the aim ends, on average over people."""
    ends = [
        watch(Player(traits, seed), target(0.02, 0.02), 1.6, footing)[-1] for seed in range(count)
    ]
    return float(np.mean([hypot(end.x_m - 0.02, end.y_m - 0.02) for end in ends]))


def test_the_mean_error_is_that_of_the_traits():
    assert miss_m(HEALTHY) == pytest.approx(HEALTHY.target_error_m, rel=0.12)


def test_the_tired_miss_further():
    assert miss_m(HEALTHY, Footing(fatigue_frac=1.0)) > 1.6 * miss_m(HEALTHY)


@pytest.mark.parametrize("name", PLAYERS)
def test_every_patient_at_every_severity_is_someone_who_can_play(name):
    for severity in (0.0, 0.5, 1.0, MAX_SEVERITY):
        traits = patient(f"{name}:{severity}")
        assert 0.2 <= traits.visual_delay_s <= 0.6
        assert 0.5 <= traits.aim_gain <= 1.0
        assert 0.010 <= traits.target_error_m <= 0.050
        assert 0.4 <= traits.reach_frac <= 1.0
        assert traits.reach_mps >= 0.03


def test_no_patient_plays_better_than_the_healthy():
    for name in PLAYERS:
        traits = patient(name)
        assert traits.visual_delay_s >= HEALTHY.visual_delay_s
        assert traits.aim_gain <= HEALTHY.aim_gain
        assert traits.target_error_m >= HEALTHY.target_error_m
        assert traits.reach_frac <= HEALTHY.reach_frac
        assert traits.reach_mps <= HEALTHY.reach_mps


def test_a_lasting_error_is_learned_while_walking_and_only_then():
    def late(is_walking):
        footing = Footing(is_walking=is_walking)
        aims = watch(Player(exact(), 1), boat(2.0), 20.0, footing)
        return aims[-1].load_frac - aims[40].load_frac

    assert late(is_walking=True) > 0.004
    assert late(is_walking=False) == pytest.approx(0.0, abs=1e-12)


def test_one_who_drifts_aside_while_steering_walks_back():
    aims = watch(Player(exact(), 1), boat(0.0), 5.0, Footing(is_walking=True, y_m=0.02))
    assert aims[-1].y_m < -0.01
