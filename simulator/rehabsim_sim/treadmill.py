"""The treadmill's control panel: the server side of a maker's protocol, in front of the belts."""

import struct
from collections.abc import Callable, Sequence
from math import degrees, radians
from typing import Protocol

import numpy as np

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.devices.laboratory import Fault
from rehabsim.devices.link import Link, Listener, listen
from rehabsim_sim.belts import Reins
from rehabsim_sim.faults import Faults
from rehabsim_sim.person import Array

REPORT_PERIOD_MS = 10
REPORT_CHANNELS = ("left_speed_mps", "right_speed_mps", "incline_rad")
COMMAND_CHANNELS = ("left_mps", "right_mps", "left_mps2", "right_mps2", "incline_rad")
"""What faults of the `treadmill` and of the `belts` can bend."""

COMMAND_BYTES, REPORT_BYTES = 64, 32
BODY = slice(1, 19)
COMPLEMENT = slice(19, 37)

INVERTED = bytes(byte ^ 0xFF for byte in range(256))
_BODY = struct.Struct(">4h4HH")
_REPORT = struct.Struct(">B4hh")


class Panel(Protocol):
    """Stands between a client and the belts."""

    async def open(self, url: str) -> str:
        """Start listening and return where."""

    async def serve(self, belts: Reins, time_ms: int) -> None:
        """Hand the newest set point on, and report when it is time to."""

    async def close(self) -> None:
        """Stop listening and hang up."""


class BertecPanel:
    """Serves `bertec_treadmill` to one client at a time; a second is hung up on.

    The belts keep their last set point when the client falls silent or hangs up: no public
    source says what the real panel does, and this is the worse of the two.

    Attributes:
        bad_count: Bytes skipped because no packet could begin there.
        refused_count: Clients hung up on.

    Source: byte layout as in `rehabsim.devices.bertec_treadmill`.
    """

    def __init__(self, clock: Clock, reports: Faults, commands: Faults) -> None:
        self.bad_count = 0
        self._reports, self._commands = reports, commands
        self.refused_count = 0
        self._clock = clock
        self._listener: Listener | None = None
        self._client: Link | None = None
        self._refused: list[Link] = []
        self._buffer = b""
        self._report_ms = 0

    async def open(self, url: str) -> str:
        """Start listening and return where."""
        self._listener = await listen(url, self._clock, device="treadmill", accept=self._accept)
        return self._listener.url

    def _accept(self, link: Link) -> None:
        self._drop_if_gone()
        if self._client is None:
            self._client = link
            self._buffer = b""
        else:
            self.refused_count += 1
            self._refused.append(link)

    def _drop_if_gone(self) -> None:
        if self._client is not None:
            try:
                self._buffer += b"".join(piece for _, piece in self._client.take())
            except LinkError:
                self._client = None

    async def serve(self, belts: Reins, time_ms: int) -> None:
        """Hand the newest set point on, and report when it is time to."""
        while self._refused:
            await self._refused.pop().close()
        self._drop_if_gone()
        packet, self._buffer, skipped_count = newest_packet(self._buffer)
        self.bad_count += skipped_count
        packets = [] if packet is None else [packet]
        for command in self._commands.frames(time_ms, packets) if self._commands else packets:
            belts.ask(*self._bent(self._commands, time_ms, decode_set_point(command)))
        reports = []
        if time_ms >= self._report_ms:
            self._report_ms = time_ms - time_ms % REPORT_PERIOD_MS + REPORT_PERIOD_MS
            reports.append(encode_report(*self._bent(self._reports, time_ms, belts.state())))
        for report in self._reports.frames(time_ms, reports) if self._reports else reports:
            self._report(report)
        if self._reports and self._client is not None and self._reports.is_on("cut", time_ms):
            await self._client.close()
            self._client = None

    def _report(self, report: bytes) -> None:
        if self._client is not None:
            try:
                self._client.write(report)
            except LinkError:
                self._client = None

    @staticmethod
    def _bent(faults: Faults, time_ms: int, values: tuple[float, ...]) -> tuple[float, ...]:
        if not faults:
            return values
        block: Array = np.array([values])
        return tuple(faults.values(time_ms, block)[0].tolist())

    async def close(self) -> None:
        """Stop listening and hang up."""
        if self._listener is not None:
            await self._listener.close()
        for link in (*self._refused, self._client):
            if link is not None:
                await link.close()


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


PANELS: dict[str, Callable[[Clock, Faults, Faults], Panel]] = {"bertec_treadmill": BertecPanel}
"""Treadmills by the kind that a site file names."""


def make_panel(kind: str, clock: Clock, plan: Sequence[Fault] = (), seed: int = 0) -> Panel:
    """Return the panel of a treadmill of `kind`, or raise ConfigError that lists the known.

    Faults of the `treadmill` bend what it reports, those of the `belts` what it is told.
    """
    if kind not in PANELS:
        known = ", ".join(sorted(PANELS))
        raise ConfigError(f"treadmill: the simulator has no kind {kind!r}. Known: {known}.")
    reports = Faults(plan, "treadmill", REPORT_CHANNELS, seed=seed)
    commands = Faults(plan, "belts", COMMAND_CHANNELS, seed=seed)
    return PANELS[kind](clock, reports, commands)
