"""Who looks at the pages, what each is told next, and what each asks."""

import hashlib
import hmac
from collections import deque

import msgspec

from rehabsim.base.clock import NS, Clock
from rehabsim.base.errors import ConfigError
from rehabsim.base.quickest import Quickest
from rehabsim.session.entrance import FREE, RATE_HZ, TOO_MANY, Quota, Role, may_be_stop
from rehabsim.session.requests import Request, decode_request, id_of
from rehabsim.web.keeper_link import KeeperLink, StopAnswer
from rehabsim.web.session_link import Mouth, News, SessionLink

MAX_WAITING = 500
"""Messages that may wait for one browser; one that falls behind further is sent away."""

REMEMBERED_EVENTS = 200
LIVE_NS = 250_000_000
"""The session lives when its tick advanced within this time."""

DEAF_NS = 2_500_000_000
"""A page pings four times a second; one silent for so long is sent no more states."""

MOUTH_LIFE_NS = 10_000_000_000
"""How long a page that went away may come back as the same console."""

MAX_MOUTHS = 128
"""Consoles, here or just gone; of more the one gone longest cannot come back as the same."""

NOT_LIVE = "The session does not answer, so nothing was sent. Press again when it is live."
NO_TOKEN = (
    "This page may watch and stop. To start, open the whole address that was printed with the"
    " gateway, to its last sign."
)
NOT_TAKEN = "The session takes no requests, so nothing was sent."


class Ping(msgspec.Struct, frozen=True):
    """What a page says that is no request.

    Attributes:
        k: `ping`, `token`, or empty for a request.
        t0: Of a ping, the page's own time in s, sent back.
        token: Of a token, the words that were printed with the address.
    """

    k: str = ""
    t0: float = 0.0
    token: str = ""


class Visitor:
    """One open page.

    Attributes:
        name: How the session knows this console; made from the page's secret key.
        quota: How much it may still ask.
        role: An observer may watch and stop.
        waiting: JSON texts to send, oldest first.
        is_too_slow: It fell behind so far that messages were lost to it.
    """

    def __init__(self, name: str, period_ns: int, now_ns: int) -> None:
        self.name = name
        self.role: Role = "observer"
        self.quota = Quota(now_ns / 1e9)
        self.waiting: deque[str] = deque()
        self.is_too_slow = False
        self.is_replaced = False
        self._period_ns = period_ns
        self._heard_ns = now_ns
        self._sent_ns = -period_ns
        self._sent_count = 0

    def tell(self, text: str) -> None:
        """Queue one message."""
        if len(self.waiting) >= MAX_WAITING:
            self.is_too_slow = True
            return
        self.waiting.append(text)

    def hear(self, now_ns: int) -> None:
        """Note a sign of life."""
        self._heard_ns = now_ns

    def is_due(self, count: int, now_ns: int) -> bool:
        """Return whether the newest state, the `count`-th, should be sent now; note that it is."""
        is_due = (
            count != self._sent_count
            and now_ns - self._sent_ns >= self._period_ns
            and now_ns - self._heard_ns <= DEAF_NS
        )
        if is_due:
            self._sent_count, self._sent_ns = count, now_ns
        return is_due


class Reception:
    """Knows every open page, and passes on what comes from either side.

    Attributes:
        visitors: Open pages by name.
        state: The newest state's MessagePack body.
        state_count: How many states there were.

    Args:
        session: Whom pages see and ask.
        keeper: Who takes their STOP.
        clock: For ages.
        token: Without it a page is an observer; empty where every page may start the belts.
    """

    def __init__(
        self, session: SessionLink, keeper: KeeperLink, clock: Clock, token: str = ""
    ) -> None:
        self._token = token.encode()
        self.visitors: dict[str, Visitor] = {}
        self.state = b""
        self.state_count = 0
        self._session = session
        self._keeper = keeper
        self._clock = clock
        self._boot_id = ""
        self._tick = -1
        self._advanced_ns: int | None = None
        self._session_text: str | None = None
        self._events: deque[str] = deque(maxlen=REMEMBERED_EVENTS)
        self._mouths: dict[str, Mouth] = {}
        self._left_ns: dict[str, int] = {}
        self._keys: dict[str, bytes] = {}

    # -- from the session and the keeper ----------------------------------------------------

    async def step(self, now_ns: int) -> None:
        """Take what has arrived and queue it for whom it concerns."""
        self._take_state(now_ns)
        for news in self._session.take_news():
            self._remember(news)
            self._tell_all(news.text)
        for name, mouth in self._mouths.items():
            for text in mouth.take():
                if name in self.visitors:
                    self.visitors[name].tell(text)
        for answer in await self._keeper.step(now_ns):
            self._tell_stop(answer)
        for name in [n for n, left in self._left_ns.items() if now_ns - left > MOUTH_LIFE_NS]:
            self._close_mouth(name)

    def _close_mouth(self, name: str) -> None:
        del self._left_ns[name], self._keys[name]
        self._mouths.pop(name).close()

    def is_live(self, now_ns: int) -> bool:
        """Return whether the session's tick advanced lately."""
        return self._advanced_ns is not None and now_ns - self._advanced_ns <= LIVE_NS

    def _take_state(self, now_ns: int) -> None:
        taken = self._session.take_state()
        if taken is None:
            return
        pulse, body = taken
        if pulse.boot_id != self._boot_id:
            self._forget(pulse.boot_id)
        if pulse.tick != self._tick:
            self._tick, self._advanced_ns = pulse.tick, now_ns
        self._session.clock.hear(round(pulse.t_s * NS), now_ns)
        self.state = body
        self.state_count += 1

    def _session_s(self, now_ns: int) -> float | None:
        clock = self._session.clock
        return clock.theirs_ns(now_ns) / NS if clock.is_set else None

    def _forget(self, boot_id: str) -> None:
        """Another session runs now."""
        self._events.clear()
        self._session_text = None
        self._session.clock = Quickest()
        if self._boot_id:
            self._tell_all(_text("forget", boot_id=boot_id))
        self._boot_id = boot_id

    def _remember(self, news: News) -> None:
        if news.topic == "event":
            self._events.append(news.text)
        elif news.topic == "session":
            self._session_text = news.text

    def _tell_all(self, text: str) -> None:
        for visitor in self.visitors.values():
            visitor.tell(text)

    # -- from the pages ----------------------------------------------------------------------

    def enter(self, key: str, period_ns: int) -> Visitor:
        """Return a new visitor, told what happened before; its older self is replaced."""
        now_ns = self._clock.now_ns()
        name = self._name_of(hashlib.sha256(key.encode()).digest())
        if name in self.visitors:
            self.visitors[name].is_replaced = True
        visitor = self.visitors[name] = Visitor(name, period_ns, now_ns)
        if not self._token:
            visitor.role = "console"
        self._left_ns.pop(name, None)
        if name not in self._mouths:
            while len(self._mouths) >= MAX_MOUTHS and self._left_ns:
                self._close_mouth(next(iter(self._left_ns)))
            self._mouths[name] = self._session.mouth(name)
        visitor.tell(_text("hello", client=name, has_keeper=self._keeper.is_heard(now_ns)))
        if self._session_text is not None:
            visitor.tell(self._session_text)
        for text in self._events:
            visitor.tell(text)
        return visitor

    def _name_of(self, digest: bytes) -> str:
        """Return the short name of who holds a key; one that is taken is not given again.

        Everyone sees the name of the console in command, and a key whose digest merely begins
        like it is soon found: the whole digest decides who it is.
        """
        for size in (3, 8, 16, 32):
            name = f"console-{digest[:size].hex()}"
            if self._keys.setdefault(name, digest) == digest:
                return name
        raise AssertionError("a whole digest names one key")

    def leave(self, visitor: Visitor) -> None:
        """Forget a page that has gone; its name stays free for a while in case it comes back."""
        if self.visitors.get(visitor.name) is visitor:
            del self.visitors[visitor.name]
            self._left_ns[visitor.name] = self._clock.now_ns()

    async def hear(self, visitor: Visitor, text: str) -> None:
        """Act on one message from a page."""
        now_ns = self._clock.now_ns()
        visitor.hear(now_ns)
        t_s, quota = now_ns / 1e9, visitor.quota
        is_free = quota.allows(t_s, is_stop=False)
        if not is_free and not may_be_stop(text):
            _leave_out(visitor)
            return
        try:
            ping = msgspec.json.decode(text, type=Ping)
        except (ValueError, RecursionError):
            ping = Ping()
        if ping.k == "token":
            if hmac.compare_digest(ping.token.encode("utf-8", "replace"), self._token):
                visitor.role = "console"
            return
        if ping.k == "ping":
            visitor.tell(
                _text(
                    "pong",
                    t0=ping.t0,
                    t_s=self._session_s(now_ns),
                    has_keeper=self._keeper.is_heard(now_ns),
                )
            )
            return
        try:
            request = decode_request(text.encode())
        except ConfigError as error:
            visitor.tell(_refusal(id_of(text.encode()), str(error)))
            return
        if is_free or (request.name == "stop" and quota.allows(t_s, is_stop=True)):
            await self._pass_on(visitor, request, text, now_ns)
        else:
            _leave_out(visitor)

    async def _pass_on(self, visitor: Visitor, request: Request, text: str, now_ns: int) -> None:
        mouth = self._mouths[visitor.name]
        if request.name == "stop":
            mouth.ask(text.encode())
            ask_id = f"{visitor.name}/{request.id}"
            answer = await self._keeper.stop(ask_id, visitor.name)
            if answer is not None:
                self._tell_stop(answer)
        elif visitor.role == "observer" and request.name not in FREE:
            visitor.tell(_refusal(request.id, NO_TOKEN))
        elif not self.is_live(now_ns):
            if request.name not in ("alive", "seen"):
                visitor.tell(_refusal(request.id, NOT_LIVE))
        elif not mouth.ask(text.encode()):
            visitor.tell(_refusal(request.id, NOT_TAKEN))

    def _tell_stop(self, answer: StopAnswer) -> None:
        name, _, request_id = answer.ask_id.partition("/")
        if name in self.visitors:
            self.visitors[name].tell(
                _text(
                    "keeper",
                    id=request_id,
                    is_accepted=answer.is_accepted,
                    reason=answer.reason,
                )
            )


def _leave_out(visitor: Visitor) -> None:
    """Pass over what a page asks too often; say so once."""
    if not visitor.quota.has_told:
        visitor.quota.has_told = True
        visitor.tell(_refusal("", TOO_MANY.format(rate=RATE_HZ)))


def _refusal(request_id: str, reason: str) -> str:
    return _text("ack", id=request_id, status="rejected", tick=-1, t_s=None, reason=reason)


def _text(kind: str, **fields: object) -> str:
    return msgspec.json.encode({"k": kind, **fields}).decode()
