"""What every kind of link is made of: pieces waiting to be taken, and words for what broke."""

import contextlib
import os
from collections import deque
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ConfigError, LinkError

MAX_MESSAGE_BYTES = 65536
MAX_PENDING = 4096
"""Pieces kept between two takes; older ones are dropped and counted."""

Piece = tuple[int, bytes]
"""Time of arrival in ns, and what arrived."""


class Link(Protocol):
    """A byte pipe; all but `tcp:` links also keep the boundaries of each write."""

    url: str
    dropped_count: int
    """Pieces that came faster than they were taken, and are gone."""

    unsent_count: int
    """Writes that a full pipe could not take, or that are no message: empty or too long."""

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
        """Stop listening; links already made stay open; safe to call twice."""


Accept = Callable[[Link], None]
"""What a listener does with each new link, at once and without waiting."""


class Inbox:
    """What every link has in common: pieces waiting, and whether the end has come."""

    def __init__(self, clock: Clock, url: str, device: str) -> None:
        self.url = url
        self.dropped_count = 0
        self.unsent_count = 0
        self._clock = clock
        self._device = device
        self._pieces: deque[Piece] = deque()
        self._ending: str | None = None

    def take(self) -> list[Piece]:
        """Return what has arrived; see `Link`."""
        if not self._pieces:
            self.require_open()
        pieces = list(self._pieces)
        self._pieces.clear()
        return pieces

    def arrived(self, data: bytes) -> None:
        """Keep a piece, stamped now."""
        if len(self._pieces) >= MAX_PENDING:
            self._pieces.popleft()
            self.dropped_count += 1
        self._pieces.append((self._clock.now_ns(), data))

    def ended(self, why: str) -> None:
        """Let `take` raise once everything is taken; the first reason counts."""
        self._ending = self._ending or why

    def is_message(self, data: bytes) -> bool:
        """Return whether `data` can be one message; count it as unsent if not."""
        is_one = 1 <= len(data) <= MAX_MESSAGE_BYTES
        self.unsent_count += not is_one
        return is_one

    def require_open(self) -> None:
        """Raise LinkError when the end has come."""
        if self._ending is not None:
            raise broken(self._device, self.url, self._ending)


def broken(device: str, url: str, why: str) -> LinkError:
    """Return the error for a link that broke, in one sentence."""
    end = "" if why.endswith("?") else "."
    return LinkError(f"{device} at {url}: {why}{end}", device=device, url=url)


def reason(error: Exception) -> str:
    """Return what the system calls an error."""
    number = getattr(error, "errno", None) or 0
    return os.strerror(number) if number > 0 else str(error) or "no answer"


def host_port(url: str, scheme: str = "tcp") -> tuple[str, int]:
    """Return what SCHEME://HOST:PORT names; raises ConfigError when it is not that."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.hostname and parts.port is not None:
            return parts.hostname, parts.port
    raise ConfigError(f"{url!r}: not a {scheme.upper()} address; write {scheme}://HOST:PORT.")
