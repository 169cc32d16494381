"""Weight-bearing symmetry: holding a share of the load on each leg, with and without a picture.

Source: symmetry index 2 (right - left) / (right + left); 0 is even (Robinson et al. 1987).
"""

from math import isfinite

import numpy as np

from rehabsim.base.records import State
from rehabsim.training.scenario import Try
from scenarios.balance_params import BalanceParams
from scenarios.balance_trial import (
    Exam,
    Phase,
    Place,
    Recording,
    Stage,
    Verdict,
    known,
)

READY_S = 3.0
SETTLE_S = 2.0
"""To find the share; what comes after is judged."""

USUAL_STANCE_M = 0.2
SURE_FRAC = 0.01
"""Once the share has varied so much, what was measured counts as much as the usual stance."""

FORGET_S = 20.0


class Stance:
    """How far apart the feet press, told by how the pressure moves with the share of the load.

    Whoever stands with still feet has y = y_right + share * (y_left - y_right), a line whose slope
    is the stance; while the share hardly varies, the usual stance stands in.
    """

    def __init__(self) -> None:
        self._count = 0
        self._share = self._y_m = 0.0
        self._share2 = self._both_m = 0.0

    def feel(self, share: float, y_m: float, dt_s: float) -> None:
        """Take in one tick."""
        if not (isfinite(share) and isfinite(y_m)):
            return
        self._count += 1
        part = max(1 / self._count, dt_s / FORGET_S)
        off, off_m = share - self._share, y_m - self._y_m
        self._share += part * off
        self._y_m += part * off_m
        self._share2 += part * ((1 - part) * off * off - self._share2)
        self._both_m += part * ((1 - part) * off * off_m - self._both_m)

    @property
    def width_m(self) -> float:
        """From where the right foot presses to where the left one does."""
        sure = SURE_FRAC * SURE_FRAC
        return (self._both_m + sure * USUAL_STANCE_M) / (self._share2 + sure)

    def place_m(self, share: float) -> float:
        """Return y at which the left foot bears so much."""
        return self._y_m + self.width_m * (share - self._share)


class WeightSymmetry(Exam):
    """Holds the load even, or as asked; every second trial without the picture."""

    ends_with_step = True
    sets_up_each = False

    def __init__(self, params: BalanceParams, random: np.random.Generator) -> None:
        self.trial_count = params.trial_count
        self._stance = Stance()
        self._found: dict[bool, list[dict[str, float]]] = {True: [], False: []}

    def stages(self, index: int, params: BalanceParams) -> tuple[Stage, ...]:
        """Return: get ready, hold."""
        is_shown = has_picture(index)
        return (
            Stage(Phase.READY, READY_S),
            Stage(
                Phase.GO,
                params.stand_s,
                aim="goal",
                is_aim_shown=is_shown,
                is_cog_shown=is_shown,
            ),
        )

    def goal_m(self, index: int, params: BalanceParams, home_m: Place) -> Place:
        """Return where the load is as it should be."""
        return home_m[0], self._stance.place_m(params.share_target_frac)

    def radius_m(self, params: BalanceParams) -> float:
        """Return the shift of the centre of gravity that the band of the load allows."""
        return max(params.share_band_frac * abs(self._stance.width_m), 0.002)

    def feel(self, state: State) -> None:
        """Learn how far apart the feet are."""
        g = state.gait
        load_n = g.left_fz_n + g.right_fz_n
        share = g.left_fz_n / load_n if load_n > 0 else float("nan")
        self._stance.feel(share, g.cop_y_m, state.dt_s)

    def judge(self, index: int, recording: Recording, params: BalanceParams) -> Verdict:
        """Return how the load was shared, once the share was found."""
        go, end = recording.span(Phase.GO)
        since = go + round(SETTLE_S / params.stand_s * (end - go))
        share = recording.column("share")[since:end]
        if not np.isfinite(share).all():
            raise ValueError("the load on each plate was not known all the time")
        off = np.abs(share - params.share_target_frac)
        values = {
            "has_picture": float(has_picture(index)),
            "share_left_frac": float(share.mean()),
            "share_deviation_frac": float(share.std()),
            "share_error_frac": float(off.mean()),
            "inside_frac": float((off <= params.share_band_frac).mean()),
            "symmetry_index": float(2 * (1 - 2 * share.mean())),
        }
        self._found[has_picture(index)].append(values)
        error_frac = values["share_error_frac"] / params.share_band_frac
        text = (
            f"{'with' if has_picture(index) else 'without'} picture:"
            f" {100 * values['share_left_frac']:.1f} % of the load on the left,"
            f" {100 * params.share_target_frac:.0f} % asked, off by"
            f" {100 * values['share_error_frac']:.1f} % on average,"
            f" {100 * values['inside_frac']:.0f} % of the time within the band"
        )
        return Verdict(text, values, Try(is_success=error_frac <= 1, error_frac=error_frac))

    def summary(self, params: BalanceParams) -> tuple[str, dict[str, float]]:
        """Return the means with and without the picture."""
        values: dict[str, float] = {}
        said = []
        for is_shown, name in ((True, "with"), (False, "without")):
            trials = self._found[is_shown]
            if not trials:
                continue
            mean = {key: float(np.mean([trial[key] for trial in trials])) for key in trials[0]}
            del mean["has_picture"]
            values |= {f"{name}_picture_{key}": value for key, value in mean.items()}
            said.append(
                f"{name} picture {100 * mean['share_left_frac']:.1f} % on the left, off by"
                f" {100 * mean['share_error_frac']:.1f} %"
            )
        return f"Weight bearing: {'; '.join(said) or 'not known'}.", known(values)


def has_picture(index: int) -> bool:
    """Return whether a trial shows where the centre of gravity is: the first, then every other."""
    return index % 2 == 0
