"""A drive through a city: walking drives the car, the centre of pressure steers it."""

from math import nan, sin, sqrt, tau
from typing import Annotated

import numpy as np
from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.base.records import MOVING, Event, Record, State, Wish
from rehabsim.training.knob import Knob
from rehabsim.training.scenario import Step, Try
from scenarios.drive_road import (
    AMBER,
    CAR_GAP_M,
    GREEN,
    NEAR_MISS_M,
    RED,
    STOP_GAP_M,
    Cycle,
    Lead,
    Light,
)
from scenarios.drive_tasks import LANE, SIGN, Car, Distractors, LaneKeeping, Signs
from scenarios.drive_vehicle import DEAD_FRAC, REACH_FRAC, Steering, Vehicle

__all__ = ["AMBER", "GREEN", "RED", "Drive", "Lead", "Light"]

FREE_FRAC = 0.7
"""Of its usual pace: a slower car is held up, and no sign comes up before it."""


class Drive:
    """Keep the lane by shifting the centre of pressure; red lights and traffic stop the belts.

    Signs beside it are a second task: they ask to move to one half of the lane, or to stay.
    Lengthwise the car is where the belts have brought it, and brakes as they do.
    """

    name = "drive"
    tasks = (LANE, SIGN)

    class Params(Strict):
        """`[params]` of a drive session.

        Attributes:
            speed_gain: Metres of road per metre of belt.
            reach_m: How far this person can shift the centre of pressure sideways; the wheel is
                scaled to it. 0 is not known: the next two count.
            cop_range_m: Sideways shift of the centre of pressure that turns the wheel fully.
            cop_dead_m: Shift that does nothing.
            max_drift: Sideways metres per metre of road at full wheel.
            lane_assist: Part of each bend that the car steers by itself.
            lane_width_m: Wider is easier.
            lane_tolerance_m: Off the middle, as root mean square over 100 m of road.
            max_curvature_per_m: Sharpest bend.
            brake_mps2: How gently the belts slow down for a line or a car.
            pull_away_mps2: How gently they speed up again.
            light_spacing_m: From light to light.
            green_s: Of each light.
            amber_s: Of each light.
            red_s: Of each light.
            traffic_spacing_m: From one slow car to the next.
            signs_per_min: Numbers to answer by steering.
            answer_s: How long each waits for its answer.
            distractors_per_min: Things beside the road that ask for nothing.
        """

        speed_gain: Annotated[float, Field(ge=1, le=20)] = 6.0
        reach_m: Annotated[float, Field(ge=0, le=0.3), Knob("reach {} m sideways", tap=0.01)] = 0.0
        cop_range_m: Annotated[
            float,
            Field(gt=0, le=0.5),
            Knob("full wheel at {} m", is_live=True, harder="more", tap=0.01),
        ] = 0.06
        cop_dead_m: Annotated[
            float, Field(ge=0, le=0.2), Knob("nothing within {} m", is_live=True, tap=0.002)
        ] = 0.004
        max_drift: Annotated[float, Field(gt=0, le=1)] = 0.10
        lane_assist: Annotated[
            float,
            Field(ge=0, le=1),
            Knob("car steers {} of each bend", is_live=True, harder="less", tap=0.1),
        ] = 0.0
        lane_width_m: Annotated[float, Field(ge=2, le=8)] = 3.5
        lane_tolerance_m: Annotated[
            float,
            Field(ge=0.1, le=2),
            Knob("lane kept within {} m", is_live=True, harder="less", tap=0.05),
        ] = 0.6
        max_curvature_per_m: Annotated[
            float,
            Field(ge=0, le=0.05),
            Knob("bends up to {} per m", is_live=True, harder="more", tap=0.001),
        ] = 0.004
        brake_mps2: Annotated[float, Field(gt=0, le=1)] = 0.2
        pull_away_mps2: Annotated[float, Field(gt=0, le=1)] = 0.2
        light_spacing_m: Annotated[
            float, Field(ge=50, le=1000), Knob("a light every {} m", is_live=True, tap=20)
        ] = 160.0
        green_s: Annotated[float, Field(ge=5, le=60)] = 10.0
        amber_s: Annotated[float, Field(ge=1, le=10)] = 3.0
        red_s: Annotated[float, Field(ge=2, le=60)] = 12.0
        traffic_spacing_m: Annotated[
            float, Field(ge=50, le=2000), Knob("a slow car every {} m", is_live=True, tap=50)
        ] = 230.0
        signs_per_min: Annotated[
            float,
            Field(ge=0, le=6),
            Knob("{} signs a minute", is_live=True, harder="more", tap=0.5),
        ] = 2.0
        answer_s: Annotated[
            float,
            Field(ge=3, le=12),
            Knob("{} s to answer a sign", is_live=True, harder="less", tap=0.5),
        ] = 6.0
        distractors_per_min: Annotated[
            float,
            Field(ge=0, le=10),
            Knob("{} distractions a minute", is_live=True, harder="more", tap=1),
        ] = 2.0

    class Scene(Record, frozen=True, gc=False):
        """Where the car is and what lies ahead; `light_phase` 0 is red, 1 amber, 2 green.

        Of a sign, `task_side` 1 marks the left half of the lane, -1 the right one, 0 is no sign;
        `distractor_kind` 1 is a ball, 2 somebody who waves, 3 a flashing board, 0 nothing.
        """

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
        task_item: int
        task_is_target: bool
        task_side: int
        task_distance_m: float
        task_right_count: int
        task_wrong_count: int
        dual_cost_frac: float
        lane_rms_m: float
        distractor_kind: int
        distractor_side: int
        distractor_distance_m: float

    def __init__(self, params: Params, seed: int) -> None:
        self.params = params
        self._random = np.random.default_rng(seed)
        self._bend_phase = self._random.uniform(0, tau)
        self._distance_m = 0.0
        self._steering, self._vehicle = Steering(), Vehicle()
        self._signs, self._lane = Signs(seed), LaneKeeping()
        self._distractors = Distractors(seed)
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
        tries = self._judge(state, way_m, pace_mps, events)
        return Step(wish, self._scene(state, way_m, phase, remaining_s), tuple(events), None, tries)

    def _judge(
        self, state: State, way_m: float, pace_mps: float, events: list[Event]
    ) -> tuple[Try, ...]:
        """Return how lane and signs were kept to."""
        p = self.params
        car = Car(
            self._distance_m,
            self._vehicle.lateral_m,
            way_m / state.dt_s,
            self._steering.frac,
            p.lane_width_m,
        )
        is_open = state.mode in MOVING and pace_mps >= FREE_FRAC * state.cruise_speed_mps
        self._distractors.step(car, p.distractors_per_min, state.dt_s)
        counts = self._signs.is_free(state.t_ns)
        found = (
            self._signs.step(state, car, p.signs_per_min, p.answer_s, is_open=is_open),
            self._lane.step(state, car, p.lane_tolerance_m, counts=counts),
        )
        events.extend(event for _, event in found if event is not None)
        return tuple(attempt for attempt, _ in found if attempt is not None)

    # -- steering --------------------------------------------------------------------------

    def _steer_lane(self, state: State, way_m: float, events: list[Event]) -> None:
        p, vehicle = self.params, self._vehicle
        range_m, dead_m = p.cop_range_m, p.cop_dead_m
        if p.reach_m > 0:
            range_m, dead_m = REACH_FRAC * p.reach_m, DEAD_FRAC * p.reach_m
        steer = self._steering.step(state.gait.cop_y_m, range_m, dead_m, state.dt_s)
        wanted_rad = p.max_drift * steer
        vehicle.step(way_m, wanted_rad, self._curvature_per_m(), p.lane_assist, state.dt_s)
        vehicle.hold_within(p.lane_width_m)
        is_off = abs(vehicle.lateral_m) > p.lane_width_m / 2
        if is_off and not self._is_off_lane:
            side = "left" if vehicle.lateral_m > 0 else "right"
            events.append(self._event(state, "lane", f"Off the lane to the {side}."))
        self._is_off_lane = is_off

    def _curvature_per_m(self) -> float:
        return self.params.max_curvature_per_m * sin(
            tau * self._distance_m / 300 + self._bend_phase
        )

    # -- traffic ---------------------------------------------------------------------------

    def _light_at(self, line_m: float) -> Light:
        p = self.params
        cycle = Cycle(p.green_s, p.amber_s, p.red_s)
        return Light(line_m, self._random.uniform(0, sum(cycle)), cycle)

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
        p, lead, sign = self.params, self._lead, self._signs.sign
        return self.Scene(
            self._distance_m,
            self._vehicle.lateral_m,
            self._vehicle.heading_rad,
            way_m / state.dt_s,
            self._steering.frac,
            self._light.line_m - self._distance_m,
            phase,
            remaining_s,
            lead.place_m - self._distance_m if lead is not None else nan,
            lead.speed_mps if lead is not None else nan,
            self._curvature_per_m(),
            p.lane_width_m,
            self._red_count,
            self._near_count,
            sign.item if sign is not None else 0,
            sign is not None and sign.is_target,
            sign.side if sign is not None else 0,
            sign.place_m - self._distance_m if sign is not None else nan,
            self._signs.right_count,
            self._signs.wrong_count,
            self._signs.cost_frac,
            self._lane.rms_m,
            self._distractors.kind,
            self._distractors.side,
            self._distractors.place_m - self._distance_m,
        )
