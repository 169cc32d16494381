"""How long the belts ran, as a log tells it."""

from types import SimpleNamespace

import numpy as np
import pytest

from rehabsim.base.records import MODES
from rehabsim.session.tries import trained_s


def log(*rows):
    """Return what stands for a log of (mode, ticks missed before)."""
    kinds = [("mode", "i8"), ("missed_count", "i8")]
    ticks = np.array([(MODES.index(mode), missed) for mode, missed in rows], kinds)
    return SimpleNamespace(table=lambda name: {"ticks": ticks}[name])


def test_a_tick_stands_for_those_that_were_missed_before_it():
    found = log(("idle", 5), ("starting", 0), ("running", 2), ("perturbing", 0), ("holding", 1))
    assert trained_s(found) == pytest.approx(7 * 0.004)


@pytest.mark.parametrize("mode", ["locked", "idle", "armed", "stopping"])
def test_belts_that_do_not_follow_train_nobody(mode):
    assert trained_s(log((mode, 0), (mode, 3))) == 0.0
