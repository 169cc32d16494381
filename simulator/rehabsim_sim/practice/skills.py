"""What can be learned, which traits follow it, and how far: the ceiling of each. Pure.

A skill moves a trait by a part of the way from what this person is like to a healthy adult. Parts
are design choices, all below 1: nobody becomes another. A trait that stands in no skill does not
heal: an ankle is as strong as it is, a prosthesis has none, and reflexes of the muscle stay.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal

from rehabsim_sim.practice.laws import Memory
from rehabsim_sim.traits import Traits

HEALTHY = Traits()

Which = Literal["both", "too_high", "too_low"]

BETWEEN_VISITS = frozenset(
    {"ankle_gain", "ankle_delay_s", "walk_ratio_m_per_spm", "step_time_alpha"}
)
"""Traits of which a walk is made before it begins: they follow at the next visit."""

PUSH_PER_ANKLE = 0.4
"""Push-off that is lost for good per part of the ankle that is: of a weak leg some comes back, a
foot without a muscle never gains any. A design choice."""


@dataclass(frozen=True)
class Skill:
    """Something that can be learned.

    Attributes:
        parts: By trait: of the way to a healthy adult, how much full skill makes good.
        which: Only traits above, or below, those of a healthy adult move; or both.
    """

    parts: Mapping[str, float]
    which: Which = "both"


SKILLS: dict[str, Skill] = {
    # Stepping in time when balance is lost. Source: what slips train is to recover; ordinary
    # walking changes little by it (PMC8576267).
    "recovery": Skill(
        {
            "plan_ahead_s": 0.6,
            "hurry_delay_s": 0.6,
            "min_hurry_frac": 0.8,
            "min_step_m": 0.8,
            "max_step_m": 0.8,
            "ankle_gain": 0.5,
            "ankle_delay_s": 0.5,
        }
    ),
    # Landing where one means to although the ground is not quiet.
    "steadiness": Skill(
        {
            "place_noise_x_m": 0.6,
            "place_noise_y_m": 0.6,
            "sense_noise_m": 0.5,
            "step_time_noise_frac": 0.5,
            "step_width_m": 0.5,
        },
        "too_high",
    ),
    # Daring to lean as far as one can. Source: 75 to 85 % of the limits of stability are reached
    # at first and 90 to 100 % in the end.
    "reach": Skill({"reach_frac": 0.7, "reach_mps": 0.7, "stance_gain": 0.6}),
    # Bringing the weight where a picture asks for it.
    "aim": Skill(
        {"target_error_m": 0.7, "aim_noise_frac": 0.7, "aim_gain": 0.7, "visual_delay_s": 0.3}
    ),
    # Standing quietly far from the middle.
    "stillness": Skill(
        {
            "stance_delay_s": 0.5,
            "wander_x_m": 0.6,
            "wander_y_m": 0.6,
            "feel_x_m": 0.5,
            "feel_y_m": 0.5,
        },
        "too_high",
    ),
    # Bearing as much, and as long, on either leg.
    "evenness": Skill(
        {
            "step_time_asymmetry_frac": 0.7,
            "force_asymmetry_frac": 0.7,
            "step_asymmetry_frac": 0.5,
            "stance_asymmetry_frac": 0.3,
        }
    ),
    # Knowing where the middle is.
    "middle": Skill(
        {
            "cop_offset_y_m": 0.7,
            "lean_x_m": 0.6,
            "stance_asymmetry_frac": 0.5,
            "wander_time_s": 0.5,
        }
    ),
    # Letting go: steps that are too much alike, and too short, become freer.
    "ease": Skill(
        {
            "step_time_noise_frac": 0.6,
            "step_time_alpha": 0.6,
            "place_noise_x_m": 0.6,
            "place_noise_y_m": 0.6,
            "walk_ratio_m_per_spm": 0.4,
        },
        "too_low",
    ),
    # Walking fast: a quarter of the missing speed (0.15 m/s in someone at 0.65 m/s: trials of
    # treadmill training after a stroke gain 0.05 to 0.15 m/s, remembered), and staying power.
    "pace": Skill({"preferred_speed_mps": 0.25, "left_push_loss_frac": 1.0, "fatigue_per_s": 0.5}),
}


def reachable(own: Traits, name: str) -> float:
    """Return the value of a trait towards which practice moves it: a healthy adult's, mostly."""
    healthy: float = getattr(HEALTHY, name)
    if name == "left_push_loss_frac":
        return min(own.left_push_loss_frac, PUSH_PER_ANKLE * (1 - own.left_ankle_frac))
    return healthy


def practised(own: Traits, memories: Mapping[str, Memory]) -> Traits:
    """Return what a person is like with what they have learned.

    Args:
        own: What they were like before they learned anything.
        memories: By the names of `SKILLS`; what is not there has not been learned.
    """
    left: dict[str, float] = {}
    for name, skill in SKILLS.items():
        known = memories.get(name)
        if known is None or known.skill == 0:
            continue
        for trait, part in skill.parts.items():
            if _moves(own, trait, skill.which):
                left[trait] = left.get(trait, 1.0) * (1 - part * known.skill)
    changed = {}
    for trait, still in left.items():
        goal, now = reachable(own, trait), getattr(own, trait)
        changed[trait] = goal + still * (now - goal)
    return replace(own, **changed) if changed else own


def within_visit(begun: Traits, now: Traits) -> Traits:
    """Return `now`, with the traits that a walk was begun with as they were then."""
    return replace(now, **{name: getattr(begun, name) for name in BETWEEN_VISITS})


def differing(one: Traits, other: Traits) -> list[str]:
    """Return the names of the traits in which two people differ."""
    return [f.name for f in fields(Traits) if getattr(one, f.name) != getattr(other, f.name)]


def _moves(own: Traits, trait: str, which: Which) -> bool:
    now: float = getattr(own, trait)
    goal = reachable(own, trait)
    if which == "too_high":
        return now > goal
    if which == "too_low":
        return now < goal
    return now != goal
