"""A process that records a real session on the host's clock until it is killed.

Started as `python log_victim.py LOG SYNC_S`; each line on its input is the path of a log to
write, for which it forks one such process and says its number, and `ready` after its first tick.
Only the recorder is in it: a whole session is killed by tests/test_log_survival.py.
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults.log_disk import TICK_NS, Material, SlowDisk, add, material_of, writer


def record(path: Path, made_of: Material, sync_s: float) -> None:
    """Log the session, each tick at its time; note the last one that was made beside the log."""
    log = writer(path, made_of, SlowDisk(sync_s=sync_s))
    start_ns = time.monotonic_ns()
    ticks = made_of.ticks
    told = os.open(path.with_suffix(".told"), os.O_WRONLY | os.O_CREAT)
    for count in range(len(ticks)):
        due_ns = start_ns + count * TICK_NS
        time.sleep(max(0, due_ns - time.monotonic_ns()) / 1e9)
        add(log, ticks[count])
        os.pwrite(told, ticks[count].t_ns.to_bytes(8, "little"), 0)
        if count == 0:
            say("ready")
    time.sleep(60)


def say(word: object) -> None:
    """Write one line in one piece; two processes share the pipe."""
    os.write(1, f"{word}\n".encode())


def main() -> None:
    made_of = material_of(Path(sys.argv[1]))
    for line in sys.stdin:
        child = os.fork()
        if not child:
            record(Path(line.strip()), made_of, float(sys.argv[2]))
            os._exit(0)
        say(child)
        os.waitpid(child, 0)
        say("dead")


if __name__ == "__main__":
    main()
