"""Bytes to and from one device, named by URL.

A link collects what arrives, stamped with its time of arrival, until its owner takes it; so
a driver needs no task of its own and nothing is lost between two ticks.

Schemes: `tcp://HOST:PORT`; `unix:PATH` (keeps message boundaries; between our processes);
`memory:NAME` (the same inside one process, for virtual time).
"""

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Protocol
from urllib.parse import urlsplit

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ConfigError, LinkError

MAX_PENDING = 4096
"""Pieces kept between two takes; older ones are dropped and counted."""

Piece = tuple[int, bytes]
"""Time of arrival in ns, and what arrived."""


class Link(Protocol):
    """A byte pipe; `unix:` and `memory:` links also keep the boundaries of each write."""

    url: str
    dropped_count: int

    def take(self) -> list[Piece]:
        """Return what has arrived since the last call, oldest first.

        Raises:
            LinkError: The other end has gone and everything it sent has been taken.
        """

    def write(self, data: bytes) -> None:
        """Send `data` without waiting; what a full pipe cannot take is dropped and counted.

        Raises:
            LinkError: The link is closed.
        """

    async def close(self) -> None:
        """Close; safe to call twice, and never raises."""


class Listener(Protocol):
    """A place where others open links."""

    url: str

    async def close(self) -> None:
        """Stop listening; links already made stay open."""


class _Inbox:
    """What every link has in common: pieces waiting, and whether the end has come."""

    def __init__(self, clock: Clock, url: str, device: str) -> None:
        self.url = url
        self.dropped_count = 0
        self._clock = clock
        self._device = device
        self._pieces: deque[Piece] = deque()
        self._ending: str | None = None

    def take(self) -> list[Piece]:
        if not self._pieces and self._ending is not None:
            raise self._error(self._ending)
        pieces = list(self._pieces)
        self._pieces.clear()
        return pieces

    def _arrived(self, data: bytes) -> None:
        if len(self._pieces) >= MAX_PENDING:
            self._pieces.popleft()
            self.dropped_count += 1
        self._pieces.append((self._clock.now_ns(), data))

    def _ended(self, why: str) -> None:
        if self._ending is None:
            self._ending = why

    def _require_open(self) -> None:
        if self._ending is not None:
            raise self._error(self._ending)

    def _error(self, why: str) -> LinkError:
        return LinkError(f"{self._device} at {self.url}: {why}", device=self._device, url=self.url)


# -- tcp -----------------------------------------------------------------------------------

MAX_UNSENT_BYTES = 65536


class _TcpLink(_Inbox, asyncio.Protocol):
    _transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._arrived(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended(f"the connection broke ({exc})" if exc else "the other end hung up")

    def write(self, data: bytes) -> None:
        self._require_open()
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.dropped_count += 1
            return
        self._transport.write(data)

    async def close(self) -> None:
        self._ended("closed here")
        self._transport.abort() if self._transport.get_write_buffer_size() else (
            self._transport.close()
        )
        await asyncio.sleep(0)


class _TcpServerLink(_TcpLink):
    def __init__(self, clock: Clock, url: str, device: str, accept: "Accept") -> None:
        super().__init__(clock, url, device)
        self._accept = accept

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._accept(self)


class _TcpListener:
    def __init__(self, server: asyncio.Server, url: str) -> None:
        self._server = server
        self.url = url

    async def close(self) -> None:
        self._server.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), 0.1)


async def _open_tcp(url: str, clock: Clock, device: str) -> Link:
    host, port = _host_port(url)
    loop = asyncio.get_running_loop()
    try:
        _, link = await asyncio.wait_for(
            loop.create_connection(lambda: _TcpLink(clock, url, device), host, port), 3.0
        )
    except (OSError, TimeoutError) as error:
        reason = "no answer within 3 s" if isinstance(error, TimeoutError) else str(error)
        raise LinkError(
            f"{device} at {url}: cannot connect ({reason}). Is it switched on, and remote"
            " control enabled?",
            device=device,
            url=url,
        ) from error
    return link


async def _listen_tcp(url: str, clock: Clock, device: str, accept: "Accept") -> Listener:
    host, port = _host_port(url)
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(
            lambda: _TcpServerLink(clock, url, device, accept), host, port
        )
    except OSError as error:
        raise LinkError(
            f"{device} at {url}: cannot listen ({error.strerror or error}). Is another session"
            " running? Choose another port.",
            device=device,
            url=url,
        ) from error
    port = server.sockets[0].getsockname()[1]
    return _TcpListener(server, f"tcp://{host}:{port}")


def _host_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port is None:
        raise ConfigError(f"{url}: not a TCP address; write tcp://HOST:PORT.")
    return host, port


# -- unix sockets that keep message boundaries (Linux) -------------------------------------

MAX_MESSAGE_BYTES = 65536


class _UnixLink(_Inbox):
    def __init__(self, clock: Clock, url: str, device: str, sock: socket.socket) -> None:
        super().__init__(clock, url, device)
        self._sock = sock
        sock.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock.fileno(), self._readable)

    def _readable(self) -> None:
        while True:
            try:
                data = self._sock.recv(MAX_MESSAGE_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                self._end(f"the connection broke ({error})")
                return
            if not data:
                self._end("the other end hung up")
                return
            self._arrived(data)

    def write(self, data: bytes) -> None:
        self._require_open()
        try:
            self._sock.send(data)
        except BlockingIOError:
            self.dropped_count += 1
        except OSError as error:
            self._end(f"the connection broke ({error})")

    def _end(self, why: str) -> None:
        self._ended(why)
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
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        sock.connect(_unix_path(url))
    except OSError as error:
        sock.close()
        raise LinkError(
            f"{device} at {url}: cannot connect ({error.strerror}).", device=device, url=url
        ) from error
    return _UnixLink(clock, url, device, sock)


async def _listen_unix(url: str, clock: Clock, device: str, accept: "Accept") -> Listener:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        sock.bind(_unix_path(url))
        os.chmod(_unix_path(url), 0o600)  # noqa: PTH101  (a socket, opened by nobody else yet)
        sock.listen(16)
    except OSError as error:
        sock.close()
        raise LinkError(
            f"{device} at {url}: cannot listen ({error.strerror}).", device=device, url=url
        ) from error
    sock.setblocking(False)

    def on_ready() -> None:
        with contextlib.suppress(BlockingIOError):
            peer, _ = sock.accept()
            accept(_UnixLink(clock, url, device, peer))

    return _UnixListener(url, sock, on_ready)


def _unix_path(url: str) -> str:
    return url.removeprefix("unix:")


# -- inside one process --------------------------------------------------------------------


class _MemoryLink(_Inbox):
    peer: "_MemoryLink"

    def write(self, data: bytes) -> None:
        self._require_open()
        self.peer._arrived(data)  # noqa: SLF001

    async def close(self) -> None:
        self._ended("closed here")
        self.peer._ended("the other end hung up")  # noqa: SLF001


class _MemoryListener:
    def __init__(self, url: str, accept: "Accept") -> None:
        self.url = url
        self.accept = accept

    async def close(self) -> None:
        _listeners().pop(self.url, None)


def _listeners() -> dict[str, _MemoryListener]:
    """Return the places to connect to in the running loop."""
    loop = asyncio.get_running_loop()
    found: dict[str, _MemoryListener] | None = getattr(loop, "_rehabsim_listeners", None)
    if found is None:
        found = {}
        loop._rehabsim_listeners = found  # type: ignore[attr-defined]  # noqa: SLF001
    return found


async def _open_memory(url: str, clock: Clock, device: str) -> Link:
    listener = _listeners().get(url)
    if listener is None:
        raise LinkError(f"{device} at {url}: nobody listens there.", device=device, url=url)
    here, there = _MemoryLink(clock, url, device), _MemoryLink(clock, url, device)
    here.peer, there.peer = there, here
    listener.accept(there)
    return here


async def _listen_memory(url: str, clock: Clock, device: str, accept: "Accept") -> Listener:
    if url in _listeners():
        raise LinkError(f"{device} at {url}: cannot listen (in use).", device=device, url=url)
    listener = _listeners()[url] = _MemoryListener(url, accept)
    return listener


# -- by scheme -----------------------------------------------------------------------------

Accept = Callable[[Link], None]
"""What a listener does with each new link, at once and without waiting."""

_OPENERS: dict[str, Callable[[str, Clock, str], Coroutine[Any, Any, Link]]] = {
    "tcp": _open_tcp,
    "unix": _open_unix,
    "memory": _open_memory,
}
_LISTENERS: dict[str, Callable[[str, Clock, str, Accept], Coroutine[Any, Any, Listener]]] = {
    "tcp": _listen_tcp,
    "unix": _listen_unix,
    "memory": _listen_memory,
}


async def open_link(url: str, clock: Clock, *, device: str) -> Link:
    """Open the link that `url` names.

    Args:
        url: Where; its scheme chooses how.
        clock: Stamps what arrives.
        device: What is there, for messages: `treadmill`, `plates`, `keeper`.

    Raises:
        ConfigError: The scheme is unknown or the address malformed.
        LinkError: Nobody answers.
    """
    opener = _OPENERS.get(url.partition(":")[0])
    if opener is None:
        raise _unknown_scheme(url, device)
    return await opener(url, clock, device)


async def listen(url: str, clock: Clock, *, device: str, accept: Accept) -> Listener:
    """Wait for others to open links at `url`; port 0 takes a free one, see `.url`.

    Raises:
        ConfigError: The scheme is unknown or the address malformed.
        LinkError: The place is taken.
    """
    listener = _LISTENERS.get(url.partition(":")[0])
    if listener is None:
        raise _unknown_scheme(url, device)
    return await listener(url, clock, device, accept)


def _unknown_scheme(url: str, device: str) -> ConfigError:
    return ConfigError(
        f"{device} at {url!r}: unknown scheme. Known: {', '.join(sorted(_OPENERS))}."
    )
