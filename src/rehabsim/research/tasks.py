"""How tasks ended in a session, how hard they were, and what the person said of it."""

from dataclasses import dataclass

import numpy as np

from rehabsim.base.records import Event
from rehabsim.session.log import LogReader
from rehabsim.session.table import Rows


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks of one session.

    Attributes:
        count: Tasks that ended.
        success_count: Of them done.
        level: Difficulty at the end; NaN where none was kept.
        changes: What was suggested and changed, and what the person said of pain and effort.
    """

    count: int
    success_count: int
    level: float
    changes: tuple[Event, ...]


def tasks_of(log: LogReader, ticks: Rows) -> Tasks | None:
    """Return the tasks of a session; None in a log that is older than tasks are."""
    names = ticks.dtype.names or ()
    if not {"try_count", "success_count", "level"} <= set(names):
        return None
    level = ticks["level"].astype(float)
    known = level[np.isfinite(level)]
    changes = tuple(event for event in log.events() if _is_change(event))
    return Tasks(
        count=int(ticks["try_count"][-1]),
        success_count=int(ticks["success_count"][-1]),
        level=float(known[-1]) if len(known) else float("nan"),
        changes=changes,
    )


def _is_change(event: Event) -> bool:
    is_said = event.kind == "request" and event.text.startswith(("rate ", "turn "))
    return event.kind == "adapt" or (is_said and event.text.endswith(" applied."))
