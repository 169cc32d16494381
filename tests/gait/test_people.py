"""What the analysis says of simulated people, against what was true."""

from itertools import pairwise

import numpy as np
import pytest
from gait.people import analyse, walk

from rehabsim.gait.analysis import GaitAnalysis
from rehabsim_validation.accuracy_errors import KINDS, measure
from rehabsim_validation.accuracy_walks import Case

SETTLED_S = 5.0


def counts(errors, kind):
    found = errors.events[kind]
    return len(found.errors_s), found.missed, found.false


@pytest.mark.parametrize(
    ("who", "speed_mps", "what"),
    [
        ("healthy", 0.8, "none"),
        ("healthy", 1.6, "none"),
        ("hemiparetic", 0.8, "none"),
        ("amputee", 1.2, "none"),
        ("healthy", 1.0, "rough plates"),
        ("healthy", 1.0, "drift of 77 N"),
        ("healthy", 1.0, "jerked belt"),
        ("healthy", 1.0, "swaying deck"),
    ],
)
def test_hardly_a_heel_strike_is_missed_invented_or_misdated(who, speed_mps, what):
    errors = measure(Case(who, speed_mps, 1, what))
    right, missed, false = counts(errors, "heel_strike")
    assert right > 40
    assert missed <= 1
    assert false <= 2
    size_ms = 1000 * np.abs(errors.events["heel_strike"].errors_s)
    assert np.median(size_ms) < 6
    assert np.percentile(size_ms, 95) < 25
    assert np.median(errors.latencies_s["heel_strike"]) < 0.045


@pytest.mark.parametrize("what", ["none", "drift of 77 N", "jerked belt", "5° uphill"])
def test_steps_and_centre_of_mass_are_where_they_are(what):
    errors = measure(Case("healthy", 1.0, 2, what))
    assert abs(errors.strides["step_length_m"].mean()) < 0.005
    assert abs(errors.strides["step_width_m"].mean()) < 0.020
    assert abs(errors.balance["com_x_m"].mean()) < 0.010
    assert abs(errors.balance["com_vx_mps"].mean()) < 0.010
    assert abs(errors.balance["com_vy_mps"].mean()) < 0.010
    assert abs(errors.weight_frac - 1) < 0.02


@pytest.mark.parametrize("who", ["healthy", "steering", "hemiparetic", "postural"])
def test_who_stands_and_sways_takes_no_step(who):
    errors = measure(Case(who, 0.0, 3, "standing", 40.0))
    for kind in KINDS:
        assert counts(errors, kind) == (0, 0, 0)


def test_nobody_takes_no_step_and_weighs_nothing():
    wrench, belts_mps, _, _ = walk("empty_belts", 1.2, 12.0)
    analysis = GaitAnalysis()
    events, strides, _, _ = analyse(analysis, wrench, belts_mps)
    assert (events, strides) == ([], [])
    assert np.isnan(analysis.body_weight_n)


def test_one_plate_is_enough_for_heel_strikes():
    wrench, belts_mps, true, _ = walk(duration_s=30.0)
    both = np.zeros_like(wrench)
    both[:, :6] = wrench[:, :6] + wrench[:, 6:]
    events, _, _, _ = analyse(GaitAnalysis(is_single=True), both, belts_mps)
    for foot, side in enumerate(("left", "right")):
        true_s = true[(true[:, 2] == 0) & (true[:, 1] == foot), 0] / 1000
        true_s = true_s[true_s > SETTLED_S]
        found_s = np.array(
            [e.t_ns / 1e9 for e in events if (e.side, e.kind) == (side, "heel_strike")]
        )
        found_s = found_s[found_s > SETTLED_S]
        assert abs(len(found_s) - len(true_s)) <= 1
        near_s = np.abs(found_s[:, None] - true_s).min(axis=0)
        assert np.median(near_s) < 0.03


def test_vertical_forces_alone_are_enough_for_heel_strikes():
    wrench, belts_mps, true, _ = walk(duration_s=30.0)
    bare = np.full_like(wrench, np.nan)
    bare[:, 2::6] = wrench[:, 2::6]
    events, strides, _, _ = analyse(GaitAnalysis(), bare, belts_mps)
    found = [e for e in events if e.kind == "heel_strike"]
    assert abs(len(found) - (true[:, 2] == 0).sum()) <= 1
    assert all(np.isnan(stride.step_length_m) for stride in strides)
    assert np.isfinite([s.stride_time_s for s in strides[3:-3]]).all()


def test_steps_have_lengths_once_the_speed_of_the_belts_is_known():
    wrench, belts_mps, _, _ = walk(duration_s=30.0)
    late = belts_mps.copy()
    late[:1500] = late[15_000:16_000, 1:] = np.nan
    _, strides, _, _ = analyse(GaitAnalysis(), wrench, late)
    _, right, _, _ = analyse(GaitAnalysis(), wrench, belts_mps)
    kept = [
        (a.step_length_m, b.step_length_m)
        for a, b in zip(strides, right, strict=True)
        if np.isfinite(a.step_length_m)
    ]
    assert 0.8 * len(right) < len(kept) < len(right)
    assert np.ptp(np.diff(np.array(kept), axis=1)) < 1e-9


def test_a_foot_on_the_other_plate_is_still_that_foot():
    wrench, belts_mps, true, _ = walk(duration_s=30.0, seed=4)
    crossed = wrench.copy()
    for start, end in _stances(true, foot=0)[6::3]:
        part = slice(start, end)
        crossed[part, 6:] += crossed[part, :6]
        crossed[part, :6] = 0.0
    events, _, _, _ = analyse(GaitAnalysis(), crossed, belts_mps)
    true_s = {f: true[(true[:, 2] == 0) & (true[:, 1] == f), 0] / 1000 for f in (0, 1)}
    for foot, side in enumerate(("left", "right")):
        found_s = [e.t_ns / 1e9 for e in events if (e.side, e.kind) == (side, "heel_strike")]
        hits = sum(np.abs(true_s[foot] - t).min() < 0.15 for t in found_s)
        assert hits >= 0.9 * len(true_s[foot])


def _stances(true, foot):
    """Return (start, end) in samples of a foot's stances."""
    own = true[true[:, 1] == foot]
    return [(int(a[0]), int(b[0])) for a, b in pairwise(own) if (a[2], b[2]) == (0, 1)]
