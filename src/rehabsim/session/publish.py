"""The session's two ZeroMQ sockets: what it tells everyone, and what it is asked.

Neither ever waits: what a slow listener cannot take is dropped for that listener alone.
"""

import msgspec
import zmq

from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.session.desk import ClientRequest
from rehabsim.session.messages import Ack, Published, decode_request, encode_frame

MAX_REQUEST_BYTES = 65536
MAX_REQUESTS_PER_TICK = 32
SEND_QUEUE = 1000
LINGER_MS = 200


class Publisher:
    """Binds both sockets; `take` and `answer` are for requests, `tell` for everyone.

    Args:
        state_url: Where to publish.
        request_url: Where to be asked.

    Raises:
        LinkError: An address is taken or malformed.
    """

    def __init__(self, state_url: str, request_url: str) -> None:
        self._context = zmq.Context()
        self._envelopes: dict[str, list[bytes]] = {}
        try:
            self._pub = self._bind(zmq.PUB, state_url)
            self._router = self._bind(zmq.ROUTER, request_url)
        except LinkError:
            self._context.destroy(0)
            raise
        self.state_url = self._pub.getsockopt_string(zmq.LAST_ENDPOINT)
        self.request_url = self._router.getsockopt_string(zmq.LAST_ENDPOINT)

    def tell(self, topic: str, message: Published) -> None:
        """Publish one message."""
        self._pub.send(encode_frame(topic, message), zmq.NOBLOCK)

    def take(self) -> list[ClientRequest]:
        """Return what was asked since the last call; malformed requests are answered here."""
        requests: list[ClientRequest] = []
        while len(requests) < MAX_REQUESTS_PER_TICK:
            try:
                identity, *delimiter, body = self._router.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            except ValueError:
                continue
            client = client_name(identity)
            self._envelopes[client] = [identity, *delimiter]
            try:
                if len(body) > MAX_REQUEST_BYTES:
                    raise ConfigError(f"request: {len(body)} bytes, limit {MAX_REQUEST_BYTES}")
                request = decode_request(body)
            except ConfigError as error:
                self.answer(client, Ack("", "rejected", -1, -1.0, str(error)))
                continue
            requests.append(
                ClientRequest(client, request.id, request.name, request.speed_mps, request.text)
            )
        return requests

    def answer(self, client: str, ack: Ack) -> None:
        """Send an acknowledgement to one client, if it is still there."""
        envelope = self._envelopes.get(client)
        if envelope is not None:
            self._router.send_multipart([*envelope, msgspec.json.encode(ack)], zmq.NOBLOCK)

    def close(self) -> None:
        """Close both sockets."""
        self._context.destroy(LINGER_MS)

    def _bind(self, kind: int, url: str) -> "zmq.Socket[bytes]":
        socket = self._context.socket(kind)
        socket.setsockopt(zmq.SNDHWM, SEND_QUEUE)
        socket.setsockopt(zmq.LINGER, LINGER_MS)
        socket.setsockopt(zmq.MAXMSGSIZE, MAX_REQUEST_BYTES)
        try:
            socket.bind(url)
        except zmq.ZMQError as error:
            raise LinkError(
                f"session at {url}: cannot listen ({error.strerror}). Is another session running?"
                " Change [publish] in the site file.",
                device="session",
                url=url,
            ) from error
        return socket


def client_name(identity: bytes) -> str:
    """Return how a client is called in logs: its identity if it chose a readable one."""
    try:
        text = identity.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    return text if text.isprintable() and text else f"client-{identity.hex()}"
