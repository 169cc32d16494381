"""A report sees the plates as the session did: zeroed and weighed when someone asked for it."""

import msgspec
import pytest

from rehabsim.research.walk import read_walk
from rehabsim.session.log import LogReader

OFFSET_N = 60.0
EMPTY_S = 3.0


def plates_that_are_off(offset_n):
    """Return what makes of a chunk one of a left plate that is off, nobody standing at first."""

    def change(chunk):
        wrench = chunk.wrench.copy()
        if chunk.t_ns < EMPTY_S * 1e9:
            wrench[:] = 0.0
        wrench[:, 2] += offset_n
        return msgspec.structs.replace(chunk, wrench=wrench)

    return change


@pytest.fixture
def zeroed(make_session):
    """Return a function: the log of a walk on a plate that is off and was zeroed first."""

    def make(offset_n=OFFSET_N):
        script = ((0.5, "zero_plates"), (3.2, "reset"), (4.5, "arm"), (4.8, "start"))
        log = LogReader(make_session(script=script, change=plates_that_are_off(offset_n)))
        told = f"Plates zeroed: left by {offset_n:.1f} N"
        assert any(event.text.startswith(told) for event in log.events())
        return log

    return make


def test_events_are_found_again_as_they_were_live(zeroed):
    walk = read_walk(zeroed())
    assert len(walk.events) > 40
    assert walk.event_source.endswith("with the same result")


def test_forces_are_without_what_was_zeroed_and_a_guided_zero_is_no_drift(zeroed):
    walk, exact = read_walk(zeroed()), read_walk(zeroed(0.0))
    forces_n = [stride.mean_vertical_force_n for stride in walk.strides]
    exact_n = [stride.mean_vertical_force_n for stride in exact.strides]
    assert forces_n == pytest.approx(exact_n, rel=0.005, nan_ok=True)
    assert walk.quality.left_zero_n == pytest.approx(0.0, abs=0.1)


def test_a_check_that_was_refused_changes_nothing(make_session):
    script = ((0.2, "reset"), (0.7, "arm"), (0.8, "start"), (8.0, "zero_plates"), (9.0, "weigh"))
    walk = read_walk(LogReader(make_session(script=script)))
    assert walk.event_source.endswith("with the same result")
