"""Driver for `kind = "rs_plates"`: our framed stream of two force plates.

Source: firmware_stubs/PROTOCOL.md, 1.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache
from math import isfinite
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from rehabsim.base.clock import Clock
from rehabsim.base.config import Metres, Strict
from rehabsim.base.errors import ProtocolError
from rehabsim.base.records import Floats, PlateChunk
from rehabsim.devices.link import Link, open_link
from rehabsim.devices.rs_frame import unwrap, wrap

VERSION = 1
TYPE_SAMPLES = 0x50
MAX_COUNT = 16
MAX_BAD_BYTES = 4096
"""So many bytes without one good frame are not this protocol."""

_HEADER = struct.Struct("<BBBBIQHH")

Point = Annotated[list[Metres], Field(min_length=3, max_length=3)]


class RsPlates:
    """Two force plates that number and time their samples."""

    class Config(Strict):
        """`[plates]` of the site file.

        Attributes:
            left_origin_m: Centre of the left plate's top surface, frame lab.
            right_origin_m: The same on the right.
        """

        kind: Literal["rs_plates"]
        url: str
        left_origin_m: Point
        right_origin_m: Point

    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self.lost_count = 0
        self.bad_count = 0
        self.repeated_count = 0
        self._clock = clock
        self._link: Link | None = None
        self._buffer = b""
        self._bad_bytes = 0
        self._next_sequence: int | None = None

    async def open(self) -> None:
        """Connect to the plates; a new connection may be to plates that count from 0 again."""
        self._buffer, self._bad_bytes, self._next_sequence = b"", 0, None
        self._link = await open_link(self.config.url, self._clock, device="plates")

    async def close(self) -> None:
        """Disconnect."""
        if self._link is not None:
            await self._link.close()

    def take(self) -> Sequence[PlateChunk]:
        """Return one chunk per frame that came since the last call."""
        assert self._link is not None, "open() first"
        chunks = []
        for t_ns, piece in self._link.take():
            *frames, self._buffer = (self._buffer + piece).split(b"\0")
            for frame in frames:
                chunk = self._chunk(frame, t_ns)
                if chunk is not None:
                    chunks.append(chunk)
            bad_bytes = self._bad_bytes + len(self._buffer)
            if bad_bytes >= MAX_BAD_BYTES:
                self._buffer, self._bad_bytes = b"", 0
                raise ProtocolError(
                    f"plates at {self.config.url}: {bad_bytes} bytes without one good frame."
                    " Is this an rs_plates device?",
                    device="plates",
                    url=self.config.url,
                )
        return chunks

    def _chunk(self, frame: bytes, t_ns: int) -> PlateChunk | None:
        try:
            sequence, device_t_us, dt_us, wrench = decode_frame(frame)
        except ValueError:
            self.bad_count += 1
            self._bad_bytes += len(frame) + 1
            return None
        self._bad_bytes = 0
        if self._next_sequence is not None:
            ahead = (sequence - self._next_sequence) & 0xFFFFFFFF
            if ahead >= 2**31:
                self.repeated_count += 1
                return None
            self.lost_count += ahead
            sequence = self._next_sequence + ahead
        self._next_sequence = sequence + len(wrench)
        return PlateChunk(
            t_ns,
            sequence,
            device_t_us * 1000,
            dt_us * 1000,
            lab_from_plates(wrench, self.config.left_origin_m, self.config.right_origin_m),
        )


def decode_frame(frame: bytes) -> tuple[int, int, int, Floats]:
    """Return sequence, device_t_us, dt_us and the (n, 12) wrench in plate frames.

    Args:
        frame: COBS-encoded, without its closing zero.

    Raises:
        ValueError: It is not a whole, undamaged frame of samples.

    Source: firmware_stubs/PROTOCOL.md, 1.
    """
    raw = unwrap(frame)
    if len(raw) < _HEADER.size:
        raise ValueError(f"{len(raw)} bytes are too short")
    version, kind, count, _, sequence, device_t_us, dt_us, _ = _HEADER.unpack_from(raw)
    if (version, kind) != (VERSION, TYPE_SAMPLES) or not 1 <= count <= MAX_COUNT:
        raise ValueError(f"version {version}, type {kind:#x}, count {count}")
    if len(raw) - _HEADER.size != 48 * count or dt_us == 0:
        raise ValueError(f"{len(raw)} bytes do not hold {count} samples")
    wrench = np.frombuffer(raw, "<f4", 12 * count, _HEADER.size).reshape(count, 12)
    return sequence, device_t_us, dt_us, wrench


def encode_frame(
    sequence: int, device_t_us: int, dt_us: int, wrench: Floats, *, flags: int = 0
) -> bytes:
    """Return the frame for (n, 12) samples in plate frames, closing zero included.

    Source: firmware_stubs/PROTOCOL.md, 1.
    """
    body = np.ascontiguousarray(wrench, "<f4").tobytes()
    header = _HEADER.pack(
        VERSION,
        TYPE_SAMPLES,
        len(wrench),
        flags,
        sequence & 0xFFFFFFFF,
        device_t_us,
        dt_us,
        0,
    )
    return wrap(header + body)


def lab_from_plates(
    wrench: Floats, left_origin_m: Sequence[float], right_origin_m: Sequence[float]
) -> Floats:
    """Return (n, 12) wrenches with moments about the lab origin instead of the plate centres.

    Args:
        wrench: (n, 12) float32, columns `WRENCH_COLUMNS`, moments about each plate's centre.
        left_origin_m: Left plate's centre, frame lab.
        right_origin_m: Right plate's centre, frame lab.

    Source: M_lab = M_plate + r x F, axes parallel.
    """
    shift = _shift(tuple(left_origin_m), tuple(right_origin_m))
    lab: Floats = wrench @ shift
    if isfinite(float(lab.sum())):
        return lab
    # In the product 0 * NaN spreads; what is not measured may only spoil what depends on it.
    lab = np.zeros_like(wrench)
    for column in range(12):
        for row in np.flatnonzero(shift[:, column]):
            lab[:, column] += shift[row, column] * wrench[:, row]
    return lab


@lru_cache(maxsize=8)
def _shift(left_origin_m: tuple[float, ...], right_origin_m: tuple[float, ...]) -> Floats:
    """Return the (12, 12) matrix that adds r x F to the moments of each row."""
    shift = np.eye(12, dtype=np.float32)
    for first, (x, y, z) in ((0, left_origin_m), (6, right_origin_m)):
        shift[first : first + 3, first + 3 : first + 6] = [[0, z, -y], [-z, 0, x], [y, -x, 0]]
    return shift
