"""Two force plates, one under each belt: what they measure, and the stream they send.

Source: noise and drift of instrumented treadmills as in Sinitski 2015 and Kram 1998; the
moment that a belt's acceleration feigns is 2.8 Nm per m/s² on a Motek R-Mill (Moore 2015,
recording of the unloaded treadmill).
"""

import math
from dataclasses import dataclass, field

import numpy as np

from rehabsim.base.clock import Clock
from rehabsim.base.errors import LinkError
from rehabsim.base.records import Floats
from rehabsim.devices.link import Link, Listener, listen
from rehabsim.devices.rs_plates import encode_frame
from rehabsim_sim.belts import Belts
from rehabsim_sim.jit import compiled
from rehabsim_sim.person import DT_S, LEFT, Array, Body, Pair

PLATE_NOISES = 12
"""Columns of the noise drawn per millisecond, one per channel; it also drives the drift."""

DRIFT_S = 300.0
HALF_WIDTH_M = 0.5
"""From the seam to the outer edge of a belt; a foot beyond it is on the frame or the floor."""

INERTIA_NM_PER_MPS2 = 2.8
DT_US = 1000
CLOCK_ERROR_PPM = 23.0
POWER_UP_US = 1_000_000


def _channels(shear: float, vertical: float, moment: float) -> Array:
    """Return 12 channel values from those of fx and fy, of fz, and of the moments."""
    return np.array(2 * [shear, shear, vertical, moment, moment, moment])


@dataclass
class Plates:
    """The plates' places and errors.

    Attributes:
        origin_m: (2, 3) centres of their surfaces, left first.
        noise: (12,) SD of the white noise, in N and Nm.
        drift_sd: (12,) SD that the drift tends to.
        step: (12,) quantisation.
        drift: (12,) offset of each channel now.
        load_n: True vertical force on each plate.
    """

    origin_m: Array = field(default_factory=lambda: np.zeros((2, 3)))
    noise: Array = field(default_factory=lambda: _channels(0.8, 2.5, 0.3))
    drift_sd: Array = field(default_factory=lambda: _channels(0.7, 1.5, 0.2))
    step: Array = field(default_factory=lambda: _channels(0.05, 0.1, 0.01))
    drift: Array = field(default_factory=lambda: np.zeros(12))
    load_n: Pair = field(default_factory=lambda: [0.0, 0.0])


@compiled
def weigh(
    plates: Plates, body: Body, belts: Belts, foot_width_m: float, wrench: Array, at: int
) -> None:
    """Write the true (n, 12) wrench of row `at`, as the stream has it: moments about centres."""
    for plate in range(2):
        first = 6 * plate
        for i in range(6):
            wrench[at, first + i] = 0.0
        for foot in range(2):
            if abs(body.cop_y_m[foot]) > HALF_WIDTH_M:
                continue
            share, y_m = split(body.cop_y_m[foot], foot_width_m, plate)
            x_m = body.cop_x_m[foot] - plates.origin_m[plate, 0]
            y_m -= plates.origin_m[plate, 1]
            z_m = -plates.origin_m[plate, 2]
            fx = share * body.force_x_n[foot]
            fy = share * body.force_y_n[foot]
            fz = share * body.force_z_n[foot]
            wrench[at, first] += fx
            wrench[at, first + 1] += fy
            wrench[at, first + 2] += fz
            wrench[at, first + 3] += y_m * fz - z_m * fy
            wrench[at, first + 4] += z_m * fx - x_m * fz
            wrench[at, first + 5] += x_m * fy - y_m * fx
        plates.load_n[plate] = wrench[at, first + 2]
        wrench[at, first + 4] += INERTIA_NM_PER_MPS2 * belts.accel_mps2[plate]


@compiled
def split(cop_y_m: float, width_m: float, plate: int) -> tuple[float, float]:
    """Return the part of a foot on `plate`, by area about the seam y = 0, and its middle.

    The two parts together have the foot's own centre of pressure.
    """
    edge_m = cop_y_m + 0.5 * width_m if plate == LEFT else cop_y_m - 0.5 * width_m
    on_m = edge_m if plate == LEFT else -edge_m
    if on_m <= 0:
        return 0.0, 0.0
    if on_m >= width_m:
        return 1.0, cop_y_m
    return on_m / width_m, 0.5 * edge_m


@compiled
def blur(plates: Plates, wrench: Array, at: int, noise: Array, column: int) -> None:
    """Add drift and noise to row `at` and round it to the steps of the converter."""
    pace = math.sqrt(2 * DT_S / DRIFT_S)
    for i in range(12):
        white = noise[at, column + i]
        drift = plates.drift[i] * (1 - DT_S / DRIFT_S) + plates.drift_sd[i] * pace * white
        plates.drift[i] = drift
        value = wrench[at, i] + drift + plates.noise[i] * white
        wrench[at, i] = plates.step[i] * math.floor(value / plates.step[i] + 0.5)


class PlateStream:
    """Serves `rs_plates` to whoever connects, and never waits for them.

    Source: firmware_stubs/PROTOCOL.md, 1.
    """

    def __init__(self, clock: Clock) -> None:
        self.sequence = 0
        self._clock = clock
        self._listener: Listener | None = None
        self._links: list[Link] = []

    async def open(self, url: str) -> str:
        """Start listening and return where."""
        self._listener = await listen(url, self._clock, device="plates", accept=self._links.append)
        return self._listener.url

    def send(self, wrench: Floats) -> None:
        """Send (n, 12) samples, the newest last, to everyone connected."""
        if self._links:
            device_t_us = POWER_UP_US + self.sequence * DT_US
            device_t_us += round(device_t_us * CLOCK_ERROR_PPM / 1e6)
            frame = encode_frame(self.sequence, device_t_us, DT_US, wrench)
            for link in tuple(self._links):
                try:
                    link.take()
                    link.write(frame)
                except LinkError:
                    self._links.remove(link)
        self.sequence += len(wrench)

    async def close(self) -> None:
        """Stop listening and hang up."""
        if self._listener is not None:
            await self._listener.close()
        for link in self._links:
            await link.close()
