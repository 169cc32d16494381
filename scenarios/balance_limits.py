"""Limits of stability: eight leans as far as possible, without a step.

Source: the clinical test: eight targets 45 degrees apart, clockwise from the front, 8 s each;
reaction time, movement velocity, endpoint and maximum excursion, directional control.
"""

from math import cos, degrees, pi, sin

import numpy as np

from rehabsim.gait.stability_limits import Excursion, excursion_of, limit_m
from rehabsim.training.scenario import Try
from scenarios.balance_params import BalanceParams
from scenarios.balance_trial import (
    RATE_HZ,
    Exam,
    Phase,
    Place,
    Recording,
    Stage,
    Verdict,
    known,
)

HOME_S, HELD_S = 10.0, 1.0
READY_S = (1.0, 2.0)
"""Of quiet before the signal, by chance, so that nobody can tell when it comes."""

NAMES = (
    *("forward", "forward right", "right", "backward right"),
    *("backward", "backward left", "left", "forward left"),
)


class LimitsOfStability(Exam):
    """Leans to eight targets in turn."""

    ends_with_step = False  # Leaning far to a side unloads a foot, which looks like one.
    sets_up_each = False

    def __init__(self, params: BalanceParams, random: np.random.Generator) -> None:
        self.trial_count = len(NAMES) * params.round_count
        self._ready_s = random.uniform(*READY_S, self.trial_count).tolist()
        self._found: list[Excursion] = []

    def stages(self, index: int, params: BalanceParams) -> tuple[Stage, ...]:
        """Return: to the middle, wait there, lean."""
        return (
            Stage(Phase.HOME, HOME_S, HELD_S, "home", is_aim_shown=True, is_cog_shown=True),
            Stage(
                Phase.READY, self._ready_s[index], 0, "home", is_aim_shown=True, is_cog_shown=True
            ),
            Stage(Phase.GO, params.limits_s, 0, "goal", is_aim_shown=True, is_cog_shown=True),
        )

    def goal_m(self, index: int, params: BalanceParams, home_m: Place) -> Place:
        """Return the target's middle."""
        direction_rad = direction_of(index)
        reach_m = params.reach_frac * limit_m(direction_rad, params.body_height_m)
        x_m, y_m = home_m
        return x_m + reach_m * cos(direction_rad), y_m + reach_m * sin(direction_rad)

    def judge(self, index: int, recording: Recording, params: BalanceParams) -> Verdict:
        """Return the five measures of one lean."""
        since, go = recording.span(Phase.READY)
        found = excursion_of(
            recording.cog_m()[since:],
            RATE_HZ,
            go - since,
            direction_of(index),
            body_height_m=params.body_height_m,
        )
        self._found.append(found)
        error_frac = recording.nearest_m / params.target_radius_m
        name = NAMES[index % len(NAMES)]
        values = known(_values(found) | {"direction_rad": direction_of(index)})
        if "endpoint_frac" not in values:
            return Verdict(f"{name}: nobody moved", values, Try(is_success=False))
        text = (
            f"{name}: {100 * found.endpoint_frac:.0f} % of the limit, farthest"
            f" {100 * found.greatest_frac:.0f} %, control"
            f" {100 * found.directional_control_frac:.0f} %, after {found.reaction_time_s:.2f} s"
            f" at {degrees(found.mean_velocity_radps):.1f} °/s"
        )
        return Verdict(text, values, Try(is_success=error_frac <= 1, error_frac=error_frac))

    def summary(self, params: BalanceParams) -> tuple[str, dict[str, float]]:
        """Return the means over all leans."""
        moved = [known(_values(found)) for found in self._found]
        moved = [values for values in moved if "endpoint_frac" in values]
        if not moved:
            return "Limits of stability: nobody moved.", {"lean_count": 0.0}
        mean = {
            name: float(np.mean([values[name] for values in moved if name in values]))
            for name in moved[0]
        }
        text = (
            f"Limits of stability, mean of {len(moved)} leans: endpoint"
            f" {100 * mean['endpoint_frac']:.0f} %, farthest {100 * mean['greatest_frac']:.0f} %,"
            f" control {100 * mean['directional_control_frac']:.0f} %, reaction"
            f" {mean['reaction_time_s']:.2f} s, {degrees(mean['mean_velocity_radps']):.1f} °/s."
        )
        return text, mean | {"lean_count": float(len(moved))}


def direction_of(index: int) -> float:
    """Return the direction of a trial's target, from forward to the left: clockwise."""
    return -(index % len(NAMES)) * pi / 4


def _values(found: Excursion) -> dict[str, float]:
    return {
        "reaction_time_s": found.reaction_time_s,
        "mean_velocity_radps": found.mean_velocity_radps,
        "endpoint_frac": found.endpoint_frac,
        "greatest_frac": found.greatest_frac,
        "directional_control_frac": found.directional_control_frac,
    }
