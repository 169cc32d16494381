"""Lights and cars on the road. Pure."""

from typing import NamedTuple

STOP_GAP_M = 2.0
"""Where the car comes to rest: this far before a line."""

CAR_GAP_M = 6.0
"""And this far behind a car."""

NEAR_MISS_M = 3.0
RED, AMBER, GREEN = 0, 1, 2


class Cycle(NamedTuple):
    """How long a light shows each colour."""

    green_s: float
    amber_s: float
    red_s: float


class Light:
    """One traffic light, on its own cycle."""

    def __init__(self, line_m: float, offset_s: float, cycle: Cycle) -> None:
        self.line_m = line_m
        self._offset_s = offset_s
        self._green_s, self._amber_s, self._red_s = cycle

    def at(self, t_s: float) -> tuple[int, float]:
        """Return the phase, and how long it still lasts."""
        at_s = (t_s + self._offset_s) % (self._green_s + self._amber_s + self._red_s)
        if at_s < self._green_s:
            return GREEN, self._green_s - at_s
        if at_s < self._green_s + self._amber_s:
            return AMBER, self._green_s + self._amber_s - at_s
        return RED, self._green_s + self._amber_s + self._red_s - at_s


class Lead:
    """A car ahead that slows, waits and turns off."""

    def __init__(self, place_m: float, speed_mps: float) -> None:
        self.place_m = place_m
        self.speed_mps = self._usual_mps = speed_mps
        self._age_s = 0.0

    def move(self, dt_s: float) -> None:
        """Drive on: 8 s at its pace, brake, 3 s at rest, off again."""
        self._age_s += dt_s
        target_mps = 0.0 if 8 < self._age_s < 14 else self._usual_mps
        step_mps = 1.5 * dt_s
        self.speed_mps += min(max(target_mps - self.speed_mps, -step_mps), step_mps)
        self.place_m += self.speed_mps * dt_s

    @property
    def has_turned_off(self) -> bool:
        """It is gone."""
        return self._age_s > 24
