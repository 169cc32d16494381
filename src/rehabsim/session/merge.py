"""Merging what a session left on disk into one complete log, its gaps marked."""

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec

from rehabsim.base.errors import LogError
from rehabsim.base.records import Record
from rehabsim.session.block import Block, BlockFile, in_order
from rehabsim.session.disk import DISK, Buffered, Disk, DiskFile
from rehabsim.session.mcap_file import MERGED_BLOCK_BYTES, Damage, Item, Sink, content_of, items

GAPS = "gaps"
MAX_PARTS = 99
DAMAGED = "damaged on the disk"


class Gap(Record, frozen=True):
    """A message of the channel `gaps`, JSON: part of the session that is not in the log.

    Attributes:
        start_ns: Where it begins, session time.
        t_ns: Where it ends.
        block_count: Blocks that are missing.
        why: In one clause.
    """

    start_ns: int
    t_ns: int
    block_count: int
    why: str


class Ending(NamedTuple):
    """What a session's last block should be.

    Attributes:
        number: Of the block.
        start_ns: Where the session's first block begins.
        t_ns: Where the last one ends.
        why: Why it may be missing, or empty.
    """

    number: int
    start_ns: int
    t_ns: int
    why: str


def part_of(path: Path, number: int) -> Path:
    """Return the file in which a log goes on; the log itself is number 1."""
    return path if number == 1 else path.with_name(f"{path.stem}.part{number}{path.suffix}")


def parts_of(path: Path) -> list[Path]:
    """Return a log's file and those next to it that its writer may have gone on in."""
    parts = [part_of(path, number) for number in range(2, MAX_PARTS + 1)]
    return [path, *(part for part in parts if part.exists())]


def merge(
    sources: Sequence[Path], target: Path, *, ending: Ending | None = None, disk: Disk = DISK
) -> list[Gap]:
    """Write one session's files, whole or cut, as a complete log of large compressed blocks.

    `target` appears only when it is complete, and may be one of `sources`. Each gap in what was
    recorded is marked.

    Args:
        sources: The log, then the files that its writer went on in; one that cannot be read is
            left out, and so are those of other sessions than the first that can.
        target: The complete log.
        ending: What the last block should be, if that is known.
        disk: Where to write.

    Returns:
        The gaps.

    Raises:
        LogError: None is a log, or the disk is full.
    """
    partial = target.with_name(target.name + ".partial")
    file = None
    try:
        disk.remove(partial)
        file = DiskFile(partial, disk)
        gaps = _merge_into(sources, file, ending)
        file.sync()
        file.close()
        disk.replace(partial, target)
        disk.sync_folder(target.parent)
        return gaps
    except OSError as error:
        raise LogError(f"{target}: cannot be written: {error.strerror}; kept as it was.") from error
    finally:
        if file is not None:
            file.close()
        with contextlib.suppress(OSError):
            disk.remove(partial)


def _merge_into(sources: Sequence[Path], file: DiskFile, ending: Ending | None) -> list[Gap]:
    buffered = Buffered(file)
    sink = Sink(buffered, is_compressed=True)
    buffers: dict[str, bytearray] = {}
    start_utc_ns: int | None = None
    time_ns = 0
    gaps: list[Gap] = []
    for item in _session_items(sources, ending):
        if isinstance(item, Gap):
            gaps.append(item)
            sink.text(GAPS, (start_utc_ns or 0) + item.t_ns, msgspec.json.encode(item))
            continue
        name, table, message = item
        time_ns = message.log_time
        if table is None:
            if name == "header" and start_utc_ns is None:
                start_utc_ns = time_ns
            sink.text(name, time_ns, message.data)
            continue
        if name not in buffers:
            sink.table(table)
            buffers[name] = bytearray()
        size = table.dtype.itemsize
        buffers[name] += message.data[: len(message.data) // size * size]
        if len(buffers[name]) >= MERGED_BLOCK_BYTES:
            sink.rows(name, time_ns, bytes(buffers[name]))
            buffers[name].clear()
    if start_utc_ns is None:
        raise LogError(f"{sources[0]}: not a rehabsim log: it has no header.")
    for name, buffer in buffers.items():
        if buffer:
            sink.rows(name, time_ns, bytes(buffer))
    sink.finish()
    buffered.flush()
    return gaps


def _session_items(sources: Sequence[Path], ending: Ending | None) -> Iterator[Item | Gap]:
    with ExitStack() as stack:
        files: list[BlockFile] = []
        for path in sources:
            with contextlib.suppress(LogError, ValueError):
                file = BlockFile(content_of(path, stack))
                if not files or file.key == files[0].key:
                    files.append(file)
        if not files or _is_log_without_blocks(sources[0]):
            yield from _plain_items(sources[0])
        else:
            yield from _block_items(in_order(files), ending)


def _is_log_without_blocks(path: Path) -> bool:
    with ExitStack() as stack, contextlib.suppress(LogError):
        try:
            BlockFile(content_of(path, stack))
        except ValueError:
            return any(isinstance(item, tuple) and item[0] == "header" for item in items(path))
    return False


def _block_items(
    found: Iterator[tuple[BlockFile, Block]], ending: Ending | None
) -> Iterator[Item | Gap]:
    """Yield what is in the blocks, and a gap where numbers are missing.

    The writer's own mark in the block behind a gap says why; how much is missing is counted here.
    """
    last: Block | None = None
    for file, block in found:
        messages = file.messages(block)
        if last is not None and block.number > last.number + 1:
            marks = [m.data for name, _, m in messages if name == GAPS]
            mark = msgspec.json.decode(marks[0], type=Gap) if marks else None
            start_ns = mark.start_ns if mark is not None and not last.number else last.t_ns
            why = mark.why if mark is not None else DAMAGED
            yield Gap(start_ns, block.start_ns, block.number - last.number - 1, why)
        yield from (item for item in messages if item[0] != GAPS)
        last = block
    if ending is not None and last is not None and last.number < ending.number:
        start_ns = last.t_ns if last.number else ending.start_ns
        yield Gap(start_ns, ending.t_ns, ending.number - last.number, ending.why or DAMAGED)


def _plain_items(path: Path) -> Iterator[Item | Gap]:
    start_utc_ns, t_ns, damaged_count = 0, 0, 0
    for item in items(path):
        if item is None:
            continue
        if isinstance(item, Damage):
            damaged_count += 1
            continue
        name, _, message = item
        if name == "header":
            start_utc_ns = message.log_time
        if damaged_count:
            yield Gap(t_ns, message.log_time - start_utc_ns, damaged_count, DAMAGED)
            damaged_count = 0
        t_ns = message.log_time - start_utc_ns
        yield item
    if damaged_count:
        yield Gap(t_ns, t_ns, damaged_count, DAMAGED)
