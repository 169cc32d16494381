"""Links over UDP, between real sockets of this machine."""

import asyncio
import errno
import socket

import pytest
from devices.bench import ended, taken, until
from devices.wire import is_for_a_person

from rehabsim.base.clock import HostClock
from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.devices import udp_link
from rehabsim.devices.link import listen, open_link

pytestmark = pytest.mark.realtime
ANYWHERE = "udp://127.0.0.1:0"


class Room:
    """A listener, what it let in, and clients."""

    def __init__(self):
        self.clock = HostClock()
        self.accepted = []
        self.opened = []

    async def open(self, url=ANYWHERE):
        self.listener = await listen(
            url, self.clock, device="platform", accept=self.accepted.append
        )

    async def client(self, hello=b"hello"):
        """Return a client that has said hello, and the link that the listener made of it."""
        link = await open_link(self.listener.url, self.clock, device="platform")
        self.opened.append(link)
        count = len(self.accepted)
        link.write(hello)
        await until(lambda: len(self.accepted) > count)
        return link, self.accepted[-1]


@pytest.fixture
async def room():
    made = Room()
    await made.open()
    yield made
    await made.listener.close()
    for link in made.accepted + made.opened:
        await link.close()
    await asyncio.sleep(0)


async def test_each_write_is_one_datagram_in_both_directions(room):
    here, there = await room.client()
    assert await taken(there, 5) == [b"hello"]
    there.write(b"a" * 40)
    there.write(b"b")
    assert await taken(here, 41) == [b"a" * 40, b"b"]
    here.write(b"c")
    assert await taken(there, 1) == [b"c"]
    assert room.listener.url.startswith("udp://127.0.0.1:")


async def test_pieces_are_stamped_when_they_came(room):
    here, there = await room.client()
    before_ns = room.clock.now_ns()
    here.write(b"x")
    await taken(there, 5)
    await until(lambda: bool(there._pieces))
    ((t_ns, _),) = there.take()
    assert before_ns <= t_ns <= room.clock.now_ns()


async def test_two_clients_do_not_hear_each_other(room):
    first, first_there = await room.client(b"1")
    second, second_there = await room.client(b"2")
    first_there.write(b"one")
    second_there.write(b"two")
    assert await taken(first, 3) == [b"one"]
    assert await taken(second, 3) == [b"two"]


async def test_what_is_no_datagram_is_counted_and_harms_nothing(room):
    here, there = await room.client(b"x")
    for link, data in ((here, b""), (here, bytes(70_000)), (there, b""), (there, bytes(70_000))):
        link.write(data)
    assert (here.unsent_count, there.unsent_count) == (2, 2)
    here.write(b"fine")
    assert (await taken(there, 5))[-1] == b"fine"


async def test_a_closed_link_says_so_after_what_had_come(room):
    here, there = await room.client()
    there.write(b"unread")
    await until(lambda: bool(here._pieces))
    for link in (here, there):
        await link.close()
        await link.close()
        assert [piece for _, piece in link.take()]
        with pytest.raises(LinkError, match="closed here") as caught:
            link.take()
        with pytest.raises(LinkError, match="closed here"):
            link.write(b"x")
        assert is_for_a_person(str(caught.value))


async def test_an_address_that_was_forgotten_may_speak_again(room):
    here, there = await room.client()
    await there.close()
    here.write(b"again")
    await until(lambda: len(room.accepted) == 2)
    assert await taken(room.accepted[1], 5) == [b"again"]


async def test_links_stay_open_when_the_listener_closes_and_no_new_ones_are_made(room):
    here, there = await room.client(b"x")
    await taken(there, 1)
    await room.listener.close()
    await room.listener.close()
    here.write(b"still here")
    assert await taken(there, 10) == [b"still here"]
    stranger = await open_link(room.listener.url, room.clock, device="platform")
    room.opened.append(stranger)
    stranger.write(b"too late")
    await asyncio.sleep(0.02)
    assert len(room.accepted) == 1
    await there.close()
    stranger.write(b"nobody")
    assert "nobody is there" in await ended(stranger)


async def test_only_so_many_addresses_are_answered_and_the_silent_one_gives_way(room, monkeypatch):
    monkeypatch.setattr(udp_link, "MAX_PEERS", 2)
    (first, first_there), (_, second_there) = [await room.client(b"x") for _ in range(2)]
    first.write(b"alive")
    await taken(first_there, 6)
    await room.client(b"y")
    await taken(second_there, 1)
    with pytest.raises(LinkError, match="others spoke since"):
        second_there.take()
    assert first_there.take() == []


async def test_nobody_at_an_address_is_a_link_error_once_something_was_sent():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        url = f"udp://127.0.0.1:{free.getsockname()[1]}"
    link = await open_link(url, HostClock(), device="platform")
    assert link.take() == []
    link.write(b"hello")
    why = await ended(link)
    assert why.startswith(f"platform at {url}: nobody is there (Connection refused)")
    assert is_for_a_person(why)
    with pytest.raises(LinkError):
        link.write(b"x")
    await link.close()


async def test_a_datagram_that_the_network_finds_too_long_is_only_counted(room):
    here, there = await room.client(b"x")
    here.error_received(OSError(errno.EMSGSIZE, "too long"))
    assert here.unsent_count == 1
    here.write(b"y")
    assert (await taken(there, 2))[-1] == b"y"


async def test_a_place_that_is_taken_cannot_be_listened_at(room):
    with pytest.raises(LinkError, match=r"cannot listen \(Address already in use\)") as caught:
        await listen(room.listener.url, room.clock, device="platform", accept=print)
    assert is_for_a_person(str(caught.value))


@pytest.mark.parametrize("call", [open_link, listen])
async def test_what_cannot_be_an_address_is_one_sentence(call):
    more = {"accept": lambda _: None} if call is listen else {}
    for url in ("udp:", "udp://127.0.0.1", "udp://:6000", "udp://127.0.0.1:port"):
        with pytest.raises(ConfigError, match=r"not a UDP address; write udp://HOST:PORT\."):
            await call(url, HostClock(), device="platform", **more)
    with pytest.raises(LinkError, match="cannot ") as caught:
        await call(f"udp://{'a' * 64}:1", HostClock(), device="platform", **more)
    assert is_for_a_person(str(caught.value))
