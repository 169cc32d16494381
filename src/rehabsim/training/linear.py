"""Linear filters in continuous time, advanced exactly by steps of any length. Pure.

The input holds still during a step, as it does between two ticks; so one long step and many short
ones end in the same state. Written by hand because the libraries that have this take a second to
import, and a scenario must be ready sooner.
"""

from collections.abc import Sequence
from math import factorial

import numpy as np
import numpy.typing as npt

MAX_KEPT = 16
"""Lengths of step whose matrices are kept."""

ORDER = 14
"""Of the series; at half of the norm 1 its first missing term is below 1e-16."""

Matrix = npt.NDArray[np.float64]


def exponential(matrix: Matrix) -> Matrix:
    """Return e to the power of a square matrix, by its series and repeated squaring."""
    norm = float(np.abs(matrix).sum(axis=0).max())
    squarings = max(0, int(np.ceil(np.log2(norm))) + 1) if norm > 0 else 0
    small = matrix / 2.0**squarings
    power = np.eye(len(matrix))
    total = power.copy()
    for order in range(1, ORDER + 1):
        power = power @ small
        total += power / factorial(order)
    for _ in range(squarings):
        total = total @ total
    return total


class Linear:
    """One transfer function of at most three poles, at rest at first.

    Args:
        above: Coefficients of the numerator in s, highest power first.
        below: Of the denominator; no fewer of them, and the first is not 0.

    Raises:
        ValueError: It has more zeros than poles, no pole, or more than three.
    """

    def __init__(self, above: Sequence[float], below: Sequence[float]) -> None:
        if not (len(above) <= len(below) and 2 <= len(below) <= 4 and below[0] != 0):
            raise ValueError(f"{list(above)} over {list(below)} is no filter of one to three poles")
        self._poles = [value / below[0] for value in below[1:]]
        zeros = [0.0] * (len(below) - len(above)) + [value / below[0] for value in above]
        self._direct = zeros[0]
        out = [
            zero - self._direct * pole for zero, pole in zip(zeros[1:], self._poles, strict=True)
        ]
        self._out = _three(out[::-1])
        self._inside = (0.0, 0.0, 0.0)
        self._rows: dict[float, tuple[float, ...]] = {}

    def step(self, value: float, dt_s: float) -> float:
        """Hold the input at `value` for `dt_s`; return the output at the end of it."""
        rows = self._rows.get(dt_s) or self._matrices(dt_s)
        xx, xy, xz, xv, yx, yy, yz, yv, zx, zy, zz, zv = rows
        x, y, z = self._inside
        self._inside = x, y, z = (
            xx * x + xy * y + xz * z + xv * value,
            yx * x + yy * y + yz * z + yv * value,
            zx * x + zy * y + zz * z + zv * value,
        )
        ox, oy, oz = self._out
        return ox * x + oy * y + oz * z + self._direct * value

    def _matrices(self, dt_s: float) -> tuple[float, ...]:
        """Return three rows of the step's matrix, each with its part of the input at the end."""
        count = len(self._poles)
        whole = np.zeros((count + 1, count + 1))
        whole[: count - 1, 1:count] = np.eye(count - 1)
        whole[count - 1, :count] = [-pole for pole in self._poles[::-1]]
        whole[count - 1, count] = 1.0
        moved = exponential(whole * dt_s)
        rows = np.zeros((3, 4))
        rows[:count, :count] = moved[:count, :count]
        rows[:count, 3] = moved[:count, count]
        if len(self._rows) >= MAX_KEPT:
            self._rows.clear()
        self._rows[dt_s] = tuple(rows.ravel().tolist())
        return self._rows[dt_s]


def _three(values: Sequence[float]) -> tuple[float, float, float]:
    x, y, z = (*values, 0.0, 0.0)[:3]
    return x, y, z


def low_pass(radps: float, damping: float = 1.0) -> Linear:
    """Return a second-order low-pass."""
    return Linear([radps**2], [1.0, 2 * damping * radps, radps**2])


def high_pass(radps: float) -> Linear:
    """Return a first-order high-pass."""
    return Linear([1.0, 0.0], [1.0, radps])


def high_pass_2(radps: float, damping: float = 1.0) -> Linear:
    """Return a second-order high-pass."""
    return Linear([1.0, 0.0, 0.0], [1.0, 2 * damping * radps, radps**2])
