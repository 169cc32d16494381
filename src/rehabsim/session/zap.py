"""Lets known keys in, and no others: the answers that ZeroMQ asks for at each handshake.

It is asked without a thread, once a tick, and answers a few handshakes at most: a flood of
strangers waits at the door and costs the session nothing.

Source: ZeroMQ RFC 27 (ZAP 1.0); the mechanism is CURVE, RFC 25.
"""

from collections.abc import Mapping
from typing import Any

import zmq
from zmq.utils import z85

from rehabsim.session.entrance import Role
from rehabsim.session.keys import AllowedKey

ADDRESS = "inproc://zeromq.zap.01"
VERSION, DOMAIN, MECHANISM = b"1.0", b"rehabsim", b"CURVE"
MAX_HANDSHAKES_PER_TICK = 8


class Zap:
    """Answers the handshakes of every socket in one context.

    Args:
        context: Whose sockets are guarded; make this first.
        allowed: Who is let in.
    """

    def __init__(self, context: "zmq.Context[Any]", allowed: list[AllowedKey]) -> None:
        self._by_key = {z85.decode(client.public): client for client in allowed}
        self._socket = context.socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(ADDRESS)

    def step(self) -> None:
        """Answer who has knocked since the last call."""
        for _ in range(MAX_HANDSHAKES_PER_TICK):
            try:
                sender, delimiter, *question = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            answer = zap_answer(question, self._by_key)
            self._socket.send_multipart([sender, delimiter, *answer], zmq.NOBLOCK)


def zap_answer(question: list[bytes], by_key: Mapping[bytes, AllowedKey]) -> list[bytes]:
    """Return the answer to one handshake; whoever is let in is called `role/name` from then on."""
    sequence = question[1] if len(question) > 1 else b""
    is_whole = len(question) == 7 and question[0] == VERSION and question[2] == DOMAIN
    client = by_key.get(question[6]) if is_whole and question[5] == MECHANISM else None
    if client is None:
        return [VERSION, sequence, b"400", b"unknown key", b"", b""]
    return [VERSION, sequence, b"200", b"OK", f"{client.role}/{client.name}".encode(), b""]


def who(frame: zmq.Frame) -> tuple[Role, str]:
    """Return role and name that the sender of a frame was let in with."""
    role, _, name = str(frame.get("User-Id")).partition("/")
    return ("console" if role == "console" else "observer"), name
