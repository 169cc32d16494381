"""Position sense: a lean is shown, left, and found again without the picture.

Plates know nothing of the lumbar spine: this is the sense of a lean of the whole body about the
ankles. With a unit on the lower back, `rehabsim.gait.posture` does the same for the trunk.

Source: constant, absolute and variable error after Schutz & Roy 1973.
"""

from math import cos, degrees, isfinite, pi, sin

import numpy as np

from rehabsim.gait.posture import reposition_error
from rehabsim.gait.stability_limits import limit_m
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
    lean_rad,
)

HOME_S, HELD_S = 10.0, 1.0
BACK_S = 6.0
COUNTS_S = 1.0
"""The end of a lean, of which the mean counts."""

WAYS = ((0.0, "forward"), (pi / 2, "left"), (-pi / 2, "right"))
PART = (0.4, 0.8)
"""Of the reach that is asked for, by chance, so that it cannot be learnt."""


class Reposition(Exam):
    """Leans forward and to the sides, and does each again from memory."""

    ends_with_step = False
    sets_up_each = False

    def __init__(self, params: BalanceParams, random: np.random.Generator) -> None:
        self.trial_count = params.trial_count
        ways: list[int] = []
        while len(ways) < params.trial_count:
            ways += random.permutation(len(WAYS)).tolist()
        self._ways = [WAYS[way] for way in ways]
        self._parts = random.uniform(*PART, params.trial_count).tolist()
        self._shown_rad: list[float] = []
        self._reached_rad: list[float] = []

    def stages(self, index: int, params: BalanceParams) -> tuple[Stage, ...]:
        """Return: to the middle, lean as shown, back, lean from memory."""
        return (
            Stage(Phase.HOME, HOME_S, HELD_S, "home", is_aim_shown=True, is_cog_shown=True),
            Stage(Phase.GO, params.find_s, 0, "goal", is_aim_shown=True, is_cog_shown=True),
            Stage(Phase.HOME, BACK_S, HELD_S, "home", is_aim_shown=True, is_cog_shown=True),
            Stage(Phase.RECALL, params.find_s, aim="goal"),
        )

    def goal_m(self, index: int, params: BalanceParams, home_m: Place) -> Place:
        """Return the lean that is shown."""
        direction_rad, _ = self._ways[index]
        reach_m = self._parts[index] * params.reach_frac
        reach_m *= limit_m(direction_rad, params.body_height_m)
        x_m, y_m = home_m
        return x_m + reach_m * cos(direction_rad), y_m + reach_m * sin(direction_rad)

    def judge(self, index: int, recording: Recording, params: BalanceParams) -> Verdict:
        """Return the lean as it was held with the picture, and as it was found without."""
        direction_rad, name = self._ways[index]
        axis = np.array([cos(direction_rad), sin(direction_rad)])
        along_m = (recording.place_m() - recording.home_m) @ axis
        shown_m, reached_m = (
            float(along_m[max(end - round(COUNTS_S * RATE_HZ), start) : end].mean())
            for start, end in map(recording.span, (Phase.GO, Phase.RECALL))
        )
        shown_rad = lean_rad(shown_m, params.body_height_m)
        reached_rad = lean_rad(reached_m, params.body_height_m)
        self._shown_rad.append(shown_rad)
        self._reached_rad.append(reached_rad)
        error_rad = reached_rad - shown_rad
        values = {
            "direction_rad": direction_rad,
            "shown_rad": shown_rad,
            "reached_rad": reached_rad,
            "error_rad": error_rad,
        }
        error_frac = abs(reached_m - shown_m) / params.target_radius_m
        text = (
            f"{name}: {degrees(shown_rad):.1f}° shown, {degrees(reached_rad):.1f}° found again,"
            f" {degrees(abs(error_rad)):.1f}° too {'far' if error_rad > 0 else 'short'}"
        )
        return Verdict(text, values, Try(is_success=error_frac <= 1, error_frac=error_frac))

    def summary(self, params: BalanceParams) -> tuple[str, dict[str, float]]:
        """Return the three errors."""
        if not self._shown_rad:
            return "Position sense: not known.", {"trial_count": 0.0}
        found = reposition_error(self._shown_rad, self._reached_rad)
        values = {
            "trial_count": float(found.n),
            "constant_error_rad": found.constant_rad,
            "absolute_error_rad": found.absolute_rad,
            "variable_error_rad": found.variable_rad,
        }
        spread = f", variable {degrees(found.variable_rad):.1f}°" * isfinite(found.variable_rad)
        text = (
            f"Position sense in {found.n} leans: constant error"
            f" {degrees(found.constant_rad):+.1f}°, absolute"
            f" {degrees(found.absolute_rad):.1f}°{spread}."
        )
        return text, known(values)
