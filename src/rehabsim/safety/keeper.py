"""The keeper: the process that owns what moves, and nothing but that.

It reads the treadmill, listens on a socket for wishes and asks, lets `guard` decide at 250 Hz,
sends the command, and reports every decision to whoever listens. Where there is a platform, its
part is `platform_keeper`. It loads no plug-in but the drivers of the two and serves no network
port.
"""

import asyncio
import contextlib
import os
import signal
import sys

import msgspec

from rehabsim.base.clock import Clock, next_beat_ns, run
from rehabsim.base.config import check
from rehabsim.base.errors import ConfigError, DeviceError, RehabsimError
from rehabsim.base.limits import Limits, PlatformLimits
from rehabsim.base.realtime import be_realtime
from rehabsim.base.records import BeltCommand, BeltSample, Severity
from rehabsim.base.site import DeviceTable
from rehabsim.devices.driver import TREADMILLS, Treadmill, make_driver
from rehabsim.safety.audience import Audience
from rehabsim.safety.causes import is_at_rest
from rehabsim.safety.contact import Contact
from rehabsim.safety.guard import guard
from rehabsim.safety.messages import (
    PLATFORM_ASKS,
    Ask,
    GuardInputs,
    GuardState,
    Report,
    encode,
)
from rehabsim.safety.notebook import Notebook
from rehabsim.safety.platform_keeper import (
    NO_PLATFORM,
    PlatformKeeper,
    answers_to,
    make_platform_keeper,
)

PERIOD_NS = 4_000_000
PHASE_NS = 2_000_000
"""The keeper decides this long after a whole period, when the session's wish has just come."""

RESEND_TICKS = 5
"""A command that does not change is sent again this often."""

FIRST_REPORT_TICKS = 25
"""So long a treadmill is told nothing: where its deck stands is not known before it reports."""

ORPHAN_NS = 2_000_000_000
REALTIME_PRIORITY = 50


class KeeperPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a keeper is started with, as JSON.

    Attributes:
        treadmill: The site file's table.
        limits: The site file's limits, tightened by the session's.
        room: The site file's limits, which a treadmill that has limits of its own has too.
        url: Where to listen.
        epoch_ns: Of the session clock.
        where: File to name in messages about the tables.
        platform: The site file's table, None where there is no platform.
        platform_limits: The site file's, tightened by the session's.
    """

    treadmill: dict[str, object]
    limits: dict[str, object]
    room: dict[str, object]
    url: str
    epoch_ns: int
    where: str
    platform: dict[str, object] | None = None
    platform_limits: dict[str, object] | None = None


class Keeper:
    """Owns one treadmill, and perhaps a platform, until it is told to end.

    Args:
        treadmill: Driver of the belts, not yet open.
        limits: What the belts may do for this person.
        clock: The session clock.
        url: Where to listen for wishes and asks.
        room: What they may do for anyone.
        platform: The platform's part, None where there is no platform.
    """

    def __init__(
        self,
        treadmill: Treadmill,
        limits: Limits,
        clock: Clock,
        url: str,
        *,
        room: Limits | None = None,
        platform: PlatformKeeper | None = None,
    ) -> None:
        self.url = url
        self.state = GuardState()
        self.platform = platform
        self._treadmill = treadmill
        self._contact = Contact(
            treadmill, "treadmill", self._note, lambda: treadmill.stop(limits.fast_mps2)
        )
        self._limits = limits
        self._room = limits if room is None else room
        self._clock = clock
        self._audience = Audience(clock, self._note)
        self._belt: BeltSample | None = None
        self._sent: tuple[BeltCommand, int] | None = None
        self._notes = Notebook()
        self._own_asks: list[Ask] = []

    async def open(self) -> None:
        """Connect to the devices and start listening.

        Raises:
            DeviceError: A device does not answer, or the socket cannot be made.
        """
        await self._contact.open()
        if self.platform is not None:
            await self.platform.open()
        await self._audience.open(self.url)
        if not self._treadmill.can_expire:
            self._note(
                "warn",
                "This treadmill keeps its last speed when its computer falls silent: only the"
                " keeper and the wired emergency stop can stop it.",
            )

    async def run(self) -> None:
        """Decide once a tick, until cancelled."""
        start_ns = next_beat_ns(self._clock.now_ns(), PERIOD_NS, PHASE_NS)
        async with contextlib.aclosing(self._clock.ticks(PERIOD_NS, start_ns=start_ns)) as ticks:
            async for tick in ticks:
                self.step(tick.index, tick.woke_ns, tick.missed_count)

    def step(self, tick: int, t_ns: int, missed_count: int) -> None:
        """Take what came, decide, send, report."""
        asks, refused = self._audience.take(self._own_asks)
        self._own_asks = []
        self._take_belts()
        inputs = GuardInputs(
            t_ns=t_ns,
            wish=self._audience.wish,
            belt=self._belt,
            asks=tuple(ask for ask in asks if ask.name not in PLATFORM_ASKS),
            has_treadmill=self._contact.is_open,
            platform_cause="" if self.platform is None else self.platform.belt_cause,
        )
        decision = guard(self.state, inputs, self._limits)
        self._prepare(self.state, decision.state)
        self.state = decision.state
        self._send(decision.command, tick)
        self._contact.retry(t_ns)
        asked = tuple(ask for ask in asks if ask.name in PLATFORM_ASKS)
        report, answers, notes = None, answers_to(asked, NO_PLATFORM), self._notes.take(t_ns)
        if self.platform is not None:
            report, answers = self.platform.step(tick, inputs, decision, self._limits, asked)
            notes += self.platform.notes.take(t_ns)
        told = Report(tick, missed_count, inputs, decision, notes, report, answers, refused)
        self._audience.tell(encode(told))

    @property
    def is_safe_to_end(self) -> bool:
        """Belts and platform are at rest and nothing may move them."""
        return self.are_belts_parked and (self.platform is None or self.platform.is_still)

    @property
    def are_belts_parked(self) -> bool:
        """They were measured at rest and nothing may move them."""
        return self.state.mode in ("locked", "idle") and is_at_rest(self._belt)

    @property
    def needs_stop(self) -> bool:
        """Something moves, or may, that no stop has reached yet."""
        is_frozen = self.platform is None or self.platform.is_frozen
        return not is_frozen or self.state.mode not in ("stopping", "locked")

    def stop(self, source: str) -> None:
        """Stop everything by our own hand, as a STOP would, at the next tick."""
        self._own_asks.append(Ask(f"{source}-{self._clock.now_ns()}", "stop", source))

    async def close(self) -> None:
        """Ask for rest once more and let go of everything; never raises."""
        self._treadmill.stop(self._limits.fast_mps2)
        if self.platform is not None:
            self.platform.stop()
        await asyncio.sleep(0)
        await self._contact.end()
        await self._audience.close()
        await self._treadmill.close()
        if self.platform is not None:
            await self.platform.close()

    def _note(self, severity: Severity, text: str) -> None:
        self._notes.add(self._clock.now_ns(), severity, text)

    # -- the treadmill ---------------------------------------------------------------------

    def _take_belts(self) -> None:
        if not self._contact.is_open:
            return
        try:
            samples = self._treadmill.take()
        except DeviceError as error:
            self._lose_treadmill(error)
            return
        if samples:
            self._belt = samples[-1]
            self._contact.hear()

    def _prepare(self, before: GuardState, after: GuardState) -> None:
        """Take a treadmill with a state of its own along when the belts are armed or let go."""
        was, now = before.mode, after.mode
        if was == now and before.since_ns == after.since_ns:
            return
        if was == "locked" or was == now == "idle":
            # By a reset; what armed idle belts and let them go within one tick does no harm.
            self._treadmill.reset()
        if now == "armed":
            self._treadmill.arm(self._room)
        elif now in ("idle", "locked") and was not in ("locked", now):
            self._treadmill.disarm()

    def _send(self, command: BeltCommand, tick: int) -> None:
        if not self._contact.is_open or (self._belt is None and tick < FIRST_REPORT_TICKS):
            return
        if self._sent is not None:
            sent, at_tick = self._sent
            if sent == command and tick - at_tick < RESEND_TICKS:
                return
        try:
            self._treadmill.send(command)
            self._sent = (command, tick)
        except DeviceError as error:
            self._treadmill.stop(self._limits.ramp_mps2)
            self._lose_treadmill(error)

    def _lose_treadmill(self, error: DeviceError) -> None:
        """Call it again to bring it to rest; what follows is locked anyway."""
        self._sent = None
        self._contact.lose(error)


# -- as a process --------------------------------------------------------------------------


async def keep(plan: KeeperPlan, clock: Clock) -> None:
    """Run a keeper until SIGTERM, or until nobody is left who started it; then stop the belts."""
    treadmill = make_driver(
        TREADMILLS, DeviceTable.model_validate(plan.treadmill), clock, where=plan.where
    )
    limits = check(plan.limits, Limits, where=plan.where)
    room = check(plan.room, Limits, where=plan.where)
    platform = None
    if plan.platform is not None:
        platform_limits = check(plan.platform_limits, PlatformLimits, where=plan.where)
        platform = make_platform_keeper(plan.platform, platform_limits, clock, where=plan.where)
    keeper = Keeper(treadmill, limits, clock, plan.url, room=room, platform=platform)
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    try:
        await keeper.open()
        _say(ready=be_realtime(REALTIME_PRIORITY))
        await _keep_until(keeper, clock, ending)
    finally:
        # Whatever ends this process, even a fault of its own, the last word is "stop".
        await keeper.close()


async def _keep_until(keeper: Keeper, clock: Clock, ending: asyncio.Event) -> None:
    """Decide until the belts are at rest and nobody needs the keeper any more."""
    parent = os.getppid()
    rest_since_ns: int | None = None
    start_ns = next_beat_ns(clock.now_ns(), PERIOD_NS, PHASE_NS)
    async with contextlib.aclosing(clock.ticks(PERIOD_NS, start_ns=start_ns)) as ticks:
        async for tick in ticks:
            keeper.step(tick.index, tick.woke_ns, tick.missed_count)
            is_orphan = os.getppid() != parent
            if not keeper.is_safe_to_end:
                rest_since_ns = None
                is_left = ending.is_set() or (is_orphan and keeper.are_belts_parked)
                if is_left and keeper.needs_stop:
                    keeper.stop("the end of the session")
                continue
            rest_since_ns = tick.woke_ns if rest_since_ns is None else rest_since_ns
            if ending.is_set() or (is_orphan and tick.woke_ns - rest_since_ns > ORPHAN_NS):
                break


def _say(**words: object) -> None:
    print(msgspec.json.encode(words).decode(), flush=True)  # noqa: T201


def main() -> None:
    """Entry point of the keeper process: reads its plan from standard input."""
    try:
        plan = msgspec.json.decode(sys.stdin.buffer.read(), type=KeeperPlan)
        run(lambda clock: keep(plan, clock), epoch_ns=plan.epoch_ns)
    except RehabsimError as error:
        _say(failed=str(error), is_usage=isinstance(error, ConfigError))
        sys.exit(1)


if __name__ == "__main__":
    main()
