"""Asking the host for punctuality."""

import ctypes
import gc
import os
import sys


def be_realtime(priority: int) -> str:
    """Ask for real-time scheduling and locked memory, and stop collecting garbage.

    Args:
        priority: For SCHED_FIFO, 1 to 99; the more important process has the larger one.

    Returns:
        What was permitted, in plain words, for the log.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    words = []
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
        words.append(f"SCHED_FIFO {priority}")
    except (AttributeError, OSError):
        words.append("ordinary scheduling (SCHED_FIFO not permitted)")
    is_locked = sys.platform == "linux" and ctypes.CDLL(None).mlockall(1) == 0
    words.append("memory locked" if is_locked else "memory not locked")
    return ", ".join(words)
