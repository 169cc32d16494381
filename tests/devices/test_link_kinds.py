"""What a TCP link and a Unix link each have of their own."""

import asyncio
import contextlib
import socket
import struct

import pytest
from devices.bench import Bench, ended, taken, until
from devices.wire import is_for_a_person

from rehabsim.base.clock import HostClock
from rehabsim.base.errors import LinkError
from rehabsim.devices import link as link_module
from rehabsim.devices.link import listen, open_link

realtime = pytest.mark.realtime


# -- tcp -----------------------------------------------------------------------------------


@realtime
@pytest.mark.parametrize("bench", ["tcp"], indirect=True)
class TestTcp:
    async def test_a_listener_says_which_port_it_got(self, bench):
        assert bench.url.startswith("tcp://127.0.0.1:")
        assert int(bench.url.rpartition(":")[2]) > 0

    async def test_nothing_waits_to_be_sent_together(self, bench):
        for link in await bench.connect():
            sock = link._transport.get_extra_info("socket")
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    async def test_what_a_full_pipe_cannot_take_is_counted_and_the_rest_arrives(self, bench):
        here, there = await bench.connect()
        block, sent = bytes(range(256)) * 256, 0
        while not here.unsent_count:
            here.write(block)
            sent += 1
        here.write(block)
        assert here.unsent_count == 2
        received = b"".join(await taken(there, (sent - 1) * len(block)))
        assert received == block * (sent - 1)

    async def test_a_closed_link_has_let_go_of_its_socket(self, bench):
        here, _ = await bench.connect()
        sock = here._transport.get_extra_info("socket")
        await here.close()
        assert sock.fileno() == -1

    async def test_closing_a_full_pipe_does_not_wait_for_it(self, bench):
        here, there = await bench.connect()
        sock = here._transport.get_extra_info("socket")
        there._transport.pause_reading()
        while not here.unsent_count:
            here.write(bytes(65536))
        await here.close()
        assert sock.fileno() == -1
        there._transport.resume_reading()
        await ended(there)

    async def test_a_reset_is_a_broken_connection(self, bench):
        host, port = "127.0.0.1", int(bench.url.rpartition(":")[2])
        with socket.create_connection((host, port)) as sock:
            await until(lambda: bench.accepted)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        why = await ended(bench.accepted[0])
        assert "the connection broke (Connection reset by peer)" in why
        assert is_for_a_person(why)


@realtime
@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="Linux only: user timeout")
async def test_commands_that_nobody_acknowledges_end_the_link_instead_of_growing_old():
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        link = await open_link(url, HostClock(), device="treadmill")
        peer, _ = server.accept()
        with peer:
            while not link.unsent_count:
                link.write(bytes(65536))
            assert "the connection broke (Connection timed out)" in await ended(link)
        await link.close()


@realtime
async def test_a_system_without_that_limit_still_opens_links(monkeypatch):
    monkeypatch.delattr(socket, "TCP_USER_TIMEOUT", raising=False)
    bench = Bench(HostClock())
    await bench.listen("tcp://127.0.0.1:0")
    here, there = await bench.connect()
    here.write(b"hello")
    assert b"".join(await taken(there, 5)) == b"hello"
    await bench.close()


@realtime
async def test_nobody_listening_is_a_link_error(free_ports):
    (port,) = free_ports(1)
    with pytest.raises(LinkError, match="Connection refused") as caught:
        await open_link(f"tcp://127.0.0.1:{port}", HostClock(), device="plates")
    assert str(caught.value).startswith(f"plates at tcp://127.0.0.1:{port}: cannot connect")
    assert is_for_a_person(str(caught.value))


@realtime
async def test_a_machine_that_does_not_answer_is_a_link_error(monkeypatch):
    monkeypatch.setattr(link_module, "CONNECT_S", 0.05)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):  # more than the queue of connections holds
            sock = stack.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(server.getsockname())
        with pytest.raises(LinkError, match="no answer") as caught:
            await open_link(
                f"tcp://127.0.0.1:{server.getsockname()[1]}", HostClock(), device="treadmill"
            )
    assert is_for_a_person(str(caught.value))


@pytest.mark.parametrize("call", [open_link, listen])
async def test_a_name_that_cannot_be_a_host_is_a_link_error(call):
    more = {"accept": lambda _: None} if call is listen else {}
    with pytest.raises(LinkError, match="cannot ") as caught:
        await call(f"tcp://{'a' * 64}:1", HostClock(), device="treadmill", **more)
    assert is_for_a_person(str(caught.value))


@realtime
async def test_an_ipv6_listener_says_an_address_that_can_be_opened():
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    bench = Bench(HostClock())
    try:
        await bench.listen("tcp://[::1]:0")
    except LinkError as error:
        pytest.skip(f"this machine has no IPv6 loopback: {error}")
    here, there = await bench.connect()
    here.write(b"six")
    assert b"".join(await taken(there, 3)) == b"six"
    await bench.close()


# -- unix ----------------------------------------------------------------------------------


@realtime
@pytest.mark.parametrize("bench", ["unix"], indirect=True)
class TestUnix:
    def raw(self, bench) -> socket.socket:
        """Return a bare socket connected to the listener: a client that is not ours."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sock.connect(bench.url.removeprefix("unix:"))
        return sock

    async def test_the_socket_is_for_its_owner_alone(self, bench, tmp_path):
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600

    async def test_the_file_goes_with_the_listener(self, bench, tmp_path):
        await bench.listener.close()
        assert not (tmp_path / "s").exists()

    async def test_a_file_that_has_gone_already_is_no_trouble(self, bench, tmp_path):
        (tmp_path / "s").unlink()
        await bench.listener.close()

    async def test_a_full_pipe_drops_the_newest_and_counts_it(self, bench):
        here, there = await bench.connect()
        sent = 0
        while not here.unsent_count:
            here.write(b"%08d" % sent)
            sent += 1
        assert here.unsent_count == 1
        assert await taken(there, 8 * (sent - 1)) == [b"%08d" % k for k in range(sent - 1)]

    @pytest.mark.parametrize("is_writing", [False, True])
    async def test_last_words_are_heard_from_one_who_died_without_listening(
        self, bench, is_writing
    ):
        with self.raw(bench) as client:
            await until(lambda: bench.accepted)
            (link,) = bench.accepted
            link.write(b"never read")
            for word in (b"one", b"two", b"three"):
                client.send(word)
        if is_writing:
            link.write(b"nobody is there")
        assert await taken(link, 11) == [b"one", b"two", b"three"]
        why = await ended(link)
        assert "hung up" in why or "the connection broke" in why
        assert is_for_a_person(why)

    async def test_a_flood_leaves_time_for_others(self, bench, monkeypatch):
        monkeypatch.setattr(link_module, "MAX_BURST", 4)
        with self.raw(bench) as client:
            await until(lambda: bench.accepted)
            (link,) = bench.accepted
            for k in range(10):
                client.send(b"%d" % k)
            link._readable()
            assert len(link.take()) == 4
            assert b"".join(await taken(link, 6)) == b"456789"

    async def test_a_socket_that_fails_ends_its_link(self, bench):
        _, there = await bench.connect()
        asyncio.get_running_loop().remove_reader(there._sock.fileno())
        there._sock.close()
        there._readable()
        with pytest.raises(LinkError, match=r"the connection broke \(Bad file descriptor\)"):
            there.take()

    async def test_a_client_that_left_before_it_was_let_in_is_no_trouble(self, bench):
        self.raw(bench).close()
        await until(lambda: bench.accepted)
        assert "hung up" in await ended(bench.accepted[0])


@pytest.mark.parametrize("place", ["none", "a" * 120])
async def test_a_socket_that_is_not_there_is_a_link_error(tmp_path, place):
    for call, more in ((open_link, {}), (listen, {"accept": lambda _: None})):
        url = f"unix:{tmp_path / 'nowhere' / place}"
        with pytest.raises(LinkError, match=r"keeper at unix:.*: cannot ") as caught:
            await call(url, HostClock(), device="keeper", **more)
        assert is_for_a_person(str(caught.value))
