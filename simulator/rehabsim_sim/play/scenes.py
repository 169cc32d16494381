"""What a scene asks of the person in it; scenes are known by their fields, not by name.

Each rule is what one learns to do within a minute of play, as a shift of weight per what is seen.
How well a person does it is not decided here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import atan2, cos, hypot, isfinite, nan, pi, sin
from typing import Literal

Kind = Literal["none", "gates", "lane", "target"]
Scene = Mapping[str, float]

GATES = ("x_m", "y_m", "heading_rad", "gate_x_m", "gate_y_m")
LANE = ("lateral_m", "heading_rad", "road_curvature_per_m")
TARGET = ("target_x_m", "target_y_m")

LOAD_PER_RAD = 0.15
"""Shift of load share per angle that the boat points beside the gate."""

TURN_AHEAD_S, DRIFT_AHEAD_S = 1.5, 2.0
"""How far ahead of a boat's turn and a car's drift one steers: what weight takes to act."""

NEAR_M, NEAR_S = 8.0, 3.5
"""One looks at the gate after the next from so near on, or from so long before, as it takes until
one's weight turns the boat: what one sees, a stride, the rudder, the hull."""

LANE_GAIN, LANE_PER_CURVATURE_M2 = 0.020, 4.0
"""Shift per distance from the middle of the lane, and per curvature of the bend."""


@dataclass(frozen=True)
class Want:
    """What a scene asks for.

    Attributes:
        kind: Of the scene; `none` where there is nothing to do.
        load_frac: More of the load on the left leg while walking.
        x_m: Where to bring one's weight, forward; NaN is where one stands usually.
        y_m: The same, to the left.
        lasting_m: The part of `y_m` that would be nothing if all went as meant.
        short_x_m: How far forward of one's weight the place is, as it is seen; NaN where one's
            weight is not shown.
        short_y_m: The same, to the left.
        trial: Changes with each new task.
    """

    kind: Kind = "none"
    load_frac: float = 0.0
    x_m: float = nan
    y_m: float = nan
    lasting_m: float = 0.0
    short_x_m: float = nan
    short_y_m: float = nan
    trial: tuple[float, ...] = ()


NOTHING = Want()


def kind_of(scene: Scene) -> Kind:
    """Return what kind of scene has these fields."""
    kinds: tuple[tuple[Kind, tuple[str, ...]], ...]
    kinds = (("target", TARGET), ("gates", GATES), ("lane", LANE))
    for kind, fields in kinds:
        if all(name in scene for name in fields):
            return kind
    return "none"


def want(scene: Scene, before: Scene, dt_s: float) -> Want:
    """Return what a scene asks for.

    Args:
        scene: As it is.
        before: As it was `dt_s` earlier; the same scene when nothing is known of that.
        dt_s: Time between the two, more than 0.
    """
    kind = kind_of(scene)
    if kind == "gates":
        return _to_the_gate(scene, before, dt_s)
    if kind == "lane":
        return _in_the_lane(scene, before, dt_s)
    if kind == "target":
        return _to_the_target(scene)
    return NOTHING


def _to_the_gate(scene: Scene, before: Scene, dt_s: float) -> Want:
    """Point the boat at the middle of the gate, seeing it turn."""
    x_m, y_m, heading_rad = scene["x_m"], scene["y_m"], scene["heading_rad"]
    gate_m = scene["gate_x_m"], scene["gate_y_m"]
    trial = gate_m
    near_m = max(NEAR_M, NEAR_S * scene.get("boat_speed_mps", 0.0))
    if hypot(gate_m[0] - x_m, gate_m[1] - y_m) < near_m and "next_gate_x_m" in scene:
        gate_m = scene["next_gate_x_m"], scene.get("next_gate_y_m", nan)
    aside_rad = _wrapped(atan2(gate_m[1] - y_m, gate_m[0] - x_m) - heading_rad)
    turn_radps = _wrapped(heading_rad - before.get("heading_rad", heading_rad)) / dt_s
    load_frac = LOAD_PER_RAD * (aside_rad - TURN_AHEAD_S * turn_radps)
    return Want("gates", load_frac=load_frac, trial=trial) if isfinite(load_frac) else NOTHING


def _in_the_lane(scene: Scene, before: Scene, dt_s: float) -> Want:
    """Walk towards the middle of the lane and into the bend, seeing the car drift."""
    lateral_m = scene["lateral_m"]
    drift_mps = (lateral_m - before.get("lateral_m", lateral_m)) / dt_s
    lasting_m = -LANE_GAIN * lateral_m
    y_m = lasting_m + LANE_PER_CURVATURE_M2 * scene["road_curvature_per_m"]
    y_m -= LANE_GAIN * DRIFT_AHEAD_S * drift_mps
    return Want("lane", y_m=y_m, lasting_m=lasting_m) if isfinite(y_m) else NOTHING


def _to_the_target(scene: Scene) -> Want:
    """Bring one's weight to the target; back to the middle where there is none."""
    x_m, y_m = scene["target_x_m"], scene["target_y_m"]
    if not (isfinite(x_m) and isfinite(y_m)):
        return Want("target")
    own_m = (nan, nan)
    if scene.get("is_cog_shown", 0.0):
        own_m = scene.get("cog_x_m", nan), scene.get("cog_y_m", nan)
    short_m = x_m - own_m[0], y_m - own_m[1]
    return Want(
        "target",
        x_m=x_m,
        y_m=y_m,
        short_x_m=short_m[0],
        short_y_m=short_m[1],
        trial=(x_m, y_m),
    )


def _wrapped(angle_rad: float) -> float:
    return atan2(sin(angle_rad), cos(angle_rad)) if abs(angle_rad) > pi else angle_rad
