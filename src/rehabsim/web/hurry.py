"""Connections that must make haste: a client that never ends its request keeps no place."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

LIFE_S = 15.0
"""A connection without a WebSocket is closed after so long; a browser simply opens another."""

MAX_CONNECTIONS = 256
"""Of these at once; when one more comes, the oldest is closed."""


class HurriedHttp(H11Protocol):
    """HTTP as uvicorn speaks it, on connections that end."""

    _open: dict["HurriedHttp", None] = {}  # noqa: RUF012  (shared on purpose, oldest first)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Start the time, and make room."""
        super().connection_made(transport)
        self._end = self.loop.call_later(LIFE_S, self.leave)
        self._open[self] = None
        if len(self._open) > MAX_CONNECTIONS:
            next(iter(self._open)).leave()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._forget()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Let it live: whoever upgrades is counted as a visitor from here on."""
        self._forget()
        super().handle_websocket_upgrade(event)

    def leave(self) -> None:
        """Hang up at once, whatever is still to come."""
        self._forget()
        self.transport.abort()

    def _forget(self) -> None:
        self._open.pop(self, None)
        if self._end is not None:
            self._end.cancel()
            self._end = None
