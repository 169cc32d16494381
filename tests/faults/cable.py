"""A cable between a client and a device that can be spoilt: a process that passes bytes on.

    python cable.py URL HOW

Says `{"ready": "URL"}`, where the client finds the device then. What `HOW` names happens when the
process is sent SIGUSR1: `cut` ends all connections, for good; `hang_up` ends them, but new ones are
passed on; `mute` keeps them and passes nothing on.
"""

import asyncio
import contextlib
import os
import pty
import signal
import sys
import tty
from typing import Protocol
from urllib.parse import urlsplit

from rehabsim.base.realtime import be_realtime

PRIORITY = 60
"""No cable is ever too busy: above every process that it connects."""

PIECE_BYTES = 4096


class Cable(Protocol):
    url: str

    async def open(self, device_url: str) -> None: ...

    def spoil(self, how: str) -> None: ...


class TcpCable:
    """Passes on any number of connections."""

    def __init__(self) -> None:
        self._writers: list[asyncio.StreamWriter] = []
        self._is_mute = False

    async def open(self, device_url: str) -> None:
        parts = urlsplit(device_url)
        self._device = (parts.hostname, parts.port)
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.url = f"tcp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._device)
        self._writers += [writer, far_writer]
        await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(PIECE_BYTES):
                if not self._is_mute:
                    writer.write(piece)
        writer.close()

    def spoil(self, how: str) -> None:
        if how == "mute":
            self._is_mute = True
            return
        if how == "cut":
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


class SerialCable:
    """Passes on one serial line: a pseudo-terminal for the client."""

    async def open(self, device_url: str) -> None:
        self._device = os.open(urlsplit(device_url).path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.url = f"serial://{os.ttyname(self._slave)}"
        loop = asyncio.get_running_loop()
        loop.add_reader(self._device, self._pass, self._device, self._master)
        loop.add_reader(self._master, self._pass, self._master, self._device)

    def _pass(self, source: int, target: int) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(target, os.read(source, PIECE_BYTES))

    def spoil(self, how: str) -> None:
        assert how == "cut"
        loop = asyncio.get_running_loop()
        for descriptor in (self._device, self._master):
            loop.remove_reader(descriptor)
        for descriptor in (self._slave, self._master, self._device):
            os.close(descriptor)


async def lie(device_url: str, how: str) -> None:
    cable: Cable = SerialCable() if device_url.startswith("serial:") else TcpCable()
    await cable.open(device_url)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, cable.spoil, how)
    be_realtime(PRIORITY)
    print(f'{{"ready": "{cable.url}"}}', flush=True)
    ending = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    await ending.wait()


if __name__ == "__main__":
    asyncio.run(lie(*sys.argv[1:]))
