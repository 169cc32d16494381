"""What every link has in common: pieces waiting, and the words for its end."""

import os
from collections import deque

from rehabsim.base.clock import Clock
from rehabsim.base.errors import LinkError

MAX_MESSAGE_BYTES = 65536
MAX_PENDING = 4096
"""Pieces kept between two takes; older ones are dropped and counted."""

Piece = tuple[int, bytes]
"""Time of arrival in ns, and what arrived."""


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
        """Return what has arrived; see `Link.take`."""
        if not self._pieces:
            self._require_open()
        pieces = list(self._pieces)
        self._pieces.clear()
        return pieces

    def _arrived(self, data: bytes) -> None:
        if len(self._pieces) >= MAX_PENDING:
            self._pieces.popleft()
            self.dropped_count += 1
        self._pieces.append((self._clock.now_ns(), data))

    def _ended(self, why: str) -> None:
        self._ending = self._ending or why

    def _is_message(self, data: bytes) -> bool:
        is_one = 1 <= len(data) <= MAX_MESSAGE_BYTES
        self.unsent_count += not is_one
        return is_one

    def _require_open(self) -> None:
        if self._ending is not None:
            raise broken(self._device, self.url, self._ending)


def broken(device: str, url: str, why: str) -> LinkError:
    """Return the error of a link that is not, or no longer."""
    end = "" if why.endswith("?") else "."
    return LinkError(f"{device} at {url}: {why}{end}", device=device, url=url)


def reason(error: Exception) -> str:
    """Return in words what the system has against it."""
    number = getattr(error, "errno", None) or 0
    return os.strerror(number) if number > 0 else str(error) or "no answer"
