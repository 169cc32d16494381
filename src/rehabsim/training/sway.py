"""Sway that nobody can foretell: a sum of sines for the deck or the picture. Pure.

Source: McAndrew, Dingwell and Wilken 2010, J Biomech 43:1470.
"""

from math import copysign, cos, pi, sin, tau
from typing import Annotated, Literal

from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.base.limits import PlatformLimits

SINES = ((1.0, 0.16), (0.8, 0.21), (1.4, 0.24), (0.5, 0.49))
"""Part of the amplitude, and Hz; all of it comes again after 100 s."""

RMS = (sum(part * part for part, _ in SINES) / 2) ** 0.5
PEAK, PEAK_PER_S, PEAK_PER_S2 = 3.37, 5.91, 10.5
"""Of the sum and its first two derivatives, for an amplitude of 1, while it fades too."""

FADE_S = 5.0


class SwayParams(Strict):
    """`[perturb.sway]` of a session: the deck sways.

    Attributes:
        amplitude_m: Of the sum; the deck goes up to 3.37 times as far.
        axis: Along which.
    """

    amplitude_m: Annotated[float, Field(gt=0, le=0.15)]
    axis: Literal["lateral"] = "lateral"


class VisualParams(Strict):
    """`[perturb.visual]` of a session: the world on the display sways to the side.

    Attributes:
        amplitude_m: Of the sum; published work uses 0.2 to 0.5.
    """

    amplitude_m: Annotated[float, Field(gt=0, le=0.5)]


def sway(t_s: float) -> float:
    """Return the sum of sines for an amplitude of 1."""
    return sum(part * sin(tau * rate_hz * t_s) for part, rate_hz in SINES)


class Fade:
    """How far something has come in, from 0 to 1, as time goes.

    Attributes:
        frac: Of the way, even in time.
    """

    def __init__(self) -> None:
        self.frac = 0.0

    def step(self, dt_s: float, *, is_on: bool) -> None:
        """Come in, or go out."""
        step = dt_s / FADE_S
        self.frac = min(self.frac + step, 1.0) if is_on else max(self.frac - step, 0.0)

    @property
    def cosine(self) -> float:
        """Its share, without a corner at either end."""
        return (1 - cos(pi * self.frac)) / 2

    @property
    def quadratic(self) -> float:
        """Its share, without a corner at the beginning."""
        return self.frac**2


def led(place: float, rate: float, brake: float, dt_s: float) -> float:
    """Return the wish at which the keeper's set point takes up a rate.

    A set point goes as fast as it could still stop before the wish; so who wants it to move must
    wish for a place that is so far ahead.

    Args:
        place: Where the set point is, m or rad.
        rate: That it should take up, m/s or rad/s.
        brake: The room's `max_accel` for that axis.
        dt_s: Of a tick.
    """
    return place + copysign(rate * rate / (2 * brake), rate) + rate * dt_s


def why_no_sway(params: SwayParams, limits: PlatformLimits | None) -> str:
    """Return why the deck cannot sway so, with the numbers; empty where it can."""
    if limits is None:
        return "needs a platform, and this room has none"
    a_m = params.amplitude_m
    for each, limit, words in (
        (PEAK, limits.max_y_m, "goes {:.3f} m to the side, limit {:g}"),
        (PEAK_PER_S, limits.max_speed_mps, "moves at {:.2f} m/s, limit {:g}"),
        (PEAK_PER_S2, limits.max_accel_mps2, "accelerates at {:.2f} m/s², limit {:g}"),
    ):
        if each * a_m > limit + 1e-9:
            most_m = min(limits.max_y_m / PEAK, limits.max_speed_mps / PEAK_PER_S)
            most_m = min(most_m, limits.max_accel_mps2 / PEAK_PER_S2)
            return f"{words.format(each * a_m, limit)}; an amplitude of {floored(most_m)} m fits"
    return ""


def floored(value: float, digits: int = 3) -> str:
    """Return a number that is not above the value, for people."""
    return f"{int(value * 10**digits) / 10**digits:g}"
