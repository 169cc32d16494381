import numpy as np
import pytest
from scipy.signal import welch

from rehabsim_sim.unloaded import fit_inertia, read_unloaded, simulate_unloaded

BANDS_HZ = ((0.5, 2), (2, 5), (5, 10), (10, 20), (20, 28), (28, 34), (40, 45))


@pytest.mark.parametrize("pace", ["fast", "slow"])
def test_jerked_belts_feign_the_moment_that_was_recorded(pace, recording):
    real = read_unloaded(recording(f"unloaded_belt_{pace}_100hz.txt"))
    real_fit, fit = fit_inertia(*real), fit_inertia(*simulate_unloaded(real[0], real[2]))
    slope = fit.moment_per_accel_nm_per_mps2
    assert slope == pytest.approx(real_fit.moment_per_accel_nm_per_mps2, rel=0.10)
    assert fit.residual_rms_nm == pytest.approx(real_fit.residual_rms_nm, rel=0.25)
    hz, real_psd = welch(real_fit.residual_nm, fs=100, nperseg=512)
    _, psd = welch(fit.residual_nm, fs=100, nperseg=512)
    for low_hz, high_hz in BANDS_HZ:
        band = (low_hz <= hz) & (hz < high_hz)
        assert 0.5 < np.sqrt(psd[band].mean() / real_psd[band].mean()) < 2, (low_hz, high_hz)


def test_a_good_treadmill_is_quieter_than_the_recorded_one():
    time_s = np.arange(0, 20, 0.01)
    speed_mps = 1.2 + 0.1 * np.sin(2 * np.pi * 1.0 * time_s)
    rough, good = (
        fit_inertia(*simulate_unloaded(time_s, speed_mps, grade=g)) for g in ("rough", "good")
    )
    assert good.residual_rms_nm < 0.5 * rough.residual_rms_nm
    assert good.moment_per_accel_nm_per_mps2 == pytest.approx(2.8, rel=0.1)
