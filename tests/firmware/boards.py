"""The firmware built and running: a program on a pseudo-terminal, an image in an emulator."""

import contextlib
import fcntl
import functools
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

STUBS = Path(__file__).resolve().parents[2] / "firmware_stubs"
BUILD = STUBS / "build"
SOURCES = ("rs_frame.c", "rs_belts.c", "rs_following.c", "rs_host.c", "rs_report.c")
SOURCES += ("rs_watchdog.c", "rs_plates.c")
"""The portable part; Makefile has the same list."""

LIBRARY_VARIABLE = "RS_FIRMWARE_LIBRARY"
START_S = 10.0


def require(*tools: str) -> None:
    """Skip a test whose tools are not on this machine; on CI nothing may be missing."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        _miss(f"the firmware's tests need {', '.join(missing)}; tests/prepare.sh installs them")


def _miss(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


@functools.cache
def build(target: str) -> None:
    """Run the firmware's Makefile for `target`."""
    require("make", "gcc", *(["arm-none-eabi-gcc"] if target == "image" else []))
    with (STUBS / "Makefile").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Tests run side by side.
        made = subprocess.run(
            ["make", "-s", "-C", str(STUBS), target, f"PYTHON={sys.executable}"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert made.returncode == 0, made.stdout + made.stderr


class Hands:
    """What a person does to the program's bench: presses its emergency stop, hangs its loop."""

    def __init__(self, url: str, process: subprocess.Popen[str]) -> None:
        self.url = url
        self.pid = process.pid
        self._process = process

    def do(self, words: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()


@contextlib.contextmanager
def program(truth: Path | None = None) -> Iterator[Hands]:
    """Run the firmware as a program, its serial line a pseudo-terminal.

    Args:
        truth: Where it shall write the belts' true speeds.
    """
    build("host")
    words = [BUILD / "rs_treadmill", *([truth] if truth else [])]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield Hands(f"serial://{process.stdout.readline().strip()}", process)
        finally:
            process.terminate()


@contextlib.contextmanager
def emulator() -> Iterator[str]:
    """Run the image in qemu and give the URL of its serial line."""
    require("qemu-system-arm")
    build("image")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    words = ["qemu-system-arm", "-M", "mps2-an385", "-kernel", str(BUILD / "rs_treadmill.elf")]
    words += ["-display", "none", "-monitor", "none"]
    words += ["-serial", f"tcp:127.0.0.1:{port},server=on,wait=off,nodelay=on"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            _wait_until_it_listens(port, process)
            yield f"tcp://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.communicate()


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    """Look into the kernel's table: the emulator serves one connection, which is not ours."""
    wanted = f"0100007F:{port:04X} 00000000:0000 0A"
    deadline_s = time.monotonic() + START_S
    while wanted not in Path("/proc/net/tcp").read_text():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline_s, "the emulator did not start"
        time.sleep(0.02)
