"""Whatever dies or hangs, the belts come to rest: real processes, the simulator's own speeds.

`REHABSIM_TRIALS=20` repeats each way to die as often as the README's table.
"""

import os
import signal
import time
from random import Random

import numpy as np
import pytest
from house import CRUISE_MPS, TRUTH_AGE_S, House

pytestmark = pytest.mark.realtime
TRIALS = int(os.environ.get("REHABSIM_TRIALS", "2"))
RAMP_S = CRUISE_MPS / 0.5
"""How long an ordinary stop from cruise speed takes."""

SLACK_S = 0.5
"""For the belts' own lag, a busy computer and the truth file."""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with House(tmp_path_factory.mktemp("house")) as house:
        yield house


def test_belts_stop_when_the_session_is_killed(house):
    _stop_by(house, _walking_session, signal.SIGKILL, house.site.limits.max_wish_age_s)


def test_belts_stop_when_the_session_hangs(house):
    _stop_by(house, _walking_session, signal.SIGSTOP, house.site.limits.max_wish_age_s)


def test_belts_stop_when_the_console_in_command_is_killed(house):
    _stop_by(house, _walking_console, signal.SIGKILL, house.site.limits.max_operator_age_s)


def test_belts_stop_when_the_console_in_command_hangs(house):
    _stop_by(house, _walking_console, signal.SIGSTOP, house.site.limits.max_operator_age_s)


def test_belts_stop_when_the_gateway_of_the_console_is_killed(house):
    _stop_by(house, _walking_page, signal.SIGKILL, house.site.limits.max_operator_age_s)


def test_belts_stop_when_the_gateway_of_the_console_hangs(house):
    _stop_by(house, _walking_page, signal.SIGSTOP, house.site.limits.max_operator_age_s)


# -- one trial after another ---------------------------------------------------------------


def _walking_session(house):
    session = house.start_session()
    return session, [house.start_console(), session]


def _walking_console(house):
    session = house.start_session()
    console = house.start_console()
    return console, [console, session]


def _walking_page(house):
    session = house.start_session()
    gateway, address = house.start_gateway()
    return gateway, [house.start_page(address), gateway, session]


def _stop_by(house, start, how, silence_s):
    """Let `how` happen to one process `TRIALS` times; each time the belts must come to rest."""
    random = Random(1)
    figures = []
    for _ in range(TRIALS):
        victim, others = start(house)
        house.wait_for_speed(0.9 * CRUISE_MPS)
        time.sleep(random.uniform(TRUTH_AGE_S, 0.3))
        killed_s = house.now_s()
        os.kill(victim.process.pid, how)
        figures.append(house.rest_after(killed_s, silence_s + RAMP_S + SLACK_S))
        for child in others:
            child.process.kill()
            child.end(1.0)
    onset_s, rest_s = np.array(figures).T
    print(
        f"{start.__name__[1:]} {signal.Signals(how).name}: {len(figures)} of {TRIALS} at rest;"
        f" slowing after p50 {np.median(onset_s):.3f} max {onset_s.max():.3f} s,"
        f" at rest after p50 {np.median(rest_s):.3f} max {rest_s.max():.3f} s"
    )
