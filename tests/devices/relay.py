"""A wire between a driver and the simulated laboratory that a test can spoil."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from rehabsim.base.clock import Clock
from rehabsim.base.errors import LinkError
from rehabsim.devices.driver import load
from rehabsim.devices.laboratory import LABORATORIES, LaboratoryPlan
from rehabsim.devices.link import Link, listen, open_link

BELTS, PLATES, BASE = "memory:belts", "memory:plates", "memory:base"
HARNESS = "memory:harness"
STEP_S = 0.002


class Relay:
    """Passes messages on in both directions.

    Attributes:
        url: Where the driver finds the device.
        told: What the driver has sent.
        drop_every: Lose each so-many-eth message of the device; 0 loses none.
        dropped: How many messages were lost between two that passed.
        is_left_alone: The driver has hung up.
    """

    url = "memory:relay"

    def __init__(self) -> None:
        self.told: list[bytes] = []
        self.drop_every = 0
        self.dropped = 0
        self.is_left_alone = False
        self._count = 0
        self._drops_since_pass = 0
        self._driver_end: Link | None = None
        self._device_end: Link

    def accept(self, link: Link) -> None:
        self._driver_end = link

    def pass_on(self) -> None:
        if self._driver_end is None:
            self._device_end.take()
            return
        try:
            for _, message in self._driver_end.take():
                self.told.append(message)
                self._device_end.write(message)
        except LinkError:
            self.is_left_alone = True
        for _, message in self._device_end.take():
            self._count += 1
            if self.drop_every and self._count % self.drop_every == 0:
                self._drops_since_pass += 1
                continue
            self.dropped += self._drops_since_pass
            self._drops_since_pass = 0
            with contextlib.suppress(LinkError):
                self._driver_end.write(message)

    def say(self, garbage: bytes) -> None:
        """Speak in the device's place."""
        assert self._driver_end is not None
        self._driver_end.write(garbage)

    async def hang_up(self) -> None:
        assert self._driver_end is not None
        await self._driver_end.close()


@contextlib.asynccontextmanager
async def relayed(
    clock: Clock, device_url: str, kind: str = "bertec_treadmill"
) -> AsyncIterator[Relay]:
    """Run the laboratory with a treadmill of `kind` and a relay to its device at `device_url`."""
    plan = LaboratoryPlan(
        treadmill_kind=kind,
        treadmill_url=BELTS,
        plates_url=PLATES,
        harness_url=HARNESS,
        platform_url=BASE,
    )
    laboratory: Any = load(LABORATORIES, "sim")(plan, clock)
    await laboratory.open()
    task = asyncio.create_task(laboratory.run())
    try:
        async with relay_to(clock, device_url) as relay:
            yield relay
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await laboratory.close()


@contextlib.asynccontextmanager
async def relay_to(clock: Clock, device_url: str) -> AsyncIterator[Relay]:
    """Put a relay before the device at `device_url`."""
    relay = Relay()
    relay._device_end = await open_link(device_url, clock, device="relay")
    listener = await listen(relay.url, clock, device="relay", accept=relay.accept)

    async def pass_on_for_ever() -> None:
        while True:
            relay.pass_on()
            await asyncio.sleep(STEP_S)

    task = asyncio.create_task(pass_on_for_ever())
    try:
        yield relay
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await listener.close()
        await relay._device_end.close()
