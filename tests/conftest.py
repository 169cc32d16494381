"""What every test stands on: nothing left running, real recordings, free ports, one profile."""

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from rehabsim_validation.recordings import FOLDER

THREAD_GRACE_S = 1.0

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(autouse=True)
def left_running(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Fail a test that leaves a task, a thread or a child process running.

    Yields:
        Tasks found so far; a test that leaves some on purpose clears it.
    """
    left: list[str] = []
    cancel_all_tasks = asyncio.runners._cancel_all_tasks

    def note_and_cancel(loop: asyncio.AbstractEventLoop) -> None:
        left.extend(f"task {task.get_coro()}" for task in asyncio.all_tasks(loop))
        cancel_all_tasks(loop)

    monkeypatch.setattr(asyncio.runners, "_cancel_all_tasks", note_and_cancel)
    threads, children = set(threading.enumerate()), _children()
    yield left
    for thread in set(threading.enumerate()) - threads:
        if not thread.daemon:
            thread.join(THREAD_GRACE_S)
            if thread.is_alive():
                left.append(f"thread {thread.name}")
    for pid in _children() - children:
        left.append(f"child process {pid}: {_command(pid)}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if left:
        pytest.fail("left running: " + "; ".join(left), pytrace=False)


def _children() -> set[int]:
    """Return our child processes that still run; empty where there is no /proc."""
    pids: set[int] = set()
    for file in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError):
            pids.update(int(pid) for pid in file.read_text().split())
    return {pid for pid in pids if not _is_over(pid)}


def _is_over(pid: int) -> bool:
    try:
        is_zombie = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
    return is_zombie or "multiprocessing.resource_tracker" in _command(pid)


def _command(pid: int) -> str:
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    return "gone"


@pytest.fixture
def recording() -> Callable[[str], Path]:
    """Return the path of a real recording by its file name, or skip."""

    def find(name: str) -> Path:
        path = FOLDER / name
        if not path.is_file():
            pytest.skip(f"the recording {path} is not on this machine")
        return path

    return find


@pytest.fixture
def free_ports() -> Callable[[int], list[int]]:
    """Return so many different TCP ports of 127.0.0.1 that nobody listens on."""

    def find(count: int) -> list[int]:
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
            for sock in sockets:
                sock.bind(("127.0.0.1", 0))
            return [sock.getsockname()[1] for sock in sockets]

    return find
