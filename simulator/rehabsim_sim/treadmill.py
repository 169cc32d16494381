"""The treadmill's control panel: the server side of a maker's protocol, in front of the belts."""

import struct
from collections.abc import Callable, Sequence
from math import degrees, radians

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ConfigError
from rehabsim.base.limits import Limits
from rehabsim.devices.laboratory import Fault
from rehabsim.devices.rs_limits import RsLimits, limits_of_room
from rehabsim_sim.belts import Reins
from rehabsim_sim.faults import Faults
from rehabsim_sim.panel import COMMAND_CHANNELS, REPORT_CHANNELS, OneClientPanel, Panel, bent
from rehabsim_sim.rs_panel import RsPanel, simulated_room

REPORT_PERIOD_MS = 10
COMMAND_BYTES, REPORT_BYTES = 64, 32
BODY = slice(1, 19)
COMPLEMENT = slice(19, 37)

INVERTED = bytes(byte ^ 0xFF for byte in range(256))
_BODY = struct.Struct(">4h4HH")
_REPORT = struct.Struct(">B4hh")


class BertecPanel(OneClientPanel):
    """Serves `bertec_treadmill` to one client at a time; a second is hung up on.

    The belts keep their last set point when the client falls silent or hangs up: no public
    source says what the real panel does, and this is the worse of the two.

    Attributes:
        bad_count: Bytes skipped because no packet could begin there.
        refused_count: Clients hung up on.

    Source: byte layout as in `rehabsim.devices.bertec_treadmill`.
    """

    def __init__(self, clock: Clock, reports: Faults, commands: Faults) -> None:
        super().__init__(clock, reports, commands)
        self._report_ms = 0

    async def serve(self, belts: Reins, time_ms: int) -> None:
        """Hand the newest set point on, and report when it is time to."""
        await self._line.hear()
        packet, self._line.buffer, skipped_count = newest_packet(self._line.buffer)
        self.bad_count += skipped_count
        packets = [] if packet is None else [packet]
        for command in self._commands.frames(time_ms, packets) if self._commands else packets:
            belts.ask(*bent(self._commands, time_ms, decode_set_point(command)))
        reports = []
        if time_ms >= self._report_ms:
            self._report_ms = time_ms - time_ms % REPORT_PERIOD_MS + REPORT_PERIOD_MS
            reports.append(encode_report(*bent(self._reports, time_ms, belts.state())))
        for report in self._reports.frames(time_ms, reports) if self._reports else reports:
            self._line.say(report)
        if self._reports and self._reports.is_on("cut", time_ms):
            await self._line.hang_up()


def newest_packet(buffer: bytes) -> tuple[bytes | None, bytes, int]:
    """Return the last whole good packet, what is left behind it, and how many bytes were bad."""
    newest, bad_count, at = None, 0, 0
    while len(buffer) - at >= COMMAND_BYTES:
        packet = buffer[at : at + COMMAND_BYTES]
        if is_good(packet):
            newest = packet
            at += COMMAND_BYTES
        else:
            bad_count += 1
            at += 1
    return newest, buffer[at:], bad_count


def is_good(packet: bytes) -> bool:
    """Return whether the format, the complement and the accelerations of a packet are right."""
    if packet[0] != 0 or packet[BODY].translate(INVERTED) != packet[COMPLEMENT]:
        return False
    _, _, _, _, right_mmps2, left_mmps2, _, _, _ = _BODY.unpack(packet[BODY])
    return bool(right_mmps2 != 0 and left_mmps2 != 0)


def decode_set_point(packet: bytes) -> tuple[float, float, float, float, float]:
    """Return left and right m/s, left and right m/s², incline in rad of a good packet."""
    right, left, _, _, right_ramp, left_ramp, _, _, incline = _BODY.unpack(packet[BODY])
    return left / 1000, right / 1000, left_ramp / 1000, right_ramp / 1000, radians(incline / 100)


def encode_report(left_mps: float, right_mps: float, incline_rad: float) -> bytes:
    """Return the 32-byte report of the belts as they are."""
    report = _REPORT.pack(
        0,
        _int16(1000 * right_mps),
        _int16(1000 * left_mps),
        0,
        0,
        _int16(100 * degrees(incline_rad)),
    )
    return report.ljust(REPORT_BYTES, b"\0")


def _int16(value: float) -> int:
    """Return the nearest number that the field can hold."""
    return min(max(round(value), -32768), 32767)


Maker = Callable[[Clock, Faults, Faults, RsLimits, int], Panel]
PANELS: dict[str, Maker] = {
    "bertec_treadmill": lambda clock, reports, commands, _room, _seed: BertecPanel(
        clock, reports, commands
    ),
    "rs_treadmill": RsPanel,
}
"""Treadmills by the kind that a site file names."""


def make_panel(
    kind: str,
    clock: Clock,
    plan: Sequence[Fault] = (),
    seed: int = 0,
    limits: Limits | None = None,
) -> Panel:
    """Return the panel of a treadmill of `kind`, or raise ConfigError that lists the known.

    Faults of the `treadmill` bend what it reports, those of the `belts` what it is told. A
    treadmill with limits of its own has those of the room, or of the simulated site.
    """
    if kind not in PANELS:
        known = ", ".join(sorted(PANELS))
        raise ConfigError(f"treadmill: the simulator has no kind {kind!r}. Known: {known}.")
    reports = Faults(plan, "treadmill", REPORT_CHANNELS, seed=seed)
    commands = Faults(plan, "belts", COMMAND_CHANNELS, seed=seed)
    room = simulated_room() if limits is None else limits_of_room(limits)
    return PANELS[kind](clock, reports, commands, room, seed)
