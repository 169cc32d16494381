"""A keeper over `memory:` links in virtual time, belts of the simplest kind, and a session."""

import asyncio
import contextlib

from safety.bench import SOMEONE
from safety.platform_bench import LIMITS as PLATFORM_LIMITS
from safety.platform_bench import Base

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.errors import LinkError
from rehabsim.base.records import BeltSample, Wish
from rehabsim.base.site import Site
from rehabsim.devices.link import open_link
from rehabsim.safety.keeper import Keeper
from rehabsim.safety.messages import Ask, WishMessage, decode_report, encode
from rehabsim.safety.platform_keeper import PlatformKeeper
from rehabsim.session.setup import SIMULATED_SITE

LIMITS = load_toml(SIMULATED_SITE, Site).limits
URL = "memory:keeper"


class Belts:
    """Follows each command at once at its acceleration; can fall silent or lose its wire."""

    can_expire = False

    def __init__(self, clock):
        self.clock = clock
        self.is_silent = self.is_cut = False
        self.hold = ""
        self.sent, self.stops, self.verbs, self.open_count = [], [], [], 0
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
        sample = BeltSample(now_ns, self.speed_mps, self.speed_mps, 0.0, hold=self.hold)
        return [] if self.is_silent else [sample]

    def send(self, command):
        if self.is_cut:
            raise LinkError("treadmill: hung up.", device="treadmill", url="memory:belts")
        self.sent.append((self.clock.now_ns(), command))
        self.target_mps, self.accel_mps2 = command.left_speed_mps, command.left_accel_mps2

    def reset(self):
        self.verbs.append("reset")
        self.hold = ""

    def arm(self, limits):
        self.verbs.append("arm")

    def disarm(self):
        self.verbs.append("disarm")

    def stop(self, decel_mps2):
        self.stops.append(self.clock.now_ns())
        if not self.is_cut:
            self.target_mps, self.accel_mps2 = 0.0, decel_mps2


class Deck:
    """A platform that does at once what it is told, on a wire that a test can spoil."""

    can_expire = True

    def __init__(self, clock):
        self.clock, self.base = clock, Base()
        self.is_silent = self.is_cut = False
        self.error = None
        self.sent, self.stops, self.open_count = [], [], 0

    def _hung_up(self):
        return LinkError("platform: hung up.", device="platform", url="memory:base")

    async def open(self):
        if self.is_cut:
            raise self._hung_up()
        self.open_count += 1

    async def close(self):
        pass

    def take(self):
        if self.is_cut:
            raise self._hung_up()
        if self.error is not None:
            raise self.error
        return [] if self.is_silent else [self.base.sample(self.clock.now_ns())]

    def send(self, command):
        if self.is_cut:
            raise self._hung_up()
        self.sent.append((self.clock.now_ns(), command))
        self.base.obey(command)

    def stop(self):
        self.stops.append(self.clock.now_ns())


class Hands:
    """A session that wishes for 1 m/s and `ride`, and asks what a test tells it to."""

    def __init__(self, link, clock):
        self.person = SOMEONE
        self.link, self.clock = link, clock
        self.is_wishing = True
        self.ride = None
        self.reports = []
        self._count = 0

    async def live(self):
        async with contextlib.aclosing(self.clock.ticks(4_000_000)) as ticks:
            async for tick in ticks:
                if self.is_wishing:
                    t_ns = tick.woke_ns
                    message = WishMessage(
                        t_ns, Wish(1.0, 1.0), t_ns, t_ns, person=self.person, platform=self.ride
                    )
                    self.link.write(encode(message))
                self.reports += [decode_report(data) for _, data in self.link.take()]

    def ask(self, name):
        self._count += 1
        self.link.write(encode(Ask(f"h{self._count}", name, "hands")))

    async def walk(self, *, first=()):
        for name in (*first, "reset", "arm", "start"):
            self.ask(name)
            await asyncio.sleep(0.05)
        await asyncio.sleep(5)
        if self.mode != "running":
            raise RuntimeError(f"cannot walk: {self.mode}")

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
        await beside(Keeper(belts, LIMITS, clock, URL), belts, story)

    run(go, virtual=True)


async def beside(keeper, device, story):
    """Run `story(device, hands, keeper)` while the keeper runs."""
    await keeper.open()
    clock = keeper._clock
    hands = Hands(await open_link(URL, clock, device="keeper"), clock)
    tasks = [asyncio.create_task(keeper.run()), asyncio.create_task(hands.live())]
    try:
        await asyncio.sleep(0.1)
        await story(device, hands, keeper)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await keeper.close()
        await hands.link.close()


def ride(story):
    """Run `story(deck, hands, keeper)` beside a keeper of belts and a platform."""

    async def go(clock):
        deck = Deck(clock)
        platform = PlatformKeeper(deck, PLATFORM_LIMITS, clock)
        await beside(Keeper(Belts(clock), LIMITS, clock, URL, platform=platform), deck, story)

    run(go, virtual=True)


def stopped_after_s(hands, since_ns):
    """Return how long after `since_ns` the keeper began to stop."""
    for report in hands.reports:
        if report.inputs.t_ns >= since_ns and report.decision.state.mode == "stopping":
            return (report.inputs.t_ns - since_ns) / 1e9
    return None
