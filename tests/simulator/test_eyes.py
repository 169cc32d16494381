"""What the person sees: frames of published states, and nothing of what only looks like one."""

import contextlib

import msgspec
import pytest
from simulator.game import frame

from rehabsim.base.clock import NS, run
from rehabsim.base.errors import ConfigError
from rehabsim.devices.link import open_link
from rehabsim.session.publish import Publisher
from rehabsim.session.window import Window
from rehabsim_sim.play.eyes import Eyes
from rehabsim_sim.play.picture import MAX_FRAME_BYTES, read_picture

URL = "memory:eyes"
SCENE = {"target_x_m": 0.1, "target_y_m": 0.0}
DEEP = b"state " + 10000 * b"\x91"
GARBAGE = [
    b"state ",
    b"state \xc1",
    b"state " + msgspec.msgpack.encode([1, 2]),
    b"state " + msgspec.msgpack.encode({"tick": 1, "boot_id": "a"}),
    b"state " + msgspec.msgpack.encode({"tick": 1, "boot_id": "a", "scene": {"x_m": "far"}}),
    frame(SCENE, 1)[:-3],
    b"stat " + msgspec.msgpack.encode({}),
    b"x",
    DEEP,
]


def seen(*frames):
    """Return what eyes see when these arrive, and how much of it could not be read."""

    async def go(clock):
        eyes = Eyes(URL, clock)
        await eyes.open()
        link = await open_link(URL, clock, device="session")
        for one in frames:
            link.write(one)
        picture, again = eyes.look(), eyes.look()
        await link.close()
        assert eyes.look() is None
        await eyes.close()
        await eyes.close()
        assert again is None
        return picture, eyes.unreadable_count

    return run(go, virtual=True)


def test_a_picture_has_session_tick_and_scene():
    picture, count = seen(frame(SCENE, 8))
    assert (picture.boot_id, picture.tick, picture.scene) == ("game", 8, SCENE)
    assert count == 0


def test_only_the_newest_is_looked_at():
    assert seen(frame(SCENE, 8), frame(SCENE, 16))[0].tick == 16


@pytest.mark.parametrize("bad", GARBAGE, ids=range(len(GARBAGE)))
def test_what_is_no_picture_is_ignored_and_counted(bad):
    picture, count = seen(frame(SCENE, 8), bad)
    assert picture is not None
    assert picture.tick == 8
    assert count == 1


def test_a_frame_that_is_too_long_is_no_picture():
    with pytest.raises(ValueError, match="no picture"):
        read_picture(frame(SCENE, 1) + bytes(MAX_FRAME_BYTES))


def test_other_topics_are_nothing_to_look_at():
    picture, count = seen(b"event \x80", b"gait \x80", b"session \x80")
    assert picture is None
    assert count == 0


def test_nobody_to_look_at_is_no_picture():
    async def go(clock):
        eyes = Eyes(URL, clock)
        await eyes.open()
        assert eyes.look() is None
        await eyes.close()

    run(go, virtual=True)


def test_a_session_that_ended_leaves_the_next_one_to_be_seen():
    async def go(clock):
        eyes = Eyes(URL, clock)
        await eyes.open()
        for tick in (8, 16):
            link = await open_link(URL, clock, device="session")
            link.write(frame(SCENE, tick))
            picture = eyes.look()
            assert picture is not None
            assert picture.tick == tick
            await link.close()
            assert eyes.look() is None
        await eyes.close()

    run(go, virtual=True)


def test_what_a_window_shows_after_the_person_has_gone_is_lost():
    async def go(clock):
        eyes = Eyes(URL, clock)
        await eyes.open()
        link = await open_link(URL, clock, device="session")
        assert eyes.look() is None
        await eyes.close()
        Window(link).tell("state", {})
        await link.close()

    run(go, virtual=True)


def test_an_address_that_is_none_is_refused():
    async def go(clock):
        with pytest.raises(ConfigError, match="eyes at 'tcp://nowhere'"):
            await Eyes("tcp://nowhere", clock).open()

    run(go, virtual=True)


@pytest.mark.realtime
def test_a_publishing_session_is_seen_as_a_display_sees_it():
    publisher = Publisher("tcp://127.0.0.1:*", "tcp://127.0.0.1:*", "boot")

    async def go(clock):
        eyes = Eyes(publisher.state_url, clock)
        await eyes.open()
        picture, tick = None, 0
        async with contextlib.aclosing(clock.ticks(NS // 100)) as beats:
            async for beat in beats:
                tick += 1
                publisher.tell("state", {"boot_id": "boot", "tick": tick, "scene": SCENE})
                picture = eyes.look() or picture
                if (picture is not None and tick > 50) or beat.index > 1000:
                    break
        await eyes.close()
        return picture

    try:
        picture = run(go)
    finally:
        publisher.close()
    assert picture is not None
    assert picture.scene == SCENE
    assert picture.tick > 30
