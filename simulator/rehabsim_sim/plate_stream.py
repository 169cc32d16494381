"""The plates' electronics: the stream of samples that they send."""

from collections.abc import Sequence

from rehabsim.base.clock import Clock
from rehabsim.base.errors import LinkError
from rehabsim.base.records import WRENCH_COLUMNS, Floats
from rehabsim.devices.link import Link, Listener, listen
from rehabsim.devices.rs_plates import encode_frame
from rehabsim_sim.faults import Faults

DT_US = 1000
CLOCK_ERROR_PPM = 23.0
POWER_UP_US = 1_000_000
LEFT_RAILED, RIGHT_RAILED = 1, 2


class PlateStream:
    """Serves `rs_plates` to whoever connects, and never waits for them.

    Source: firmware_stubs/PROTOCOL.md, 1.
    """

    def __init__(self, clock: Clock, faults: Faults | None = None) -> None:
        self.sequence = 0
        self._clock = clock
        self._faults = faults or Faults((), "plates", WRENCH_COLUMNS, seed=0)
        self._listener: Listener | None = None
        self._links: list[Link] = []

    async def open(self, url: str) -> str:
        """Start listening and return where."""
        self._listener = await listen(url, self._clock, device="plates", accept=self._links.append)
        return self._listener.url

    async def send(self, wrench: Floats, is_railed: Sequence[float] = (0.0, 0.0)) -> None:
        """Send (n, 12) samples, the newest last, to everyone connected."""
        faults = self._faults
        t_ms = self.sequence + len(wrench) - 1
        flags = (is_railed[0] > 0) * LEFT_RAILED + (is_railed[1] > 0) * RIGHT_RAILED
        if faults:
            wrench = faults.values(t_ms, wrench).astype(wrench.dtype)
            flags |= (LEFT_RAILED | RIGHT_RAILED) * faults.is_on("saturate", t_ms)
        if self._links:
            device_t_us = POWER_UP_US + self.sequence * DT_US
            device_t_us += round(device_t_us * CLOCK_ERROR_PPM / 1e6)
            frames = [encode_frame(self.sequence, device_t_us, DT_US, wrench, flags=flags)]
            for frame in faults.frames(t_ms, frames) if faults else frames:
                self._write(frame)
            if faults and faults.is_on("cut", t_ms):
                await self._hang_up()
        self.sequence += len(wrench)

    def _write(self, frame: bytes) -> None:
        for link in tuple(self._links):
            try:
                link.take()
                link.write(frame)
            except LinkError:
                self._links.remove(link)

    async def _hang_up(self) -> None:
        while self._links:
            await self._links.pop().close()

    async def close(self) -> None:
        """Stop listening and hang up."""
        if self._listener is not None:
            await self._listener.close()
        await self._hang_up()
