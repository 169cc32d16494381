"""A treadmill made of the C library and the simplest belts, and a host to talk to it."""

from typing import Any

from firmware.library import ffi, lib

from rehabsim.base.config import load_toml
from rehabsim.base.site import Site
from rehabsim.devices import rs_treadmill_frame as wire
from rehabsim.devices.rs_frame import unwrap
from rehabsim.devices.rs_limits import RsLimits, limits_of_room
from rehabsim.devices.rs_treadmill_frame import SetPoint, State, Status
from rehabsim.session.setup import SIMULATED_SITE

LIMITS = load_toml(SIMULATED_SITE, Site).limits
ROOM = limits_of_room(LIMITS.model_copy(update={"perturbation": None, "fall_mps2": 1.0}))
"""A room without perturbations, in which what the belts may do lies close together."""

WIDE = ROOM.widened()
U32 = 0xFFFFFFFF
STEADY = SetPoint(500_000, 500_000, 500, 500, 0, 60)


def c_limits(room: RsLimits) -> Any:
    """Return what the generated header would hold."""
    return ffi.new("RsLimits *", {"checksum": room.checksum} | room.widened()._asdict())


class Device:
    """The controller and its belts; where it has power, a belt is where it is told to be.

    Attributes:
        c: The controller's memory.
        senses: What its board measures.
        heard: Every frame that it was told.
    """

    def __init__(
        self, *, seed: int = 1, start_us: int = 0, room: RsLimits = ROOM, cause: int = 1
    ) -> None:
        self.c = ffi.new("RsTreadmill *")
        self.limits = c_limits(room)
        self.senses = ffi.new("RsSenses *")
        self.heard: list[bytes] = []
        self.is_coupled = True
        self._us = start_us
        self._sequence = 0
        self._room = room
        lib.rs_treadmill_boot(self.c, self.limits, seed, start_us & U32, cause)

    def tick(self) -> bool:
        """Live for a millisecond; return whether a report is due."""
        self._us += 1000
        is_due = bool(lib.rs_treadmill_poll(self.c, self._us & U32, self.senses))
        if self.is_coupled:
            for belt in range(2):
                is_told = self.c.has_power
                self.senses.speed_umps[belt] = self.c.speed_umps[belt] if is_told else 0
            if self.c.has_power:
                self.senses.incline_urad = self.c.incline_nrad // 1000
        return is_due

    def live(self, ms: int) -> None:
        for _ in range(ms):
            self.tick()

    def pass_us(self, us: int) -> None:
        """Let so much time go by before the next look at the clock."""
        self._us += us
        lib.rs_treadmill_poll(self.c, self._us & U32, self.senses)

    def say(self, content: bytes) -> None:
        self.heard.append(content)
        lib.rs_treadmill_hear(self.c, content, len(content))

    def session(self, *, ahead: int = 1) -> wire.Session:
        self._sequence = (self._sequence + ahead) & U32
        return wire.Session(self.c.nonce, self._sequence, self.c.now_us & U32)

    def hello(self, greeting: int = 7, report_ms: int = 4) -> None:
        self._sequence = 0
        self.say(wire.encode_hello(report_ms, greeting))

    def reset(self) -> None:
        self.say(wire.encode_command(wire.RESET, self.session()))

    def arm(self, checksum: int | None = None) -> None:
        checksum = self._room.checksum if checksum is None else checksum
        self.say(wire.encode_arm(self.session(), checksum))

    def disarm(self) -> None:
        self.say(wire.encode_command(wire.DISARM, self.session()))

    def ask(self, set_point: SetPoint = STEADY) -> None:
        self.say(wire.encode_set_point(self.session(), set_point))

    def stop(self, decel_mmps2: int = 0) -> None:
        self.say(wire.encode_stop(decel_mmps2))

    def walk(self, ms: int, set_point: SetPoint = STEADY) -> None:
        """Ask for the same every 20 ms."""
        for at in range(ms):
            if at % 20 == 0:
                self.ask(set_point)
            self.tick()

    @property
    def state(self) -> int:
        return int(self.c.latch.state)

    @property
    def cause(self) -> int:
        return int(self.c.latch.cause)

    @property
    def speeds(self) -> tuple[int, int]:
        return self.c.speed_umps[0], self.c.speed_umps[1]

    def status(self) -> Status:
        out = ffi.new("uint8_t[]", lib.RS_STATUS_FRAME_BYTES)
        length = lib.rs_treadmill_report(self.c, 0, out, len(out))
        frame = bytes(ffi.buffer(out, length))
        assert frame.find(b"\0") == length - 1
        return wire.decode_status(unwrap(frame[:-1]))


def ready(**changes: Any) -> Device:
    """Return a device that has been greeted and has its emergency stop closed; still locked."""
    device = Device(**changes)
    device.hello()
    device.live(60)
    return device


def idle(**changes: Any) -> Device:
    device = ready(**changes)
    device.reset()
    assert device.state == State.IDLE
    return device


def armed(**changes: Any) -> Device:
    device = idle(**changes)
    device.arm()
    assert device.state == State.ARMED
    return device


def running(**changes: Any) -> Device:
    """Return a device whose belts run at 0.5 m/s."""
    device = armed(**changes)
    device.walk(1020)
    assert device.state == State.RUN
    assert device.speeds == (500_000, 500_000)
    return device


def stopping(**changes: Any) -> Device:
    device = running(**changes)
    device.stop()
    device.live(10)
    assert device.state == State.STOPPING
    return device


MAKERS = {
    State.LOCKED: ready,
    State.IDLE: idle,
    State.ARMED: armed,
    State.RUN: running,
    State.STOPPING: stopping,
}
