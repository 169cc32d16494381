"""The simulated panel as a program, seen by a client that shares no code with it."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest
from devices.bertec_client import BertecClient, Feedback, command

pytestmark = pytest.mark.realtime
LOOPBACK = "tcp://127.0.0.1:0"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port on which `rehabsim simulate` serves the belts, as a process of its own."""
    options = ["--treadmill", "bertec", "--treadmill-url", LOOPBACK, "--plates-url", LOOPBACK]
    with subprocess.Popen(
        [sys.executable, "-m", "rehabsim", "simulate", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said: list[str] = []
        try:
            for line in process.stdout:
                said.append(line)
                if "Ctrl-C" in line:
                    break
            assert said[0].startswith("Treadmill"), said
            yield int(said[0].rpartition(":")[2])
        finally:
            process.terminate()
    assert process.returncode == 0, said


@pytest.fixture
def client(port: int) -> Iterator[BertecClient]:
    """The panel's only client; the belts are at rest and level, before and after."""
    with connected(port) as made:
        yield made
        bring_to_rest(made)


def bring_to_rest(client: BertecClient) -> None:
    client.send(command(right_mmps=0, left_mmps=0, right_mmps2=5000, left_mmps2=5000))
    for _ in range(1000):
        if not any(client.read()[1:]):
            return
    pytest.fail("the belts did not come to rest, level")


@contextlib.contextmanager
def connected(port: int) -> Iterator[BertecClient]:
    """Connect; the panel may need a moment to see that its last client has gone."""
    for _ in range(50):
        with BertecClient(port) as made:
            try:
                made.read()
            except ConnectionError:
                time.sleep(0.1)
                continue
            yield made
            return
    pytest.fail("the panel took no client in 5 s")


def slope_mps2(reports: list[Feedback], belt: str, low_mmps: float, high_mmps: float) -> float:
    """Return how fast a belt went through the speeds between two bounds."""
    t_s = np.array([report.t_s for report in reports])
    mmps = np.array([getattr(report, f"{belt}_mmps") for report in reports])
    is_between = (mmps > low_mmps) & (mmps < high_mmps)
    assert is_between.sum() >= 20
    return float(np.polyfit(t_s[is_between], mmps[is_between] / 1000, 1)[0])


def settled(reports: list[Feedback], belt: str) -> float:
    """Return a belt's usual speed in the last reports, mm/s."""
    return float(np.median([getattr(report, f"{belt}_mmps") for report in reports[-20:]]))


def test_reports_stream_without_being_asked_for(client):
    reports = client.watch(1.0)
    assert len(reports) >= 50
    assert {report[1:] for report in reports} == {(0, 0, 0)}


def test_speeds_follow_and_right_is_before_left(client):
    client.send(command(right_mmps=600, left_mmps=300, right_mmps2=2000, left_mmps2=2000))
    reports = client.watch(1.0)
    assert settled(reports, "right") == pytest.approx(600, rel=0.05)
    assert settled(reports, "left") == pytest.approx(300, rel=0.05)


def test_belts_ramp_up_and_down_at_the_acceleration_that_was_asked(client):
    client.send(command(right_mmps=1000, left_mmps=1000, right_mmps2=500, left_mmps2=1000))
    up = client.watch(2.5)
    assert slope_mps2(up, "right", 200, 800) == pytest.approx(0.5, rel=0.1)
    assert slope_mps2(up, "left", 200, 800) == pytest.approx(1.0, rel=0.1)
    client.send(command(right_mmps=0, left_mmps=0, right_mmps2=1500, left_mmps2=800))
    down = client.watch(1.6)
    assert slope_mps2(down, "right", 200, 800) == pytest.approx(-1.5, rel=0.1)
    assert slope_mps2(down, "left", 200, 800) == pytest.approx(-0.8, rel=0.1)


def test_the_deck_goes_to_the_incline_and_a_command_without_one_levels_it(client):
    client.send(command(right_mmps=0, left_mmps=0, incline_cdeg=150))
    assert client.watch(2.5)[-1].incline_cdeg == pytest.approx(150, abs=5)
    client.send(command(right_mmps=0, left_mmps=0))
    assert client.watch(2.5)[-1].incline_cdeg == pytest.approx(0, abs=5)


def test_the_newest_of_many_commands_counts(client):
    for mmps in (900, 700, 200):
        client.send(command(right_mmps=mmps, left_mmps=mmps, right_mmps2=2000, left_mmps2=2000))
    reports = client.watch(1.0)
    assert settled(reports, "left") == pytest.approx(200, rel=0.05)
    assert max(report.left_mmps for report in reports) < 300


@pytest.mark.parametrize("byte", [0, 1, 4, 18, 19, 36])
def test_a_command_with_a_wrong_byte_moves_nothing(client, byte):
    packet = bytearray(command(right_mmps=800, left_mmps=800, right_mmps2=5000, left_mmps2=5000))
    packet[byte] ^= 0x10
    client.send(bytes(packet))
    assert {report[1:] for report in client.watch(0.3)} == {(0, 0, 0)}


def test_a_command_without_acceleration_moves_nothing(client):
    client.send(command(right_mmps=800, left_mmps=800, right_mmps2=0, left_mmps2=500))
    assert {report[1:] for report in client.watch(0.3)} == {(0, 0, 0)}


def test_a_second_client_is_refused_and_the_first_is_served_on(client, port):
    with BertecClient(port) as second, pytest.raises(ConnectionError):
        second.watch(1.0)
    client.send(command(right_mmps=400, left_mmps=400, right_mmps2=2000, left_mmps2=2000))
    assert settled(client.watch(0.8), "left") == pytest.approx(400, rel=0.05)


def test_belts_keep_their_last_speed_when_the_client_goes(port):
    with connected(port) as first:
        first.send(command(right_mmps=500, left_mmps=500, right_mmps2=2000, left_mmps2=2000))
        first.watch(0.6)
    with connected(port) as second:
        assert settled(second.watch(0.5), "left") == pytest.approx(500, rel=0.05)
        bring_to_rest(second)
