"""Published values that the simulated person is held against.

`sure` says how a value came here: "read" in the source named, or "remembered": usual in the
literature, to be checked before it is quoted elsewhere. A spread is the source's own where it
gives one; otherwise it is ours and called a tolerance.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Range = tuple[float, float]


@dataclass(frozen=True)
class Reference:
    """What a measure should be, by walking speed.

    Attributes:
        measure: Its name in `measures.gait`.
        unit: For the reader.
        source: Where it is from.
        sure: "read" or "remembered".
        at: Lowest and highest value at a speed in m/s, or None where nothing is known.
        digits: Decimals to show.
        scale: From the measure's unit to the shown one.
    """

    measure: str
    unit: str
    source: str
    sure: str
    at: Callable[[float], Range | None]
    digits: int = 2
    scale: float = 1.0


def _between(
    low: float, high: float, start: float = 0.0, end: float = 9.0
) -> Callable[[float], Range | None]:
    return lambda v: (low, high) if start <= v <= end else None


def _curve(
    speeds: list[float], values: list[float], tolerance: float
) -> Callable[[float], Range | None]:
    def at(v: float) -> Range | None:
        if not speeds[0] - 1e-6 <= v <= speeds[-1] + 1e-6:
            return None
        middle = float(np.interp(v, speeds, values))
        return middle - tolerance, middle + tolerance

    return at


def _cadence(v: float) -> Range | None:
    """From a walk ratio of 0.0055 to 0.0070 m/(steps/min), which is constant above 1 m/s."""
    return ((60 * v / 0.0070) ** 0.5, (60 * v / 0.0055) ** 0.5)


_PATAKY = [0.8, 1.0, 1.2, 1.4, 1.6, 1.8]
_KIRTLEY = "Kirtley 1985, overground: 64.2 - 3.5 v, ± 2.5 (tolerance)"

STEADY: tuple[Reference, ...] = (
    Reference("mean_force_bw", "BW", "Newton, ± 1 %", "read", _between(0.99, 1.01), 3),
    Reference(
        "first_peak_bw",
        "BW",
        "Pataky 2008, 600 trials overground, ± 0.10 (tolerance)",
        "read",
        _curve(_PATAKY, [1.10, 1.06, 1.11, 1.18, 1.30, 1.35], 0.10),
    ),
    Reference(
        "trough_bw",
        "BW",
        "the same, ± 0.10 (tolerance)",
        "read",
        _curve(_PATAKY, [0.87, 0.86, 0.79, 0.70, 0.61, 0.54], 0.10),
    ),
    Reference(
        "second_peak_bw",
        "BW",
        "the same less 0.05 to 0.12 on treadmills, ± 0.07 (tolerance)",
        "read; the difference remembered",
        _curve(_PATAKY, [1.065, 1.095, 1.135, 1.165, 1.185, 1.195], 0.105),
    ),
    Reference(
        "first_peak_at_pct",
        "% stance",
        "Pataky 2008, ± 4 (tolerance)",
        "read",
        _curve(_PATAKY, [26, 26, 23, 21, 19, 20], 4),
        0,
    ),
    Reference("second_peak_at_pct", "% stance", "the same, 72 to 80", "read", _between(72, 80), 0),
    Reference(
        "braking_bw",
        "BW",
        "usual values, ± 0.04 (tolerance)",
        "remembered",
        _curve([1.0, 1.4, 1.8], [-0.15, -0.20, -0.28], 0.04),
        3,
    ),
    Reference(
        "propulsion_bw",
        "BW",
        "usual values, ± 0.04 (tolerance)",
        "remembered",
        _curve([1.0, 1.4, 1.8], [0.16, 0.21, 0.27], 0.04),
        3,
    ),
    Reference("mean_shear_bw", "BW", "Newton, level", "read", _between(-0.003, 0.003), 4),
    Reference("sideways_bw", "BW", "usual values", "remembered", _between(0.04, 0.08, 0.8), 3),
    Reference(
        "loading_rate_bw_per_s",
        "BW/s",
        "usual values at 1.2 to 1.6 m/s",
        "remembered",
        _between(6, 12, 1.19, 1.61),
        1,
    ),
    Reference(
        "first_peak_cv_pct", "%", "Masani 2002 and usual values", "remembered", _between(2, 4), 1
    ),
    Reference(
        "cadence_spm",
        "steps/min",
        "Murakami & Otaka 2017: walk ratio 0.0065, here 0.0055 to 0.0070",
        "read",
        lambda v: _cadence(v) if v >= 0.99 else None,
        0,
    ),
    Reference(
        "step_length_m",
        "m",
        "Reed 2013: stride 1.19 to 1.28 m at 1.10 to 1.24 m/s, ± 2 SD",
        "read",
        _between(0.56, 0.68, 1.1, 1.24),
        3,
    ),
    Reference(
        "step_width_m",
        "m",
        "usual 0.09 to 0.13 on one belt, 0.04 wider on two (Altman 2012)",
        "remembered",
        _between(0.09, 0.17),
        3,
    ),
    Reference(
        "step_width_sd_m", "mm", "usual values", "remembered", _between(0.015, 0.025), 0, 1000
    ),
    Reference(
        "stance_pct", "% stride", _KIRTLEY, "read", lambda v: (61.7 - 3.5 * v, 66.7 - 3.5 * v), 1
    ),
    Reference(
        "double_support_pct",
        "% stride",
        "from the same: 28.4 - 7 v, ± 5",
        "read",
        lambda v: (23.4 - 7 * v, 33.4 - 7 * v),
        1,
    ),
    Reference(
        "stride_time_cv_pct",
        "%",
        "1.5 to 2.5, and up with the square below 0.8 m/s (Beauchet 2009)",
        "read",
        lambda v: (1.5, 2.5) if v >= 0.79 else (1.5, 5.0),
        2,
    ),
    Reference(
        "stride_time_dfa", "", "0.7 to 0.9 (Hausdorff; Terrier)", "remembered", _between(0.65, 0.95)
    ),
    Reference(
        "stride_length_dfa",
        "",
        "Dingwell & Cusumano 2010: far above 0.5",
        "read",
        _between(0.6, 1.0),
    ),
    Reference(
        "stride_speed_dfa",
        "",
        "Dingwell & Cusumano 2010: slightly below 0.5, here 0.35 to 0.55",
        "read",
        _between(0.35, 0.55),
    ),
    Reference(
        "com_up_down_m",
        "mm",
        "Orendurff 2004: 27 at 0.7, 48 at 1.6 m/s, ± 8 (tolerance)",
        "remembered",
        _curve([0.7, 1.0, 1.2, 1.6], [0.027, 0.034, 0.039, 0.048], 0.008),
        0,
        1000,
    ),
    Reference(
        "com_side_to_side_m",
        "mm",
        "Orendurff 2004: 70 ± 13 at 0.7, 39 ± 14 at 1.6 m/s",
        "remembered",
        _curve([0.7, 1.6], [0.070, 0.039], 0.0135),
        0,
        1000,
    ),
)

BEFORE: dict[str, tuple[str, str]] = {
    "com_side_to_side_m": ("prototype, mm at 0.8, 1.2, 1.6 m/s", "46, 34, 27"),
    "stride_speed_dfa": ("prototype", "0.10 to 0.30"),
}
"""What the prototype of the walker had, where it was known to miss."""
