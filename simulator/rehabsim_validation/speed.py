"""How fast the laboratory lives, and what the compiler for it costs."""

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from rehabsim_sim.patients import patient
from rehabsim_sim.world import World

PLAIN = """
import time
from rehabsim_sim.patients import patient
from rehabsim_sim.world import World
world = World(patient("healthy"), 1)
world.reins.ask(1.2, 1.2, 1.0, 1.0, 0.0)
world.live(1000)
start = time.perf_counter()
world.live(4000)
print(4 / (time.perf_counter() - start))
"""


class Speed(NamedTuple):
    """Times real time, on one core.

    Attributes:
        seconds: In calls of a second.
        ticks: In calls of 4 ms, as a session makes them.
        plain: Without the compiler.
        compiler_mb: What the compiler takes on disk, in MB; 0 where it is absent.
    """

    seconds: float
    ticks: float
    plain: float
    compiler_mb: float


def measure_speed() -> Speed:
    """Return how fast belts, platform, plates and person live together."""
    plain = subprocess.run(
        [sys.executable, "-c", PLAIN],
        env={**os.environ, "REHABSIM_NO_NUMBA": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return Speed(_pace(60, 1000), _pace(10, 4), float(plain.stdout), _size_mb())


def _pace(duration_s: int, call_ms: int) -> float:
    world = World(patient("healthy"), 1)
    world.reins.ask(1.2, 1.2, 0.25, 0.25, 0.0)
    world.live(1000)
    start_s = time.perf_counter()
    for _ in range(duration_s * 1000 // call_ms):
        world.live(call_ms)
    return duration_s / (time.perf_counter() - start_s)


def _size_mb() -> float:
    size = 0
    for name in ("numba", "llvmlite"):
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            folder = Path(found.origin).parent
            size += sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return size / 1e6
