"""What follows from how a visit went: whether to stop, what is next, at which level. Pure.

What was not told never raises a level, and whatever changes one says why.
"""

from msgspec.structs import replace

from rehabsim.base.records import Record
from rehabsim.training.programme import RANGES, Programme, block_numbers


class Early(Record, frozen=True):
    """A rest that somebody ended before it was over.

    Attributes:
        who: Who decided it, as they called themselves.
        why: Why.
        left_s: How much of it was left.
    """

    who: str
    why: str
    left_s: float


class BlockOutcome(Record, frozen=True):
    """How one block went.

    Attributes:
        number: Of the block, from 1.
        log: Name of its log's file; empty where there is none.
        walked_s: How long the belts ran; how long one stood in a standing block.
        is_complete: It was done to its end: as long as it should be, or all of its tasks.
        end: What ended it: `time`, `tasks`, `pain` or `effort` that was told in it, `stop` of the
            belts, `hand` of somebody; empty where nobody knows.
        try_count: Tasks that ended.
        success_count: Of these, how many succeeded.
        pain: Greatest told in it or at its end, 0 to 10; None was not told.
        effort: The same on the programme's scale.
        is_left_out: It was not done to its end, and is not done again in this visit.
        stop: What stopped the belts in it, by rule or by hand, though they ran on afterwards.
        note: What else is to be known, such as why it was left out.
        ended_utc_ns: When it ended, and its rest began; 0 where it was not begun.
        early: How the rest after it was cut short; None where it was not.
    """

    number: int
    log: str = ""
    walked_s: float = 0.0
    is_complete: bool = False
    try_count: int = 0
    success_count: int = 0
    pain: int | None = None
    effort: int | None = None
    is_left_out: bool = False
    stop: str = ""
    note: str = ""
    end: str = ""
    ended_utc_ns: int = 0
    early: Early | None = None


class Visit(Record, frozen=True):
    """One visit of a person.

    Attributes:
        visit: Its number, from 1.
        level: At which it was done.
        pain_before: Told before the first block.
        blocks: How they went; a block that was repeated stands there again.
        stopped: The rule that ended it early; empty where none did.
        is_over: Nothing of it is left to do.
        next_level: What followed for the next visit.
        reason: Why.
        early: How the rest before it was cut short; None where it was not.
        part: How much of each block was done of what is written; below 1 it was only tried.
    """

    visit: int
    level: float
    pain_before: int | None = None
    blocks: tuple[BlockOutcome, ...] = ()
    stopped: str = ""
    is_over: bool = False
    next_level: float = 0.0
    reason: str = ""
    early: Early | None = None
    part: float = 1.0


class Change(Record, frozen=True):
    """The level of the next visit, and why in one sentence."""

    level: float
    reason: str


def check_told(programme: Programme, what: str, told: int) -> str:
    """Return why a number cannot be what somebody told of their pain or effort; empty if it can."""
    scale = programme.rule(what).scale
    least, most = RANGES[scale]
    return "" if least <= told <= most else f"{told} is outside the scale {scale} of {what}"


def why_not_begin(programme: Programme, pain_before: int | None) -> str:
    """Return why a visit does not begin with such pain; empty where it may."""
    rule = programme.rule("pain")
    if pain_before is not None and pain_before >= rule.at_least:
        return f"Pain is {pain_before} of 10 before the visit, and at {rule.at_least} it ends."
    return ""


def why_stop(
    programme: Programme, *, pain_before: int | None, pain: int | None, effort: int | None
) -> str:
    """Return which rule ends the visit now, with the numbers; empty where it goes on."""
    rule = programme.rule("pain")
    if pain is not None and pain >= rule.at_least:
        return f"Pain is {pain} of 10, and at {rule.at_least} a visit ends."
    rise = None if pain is None or pain_before is None else pain - pain_before
    if rise is not None and rule.rise is not None and rise >= rule.rise:
        return f"Pain rose by {rise} from {pain_before} to {pain}, and at {rule.rise} a visit ends."
    rule = programme.rule("effort")
    if effort is not None and effort >= rule.at_least:
        return f"Effort is {effort} on {rule.scale}, and at {rule.at_least} a visit ends."
    return ""


def next_block(programme: Programme, visit: Visit) -> int | None:
    """Return the number of the block that comes next; None after the last or a stop."""
    if visit.is_over or visit.stopped:
        return None
    done = {block.number for block in visit.blocks if block.is_complete or block.is_left_out}
    return min(set(block_numbers(programme, visit.visit)) - done, default=None)


def _missing(programme: Programme, visit: Visit) -> list[int]:
    """Return the blocks that were not done to their end.

    A test may be left out, and so may what a room without a platform cannot do.
    """
    done = {b.number for b in visit.blocks if b.is_complete}
    may_be = set()
    for b in visit.blocks:
        block = programme.blocks[b.number - 1]
        is_of_room = block.needs_platform and not b.log
        if b.is_left_out and (block.kind == "measure" or is_of_room):
            may_be.add(b.number)
    return [n for n in block_numbers(programme, visit.visit) if n not in done | may_be]


def level_after(programme: Programme, visit: Visit) -> Change:
    """Return the level that follows from a visit, and why.

    Down for pain, for effort that stops and for little success; up for much success without much
    effort; else it stays. Tries count in the programme's tasks alone.
    """
    p = programme.progression
    for block in visit.blocks:
        why = why_stop(
            programme, pain_before=visit.pain_before, pain=block.pain, effort=block.effort
        )
        if why:
            return _moved(visit.level, -p.down, why)
    tries, successes = _tries(programme, visit)
    frac = successes / tries if tries >= p.min_tries else None
    rate = "" if frac is None else f"{successes} of {tries} tries succeeded, {100 * frac:.0f} %"
    if p.by == "tries" and frac is not None and frac < p.lower_below_frac:
        return _moved(visit.level, -p.down, f"{rate}, below {100 * p.lower_below_frac:g} %.")
    why_kept = _why_kept(programme, visit, frac, rate)
    if why_kept:
        return Change(visit.level, f"{why_kept} The level stays at {_percent(visit.level)}.")
    efforts = [block.effort for block in visit.blocks if block.effort is not None]
    how = f"Effort was {max(efforts)}, at most {p.effort_to}"
    if max(efforts) < p.effort_from:
        how = f"Effort was {max(efforts)}, below the band from {p.effort_from}"
    if p.by == "completion":
        return _moved(visit.level, p.up, f"Every block was walked to its end. {how}.")
    return _moved(visit.level, p.up, f"{rate}, above {100 * p.raise_above_frac:g} %. {how}.")


def _why_kept(programme: Programme, visit: Visit, frac: float | None, rate: str) -> str:
    """Return why a level that is not lowered is not raised; empty where it is."""
    p = programme.progression
    missing = _missing(programme, visit)
    if missing:
        return f"Not done to the end: block {', '.join(map(str, missing))}."
    for block in visit.blocks:
        if block.stop:
            return f"The belts were stopped in block {block.number}: {block.stop}"
    asked = [block for block in visit.blocks if not block.is_left_out]
    if visit.pain_before is None or not asked or any(b.pain is None for b in asked):
        return "Pain was not always told."
    if any(block.effort is None for block in asked):
        return "Effort was not always told."
    if p.by == "tries":
        if frac is None:
            return f"Fewer than {p.min_tries} tries."
        if frac <= p.raise_above_frac:
            return f"{rate}, not above {100 * p.raise_above_frac:g} %."
    effort = max(block.effort for block in asked if block.effort is not None)
    if effort > p.effort_to:
        return f"Effort was {effort}, above {p.effort_to}."
    return ""


def _tries(programme: Programme, visit: Visit) -> tuple[int, int]:
    counted = [b for b in visit.blocks if programme.blocks[b.number - 1].kind == "task"]
    return sum(b.try_count for b in counted), sum(b.success_count for b in counted)


def _moved(level: float, by: float, why: str) -> Change:
    new = round(min(max(level + by, 0.0), 1.0), 6)
    if new == level:
        end = "goal; it stays there" if by > 0 else "start; it stays there, a clinician should look"
        return Change(new, f"{why} The level is at its {end}.")
    way = "rises" if by > 0 else "falls"
    return Change(new, f"{why} The level {way} from {_percent(level)} to {_percent(new)}.")


def _percent(level: float) -> str:
    return f"{100 * level:.0f} %"


def closed(programme: Programme, visit: Visit) -> Visit:
    """Return a visit that is over, with what follows from it."""
    change = level_after(programme, visit)
    return replace(visit, is_over=True, next_level=change.level, reason=change.reason)


def upcoming(programme: Programme, visits: tuple[Visit, ...]) -> Visit | None:
    """Return the visit to go on with: one that was left open, or the next one; None after the last.

    Args:
        programme: Of the person.
        visits: Theirs so far, in order.
    """
    if not visits:
        return Visit(1, programme.progression.first_level)
    last = visits[-1]
    if not last.is_over:
        return last
    if last.visit >= programme.visits:
        return None
    return Visit(last.visit + 1, last.next_level)
