"""Sensory organisation: by which senses someone stands.

Source: Nashner's six conditions: steady floor with eyes open, eyes closed, and surroundings that
sway along; the same three on a floor that sways along. 20 s each, three times.
"""

from math import degrees, isfinite

import numpy as np

from rehabsim.gait.sway import equilibrium_score, sensory_organisation, sway_angle, sway_of
from rehabsim.training.scenario import Try
from scenarios.balance_params import BalanceParams
from scenarios.balance_trial import (
    RATE_HZ,
    Exam,
    Phase,
    Recording,
    Stage,
    Verdict,
    known,
)

READY_S = 3.0
EVERY = 5
"""Samples of which one is made: 50 Hz are enough for a sway that is low-passed at 10 Hz."""

WORDS = (
    *("eyes open", "eyes closed", "surroundings sway along"),
    *("floor sways along", "eyes closed, floor sways along", "floor and surroundings sway along"),
)
SENSES = ("somatosensory", "visual", "vestibular", "preference")


class SensoryOrganisation(Exam):
    """Stands still in six conditions; in three where the room has no platform."""

    ends_with_step = True
    sets_up_each = False

    def __init__(self, params: BalanceParams, random: np.random.Generator) -> None:
        count = 6 if params.has_platform else 3
        self._conditions = [1 + k for k in range(count) for _ in range(params.repeat_count)]
        self.trial_count = len(self._conditions)
        self._scores: dict[int, list[float]] = {}

    def stages(self, index: int, params: BalanceParams) -> tuple[Stage, ...]:
        """Return: get ready, stand; no picture says where the centre of gravity is."""
        condition = self._conditions[index]
        is_blind = condition in (2, 5)
        return (
            Stage(Phase.READY, READY_S, is_blind=is_blind),
            Stage(
                Phase.GO,
                params.stand_s,
                is_blind=is_blind,
                has_surround=condition in (3, 6),
                has_floor=condition >= 4,
            ),
        )

    def judge(self, index: int, recording: Recording, params: BalanceParams) -> Verdict:
        """Return the equilibrium score, and the sway of the same time."""
        condition, (go, _) = self._conditions[index], recording.span(Phase.GO)
        go //= EVERY
        angle_rad = sway_angle(recording.cog_m(EVERY)[go:, 0], params.body_height_m)
        score = equilibrium_score(angle_rad)
        self._scores.setdefault(condition, []).append(score)
        sway = sway_of(recording.cop_m(EVERY)[go:], RATE_HZ / EVERY)
        values = {
            "condition": float(condition),
            "equilibrium_frac": score,
            "sway_range_rad": float(np.ptp(angle_rad)),
            "sway_velocity_mps": sway.mean_velocity_mps,
            "sway_ellipse_area_m2": sway.ellipse_area_m2,
        }
        text = (
            f"condition {condition}, {WORDS[condition - 1]}: equilibrium {100 * score:.0f} of 100,"
            f" sway {degrees(float(np.ptp(angle_rad))):.1f}°,"
            f" {1000 * sway.mean_velocity_mps:.0f} mm/s"
        )
        return Verdict(text, known(values), Try(is_success=True, error_frac=1 - score))

    def fail(self, index: int) -> None:
        """Score 0, as the test has it for a fall."""
        self._scores.setdefault(self._conditions[index], []).append(0.0)

    def summary(self, params: BalanceParams) -> tuple[str, dict[str, float]]:
        """Return the composite and the senses, or what three conditions can say."""
        mean = {condition: float(np.mean(scores)) for condition, scores in self._scores.items()}
        values = {f"condition_{condition}_frac": score for condition, score in mean.items()}
        if len(mean) == len(WORDS):
            found = sensory_organisation(self._scores)
            senses = {name: getattr(found, name) for name in SENSES}
            values |= {f"{name}_frac": value for name, value in senses.items()}
            values["composite_frac"] = found.composite
            said = ", ".join(f"{k} {100 * v:.0f} %" for k, v in senses.items() if isfinite(v))
            text = f"Sensory organisation: composite {100 * found.composite:.0f} of 100; {said}."
            return text, known(values)
        if mean.get(1, 0.0) > 0 and 2 in mean:
            values["somatosensory_frac"] = mean[2] / mean[1]
        scores = ", ".join(f"{100 * mean[c]:.0f} in condition {c}" for c in sorted(mean))
        why = "" if params.has_platform else "; no composite without a floor that sways along"
        return f"Sensory organisation: equilibrium {scores or 'not known'}{why}.", known(values)
