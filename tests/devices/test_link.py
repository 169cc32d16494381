"""What all kinds of link have in common; what each has of its own is in test_link_kinds."""

import asyncio

import pytest
from devices.bench import Bench, ended, taken, until
from devices.wire import is_for_a_person

from rehabsim.base.clock import HostClock, run
from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.devices import inbox
from rehabsim.devices import link as link_module
from rehabsim.devices.link import listen, open_link

realtime = pytest.mark.realtime
ALL = ["memory", pytest.param("tcp", marks=realtime), pytest.param("unix", marks=realtime)]
MESSAGES = ["memory", pytest.param("unix", marks=realtime)]


over_all = pytest.mark.parametrize("bench", ALL, indirect=True)
over_messages = pytest.mark.parametrize("bench", MESSAGES, indirect=True)


# -- every kind ----------------------------------------------------------------------------


@over_all
async def test_bytes_arrive_in_order_both_ways(bench):
    here, there = await bench.connect()
    for k in range(200):
        here.write(b"%04d" % k)
        there.write(b"%04d" % (k + 5000))
    assert b"".join(await taken(there, 800)) == b"".join(b"%04d" % k for k in range(200))
    assert b"".join(await taken(here, 800)) == b"".join(b"%04d" % (k + 5000) for k in range(200))
    assert (here.dropped_count, here.unsent_count) == (0, 0)


@over_all
async def test_pieces_are_stamped_in_the_order_in_which_they_came(bench):
    here, there = await bench.connect()
    stamps = []
    for _ in range(20):
        before_ns = bench.clock.now_ns()
        here.write(b"x")
        await until(lambda: bool(there._pieces))
        ((t_ns, _),) = there.take()
        stamps += [before_ns, t_ns]
    assert stamps == sorted(stamps)


@over_all
async def test_nothing_is_taken_twice(bench):
    here, there = await bench.connect()
    here.write(b"once")
    await taken(there, 4)
    assert there.take() == []


@over_all
async def test_what_was_sent_before_hanging_up_is_heard_before_the_end(bench):
    here, there = await bench.connect()
    here.write(b"last words")
    await here.close()
    assert b"".join(await taken(there, 10)) == b"last words"
    assert "hung up" in await ended(there)
    with pytest.raises(LinkError, match="hung up"):
        there.write(b"too late")


@over_all
async def test_a_link_closed_here_says_so_after_what_had_come(bench):
    here, there = await bench.connect()
    there.write(b"unread")
    await until(lambda: bool(here._pieces))
    await here.close()
    await here.close()
    assert [piece for _, piece in here.take()] == [b"unread"]
    with pytest.raises(LinkError, match="closed here"):
        here.take()
    with pytest.raises(LinkError, match="closed here") as caught:
        here.write(b"x")
    assert (caught.value.device, caught.value.url) == ("treadmill", bench.url)
    assert is_for_a_person(str(caught.value))


@over_all
async def test_links_stay_open_when_the_listener_closes_and_no_new_ones_are_made(bench):
    here, there = await bench.connect()
    await bench.listener.close()
    await bench.listener.close()
    here.write(b"still here")
    assert b"".join(await taken(there, 10)) == b"still here"
    with pytest.raises(LinkError, match="treadmill at ") as caught:
        await open_link(bench.url, bench.clock, device="treadmill")
    assert is_for_a_person(str(caught.value))


@over_all
async def test_two_clients_do_not_hear_each_other(bench):
    first, first_there = await bench.connect()
    second, second_there = await bench.connect()
    first_there.write(b"first")
    second_there.write(b"other")
    assert b"".join(await taken(first, 5)) == b"first"
    assert b"".join(await taken(second, 5)) == b"other"


@over_all
async def test_a_place_that_is_taken_cannot_be_listened_at(bench):
    with pytest.raises(LinkError, match="cannot listen") as caught:
        await listen(bench.url, bench.clock, device="keeper", accept=bench.accepted.append)
    assert "in use" in str(caught.value).lower()
    assert is_for_a_person(str(caught.value))
    assert (caught.value.device, caught.value.url) == ("keeper", bench.url)
    await bench.connect()


@over_all
async def test_a_place_is_free_again_after_closing_and_is_not_freed_twice(bench):
    old = bench.listener
    await old.close()
    await bench.listen(bench.url)
    await old.close()
    here, there = await bench.connect()
    here.write(b"hello")
    assert b"".join(await taken(there, 5)) == b"hello"


# -- links with boundaries -----------------------------------------------------------------


@over_messages
async def test_each_write_stays_one_piece(bench):
    here, there = await bench.connect()
    messages = [b"a", b"bb" * 1000, b"c\0c", b"d" * link_module.MAX_MESSAGE_BYTES]
    for message in messages:
        here.write(message)
    assert await taken(there, sum(map(len, messages))) == messages


@over_messages
async def test_what_is_no_message_is_counted_and_harms_nothing(bench):
    here, there = await bench.connect()
    here.write(b"")
    here.write(bytes(link_module.MAX_MESSAGE_BYTES + 1))
    here.write(bytes(1_000_000))
    assert here.unsent_count == 3
    here.write(b"fine")
    assert await taken(there, 4) == [b"fine"]


@over_messages
async def test_the_oldest_pieces_go_and_are_counted_when_nobody_takes_them(bench, monkeypatch):
    monkeypatch.setattr(inbox, "MAX_PENDING", 10)
    here, there = await bench.connect()
    for k in range(25):
        here.write(b"%02d" % k)
    await until(lambda: bool(there._pieces) and there._pieces[-1][1] == b"24")
    assert [piece for _, piece in there.take()] == [b"%02d" % k for k in range(15, 25)]
    assert (there.dropped_count, there.unsent_count, here.dropped_count) == (15, 0, 0)


# -- memory --------------------------------------------------------------------------------


def test_a_memory_link_is_heard_at_once_in_virtual_time():
    async def scene(clock):
        bench = Bench(clock)
        await bench.listen("memory:x")
        here, there = await bench.connect()
        await asyncio.sleep(2)
        here.write(b"now")
        pieces = there.take()
        await bench.close()
        return pieces

    assert run(scene, virtual=True) == [(2_000_000_000, b"now")]


def test_two_loops_do_not_share_their_memory():
    async def scene(clock):
        await listen("memory:x", clock, device="keeper", accept=lambda _: None)

    run(scene, virtual=True)
    run(scene, virtual=True)


# -- addresses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "serial:ttyUSB0",
        "serial:///dev/ttyUSB0?baud=fast",
        "serial:///dev/ttyUSB0?bits=7",
        "sim:",
        "127.0.0.1:4000",
        "tcp:",
        "tcp://",
        "tcp://127.0.0.1",
        "tcp://:4000",
        "tcp://127.0.0.1:port",
        "tcp://127.0.0.1:65536",
        "tcp://127.0.0.1:-1",
        "tcp://[::1:4000",
        "unix:",
        "unix:a\0b",
    ],
)
async def test_a_malformed_address_is_a_config_error_that_shows_it(url):
    for call, more in ((open_link, {}), (listen, {"accept": lambda _: None})):
        with pytest.raises(ConfigError) as caught:
            await call(url, HostClock(), device="treadmill", **more)
        assert repr(url) in str(caught.value)
        assert str(caught.value).endswith(".")


async def test_an_unknown_scheme_lists_the_known_ones():
    with pytest.raises(ConfigError, match=r"Known: memory, serial, tcp, udp, unix\."):
        await open_link("carrier-pigeon:7", HostClock(), device="treadmill")
