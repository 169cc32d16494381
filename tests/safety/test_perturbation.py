"""Perturbations: when one may begin, how far it goes, and that it ends."""

from math import nan

import pytest
from msgspec import structs
from safety.bench import LIMITS, SOMEONE, TICK_NS, Bench

from rehabsim.base.records import Wish

EXTRA = LIMITS.perturbation
WALK = Wish(1.0, 1.0)
SLIP = Wish(0.5, 1.0, 0.0, is_perturbation=True)


def rested(limits=LIMITS):
    """Return a guard in which someone has walked for a while."""
    return Bench(limits).walk(then=50)


def told(bench):
    return [e.text for d in bench.decisions for e in d.events if e.kind == "perturbation"]


def test_a_perturbation_is_steep_brief_and_told():
    bench = rested()
    decision = bench.tick(wish=SLIP)
    assert decision.state.mode == "perturbing"
    assert decision.command.left_accel_mps2 == EXTRA.max_accel_mps2
    count = 1
    while bench.state.left_speed_mps > 0.5:
        bench.tick(wish=SLIP)
        count += 1
    assert count * 0.004 < 0.2
    assert bench.state.right_speed_mps == 1.0
    back = Wish(1.0, 1.0, 0.0, is_perturbation=True)
    for _ in range(60):
        bench.tick(wish=back)
    assert bench.state.left_speed_mps == 1.0
    assert bench.tick(wish=WALK).state.mode == "running"
    assert told(bench) == ["A perturbation begins."]


@pytest.mark.parametrize("target", [0.0, 0.3, 1.7, 2.3, 5.0])
def test_it_goes_no_further_than_its_limit_from_where_it_began(target):
    bench = rested()
    low = high = 1.0
    for _ in range(170):
        bench.tick(wish=Wish(target, 1.0, is_perturbation=True))
        low, high = min(low, bench.state.left_speed_mps), max(high, bench.state.left_speed_mps)
    assert low == pytest.approx(max(min(target, 1.0), 1.0 - EXTRA.max_change_mps))
    assert high == pytest.approx(min(max(target, 1.0), 1.0 + EXTRA.max_change_mps))


@pytest.mark.parametrize("target", [0.0, 2.3])
@pytest.mark.parametrize("late", range(0, 60, 3))
def test_a_late_tick_takes_it_no_further_than_its_limit(late, target):
    bench = rested()
    for count in range(60):
        dt_ns = 20_000_000 if count == late else TICK_NS
        state = bench.tick(dt_ns=dt_ns, wish=Wish(target, 1.0, is_perturbation=True)).state
        assert abs(state.left_speed_mps - 1.0) <= EXTRA.max_change_mps + 1e-12
    assert abs(state.left_speed_mps - 1.0) == pytest.approx(EXTRA.max_change_mps)


def test_one_that_does_not_end_is_ended_and_belts_return_to_where_it_began():
    bench = rested()
    bench.tick(wish=SLIP)
    while bench.state.mode == "perturbing":
        bench.tick(wish=SLIP)
    taken_s = (bench.t_ns - bench.state.perturbed_ns) / 1e9
    assert taken_s == 0.0
    assert told(bench)[-1] == "No perturbation: it lasted longer than 0.7 s."
    for _ in range(500):
        command = bench.tick(wish=SLIP).command
        assert command.left_accel_mps2 == LIMITS.max_accel_mps2
    assert bench.state.mode == "running"
    assert bench.state.left_speed_mps == 1.0


def test_the_next_one_waits_for_its_pause():
    bench = rested()
    bench.tick(wish=SLIP)
    bench.tick(wish=WALK)
    assert bench.state.mode == "running"
    for _ in range(round(EXTRA.min_pause_s / 0.004) - 2):
        bench.tick(wish=WALK)
    bench.tick(wish=SLIP)
    assert bench.state.mode == "running"
    assert told(bench)[-1] == "No perturbation: the last one ended 3.00 s ago, limit 3 s."
    bench.tick(wish=WALK)
    assert bench.tick(wish=SLIP).state.mode == "perturbing"


@pytest.mark.parametrize("harness_n", [0.0, -1.0, nan])
def test_none_without_a_harness_that_carries_its_strap(harness_n):
    bench = rested()
    bench.tick(wish=SLIP, person=structs.replace(SOMEONE, harness_n=harness_n))
    assert bench.state.mode == "running"
    assert told(bench) == ["No perturbation: the harness is not measured, or not hung in."]
    relaxed = LIMITS.model_copy(
        update={"perturbation": EXTRA.model_copy(update={"needs_harness": False})}
    )
    bench = rested(relaxed)
    bench.tick(wish=SLIP, person=structs.replace(SOMEONE, harness_n=harness_n))
    assert bench.state.mode == "perturbing"


def test_none_where_no_limits_allow_any():
    bench = rested(LIMITS.model_copy(update={"perturbation": None}))
    for _ in range(500):
        bench.tick(wish=SLIP)
    assert bench.state.mode == "running"
    assert bench.state.left_speed_mps == 1.0
    assert told(bench) == ["No perturbation: this room or this person has no limits for any."]


def test_none_while_the_belts_start_or_are_held():
    bench = Bench().walk(until="starting")
    bench.tick(wish=SLIP)
    assert told(bench) == ["No perturbation: the belts are starting."]
    bench = rested()
    bench.tick(wish=WALK, plates="stuck")
    bench.tick(wish=SLIP, plates="stuck")
    assert bench.state.mode == "holding"
    assert told(bench) == ["No perturbation: the belts are holding."]
    assert bench.state.left_speed_mps == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("spoilt", "mode"), [({"plates": "stuck"}, "holding"), ({"plate_age_ns": 10**9}, "stopping")]
)
def test_any_cause_ends_one(spoilt, mode):
    bench = rested()
    for _ in range(30):
        bench.tick(wish=SLIP)
    bench.tick(wish=SLIP, **spoilt)
    assert bench.state.mode == mode
    assert bench.state.perturbed_ns == bench.t_ns
    assert bench.decisions[-1].command.left_accel_mps2 < EXTRA.max_accel_mps2


def test_a_pause_or_a_stop_ends_one():
    for name, decel_mps2 in (("pause", LIMITS.ramp_mps2), ("stop", LIMITS.fast_mps2)):
        bench = rested()
        bench.tick(wish=SLIP)
        bench.tick(name, wish=SLIP)
        assert bench.state.mode == "stopping"
        assert bench.decisions[-1].command.left_accel_mps2 == decel_mps2


def test_a_wish_that_is_one_before_the_belts_start_moves_nothing():
    bench = Bench()
    for name in ("reset", "arm", "start"):
        bench.tick(name, wish=SLIP)
    for _ in range(300):
        bench.tick(wish=SLIP)
    assert bench.state.left_speed_mps == bench.state.right_speed_mps == 0.0


@pytest.mark.parametrize("wished", [SLIP, WALK])
def test_a_hold_in_the_midst_of_one_brings_the_belts_back_to_where_it_began(wished):
    bench = rested()
    for _ in range(40):
        bench.tick(wish=SLIP)
    assert bench.state.left_speed_mps < 0.7
    bench.tick(wish=SLIP, plates="saturated")
    for _ in range(400):
        bench.tick(wish=wished, plates="saturated")
    assert bench.state.mode == "holding"
    assert (bench.state.left_speed_mps, bench.state.right_speed_mps) == (1.0, 1.0)


def test_each_belt_goes_back_to_where_it_was_before_one():
    bench = Bench().walk(Wish(1.0, 0.9), then=50)
    for _ in range(40):
        bench.tick(wish=SLIP)
    for _ in range(400):
        bench.tick(wish=SLIP, plates="saturated")
    assert (bench.state.left_speed_mps, bench.state.right_speed_mps) == (1.0, 0.9)


def test_a_hold_after_one_keeps_the_speed_that_it_finds():
    bench = rested()
    bench.tick(wish=SLIP)
    for _ in range(300):
        bench.tick(wish=WALK)
    for _ in range(50):
        bench.tick(wish=Wish(0.8, 0.8))
    found_mps = bench.state.left_speed_mps
    assert 0.9 < found_mps < 0.98
    for _ in range(400):
        bench.tick(wish=WALK, plates="saturated")
    assert bench.state.mode == "holding"
    assert bench.state.left_speed_mps == pytest.approx(found_mps, abs=0.05)  # It eases in.


FAST = Wish(2.3, 2.3, is_perturbation=True)
APART = Wish(0.5, 1.0, is_perturbation=True)


@pytest.mark.parametrize(("pulse", "walk"), [(FAST, Wish(1.9, 1.9)), (APART, WALK)])
@pytest.mark.parametrize("then", ["refused", "held"])
def test_belts_do_not_stay_where_only_a_perturbation_may_take_them(pulse, walk, then):
    bench = Bench().walk(walk, then=50)
    for _ in range(60):
        bench.tick(wish=pulse)
    bench.tick(wish=walk)  # It is over, and the belts are still far from where it began.
    for _ in range(400):
        if then == "refused":
            bench.tick(wish=pulse)
        else:
            bench.tick(wish=walk, plates="saturated")
    left_mps, right_mps = bench.state.left_speed_mps, bench.state.right_speed_mps
    assert max(left_mps, right_mps) <= LIMITS.max_speed_mps
    assert abs(left_mps - right_mps) <= LIMITS.max_split_mps + 1e-9


def test_what_was_refused_before_a_stop_is_not_where_the_next_walk_goes():
    bench = rested()
    bench.tick(wish=SLIP, person=structs.replace(SOMEONE, harness_n=0.0))
    bench.tick("stop", wish=SLIP)
    while bench.state.mode != "locked":
        bench.tick(wish=SLIP)
    for name in ("reset", "arm", "start"):
        bench.tick(name, wish=SLIP)
    for _ in range(500):
        bench.tick(wish=SLIP)
    assert bench.state.mode in ("starting", "running")
    assert bench.state.left_speed_mps == bench.state.right_speed_mps == 0.0


def test_what_was_refused_before_a_hold_is_not_refused_anew_in_it():
    bench = rested()
    uncaught = structs.replace(SOMEONE, harness_n=0.0)
    bench.tick(wish=SLIP, person=uncaught)
    for _ in range(100):
        bench.tick(wish=SLIP, person=uncaught, plates="saturated")
    assert bench.state.mode == "holding"
    assert len(told(bench)) == 1
