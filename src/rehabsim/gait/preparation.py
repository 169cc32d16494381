"""Guided checks before a session: plates zeroed, person weighed, plates and feet told apart.

Each looks at about a second of frames and answers in one sentence: done, with the numbers, or
refused, with the numbers and what to do.
"""

from math import isfinite
from typing import Literal, NamedTuple

import numpy as np

from rehabsim.gait.balance import GRAVITY_MPS2
from rehabsim.gait.feet import SIDES
from rehabsim.gait.frames import Doubles

Check = Literal["zero_plates", "weigh", "check_left", "check_right"]
CHECKS: tuple[Check, ...] = ("zero_plates", "weigh", "check_left", "check_right")

LOOK_S = 1.0
MAX_EMPTY_N = 30.0
"""A plate that has moved further than this from its last zero may bear something."""

MAX_BARE_N = 90.0
"""Before the first zero a plate may be off further, but by less than a light person who stands on
both: one who stands still cannot be told from an offset."""

STEADY_N = 10.0
"""Standard deviation of the vertical force of a plate that nothing touches."""

STUCK_N = 1e-3
"""Standard deviation of the vertical force under a person: with less, the plate is not alive."""

STILL_FRAC = 0.02
"""Standard deviation over mean of the weight of someone who stands still."""

PERSON_KG = (20.0, 250.0)
OWN_FRAC, OTHER_FRAC = 0.85, 0.10
BOTH_FRAC = 0.05
"""Of the weight: with less on a plate nobody stands on both."""


class Verdict(NamedTuple):
    """What a check found.

    Attributes:
        check: Which.
        is_done: Whether it did what was asked.
        text: One sentence for people.
        values: The numbers in it.
        zero: (12,) to be added to the plates' zero; None unless they were zeroed.
        weight_n: Body weight; None unless someone was weighed.
    """

    check: Check
    is_done: bool
    text: str
    values: dict[str, float]
    zero: Doubles | None = None
    weight_n: float | None = None


def judge(check: Check, wrench: Doubles, *, has_zero: bool) -> Verdict:
    """Return what about a second of frames says.

    Args:
        check: What was asked.
        wrench: (k, 12) frames, zeroed as now.
        has_zero: The plates were zeroed before; else they may be far off.
    """
    forces_n = wrench[:, 2::6]
    if len(wrench) < 2 or not np.isfinite(forces_n).all():
        return Verdict(check, False, "Plates: no vertical force arrives; check the plates.", {})
    mean_n, spread_n = forces_n.mean(axis=0), forces_n.std(axis=0)
    if check == "zero_plates":
        return _zero(wrench, mean_n, spread_n, MAX_EMPTY_N if has_zero else MAX_BARE_N)
    if check == "weigh":
        return _stuck(check, (0, 1), mean_n, spread_n) or _weigh(forces_n)
    own = 0 if check == "check_left" else 1
    return _stuck(check, (own,), mean_n, spread_n) or _side(check, own, mean_n)


def _zero(wrench: Doubles, mean_n: Doubles, spread_n: Doubles, most_n: float) -> Verdict:
    values = _values(mean_n)
    for side, now_n, moving_n in zip(SIDES, mean_n, spread_n, strict=True):
        if abs(now_n) > most_n:
            text = (
                f"Not zeroed: the {side} plate bears {now_n:z.0f} N, limit {most_n:z.0f} N. Clear"
                " both plates and zero again."
            )
            return Verdict("zero_plates", False, text, values)
        if moving_n > STEADY_N:
            text = (
                f"Not zeroed: the {side} plate's force moves by {moving_n:z.0f} N, limit"
                f" {STEADY_N:z.0f} N. Keep off the plates and stop the belts."
            )
            return Verdict("zero_plates", False, text, values)
    text = f"Plates zeroed: left by {mean_n[0]:z.1f} N, right by {mean_n[1]:z.1f} N."
    zero = np.nan_to_num(wrench.mean(axis=0), nan=0.0)
    return Verdict("zero_plates", True, text, values, zero=zero)


def _stuck(
    check: Check, plates: tuple[int, ...], mean_n: Doubles, spread_n: Doubles
) -> Verdict | None:
    """Return a refusal if one of the plates that should bear a person says one number only."""
    for plate in plates:
        if spread_n[plate] < STUCK_N:
            text = (
                f"The {SIDES[plate]} plate says {mean_n[plate]:z.0f} N all the time: it is dead or"
                " at the end of its range. Check its cable and its amplifier."
            )
            return Verdict(check, False, text, _values(mean_n))
    return None


def _values(mean_n: Doubles) -> dict[str, float]:
    return {"left_fz_n": float(mean_n[0]), "right_fz_n": float(mean_n[1])}


def _weigh(forces_n: Doubles) -> Verdict:
    total_n = forces_n.sum(axis=1)
    weight_n, spread_n = float(total_n.mean()), float(total_n.std())
    mass_kg = weight_n / GRAVITY_MPS2
    values = {"body_weight_n": weight_n, "spread_n": spread_n}
    low_kg, high_kg = PERSON_KG
    if not low_kg <= mass_kg <= high_kg:
        text = (
            f"Not weighed: the plates bear {mass_kg:z.1f} kg, a person has {low_kg:z.0f} to"
            f" {high_kg:z.0f} kg. Stand on both plates."
        )
        return Verdict("weigh", False, text, values)
    for side, mean_n in zip(SIDES, forces_n.mean(axis=0), strict=True):
        if mean_n < BOTH_FRAC * weight_n:
            text = (
                f"Not weighed: the {side} plate bears {mean_n:z.0f} of {weight_n:z.0f} N. Stand on"
                " both plates."
            )
            return Verdict("weigh", False, text, values)
    if spread_n > STILL_FRAC * weight_n:
        text = (
            f"Not weighed: the weight moves by {spread_n:z.0f} N, limit"
            f" {STILL_FRAC * weight_n:z.0f} N. Stand still and weigh again."
        )
        return Verdict("weigh", False, text, values)
    return Verdict("weigh", True, f"Weighed: {mass_kg:z.1f} kg.", values, weight_n=weight_n)


def _side(check: Check, own: int, mean_n: Doubles) -> Verdict:
    side, other = SIDES[own], SIDES[1 - own]
    own_n, other_n = float(mean_n[own]), float(mean_n[1 - own])
    values = _values(mean_n)
    least_n, most_n = (mass_kg * GRAVITY_MPS2 for mass_kg in PERSON_KG)
    for name, force_n in ((side, own_n), (other, other_n)):
        if force_n < -least_n:
            text = (
                f"The {name} plate says {force_n:z.0f} N under a person: its sign is flipped. Turn"
                " it round in the site file."
            )
            return Verdict(check, False, text, values)
    total_n = own_n + other_n
    if not (isfinite(total_n) and total_n > least_n):
        text = f"Nobody stands on the plates: {total_n:z.0f} N. Stand on the {side} one, both feet."
        return Verdict(check, False, text, values)
    if total_n > most_n:
        text = (
            f"The plates bear {total_n:z.0f} N, no person does. Check their range and their zero."
        )
        return Verdict(check, False, text, values)
    if other_n > OWN_FRAC * total_n and abs(own_n) < OTHER_FRAC * total_n:
        text = (
            f"Plates are swapped: the {other} one bears {other_n:z.0f} of {total_n:z.0f} N while"
            f" the person stands on the {side} one. Swap the plates in the site file."
        )
        return Verdict(check, False, text, values)
    if own_n < OWN_FRAC * total_n:
        text = (
            f"The {side} plate bears {100 * own_n / total_n:z.0f} % of {total_n:z.0f} N, it should"
            f" be {100 * OWN_FRAC:z.0f} % or more. Stand on it with both feet."
        )
        return Verdict(check, False, text, values)
    text = f"The {side} plate is the {side} one: {own_n:z.0f} of {total_n:z.0f} N."
    return Verdict(check, True, text, values)
