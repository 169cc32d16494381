"""Who speaks to the keeper and is told what it decides; nobody of them is trusted."""

import contextlib
from collections import deque
from collections.abc import Sequence

from rehabsim.base.clock import Clock
from rehabsim.base.errors import DeviceError
from rehabsim.devices.link import Link, Listener, listen
from rehabsim.safety.contact import Note
from rehabsim.safety.messages import Answer, Ask, WishMessage, decode_to_keeper

MAX_ASKS_PER_TICK = 16
"""Decided or refused; the rest wait for the next tick, those of all clients in turn."""

MAX_WAITING = 64
"""Asks of one client, and STOPs of all; what comes beyond is dropped, and may be asked again."""

OVERTAKEN = "STOP was asked before it was its turn."
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
        self._stops: deque[Ask] = deque()
        self._waiting: dict[Link, deque[tuple[Ask, str]]] = {}
        self._dropped_count = 0

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

    def take(self, own: Sequence[Ask] = ()) -> tuple[list[Ask], tuple[Answer, ...]]:
        """Take in what was said since the last call.

        Args:
            own: STOPs of the keeper's own hand, which come first.

        Returns:
            The asks to decide in this tick, and refusals of others. STOPs come first, and none that
            waited while one was asked acts any more.
        """
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
                elif message is not None:
                    self._hear_ask(link, message)
        if self._dropped_count:
            self._note("warn", f"{self._dropped_count} asks too many at once were dropped.")
            self._dropped_count = 0
        return self._next(list(own))

    def _hear_ask(self, link: Link, ask: Ask) -> None:
        if ask.name == "stop":
            if len(self._stops) < MAX_WAITING:
                self._stops.append(ask)
            else:
                self._dropped_count += 1
        elif len(self._waiting.get(link, ())) >= MAX_WAITING:
            self._dropped_count += 1
        elif not self._is_repeated(link, ask):
            self._waiting.setdefault(link, deque()).append((ask, ""))

    def _next(self, asks: list[Ask]) -> tuple[list[Ask], tuple[Answer, ...]]:
        """Return `asks` with those whose turn it is, and refusals."""
        refused: list[Answer] = []
        while self._stops and len(asks) < MAX_ASKS_PER_TICK:
            asks.append(self._stops.popleft())
        has_stop = bool(asks)
        while self._waiting and len(asks) + len(refused) < MAX_ASKS_PER_TICK:
            link = next(iter(self._waiting))
            queue = self._waiting.pop(link)
            ask, reason = queue.popleft()
            if reason:
                refused.append(Answer(ask.id, is_accepted=False, reason=reason))
            else:
                asks.append(ask)
            if queue:
                self._waiting[link] = queue  # Now it is the others' turn.
        if has_stop:
            for link, queue in self._waiting.items():
                self._waiting[link] = deque((ask, OVERTAKEN) for ask, _ in queue)
        return asks, tuple(refused)

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
        self._waiting.pop(link, None)
        if self._speaker is link:
            self._speaker = None
