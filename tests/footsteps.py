"""A person of known steps, as force plates see them."""

from collections.abc import Callable
from math import nan
from typing import Any

from rehabsim.training.scenario import Step

STEP_S, DOUBLE_S, KNOWN_S = 0.6, 0.12, 0.04
"""From landing to landing, both feet down, and until a landing is known."""

WEIGHT_N = 700.0


def usual(side: str, reach_m: float, scene: Any) -> tuple[float, float]:
    """Land where the feet come, after a usual swing."""
    return 0.0, 0.42


class Footsteps:
    """Walks at 1 m/s in steps of 0.6 m.

    Args:
        land: Called with the side of the foot that lands, where it would land in metres of belt,
            and the scene; returns by how much it lands farther, and how long it was in the air.
        unseen: Steps of these numbers have no length.
        starts_s: When the first foot lands.

    Attributes:
        places_m: Where feet landed, by number; even ones are left.
    """

    def __init__(
        self,
        land: Callable[[str, float, Any], tuple[float, float]] = usual,
        *,
        unseen: tuple[int, ...] = (),
        starts_s: float = 4.0,
    ) -> None:
        self._land, self._unseen, self._starts_s = land, unseen, starts_s
        self.places_m: list[float] = []
        self._lengths_m: list[float] = []
        self._swings_s = {"left": nan, "right": nan}
        self._strikes_ns = {"left": 0, "right": 0}

    def __call__(self, t_s: float, step: Step | None) -> dict[str, Any]:
        """Return what `walk` asks for: the fields of the gait now."""
        if step is None or t_s < self._starts_s:
            return {"left_fz_n": WEIGHT_N / 2, "right_fz_n": WEIGHT_N / 2, "cop_x_m": 0.0}
        scene: Any = step.scene
        number = int((t_s - self._starts_s) / STEP_S + 1e-9)
        since_s = t_s - self._starts_s - number * STEP_S
        side, other = ("left", "right") if number % 2 == 0 else ("right", "left")
        if number == len(self.places_m):
            self._strike(number, side, round(t_s * 1e9), scene)
        is_both = since_s < DOUBLE_S
        place_m = self.places_m[number] - scene.distance_m
        behind_m = self.places_m[max(number - 1, 0)] - scene.distance_m
        is_known = since_s >= KNOWN_S and number not in self._unseen
        gait: dict[str, Any] = {
            f"{side}_fz_n": WEIGHT_N / 2 if is_both else WEIGHT_N,
            f"{other}_fz_n": WEIGHT_N / 2 if is_both else 0.0,
            "cop_x_m": (place_m + behind_m) / 2 if is_both else place_m,
            "cop_y_m": 0.0 if is_both else 0.06 if side == "left" else -0.06,
            f"{side}_step_length_m": self._lengths_m[number] if is_known else nan,
            f"{other}_step_length_m": self._lengths_m[number - 1] if number else nan,
        }
        for each in ("left", "right"):
            gait[f"{each}_swing_time_s"] = self._swings_s[each]
            gait[f"{each}_strike_ns"] = self._strikes_ns[each]
        return gait

    def _strike(self, number: int, side: str, t_ns: int, scene: Any) -> None:
        last_m = self.places_m[-1] if self.places_m else scene.distance_m - 0.3
        farther_m, swing_s = self._land(side, last_m + 0.6, scene)
        self.places_m.append(last_m + 0.6 + farther_m)
        self._lengths_m.append(0.6 + farther_m)
        self._swings_s[side], self._strikes_ns[side] = swing_s, t_ns


def aiming(foot: str = "own", off_m: float = 0.0) -> Callable[[str, float, Any], Any]:
    """Return how someone lands who puts a foot on each line.

    Args:
        foot: `own` as the line asks, or `other`.
        off_m: So far beyond it.
    """

    def land(side: str, reach_m: float, scene: Any) -> tuple[float, float]:
        asked = "left" if scene.is_target_left else "right"
        is_mine = (side == asked) == (foot == "own")
        to_m = scene.distance_m + scene.target_ahead_m + off_m - reach_m
        if scene.has_target and is_mine and abs(to_m) <= (0.45 if foot == "own" else 0.65):
            return to_m, 0.42
        return 0.0, 0.42

    return land


def lifting(swing_s: float, farther_m: float = 0.0) -> Callable[[str, float, Any], Any]:
    """Return how someone lands who steps over each log with so long a swing."""

    def land(side: str, reach_m: float, scene: Any) -> tuple[float, float]:
        from_m = scene.distance_m + scene.obstacle_ahead_m
        is_over = scene.has_obstacle and from_m < reach_m < from_m + 1.1
        return (farther_m, swing_s) if is_over else (0.0, 0.42)

    return land
