"""What is noticed, after how long, and what follows: person, plates, display, belts, buttons."""

from math import inf, nan, nextafter

import pytest
from msgspec import structs
from safety.bench import LIMITS, SOMEONE, TICK_NS, Bench

from rehabsim.base.limits import ASTRAY_MPS, DRIVE_LAG_S
from rehabsim.base.records import SEVERITIES, Wish
from rehabsim.safety.causes import CAUSES

WALK = Wish(1.0, 1.0)
WEIGHT_N = SOMEONE.body_weight_n


def strolling():
    """Return a guard whose belts have run at the same speed for a second."""
    return Bench().walk(then=250)


def someone(**changes):
    return structs.replace(SOMEONE, **changes)


def ticks_until(bench, modes, most=2000, **spoilt):
    """Return after how many ticks the guard is in one of `modes`; None if it never is."""
    spoilt.setdefault("wish", WALK)
    for count in range(1, most + 1):
        if bench.tick(**spoilt).state.mode in modes:
            return count
    return None


def stops(name, **spoilt):
    """Assert that a condition stops walking belts as its row says, and not before."""
    bench, cause = strolling(), CAUSES[name]
    count = ticks_until(bench, ("stopping",), **spoilt)
    assert count == 1 + round(cause.after_s * 1e9 / TICK_NS)
    state = bench.state
    assert (state.cause_name, state.severity) == (name, cause.severity)
    decel_mps2 = LIMITS.ramp_mps2
    if SEVERITIES.index(cause.severity) >= SEVERITIES.index("fast"):
        decel_mps2 = LIMITS.fall_mps2 if cause.is_down else LIMITS.fast_mps2
    assert bench.decisions[-1].command.left_accel_mps2 == decel_mps2
    assert bench.decisions[-1].events[0].severity == cause.severity
    return bench


def walks_on(most=500, **spoilt):
    return ticks_until(Bench().walk(), ("stopping", "holding"), most, **spoilt) is None


# -- the table -------------------------------------------------------------------------------


def test_causes_stand_in_the_order_of_their_severity():
    order = [SEVERITIES.index(cause.severity) for cause in CAUSES.values()]
    assert order == sorted(order, reverse=True)


def test_what_holds_goes_by_itself_and_what_stops_does_not():
    for cause in CAUSES.values():
        assert (cause.clear == "itself") == (cause.severity == "hold")


# -- the person ------------------------------------------------------------------------------


def test_empty_plates_stop_the_belts_fast_after_their_time():
    stops("plates_empty", person=someone(load_n=0.0))


@pytest.mark.parametrize(
    ("load_n", "is_empty"),
    [
        (nextafter(0.2 * WEIGHT_N, 0), True),
        (0.2 * WEIGHT_N, False),
        (139.0, True),
        (141.0, False),
        (-50.0, True),
        (nan, False),
    ],
)
def test_plates_are_empty_below_a_fifth_of_the_weight(load_n, is_empty):
    assert walks_on(person=someone(load_n=load_n)) is not is_empty


def test_a_moment_of_flight_is_no_fall():
    bench = Bench().walk()
    for _ in range(10):
        assert ticks_until(bench, ("stopping",), 70, person=someone(load_n=0.0)) is None
        assert ticks_until(bench, ("stopping",), 1) is None


FALLS = {
    "off the belt and off the feet": {"load_n": 300.0, "cop_x_m": -0.7},
    "into the harness and off the feet": {"load_n": 300.0, "harness_n": 400.0},
    "off the belt and into the harness": {"cop_x_m": 0.6, "harness_n": 400.0},
    "aside and into the harness": {"cop_y_m": -0.61, "harness_n": 400.0},
    "all three": {"load_n": 200.0, "cop_y_m": 0.7, "harness_n": 400.0},
}


@pytest.mark.parametrize("signs", FALLS.values(), ids=FALLS)
def test_two_of_three_signs_are_a_fall(signs):
    stops("fallen", person=someone(**signs))


def test_one_sign_alone_is_no_fall():
    bench = stops("hanging", person=someone(harness_n=400.0))
    assert "57 % of body weight" in bench.state.cause
    stops("off_centre", person=someone(cop_x_m=-0.7))
    assert walks_on(60, person=someone(load_n=300.0))


def test_a_fall_within_a_stop_makes_it_harder_and_never_softer():
    bench = Bench().walk()
    bench.tick(plate_age_ns=10**9, wish=WALK)
    assert bench.decisions[-1].command.left_accel_mps2 == LIMITS.ramp_mps2
    ticks_until(bench, ("locked",), 40, person=someone(load_n=200.0, harness_n=500.0))
    assert bench.state.cause_name == "fallen"
    assert bench.decisions[-1].command.left_accel_mps2 == LIMITS.fall_mps2
    bench.tick("stop", wish=WALK)
    assert bench.decisions[-1].command.left_accel_mps2 == LIMITS.fall_mps2


@pytest.mark.parametrize(
    ("where", "is_off"),
    [
        ({"cop_x_m": LIMITS.max_ahead_m}, False),
        ({"cop_x_m": nextafter(LIMITS.max_ahead_m, inf)}, True),
        ({"cop_x_m": -LIMITS.max_behind_m}, False),
        ({"cop_x_m": nextafter(-LIMITS.max_behind_m, -inf)}, True),
        ({"cop_y_m": 0.6}, False),
        ({"cop_y_m": nextafter(0.6, inf)}, True),
        ({"cop_y_m": nextafter(-0.6, -inf)}, True),
        ({"cop_x_m": nan}, False),
        ({"cop_x_m": 5.0, "cop_y_m": nan}, False),
    ],
)
def test_the_person_stays_within_the_belts(where, is_off):
    assert walks_on(person=someone(**where)) is not is_off


def test_a_second_person_stops_the_belts():
    stops("crowded", person=someone(mean_load_n=1.31 * WEIGHT_N))
    assert walks_on(person=someone(mean_load_n=1.3 * WEIGHT_N, load_n=2000.0))


def test_plates_that_bear_too_little_for_long_stop_the_belts():
    stops("light", person=someone(mean_load_n=0.49 * WEIGHT_N, load_n=250.0))
    assert walks_on(person=someone(mean_load_n=0.5 * WEIGHT_N))


def test_without_a_known_weight_nothing_of_the_person_is_judged_while_walking():
    assert walks_on(person=someone(body_weight_n=nan, load_n=0.0))


# -- empty belts -----------------------------------------------------------------------------

NOBODY = someone(is_expected=False, load_n=3.0, body_weight_n=nan, harness_n=nan)


def test_a_trial_with_empty_belts_runs_until_someone_steps_on_them():
    bench = Bench()
    for name in ("reset", "arm", "start"):
        assert bench.tick(name, wish=WALK, person=NOBODY).answers[0].is_accepted
    assert ticks_until(bench, ("running",), person=NOBODY) is not None
    stepped = structs.replace(NOBODY, load_n=101.0)
    assert ticks_until(bench, ("stopping",), person=stepped) == 14
    assert bench.state.cause_name == "stepped_on"


@pytest.mark.parametrize(("load_n", "is_ok"), [(100.0, True), (-100.0, True), (-101.0, False)])
def test_empty_plates_may_be_off_by_a_little(load_n, is_ok):
    bench = Bench()
    bench.tick("reset")
    answer = bench.tick("arm", person=structs.replace(NOBODY, load_n=load_n)).answers[0]
    assert answer.is_accepted is is_ok


# -- plates that say what is not so ---------------------------------------------------------


def test_the_mean_load_is_measured_by_the_stated_weight_where_there_is_one():
    assert walks_on(person=someone(mean_load_n=1000.0, body_weight_n=800.0, load_n=800.0))
    twice = someone(mean_load_n=1000.0, body_weight_n=800.0, load_n=800.0, stated_n=700.0)
    stops("crowded", person=twice)


def test_exchanged_plates_stop_the_belts_at_once():
    stops("plates_exchanged", plates="exchanged")


# -- what holds the speed --------------------------------------------------------------------

HOLDS = {
    "plates_stuck": {"plates": "stuck"},
    "plates_saturated": {"plates": "saturated"},
    "harness_silent": {"harness_age_ns": 201_000_000},
    "operator_late": {"operator_age_ns": 1_500_000_000},
    "display_late": {"display_age_ns": 301_000_000},
}


@pytest.mark.parametrize(("name", "spoilt"), HOLDS.items())
def test_the_speed_is_held_and_then_the_belts_stop(name, spoilt):
    bench = Bench().walk()
    assert ticks_until(bench, ("holding",), **spoilt) == 1
    event = bench.decisions[-1].events[0]
    assert (event.kind, event.severity) == ("hold", "hold")
    assert (bench.state.severity, bench.state.cause_name) == ("hold", name)
    count = ticks_until(bench, ("stopping",), wish=Wish(1.9, 1.9), **spoilt)
    assert count == pytest.approx(LIMITS.max_hold_s / 0.004, abs=1.01)
    assert bench.state.cause_name == name
    assert bench.state.severity == "ramp"
    assert "for longer than 1.8 s" in bench.state.cause


@pytest.mark.parametrize("spoilt", HOLDS.values(), ids=HOLDS)
def test_what_held_the_speed_may_go_by_itself(spoilt):
    bench = Bench().walk()
    for _ in range(100):
        bench.tick(wish=Wish(1.9, 1.9, 0.1), **spoilt)
    assert bench.state.left_speed_mps == pytest.approx(1.0)
    assert bench.state.incline_rad == 0.0
    assert ticks_until(bench, ("starting", "running")) == 250
    assert (bench.state.severity, bench.state.cause, bench.state.cause_name) == ("none", "", "")
    assert ticks_until(bench, ("running",), wish=Wish(1.2, 1.2)) is not None


def test_belts_that_speed_up_are_eased_into_the_hold():
    bench = Bench().walk(until="starting")
    for _ in range(300):
        bench.tick(wish=WALK)
    before = bench.state
    bench.tick(wish=WALK, plates="stuck")
    change_mps2 = before.left_accel_mps2 - bench.state.left_accel_mps2
    assert 0 < change_mps2 <= LIMITS.max_jerk_mps3 * 0.004
    for _ in range(60):
        bench.tick(wish=WALK, plates="stuck")
    assert bench.state.left_accel_mps2 == 0.0
    assert bench.state.mode == "holding"


@pytest.mark.parametrize("spoilt", HOLDS.values(), ids=HOLDS)
def test_what_would_hold_the_speed_disarms(spoilt):
    bench = Bench()
    bench.tick("reset", dt_ns=10**9)
    bench.tick("arm")
    bench.tick(**spoilt)
    assert bench.state.mode == "idle"
    assert bench.texts()[-1].endswith(": disarmed.")
    assert not bench.tick("start", **spoilt).answers[0].is_accepted


def test_a_display_that_is_needed_and_has_shown_nothing_yet_disarms():
    bench = Bench()
    bench.tick("reset")
    (answer,) = bench.tick("arm", display_age_ns=bench.t_ns + 4_000_000, wish=WALK).answers
    assert answer.reason == "Not ready: no display has shown this session yet."


def test_a_display_that_nobody_watches_holds_nothing():
    assert walks_on(display_age_ns=None)
    assert walks_on(display_age_ns=300_000_000)


# -- belts -----------------------------------------------------------------------------------


def test_a_belt_that_is_too_fast_is_a_runaway_that_only_a_restart_ends():
    bench = stops("runaway", belt=(1.0, 1.16))
    assert "the right belt runs at 1.16 m/s where 1.00 m/s are due" in bench.state.cause
    ticks_until(bench, ("locked",), belt=(0.0, 0.0))
    (answer,) = bench.tick("reset", belt=(0.0, 0.0)).answers
    assert not answer.is_accepted
    assert answer.reason.endswith("Check the treadmill, then start rehabsim again.")
    assert bench.state.mode == "locked"


def test_a_belt_that_is_too_slow_stops_both_and_a_reset_is_enough():
    bench = stops("belts_astray", belt=(0.84, 1.0))
    ticks_until(bench, ("locked",), belt=(0.0, 0.0))
    assert bench.tick("reset", belt=(0.0, 0.0)).answers[0].is_accepted


@pytest.mark.parametrize("off_mps", [0.0, 0.1, ASTRAY_MPS - 1e-9, -(ASTRAY_MPS - 1e-9)])
def test_a_belt_may_be_a_little_off(off_mps):
    assert walks_on(belt=(1.0 + off_mps, 1.0))


@pytest.mark.parametrize("speed_mps", [-0.5, -0.151, -0.021])
def test_a_belt_that_runs_backwards_is_a_runaway(speed_mps):
    stops("runaway", belt=(speed_mps, 1.0))


def test_belts_that_do_not_stop_are_a_runaway():
    bench = Bench().walk()
    bench.tick("stop", belt=(1.0, 1.0))
    count = 1
    while bench.state.severity != "estop":
        bench.tick(belt=(1.0, 1.0), wish=WALK)
        count += 1
    due_s = ASTRAY_MPS / LIMITS.fast_mps2
    assert 0.15 + due_s < 0.004 * count < 0.15 + due_s + 4 * DRIVE_LAG_S
    assert bench.state.needs_restart
    assert bench.decisions[-1].command.left_accel_mps2 == LIMITS.fall_mps2


@pytest.mark.parametrize("wish", [Wish(1.9, 1.9), Wish(0.2, 0.2), Wish(1.0, 1.3)])
def test_belts_that_follow_with_a_lag_are_not_astray(wish):
    bench = Bench().walk()
    lagging = [1.0, 1.0]
    for _ in range(1500):
        set_mps = (bench.state.left_speed_mps, bench.state.right_speed_mps)
        lagging = [now + 0.03 * (to - now) for now, to in zip(lagging, set_mps, strict=True)]
        bench.tick(wish=wish, belt=tuple(lagging))
    assert bench.state.mode == "running"


def test_what_belts_do_while_the_treadmill_was_lost_is_no_runaway():
    bench = Bench().walk()
    for _ in range(50):
        bench.tick(has_treadmill=False, belt=(1.0, 1.0))
    bench.tick(belt=(1.0, 1.0))
    assert bench.state.severity == "ramp"


def test_belts_that_move_by_themselves_trip_an_armed_guard():
    bench = Bench()
    bench.tick("reset")
    bench.tick("arm")
    assert ticks_until(bench, ("stopping",), belt=(0.3, 0.0)) == 1 + round(0.15 / 0.004 + 0.5)
    assert bench.state.cause_name == "runaway"


def test_belts_that_move_by_themselves_in_idle_are_told_and_held():
    bench = Bench()
    bench.tick("reset")
    assert ticks_until(bench, ("stopping",), belt=(0.0, 0.3)) == 1 + round(0.15 / 0.004 + 0.5)
    assert bench.state.cause_name == "runaway"
    assert bench.decisions[-1].command.left_accel_mps2 == LIMITS.fall_mps2
    assert bench.texts()[-1].endswith("belts are held at rest.")


def test_locked_belts_that_move_by_themselves_are_told_once_and_need_a_restart():
    bench = Bench()
    for _ in range(500):
        bench.tick(belt=(0.3, 0.0))
    assert bench.state.mode == "locked"
    (event,) = [event for decision in bench.decisions for event in decision.events]
    assert (event.kind, event.severity) == ("stop", "estop")
    assert event.text.endswith("though the belts are locked. Press the emergency stop.")
    assert bench.state.needs_restart


def test_an_emergency_stop_that_is_pressed_in_idle_locks():
    bench = Bench()
    bench.tick("reset")
    assert bench.tick(is_emergency=True).state.mode == "locked"
    assert bench.state.cause_name == "emergency_stop"


# -- what the treadmill says of itself -------------------------------------------------------


def test_a_pressed_emergency_stop_latches_and_is_released_before_a_reset():
    bench = stops("emergency_stop", is_emergency=True)
    ticks_until(bench, ("locked",), belt=(0.0, 0.0), is_emergency=True)
    (answer,) = bench.tick("reset", is_emergency=True, belt=(0.0, 0.0)).answers
    assert answer.reason == "The emergency stop is pressed; release it first."
    for _ in range(2500):
        assert bench.tick(wish=WALK).command.left_speed_mps == 0.0
    assert bench.tick("reset", belt=(0.0, 0.0)).answers[0].is_accepted


def test_a_treadmill_that_holds_its_belts_says_why():
    bench = stops("treadmill_holds", hold="its last set point expired")
    assert bench.state.cause == "the treadmill holds its belts: its last set point expired"
