"""Serial links over a pseudo-terminal."""

import asyncio
import contextlib
import os
import tty

import pytest

from rehabsim.base.clock import HostClock
from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.devices.link import listen, open_link
from rehabsim.devices.serial_line import port_of

pytestmark = pytest.mark.realtime


@contextlib.asynccontextmanager
async def line():
    """Yield the far end's descriptor and the link."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    link = await open_link(f"serial://{os.ttyname(theirs)}", HostClock(), device="treadmill")
    os.close(theirs)
    try:
        yield ours, link
    finally:
        await link.close()
        with contextlib.suppress(OSError):
            os.close(ours)


async def taken(link):
    for _ in range(200):
        pieces = link.take()
        if pieces:
            return b"".join(piece for _, piece in pieces)
        await asyncio.sleep(0.005)
    raise AssertionError("nothing came")


async def test_bytes_go_both_ways_untouched():
    everything = bytes(range(256))
    async with line() as (far, link):
        link.write(everything)
        assert os.read(far, 1000) == everything
        os.write(far, everything)
        assert await taken(link) == everything


async def test_nothing_is_taken_twice_and_pieces_are_stamped():
    async with line() as (far, link):
        os.write(far, b"once")
        await asyncio.sleep(0.05)
        ((t_ns, piece),) = link.take()
        assert piece == b"once"
        assert t_ns > 0
        assert link.take() == []


async def test_a_line_that_is_unplugged_is_a_link_error_after_all_it_said():
    async with line() as (far, link):
        os.write(far, b"last")
        await asyncio.sleep(0.05)
        os.close(far)
        await asyncio.sleep(0.05)
        assert await taken(link) == b"last"
        with pytest.raises(LinkError, match="treadmill at serial://"):
            link.take()
        with pytest.raises(LinkError):
            link.write(b"x")


async def test_a_full_line_never_waits_and_counts_what_it_could_not_take():
    async with line() as (_, link):
        for _ in range(100):
            link.write(bytes(1000))
        assert link.unsent_count > 0
        link.write(b"")
        link.write(bytes(65537))


async def test_closing_is_safe_twice_and_then_nothing_comes():
    async with line() as (far, link):
        await link.close()
        await link.close()
        with contextlib.suppress(OSError):
            os.write(far, b"x")
        with pytest.raises(LinkError, match="closed here"):
            link.take()


async def test_a_port_that_is_not_there_is_a_link_error_that_says_what_to_do():
    with pytest.raises(LinkError, match="plugged in") as caught:
        await open_link("serial:///dev/no-such-port", HostClock(), device="treadmill")
    assert caught.value.url == "serial:///dev/no-such-port"


async def test_a_port_is_opened_once():
    ours, theirs = os.openpty()
    url = f"serial://{os.ttyname(theirs)}"
    link = await open_link(url, HostClock(), device="treadmill")
    try:
        with pytest.raises(LinkError):
            await open_link(url, HostClock(), device="treadmill")
    finally:
        await link.close()
        os.close(ours)
        os.close(theirs)


async def test_nobody_listens_on_a_serial_line():
    with pytest.raises(ConfigError, match="serial"):
        await listen("serial:///dev/ttyS0", HostClock(), device="treadmill", accept=lambda _: None)


def test_the_address_names_path_and_speed():
    assert port_of("serial:///dev/ttyUSB0") == ("/dev/ttyUSB0", 921_600)
    assert port_of("serial:///dev/ttyUSB0?baud=115200") == ("/dev/ttyUSB0", 115_200)
