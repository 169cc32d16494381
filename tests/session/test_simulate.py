"""The laboratory as a process: it ends with whoever started it, but not under a keeper's hands."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from rehabsim.devices.laboratory import LaboratoryPlan

pytestmark = pytest.mark.realtime

STARTER = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-m', 'rehabsim', 'simulate', '--plan-on-stdin'],\n"
    "    stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)\n"
    "child.stdin.write(sys.stdin.buffer.read())\n"
    "child.stdin.close()\n"
    "print(child.pid, flush=True)\n"
    "print(child.stdout.readline().decode(), flush=True)\n"
    "time.sleep(600)\n"
)


def is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_an_abandoned_laboratory_waits_for_the_keeper_and_then_ends():
    plan = LaboratoryPlan(treadmill_url="tcp://127.0.0.1:0", plates_url="tcp://127.0.0.1:0")
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with starter:
        starter.stdin.write(msgspec.json.encode(plan))
        starter.stdin.close()
        pid = int(starter.stdout.readline())
        try:
            url = json.loads(starter.stdout.readline())["ready"]["treadmill_url"]
            host, _, port = url.removeprefix("tcp://").rpartition(":")
            with socket.create_connection((host, int(port))):
                starter.kill()
                starter.wait()
                time.sleep(3.5)
                assert is_alive(pid)
            deadline = time.monotonic() + 20
            while is_alive(pid):
                assert time.monotonic() < deadline
                time.sleep(0.1)
        finally:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
