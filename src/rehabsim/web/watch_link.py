"""The two ears of `rehabsim watch`: one for the newest state, one for events and the session."""

from typing import TypeVar

import msgspec
import zmq

from rehabsim.base.errors import ConfigError
from rehabsim.session.keys import ClientKey
from rehabsim.session.messages import split_frame
from rehabsim.web.subscription import drain, subscribe
from rehabsim.web.watch_model import News, SeenEvent, SeenSession, SeenState, WatchModel

MAX_NEWS_AT_ONCE = 500
NEWS: dict[str, type[SeenEvent] | type[SeenSession]] = {
    "event": SeenEvent,
    "session": SeenSession,
}
M = TypeVar("M")


class WatchLink:
    """Hears whichever session publishes at `url`; nothing here waits.

    Args:
        url: Where a session publishes.
        key: Ours, where the session lets known keys in only.

    Raises:
        ConfigError: The address is malformed.
    """

    def __init__(self, url: str, key: ClientKey | None = None) -> None:
        self._context = zmq.Context()
        try:
            self._state = subscribe(self._context, url, ["state"], is_newest_only=True, key=key)
            self._news = subscribe(self._context, url, NEWS, is_newest_only=False, key=key)
        except zmq.ZMQError as error:
            self._context.destroy(0)
            raise ConfigError(
                f"session at {url!r}: not an address ({error.strerror}); write tcp://HOST:PORT."
            ) from None

    def tell(self, model: WatchModel, now_ns: int) -> None:
        """Tell `model` all that has arrived: the news first, then the newest state."""
        for frame in drain(self._news, MAX_NEWS_AT_ONCE):
            topic, body = split_frame(frame)
            news: News | None = _decode(body, NEWS[topic], model)
            if news is not None:
                model.hear_news(news, now_ns)
        for frame in drain(self._state, MAX_NEWS_AT_ONCE):
            state = _decode(split_frame(frame)[1], SeenState, model)
            if state is not None:
                model.hear_state(state, now_ns)

    def close(self) -> None:
        """Close both sockets."""
        self._context.destroy(0)


def _decode(body: bytes, kind: type[M], model: WatchModel) -> M | None:
    try:
        message: M = msgspec.msgpack.decode(body, type=kind)
    except (ValueError, UnicodeDecodeError) as error:
        model.hear_trouble(f"A message of the session cannot be read here: {error}.")
        return None
    return message
