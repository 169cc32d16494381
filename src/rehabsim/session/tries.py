"""What a session's log says of the tasks in it, and of how long the belts ran."""

import numpy as np

from rehabsim.base.clock import NS
from rehabsim.base.records import MODES, MOVING, Record
from rehabsim.session.core import PERIOD_NS
from rehabsim.session.log import LogReader


class Tries(Record, frozen=True):
    """Tasks that ended, and how many of them succeeded."""

    count: int = 0
    success_count: int = 0


def tries_in(log: LogReader) -> Tries:
    """Return the tasks of a whole log; none in one that is older than tasks are."""
    ticks = log.table("ticks")
    if "try_count" not in (ticks.dtype.names or ()) or not len(ticks):
        return Tries()
    return Tries(int(ticks["try_count"][-1]), int(ticks["success_count"][-1]))


def trained_s(log: LogReader) -> float:
    """Return how long the belts followed what was wished, which may be to rest, s.

    A tick stands for those that were missed before it, too.
    """
    ticks = log.table("ticks")
    if not len(ticks):
        return 0.0
    is_moving = np.isin(ticks["mode"], [MODES.index(name) for name in MOVING])
    return int((1 + ticks["missed_count"][is_moving]).sum()) * PERIOD_NS / NS
