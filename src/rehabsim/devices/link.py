"""Bytes to and from one device, named by URL.

A link collects what arrives, stamped with its time of arrival, until its owner takes it; so
a driver needs no task of its own and nothing is lost between two ticks.

Schemes: `tcp://HOST:PORT`; `udp://HOST:PORT` (a datagram a write);
`serial:///dev/ttyUSB0?baud=115200`; `unix:PATH` (Linux; keeps message boundaries; between our
processes); `memory:NAME` (the same inside one process, for virtual time).
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Coroutine
from typing import Any
from weakref import WeakKeyDictionary

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ConfigError
from rehabsim.devices.inbox import (
    MAX_MESSAGE_BYTES,
    MAX_PENDING,
    Accept,
    Inbox,
    Link,
    Listener,
    broken,
    host_port,
    reason,
)
from rehabsim.devices.serial_line import SerialLink
from rehabsim.devices.udp_link import listen_udp, open_udp

__all__ = ["MAX_MESSAGE_BYTES", "MAX_PENDING", "Accept", "Link", "Listener", "listen", "open_link"]

CONNECT_S = 3.0
MAX_UNSENT_BYTES = 65536
MAX_UNHEARD_MS = 500


class _TcpLink(Inbox, asyncio.Protocol):
    _transport: asyncio.Transport

    def __init__(self, clock: Clock, url: str, device: str, accept: Accept | None = None) -> None:
        super().__init__(clock, url, device)
        self._accept = accept

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._accept is not None:
            self._accept(self)
        elif hasattr(socket, "TCP_USER_TIMEOUT"):
            # Else a cable that is plugged in again would deliver the commands of long ago.
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, MAX_UNHEARD_MS)

    def data_received(self, data: bytes) -> None:
        self.arrived(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended(f"the connection broke ({reason(exc)})" if exc else "the other end hung up")

    def write(self, data: bytes) -> None:
        self.require_open()
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.unsent_count += 1
            return
        self._transport.write(data)

    async def close(self) -> None:
        self.ended("closed here")
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()
        await asyncio.sleep(0)


class _TcpListener:
    def __init__(self, server: asyncio.Server, url: str) -> None:
        self._server = server
        self.url = url

    async def close(self) -> None:
        self._server.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), 0.1)


async def _open_tcp(url: str, clock: Clock, device: str) -> Link:
    host, port = host_port(url)
    loop = asyncio.get_running_loop()
    try:
        _, link = await asyncio.wait_for(
            loop.create_connection(lambda: _TcpLink(clock, url, device), host, port), CONNECT_S
        )
    except (OSError, UnicodeError) as error:
        why = f"cannot connect ({reason(error)}); is it on, its remote control enabled?"
        raise broken(device, url, why) from error
    return link


async def _listen_tcp(url: str, clock: Clock, device: str, accept: Accept) -> Listener:
    host, port = host_port(url)
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(lambda: _TcpLink(clock, url, device, accept), host, port)
    except (OSError, UnicodeError) as error:
        why = f"cannot listen ({reason(error)}); end what runs there or take another port"
        raise broken(device, url, why) from error
    port = server.sockets[0].getsockname()[1]
    return _TcpListener(server, f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}")


MAX_BURST = 256
"""Messages read at one go, so that a flood from one client leaves time for everything else."""


class _UnixLink(Inbox):
    def __init__(self, clock: Clock, url: str, device: str, sock: socket.socket) -> None:
        super().__init__(clock, url, device)
        self._sock = sock
        sock.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._readable)

    def _readable(self) -> None:
        for _ in range(MAX_BURST):
            if not self._read():
                return

    def _read(self) -> bool:
        """Take in one message; return whether there may be another."""
        try:
            message = self._sock.recv(MAX_MESSAGE_BYTES)
        except BlockingIOError:
            return False
        except ConnectionResetError:
            return True  # It went with our messages unread; what it sent is still there.
        except OSError as error:
            self._end(f"the connection broke ({reason(error)})")
            return False
        if message:
            self.arrived(message)
        else:
            self._end("the other end hung up")
        return bool(message)

    def write(self, data: bytes) -> None:
        self.require_open()
        if not self.is_message(data):
            return
        try:
            self._sock.send(data)
        except BlockingIOError:
            self.unsent_count += 1
        except OSError as error:
            while self._read():
                pass
            self._end(f"the connection broke ({reason(error)})")

    def _end(self, why: str) -> None:
        self.ended(why)
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    async def close(self) -> None:
        self._end("closed here")


class _UnixListener:
    def __init__(self, url: str, sock: socket.socket, on_ready: Callable[[], None]) -> None:
        self.url = url
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), on_ready)

    async def close(self) -> None:
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()
            with contextlib.suppress(OSError):
                os.unlink(_unix_path(self.url))  # noqa: PTH108


async def _open_unix(url: str, clock: Clock, device: str) -> Link:
    path = _unix_path(url)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        sock.connect(path)
    except OSError as error:
        sock.close()
        raise broken(device, url, f"cannot connect ({reason(error)})") from error
    return _UnixLink(clock, url, device, sock)


async def _listen_unix(url: str, clock: Clock, device: str, accept: Accept) -> Listener:
    path = _unix_path(url)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        sock.bind(path)
        os.chmod(path, 0o600)  # noqa: PTH101  (a socket, opened by nobody else yet)
        sock.listen(16)
    except OSError as error:
        sock.close()
        raise broken(device, url, f"cannot listen ({reason(error)})") from error
    sock.setblocking(False)

    def on_ready() -> None:
        with contextlib.suppress(BlockingIOError):
            peer, _ = sock.accept()
            accept(_UnixLink(clock, url, device, peer))

    return _UnixListener(url, sock, on_ready)


def _unix_path(url: str) -> str:
    path = url.removeprefix("unix:")
    if not path or "\0" in path:
        raise ConfigError(f"{url!r}: not a socket's address; write unix:PATH.")
    return path


class _MemoryLink(Inbox):
    peer: "_MemoryLink"

    def write(self, data: bytes) -> None:
        self.require_open()
        if self.is_message(data):
            self.peer.arrived(data)

    async def close(self) -> None:
        self.ended("closed here")
        self.peer.ended("the other end hung up")


class _MemoryListener:
    def __init__(self, url: str, accept: Accept) -> None:
        self.url = url
        self.accept = accept

    async def close(self) -> None:
        if _listeners().get(self.url) is self:
            del _listeners()[self.url]


_LISTENERS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, _MemoryListener]]
_LISTENERS = WeakKeyDictionary()


def _listeners() -> dict[str, _MemoryListener]:
    """Return the places to connect to in the running loop."""
    return _LISTENERS.setdefault(asyncio.get_running_loop(), {})


async def _open_memory(url: str, clock: Clock, device: str) -> Link:
    listener = _listeners().get(url)
    if listener is None:
        raise broken(device, url, "nobody listens there")
    here, there = _MemoryLink(clock, url, device), _MemoryLink(clock, url, device)
    here.peer, there.peer = there, here
    listener.accept(there)
    return here


async def _listen_memory(url: str, clock: Clock, device: str, accept: Accept) -> Listener:
    if url in _listeners():
        raise broken(device, url, "cannot listen (in use)")
    listener = _listeners()[url] = _MemoryListener(url, accept)
    return listener


async def _open_serial(url: str, clock: Clock, device: str) -> Link:
    return SerialLink(clock, url, device)


async def _listen_serial(url: str, clock: Clock, device: str, accept: Accept) -> Listener:
    raise ConfigError(f"{device} at {url!r}: a serial line has nobody to wait for.")


_Opener = Callable[[str, Clock, str], Coroutine[Any, Any, Link]]
_Waiter = Callable[[str, Clock, str, Accept], Coroutine[Any, Any, Listener]]
_SCHEMES: dict[str, tuple[_Opener, _Waiter]] = {
    "memory": (_open_memory, _listen_memory),
    "serial": (_open_serial, _listen_serial),
    "tcp": (_open_tcp, _listen_tcp),
    "udp": (open_udp, listen_udp),
    "unix": (_open_unix, _listen_unix),
}


async def open_link(url: str, clock: Clock, *, device: str) -> Link:
    """Open the link that `url` names; `clock` stamps what arrives, `device` is for messages.

    Raises:
        ConfigError: The scheme is unknown or the address malformed.
        LinkError: Nobody answers.
    """
    return await _scheme(url, device)[0](url, clock, device)


async def listen(url: str, clock: Clock, *, device: str, accept: Accept) -> Listener:
    """Wait for others to open links at `url`; port 0 takes a free one, see `.url`.

    Raises:
        ConfigError: The scheme is unknown or the address malformed.
        LinkError: The place is taken.
    """
    return await _scheme(url, device)[1](url, clock, device, accept)


def _scheme(url: str, device: str) -> tuple[_Opener, _Waiter]:
    found = _SCHEMES.get(url.partition(":")[0])
    if found is None:
        raise ConfigError(f"{device} at {url!r}: unknown scheme. Known: {', '.join(_SCHEMES)}.")
    return found
