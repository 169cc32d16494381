"""A boat on a lake: walking drives it, shifting the load from foot to foot steers it."""

from math import atan, inf
from typing import Annotated

import numpy as np
from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.base.records import MOVING, Event, PlatformWish, Record, State, Wish
from rehabsim.training.knob import Knob
from rehabsim.training.motion import CLINICAL, STANDING, Cueing, Motion, Tuning
from rehabsim.training.scenario import Step
from scenarios.boat_gates import Course, Layout
from scenarios.boat_helm import MAX_SHIFT_FRAC, UNDERWAY_FRAC, Helm, Reach
from scenarios.boat_hull import Hull, Pull
from scenarios.boat_water import Swell, Water, Wind

WAVE_LEVELS_M = (0.3, 0.41, 0.52, 0.63, 0.74)
"""Heights of the waves at levels 1 to 5: roll of 1.0 to 2.5 degrees RMS on the first course."""

COP_FRAC, COP_DEAD_FRAC = 0.6, 0.05
"""Of what the person can reach: where the rudder is full, and below which it does nothing."""

SWELL = Tuning(push_gain=0.0, heave_gain=0.35, turn_gain=1.0, heave_radps=0.1, turn_radps=0.1)
"""The deck tilts as the boat does, heaves by a part of it, and comes level in a lasting heel."""


class Boat:
    """Steer through gates by load shift; waves slow the belts uphill and speed them downhill."""

    name = "boat"

    class Params(Strict):
        """`[params]` of a boat session.

        Attributes:
            is_standing: The belts rest and a motor drives the boat; for people who only stand.
            standing_speed_mps: Belt speed that this motor is worth.
            is_steered_by_cop: The rudder follows the centre of pressure, not the load share.
            is_reversed: The boat turns away from the loaded side.
            is_own_neutral: The rudder is amidships where this person's weight is as they walk
                straight on, learned in the first 12 s; otherwise at an even share.
            speed_gain: Metres of lake per metre of belt, once under way.
            load_range_frac: Shift of the load share that turns the rudder fully.
            load_dead_frac: Shift that does nothing.
            cop_limit_m: How far to either side this person can take the centre of pressure; 0.6
                of it turns the rudder fully, 0.05 of that does nothing.
            max_turn_radps: Turn rate at full rudder and 1 m/s of belt.
            turn_split_mps: The outer belt runs this much faster at full rudder.
            wave_height_m: Of the larger waves, trough to crest. `WAVE_LEVELS_M` are levels 1 to 5.
            wave_length_m: Crest to crest.
            wave_period_s: Of the waves passing a fixed point.
            wave_direction_rad: Where the waves travel to; 0 is along the first course.
            wave_effort: Part of the belt speed lost per unit of slope uphill, won downhill.
            wind_speed_mps: Pushes the boat aside.
            wind_direction_rad: Where the wind blows to; 0 is along the first course.
            gust_frac: The strongest gusts and lulls, of the wind.
            gate_spacing_m: From gate to gate.
            gate_width_m: Between the buoys.
            max_gate_turn_rad: Change of course from gate to gate.
            platform_gain: What the platform does of the boat's motion, as far as the person and
                the platform can take it; 0 leaves it alone.
            max_lateral_mps2: Sideways acceleration that the person can take, tilt included.
        """

        is_standing: bool = False
        standing_speed_mps: Annotated[
            float, Field(ge=0.2, le=1.5), Knob("a motor worth {} m/s of walking", tap=0.1)
        ] = 0.8
        is_steered_by_cop: bool = False
        is_reversed: bool = False
        is_own_neutral: bool = False
        speed_gain: Annotated[
            float, Field(ge=0.5, le=10), Knob("each metre walked is {} m of lake", tap=0.5)
        ] = 3.0
        load_range_frac: Annotated[
            float,
            Field(ge=0.01, le=0.5),
            Knob("{} of the weight shifted is full rudder", is_live=True, harder="more", tap=0.01),
        ] = 0.06
        load_dead_frac: Annotated[
            float, Field(ge=0, le=0.2), Knob("{} of the weight shifted does nothing", tap=0.005)
        ] = 0.005
        cop_limit_m: Annotated[
            float, Field(ge=0.02, le=0.3), Knob("leans {} m to either side", tap=0.01)
        ] = 0.10
        max_turn_radps: Annotated[
            float, Field(gt=0, le=1), Knob("turns by {} rad/s at most", tap=0.02)
        ] = 0.12
        turn_split_mps: Annotated[
            float, Field(ge=0, le=0.3), Knob("belts {} m/s apart at full rudder", tap=0.01)
        ] = 0.05
        wave_height_m: Annotated[
            float,
            Field(ge=0, le=3),
            Knob("waves {} m high", is_live=True, harder="more", tap=0.11),
        ] = 0.5
        wave_length_m: Annotated[
            float, Field(ge=5, le=100), Knob("{} m from wave to wave", tap=2)
        ] = 24.0
        wave_period_s: Annotated[float, Field(ge=2, le=30), Knob("a wave every {} s", tap=0.5)] = (
            7.0
        )
        wave_direction_rad: Annotated[
            float, Field(ge=-4, le=4), Knob("waves that go to {} rad", tap=0.2)
        ] = 2.1
        wave_effort: Annotated[
            float,
            Field(ge=0, le=5),
            Knob("belts {} times as slow uphill as it is steep", harder="more", tap=0.25),
        ] = 1.5
        wind_speed_mps: Annotated[
            float,
            Field(ge=0, le=12),
            Knob("a wind of {} m/s", is_live=True, harder="more", tap=1),
        ] = 0.0
        wind_direction_rad: Annotated[
            float, Field(ge=-4, le=4), Knob("a wind that blows to {} rad", tap=0.2)
        ] = 1.6
        gust_frac: Annotated[
            float, Field(ge=0, le=1), Knob("gusts of {} of the wind", harder="more", tap=0.1)
        ] = 0.5
        gate_spacing_m: Annotated[
            float, Field(ge=15, le=300), Knob("a gate every {} m", harder="less", tap=5)
        ] = 45.0
        gate_width_m: Annotated[
            float,
            Field(ge=3, le=60),
            Knob("gates {} m wide", is_live=True, harder="less", tap=1),
        ] = 12.0
        max_gate_turn_rad: Annotated[
            float, Field(ge=0, le=1), Knob("gates up to {} rad off", harder="more", tap=0.05)
        ] = 0.35
        platform_gain: Annotated[
            float,
            Field(ge=0, le=1),
            Knob("the platform does {} of the boat's motion", harder="more", tap=0.1),
        ] = 0.4
        max_lateral_mps2: Annotated[
            float, Field(ge=0.1, le=1), Knob("at most {} m/s² sideways", tap=0.05)
        ] = 0.5

    class Scene(Record, frozen=True, gc=False):
        """Where the boat is; x along the first course, y left, z up; angles left and up positive.

        The water's surface is, with H, L, T and d = wave_height_m, wave_length_m, wave_period_s
        and wave_direction_rad, s = wave_seed_frac, and sums over i = 1 to 15:

            z = H / 4 * sum of w_i sin(2 pi (r_i (x cos d_i + y sin d_i) / L - r_i t_s / T + i² s))
            r_i = 0.5 * 3^(i / 15), d_i = d + 0.5 sin(2.4 i)
            w_i = v_i sqrt(2 / sum of v_j²), v_i = exp(-4 (ln r_i)²)

        A gate keeps the width that it was laid with. `score_count` is points.
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
        next_gate_width_m: float
        score_count: int
        wave_seed_frac: float
        wind_speed_mps: float
        wind_direction_rad: float
        turn_radps: float
        drift_mps: float

    def __init__(self, params: Params, seed: int) -> None:
        self.params = p = params
        self._seed_frac, *gusts = np.random.default_rng([seed, 1]).random(3).tolist()
        self._water = Water(
            p.wave_height_m,
            p.wave_length_m,
            p.wave_period_s,
            p.wave_direction_rad,
            self._seed_frac,
        )
        self._wind = Wind(p.wind_direction_rad, (gusts[0], gusts[1]))
        self._hull, self._helm = Hull(), Helm(learns=p.is_own_neutral)
        self._course = Course(self._layout(), seed)
        self.deck = CLINICAL
        self._cueing: Cueing | None = None
        self._has_moved = False
        self._left_m = self._right_m = 0.0

    def step(self, state: State) -> Step:
        """Move the boat by the belts' way since the last tick; wish for what the water asks."""
        p, hull, dt_s, t_s = self.params, self._hull, state.dt_s, state.t_ns / 1e9
        self._water.change(p.wave_height_m, dt_s)
        self._wind.step(p.wind_speed_mps, p.gust_frac, t_s, dt_s)
        hull.step(self._pull(state), dt_s)
        learned = self._learn(state)
        swell = self._water.under(hull.x_m, hull.y_m, hull.heading_rad, t_s)
        hull.rock(atan(swell.slope_left), dt_s)
        events, tries = self._course.step(
            hull.x_m, hull.y_m, hull.heading_rad, state.t_ns, self._layout()
        )
        wish = self._wish(state, swell.slope)
        scene = self._scene(swell)
        return Step(wish, scene, learned + events, self._platform(state, swell), tries)

    def _pull(self, state: State) -> Pull:
        """Return what moves the boat: feet or motor, rudder, and wind once someone is under way."""
        p = self.params
        way_m = 0.5 * (
            state.left_distance_m - self._left_m + state.right_distance_m - self._right_m
        )
        self._left_m, self._right_m = state.left_distance_m, state.right_distance_m
        is_off = state.mode in MOVING
        belt_mps = way_m / state.dt_s
        if p.is_standing:
            belt_mps = p.standing_speed_mps if is_off else 0.0
        return Pull(
            p.speed_gain * belt_mps,
            self._rudder(state),
            p.max_turn_radps / p.speed_gain,
            self._wind.speed_mps if is_off else 0.0,
            self._wind.direction_rad,
        )

    def _rudder(self, state: State) -> float:
        """Return -1 to 1, left positive, from the person; amidships where they are not measured."""
        p = self.params
        if p.is_steered_by_cop:
            reach = Reach(COP_DEAD_FRAC, 1 - COP_DEAD_FRAC, inf)
        else:
            most = max(MAX_SHIFT_FRAC, p.load_dead_frac + p.load_range_frac)
            reach = Reach(p.load_dead_frac, p.load_range_frac, inf if p.is_standing else most)
        rudder = self._helm.step(self._shift(state), reach, state.dt_s)
        return -rudder if p.is_reversed else rudder

    def _shift(self, state: State) -> float:
        """Return how far the weight is to the left, of what turns the rudder or of the load."""
        p = self.params
        if p.is_steered_by_cop:
            return state.gait.cop_y_m / (COP_FRAC * p.cop_limit_m)
        return state.gait.load_share_left_frac - 0.5

    def _learn(self, state: State) -> tuple[Event, ...]:
        """Learn where amidships is for this person; return the news once it is known."""
        p, helm = self.params, self._helm
        is_underway = state.mode in MOVING and (
            p.is_standing
            or 0.5 * (state.belt.left_speed_mps + state.belt.right_speed_mps)
            >= UNDERWAY_FRAC * state.cruise_speed_mps
        )
        if not helm.learn(self._shift(state), state.dt_s, is_underway=is_underway):
            return ()
        where = f"{0.5 + helm.neutral:.1%} of the weight on the left leg"
        if p.is_steered_by_cop:
            side = "left" if helm.neutral > 0 else "right"
            off_m = COP_FRAC * p.cop_limit_m * abs(helm.neutral)
            where = f"pressure {off_m:.3f} m to the {side}"
        text = f"The rudder is amidships at {where}, as this person is on the way."
        values = {"neutral": helm.neutral}
        return (Event(state.t_ns, "helm", "scenario", "none", text, values),)

    def _wish(self, state: State, slope: float) -> Wish:
        """Return belts that are slow uphill, the outer one faster in a turn."""
        p = self.params
        if p.is_standing:
            return Wish(0.0, 0.0, 0.0)
        cruise_mps = state.cruise_speed_mps * max(1.0 - p.wave_effort * slope, 0.0)
        turn_mps = 0.5 * p.turn_split_mps * self._hull.rudder_frac
        if not cruise_mps > abs(turn_mps):
            return Wish(cruise_mps, cruise_mps, 0.0)
        return Wish(cruise_mps - turn_mps, cruise_mps + turn_mps, 0.0)

    def _platform(self, state: State, swell: Swell) -> PlatformWish | None:
        """Return what the deck does of it; it was left alone for as long as the gain is 0."""
        gain = self.params.platform_gain
        self._has_moved = self._has_moved or gain > 0
        if not self._has_moved:
            return None
        motion = Motion(
            heave_m=swell.heave_m, roll_rad=self._hull.roll_rad, pitch_rad=atan(swell.slope)
        )
        if self._cueing is None:  # Only now is it known what the room allows.
            most_mps2 = self.params.max_lateral_mps2
            comfort = STANDING._replace(max_lateral_mps2=most_mps2, tilt_frac=1.0)
            self._cueing = Cueing(SWELL, CLINICAL.tightened_by(self.deck), comfort)
        return self._cueing.step(motion, state.dt_s, is_on=state.mode in MOVING, gain=gain)

    def _layout(self) -> Layout:
        p = self.params
        return Layout(p.gate_spacing_m, p.gate_width_m, p.max_gate_turn_rad)

    def _scene(self, swell: Swell) -> "Boat.Scene":
        p, hull, course = self.params, self._hull, self._course
        return self.Scene(
            hull.x_m,
            hull.y_m,
            hull.heading_rad,
            hull.speed_mps,
            hull.rudder_frac,
            swell.heave_m,
            atan(swell.slope),
            hull.roll_rad,
            self._water.height_m,
            p.wave_length_m,
            p.wave_period_s,
            p.wave_direction_rad,
            course.gate.x_m,
            course.gate.y_m,
            course.gate.heading_rad,
            course.gate.width_m,
            course.next_gate.x_m,
            course.next_gate.y_m,
            course.next_gate.heading_rad,
            course.passed_count,
            course.missed_count,
            course.next_gate.width_m,
            course.score_count,
            self._seed_frac,
            self._wind.speed_mps,
            self._wind.direction_rad,
            hull.turn_radps,
            hull.drift_mps,
        )
