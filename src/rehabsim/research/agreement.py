"""Whether the events of a session are found again in its log. Pure."""

from bisect import bisect_left
from collections.abc import Sequence

from rehabsim.base.records import GaitEvent

SAME_NS = 2_000
"""An event that is found again is at the same time but for rounding."""


def agreement(live: Sequence[GaitEvent], again: Sequence[GaitEvent]) -> str:
    """Return where the events come from, and whether the same algorithm finds them again.

    Args:
        live: As they were found in the session, by time.
        again: As they are found now, by time.
    """
    source = "table gait_events of the log, as found live"
    same_count = _same_count(live, again)
    if same_count == len(live) == len(again):
        return f"{source}; analysed again for this report, with the same result"
    return (
        f"{source}; analysed again for this report, {same_count} of the {len(live)} live ones were"
        f" found and {len(again) - same_count} others: the log lacks samples, or another version"
        " wrote it"
    )


def _same_count(live: Sequence[GaitEvent], again: Sequence[GaitEvent]) -> int:
    """Return how many live events were found again; both are in order of time."""
    left: dict[tuple[str, str], list[int]] = {}
    for event in again:
        left.setdefault((event.side, event.kind), []).append(event.t_ns)
    count = 0
    for event in live:
        times_ns = left.get((event.side, event.kind), [])
        at = bisect_left(times_ns, event.t_ns - SAME_NS)
        if at < len(times_ns) and times_ns[at] <= event.t_ns + SAME_NS:
            del times_ns[at]
            count += 1
    return count
