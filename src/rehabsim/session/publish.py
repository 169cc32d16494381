"""The session's two ZeroMQ sockets: what it tells everyone, and what it is asked.

Neither ever waits: what a slow listener cannot take is dropped for that listener alone. Beyond
this computer both are encrypted and open to known keys only (`keys.py`).
"""

import hashlib
import re
from pathlib import Path

import msgspec
import zmq

from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.session.entrance import (
    MAX_CLIENTS,
    RATE_HZ,
    TOO_MANY,
    Quota,
    Quotas,
    Role,
    may_be_stop,
    objection,
)
from rehabsim.session.entry import LoggedRefusal
from rehabsim.session.keys import (
    GATEWAY,
    SessionKey,
    check_reach,
    load_allowed,
    load_session_key,
)
from rehabsim.session.messages import Published, StateMessage, encode_frame
from rehabsim.session.requests import MAX_REQUEST_BYTES, Ack, ClientRequest, decode_request, id_of
from rehabsim.session.zap import DOMAIN, Zap, who

MAX_REQUESTS_PER_TICK = 32
MAX_MESSAGES_PER_TICK = 64
"""Looked at; most of a flood is not even decoded."""

MAX_REFUSED_PER_TICK = 4
"""Kept for the log."""

TAKE_S = 0.004
"""Requests are taken once a tick; quotas count time in takes, so that no clock is asked."""

SEND_QUEUE = 1000
LINGER_MS = 200
_READABLE = re.compile(r"[A-Za-z0-9._-]{1,48}")


class Publisher:
    """Binds both sockets; `take` and `answer` are for requests, `tell` for everyone.

    Args:
        state_url: Where to publish.
        request_url: Where to be asked.
        boot_id: Of this run of the session; requests must know it.
        keys: Folder of keys, or empty for loopback without any.

    Raises:
        LinkError: An address is taken or malformed.
        ConfigError: Other computers can reach an address and there are no keys, or bad ones.
    """

    def __init__(self, state_url: str, request_url: str, boot_id: str, keys: str = "") -> None:
        check_reach((state_url, request_url), keys)
        session_key = load_session_key(Path(keys)) if keys else None
        allowed = load_allowed(Path(keys)) if keys else []
        self._context = zmq.Context()
        self._boot_id = boot_id
        self._t_s = 0.0
        self._take_count = 0
        self._quotas = Quotas()
        self._envelopes: dict[str, list[bytes]] = {}
        self._refused: list[LoggedRefusal] = []
        self._zap = Zap(self._context, allowed) if session_key is not None else None
        try:
            self._pub = self._bind(zmq.PUB, state_url, session_key)
            self._router = self._bind(zmq.ROUTER, request_url, session_key)
        except LinkError:
            self._context.destroy(0)
            raise
        self.state_url = self._pub.getsockopt_string(zmq.LAST_ENDPOINT)
        self.request_url = self._router.getsockopt_string(zmq.LAST_ENDPOINT)

    def is_shown(self, tick: int) -> bool:
        """Return whether this tick's state is published: each is."""
        return True

    def tell(self, topic: str, message: Published) -> None:
        """Publish one message."""
        if isinstance(message, StateMessage):
            self._t_s = message.t_s
        self._pub.send(encode_frame(topic, message), zmq.NOBLOCK)

    def take(self) -> list[ClientRequest]:
        """Return what was asked since the last call; what is refused is answered here."""
        if self._zap is not None:
            self._zap.step()
        self._take_count += 1
        requests: list[ClientRequest] = []
        for _ in range(MAX_MESSAGES_PER_TICK):
            if len(requests) >= MAX_REQUESTS_PER_TICK:
                break
            try:
                frames = self._router.recv_multipart(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                break
            if len(frames) >= 2:
                request = self._hear(frames)
                if request is not None:
                    requests.append(request)
        return requests

    def take_refused(self) -> list[LoggedRefusal]:
        """Return what was refused here since the last call; of a flood, the first few."""
        refused = self._refused
        self._refused = []
        return refused

    def answer(self, client: str, ack: Ack) -> None:
        """Send an acknowledgement to one client, if it is still there."""
        envelope = self._envelopes.get(client)
        if envelope is not None:
            self._router.send_multipart([*envelope, msgspec.json.encode(ack)], zmq.NOBLOCK)

    def close(self) -> None:
        """Close all sockets."""
        self._context.destroy(LINGER_MS)

    def _hear(self, frames: list[zmq.Frame]) -> ClientRequest | None:
        identity, *delimiter, body = (frame.bytes for frame in frames)
        role: Role = "console"
        client = client_name(identity)
        if self._zap is not None:
            role, name = who(frames[-1])
            # The gateway alone speaks for several consoles, and tells them apart itself.
            client = client if name == GATEWAY else f"{name}.{client}"
        self._remember(client, [identity, *delimiter])
        t_s = self._take_count * TAKE_S
        quota = self._quotas.of(client, t_s)
        is_free = quota.allows(t_s, is_stop=False)
        if not is_free and not may_be_stop(body):
            self._leave_out(client, quota)
            return None
        try:
            request = decode_request(body)
        except ConfigError as error:
            self._refuse(client, id_of(body), str(error))
            return None
        if not is_free and not (request.name == "stop" and quota.allows(t_s, is_stop=True)):
            self._leave_out(client, quota)
            return None
        reason = objection(request, role, self._boot_id, self._t_s)
        if reason:
            self._refuse(client, request.id, reason)
            return None
        return ClientRequest(client, **request.model_dump(exclude={"boot_id"}))

    def _leave_out(self, client: str, quota: Quota) -> None:
        """Pass over a request of a client that asks too often; say so once."""
        if not quota.has_told:
            quota.has_told = True
            self._refuse(client, "", TOO_MANY.format(rate=RATE_HZ))

    def _remember(self, client: str, envelope: list[bytes]) -> None:
        """Keep how a client is answered; of too many the one silent longest is forgotten."""
        self._envelopes.pop(client, None)
        self._envelopes[client] = envelope
        if len(self._envelopes) > MAX_CLIENTS:
            del self._envelopes[next(iter(self._envelopes))]

    def _refuse(self, client: str, request_id: str, reason: str) -> None:
        if len(self._refused) < MAX_REFUSED_PER_TICK:
            self._refused.append(LoggedRefusal(client, request_id, reason))
        self.answer(client, Ack(request_id, "rejected", -1, -1.0, reason))

    def _bind(self, kind: int, url: str, key: SessionKey | None) -> "zmq.Socket[bytes]":
        socket = self._context.socket(kind)
        socket.setsockopt(zmq.SNDHWM, SEND_QUEUE)
        socket.setsockopt(zmq.LINGER, LINGER_MS)
        socket.setsockopt(zmq.MAXMSGSIZE, MAX_REQUEST_BYTES)
        if key is not None:
            socket.setsockopt(zmq.CURVE_SERVER, 1)
            socket.setsockopt_string(zmq.CURVE_SECRETKEY, key.secret)
            socket.setsockopt(zmq.ZAP_DOMAIN, DOMAIN)
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
    """Return how a client is called in logs: its identity if it chose a readable, short one."""
    text = identity.decode("ascii", "replace")
    if _READABLE.fullmatch(text):
        return text
    return f"client-{hashlib.sha256(identity).hexdigest()[:16]}"
