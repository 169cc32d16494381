"""Other ways to tell heel strikes, made from their description, to measure ours beside them.

All look at one plate at a time and say that its own foot has landed. Nothing here is used to
analyse anybody's gait.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy.signal import butter, sosfilt, sosfiltfilt

from rehabsim_sim.person import Array

REFRACTORY_S = 0.5


class Detector(NamedTuple):
    """One way.

    Attributes:
        name: What it is called in the table.
        find: From (n,) own and other vertical force, samples per second and body weight, the
            samples at which a heel strike is told.
    """

    name: str
    find: Callable[[Array, Array, float, float], Array]


def crossings(signal: Array, high: float, low: float | None = None, wait: float = 0.0) -> Array:
    """Return where `signal` rises over `high`, having been under `low` since the last time.

    Args:
        signal: (n,) anything.
        high: Level.
        low: Level for being ready again; `high` by default.
        wait: Samples that must lie between two.
    """
    low = high if low is None else low
    found, is_ready = [], False
    last = -np.inf
    for at, value in enumerate(signal.tolist()):
        if value < low:
            is_ready = True
        elif value >= high and is_ready:
            is_ready = False
            if at - last > wait:
                found.append(at)
                last = at
    return np.array(found, float)


def _over(newtons: float) -> Detector:
    return Detector(f"{newtons:g} N", lambda own, _other, _hz, _bw: crossings(own, newtons))


def _smoothed(own: Array, _other: Array, rate_hz: float, _weight_n: float) -> Array:
    smooth = butter(2, 10, fs=rate_hz, output="sos")
    return crossings(sosfiltfilt(smooth, own), 27)


def _slow_hysteresis(own: Array, _other: Array, rate_hz: float, _weight_n: float) -> Array:
    return crossings(sosfilt(butter(1, 5, fs=rate_hz, output="sos"), own), 80, 30)


def _mean_of_ten(own: Array, _other: Array, rate_hz: float, weight_n: float) -> Array:
    """Return crossings of 0.3 body weight by the mean of ten samples at 1 kHz."""
    times = np.arange(len(own)) / rate_hz
    fine = np.interp(np.arange(0, times[-1], 0.001), times, own)
    mean = np.convolve(fine, np.full(10, 0.1))[: len(fine)]
    return crossings(mean, 0.3 * weight_n) * 0.001 * rate_hz


def _load_share(own: Array, other: Array, _hz: float, _weight_n: float) -> Array:
    return crossings(own / np.maximum(own + other, 1.0), 0.65, 0.35)


def _weighted(high: float, low: float) -> Detector:
    return Detector(
        f"{high:g} / {low:g} of body weight, 0.5 s apart (chosen on this file)",
        lambda own, _other, hz, bw: crossings(own, high * bw, low * bw, REFRACTORY_S * hz),
    )


DETECTORS = (
    _over(20),
    _over(50),
    _over(100),
    Detector("27 N after a 10 Hz low-pass without lag (offline)", _smoothed),
    Detector("80 N, ready below 30 N", lambda own, _o, _hz, _bw: crossings(own, 80, 30)),
    Detector("the same after a causal 5 Hz low-pass", _slow_hysteresis),
    Detector("0.3 of body weight by the mean of ten samples", _mean_of_ten),
    Detector("share of the load, 65 % / 35 %", _load_share),
    _weighted(0.30, 0.20),
    _weighted(0.40, 0.25),
)


def strikes(wrench: Array, rate_hz: float, weight_n: float) -> Iterator[tuple[str, list[Array]]]:
    """Yield each detector's name and when, in s, it tells left and right heel strikes.

    Args:
        wrench: (n, 12) as in `PlateChunk`.
        rate_hz: Samples per second.
        weight_n: Body weight, for those who want it.
    """
    left_n, right_n = wrench[:, 2], wrench[:, 8]
    for name, find in DETECTORS:
        pairs = ((left_n, right_n), (right_n, left_n))
        yield name, [find(own, other, rate_hz, weight_n) / rate_hz for own, other in pairs]
