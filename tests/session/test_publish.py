"""The two sockets: what is asked is answered once, and nobody who listens can slow it."""

import time

import msgspec
import pytest
import zmq

from rehabsim.base.errors import LinkError
from rehabsim.session.messages import EventMessage, split_frame
from rehabsim.session.publish import MAX_REFUSED_PER_TICK, Publisher
from rehabsim.session.requests import Ack

LOOPBACK = "tcp://127.0.0.1:*"
BOOT = "a-session"


@pytest.fixture
def publisher():
    publisher = Publisher(LOOPBACK, LOOPBACK, BOOT)
    yield publisher
    publisher.close()


@pytest.fixture
def socket():
    context = zmq.Context()
    made = []

    def make(kind):
        made.append(context.socket(kind))
        return made[-1]

    yield make
    context.destroy(0)


def ask(publisher, asker, data):
    """Send bytes, and return (requests that came through, what the asker hears or None)."""
    asker.send(data)
    deadline = time.monotonic() + 2
    requests = []
    while time.monotonic() < deadline and not requests and not asker.poll(5):
        requests = publisher.take()
    return requests, msgspec.json.decode(asker.recv()) if asker.poll(5) else None


def test_what_is_refused_is_kept_for_the_log_and_of_a_flood_only_the_first_few(publisher, socket):
    asker = socket(zmq.DEALER)
    asker.connect(publisher.request_url)
    for number in range(20):
        asker.send(msgspec.json.encode({"id": f"r{number}", "name": "arm"}))
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline and len(publisher._refused) < MAX_REFUSED_PER_TICK:
        publisher.take()
    refused = publisher.take_refused()
    assert [one.id for one in refused] == [f"r{n}" for n in range(MAX_REFUSED_PER_TICK)]
    assert "needs boot_id" in refused[0].reason
    assert publisher.take_refused() == []


def test_a_request_comes_through_with_its_sender_and_is_answered(publisher, socket):
    asker = socket(zmq.DEALER)
    asker.setsockopt(zmq.IDENTITY, b"console-1")
    asker.connect(publisher.request_url)
    asked = {"id": "1", "name": "set_speed", "speed_mps": 0.9, "boot_id": BOOT, "t_s": 0}
    (request,), _ = ask(publisher, asker, msgspec.json.encode(asked))
    assert (request.client, request.name, request.speed_mps) == ("console-1", "set_speed", 0.9)
    publisher.answer("console-1", Ack("1", "applied", 7, 0.028))
    assert asker.poll(1000)
    assert msgspec.json.decode(asker.recv()) == {
        "id": "1",
        "status": "applied",
        "tick": 7,
        "t_s": 0.028,
        "reason": "",
    }


def test_a_requester_of_the_simple_kind_is_answered_too(publisher, socket):
    asker = socket(zmq.REQ)
    asker.connect(publisher.request_url)
    (request,), _ = ask(publisher, asker, b'{"id": "1", "name": "hello"}')
    publisher.answer(request.client, Ack("1", "applied", 1, 0.0))
    assert asker.poll(1000)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "Invalid JSON"),
        (b"\xff\xfe", "Invalid JSON"),
        (b'{"id": "1", "name": "fly"}', "name"),
        (b'{"name": "arm"}', "id"),
        (b'{"id": "1", "name": "set_speed", "speed_mps": "fast"}', "speed_mps"),
        (b'{"id": "1", "name": "set_speed", "speed_mps": 1e999}', "speed_mps"),
        (b'{"id": "1", "name": "arm", "extra": 1}', "extra"),
    ],
)
def test_a_malformed_request_is_refused_with_its_reason(publisher, socket, data, word):
    asker = socket(zmq.DEALER)
    asker.connect(publisher.request_url)
    requests, answer = ask(publisher, asker, data)
    assert requests == []
    assert answer["status"] == "rejected"
    assert answer["id"] == ("1" if b'"id": "1"' in data else "")
    assert word in answer["reason"]


def test_a_taken_address_is_named(publisher):
    with pytest.raises(LinkError, match=r"cannot listen .* \[publish\]"):
        Publisher(publisher.state_url, LOOPBACK, BOOT)


def test_a_subscriber_that_never_reads_does_not_slow_the_publisher(publisher, socket):
    deaf, keen = socket(zmq.SUB), socket(zmq.SUB)
    for listener in (deaf, keen):
        listener.setsockopt(zmq.SUBSCRIBE, b"event ")
        listener.setsockopt(zmq.RCVHWM, 10)
        listener.connect(publisher.state_url)
    time.sleep(0.2)
    longest_s = 0.0
    for seq in range(20_000):
        start_s = time.perf_counter()
        publisher.tell("event", event(seq))
        longest_s = max(longest_s, time.perf_counter() - start_s)
        while keen.poll(0):
            keen.recv()
    assert longest_s < 0.5
    while keen.poll(200):  # at such a rate some may have been dropped for the keen one too
        keen.recv()
    publisher.tell("event", event(20_000))
    assert keen.poll(2000)
    assert msgspec.msgpack.decode(split_frame(keen.recv())[1])["seq"] == 20_000


def event(seq):
    return EventMessage(
        boot_id="b",
        seq=seq,
        tick=seq,
        t_s=0.0,
        kind="marker",
        source="test",
        severity="none",
        text="x" * 500,
        values={},
    )
