"""Who comes to the gateway: nobody passes for another, nobody crowds out, STOP always goes on."""

import hashlib
import json
import os
import resource
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import zmq
from web.fakes import FakeSession

from rehabsim.session.entrance import BURST_COUNT
from rehabsim.web.keeper_link import KeeperLink
from rehabsim.web.reception import MAX_MOUTHS, MOUTH_LIFE_NS, NO_TOKEN, NOT_TAKEN, Reception
from rehabsim.web.session_link import SessionLink


class Clock:
    def __init__(self):
        self.t_ns = 10**9

    def now_ns(self):
        return self.t_ns


class Front:
    """A reception before a live session."""

    def __init__(self, token=""):
        self.clock, self.session = Clock(), FakeSession()
        self.reception = Reception(
            self.session, KeeperLink("", self.clock), self.clock, token=token
        )
        self.reception.is_live = lambda now_ns: True

    async def say(self, visitor, **fields):
        """Say something; return what the page is told."""
        visitor.waiting.clear()
        await self.reception.hear(visitor, json.dumps(fields))
        return [json.loads(text) for text in visitor.waiting]

    @property
    def asked(self):
        return [json.loads(text)["name"] for text in self.session.said.asked]


def two_keys_that_begin_alike():
    """Return keys of which everyone sees the same six signs: found as an attacker would."""
    seen = {}
    number = 0
    while True:
        digest = hashlib.sha256(str(number).encode()).hexdigest()[:6]
        if digest in seen:
            return str(seen[digest]), str(number)
        seen[digest] = number
        number += 1


def test_a_key_that_merely_looks_like_the_commanders_is_somebody_else():
    front = Front()
    ours, theirs = two_keys_that_begin_alike()
    commander = front.reception.enter(ours, 0)
    intruder = front.reception.enter(theirs, 0)
    assert intruder.name != commander.name
    assert not commander.is_replaced
    assert front.reception.enter(ours, 0).name == commander.name
    assert commander.is_replaced


async def test_a_name_is_free_again_when_its_page_is_long_gone():
    front = Front()
    ours, theirs = two_keys_that_begin_alike()
    gone = front.reception.enter(ours, 0)
    front.reception.leave(gone)
    assert front.reception.enter(theirs, 0).name != gone.name
    front.clock.t_ns += MOUTH_LIFE_NS + 1
    await front.reception.step(front.clock.t_ns)
    assert front.reception.enter(ours, 0).name == gone.name


def test_pages_that_come_and_go_leave_no_more_sockets_than_allowed():
    front = Front()
    stays = front.reception.enter("stays", 0)
    for number in range(3000):
        front.reception.leave(front.reception.enter(f"page-{number}", 0))
    assert sum(not mouth.is_closed for mouth in front.session.mouths) <= MAX_MOUTHS
    assert not front.session.mouths[0].is_closed
    assert front.reception.visitors[stays.name] is stays


def count_of_open():
    return len(list(Path("/proc/self/fd").iterdir()))


@contextmanager
def no_socket_left():
    """Let this process open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count_of_open() + 20, hard))
    taken = []
    with suppress(OSError):
        while True:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for number in taken:
            os.close(number)


def real_reception(request_url="tcp://127.0.0.1:1"):
    clock = Clock()
    link = SessionLink("tcp://127.0.0.1:1", request_url)
    return link, Reception(link, KeeperLink("", clock), clock)


def test_a_real_link_survives_the_same_crowd():
    link, reception = real_reception()
    for number in range(1200):
        reception.leave(reception.enter(f"page-{number}", 0))
    link.close()


async def test_pages_that_come_when_no_socket_is_left_may_see_and_ask_later():
    context = zmq.Context()
    session = context.socket(zmq.ROUTER)
    port = session.bind_to_random_port("tcp://127.0.0.1")
    link, reception = real_reception(f"tcp://127.0.0.1:{port}")
    reception.is_live = lambda now_ns: True
    with no_socket_left():
        page = reception.enter("late", 0)
        page.waiting.clear()
        await reception.hear(page, json.dumps({"id": "1", "name": "pause"}))
        await reception.step(0)
        assert json.loads(page.waiting[-1])["reason"] == NOT_TAKEN
        assert link.mouth("another").ask(b"{}") is False
    for _ in range(200):
        await reception.hear(page, json.dumps({"id": "2", "name": "pause"}))
        if session.poll(25):
            break
    assert b'"id":"2"' in session.recv_multipart(zmq.NOBLOCK)[-1].replace(b" ", b"")
    context.destroy(0)
    link.close()


async def test_a_page_without_the_token_may_watch_and_stop_but_not_start():
    front = Front(token="the words")
    page = front.reception.enter("a", 0)
    for wrong in ("", "the word", "the words ", "THE WORDS"):
        await front.say(page, k="token", token=wrong)
        (told,) = await front.say(page, id="1", name="arm")
        assert (told["id"], told["status"], told["reason"]) == ("1", "rejected", NO_TOKEN)
    await front.say(page, id="2", name="stop")
    await front.say(page, id="3", name="pause")
    assert front.asked == ["stop", "pause"]
    await front.say(page, k="token", token="the words")
    await front.say(page, id="4", name="arm")
    assert front.asked == ["stop", "pause", "arm"]


async def test_the_token_of_one_page_is_not_anothers():
    front = Front(token="the words")
    known, stranger = front.reception.enter("a", 0), front.reception.enter("b", 0)
    await front.say(known, k="token", token="the words")
    await front.say(stranger, id="1", name="arm")
    assert front.asked == []


async def test_a_page_that_floods_is_told_once_and_its_stop_still_goes_on():
    front = Front()
    page = front.reception.enter("a", 0)
    told = []
    for number in range(1000):
        told += await front.say(page, id=str(number), name="marker", text="stop")
    assert len(front.asked) == BURST_COUNT
    assert len(told) == 1
    assert "Only STOP gets through" in told[0]["reason"]
    await front.say(page, id="s", name="stop")
    assert front.asked[-1] == "stop"


@pytest.mark.parametrize(
    "text",
    ["[" * 60_000, '{"a":' * 20_000, '{"k": "token", "token": "\\ud800"}', "\0", "9" * 5000, "-"],
)
async def test_nothing_that_a_page_says_brings_it_down(text):
    front = Front(token="x")
    page = front.reception.enter("a", 0)
    await front.reception.hear(page, text)
    assert page.role == "observer"
    assert front.asked == []
    await front.say(page, id="s", name="stop")
    assert front.asked == ["stop"]
