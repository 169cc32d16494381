"""The session process on a disk that is `fast`, `slow`, `full` for a while or `tiny`.

Started as `python log_session.py KIND`, with a session's plan on its input.
"""

import functools
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults.log_disk import FullDisk, SlowDisk

from rehabsim.session import run
from rehabsim.session.disk import DISK, Disk
from rehabsim.session.log import LogWriter


class TinyDisk(Disk):
    """A disk with room for a minute."""

    def free_bytes(self, folder: Path) -> int:
        return 25_000_000


DISKS = {
    "fast": DISK,
    "slow": SlowDisk(write_s=0.01, sync_s=2.0),
    "full": FullDisk(from_s=0.5, to_s=2.0),
    "tiny": TinyDisk(),
}

if __name__ == "__main__":
    run.DISK = DISKS[sys.argv[1]]
    run.LogWriter = functools.partial(LogWriter, disk=DISKS[sys.argv[1]])  # type: ignore[misc,assignment]
    run.main()
