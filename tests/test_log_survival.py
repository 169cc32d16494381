"""A session killed at any moment leaves a log that anyone can read, all but its last moment.

`REHABSIM_KILLS=100` kills as often as the README's table.
"""

import json
import os
import time
from pathlib import Path
from random import Random

import numpy as np
import pytest
from house import House
from mcap.reader import make_reader

from rehabsim.base.site import Session
from rehabsim.session.log import LogReader
from rehabsim.session.log_repair import recover, verify
from rehabsim.session.log_shape import log_bytes_per_s
from rehabsim.session.setup import make_scenario

pytestmark = pytest.mark.realtime
KILLS = int(os.environ.get("REHABSIM_KILLS", "4"))
MAX_MISSING_S = 0.1
START_S = 30


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house


def test_a_killed_session_loses_at_most_a_tenth_of_a_second(house):
    random = Random(2)
    missing_s = []
    for _ in range(KILLS):
        session = house.start_session(has_operator=True)
        deadline = time.monotonic() + START_S
        while not session.log_path.exists():  # Its scenario's process starts before.
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(random.uniform(0.05, 2.0))
        killed_s = house.now_s()
        session.process.kill()
        session.process.wait()
        log, damaged = recover(session.log_path)
        assert damaged is not None
        assert damaged.exists()
        missing_s.append(killed_s - log.table("ticks")["t_ns"][-1] / 1e9)
        (fault,) = verify(session.log_path)
        assert "chain of operator records: ends without closing record" in fault
        assert _ticks_by_the_stock_reader(session.log_path) == len(log.table("ticks"))
    print(
        f"{KILLS} logs whole; missing p50 {np.median(missing_s):.3f} s, max {max(missing_s):.3f} s"
    )
    assert max(missing_s) <= MAX_MISSING_S


def test_a_session_fills_its_disk_as_fast_as_is_reckoned_with(house):
    reckoned = log_bytes_per_s(make_scenario(Session(scenario="boat"), where="test"))
    session = house.start_session(has_operator=True)
    time.sleep(3.0)
    session.process.kill()
    session.process.wait()
    size = session.log_path.stat().st_size
    ticks = LogReader(session.log_path, may_be_cut=True).table("ticks")
    measured = size / ((ticks["t_ns"][-1] - ticks["t_ns"][0]) / 1e9)
    print(f"{measured / 1e3:.0f} kB/s measured, {reckoned / 1e3:.0f} kB/s reckoned with")
    assert measured <= reckoned <= 1.25 * measured


def test_a_session_is_refused_when_its_disk_is_nearly_full(house):
    script = Path(__file__).parent / "faults" / "log_session.py"
    session = house.start_session(words=[str(script), "tiny"])
    said = {}
    while "failed" not in said:
        said = session.heard.get(timeout=START_S)
    assert "its disk has 25 MB left" in said["failed"]
    assert "a session starts with room for 15" in said["failed"]
    assert not session.log_path.exists()
    session.end(10.0)


def _ticks_by_the_stock_reader(path):
    """Return how many rows of `ticks` someone without our code finds."""
    with path.open("rb") as file:
        reader = make_reader(file)
        channels = {c.topic: c for c in reader.get_summary().channels.values()}
        schema = reader.get_summary().schemas[channels["ticks"].schema_id]
        row_bytes = _row_bytes(schema.data)
        total = sum(len(m.data) for _, _, m in reader.iter_messages(topics=["ticks"]))
    assert total % row_bytes == 0
    return total // row_bytes


def _row_bytes(schema):
    sizes = {"i8": 8, "f8": 8, "f4": 4, "?": 1}
    return sum(sizes[column["type"]] for column in json.loads(schema)["columns"])
