"""What a session's log says of the tasks in it, and of how long the belts ran."""

from rehabsim.base.clock import NS
from rehabsim.base.records import MODES, MOVING, Record
from rehabsim.session.core import PERIOD_NS
from rehabsim.session.log import LogReader
from rehabsim.session.table import Rows

COUNTED = ("passed_gate_count", "missed_gate_count")
"""Columns of a scene that counts its tasks by itself."""


class Tries(Record, frozen=True):
    """Tasks that ended, and how many of them succeeded."""

    count: int = 0
    success_count: int = 0


def tries_in(log: LogReader) -> Tries:
    """Return the tasks of a whole log; none where nothing of the kind is recorded.

    A log whose ticks count tries is taken at its word: each row holds those of its tick. In an
    older one, or with a scenario that tells none, a scene that counts gates is.
    """
    ticks = log.table("ticks")
    if "try_count" in _columns(ticks) and ticks["try_count"].sum():
        return Tries(int(ticks["try_count"].sum()), int(ticks["success_count"].sum()))
    scenes = log.table("scene")
    if len(scenes) and set(COUNTED) <= set(_columns(scenes)):
        passed, missed = (int(scenes[name][-1]) for name in COUNTED)
        return Tries(passed + missed, passed)
    return Tries()


def trained_s(log: LogReader, *, is_standing: bool) -> float:
    """Return how long the belts followed what was wished; of a standing session its length, s."""
    mode = log.table("ticks")["mode"]
    if is_standing:
        return len(mode) * PERIOD_NS / NS
    moving = sum(int((mode == MODES.index(name)).sum()) for name in sorted(MOVING))
    return moving * PERIOD_NS / NS


def _columns(rows: Rows) -> tuple[str, ...]:
    return rows.dtype.names or ()
