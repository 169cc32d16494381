"""How fast people walk on a slope, and what it costs them. Pure."""

from math import exp

from scenarios.hike_terrain import BRIDGE, MUD, STONES, Section

MIN_PACE_FRAC = 0.5
"""Of the pace on level ground: no slope or ground asks for less at sensitivity 1."""

HEAVY = {STONES: 1.2, BRIDGE: 1.2}
"""How many times the walking cost of firm ground these take; our choice, mud's is a parameter."""


def cost_jpkgm(slope: float) -> float:
    """Return the metabolic cost of walking on firm ground, J per kg and metre.

    Args:
        slope: Rise over run, held to the measured range of -0.45 to 0.45.

    Source: Minetti et al. 2002 (J Appl Physiol 93:1039), fitted curve.
    """
    i = min(max(slope, -0.45), 0.45)
    return ((((280.5 * i - 58.7) * i - 76.8) * i + 51.9) * i + 19.6) * i + 2.5


def pace_frac(slope: float, sensitivity: float, effort: float = 1.0) -> float:
    """Return the pace on a slope as a fraction of the pace on level, firm ground.

    Uphill it is the mean of what hikers do and of what constant power allows, downhill what hikers
    do; no faster than on level ground, since a treadmill does not help downhill.

    Args:
        slope: Rise over run.
        sensitivity: 0 keeps the pace, 1 is the whole effect, 2 twice that.
        effort: How many times the cost of firm ground this ground takes.

    Source: Tobler 1993 (NCGIA 93-1), hiking speed = 6 km/h * exp(-3.5 |slope + 0.05|); constant
    power on the cost of Minetti 2002.
    """
    hiker = exp(-3.5 * (abs(slope + 0.05) - 0.05))
    usual = 0.5 * (hiker + cost_jpkgm(0.0) / cost_jpkgm(slope)) if slope > 0 else min(hiker, 1.0)
    frac: float = max(usual / effort, MIN_PACE_FRAC) ** sensitivity
    return frac


def effort_at(section: Section, x_m: float, mud_effort: float) -> float:
    """Return how many times the cost of firm ground a place takes.

    Source: 1.8 for swampy ground, Pandolf et al. 1977 (J Appl Physiol 43:577).
    """
    heavy = mud_effort if section.kind == MUD else HEAVY.get(section.kind, 1.0)
    return 1.0 + section.part_at(x_m) * (heavy - 1.0)
