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
        self._last: list[np.ndarray[tuple[int], np.dtype[np.float32]] | None] = [None, None]
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
            for plate in (0, 1):
                self._compare(plate, chunk)
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

    def _compare(self, plate: int, chunk: PlateChunk) -> None:
        """Count how many samples in a row said the same: all six, or the force alone."""
        six = chunk.wrench[:, 6 * plate : 6 * plate + 6]
        last = self._last[plate]
        before = six[:1] if last is None else last[None]
        rows = np.concatenate([before, six])
        # What a plate does not measure is NaN, always, and tells nothing.
        is_same = (rows[1:] == rows[:-1]) | (np.isnan(rows[1:]) & np.isnan(rows[:-1]))
        fz_n, is_same_fz = six[:, 2], is_same[:, 2]
        for which, flags in enumerate(
            (
                is_same.all(axis=1) & (fz_n > LOADED_N),
                is_same_fz & (np.abs(fz_n) > RAIL_N),
                is_same_fz & (np.abs(fz_n) > LOADED_N),
            )
        ):
            changes = np.flatnonzero(~flags)
            count = self._same_count[plate][which]
            count = count + len(flags) if not len(changes) else len(flags) - 1 - int(changes[-1])
            self._same_count[plate][which] = count
        self._last[plate] = six[-1] if len(six) else last

    def _measure_width(self, chunk: PlateChunk) -> None:
        """Add up for how long both feet were down and too far apart; once they are not, forget."""
        fz_n = chunk.wrench[:, (2, 8)]
        is_both = (fz_n > FOOT_N).all(axis=1)
        if not is_both.any():
            return
        y_m = chunk.wrench[is_both][:, (3, 9)] / fz_n[is_both]
        if float(np.mean(y_m[:, 0] - y_m[:, 1])) > WIDE_M:
            self._wide_s += int(is_both.sum()) * self._dt_s
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
