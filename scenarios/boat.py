"""A boat on a lake: walking drives it, shifting the load from foot to foot steers it."""

from math import atan, cos, isfinite, pi, sin, tau
from typing import Annotated

import numpy as np
from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.base.records import Event, Record, State, Wish
from rehabsim.training.scenario import Step

STEER_TIME_S = 0.6
"""The rudder follows the load share this slowly."""

HULL_M = 5.0
"""Waves shorter than the hull rock it less."""


class Gate:
    """Two buoys to pass between."""

    def __init__(self, x_m: float, y_m: float, heading_rad: float) -> None:
        self.x_m, self.y_m, self.heading_rad = x_m, y_m, heading_rad

    def ahead_m(self, x_m: float, y_m: float) -> float:
        """Return how far the gate lies ahead of a point, along its course."""
        dx_m, dy_m = self.x_m - x_m, self.y_m - y_m
        return dx_m * cos(self.heading_rad) + dy_m * sin(self.heading_rad)

    def aside_m(self, x_m: float, y_m: float) -> float:
        """Return how far to the left of the gate's middle a point lies."""
        dx_m, dy_m = x_m - self.x_m, y_m - self.y_m
        return dy_m * cos(self.heading_rad) - dx_m * sin(self.heading_rad)


class Boat:
    """Steer through gates by load shift; waves slow the belts uphill and speed them downhill."""

    name = "boat"

    class Params(Strict):
        """`[params]` of a boat session.

        Attributes:
            speed_gain: Metres of lake per metre of belt.
            load_range_frac: Shift of the load share that turns the rudder fully.
            load_dead_frac: Shift that does nothing.
            max_turn_radps: Turn rate at full rudder and 1 m/s of belt.
            turn_split_mps: The outer belt runs this much faster at full rudder.
            wave_height_m: Trough to crest.
            wave_length_m: Crest to crest.
            wave_period_s: Of the waves passing a fixed point.
            wave_direction_rad: Where the waves travel to; 0 is along the first course.
            wave_effort: Part of the belt speed lost per unit of slope uphill, won downhill.
            gate_spacing_m: From gate to gate.
            gate_width_m: Between the buoys.
            max_gate_turn_rad: Change of course from gate to gate.
        """

        speed_gain: Annotated[float, Field(ge=0.5, le=10)] = 3.0
        load_range_frac: Annotated[float, Field(gt=0, le=0.5)] = 0.06
        load_dead_frac: Annotated[float, Field(ge=0, le=0.2)] = 0.005
        max_turn_radps: Annotated[float, Field(gt=0, le=1)] = 0.12
        turn_split_mps: Annotated[float, Field(ge=0, le=0.3)] = 0.05
        wave_height_m: Annotated[float, Field(ge=0, le=3)] = 0.5
        wave_length_m: Annotated[float, Field(ge=5, le=100)] = 18.0
        wave_period_s: Annotated[float, Field(ge=2, le=30)] = 6.0
        wave_direction_rad: Annotated[float, Field(ge=-4, le=4)] = 2.6
        wave_effort: Annotated[float, Field(ge=0, le=5)] = 1.5
        gate_spacing_m: Annotated[float, Field(ge=15, le=300)] = 45.0
        gate_width_m: Annotated[float, Field(ge=3, le=60)] = 12.0
        max_gate_turn_rad: Annotated[float, Field(ge=0, le=1)] = 0.35

    class Scene(Record, frozen=True, gc=False):
        """Where the boat is; x along the first course, y left, z up; angles left and up positive.

        The water's surface is at z = wave_height_m / 2 * sin(2 pi (x cos d + y sin d) /
        wave_length_m - 2 pi t_s / wave_period_s), d = wave_direction_rad.
        """

        x_m: float
        y_m: float
        heading_rad: float
        boat_speed_mps: float
        steer_frac: float
        heave_m: float
        pitch_rad: float
        roll_rad: float
        wave_height_m: float
        wave_length_m: float
        wave_period_s: float
        wave_direction_rad: float
        gate_x_m: float
        gate_y_m: float
        gate_heading_rad: float
        gate_width_m: float
        next_gate_x_m: float
        next_gate_y_m: float
        next_gate_heading_rad: float
        passed_gate_count: int
        missed_gate_count: int

    def __init__(self, params: Params, seed: int) -> None:
        self.params = params
        self._random = np.random.default_rng(seed)
        self._x_m = self._y_m = self._heading_rad = 0.0
        self._steer = 0.0
        self._left_m = self._right_m = 0.0
        self._passed_count = self._missed_count = 0
        self._gate = Gate(params.gate_spacing_m, 0.0, 0.0)
        self._next_gate = self._gate_after(self._gate)

    def step(self, state: State) -> Step:
        """Move the boat by the belts' way since the last tick; wish for what the water asks."""
        p = self.params
        way_m = 0.5 * (
            state.left_distance_m - self._left_m + state.right_distance_m - self._right_m
        )
        self._left_m, self._right_m = state.left_distance_m, state.right_distance_m
        self._steer += min(state.dt_s / STEER_TIME_S, 1.0) * (self._rudder(state) - self._steer)
        self._heading_rad += p.max_turn_radps * self._steer * way_m
        self._x_m += p.speed_gain * way_m * cos(self._heading_rad)
        self._y_m += p.speed_gain * way_m * sin(self._heading_rad)
        slope, slope_left, heave_m = self._water(state.t_ns / 1e9)
        events = self._gates(state.t_ns)
        cruise_mps = state.cruise_speed_mps * max(1.0 - p.wave_effort * slope, 0.0)
        turn_mps = 0.5 * p.turn_split_mps * self._steer
        is_moving = cruise_mps > abs(turn_mps)
        wish = Wish(
            cruise_mps - turn_mps if is_moving else cruise_mps,
            cruise_mps + turn_mps if is_moving else cruise_mps,
            0.0,
        )
        return Step(wish, self._scene(state, way_m, slope, slope_left, heave_m), events)

    def _rudder(self, state: State) -> float:
        """Return -1 to 1, left positive, from the load share; amidships where it is unknown."""
        share = state.gait.load_share_left_frac
        if not isfinite(share):
            return 0.0
        shift = share - 0.5
        beyond = max(abs(shift) - self.params.load_dead_frac, 0.0)
        size = min(beyond / self.params.load_range_frac, 1.0)
        return size if shift > 0 else -size

    def _water(self, t_s: float) -> tuple[float, float, float]:
        """Return the slope under the boat ahead and to the left, and its height."""
        p = self.params
        k = tau / p.wave_length_m
        x_m, y_m, d = self._x_m, self._y_m, p.wave_direction_rad
        phase = k * (x_m * cos(d) + y_m * sin(d)) - tau * t_s / p.wave_period_s
        calm = 1.0 / (1.0 + (HULL_M / p.wave_length_m * pi / 2) ** 2)
        steepest = calm * k * p.wave_height_m / 2
        slope = steepest * cos(phase)
        angle = d - self._heading_rad
        return slope * cos(angle), slope * sin(angle), calm * p.wave_height_m / 2 * sin(phase)

    def _gates(self, t_ns: int) -> tuple[Event, ...]:
        gate = self._gate
        if gate.ahead_m(self._x_m, self._y_m) > 0:
            return ()
        aside_m = gate.aside_m(self._x_m, self._y_m)
        is_passed = -self.params.gate_width_m / 2 <= aside_m <= self.params.gate_width_m / 2
        if is_passed:
            self._passed_count += 1
            text = f"Gate {self._passed_count + self._missed_count} passed."
        else:
            self._missed_count += 1
            side = "left" if aside_m > 0 else "right"
            text = (
                f"Gate {self._passed_count + self._missed_count} missed:"
                f" {abs(aside_m):.1f} m too far {side}."
            )
        self._gate = self._next_gate
        while self._gate.ahead_m(self._x_m, self._y_m) <= 0:
            self._gate = self._gate_after(self._gate)
        self._next_gate = self._gate_after(self._gate)
        return (Event(t_ns, "gate", "scenario", "none", text, {"aside_m": aside_m}),)

    def _gate_after(self, gate: Gate) -> Gate:
        """Return a gate one spacing on; the course swings, but back towards the first one."""
        p = self.params
        turn_rad = self._random.uniform(-p.max_gate_turn_rad, p.max_gate_turn_rad)
        heading_rad = 0.8 * gate.heading_rad + turn_rad
        return Gate(
            gate.x_m + p.gate_spacing_m * cos(heading_rad),
            gate.y_m + p.gate_spacing_m * sin(heading_rad),
            heading_rad,
        )

    def _scene(
        self, state: State, way_m: float, slope: float, slope_left: float, heave_m: float
    ) -> "Boat.Scene":
        p = self.params
        return self.Scene(
            self._x_m,
            self._y_m,
            self._heading_rad,
            p.speed_gain * way_m / state.dt_s,
            self._steer,
            heave_m,
            atan(slope),
            atan(slope_left),
            p.wave_height_m,
            p.wave_length_m,
            p.wave_period_s,
            p.wave_direction_rad,
            self._gate.x_m,
            self._gate.y_m,
            self._gate.heading_rad,
            p.gate_width_m,
            self._next_gate.x_m,
            self._next_gate.y_m,
            self._next_gate.heading_rad,
            self._passed_count,
            self._missed_count,
        )
