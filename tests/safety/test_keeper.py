"""The keeper over `memory:` links, with belts of the simplest kind, in virtual time."""

import asyncio
import contextlib

import pytest

from rehabsim.base.clock import run
from rehabsim.base.config import Site, load_toml
from rehabsim.base.errors import LinkError
from rehabsim.base.records import BeltSample, Wish
from rehabsim.devices.link import open_link
from rehabsim.safety.keeper import Keeper
from rehabsim.safety.messages import Ask, WishMessage, decode_report, encode
from rehabsim.session.setup import SIMULATED_SITE

LIMITS = load_toml(SIMULATED_SITE, Site).limits
URL = "memory:keeper"


class Belts:
    """Follows each command at once at its acceleration; can fall silent or lose its wire."""

    can_expire = False

    def __init__(self, clock):
        self.clock = clock
        self.is_silent = self.is_cut = False
        self.sent, self.stops, self.open_count = [], [], 0
        self.speed_mps, self.target_mps, self.accel_mps2 = 0.0, 0.0, 0.5
        self._at_ns = 0

    async def open(self):
        if self.is_cut:
            raise LinkError("treadmill: cannot connect.", device="treadmill", url="memory:belts")
        self.open_count += 1

    async def close(self):
        pass

    def take(self):
        now_ns = self.clock.now_ns()
        most_mps = self.accel_mps2 * (now_ns - self._at_ns) / 1e9
        self._at_ns = now_ns
        change_mps = self.target_mps - self.speed_mps
        self.speed_mps += min(max(change_mps, -most_mps), most_mps)
        if self.is_cut:
            raise LinkError("treadmill: hung up.", device="treadmill", url="memory:belts")
        return [] if self.is_silent else [BeltSample(now_ns, self.speed_mps, self.speed_mps, 0.0)]

    def send(self, command):
        if self.is_cut:
            raise LinkError("treadmill: hung up.", device="treadmill", url="memory:belts")
        self.sent.append((self.clock.now_ns(), command))
        self.target_mps, self.accel_mps2 = command.left_speed_mps, command.left_accel_mps2

    def stop(self, decel_mps2):
        self.stops.append(self.clock.now_ns())
        if not self.is_cut:
            self.target_mps, self.accel_mps2 = 0.0, decel_mps2


class Hands:
    """A session that wishes for 1 m/s, and asks what a test tells it to."""

    def __init__(self, link, clock):
        self.link, self.clock = link, clock
        self.is_wishing = True
        self.reports = []
        self._count = 0

    async def live(self):
        async with contextlib.aclosing(self.clock.ticks(4_000_000)) as ticks:
            async for tick in ticks:
                if self.is_wishing:
                    t_ns = tick.woke_ns
                    message = WishMessage(t_ns, Wish(1.0, 1.0), t_ns, t_ns)
                    self.link.write(encode(message))
                self.reports += [decode_report(data) for _, data in self.link.take()]

    def ask(self, name):
        self._count += 1
        self.link.write(encode(Ask(f"h{self._count}", name, "hands")))

    async def walk(self):
        for name in ("reset", "arm", "start"):
            self.ask(name)
            await asyncio.sleep(0.05)
        await asyncio.sleep(5)
        assert self.mode == "running"

    @property
    def mode(self):
        return self.reports[-1].decision.state.mode

    @property
    def notes(self):
        return [note.text for report in self.reports for note in report.notes]


def trial(story):
    """Run `story(belts, hands, keeper)` beside a keeper."""

    async def go(clock):
        belts = Belts(clock)
        keeper = Keeper(belts, LIMITS, clock, URL)
        await keeper.open()
        hands = Hands(await open_link(URL, clock, device="keeper"), clock)
        tasks = [asyncio.create_task(keeper.run()), asyncio.create_task(hands.live())]
        try:
            await asyncio.sleep(0.1)
            await story(belts, hands, keeper)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await keeper.close()
            await hands.link.close()

    run(go, virtual=True)


def stopped_after_s(hands, since_ns):
    """Return how long after `since_ns` the keeper began to stop."""
    for report in hands.reports:
        if report.inputs.t_ns >= since_ns and report.decision.state.mode == "stopping":
            return (report.inputs.t_ns - since_ns) / 1e9
    return None


def test_two_acts_start_the_belts_and_the_wish_is_reached():
    async def story(belts, hands, keeper):
        await hands.walk()
        assert belts.speed_mps == pytest.approx(1.0)

    trial(story)


def test_belts_ramp_down_when_the_session_falls_silent():
    async def story(belts, hands, keeper):
        await hands.walk()
        hands.is_wishing, since_ns = False, hands.clock.now_ns()
        await asyncio.sleep(4)
        assert stopped_after_s(hands, since_ns) == pytest.approx(0.1, abs=0.009)
        assert belts.speed_mps == 0
        assert hands.mode == "locked"
        hands.is_wishing = True
        await asyncio.sleep(1)
        assert belts.speed_mps == 0

    trial(story)


def test_belts_are_told_to_rest_when_the_treadmill_falls_silent():
    async def story(belts, hands, keeper):
        await hands.walk()
        belts.is_silent, since_ns = True, hands.clock.now_ns()
        await asyncio.sleep(4)
        assert stopped_after_s(hands, since_ns) == pytest.approx(0.1, abs=0.009)
        assert belts.speed_mps == 0
        assert hands.mode == "stopping"
        belts.is_silent = False
        await asyncio.sleep(0.5)
        assert hands.mode == "locked"

    trial(story)


def test_a_treadmill_that_hung_up_is_called_again_and_told_to_stop():
    async def story(belts, hands, keeper):
        await hands.walk()
        belts.is_cut = True
        await asyncio.sleep(2)
        assert belts.speed_mps == pytest.approx(1.0)
        assert hands.mode == "stopping"
        belts.is_cut = False
        await asyncio.sleep(3)
        assert belts.open_count == 2
        assert belts.speed_mps == 0
        assert hands.mode == "locked"
        assert any("answers again" in text for text in hands.notes)

    trial(story)


def test_a_stop_from_a_stranger_is_obeyed():
    async def story(belts, hands, keeper):
        await hands.walk()
        stranger = await open_link(URL, hands.clock, device="keeper")
        stranger.write(encode(Ask("x", "stop", "stranger")))
        since_ns = hands.clock.now_ns()
        await asyncio.sleep(2)
        assert stopped_after_s(hands, since_ns) <= 0.005
        assert "STOP from stranger" in hands.reports[-1].decision.state.cause
        assert belts.speed_mps == 0
        await stranger.close()

    trial(story)


def test_garbage_is_noted_and_changes_nothing():
    async def story(belts, hands, keeper):
        await hands.walk()
        for data in (b"", b"\xff" * 100, b"stop", encode(hands.reports[-1])):
            if data:
                hands.link.write(data)
        await asyncio.sleep(1)
        assert sum("not understood" in text for text in hands.notes) == 3
        assert hands.mode == "running"

    trial(story)


def test_a_stop_among_a_flood_of_asks_is_obeyed():
    async def story(belts, hands, keeper):
        await hands.walk()
        for _ in range(50):
            hands.ask("arm")
        hands.ask("stop")
        await asyncio.sleep(0.02)
        assert hands.mode == "stopping"

    trial(story)


def test_every_report_follows_from_the_one_before():
    async def story(belts, hands, keeper):
        await hands.walk()
        ticks = [report.tick for report in hands.reports]
        assert ticks == list(range(ticks[0], ticks[0] + len(ticks)))

    trial(story)


def test_a_treadmill_that_cannot_expire_is_announced():
    async def story(belts, hands, keeper):
        assert any("keeps its last speed" in text for text in hands.notes)

    trial(story)


def test_closing_has_the_last_word_and_it_is_stop():
    clock_ns = []

    async def story(belts, hands, keeper):
        await hands.walk()
        count = len(belts.stops)
        await keeper.close()
        assert len(belts.stops) == count + 1
        clock_ns.append(belts.target_mps)

    trial(story)
    assert clock_ns == [0.0]
