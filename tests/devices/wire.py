"""The other end of a driver's link, inside one process and in virtual time."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from typing import Any

from rehabsim.base.clock import Clock
from rehabsim.devices.link import Link, listen


@contextlib.asynccontextmanager
async def wired(driver: Any, clock: Clock) -> AsyncIterator[Link]:
    """Open `driver` at its `memory:` address and yield the device's end of the link."""
    links: list[Link] = []
    listener = await listen(driver.config.url, clock, device="test", accept=links.append)
    await driver.open()
    try:
        yield links[0]
    finally:
        await driver.close()
        await listener.close()


def cut(whole: bytes, places: list[int]) -> list[bytes]:
    """Return `whole` cut at `places`, without empty pieces."""
    edges = [0, *sorted({place % (len(whole) + 1) for place in places}), len(whole)]
    return [whole[a:b] for a, b in itertools.pairwise(edges) if a < b]


def is_for_a_person(message: str) -> bool:
    """Return whether an error says, in one line of words, what and where."""
    return (
        "\n" not in message
        and "[Errno" not in message
        and "None" not in message
        and "()" not in message
        and message[-1] in ".?"
    )
