"""From force-plate samples to frames: low-passed, evenly thinned, and remembered for a while.

Everything after this stage works on *frames*, about 250 a second whatever the plates' rate, so
that a file is analysed much faster than it was recorded. Frames depend on the samples alone,
never on how these were cut into chunks.
"""

from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from math import ceil, isfinite, nan
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rehabsim.gait.recurrence import low_pass

Doubles = npt.NDArray[np.float64]
Instants = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FRAME_HZ = 250
CUT_HZ = 40.0
"""Low-pass before the frames, second-order Butterworth: heel strikes rise slower than this."""

MAX_GAP_NS = 20_000_000
"""After a longer gap the filter starts anew; it would ring from one place to the other."""

MAX_STEP_N_PER_S = 250_000.0
MAX_SPIKE_COUNT = 3
"""A vertical force that jumps faster, for no more samples than this, is a spike, not a person;
the steepest heel strikes rise by about 40 body weights a second (transient in running)."""

WRENCH = 12
"""Columns of both plates; the two belts' speeds are filtered behind them."""

FZ = (2, 8)


class LowPass:
    """Second-order Butterworth over columns, the same for chunks of any length.

    A column starts as if its first number had always been there; until then it is NaN.

    Args:
        cut_hz: Cut-off.
        rate_hz: Of the rows; the cut-off is held below 0.4 of it.
        count: Columns.

    Attributes:
        delay_s: Of slow signals.
        held: Last numbers that went in; NaN for a column that never had one.
    """

    def __init__(self, cut_hz: float, rate_hz: float, count: int) -> None:
        self._filter = low_pass(min(cut_hz, 0.4 * rate_hz), rate_hz)
        self._unit = self._filter.steady_state()
        self._state = np.full((2, count), nan)
        self._is_settled = False
        self.held = np.full(count, nan)
        self.delay_s = self._filter.slow_delay_count() / rate_hz

    def __call__(self, values: Doubles, *, is_whole: bool) -> Doubles:
        """Return `values` low-passed; NaN where a number is missing.

        Args:
            values: (k, count), k > 0.
            is_whole: There is no NaN in `values`.
        """
        is_missing = None
        if not is_whole:
            is_missing = ~np.isfinite(values)
            values = filled(np.concatenate([self.held[None], values]))[1:]
        if not self._is_settled:
            values = self._settle(values)
        self.held = values[-1]
        smooth, self._state = self._filter.run(values, self._state)
        if is_missing is not None:
            smooth[is_missing] = nan
        return smooth

    def _settle(self, values: Doubles) -> Doubles:
        values = values.copy()
        fresh = np.isfinite(values).any(axis=0) & ~np.isfinite(self._state).all(axis=0)
        for column in np.flatnonzero(fresh):
            first = int(np.argmax(np.isfinite(values[:, column])))
            values[:first, column] = values[first, column]
            self._state[:, column] = self._unit * values[first, column]
        self._is_settled = bool(np.isfinite(self._state).all())
        return values


class Frames(NamedTuple):
    """Consecutive frames, oldest first; arrays of one length.

    Attributes:
        t_ns: When, the filter's delay taken off.
        known_ns: When the newest sample in it was taken.
        wrench: (k, 12) low-passed, columns as in `PlateChunk`; NaN where not measured.
        belt_mps: (k, 2) speeds of the belts, low-passed.
        is_whole: Everything was measured: no NaN in `wrench`.
        is_new: They are the first ones, or the first after a gap or at another rate.
    """

    t_ns: Instants
    known_ns: Instants
    wrench: Doubles
    belt_mps: Doubles
    is_whole: bool
    is_new: bool

    def part(self, first: int, last: int) -> "Frames":
        """Return the frames from `first` up to, not with, `last`."""
        kept = slice(first, last)
        return Frames(
            self.t_ns[kept],
            self.known_ns[kept],
            self.wrench[kept],
            self.belt_mps[kept],
            self.is_whole,
            self.is_new and first == 0,
        )


class FrameMaker:
    """Low-passes samples and keeps every so manieth.

    Attributes:
        spike_count: Samples so far that were not believed.
        missing_count: Samples so far without a vertical force.
        dt_s: Time between frames; NaN before the first sample.
        delay_ns: How much earlier than its newest sample a frame is.
    """

    def __init__(self) -> None:
        self.spike_count = 0
        self.missing_count = 0
        self.dt_s = nan
        self.delay_ns = 0
        self._dt_ns = 0
        self._count = 0
        self._last_ns = 0
        self._fz_n = np.full((1, 2), nan)

    def make(self, t_ns: Instants, dt_ns: int, wrench: Doubles, belt_mps: Doubles) -> Frames:
        """Return the frames that these samples complete.

        Args:
            t_ns: (n,) when each sample was taken.
            dt_ns: Time between samples.
            wrench: (n, 12) as in `PlateChunk`.
            belt_mps: (n, 2) speeds of left and right belt.
        """
        is_new = dt_ns != self._dt_ns or bool(t_ns[0] - self._last_ns > dt_ns + MAX_GAP_NS)
        if is_new:
            self._begin(dt_ns)
        self._last_ns = int(t_ns[-1])
        is_finite = np.isfinite(wrench)
        is_whole = bool(is_finite.all())
        fz_n = wrench[:, FZ]
        if not is_whole:
            self.missing_count += int((~is_finite[:, FZ].all(axis=1)).sum())
            fz_n = filled(np.concatenate([self._fz_n, fz_n]))[1:]
        jumps_n = np.abs(np.diff(fz_n, axis=0, prepend=self._fz_n))
        if (jumps_n > self._max_jump_n).any():
            wrench = self._without_spikes(wrench, fz_n)
        else:
            self._run = [0, 0]
        self._fz_n, self._last = fz_n[-1:], wrench[-1]
        has_belts = isfinite(belt_mps.sum())
        together = np.concatenate([wrench, belt_mps], axis=1)
        smooth = self._low_pass(together, is_whole=is_whole and has_belts)
        kept = slice(-self._count % self._every, None, self._every)
        self._count += len(wrench)
        known_ns = t_ns[kept]
        return Frames(
            known_ns - self.delay_ns,
            known_ns,
            smooth[kept, :WRENCH],
            smooth[kept, WRENCH:],
            is_whole,
            is_new,
        )

    def _begin(self, dt_ns: int) -> None:
        """Set up for samples `dt_ns` apart, remembering nothing."""
        if dt_ns != self._dt_ns:
            rate_hz = 1e9 / dt_ns
            self._every = max(int(rate_hz // FRAME_HZ), 1)
            self._max_jump_n = MAX_STEP_N_PER_S * dt_ns / 1e9
            self.dt_s = self._every * dt_ns / 1e9
        self._low_pass = LowPass(CUT_HZ, 1e9 / dt_ns, WRENCH + 2)
        self.delay_ns = round(self._low_pass.delay_s * 1e9)
        self._dt_ns = dt_ns
        self._count = 0
        self._fz_n = np.full((1, 2), nan)
        self._run = [0, 0]
        self._last = np.full(WRENCH, nan)

    def _without_spikes(self, wrench: Doubles, fz_n: Doubles) -> Doubles:
        """Return the samples with what no person does replaced by the sample before.

        Args:
            wrench: (n, 12) as measured.
            fz_n: (n, 2) both vertical forces, which are mended in place.
        """
        wrench = wrench.copy()
        for plate in (0, 1):
            whole = slice(6 * plate, 6 * plate + 6)
            held_n = self._fz_n[0, plate]
            for row, now_n in enumerate(fz_n[:, plate].tolist()):
                if not abs(now_n - held_n) > self._max_jump_n:
                    self._run[plate] = 0
                    held_n = now_n
                elif self._run[plate] < MAX_SPIKE_COUNT:
                    self._run[plate] += 1
                    self.spike_count += 1
                    wrench[row, whole] = wrench[row - 1, whole] if row else self._last[whole]
                    fz_n[row, plate] = held_n
                else:
                    self._run[plate] = 0
                    held_n = now_n
        return wrench


def unbroken(t_ns: Instants, dt_ns: int) -> Iterator[slice]:
    """Yield the parts of samples, `dt_ns` apart, between their gaps."""
    gaps = np.flatnonzero(np.diff(t_ns) > dt_ns + MAX_GAP_NS) + 1
    for first, last in pairwise([0, *gaps.tolist(), len(t_ns)]):
        yield slice(first, last)


def filled(values: Doubles) -> Doubles:
    """Return `values` with each NaN replaced by the last number above it, if there is one."""
    row = np.where(np.isfinite(values), np.arange(len(values))[:, None], 0)
    return np.take_along_axis(values, np.maximum.accumulate(row), axis=0)


class History:
    """The last seconds of frames, found by their number since the start.

    Args:
        columns: Names of what is kept for each frame.

    Attributes:
        columns: The names.
        count: Frames since the start.
    """

    SIZE = 2048
    GAPS = 512
    """Gaps that are remembered: as each is longer than 20 ms, those of ten seconds at least."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self._at = {name: index for index, name in enumerate(columns)}
        self._rows = np.full((2 * self.SIZE, len(columns)), nan)
        self._t_ns = np.zeros(2 * self.SIZE, np.int64)
        self._base = 0
        self._gaps: deque[int] = deque(maxlen=self.GAPS)
        self.count = 0

    def note_gap(self) -> None:
        """Remember that samples are missing before the frame that comes next."""
        if self.count:
            self._gaps.append(self.count)

    def has_gap(self, first: float, last: float) -> bool:
        """Return whether samples are missing between two frames, fractions of frames included."""
        return any(int(first) < frame <= ceil(last) for frame in self._gaps)

    def append(self, t_ns: Instants, rows: Doubles) -> None:
        """Remember frames; there may be `SIZE` of them at most."""
        end = self.count - self._base
        if end + len(rows) > len(self._rows):
            kept = slice(end - self.SIZE, end)
            self._rows[: self.SIZE], self._t_ns[: self.SIZE] = self._rows[kept], self._t_ns[kept]
            self._base = self.count - self.SIZE
            end = self.SIZE
        self._rows[end : end + len(rows)] = rows
        self._t_ns[end : end + len(rows)] = t_ns
        self.count += len(rows)

    def t_ns(self, frame: int) -> int:
        """Return when a remembered frame was."""
        return int(self._t_ns[frame - self._base])

    def get(self, frame: int, name: str) -> float:
        """Return one value of one frame; NaN where it is no longer, or not yet, known."""
        if not max(self._base, 0) <= frame < self.count:
            return nan
        return float(self._rows[frame - self._base, self._at[name]])

    def row(self, frame: int) -> list[float]:
        """Return all of one frame; NaN before the first."""
        return self._rows[max(frame - self._base, 0)].tolist()  # type: ignore[no-any-return]

    def span(self, first: int, last: int, *names: str) -> Doubles:
        """Return (k, len(names)) from frame `first` up to, not with, `last`, what is kept of it."""
        a, b = max(first - self._base, 0), max(min(last, self.count) - self._base, 0)
        return self._rows[a:b, [self._at[name] for name in names]]
