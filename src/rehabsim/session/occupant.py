"""What safety is told of the person and of the plates under them. Pure."""

from collections.abc import Sequence
from math import exp, isfinite, nan

import numpy as np

from rehabsim.base.records import Gait, PlateChunk
from rehabsim.safety.messages import Person, PlateFault

MEAN_S = 2.0
"""Time constant of the mean load: some steps."""

RAIL_S, RAIL_COUNT = 0.010, 8
STUCK_S, STUCK_COUNT = 0.300, 20
"""So long the same numbers, and so often: at the end of the range, or not alive. Forces of a real
plate are never twice the same for long, they carry the noise of its amplifier. One whose vertical
force alone repeats itself for so long is at an end that someone set low."""

RAIL_N = 500.0
"""A plate that is at its end after so short a time bears more."""

WIDE_M, WIDE_S = 0.55, 0.3
"""Feet that are both down so far apart, in all for so long, stand on exchanged plates: seen by
these, each is as far outside the middle of its belt as it really is inside."""

LOADED_N = 50.0
"""An empty plate behind a dead band may say zero for as long as it likes."""

FOOT_N = 100.0
"""A plate with less on it says nothing of where the foot is."""

FZ, FZ_MX = (2, 8), (2, 3, 8, 9)
PLATE_BYTES, ROW_BYTES = 24, 48
"""Of a sample as float32."""


class Occupant:
    """Follows load and plates from tick to tick.

    Args:
        is_expected: Somebody walks; else it is a trial with empty belts.
        stated_n: Body weight as the session file states it; NaN where it does not.
    """

    def __init__(self, *, is_expected: bool = True, stated_n: float = nan) -> None:
        self._is_expected = is_expected
        self._stated_n = stated_n
        self._mean_n = nan
        self._last = [(b"", nan), (b"", nan)]
        self._same_count = [[0, 0, 0], [0, 0, 0]]
        self._wide_s = 0.0
        self._dt_s = nan

    def step(
        self, chunks: Sequence[PlateChunk], gait: Gait, harness_n: float, dt_s: float
    ) -> tuple[Person, PlateFault]:
        """Return what is known now.

        Args:
            chunks: Force-plate samples of this tick.
            gait: What the analysis says of them.
            harness_n: What the harness bears; NaN where that is not known.
            dt_s: Since the tick before.
        """
        for chunk in chunks:
            self._dt_s = chunk.dt_ns / 1e9
            self._compare(chunk, np.ascontiguousarray(chunk.wrench, "<f4").tobytes())
            self._measure_width(chunk)
        load_n = gait.left_fz_n + gait.right_fz_n
        if isfinite(load_n):
            share = 1 - exp(-dt_s / MEAN_S)
            kept_n = self._mean_n if isfinite(self._mean_n) else load_n
            self._mean_n = kept_n + share * (load_n - kept_n)
        person = Person(
            is_expected=self._is_expected,
            load_n=load_n,
            mean_load_n=self._mean_n,
            body_weight_n=gait.body_weight_n,
            stated_n=self._stated_n,
            cop_x_m=gait.cop_x_m,
            cop_y_m=gait.cop_y_m,
            harness_n=harness_n,
        )
        return person, self._fault()

    def _compare(self, chunk: PlateChunk, raw: bytes) -> None:
        """Count how many samples in a row said the same: all six, or the force alone.

        What a plate does not measure is NaN, always the same, and tells nothing.
        """
        fz_n = chunk.wrench[:, FZ].tolist()
        for k, forces_n in enumerate(fz_n):
            for plate in (0, 1):
                start = ROW_BYTES * k + PLATE_BYTES * plate
                six = raw[start : start + PLATE_BYTES]
                force_n, counts = forces_n[plate], self._same_count[plate]
                last_six, last_n = self._last[plate]
                is_same, is_level = six == last_six, force_n == last_n
                if last_six == b"":
                    is_same = is_level = True
                counts[0] = counts[0] + 1 if is_same and force_n > LOADED_N else 0
                counts[1] = counts[1] + 1 if is_level and abs(force_n) > RAIL_N else 0
                counts[2] = counts[2] + 1 if is_level and abs(force_n) > LOADED_N else 0
                self._last[plate] = (six, force_n)

    def _measure_width(self, chunk: PlateChunk) -> None:
        """Add up for how long both feet were down and too far apart; once they are not, forget."""
        widths_m = [
            left_mx / left_n - right_mx / right_n
            for left_n, left_mx, right_n, right_mx in chunk.wrench[:, FZ_MX].tolist()
            if left_n > FOOT_N and right_n > FOOT_N
        ]
        if not widths_m:
            return
        if sum(widths_m) > WIDE_M * len(widths_m):
            self._wide_s += len(widths_m) * self._dt_s
        else:
            self._wide_s = 0.0

    def _fault(self) -> PlateFault:
        for same_count, rail_count, level_count in self._same_count:
            if _lasts(same_count, self._dt_s, STUCK_S, STUCK_COUNT):
                return "stuck"
            if _lasts(rail_count, self._dt_s, RAIL_S, RAIL_COUNT):
                return "saturated"
            if _lasts(level_count, self._dt_s, STUCK_S, STUCK_COUNT):
                return "saturated"
        return "exchanged" if self._wide_s >= WIDE_S else ""


def _lasts(count: int, dt_s: float, least_s: float, least_count: int) -> bool:
    return count >= least_count and count * dt_s >= least_s
