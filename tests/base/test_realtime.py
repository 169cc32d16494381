import subprocess
import sys

PROGRAM = """
import gc
from rehabsim.base.realtime import be_realtime
print(be_realtime(7))
print(gc.isenabled(), gc.get_freeze_count() > 0)
"""


def test_garbage_stays_where_it_is_and_what_was_permitted_is_said_in_words():
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    words, garbage = said.stdout.splitlines()
    scheduling, memory = words.split(", ")
    assert scheduling in ("SCHED_FIFO 7", "ordinary scheduling (SCHED_FIFO not permitted)")
    assert memory in ("memory locked", "memory not locked")
    assert garbage == "False True"
