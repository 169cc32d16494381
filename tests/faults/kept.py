"""Outcomes that outlive their campaign, so that hours of it can be run in parts.

They are kept in the folder that REHABSIM_KEEP names, and nowhere without it. A folder belongs to
one version of the code: whoever changes that empties it.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from faults.figures import Row

from rehabsim_sim.batch import study

T = TypeVar("T")
R = TypeVar("R")

PORTION = 40
"""How many cases are lost at most when a campaign is broken off."""


def study_once(measure: Callable[[T], R], cases: Sequence[T], kind: type[R]) -> list[R]:
    """Return `measure(case)` for each case, in order; what is kept is not measured again.

    Args:
        measure: A function of a module's top level; its module and name are the shelf's.
        cases: What it is called with.
        kind: Of what it returns.
    """
    folder = os.environ.get("REHABSIM_KEEP")
    if not folder:
        return study(measure, cases)
    shelf = Path(folder) / f"{measure.__module__}.{measure.__name__}.jsonl"
    known = _read(shelf)
    new = [case for case in cases if _name(case) not in known]
    for start in range(0, len(new), PORTION):
        portion = new[start : start + PORTION]
        with shelf.open("ab") as file:
            for case, found in zip(portion, study(measure, portion), strict=True):
                line = json.dumps([_name(case), msgspec.to_builtins(found)])
                file.write(line.encode() + b"\n")
    known = _read(shelf)
    return [msgspec.convert(known[_name(case)], kind) for case in cases]


def rows_once(
    campaign: str, part: str, count: int, make: Callable[[int], Iterable[Row]]
) -> list[Row]:
    """Return the rows that a part of a campaign makes; what is kept is not made again.

    Args:
        campaign: The shelf's name.
        part: What is made.
        count: How many trials of it at least; those kept may be more.
        make: Makes them of so many.
    """
    folder = os.environ.get("REHABSIM_KEEP")
    if not folder:
        return list(make(count))
    shelf = Path(folder) / f"{campaign}.jsonl"
    done_count, plain = _read(shelf).get(part, (0, []))
    if done_count < count:
        plain = msgspec.to_builtins(list(make(count)), enc_hook=lambda number: number.tolist())
        with shelf.open("ab") as file:
            file.write(json.dumps([part, [count, plain]]).encode() + b"\n")
    return msgspec.convert(plain, list[Row])


def _read(shelf: Path) -> dict[str, Any]:
    lines = shelf.read_bytes().splitlines() if shelf.exists() else []
    return dict(json.loads(line) for line in lines)


def _name(case: object) -> str:
    return msgspec.json.encode(case).decode()
