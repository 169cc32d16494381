import shutil
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).with_name("conftest.py")

LEAVING = """
import asyncio, subprocess, sys, threading, time
import pytest

async def forever():
    await asyncio.Event().wait()

async def test_leaves_a_task_of_the_test_loop():
    global task
    task = asyncio.create_task(forever())

def test_leaves_a_task_of_its_own_loop():
    async def main():
        global task
        task = asyncio.create_task(forever())
    asyncio.run(main())

def test_leaves_a_child_process():
    global child
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])

def test_leaves_a_thread():
    threading.Thread(target=time.sleep, args=(1.5,)).start()
"""

TIDY = """
import asyncio, subprocess, sys, threading

async def test_ends_its_task():
    task = asyncio.create_task(asyncio.sleep(0))
    await task

def test_ends_its_child_process():
    subprocess.run([sys.executable, "-c", ""])

def test_leaves_a_daemon_thread():
    threading.Thread(target=threading.Event().wait, daemon=True).start()

def test_says_that_its_task_may_stay(left_running):
    async def main():
        global task
        task = asyncio.create_task(asyncio.sleep(30))
    asyncio.run(main())
    assert len(left_running) == 1
    left_running.clear()
"""


def outcome(folder: Path, tests: str) -> str:
    shutil.copy(CONFTEST, folder / "conftest.py")
    (folder / "test_inner.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    command = [sys.executable, "-m", "pytest", "-q", "-rN", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_a_test_that_leaves_something_running_fails(tmp_path):
    said = outcome(tmp_path, LEAVING)
    assert "4 passed, 4 errors" in said
    assert said.count("left running: task") == 2
    assert said.count("left running: child process") == 1
    assert said.count("left running: thread") == 1


def test_a_test_that_tidies_up_passes(tmp_path):
    assert "4 passed in" in outcome(tmp_path, TIDY)
