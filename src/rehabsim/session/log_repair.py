"""Mending and checking logs."""

import os
from pathlib import Path

import numpy as np

from rehabsim.session.log import LogReader
from rehabsim.session.mcap_file import merge


def recover(path: Path) -> tuple[LogReader, Path | None]:
    """Make a cut log whole again, in place; the damaged file is kept beside it.

    Returns:
        The recovered log, and where the damaged one is now, or None when nothing was wrong.

    Raises:
        LogError: It is not a log.
    """
    log = LogReader(path, may_be_cut=True)
    if log.is_complete:
        return log, None
    damaged = path.with_name(path.name + ".damaged")
    count = 1
    while damaged.exists():
        count += 1
        damaged = path.with_name(f"{path.name}.damaged{count}")
    os.link(path, damaged)
    merge(path, path)
    return LogReader(path), damaged


def verify(path: Path) -> list[str]:
    """Return every fault found in a log, one sentence each; empty when it is sound."""
    log = LogReader(path, may_be_cut=True)
    faults = [] if log.is_complete else [f"{path}: is cut off; rehabsim log recover mends it."]
    for name, what, step in (("ticks", "tick", "missed_count"), ("plates", "sequence", None)):
        rows = log.table(name)
        if len(rows) > 1:
            jumps = np.diff(rows[what]) - 1 - (rows[step][1:] if step else 0)
            for index in np.flatnonzero(jumps)[:10]:
                t_s = rows["t_ns"][index + 1] / 1e9
                faults.append(
                    f"{path}: table {name}: {int(jumps[index])} of {what} missing before row"
                    f" {index + 1} at {t_s:.3f} s."
                )
    return faults
