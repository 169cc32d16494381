"""Hearing what a session publishes, without ever waiting; for gateway and terminal alike."""

from collections.abc import Iterable
from typing import Any

import zmq

from rehabsim.session.keys import ClientKey, use_key


def subscribe(
    context: "zmq.Context[Any]",
    url: str,
    topics: Iterable[str],
    *,
    is_newest_only: bool,
    key: ClientKey | None = None,
) -> "zmq.Socket[bytes]":
    """Return a socket that hears `topics` at `url`.

    Args:
        context: Owns the socket.
        url: Where a session publishes.
        topics: As in session/MESSAGES.md.
        is_newest_only: Keep one message only; such a socket may hear nothing but states.
        key: Ours, where the session lets known keys in only.

    Raises:
        zmq.ZMQError: The address is malformed.
    """
    socket: zmq.Socket[bytes] = context.socket(zmq.SUB)
    socket.setsockopt(zmq.LINGER, 0)
    if is_newest_only:
        socket.setsockopt(zmq.CONFLATE, 1)
    for topic in topics:
        socket.setsockopt(zmq.SUBSCRIBE, f"{topic} ".encode())
    use_key(socket, key)
    socket.connect(url)
    return socket


def drain(socket: "zmq.Socket[bytes]", limit: int) -> list[bytes]:
    """Return the last frame of each message that has arrived, oldest first, `limit` at most."""
    frames: list[bytes] = []
    try:
        while len(frames) < limit:
            frames.append(socket.recv_multipart(zmq.NOBLOCK)[-1])
    except zmq.Again:
        pass
    return frames
