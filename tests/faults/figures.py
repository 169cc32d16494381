"""Figures of the safety campaigns, and the page that holds them.

A campaign is a module `campaign_<name>.py` in this folder with `TITLE`, `INTRODUCTION` and
`rows(share)`; `share` is how much of the whole campaign is run: 1.0 by `make faults`, less by the
tests, so that both run the same code.
"""

import importlib
import platform
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

HERE = Path(__file__).parent
PAGE = HERE.parent / "SAFETY_FIGURES.md"


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
    return sorted(path.stem for path in HERE.glob("campaign_*.py"))


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


def page(share: float) -> Iterator[str]:
    """Yield the page, part by part, as campaigns come to their ends."""
    yield (
        "# Safety figures\n\n"
        f"Made by `make faults`; do not edit. Share of the whole campaigns that was run: {share:g}."
        " Simulated people and devices unless a row says"
        f" otherwise. {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Linux"
        f" {platform.release().split('-')[0]}, Python {platform.python_version()}.\n"
    )
    for name in campaigns():
        campaign = importlib.import_module(f"faults.{name}")
        rows = table(list(campaign.rows(share)))
        yield f"\n## {campaign.TITLE}\n\n{campaign.INTRODUCTION}\n\n{rows}"
