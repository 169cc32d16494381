"""Links over UDP: a datagram a write, which may be lost, and nobody hangs up.

Behind a listener there is one link for each address that spoke; its owner answers where the last
datagram came from.
"""

import asyncio
import errno
from typing import Any

from rehabsim.base.clock import Clock
from rehabsim.devices.inbox import Accept, Inbox, Link, Listener, broken, host_port, reason

MAX_DATAGRAM_BYTES = 65507
MAX_UNSENT_BYTES = 65536
MAX_PEERS = 16
"""Addresses that a listener answers at once; a further one ends the link that is silent longest."""


class _UdpLink(Inbox, asyncio.DatagramProtocol):
    """Our end of a conversation with one address."""

    _transport: asyncio.DatagramTransport

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.arrived(data)

    def error_received(self, exc: Exception) -> None:
        """Take the network's word that a datagram did not get there."""
        if getattr(exc, "errno", 0) == errno.EMSGSIZE:
            self.unsent_count += 1
            return
        self.ended(f"nobody is there ({reason(exc)}); is it on, and connected?")
        self._transport.close()

    def write(self, data: bytes) -> None:
        self.require_open()
        _write(self, self._transport, data, None)

    async def close(self) -> None:
        self.ended("closed here")
        self._transport.close()
        await asyncio.sleep(0)


class _UdpPeer(Inbox):
    """A listener's end of the conversation with one address."""

    def __init__(self, listener: "_UdpListener", address: Any) -> None:
        super().__init__(listener.clock, listener.url, listener.device)
        self._listener = listener
        self._address = address

    def write(self, data: bytes) -> None:
        self.require_open()
        _write(self, self._listener.transport, data, self._address)

    async def close(self) -> None:
        self.ended("closed here")
        self._listener.forget(self._address)
        await asyncio.sleep(0)


class _UdpListener(asyncio.DatagramProtocol):
    transport: asyncio.DatagramTransport

    def __init__(self, clock: Clock, url: str, device: str, accept: Accept) -> None:
        self.clock = clock
        self.url = url
        self.device = device
        self._accept = accept
        self._peers: dict[Any, _UdpPeer] = {}
        self._is_closed = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        peer = self._peers.pop(addr, None)
        if peer is None:
            if self._is_closed:
                return
            peer = _UdpPeer(self, addr)
            if len(self._peers) >= MAX_PEERS:
                self._peers.pop(next(iter(self._peers))).ended("others spoke since")
            self._accept(peer)
        self._peers[addr] = peer
        peer.arrived(data)

    def forget(self, address: Any) -> None:
        self._peers.pop(address, None)
        if self._is_closed and not self._peers:
            self.transport.close()

    async def close(self) -> None:
        self._is_closed = True
        self.forget(None)
        await asyncio.sleep(0)


def _write(inbox: Inbox, transport: Any, data: bytes, address: Any) -> None:
    is_full = transport.get_write_buffer_size() > MAX_UNSENT_BYTES
    if is_full or not 1 <= len(data) <= MAX_DATAGRAM_BYTES:
        inbox.unsent_count += 1
        return
    transport.sendto(data, address)


async def open_udp(url: str, clock: Clock, device: str) -> Link:
    """Open a link to udp://HOST:PORT; whether somebody is there, only an answer tells."""
    host, port = host_port(url, "udp")
    loop = asyncio.get_running_loop()
    try:
        _, link = await loop.create_datagram_endpoint(
            lambda: _UdpLink(clock, url, device), remote_addr=(host, port)
        )
    except (OSError, UnicodeError) as error:
        raise broken(device, url, f"cannot connect ({reason(error)})") from error
    return link


async def listen_udp(url: str, clock: Clock, device: str, accept: Accept) -> Listener:
    """Wait for datagrams at udp://HOST:PORT; the first of an address makes a link."""
    host, port = host_port(url, "udp")
    loop = asyncio.get_running_loop()
    try:
        transport, listener = await loop.create_datagram_endpoint(
            lambda: _UdpListener(clock, url, device, accept), local_addr=(host, port)
        )
    except (OSError, UnicodeError) as error:
        why = f"cannot listen ({reason(error)}); end what runs there or take another port"
        raise broken(device, url, why) from error
    port = transport.get_extra_info("sockname")[1]
    listener.url = f"udp://[{host}]:{port}" if ":" in host else f"udp://{host}:{port}"
    return listener
