"""What is asked of a platform stays within what a patient may be given, and belongs to the land."""

from functools import cache
from itertools import pairwise
from math import degrees, nan

import msgspec
import numpy as np
import pytest
from footsteps import Footsteps
from walk import walk

from rehabsim.base.records import Pose
from scenarios.hike import Hike
from scenarios.hike_ground import Bridge, Footing
from scenarios.hike_terrain import BRIDGE, SIDE_SLOPE, STONES

DT_S = 0.02

ROUGHEST = {"roughness": 1.0, "bridge_sway": 2.0, "max_side_slope": 0.052}


@cache
def hiked(seed=2, duration_s=330.0):
    scenario = Hike(Hike.Params(pace_sensitivity=0.0, **ROUGHEST), seed)
    return [step for _, step in walk(scenario, duration_s, gait=Footsteps(), dt_s=DT_S)]


def poses(kind=None):
    return [s.platform.pose for s in hiked() if kind in (None, s.scene.section_0)]


def test_the_platform_keeps_to_three_degrees_and_two_degrees_per_second():
    found = poses()
    for name in ("roll_rad", "pitch_rad"):
        angles = [getattr(pose, name) for pose in found]
        assert degrees(max(map(abs, angles))) <= 3.0
        rates = [(b - a) / DT_S for a, b in pairwise(angles)]
        assert degrees(max(map(abs, rates))) <= 2.0 + 1e-6


def test_nothing_but_roll_and_pitch_is_asked():
    level = {(p.x_m, p.y_m, p.z_m, p.yaw_rad) for p in poses()}
    assert level == {(0.0, 0.0, 0.0, 0.0)}


def test_the_platform_leans_with_the_side_slope():
    leaning = [s for s in hiked() if abs(s.scene.side_slope_rad) > 0.05]
    assert {s.scene.section_0 for s in leaning} == {SIDE_SLOPE}
    for step in leaning:
        assert step.platform.pose.roll_rad == pytest.approx(step.scene.side_slope_rad, abs=0.01)


def test_stones_make_it_tremble_and_the_bridge_makes_it_sway():
    for kind in (STONES, BRIDGE):
        assert np.std([pose.roll_rad for pose in poses(kind)]) > 0.002
        assert np.std([pose.pitch_rad for pose in poses(kind)]) > 0.0005


def test_a_bridge_goes_down_where_its_load_is():
    def roll(load_m):
        bridge = Bridge(1)
        rolls = []
        for state, _ in walk(
            Hike(Hike.Params(), 1), 60, gait=lambda t, s: {"cop_y_m": load_m}, dt_s=DT_S
        ):
            rolls.append(bridge.step(state, 1.0)[0])
        return np.mean(rolls[1000:])

    assert roll(0.1) - roll(-0.1) == pytest.approx(-0.03, abs=0.003)
    assert roll(nan) == roll(0.0)


def test_firm_ground_does_not_sway():
    bridge = Bridge(1)
    for state, _ in walk(Hike(Hike.Params(), 1), 20, gait=Footsteps(), dt_s=DT_S):
        assert bridge.step(state, 0.0) == (0.0, 0.0)


def test_a_bridge_stands_still_soon_after_the_belts_do():
    scenario = Hike(Hike.Params(pace_sensitivity=0.0), 2)
    on_bridge = None
    for state, step in walk(scenario, 330, gait=Footsteps(), dt_s=DT_S):
        if step.scene.section_0 == BRIDGE and step.scene.distance_m > step.scene.section_0_m + 12:
            on_bridge = state
            break
    assert on_bridge is not None
    for tick in range(1000):
        t_ns = on_bridge.t_ns + tick * 20_000_000
        still = msgspec.structs.replace(on_bridge, t_ns=t_ns, mode="stopping")
        step = scenario.step(still)
    assert abs(step.scene.sway_rad) < 0.0005


def test_a_missed_tick_gives_no_more_than_its_time():
    footing = Footing()
    pose = footing.step(0.05, (0.0, 0.0), (0.0, 0.0), 0.1).pose
    assert pose == Pose(roll_rad=pytest.approx(0.00349))


def test_a_land_without_side_slope_stones_and_sway_is_level():
    params = Hike.Params(max_side_slope=0.0, roughness=0.0, bridge_sway=0.0, pace_sensitivity=0.0)
    for _, step in walk(Hike(params, 2), 200, gait=Footsteps(), dt_s=DT_S):
        assert step.platform.pose == Pose()
