"""Merging what a session left on disk into one complete log, its gaps marked."""

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

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


def part_of(path: Path, number: int) -> Path:
    """Return the file in which a log goes on; the log itself is number 1."""
    return path if number == 1 else path.with_name(f"{path.stem}.part{number}{path.suffix}")


def parts_of(path: Path) -> list[Path]:
    """Return a log's file and those next to it that its writer may have gone on in."""
    parts = [part_of(path, number) for number in range(2, MAX_PARTS + 1)]
    return [path, *(part for part in parts if part.exists())]


def merge(
    sources: Sequence[Path], target: Path, *, gap: Gap | None = None, disk: Disk = DISK
) -> None:
    """Write one session's files, whole or cut, as a complete log of large compressed blocks.

    `target` appears only when it is complete, and may be one of `sources`. Each gap in what was
    recorded is marked.

    Args:
        sources: The log, then the files that its writer went on in; one that cannot be read is
            left out, and so are those of other sessions than the first that can.
        target: The complete log.
        gap: What is missing at the end.
        disk: Where to write.

    Raises:
        LogError: None is a log, or the disk is full.
    """
    partial = target.with_name(target.name + ".partial")
    file = None
    try:
        disk.remove(partial)
        file = DiskFile(partial, disk)
        _merge_into(sources, file, gap)
        file.sync()
        file.close()
        disk.replace(partial, target)
        disk.sync_folder(target.parent)
    except OSError as error:
        raise LogError(f"{target}: cannot be written: {error.strerror}; kept as it was.") from error
    finally:
        if file is not None:
            file.close()
        with contextlib.suppress(OSError):
            disk.remove(partial)


def _merge_into(sources: Sequence[Path], file: DiskFile, gap: Gap | None) -> None:
    buffered = Buffered(file)
    sink = Sink(buffered, is_compressed=True)
    buffers: dict[str, bytearray] = {}
    start_utc_ns: int | None = None
    time_ns = 0
    for item in (*_session_items(sources), *([] if gap is None else [gap])):
        if isinstance(item, Gap):
            data = msgspec.json.encode(item)
            sink.text(GAPS, (start_utc_ns or 0) + item.t_ns, data)
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


def _session_items(sources: Sequence[Path]) -> Iterator[Item | Gap]:
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
            yield from _block_items(in_order(files))


def _is_log_without_blocks(path: Path) -> bool:
    with ExitStack() as stack, contextlib.suppress(LogError):
        try:
            BlockFile(content_of(path, stack))
        except ValueError:
            return any(isinstance(item, tuple) and item[0] == "header" for item in items(path))
    return False


def _block_items(found: Iterator[tuple[BlockFile, Block]]) -> Iterator[Item | Gap]:
    before: Block | None = None
    for file, block in found:
        messages = file.messages(block)
        missing_count = block.number - before.number - 1 if before is not None else 0
        if missing_count and not any(name == GAPS for name, _, _ in messages):
            assert before is not None
            yield Gap(before.t_ns, block.start_ns, missing_count, DAMAGED)
        yield from messages
        before = block


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
