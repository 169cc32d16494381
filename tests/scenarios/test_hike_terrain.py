"""One field of heights gives picture, incline, side slope and pace."""

from itertools import pairwise
from math import atan

import pytest
from walk import walk

from scenarios.hike import Hike
from scenarios.hike_pace import cost_jpkgm, effort_at, pace_frac
from scenarios.hike_terrain import BRIDGE, CLIMB, MUD, NAMES, SIDE_SLOPE, STONES, Section, Terrain

ALONG_M = [0.7 * k for k in range(3000)]


def land(seed=1, max_slope=0.12, max_side_slope=0.04):
    terrain = Terrain(seed, max_slope, max_side_slope)
    terrain.section_index(ALONG_M[-1])
    return terrain


def test_the_slopes_are_the_derivatives_of_the_heights():
    terrain = land()
    for x_m in ALONG_M[::17]:
        rise = terrain.height_m(x_m + 1) - terrain.height_m(x_m - 1)
        assert terrain.slope(x_m) == pytest.approx(rise / 2, abs=1e-9)
        across = terrain.height_m(x_m, 0.5) - terrain.height_m(x_m, -0.5)
        assert terrain.side_slope(x_m) == pytest.approx(across, abs=1e-9)


def test_every_kind_of_section_comes_and_none_follows_itself():
    for seed in range(8):
        kinds = [section.kind for section in land(seed).sections]
        assert set(kinds) == set(range(len(NAMES)))
        assert all(a != b for a, b in pairwise(kinds))


def test_sections_join_without_a_gap():
    sections = land().sections
    assert all(a.end_m == b.start_m for a, b in pairwise(sections))


def test_only_side_slopes_are_steep_across_and_climbs_climb():
    terrain = land()
    for section in terrain.sections[1:-1]:
        middle_m = 0.5 * (section.start_m + section.end_m)
        across = terrain.side_slope(middle_m)
        if section.kind == SIDE_SLOPE:
            assert across == pytest.approx(0.04 * section.lean)
        else:
            assert abs(across) <= 0.2 * 0.04 + 1e-12
        rise_m = terrain.height_m(section.end_m) - terrain.height_m(section.start_m)
        assert rise_m > 0 or section.kind != CLIMB


def test_only_stones_are_rough():
    terrain = land()
    rough = dict.fromkeys(range(len(NAMES)), 0.0)
    for x_m in ALONG_M:
        kind = terrain.sections[terrain.section_index(x_m)].kind
        rough[kind] = max(rough[kind], abs(terrain.rough_rad(x_m)[0]))
    assert 0.02 < rough.pop(STONES) <= 0.035
    assert set(rough.values()) == {0.0}


def test_a_seed_is_a_land():
    one, other = land(3), land(3)
    assert [one.height_m(x) for x in ALONG_M] == [other.height_m(x) for x in ALONG_M]
    assert land(3).sections != land(4).sections


def test_a_steeper_land_begins_where_one_stands():
    terrain = land()
    before = [terrain.height_m(x) for x in (199.0, 200.0, 210.0)]
    slope = terrain.slope(205.0)
    terrain.steepen(0.24, 200.0)
    after = [terrain.height_m(x) for x in (199.0, 200.0, 210.0)]
    assert after[1] == before[1]
    assert after[2] - after[1] == pytest.approx(2 * (before[2] - before[1]))
    assert terrain.slope(205.0) == pytest.approx(2 * slope)


def test_a_slope_that_is_turned_comes_little_by_little():
    scenario = Hike(Hike.Params(), 1)
    heights_m, slopes = [], []
    for state, step in walk(scenario, 90, dt_s=0.02):
        if state.t_ns == 60e9:
            scenario.params = Hike.Params(max_slope=0.2)
        heights_m.append(step.scene.height_m)
        slopes.append(step.scene.slope_rad)
    assert max(abs(b - a) for a, b in pairwise(heights_m)) < 0.005
    assert max(abs(b - a) for a, b in pairwise(slopes)) < 0.001
    end_m = step.scene.distance_m
    steeper = Terrain(1, 0.2, 0.04)
    assert slopes[-1] == pytest.approx(atan(steeper.slope(end_m)))


def test_minettis_cost_is_what_was_measured():
    # Level, +5 % and +10 %, and the cheapest way, which is a little downhill.
    assert [cost_jpkgm(i) for i in (0.0, 0.05, 0.1)] == pytest.approx([2.5, 3.6, 4.9], abs=0.05)
    assert min(range(-45, 46), key=lambda percent: cost_jpkgm(percent / 100)) in range(-20, -9)
    assert cost_jpkgm(0.9) == cost_jpkgm(0.45)


def test_mud_is_slower_the_heavier_it_is_and_never_below_half():
    mud = Section(MUD, 0.0, 30.0, 1)
    assert effort_at(mud, 15.0, 1.8) == pytest.approx(1.8)
    assert effort_at(mud, 0.0, 1.8) == pytest.approx(1.0)
    assert pace_frac(0.0, 1, 1.4) == pytest.approx(1 / 1.4)
    assert pace_frac(0.0, 1, 2.5) == 0.5
    assert pace_frac(0.2, 1, 2.5) == 0.5
    assert pace_frac(0.0, 0, 2.5) == 1


def test_who_walks_in_mud_is_slowed_and_pays_more():
    steps = [s for _, s in walk(Hike(Hike.Params(max_slope=0.0), 2), 400, dt_s=0.05)]
    mud = [s for s in steps if s.scene.section_0 == MUD]
    meadow = [s for s in steps if s.scene.section_0 not in (MUD, STONES, BRIDGE)]
    assert min(s.wish.left_speed_mps for s in mud) == pytest.approx(1 / 1.8)
    assert {s.wish.left_speed_mps for s in meadow} == {1.0}

    def cost(some):
        way_m = some[-1].scene.distance_m - some[0].scene.distance_m
        return (some[-1].scene.energy_jpkg - some[0].scene.energy_jpkg) / way_m

    assert cost(mud[:100]) > 1.1 * 2.5
