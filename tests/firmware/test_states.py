"""What the controller does in each state, and how it comes to rest."""

import pytest
from firmware.device import MAKERS, ROOM, STEADY, WIDE, Device, armed, idle, ready, running
from firmware.library import lib

from rehabsim.devices.rs_treadmill_frame import Cause, Refusal, State

REST = [(20_000, True), (-20_000, True), (20_001, False), (-20_001, False)]


@pytest.mark.parametrize("cause", [Cause.BOOTED, Cause.WATCHDOG])
def test_it_boots_locked_and_says_why(cause):
    device = Device(cause=cause)
    assert (device.state, device.cause) == (State.LOCKED, cause)
    assert not device.c.has_power
    device.live(200)
    assert (device.state, device.cause) == (State.LOCKED, cause)


def test_reset_arm_and_a_set_point_are_what_it_takes_to_move():
    device = ready()
    device.walk(100)
    assert device.state == State.LOCKED
    device.reset()
    assert (device.state, device.cause) == (State.IDLE, Cause.NONE)
    device.walk(100)
    assert (device.state, device.c.has_power) == (State.IDLE, False)
    device.arm()
    assert (device.state, device.c.has_power) == (State.ARMED, True)
    device.live(50)
    assert device.speeds == (0, 0)
    device.ask()
    assert device.state == State.RUN
    device.tick()
    assert device.speeds == (500, 500)


@pytest.mark.parametrize("accel", [1, 37, 500, WIDE.max_accel_mmps2])
def test_a_belt_gains_its_acceleration_in_each_millisecond_up_to_its_target_and_down(accel):
    device = armed()
    up = STEADY._replace(left_umps=40_001, right_umps=40_001, left_mmps2=accel, right_mmps2=accel)
    expected = 0
    for target in (up, up._replace(left_umps=7, right_umps=7)):
        for _ in range(45_000 // accel if accel > 1 else 300):
            device.ask(target)
            device.tick()
            gap = target.left_umps - expected
            expected += min(max(gap, -accel), accel)
            assert device.speeds == (expected, expected)


def test_each_belt_has_its_own_target_and_ramp():
    device = armed()
    apart = STEADY._replace(left_umps=30_000, right_umps=300_000, left_mmps2=200)
    device.walk(100, apart)
    assert device.speeds == (20_000, 50_000)
    device.walk(100, apart)
    assert device.speeds == (30_000, 100_000)


@pytest.mark.parametrize("ttl_ms", [1, 2, 60, 200])
def test_a_set_point_expires_when_its_time_has_passed(ttl_ms):
    device = running()
    device.ask(STEADY._replace(ttl_ms=ttl_ms))
    device.live(ttl_ms - 1)
    assert device.state == State.RUN
    device.tick()
    assert (device.state, device.cause) == (State.STOPPING, Cause.EXPIRED)
    assert device.speeds == (499_500, 499_500)
    device.live(998)
    assert device.speeds == (500, 500)
    device.tick()
    assert device.speeds == (0, 0)
    assert device.state == State.STOPPING
    device.live(2)
    assert (device.state, device.cause) == (State.LOCKED, Cause.EXPIRED)
    assert not device.c.has_power


def test_a_second_is_a_second_to_the_microsecond():
    for us, state in ((0, State.LOCKED), (1, State.ARMED)):
        device = idle()
        device.pass_us(us)
        device.arm()
        device.live(1000)
        assert device.state == state
        device.live(1)
        assert device.state == State.LOCKED


def test_armed_belts_that_are_told_nothing_for_a_second_are_locked():
    device = armed()
    device.live(999)
    assert device.state == State.ARMED
    device.live(1)
    assert (device.state, device.cause) == (State.LOCKED, Cause.EXPIRED)


@pytest.mark.parametrize("state", State)
def test_stop_works_in_every_state_and_locks(state):
    device = MAKERS[state]()
    cause = device.cause if state == State.LOCKED else Cause.STOPPED
    device.stop(1000)
    assert device.cause == cause
    device.walk(1200)
    assert (device.state, device.cause) == (State.LOCKED, cause)
    assert device.speeds == (0, 0)


@pytest.mark.parametrize(
    ("asked", "taken"),
    [(0, 500), (499, 500), (500, 500), (501, 501), (999, 999), (1000, 1000), (1001, 1000)]
    + [(65535, 1000)],
)
def test_a_stop_is_never_refused_but_neither_softer_nor_harder_than_the_room_has_it(asked, taken):
    device = running()
    device.stop(asked)
    device.live(1)
    assert device.speeds == (500_000 - taken, 500_000 - taken)


def test_a_stop_under_way_may_only_become_harder():
    device = running()
    device.stop(800)
    device.stop(600)
    device.tick()
    assert device.speeds == (499_200, 499_200)
    device.stop(900)
    device.tick()
    assert device.speeds == (498_300, 498_300)


def test_an_ordinary_ramp_that_is_steeper_than_fast_is_what_a_stop_gets():
    device = running(room=ROOM._replace(ramp_mmps2=900, fast_mmps2=700))
    device.stop(65535)
    device.tick()
    assert device.speeds == (499_100, 499_100)


def test_a_ramp_to_rest_is_never_interrupted_upward():
    device = running()
    device.stop()
    last = device.speeds
    for _ in range(1000):
        for act in (device.ask, device.reset, device.arm, device.disarm, device.hello):
            act()
        device.tick()
        assert device.speeds == (last[0] - 500, last[1] - 500)
        assert (device.state, device.cause) == (State.STOPPING, Cause.STOPPED)
        last = device.speeds
    assert last == (0, 0)


@pytest.mark.parametrize("maker", [armed, running])
def test_disarming_ramps_to_rest_and_ends_idle_without_a_latch(maker):
    device = maker()
    device.disarm()
    assert (device.state, device.cause) == (State.STOPPING, Cause.DISARMED)
    device.walk(1100)
    assert (device.state, device.cause, device.c.has_power) == (State.IDLE, Cause.NONE, False)


def test_a_stop_while_disarming_latches():
    device = running()
    device.disarm()
    device.live(5)
    device.stop(1000)
    assert (device.state, device.cause) == (State.STOPPING, Cause.STOPPED)
    device.tick()
    assert device.speeds == (496_500, 496_500)
    device.disarm()
    device.live(600)
    assert (device.state, device.cause) == (State.LOCKED, Cause.STOPPED)


@pytest.mark.parametrize("state", [State.LOCKED, State.IDLE])
def test_disarming_what_is_not_armed_does_nothing(state):
    device = MAKERS[state]()
    device.disarm()
    device.tick()
    assert device.state == state
    assert device.c.refused_count == 0


@pytest.mark.parametrize("state", State)
def test_reset_works_when_locked_and_arm_when_idle(state):
    device = MAKERS[state]()
    device.reset()
    is_right = state in (State.LOCKED, State.IDLE)
    assert device.state == (State.IDLE if is_right else state)
    assert device.c.refused_count == (not is_right)
    assert device.c.refusal == (Refusal.NONE if is_right else Refusal.STATE)
    device = MAKERS[state]()
    device.arm()
    is_right = state == State.IDLE
    assert device.state == (State.ARMED if is_right else state)
    assert device.c.refused_count == (not is_right)
    assert device.c.refusal == (Refusal.NONE if is_right else Refusal.STATE)


def test_arming_is_refused_with_other_limits_and_a_good_one_forgets_it():
    device = idle()
    device.arm(ROOM.checksum ^ 1)
    assert (device.state, device.c.refusal) == (State.IDLE, Refusal.LIMITS)
    assert device.status().limits_crc == ROOM.checksum
    device.reset()
    assert device.c.refusal == Refusal.NONE
    device.arm(0)
    device.arm()
    assert (device.state, device.c.refusal, device.c.refused_count) == (State.ARMED, 0, 2)


@pytest.mark.parametrize("belt", [0, 1])
@pytest.mark.parametrize(("speed", "is_rest"), REST)
def test_moving_belts_are_neither_reset_nor_armed(belt, speed, is_rest):
    for maker, act, state in ((ready, "reset", State.IDLE), (idle, "arm", State.ARMED)):
        device = maker()
        device.is_coupled = False
        device.senses.speed_umps[belt] = speed
        device.live(2)
        getattr(device, act)()
        assert (device.state == state) == is_rest
        assert device.c.refusal == (Refusal.NONE if is_rest else Refusal.NOT_AT_REST)


def test_a_stop_has_ended_when_the_belts_are_measured_at_rest_or_half_a_second_later():
    for speed, ms in ((20_000, 1), (20_001, 501)):
        device = armed()
        device.is_coupled = False
        device.senses.speed_umps[1] = speed
        device.live(2)
        device.stop()
        device.live(ms - 1)
        assert (device.state, device.c.has_power) == (State.STOPPING, True)
        device.live(1)
        assert (device.state, device.c.has_power) == (State.LOCKED, False)


def test_the_wait_for_rest_begins_anew_with_each_stop():
    device = armed()
    for _ in range(2):
        device.is_coupled = False
        device.senses.speed_umps[0] = 30_000
        device.stop()
        device.live(300)
        assert device.state == State.STOPPING
        device.is_coupled = True
        device.live(3)
        device.reset()
        device.arm()
        assert device.state == State.ARMED
        device.tick()


def test_unequal_ramps_that_would_split_the_belts_too_far_stop_them():
    device = armed()
    apart = STEADY._replace(left_umps=1_000_000, right_umps=1_000_000, left_mmps2=1000)
    ticks = 0
    while device.state != State.STOPPING:
        left = device.speeds[0]
        device.ask(apart._replace(right_mmps2=10, incline_urad=100_000))
        device.tick()
        ticks += 1
        assert ticks < 1000
        assert device.speeds[0] - device.speeds[1] <= WIDE.max_split_umps
    assert device.cause == Cause.SPLIT
    assert device.c.incline_nrad == (ticks - 1) * WIDE.max_incline_rate_uradps
    assert ticks == pytest.approx(WIDE.max_split_umps / 990, abs=2)
    assert device.speeds[0] == left - 500


def test_a_stop_goes_on_whatever_the_split():
    device = MAKERS[State.STOPPING]()
    for belt, speed in enumerate((1_000_000, 100)):
        device.c.speed_umps[belt], device.c.mirror_umps[belt] = speed, ~speed
    device.live(2)
    assert device.speeds == (999_000, 0)
    assert (device.state, device.cause) == (State.STOPPING, Cause.STOPPED)


def test_the_split_is_reached_exactly_on_the_way_and_not_exceeded():
    device = armed(room=ROOM._replace(max_split_umps=2_000))
    most = device.limits.max_split_umps
    for _ in range(most // 10):
        device.ask(STEADY._replace(left_mmps2=11, right_mmps2=1))
        device.tick()
    assert device.speeds[0] - device.speeds[1] == most
    assert device.state == State.RUN
    device.ask(STEADY._replace(left_mmps2=11, right_mmps2=10))
    device.tick()
    assert device.cause == Cause.SPLIT


def test_the_deck_moves_at_its_own_rate_and_stays_when_the_belts_are_stopped():
    device = armed()
    uphill = STEADY._replace(incline_urad=1_000)
    device.walk(10, uphill)
    assert device.c.incline_nrad == 10 * WIDE.max_incline_rate_uradps
    device.walk(100, uphill)
    assert device.c.incline_nrad == 1_000_000
    device.walk(10, STEADY)
    here = device.c.incline_nrad
    assert here == 1_000_000 - 10 * WIDE.max_incline_rate_uradps
    device.stop()
    device.live(2000)
    assert device.c.incline_nrad == here
    assert device.status().setpoint_urad == here // 1000


@pytest.mark.parametrize(
    ("measured", "held"),
    [(5_000, 5_000), (-3, 0), (10**6, WIDE.max_incline_urad), (-(2**31), 0)],
)
def test_the_deck_begins_where_it_is_measured_within_its_limits(measured, held):
    device = ready()
    device.senses.incline_urad = measured
    device.tick()
    device.reset()
    device.arm()
    assert device.c.incline_nrad == 1000 * held
    device.live(3)
    assert device.c.incline_nrad == 1000 * held


@pytest.mark.parametrize("belt", [0, 1])
@pytest.mark.parametrize("bit", [0, 5, 19, 31])
def test_a_set_point_damaged_in_memory_takes_the_power_away(belt, bit):
    for maker in (running, MAKERS[State.STOPPING]):
        device = maker()
        value = device.c.speed_umps[belt] ^ (1 << bit)
        device.c.speed_umps[belt] = value - 2**32 if value >= 2**31 else value
        device.tick()
        assert (device.state, device.cause) == (State.LOCKED, Cause.DAMAGED)
        assert (device.speeds, device.c.has_power) == ((0, 0), False)


@pytest.mark.parametrize("belt", [0, 1])
@pytest.mark.parametrize("accel", [0, -1, WIDE.max_accel_mmps2 + 1, 2**31 - 1, -(2**31)])
def test_a_ramp_damaged_in_memory_takes_the_power_away(belt, accel):
    device = running()
    device.c.target.accel_mmps2[belt] = accel
    device.tick()
    assert (device.state, device.cause) == (State.LOCKED, Cause.DAMAGED)
    device = MAKERS[State.STOPPING]()
    device.c.decel_mmps2 = accel
    device.tick()
    assert (device.state, device.cause) == (State.LOCKED, Cause.DAMAGED)


@pytest.mark.parametrize("belt", [0, 1])
@pytest.mark.parametrize(
    ("start", "target"), [(0, -5), (WIDE.max_speed_umps, WIDE.max_speed_umps + 5)]
)
def test_a_target_damaged_in_memory_takes_the_power_away(belt, start, target):
    device = running()
    for k in range(2):
        device.c.speed_umps[k], device.c.mirror_umps[k] = start, ~start
        device.c.target.speed_umps[k] = start
    device.tick()
    assert device.state == State.RUN
    device.c.target.speed_umps[belt] = target
    device.tick()
    assert (device.state, device.cause) == (State.LOCKED, Cause.DAMAGED)
    assert device.c.incline_nrad == 0


def test_a_long_pause_costs_what_it_should():
    device = running()
    device.ask()
    device.pass_us(560_000)
    assert (device.state, device.cause) == (State.STOPPING, Cause.EXPIRED)
    assert device.speeds == (500_000 - 501 * 500,) * 2


@pytest.mark.parametrize(("name", "pair"), [("larger", max), ("smaller", min)])
def test_larger_and_smaller(name, pair):
    for a in (-5, 0, 7):
        for b in (-5, 0, 7):
            assert getattr(lib, f"rs_{name}")(a, b) == pair(a, b)
