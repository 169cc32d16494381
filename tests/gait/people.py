"""Simulated people on plates, as the analysis gets them, with what was true."""

from functools import cache
from itertools import pairwise

import numpy as np

from rehabsim.devices.rs_plates import lab_from_plates
from rehabsim_sim.patients import patient
from rehabsim_sim.world import TRUTH, World

ORIGINS_M = (0.0, 0.25, 0.0), (0.0, -0.25, 0.0)
STEP_MS = 50
DT_NS = 1_000_000


@cache
def walk(who="healthy", speed_mps=1.0, duration_s=12.0, seed=1, grade="good"):
    """Return (n, 12) wrenches, (n, 2) belts, events (ms, side, kind, ...), and the truth."""
    world = World(patient(who), seed, grade=grade)
    wrench, truth, events = [], [], []
    for at_ms in range(0, round(1000 * duration_s), STEP_MS):
        if at_ms == 1000:
            world.reins.ask(speed_mps, speed_mps, 0.5, 0.5, 0.0)
        world.live(STEP_MS)
        wrench.append(lab_from_plates(world.wrench, *ORIGINS_M).astype(float))
        truth.append(world.truth)
        rows = world.events.copy()
        rows[:, 0] += at_ms
        events.append(rows)
    all_true = np.concatenate(truth)
    return np.concatenate(wrench), all_true[:, :2], np.concatenate(events), all_true


def column(truth, name):
    """Return one column of the truth."""
    return truth[:, TRUTH.index(name)]


def times_ns(count, dt_ns=DT_NS):
    """Return when evenly taken samples were taken."""
    return np.arange(count, dtype=np.int64) * dt_ns


def analyse(analysis, wrench, belts_mps, cuts=(), t_ns=None, dt_ns=DT_NS):
    """Return the events, strides and remembered rows of samples cut into chunks at `cuts`."""
    t_ns = times_ns(len(wrench), dt_ns) if t_ns is None else t_ns
    events, strides, rows, times = [], [], [], []
    edges = [0, *[c for c in cuts if 0 < c < len(wrench)], len(wrench)]
    for a, b in pairwise(edges):
        for first in range(a, b, 2000):
            part = slice(first, min(first + 2000, b))
            seen = analysis.history.count
            events += analysis.take(t_ns[part], dt_ns, wrench[part], belts_mps[part])
            strides += analysis.take_strides()
            now = analysis.history.count
            rows.append(analysis.history.span(seen, now, *analysis.history.columns))
            times += [analysis.history.t_ns(i) for i in range(seen, now)]
    strides += analysis.finish()
    return events, strides, np.concatenate(rows), np.array(times)
