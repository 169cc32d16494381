"""That the judge of real-time stops finds what there is, and lets nothing pass."""

import numpy as np
import pytest
from slowing import FIRMWARE, LABORATORY, MissedError, slowing

from rehabsim_sim.belts import LAG_S, Belts, drive
from rehabsim_sim.jit import one_of

EVENT_S, LEVEL_MPS, DECEL_MPS2 = 2.0, 0.5, 0.5
FOOT_N, STRIDE_S = 60.0, 1.1
"""How hard each foot brakes and pushes, and how often."""


def driven(onset_s, phase_s=0.0, seed=0):
    """Return a walk on the simulator's own belts that are told to stop at `onset_s`."""
    belts = one_of(Belts())
    one, rng = belts[0], np.random.default_rng(seed)
    rows, noise = [], rng.standard_normal((4500, 2))
    for i in range(2):
        one.setpoint_mps[i] = one.drive_mps[i] = one.target_mps[i] = LEVEL_MPS
        one.ramp_mps2[i] = DECEL_MPS2
    for ms in range(4500):
        t_s = ms / 1000
        if t_s >= onset_s:
            one.target_mps[0] = one.target_mps[1] = 0.0
        push_n = FOOT_N * np.sin(2 * np.pi * (t_s - phase_s) / STRIDE_S)
        one.foot_n[0], one.foot_n[1] = max(push_n, 0.0), min(push_n, 0.0)
        drive(one, noise, ms, 0)
        if ms % 4 == 3:
            rows.append((t_s + 0.001, *one.speed_mps, 0.0005))
    return np.array(rows)


def ramp(onset_s, decel_mps2=DECEL_MPS2, level_mps=LEVEL_MPS):
    """Return belts that do at once what they are told, each millisecond."""
    t_s = np.arange(4500) / 1000
    mps = np.clip(level_mps - decel_mps2 * np.maximum(t_s - onset_s, 0), 0, None).round(6)
    return np.stack([t_s, mps, mps, np.zeros_like(t_s)], axis=1)


@pytest.mark.parametrize("phase_s", [0.0, 0.3, 0.6, 0.9])
def test_the_onset_is_found_through_the_drive_and_under_feet(phase_s):
    belts = driven(EVENT_S + 0.1, phase_s)
    found = slowing(belts, EVENT_S, DECEL_MPS2, LABORATORY)
    assert found.onset_s == pytest.approx(0.1, abs=0.012)
    assert found.found_s == pytest.approx(0.1 + LAG_S + 0.06, abs=0.03)
    assert 0 < found.zero_error_s < 0.15
    assert found.late_s == 0.0005


@pytest.mark.parametrize("onset_s", [0.0, 0.0604, 0.3])
def test_the_onset_and_the_zero_of_a_straight_ramp_are_exact(onset_s):
    found = slowing(ramp(EVENT_S + onset_s), EVENT_S, DECEL_MPS2, FIRMWARE)
    assert found.onset_s == pytest.approx(onset_s, abs=1e-5)
    assert found.found_s == pytest.approx(onset_s + 0.06, abs=0.0021)
    assert -1e-6 <= found.zero_error_s <= 0.0011


def test_a_watcher_that_was_late_is_told():
    belts = ramp(EVENT_S + 0.1)
    belts[belts[:, 0] < EVENT_S, 3] = 0.5
    belts[np.argmin(abs(belts[:, 0] - EVENT_S - 0.05)), 3] = 0.03
    assert slowing(belts, EVENT_S, DECEL_MPS2, FIRMWARE).late_s == 0.03


def never(belts):
    belts[:, 1:3] = LEVEL_MPS


def one_never(belts):
    belts[:, 2] = LEVEL_MPS


def again(belts):
    belts[belts[:, 0] > EVENT_S + 2.0, 1:3] = 0.01


def for_a_moment(belts):
    belts[(belts[:, 0] > EVENT_S + 0.5) & (belts[:, 0] < EVENT_S + 0.51), 1:3] += 0.05


def harder(belts):
    belts[:] = ramp(EVENT_S + 0.1, 0.7)


def rested(belts):
    belts[:, 1:3] = 0.0


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (never, "still run at 0.50 m/s after 2.50 s"),
        (one_never, "still run at 0.50 m/s"),
        (again, "still run at 0.01 m/s"),
        (for_a_moment, "sped up by 0.049 m/s"),
        (harder, r"slowed at 0.70 m/s² instead of 0.50"),
        (rested, "at rest before"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_whoever_does_not_stop_as_they_must_has_missed(spoil, why):
    belts = ramp(EVENT_S + 0.1)
    spoil(belts)
    with pytest.raises(MissedError, match=why):
        slowing(belts, EVENT_S, DECEL_MPS2, FIRMWARE)
