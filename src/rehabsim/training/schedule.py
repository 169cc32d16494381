"""Which perturbation comes when. Pure."""

from typing import NamedTuple

import numpy as np

from rehabsim.base.records import Side
from rehabsim.training.pulse import AnyPulse, PerturbParams


class Trial(NamedTuple):
    """One turn of the schedule.

    Attributes:
        pulse: What is done.
        side: Leg that it is timed to.
        is_catch: Nothing is done.
        scale: Of its change.
        stride: Count of strides from which on it is due.
    """

    pulse: AnyPulse
    side: Side
    is_catch: bool
    scale: float
    stride: int


class Schedule:
    """Which pulse comes when, from a seed: legs and kinds in shuffled blocks, so that all occur
    as often and nobody can tell the next one.

    Args:
        params: How.
        seed: Of everything random.
    """

    def __init__(self, params: PerturbParams, seed: int) -> None:
        self._params = params
        self._random = np.random.Generator(np.random.PCG64([seed, 0x70757368]))
        self._block: list[tuple[AnyPulse, Side]] = []

    def next(self, stride: int, *, is_first: bool = False) -> Trial:
        """Return the next trial, counted from a stride."""
        p, random = self._params, self._random
        wait = p.warm_up_strides
        if not is_first:
            wait = int(random.integers(p.min_strides, p.max_strides + 1))
        is_catch = bool(random.random() < p.catch_frac)
        scale = 1 + p.jitter_frac * (2 * random.random() - 1)
        if not self._block:
            every = [(pulse, side) for pulse in p.pulses for side in pulse.sides]
            self._block = [every[index] for index in random.permutation(len(every))]
        pulse, side = self._block[-1]
        if not is_catch:
            self._block.pop()
        return Trial(pulse, side, is_catch, float(scale), stride + wait)
