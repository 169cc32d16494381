"""How tasks ended in a session, how hard they were, and what the person said of it."""

from dataclasses import dataclass

import numpy as np

from rehabsim.base.records import Event
from rehabsim.session.log import LogReader
from rehabsim.session.table import Rows
from rehabsim.session.tries import tries_in


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
    if "try_count" not in (ticks.dtype.names or ()):
        return None
    tries = tries_in(log)
    level = ticks["level"].astype(float)
    known = level[np.isfinite(level)]
    changes = tuple(event for event in log.events() if _is_change(event))
    return Tasks(
        count=tries.count,
        success_count=tries.success_count,
        level=float(known[-1]) if len(known) else float("nan"),
        changes=changes,
    )


def _is_change(event: Event) -> bool:
    is_said = event.kind == "request" and event.text.startswith(("rate ", "turn "))
    return event.kind == "adapt" or (is_said and event.text.endswith(" applied."))
