"""Linear filters as recurrences, for samples that come a few at a time. Pure.

What the live analysis needs of `scipy.signal`, no more: importing that package takes longer than
everything else that a session needs before it can begin. Its own tests hold these functions against
it. Analyses of whole recordings use it as it is.
"""

from collections.abc import Sequence
from math import comb
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

LONG_COUNT = 64
"""From so many samples at once on, `scipy.signal.lfilter` is quicker; it gives the same numbers."""


class Recurrence(NamedTuple):
    """a0 y[n] + a1 y[n-1] + ... = b0 x[n] + b1 x[n-1] + ..., with a0 = 1.

    Attributes:
        b: (m,) of what goes in.
        a: (m,) of what comes out.
    """

    b: Doubles
    a: Doubles

    def steady_state(self) -> Doubles:
        """Return (m - 1,) the state after ones have always gone in."""
        gain = self.b.sum() / self.a.sum()
        return np.cumsum((self.b - self.a * gain)[:0:-1])[::-1]

    def slow_delay_count(self) -> float:
        """Return by how many samples slow signals come late."""
        places = np.arange(len(self.b))
        late = places @ self.b / self.b.sum() - places @ self.a / self.a.sum()
        return float(late)

    def run(self, values: Doubles, state: Doubles) -> tuple[Doubles, Doubles]:
        """Return what comes out, and the state behind it.

        The same numbers for chunks of any length, to the last bits of a double.

        Args:
            values: (k, columns) what goes in.
            state: (m - 1, columns) as the last call left it.

        Source: direct form II, transposed.
        """
        if len(values) >= LONG_COUNT:
            from scipy.signal import lfilter

            made, state = lfilter(self.b, self.a, values, axis=0, zi=state)
            return np.asarray(made), np.asarray(state)
        pushed = self.b[:, None, None] * values
        back = self.a[1:, None]
        made = np.empty(values.shape)
        later = np.zeros((len(self.b), values.shape[1]))
        later[:-1] = state
        for k in range(len(values)):
            made[k] = now = later[0] + pushed[0, k]
            later[:-1] = (later[1:] + pushed[1:, k]) - now * back
        return made, later[:-1]


def low_pass(cut_hz: float, rate_hz: float) -> Recurrence:
    """Return a second-order Butterworth low-pass.

    Args:
        cut_hz: Where its gain is 0.71, below half of `rate_hz`.
        rate_hz: Of the samples.
    """
    corner = 4.0 * np.tan(np.pi * cut_hz / rate_hz)
    poles = corner * -np.exp(0.25j * np.pi * np.array([-1.0, 1.0]))
    gain = corner**2 * float(np.real(1.0 / np.prod(4.0 - poles)))
    inside = (4.0 + poles) / (4.0 - poles)
    return Recurrence(gain * np.poly([-1.0, -1.0]), np.real(np.poly(inside)))


def bilinear(b: Sequence[float], a: Sequence[float], rate_hz: float) -> Recurrence:
    """Return the recurrence of a transfer function b(s) / a(s), by Tustin's rule.

    Args:
        b: Coefficients of its numerator, the highest power of s first; not longer than `a`.
        a: Of its denominator.
        rate_hz: Of the samples.
    """
    order = len(a) - 1
    top, bottom = (_in_z(side, order, rate_hz) for side in (b, a))
    return Recurrence(top / bottom[0], bottom / bottom[0])


def _in_z(side: Sequence[float], order: int, rate_hz: float) -> Doubles:
    """Put s = 2 rate (z - 1) / (z + 1) into a polynomial, times (z + 1) to the `order`."""
    found = np.zeros(order + 1)
    for power, factor in enumerate(reversed(side)):
        minus = [(-1) ** k * comb(power, k) for k in range(power + 1)]
        plus = [comb(order - power, k) for k in range(order - power + 1)]
        found += factor * (2 * rate_hz) ** power * np.convolve(minus, plus)
    return found
