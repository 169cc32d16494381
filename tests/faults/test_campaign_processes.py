"""A few faults of processes, twice each, and that the campaign would notice what is wrong."""

import subprocess
import sys
from math import nan
from signal import SIGKILL
from types import SimpleNamespace

import numpy as np
import pytest
from faults import campaign_processes, process_unaffected
from faults.campaign_processes import Fault, fault_rows
from faults.process_trials import Trial, gateway_gets, keeper_gets, session_gets
from faults.process_unaffected import SmallDisk, disturbed, unaffected
from house import CRUISE_MPS, House
from slowing import Slowing

from rehabsim.safety.keeper import PERIOD_NS

pytestmark = pytest.mark.realtime
TRIALS = 2


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture(scope="module")
def own_treadmill(tmp_path_factory):
    with House(tmp_path_factory.mktemp("house"), has_own_treadmill=True) as house:
        yield house


def none_missed(house, fault, count):
    for row in fault_rows(house, fault, count):
        print(row)
        assert row.count == len(row.values) == count
        assert row.failure_count == 0, row.note


def test_belts_rest_when_the_session_is_killed(house):
    none_missed(house, Fault("session killed", session_gets(SIGKILL)), TRIALS)


def test_belts_are_held_and_rest_when_the_gateway_in_command_is_killed(house):
    limits = house.site.limits
    bars_s = (limits.max_operator_age_s + 0.12, limits.hold_operator_age_s + 0.5)
    none_missed(house, Fault("gateway killed", gateway_gets(SIGKILL), 1, *bars_s), 1)


def test_belts_of_the_own_treadmill_rest_when_the_keeper_is_killed(own_treadmill):
    fault = Fault("keeper killed", keeper_gets(SIGKILL))
    onset, zero = fault_rows(own_treadmill, fault, TRIALS)
    print(onset, zero)
    assert onset.failure_count == 0, onset.note
    assert len(zero.values) == TRIALS


# -- that it would notice ------------------------------------------------------------------

WELL = Trial(Slowing(0.1, 0.2, 1.1, 0.002, 0.001), "", 0.9, 0.1, 0.2)
NEVER = Trial(None, "they still run at 0.50 m/s after 2 s")


@pytest.mark.parametrize("has_own_treadmill", [False, True])
def test_a_missed_stop_is_a_failure_of_both_rows(monkeypatch, has_own_treadmill):
    monkeypatch.setattr(campaign_processes, "trials", lambda *_: ([WELL, NEVER], 3))
    here = SimpleNamespace(
        has_own_treadmill=has_own_treadmill, drive=SimpleNamespace(rest_mps=0.02)
    )
    onset, zero = fault_rows(here, Fault("x", lambda _: lambda: None), 2)
    assert (onset.count, onset.failure_count, onset.values) == (2, 1, [100.0])
    assert onset.note.startswith(NEVER.why)
    assert "3 more walks ended before it" in onset.note
    assert (zero.failure_count, zero.values) == (1, [2.0])


def test_a_zero_that_is_late_is_a_failure_of_our_own_treadmill(monkeypatch):
    late = WELL._replace(slowing=WELL.slowing._replace(zero_error_s=0.021))
    monkeypatch.setattr(campaign_processes, "trials", lambda *_: ([WELL, late], 0))
    here = SimpleNamespace(has_own_treadmill=True)
    onset, zero = fault_rows(here, Fault("x", lambda _: lambda: None), 2)
    assert (onset.failure_count, zero.failure_count) == (0, 1)


@pytest.mark.parametrize("held_s", [nan, 1.2])
def test_a_speed_that_was_not_held_in_time_is_a_failure(monkeypatch, held_s):
    monkeypatch.setattr(
        campaign_processes, "trials", lambda *_: ([WELL._replace(held_s=held_s), WELL], 0)
    )
    here = SimpleNamespace(has_own_treadmill=True)
    onset, _ = fault_rows(here, Fault("x", lambda _: lambda: None, hold_s=1.12), 2)
    assert onset.failure_count == 1


def report(mode, tick=0):
    state = SimpleNamespace(mode=mode, cause="a cause")
    inputs = SimpleNamespace(t_ns=tick * PERIOD_NS)
    return SimpleNamespace(decision=SimpleNamespace(state=state), inputs=inputs)


@pytest.mark.parametrize(
    ("modes", "speed_mps", "why"),
    [
        (["running", "running"], CRUISE_MPS + 0.02, ""),
        (["running", "holding"], CRUISE_MPS, "holding: a cause"),
        (["running", "running"], CRUISE_MPS - 0.04, "0.040 m/s off"),
    ],
)
def test_whatever_the_belts_notice_is_told(monkeypatch, modes, speed_mps, why):
    monkeypatch.setattr(process_unaffected, "TRUTH_AGE_S", 0)
    here = SimpleNamespace(belts=lambda _: np.array([[0, CRUISE_MPS, speed_mps, 0]]))
    ear = SimpleNamespace(reports=lambda _: [report(mode) for mode in modes])
    found = disturbed(here, ear, 0.0)
    assert found == why
    assert unaffected("x", [found, ""]).failure_count == bool(why)


WRITER = """
import sys
from pathlib import Path
for number, _ in enumerate(sys.stdin):
    try:
        Path(sys.argv[1], f"{number}").write_bytes(bytes(1_000_000))
        print("written", flush=True)
    except OSError as error:
        print(error.strerror, flush=True)
"""


@pytest.mark.parametrize("may_mount", [True, False])
def test_a_disk_is_full_until_it_is_freed(tmp_path, monkeypatch, may_mount):
    if not may_mount:
        monkeypatch.setattr(SmallDisk, "_do", lambda *_: False)
    disk = SmallDisk(tmp_path / "disk")
    words = [sys.executable, "-c", WRITER, str(disk.folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    try:
        with subprocess.Popen(words, **pipes) as process:
            child = SimpleNamespace(process=process)
            assert said(process) == "written"
            disk.fill(child)
            assert said(process) in ("No space left on device", "File too large")
            disk.free(child)
            assert said(process) == "written"
            process.stdin.close()
    finally:
        disk.close()


def said(process):
    process.stdin.write("go\n")
    process.stdin.flush()
    return process.stdout.readline().strip()
