"""Clients of a session as any program or page may be one, and as processes that can be killed.

    python clients.py console STATE_URL REQUEST_URL
    python clients.py page ADDRESS

take command, walk, and stay alive until they are killed.
"""

import contextlib
import os
import sys
import time

import msgspec
import zmq
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from rehabsim.session.messages import StateMessage, split_frame

PATIENCE_S = 20.0
"""A busy computer takes its time to start a session."""


def newest_state(socket: "zmq.Socket[bytes]", within_s: float = PATIENCE_S) -> StateMessage:
    """Return the newest state that has arrived, waiting for one if there is none."""
    assert socket.poll(round(1000 * within_s)), "no state"
    frame = b""
    with contextlib.suppress(zmq.Again):
        while True:
            frame = socket.recv(zmq.NOBLOCK)
    return msgspec.msgpack.decode(split_frame(frame)[1], type=StateMessage)


class Console:
    """A client that asks through the request socket, as any program may."""

    def __init__(self, state_url: str, request_url: str) -> None:
        self._context = zmq.Context()
        self._state = self._context.socket(zmq.SUB)
        self._state.setsockopt(zmq.CONFLATE, 1)
        self._state.setsockopt(zmq.SUBSCRIBE, b"state ")
        self._state.connect(state_url)
        self._ask = self._context.socket(zmq.DEALER)
        self._ask.connect(request_url)
        self._count = 0

    def ask(self, name: str, **fields: object) -> dict[str, object]:
        """Ask and return the acknowledgement."""
        self._count += 1
        proof = {} if name == "stop" else self._proof()
        request = {"id": f"{os.getpid()}-{self._count}", "name": name, **proof, **fields}
        self._ask.send(msgspec.json.encode(request))
        while self._ask.poll(round(1000 * PATIENCE_S)):
            ack: dict[str, object] = msgspec.json.decode(self._ask.recv())
            if ack["id"] == request["id"]:
                return ack
        raise AssertionError(f"{name}: no answer")

    def _proof(self) -> dict[str, object]:
        seen = self.state()
        return {"boot_id": seen.boot_id, "t_s": seen.t_s}

    def state(self, within_s: float = PATIENCE_S) -> StateMessage:
        """Return the newest state."""
        return newest_state(self._state, within_s)

    def close(self) -> None:
        """Hang up."""
        self._context.destroy(0)


class Page:
    """The same through a gateway, as a browser's page does."""

    def __init__(self, address: str) -> None:
        url = address.replace("http", "ws", 1) + f"/ws?key={os.getpid()}&rate=20"
        self._socket = connect(url, origin=Origin(address)).__enter__()
        self._count = 0

    def ask(self, name: str, **fields: object) -> dict[str, object]:
        """Ask and return the acknowledgement."""
        self._count += 1
        proof = {} if name == "stop" else self._proof()
        request = {"id": f"p{self._count}", "name": name, **proof, **fields}
        self._socket.send(msgspec.json.encode(request).decode())
        while True:
            text = self._socket.recv(timeout=PATIENCE_S)
            if isinstance(text, str):
                ack: dict[str, object] = msgspec.json.decode(text)
                if ack["k"] == "ack" and ack["id"] == request["id"]:
                    return ack

    def _proof(self) -> dict[str, object]:
        seen = self.state()
        return {"boot_id": seen.boot_id, "t_s": seen.t_s}

    def state(self) -> StateMessage:
        """Return the next state."""
        while isinstance(body := self._socket.recv(timeout=PATIENCE_S), str):
            pass
        return msgspec.msgpack.decode(body, type=StateMessage)


def walk(client: Console | Page) -> None:
    """Unlock, arm and start."""
    deadline = time.monotonic() + PATIENCE_S
    while client.state().mode != "idle":
        assert time.monotonic() < deadline, "cannot unlock"
        client.ask("reset")
        time.sleep(0.1)
    for name in ("arm", "start"):
        ack = client.ask(name)
        assert ack["status"] == "applied", ack


def main() -> None:
    """Take command, walk, and stay alive until killed."""
    client = Console(*sys.argv[2:]) if sys.argv[1] == "console" else Page(sys.argv[2])
    walk(client)
    print('{"ready": true}', flush=True)
    with contextlib.suppress(ConnectionClosed):
        while True:
            client.ask("alive")
            time.sleep(0.25)


if __name__ == "__main__":
    main()
