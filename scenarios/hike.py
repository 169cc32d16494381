"""A mountain path: its land tilts the deck, sets the pace and asks for careful feet."""

from math import atan, isfinite
from typing import Annotated, Any

from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.base.records import MOVING, Event, PlatformWish, Record, State, Wish
from rehabsim.training.knob import Knob
from rehabsim.training.scenario import Step
from scenarios.hike_feet import Feet
from scenarios.hike_ground import Bridge, Footing
from scenarios.hike_pace import cost_jpkgm, effort_at, pace_frac
from scenarios.hike_slips import Slips
from scenarios.hike_tasks import AHEAD_M, Rules, Tasks
from scenarios.hike_terrain import BRIDGE, NAMES, STONES, Section, Terrain

GRID_M = 10.0
LATERAL_TIME_S = 0.8
STONE_M = 100.0
STEEPEN_PER_S = 0.01
"""A steepest slope that is turned changes by so much in a second."""


class Hike:
    """Climb and descend; steeper is slower, and the deck follows the path uphill.

    The path leads through meadow, climb, side slope, stones, mud and over a rope bridge; where
    there is a platform it rolls with the side slope, trembles on stones and sways on the bridge.
    Mud and slope are felt by pace and incline alone: belts cannot hold a foot, so what walking in
    mud would cost is counted in `energy_jpkg` and not felt.
    """

    name = "hike"

    class Params(Strict):
        """`[params]` of a hike session.

        Attributes:
            path_gain: Metres of path per metre of belt.
            max_slope: Rise over run of the steepest part, up or down.
            pace_sensitivity: How much slope and ground change the pace; 1 is a hiker's effort.
            incline_gain: Deck angle per path angle; the deck never points downhill.
            max_side_slope: Rise per metre across the path where it is most; 0.052 is 3 degrees.
            roughness: Of stones, as a part of what may tilt a platform by 0.7 degrees RMS.
            bridge_sway: Of the rope bridge; 1 is about 1 degree.
            mud_effort: How many times the effort of firm ground mud takes.
            targets_per_min: Lines to land on.
            target_tolerance_m: So far before or beyond a line is still on it.
            target_shift_m: Lines lie up to so far off where the foot would come anyway.
            obstacles_per_min: Logs to step over.
            obstacle_depth_m: Along the path.
            obstacle_lift_frac: So much longer than usual feet must be in the air over it.
            slips_per_min: Stones that slip, on stony stretches; needs `[limits.perturbation]`, and
                somebody to let perturbations come. With 0 at the start none ever do.
            slip_change_mps: How much slower a belt becomes for it.
        """

        path_gain: Annotated[float, Field(ge=0.5, le=10)] = 1.0
        max_slope: Annotated[
            float,
            Field(ge=0, le=0.25),
            Knob("slopes up to {}", is_live=True, harder="more", tap=0.02),
        ] = 0.12
        pace_sensitivity: Annotated[
            float, Field(ge=0, le=2), Knob("slope changes the pace by {}", is_live=True, tap=0.25)
        ] = 1.0
        incline_gain: Annotated[
            float, Field(ge=0, le=1), Knob("deck tilts by {} of the slope", is_live=True, tap=0.25)
        ] = 1.0
        max_side_slope: Annotated[
            float,
            Field(ge=0, le=0.052),
            Knob("side slopes up to {}", is_live=True, harder="more", tap=0.01),
        ] = 0.04
        roughness: Annotated[
            float, Field(ge=0, le=1), Knob("stones rough by {}", is_live=True, harder="more")
        ] = 0.5
        bridge_sway: Annotated[
            float, Field(ge=0, le=2), Knob("bridge sways by {}", is_live=True, harder="more")
        ] = 1.0
        mud_effort: Annotated[
            float, Field(ge=1, le=2.5), Knob("mud as heavy as {} times firm ground", is_live=True)
        ] = 1.8
        targets_per_min: Annotated[
            float, Field(ge=0, le=12), Knob("{} lines a minute", is_live=True, tap=1)
        ] = 4.0
        target_tolerance_m: Annotated[
            float,
            Field(ge=0.03, le=0.25),
            Knob("lines {} m to either side", is_live=True, harder="less", tap=0.01),
        ] = 0.1
        target_shift_m: Annotated[
            float,
            Field(ge=0, le=0.3),
            Knob("lines up to {} m off the natural step", is_live=True, harder="more", tap=0.02),
        ] = 0.1
        obstacles_per_min: Annotated[
            float, Field(ge=0, le=6), Knob("{} logs a minute", is_live=True, tap=0.5)
        ] = 1.0
        obstacle_depth_m: Annotated[
            float,
            Field(ge=0.05, le=0.4),
            Knob("logs {} m deep", is_live=True, harder="more", tap=0.05),
        ] = 0.15
        obstacle_lift_frac: Annotated[
            float,
            Field(ge=0, le=0.5),
            Knob("{} longer in the air over logs", is_live=True, harder="more", tap=0.02),
        ] = 0.08
        slips_per_min: Annotated[
            float, Field(ge=0, le=3), Knob("{} slips a minute on stones", is_live=True, tap=0.5)
        ] = 0.0
        slip_change_mps: Annotated[
            float,
            Field(ge=0.05, le=0.5),
            Knob("stones slip by {} m/s", is_live=True, harder="more", tap=0.05),
        ] = 0.2

    class Scene(Record, frozen=True, gc=False):
        """Where on the path, its shape, and what lies on it.

        Heights and side slopes (left side up) are those at `profile_start_m` + 10 m * k. Sections
        are `hike_terrain.MEADOW` to `BRIDGE`: `section_0` is the one walked on, from
        `section_0_m`; the others follow it. Of a target, and of an obstacle's near edge, the
        place is in metres of belt ahead of mid-belt, 0 where there is none.
        """

        distance_m: float
        height_m: float
        slope_rad: float
        climbed_m: float
        lateral_m: float
        profile_start_m: float
        height_0_m: float
        height_1_m: float
        height_2_m: float
        height_3_m: float
        height_4_m: float
        height_5_m: float
        height_6_m: float
        height_7_m: float
        height_8_m: float
        height_9_m: float
        height_10_m: float
        height_11_m: float
        side_0_rad: float
        side_1_rad: float
        side_2_rad: float
        side_3_rad: float
        side_4_rad: float
        side_5_rad: float
        side_6_rad: float
        side_7_rad: float
        side_8_rad: float
        side_9_rad: float
        side_10_rad: float
        side_11_rad: float
        side_slope_rad: float
        roll_rad: float
        pitch_rad: float
        sway_rad: float
        section_0: int
        section_1: int
        section_2: int
        section_3: int
        section_0_m: float
        section_1_m: float
        section_2_m: float
        section_3_m: float
        section_4_m: float
        effort_frac: float
        energy_jpkg: float
        path_gain: float
        has_target: bool
        is_target_left: bool
        target_ahead_m: float
        target_tolerance_m: float
        has_obstacle: bool
        obstacle_ahead_m: float
        obstacle_depth_m: float
        hit_count: int
        miss_count: int

    def __init__(self, params: Params, seed: int) -> None:
        self.params = params
        self.perturbs = params.slips_per_min > 0
        self._terrain = Terrain(seed, params.max_slope, params.max_side_slope)
        self._bridge, self._footing = Bridge(seed), Footing()
        self._feet, self._tasks, self._slips = Feet(), Tasks(seed), Slips(seed)
        self._distance_m = self._climbed_m = self._lateral_m = 0.0
        self._belt_m = 0.0
        self._height_m = self._energy_jpkg = self._sway_rad = 0.0
        self._section = self._terrain.sections[0]
        self._profile: tuple[float, ...] = ()
        self._profile_of = (0.0, 0.0, 0.0)

    def height_m(self, distance_m: float) -> float:
        """Return the path's height above its start."""
        return self._terrain.height_m(distance_m)

    def slope(self, distance_m: float) -> float:
        """Return rise over run, positive uphill."""
        return self._terrain.slope(distance_m)

    def step(self, state: State) -> Step:
        """Walk on by the belts' way since the last tick; wish for the pace of the slope."""
        p = self.params
        events: list[Event] = []
        self._turn_knobs(state.dt_s)
        before_m, way_m = self._distance_m, self._walk_on(state)
        index = self._terrain.section_index(self._distance_m)
        section = self._terrain.sections[index]
        slope = self._terrain.slope(self._distance_m)
        effort = effort_at(section, self._distance_m, p.mud_effort)
        self._energy_jpkg += cost_jpkgm(slope) * effort * max(way_m, 0.0)
        pace_mps = state.cruise_speed_mps * pace_frac(slope, p.pace_sensitivity, effort)
        slope_rad = atan(slope)
        wish = Wish(pace_mps, pace_mps, max(0.0, p.incline_gain * slope_rad))
        platform = self._tilt(state, section)
        self._tell_way(state.t_ns, before_m, section, events)
        falls = self._feet.step(state)
        ahead_m = self._distance_m + AHEAD_M * p.path_gain
        is_open = state.mode in MOVING and section.kind != BRIDGE
        is_open = is_open and self._section_at(index, ahead_m).kind != BRIDGE
        tries, told = self._tasks.step(state, self._feet, falls, self._rules(), is_open=is_open)
        per_min = p.slips_per_min if section.kind == STONES else 0.0
        wish = self._slips.step(state, wish, per_min, p.slip_change_mps, events)
        scene = self._scene(slope_rad, effort, index)
        return Step(wish, scene, (*events, *told), platform, tries)

    def _turn_knobs(self, dt_s: float) -> None:
        """Let the land follow what was turned, without a jump of its height."""
        terrain, wanted = self._terrain, self.params.max_slope
        terrain.max_side_slope = self.params.max_side_slope
        if terrain.max_slope != wanted:
            most = STEEPEN_PER_S * dt_s
            change = min(max(wanted - terrain.max_slope, -most), most)
            now = wanted if abs(change) < most else terrain.max_slope + change
            terrain.steepen(now, self._distance_m)

    def _rules(self) -> Rules:
        p = self.params
        return Rules(
            p.targets_per_min,
            p.target_tolerance_m,
            p.target_shift_m,
            p.obstacles_per_min,
            p.obstacle_depth_m,
            p.obstacle_lift_frac,
        )

    def _walk_on(self, state: State) -> float:
        """Follow the belts; return the way that was walked."""
        belt_m = 0.5 * (state.left_distance_m + state.right_distance_m)
        way_m = belt_m - self._belt_m
        self._distance_m += self.params.path_gain * way_m
        self._belt_m = belt_m
        height_m = self._terrain.height_m(self._distance_m)
        self._climbed_m += max(height_m - self._height_m, 0.0)
        self._height_m = height_m
        if isfinite(state.gait.cop_y_m):
            gain = min(state.dt_s / LATERAL_TIME_S, 1.0)
            self._lateral_m += gain * (state.gait.cop_y_m - self._lateral_m)
        return way_m

    def _tilt(self, state: State, section: Section) -> PlatformWish:
        p, x_m = self.params, self._distance_m
        size = section.part_at(x_m) if section.kind == BRIDGE else 0.0
        is_moving = state.mode in MOVING
        sway_rad = self._bridge.step(state, size * p.bridge_sway if is_moving else 0.0)
        roll_rad, pitch_rad = self._terrain.rough_rad(x_m)
        rough_rad = (p.roughness * roll_rad, p.roughness * pitch_rad)
        self._sway_rad = sway_rad[0]
        return self._footing.step(self._terrain.side_slope(x_m), rough_rad, sway_rad, state.dt_s)

    def _tell_way(self, t_ns: int, before_m: float, section: Section, events: list[Event]) -> None:
        """Tell of a new section, and of the milestone that was passed."""
        if section is not self._section:
            self._section = section
            text = f"{NAMES[section.kind].capitalize()} for {section.end_m - section.start_m:.0f} m"
            events.append(Event(t_ns, "section", "scenario", "none", f"{text}."))
        if self._distance_m // STONE_M <= before_m // STONE_M:
            return
        text = (
            f"{self._distance_m // STONE_M * STONE_M:.0f} m walked, {self._climbed_m:.1f} m climbed"
        )
        events.append(Event(t_ns, "milestone", "scenario", "none", f"{text}."))

    def _section_at(self, index: int, x_m: float) -> Section:
        sections = self._terrain.sections
        while sections[index].end_m <= x_m and index + 1 < len(sections):
            index += 1
        return sections[index]

    def _shape(self) -> tuple[float, ...]:
        """Return where the published profile starts, its heights and its side slopes."""
        start_m = (self._distance_m // GRID_M - 1) * GRID_M
        terrain = self._terrain
        of = (start_m, terrain.max_slope, terrain.max_side_slope)
        if of != self._profile_of or not self._profile:
            self._profile_of = of
            places_m = [start_m + GRID_M * k for k in range(12)]
            heights_m = [terrain.height_m(x_m) for x_m in places_m]
            sides_rad = [atan(terrain.side_slope(x_m)) for x_m in places_m]
            self._profile = (start_m, *heights_m, *sides_rad)
        return self._profile

    def _scene(self, slope_rad: float, effort: float, index: int) -> "Hike.Scene":
        sections = self._terrain.sections[index : index + 4]
        target, obstacle = self._tasks.target, self._tasks.obstacle
        values: tuple[Any, ...] = (
            self._distance_m,
            self._height_m,
            slope_rad,
            self._climbed_m,
            self._lateral_m,
            *self._shape(),
            atan(self._terrain.side_slope(self._distance_m)),
            self._footing.roll_rad,
            self._footing.pitch_rad,
            self._sway_rad,
            *[section.kind for section in sections],
            *[section.start_m for section in sections],
            sections[3].end_m,
            effort,
            self._energy_jpkg,
            self.params.path_gain,
            target is not None,
            target is not None and target.side == "left",
            target.place_m - self._belt_m if target is not None else 0.0,
            self.params.target_tolerance_m,
            obstacle is not None,
            obstacle.place_m - self._belt_m if obstacle is not None else 0.0,
            obstacle.depth_m if obstacle is not None else 0.0,
            self._tasks.hit_count,
            self._tasks.miss_count,
        )
        return self.Scene(*values)
