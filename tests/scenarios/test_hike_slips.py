"""Stones slip where there are stones, when a foot lands, and never too often."""

from functools import cache
from itertools import pairwise

import msgspec
import pytest
from footsteps import STEP_S, Footsteps
from walk import walk

from rehabsim.base.records import BeltSample, Gait, Record, State, Wish
from rehabsim.training.scenario import Step
from scenarios.hike import Hike
from scenarios.hike_slips import Slips
from scenarios.hike_terrain import STONES

WALKS = Wish(1.0, 1.0, 0.05)


class Level:
    """A path that is only long."""

    class Scene(Record, frozen=True):
        distance_m: float

    def step(self, state):
        return Step(WALKS, self.Scene(state.left_distance_m))


@cache
def slipping(duration_s=120.0, per_min=3.0, seed=1, keeper=True, mode="running"):
    """Return (t_s, wish) of every tick of a perturbation, and all events."""
    slips, person, events, found = Slips(seed), Footsteps(), [], []
    is_asked = False
    for state, _ in walk(Level(), duration_s, gait=person):
        allowed = "perturbing" if keeper and is_asked else mode
        wish = slips.step(msgspec.structs.replace(state, mode=allowed), WALKS, per_min, 0.2, events)
        is_asked = wish.is_perturbation
        if is_asked:
            found.append((state.t_ns / 1e9, wish))
    return found, events


def starts(found):
    times = [t_s for t_s, _ in found]
    return times[:1] + [b for a, b in pairwise(times) if b - a > 0.1]


def test_a_slip_begins_when_a_foot_lands_and_is_over_within_its_time():
    found, events = slipping()
    begun = starts(found)
    assert len(begun) >= 3
    for t_s in begun:
        # Belts are told a lag before the foot lands; this person's land every 0.6 s from 4 s on.
        early_s = 4 + round((t_s - 4) / STEP_S) * STEP_S - t_s
        assert -0.01 <= early_s <= 0.03
        wishes = [wish for at_s, wish in found if 0 <= at_s - t_s < 1]
        assert len(wishes) * 0.004 == pytest.approx(0.28, abs=0.01)
    assert [e.kind for e in events] == ["slip"] * len(events)


def test_one_belt_slows_and_the_other_goes_on():
    found, _ = slipping()
    for _, wish in found:
        slow_mps, other_mps = sorted((wish.left_speed_mps, wish.right_speed_mps))
        assert other_mps == 1.0
        assert 0.8 - 1e-9 <= slow_mps <= 1.0
        assert wish.incline_rad == 0.05
    assert min(min(w.left_speed_mps, w.right_speed_mps) for _, w in found) == pytest.approx(0.8)


def test_never_more_than_three_a_minute_however_many_are_asked():
    begun = starts(slipping(240, per_min=60.0)[0])
    assert len(begun) > 6
    assert min(b - a for a, b in pairwise(begun)) >= 20


def test_no_slip_before_the_twentieth_stride():
    assert starts(slipping(60, per_min=60.0)[0])[0] > 4 + 19 * 2 * STEP_S


@pytest.mark.parametrize("mode", ["starting", "holding", "stopping", "idle", "perturbing"])
def test_a_slip_begins_only_while_running(mode):
    assert not slipping(60, per_min=60.0, keeper=False, mode=mode)[0]


def test_a_keeper_that_refuses_is_obeyed_within_a_tenth_of_a_second_and_it_is_told():
    found, events = slipping(60, per_min=60.0, keeper=False)
    assert found
    for t_s in starts(found):
        assert max(at_s for at_s, _ in found if at_s - t_s < 1) - t_s < 0.1
    assert {e.severity for e in events} == {"warn"}
    assert "the keeper did not let it" in events[0].text


def test_belts_that_hardly_move_do_not_slip():
    slips, events = Slips(1), []
    slow = Wish(0.2, 0.2)
    for state, _ in walk(Level(), 60, gait=Footsteps()):
        assert slips.step(state, slow, 3.0, 0.2, events) is slow


def test_a_person_of_no_regular_stride_is_left_alone():
    slips, events = Slips(1), []
    for tick in range(15_000):
        strikes = [int(0.1e9 * (k * k % 7 + 6 * k)) for k in range(tick // 150)]
        gait = Gait(left_strike_ns=strikes[-1] if strikes else 0)
        state = State(
            t_ns=tick * 4_000_000,
            dt_s=0.004,
            mode="running",
            belt=BeltSample(0, 1.0, 1.0, 0.0),
            gait=gait,
            left_distance_m=0.0,
            right_distance_m=0.0,
            cruise_speed_mps=1.0,
        )
        assert not slips.step(state, WALKS, 3.0, 0.2, events).is_perturbation


def hike_slips(seed=2, **params):
    scenario, found = Hike(Hike.Params(pace_sensitivity=0.0, **params), seed), []
    for state, step in walk(scenario, 330, gait=Footsteps(), dt_s=0.02):
        if step.wish.is_perturbation:
            found.append((round(state.t_ns / 1e9, 1), step.scene.section_0))
    return found


def test_by_default_nothing_slips():
    assert Hike.Params().slips_per_min == 0
    assert not hike_slips()


def test_stones_slip_on_stony_stretches_alone_and_by_the_seed():
    found = hike_slips(slips_per_min=3.0)
    assert found
    assert {kind for _, kind in found} == {STONES}
    assert found == hike_slips(slips_per_min=3.0)
