"""From force-plate samples to times, weights and pressure centres; what every stage needs."""

from collections import deque
from math import nan
from statistics import median

import numpy as np
import numpy.typing as npt

from rehabsim.base.records import PlateChunk

LOAD_N = 20.0
"""Less vertical force than this has no centre of pressure (Moore et al. 2015 use 20 N)."""

PERSON_N = 150.0
"""Less vertical force than this on both plates is nobody standing there."""

REST_S = 0.5
REST_COUNT = 3
"""Half seconds of standing whose median is the body weight before anyone has walked."""

MEDIAN_COUNT = 9
"""Strides whose median is the body weight: one stumble or one hand on the rail changes nothing."""

Doubles = npt.NDArray[np.float64]

CREEP_PPM = 200
"""More than two quartz clocks drift apart."""


class SampleClock:
    """When samples were taken, on the session clock, from the device's own clock.

    A chunk arrives after its last sample, never before; the quickest chunk tells the difference
    of the clocks best. The estimate gives way slowly, since clocks drift.
    """

    def __init__(self) -> None:
        self._offset_ns: int | None = None
        self._last_device_ns = 0

    def first_ns(self, chunk: PlateChunk) -> int:
        """Return when the first sample of `chunk` was taken."""
        last_ns = chunk.device_t_ns + (len(chunk.wrench) - 1) * chunk.dt_ns
        offset_ns = chunk.t_ns - last_ns
        if self._offset_ns is not None and last_ns >= self._last_device_ns:
            creep_ns = (last_ns - self._last_device_ns) * CREEP_PPM // 1_000_000
            offset_ns = min(offset_ns, self._offset_ns + creep_ns)
        self._offset_ns, self._last_device_ns = offset_ns, last_ns
        return chunk.device_t_ns + offset_ns


class BodyWeight:
    """The weight on both plates, from whole strides while walking, else from half seconds.

    Attributes:
        newtons: The median of the last estimates; NaN before the first.
    """

    def __init__(self) -> None:
        self.newtons = nan
        self._strides: deque[float] = deque(maxlen=MEDIAN_COUNT)
        self._rests: deque[float] = deque(maxlen=REST_COUNT)

    def fix(self, newtons: float) -> None:
        """Take the weight of someone who was weighed; strides may change it."""
        self._rests.clear()
        self._strides.clear()
        self._strides.extend([newtons] * REST_COUNT)
        self.newtons = newtons

    def walk(self, mean_n: float) -> None:
        """Take the mean vertical force of both plates over a stride."""
        if mean_n > PERSON_N:
            self._strides.append(mean_n)
            self.newtons = float(median(self._strides))

    def rest(self, mean_n: float) -> None:
        """Take the mean over `REST_S` in which nobody landed or lifted a foot."""
        if mean_n > PERSON_N and len(self._strides) < REST_COUNT:
            self._rests.append(mean_n)
            self.newtons = float(median(self._rests))


def cops_of(wrench: Doubles) -> Doubles:
    """Return (n, 4) where the ground pushes back: left x_m y_m, right x_m y_m, frame lab.

    Args:
        wrench: (n, 12) as in `PlateChunk`.

    Returns:
        NaN for a plate that bears less than `LOAD_N`.

    Source: M = r x F with r on the surface (z = 0), so x = -my / fz and y = mx / fz.
    """
    fz_n = wrench[:, 2::6]
    load_n = np.where(fz_n > LOAD_N, fz_n, nan)
    cops_m = np.empty((len(wrench), 4))
    np.divide(wrench[:, 4::6], -load_n, out=cops_m[:, 0::2])
    np.divide(wrench[:, 3::6], load_n, out=cops_m[:, 1::2])
    return cops_m
