"""The simulated `rs_treadmill`, from its driver to its belts."""

import asyncio
import contextlib
import itertools
from math import radians

import pytest

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.records import BeltCommand
from rehabsim.base.site import Site
from rehabsim.devices.driver import load
from rehabsim.devices.laboratory import LABORATORIES, Fault, LaboratoryPlan
from rehabsim.devices.link import open_link
from rehabsim.devices.rs_limits import limits_of_room
from rehabsim.devices.rs_treadmill import RsTreadmill
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim_sim.rs_panel import simulated_room

LIMITS = load_toml(SIMULATED_SITE, Site).limits
URL = "memory:belts"


class Scene:
    def __init__(self, laboratory, driver, clock):
        self.laboratory, self.driver, self.clock = laboratory, driver, clock
        self.samples = []

    async def live(self, seconds):
        for _ in range(round(seconds / 0.004)):
            await asyncio.sleep(0.004)
            self.samples += self.driver.take()
        return self.samples[-1]

    async def get_ready(self, limits=LIMITS):
        await self.live(0.1)
        self.driver.reset()
        await self.live(0.1)
        self.driver.arm(limits)
        return await self.live(0.1)

    async def walk(self, seconds, speed_mps=0.5, incline_rad=0.0):
        for _ in range(round(seconds / 0.02)):
            self.driver.send(BeltCommand(speed_mps, speed_mps, 0.5, 0.5, incline_rad, 0.06))
            await self.live(0.02)
        return self.samples[-1]


def play(act, **plan):
    async def go(clock):
        words = {"treadmill_kind": "rs_treadmill", "treadmill_url": URL, "plates_url": "memory:p"}
        laboratory = load(LABORATORIES, "sim")(LaboratoryPlan(**words, **plan), clock)
        await laboratory.open()
        living = asyncio.create_task(laboratory.run())
        config = RsTreadmill.Config(kind="rs_treadmill", url=URL, max_speed_mps=2.0)
        driver = RsTreadmill(config, clock)
        await driver.open()
        try:
            return await act(Scene(laboratory, driver, clock))
        finally:
            await driver.close()
            living.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await living
            await laboratory.close()

    return run(go, virtual=True)


def pressed(at_s, for_s, channel="", kind="cut"):
    return (Fault(device="emergency_stop", kind=kind, at_s=at_s, for_s=for_s, channel=channel),)


def test_it_is_built_with_the_limits_of_the_simulated_site():
    assert simulated_room() == limits_of_room(LIMITS)


def test_it_is_built_with_the_limits_of_the_room_that_the_plan_names():
    narrow = LIMITS.model_copy(update={"max_speed_mps": 0.4, "perturbation": None})

    async def act(scene):
        other = await scene.get_ready()
        own = await scene.get_ready(narrow)
        return other, own, await scene.walk(0.5, 0.43)

    other, own, after = play(act, limits=narrow.model_dump())
    assert "checksum" in other.hold
    assert not other.is_armed
    assert own.is_armed
    assert "left speed" in after.hold


def test_the_belts_follow_the_ramp_smoothly():
    async def act(scene):
        await scene.get_ready()
        first = len(scene.samples)
        await scene.walk(1.2)
        return scene.samples[first:]

    samples = play(act)
    speeds = [sample.left_speed_mps for sample in samples]
    steps = [b - a for a, b in itertools.pairwise(speeds)]
    assert max(steps) < 0.012
    assert speeds[-1] == pytest.approx(0.5, abs=0.02)
    at_half = next(sample.t_ns for sample in samples if sample.left_speed_mps >= 0.25)
    assert (at_half - samples[0].t_ns) / 1e9 == pytest.approx(0.5 + 0.05, abs=0.03)


@pytest.mark.parametrize("channel", ["", "a", "b"])
def test_the_emergency_stop_cuts_the_power_at_once_and_stays(channel):
    async def act(scene):
        await scene.get_ready()
        before = await scene.walk(1.66)
        during = await scene.walk(0.2)
        after = await scene.walk(3.0)
        scene.driver.reset()
        reset = await scene.walk(1.0)
        return before, during, after, reset, await scene.get_ready(), await scene.walk(1.5)

    before, during, after, reset, ready, walking = play(act, faults=pressed(2.0, 0.03, channel))
    assert before.is_armed
    assert during.is_emergency
    assert not during.is_armed
    assert during.left_speed_mps < before.left_speed_mps - 0.05
    assert after.is_emergency
    assert "emergency stop was pressed" in after.hold
    assert abs(after.left_speed_mps) < 0.02
    assert (reset.hold, reset.is_emergency, reset.is_armed) == ("", False, False)
    assert abs(reset.left_speed_mps) < 0.02
    assert ready.is_armed
    assert walking.left_speed_mps == pytest.approx(0.5, abs=0.02)


def test_a_wire_that_is_cut_needs_repair_and_a_press():
    faults = pressed(0.5, 1.0, "a") + pressed(4.0, 0.1)

    async def act(scene):
        await scene.live(1.9)
        scene.driver.reset()
        repaired = await scene.live(0.5)
        await scene.live(2.0)
        scene.driver.reset()
        return repaired, await scene.live(0.5)

    repaired, after = play(act, faults=faults)
    assert "disagreed" in repaired.hold
    assert "refused" in repaired.hold
    assert repaired.is_emergency
    assert (after.hold, after.is_emergency) == ("", False)


def test_the_deck_stays_where_it_is_without_power():
    async def act(scene):
        await scene.get_ready()
        await scene.walk(1.0, 0.0, incline_rad=0.1)
        scene.driver.stop(0.5)
        stopped = await scene.live(0.5)
        return stopped, await scene.live(2.0)

    stopped, later = play(act)
    assert 0 < stopped.incline_rad < radians(2)
    assert later.incline_rad == pytest.approx(stopped.incline_rad, abs=0.002)


@pytest.mark.parametrize(
    ("device", "kind", "channel"),
    [("belts", "stuck", "left_mps"), ("treadmill", "stuck", "right_speed_mps")],
)
def test_a_belt_that_does_not_stop_loses_its_power(device, kind, channel):
    faults = (Fault(device=device, kind=kind, channel=channel, at_s=1.9),)

    async def act(scene):
        await scene.get_ready()
        await scene.walk(1.6)
        stopped = await scene.walk(1.5, 0.0)
        await scene.live(1.0)
        scene.driver.reset()
        return stopped, await scene.live(0.2), list(scene.laboratory.world.belts[0].speed_mps)

    stopped, later, speeds_mps = play(act, faults=faults)
    assert not stopped.is_armed
    assert "did not run as they were told" in later.hold
    assert "refused" in later.hold
    assert max(abs(speed) for speed in speeds_mps) < 0.01


@pytest.mark.parametrize("kind", ["off", "delayed"])
def test_commands_that_do_not_get_through_let_the_set_point_expire(kind):
    faults = (Fault(device="belts", kind=kind, at_s=2.0, size=0.3 if kind == "delayed" else None),)

    async def act(scene):
        await scene.get_ready()
        await scene.walk(1.6)
        return await scene.walk(2.0)

    last = play(act, faults=faults)
    assert "expired" in last.hold
    assert abs(last.left_speed_mps) < 0.02


def test_damaged_reports_are_counted_by_nobody_but_do_no_harm():
    faults = (Fault(device="treadmill", kind="garbage", at_s=0.0, size=0.002),)

    async def act(scene):
        await scene.get_ready()
        return await scene.walk(2.0)

    assert play(act, faults=faults).left_speed_mps == pytest.approx(0.5, abs=0.02)


def test_damaged_commands_are_counted_and_two_clients_do_not_share_it():
    async def act(scene):
        await scene.live(0.1)
        scene.driver._link.write(b"\x05abc\0" + bytes([7] * 60) + b"\0\0")
        await scene.live(0.1)
        other = await open_link(URL, scene.clock, device="treadmill")
        await scene.live(0.1)
        panel = scene.laboratory._panel
        await other.close()
        return scene.driver.status.bad_count, panel.bad_count, panel.refused_count

    assert play(act) == (2, 2, 1)


def test_the_same_seed_gives_the_same_reports():
    async def act(scene):
        await scene.get_ready()
        await scene.walk(1.0)
        return scene.samples

    assert play(act, seed=7) == play(act, seed=7)
