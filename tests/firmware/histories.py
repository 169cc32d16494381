"""Random histories of a treadmill, for properties that must hold whatever happens."""

import random
from collections.abc import Callable

from firmware.device import ROOM, U32, WIDE, Device
from firmware.library import ffi, lib

from rehabsim.devices import rs_treadmill_frame as wire
from rehabsim.devices.rs_frame import unwrap
from rehabsim.devices.rs_treadmill_frame import SetPoint
from rehabsim_sim.rs_firmware import Firmware, Senses

MAX_STEP_US = 6000


def _deed(rng: random.Random, device: Device) -> bytes:
    """Return something that a host may say, mostly right and sometimes not."""
    session = device.session()
    if rng.random() < 0.03:
        wrong = {
            "nonce": rng.getrandbits(32),
            "sequence": (session.sequence - rng.randrange(3)) & U32,
            "heard_us": (session.heard_us - rng.randrange(400_000)) & U32,
        }
        name = rng.choice(list(wrong))
        session = session._replace(**{name: wrong[name]})
    kind = rng.random()
    if kind < 0.72:
        return wire.encode_set_point(session, _set_point(rng))
    if kind < 0.82:
        return wire.encode_command(wire.RESET, session)
    if kind < 0.95:
        checksum = ROOM.checksum if rng.random() < 0.95 else rng.getrandbits(32)
        return wire.encode_arm(session, checksum)
    if kind < 0.96:
        return wire.encode_command(wire.DISARM, session)
    if kind < 0.97:
        return wire.encode_stop(rng.randrange(2000))
    if kind < 0.98:
        return wire.encode_hello(rng.choice((4, 4, 10, 5)), rng.getrandbits(32))
    return rng.randbytes(rng.randrange(1, 45))


def _set_point(rng: random.Random) -> SetPoint:
    base = rng.randrange(WIDE.max_speed_umps)
    return SetPoint(
        base,
        min(max(base + rng.randrange(-300_000, 300_000), 0), WIDE.max_speed_umps),
        rng.choice((250, 500, 1000, rng.randrange(1, WIDE.max_accel_mmps2 + 2))),
        rng.choice((250, 500, 1000)),
        rng.randrange(WIDE.max_incline_urad),
        rng.randrange(1, 201),
    )


class Stray:
    """Belts that now and then run, or are measured, away from what they are told for a while."""

    def __init__(self) -> None:
        self._kinds = [0, 0]
        self._left_count = 0

    def bend(self, rng: random.Random, belt: int, speed: int) -> int:
        """Return what is measured of a belt that is told `speed`."""
        if self._left_count <= 0:
            self._left_count = rng.randrange(1, 600)
            self._kinds = [rng.choice((0, 0, 0, 1, 2, 3)) for _ in range(2)]
        self._left_count -= belt
        bent = (speed, 0, speed + 300_000 * self._left_count // 200, -speed)
        return bent[self._kinds[belt]]


def _feel(rng: random.Random, device: Device, stray: Stray | None) -> None:
    """Let the belts move, and now and then a hand at the emergency stop."""
    c, senses = device.c, device.senses
    for belt in range(2):
        speed = c.speed_umps[belt] if c.has_power else 0
        if stray is not None:
            speed = stray.bend(rng, belt, speed)
        senses.speed_umps[belt] = speed + (
            rng.randrange(-30_000, 30_000) if rng.random() < 0.02 else 0
        )
    if rng.random() < 0.5:
        senses.incline_urad = c.incline_nrad // 1000 + rng.randrange(-3, 4)
    if rng.random() < 0.004:
        senses.is_open[0], senses.is_open[1] = rng.random() < 0.5, rng.random() < 0.5
    elif rng.random() < 0.08:
        senses.is_open[0] = senses.is_open[1] = False


def play(
    steps: int, seed: int, look: Callable[[Device, bytes], None], stray: Stray | None = None
) -> Device:
    """Live `steps` steps of a random history and `look` at each; a deed may be nothing."""
    rng = random.Random(seed)
    device = Device(seed=seed & U32, start_us=rng.getrandbits(32))
    device.hello()
    look(device, device.heard[-1])
    for _ in range(steps):
        content = _deed(rng, device) if rng.random() < 0.6 else b""
        if content:
            lib.rs_treadmill_hear(device.c, content, len(content))
        _feel(rng, device, stray)
        # Mostly a millisecond or so: or every set point would expire.
        device.pass_us(rng.randrange(1500) if rng.random() < 0.97 else rng.randrange(120_000))
        look(device, content)
    return device


class Permission:
    """Follows a history and notes each motion that RESET, ARM and a set point did not allow.

    It is written from the words of PROTOCOL.md, not from the code: any frame of the type counts as
    an act, and a stop takes all of them back, a mere DISARM all but the RESET.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.moving_steps = 0
        self.stops = 0
        self.wrongs: list[str] = []
        self._given = 0
        self._last = (0, 0)
        self._was_held = True

    def look(self, device: Device, content: bytes) -> None:
        self.steps += 1
        c = device.c
        kind = content[1] if len(content) > 1 else 0
        speeds = device.speeds
        if kind == wire.RESET and self._given == 0:
            self._given = 1
        elif kind == wire.ARM and self._given == 1:
            self._given = 2
        elif kind == wire.SETPOINT and self._given == 2:
            self._given = 3
        if any(now > before for now, before in zip(speeds, self._last, strict=True)):
            if self._given < 3:
                self.wrongs.append(f"step {self.steps}: moved with only {self._given} of 3 acts")
            if self._was_held:
                self.wrongs.append(f"step {self.steps}: moved up out of a stop")
        is_held = c.latch.state in (wire.State.LOCKED, wire.State.STOPPING)
        if is_held and not self._was_held:
            self.stops += 1
        if is_held:
            self._given = 1 if c.latch.cause == wire.Cause.DISARMED else 0
        self._was_held = is_held and c.latch.state == wire.State.STOPPING
        self.moving_steps += speeds != (0, 0)
        if not all(0 <= v <= WIDE.max_speed_umps for v in speeds):
            self.wrongs.append(f"step {self.steps}: {speeds}")
        self._last = speeds


class Twin:
    """Tells the simulator's firmware everything that the C is told, and compares their reports."""

    def __init__(self) -> None:
        self.count = 0
        self.differences: list[str] = []
        self._twin: Firmware | None = None
        self._start_us = 0
        self._out = ffi.new("uint8_t[66]")

    def look(self, device: Device, content: bytes) -> None:
        if self._twin is None:
            self._twin = Firmware(ROOM, int(device.c.seed))
        senses = Senses(
            list(device.senses.speed_umps), device.senses.incline_urad, list(device.senses.is_open)
        )
        if content:
            self._twin.hear(content)
        self._twin.poll(int(device.c.now_us), senses)
        lib.rs_treadmill_report(device.c, 0, self._out, 66)
        theirs = unwrap(bytes(self._out)[:65])
        self.count += 1
        if theirs != wire.encode_status(self._twin.status()):
            self.differences.append(
                f"report {self.count}: C {wire.decode_status(theirs)}, {self._twin.status()}"
            )


def strays(count: int, seed: int) -> tuple[int, list[str]]:
    """Return how many of `count` histories of belts that stray ended in a runaway, and how
    simulator and C differed."""
    runaway_count, differences = 0, []
    for number in range(count):
        twin = Twin()
        device = play(3000, seed + number, twin.look, Stray())
        runaway_count += device.cause == wire.Cause.RUNAWAY
        differences += twin.differences
    return runaway_count, differences
