import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from simulator.stroll import Stroll

from rehabsim_sim.jit import HAS_NUMBA, _cache_dir
from rehabsim_sim.patients import PATIENTS

HEALTHY = PATIENTS["healthy"]


def walk(seed=7, chunk_ms=1000, name="healthy"):
    return Stroll(PATIENTS[name], seed, chunk_ms).live(2).ask(1.0, 0.9, 0.5).live(8)


def test_the_same_seed_gives_the_same_bytes():
    one, other = walk(), walk()
    assert one.wrench.tobytes() == other.wrench.tobytes()
    assert one.truth.tobytes() == other.truth.tobytes()
    assert one.events.tobytes() == other.events.tobytes()


def test_another_seed_gives_another_walk():
    assert not np.array_equal(walk(7).truth, walk(8).truth)


@pytest.mark.parametrize("chunk_ms", [1, 4, 7, 333])
def test_how_time_is_cut_into_calls_makes_no_difference(chunk_ms):
    one, other = walk(), walk(chunk_ms=chunk_ms)
    assert one.wrench.tobytes() == other.wrench.tobytes()
    assert one.truth.tobytes() == other.truth.tobytes()
    assert one.events.tobytes() == other.events.tobytes()


def test_two_worlds_do_not_disturb_each_other():
    one, other = Stroll(HEALTHY, 1), Stroll(PATIENTS["balance_loss"], 2)
    for _ in range(20):
        one.live(0.1)
        other.ask(0.8).live(0.1)
    alone = Stroll(HEALTHY, 1).live(2)
    assert one.truth.tobytes() == alone.truth.tobytes()


PLAIN_WALK = """
import sys
from rehabsim_sim.jit import HAS_NUMBA, _cache_dir
from rehabsim_sim.patients import PATIENTS
from rehabsim_sim.world import World
assert not HAS_NUMBA
world = World(PATIENTS["healthy"], 7)
world.live(1000)
world.reins.ask(0.8, 0.8, 0.5, 0.5, 0.0)
world.live(4000)
sys.stdout.buffer.write(world.truth.tobytes())
"""


def test_without_numba_the_same_person_walks():
    told = os.environ | {"REHABSIM_NO_NUMBA": "1"}
    command = [sys.executable, "-c", PLAIN_WALK]
    found = subprocess.run(command, env=told, capture_output=True, check=True, timeout=60)
    plain = np.frombuffer(found.stdout).reshape(4000, -1)
    walk = Stroll(HEALTHY, 7).live(1).forget().ask(0.8, accel_mps2=0.5).live(4)
    np.testing.assert_allclose(plain, walk.truth, atol=1e-6)
    assert walk.strikes().size


@pytest.mark.skipif(not HAS_NUMBA, reason="numba is not installed: nothing is compiled")
def test_compiled_code_is_kept_beside_the_sources():
    walk()
    assert any(Path(_cache_dir()).rglob("world.live-*.nbc"))
