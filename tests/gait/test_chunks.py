"""However samples are cut into chunks, the analysis says the same of them."""

from dataclasses import astuple
from itertools import pairwise

import numpy as np
import pytest
from gait.people import analyse, times_ns, walk
from hypothesis import given, settings
from hypothesis import strategies as st

from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.balance import BodyMotion
from rehabsim.gait.frames import FrameMaker, LowPass
from rehabsim.gait.inertia import Inertia, Unburden

N = 12_000
CUTS = st.lists(st.integers(1, N - 1), max_size=40, unique=True).map(sorted)
FEW = settings(deadline=None, max_examples=12)


def calm():
    wrench, belts_mps, _, _ = walk()
    return wrench, belts_mps, times_ns(len(wrench))


def drifting():
    wrench, belts_mps, t_ns = calm()
    drifted = wrench.copy()
    drifted[:, 2::6] += 60 * np.linspace(0, 1, N)[:, None]
    return drifted, belts_mps, t_ns


def broken():
    """Return a walk with spikes, samples that were not measured, and one that was not sent."""
    wrench, belts_mps, t_ns = calm()
    rng = np.random.default_rng(3)
    torn = wrench.copy()
    for at in rng.integers(0, N - 5, 60):
        torn[at : at + rng.integers(1, 6), 2 + 6 * rng.integers(2)] += rng.choice([-1, 1]) * 900
    for at in rng.integers(0, N - 5, 20):
        torn[at : at + rng.integers(1, 4), rng.integers(12)] = np.nan
    later = t_ns + 80_000_000 * (np.arange(N) >= 7001)
    return torn, belts_mps, later


def vertical_only():
    wrench, belts_mps, t_ns = calm()
    bare = np.full_like(wrench, np.nan)
    bare[:, 2::6] = wrench[:, 2::6]
    return bare, np.full_like(belts_mps, np.nan), t_ns


def same(one, two):
    np.testing.assert_allclose(
        [_flat(s) for s in one], [_flat(s) for s in two], rtol=0, atol=1e-9, equal_nan=True
    )


def _flat(stride):
    values = []
    for value in astuple(stride):
        values += list(value) if isinstance(value, tuple) else [value]
    return [(v == "left") if isinstance(v, str) else v for v in values]


def burdened():
    return GaitAnalysis(inertia=Inertia((0.1, 0, 0, 0, 5.0, 0), (0.1, 0, 0, 0, 5.0, 0)))


def single():
    return GaitAnalysis(is_single=True)


@pytest.mark.parametrize(
    ("samples", "analysis"),
    [
        (calm, GaitAnalysis),
        (drifting, GaitAnalysis),
        (broken, GaitAnalysis),
        (vertical_only, GaitAnalysis),
        (calm, burdened),
        (calm, single),
    ],
)
@FEW
@given(cuts=CUTS)
def test_the_whole_analysis(samples, analysis, cuts):
    wrench, belts_mps, t_ns = samples()
    whole = analyse(analysis(), wrench, belts_mps, t_ns=t_ns)
    parts = analyse(analysis(), wrench, belts_mps, cuts, t_ns=t_ns)
    assert len(whole[0]) > 20
    assert parts[0] == whole[0]
    same(parts[1], whole[1])
    np.testing.assert_allclose(parts[2], whole[2], rtol=0, atol=1e-9, equal_nan=True)
    assert (parts[3] == whole[3]).all()


@pytest.mark.parametrize("every", [1, 4, 128, 511])
def test_even_chunks_of_a_drifting_walk(every):
    wrench, belts_mps, t_ns = drifting()
    whole = analyse(GaitAnalysis(), wrench, belts_mps, t_ns=t_ns)
    parts = analyse(GaitAnalysis(), wrench, belts_mps, range(every, N, every), t_ns=t_ns)
    assert parts[0] == whole[0]
    same(parts[1], whole[1])
    np.testing.assert_allclose(parts[2], whole[2], rtol=0, atol=1e-9, equal_nan=True)


def in_parts(work, values, cuts):
    """Return what `work` makes of each part, one after the other."""
    edges = [0, *cuts, len(values)]
    parts = [work(values[a:b]) for a, b in pairwise(edges) if b > a]
    return np.concatenate(parts)


@FEW
@given(cuts=CUTS)
def test_low_pass(cuts):
    values = broken()[0]
    low_passes = LowPass(40, 1000, 12), LowPass(40, 1000, 12)
    whole, parts = (
        in_parts(lambda v, f=f: f(v, is_whole=False), values, c)
        for f, c in zip(low_passes, ([], cuts), strict=True)
    )
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-9, equal_nan=True)


@FEW
@given(cuts=CUTS)
def test_frames(cuts):
    wrench, belts_mps, t_ns = broken()
    t_ns = times_ns(N)
    makers = FrameMaker(), FrameMaker()
    whole, parts = (
        in_parts(
            lambda at, m=m: m.make(t_ns[at], 1_000_000, wrench[at], belts_mps[at]).wrench, at, c
        )
        for m, at, c in zip(makers, (np.arange(N), np.arange(N)), ([], cuts), strict=True)
    )
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-9, equal_nan=True)
    assert makers[0].spike_count == makers[1].spike_count > 20
    assert makers[0].missing_count == makers[1].missing_count > 0


@FEW
@given(cuts=CUTS)
def test_body_motion(cuts):
    wrench = broken()[0]
    sums = wrench[:, :5] + wrench[:, 6:11]
    loaded_n = np.where(sums[:, 2] > 150, sums[:, 2], np.nan)
    cop_m = np.stack([-sums[:, 4] / loaded_n, sums[:, 3] / loaded_n], axis=1)
    together = np.concatenate([cop_m, sums[:, :3]], axis=1)
    motions = BodyMotion(), BodyMotion()
    for motion in motions:
        motion.set_rate(0.001)
    whole, parts = (
        in_parts(lambda v, m=m: m.follow(v[:, :2], v[:, 2:], 735.0), together, c)
        for m, c in zip(motions, ([], cuts), strict=True)
    )
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-9, equal_nan=True)


@FEW
@given(cuts=CUTS)
def test_what_belts_do_to_plates(cuts):
    belts_mps = walk()[1]
    inertia = Inertia((1.0,) * 6, (2.0,) * 6)
    takers = Unburden(inertia), Unburden(inertia)
    whole, parts = (
        in_parts(lambda v, u=u: u.error(v, 0.001), belts_mps, c)
        for u, c in zip(takers, ([], cuts), strict=True)
    )
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-9, equal_nan=True)
