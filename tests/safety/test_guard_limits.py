"""Permission, ages and ramps, swept around every boundary."""

import itertools
from math import nan

import pytest
from safety.bench import LIMITS, STILL, TICK_NS, TICK_S, Bench, inputs

from rehabsim.base.records import Wish
from rehabsim.safety.causes import CLOCK_SLACK_S, conditions
from rehabsim.safety.envelope import EASE_FRAC
from rehabsim.safety.following import Due
from rehabsim.safety.guard import MAX_DT_S

MS = 1_000_000
JERK_MPS3 = EASE_FRAC * LIMITS.max_jerk_mps3
AT_REST = (Due(0.0, 0.0), Due(0.0, 0.0))
SLACK_NS = round(CLOCK_SLACK_S * 1e9)
AGES = {
    "wish_age_ns": (LIMITS.max_wish_age_s, "the session's last wish"),
    "belt_age_ns": (LIMITS.max_belt_age_s, "the treadmill's last report"),
    "plate_age_ns": (LIMITS.max_plate_age_s, "the newest force-plate sample"),
    "operator_age_ns": (LIMITS.max_operator_age_s, "the last sign of the console in command"),
}
OTHERS = [
    ({"wish": None}, "the session has not spoken"),
    ({"belt": None}, "the treadmill has not reported"),
    ({"has_treadmill": False}, "the treadmill's link is lost"),
    ({"belt": (nan, 1.0)}, "the treadmill reports a speed that is not a number"),
    ({"belt": (1.0, float("inf"))}, "the treadmill reports a speed that is not a number"),
    (
        {"wish": Wish(nan, 1.0)},
        "the wish nan, 1.0 m/s, 0.0 rad is not a number or negative",
    ),
    (
        {"wish": Wish(1.0, -0.1)},
        "the wish 1.0, -0.1 m/s, 0.0 rad is not a number or negative",
    ),
    (
        {"wish": Wish(1.0, 1.0, -0.01)},
        "the wish 1.0, 1.0 m/s, -0.01 rad is not a number or negative",
    ),
]


def offsets(limit_s):
    """Return (age_ns, is_accepted) densely around the oldest and the youngest age allowed."""
    limit_ns = round(limit_s * 1e9)
    for off in (-MS, -1000, -1, 0, 1, 1000, MS, limit_ns):
        yield limit_ns + off, off <= 0
    for off in (-(10**9), -MS, -1, 0, 1, MS, SLACK_NS):
        yield -SLACK_NS + off, off >= 0


SWEEP = [
    (name, age_ns, is_ok)
    for name, (limit_s, _) in AGES.items()
    for age_ns, is_ok in offsets(limit_s)
]


@pytest.mark.parametrize(("name", "age_ns", "is_ok"), SWEEP)
def test_each_age_is_accepted_up_to_its_limit_and_not_a_nanosecond_more(name, age_ns, is_ok):
    bench = Bench().walk()
    decision = bench.tick(wish=Wish(1.0, 1.0), **{name: age_ns})
    is_held = name == "operator_age_ns" and age_ns > LIMITS.hold_operator_age_s * 1e9
    assert decision.state.mode == ("stopping" if not is_ok else "holding" if is_held else "running")
    if not is_ok:
        limit_s, what = AGES[name]
        cause = f"{what} is {age_ns / 1e9:.3f} s old, limit {limit_s:.3f} s"
        assert decision.state.cause == cause
        assert decision.state.severity == "ramp"
        assert decision.command.left_accel_mps2 == LIMITS.ramp_mps2
        assert decision.command.left_speed_mps == decision.command.right_speed_mps == 0.0


@pytest.mark.parametrize(("spoilt", "cause"), OTHERS)
@pytest.mark.parametrize("mode", ["armed", "starting", "running"])
def test_every_cause_stops_the_belts_in_every_mode_that_may_move_them(mode, spoilt, cause):
    bench = Bench().walk(until="starting")
    if mode == "armed":
        bench = Bench()
        bench.tick("reset")
        bench.tick("arm")
    elif mode == "running":
        bench = Bench().walk()
    assert bench.state.mode == mode
    decision = bench.tick(**({"wish": Wish(1.0, 1.0)} | spoilt))
    assert decision.state.mode in ("stopping", "locked")
    assert decision.state.cause == cause
    assert decision.command.left_speed_mps == decision.command.right_speed_mps == 0.0
    assert decision.events[0].kind == "stop"


@pytest.mark.parametrize("spoilt", [s for s, _ in OTHERS] + [{n: 10**11} for n in AGES])
def test_arm_is_refused_while_any_cause_is_there_and_names_it(spoilt):
    bench = Bench()
    bench.tick("reset")
    decision = bench.tick("arm", **spoilt)
    assert decision.state.mode == "idle"
    assert not decision.answers[0].is_accepted
    found = conditions(inputs(bench.t_ns, **({"belt": (0.0, 0.0)} | spoilt)), AT_REST, LIMITS)
    assert decision.answers[0].reason in {f"Not ready: {cause}." for cause in found.values()}


@pytest.mark.parametrize("spoilt", [s for s, _ in OTHERS] + [{n: 10**11} for n in AGES])
@pytest.mark.parametrize("mode", ["locked", "idle"])
def test_nothing_is_tripped_where_nothing_may_move(mode, spoilt):
    bench = Bench()
    if mode == "idle":
        bench.tick("reset")
    decision = bench.tick(**spoilt)
    assert decision.state.mode == mode
    assert decision.events == ()


def test_all_causes_are_found_at_once():
    spoilt = dict.fromkeys(AGES, 10**11) | {"wish": Wish(nan, nan)}
    found = conditions(inputs(0, **spoilt), AT_REST, LIMITS)
    assert set(found) == {
        *("treadmill_lost", "session_silent", "plates_silent"),
        *("operator_silent", "operator_late", "wish_insane"),
    }
    for name, (_, what) in zip(
        ("session_silent", "treadmill_lost", "plates_silent", "operator_silent"),
        AGES.values(),
        strict=True,
    ):
        assert found[name].startswith(what)
    assert conditions(inputs(0), AT_REST, LIMITS) == {}


@pytest.mark.parametrize("mode", ["starting", "running"])
@pytest.mark.parametrize("off_ns", [-MS, -1, 0, 1, MS, 10**9])
def test_a_keeper_that_was_silent_itself_has_lost_its_permission_too(mode, off_ns):
    bench = Bench().walk(until=mode)
    gap_ns = round(LIMITS.max_wish_age_s * 1e9) + off_ns
    decision = bench.tick(dt_ns=gap_ns, wish=Wish(1.0, 1.0))
    assert decision.state.mode in ((mode,) if off_ns <= 0 else ("stopping", "locked"))
    if off_ns > 0:
        cause = f"the keeper decided nothing for {gap_ns / 1e9:.3f} s, limit 0.100 s"
        assert (decision.state.severity, decision.state.cause) == ("ramp", cause)


@pytest.mark.parametrize("names", [(), ("reset",), ("reset", "arm")])
def test_a_silent_keeper_trips_nothing_where_nothing_moves(names):
    bench = Bench()
    for name in names:
        bench.tick(name)
    mode = bench.state.mode
    assert bench.tick(dt_ns=10**9).state.mode == mode


def test_permission_that_comes_back_does_not_move_the_belts():
    bench = Bench().walk()
    bench.tick(wish_age_ns=101 * MS)
    for _ in range(1000):
        assert bench.tick(wish=Wish(1.0, 1.0)).command.left_speed_mps == 0.0
    assert bench.state.mode == "locked"


# -- armed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("off_ns", [-MS, -1, 0, 1, MS])
def test_armed_lasts_as_long_as_the_site_says(off_ns):
    bench = Bench()
    bench.tick("reset")
    bench.tick("arm")
    decision = bench.tick(dt_ns=round(LIMITS.armed_life_s * 1e9) + off_ns)
    assert decision.state.mode == ("armed" if off_ns <= 0 else "idle")
    if off_ns > 0:
        assert [event.text for event in decision.events] == ["Not started in time: disarmed."]
        assert decision.state.since_ns == bench.t_ns
        assert not bench.tick("start").answers[0].is_accepted


def test_a_start_in_the_last_moment_still_counts():
    bench = Bench()
    bench.tick("reset")
    bench.tick("arm")
    assert bench.texts()[-1] == "Armed by console: start within 10 s."
    decision = bench.tick("start", dt_ns=round(LIMITS.armed_life_s * 1e9), wish=Wish(1.0, 1.0))
    assert decision.state.mode == "starting"
    assert bench.texts()[-1] == "Started by console."


# -- ramps ---------------------------------------------------------------------------------


def test_starting_is_gentle_and_ends_when_both_belts_are_as_wished():
    wish = Wish(0.5, 0.7)
    bench = Bench().walk(wish, until="starting")
    step_mps = LIMITS.max_start_accel_mps2 * TICK_S
    first_mps = JERK_MPS3 * TICK_S * TICK_S
    assert bench.state.left_speed_mps == bench.state.right_speed_mps == pytest.approx(first_mps)
    count = 1
    while bench.state.mode == "starting":
        assert bench.decisions[-1].command.left_accel_mps2 == LIMITS.max_start_accel_mps2
        assert bench.decisions[-1].command.right_accel_mps2 == LIMITS.max_start_accel_mps2
        bench.tick(wish=wish)
        count += 1
    eased = LIMITS.max_start_accel_mps2 / JERK_MPS3 / TICK_S
    assert count == pytest.approx(0.7 / step_mps + eased, abs=3)
    assert (bench.state.left_speed_mps, bench.state.right_speed_mps) == (0.5, 0.7)
    assert bench.texts()[-1] == "At the wished speed: running."


@pytest.mark.parametrize("wish", [Wish(0.5, 0.7), Wish(0.7, 0.5)])
def test_one_belt_at_its_wish_is_not_yet_running(wish):
    bench = Bench().walk(wish, until="starting")
    while max(bench.state.left_speed_mps, bench.state.right_speed_mps) < 0.6:
        bench.tick(wish=wish)
        assert bench.state.mode == "starting"


@pytest.mark.parametrize("target", [Wish(1.9, 1.9), Wish(0.1, 0.1), Wish(1.2, 0.9)])
def test_running_speeds_up_by_the_jerk_and_then_by_the_acceleration(target):
    bench = Bench().walk()
    bench.tick(wish=Wish(1.0, 1.0))
    assert (bench.state.left_speed_mps, bench.state.left_accel_mps2) == (1.0, 0.0)
    for count in range(1, 70):
        command = bench.tick(wish=target).command
        accel_mps2 = min(JERK_MPS3 * count * TICK_S, LIMITS.max_accel_mps2)
        for now, end in (
            (bench.state.left_accel_mps2, target.left_speed_mps),
            (bench.state.right_accel_mps2, target.right_speed_mps),
        ):
            if abs(end - 1.0) > 0.5 or count < 20:
                assert now == pytest.approx(accel_mps2 if end > 1.0 else -accel_mps2)
        assert command.left_accel_mps2 == command.right_accel_mps2 == LIMITS.max_accel_mps2


@pytest.mark.parametrize(
    ("dt_ns", "dt_s"),
    [
        (0, 0.0),
        (1, 1e-9),
        (TICK_NS, 0.004),
        (19_999_999, 0.019999999),
        (20_000_000, MAX_DT_S),
        (20_000_001, MAX_DT_S),
        (90 * MS, MAX_DT_S),
        (-1, 0.0),
        (-10 * MS, 0.0),
    ],
)
def test_a_long_pause_between_decisions_earns_no_larger_step(dt_ns, dt_s):
    bench = Bench().walk(Wish(1.0, 1.0, 0.05))
    bench.tick(wish=Wish(1.0, 1.0, 0.05))
    deck_rad = bench.state.incline_rad
    command = bench.tick(dt_ns=dt_ns, wish=Wish(1.9, 1.9, 0.14)).command
    step_mps = JERK_MPS3 * dt_s * dt_s
    assert command.left_speed_mps - 1.0 == pytest.approx(step_mps, abs=1e-12)
    assert command.incline_rad - deck_rad == pytest.approx(
        LIMITS.max_incline_rate_radps * dt_s, abs=1e-12
    )


def test_a_belt_that_speeds_up_already_goes_on_by_accel_times_the_time_that_passed():
    bench = Bench().walk()
    for _ in range(100):
        bench.tick(wish=Wish(1.9, 1.9))
    before_mps = bench.state.left_speed_mps
    step_mps = bench.tick(wish=Wish(1.9, 1.9)).command.left_speed_mps - before_mps
    assert step_mps == pytest.approx(0.5 * 0.004, abs=1e-12)


def test_a_stop_ramp_is_never_interrupted_upward():
    bench = Bench().walk()
    bench.tick(plate_age_ns=10**9)
    names = itertools.cycle(("start", "reset", "arm", "pause"))
    while bench.state.mode == "stopping":
        command = bench.tick(next(names), wish=Wish(1.0, 1.0)).command
        assert (command.left_speed_mps, command.right_speed_mps) == (0.0, 0.0)
    assert bench.state.mode == "locked"


# -- the deck ------------------------------------------------------------------------------


def test_the_deck_is_held_where_it_was_found_until_the_belts_start():
    bench = Bench()
    for names in ((), ("reset",), ("arm",), ()):
        assert bench.tick(*names, incline_rad=0.08).command.incline_rad == 0.08
    bench.tick("start", incline_rad=0.08, wish=Wish(1.0, 1.0, 0.0))
    assert bench.state.incline_rad == pytest.approx(0.08 - LIMITS.max_incline_rate_radps * TICK_S)


def test_the_deck_is_taken_over_once_and_not_followed():
    bench = Bench()
    bench.tick(belt=None)
    assert not bench.state.is_deck_known
    bench.tick(incline_rad=nan)
    assert (bench.state.is_deck_known, bench.state.incline_rad) == (False, 0.0)
    bench.tick(incline_rad=0.05)
    assert (bench.state.is_deck_known, bench.state.incline_rad) == (True, 0.05)
    for found in (0.06, 0.0, nan, -0.1):
        assert bench.tick(incline_rad=found).command.incline_rad == 0.05


@pytest.mark.parametrize(("found", "held"), [(-0.1, 0.0), (0.14, 0.14), (0.15, 0.14), (9.0, 0.14)])
def test_a_deck_found_outside_its_limits_is_commanded_into_them(found, held):
    assert Bench().tick(incline_rad=found).command.incline_rad == held


def test_a_stop_leaves_the_deck_where_it_is():
    bench = Bench().walk(Wish(0.5, 0.5, 0.1))
    deck_rad = bench.state.incline_rad
    assert deck_rad > 0
    bench.tick("stop", wish=Wish(0.5, 0.5, 0.1))
    while bench.state.mode == "stopping":
        assert bench.tick(wish=STILL).command.incline_rad == deck_rad
    assert bench.tick(wish=STILL).command.incline_rad == deck_rad


# -- clamps --------------------------------------------------------------------------------


def clamps(bench):
    return [event for d in bench.decisions for event in d.events if event.kind == "clamp"]


@pytest.mark.parametrize(
    "wish", [Wish(3.0, 3.0), Wish(1.0, 1.31), Wish(1.31, 1.0), Wish(1.0, 1.0, 0.2)]
)
def test_a_wish_outside_the_limits_is_told_once_with_its_numbers(wish):
    bench = Bench().walk()
    for _ in range(5):
        bench.tick(wish=wish)
    (event,) = clamps(bench)
    assert bench.state.is_clamped
    assert event.t_ns == bench.decisions[-5].state.t_ns
    assert (event.source, event.severity) == ("keeper", "none")
    assert event.values == {
        "left_wish_mps": wish.left_speed_mps,
        "right_wish_mps": wish.right_speed_mps,
    }
    kept = (min(wish.left_speed_mps, 2.0, 1.3), min(wish.right_speed_mps, 2.0, 1.3))
    if wish.left_speed_mps == 3.0:
        kept = (2.0, 2.0)
    assert event.text == (
        f"Wish {wish.left_speed_mps:.2f} and {wish.right_speed_mps:.2f} m/s at"
        f" {wish.incline_rad:.3f} rad is outside the limits; held to {kept[0]:.2f} and"
        f" {kept[1]:.2f} m/s at {min(wish.incline_rad, 0.14):.3f} rad."
    )


def test_a_clamp_is_told_again_after_it_was_gone_and_after_each_start():
    bench = Bench().walk()
    for wish in (Wish(3.0, 3.0), Wish(1.0, 1.0), Wish(3.0, 3.0)):
        bench.tick(wish=wish)
    assert len(clamps(bench)) == 2
    bench.tick("pause", wish=Wish(3.0, 3.0))
    assert not bench.state.is_clamped
    while bench.state.mode != "idle":
        bench.tick(wish=Wish(3.0, 3.0))
    bench.tick("arm", wish=Wish(3.0, 3.0))
    assert len(clamps(bench)) == 2
    bench.tick("start", wish=Wish(3.0, 3.0))
    bench.tick(wish=Wish(3.0, 3.0))
    assert len(clamps(bench)) == 3


def test_a_wish_at_the_limits_is_not_a_clamp():
    bench = Bench().walk(Wish(2.0, 1.75, 0.14))
    assert clamps(bench) == []
    assert not bench.state.is_clamped
