"""What every simulated treadmill's panel has in common: one client, and faults on its values."""

from typing import Protocol

import numpy as np

from rehabsim.base.clock import Clock
from rehabsim.base.errors import LinkError
from rehabsim.devices.link import Link, Listener, listen
from rehabsim_sim.belts import Reins
from rehabsim_sim.faults import Faults
from rehabsim_sim.person import Array

REPORT_CHANNELS = ("left_speed_mps", "right_speed_mps", "incline_rad")
COMMAND_CHANNELS = ("left_mps", "right_mps", "left_mps2", "right_mps2", "incline_rad")
"""What faults of the `treadmill` and of the `belts` can bend."""


class Panel(Protocol):
    """Stands between a client and the belts."""

    @property
    def has_client(self) -> bool:
        """Somebody is connected."""

    async def open(self, url: str) -> str:
        """Start listening and return where."""

    async def serve(self, belts: Reins, time_ms: int) -> None:
        """Hand the newest set point on, and report when it is time to."""

    async def close(self) -> None:
        """Stop listening and hang up."""


class OneClient:
    """Listens, and talks to one client at a time; a second is hung up on.

    Attributes:
        buffer: What the client has said and nobody has used.
        refused_count: Clients hung up on.
    """

    def __init__(self, clock: Clock) -> None:
        self.buffer = b""
        self.refused_count = 0
        self._clock = clock
        self._listener: Listener | None = None
        self._client: Link | None = None
        self._refused: list[Link] = []

    async def open(self, url: str) -> str:
        """Start listening and return where."""
        self._listener = await listen(url, self._clock, device="treadmill", accept=self._accept)
        return self._listener.url

    @property
    def has_client(self) -> bool:
        """Somebody is connected."""
        return self._client is not None

    def _accept(self, link: Link) -> None:
        self._receive()
        if self._client is None:
            self._client = link
            self.buffer = b""
        else:
            self.refused_count += 1
            self._refused.append(link)

    def _receive(self) -> None:
        if self._client is not None:
            try:
                self.buffer += b"".join(piece for _, piece in self._client.take())
            except LinkError:
                self._client = None

    async def hear(self) -> None:
        """Fill the buffer, and hang up on everyone but the client."""
        while self._refused:
            await self._refused.pop().close()
        self._receive()

    def say(self, message: bytes) -> None:
        """Send, if somebody listens."""
        if self._client is not None:
            try:
                self._client.write(message)
            except LinkError:
                self._client = None

    async def hang_up(self) -> None:
        """End the connection, if there is one."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def close(self) -> None:
        """Stop listening and hang up."""
        if self._listener is not None:
            await self._listener.close()
        for link in (*self._refused, self._client):
            if link is not None:
                await link.close()


class OneClientPanel:
    """What serves one client at a time, with faults on both ways.

    Args:
        clock: Of the links.
        reports: Faults of what it measures and says.
        commands: Faults of what it is told.

    Attributes:
        bad_count: What the client said that was damaged on the way.
    """

    def __init__(self, clock: Clock, reports: Faults, commands: Faults) -> None:
        self.bad_count = 0
        self._reports, self._commands = reports, commands
        self._line = OneClient(clock)

    @property
    def has_client(self) -> bool:
        """Somebody is connected."""
        return self._line.has_client

    @property
    def refused_count(self) -> int:
        """Clients hung up on."""
        return self._line.refused_count

    async def open(self, url: str) -> str:
        """Start listening and return where."""
        return await self._line.open(url)

    async def close(self) -> None:
        """Stop listening and hang up."""
        await self._line.close()


def bent(faults: Faults, time_ms: int, values: tuple[float, ...]) -> tuple[float, ...]:
    """Return values as faults leave them."""
    if not faults:
        return values
    block: Array = np.array([values])
    return tuple(faults.values(time_ms, block)[0].tolist())
