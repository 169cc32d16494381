"""A report on one log: measures.json, events.csv, strides.csv, plots and a printable page."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from math import isfinite
from pathlib import Path

import msgspec

from rehabsim.base.errors import ConfigError
from rehabsim.base.records import GaitEvent
from rehabsim.research.estimate import Measure
from rehabsim.research.measures import measures_of
from rehabsim.research.page import render_page
from rehabsim.research.plots import make_plots
from rehabsim.research.strides import STRIDE_COLUMNS, Stride, strides_of
from rehabsim.research.walk import read_walk
from rehabsim.session.log import LogReader

EVENT_COLUMNS = ("t_s", "side", "kind", "latency_s", "confidence")


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
    strides = strides_of(walk)
    measures = measures_of(walk, strides)
    plots = make_plots(walk, strides)
    files = {
        "measures.json": _measures_json(measures),
        "events.csv": _events_csv(walk.events),
        "strides.csv": _strides_csv(strides),
        "report.html": render_page(log.header, log_path.name, walk, measures, plots).encode(),
        **{f"{plot.name}.png": plot.png for plot in plots},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written: {error.strerror}.") from error


def _measures_json(measures: Sequence[Measure]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(measures), indent=2) + b"\n"


def _events_csv(events: Iterable[GaitEvent]) -> bytes:
    return _csv(
        EVENT_COLUMNS,
        (
            (f"{e.t_ns / 1e9:.6f}", e.side, e.kind, f"{e.latency_s:.6f}", f"{e.confidence:.3f}")
            for e in events
        ),
    )


def _strides_csv(strides: Iterable[Stride]) -> bytes:
    return _csv(
        STRIDE_COLUMNS,
        (
            [value if isinstance(value, str) else _number(value) for value in astuple(stride)]
            for stride in strides
        ),
    )


def _number(value: float) -> str:
    return f"{value:.6f}" if isfinite(value) else ""


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()
