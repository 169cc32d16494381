"""The platform's sub-machine: each arrow, each refusal, each cause, each word to the base."""

from math import nan
from pathlib import Path

import pytest
from safety.platform_bench import HOME, LIMITS, RISE_TICKS, TICK_NS, Bench, axes

import rehabsim
from rehabsim.base.records import MODES, PlatformCommand, PlatformWish, Pose
from rehabsim.safety.platform import RISE_S
from rehabsim.safety.platform_messages import PlatformState, Track

TILTED = Pose(0.05, -0.04, 0.03, 0.06, 0.05, -0.04)
AWAY = Pose(x_m=0.02)


def last(bench):
    return bench.decisions[-1]


def texts(decision):
    return [event.text for event in decision.events]


def test_only_this_module_makes_a_command():
    source = Path(rehabsim.__file__).parent
    makers = [p.name for p in source.rglob("*.py") if "PlatformCommand(" in p.read_text("utf-8")]
    assert sorted(makers) == ["moog_6dof2000e.py", "platform.py", "records.py"]
    driver = (source / "devices" / "moog_6dof2000e.py").read_text("utf-8")
    made = [line.strip() for line in driver.splitlines() if "PlatformCommand(" in line]
    assert made == [
        'self._link.write(encode_command(PlatformCommand("rest", Pose())))',
        'self._link.write(encode_command(PlatformCommand("freeze", self._last)))',
    ]


# -- the way up and home -------------------------------------------------------------------


def test_it_starts_frozen_and_moves_nothing():
    decision = Bench().tick()
    assert decision.state.mode == "freeze"
    assert decision.state.cause == "start-up"
    assert decision.command == PlatformCommand("rest", HOME)
    assert decision.belt_cause == "the platform is frozen (start-up)"
    assert decision.events == ()


def test_settling_a_base_that_is_home_takes_no_motion():
    bench = Bench()
    decision = bench.tick("settle")
    assert decision.state.mode == "settled"
    assert decision.state.cause == ""
    assert decision.command == PlatformCommand("rest", HOME)
    assert (decision.refusal, decision.belt_cause) == ("", "")
    assert texts(decision) == ["Settling: the platform goes home.", "The platform is home."]


def test_an_engaged_base_rises_and_waits_for_the_belts():
    bench = Bench().settled()
    bench.wish = PlatformWish(TILTED)
    decision = bench.tick("engage")
    assert decision.command == PlatformCommand("engage", HOME)
    assert decision.belt_cause == "the platform is rising"
    assert texts(decision) == ["Engaged: the platform rises."]
    assert decision.state.since_ns == bench.t_ns
    rising = bench.ticks(RISE_TICKS + 1)
    assert {d.command for d in rising} == {PlatformCommand("engage", HOME)}
    waiting = bench.ticks(100)
    assert {d.command for d in waiting} == {PlatformCommand("move", HOME)}
    assert {d.state.mode for d in waiting} == {"engaged"}
    assert {d.belt_cause for d in waiting} == {""}


@pytest.mark.parametrize("belt_mode", ["starting", "running", "perturbing"])
def test_it_follows_the_training_when_the_belts_start(belt_mode):
    bench = Bench().engaged()
    bench.wish = PlatformWish(TILTED)
    bench.belt_mode, bench.is_at_rest = belt_mode, False
    first = bench.tick()
    assert (first.state.mode, first.command.act) == ("moving", "move")
    assert texts(first) == ["The platform follows the training, gently at first."]
    bench.ticks(750)
    assert axes(last(bench).command.pose) == pytest.approx(axes(TILTED), abs=1e-6)
    assert last(bench).belt_cause == ""
    assert bench.kinds()[3:] == [("mode", "none")]


def test_belts_that_start_before_it_is_up_do_not_move_it():
    bench = Bench().settled()
    bench.tick("engage")
    bench.wish, bench.belt_mode = PlatformWish(TILTED), "running"
    rising = bench.ticks(RISE_TICKS + 1)
    assert {d.state.mode for d in rising} == {"engaged"}
    assert {d.command.pose for d in rising} == {HOME}
    bench.tick()
    assert last(bench).state.mode == "moving"


@pytest.mark.parametrize(
    "spoilt",
    [{"wish": None}, {"wish_age_ns": 100_000_001}, {"wish": PlatformWish(Pose(x_m=nan))}],
)
def test_without_a_good_wish_an_engaged_platform_stays(spoilt):
    bench = Bench().engaged()
    bench.belt_mode = "running"
    assert bench.tick(**spoilt).state.mode == "engaged"
    assert last(bench).command == PlatformCommand("move", HOME)
    assert bench.tick().state.mode == "moving"


def test_a_settled_platform_never_moves_whatever_is_wished_and_whatever_the_belts_do():
    bench = Bench().settled()
    bench.wish = PlatformWish(TILTED, True)
    for bench.belt_mode in MODES:
        for decision in bench.ticks(20):
            assert decision.command == PlatformCommand("rest", HOME)
            assert decision.state.mode == "settled"


def test_it_goes_home_slowly_by_set_points_and_then_parks():
    bench = Bench().moving(TILTED, 2.0)
    bench.rest()
    bench.ticks(30)
    held = axes(bench.state.pose)
    decision = bench.tick("settle")
    assert texts(decision) == ["Settling: the platform goes home."]
    acts = []
    for _ in range(1000):
        if bench.state.mode != "settling":
            break
        before = axes(bench.state.pose)
        was_parking = bench.base.state == "parking"
        decision = bench.tick()
        acts.append(decision.command.act)
        assert not was_parking or decision.command.act == "settle"
        if decision.state.mode == "settling":
            assert decision.belt_cause == "the platform is going home"
        for k, (was, now) in enumerate(zip(before, axes(decision.state.pose), strict=True)):
            assert abs(now - was) <= (0.05 if k < 3 else 0.06) * 0.004 + 1e-12
            assert abs(now) <= abs(held[k])
    assert list(dict.fromkeys(acts)) == ["move", "settle", "rest"]
    assert acts.count("move") > 200
    assert bench.state.mode == "settled"
    assert bench.state.pose == HOME
    assert texts(last(bench)) == ["The platform is home."]


def test_from_engaged_it_goes_home_too():
    bench = Bench().engaged()
    assert bench.tick("settle").command.act == "settle"
    bench.ticks(RISE_TICKS + 3)
    assert bench.state.mode == "settled"


def test_one_that_is_still_rising_is_parked():
    bench = Bench().settled()
    bench.tick("engage")
    bench.ticks(2)
    assert bench.tick("settle").command.act == "settle"


def test_a_base_found_engaged_is_not_moved_until_it_is_asked_to_settle_and_then_parks_itself():
    bench = Bench()
    bench.base.state, bench.base.pose, bench.base.is_home = "engaged", TILTED, False
    for decision in bench.ticks(50):
        assert decision.state.mode == "freeze"
        assert decision.command == PlatformCommand("rest", TILTED)
    decision = bench.tick("settle")
    assert decision.command == PlatformCommand("settle", TILTED)
    bench.ticks(RISE_TICKS + 3)
    assert bench.state.mode == "settled"


def test_the_pose_named_to_a_base_that_is_not_ours_is_inside_the_box():
    bench = Bench()
    bench.base.state, bench.base.is_home = "engaged", False
    bench.base.pose = Pose(0.2, -0.2, 0.2, 0.3, -0.3, 0.3)
    assert bench.tick().command.pose == Pose(0.1, -0.09, 0.08, 0.14, -0.13, 0.12)
    bench.base.pose = Pose(x_m=nan)
    assert bench.tick().command.pose == HOME
    bench.base.state, bench.base.pose = "starting", TILTED
    assert bench.tick().command.pose == HOME


def test_a_fault_is_forgotten_on_the_way_home_and_only_then():
    bench = Bench().moving()
    bench.base.state, bench.base.hold = "fault", "it reports torque"
    bench.base.is_home = True
    bench.rest()
    for decision in bench.ticks(30):
        assert decision.command.act == "rest"
    assert bench.tick("settle").command.act == "reset"
    bench.tick()
    assert bench.state.mode == "settled"


@pytest.mark.parametrize("state", ["fault", "inhibited"])
def test_a_reset_that_does_not_help_is_repeated_and_a_stop_ends_it(state):
    bench = Bench()
    bench.base.state = state
    bench.tick("settle")
    for _ in range(10):
        bench.base.state = state
        assert bench.tick().command.act == "reset"
    bench.base.state = state
    assert bench.tick(stop_cause="STOP from console").state.mode == "freeze"
    assert last(bench).command.act == "rest"
    assert not bench.state.is_resetting


@pytest.mark.parametrize("state", ["fault", "inhibited", "disabled"])
def test_a_base_that_stops_on_its_way_home_freezes_and_is_not_reset_by_itself(state):
    bench = Bench().moving(TILTED, 1.0)
    bench.rest()
    bench.ticks(40)
    bench.tick("settle")
    bench.ticks(10)
    bench.base.state, bench.base.hold = state, "it reports torque"
    assert bench.tick().state.mode == "freeze"
    assert bench.state.cause == (
        f"the base cannot go home: {state}, it reports torque; bring it down from its own panel"
    )
    assert last(bench).command.act == "rest"


@pytest.mark.parametrize("state", ["fault", "inhibited", "disabled"])
def test_a_base_that_stops_while_it_parks_freezes(state):
    bench = Bench().engaged()
    bench.tick("settle")
    bench.ticks(2)
    bench.base.state = state
    assert bench.tick().state.mode == "freeze"
    assert bench.state.cause == (
        f"the base cannot go home: {state}; bring it down from its own panel"
    )


def test_a_base_that_is_idle_away_from_home_must_be_brought_down_by_hand():
    bench = Bench()
    bench.base.is_home = False
    decision = bench.tick("settle")
    assert (decision.state.mode, decision.refusal) == ("freeze", "")
    assert decision.state.cause == (
        "the base cannot go home: idle away from home; bring it down from its own panel"
    )
    bench.base.is_home = True
    assert bench.tick("settle").state.mode == "settled"


def test_a_rising_base_is_told_the_middle_wherever_it_is():
    bench = Bench().settled()
    bench.base.pose = Pose(z_m=-0.2)
    assert bench.tick().command == PlatformCommand("rest", HOME)
    bench.tick("engage")
    for _ in range(RISE_TICKS):
        bench.base.pose = Pose(z_m=-0.1)
        assert bench.tick().command == PlatformCommand("engage", HOME)
    assert bench.state.track == Track()
    bench.tick(stop_cause="STOP")
    assert bench.state.track == Track()


def test_a_base_that_fell_from_its_set_point_in_a_fault_may_be_settled():
    bench = Bench().moving(TILTED, 1.0)
    bench.base.state, bench.base.pose, bench.base.is_home = "fault", HOME, True
    bench.tick()
    bench.rest()
    bench.ticks(40)
    decision = bench.tick("settle")
    assert (decision.refusal, decision.command.act) == ("", "reset")


def test_a_base_that_was_reset_and_faults_again_is_not_reset_again_by_itself():
    bench = Bench()
    bench.base.state = "fault"
    assert bench.tick("settle").command.act == "reset"
    bench.base.state = "parking"
    assert bench.tick().command.act == "settle"
    bench.base.state = "fault"
    assert bench.tick().state.mode == "freeze"


def test_a_base_that_starts_is_waited_for_on_the_way_home():
    bench = Bench()
    bench.base.state = "starting"
    bench.base.is_home = False
    assert bench.tick("settle").command == PlatformCommand("rest", HOME)
    assert bench.tick().state.mode == "settling"
    bench.base.state, bench.base.is_home = "idle", True
    assert bench.tick().state.mode == "settled"


def test_belts_that_start_while_the_base_parks_by_itself_are_a_cause():
    bench = Bench()
    bench.base.state, bench.base.is_home = "engaged", False
    bench.tick("settle")
    bench.tick()
    bench.belt_mode = "armed"
    decision = bench.tick()
    assert (decision.state.mode, decision.state.cause) == ("freeze", "the belts are armed")


# -- the memory ----------------------------------------------------------------------------


def test_a_fresh_state_is_frozen_and_knows_nothing():
    state = PlatformState()
    assert (state.mode, state.cause, state.since_ns) == ("freeze", "start-up", 0)
    assert (state.pose, state.rate) == (HOME, (0.0,) * 6)
    assert not any([state.is_ours, state.is_up, state.is_resetting, state.is_clamped])
    assert (state.perturbed_ns, state.was_asked, state.calm_ns, state.t_ns) == (None, False, 0, 0)
    assert (state.track, state.track.due) == (Track(), None)
    assert (state.onset_pose, state.onset_ns) == (HOME, 0)


def test_a_base_that_does_not_rise_is_given_up():
    bench = Bench().settled()
    bench.base.obey = lambda _: None
    bench.tick("engage")
    since_ns = bench.t_ns
    for _ in range(400):
        if bench.state.mode == "engaged":
            bench.tick(dt_ns=80_000_000)
    assert bench.t_ns - since_ns == pytest.approx(RISE_S * 1e9 + 40e6, abs=40e6)
    assert bench.t_ns - since_ns > 30e9
    assert bench.state.cause == "the base did not rise in 30 s"


def test_a_base_may_take_exactly_as_long_as_it_may():
    bench = Bench().settled()
    bench.base.obey = lambda _: None
    bench.tick("engage")
    for _ in range(300):
        bench.tick(dt_ns=100_000_000)
    assert bench.state.mode == "engaged"
    assert bench.tick(dt_ns=1).state.mode == "freeze"


def test_a_settled_base_that_gets_up_without_being_asked_is_a_cause():
    bench = Bench().settled()
    bench.base.state = "starting"
    assert bench.tick().state.mode == "settled"
    assert bench.tick(sample=None).state.mode == "settled"
    bench.base.state = "rising"
    decision = bench.tick()
    assert decision.state.cause == "the base is rising without being asked"
    assert decision.belt_cause == (
        "the platform is frozen (the base is rising without being asked)"
    )
    assert LIMITS.max_wish_age_s * 1e9 > TICK_NS
