"""The emergency stop: two channels, closed when all is well."""

import random

import pytest
from firmware.device import MAKERS, Device, ready, running

from rehabsim.devices import rs_treadmill_frame as wire
from rehabsim.devices.rs_treadmill_frame import Cause, Refusal, State

CHANNELS = [(True, False), (False, True), (True, True)]


def press(device: Device, channels: tuple[bool, bool]) -> None:
    device.senses.is_open[0], device.senses.is_open[1] = channels


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("state", State)
def test_either_channel_latches_and_takes_the_power_in_the_same_tick(state, channels):
    device = MAKERS[state]()
    press(device, channels)
    device.tick()
    assert (device.state, device.cause) == (State.LOCKED, Cause.EMERGENCY)
    assert (device.speeds, device.c.has_power) == ((0, 0), False)
    flags = wire.OPEN_A * channels[0] | wire.OPEN_B * channels[1]
    assert device.status().flags == flags


def random_presses(count: int, seed: int) -> list[float]:
    """Return for each press, at a random moment of a walk, how many ticks it took to latch."""
    rng = random.Random(seed)
    ticks = []
    for _ in range(count):
        device = running()
        for _ in range(rng.randrange(60)):
            if rng.random() < 0.2:
                device.ask()
            device.pass_us(rng.randrange(2000))
        if device.state != State.RUN:
            device = running()
            device.pass_us(rng.randrange(1000))
        press(device, rng.choice(CHANNELS))
        taken = 0
        while device.state != State.LOCKED and taken < 100:
            device.tick()
            taken += 1
        assert device.cause == Cause.EMERGENCY
        for _ in range(rng.randrange(1, 40)):  # the contacts bounce
            press(device, (rng.random() < 0.5, rng.random() < 0.5))
            device.tick()
            assert device.state == State.LOCKED
        press(device, (False, False))
        device.walk(100)
        assert device.state == State.LOCKED
        assert device.speeds == (0, 0)
        ticks.append(float(taken))
    return ticks


def test_a_press_at_any_moment_is_latched_within_a_tick():
    assert set(random_presses(30, 1)) == {1.0}


def test_releasing_does_not_restart_and_reset_alone_does_not_either():
    device = running()
    press(device, (True, True))
    device.tick()
    press(device, (False, False))
    device.walk(5_000)
    assert device.state == State.LOCKED
    device.reset()
    assert device.state == State.IDLE
    device.walk(5_000)
    assert device.state == State.IDLE
    assert device.speeds == (0, 0)


@pytest.mark.parametrize("channels", CHANNELS)
def test_reset_needs_both_channels_closed_for_50_ms(channels):
    device = running()
    press(device, (True, True))
    device.tick()
    for _ in range(3):
        press(device, channels)
        device.tick()
        device.reset()
        assert (device.state, device.c.refusal) == (State.LOCKED, Refusal.NOT_CLOSED)
        press(device, (False, False))
        device.live(49)
        device.reset()
        assert (device.state, device.c.refusal) == (State.LOCKED, Refusal.NOT_CLOSED)
    device.tick()
    device.reset()
    assert device.state == State.IDLE


def test_arming_needs_them_closed_too():
    device = MAKERS[State.IDLE]()
    device.c.closed_ticks = 49
    device.arm()
    assert (device.state, device.c.refusal) == (State.IDLE, Refusal.NOT_CLOSED)
    device.tick()
    device.arm()
    assert device.state == State.ARMED


@pytest.mark.parametrize("channels", CHANNELS[:2])
def test_channels_that_disagree_for_more_than_50_ms_need_a_whole_press(channels):
    device = running()
    press(device, channels)
    device.live(50)
    assert device.cause == Cause.EMERGENCY
    device.tick()
    assert (device.state, device.cause) == (State.LOCKED, Cause.DISCREPANT)
    device.live(300)
    press(device, (False, False))
    device.live(100)
    assert device.cause == Cause.DISCREPANT
    device.reset()
    assert (device.state, device.c.refusal) == (State.LOCKED, Refusal.NOT_CLOSED)
    press(device, (True, True))
    device.tick()
    assert device.cause == Cause.EMERGENCY
    press(device, (False, False))
    device.live(50)
    device.reset()
    assert device.state == State.IDLE


def test_disagreements_do_not_add_up():
    device = ready()
    for channels in 5 * [(True, False), (False, False), (False, True), (True, True)]:
        press(device, channels)
        device.live(50)
        assert device.cause == Cause.EMERGENCY
    press(device, (True, False))
    device.live(25)
    press(device, (False, True))
    device.live(25)
    assert device.cause == Cause.EMERGENCY
    device.tick()
    assert device.cause == Cause.DISCREPANT


def test_a_press_lasts_however_long_it_is_held():
    device = ready()
    press(device, (True, False))
    device.live(66_000)
    assert device.cause == Cause.DISCREPANT
    press(device, (False, False))
    device.live(66_000)
    device.reset()
    assert device.c.refusal == Refusal.NOT_CLOSED


def test_long_after_a_press_the_belts_can_be_reset():
    device = ready()
    device.live(65_536 - 60 + 10)
    device.reset()
    assert device.state == State.IDLE
