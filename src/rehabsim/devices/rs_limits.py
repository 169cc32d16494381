"""The limits of a room as the firmware holds them: whole numbers, a checksum, a C header.

    python -m rehabsim.devices.rs_limits SITE.toml > rs_room.h

Firmware and driver both come from the site file. The firmware's are 5 % wider, so that what the
keeper allows it never refuses; the checksum is of the room's own. Speeds are in µm/s and
accelerations in mm/s², so an acceleration is the change of speed in one millisecond.

Source: firmware_stubs/PROTOCOL.md, 2.
"""

import struct
import sys
import zlib
from pathlib import Path
from typing import NamedTuple

from rehabsim.base.config import load_toml
from rehabsim.base.limits import ASTRAY_MPS, ASTRAY_S, DRIVE_LAG_S, Limits, PerturbationLimits
from rehabsim.base.site import Site

TAG = b"rs_treadmill limits 2"
_PACKED = struct.Struct("<10i")

KEEPER_FIRST_MS = 60
"""The firmware waits so much longer for belts that go astray than the keeper does: a report, a look
and a set point later the keeper, which stops more gently, must have spoken."""

UNWIDENED = ("ramp_mmps2", "fast_mmps2", "lag_ms")


class RsLimits(NamedTuple):
    """What the belts may do.

    Attributes:
        max_speed_umps: Fastest set point, of any mode.
        max_split_umps: Largest difference between the belts, of any mode.
        max_accel_mmps2: Steepest ramp, of any mode.
        ramp_mmps2: Deceleration of an ordinary stop.
        fast_mmps2: The hardest deceleration that a STOP may ask for.
        max_incline_urad: Steepest deck.
        max_incline_rate_uradps: Fastest deck.
        max_astray_umps: How far a belt may be measured from where it should be.
        max_astray_ms: For how long it may be further away.
        lag_ms: Time constant with which belts are expected to follow their ramps.
    """

    max_speed_umps: int
    max_split_umps: int
    max_accel_mmps2: int
    ramp_mmps2: int
    fast_mmps2: int
    max_incline_urad: int
    max_incline_rate_uradps: int
    max_astray_umps: int
    max_astray_ms: int
    lag_ms: int

    @property
    def checksum(self) -> int:
        """CRC-32 of `TAG` and the ten numbers as little-endian i32, in this order."""
        return zlib.crc32(TAG + _PACKED.pack(*self))

    def widened(self) -> "RsLimits":
        """Return them 5 % wider, rounded down; how hard a stop is stays as it is.

        The time of belts that go astray is longer by `KEEPER_FIRST_MS`.
        """
        wide = RsLimits(
            *(
                value if name in UNWIDENED else value + value // 20
                for name, value in self._asdict().items()
            )
        )
        return wide._replace(max_astray_ms=self.max_astray_ms + KEEPER_FIRST_MS)


def limits_of_room(limits: Limits) -> RsLimits:
    """Return the limits of a room over all its modes: where several speak, the widest.

    Args:
        limits: Of the room, not tightened by a session.
    """
    modes: list[Limits | PerturbationLimits] = [limits]
    if limits.perturbation is not None:
        modes.append(limits.perturbation)
    hardest_mps2 = max(limits.ramp_mps2, limits.fast_mps2, limits.fall_mps2)
    steepest_mps2 = max(limits.max_start_accel_mps2, *(mode.max_accel_mps2 for mode in modes))
    return RsLimits(
        max_speed_umps=round(1e6 * max(mode.max_speed_mps for mode in modes)),
        max_split_umps=round(1e6 * max(mode.max_split_mps for mode in modes)),
        max_accel_mmps2=round(1e3 * max(steepest_mps2, hardest_mps2)),
        ramp_mmps2=round(1e3 * limits.ramp_mps2),
        fast_mmps2=round(1e3 * hardest_mps2),
        max_incline_urad=round(1e6 * limits.max_incline_rad),
        max_incline_rate_uradps=round(1e6 * limits.max_incline_rate_radps),
        max_astray_umps=round(1e6 * ASTRAY_MPS),
        max_astray_ms=round(1e3 * ASTRAY_S),
        lag_ms=round(1e3 * DRIVE_LAG_S),
    )


def header(room: RsLimits, name: str) -> str:
    """Return the C header of a firmware for a room called `name`."""
    fields = [f"    .checksum = 0x{room.checksum:08X}u,"]
    fields += [f"    .{key} = {value}," for key, value in room.widened()._asdict().items()]
    title = name.replace("*", " ").replace("\\", " ")
    return "\n".join(
        [
            f"/* Made by rehabsim.devices.rs_limits from the site {title!r}; do not edit. */",
            "#ifndef RS_ROOM_H",
            "#define RS_ROOM_H",
            '#include "rs_treadmill.h"',
            "static const RsLimits RS_ROOM = {",
            *fields,
            "};",
            "#endif",
            "",
        ]
    )


def main() -> None:
    """Write the header for the site file named on the command line."""
    site = load_toml(Path(sys.argv[1]), Site)
    sys.stdout.write(header(limits_of_room(site.limits), site.name))


if __name__ == "__main__":
    main()
