"""The plates' electronics: the stream of samples that they send."""

from rehabsim.base.clock import Clock
from rehabsim.base.errors import LinkError
from rehabsim.base.records import Floats
from rehabsim.devices.link import Link, Listener, listen
from rehabsim.devices.rs_plates import encode_frame

DT_US = 1000
CLOCK_ERROR_PPM = 23.0
POWER_UP_US = 1_000_000


class PlateStream:
    """Serves `rs_plates` to whoever connects, and never waits for them.

    Source: firmware_stubs/PROTOCOL.md, 1.
    """

    def __init__(self, clock: Clock) -> None:
        self.sequence = 0
        self._clock = clock
        self._listener: Listener | None = None
        self._links: list[Link] = []

    async def open(self, url: str) -> str:
        """Start listening and return where."""
        self._listener = await listen(url, self._clock, device="plates", accept=self._links.append)
        return self._listener.url

    def send(self, wrench: Floats) -> None:
        """Send (n, 12) samples, the newest last, to everyone connected."""
        if self._links:
            device_t_us = POWER_UP_US + self.sequence * DT_US
            device_t_us += round(device_t_us * CLOCK_ERROR_PPM / 1e6)
            frame = encode_frame(self.sequence, device_t_us, DT_US, wrench)
            for link in tuple(self._links):
                try:
                    link.take()
                    link.write(frame)
                except LinkError:
                    self._links.remove(link)
        self.sequence += len(wrench)

    async def close(self) -> None:
        """Stop listening and hang up."""
        if self._listener is not None:
            await self._listener.close()
        for link in self._links:
            await link.close()
