"""The firmware as a program: what only its board can show."""

import asyncio
import contextlib

import pytest
from firmware.boards import program

from rehabsim.base.clock import HostClock
from rehabsim.base.config import load_toml
from rehabsim.base.errors import LinkError
from rehabsim.base.records import BeltCommand
from rehabsim.base.site import Site
from rehabsim.devices.rs_treadmill import CAUSES, RsTreadmill
from rehabsim.devices.rs_treadmill_frame import Cause, State
from rehabsim.session.setup import SIMULATED_SITE

pytestmark = pytest.mark.realtime
LIMITS = load_toml(SIMULATED_SITE, Site).limits
COMMAND = BeltCommand(0.2, 0.2, 1.0, 1.0, 0.0, 0.2)


class Scene:
    def __init__(self, hands, driver):
        self.hands, self.driver = hands, driver

    async def until(self, is_so, seconds=5.0):
        """Return the first sample of which `is_so`."""
        for _ in range(round(seconds / 0.004)):
            await asyncio.sleep(0.004)
            for sample in self.driver.take():
                if is_so(sample):
                    return sample
        raise AssertionError(f"it never was; at the end: {self.driver.status}")

    async def walk(self):
        await self.until(lambda _: True)
        await asyncio.sleep(0.06)
        self.driver.take()
        self.driver.reset()
        await self.until(lambda sample: not sample.hold)
        self.driver.arm(LIMITS)
        await self.until(lambda sample: sample.is_armed)
        for _ in range(20):
            self.driver.send(COMMAND)
            await self.until(lambda _: True)
            await asyncio.sleep(0.016)
        self.driver.take()
        assert self.driver.status.left_setpoint_umps == 200_000


@contextlib.asynccontextmanager
async def scene():
    with program() as hands:
        config = RsTreadmill.Config(kind="rs_treadmill", url=hands.url, max_speed_mps=2.0)
        driver = RsTreadmill(config, HostClock())
        await driver.open()
        try:
            yield Scene(hands, driver)
        finally:
            await driver.close()


async def test_a_hand_on_the_emergency_stop_cuts_the_power_until_reset():
    async with scene() as here:
        await here.walk()
        here.hands.do("open ab")
        sample = await here.until(lambda sample: sample.is_emergency)
        assert sample.hold == CAUSES[Cause.EMERGENCY]
        assert not sample.is_armed
        await here.until(lambda sample: sample.left_speed_mps == 0)
        here.hands.do("close ab")
        for _ in range(10):
            here.driver.send(COMMAND)
            await asyncio.sleep(0.02)
        here.driver.take()
        assert here.driver.status.state == State.LOCKED
        here.driver.reset()
        await here.until(lambda sample: not sample.hold and not sample.is_emergency)


async def test_a_loop_that_hangs_comes_back_locked_and_as_another_session():
    async with scene() as here:
        await here.walk()
        here.hands.do("hang 600")
        with pytest.raises(LinkError, match="restarted"):
            await here.until(lambda _: False)
        await here.driver.close()
        await here.driver.open()
        sample = await here.until(lambda _: True)
        assert sample.hold == CAUSES[Cause.WATCHDOG]
        assert here.driver.status.state == State.LOCKED


async def test_a_second_connection_ends_what_the_first_was_allowed():
    async with scene() as here:
        await here.walk()
        await here.driver.close()
        await here.driver.open()
        here.driver.send(COMMAND)
        sample = await here.until(lambda sample: sample.left_speed_mps == 0)
        assert not sample.is_armed
        assert here.driver.status.cause in (Cause.GREETED, Cause.EXPIRED)
