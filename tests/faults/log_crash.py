"""What a power loss may leave of a log that was being written, on a real file's bytes.

Source: SQLite's crash model, as in research on LazyFS: what a finished sync covered is kept; of
the rest, each sector may be kept, never have been written (zeroes), be torn (garbage) or still
hold what an older file left there (stale); and the file may end anywhere behind the sync.
"""

import time
from pathlib import Path
from random import Random
from typing import NamedTuple

from faults.log_disk import Material, RememberingDisk, add, missing_ticks, writer

from rehabsim.base.errors import LogError
from rehabsim.session.block import BlockFile
from rehabsim.session.log_repair import recover

SECTOR = 512
FATES = ("kept", "zeroed", "garbage", "stale")


class State(NamedTuple):
    """A file after a power loss.

    Attributes:
        content: Its bytes.
        synced_bytes: How many were safe.
        written_bytes: How many had been written.
    """

    content: bytes
    synced_bytes: int
    written_bytes: int


class Judgement(NamedTuple):
    """What reading a state comes to."""

    is_readable: bool
    lost_count: int
    phantom_count: int
    missing_ms: float


class CrashModel:
    """States of one session's file, each after a random write.

    Args:
        folder: For the real files.
        made_of: The session.
    """

    def __init__(self, folder: Path, made_of: Material) -> None:
        self._made_of = Material(made_of.path, made_of.header, made_of.tables, made_of.ticks[:160])
        self._whole, self._syncs = self._record(folder / "crash.mcap", "")
        self._stale, _ = self._record(folder / "stale.mcap", "f" * 16)
        found = BlockFile(self._whole)
        self._blocks = {b.number: (self._whole[b.offset : b.end], b) for b in found.blocks}
        assert len(self._blocks) > 35
        assert len(self._syncs) > 2
        assert len(self._stale) == len(self._whole), "stale blocks lie where ours do"

    def _record(self, path: Path, boot_id: str) -> tuple[bytes, list[tuple[int, int]]]:
        disk = RememberingDisk()
        log = writer(path, self._made_of, disk, boot_id=boot_id)
        for tick in self._made_of.ticks:
            add(log, tick)
            time.sleep(0.004)
        log._hand_over(self._made_of.ticks[-1].t_ns + 1)
        log._store._recorder.close()
        log._store._recorder.release()
        return path.read_bytes(), disk.synced_bytes

    def state(self, random: Random) -> State:
        """Return what one power loss leaves."""
        index = random.randrange(len(self._syncs))
        synced, _ = self._syncs[index]
        next_synced = self._syncs[index + 1][1] if index + 1 < len(self._syncs) else 0
        written = random.randint(synced, max(next_synced, synced + 1))
        content = bytearray(self._whole[:written])
        weights = [random.random() ** 3 for _ in FATES]
        for start in range(synced - synced % SECTOR, written, SECTOR):
            a, b = max(start, synced), min(start + SECTOR, written)
            match random.choices(FATES, weights)[0]:
                case "zeroed":
                    content[a:b] = bytes(b - a)
                case "garbage":
                    content[a:b] = random.randbytes(b - a)
                case "stale":
                    content[a:b] = self._stale[a:b]
        if random.random() < 0.5:
            del content[random.randint(synced, written) :]
        return State(bytes(content), synced, written)

    def judge(self, state: State) -> Judgement:
        """Return what is found in a state, block by block."""
        try:
            found = BlockFile(state.content)
        except ValueError:
            return Judgement(False, 0, 0, 0.0)
        numbers, phantom = set(), 0
        for block in found.blocks:
            numbers.add(block.number)
            data = state.content[block.offset : block.end]
            phantom += block.number not in self._blocks or data != self._blocks[block.number][0]
        safe = {n for n, (_, b) in self._blocks.items() if b.end <= state.synced_bytes}
        return Judgement(True, len(safe - numbers), phantom, self._missing_ms(state, numbers))

    def _missing_ms(self, state: State, numbers: set[int]) -> float:
        written = {n: b for n, (_, b) in self._blocks.items() if b.end <= state.written_bytes}
        lost = (b.t_ns - b.start_ns for n, b in written.items() if n not in numbers)
        return sum(lost) / 1e6

    def judge_recovered(self, state: State, path: Path) -> Judgement:
        """Return the same, by what `rehabsim log recover` makes of the state."""
        by_block = self.judge(state)
        path.write_bytes(state.content)
        try:
            log, damaged = recover(path)
            missing_ticks(log, self._made_of)
        except LogError:
            return by_block._replace(is_readable=False)
        except AssertionError:
            return by_block._replace(phantom_count=by_block.phantom_count + 1)
        finally:
            path.unlink()
        assert damaged is not None
        damaged.unlink()
        return by_block
