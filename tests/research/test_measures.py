"""Strides and measures against walks whose truth is known."""

from math import isnan, nan, sqrt

import numpy as np
import pytest

from rehabsim.base.records import GaitEvent, PlateChunk
from rehabsim.gait.feet import SIDES, Contact
from rehabsim.gait.forces import SampleClock
from rehabsim.gait.frames import History
from rehabsim.gait.review import review
from rehabsim.gait.strides import StrideMaker
from rehabsim.research.definitions import DEFINITIONS
from rehabsim.research.estimate import mean_with_interval
from rehabsim.research.measures import measures_of
from rehabsim.research.walk import Quality, Walk, read_walk, sample_times_ns
from rehabsim.session.log import LogReader
from rehabsim.session.table import PLATES, pack_chunk

UNITS = {"s", "m", "m/s", "m²", "N", "Hz", "1", "count", "steps", "BW", "BW/s", "BW s", "m s"}
FRAME_S = 0.004


def walk_of(events, *, duration_s=60.0):
    """Return a walk of events alone: (t_s, side, kind, confidence)."""
    empty = np.zeros(0)
    live = tuple(GaitEvent(round(t * 1e9), side, kind, 0.01, c) for t, side, kind, c in events)
    return Walk(
        start_s=0.0,
        duration_s=duration_s,
        events=live,
        event_source="made up",
        plate_t_s=empty,
        left_fz_n=empty,
        right_fz_n=empty,
        plate_lost_count=0,
        quality=Quality(),
        strides=tuple(strides_of(events)),
        reviewed=tuple(review(live, live)),
        sway=None,
        belts=None,
        stops=(),
        pauses=(),
    )


def strides_of(events):
    """Return the strides that these contacts make, without any forces."""
    strides = []
    maker = StrideMaker(History(()), strides.append)
    for t_s, side, kind, confidence in events:
        at = t_s / FRAME_S
        contact = Contact(
            SIDES.index(side), kind == "heel_strike", at, round(at), confidence, is_alone=False
        )
        maker.take(contact, round(t_s * 1e9), lambda newtons: None)
    maker.end()
    return sorted(strides, key=lambda stride: stride.heel_strike_t_s)


def steps(count, *, left_step_s=0.6, right_step_s=0.5, stance_s=0.7, without=(), unclear=()):
    """Return the events of `count` steps, left first; some may be missing or unclear."""
    events, t_s = [], 1.0
    for index in range(count):
        side = ("left", "right")[index % 2]
        confidence = 0.5 if index in unclear else 1.0
        if index not in without:
            events.append((t_s, side, "heel_strike", confidence))
            events.append((t_s + stance_s, side, "toe_off", 1.0))
        t_s += right_step_s if side == "left" else left_step_s
    return sorted(events)


def by_name(walk):
    return {(m.name, m.side): m for m in measures_of(walk)}


# -- strides -------------------------------------------------------------------------------


def test_each_time_of_a_stride_is_what_its_events_say():
    strides = strides_of(steps(6))
    left, right = strides[2], strides[3]
    assert (left.side, right.side) == ("left", "right")
    assert left.step_time_s == pytest.approx(0.6)
    assert right.step_time_s == pytest.approx(0.5)
    assert left.stride_time_s == right.stride_time_s == pytest.approx(1.1)
    assert left.stance_time_s == pytest.approx(0.7)
    assert left.swing_time_s == pytest.approx(0.4)
    assert left.double_support_time_s == pytest.approx(0.1)
    assert right.double_support_time_s == pytest.approx(0.2)


def test_a_missed_heel_strike_makes_neither_a_step_nor_a_stride_over_it():
    strides = strides_of(steps(10, without={5}))
    times = [s.step_time_s for s in strides if not isnan(s.step_time_s)]
    assert max(times) < 0.61
    spans = [s.stride_time_s for s in strides if not isnan(s.stride_time_s)]
    assert max(spans) < 1.11
    assert len(times) == 7


def test_a_pause_makes_neither_a_step_nor_a_stride():
    first = steps(4)
    second = [(t + 20, *rest) for t, *rest in steps(4)]
    strides = strides_of(first + second)
    assert max(s.step_time_s for s in strides if not isnan(s.step_time_s)) < 0.61
    assert isnan(strides[3].stride_time_s)
    assert isnan(strides[4].step_time_s)


def test_an_unclear_event_makes_no_time_but_stays_in_the_table():
    strides = strides_of(steps(8, unclear={4}))
    assert len(strides) == 8
    unclear = strides[4]
    assert not isnan(unclear.toe_off_t_s)
    assert isnan(unclear.step_time_s)
    assert isnan(unclear.stance_time_s)
    assert isnan(strides[5].step_time_s)
    assert isnan(strides[2].stride_time_s)
    assert not isnan(strides[3].stride_time_s)


def test_no_events_make_no_strides():
    assert strides_of([]) == []


# -- intervals -----------------------------------------------------------------------------


def test_the_interval_of_independent_values_is_students():
    values = [1.0, 2.0, 1.5, 1.0, 2.0, 1.2, 1.9, 1.1]
    mean, (low, high), n = mean_with_interval(values)
    half = 2.3646 * np.std(values, ddof=1) / sqrt(8)
    assert (mean, n) == (pytest.approx(np.mean(values)), 8)
    assert (high - low) / 2 == pytest.approx(half, rel=1e-4)


def test_values_that_resemble_their_neighbours_have_a_wider_interval():
    values = np.random.default_rng(1).standard_normal(200)
    smooth = np.convolve(values, np.ones(8), "valid")
    narrow, wide = (mean_with_interval(v / np.std(v))[1] for v in (values[:193], smooth))
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])


def test_about_95_of_100_intervals_hold_the_true_mean_of_correlated_values():
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(400):
        x = np.zeros(120)
        for k in range(1, 120):
            x[k] = 0.5 * x[k - 1] + rng.standard_normal()
        low, high = mean_with_interval(x)[1]
        hits += low <= 0 <= high
    assert 0.90 <= hits / 400 <= 0.985


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_values_have_a_mean_and_no_interval(count):
    assert mean_with_interval([1.0, 3.0][:count] + [nan]) == (float(count), None, count)


def test_no_values_have_no_mean():
    mean, ci95, n = mean_with_interval([nan, nan])
    assert (isnan(mean), ci95, n) == (True, None, 0)


def test_equal_values_have_an_interval_of_no_width():
    assert mean_with_interval([2.0] * 5) == (2.0, (2.0, 2.0), 5)


# -- measures ------------------------------------------------------------------------------


def test_a_walk_of_events_gives_its_times_and_says_why_the_rest_is_absent():
    found = by_name(walk_of(steps(40)))
    assert found["step_time", "left"].value == pytest.approx(0.6)
    assert found["step_time", "right"].value == pytest.approx(0.5)
    assert found["cadence", "both"].value == pytest.approx(2 / 1.1, rel=0.01)
    assert found["heel_strike_count", "left"].value == 20
    assert found["stance_time_symmetry_index", "both"].value == pytest.approx(0, abs=1e-6)
    assert found["step_time_symmetry_index", "both"].value == pytest.approx(0.1 / 0.55)
    for name in ("step_length", "walking_distance"):
        absent = found[name, "left"]
        assert (absent.value, absent.n, absent.ci95) == (None, 0, None)
        assert "no belts" in absent.reason


def test_a_longer_left_stance_gives_a_positive_index():
    events = [
        (t + 0.1, side, kind, c) if (side, kind) == ("left", "toe_off") else (t, side, kind, c)
        for t, side, kind, c in steps(40)
    ]
    index = by_name(walk_of(sorted(events)))["stance_time_symmetry_index", "both"]
    assert index.value == pytest.approx(0.1 / 0.75, rel=0.01)


def test_every_measure_is_always_listed_with_unit_method_and_reason(session_log):
    names = None
    for walk in (walk_of([]), walk_of(steps(30)), read_walk(LogReader(session_log))):
        measures = measures_of(walk)
        keys = [(m.name, m.side) for m in measures]
        assert len(set(keys)) == len(keys)
        assert names in (None, keys)
        assert {name for name, _ in keys} == set(DEFINITIONS)
        names = keys
        for measure in measures:
            assert measure.unit in UNITS
            assert measure.method
            assert measure.source
            assert (measure.value is None) == bool(measure.reason)


def test_a_session_gives_the_truth_of_the_person_who_walked(session_log, truth):
    walk = read_walk(LogReader(session_log))
    strides = walk.strides
    steady = [s for s in strides if s.belt_speed_mps > 0.999 and s.step_time_s < 0.6]
    assert len(steady) > 20
    for side, step_s in (("left", truth.left_step_s), ("right", truth.right_step_s)):
        own = [s for s in steady if s.side == side]
        assert np.mean([s.step_time_s for s in own]) == pytest.approx(step_s, abs=0.005)
        assert np.mean([s.stance_time_s for s in own]) == pytest.approx(truth.stance_s, abs=0.015)
        length_m = np.nanmedian([s.step_length_m for s in own])
        assert length_m == pytest.approx(truth.speed_mps * step_s, abs=0.03)
    found = by_name(walk)
    assert found["step_width", "both"].value == pytest.approx(truth.width_m, abs=0.02)
    assert found["stop_count", "both"].value == 1
    assert found["greatest_belt_speed", "left"].value == pytest.approx(1.0, abs=0.01)
    distance = found["walking_distance", "left"].value
    speed = walk.belts.speeds_mps["belt_left_speed_mps"]
    assert distance == pytest.approx(float(np.sum(speed)) * 0.004, abs=0.02)


def test_pauses_are_kept_apart_from_stops(session_log):
    walk = read_walk(LogReader(session_log))
    assert [round(stop.t_ns / 1e9) for stop in walk.stops] == [18]
    assert [round(pause.t_ns / 1e9) for pause in walk.pauses] == [34]
    assert "Paused by" in walk.pauses[0].text


def test_samples_are_dated_as_the_live_analysis_dates_them():
    rng = np.random.default_rng(3)
    clock, packed, expected = SampleClock(), b"", []
    t_ns = sequence = 0
    for _ in range(200):
        n = int(rng.integers(1, 9))
        device_ns = 5_000_000_000 + sequence * 1_000_000
        t_ns = max(t_ns, (sequence + n) * 1_000_100 + int(rng.integers(0, 5_000_000)))
        chunk = PlateChunk(t_ns, sequence, device_ns, 1_000_000, np.zeros((n, 12), "f4"))
        first_ns = clock.first_ns(chunk)
        expected += [first_ns + k * 1_000_000 for k in range(n)]
        packed += pack_chunk(chunk)
        sequence += n
    found = sample_times_ns(np.frombuffer(packed, PLATES.dtype))
    assert np.abs(found - np.array(expected)).max() <= 200  # rounding of 200 creeps


def test_a_real_walk_gives_plausible_measures(imported):
    path, _ = imported
    walk = read_walk(LogReader(path))
    found = by_name(walk)
    assert 50 <= found["heel_strike_count", "left"].value <= 65
    assert 50 <= found["heel_strike_count", "right"].value <= 65
    assert found["body_weight", "both"].value == pytest.approx(628, abs=3)
    assert found["cadence", "both"].value == pytest.approx(2.03, abs=0.06)
    assert found["stride_time", "left"].value == pytest.approx(0.98, abs=0.02)
    assert found["stance_time", "left"].value == pytest.approx(0.62, abs=0.03)
    assert found["stance_time", "right"].value == pytest.approx(0.62, abs=0.04)
    assert found["step_width", "both"].reason
