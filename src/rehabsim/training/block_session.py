"""The ordinary session that a block of a programme comes to, and programmes in short. Pure."""

from typing import Any

from rehabsim.base.config import check
from rehabsim.base.errors import ConfigError
from rehabsim.base.records import Side
from rehabsim.base.site import Session
from rehabsim.training.programme import Block, Programme, at_level, is_pair

SHORTEST_S = 10.0
"""A block of a programme in short lasts as long at least."""

LEAST_WARM_UP_STRIDES = 5
"""A schedule of perturbations needs as many."""


def session_of(
    programme: Programme,
    number: int,
    *,
    visit: int,
    level: float,
    subject: str,
    where: str,
    short_steps: Side | None = None,
) -> Session:
    """Return the session of one block.

    Args:
        programme: Of the person.
        number: Of the block, from 1.
        visit: From 1; each has a seed of its own.
        level: Of the person, 0 to 1.
        subject: Their random id.
        where: To name in messages.
        short_steps: Which foot makes the shorter steps: where belts are parted, its own is the
            faster one. None is not known.

    Raises:
        ConfigError: The block is no session, or parts belts and nobody said which is faster.
    """
    block = programme.blocks[number - 1]
    where = f"{where}: blocks {number}"
    perturb = at_level(block.perturb, level)
    if block.parts_belts:
        if short_steps is None:
            raise ConfigError(
                f"{where}: one belt runs faster than the other here; say by --short-steps left or"
                " right which foot made the shorter steps in the last report: its belt is the"
                " faster one."
            )
        perturb = perturb | {"split": perturb["split"] | {"faster": short_steps}}
    table = {
        "scenario": block.scenario,
        "subject": subject,
        "patient": programme.patient,
        "seed": 1000 * visit + number,
        "cruise_speed_mps": float(at_level(block.cruise_speed_mps, level)),
        "limits": _both(programme.limits, block.limits),
        "pacing": at_level(block.pacing, level),
        "perturb": perturb,
        "params": at_level(block.params, level),
    }
    return check(table, Session, where=where)


def _both(outer: dict[str, Any], inner: dict[str, Any]) -> dict[str, Any]:
    """Return two tables as one; where both say something, the inner one does."""
    both = outer | inner
    for key, value in inner.items():
        if isinstance(value, dict) and isinstance(outer.get(key), dict):
            both[key] = outer[key] | value
    return both


def in_short(programme: Programme, part: float) -> Programme:
    """Return a programme of which everything that is counted or timed is only a part.

    To try a whole visit in less time: its blocks, rests, numbers of tasks and of pulses, strides
    before the first pulse and time of parted belts, and the tasks that a level needs. Speeds, sizes
    and how often pulses come stay, and so does what must be at least so much: 10 s of a block, one
    pulse or task. Nobody is trained by it.

    Args:
        programme: As it is written.
        part: From 0, excluded, to 1, which is all of it.
    """
    progression = programme.progression.model_copy(
        update={"min_tries": _count(programme.progression.min_tries, part)}
    )
    blocks = [_block_in_short(block, part) for block in programme.blocks]
    return programme.model_copy(update={"progression": progression, "blocks": blocks})


def _block_in_short(block: Block, part: float) -> Block:
    return block.model_copy(
        update={
            "duration_s": _each(block.duration_s, lambda s: max(part * s, SHORTEST_S)),
            "rest_s": part * block.rest_s,
            "tasks": None if block.tasks is None else _count(block.tasks, part),
            "perturb": None if block.perturb is None else _perturb_in_short(block.perturb, part),
        }
    )


def _perturb_in_short(table: dict[str, Any], part: float) -> dict[str, Any]:
    short = dict(table)
    if "count" in table:
        short["count"] = _each(table["count"], lambda count: _count(count, part))
    if "warm_up_strides" in table:
        short["warm_up_strides"] = _each(
            table["warm_up_strides"], lambda count: max(round(part * count), LEAST_WARM_UP_STRIDES)
        )
    if "split" in table:
        for_s = _each(table["split"]["for_s"], lambda s: max(part * s, SHORTEST_S / 2))
        short["split"] = table["split"] | {"for_s": for_s}
    return short


def _count(count: float, part: float) -> int:
    return max(round(part * count), 1)


def _each(value: Any, change: Any) -> Any:
    """Return a number, or both of a pair, changed."""
    return [change(each) for each in value] if is_pair(value) else change(value)
