"""A flood on a gateway, as a process: `python flood.py HOST PORT SECONDS`; prints what it did."""

import asyncio
import contextlib
import json
import sys
import time

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

CONNECTIONS, LORISES = 1000, 300
MESSAGES_PER_S = 10_000


async def crowd(address: str, until_s: float, done: dict[str, int]) -> None:
    """Open WebSockets, 1,000 and more, and hold on to each for as long as it is let."""

    async def one(number: int) -> None:
        with contextlib.suppress(OSError, WebSocketException, TimeoutError):
            url = f"ws://{address}/ws?key=crowd-{number}"
            async with connect(url, origin=Origin(f"http://{address}"), open_timeout=5) as page:
                done["connections"] += 1
                async with asyncio.timeout(max(until_s - time.monotonic(), 0.01)):
                    async for _ in page:
                        pass

    waiting = asyncio.Semaphore(100)

    async def queued(number: int) -> None:
        async with waiting:
            if time.monotonic() < until_s:
                await one(number)

    async with asyncio.TaskGroup() as tasks:
        for number in range(CONNECTIONS):
            tasks.create_task(queued(number))


async def loris(host: str, port: int, until_s: float, done: dict[str, int]) -> None:
    """Begin requests and never end them."""
    open_ones: list[asyncio.StreamWriter] = []
    while time.monotonic() < until_s:
        if len(open_ones) < LORISES:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(host, port)
                open_ones.append(writer)
                done["lorises"] += 1
        for writer in open_ones[-20:]:
            with contextlib.suppress(OSError):
                writer.write(b"GET / HTTP/1.1\r\nX: ")
        await asyncio.sleep(0.005)
    for writer in open_ones:
        writer.transport.abort()


async def chatter(address: str, until_s: float, done: dict[str, int]) -> None:
    """Say as much as fits through one page."""
    text = json.dumps({"id": "x", "name": "marker", "text": "flood", "boot_id": "x", "t_s": 0})
    while time.monotonic() < until_s:
        with contextlib.suppress(OSError, WebSocketException, TimeoutError):
            url = f"ws://{address}/ws?key=chatter"
            async with connect(url, origin=Origin(f"http://{address}"), max_queue=None) as page:
                while time.monotonic() < until_s:
                    for _ in range(MESSAGES_PER_S // 100):
                        await page.send(text)
                        done["messages"] += 1
                    await asyncio.sleep(0.01)


async def main(host: str, port: int, for_s: float) -> None:
    until_s = time.monotonic() + for_s
    done = {"connections": 0, "lorises": 0, "messages": 0}
    address = f"{host}:{port}"
    await asyncio.gather(
        chatter(address, until_s, done),
        crowd(address, until_s, done),
        loris(host, port, until_s, done),
    )
    print(json.dumps(done))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
