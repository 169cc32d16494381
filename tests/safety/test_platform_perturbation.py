"""How long the platform may move briskly, and how soon again."""

import pytest
from msgspec import structs
from safety.platform_bench import HOME, LIMITS, TICK_NS, Bench

from rehabsim.base.limits import PlatformLimits
from rehabsim.base.records import PlatformWish, Pose
from rehabsim.safety.platform_messages import PlatformState
from rehabsim.safety.platform_onset import EASE_S
from rehabsim.safety.platform_perturbation import perturbation

S = 1_000_000_000
EASED_NS = round(EASE_S * S)
AWAY = PlatformWish(Pose(x_m=0.1), True)
STATE = PlatformState(t_ns=50 * S, calm_ns=40 * S, onset_ns=20 * S)


def asked(state, t_ns, is_asked=True):
    return perturbation(state, t_ns, LIMITS, is_asked=is_asked)


def test_it_begins_in_the_moment_in_which_it_is_asked():
    assert asked(STATE, 51 * S) == (51 * S, 40 * S)
    assert asked(STATE, 51 * S, False) == (None, 40 * S)


def test_one_that_was_refused_does_not_begin_later():
    assert asked(structs.replace(STATE, was_asked=True), 51 * S) == (None, 40 * S)


@pytest.mark.parametrize("early_ns", [1, 0, -1])
def test_the_calm_between_two_is_swept_around_its_limit(early_ns):
    t_ns = STATE.calm_ns + 2 * S - early_ns
    assert asked(STATE, t_ns) == (t_ns if early_ns <= 0 else None, STATE.calm_ns)


@pytest.mark.parametrize("early_ns", [1, 0, -1])
def test_none_begins_while_the_movement_does(early_ns):
    state = structs.replace(STATE, calm_ns=0)
    t_ns = state.onset_ns + EASED_NS - early_ns
    assert asked(state, t_ns) == (t_ns if early_ns <= 0 else None, 0)


@pytest.mark.parametrize("late_ns", [1, 0, -1])
def test_its_length_is_swept_around_its_limit(late_ns):
    state = structs.replace(STATE, perturbed_ns=45 * S, was_asked=True)
    t_ns = 45 * S + 600_000_000 + late_ns
    assert asked(state, t_ns) == ((None, t_ns) if late_ns > 0 else (45 * S, 40 * S))


def test_it_ends_when_it_is_no_longer_asked_and_the_calm_begins():
    state = structs.replace(STATE, perturbed_ns=50 * S, was_asked=True)
    assert asked(state, 50 * S + TICK_NS, False) == (None, 50 * S + TICK_NS)


def test_without_calm_between_two_each_is_still_bounded():
    limits = PlatformLimits(**LIMITS.model_dump() | {"min_calm_s": 0.0})
    bench = Bench(limits).moving()
    bench.ticks(1000)
    bench.wish = AWAY
    brisk = [d.state.perturbed_ns is not None for d in bench.ticks(1500)]
    assert sum(brisk) == 151  # 0.6 s, both ends of it included
    assert not any(brisk[151:])
    bench.wish = PlatformWish(HOME)
    bench.tick()
    bench.wish = AWAY
    assert bench.tick().state.perturbed_ns == bench.t_ns


def test_one_that_the_belts_interrupt_is_over():
    bench = Bench().moving()
    bench.ticks(600)
    bench.wish = AWAY
    bench.ticks(10)
    bench.belt_mode = "holding"
    assert bench.tick().state.perturbed_ns is None
    assert not bench.state.was_asked
    bench.belt_mode = "running"
    assert bench.tick().state.perturbed_ns is None
    assert bench.state.was_asked


def test_where_nothing_moves_none_is_asked():
    bench = Bench().engaged()
    bench.wish = AWAY
    assert not bench.tick().state.was_asked
