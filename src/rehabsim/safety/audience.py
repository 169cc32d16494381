"""Who speaks to the keeper and is told what it decides; nobody of them is trusted."""

import contextlib
from collections.abc import Sequence

from rehabsim.base.clock import Clock
from rehabsim.base.errors import DeviceError
from rehabsim.devices.link import Link, Listener, listen
from rehabsim.safety.contact import Note
from rehabsim.safety.messages import Ask, WishMessage, decode_to_keeper

MAX_ASKS_PER_TICK = 16
MAX_HEARD_BYTES = 1024
"""Longer messages are refused unread, so that a report of them all fits one message."""

MAX_REMEMBERED_IDS = 1000
"""Of each client's asks, so that the same one never acts twice."""

SPEAKER_NS = 1_000_000_000
"""A session silent for longer no longer keeps another from wishing."""


class Audience:
    """Everyone at the other end of a link.

    Args:
        clock: The session clock.
        note: Takes what to tell people.

    Attributes:
        wish: The newest of the one session that is heard, None before the first.
    """

    def __init__(self, clock: Clock, note: Note) -> None:
        self.wish: WishMessage | None = None
        self._clock = clock
        self._note = note
        self._links: list[Link] = []
        self._listener: Listener | None = None
        self._speaker: Link | None = None
        self._heard_ns = 0
        self._ignored: Link | None = None
        self._ask_ids: dict[Link, dict[str, None]] = {}

    async def open(self, url: str) -> None:
        """Listen at `url`.

        Raises:
            DeviceError: The socket cannot be made.
        """
        self._listener = await listen(url, self._clock, device="keeper", accept=self._links.append)

    async def close(self) -> None:
        """Listen no more; never raises."""
        if self._listener is not None:
            await self._listener.close()
        for link in self._links:
            await link.close()

    def tell(self, data: bytes) -> None:
        """Tell everyone."""
        for link in self._links:
            with contextlib.suppress(DeviceError):
                link.write(data)

    def take(self, own: Sequence[Ask] = ()) -> list[Ask]:
        """Take in what was said since the last call; return the asks in it, `own` ones first."""
        asks = list(own)
        for link in list(self._links):
            try:
                pieces = link.take()
            except DeviceError:
                self._forget(link)
                continue
            for t_ns, data in pieces:
                message = self._understand(data)
                if isinstance(message, WishMessage):
                    self._hear_wish(link, t_ns, message)
                elif message is not None and not self._is_repeated(link, message):
                    asks.append(message)
        if len(asks) > MAX_ASKS_PER_TICK:
            self._note("warn", f"{len(asks)} asks in one tick; only STOPs are looked at.")
            asks = [ask for ask in asks if ask.name == "stop"][:MAX_ASKS_PER_TICK]
        return asks

    def _understand(self, data: bytes) -> Ask | WishMessage | None:
        if len(data) > MAX_HEARD_BYTES:
            self._note(
                "none", f"A message of {len(data)} bytes to the keeper is too long; ignored."
            )
            return None
        try:
            return decode_to_keeper(data)
        except ValueError as error:
            self._note("none", f"A message to the keeper was not understood: {error}.")
            return None

    def _hear_wish(self, link: Link, t_ns: int, message: WishMessage) -> None:
        """Take the wish of one session; another is heard when that is gone or silent."""
        if self._speaker is not link:
            if self._speaker is not None and t_ns - self._heard_ns <= SPEAKER_NS:
                if self._ignored is not link:
                    self._ignored = link
                    self._note("warn", "A second session wishes for belt speeds; it is ignored.")
                return
            self._speaker = link
        self.wish, self._heard_ns = message, t_ns

    def _is_repeated(self, link: Link, ask: Ask) -> bool:
        if ask.name == "stop":
            return False
        ids = self._ask_ids.setdefault(link, {})
        if ask.id in ids:
            self._note("none", f"The ask {ask.name} of {ask.source} came twice; it acts once.")
            return True
        ids[ask.id] = None
        if len(ids) > MAX_REMEMBERED_IDS:
            del ids[next(iter(ids))]
        return False

    def _forget(self, link: Link) -> None:
        self._links.remove(link)
        self._ask_ids.pop(link, None)
        if self._speaker is link:
            self._speaker = None
