"""Driver for `kind = "rs_harness"`: the load cell in a harness's strap, as lines of JSON.

Source: simulator/SENSORS.md, "How it is sent".
"""

from collections.abc import Sequence
from math import nan
from typing import Literal

import msgspec

from rehabsim.base.clock import Clock
from rehabsim.base.config import Strict
from rehabsim.base.errors import ProtocolError
from rehabsim.base.records import HarnessSample
from rehabsim.devices.link import Link, open_link

SCHEMA = 1
CHANNEL = "load_n"
MAX_BAD_BYTES = 4096
"""So many bytes without one good line are not this protocol."""


class Line(msgspec.Struct, frozen=True):
    """One reading of any sensor.

    Attributes:
        schema: Version of the form.
        sensor: Its name.
        seq: Number of the reading, from 0.
        device_t_us: Its own clock when the reading was taken.
        channels: Names, with units.
        values: One per channel; None is not a number.
    """

    schema: int
    sensor: str
    seq: int
    device_t_us: int
    channels: list[str]
    values: list[float | None]


class RsHarness:
    """One load cell that numbers and times its readings."""

    class Config(Strict):
        """`[harness]` of the site file.

        Attributes:
            sensor: Name of the load cell, where several sensors share a line.
        """

        kind: Literal["rs_harness"]
        url: str
        sensor: str = "harness"

    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self.lost_count = 0
        self.bad_count = 0
        self._clock = clock
        self._link: Link | None = None
        self._buffer = b""
        self._bad_bytes = 0
        self._next_sequence: int | None = None
        self._decode = msgspec.json.Decoder(Line).decode

    async def open(self) -> None:
        """Connect to the load cell."""
        self._buffer, self._bad_bytes, self._next_sequence = b"", 0, None
        self._link = await open_link(self.config.url, self._clock, device="harness")

    async def close(self) -> None:
        """Disconnect."""
        if self._link is not None:
            await self._link.close()

    def take(self) -> Sequence[HarnessSample]:
        """Return the readings that came since the last call."""
        assert self._link is not None, "open() first"
        samples = []
        for t_ns, piece in self._link.take():
            *lines, self._buffer = (self._buffer + piece).split(b"\n")
            for line in lines:
                sample = self._sample(line, t_ns)
                if sample is not None:
                    samples.append(sample)
            bad_bytes = self._bad_bytes + len(self._buffer)
            if bad_bytes >= MAX_BAD_BYTES:
                self._buffer, self._bad_bytes = b"", 0
                raise ProtocolError(
                    f"harness at {self.config.url}: {bad_bytes} bytes without one good line."
                    " Is this an rs_harness device?",
                    device="harness",
                    url=self.config.url,
                )
        return samples

    def _sample(self, data: bytes, t_ns: int) -> HarnessSample | None:
        try:
            line = self._decode(data)
            if line.schema != SCHEMA or len(line.channels) != len(line.values):
                raise ValueError(line.schema)
        except (ValueError, RecursionError):
            self.bad_count += 1
            self._bad_bytes += len(data) + 1
            return None
        self._bad_bytes = 0
        if line.sensor != self.config.sensor or CHANNEL not in line.channels:
            return None
        if self._next_sequence is not None:
            if line.seq < self._next_sequence:
                return None
            self.lost_count += line.seq - self._next_sequence
        self._next_sequence = line.seq + 1
        load_n = line.values[line.channels.index(CHANNEL)]
        return HarnessSample(
            t_ns, line.seq, line.device_t_us * 1000, nan if load_n is None else load_n
        )
