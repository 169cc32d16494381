"""Sudden load: a small push that nobody can foresee, and how the feet answer.

The platform pushes forward or back; without one both belts push, to the back only. Time counts
from when belts move as measured, or from when the platform was told. Plates that a platform shakes
feel their own weight, so there only the recovery counts, which ends after the deck rests.

Source: own definitions, after surface translations in standing: peak of the centre of pressure
under the feet, and recovery once it stays within three standard deviations of quiet standing, or
10 mm, to the end of the trial.
"""

from dataclasses import dataclass, replace
from math import isfinite, nan

import numpy as np

from rehabsim.base.records import PlatformWish, Pose, Wish
from rehabsim.gait.frames import Doubles
from rehabsim.training.scenario import Try
from scenarios.balance_params import BalanceParams
from scenarios.balance_trial import (
    RATE_HZ,
    REST,
    Exam,
    Phase,
    Recording,
    Stage,
    Verdict,
    known,
)

WAIT_S = (3.0, 6.0)
"""By chance; the keeper lets 3 s pass between two perturbations."""

ACCEL_MPS2 = 2.0
BRISK_S = 0.5
"""How long the platform is asked to move as in a perturbation."""

BASELINE_S = 1.0
BAND_SD, MIN_BAND_M = 3.0, 0.01
STAYS_S = 0.5
MOVED_FRAC = 0.1
"""Of the belts' speed: they have begun to push."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How the centre of pressure answers; NaN where it does not.

    Attributes:
        peak_s: From the load to the farthest point.
        peak_m: How far, from quiet standing, positive forward.
        recovery_s: From the load until it stays within the band of quiet standing.
    """

    peak_s: float
    peak_m: float
    recovery_s: float


def answer_to_push(cop_x_m: Doubles, rate_hz: float, at: int) -> Answer:
    """Return what one push does.

    Args:
        cop_x_m: (n,) seen from the feet, from quiet standing to the end of the trial.
        rate_hz: Samples per second.
        at: Sample of the load.

    Raises:
        ValueError: There is too little before the load or after it.
    """
    least = round(BASELINE_S * rate_hz)
    if at < least or len(cop_x_m) - at < least:
        raise ValueError(f"{at} samples before the load and {len(cop_x_m) - at} after it")
    rest = cop_x_m[at - least : at]
    band_m = max(BAND_SD * float(rest.std()), MIN_BAND_M)
    away_m = cop_x_m[at:] - rest.mean()
    is_out = np.abs(away_m) > band_m
    if not is_out.any():
        return Answer(nan, nan, 0.0)
    peak = int(np.argmax(np.abs(away_m)))
    back = int(np.flatnonzero(is_out)[-1]) + 1
    has_recovered = len(away_m) - back >= STAYS_S * rate_hz
    return Answer(peak / rate_hz, float(away_m[peak]), back / rate_hz if has_recovered else nan)


class SuddenLoad(Exam):
    """Stands, is pushed, and stands again."""

    ends_with_step = True
    sets_up_each = True

    def __init__(self, params: BalanceParams, random: np.random.Generator) -> None:
        self.trial_count = params.trial_count
        self._wait_s = random.uniform(*WAIT_S, params.trial_count).tolist()
        self._signs = random.choice([-1.0, 1.0], params.trial_count).tolist()
        self._found: list[Answer] = []
        self._stepped_count = 0

    def stages(self, index: int, params: BalanceParams) -> tuple[Stage, ...]:
        """Return: wait, be pushed."""
        return (
            Stage(Phase.READY, self._wait_s[index]),
            Stage(Phase.GO, params.watch_s, is_push=True),
        )

    def push(self, index: int, t_s: float, params: BalanceParams) -> tuple[Wish, PlatformWish]:
        """Return the push of platform or belts."""
        if params.has_platform:
            pose = Pose(x_m=self._signs[index] * params.pulse_m)
            return REST, PlatformWish(pose, is_perturbing=t_s < BRISK_S)
        rise_s = params.pulse_mps / ACCEL_MPS2
        left_s = 2 * rise_s + params.pulse_hold_s - t_s
        if left_s <= 0:
            return REST, PlatformWish(Pose())
        speed_mps = params.pulse_mps * min(t_s / rise_s, 1.0, left_s / rise_s)
        return Wish(speed_mps, speed_mps, is_perturbation=True), PlatformWish(Pose())

    def judge(self, index: int, recording: Recording, params: BalanceParams) -> Verdict:
        """Return when the answer peaks, and when it is over."""
        at, _ = recording.span(Phase.GO)
        if not params.has_platform:
            is_moved = recording.column("belt_mps")[at:] > MOVED_FRAC * params.pulse_mps
            if not is_moved.any():
                raise ValueError("the belts did not push")
            at += int(np.argmax(is_moved))
        # Belts carry the feet back; what is left is the pressure under them.
        under_m = recording.column("cop_x_m") + recording.column("way_m")
        found = answer_to_push(under_m, RATE_HZ, at)
        if params.has_platform:
            found = replace(found, peak_s=nan, peak_m=nan)
        self._found.append(found)
        is_over = isfinite(found.recovery_s)
        values = known(_values(found))
        error_frac = found.recovery_s / params.watch_s
        task = Try(is_success=is_over, error_frac=error_frac)
        if found.recovery_s == 0:
            return Verdict("hardly an answer", values, task)
        end = f"over after {found.recovery_s:.2f} s" if is_over else "not over in time"
        if params.has_platform:
            return Verdict(end, values, task)
        text = (
            f"peak {1000 * abs(found.peak_m):.0f} mm"
            f" {'forward' if found.peak_m > 0 else 'backward'} after {found.peak_s:.2f} s, {end}"
        )
        return Verdict(text, values, task)

    def fail(self, index: int) -> None:
        """Count it."""
        self._stepped_count += 1

    def summary(self, params: BalanceParams) -> tuple[str, dict[str, float]]:
        """Return the means over all pushes."""
        values = {"push_count": float(len(self._found)), "step_count": float(self._stepped_count)}
        for name in ("peak_s", "peak_size_m", "recovery_s"):
            found = [v[name] for v in map(_values, self._found) if isfinite(v[name])]
            values[name] = float(np.mean(found)) if found else nan
        text = f"Sudden load: {len(self._found)} pushes answered standing"
        if isfinite(values["peak_s"]):
            text += (
                f", peak {1000 * values['peak_size_m']:.0f} mm after {values['peak_s']:.2f} s on"
                " average"
            )
        if isfinite(values["recovery_s"]):
            text += f", over after {values['recovery_s']:.2f} s"
        return f"{text}; {self._stepped_count} with a step or a fall.", known(values)


def _values(found: Answer) -> dict[str, float]:
    return {
        "peak_s": found.peak_s,
        "peak_m": found.peak_m,
        "peak_size_m": abs(found.peak_m),
        "recovery_s": found.recovery_s,
    }
