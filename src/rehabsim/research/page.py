"""The printable page of a report. Pure but for its template."""

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from rehabsim import __version__
from rehabsim.base.records import Event
from rehabsim.research.definitions import DEFINITIONS
from rehabsim.research.estimate import INTERVAL, Measure
from rehabsim.research.importer import IMPORT
from rehabsim.research.plots import Plot
from rehabsim.research.recoveries import Aftermath, Ending
from rehabsim.research.walk import Walk
from rehabsim.session.mcap_file import LogHeader

TEMPLATE = "report.html"
DECIMALS = {
    "s": 3,
    "m": 3,
    "m²": 6,
    "m/s": 3,
    "m s": 3,
    "N": 0,
    "BW": 3,
    "BW/s": 1,
    "BW s": 3,
    "Hz": 3,
    "1": 3,
    "count": 0,
    "steps": 1,
}
UNITS = {"1": "", "count": ""}
ENDINGS: dict[Ending, str] = {
    "walked_on": "walked on",
    "assisted": "helped by the harness",
    "fell": "fell",
    "stopped": "the belts were stopped",
}
NO_BELTS = "An import holds no belts, so none were stopped."
NO_STOP = "Nothing stopped the belts, and nobody paused them."


def render_page(
    header: LogHeader,
    log_name: str,
    walk: Walk,
    measures: Sequence[Measure],
    plots: Sequence[Plot],
) -> str:
    """Return the page, self-contained.

    Args:
        header: Of the log.
        log_name: Of its file.
        walk: What was read from it.
        measures: To be listed.
        plots: To be shown.
    """
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    is_import = header.kind == IMPORT
    scenario = str(header.session.get("scenario", "")).rpartition("/")[2]
    return environment.get_template(TEMPLATE).render(
        title="Imported walk" if is_import else f"Session: {scenario}",
        subtitle=_subtitle(header, walk),
        origin=origin_of(header),
        tiles=_tiles(measures),
        stops=_stops(walk),
        changes=_changes(walk),
        no_stops=NO_BELTS if is_import else NO_STOP,
        trials=[{"at": f"{e.t_ns / 1e9:.2f} s", "text": e.text} for e in walk.trials],
        perturbations=_perturbations(walk),
        has_belts=walk.belts is not None,
        plots=[
            {
                "title": plot.title,
                "caption": plot.caption,
                "base64": base64.b64encode(plot.png).decode(),
            }
            for plot in plots
        ],
        rows=_rows(measures),
        setup=_setup(header, log_name),
        methods=_methods(measures),
        interval=INTERVAL,
        version=__version__,
        log_name=log_name,
    )


def _perturbations(walk: Walk) -> list[dict[str, str]]:
    """Return what was told of perturbations, and what followed where one was done."""
    followed = {id(one.event): one for one in walk.aftermaths}
    rows = []
    for event in walk.perturbations:
        row = {"at": f"{event.t_ns / 1e9:.2f} s", "source": event.source, "text": event.text}
        one = followed.get(id(event))
        rows.append(row if one is None else row | _aftermath(one))
    return rows


def _aftermath(one: Aftermath) -> dict[str, str]:
    margins = (one.margin_backward_m, one.margin_lateral_m)
    backward, lateral = (f"{m:z.3f}" if isfinite(m) else "not known" for m in margins)
    return {
        "at": f"{one.t_s:.2f} s",
        "backward": backward,
        "lateral": lateral,
        "steps": f"{one.step_count:.0f}" if isfinite(one.step_count) else "not known",
        "farthest": f"{one.greatest_sd:.0f}" if isfinite(one.greatest_sd) else "not known",
        "ending": ENDINGS[one.ending],
    }


# -- where it comes from -------------------------------------------------------------------

MORE_DEVICES = ("harness", "platform")
"""What a room may have beside the treadmill and its plates."""


def origin_of(header: LogHeader) -> dict[str, Any]:
    """Return how real a log is, by the addresses of its devices: kind, badge and lines."""
    if header.kind == IMPORT:
        return {"kind": "recording", "badge": "IMPORTED FILE", "lines": [header.note]}
    devices = {name: header.site.get(name) or {} for name in ("treadmill", "plates")}
    devices |= {name: header.site[name] for name in MORE_DEVICES if header.site.get(name)}
    kinds = [_device_kind(str(device.get("url", ""))) for device in devices.values()]
    kind = next((k for k in ("simulated", "recording") if k in kinds), "devices")
    words = {"simulated": "simulated", "recording": "a recording is played", "devices": "a device"}
    lines = [
        f"{name.capitalize()}: {words[found]} ({device.get('kind', '?')} at"
        f" {device.get('url', '?')})."
        for (name, device), found in zip(devices.items(), kinds, strict=True)
    ]
    badge = {"simulated": "SIMULATED", "recording": "RECORDING", "devices": "DEVICES"}[kind]
    if len(set(kinds)) > 1:
        badge = f"PARTLY {badge}"
    if header.note:
        lines.append(header.note)
    return {"kind": kind, "badge": badge, "lines": lines}


def _device_kind(url: str) -> str:
    if url.startswith("sim:"):
        return "simulated"
    return "recording" if url.startswith("recording:") else "devices"


def _started(header: LogHeader) -> str:
    if header.start_utc_ns == 0:
        return "not known"
    return f"{datetime.fromtimestamp(header.start_utc_ns / 1e9, UTC):%d %B %Y, %H:%M} UTC"


def _subtitle(header: LogHeader, walk: Walk) -> str:
    started = _started(header)
    parts = [] if header.start_utc_ns == 0 else [started]
    parts.append(f"{_clock(walk.duration_s)} long")
    if header.session:
        parts.append(f"subject {header.session.get('subject', '?')}")
    return " · ".join(parts)


def _clock(t_s: float) -> str:
    minutes, seconds = divmod(round(t_s), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{t_s:.1f} s"


# -- numbers -------------------------------------------------------------------------------


def _format(value: float, unit: str) -> str:
    return f"{value:z.{DECIMALS[unit]}f}"


def _tiles(measures: Sequence[Measure]) -> list[dict[str, str]]:
    by_name = {(measure.name, str(measure.side)): measure.value for measure in measures}

    def pair(name: str, decimals: int) -> str:
        left, right = by_name[name, "left"], by_name[name, "right"]
        if left is None and right is None:
            return ""
        return " / ".join("–" if v is None else f"{v:z.{decimals}f}" for v in (left, right))

    def one(name: str, form: str, factor: float = 1.0, side: str = "both") -> str:
        value = by_name[name, side]
        return "" if value is None else form.format(value * factor)

    return [
        {"value": one("walking_distance", "{:.1f} m", side="left"), "words": "walked, left belt"},
        {"value": one("mean_belt_speed", "{:.2f} m/s", side="left"), "words": "mean speed, left"},
        {"value": one("cadence", "{:.0f}", 60.0), "words": "steps per minute"},
        {"value": pair("step_time", 2), "words": "step time left / right, s"},
        {"value": one("load_share_left", "{:.1f} %", 100.0), "words": "load on the left plate"},
        {"value": one("stop_count", "{:.0f}"), "words": "stops"},
    ]


def _rows(measures: Sequence[Measure]) -> list[dict[str, Any]]:
    """Return one row per name; a measure absent on all sides has one reason for the row."""
    rows: dict[str, dict[str, Any]] = {}
    for measure in measures:
        row = rows.setdefault(
            measure.name,
            {
                "words": DEFINITIONS[measure.name].words,
                "unit": UNITS.get(measure.unit, measure.unit),
                "cells": {},
                "reason": measure.reason,
            },
        )
        row["reason"] = row["reason"] and measure.reason
        row["cells"][measure.side] = _cell(measure)
    return list(rows.values())


def _cell(measure: Measure) -> dict[str, str]:
    if measure.value is None:
        return {"value": "", "reason": measure.reason}
    ci = ""
    if measure.ci95 is not None:
        ci = ", ".join(_format(end, measure.unit) for end in measure.ci95)
    return {
        "value": _format(measure.value, measure.unit),
        "ci": f"({ci})" if ci else "",
        "n": str(measure.n) if measure.n > 1 else "",
        "reason": "",
    }


def _methods(measures: Sequence[Measure]) -> list[dict[str, str]]:
    """Return one entry per name: what it is, how it was measured, from what, and who says so."""
    methods: dict[str, dict[str, str]] = {}
    for measure in measures:
        known = DEFINITIONS[measure.name]
        text = f"{known.definition}; {known.method}"
        if known.reference:
            text += f" ({known.reference})"
        entry = {"words": known.words, "text": text, "source": measure.source}
        entry["change"] = known.minimal_detectable_change
        methods.setdefault(measure.name, entry)
    return list(methods.values())


# -- stops and setup -----------------------------------------------------------------------


def _changes(walk: Walk) -> list[dict[str, str]]:
    """Return what was changed of the difficulty, and what the person said, by time."""
    if walk.tasks is None:
        return []
    return [
        {"at": f"{event.t_ns / 1e9:.2f} s", "source": event.source, "text": event.text}
        for event in walk.tasks.changes
    ]


def _stops(walk: Walk) -> list[dict[str, str]]:
    def row(number: str, event: Event) -> dict[str, str]:
        return {
            "number": number,
            "at": f"{event.t_ns / 1e9:.2f} s",
            "severity": event.severity if number else "pause",
            "source": event.source,
            "text": event.text[:1].upper() + event.text[1:],
        }

    marked = [(str(number), stop) for number, stop in enumerate(walk.stops, 1)]
    marked += [("", pause) for pause in walk.pauses]
    return [row(number, event) for number, event in sorted(marked, key=lambda m: m[1].t_ns)]


def _flat(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a table holds, one row for each value, those of tables in it as well."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from ((f"{name}: {inner}", words) for inner, words in _flat(value))
        else:
            yield name, str(value)


def _setup(header: LogHeader, log_name: str) -> list[list[tuple[str, str]]]:
    log = [
        ("log", log_name),
        ("kind", header.kind),
        ("started", _started(header)),
        ("recorded by", f"rehabsim {header.version}"),
        ("session id", header.boot_id),
    ]
    if header.kind == IMPORT:
        return [log]
    session = [(name, str(header.session[key])) for name, key in _SESSION if key in header.session]
    params = header.session.get("params") or {}
    session += [(f"scenario: {name}", str(value)) for name, value in params.items()]
    tables = [log, session]
    for name in ("treadmill", "plates"):
        device = header.site.get(name, {})
        tables.append([(f"{name}: {key}", str(value)) for key, value in device.items()])
    tables.append([("limits", "of the belts"), *_flat(header.site.get("limits", {}))])
    return [
        [("room", str(header.site.get("name", "?"))), *table] if index == 2 else table
        for index, table in enumerate(tables)
    ]


_SESSION = (
    ("scenario", "scenario"),
    ("subject", "subject"),
    ("patient, if simulated", "patient"),
    ("seed", "seed"),
    ("cruise speed at the start, m/s", "cruise_speed_mps"),
)
