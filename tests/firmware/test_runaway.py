"""Belts that do not do what they are told: measured speed against the firmware's own ramps."""

import pytest
from firmware.device import MAKERS, STEADY, WIDE, Device, armed, idle, running

from rehabsim.devices.rs_treadmill_frame import Cause, Refusal, State

BELTS = (0, 1)
SPEED_UMPS = STEADY.left_umps
MOST_UMPS, MOST_MS = WIDE.max_astray_umps, WIDE.max_astray_ms
REST = STEADY._replace(left_umps=0, right_umps=0)


def steady() -> Device:
    """Return a device long at 0.5 m/s; its belts are ours from now on."""
    device = running()
    device.walk(1500)
    device.is_coupled = False
    return device


def measure(device: Device, belt: int, speed_umps: int) -> None:
    device.senses.speed_umps[belt] = speed_umps


def is_cut(device: Device) -> bool:
    assert device.c.has_power == (device.state != State.LOCKED)
    return (device.state, device.cause) == (State.LOCKED, Cause.RUNAWAY)


@pytest.mark.parametrize("belt", BELTS)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_belt_that_is_astray_for_too_long_loses_its_power(belt, sign):
    device = steady()
    measure(device, belt, SPEED_UMPS + sign * (MOST_UMPS + 1))
    device.walk(MOST_MS)
    assert device.state == State.RUN
    device.tick()
    assert is_cut(device)
    assert device.speeds == (0, 0)


@pytest.mark.parametrize("belt", BELTS)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_belt_up_to_the_limit_away_is_where_it_should_be(belt, sign):
    device = steady()
    measure(device, belt, SPEED_UMPS + sign * MOST_UMPS)
    device.walk(2000)
    assert device.state == State.RUN


def test_one_look_at_belts_that_follow_begins_the_time_anew():
    device = steady()
    for _ in range(3):
        measure(device, 0, 0)
        device.walk(MOST_MS)
        measure(device, 0, SPEED_UMPS)
        device.walk(1)
    assert device.state == State.RUN


def test_either_belt_counts_for_the_same_time():
    device = steady()
    measure(device, 0, 0)
    device.walk(MOST_MS - 50)
    measure(device, 0, SPEED_UMPS)
    measure(device, 1, 0)
    device.walk(50)
    assert device.state == State.RUN
    device.tick()
    assert is_cut(device)


@pytest.mark.parametrize("measured_umps", [-(2**31), -1_000_000, 1_000_000, 2**31 - 1])
def test_any_number_that_can_be_measured_counts(measured_umps):
    device = steady()
    measure(device, 1, measured_umps)
    device.walk(MOST_MS + 1)
    assert is_cut(device)


def test_a_dead_encoder_is_noticed_on_the_way_up():
    device = armed()
    device.is_coupled = False
    at = 0
    while not is_cut(device):
        device.walk(1)
        at += 1
        assert at < 2000
    # Steady on its ramp a belt is 99 of its steps behind, which allows twice that more.
    crossing_ms = (MOST_UMPS + 3 * 99 * 500) / 500
    assert at == pytest.approx(crossing_ms + MOST_MS, abs=1)


@pytest.mark.parametrize("belt", BELTS)
def test_a_belt_that_is_slower_on_its_way_to_rest_is_left_to_the_ramp(belt):
    for is_stopped in (False, True):
        device = steady()
        measure(device, belt, 0)
        if is_stopped:
            device.stop()
        device.walk(MOST_MS + 100, REST)
        assert device.cause == (Cause.STOPPED if is_stopped else Cause.NONE)


@pytest.mark.parametrize("belt", BELTS)
@pytest.mark.parametrize("speed_umps", [1, 100_000])
def test_a_belt_told_to_rest_does_not_excuse_one_that_shall_run(belt, speed_umps):
    device = steady()
    one_umps = {"left_umps": speed_umps} if belt == 0 else {"right_umps": speed_umps}
    walk_on = REST._replace(**one_umps)
    for k in BELTS:
        measure(device, k, 0)
    device.walk(MOST_MS + 1, walk_on)
    assert is_cut(device)


@pytest.mark.parametrize("belt", BELTS)
@pytest.mark.parametrize("state", [State.ARMED, State.RUN, State.STOPPING])
def test_a_faster_belt_loses_its_power_whatever_it_is_told(belt, state):
    device = MAKERS[state]()
    device.is_coupled = False
    for k in BELTS:
        measure(device, k, device.c.speed_umps[k])
    measure(device, belt, 900_000)
    device.live(MOST_MS)
    assert device.state != State.LOCKED
    device.tick()
    assert is_cut(device)


@pytest.mark.parametrize(("measured_umps", "is_backward"), [(-20_000, False), (-20_001, True)])
def test_a_belt_that_runs_backward_is_never_merely_slower(measured_umps, is_backward):
    device = steady()
    measure(device, 0, measured_umps)
    device.walk(MOST_MS + 1, REST)
    assert is_cut(device) == is_backward


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("is_beyond", [False, True])
def test_more_is_allowed_while_a_belt_should_change_its_speed(sign, side, is_beyond):
    """Up or down at 0.5 m/s², the belt always at an edge of what drives explain."""
    start_umps, end_umps = (300_000, 900_000) if sign > 0 else (900_000, 300_000)
    device = armed()
    device.walk(3500, STEADY._replace(left_umps=start_umps, right_umps=start_umps))
    device.is_coupled = False
    due_umps = float(start_umps)
    target = STEADY._replace(left_umps=end_umps, right_umps=end_umps)
    for at in range(900):
        set_umps = start_umps + sign * min(500 * (at + 1), 600_000)
        due_umps += (set_umps - due_umps) / 100
        edge_umps = MOST_UMPS + 2 * abs(set_umps - due_umps)
        edge_umps += 10 if is_beyond else -10
        measure(device, 0, round(due_umps + side * edge_umps))
        measure(device, 1, set_umps)
        device.walk(1, target)
        if device.state == State.LOCKED:
            break
    assert is_cut(device) == is_beyond
    assert at == (MOST_MS if is_beyond else 899)


def test_belts_without_power_are_nobodys_deed():
    device = idle()
    device.is_coupled = False
    measure(device, 0, 900_000)
    device.live(1000)
    assert (device.state, device.cause) == (State.IDLE, Cause.NONE)
    measure(device, 0, 0)
    device.tick()
    device.arm()
    device.live(MOST_MS)
    assert device.state == State.ARMED


def test_where_belts_should_be_is_forgotten_without_power():
    device = steady()
    device.disarm()
    for _ in range(1100):
        device.tick()
        for k in BELTS:
            measure(device, k, device.c.speed_umps[k])
    assert device.state == State.IDLE
    device.live(1200)
    assert list(device.c.lagged) == [99, 99]  # less than one µm/s
    device.arm()
    assert device.state == State.ARMED


def test_a_pause_between_two_looks_is_no_evidence():
    device = steady()
    device.ask(STEADY._replace(ttl_ms=200))
    measure(device, 0, 0)
    device.pass_us(1000 * (MOST_MS - 20))
    assert device.state == State.RUN
    device.walk(MOST_MS - 1)
    assert device.state == State.RUN
    device.walk(2)
    assert is_cut(device)


def test_nothing_but_a_restart_unlocks_it():
    device = steady()
    measure(device, 0, 0)
    device.walk(MOST_MS + 1)
    assert is_cut(device)
    for k in BELTS:
        measure(device, k, 0)
    device.live(100)
    refused_count = device.c.refused_count
    device.reset()
    assert (device.c.refusal, device.c.refused_count) == (Refusal.BELTS, refused_count + 1)
    for is_open in (True, False):
        device.senses.is_open[0] = device.senses.is_open[1] = is_open
        device.live(100)
        assert is_cut(device)
    device.senses.is_open[0] = True
    device.live(100)
    assert is_cut(device)
    device.senses.is_open[0] = False
    device.hello(8)
    device.stop()
    device.disarm()
    device.live(100)
    device.reset()
    device.arm()
    device.walk(100)
    assert is_cut(device)
    assert device.status().refusal == Refusal.STATE  # of ARM
    assert idle().state == State.IDLE  # another boot
