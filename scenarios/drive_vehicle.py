"""The car: a bicycle that rolls below 3 m/s and slips on its tyres above. Pure.

Whoever shifts their weight chooses how far the car heads off the road's direction, not how far the
wheels turn: a wheel that is set by the body would have to be set back, and nobody could.
"""

from math import isfinite, tan

MASS_KG, INERTIA_KGM2 = 1200.0, 1700.0
FRONT_M, REAR_M = 1.1, 1.4
FRONT_NPRAD, REAR_NPRAD = 8e4, 9e4
BASE_M = FRONT_M + REAR_M
"""A small car: mass, inertia about z, axles from the centre of mass, stiffness of each axle."""

ROLLS_MPS = 3.0
MAX_WHEEL_RAD = 0.436
MAX_WHEEL_RADPS = 1.05
MAX_LATERAL_MPS2 = 3.0
HEADING_GAIN = BASE_M / 8.0
"""Of the wheels on the heading that is missing. In a bend the car drifts outward by 8 m times its
curvature for each metre, as a driver does who looks but does not lean."""

SUBSTEP_S = 0.005
STEER_TIME_S = 0.4
"""Twice over, the wheel follows the centre of pressure this slowly, so that single steps do not
steer. It is full at the range of what that leaves: feet 14 cm apart would turn it fully with each
step, and a shift of both would hardly steer."""

REACH_FRAC, DEAD_FRAC = 0.6, 0.07
"""Of a person's reach: full wheel, and what does nothing."""


class Steering:
    """Turns the centre of pressure into -1 to 1, left positive."""

    def __init__(self) -> None:
        self.frac = 0.0
        self._first_m = self._mean_m = 0.0

    def step(self, cop_y_m: float, range_m: float, dead_m: float, dt_s: float) -> float:
        """Return how far it is turned; it stays where it was while no foot is seen."""
        if isfinite(cop_y_m):
            part = min(dt_s / STEER_TIME_S, 1.0)
            self._first_m += part * (cop_y_m - self._first_m)
            self._mean_m += part * (self._first_m - self._mean_m)
            size = min(max(abs(self._mean_m) - dead_m, 0.0) / range_m, 1.0)
            self.frac = size if self._mean_m > 0 else -size
        return self.frac


class Vehicle:
    """A car on a lane.

    Attributes:
        lateral_m: Left of the lane's middle.
        heading_rad: Left of the road's direction.
    """

    def __init__(self) -> None:
        self.lateral_m = self.heading_rad = 0.0
        self._wheel_rad = self._slip_rad = self._yaw_radps = 0.0

    def step(
        self, way_m: float, wanted_rad: float, curvature_per_m: float, assist: float, dt_s: float
    ) -> None:
        """Drive on.

        Args:
            way_m: Along the road, in this tick; not negative.
            wanted_rad: Heading that the person asks for.
            curvature_per_m: Of the road, positive to the left.
            assist: Part of the bend that the car steers by itself.
            dt_s: Length of this tick.
        """
        speed_mps = max(way_m, 0.0) / dt_s
        count = max(1, round(dt_s / SUBSTEP_S))
        for _ in range(count):
            self._move(speed_mps, wanted_rad, curvature_per_m, assist, dt_s / count)

    def hold_within(self, edge_m: float) -> None:
        """Keep the car between kerbs."""
        self.lateral_m = min(max(self.lateral_m, -edge_m), edge_m)

    def _move(
        self,
        speed_mps: float,
        wanted_rad: float,
        curvature_per_m: float,
        assist: float,
        dt_s: float,
    ) -> None:
        bend_rad = assist * BASE_M * curvature_per_m
        aim_rad = bend_rad + HEADING_GAIN * (wanted_rad - self.heading_rad)
        most_rad = min(MAX_WHEEL_RAD, MAX_LATERAL_MPS2 * BASE_M / max(speed_mps, 0.1) ** 2)
        aim_rad = min(max(aim_rad, -most_rad), most_rad)
        turn_rad = MAX_WHEEL_RADPS * dt_s
        self._wheel_rad += min(max(aim_rad - self._wheel_rad, -turn_rad), turn_rad)
        if speed_mps < ROLLS_MPS:
            self._slip_rad = 0.0
            self._yaw_radps = speed_mps * tan(self._wheel_rad) / BASE_M
        else:
            self._slide(speed_mps, dt_s)
        self.heading_rad += (self._yaw_radps - curvature_per_m * speed_mps) * dt_s
        self.lateral_m += speed_mps * (self.heading_rad + self._slip_rad) * dt_s

    def _slide(self, speed_mps: float, dt_s: float) -> None:
        """Linear tyres: m v (slip' + yaw') = forces, I yaw'' = moments."""
        front_n = -FRONT_NPRAD * (
            self._slip_rad + FRONT_M * self._yaw_radps / speed_mps - self._wheel_rad
        )
        rear_n = -REAR_NPRAD * (self._slip_rad - REAR_M * self._yaw_radps / speed_mps)
        self._slip_rad += dt_s * ((front_n + rear_n) / (MASS_KG * speed_mps) - self._yaw_radps)
        self._yaw_radps += dt_s * (FRONT_M * front_n - REAR_M * rear_n) / INERTIA_KGM2
