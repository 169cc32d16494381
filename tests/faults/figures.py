"""Figures of the safety campaigns, and the page that holds them.

A campaign is a module `campaign_<name>.py` in this folder with `TITLE`, `INTRODUCTION` and
`rows(share)`; `share` is how much of the whole campaign is run: 1.0 by `make faults`, less by the
tests, so that both run the same code.
"""

import importlib
import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

HERE = Path(__file__).parent
PAGE = HERE.parent / "SAFETY_FIGURES.md"
PREFIX = "campaign_"
HEAD = """# Safety figures

Made by `make faults`, or one section by `python tests/faults NAME`; do not edit. Simulated people
and devices unless a row says otherwise.
"""


class Row(NamedTuple):
    """One line of a campaign's table.

    Attributes:
        what: What was tried.
        count: How often.
        failure_count: How often something else happened than should have.
        values: Of each trial, if something was measured.
        unit: Of `values`.
        bar: What was asked for, in words.
        note: Whatever a reader should know.
    """

    what: str
    count: int
    failure_count: int
    values: Sequence[float] = ()
    unit: str = ""
    bar: str = ""
    note: str = ""


def campaigns() -> list[str]:
    """Return the names of all campaigns, by alphabet."""
    return sorted(path.stem.removeprefix(PREFIX) for path in HERE.glob(f"{PREFIX}*.py"))


def table(rows: Sequence[Row]) -> str:
    """Return the rows in Markdown."""
    lines = [
        "| what | N | failures | p50 | p99 | max | unit | bar | note |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        figures = [""] * 3
        if len(row.values):
            p50, p99 = np.percentile(row.values, [50, 99])
            figures = [f"{value:.4g}" for value in (p50, p99, max(row.values))]
        cells = (row.what, f"{row.count:,}", f"{row.failure_count:,}", *figures)
        lines.append("| " + " | ".join((*cells, row.unit, row.bar, row.note)) + " |")
    return "\n".join(lines) + "\n"


def section(name: str, share: float) -> str:
    """Run a campaign, or a share of it, telling each row; return its section of the page."""
    campaign = _campaign(name)
    load = os.getloadavg()[0]
    began = f"{datetime.now(UTC):%Y-%m-%d}"
    rows = []
    for row in campaign.rows(share):
        print(f"{name}: {row.what}: {row.failure_count} of {row.count} failed", flush=True)
        rows.append(row)
    return (
        f"## {campaign.TITLE}\n\n"
        f"Share of the whole campaign that was run: {share:g}. {began}, {platform.machine()},"
        f" {os.cpu_count()} cores, load {load:.1f} when it began, Linux"
        f" {platform.release().split('-')[0]}, Python {platform.python_version()}.\n\n"
        f"{campaign.INTRODUCTION}\n\n{table(rows)}"
    )


def replaced(page: str, new: str, titles: Sequence[str]) -> str:
    """Return the page with a section replaced, or added where it was not there.

    Args:
        page: As it was, or empty.
        new: The section; its first line is its title.
        titles: Of all campaigns, in the order of the page; what it has besides goes.
    """
    sections = re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:] + [new]
    known = {one.splitlines()[0].removeprefix("## "): one.strip() + "\n" for one in sections}
    return "\n".join([HEAD, *(known[title] for title in titles if title in known)])


def titles() -> list[str]:
    """Return the titles of all campaigns."""
    return [_campaign(name).TITLE for name in campaigns()]


def _campaign(name: str) -> Any:
    return importlib.import_module(f"faults.{PREFIX}{name}")
