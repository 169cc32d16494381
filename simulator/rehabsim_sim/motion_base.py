"""The platform's control unit, as a Moog 6DOF2000E answers on its real-time Ethernet port.

Source: byte layout, states and rules as public drivers of that interface (document CDS7237)
have them: 32-byte commands and 40-byte answers over UDP, big-endian, 60 times a second.
"""

import contextlib
import math
import struct
from typing import Protocol

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.devices.link import Link, Listener, listen
from rehabsim_sim.faults import Faults
from rehabsim_sim.platform import MAX_POSE

COMMAND = struct.Struct(">I6fI")
ANSWER = struct.Struct(">III6fI")
PERIOD_MS = 1000 / 60
SILENT_MS = 500
"""The watchdog: so long without a command while engaged is a fault."""

MAX_PACKETS = 64
"""The newest of those that came at once; older ones are as good as lost."""

# Command words; the others are heard and do nothing.
DISABLE, PARK, ENGAGE, RESET, INHIBIT, NEW_POSITION = 220, 210, 180, 160, 150, 130

# States, the low four bits of the state word.
POWER_UP, IDLE, STANDBY, ENGAGED, PARKING = 0, 1, 2, 3, 7
FAULT, DISABLED, INHIBITED = 8, 11, 12
MODE_DOF = 0x20

# Latched faults.
ESTOP_FAULT, RANGE_FAULT, FRAME_FAULT, WATCHDOG_FAULT = 0x8000, 0x0200, 0x0100, 0x0080
IO_ESTOP, IO_AMP, IO_BUS, IO_HOME = 0x80, 0x40, 0x20, 0x01

RISE_MS = 3000.0
"""How long it takes from idle to engaged, and from power-up to idle."""


class Reins(Protocol):
    """The hold on the platform that this needs; axes as in `platform`."""

    def ask(self, pose: tuple[float, ...]) -> None:
        """Go to a pose."""

    def halt(self) -> None:
        """Stop and stay."""

    def level(self) -> None:
        """Go home slowly."""

    def pose(self) -> tuple[float, ...]:
        """Return where it is."""


class MotionBase:
    """The control unit's state machine; it neither waits nor asks the time.

    Attributes:
        state: One of the states above.
        faults: Latched fault bits.
    """

    def __init__(self, platform: Reins) -> None:
        self.state = POWER_UP
        self.faults = 0
        self._platform = platform
        self._since_ms = 0.0
        self._heard_ms = 0.0
        self._is_cut = False

    def receive(self, packet: bytes, t_ms: float) -> None:
        """Take a command packet."""
        if len(packet) != COMMAND.size:
            self._fail(FRAME_FAULT, t_ms)
            return
        word, roll, pitch, heave, surge, yaw, sway, _ = COMMAND.unpack(packet)
        self._heard_ms = t_ms
        # On the wire heave is positive down, pitch nose up, roll right side down, yaw to the right.
        pose = (surge, -sway, -heave, roll, pitch, -yaw)
        if word == RESET and self.state in (FAULT, INHIBITED):
            self.faults = 0
            self._enter(IDLE if not self._is_cut else FAULT, t_ms)
        elif word == DISABLE:
            self._platform.halt()
            self._enter(DISABLED, t_ms)
        elif self.state in (FAULT, DISABLED, INHIBITED, POWER_UP):
            return
        elif word == INHIBIT:
            self._platform.halt()
            self._enter(INHIBITED, t_ms)
        elif word == ENGAGE and self.state == IDLE:
            if self._is_home() and max(abs(value) for value in pose) < 1e-3:
                self._enter(STANDBY, t_ms)
        elif word == PARK and self.state in (ENGAGED, STANDBY):
            self._platform.level()
            self._enter(PARKING, t_ms)
        elif word == NEW_POSITION:
            self._move(pose, t_ms)

    def _move(self, pose: tuple[float, ...], t_ms: float) -> None:
        if not all(math.isfinite(value) for value in pose) or any(
            abs(value) > most + 1e-6 for value, most in zip(pose, MAX_POSE, strict=True)
        ):
            self._fail(RANGE_FAULT, t_ms)
        elif self.state == ENGAGED:
            self._platform.ask(pose)

    def tick(self, t_ms: float, *, is_cut: bool) -> None:
        """Let time pass; `is_cut` is the emergency stop."""
        self._is_cut = is_cut
        since_ms = t_ms - self._since_ms
        if is_cut and not self.faults & ESTOP_FAULT:
            self._fail(ESTOP_FAULT, t_ms)
        elif self.state in (ENGAGED, STANDBY) and t_ms - self._heard_ms > SILENT_MS:
            self._fail(WATCHDOG_FAULT, t_ms)
        elif self.state == POWER_UP and since_ms >= RISE_MS:
            self._enter(IDLE, t_ms)
        elif self.state == STANDBY and since_ms >= RISE_MS:
            self._enter(ENGAGED, t_ms)
        elif self.state == PARKING and self._is_home():
            self._enter(IDLE, t_ms)

    def answer(self) -> bytes:
        """Return the 40 bytes that it sends."""
        surge, sway, heave, roll, pitch, yaw = self._platform.pose()
        lights = (IO_ESTOP if self._is_cut else IO_BUS) | (IO_HOME if self._is_home() else 0)
        lights |= IO_AMP if self.state in (STANDBY, ENGAGED, PARKING) else 0
        word = self.state | MODE_DOF
        return ANSWER.pack(self.faults, lights, word, roll, pitch, -heave, surge, -yaw, -sway, 0)

    def _fail(self, fault: int, t_ms: float) -> None:
        self.faults |= fault
        self._platform.halt()
        self._enter(FAULT, t_ms)

    def _enter(self, state: int, t_ms: float) -> None:
        self.state, self._since_ms, self._heard_ms = state, t_ms, t_ms

    def _is_home(self) -> bool:
        return max(abs(value) for value in self._platform.pose()) < 2e-3


class MotionBasePort:
    """Serves a motion base to whoever spoke last; `platform` faults bend its answers."""

    def __init__(self, platform: Reins, faults: Faults, clock: Clock) -> None:
        self.base = MotionBase(platform)
        self.url = ""
        self._faults = faults
        self._clock = clock
        self._listener: Listener | None = None
        self._links: list[Link] = []
        self._newest: Link | None = None
        self._next_ms = 0.0

    async def open(self, url: str) -> str:
        """Start listening at udp://HOST:PORT (or memory:NAME) and return where; port 0 is any.

        Raises:
            ConfigError: The address is malformed.
            LinkError: It is taken.
        """
        if not url.startswith(("udp://", "memory:")):
            raise ConfigError(f"platform at {url!r}: not an address; write udp://HOST:PORT.")
        self._listener = await listen(
            url, self._clock, device="platform", accept=self._links.append
        )
        self.url = self._listener.url
        return self.url

    def serve(self, t_ms: int, *, is_cut: bool) -> None:
        """Hand on what came, let time pass, and answer 60 times a second."""
        for link in list(self._links):
            try:
                packets = link.take()
            except LinkError:
                self._links.remove(link)
                continue
            for _, packet in packets[-MAX_PACKETS:]:
                self._newest = link
                self.base.receive(packet, t_ms)
        self.base.tick(t_ms, is_cut=is_cut)
        answers = []
        if t_ms >= self._next_ms:
            self._next_ms = max(self._next_ms + PERIOD_MS, t_ms)
            answers.append(self._bent(t_ms))
        for answer in self._faults.frames(t_ms, answers) if self._faults else answers:
            if self._newest is not None:
                with contextlib.suppress(LinkError):
                    self._newest.write(answer)

    def _bent(self, t_ms: int) -> bytes:
        answer = self.base.answer()
        if not self._faults:
            return answer
        *head, roll, pitch, heave, surge, yaw, sway, spare = ANSWER.unpack(answer)
        pose = self._faults.values(t_ms, [[surge, -sway, -heave, roll, pitch, -yaw]])[0]
        surge, left, up, roll, pitch, to_left = (float(value) for value in pose)
        return ANSWER.pack(*head, roll, pitch, -up, surge, -to_left, -left, spare)

    async def close(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            await self._listener.close()
        for link in self._links:
            await link.close()
