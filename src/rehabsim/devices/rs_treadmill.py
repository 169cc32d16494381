"""Driver for `kind = "rs_treadmill"`: a treadmill whose firmware has the last word.

It boots locked, ramps by itself, and brings its belts to rest when set points stop coming. Every
connection is a session of its own: HELLO, then RESET, ARM and set points, which name the session
by its nonce, so that nothing said in an earlier one moves a belt.

Source: firmware_stubs/PROTOCOL.md, 2.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Literal

from rehabsim.base.clock import Clock
from rehabsim.base.config import Speed, Strict
from rehabsim.base.errors import DeviceFaultError, LinkError, ProtocolError
from rehabsim.base.limits import Limits
from rehabsim.base.records import BeltCommand, BeltSample
from rehabsim.devices import rs_treadmill_frame as wire
from rehabsim.devices.link import Link, open_link
from rehabsim.devices.rs_frame import unwrap, wrap
from rehabsim.devices.rs_limits import limits_of_room
from rehabsim.devices.rs_treadmill_frame import Cause, Refusal, State

MAX_BAD_BYTES = 4096
"""So many bytes without one good frame are not this protocol."""

MAX_SILENCE_S = 1.0
"""A treadmill that reports for so long without answering HELLO did not hear it."""

CAUSES: dict[int, str] = {
    Cause.BOOTED: "it was switched on and has not been reset",
    Cause.GREETED: "its computer connected anew and has not reset it",
    Cause.STOPPED: "it was told to stop",
    Cause.DISARMED: "it was disarmed and is ramping to rest",
    Cause.EXPIRED: "no new set point came before the last one expired",
    Cause.REFUSED: "it was told a set point outside its own limits",
    Cause.SPLIT: "the way to its set point would have split the belts too far",
    Cause.EMERGENCY: "its emergency stop was pressed",
    Cause.DISCREPANT: (
        "the two channels of its emergency stop disagreed; check the wiring, press and release it"
    ),
    Cause.DAMAGED: "it found its own set point damaged",
    Cause.WATCHDOG: "its program hung and its watchdog restarted it",
    Cause.RUNAWAY: (
        "its belts did not run as they were told, or their speed is not measured any more, and it"
        " took their power away; look into it, then switch it off and on"
    ),
}
REFUSALS: dict[int, str] = {
    Refusal.STATE: "not in this state",
    Refusal.LIMITS: "it holds other limits",
    Refusal.NOT_CLOSED: "its emergency stop is not closed",
    Refusal.NOT_AT_REST: "its belts are not at rest",
    Refusal.LEFT_SPEED: "left speed",
    Refusal.RIGHT_SPEED: "right speed",
    Refusal.LEFT_ACCEL: "left acceleration",
    Refusal.RIGHT_ACCEL: "right acceleration",
    Refusal.SPLIT: "difference between the belts",
    Refusal.INCLINE: "incline",
    Refusal.TTL: "time to live",
    Refusal.BELTS: "its belts did not run as they were told",
}


class RsTreadmill:
    """Two belts and a deck behind our own firmware.

    Attributes:
        status: Its newest report in this session, or None.
    """

    class Config(Strict):
        """`[treadmill]` of the site file.

        Attributes:
            max_speed_mps: Fastest set point this machine is ever told; the last check before
                the wire, beside the keeper's own limits and the firmware's.
            report_hz: How often it reports; 100 for a line of 115,200 baud.
        """

        kind: Literal["rs_treadmill"]
        url: str
        max_speed_mps: Speed
        report_hz: Literal[100, 250] = 250

    can_expire = True

    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self.status: wire.Status | None = None
        self._clock = clock
        self._link: Link | None = None
        self._buffer = b""
        self._bad_bytes = 0
        self._greeting = 0
        self._opened_ns = 0
        self._sequence = 0
        self._refusal = ""

    async def open(self) -> None:
        """Connect and begin a session; what was allowed in the one before is void."""
        self._buffer, self._bad_bytes, self.status, self._refusal = b"", 0, None, ""
        self._link = await open_link(self.config.url, self._clock, device="treadmill")
        self._opened_ns = self._clock.now_ns()
        self._greeting = (self._greeting + self._opened_ns // 1000 + 1) & 0xFFFFFFFF
        self._sequence = 0
        report_ms = 1000 // self.config.report_hz
        self._link.write(wrap(wire.encode_hello(report_ms, self._greeting)))

    async def close(self) -> None:
        """Hang up; the belts ramp to rest when the last set point expires."""
        if self._link is not None:
            await self._link.close()

    def take(self) -> Sequence[BeltSample]:
        """Return the reports that came since the last call."""
        assert self._link is not None, "open() first"
        samples = []
        for t_ns, piece in self._link.take():
            *frames, self._buffer = (self._buffer + piece).split(b"\0")
            for frame in frames:
                sample = self._sample(frame, t_ns) if frame else None
                if sample is not None:
                    samples.append(sample)
            bad_bytes = self._bad_bytes + len(self._buffer)
            if bad_bytes >= MAX_BAD_BYTES:
                self._buffer, self._bad_bytes = b"", 0
                raise ProtocolError(
                    f"treadmill at {self.config.url}: {bad_bytes} bytes without one good frame."
                    " Is this an rs_treadmill device?",
                    device="treadmill",
                    url=self.config.url,
                )
        return samples

    def send(self, command: BeltCommand) -> None:
        """Send a set point; before the session has its nonce there is nothing to send."""
        assert self._link is not None, "open() first"
        try:
            set_point = wire.set_point_of(command)
        except ValueError as error:
            raise self._fault(str(error)) from error
        fastest_mps = max(command.left_speed_mps, command.right_speed_mps)
        if not fastest_mps <= self.config.max_speed_mps:
            raise self._fault(f"{fastest_mps} m/s, it takes {self.config.max_speed_mps} m/s")
        session = self._session()
        if session is not None:
            self._link.write(wrap(wire.encode_set_point(session, set_point)))

    def stop(self, decel_mps2: float) -> None:
        """Ask for rest at `decel_mps2`; the firmware goes no softer than its room's ramp."""
        decel_mmps2 = round(1e3 * decel_mps2) if isfinite(decel_mps2) else 0
        self._say(wire.encode_stop(decel_mmps2))

    def reset(self) -> None:
        """Ask to forget a latched cause; the belts stay at rest."""
        self._refusal = ""
        session = self._session()
        if session is not None:
            self._say(wire.encode_command(wire.RESET, session))

    def arm(self, limits: Limits) -> None:
        """Ask to follow set points, unless the firmware was built for another room.

        Args:
            limits: The room's own, not tightened by a session.
        """
        self._refusal = ""
        session = self._session()
        if session is None or self.status is None:
            return
        checksum = limits_of_room(limits).checksum
        if checksum != self.status.limits_crc:
            self._refusal = (
                f"its firmware holds limits with checksum {self.status.limits_crc:08x}, this"
                f" room's have {checksum:08x}; build the firmware from this site file"
            )
            return
        self._say(wire.encode_arm(session, checksum))

    def disarm(self) -> None:
        """Ask to follow set points no longer; moving belts ramp to rest."""
        session = self._session()
        if session is not None:
            self._say(wire.encode_command(wire.DISARM, session))

    def _say(self, content: bytes) -> None:
        if self._link is not None:
            try:
                self._link.write(wrap(content))
            except LinkError:
                return

    def _session(self) -> wire.Session | None:
        """Return the next command's session, or None while HELLO is not answered."""
        status = self.status
        if status is None:
            return None
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        return wire.Session(status.nonce, self._sequence, status.device_t_us & 0xFFFFFFFF)

    def _sample(self, frame: bytes, t_ns: int) -> BeltSample | None:
        try:
            status = wire.decode_status(unwrap(frame))
        except ValueError:
            self._bad_bytes += len(frame) + 1
            return None
        self._bad_bytes = 0
        if status.greeting != self._greeting:
            self._require_patience(t_ns)
            return None
        self.status = status
        return BeltSample(
            t_ns,
            status.left_umps / 1e6,
            status.right_umps / 1e6,
            status.incline_urad / 1e6,
            hold=hold_of(status, self._refusal),
            is_emergency=is_emergency(status),
            is_armed=status.state in (State.ARMED, State.RUN),
        )

    def _require_patience(self, t_ns: int) -> None:
        """Let reports pass that were made before HELLO was heard, but not for ever."""
        if self.status is not None:
            why = "has restarted or follows another computer"
        elif t_ns - self._opened_ns > MAX_SILENCE_S * 1e9:
            why = "does not answer"
        else:
            return
        raise LinkError(
            f"treadmill at {self.config.url}: it {why}; connect again.",
            device="treadmill",
            url=self.config.url,
        )

    def _fault(self, why: str) -> DeviceFaultError:
        return DeviceFaultError(
            f"treadmill at {self.config.url}: cannot be told {why}; nothing was sent.",
            device="treadmill",
            url=self.config.url,
        )


def hold_of(status: wire.Status, refusal: str = "") -> str:
    """Return in one clause why the belts are held, or nothing.

    Args:
        status: What the treadmill reports.
        refusal: What the driver itself has against it.
    """
    if refusal:
        return refusal
    clause = CAUSES.get(status.cause, "")
    if status.refusal and status.state not in (State.ARMED, State.RUN):
        refused = f"refused: {REFUSALS[status.refusal]}"
        return f"{clause} ({refused})" if clause else refused
    return clause


def is_emergency(status: wire.Status) -> bool:
    """Return whether the emergency stop is open, or was and is not reset."""
    is_open = bool(status.flags & (wire.OPEN_A | wire.OPEN_B))
    return is_open or status.cause in (Cause.EMERGENCY, Cause.DISCREPANT)
