"""What a session of a scenario came to, second by second, small enough to read and to keep.

The whole chain runs in virtual time: laboratory, gait, scenario, guard. Of each second a golden
has, per column of ticks and scene, the mean of what was there and the last value. Floats are
compared with a tolerance, since processors differ in the last bits.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.records import MODES
from rehabsim.base.site import Session, Site
from rehabsim.session.log import LogReader
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.ticks import NOT_REPLAYED
from rehabsim.session.together import run_together, together_plans

FOLDER = Path(__file__).parent
DURATION_S = 30.0
TICKS = 250
"""A second."""

TOLERANCE = 1e-6
"""Relative to the value where that is over 1."""

_UNTOLD = (*NOT_REPLAYED, "input_crc")
"""Columns in which a last bit of an input would show as a whole other number."""


class Golden(msgspec.Struct, kw_only=True):
    """One session.

    Attributes:
        scenario: Its name.
        duration_s: Its length.
        final_scene: As the display had it at the end.
        events: What was said, with the second.
        mean: Per column, of each second the mean; None where nothing was measured.
        last: Per column, of each second the last value.
    """

    scenario: str
    duration_s: float
    final_scene: dict[str, float | None]
    events: list[str]
    mean: dict[str, list[float | None]]
    last: dict[str, list[float | None]]


def path_of(scenario: str) -> Path:
    """Return where a scenario's golden is kept."""
    return FOLDER / f"{scenario}.json"


def record(session: Session, log: Path, duration_s: float = DURATION_S) -> Golden:
    """Run a session in virtual time; return what it came to."""
    site = load_toml(SIMULATED_SITE, Site)
    plan, laboratory = together_plans(site, session, "golden", duration_s, str(log))
    run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
    reader = LogReader(log)
    tables = {name: reader.table(name) for name in ("ticks", "scene")}
    columns = {
        f"{table}.{name}": rows[name].astype(float)
        for table, rows in tables.items()
        for name in rows.dtype.names or ()
        if name not in _UNTOLD
    }
    scene = tables["scene"]
    return Golden(
        scenario=session.scenario,
        duration_s=duration_s,
        final_scene={name: _number(float(scene[name][-1])) for name in scene.dtype.names or ()},
        events=[_line(data) for _, data in reader.texts("events")],
        mean={name: [_mean(second) for second in _seconds(v)] for name, v in columns.items()},
        last={name: [_number(second[-1]) for second in _seconds(v)] for name, v in columns.items()},
    )


def _seconds(values: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    return [values[k : k + TICKS] for k in range(0, len(values), TICKS)]


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _mean(values: npt.NDArray[np.float64]) -> float | None:
    there = values[np.isfinite(values)]
    return float(there.mean()) if len(there) else None


def _line(data: bytes) -> str:
    event = msgspec.json.decode(data)
    return f"{event['t_ns'] // 10**9} s {event['source']} {event['kind']}: {event['text']}"


def read(path: Path) -> Golden:
    """Return a golden that was written."""
    return msgspec.json.decode(path.read_bytes(), type=Golden)


def write(golden: Golden, path: Path) -> None:
    """Write a golden, one column a line, so that a change is seen in a diff."""
    table = msgspec.to_builtins(golden)
    lines = []
    for key, value in table.items():
        if isinstance(value, dict):
            rows = [f"    {_json(name)}: {_json(item)}" for name, item in value.items()]
            lines.append(f"  {_json(key)}: {{\n" + ",\n".join(rows) + "\n  }")
        elif isinstance(value, list):
            rows = [f"    {_json(item)}" for item in value]
            lines.append(f"  {_json(key)}: [\n" + ",\n".join(rows) + "\n  ]")
        else:
            lines.append(f"  {_json(key)}: {_json(value)}")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def difference(was: Golden, now: Golden) -> str:
    """Return in one sentence where a session first differs from its golden, or nothing."""
    name = was.scenario
    known, columns = set(was.last), set(now.last)
    if known != columns:
        gone, new = sorted(known - columns), sorted(columns - known)
        return f"{name}: columns gone: {', '.join(gone) or 'none'}; new: {', '.join(new) or 'none'}"
    found = sorted(_differences(was, now))
    if found:
        second = found[0][0]
        told = list(dict.fromkeys(column for at, column, _ in found if at == second))
        return f"{name}: differs from second {second} on: {'; '.join(_words(found, second, told))}"
    for old, new in zip([*was.events, "no more"], [*now.events, "no more"], strict=False):
        if old != new:
            return f"{name}: said {old!r}, says {new!r}"
    scene = [key for key, value in was.final_scene.items() if _is_off(value, now.final_scene[key])]
    return f"{name}: its last scene differs in {', '.join(scene)}" if scene else ""


def _differences(was: Golden, now: Golden) -> Iterator[tuple[int, str, str]]:
    """Yield (second, column, how it was and is)."""
    for before, after in ((was.mean, now.mean), (was.last, now.last)):
        for column, values in before.items():
            others = after[column]
            if len(values) != len(others):
                yield min(len(values), len(others)), column, "it is longer or shorter"
            for second, (old, new) in enumerate(zip(values, others, strict=False)):
                if _is_off(old, new):
                    yield second, column, f"was {_told(column, old)}, is {_told(column, new)}"


def _words(found: list[tuple[int, str, str]], second: int, columns: list[str]) -> list[str]:
    each = {column: what for at, column, what in reversed(found) if at == second}
    return [f"{column} {each[column]}" for column in columns]


def _told(column: str, value: float | None) -> str:
    if column == "ticks.mode" and value is not None and value == int(value):
        return MODES[int(value)]
    return "nothing" if value is None else f"{value:.12g}"


def _is_off(was: float | None, now: float | None) -> bool:
    if was is None or now is None:
        return was is not now
    return not abs(now - was) <= TOLERANCE * max(abs(was), 1.0)
