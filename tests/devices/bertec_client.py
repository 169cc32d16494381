"""A client of Bertec's treadmill panel, written from the byte table and nothing of ours.

Command, client to panel, 64 bytes, big-endian:

    0   u8        format, 0
    1   i16 × 4   belt speed, mm/s: right, left, rear right, rear left
    9   u16 × 4   acceleration, mm/s²: the same order, magnitude, not 0 for a belt in use
    17  u16       incline, 0.01 degree
    19  u8 × 18   ones' complement of bytes 1 to 18
    37  u8 × 27   0

Feedback, panel to client, 32 bytes, big-endian, without being asked:

    0   u8        format, 0
    1   i16 × 4   measured belt speed, mm/s, the same order
    9   i16       measured incline, 0.01 degree
    11  u8 × 21   padding
"""

import socket
import struct
import time
from typing import NamedTuple

FEEDBACK_BYTES = 32


class Feedback(NamedTuple):
    """One report, and when it was read on the client's clock."""

    t_s: float
    right_mmps: int
    left_mmps: int
    incline_cdeg: int


def command(
    *,
    right_mmps: int,
    left_mmps: int,
    right_mmps2: int = 500,
    left_mmps2: int = 500,
    incline_cdeg: int = 0,
) -> bytes:
    """Return the 64 bytes of a command; rear belts absent."""
    told = struct.pack(
        ">hhhhHHHHH", right_mmps, left_mmps, 0, 0, right_mmps2, left_mmps2, 0, 0, incline_cdeg
    )
    return b"\0" + told + bytes(255 - byte for byte in told) + bytes(27)


def feedback(*, right_mmps: int, left_mmps: int, incline_cdeg: int = 0) -> bytes:
    """Return the 32 bytes of a report; rear belts absent."""
    return struct.pack(">Bhhhhh21x", 0, right_mmps, left_mmps, 0, 0, incline_cdeg)


class BertecClient:
    """One blocking connection to a panel."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._socket = socket.create_connection((host, port), timeout=5)
        self._rest = b""

    def __enter__(self) -> "BertecClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, packet: bytes) -> None:
        self._socket.sendall(packet)

    def read(self) -> Feedback:
        """Return the next report, waiting for it."""
        while len(self._rest) < FEEDBACK_BYTES:
            piece = self._socket.recv(4096)
            if not piece:
                raise ConnectionError("the panel hung up")
            self._rest += piece
        report, self._rest = self._rest[:FEEDBACK_BYTES], self._rest[FEEDBACK_BYTES:]
        kind, right_mmps, left_mmps, _, _, incline_cdeg = struct.unpack_from(">Bhhhhh", report)
        assert kind == 0, f"out of step: {report.hex()}"
        return Feedback(time.monotonic(), right_mmps, left_mmps, incline_cdeg)

    def watch(self, seconds: float) -> list[Feedback]:
        """Return every report of the next `seconds`."""
        reports = [self.read()]
        while reports[-1].t_s - reports[0].t_s < seconds:
            reports.append(self.read())
        return reports
