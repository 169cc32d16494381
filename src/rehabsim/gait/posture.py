"""The trunk, from an inertial unit on the lower back and, where there is one, another between
the shoulders: its angles, its sway, its sense of position, its answer to a sudden load.

Axes of a unit: x forward, y left, z up, fixed to it; it measures specific force, so that at rest
and upright z reads 9.81 m/s². Angles: pitch is positive forward (flexion), roll to the right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import nan

import numpy as np
from scipy.signal import butter, hilbert, lfilter, lfilter_zi, sosfiltfilt

from rehabsim.gait.frames import Doubles

BLEND_S = 2.0
"""The accelerometer is believed slowly and the gyroscope quickly; both meet here. Long against a
stride, so that walking does not tilt the trunk, and short against the drift of cheap gyroscopes."""

BASELINE_S = 0.5
ONSET_SD = 3.0
HOLD_S = 0.025
WINDOW_S = 0.4
"""A response is where a signal leaves its baseline for good, soon after the load."""

ANGLE_HZ = 5.0
HARMONIC_COUNT = 20
STRIDE_POINTS = 100


class TrunkAngle:
    """Pitch and roll of an inertial unit; the same for chunks of any length.

    Args:
        rate_hz: Samples per second.

    Source: first-order complementary filter (Mahony, Hamel & Pflimlin 2008 in the plane):
    angle = low-passed inclination + integrated rate, high-passed at the same time constant.
    """

    def __init__(self, rate_hz: float) -> None:
        keep = float(np.exp(-1 / (BLEND_S * rate_hz)))
        self._slow = ([1 - keep], [1.0, -keep])
        self._quick = ([keep / rate_hz], [1.0, -keep])
        self._slow_state: Doubles | None = None
        self._quick_state = np.zeros((1, 2))

    def take(self, accel_mps2: Doubles, gyro_radps: Doubles) -> Doubles:
        """Return (n, 2) pitch and roll, rad.

        Args:
            accel_mps2: (n, 3) specific force, n > 0.
            gyro_radps: (n, 3) rate of turn.
        """
        tilt_rad = inclination(accel_mps2)
        # A turn to the left about y lifts the back: that is pitch forward; about x, roll right.
        rate_radps = gyro_radps[:, [1, 0]]
        if self._slow_state is None:
            self._slow_state = lfilter_zi(*self._slow)[:, None] * tilt_rad[:1]
        slow_rad, self._slow_state = lfilter(*self._slow, tilt_rad, axis=0, zi=self._slow_state)
        quick_rad, self._quick_state = lfilter(
            *self._quick, rate_radps, axis=0, zi=self._quick_state
        )
        return np.asarray(slow_rad + quick_rad)


def inclination(accel_mps2: Doubles) -> Doubles:
    """Return (n, 2) pitch and roll in rad of a unit at rest, from gravity alone."""
    x, y, z = accel_mps2.T
    return np.stack([np.arctan2(-x, np.hypot(y, z)), np.arctan2(y, z)], axis=1)


@dataclass(frozen=True, slots=True)
class TrunkSway:
    """How a trunk moves while its person stands or walks.

    Attributes:
        rms_pitch_rad: Root mean square about the mean.
        rms_roll_rad: The same to the sides.
        range_pitch_rad: Greatest minus least.
        range_roll_rad: The same to the sides.
        mean_velocity_radps: Way of the angles over time.
    """

    rms_pitch_rad: float
    rms_roll_rad: float
    range_pitch_rad: float
    range_roll_rad: float
    mean_velocity_radps: float


def trunk_sway(angles_rad: Doubles, rate_hz: float) -> TrunkSway:
    """Return the sway of (n, 2) pitch and roll."""
    spread, span = angles_rad.std(axis=0), np.ptp(angles_rad, axis=0)
    way_rad = float(np.hypot(*np.diff(angles_rad, axis=0).T).sum())
    return TrunkSway(
        float(spread[0]),
        float(spread[1]),
        float(span[0]),
        float(span[1]),
        way_rad * rate_hz / len(angles_rad),
    )


@dataclass(frozen=True, slots=True)
class Reposition:
    """Errors in finding a position again.

    Attributes:
        n: Trials.
        constant_rad: Mean of reached minus shown: bias.
        absolute_rad: Mean of its size: accuracy.
        variable_rad: Standard deviation: consistency; NaN for one trial.
    """

    n: int
    constant_rad: float
    absolute_rad: float
    variable_rad: float


def reposition_error(shown_rad: Sequence[float], reached_rad: Sequence[float]) -> Reposition:
    """Return the errors of a lumbar reposition test.

    Raises:
        ValueError: There are no trials, or not as many reached as shown.

    Source: constant, absolute and variable error after Schutz & Roy 1973.
    """
    if not shown_rad or len(shown_rad) != len(reached_rad):
        raise ValueError(f"{len(shown_rad)} positions shown and {len(reached_rad)} reached")
    error = np.subtract(reached_rad, shown_rad)
    variable = float(error.std(ddof=1)) if len(error) > 1 else nan
    return Reposition(len(error), float(error.mean()), float(np.abs(error).mean()), variable)


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a sudden load.

    Attributes:
        latency_s: From the load to the signal's leaving its baseline; NaN if it did not.
        amplitude: Farthest from the baseline within the window, in the signal's unit.
        baseline: Mean before the load.
    """

    latency_s: float
    amplitude: float
    baseline: float


def response_to_load(signal: Doubles, rate_hz: float, at: int) -> Response:
    """Return latency and size of a response.

    Args:
        signal: (n,) of one sensor: an angular rate, an acceleration, an envelope.
        rate_hz: Samples per second.
        at: Sample of the load, half a second or more after the first.

    Raises:
        ValueError: There is no half second before the load.

    Source: three standard deviations of the baseline, held for 25 ms (Hodges & Bui 1996).
    """
    before = round(BASELINE_S * rate_hz)
    if at < before:
        raise ValueError(f"{at / rate_hz:.2f} s before the load, {BASELINE_S} s are needed")
    rest = signal[at - before : at]
    baseline, spread = float(rest.mean()), max(float(rest.std()), 1e-12)
    away = signal[at : at + round(WINDOW_S * rate_hz)] - baseline
    hold = max(round(HOLD_S * rate_hz), 1)
    is_out = np.convolve(np.abs(away) > ONSET_SD * spread, np.ones(hold), "valid") >= hold
    latency_s = float(np.argmax(is_out)) / rate_hz if is_out.any() else nan
    farthest = float(away[np.argmax(np.abs(away))]) if len(away) else nan
    return Response(latency_s, farthest, baseline)


@dataclass(frozen=True, slots=True)
class Coordination:
    """How two segments turn relative to each other; 0 together, pi opposite.

    Attributes:
        n: Strides.
        mean_phase_rad: Mean absolute relative phase.
        deviation_phase_rad: Spread of the phase from stride to stride, mean over the stride.
    """

    n: int
    mean_phase_rad: float
    deviation_phase_rad: float


def coordination(
    pelvis_rad: Doubles, thorax_rad: Doubles, rate_hz: float, strides: Sequence[int]
) -> Coordination:
    """Return the continuous relative phase of two angles over strides.

    Args:
        pelvis_rad: (n,) one angle of the pelvis, yaw mostly.
        thorax_rad: (n,) the same of the thorax.
        rate_hz: Samples per second.
        strides: Samples at which strides begin; one stride fewer.

    Raises:
        ValueError: Fewer than two strides.

    Source: phase by the Hilbert transform of mean-centred angles (Lamb & Stoeckl 2014), low-passed
    at 5 Hz; mean absolute relative phase and deviation phase after Stergiou et al. 2001.
    """
    if len(strides) < 3:
        raise ValueError(f"{max(len(strides) - 1, 0)} strides, two are needed")
    smooth = butter(2, ANGLE_HZ, fs=rate_hz, output="sos")
    phases = [
        np.angle(hilbert(sosfiltfilt(smooth, angle - angle.mean())))
        for angle in (pelvis_rad, thorax_rad)
    ]
    turned = np.exp(1j * (phases[1] - phases[0]))
    points = [
        np.linspace(a, b, STRIDE_POINTS, endpoint=False).astype(int) for a, b in pairwise(strides)
    ]
    of_strides = turned[np.array(points)]
    mean = of_strides.mean(axis=0)
    length = np.clip(np.abs(mean), 1e-12, 1.0)
    return Coordination(
        len(points),
        float(np.abs(np.angle(mean)).mean()),
        float(np.sqrt(-2 * np.log(length)).mean()),
    )


def harmonic_ratio(accel_mps2: Doubles, strides: Sequence[int], *, is_sideways: bool) -> float:
    """Return how smooth and rhythmic an acceleration is, mean over strides.

    Args:
        accel_mps2: (n,) along one axis.
        strides: Samples at which strides begin; one stride fewer.
        is_sideways: To the sides a stride swings once, so that odd harmonics are the rhythm;
            else it swings twice and the even ones are.

    Raises:
        ValueError: There is no stride, or one of fewer than 41 samples.

    Source: 20 harmonics, sums of amplitudes (Menz, Lord & Fitzpatrick 2003).
    """
    if len(strides) < 2:
        raise ValueError("no whole stride")
    ratios = []
    for first, last in pairwise(strides):
        if last - first <= 2 * HARMONIC_COUNT:
            raise ValueError(f"a stride of {last - first} samples, {2 * HARMONIC_COUNT + 1} needed")
        size = np.abs(np.fft.rfft(accel_mps2[first:last]))[1 : HARMONIC_COUNT + 1]
        odd, even = float(size[0::2].sum()), float(size[1::2].sum())
        ratios.append(odd / even if is_sideways else even / odd)
    return float(np.mean(ratios))
