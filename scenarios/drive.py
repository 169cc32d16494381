"""A drive through a city: walking drives the car, the centre of pressure steers it."""

from math import isfinite, nan, sin, sqrt, tau
from typing import Annotated

import numpy as np
from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.base.records import MOVING, Event, Record, State, Wish
from rehabsim.training.scenario import Step

STEER_TIME_S = 0.8
"""The wheel follows the centre of pressure this slowly, so that single steps do not steer."""

STOP_GAP_M = 2.0
"""Where the car comes to rest: this far before a line."""

CAR_GAP_M = 6.0
"""And this far behind a car."""

NEAR_MISS_M = 3.0
RED, AMBER, GREEN = 0, 1, 2


class Light:
    """One traffic light, on its own cycle."""

    def __init__(self, line_m: float, offset_s: float, params: "Drive.Params") -> None:
        self.line_m = line_m
        self._offset_s = offset_s
        self._green_s, self._amber_s, self._red_s = params.green_s, params.amber_s, params.red_s

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


class Drive:
    """Keep the lane by shifting the centre of pressure; red lights and traffic stop the belts."""

    name = "drive"

    class Params(Strict):
        """`[params]` of a drive session.

        Attributes:
            speed_gain: Metres of road per metre of belt.
            cop_range_m: Sideways shift of the centre of pressure that turns the wheel fully.
            cop_dead_m: Shift that does nothing.
            max_drift: Sideways metres per metre of road at full wheel.
            lane_width_m: Wider is easier.
            max_curvature_per_m: Sharpest bend.
            brake_mps2: How gently the belts slow down for a line or a car.
            pull_away_mps2: How gently they speed up again.
            light_spacing_m: From light to light.
            green_s: Of each light.
            amber_s: Of each light.
            red_s: Of each light.
            traffic_spacing_m: From one slow car to the next.
        """

        speed_gain: Annotated[float, Field(ge=1, le=20)] = 6.0
        cop_range_m: Annotated[float, Field(gt=0, le=0.5)] = 0.06
        cop_dead_m: Annotated[float, Field(ge=0, le=0.2)] = 0.004
        max_drift: Annotated[float, Field(gt=0, le=1)] = 0.10
        lane_width_m: Annotated[float, Field(ge=2, le=8)] = 3.5
        max_curvature_per_m: Annotated[float, Field(ge=0, le=0.05)] = 0.004
        brake_mps2: Annotated[float, Field(gt=0, le=1)] = 0.2
        pull_away_mps2: Annotated[float, Field(gt=0, le=1)] = 0.2
        light_spacing_m: Annotated[float, Field(ge=50, le=1000)] = 160.0
        green_s: Annotated[float, Field(ge=5, le=60)] = 10.0
        amber_s: Annotated[float, Field(ge=1, le=10)] = 3.0
        red_s: Annotated[float, Field(ge=2, le=60)] = 12.0
        traffic_spacing_m: Annotated[float, Field(ge=50, le=2000)] = 230.0

    class Scene(Record, frozen=True, gc=False):
        """Where the car is and what lies ahead; `light_phase` 0 is red, 1 amber, 2 green."""

        distance_m: float
        lateral_m: float
        heading_rad: float
        car_speed_mps: float
        steer_frac: float
        light_distance_m: float
        light_phase: int
        light_remaining_s: float
        lead_distance_m: float
        lead_speed_mps: float
        road_curvature_per_m: float
        lane_width_m: float
        red_light_count: int
        near_miss_count: int

    def __init__(self, params: Params, seed: int) -> None:
        self.params = params
        self._random = np.random.default_rng(seed)
        self._bend_phase = self._random.uniform(0, tau)
        self._distance_m = self._lateral_m = self._steer = 0.0
        self._belt_m = 0.0
        self._pace_mps = 0.0
        self._light = self._light_at(params.light_spacing_m)
        self._lead: Lead | None = None
        self._next_lead_m = params.traffic_spacing_m / 2
        self._red_count = self._near_count = 0
        self._is_near = self._is_off_lane = self._is_waiting = False

    def step(self, state: State) -> Step:
        """Drive on by the belts' way since the last tick; wish for a speed that keeps clear."""
        p = self.params
        events: list[Event] = []
        belt_m = 0.5 * (state.left_distance_m + state.right_distance_m)
        way_m = p.speed_gain * (belt_m - self._belt_m)
        self._belt_m = belt_m
        self._distance_m += way_m
        self._steer_lane(state, way_m, events)
        self._move_traffic(state, events)
        phase, remaining_s = self._watch_light(state, events)
        pace_mps = self._clear_pace_mps(state, phase, remaining_s)
        rise_mps = p.pull_away_mps2 * state.dt_s
        is_moving = state.mode in MOVING
        self._pace_mps = min(pace_mps, self._pace_mps + rise_mps) if is_moving else 0.0
        self._tell_waiting(state, pace_mps, events)
        wish = Wish(self._pace_mps, self._pace_mps, 0.0)
        return Step(wish, self._scene(state, way_m, phase, remaining_s), tuple(events))

    # -- steering --------------------------------------------------------------------------

    def _steer_lane(self, state: State, way_m: float, events: list[Event]) -> None:
        p = self.params
        cop_y_m = state.gait.cop_y_m
        if isfinite(cop_y_m):
            size = min(max(abs(cop_y_m) - p.cop_dead_m, 0.0) / p.cop_range_m, 1.0)
            wheel = size if cop_y_m > 0 else -size
            self._steer += min(state.dt_s / STEER_TIME_S, 1.0) * (wheel - self._steer)
        # A bend to the left carries a car that goes straight on to the right.
        carried = 8.0 * self._curvature_per_m()
        self._lateral_m += (p.max_drift * self._steer - carried) * way_m
        edge_m = p.lane_width_m
        self._lateral_m = min(max(self._lateral_m, -edge_m), edge_m)
        is_off = abs(self._lateral_m) > p.lane_width_m / 2
        if is_off and not self._is_off_lane:
            side = "left" if self._lateral_m > 0 else "right"
            events.append(self._event(state, "lane", f"Off the lane to the {side}."))
        self._is_off_lane = is_off

    def _curvature_per_m(self) -> float:
        return self.params.max_curvature_per_m * sin(
            tau * self._distance_m / 300 + self._bend_phase
        )

    # -- traffic ---------------------------------------------------------------------------

    def _light_at(self, line_m: float) -> Light:
        p = self.params
        return Light(line_m, self._random.uniform(0, p.green_s + p.amber_s + p.red_s), p)

    def _move_traffic(self, state: State, events: list[Event]) -> None:
        if self._lead is None and self._distance_m >= self._next_lead_m:
            usual_mps = 0.6 * self.params.speed_gain * max(state.cruise_speed_mps, 0.3)
            self._lead = Lead(self._distance_m + 45.0, usual_mps)
            self._next_lead_m += self.params.traffic_spacing_m
        if self._lead is None:
            return
        self._lead.move(state.dt_s)
        if self._lead.has_turned_off:
            self._lead = None
            return
        is_near = self._lead.place_m - self._distance_m < NEAR_MISS_M
        if is_near and not self._is_near:
            self._near_count += 1
            events.append(self._event(state, "near_miss", "Too close to the car ahead."))
        self._is_near = is_near

    def _watch_light(self, state: State, events: list[Event]) -> tuple[int, float]:
        phase, remaining_s = self._light.at(state.t_ns / 1e9)
        if self._distance_m > self._light.line_m:
            if phase == RED:
                self._red_count += 1
                events.append(self._event(state, "red_light", "Crossed the line at red."))
            self._light = self._light_at(self._light.line_m + self.params.light_spacing_m)
            phase, remaining_s = self._light.at(state.t_ns / 1e9)
        return phase, remaining_s

    def _clear_pace_mps(self, state: State, phase: int, remaining_s: float) -> float:
        """Return the fastest belt speed that still stops in time for line and car."""
        p = self.params
        pace_mps = state.cruise_speed_mps * (0.8 if self._is_off_lane else 1.0)
        to_line_m = self._light.line_m - self._distance_m
        needs_m = p.speed_gain * self._pace_mps**2 / (2 * p.brake_mps2) + STOP_GAP_M
        # At amber a car that could no longer stop in comfort drives on.
        if phase == RED or (phase == AMBER and to_line_m >= 0.9 * needs_m):
            pace_mps = min(pace_mps, self._stopping_mps(to_line_m - STOP_GAP_M))
        if self._lead is not None:
            gap_m = self._lead.place_m - self._distance_m - CAR_GAP_M
            lead_mps = self._lead.speed_mps / p.speed_gain
            pace_mps = min(pace_mps, sqrt(lead_mps**2 + self._stopping_mps(gap_m) ** 2))
        return pace_mps

    def _stopping_mps(self, room_m: float) -> float:
        """Return the belt speed from which the car stops within `room_m` of road."""
        return sqrt(2 * self.params.brake_mps2 * max(room_m, 0.0) / self.params.speed_gain)

    def _tell_waiting(self, state: State, pace_mps: float, events: list[Event]) -> None:
        is_at_rest = state.belt.left_speed_mps < 0.05 and state.belt.right_speed_mps < 0.05
        if self._is_waiting and pace_mps > 0.1:
            self._is_waiting = False
            events.append(self._event(state, "drive", "The way is clear: the belts start again."))
        elif not self._is_waiting and state.mode == "running" and pace_mps < 0.05 and is_at_rest:
            self._is_waiting = True
            why = "car ahead" if self._lead is not None else "red light"
            events.append(self._event(state, "drive", f"Waiting: {why}."))

    def _event(self, state: State, kind: str, text: str) -> Event:
        return Event(state.t_ns, kind, "scenario", "none", text)

    def _scene(self, state: State, way_m: float, phase: int, remaining_s: float) -> "Drive.Scene":
        p, lead = self.params, self._lead
        return self.Scene(
            self._distance_m,
            self._lateral_m,
            p.max_drift * self._steer,
            way_m / state.dt_s,
            self._steer,
            self._light.line_m - self._distance_m,
            phase,
            remaining_s,
            lead.place_m - self._distance_m if lead is not None else nan,
            lead.speed_mps if lead is not None else nan,
            self._curvature_per_m(),
            p.lane_width_m,
            self._red_count,
            self._near_count,
        )
