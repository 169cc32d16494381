"""What the keeper has to say beside its decisions, kept short whatever happens."""

from rehabsim.base.records import Event, Severity

MAX_NOTES = 16
"""Of plain news, in one report."""

AGAIN_NS = 1_000_000_000
"""The same plain news is taken no more often than this, and how much was left out likewise."""


class Notebook:
    """Notes for the next report; of plain news no more than a reader could want."""

    def __init__(self) -> None:
        self._notes: list[Event] = []
        self._left_out_count = 0
        self._summed_ns = -AGAIN_NS
        self._said, self._said_ns = "", 0

    def add(self, t_ns: int, severity: Severity, text: str) -> None:
        """Keep a note; one that is more than plain news is never left out."""
        if severity == "none":
            is_said = self._said == text and t_ns - self._said_ns < AGAIN_NS
            if is_said or len(self._notes) >= MAX_NOTES:
                self._left_out_count += 1
                return
            self._said, self._said_ns = text, t_ns
        self._notes.append(Event(t_ns, "keeper", "keeper", severity, text))

    def take(self, t_ns: int) -> tuple[Event, ...]:
        """Return what was kept since the last call."""
        if self._left_out_count and t_ns - self._summed_ns >= AGAIN_NS:
            text = f"{self._left_out_count} more notes like these are left out."
            self._notes.append(Event(t_ns, "keeper", "keeper", "warn", text))
            self._left_out_count, self._summed_ns = 0, t_ns
        notes = tuple(self._notes)
        self._notes.clear()
        return notes
