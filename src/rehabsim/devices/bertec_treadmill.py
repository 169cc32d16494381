"""Driver for `kind = "bertec_treadmill"`: the remote control of Bertec's split-belt treadmills.

The panel program is a TCP server for one client, port 4000. The host sends 64-byte commands;
the panel pushes 32-byte reports. Big-endian, right belt before left. Nothing in a report marks
its beginning, so a reader keeps the 32-byte step from the first byte and reconnects when lost.

The treadmill keeps its last set point when its client goes silent or hangs up, so
`can_expire` is False: the keeper has to outlive everything else.

Source: byte layout as used independently by several laboratories' MATLAB and Python clients of
the Treadmill Control Panel 1.8; no vendor document is public.
"""

import struct
from collections.abc import Sequence
from math import degrees, radians
from typing import Literal

from rehabsim.base.clock import Clock
from rehabsim.base.config import Speed, Strict
from rehabsim.base.errors import DeviceFaultError, LinkError, ProtocolError
from rehabsim.base.limits import Limits
from rehabsim.base.records import BeltCommand, BeltSample
from rehabsim.devices.link import Link, open_link

COMMAND_BYTES = 64
REPORT_BYTES = 32
MAX_PLAUSIBLE_MPS = 12.0
MAX_PLAUSIBLE_DEG = 45.0
MIN_ACCEL_MPS2 = 0.001
MAX_ACCEL_MPS2 = 25.0
"""Bertec's fastest belts; 32.767 m/s² would still fit the field."""
MAX_INCLINE_RAD = radians(15)

_COMMAND = struct.Struct(">B4h4HH")
_REPORT = struct.Struct(">B4hh")
_INVERTED = bytes(byte ^ 0xFF for byte in range(256))


class BertecTreadmill:
    """Two belts and a deck that follow the newest set point."""

    class Config(Strict):
        """`[treadmill]` of the site file.

        Attributes:
            max_speed_mps: Fastest set point this machine is ever told; the last check before
                the wire, beside the keeper's own limits.
        """

        kind: Literal["bertec_treadmill"]
        url: str
        max_speed_mps: Speed

    can_expire = False

    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self._clock = clock
        self._link: Link | None = None
        self._buffer = b""
        self._incline_rad = 0.0
        self._has_reported = False

    async def open(self) -> None:
        """Connect to the panel; a new connection begins in step."""
        self._buffer = b""
        self._link = await open_link(self.config.url, self._clock, device="treadmill")

    async def close(self) -> None:
        """Hang up; the belts keep their last set point."""
        if self._link is not None:
            await self._link.close()

    def take(self) -> Sequence[BeltSample]:
        """Return the reports that came since the last call."""
        assert self._link is not None, "open() first"
        samples = []
        if self._link.dropped_count:
            raise self._out_of_step("reports came faster than they were taken")
        for t_ns, piece in self._link.take():
            self._buffer += piece
            while len(self._buffer) >= REPORT_BYTES:
                report, self._buffer = self._buffer[:REPORT_BYTES], self._buffer[REPORT_BYTES:]
                try:
                    sample = decode_report(report, t_ns)
                except ValueError as error:
                    why = f"cannot decode {report[:11].hex()}: {error}"
                    raise self._out_of_step(why) from error
                self._incline_rad = max(0.0, sample.incline_rad)
                self._has_reported = True
                samples.append(sample)
        return samples

    def send(self, command: BeltCommand) -> None:
        """Send a set point; every packet carries the incline, or the deck would go level."""
        assert self._link is not None, "open() first"
        fastest_mps = max(command.left_speed_mps, command.right_speed_mps)
        slowest_mps = min(command.left_speed_mps, command.right_speed_mps)
        if not (0 <= slowest_mps <= fastest_mps <= self.config.max_speed_mps):
            raise self._refusal(
                f"speeds {command.left_speed_mps}, {command.right_speed_mps} m/s, it takes 0 to"
                f" {self.config.max_speed_mps} m/s"
            )
        try:
            packet = encode_command(command)
        except ValueError as error:
            raise self._refusal(str(error)) from error
        if not self._has_reported:
            self._incline_rad = command.incline_rad
        self._link.write(packet)

    def stop(self, decel_mps2: float) -> None:
        """Ask both belts to come to rest at `decel_mps2`, the deck staying where it is.

        Where the deck is, the last report says; before any, the last command; before any, level.
        """
        decel_mps2 = decel_mps2 if MIN_ACCEL_MPS2 <= decel_mps2 <= MAX_ACCEL_MPS2 else 0.5
        incline_rad = min(max(self._incline_rad, 0.0), MAX_INCLINE_RAD)
        if self._link is not None:
            try:
                self._link.write(_packet(0.0, 0.0, decel_mps2, decel_mps2, incline_rad))
            except LinkError:
                return

    def reset(self) -> None:
        """Do nothing: the panel follows whoever is connected."""

    def arm(self, limits: Limits) -> None:
        """Do nothing, likewise."""

    def disarm(self) -> None:
        """Do nothing, likewise."""

    def _out_of_step(self, why: str) -> ProtocolError:
        return ProtocolError(
            f"treadmill at {self.config.url}: {why}. The stream is out of step; connect again.",
            device="treadmill",
            url=self.config.url,
        )

    def _refusal(self, why: str) -> DeviceFaultError:
        return DeviceFaultError(
            f"treadmill at {self.config.url}: cannot be told {why}; nothing was sent.",
            device="treadmill",
            url=self.config.url,
        )


def encode_command(command: BeltCommand) -> bytes:
    """Return the 64-byte packet; it has no place for `ttl_s`.

    Raises:
        ValueError: A number is not finite or does not fit its field.
    """
    c = command
    for side, accel_mps2 in (("left", c.left_accel_mps2), ("right", c.right_accel_mps2)):
        if not (MIN_ACCEL_MPS2 <= accel_mps2 <= MAX_ACCEL_MPS2):
            raise ValueError(
                f"{side} acceleration {accel_mps2} m/s², it takes {MIN_ACCEL_MPS2} to"
                f" {MAX_ACCEL_MPS2} m/s²"
            )
    for side, speed_mps in (("left", c.left_speed_mps), ("right", c.right_speed_mps)):
        if not (abs(speed_mps) <= MAX_PLAUSIBLE_MPS):
            raise ValueError(f"{side} speed {speed_mps} m/s")
    if not (0 <= c.incline_rad <= MAX_INCLINE_RAD):
        raise ValueError(f"incline {c.incline_rad} rad, it takes 0 to {MAX_INCLINE_RAD:.3f} rad")
    return _packet(
        c.left_speed_mps, c.right_speed_mps, c.left_accel_mps2, c.right_accel_mps2, c.incline_rad
    )


def _packet(
    left_mps: float, right_mps: float, left_mps2: float, right_mps2: float, incline_rad: float
) -> bytes:
    fields = _COMMAND.pack(
        0,
        round(1000 * right_mps),
        round(1000 * left_mps),
        0,
        0,
        round(1000 * right_mps2),
        round(1000 * left_mps2),
        0,
        0,
        round(100 * degrees(incline_rad)),
    )
    complement = fields[1:].translate(_INVERTED)
    return (fields + complement).ljust(COMMAND_BYTES, b"\0")


def decode_report(report: bytes, t_ns: int) -> BeltSample:
    """Return what a 32-byte report says.

    Raises:
        ValueError: It cannot be a report: wrong format byte or impossible numbers.
    """
    kind, right_raw, left_raw, _, _, incline_raw = _REPORT.unpack_from(report)
    if kind != 0:
        raise ValueError(f"format {kind}, expected 0")
    left_mps, right_mps, incline_deg = left_raw / 1000, right_raw / 1000, incline_raw / 100
    if max(abs(left_mps), abs(right_mps)) > MAX_PLAUSIBLE_MPS:
        raise ValueError(f"belts at {left_mps} and {right_mps} m/s")
    if abs(incline_deg) > MAX_PLAUSIBLE_DEG:
        raise ValueError(f"incline {incline_deg} degrees")
    return BeltSample(t_ns, left_mps, right_mps, radians(incline_deg))
