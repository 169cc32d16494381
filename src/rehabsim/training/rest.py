"""How long a person must still rest, before the next block or the next visit. Pure.

Instants are UTC, since a rest outlasts the program that was told of it: whoever ends it and begins
anew waits for what is left. A computer whose clock was set back gives the whole rest once more.
"""

from rehabsim.base.clock import NS
from rehabsim.base.records import Record
from rehabsim.training.programme import Programme
from rehabsim.training.progression import BlockOutcome, Visit

BETWEEN_VISITS_S = 16 * 3600.0
"""From the last block of a visit to the next visit: another day. Our choice; it makes an end by a
stop rule the end of that day's training."""


class Rest(Record, frozen=True):
    """A rest that is due.

    Attributes:
        left_s: How much of it is left.
        of_s: How long it is in all.
        is_of_visit: It comes before a visit, and not before a block.
    """

    left_s: float
    of_s: float
    is_of_visit: bool = False

    def words(self) -> str:
        """Return what is left of it, in one sentence without its end."""
        if self.is_of_visit:
            return (
                f"The last visit ended less than {self.of_s / 3600:g} h ago;"
                f" {self.left_s / 3600:.1f} h are left"
            )
        return f"{self.left_s:.0f} of {self.of_s:.0f} s of rest are left"


def rest_in(programme: Programme, visit: Visit, now_ns: int) -> Rest | None:
    """Return the rest before the next block of a visit; None where it is over, or cut short.

    Every block that was walked has its rest, one that was cut as well, whatever comes next.

    Args:
        programme: Of the person.
        visit: As far as it is.
        now_ns: UTC.
    """
    last = last_walked(visit)
    if last is None or last.early is not None:
        return None
    return _left(programme.blocks[last.number - 1].rest_s, last.ended_utc_ns, now_ns)


def last_walked(visit: Visit) -> BlockOutcome | None:
    """Return the last block that was begun, whatever was left out since; None before any."""
    return next((block for block in reversed(visit.blocks) if block.ended_utc_ns > 0), None)


def rest_before(visits: tuple[Visit, ...], visit: Visit, now_ns: int) -> Rest | None:
    """Return the rest before a visit begins; None where it is over, cut short, or not known.

    Args:
        visits: All others of the person, of whatever programme.
        visit: That should begin.
        now_ns: UTC.
    """
    if visit.early is not None or visit.blocks:
        return None
    ended_ns = max((block.ended_utc_ns for v in visits for block in v.blocks), default=0)
    rest = _left(BETWEEN_VISITS_S, ended_ns, now_ns)
    return None if rest is None else Rest(rest.left_s, rest.of_s, is_of_visit=True)


def _left(of_s: float, ended_ns: int, now_ns: int) -> Rest | None:
    if ended_ns <= 0:
        return None
    left_s = of_s - max(now_ns - ended_ns, 0) / NS
    return Rest(left_s, of_s) if left_s > 0 else None
