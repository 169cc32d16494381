"""The ground truth as CSV: what really happened, for tests to compare with what was measured."""

from pathlib import Path
from typing import TextIO

from rehabsim.base.errors import ConfigError
from rehabsim_sim.person import Array
from rehabsim_sim.world import TRUTH

COLUMNS = TRUTH[:11]
EVENT_COLUMNS = ("side", "kind", "step_length_m", "step_width_m")
SIDES = ("left", "right")
KINDS = ("heel_strike", "toe_off")
FLUSH_ROWS = 5
"""Rows between flushes: 20 ms, the most that a killed laboratory loses."""

LATE = "late_ms"
"""Last column of a row: how long after its time it was lived."""

_ROW = "%d,%.4f,%.4f,%.5f,%.5f,%.5f,%.5f,%.5f,%.2f,%.2f,%d,%d,%.3f\n"


class TruthFile:
    """Two files: `PATH` with a row every 4 ms, and `PATH` minus its suffix plus `.events.csv`.

    The first has `t_ns`, the columns `COLUMNS` and `LATE`; the second has `t_ns` and
    `EVENT_COLUMNS`, the side being that of the foot, lengths empty for a toe-off.
    """

    def __init__(self, path: Path) -> None:
        self._rows = _create(path)
        self._events = _create(path.with_name(path.stem + ".events.csv"))
        self._rows.write(",".join(("t_ns", *COLUMNS, LATE)) + "\n")
        self._events.write(",".join(("t_ns", *EVENT_COLUMNS)) + "\n")
        self._unflushed_count = FLUSH_ROWS

    def write(self, t_ns: int, truth: Array, events: Array, *, late_ns: int) -> None:
        """Add the last row of `truth`, which belongs to `t_ns`, and the events up to then."""
        self._rows.write(_ROW % (t_ns, *truth[-1, : len(COLUMNS)].tolist(), late_ns / 1e6))
        for at, side, kind, length_m, width_m in events.tolist():
            event_ns = t_ns - (len(truth) - 1 - int(at)) * 1_000_000
            lengths = "," if length_m != length_m else f"{length_m:.4f},{width_m:.4f}"
            self._events.write(f"{event_ns},{SIDES[int(side)]},{KINDS[int(kind)]},{lengths}\n")
        self._unflushed_count += 1
        if self._unflushed_count >= FLUSH_ROWS:
            self._unflushed_count = 0
            self._rows.flush()
            self._events.flush()

    def close(self) -> None:
        """Write the rest and close."""
        self._rows.close()
        self._events.close()


def _create(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="ascii")
    except OSError as error:
        raise ConfigError(f"{path}: the truth cannot be written there: {error}.") from error
