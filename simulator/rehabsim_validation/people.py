"""What each patient's own measures are, over many seeds, beside those of the healthy."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rehabsim_sim.patients import patient
from rehabsim_validation.measures import gait, sway, symmetry
from rehabsim_validation.walk import Walk


class Published(NamedTuple):
    """What the literature says a group's measure does.

    Attributes:
        measure: Name in `measures`.
        words: The finding.
        low: Lowest difference from healthy that agrees with it.
        high: Highest.
        sure: "read" or "remembered".
    """

    measure: str
    words: str
    low: float
    high: float
    sure: str


INF = math.inf
PUBLISHED: dict[str, tuple[Published, ...]] = {
    "insufficient_core": (
        Published("speed_mps", "slower by 0.12 m/s (Smith 2022)", -0.25, -0.05, "read"),
        Published("stride_time_cv_pct", "more variable", 0.2, INF, "read, direction"),
        Published("sway_velocity_mm_per_s", "1.23 x (clinical test on foam)", 1.0, 5.0, "read"),
        Published("sway_area_mm2", "1.48 x (the same)", 40, 250, "read"),
    ),
    "excessive_core": (
        Published("speed_mps", "slower by 0.12 m/s", -0.3, -0.05, "read"),
        Published("step_length_m", "shorter by 2.5 cm and more", -0.15, -0.02, "read"),
        Published(
            "stride_time_cv_pct", "less complex, more regular", -INF, -0.2, "read, direction"
        ),
    ),
    "asymmetric_loading": (
        Published("stance_index_pct", "-5 to -15 %", -15, -5, "remembered"),
        Published("first_peak_index_pct", "-5 to -12 %", -12, -5, "remembered"),
        Published("left_load_pct", "40 to 46 % of the weight", -10, -4, "remembered"),
    ),
    "balance_loss": (
        Published("sway_velocity_mm_per_s", "larger (Ruhe 2010)", 2, 15, "read, direction"),
        Published("step_width_m", "wider", 0.01, 0.1, "remembered"),
        Published("stride_time_cv_pct", "more variable", 0.5, INF, "remembered"),
    ),
    "postural": (
        Published("left_load_pct", "off the middle by 3 to 6 %", 3, 6, "chosen"),
        Published("speed_mps", "slower by 0.12 m/s", -0.25, -0.05, "read"),
    ),
    "lumbar_fatigue": (Published("step_width_m", "wider when tired", 0.002, 0.05, "chosen"),),
    "hemiparetic": (
        Published("speed_mps", "0.4 to 0.8 m/s", -0.9, -0.4, "remembered"),
        Published("left_load_pct", "40 % of the weight on the weak leg", -14, -6, "remembered"),
        Published("step_length_index_pct", "weak step 10 to 20 % longer", 8, 25, "remembered"),
        Published("stance_index_pct", "weak stance 3 to 10 % shorter", -12, -2, "remembered"),
        Published("step_width_m", "wider by 2 to 8 cm", 0.02, 0.09, "remembered"),
        Published("stride_time_cv_pct", "3 to 6 %", 1.0, 5.0, "remembered"),
    ),
    "amputee": (
        Published("stance_index_pct", "prosthetic stance 3 to 6 % shorter", -7, -3, "remembered"),
        Published("step_length_index_pct", "prosthetic step 3 to 8 % longer", 2, 9, "remembered"),
        Published("second_peak_index_pct", "2nd peak 5 to 15 % lower", -15, -4, "remembered"),
        Published("step_width_m", "wider by 2 to 6 cm", 0.02, 0.07, "remembered"),
        Published("left_load_pct", "45 to 48 % of the weight", -6, -2, "remembered"),
    ),
}


def measure(case: tuple[str, int, float]) -> dict[str, float]:
    """Return the measures of one person: walking at their own speed, and standing.

    Args:
        case: Patient, seed, and how long to walk in s.
    """
    who, seed, duration_s = case
    traits = patient(who)
    rng = np.random.default_rng((seed, 7))
    # People of a group differ in the speed they like, by 0.1 m/s.
    speed_mps = max(traits.preferred_speed_mps + 0.1 * float(rng.standard_normal()), 0.3)
    walk = Walk(traits, seed).reach(speed_mps)
    if traits.fatigue_per_s > 0:
        walk.live(500, 20000)
    walk.forget().live(duration_s)
    stand = Walk(traits, seed).live(8).forget().live(60)
    return {"speed_mps": speed_mps, **gait(walk), **symmetry(walk), **sway(stand)}


class Effect(NamedTuple):
    """Hedges' g of a difference, with its 95 % confidence interval."""

    difference: float
    g: float
    low: float
    high: float


def effect(ill: Sequence[float], well: Sequence[float]) -> Effect:
    """Return how far two groups are apart, in pooled SD.

    Source: Hedges & Olkin 1985, with the small-sample correction.
    """
    a, b = np.asarray(ill), np.asarray(well)
    n, m = len(a), len(b)
    pooled = math.sqrt(((n - 1) * a.var(ddof=1) + (m - 1) * b.var(ddof=1)) / (n + m - 2))
    difference = float(a.mean() - b.mean())
    g = difference / (pooled + 1e-12) * (1 - 3 / (4 * (n + m) - 9))
    error = math.sqrt((n + m) / (n * m) + g * g / (2 * (n + m)))
    return Effect(difference, g, g - 1.96 * error, g + 1.96 * error)
