"""What a gap in the samples takes with it, and what a long walk leaves in memory."""

import gc
from math import isfinite, nan

import numpy as np
import pytest
from gait.test_analysis import STANCE_S, STEP_S, walking_forces

from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.strides import Landing

DT_NS = 1_000_000
TIMES = ("step_time_s", "stride_time_s", "stance_time_s", "swing_time_s", "double_support_time_s")


def strides_without(first_ms, last_ms, *, duration_s=30):
    """Return the strides of a walk at 1 m/s of which the samples between two instants are lost."""
    wrench, _ = walking_forces(duration_s, noise_n=1)
    kept = np.ones(len(wrench), bool)
    kept[first_ms:last_ms] = False
    t_ns = np.arange(len(wrench)) * DT_NS
    analysis = GaitAnalysis()
    analysis.take(t_ns[kept], DT_NS, wrench[kept].astype(float), np.ones((kept.sum(), 2)))
    return analysis.finish()


TRUE = {
    "step_time_s": STEP_S,
    "stride_time_s": 2 * STEP_S,
    "stance_time_s": STANCE_S,
    "swing_time_s": 2 * STEP_S - STANCE_S,
    "double_support_time_s": STANCE_S - STEP_S,
    "step_length_m": STEP_S,
    "stride_length_m": 2 * STEP_S,
}


@pytest.mark.parametrize(
    ("first_ms", "last_ms"),
    [(15_000, 15_100), (15_000, 15_300), (15_200, 15_700), (15_400, 15_500), (15_150, 16_300)],
)
def test_what_spans_a_gap_is_not_measured_and_all_else_stays_true(first_ms, last_ms):
    strides = strides_without(first_ms, last_ms)
    usual = strides_without(0, 0)[8].stance.vertical_impulse_ns
    for stride in strides[2:]:
        for name, true in TRUE.items():
            value = getattr(stride, name)
            assert value != value or value == pytest.approx(true, abs=0.02), (stride, name)
        impulse_ns = stride.stance.vertical_impulse_ns
        assert impulse_ns != impulse_ns or impulse_ns == pytest.approx(usual, rel=0.01)
    for name in TIMES:
        missing = [s for s in strides[2:-3] if not isfinite(getattr(s, name))]
        assert len(missing) <= 4
        assert all(abs(s.heel_strike_t_s - first_ms / 1000) < 3 for s in missing)
    assert all(
        s.mean_vertical_force_n == pytest.approx(strides[4].mean_vertical_force_n, rel=0.01)
        for s in strides[2:]
        if s.mean_vertical_force_n == s.mean_vertical_force_n
    )


def test_live_times_do_not_span_a_gap():
    wrench, _ = walking_forces(16, noise_n=1)
    t_ns = np.arange(len(wrench)) * DT_NS
    analysis, belts_mps = GaitAnalysis(), np.ones((len(wrench), 2))
    for part in (slice(0, 15_200), slice(15_700, 15_990)):
        analysis.take(t_ns[part], DT_NS, wrench[part].astype(float), belts_mps[part])
    gait, _ = analysis.step((), None, 16_000_000_000)
    assert gait.right_step_time_s != gait.right_step_time_s
    assert gait.left_step_time_s != gait.left_step_time_s
    assert gait.cadence_hz != gait.cadence_hz


def test_landings_that_were_told_are_let_go():
    def held(duration_s):
        wrench, _ = walking_forces(duration_s, noise_n=1)
        t_ns, analysis = np.arange(len(wrench)) * DT_NS, GaitAnalysis()
        analysis.take(t_ns, DT_NS, wrench.astype(float), np.full((len(wrench), 2), nan))
        gc.collect()
        kept = sum(isinstance(thing, Landing) for thing in gc.get_objects())
        assert len(analysis.finish()) > duration_s
        return kept

    assert held(60) <= held(20)
