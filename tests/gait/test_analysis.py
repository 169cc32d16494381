"""The gait stages on forces whose truth is known: trapezoids on two plates."""

import itertools
from math import isnan, nan

import numpy as np
import pytest

from rehabsim.base.records import BeltSample, PlateChunk
from rehabsim.gait.analysis import GaitAnalysis

DT_NS = 1_000_000
WEIGHT_N = 700.0
STEP_S = 0.55
STANCE_S = 0.70
RAMP_S = 0.06
SPEED_MPS = 1.0
BELT = BeltSample(0, SPEED_MPS, SPEED_MPS, 0.0)


def walking_forces(duration_s: float, *, noise_n: float = 0.0, drift_n: float = 0.0):
    """Return (n, 12) wrenches of alternating trapezoid stances, and the true strikes, s."""
    t_s = np.arange(0, duration_s, 0.001)
    wrench = np.zeros((len(t_s), 12))
    strikes = {"left": [], "right": []}
    for side, first, y_m in (("left", 0, 0.1), ("right", 6, -0.1)):
        offset_s = 0.5 if side == "left" else 0.5 + STEP_S
        for strike_s in np.arange(offset_s, duration_s, 2 * STEP_S):
            strikes[side].append(strike_s)
            since_s = t_s - strike_s
            rise = np.clip(since_s / RAMP_S, 0, 1)
            fall = np.clip((STANCE_S - since_s) / RAMP_S, 0, 1)
            load_n = WEIGHT_N * np.where(
                since_s >= 0, np.minimum(rise, fall), 0.0
            )  # carried by one foot, plus a little of the other in double support
            x_m = 0.3 - SPEED_MPS * since_s
            wrench[:, first + 2] += load_n
            wrench[:, first + 3] += load_n * y_m
            wrench[:, first + 4] -= load_n * x_m
    rng = np.random.default_rng(1)
    for column in (2, 8):
        wrench[:, column] += noise_n * rng.standard_normal(len(t_s)) + drift_n
    return wrench.astype(np.float32), strikes


def feed(analysis, wrench, cuts, belt=BELT):
    """Run an analysis over chunks cut at `cuts`; each arrives with its last sample."""
    events, gait = [], None
    edges = [0, *cuts, len(wrench)]
    for a, b in itertools.pairwise(edges):
        if a == b:
            continue
        chunk = PlateChunk((b - 1) * DT_NS, a, a * DT_NS, DT_NS, wrench[a:b])
        gait, new = analysis.step((chunk,), belt, b * DT_NS)
        events += new
    return gait, events


def every(n, length):
    return list(range(n, length, n))


def test_each_strike_is_dated_within_10_ms_of_the_truth():
    wrench, strikes = walking_forces(20, noise_n=3)
    _, events = feed(GaitAnalysis(), wrench, every(4, len(wrench)))
    for side in ("left", "right"):
        found = [e.t_ns / 1e9 for e in events if (e.side, e.kind) == (side, "heel_strike")]
        assert len(found) == len(strikes[side])
        assert found == pytest.approx(strikes[side], abs=0.010)


def test_each_toe_off_is_dated_within_10_ms_of_the_truth():
    wrench, strikes = walking_forces(20, noise_n=3)
    _, events = feed(GaitAnalysis(), wrench, every(4, len(wrench)))
    truth = [t + STANCE_S for t in strikes["left"] if t + STANCE_S < 19.8]
    found = [e.t_ns / 1e9 for e in events if (e.side, e.kind) == ("left", "toe_off")]
    found = found[: len(truth)]
    assert found == pytest.approx(truth, abs=0.010)


def test_an_event_says_how_much_later_it_was_known():
    wrench, _ = walking_forces(5)
    analysis = GaitAnalysis()
    for a in range(0, len(wrench) - 4, 4):
        chunk = PlateChunk((a + 3) * DT_NS, a, a * DT_NS, DT_NS, wrench[a : a + 4])
        _, events = analysis.step((chunk,), BELT, (a + 4) * DT_NS)
        for event in events:
            known_ns = event.t_ns + event.latency_s * 1e9
            assert a * DT_NS <= known_ns <= (a + 4) * DT_NS
            assert 0 < event.latency_s < 0.08


def test_times_lengths_and_widths_are_those_of_the_forces():
    wrench, _ = walking_forces(20, noise_n=2)
    gait, _ = feed(GaitAnalysis(), wrench, every(4, len(wrench)))
    assert gait.left_step_time_s == pytest.approx(STEP_S, abs=0.005)
    assert gait.right_step_time_s == pytest.approx(STEP_S, abs=0.005)
    assert gait.cadence_hz == pytest.approx(1 / STEP_S, rel=0.01)
    assert gait.left_stance_time_s == pytest.approx(STANCE_S, abs=0.012)
    assert gait.left_step_length_m == pytest.approx(SPEED_MPS * STEP_S, abs=0.01)
    assert gait.step_width_m == pytest.approx(0.2, abs=0.01)
    assert gait.load_share_left_frac == pytest.approx(0.5, abs=0.01)


def test_a_steady_load_share_does_not_swing_with_the_steps():
    wrench, _ = walking_forces(20)
    wrench[:, :6] *= 1.1
    analysis = GaitAnalysis()
    shares = []
    for a in range(0, len(wrench) - 4, 4):
        chunk = PlateChunk((a + 3) * DT_NS, a, a * DT_NS, DT_NS, wrench[a : a + 4])
        gait, _ = analysis.step((chunk,), BELT, (a + 4) * DT_NS)
        shares.append(gait.load_share_left_frac)
    late = np.array(shares[len(shares) // 2 :])
    assert late.mean() == pytest.approx(1.1 / 2.1, abs=0.003)
    assert np.ptp(late) < 0.01


def test_the_share_follows_a_standing_person_who_leans():
    wrench = np.zeros((6000, 12), np.float32)
    wrench[:, 2], wrench[:, 8] = 350, 350
    wrench[3000:, 2], wrench[3000:, 8] = 490, 210
    gait, events = feed(GaitAnalysis(), wrench, every(4, 6000))
    assert gait.load_share_left_frac == pytest.approx(0.7, abs=0.01)
    assert events == []


@pytest.mark.parametrize("drift_n", [-30.0, 30.0])
def test_no_event_while_standing_with_noise_and_drift(drift_n):
    rng = np.random.default_rng(2)
    wrench = np.zeros((10_000, 12), np.float32)
    for column in (2, 8):
        wrench[:, column] = 350 + drift_n + 10 * rng.standard_normal(10_000)
    gait, events = feed(GaitAnalysis(), wrench, every(4, 10_000))
    assert events == []
    assert isnan(gait.cadence_hz)
    assert gait.has_left_stance
    assert gait.has_right_stance


def test_no_event_on_empty_plates_with_noise():
    rng = np.random.default_rng(3)
    wrench = (10 * rng.standard_normal((10_000, 12))).astype(np.float32)
    gait, events = feed(GaitAnalysis(), wrench, every(4, 10_000))
    assert events == []
    assert isnan(gait.body_weight_n)
    assert isnan(gait.load_share_left_frac)


def test_cadence_is_unknown_again_after_the_person_has_stopped():
    walking, _ = walking_forces(10)
    standing = np.zeros((4000, 12), np.float32)
    standing[:, 2], standing[:, 8] = 350, 350
    wrench = np.concatenate([walking, standing])
    gait, _ = feed(GaitAnalysis(), wrench, every(4, len(wrench)))
    assert isnan(gait.cadence_hz)


def test_a_plate_without_moments_has_no_pressure_centre_but_has_events():
    wrench, strikes = walking_forces(10)
    wrench[:, 3:6] = nan
    gait, events = feed(GaitAnalysis(), wrench, every(4, len(wrench)))
    assert isnan(gait.cop_x_m)
    assert isnan(gait.left_step_length_m)
    count = sum((e.side, e.kind) == ("left", "heel_strike") for e in events)
    assert count == len(strikes["left"])


def test_samples_that_are_not_numbers_are_skipped():
    wrench, strikes = walking_forces(10)
    wrench[2000:2010] = nan
    wrench[4000, 2] = np.inf
    gait, events = feed(GaitAnalysis(), wrench, every(4, len(wrench)))
    assert sum(e.kind == "heel_strike" for e in events) == sum(map(len, strikes.values()))
    assert gait.body_weight_n > 0


def test_a_step_onto_a_loaded_plate_is_told_by_the_pressure_with_less_confidence():
    wrench, strikes = walking_forces(10)
    strike_s = strikes["left"][4]
    loaded = slice(round(1000 * (strike_s - 0.3)), round(1000 * strike_s) + 50)
    wrench[loaded, 2] = np.maximum(wrench[loaded, 2], 0.12 * WEIGHT_N)
    until = round(1000 * strike_s) + 300
    gait, events = feed(GaitAnalysis(), wrench[:until], every(4, until))
    confidences = [e.confidence for e in events if (e.side, e.kind) == ("left", "heel_strike")]
    assert confidences == [1.0, 1.0, 1.0, 1.0, 0.8]
    assert gait.left_step_length_m == pytest.approx(SPEED_MPS * STEP_S, abs=0.03)
    assert gait.left_step_time_s == pytest.approx(STEP_S, abs=0.05)
