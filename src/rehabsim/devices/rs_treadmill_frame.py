"""The words of `rs_treadmill`: what its frames hold, in both directions.

Source: firmware_stubs/PROTOCOL.md, 2.
"""

import struct
from enum import IntEnum
from math import copysign
from typing import NamedTuple

from rehabsim.base.records import BeltCommand

VERSION = 1
HELLO, ARM, DISARM, RESET, SETPOINT, STOP, STATUS = 0x48, 0x41, 0x44, 0x52, 0x56, 0x53, 0x54
OPEN_A, OPEN_B, POWER = 1, 2, 4
REPORT_PERIODS_MS = (4, 10)
MAX_TTL_MS = 200
MAX_FIELD_MPS = 10.0
MAX_FIELD_MPS2 = 60.0
MAX_FIELD_RAD = 1.0

_HELLO = struct.Struct("<BBBBI")
_STOP = struct.Struct("<BBH")
_COMMAND = struct.Struct("<BBHIII")
_ARM = struct.Struct("<I")
_SETPOINT = struct.Struct("<iiHHi")
_STATUS = struct.Struct("<BBBBIIIQ6iIHHHBB")
STATUS_BYTES = _STATUS.size


class State(IntEnum):
    """What the controller does."""

    LOCKED, IDLE, ARMED, RUN, STOPPING = range(5)


class Cause(IntEnum):
    """Why the belts are held."""

    NONE, BOOTED, GREETED, STOPPED, DISARMED, EXPIRED, REFUSED = range(7)
    SPLIT, EMERGENCY, DISCREPANT, DAMAGED, WATCHDOG, RUNAWAY = range(7, 13)


class Refusal(IntEnum):
    """What was wrong with the newest RESET, ARM or set point that was refused."""

    NONE, STATE, LIMITS, NOT_CLOSED, NOT_AT_REST = range(5)
    LEFT_SPEED, RIGHT_SPEED, LEFT_ACCEL, RIGHT_ACCEL, SPLIT, INCLINE, TTL = range(5, 12)
    BELTS = 12


class Session(NamedTuple):
    """What every command but HELLO and STOP carries.

    Attributes:
        nonce: Of the session, from the newest STATUS.
        sequence: Counts up with each command.
        heard_us: Low 32 bits of the device clock in the newest STATUS.
    """

    nonce: int
    sequence: int
    heard_us: int


class SetPoint(NamedTuple):
    """A set point in the numbers of the wire."""

    left_umps: int
    right_umps: int
    left_mmps2: int
    right_mmps2: int
    incline_urad: int
    ttl_ms: int


class Status(NamedTuple):
    """What the treadmill says of itself.

    Attributes:
        state: LOCKED, IDLE, ARMED, RUN or STOPPING.
        cause: Why its belts are held.
        nonce: Of the session; 0 before the first HELLO.
        greeting: That of the newest HELLO.
        limits_crc: Checksum of the limits that it holds, before they were widened.
        device_t_us: Its clock since it was switched on.
        left_umps: Measured speed.
        right_umps: The same on the right.
        left_setpoint_umps: Where on its ramp the belt is told to be.
        right_setpoint_umps: The same on the right.
        incline_urad: Measured.
        setpoint_urad: Where on its ramp the deck is told to be.
        sequence: Newest command of this session.
        bad_count: Damaged frames, wraps at 65,536 like the next two.
        late_count: Frames of another session, out of order, or too long under way.
        refused_count: RESET, ARM and set points that were refused.
        refusal: Why the newest of those was.
        flags: OPEN_A, OPEN_B, POWER.
    """

    state: int
    cause: int
    nonce: int
    greeting: int
    limits_crc: int
    device_t_us: int
    left_umps: int
    right_umps: int
    left_setpoint_umps: int
    right_setpoint_umps: int
    incline_urad: int
    setpoint_urad: int
    sequence: int
    bad_count: int
    late_count: int
    refused_count: int
    refusal: int
    flags: int


def encode_hello(report_ms: int, greeting: int) -> bytes:
    """Return the content of HELLO: begins a session."""
    return _HELLO.pack(VERSION, HELLO, report_ms, 0, greeting)


def encode_stop(decel_mmps2: int) -> bytes:
    """Return the content of STOP: works in every state, from anyone."""
    return _STOP.pack(VERSION, STOP, min(max(decel_mmps2, 0), 0xFFFF))


def encode_command(kind: int, session: Session) -> bytes:
    """Return the content of RESET or DISARM."""
    return _COMMAND.pack(VERSION, kind, 0, *session)


def encode_arm(session: Session, limits_crc: int) -> bytes:
    """Return the content of ARM: follow set points, if these are your limits."""
    return encode_command(ARM, session) + _ARM.pack(limits_crc)


def encode_set_point(session: Session, p: SetPoint) -> bytes:
    """Return the content of SETPOINT."""
    head = _COMMAND.pack(VERSION, SETPOINT, p.ttl_ms, *session)
    return head + _SETPOINT.pack(*p[:5])


def set_point_of(command: BeltCommand) -> SetPoint:
    """Return the numbers of the wire for a command.

    Raises:
        ValueError: A number is not finite, negative (minus zero too), or does not fit its field.
    """
    c = command
    return SetPoint(
        _whole("left speed", c.left_speed_mps, 1e6, MAX_FIELD_MPS, "m/s"),
        _whole("right speed", c.right_speed_mps, 1e6, MAX_FIELD_MPS, "m/s"),
        _whole("left acceleration", c.left_accel_mps2, 1e3, MAX_FIELD_MPS2, "m/s²", least=1),
        _whole("right acceleration", c.right_accel_mps2, 1e3, MAX_FIELD_MPS2, "m/s²", least=1),
        _whole("incline", c.incline_rad, 1e6, MAX_FIELD_RAD, "rad"),
        _whole("time to live", c.ttl_s, 1e3, MAX_TTL_MS / 1e3, "s", least=1),
    )


def _whole(
    name: str, value: float, per_unit: float, most: float, unit: str, *, least: int = 0
) -> int:
    if 0 <= value <= most and copysign(1, value) > 0:
        number = round(value * per_unit)
        if number >= least:
            return number
    raise ValueError(f"{name} {value} {unit}, it takes {least / per_unit:g} to {most:g} {unit}")


def encode_status(status: Status) -> bytes:
    """Return the content of STATUS."""
    s = status
    return _STATUS.pack(VERSION, STATUS, *s)


def decode_status(content: bytes) -> Status:
    """Return what a STATUS says.

    Raises:
        ValueError: It is none.
    """
    if len(content) != STATUS_BYTES:
        raise ValueError(f"{len(content)} bytes are no STATUS")
    version, kind, *fields = _STATUS.unpack(content)
    if (version, kind) != (VERSION, STATUS):
        raise ValueError(f"version {version}, type {kind:#x}")
    status = Status(*fields)
    if status.state > max(State) or status.cause > max(Cause) or status.refusal > max(Refusal):
        raise ValueError(
            f"state {status.state}, cause {status.cause}, refusal {status.refusal} mean nothing"
        )
    return status
