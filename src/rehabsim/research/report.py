"""A report on one log: measures.json, events.csv, strides.csv, plots and a printable page."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import fields
from math import isfinite
from pathlib import Path

import msgspec

from rehabsim.base.errors import ConfigError
from rehabsim.gait.review import Reviewed
from rehabsim.gait.stance import Stance
from rehabsim.gait.strides import Stride
from rehabsim.research.estimate import Measure
from rehabsim.research.measures import measures_of
from rehabsim.research.page import render_page
from rehabsim.research.plots import NAMES, make_plots
from rehabsim.research.walk import read_walk
from rehabsim.session.log import LogReader

EVENT_COLUMNS = ("t_s", "side", "kind", "latency_s", "confidence", "review", "reviewed_t_s")
"""As found live, then what a second look says: confirmed, moved, not confirmed, or added."""

STANCE_COLUMNS = tuple(field.name for field in fields(Stance))
STRIDE_COLUMNS = (*(f.name for f in fields(Stride) if f.name != "stance"), *STANCE_COLUMNS)


def write_report(log_path: Path, folder: Path) -> None:
    """Write everything about one log into `folder`, over an older report.

    Args:
        log_path: The log of a session, or an import.
        folder: Made when it is not there.

    Raises:
        LogError: The log cannot be read, or holds nothing to report.
        ConfigError: The folder cannot be written.
    """
    log = LogReader(log_path)
    walk = read_walk(log)
    measures = measures_of(walk)
    plots = make_plots(walk)
    files = {
        "measures.json": _measures_json(measures),
        "events.csv": _events_csv(walk.reviewed),
        "strides.csv": _strides_csv(walk.strides),
        "report.html": render_page(log.header, log_path.name, walk, measures, plots).encode(),
        **{f"{plot.name}.png": plot.png for plot in plots},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        for name in {f"{name}.png" for name in NAMES} - set(files):
            (folder / name).unlink(missing_ok=True)  # of the older report, of another walk
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written: {error.strerror}.") from error


def _measures_json(measures: Sequence[Measure]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(measures), indent=2) + b"\n"


def _events_csv(reviewed: Iterable[Reviewed]) -> bytes:
    return _csv(EVENT_COLUMNS, (_event_row(entry) for entry in reviewed))


def _event_row(entry: Reviewed) -> list[str]:
    live, again = entry.live, entry.t_ns
    found = ["", entry.side, entry.kind, "", ""]
    if live is not None:
        known = (f"{live.latency_s:.6f}", f"{live.confidence:.3f}")
        found = [f"{live.t_ns / 1e9:.6f}", live.side, live.kind, *known]
    return [*found, entry.verdict, f"{again / 1e9:.6f}" if again is not None else ""]


def _strides_csv(strides: Iterable[Stride]) -> bytes:
    return _csv(STRIDE_COLUMNS, (_stride_row(stride) for stride in strides))


def _stride_row(stride: Stride) -> list[str]:
    values = [
        getattr(stride.stance if name in STANCE_COLUMNS else stride, name)
        for name in STRIDE_COLUMNS
    ]
    return [value if isinstance(value, str) else _number(value) for value in values]


def _number(value: float) -> str:
    return f"{value:.6f}" if isfinite(value) else ""


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()
