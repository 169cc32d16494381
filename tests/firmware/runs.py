"""The tests of the portable C, run again on other builds of it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from firmware.boards import BUILD, LIBRARY_VARIABLE, SOURCES, build, require

HERE = Path(__file__).parent
C_TESTS = [
    str(HERE / f"test_{name}.py")
    for name in (
        *("frame", "set_points", "states", "sessions", "emergency", "watchdog", "plates_frame"),
        *("histories", "runaway"),
    )
]


class Coverage(NamedTuple):
    """Of the portable C.

    Attributes:
        lines: How many can be executed.
        branches: Ways out of every decision, `&&` and `||` included.
        missed: Places that no test reached.
    """

    lines: int
    branches: int
    missed: list[str]


def run_tests(library: Path, **variables: str) -> int:
    """Run the tests of the portable C on another build and return how many; they must pass."""
    environment = os.environ | {LIBRARY_VARIABLE: str(library)} | variables
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-s", "-pno:cacheprovider", *C_TESTS]
    done = subprocess.run(
        words, env=environment, capture_output=True, text=True, check=False, cwd=HERE.parents[1]
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return passed_count(done.stdout)


def passed_count(said: str) -> int:
    """Return how many tests pytest says have passed."""
    found = re.search(r"(\d+) passed", said)
    return int(found[1]) if found else 0


def run_sanitized() -> int:
    """Run them with every overflow, bad shift and bad access an end of the process."""
    build("asan")
    found = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    )
    return run_tests(
        BUILD / "librs_asan.so",
        LD_PRELOAD=found.stdout.strip(),
        ASAN_OPTIONS="detect_leaks=0",
    )


def measure_coverage() -> Coverage:
    """Run them on a build that counts, and return what it counted."""
    require("gcov")
    build("coverage")
    folder = BUILD / "coverage"
    for old in folder.glob("*.gcda"):
        old.unlink()
    run_tests(folder / "librs.so")
    lines = branches = 0
    missed = []
    for source in SOURCES:
        words = ["gcov", "--json-format", "--stdout", "--branch-probabilities"]
        words.append(str(folder / source.replace(".c", ".gcda")))
        done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=folder)
        (file,) = [f for f in json.loads(done.stdout)["files"] if f["file"].endswith(source)]
        for line in file["lines"]:
            lines += 1
            branches += len(line["branches"])
            where = f"{source}:{line['line_number']}"
            missed += [where] * (line["count"] == 0)
            missed += [f"{where} branch" for branch in line["branches"] if branch["count"] == 0]
    return Coverage(lines, branches, missed)


def run_contract(how: str) -> tuple[int, int]:
    """Return how many tests of the driver contract were run on `how`, and how many failed."""
    words = [sys.executable, "-m", "pytest", "-q", "-pno:cacheprovider"]
    words += ["tests/test_driver_contract.py", "tests/test_treadmill_contract.py"]
    words += ["-k", how]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=HERE.parents[1])
    failed = re.search(r"(\d+) failed", done.stdout)
    failed_count = int(failed[1]) if failed else 0
    assert done.returncode in (0, 1), done.stdout[-3000:]
    return passed_count(done.stdout) + failed_count, failed_count
