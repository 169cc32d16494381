"""What the person sees: the session's published states, as any display receives them.

Nothing else of the session is known here, and nothing is told to it.
"""

from pathlib import Path
from typing import Any

import zmq

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ConfigError, DeviceError
from rehabsim.devices.link import Link, Listener, listen
from rehabsim.session.keys import load_client_key
from rehabsim.web.subscription import drain, subscribe
from rehabsim_sim.play.picture import Picture, read_picture

LOOK_MS = 32
"""Between two looks; about thirty a second."""

MAX_BACKLOG = 8
OTHERS = (b"event ", b"gait ", b"session ")
"""Topics that are of no interest here."""


class Eyes:
    """Look at what a session publishes at `url`, always at the newest.

    Args:
        url: `memory:NAME`, where the session will come to, or where it publishes for displays.
        key: File with a client's key, where the session lets known ones in only; or empty.

    Attributes:
        unreadable_count: Frames that were no picture; they were ignored.
    """

    def __init__(self, url: str, clock: Clock, key: str = "") -> None:
        self.unreadable_count = 0
        self._url = url
        self._clock = clock
        self._key = key
        self._context: zmq.Context[Any] | None = None
        self._socket: zmq.Socket[bytes] | None = None
        self._listener: Listener | None = None
        self._link: Link | None = None

    async def open(self) -> None:
        """Open them; a session need not be there yet.

        Raises:
            ConfigError: The address or the key is malformed.
            LinkError: The place is taken.
        """
        if self._url.startswith("memory:"):
            self._listener = await listen(
                self._url, self._clock, device="eyes", accept=self._turn_to
            )
            return
        key = load_client_key(Path(self._key)) if self._key else None
        self._context = zmq.Context()
        try:
            self._socket = subscribe(
                self._context, self._url, ["state"], is_newest_only=True, key=key
            )
        except zmq.ZMQError as error:
            self._context.destroy(0)
            self._context = None
            raise ConfigError(
                f"eyes at {self._url!r}: not an address that can be looked at ({error.strerror})."
            ) from error

    def look(self) -> Picture | None:
        """Return the newest picture since the last look, or None."""
        for frame in reversed(self._frames()):
            picture = self._read(frame)
            if picture is not None:
                return picture
        return None

    async def close(self) -> None:
        """Close them; safe to call twice."""
        if self._listener is not None:
            await self._listener.close()
        if self._link is not None:
            await self._link.close()
        if self._context is not None:
            self._context.destroy(0)
            self._context = None
            self._socket = None

    def _turn_to(self, link: Link) -> None:
        self._link = link

    def _frames(self) -> list[bytes]:
        if self._socket is not None:
            return drain(self._socket, MAX_BACKLOG)
        if self._link is None:
            return []
        try:
            return [frame for _, frame in self._link.take()]
        except DeviceError:
            self._link = None
            return []

    def _read(self, frame: bytes) -> Picture | None:
        """Return the picture in a frame, None for other topics and for what is none."""
        if frame.startswith(OTHERS):
            return None
        try:
            return read_picture(frame)
        except ValueError:
            self.unreadable_count += 1
            return None
