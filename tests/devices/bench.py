"""Links under test, seen from both ends."""

import asyncio
from collections.abc import Callable

from rehabsim.base.clock import Clock
from rehabsim.base.errors import LinkError
from rehabsim.devices.link import Link, listen, open_link

LOOPBACK = "tcp://127.0.0.1:0"


class Bench:
    """A listener and the links made through it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.accepted: list[Link] = []
        self.opened: list[Link] = []

    async def listen(self, url: str) -> None:
        self.listener = await listen(url, self.clock, device="keeper", accept=self.accepted.append)
        self.url = self.listener.url

    async def connect(self) -> tuple[Link, Link]:
        """Return a new link's two ends: ours, and the one that the listener got."""
        count = len(self.accepted)
        here = await open_link(self.url, self.clock, device="treadmill")
        self.opened.append(here)
        await until(lambda: len(self.accepted) > count)
        return here, self.accepted[-1]

    async def close(self) -> None:
        await self.listener.close()
        for link in self.accepted + self.opened:
            await link.close()
        await asyncio.sleep(0)


async def until(is_so: Callable[[], object]) -> None:
    """Wait for what a socket needs a moment for."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def taken(link: Link, byte_count: int) -> list[bytes]:
    """Return the pieces that make up the next `byte_count` bytes."""
    pieces: list[bytes] = []

    def is_enough() -> bool:
        pieces.extend(piece for _, piece in link.take())
        return sum(map(len, pieces)) >= byte_count

    await until(is_enough)
    return pieces


async def ended(link: Link) -> str:
    """Return why the link ended, once it has; what is left in it is thrown away."""
    reasons: list[str] = []

    def is_over() -> bool:
        try:
            link.take()
        except LinkError as error:
            reasons.append(str(error))
        return bool(reasons)

    await until(is_over)
    return reasons[0]


def address(scheme: str, tmp_path) -> str:
    return {"memory": "memory:here", "tcp": LOOPBACK, "unix": f"unix:{tmp_path / 's'}"}[scheme]
