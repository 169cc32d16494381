"""Mending and checking logs."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rehabsim.base.errors import LogError
from rehabsim.session import chain
from rehabsim.session.core import PERIOD_NS
from rehabsim.session.log import LogReader
from rehabsim.session.merge import merge, parts_of

COUNTED = {"plates": "plate_count", "harness": "harness_count", "keeper": "report_count"}
"""Channels of which every tick says how many it took, and the column in which it does."""

LAST_NS = 2 * PERIOD_NS
"""The closing record is made right behind the last tick."""


def recover(path: Path) -> tuple[LogReader, Path | None]:
    """Make a cut or damaged log whole again, in place; what was there is kept beside it.

    Returns:
        The recovered log, and where the damaged one is now, or None when nothing was wrong.

    Raises:
        LogError: It is not a log.
    """
    parts = parts_of(path)
    try:
        log = LogReader(path, may_be_cut=True)
        if log.is_complete and not log.damaged_bytes:
            return log, None
    except LogError:
        if len(parts) == 1 or not path.exists():
            raise
    kept = [_free_name(part) for part in parts]
    _keep(path, kept[0])
    merge(parts, path)
    for part, name in zip(parts[1:], kept[1:], strict=True):
        part.rename(name)
    return LogReader(path), kept[0]


def _keep(path: Path, name: Path) -> None:
    try:
        os.link(path, name)
    except OSError:  # a disk without such links, as sticks are
        try:
            shutil.copy2(path, name)
        except OSError as error:
            name.unlink(missing_ok=True)
            raise LogError(
                f"{path}: cannot be kept as {name.name}: {error.strerror}; nothing was changed."
            ) from error


def _free_name(path: Path) -> Path:
    name = path.with_name(path.name + ".damaged")
    count = 1
    while name.exists():
        count += 1
        name = path.with_name(f"{path.name}.damaged{count}")
    return name


def verify(path: Path) -> list[str]:
    """Return every fault found in a log, one sentence each; empty when it is sound."""
    log = LogReader(path, may_be_cut=True)
    faults = [] if log.is_complete else [f"{path}: is cut off; rehabsim log recover mends it."]
    if log.damaged_bytes:
        faults.append(
            f"{path}: {log.damaged_bytes} bytes are damaged; rehabsim log recover mends it."
        )
    for gap in log.gaps():
        faults.append(
            f"{path}: from {gap.start_ns / 1e9:.3f} to {gap.t_ns / 1e9:.3f} s nothing is recorded,"
            f" {gap.block_count} blocks: {gap.why}."
        )
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
    if not faults:
        faults += [f"{path}: {fault}." for fault in _uncounted(log)]
    check = log.chain()
    if check is not None and check.fault:
        faults.append(f"{path}: chain of operator records: {check.fault}.")
    return faults


def _uncounted(log: LogReader) -> Iterator[str]:
    """Yield where there is less or more than the ticks of a session say."""
    ticks = log.table("ticks")
    if not len(ticks):
        return
    for name, column in COUNTED.items():
        if column in (ticks.dtype.names or ()):
            counted = int(ticks[column].sum())
            found = len(log.texts(name)) if name == "keeper" else len(log.table(name))
            if found != counted:
                yield f"{name} holds {found}, the ticks say {counted}"
    scene_count = len(log.table("scene"))
    if scene_count not in (0, len(ticks)):  # a scene may be without a single column
        yield f"scene holds {scene_count} rows, there are {len(ticks)} ticks"
    for t_ns, _ in log.texts(chain.CHANNEL)[-1:]:
        if t_ns - int(ticks["t_ns"][-1]) > LAST_NS:
            yield (
                f"the ticks end at {ticks['t_ns'][-1] / 1e9:.3f} s, the operator records at"
                f" {t_ns / 1e9:.3f} s"
            )
