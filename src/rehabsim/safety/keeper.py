"""The keeper: the process that owns the belts, and nothing but them.

It reads the treadmill, listens on a socket for wishes and asks, lets `guard` decide at 250 Hz,
sends the command, and reports every decision to whoever listens. It loads no plug-in but the
treadmill's driver and serves no network port.
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
from rehabsim.base.limits import Limits
from rehabsim.base.realtime import be_realtime
from rehabsim.base.records import BeltCommand, BeltSample, Mode, Severity
from rehabsim.base.site import DeviceTable
from rehabsim.devices.driver import TREADMILLS, Treadmill, make_driver
from rehabsim.devices.link import Link, Listener, listen
from rehabsim.safety.causes import is_at_rest
from rehabsim.safety.guard import guard
from rehabsim.safety.messages import (
    Ask,
    GuardInputs,
    GuardState,
    Report,
    WishMessage,
    decode_to_keeper,
    encode,
)
from rehabsim.safety.notebook import Notebook

PERIOD_NS = 4_000_000
PHASE_NS = 2_000_000
"""The keeper decides this long after a whole period, when the session's wish has just come."""

RESEND_TICKS = 5
"""A command that does not change is sent again this often."""

RECONNECT_NS = 500_000_000
MAX_ASKS_PER_TICK = 16
MAX_HEARD_BYTES = 1024
"""Longer messages are refused unread, so that a report of them all fits one message."""

MAX_REMEMBERED_IDS = 1000
"""Of each client's asks, so that the same one never acts twice."""

SPEAKER_NS = 1_000_000_000
"""A session silent for longer no longer keeps another from wishing."""

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
        where: File to name in messages about the treadmill's table.
    """

    treadmill: dict[str, object]
    limits: dict[str, object]
    room: dict[str, object]
    url: str
    epoch_ns: int
    where: str


class Keeper:
    """Owns one treadmill until it is told to end.

    Args:
        treadmill: Driver of the belts, not yet open.
        limits: What the belts may do for this person.
        clock: The session clock.
        url: Where to listen for wishes and asks.
        room: What they may do for anyone.
    """

    def __init__(
        self,
        treadmill: Treadmill,
        limits: Limits,
        clock: Clock,
        url: str,
        *,
        room: Limits | None = None,
    ) -> None:
        self.url = url
        self.state = GuardState()
        self._treadmill = treadmill
        self._limits = limits
        self._room = limits if room is None else room
        self._clock = clock
        self._links: list[Link] = []
        self._listener: Listener | None = None
        self._wish: WishMessage | None = None
        self._speaker: Link | None = None
        self._heard_ns = 0
        self._ignored: Link | None = None
        self._ask_ids: dict[Link, dict[str, None]] = {}
        self._belt: BeltSample | None = None
        self._has_treadmill = False
        self._is_heard = True
        self._reconnecting: asyncio.Task[None] | None = None
        self._next_try_ns = 0
        self._sent: tuple[BeltCommand, int] | None = None
        self._notes = Notebook()
        self._own_asks: list[Ask] = []

    async def open(self) -> None:
        """Connect to the treadmill and start listening.

        Raises:
            DeviceError: The treadmill does not answer, or the socket cannot be made.
        """
        await self._treadmill.open()
        self._has_treadmill = True
        self._listener = await listen(
            self.url, self._clock, device="keeper", accept=self._links.append
        )
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
        asks = self._take_messages()
        self._take_belts()
        inputs = GuardInputs(
            t_ns=t_ns,
            wish=self._wish,
            belt=self._belt,
            asks=asks,
            has_treadmill=self._has_treadmill,
        )
        decision = guard(self.state, inputs, self._limits)
        self._prepare(self.state.mode, decision.state.mode)
        self.state = decision.state
        self._send(decision.command, tick)
        self._tell(encode(Report(tick, missed_count, inputs, decision, self._notes.take(t_ns))))
        if not self._has_treadmill:
            self._reconnect(t_ns)

    @property
    def is_safe_to_end(self) -> bool:
        """The belts were measured at rest and nothing may move them."""
        return self.state.mode in ("locked", "idle") and is_at_rest(self._belt)

    def stop(self, source: str) -> None:
        """Stop the belts by our own hand, as a STOP would, at the next tick."""
        self._own_asks.append(Ask(f"{source}-{self._clock.now_ns()}", "stop", source))

    async def close(self) -> None:
        """Ask for rest once more and let go of everything; never raises."""
        self._treadmill.stop(self._limits.fast_mps2)
        await asyncio.sleep(0)
        if self._reconnecting is not None:
            self._reconnecting.cancel()
            await asyncio.gather(self._reconnecting, return_exceptions=True)
        if self._listener is not None:
            await self._listener.close()
        for link in self._links:
            await link.close()
        await self._treadmill.close()

    # -- messages --------------------------------------------------------------------------

    def _take_messages(self) -> tuple[Ask, ...]:
        asks = self._own_asks
        self._own_asks = []
        for link in list(self._links):
            try:
                pieces = link.take()
            except DeviceError:
                self._forget(link)
                continue
            for t_ns, data in pieces:
                message = self._understand(data)
                if isinstance(message, WishMessage):
                    self._hear_wish(link, t_ns, message)
                elif message is not None and not self._is_repeated(link, message):
                    asks.append(message)
        if len(asks) > MAX_ASKS_PER_TICK:
            self._note("warn", f"{len(asks)} asks in one tick; only STOPs are looked at.")
            asks = [ask for ask in asks if ask.name == "stop"][:MAX_ASKS_PER_TICK]
        return tuple(asks)

    def _understand(self, data: bytes) -> Ask | WishMessage | None:
        if len(data) > MAX_HEARD_BYTES:
            self._note(
                "none", f"A message of {len(data)} bytes to the keeper is too long; ignored."
            )
            return None
        try:
            return decode_to_keeper(data)
        except ValueError as error:
            self._note("none", f"A message to the keeper was not understood: {error}.")
            return None

    def _hear_wish(self, link: Link, t_ns: int, message: WishMessage) -> None:
        """Take the wish of one session; another is heard when that is gone or silent."""
        if self._speaker is not link:
            if self._speaker is not None and t_ns - self._heard_ns <= SPEAKER_NS:
                if self._ignored is not link:
                    self._ignored = link
                    self._note("warn", "A second session wishes for belt speeds; it is ignored.")
                return
            self._speaker = link
        self._wish, self._heard_ns = message, t_ns

    def _is_repeated(self, link: Link, ask: Ask) -> bool:
        if ask.name == "stop":
            return False
        ids = self._ask_ids.setdefault(link, {})
        if ask.id in ids:
            self._note("none", f"The ask {ask.name} of {ask.source} came twice; it acts once.")
            return True
        ids[ask.id] = None
        if len(ids) > MAX_REMEMBERED_IDS:
            del ids[next(iter(ids))]
        return False

    def _forget(self, link: Link) -> None:
        self._links.remove(link)
        self._ask_ids.pop(link, None)
        if self._speaker is link:
            self._speaker = None

    def _tell(self, data: bytes) -> None:
        for link in self._links:
            with contextlib.suppress(DeviceError):
                link.write(data)

    def _note(self, severity: Severity, text: str) -> None:
        self._notes.add(self._clock.now_ns(), severity, text)

    # -- the treadmill ---------------------------------------------------------------------

    def _take_belts(self) -> None:
        if not self._has_treadmill:
            return
        try:
            samples = self._treadmill.take()
        except DeviceError as error:
            self._lose_treadmill(error)
            return
        if samples:
            self._belt = samples[-1]
            if not self._is_heard:
                self._is_heard = True
                self._note("none", "The treadmill answers again.")

    def _prepare(self, was: Mode, now: Mode) -> None:
        """Take a treadmill with a state of its own along when the belts are armed or let go."""
        if now == was:
            return
        if was == "locked":
            self._treadmill.reset()
        if now == "armed":
            self._treadmill.arm(self._room)
        elif now in ("idle", "locked") and was != "locked":
            self._treadmill.disarm()

    def _send(self, command: BeltCommand, tick: int) -> None:
        if not self._has_treadmill or (self._belt is None and tick < FIRST_REPORT_TICKS):
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
        self._has_treadmill = False
        self._sent = None
        self._next_try_ns = 0
        if self._is_heard:
            self._is_heard = False
            self._note("ramp", f"{error} Trying to reach it again.")

    def _reconnect(self, t_ns: int) -> None:
        """Reach the treadmill again to bring it to rest; what follows is locked anyway."""
        if t_ns < self._next_try_ns or (self._reconnecting and not self._reconnecting.done()):
            return
        self._next_try_ns = t_ns + RECONNECT_NS
        self._reconnecting = asyncio.get_running_loop().create_task(self._reopen())

    async def _reopen(self) -> None:
        with contextlib.suppress(DeviceError):
            await self._treadmill.close()
            await self._treadmill.open()
            self._treadmill.stop(self._limits.fast_mps2)
            self._has_treadmill = True


# -- as a process --------------------------------------------------------------------------


async def keep(plan: KeeperPlan, clock: Clock) -> None:
    """Run a keeper until SIGTERM, or until nobody is left who started it; then stop the belts."""
    treadmill = make_driver(
        TREADMILLS, DeviceTable.model_validate(plan.treadmill), clock, where=plan.where
    )
    limits = check(plan.limits, Limits, where=plan.where)
    room = check(plan.room, Limits, where=plan.where)
    keeper = Keeper(treadmill, limits, clock, plan.url, room=room)
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
                if ending.is_set() and keeper.state.mode not in ("stopping", "locked"):
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
