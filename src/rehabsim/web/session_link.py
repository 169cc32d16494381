"""The session as the gateway hears it: the newest state, the news, and one mouth per console.

Nothing here waits; the gateway takes what has arrived. What is forwarded is not interpreted, so
that a session which publishes a new field needs no new gateway.
"""

from typing import Any

import msgspec
import zmq

from rehabsim.base.errors import ConfigError
from rehabsim.base.quickest import Quickest
from rehabsim.session.keys import ClientKey, use_key
from rehabsim.session.messages import split_frame
from rehabsim.web.subscription import drain, subscribe

NEWS = ("event", "gait", "session")
MAX_NEWS_AT_ONCE = 200
MAX_UNSENT_REQUESTS = 64


class Pulse(msgspec.Struct, frozen=True):
    """What the gateway itself reads of a state."""

    boot_id: str
    tick: int
    t_s: float


class News(msgspec.Struct, frozen=True):
    """One message for every page.

    Attributes:
        topic: `event`, `gait` or `session`.
        text: JSON object; `k` is the topic, and what is not a number is null.
    """

    topic: str
    text: str


class Mouth:
    """The socket through which one console asks the session.

    Where the machine has no socket left, nothing asked is taken until it has one again.
    """

    def __init__(
        self, context: "zmq.Context[Any]", url: str, name: str, key: ClientKey | None
    ) -> None:
        self._context = context
        self._url = url
        self._name = name
        self._key = key
        # At once and not with the first request: nothing is taken before the session has answered.
        self._socket = self._open()

    def _open(self) -> "zmq.Socket[bytes] | None":
        try:
            socket: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
        except zmq.ZMQError:
            return None
        socket.setsockopt(zmq.IDENTITY, self._name.encode())
        socket.setsockopt(zmq.LINGER, 0)
        # Without this, what is asked while the session is gone waits for the next session.
        socket.setsockopt(zmq.IMMEDIATE, 1)
        socket.setsockopt(zmq.SNDHWM, MAX_UNSENT_REQUESTS)
        use_key(socket, self._key)
        socket.connect(self._url)
        return socket

    def ask(self, request: bytes) -> bool:
        """Send one request; False when there is nobody to take it."""
        self._socket = self._socket or self._open()
        if self._socket is None:
            return False
        try:
            self._socket.send(request, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def take(self) -> list[str]:
        """Return the acknowledgements that have arrived, as JSON for the page."""
        if self._socket is None:
            return []
        texts = []
        for body in drain(self._socket, MAX_UNSENT_REQUESTS):
            ack = _decode(body, is_json=True)
            if ack is not None:
                texts.append(_page_text("ack", ack))
        return texts

    def close(self) -> None:
        """Close; what was not yet sent is forgotten."""
        if self._socket is not None:
            self._socket.close()


class SessionLink:
    """Hears one session, whichever runs at the two addresses.

    Attributes:
        clock: The session's time, told by when its states arrive.

    Args:
        state_url: Where it publishes.
        request_url: Where it is asked.
        key: The gateway's, where the session lets known keys in only.

    Raises:
        ConfigError: An address is malformed.
    """

    def __init__(self, state_url: str, request_url: str, key: ClientKey | None = None) -> None:
        self.clock = Quickest()
        self._context = zmq.Context()
        self._request_url = request_url
        self._key = key
        try:
            self._state = subscribe(
                self._context, state_url, ["state"], is_newest_only=True, key=key
            )
            self._news = subscribe(self._context, state_url, NEWS, is_newest_only=False, key=key)
            self.mouth("probe").close()
        except zmq.ZMQError as error:
            self._context.destroy(0)
            raise ConfigError(
                f"session at {state_url}, {request_url}: not an address ({error.strerror});"
                " write tcp://HOST:PORT."
            ) from None

    def take_state(self) -> tuple[Pulse, bytes] | None:
        """Return the newest state that has arrived since the last call, or None."""
        try:
            _, body = split_frame(self._state.recv(zmq.NOBLOCK))
            return msgspec.msgpack.decode(body, type=Pulse), body
        except (zmq.Again, ValueError):
            return None

    def take_news(self) -> list[News]:
        """Return what else was published since the last call, oldest first."""
        news = []
        for frame in drain(self._news, MAX_NEWS_AT_ONCE):
            topic, body = split_frame(frame)
            message = _decode(body, is_json=False)
            if message is not None:
                news.append(News(topic, _page_text(topic, message)))
        return news

    def mouth(self, name: str) -> Mouth:
        """Return a new socket for the requests of the console called `name`."""
        return Mouth(self._context, self._request_url, name, self._key)

    def close(self) -> None:
        """Close every socket, those of the consoles too."""
        self._context.destroy(0)


def _decode(body: bytes, *, is_json: bool) -> dict[str, object] | None:
    decode = msgspec.json.decode if is_json else msgspec.msgpack.decode
    try:
        message: dict[str, object] = decode(body, type=dict[str, object])
    except ValueError:
        return None
    return message


def _page_text(kind: str, message: dict[str, object]) -> str:
    # `kind` first and last word: a published field called `k` cannot pass for another message.
    return msgspec.json.encode(message | {"k": kind}).decode()
