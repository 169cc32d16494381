import asyncio
import contextlib
import struct
from math import nan

import pytest
from simulator.motion_base_client import Client

from rehabsim.base.clock import HostClock, run
from rehabsim.base.errors import ConfigError
from rehabsim.devices.laboratory import Fault, LaboratoryPlan
from rehabsim_sim.faults import Faults
from rehabsim_sim.jit import one_of
from rehabsim_sim.motion_base import (
    COMMAND,
    DISABLE,
    ENGAGE,
    ENGAGED,
    ESTOP_FAULT,
    FAULT,
    FRAME_FAULT,
    IDLE,
    NEW_POSITION,
    PARK,
    POWER_UP,
    RANGE_FAULT,
    RESET,
    STANDBY,
    WATCHDOG_FAULT,
    MotionBase,
    MotionBasePort,
)
from rehabsim_sim.person import Surroundings
from rehabsim_sim.platform import Platform, PlatformReins, ride
from rehabsim_sim.serve import Laboratory

HOME = (0.0,) * 6


class Room:
    """A motion base, its platform, and time."""

    def __init__(self):
        self.platform, self.around = one_of(Platform()), one_of(Surroundings())
        self.base = MotionBase(PlatformReins(self.platform[0]))
        self.t_ms = 0

    def live(self, duration_ms, packet=None, is_cut=False):
        """Live on; send `packet` 60 times a second."""
        for _ in range(duration_ms):
            if packet is not None and self.t_ms % 17 == 0:
                self.base.receive(packet, self.t_ms)
            self.base.tick(self.t_ms, is_cut=is_cut)
            ride(self.platform[0], self.around[0], 0.0)
            self.t_ms += 1
        return self.base.state

    def engaged(self):
        self.live(3100)
        self.live(3200, command(ENGAGE))
        return self


def command(word, pose=HOME):
    """Return a packet; `pose` is roll, pitch, heave, surge, yaw, lateral as on the wire."""
    return COMMAND.pack(word, *pose, 0)


def test_a_new_position_has_the_published_bytes():
    expected = "00000082 00000000 00000000 bdcccccd 00000000 00000000 00000000 00000000"
    assert command(NEW_POSITION, (0, 0, -0.1, 0, 0, 0)).hex(" ", 4) == expected


def test_it_wakes_to_idle_and_engages_from_there_alone():
    room = Room()
    assert room.live(1000, command(ENGAGE)) == POWER_UP
    assert room.live(2200) == IDLE
    assert room.live(100, command(NEW_POSITION, (0.1, 0, 0, 0, 0, 0))) == IDLE
    assert not any(room.platform[0].target)
    assert room.live(100, command(ENGAGE)) == STANDBY
    assert room.live(3000, command(ENGAGE)) == ENGAGED


def test_it_does_not_engage_away_from_home():
    room = Room()
    room.live(3100)
    assert room.live(200, command(ENGAGE, (0.1, 0, 0, 0, 0, 0))) == IDLE


def test_engaged_it_follows_with_heave_down_and_reports_where_it_is():
    room = Room().engaged()
    room.live(2000, command(NEW_POSITION, (0.05, 0.1, -0.08, 0.1, 0.02, 0.06)))
    surge, sway, heave, roll, pitch, yaw = room.platform[0].pose
    assert (heave, surge, roll) == pytest.approx((0.08, 0.1, 0.05), abs=1e-3)
    assert (sway, pitch, yaw) == pytest.approx((-0.06, 0.1, -0.02), abs=1e-3)
    answer = struct.unpack(">IIIffffffI", room.base.answer())
    assert answer[3:9] == pytest.approx((0.05, 0.1, -0.08, 0.1, 0.02, 0.06), abs=1e-3)


@pytest.mark.parametrize(
    ("packet", "fault"),
    [
        (command(NEW_POSITION, (0, 0, 0.5, 0, 0, 0)), RANGE_FAULT),
        (command(NEW_POSITION, (nan, 0, 0, 0, 0, 0)), RANGE_FAULT),
        (b"hello", FRAME_FAULT),
        (None, WATCHDOG_FAULT),
    ],
)
def test_what_is_wrong_stops_it_where_it_is_until_a_reset(packet, fault):
    room = Room().engaged()
    room.live(400, command(NEW_POSITION, (0.1, 0, 0, 0, 0, 0)))
    room.live(700, packet)
    assert (room.base.state, room.base.faults) == (FAULT, fault)
    held_rad = room.platform[0].pose[3]
    room.live(500, command(NEW_POSITION, HOME))
    assert room.platform[0].pose[3] == pytest.approx(held_rad, abs=1e-6)
    assert held_rad > 0.01
    room.base.receive(command(RESET), room.t_ms)
    assert (room.base.state, room.base.faults) == (IDLE, 0)


def test_the_emergency_stop_freezes_it_and_no_reset_helps_while_it_is_pressed():
    room = Room().engaged()
    room.live(200, command(NEW_POSITION, (0.2, 0, 0, 0, 0, 0)))
    room.live(500, command(NEW_POSITION, (0.2, 0, 0, 0, 0, 0)), is_cut=True)
    assert room.base.faults & ESTOP_FAULT
    room.live(100, command(RESET), is_cut=True)
    assert room.base.state == FAULT
    held = list(room.platform[0].pose)
    room.live(500, command(NEW_POSITION, HOME), is_cut=True)
    assert list(room.platform[0].pose) == held


def test_parking_goes_home_and_ends_idle():
    room = Room().engaged()
    room.live(1500, command(NEW_POSITION, (0, 0.05, 0, 0, 0, 0)))
    room.live(100, command(PARK))
    assert room.live(9000) == IDLE
    assert max(abs(value) for value in room.platform[0].pose) < 2e-3


def test_disabled_it_needs_its_power_cycled():
    room = Room().engaged()
    room.live(50, command(DISABLE))
    room.live(100, command(RESET))
    assert room.live(4000, command(ENGAGE)) not in (IDLE, STANDBY, ENGAGED)


@pytest.mark.realtime
def test_an_outside_client_rides_the_simulated_platform_over_real_datagrams():
    async def main(clock):
        plan = LaboratoryPlan(
            treadmill_url="tcp://127.0.0.1:0",
            plates_url="tcp://127.0.0.1:0",
            platform_url="udp://127.0.0.1:0",
        )
        laboratory = Laboratory(plan, clock)
        await laboratory.open()
        task = asyncio.create_task(laboratory.run())
        host, _, port = laboratory.other_urls["platform"].removeprefix("udp://").rpartition(":")
        try:
            return await asyncio.to_thread(ride_it, host, int(port)), laboratory.world.truth
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await laboratory.close()

    def ride_it(host, port):
        client = Client(host, port)
        try:
            heard = []
            for _ in range(900):
                state = heard[-1]["state"] if heard else 0
                client.send("new_position" if state == 3 else "engage", pitch=0.03 * (state == 3))
                heard.append(client.hear())
                if heard[-1]["pose"][1] > 0.028:
                    break
            return heard
        finally:
            client.close()

    heard, _ = run(main)
    assert heard[0]["state"] == POWER_UP
    assert {1, 2, 3} <= {one["state"] for one in heard}
    assert heard[-1]["pose"][1] > 0.028
    assert not heard[-1]["faults"]


def test_faults_bend_what_the_platform_reports():
    fault = Fault(device="platform", kind="offset", channel="pitch_rad", size=0.05)
    names = ("surge_m", "sway_m", "heave_m", "roll_rad", "pitch_rad", "yaw_rad")
    platform = one_of(Platform())
    faults = Faults((fault,), "platform", names, seed=1)
    port = MotionBasePort(PlatformReins(platform[0]), faults, HostClock())
    answer = struct.unpack(">IIIffffffI", port._bent(10))
    assert answer[4] == pytest.approx(0.05)


def test_a_malformed_address_is_one_sentence():
    async def main(clock):
        platform = PlatformReins(one_of(Platform())[0])
        port = MotionBasePort(platform, Faults((), "platform", (), seed=1), clock)
        with pytest.raises(ConfigError, match=r"udp://HOST:PORT"):
            await port.open("tcp://somewhere")

    run(main)
