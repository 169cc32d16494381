"""Driver for `kind = "moog_6dof2000e"`: Moog's six-axis motion base on its real-time Ethernet port.

The host sends 32-byte commands 60 times a second over UDP; the base answers with 40 bytes.
Big-endian. Positions on the wire are an aircraft's: surge forward, lateral to the right, heave
down, roll right side down, pitch nose up, yaw to the right; 0 is the middle of every axis.

It rises from home to the middle when engaged and goes home when parked, by itself, and no word
on this wire halts it on the way. Half a second without a command is a fault of its own. What a
base does then is not in the sources: `can_expire` says that it follows nobody any longer, not
how it comes to rest.

Source: byte layout, words, states, faults and ranges as independent public clients of the
vendor's interface document CDS7237 have them (two in C++ and Python, ranges and signs in C#).
Port 6000 in one of them, 991 in another: the site says which. Signs were compared between those
sources only; see each axis move the right way before anyone stands on it.
"""

import struct
from collections.abc import Sequence
from math import radians
from typing import Literal

from rehabsim.base.clock import Clock
from rehabsim.base.config import Strict
from rehabsim.base.errors import DeviceFaultError, LinkError, ProtocolError
from rehabsim.base.limits import Reach
from rehabsim.base.records import BaseState, PlatformAct, PlatformCommand, PlatformSample, Pose
from rehabsim.devices.link import Link, open_link

WORDS: dict[PlatformAct, int] = {
    "rest": 170,
    "reset": 160,
    "engage": 180,
    "move": 130,
    "freeze": 130,
    "settle": 210,
}
"""Motion command words: DOF mode, reset, engage, new position, park."""

RANGES: dict[str, tuple[float, float]] = {
    "x_m": (-0.241, 0.259),
    "y_m": (-0.259, 0.259),
    "z_m": (-0.178, 0.178),
    "roll_rad": (-radians(21), radians(21)),
    "pitch_rad": (-radians(22), radians(22)),
    "yaw_rad": (-radians(22), radians(22)),
}
"""How far each axis reaches while the others stay in the middle; together they reach less far."""

MAX_PLAUSIBLE = 1.5
"""m or rad; no leg of this base is that long."""

_COMMAND = struct.Struct(">I6fI")
_REPORT = struct.Struct(">III6fI")

_STATES: dict[int, BaseState] = {
    0x0: "starting",
    0x1: "idle",
    0x2: "rising",
    0x3: "engaged",
    0x7: "parking",
    0x8: "fault",
    0x9: "fault",
    0xA: "fault",
    0xB: "disabled",
    0xC: "inhibited",
}
_FAULTS = {
    0x8000: "emergency stop",
    0x4000: "snubber",
    0x2000: "actuator runaway",
    0x1000: "battery",
    0x0800: "low idle rate",
    0x0400: "motor too hot",
    0x0200: "command out of range",
    0x0100: "invalid frame",
    0x0080: "no command in time",
    0x0040: "limit switch",
    0x0020: "drive bus",
    0x0010: "amplifier",
    0x0008: "communication",
    0x0004: "homing",
    0x0002: "envelope",
    0x0001: "torque",
}
_IO_EMERGENCY, _IO_HOME = 0x80, 0x01


class Moog6Dof2000E:
    """Six axes that follow the newest set point while engaged."""

    class Config(Strict):
        """`[platform]` of the site file.

        Attributes:
            max_offset_m: Furthest set point along an axis that this base is ever told; the last
                check before the wire, beside the keeper's own limits and the base's ranges.
            max_angle_rad: The same about an axis.
        """

        kind: Literal["moog_6dof2000e"]
        url: str
        max_offset_m: Reach
        max_angle_rad: Reach

    can_expire = True

    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self._clock = clock
        self._link: Link | None = None
        self._last: Pose | None = None

    async def open(self) -> None:
        """Open the link and say a word that moves nothing, so that the base knows us."""
        self._last = None
        self._link = await open_link(self.config.url, self._clock, device="platform")
        self._link.write(encode_command(PlatformCommand("rest", Pose())))

    async def close(self) -> None:
        """Fall silent."""
        if self._link is not None:
            await self._link.close()

    def take(self) -> Sequence[PlatformSample]:
        """Return the reports that came since the last call."""
        assert self._link is not None, "open() first"
        samples = []
        for t_ns, report in self._link.take():
            try:
                samples.append(decode_report(report, t_ns))
            except ValueError as error:
                raise ProtocolError(
                    f"platform at {self.config.url}: cannot decode {report[:40].hex()}: {error}."
                    " Is this a 6DOF2000E in DOF mode?",
                    device="platform",
                    url=self.config.url,
                ) from error
        return samples

    def send(self, command: PlatformCommand) -> None:
        """Send a word and a set point."""
        assert self._link is not None, "open() first"
        pose = command.pose
        why = self.why_not(pose)
        if why:
            raise self._refusal(why)
        try:
            packet = encode_command(command)
        except ValueError as error:
            raise self._refusal(str(error)) from error
        if command.act in ("engage", "move", "freeze"):
            self._last = pose
        self._link.write(packet)

    def why_not(self, pose: Pose) -> str:
        """Return why it cannot be told to go there: this site's bounds, or its own ranges."""
        for axis, (least, most) in RANGES.items():
            value = getattr(pose, axis)
            own = self.config.max_offset_m if axis.endswith("_m") else self.config.max_angle_rad
            if not (-own <= value <= own):
                return f"{axis} = {value}, this site allows ±{own}"
            if not (least <= value <= most):
                return f"{axis} = {value}, it takes {least:.3f} to {most:.3f}"
        return ""

    def stop(self) -> None:
        """Ask to stay at the last set point; a base that was told none is told nothing."""
        if self._link is not None and self._last is not None:
            try:
                self._link.write(encode_command(PlatformCommand("freeze", self._last)))
            except LinkError:
                return

    def _refusal(self, why: str) -> DeviceFaultError:
        return DeviceFaultError(
            f"platform at {self.config.url}: cannot be told {why}; nothing was sent.",
            device="platform",
            url=self.config.url,
        )


def encode_command(command: PlatformCommand) -> bytes:
    """Return the 32-byte packet.

    Raises:
        ValueError: A number is not finite or beyond the base's own range, or a set point of an
            engaging base is not the middle.
    """
    pose = command.pose
    for axis, (least, most) in RANGES.items():
        if not (least <= getattr(pose, axis) <= most):
            raise ValueError(f"{axis} = {getattr(pose, axis)}, it takes {least:.3f} to {most:.3f}")
    if command.act == "engage" and pose != Pose():
        raise ValueError(f"{pose} while it rises, it takes the middle only")
    return _COMMAND.pack(
        WORDS[command.act],
        pose.roll_rad,
        pose.pitch_rad,
        -pose.z_m,
        pose.x_m,
        -pose.yaw_rad,
        -pose.y_m,
        0,
    )


def decode_report(report: bytes, t_ns: int) -> PlatformSample:
    """Return what a 40-byte report says.

    Raises:
        ValueError: It cannot be a report: wrong length, unknown state or impossible numbers.
    """
    if len(report) != _REPORT.size:
        raise ValueError(f"{len(report)} bytes, expected {_REPORT.size}")
    faults, lights, word, roll, pitch, down, surge, to_right, right, _ = _REPORT.unpack(report)
    if word & 0x0F not in _STATES:
        raise ValueError(f"state {word & 0x0F:#x}")
    if not all(
        abs(value) <= MAX_PLAUSIBLE for value in (roll, pitch, down, surge, to_right, right)
    ):
        raise ValueError(f"at {surge}, {right}, {down} m and {roll}, {pitch}, {to_right} rad")
    names = [name for bit, name in _FAULTS.items() if faults & bit]
    return PlatformSample(
        t_ns,
        Pose(surge, 0.0 - right, 0.0 - down, roll, pitch, 0.0 - to_right),
        _STATES[word & 0x0F],
        is_home=bool(lights & _IO_HOME),
        hold=f"it reports {', '.join(names)}" if names else "",
        is_emergency=bool(lights & _IO_EMERGENCY),
    )
