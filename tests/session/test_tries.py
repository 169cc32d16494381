"""What a log says of tasks and of how long the belts ran, and a log that says nothing."""

from types import SimpleNamespace

import numpy as np
import pytest
from session.test_log import HEADER, write

from rehabsim.base.records import MODES
from rehabsim.session.log import LogReader
from rehabsim.session.tries import Tries, trained_s, tries_in


def ticks_of(*rows):
    """Return what stands for a log of (mode, ticks missed before)."""
    kinds = [("mode", "i8"), ("missed_count", "i8")]
    ticks = np.array([(MODES.index(mode), missed) for mode, missed in rows], kinds)
    return SimpleNamespace(table=lambda name: {"ticks": ticks}[name])


def test_a_session_that_ended_before_its_first_tick_has_trained_nobody(tmp_path):
    write(tmp_path / "a.mcap", is_live=False).close(400_000_000)
    log = LogReader(tmp_path / "a.mcap")
    assert log.header == HEADER
    assert trained_s(log) == 0.0
    assert tries_in(log) == Tries()


def test_a_tick_stands_for_those_that_were_missed_before_it():
    rows = ("idle", 5), ("starting", 0), ("running", 2), ("perturbing", 0), ("holding", 1)
    assert trained_s(ticks_of(*rows)) == pytest.approx(7 * 0.004)


@pytest.mark.parametrize("mode", ["locked", "idle", "armed", "stopping"])
def test_belts_that_do_not_follow_train_nobody(mode):
    assert trained_s(ticks_of((mode, 0), (mode, 3))) == 0.0
