"""Belts whose speed is noisy for minutes: seeded, of a known spectrum and size. Pure.

Gaussian accelerations are saturated, low-passed to what belts can follow, integrated and
high-passed. From the response of that chain to one impulse follow its own SD and those of its
derivatives, so that the SD asked for is met, and what belts must be able to do is known.

Source: Moore 2015, doi 10.7717/peerj.918; the low-pass is ours.
"""

from math import erfc, exp, pi, sqrt
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.base.limits import Limits
from rehabsim.training.sway import floored

STEP_S = 0.004
BLOCK_COUNT = 250
RESPONSE_S = 60.0
SPEEDS_MPS = (0.8, 1.2, 1.6)
SDS_MPS = (0.06, 0.12, 0.21)
CORNERS_RADPS = (8.9, 2.8, 1.7)
"""SD of the speed, and corner of the high-pass, at those speeds of walking."""

SATURATED_SD = 2.5
"""Of the accelerations that go in; 15 m/s² of 6."""

COUNTED_SD = 3.0
"""What belts must be able to do of the chain's speed, acceleration and jerk; 0.3 % are cut."""


class NoiseParams(Strict):
    """`[perturb.noise]` of a session: both belts' speed is noisy.

    Attributes:
        scale: Of the published SD.
        corner_hz: Above it belts are left in peace.
    """

    scale: Annotated[float, Field(gt=0, le=2)] = 1.0
    corner_hz: Annotated[float, Field(ge=0.5, le=20)] = 3.0


class Filter(NamedTuple):
    """The chain from accelerations to speed, for an SD of 1 m/s.

    Attributes:
        sections: Second-order sections, gain included.
        accel_sd: SD of its acceleration, m/s².
        jerk_sd: SD of its jerk, m/s³.
    """

    sections: npt.NDArray[np.float64]
    accel_sd: float
    jerk_sd: float


def usual_sd_mps(speed_mps: float) -> float:
    """Return the published SD at a speed; slower than all of those, in proportion."""
    return float(np.interp(speed_mps, (0.0, *SPEEDS_MPS), (0.0, *SDS_MPS)))


def saturated_sd(at: float) -> float:
    """Return the SD of standard normal numbers that are cut at plus and minus `at`."""
    beyond = erfc(at / sqrt(2)) / 2
    return sqrt(1 - 2 * beyond - 2 * at * exp(-at * at / 2) / sqrt(2 * pi) + 2 * at * at * beyond)


def make_filter(speed_mps: float, corner_hz: float | None, step_s: float = STEP_S) -> Filter:
    """Return the chain for walking at a speed.

    Args:
        speed_mps: Places the high-pass.
        corner_hz: Of the low-pass; None leaves it out.
        step_s: From one acceleration to the next.
    """
    from scipy.signal import bilinear, butter, sosfilt, tf2sos  # Only who has noise waits for it.

    corner_radps = float(np.interp(speed_mps, SPEEDS_MPS, CORNERS_RADPS))
    # An integrator and two corners below: what would drift is never summed up.
    band = [1.0, sqrt(2) * corner_radps, corner_radps**2]
    sections = tf2sos(*bilinear([1.0, 0.0], band, 1 / step_s))
    if corner_hz is not None:
        low = butter(2, corner_hz, fs=1 / step_s, output="sos")
        sections = np.concatenate([sections, low])
    impulse = np.zeros(round(RESPONSE_S / step_s))
    impulse[0] = saturated_sd(SATURATED_SD)
    response = sosfilt(sections, impulse)
    sd = float(np.sqrt(np.sum(response**2)))
    sections[0, :3] /= sd
    accel_sd, jerk_sd = (
        float(np.sqrt(np.sum(np.diff(response, order) ** 2))) / sd / step_s**order
        for order in (1, 2)
    )
    return Filter(sections, accel_sd, jerk_sd)


class Noise:
    """Numbers of SD 1, one each `STEP_S`, the same for one seed however they are asked for.

    Args:
        chain: That makes them.
        seed: Of the session.
    """

    def __init__(self, chain: Filter, seed: int) -> None:
        from scipy.signal import sosfilt  # Here, and not while belts move.

        self._sosfilt = sosfilt
        self._sections = chain.sections
        self._random = np.random.Generator(np.random.PCG64([seed, 0x6E6F6973]))
        self._memory = np.zeros((len(chain.sections), 2))
        self._block = np.zeros(0)
        self._first = 0

    def at(self, number: int) -> float:
        """Return a number by its place, from 0; never one from before the last block."""
        while number >= self._first + len(self._block):
            self._first += len(self._block)
            drawn = self._random.standard_normal(BLOCK_COUNT)
            drawn = np.clip(drawn, -SATURATED_SD, SATURATED_SD)
            self._block, self._memory = self._sosfilt(self._sections, drawn, zi=self._memory)
        return float(self._block[number - self._first])


class BeltNoise:
    """Noise on top of a speed, within what the belts may do.

    Args:
        params: How.
        speed_mps: Of walking, at the start of the session.
        limits: Of room and person.
        seed: Of the session.

    Attributes:
        part_mps: The noise now.
    """

    def __init__(self, params: NoiseParams, speed_mps: float, limits: Limits, seed: int) -> None:
        self.part_mps = 0.0
        self._params, self._limits = params, limits
        self._noise = Noise(make_filter(speed_mps, params.corner_hz), seed)
        self._elapsed_s = 0.0

    def sd_mps(self, speed_mps: float) -> float:
        """Return what is asked for at a speed."""
        return self._params.scale * usual_sd_mps(speed_mps)

    def step(self, speeds_mps: tuple[float, float], share: float, dt_s: float) -> None:
        """Go on.

        Args:
            speeds_mps: Of both belts without it.
            share: Of the SD, while it fades.
            dt_s: Since the step before.
        """
        self._elapsed_s += dt_s
        number = self._noise.at(round(self._elapsed_s / STEP_S))
        wanted_mps = share * self.sd_mps(sum(speeds_mps) / 2) * number
        most_mps = self._limits.max_accel_mps2 * dt_s
        part_mps = min(max(wanted_mps, self.part_mps - most_mps), self.part_mps + most_mps)
        room_mps = max(self._limits.max_speed_mps - max(speeds_mps), 0.0)
        self.part_mps = min(max(part_mps, -min(speeds_mps)), room_mps)


def why_no_noise(params: NoiseParams, speed_mps: float, limits: Limits) -> str:
    """Return why belts cannot be so noisy, with the numbers; empty where they can."""
    sd_mps = params.scale * usual_sd_mps(speed_mps)
    chain = make_filter(speed_mps, params.corner_hz)
    most_mps = COUNTED_SD * sd_mps
    checks = (
        (most_mps, limits.max_speed_mps - speed_mps, "runs belts {:.2f} m/s faster, and {:.2f} is"),
        (most_mps, speed_mps, "runs belts {:.2f} m/s slower, and {:.2f} is"),
        (most_mps * chain.accel_sd, limits.max_accel_mps2, "needs {:.2f} m/s², and {:g} is"),
        (most_mps * chain.jerk_sd, limits.max_jerk_mps3, "needs {:.1f} m/s³, and {:g} is"),
    )
    fits = min((params.scale * most / asked for asked, most, _ in checks if asked > 0), default=0.0)
    for asked, limit, words in checks:
        if asked > limit + 1e-9:
            return (
                f"of SD {sd_mps:.3f} m/s {words.format(asked, limit)} the limit, 3 SD counted;"
                f" a scale of {floored(fits)} fits"
            )
    return ""
