from firmware.device import MAKERS, STEADY
from firmware.histories import Permission, Twin, play, strays

from rehabsim.devices.rs_treadmill_frame import Cause, State


def test_nothing_moves_without_reset_arm_and_a_set_point():
    permission = Permission()
    play(20_000, 11, permission.look)
    assert permission.wrongs == []
    assert permission.moving_steps > 1_000
    assert permission.stops > 20


def test_the_simulator_decides_as_the_firmware_does_to_the_last_bit():
    twin = Twin()
    play(10_000, 12, twin.look)
    assert twin.differences == []


def test_they_find_the_same_belts_astray_in_the_same_millisecond():
    runaway_count, differences = strays(4, 13)
    assert differences == []
    assert runaway_count > 1


def no_restart(ms: int) -> list[str]:
    """Return what went wrong when each kind of stop met a host that goes on commanding."""
    wrongs = []

    def emergency(device):
        device.senses.is_open[0] = True
        device.tick()
        device.senses.is_open[0] = False

    def refused(device):
        device.ask(STEADY._replace(left_umps=-1))

    acts = {
        Cause.STOPPED: lambda device: device.stop(),
        Cause.GREETED: lambda device: device.hello(),
        Cause.EXPIRED: lambda device: device.live(250),
        Cause.EMERGENCY: emergency,
        Cause.REFUSED: refused,
    }
    for cause, act in acts.items():
        device = MAKERS[State.RUN]()
        act(device)
        device.live(1)
        last = device.speeds
        for at in range(ms):
            device.walk(1)
            if any(now > before for now, before in zip(device.speeds, last, strict=True)):
                wrongs.append(f"{cause.name}: up at {at} ms")
            last = device.speeds
        if (device.state, device.cause, device.speeds) != (State.LOCKED, cause, (0, 0)):
            wrongs.append(f"{cause.name}: ended in {device.state}, {device.cause}")
    return wrongs


def test_no_stop_is_undone_by_a_host_that_commands_for_10_s():
    assert no_restart(10_000) == []
