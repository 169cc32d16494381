"""Strangers, old recordings and floods at a session's ZeroMQ sockets; two who want to command."""

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import zmq
from faults.figures import Row
from session.test_messages import STATE

from rehabsim.base.config import load_toml
from rehabsim.base.records import BeltSample, Wish
from rehabsim.base.site import Site
from rehabsim.safety.guard import guard
from rehabsim.safety.messages import GuardInputs, GuardState, Person, WishMessage
from rehabsim.session import keys
from rehabsim.session.desk import ACTIVE, OFFER_S, Desk
from rehabsim.session.publish import Publisher
from rehabsim.session.requests import ClientRequest
from rehabsim.session.setup import SIMULATED_SITE

LIMITS = load_toml(SIMULATED_SITE, Site).limits
LOOPBACK = "tcp://127.0.0.1:*"
BOOT = "this-session"
TICK_NS = 4_000_000


def proof(t_s: float = 0.028, boot_id: str = BOOT) -> dict[str, object]:
    return {"boot_id": boot_id, "t_s": t_s}


def _state() -> object:
    return msgspec.structs.replace(STATE, boot_id=BOOT)


# -- strangers --------------------------------------------------------------------------------


def strangers(count: int, for_s: float = 1.5) -> Row:
    """Let strangers listen and ask at a session with keys, beside one that is known."""
    with tempfile.TemporaryDirectory() as folder:
        room, other = Path(folder) / "room", Path(folder) / "other"
        for each in (room, other):
            keys.create(each)
        known = keys.load_client_key(room / f"{keys.GATEWAY}.key")
        gone = keys.load_client_key(keys.add(room, "gone", "console"))
        keys.remove(room, "gone")
        publisher = Publisher(LOOPBACK, LOOPBACK, BOOT, str(room))
        context = zmq.Context()
        context.set(zmq.MAX_SOCKETS, 4 * count + 16)
        try:
            urls = (publisher.state_url, publisher.request_url)
            stranger = keys.load_client_key(other / f"{keys.GATEWAY}.key")
            wrong = (
                lambda socket: None,
                _plain,
                lambda socket: keys.use_key(socket, stranger),
                lambda socket: keys.use_key(
                    socket, stranger.model_copy(update={"session_public": known.session_public})
                ),
                lambda socket: keys.use_key(socket, gone),
                lambda socket: keys.use_key(
                    socket, known.model_copy(update={"secret": stranger.secret})
                ),
            )
            peers = [_peer(context, urls, wrong[n % len(wrong)]) for n in range(count)]
            friend = _peer(context, urls, lambda socket: keys.use_key(socket, known))
            asked = _converse(publisher, [friend, *peers], for_s)
            heard = [sum(len(frame) for frame in _drain(peer)) for peer in peers]
            friend_heard = sum(len(frame) for frame in _drain(friend))
        finally:
            context.destroy(0)
            publisher.close()
    failures = sum(map(bool, heard)) + (asked != 1) + (friend_heard == 0)
    note = f"bytes heard: {sum(heard)}; the known client beside them heard {friend_heard}"
    bar = "0 bytes, 0 requests; the known client is served"
    return Row(
        "anyone on LAN publishes commands: peers without a key or with a wrong one",
        count,
        failures,
        bar=bar,
        note=note,
    )


def _plain(socket: "zmq.Socket[bytes]") -> None:
    socket.setsockopt(zmq.PLAIN_USERNAME, b"admin")
    socket.setsockopt(zmq.PLAIN_PASSWORD, b"admin")


Peer = tuple["zmq.Socket[bytes]", "zmq.Socket[bytes]"]


def _peer(
    context: "zmq.Context[zmq.Socket[bytes]]",
    urls: tuple[str, str],
    prepare: Callable[["zmq.Socket[bytes]"], None],
) -> Peer:
    ear, mouth = context.socket(zmq.SUB), context.socket(zmq.DEALER)
    for socket, url in zip((ear, mouth), urls, strict=True):
        prepare(socket)
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(url)
    ear.setsockopt(zmq.SUBSCRIBE, b"")
    mouth.send(msgspec.json.encode({"id": "1", "name": "arm", **proof()}), zmq.NOBLOCK)
    return ear, mouth


def _converse(publisher: Publisher, peers: list[Peer], for_s: float) -> int:
    """Publish and answer for a while; return how many requests came through."""
    asked, until_s = 0, time.monotonic() + for_s
    while time.monotonic() < until_s:
        publisher.tell("state", _state())
        asked += len(publisher.take())
        time.sleep(0.004)
    return asked


def _drain(peer: Peer) -> list[bytes]:
    frames: list[bytes] = []
    for socket in peer:
        while socket.poll(0):
            frames += socket.recv_multipart()
    return frames


# -- requests that were recorded, and floods ---------------------------------------------------


class Asker:
    """A client of one publisher, which is stepped by hand."""

    def __init__(self, publisher: Publisher, identity: bytes = b"") -> None:
        self.publisher = publisher
        self._context = zmq.Context()
        self.socket = self._context.socket(zmq.DEALER)
        if identity:
            self.socket.setsockopt(zmq.IDENTITY, identity)
        self.socket.setsockopt(zmq.SNDHWM, 0)
        self.socket.connect(publisher.request_url)

    def say(self, **fields: object) -> None:
        self.socket.send(msgspec.json.encode(fields))

    def close(self) -> None:
        self._context.destroy(0)


def replays(count: int) -> Row:
    """Record what a client asked in one session; ask it again, byte for byte, in the next."""
    rng = random.Random(3)
    names = ("arm", "start", "reset", "set_speed", "alive", "weigh", "zero_plates", "marker")
    names += ("hand_over", "take_over", "seen", "perturb", "engage", "settle")
    frames = []
    for number in range(count):
        name = rng.choice(names)
        more = {"set_speed": {"speed_mps": 1.0}, "marker": {"text": "x"}}.get(name, {})
        # Half were asked in a session before, half 2 s and more ago in this one.
        then = proof(rng.uniform(0, 60), "earlier") if number % 2 else proof(rng.uniform(0, 57.9))
        frames.append(msgspec.json.encode({"id": f"r{number}", "name": name, **more, **then}))
    publisher = Publisher(LOOPBACK, LOOPBACK, BOOT)
    asker = Asker(publisher)
    publisher.tell("state", msgspec.structs.replace(_state(), t_s=60.0))
    taken = refused = 0
    try:
        for frame in frames:
            asker.socket.send(frame)
        until_s = time.monotonic() + 30
        publisher._quotas.of = lambda client, t_s: _Free()  # type: ignore[assignment,method-assign]
        while refused + taken < count and time.monotonic() < until_s:
            taken += len(publisher.take())
            while asker.socket.poll(0):
                asker.socket.recv()
                refused += 1
        asker.say(id="live", name="arm", **proof(59.9))
        lives = _take_one(publisher)
    finally:
        asker.close()
        publisher.close()
    failures = (count - refused) + (lives != "arm")
    bar = "0 accepted; a request of now is"
    return Row("replay of a command: recorded frames", count, failures, bar=bar)


class _Free:
    has_told = False

    def allows(self, t_s: float, *, is_stop: bool) -> bool:
        return True


def _take_one(publisher: Publisher, within_s: float = 2.0) -> str:
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        for request in publisher.take():
            return request.name
        time.sleep(0.002)
    return ""


def flood_and_stop(count: int) -> Row:
    """Flood a session's request socket; a STOP of the same client and one of another get through.

    Values are takes, one a tick, from the STOP's being sent to its coming through.
    """
    waited: list[float] = []
    failures = passed = 0
    publisher = Publisher(LOOPBACK, LOOPBACK, BOOT)
    noisy, calm = Asker(publisher, b"noisy"), Asker(publisher, b"calm")
    try:
        for number in range(count):
            for n in range(500):
                noisy.say(id=f"{number}-{n}", name="marker", text="stop" * (n % 2), **proof())
            noisy.say(id=f"s{number}", name="stop")
            calm.say(id=f"s{number}", name="stop")
            until_s, takes, stops = time.monotonic() + 3, 0, set()
            while len(stops) < 2 and time.monotonic() < until_s:
                takes += 1
                for request in publisher.take():
                    passed += request.name != "stop"
                    if request.name == "stop":
                        stops.add(request.client)
                        waited.append(takes * 4.0)
                time.sleep(0.001)
            failures += stops != {"noisy", "calm"}
    finally:
        noisy.close()
        calm.close()
        publisher.close()
    note = f"{passed:,} of {500 * count:,} other requests passed; values: session ticks until taken"
    return Row(
        "input validation: STOP during a flood of requests",
        2 * count,
        failures,
        waited,
        "ms",
        "every STOP",
        note,
    )


# -- two who want to command -----------------------------------------------------------------


def commanders(history_count: int, tick_count: int, seed: int = 1) -> Row:
    """Let four clients ask at random, against the real guard; watch who is in command.

    A failure is a change of the one in command while belts may move, other than by an offer or from
    someone silent; or a start or a speed that somebody else was granted meanwhile.
    """
    failures = 0
    starts: list[str] = []
    taken: list[str] = []
    for history in range(history_count):
        failures += _is_history_bad(random.Random(seed + history), tick_count, starts, taken)
    failures += not starts or not taken
    what = "who may move belts: random histories of four clients"
    note = (
        f"{history_count * tick_count:,} ticks in all, in which belts started {len(starts):,} times"
        f" and command changed hands {len(taken):,} times while they were armed or moved"
    )
    return Row(what, history_count, failures, bar="never two in command", note=note)


NAMES = ("arm", "arm", "start", "start", "pause", "stop", "reset", "reset", "set_speed", "alive")
NAMES += ("alive", "hand_over", "take_over")


SPEEDS = {"a": 0.5, "b": 0.75, "c": 1.0, "d": 1.25}
"""Each client asks for a speed of its own, so that one can see whose was granted."""


SOMEONE = Person(load_n=700.0, mean_load_n=700.0, body_weight_n=700.0, cop_x_m=0.0, cop_y_m=0.0)


class Lease:
    """What a bystander knows of the one in command: when they were heard, and what they offered."""

    def __init__(self) -> None:
        self.heard_ns = self.offered_ns = -(10**12)

    def watch(self, desk: Desk, request: ClientRequest, t_ns: int, taken: list[str]) -> bool:
        """Let the desk take a request; return whether it granted what was not due."""
        before, speed_mps = desk.commander, desk.cruise_speed_mps
        ask_count, ack_count = len(desk.asks), len(desk.acks)
        desk.take(request)
        if request.name == "start" and len(desk.asks) > ask_count and request.client != before:
            return True
        if before == "":
            self.heard_ns, self.offered_ns = t_ns, -(10**12)
            return False
        if desk.cruise_speed_mps not in (speed_mps, SPEEDS[before]):
            return True
        if desk.commander != before:
            is_offered = t_ns - self.offered_ns <= round(OFFER_S * 1e9)
            is_silent = t_ns - self.heard_ns > round(LIMITS.hold_operator_age_s * 1e9)
            self.heard_ns, self.offered_ns = t_ns, -(10**12)
            taken.append(request.client)
            is_due = request.name == "take_over" and desk.commander == request.client
            return not (is_due and (is_offered or is_silent))
        # An id that was used already does nothing.
        is_done = len(desk.acks) > ack_count and desk.acks[-1][1].status == "applied"
        if request.client == before and is_done:
            self.heard_ns = t_ns if request.name == "alive" else self.heard_ns
            self.offered_ns = t_ns if request.name == "hand_over" else self.offered_ns
        return False


def _is_history_bad(
    rng: random.Random, tick_count: int, starts: list[str], taken: list[str]
) -> bool:
    desk, state, lease = Desk(LIMITS, 0.8), GuardState(), Lease()
    answers, speeds = (), (0.0, 0.0)
    number = 0
    for tick in range(1, tick_count + 1):
        t_ns = tick * TICK_NS * 25
        desk.begin(tick, t_ns, state.mode)
        before, was_active = desk.commander, state.mode in ACTIVE
        for answer in answers:
            desk.hear(answer)
        if was_active and desk.commander not in (before, ""):
            return True
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            number += 1
            client, used = rng.choice("abcd"), str(rng.randint(max(number - 3, 0), number))
            request = ClientRequest(client, used, rng.choice(NAMES), speed_mps=SPEEDS[client])
            if lease.watch(desk, request, t_ns, taken) and was_active:
                return True
        desk.age()
        wish = WishMessage(t_ns, Wish(0.8, 0.8), desk.operator_t_ns, t_ns, person=SOMEONE)
        belt = BeltSample(t_ns, *speeds, 0.0)
        inputs = GuardInputs(t_ns=t_ns, wish=wish, belt=belt, asks=tuple(desk.asks))
        decision = guard(state, inputs, LIMITS)
        if decision.state.mode == "starting" and state.mode == "armed":
            starts.append(desk.commander)
        state, answers = decision.state, decision.answers
        speeds = (decision.command.left_speed_mps, decision.command.right_speed_mps)
        for each in (desk.asks, desk.acks, desk.events):
            each.clear()
    return False
