"""A live session on the host's clock: nothing lost, slow listeners harmless, figures in the log.

`REHABSIM_LIVE_S=60` runs as long as the README's table.
"""

import os
import subprocess
import sys
import time

import numpy as np
import pytest
import zmq
from clients import Console, newest_state
from house import House, free_port

from rehabsim.session.bench import figures_of
from rehabsim.session.log import LogReader
from rehabsim.session.replay import replay
from rehabsim.session.setup import SIMULATED_SITE

pytestmark = pytest.mark.realtime
LIVE_S = float(os.environ.get("REHABSIM_LIVE_S", "12"))
TICK_HZ, SAMPLE_HZ = 250, 1000


@pytest.fixture(scope="module")
def live_log(tmp_path_factory):
    """Run a whole session from the command line; return its log."""
    folder = tmp_path_factory.mktemp("live")
    site = folder / "site.toml"
    text = SIMULATED_SITE.read_text()
    for port in ("5601", "5602", "8600"):
        text = text.replace(port, str(free_port()))
    site.write_text(text)
    words = ["run", "boat", "--site", str(site), "--auto-start", "--duration", str(LIVE_S)]
    done = subprocess.run(
        [sys.executable, "-m", "rehabsim", *words, "--log", str(folder / "live.mcap")],
        capture_output=True,
        text=True,
        timeout=LIVE_S + 60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return LogReader(folder / "live.mcap")


def test_every_plate_sample_is_received_once_and_in_order(live_log):
    plates = live_log.table("plates")
    assert np.array_equal(np.diff(plates["sequence"]), np.ones(len(plates) - 1))
    assert len(plates) == pytest.approx(LIVE_S * SAMPLE_HZ, abs=0.1 * SAMPLE_HZ)


def test_every_tick_is_made_or_counted_as_missed(live_log):
    ticks = live_log.table("ticks")
    assert len(ticks) + ticks["missed_count"].sum() == LIVE_S * TICK_HZ
    assert np.array_equal(ticks["t_ns"] - ticks["t_ns"][0], ticks["tick"] * 4_000_000)


def test_the_person_walked(live_log):
    heel_strikes = live_log.table("gait_events")["is_heel_strike"].sum()
    assert heel_strikes > LIVE_S - 9
    assert np.nanmax(live_log.table("ticks")["belt_left_speed_mps"]) > 0.6


def test_the_decisions_of_a_live_session_can_be_made_again(live_log):
    result = replay(live_log.path)
    assert result.difference is None
    assert result.decision_count > LIVE_S * TICK_HZ * 0.9


def test_the_log_tells_how_punctual_the_session_was(live_log):
    figures = {figure.what: figure for figure in figures_of(live_log)}
    for figure in figures.values():
        print(figure)
    assert figures["plate samples lost"].max == 0
    assert figures["session tick lateness"].n > LIVE_S * TICK_HZ * 0.9
    assert 0 < figures["force plate to belt command"].p50 < 50


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house


def test_a_subscriber_that_slept_sees_the_present_and_ticks_do_not_notice(house):
    session = house.start_session()
    awake = Console(house.state_url, house.request_url)
    context = zmq.Context()
    sleeper, conflating = context.socket(zmq.SUB), context.socket(zmq.SUB)
    conflating.setsockopt(zmq.CONFLATE, 1)
    for socket in (sleeper, conflating):
        socket.setsockopt(zmq.SUBSCRIBE, b"state ")
        socket.connect(house.state_url)
        newest_state(socket)
    before = awake.state()
    time.sleep(2.0)
    ages_s = [house.now_s() - newest_state(socket).t_s for socket in (sleeper, conflating)]
    after = awake.state()
    print(f"newest state after 2 s of sleep: {ages_s[0]:.4f} s old, conflated {ages_s[1]:.4f} s")
    assert max(ages_s) <= 0.05
    ticks = after.tick - before.tick
    assert ticks >= 2.0 * TICK_HZ
    assert after.health.missed_count - before.health.missed_count <= 0.02 * ticks
    awake.close()
    context.destroy(0)
    session.end(5.0)
