"""Force-plate samples in files: text tables of other programs, and our own logs.

A text file says little about itself. What it does not say, and nobody else says, is refused;
what had to be assumed is in `Recording.note`.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isinf, nan
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from rehabsim.base.errors import ConfigError
from rehabsim.base.records import WRENCH_COLUMNS, Floats
from rehabsim.devices.recording_c3d import read_c3d_plates
from rehabsim.devices.recording_log import read_plates

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

TIME = "time_s"
SKIPPED = "_"
KNOWN = (*WRENCH_COLUMNS, TIME, SKIPPED)
BARE_COLUMNS = f"{SKIPPED},{SKIPPED},left_fz_n,{SKIPPED},{SKIPPED},right_fz_n"
"""What is taken from six columns without a header: the axes on the floor have no common order."""

MIN_RATE_HZ, MAX_RATE_HZ = 1.0, 100_000.0
MIN_STAMPED_HZ = 10.0
"""A time column that is slower counts something else than seconds: milliseconds, or samples."""

GAP_STEPS = 1.5
"""A time step longer than this many usual ones is a gap: samples are missing there."""

_MARKS = ("\t", ";", ",", None)
"""What may stand between columns; None is any white space."""
_TIME_NAMES = ("time", "time_s", "t_s", "timestamp", "timestamp_s", "time_stamp")
_RATE_IN_NAME = re.compile(r"(\d+(?:\.\d+)?)(k?)hz", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Recording:
    """Samples of both plates, ready to be played or written to a log.

    Attributes:
        wrench: (n, 12) float32, columns `WRENCH_COLUMNS`, frame lab; NaN where absent.
        sequence: Number of each sample, from 0; a jump is a gap.
        device_t_ns: The recording's own clock at each sample.
        dt_ns: Time between samples, at each sample.
        due_ns: When each sample is to be played, from the start; never falls.
        note: Where the samples came from and what was assumed, one sentence.
    """

    wrench: Floats
    sequence: Ints
    device_t_ns: Ints
    dt_ns: Ints
    due_ns: Ints
    note: str

    @property
    def duration_s(self) -> float:
        """From the first sample to the end of the last one."""
        return float(self.due_ns[-1] + self.dt_ns[-1]) / 1e9


def read_recording(
    path: Path, *, columns: str = "", rate_hz: float | None = None, forward: str = ""
) -> Recording:
    """Return the samples in a text table, a C3D file or a log.

    Args:
        path: CSV, tab- or space-separated text, C3D (`.c3d`), or a log (`.mcap`).
        columns: Names of its columns, as `left_fx_n,-left_fy_n,_,time_s`: a minus flips the
            sign, `_` skips a column. Empty: as its header says.
        rate_hz: Samples per second; None: from a time column, else from the file's name.
        forward: Which of a C3D file's axes people walked along, as `-x`.

    Raises:
        ConfigError: It cannot be read, is not what its columns say, or its rate is unknown.
    """
    is_c3d = path.suffix.lower() == ".c3d"
    if bool(forward) and not is_c3d:
        raise ConfigError(f"{path}: forward is for C3D files; name the columns instead.")
    if is_c3d:
        if columns or rate_hz is not None:
            raise ConfigError(f"{path}: a C3D file says its own rate and columns.")
        wrench, c3d_hz, note = read_c3d_plates(path, forward)
        return _evenly(wrench, c3d_hz, note)
    if path.suffix.lower() == ".mcap":
        if columns or rate_hz is not None:
            raise ConfigError(f"{path}: a log says its own rate and columns; leave them away.")
        return _recording_in_log(path)
    if rate_hz is not None and not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise ConfigError(f"{path}: rate {rate_hz:g}: give 1 to 100000 samples per second.")
    lines = _numbered_lines(path)
    first, table = _numbers(path, lines)
    names, words = _names(path, columns, lines[:first], table.shape[1])
    return _recording(path, names, words, table, rate_hz)


def parse_columns(columns: str, where: object) -> list[tuple[str, float]]:
    """Return (name, sign) for each column that `columns` names.

    Raises:
        ConfigError: A name is unknown or comes twice, or none is a force or moment.
    """
    found: list[tuple[str, float]] = []
    for word in (part.strip() for part in columns.split(",")):
        name = word.removeprefix("-").removeprefix("+")
        if name not in KNOWN:
            raise ConfigError(
                f"{where}: column {word!r} is unknown. Known: {', '.join(KNOWN)}; a minus before"
                " a name flips its sign."
            )
        if name != SKIPPED and any(name == other for other, _ in found):
            raise ConfigError(f"{where}: column {name} is named twice.")
        found.append((name, -1.0 if word.startswith("-") else 1.0))
    if not any(name in WRENCH_COLUMNS for name, _ in found):
        raise ConfigError(f"{where}: columns {columns!r} name no force or moment.")
    return found


def _evenly(wrench: Floats, rate_hz: float, note: str) -> Recording:
    """Return samples that were taken evenly and without a gap."""
    count, dt_ns = len(wrench), round(1e9 / rate_hz)
    sequence = np.arange(count)
    times_ns = np.round(sequence * (1e9 / rate_hz)).astype(np.int64)
    return Recording(wrench, sequence, times_ns, np.full(count, dt_ns), times_ns, note)


# -- lines and numbers ---------------------------------------------------------------------

Line = tuple[int, str]
"""Number in the file, from 1, and text."""


def _numbered_lines(path: Path) -> list[Line]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not a text file and not a log (.mcap).") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    stripped = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in stripped if line]


def _numbers(path: Path, lines: list[Line]) -> tuple[int, Doubles]:
    """Return how many lines stand before the numbers, and the numbers."""
    rows = [(number, line) for number, line in lines if line[0] not in "#%"]
    if not rows:
        raise ConfigError(f"{path}: holds no numbers.")
    delimiter = next((mark for mark in "\t;," if mark in rows[len(rows) // 2][1]), None)
    is_header = (not any(_is_number(f) for f in line.split(delimiter)) for _, line in rows)
    head_count = sum(itertools.takewhile(bool, is_header))
    rows = rows[head_count:]
    if not rows:
        raise ConfigError(f"{path}: holds no numbers.")
    first = next(index for index, line in enumerate(lines) if line[0] == rows[0][0])
    try:
        table = np.loadtxt([line for _, line in rows], delimiter=delimiter, comments=None, ndmin=2)
    except ValueError:
        table = _numbers_one_by_one(path, rows, delimiter)
    bad = np.argwhere(np.isinf(table))
    if len(bad):
        row, column = (int(index) for index in bad[0])
        _refuse_number(path, rows[row][0], column, "infinite")
    return first, table


def _numbers_one_by_one(path: Path, rows: list[Line], delimiter: str | None) -> Doubles:
    """Return the numbers, an empty field as NaN, or say which line is wrong."""
    width = len(rows[0][1].split(delimiter))
    table = np.full((len(rows), width), nan)
    for index, (number, line) in enumerate(rows):
        fields = line.split(delimiter)
        if len(fields) != width:
            raise ConfigError(
                f"{path}: line {number} has {len(fields)} columns, line {rows[0][0]} has {width}."
            )
        for column, field in enumerate(fields):
            try:
                table[index, column] = float(field) if field.strip() else nan
            except ValueError:
                _refuse_number(path, number, column, repr(field.strip()))
    return table


def _refuse_number(path: Path, line: int, column: int, what: str) -> NoReturn:
    raise ConfigError(f"{path}: line {line}, column {column + 1}: {what} is not a number.")


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


# -- which column is what ------------------------------------------------------------------


def _names(
    path: Path, columns: str, head: Sequence[Line], width: int
) -> tuple[list[tuple[str, float]], str]:
    """Return (name, sign) per column, and in words how they were found."""
    if columns:
        named = parse_columns(columns, path)
        if len(named) != width:
            raise ConfigError(
                f"{path}: {len(named)} columns are named, the file has {width}; name each one,"
                f" {SKIPPED} for those to skip."
            )
        return named, f"columns as named: {columns}"
    for _, line in head:
        found = _names_in_header(line, width)
        if found:
            known = ", ".join(name for name, _ in found if name in WRENCH_COLUMNS)
            return found, f"columns as its header names them: {known}"
    heading = _heading(head, width)
    if heading:
        raise ConfigError(
            f"{path}: its header {heading[:60]!r} names no force of ours; name its {width} columns"
            f" in order, as columns={_example(width)}. Known: {', '.join(KNOWN)}."
        )
    if width == len(BARE_COLUMNS.split(",")):
        return parse_columns(BARE_COLUMNS, path), (
            "six columns without a header: column 3 taken as the left vertical force and column 6"
            " as the right, N, positive on a standing person; the directions of the other forces"
            " are unknown and left absent"
        )
    raise ConfigError(
        f"{path}: {width} columns without a header; name them in order, as"
        f" columns={_example(width)}. Known: {', '.join(KNOWN)}."
    )


def _example(width: int) -> str:
    words = ["left_fz_n", "right_fz_n"][:width] + [SKIPPED] * max(width - 2, 0)
    return ",".join(words[:4]) + (",…" if width > 4 else "")


def _heading(head: Sequence[Line], width: int) -> str:
    """Return the line that names `width` columns, or nothing; other comments are remarks."""
    for _, line in head:
        text = line.lstrip("#%").strip()
        if line[0] not in "#%" or any(len(text.split(m)) == width for m in _MARKS):
            return text
    return ""


def _names_in_header(line: str, width: int) -> list[tuple[str, float]]:
    """Return (name, sign) per column of a header that names ours, or nothing."""
    text = line.lstrip("#%").strip()
    for mark in _MARKS:
        fields = text.split(mark)
        if len(fields) == width:
            names = [_canonical(field) for field in fields]
            ours = [name for name in names if name in WRENCH_COLUMNS]
            if ours and len(set(ours)) == len(ours):
                return [(name, 1.0) for name in names]
    return []


def _canonical(field: str) -> str:
    """Return our name for a column called `field`, or `_`."""
    word = re.sub(r"[^a-z0-9]+", "_", field.lower()).strip("_")
    if word in _TIME_NAMES:
        return TIME
    for name in WRENCH_COLUMNS:
        if word in (name, name.rpartition("_")[0]):
            return name
    return SKIPPED


# -- when each sample was taken ------------------------------------------------------------


def _recording(
    path: Path,
    names: list[tuple[str, float]],
    words: str,
    table: Doubles,
    rate_hz: float | None,
) -> Recording:
    wrench = np.full((len(table), len(WRENCH_COLUMNS)), nan, np.float32)
    time_s: Doubles | None = None
    for index, (name, sign) in enumerate(names):
        if name == TIME:
            time_s = table[:, index]
        elif name != SKIPPED:
            wrench[:, WRENCH_COLUMNS.index(name)] = sign * table[:, index]
    sequence = np.arange(len(table), dtype=np.int64)
    if rate_hz is not None:
        source = "as given"
    elif time_s is not None:
        sequence, rate_hz = _steps(path, time_s)
        source = "from its time column"
    else:
        rate_hz, source = _rate_in_name(path), "from its name"
    gap_count = int(np.count_nonzero(np.diff(sequence) != 1))
    gaps = f", {gap_count} gaps" if gap_count else ""
    given = [index for index, (name, _) in enumerate(names) if name in WRENCH_COLUMNS]
    missing_count = int(np.isnan(table[:, given]).sum())
    missing = f", {missing_count} values missing" if missing_count else ""
    due_ns = np.rint(sequence * (1e9 / rate_hz)).astype(np.int64)
    return Recording(
        wrench=wrench,
        sequence=sequence,
        device_t_ns=due_ns,
        dt_ns=np.full(len(table), round(1e9 / rate_hz), np.int64),
        due_ns=due_ns,
        note=f"{path.name}: {len(table)} samples at {rate_hz:g} Hz ({source}){gaps}{missing};"
        f" {words}.",
    )


def _steps(path: Path, time_s: Doubles) -> tuple[Ints, float]:
    """Return the number of each sample and the rate, from a column of times.

    The rate is the mean over all steps that are no gaps, so jitter of the stamps has no effect.
    """
    steps_s = np.diff(time_s)
    if not len(steps_s):
        raise ConfigError(f"{path}: one sample has no rate; give rate=… samples per second.")
    if not bool(np.all(steps_s > 0)):
        index = int(np.flatnonzero(~(steps_s > 0))[0])
        raise ConfigError(
            f"{path}: sample {index + 2}: its time {time_s[index + 1]:.9g} s does not follow"
            f" {time_s[index]:.9g} s; give rate=… to number the samples instead."
        )
    step_s = float(np.mean(steps_s[steps_s <= GAP_STEPS * np.median(steps_s)]))
    rate_hz = float(f"{1 / step_s:.6g}")
    if not MIN_STAMPED_HZ <= rate_hz <= MAX_RATE_HZ:
        raise ConfigError(
            f"{path}: its time column steps by {step_s:g} s; a time column counts seconds, give"
            " rate=… instead."
        )
    is_gap = steps_s > GAP_STEPS * step_s
    counts = np.where(is_gap, np.rint(steps_s / step_s), 1).astype(np.int64)
    return np.concatenate(([0], np.cumsum(counts))), rate_hz


def _rate_in_name(path: Path) -> float:
    found = _RATE_IN_NAME.findall(path.stem)
    rate_hz = float(found[-1][0]) * (1000 if found[-1][1] else 1) if found else inf
    if isinf(rate_hz) or not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise ConfigError(
            f"{path}: its rate is unknown; give it (?rate=200 in an address, --rate 200 to import),"
            " or a column time_s, or put it in the name, as in walk_200hz.csv."
        )
    return rate_hz


def _recording_in_log(path: Path) -> Recording:
    rows = read_plates(path)
    sequence = rows["sequence"].astype(np.int64)
    t_ns = rows["t_ns"].astype(np.int64)
    wrench = np.stack([rows[name] for name in WRENCH_COLUMNS], axis=1).astype(np.float32)
    return Recording(
        wrench=wrench,
        sequence=sequence - sequence[0],
        device_t_ns=rows["device_t_ns"].astype(np.int64),
        dt_ns=rows["dt_ns"].astype(np.int64),
        due_ns=np.maximum.accumulate(t_ns - t_ns[0]),
        note=f"{path.name}: {len(rows)} samples of a log, played as they arrived then.",
    )
