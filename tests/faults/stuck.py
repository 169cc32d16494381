"""A process of ours that computes for ever when it is sent SIGUSR2: nothing else runs in it then.

python stuck.py MODULE
"""

import importlib
import signal
import sys
import time

FOR_EVER_S = 5.0
"""Longer than anybody waits for it; a test that dies leaves nothing behind."""


def spin(*_: object) -> None:
    until_s = time.monotonic() + FOR_EVER_S
    while time.monotonic() < until_s:
        pass


if __name__ == "__main__":
    signal.signal(signal.SIGUSR2, spin)
    importlib.import_module(sys.argv[1]).main()
