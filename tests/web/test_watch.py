"""The terminal client, fed by a real publisher with made-up states."""

import asyncio
from math import nan, pi, sin
from pathlib import Path

import pytest
from msgspec.structs import replace

from rehabsim.base.clock import HostClock
from rehabsim.base.errors import ConfigError
from rehabsim.base.records import BeltSample, Gait, Wish
from rehabsim.session.messages import (
    Belts,
    BlockPlace,
    Dose,
    EventMessage,
    Health,
    SessionMessage,
    StateMessage,
    Tuned,
    encode_frame,
)
from rehabsim.session.publish import Publisher
from rehabsim.web import watch as watch_module
from rehabsim.web.watch import WatchApp, watch
from rehabsim.web.watch_link import WatchLink

SIZE = (110, 38)


def state_message(tick, *, boot_id="a1", mode="running", cause="", **changes):
    t_s = tick / 250
    swing = 350 + 380 * sin(2 * pi * t_s / 1.1)
    message = StateMessage(
        boot_id=boot_id,
        seq=tick,
        tick=tick,
        t_s=t_s,
        is_replay=False,
        scenario="boat",
        mode=mode,
        cause=cause,
        commander="console-1",
        belt=BeltSample(tick * 4_000_000, 0.93, 0.88, 0.021),
        wish=Wish(1.10, 1.05),
        command=Belts(0.95, 0.90, 0.02),
        cruise_speed_mps=1.0,
        max_speed_mps=2.0,
        left_distance_m=0.9 * t_s,
        right_distance_m=0.88 * t_s,
        gait=Gait(
            t_ns=tick * 4_000_000,
            left_fz_n=max(swing, 0.0),
            right_fz_n=max(700 - swing, 0.0),
            load_share_left_frac=0.53,
            has_left_stance=swing > 50,
            has_right_stance=swing < 650,
            body_weight_n=702.0,
            cadence_hz=1.82,
            left_step_time_s=0.56,
            right_step_time_s=0.54,
            left_step_length_m=0.51,
            right_step_length_m=0.49,
            left_step_count=41,
            right_step_count=40,
        ),
        scene={"x_m": 3.0, "is_wet": True},
        health=Health(0.0001, 0, 4 * tick, 0, 0.004, 0.003),
    )
    return StateMessage(
        **{**{f: getattr(message, f) for f in message.__struct_fields__}, **changes}
    )


def event_message(seq, text, *, boot_id="a1", kind="mode", severity="none"):
    return EventMessage(
        boot_id=boot_id,
        seq=seq,
        tick=seq * 100,
        t_s=seq * 0.4,
        kind=kind,
        source="keeper",
        severity=severity,
        text=text,
        values={},
    )


def session_message(*, boot_id="a1", plates_url="sim:", scenario="boat"):
    return SessionMessage(
        boot_id=boot_id,
        seq=0,
        start_utc_ns=1,
        version="0.1.0",
        is_replay=False,
        site="simulated laboratory",
        treadmill_url="sim:",
        plates_url=plates_url,
        subject="p-0042",
        patient="healthy",
        seed=7,
        scenario=scenario,
        params={},
        limits={},
        log="sessions/walk.mcap",
    )


class HandClock:
    """A clock that is set by hand, so that nothing here depends on how fast this machine is."""

    t_ns = 0

    def now_ns(self):
        return self.t_ns


class Scene:
    """A publisher, and the client's app on a made-up terminal."""

    def __init__(self, app, clock, pilot, publisher):
        self.app, self.clock, self.pilot, self.publisher = app, clock, pilot, publisher
        self.tick = 0

    def pass_time(self, seconds):
        self.clock.t_ns += round(seconds * 1e9)
        self.app.beat()

    async def tell(self, *messages):
        topics = {StateMessage: "state", EventMessage: "event", SessionMessage: "session"}
        for message in messages:
            self.publisher.tell(topics[type(message)], message)
        await asyncio.sleep(0.1)
        self.app.beat()

    async def tell_until_heard(self, *messages):
        """Publish until the subscription has reached the publisher."""
        for _ in range(200):
            await self.tell(state_message(self.tick), *messages)
            self.tick += 1
            view = self.app.model.view(0)
            if view.state is not None and (view.session is not None or not messages):
                return
        raise AssertionError("nothing was heard")

    def text(self, name):
        return str(self.app.query_one(f"#{name}").render())


@pytest.fixture
async def scene(free_ports):
    state_port, request_port = free_ports(2)
    url = f"tcp://127.0.0.1:{state_port}"
    publisher = Publisher(url, f"tcp://127.0.0.1:{request_port}", "boot")
    link = WatchLink(url)
    clock = HandClock()
    app = WatchApp(link, clock, url)
    try:
        async with app.run_test(size=SIZE) as pilot:
            yield Scene(app, clock, pilot, publisher)
    finally:
        link.close()
        publisher.close()


async def test_it_waits_truthfully_before_anything_is_heard(scene):
    scene.pass_time(4)
    assert "WAITING 4 s" in scene.text("headline")
    assert "No session heard" in scene.text("mode")
    assert "m/s" not in scene.text("belts")


async def test_a_running_session_is_shown_with_its_facts(scene):
    await scene.tell_until_heard(session_message())
    assert "LIVE" in scene.text("headline")
    assert "SIMULATED" in scene.text("headline")
    assert "0.93 m/s" in scene.text("belts")
    assert "109 steps/min" in scene.text("gait")
    for fact in ("boat", "p-0042", "7", "sessions/walk.mcap"):
        assert fact in scene.text("facts")


async def test_a_tick_that_stands_still_makes_the_screen_stale(scene):
    await scene.tell_until_heard()
    scene.pass_time(0.4)
    assert "LIVE" in scene.text("headline")
    for _ in range(3):
        await scene.tell(state_message(scene.tick - 1))
        scene.pass_time(1.0)
    assert "STALE 3.4 s" in scene.text("headline")
    assert "it was running then" in scene.text("mode")
    assert scene.app.screen.has_class("stale")
    await scene.tell(state_message(scene.tick + 10))
    assert "LIVE" in scene.text("headline")
    assert not scene.app.screen.has_class("stale")


async def test_the_newest_of_many_states_is_shown(scene):
    await scene.tell_until_heard()
    await scene.tell(*(state_message(tick) for tick in range(1000, 1400)))
    assert "tick 1399" in scene.text("headline")


async def test_a_session_that_trains_nothing_has_no_line_about_it(scene):
    await scene.tell_until_heard()
    assert not scene.app.query_one("#training").display


async def test_tasks_difficulty_perturbations_and_pacing_stand_in_one_line(scene):
    tuned = Tuned(
        {},
        4,
        3,
        has_level=True,
        level=0.4,
        offered_level=0.5,
        offer_reason="3 of the last 3 done",
        brake="effort 15",
    )
    dose = Dose(
        is_on=False,
        is_going=False,
        done=2,
        count=24,
        next_kind="slip",
        next_side="left",
        strides_left=3,
    )
    await scene.tell_until_heard()
    await scene.tell(state_message(500, tuned=tuned, dose=dose, pacing="follows"))
    await scene.pilot.pause()
    scene.pass_time(0.1)
    assert scene.text("training").strip() == (
        "3 of 4 tasks done   difficulty 0.40   suggested 0.50: 3 of the last 3 done   not harder"
        " now: effort 15   perturbations 2 of 24, held back   belts follow the person"
    )


async def test_a_block_of_a_programme_says_which_it_is_and_how_long_it_goes_on(scene):
    block = BlockPlace(
        programme="Mini", visit=1, visits=8, number=2, count=5, title="Task", says="Go", lasts_s=60
    )
    await scene.tell_until_heard(replace(session_message(), block=block))
    await scene.tell(state_message(500, block_left_s=48.0))
    await scene.pilot.pause()
    scene.pass_time(0.1)
    assert scene.text("training").strip() == "block 2 of 5: Task   0:48 left"
    await scene.tell(state_message(501, block_left_s=0.0, ended="time"))
    await scene.pilot.pause()
    scene.pass_time(0.1)
    assert scene.text("training").strip() == "block 2 of 5: Task   over (time)"


async def test_a_stop_shows_its_cause_and_the_event(scene):
    await scene.tell_until_heard(session_message())
    text = "STOP from console-1: belts are ramping to rest at 1.00 m/s²."
    await scene.tell(
        event_message(1, text, kind="stop", severity="fast"),
        state_message(500, mode="stopping", cause="STOP from console-1"),
    )
    assert "STOP from console-1" in scene.text("mode")
    assert text in scene.text("events")
    assert "stop, fast" in scene.text("events")


async def test_a_new_session_clears_what_was_known(scene):
    await scene.tell_until_heard(session_message())
    await scene.tell(event_message(1, "An event of the old session."))
    assert "old session" in scene.text("events")
    await scene.tell(state_message(3, boot_id="b2"))
    assert "old session" not in scene.text("events")
    assert "not introduced itself" in scene.text("facts")
    assert "tick 3 " in scene.text("headline")


async def test_bytes_that_are_no_message_are_told_and_survived(scene):
    await scene.tell_until_heard()
    scene.publisher._pub.send(b"event \xc1garbage")
    scene.publisher._pub.send(b"state \x81\xa3abc\x01")
    await scene.tell()
    assert "cannot be read" in scene.text("mode")
    await scene.tell(state_message(5000))
    assert "tick 5000" in scene.text("headline")


async def test_a_field_that_a_newer_session_adds_is_passed_over(scene):
    await scene.tell_until_heard()
    frame = encode_frame("state", state_message(6000))
    assert frame[6] == 0xDE  # a map with a 16-bit count of fields
    count = int.from_bytes(frame[7:9], "big") + 1
    scene.publisher._pub.send(frame[:7] + count.to_bytes(2, "big") + frame[9:] + b"\xa3new\x01")
    await scene.tell()
    assert "tick 6000" in scene.text("headline")


async def test_numbers_that_are_not_measured_are_dashes(scene):
    await scene.tell_until_heard()
    await scene.tell(state_message(700, gait=Gait(), belt=BeltSample(-1, nan, nan, nan)))
    assert "– m/s" in scene.text("belts")
    assert "nan" not in "".join(scene.text(n) for n in ("belts", "gait", "left", "health"))


async def test_q_quits(scene):
    await scene.pilot.press("q")
    assert scene.app._exit


async def test_a_beat_that_comes_after_the_end_does_nothing(free_ports):
    link = WatchLink(f"tcp://127.0.0.1:{free_ports(1)[0]}")
    app = WatchApp(link, HostClock(), "tcp://here")
    try:
        async with app.run_test(size=SIZE):
            pass
        app.beat()
    finally:
        link.close()


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 60)])
async def test_it_draws_on_terminals_of_any_size(free_ports, size):
    link = WatchLink(f"tcp://127.0.0.1:{free_ports(1)[0]}")
    app = WatchApp(link, HostClock(), "tcp://here")
    try:
        async with app.run_test(size=size) as pilot:
            await pilot.pause(0.1)
            assert "WAITING" in str(app.query_one("#headline").render())
    finally:
        link.close()


async def test_no_color_draws_without_colour(free_ports, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    link = WatchLink(f"tcp://127.0.0.1:{free_ports(1)[0]}")
    app = WatchApp(link, HostClock(), "tcp://here")
    try:
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause(0.1)
            colours = {
                colour
                for strip in app.screen._compositor.render_strips()
                for segment in strip.apply_filter(app._filters[0], app.screen.background_colors[1])
                for colour in (segment.style.color,)
                if segment.style
            }
            grey = all(c is None or len(set(c.triplet)) == 1 for c in colours if c and c.triplet)
            assert grey
    finally:
        link.close()


def test_an_address_that_is_none_is_one_sentence():
    with pytest.raises(ConfigError, match=r"'nonsense': not an address .*write tcp://HOST:PORT"):
        watch("nonsense")


def test_without_a_terminal_it_says_so(monkeypatch, free_ports):
    with Path("/dev/null").open() as nothing:
        monkeypatch.setattr(watch_module.sys, "stdin", nothing)
        with pytest.raises(ConfigError, match="draws on a terminal"):
            watch(f"tcp://127.0.0.1:{free_ports(1)[0]}")
