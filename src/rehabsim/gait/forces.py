"""From force-plate samples to times, weights and pressure centres; what every stage needs."""

from math import exp, nan

from rehabsim.base.records import PlateChunk

LOAD_N = 20.0
"""Less vertical force than this has no centre of pressure (Moore et al. 2015 use 20 N)."""

PERSON_N = 150.0
"""Less vertical force than this on both plates is nobody standing there."""

WEIGHT_TIME_S = 3.0
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
    """The weight on both plates, averaged over many steps.

    Attributes:
        newtons: The estimate; NaN before anyone has stood there for half a second.
    """

    def __init__(self) -> None:
        self.newtons = nan
        self._mean_n = 0.0
        self._seen_s = 0.0

    def feed(self, total_n: float, dt_s: float) -> None:
        """Take the mean vertical force of both plates over the last `dt_s`."""
        if not total_n > PERSON_N:
            return
        self._seen_s += dt_s
        weight = dt_s / min(max(self._seen_s, dt_s), WEIGHT_TIME_S)
        self._mean_n += weight * (total_n - self._mean_n)
        if self._seen_s >= 0.5:
            self.newtons = self._mean_n


def low_pass_gain(dt_s: float, time_s: float) -> float:
    """Return the gain of a first-order low-pass with time constant `time_s`."""
    return 1.0 - exp(-dt_s / time_s)


def centre_of_pressure(fz_n: float, mx_nm: float, my_nm: float) -> tuple[float, float]:
    """Return (x_m, y_m) where the ground pushes back, frame lab; NaN below `LOAD_N`.

    Args:
        fz_n: Vertical force.
        mx_nm: Moment about the lab's x axis.
        my_nm: Moment about the lab's y axis.

    Source: M = r x F with r on the surface (z = 0), so x = -my / fz and y = mx / fz.
    """
    if not fz_n > LOAD_N:
        return nan, nan
    return -my_nm / fz_n, mx_nm / fz_n
