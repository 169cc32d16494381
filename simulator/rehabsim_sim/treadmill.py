"""The treadmill's control panel: the server side of a maker's protocol, in front of the belts."""

import struct
from collections.abc import Callable
from math import degrees, radians
from typing import Protocol

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.devices.link import Link, Listener, listen
from rehabsim_sim.belts import Reins

REPORT_PERIOD_MS = 10
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

    def __init__(self, clock: Clock) -> None:
        self.bad_count = 0
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
        if packet is not None:
            belts.ask(*decode_set_point(packet))
        if time_ms >= self._report_ms:
            self._report_ms = time_ms - time_ms % REPORT_PERIOD_MS + REPORT_PERIOD_MS
            if self._client is not None:
                try:
                    self._client.write(encode_report(*belts.state()))
                except LinkError:
                    self._client = None

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
        round(1000 * right_mps),
        round(1000 * left_mps),
        0,
        0,
        round(100 * degrees(incline_rad)),
    )
    return report.ljust(REPORT_BYTES, b"\0")


PANELS: dict[str, Callable[[Clock], Panel]] = {"bertec_treadmill": BertecPanel}
"""Treadmills by the kind that a site file names."""


def make_panel(kind: str, clock: Clock) -> Panel:
    """Return the panel of a treadmill of `kind`, or raise ConfigError that lists the known."""
    if kind not in PANELS:
        known = ", ".join(sorted(PANELS))
        raise ConfigError(f"treadmill: the simulator has no kind {kind!r}. Known: {known}.")
    return PANELS[kind](clock)
