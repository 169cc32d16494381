"""Belts that follow the person: their speed from where someone is on them and how fast. Pure.

Three laws, all from force plates alone; PACING.md says how each does with simulated people:

- `pd`: at every tick, by place and pace of the centre of mass.
  Source: class of Sloot 2014; its gains are not published, ours are chosen on simulated people.
- `steps`: once a step, by the mean place and the mean pace over it.
  Source: Song, Choi & Collins 2020, JNER 17:68, law and gains; the place and pace are those of our
  own centre of mass, whose error is below that of their filter. Who walks slowly, or corrects
  their own place, swings with it: simulated people fall, so it is not the default.
- `dead_zone`: at every tick, by how far the pressure is outside a zone in which nothing happens.
  Source: open implementations for treadmills without a model of the person.

Whatever the law asks, the rails at both ends of the belts have the last word. While a perturbation
goes on nothing follows: where it throws someone is not where they want to be.
"""

from math import exp, inf, isfinite, nan, sqrt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rehabsim.base.config import Strict
from rehabsim.base.limits import Limits
from rehabsim.base.records import MOVING, Gait, State

Law = Literal["pd", "steps", "dead_zone"]

SLOWEST_STEP_S = 0.9
"""Of those who train here; the rule of stability must hold for it too."""

SETTLE_S = 0.5
"""A step's change of speed is spread over so long (Song 2020)."""

CLEAN_COUNT = 3
"""Steps before the belts begin to follow."""

MAX_STEP_S = 1.2
"""Between two landings that belong to one walk; a longer one starts anew."""

BRING_MPS = 0.1
"""How fast someone beyond a rail is brought back, over the laboratory."""

STEADY_S = 0.5
"""Time constant of the pressure that `dead_zone` looks at: a step's to and fro is not a place."""


class PacingParams(Strict):
    """`[pacing]` of a session.

    Attributes:
        law: How the speed follows.
        place_gain: Change of speed per metre ahead of `place_m`: m/s at each step with `steps`,
            m/s² else.
        pace_gain: Part of the person's speed over the laboratory that the belts take over: at each
            step with `steps`, where the belts swing unless place_gain T < pace_gain < 2 +
            place_gain T / 2 with the step time T; in each second with `pd`, where they swing
            unless pace_gain >= sqrt(place_gain), half of critical damping. `dead_zone` has none.
        place_m: Where one should walk, ahead of mid-belt.
        dead_m: So far from there nothing happens.
        max_accel_mps2: Steepest speeding up.
        max_decel_mps2: Steepest slowing down.
        min_speed_mps: Least that the law asks for; 0 lets the belts come to rest.
        max_speed_mps: Never faster than this.
        rail_m: So far from `place_m` the belts bring one back, whatever the law says, at
            `BRING_MPS`: quicker, one would be thrown from one rail to the other.
        end_m: So far behind it they ramp to rest. Not ahead: belts that slow down there let one
            walk off the front; it is the keeper's limit `max_ahead_m` that stops them.
    """

    law: Law = "pd"
    place_gain: Annotated[float, Field(ge=0, le=1)] = 0.2
    pace_gain: Annotated[float, Field(ge=0, le=2)] = 0.7
    place_m: Annotated[float, Field(ge=-0.5, le=0.5)] = 0.0
    dead_m: Annotated[float, Field(ge=0, le=0.3)] = 0.05
    max_accel_mps2: Annotated[float, Field(gt=0, le=1)] = 0.25
    max_decel_mps2: Annotated[float, Field(gt=0, le=1)] = 0.5
    min_speed_mps: Annotated[float, Field(ge=0, le=1)] = 0.2
    max_speed_mps: Annotated[float, Field(gt=0, le=3)] = 1.8
    rail_m: Annotated[float, Field(gt=0.1, le=1)] = 0.35
    end_m: Annotated[float, Field(gt=0.1, le=1)] = 0.55

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if not self.rail_m < self.end_m:
            raise ValueError(f"rail_m = {self.rail_m:g} is not below end_m = {self.end_m:g}")
        if not self.min_speed_mps < self.max_speed_mps:
            raise ValueError(
                f"min_speed_mps = {self.min_speed_mps:g} is not below max_speed_mps ="
                f" {self.max_speed_mps:g}"
            )
        least, most, steps = sqrt(self.place_gain), inf, ""
        if self.law == "steps":
            least = self.place_gain * SLOWEST_STEP_S
            most, steps = 2 + least / 2, f" and steps of {SLOWEST_STEP_S:g} s"
        if self.law != "dead_zone" and not least <= self.pace_gain < most:
            raise ValueError(
                f"pace_gain = {self.pace_gain:g} makes the belts swing: with law {self.law!r},"
                f" place_gain = {self.place_gain:g}{steps} it must be at least {least:.3g}"
                + (f" and below {most:.3g}" if most < inf else "")
            )
        return self

    def within(self, limits: Limits) -> "PacingParams":
        """Return the same, asking for nothing that the keeper would not do.

        A speed that ran ahead of the belts would be lost time when it has to come down again.
        """
        most_mps = min(self.max_speed_mps, limits.max_speed_mps)
        return self.model_copy(
            update={
                "max_speed_mps": most_mps,
                "min_speed_mps": min(self.min_speed_mps, most_mps),
                "max_accel_mps2": min(self.max_accel_mps2, limits.max_accel_mps2),
                "max_decel_mps2": min(self.max_decel_mps2, limits.max_accel_mps2),
            }
        )


class Pacing:
    """Follows one person.

    Args:
        params: How.

    Attributes:
        means: What is known of the last step.
    """

    def __init__(self, params: PacingParams) -> None:
        self.params = params
        self._speed_mps = self._target_mps = self._set_mps = 0.0
        self._accel_mps2 = 0.0
        self.means = StepMeans()
        self._pressure_m = nan
        self._was_moving = False

    def step(self, state: State) -> float:
        """Return the speed that both belts should have.

        Args:
            state: Of this tick; `cruise_speed_mps` is where one begins, and each change of it
                changes the speed by as much.
        """
        if state.mode not in MOVING:
            self._was_moving = False
            return state.cruise_speed_mps
        if not self._was_moving:
            self._begin(state)
        self._look(state)
        if state.mode == "running" and self.means.count >= CLEAN_COUNT:
            self._obey_law(state)
        if state.mode == "perturbing":
            self._target_mps = self._speed_mps
        else:
            self._obey_rails(state)
        self._speed_mps += self._part(self._target_mps - self._speed_mps, self._accel_mps2, state)
        self._obey_therapist(state)
        return self._speed_mps

    def begin_anew(self) -> None:
        """Follow from the set speed, as after a start; for when following was left off."""
        self._was_moving = False

    def _part(self, gap_mps: float, accel_mps2: float, state: State) -> float:
        """Return how much of a gap is closed at this tick."""
        p = self.params
        limit_mps2 = p.max_accel_mps2 if gap_mps > 0 else p.max_decel_mps2
        most_mps = min(accel_mps2, limit_mps2) * state.dt_s
        return min(max(gap_mps, -most_mps), most_mps)

    def _obey_therapist(self, state: State) -> None:
        """Change the speed by as much as the set speed was changed, beside what the law does."""
        p, gap_mps = self.params, state.cruise_speed_mps - self._set_mps
        part_mps = self._part(gap_mps, p.max_accel_mps2 + p.max_decel_mps2, state)
        self._set_mps = state.cruise_speed_mps if part_mps == gap_mps else self._set_mps + part_mps
        before_mps = self._speed_mps
        if part_mps != 0.0:
            # A speed that is outside already, as of belts at rest, does not jump back into it.
            least_mps, most_mps = min(p.min_speed_mps, before_mps), max(p.max_speed_mps, before_mps)
            self._speed_mps = min(max(before_mps + part_mps, least_mps), most_mps)
            self._target_mps += self._speed_mps - before_mps

    def _begin(self, state: State) -> None:
        self._was_moving = True
        self._set_mps = state.cruise_speed_mps
        self._speed_mps = self._target_mps = min(self._set_mps, self.params.max_speed_mps)
        self._accel_mps2 = 0.0
        self.means = StepMeans()
        self._pressure_m = nan

    def _look(self, state: State) -> None:
        gait = state.gait
        belt_mps = 0.5 * (state.belt.left_speed_mps + state.belt.right_speed_mps)
        self.means.feed(gait, belt_mps, state.dt_s)
        if isfinite(gait.cop_x_m):
            share = 1 - exp(-state.dt_s / STEADY_S)
            kept_m = self._pressure_m if isfinite(self._pressure_m) else gait.cop_x_m
            self._pressure_m = kept_m + share * (gait.cop_x_m - kept_m)

    def _obey_law(self, state: State) -> None:
        p, gait = self.params, state.gait
        if p.law == "steps":
            if self.means.is_new:
                change_mps = p.place_gain * self._off_m(self.means.place_m)
                change_mps += p.pace_gain * self.means.pace_mps
                self._aim(self._speed_mps + change_mps, abs(change_mps) / SETTLE_S)
        elif p.law == "pd" and isfinite(gait.com_x_m) and isfinite(gait.com_vx_mps):
            accel_mps2 = p.place_gain * self._off_m(gait.com_x_m)
            accel_mps2 += p.pace_gain * gait.com_vx_mps
            self._aim(self._speed_mps + accel_mps2, abs(accel_mps2))
        elif p.law == "dead_zone" and isfinite(self._pressure_m):
            accel_mps2 = p.place_gain * self._off_m(self._pressure_m)
            self._aim(self._speed_mps + accel_mps2, abs(accel_mps2))

    def _off_m(self, x_m: float) -> float:
        """Return how far `x_m` is ahead of the zone in which nothing happens."""
        off_m = x_m - self.params.place_m
        return max(off_m - self.params.dead_m, 0.0) + min(off_m + self.params.dead_m, 0.0)

    def _aim(self, speed_mps: float, accel_mps2: float) -> None:
        p = self.params
        self._target_mps = min(max(speed_mps, p.min_speed_mps), p.max_speed_mps)
        self._accel_mps2 = accel_mps2

    def _obey_rails(self, state: State) -> None:
        """Bring back who comes near an end; stop where bringing back was not enough."""
        p = self.params
        off_m = state.gait.com_x_m - p.place_m
        walk_mps = self.means.walk_mps if isfinite(self.means.walk_mps) else self._set_mps
        if off_m < -p.end_m:
            self._target_mps, self._accel_mps2 = 0.0, p.max_decel_mps2
        elif off_m > p.rail_m and self._target_mps < walk_mps + BRING_MPS:
            self._aim(walk_mps + BRING_MPS, p.max_accel_mps2)
        elif off_m < -p.rail_m and self._target_mps > walk_mps - BRING_MPS:
            self._aim(walk_mps - BRING_MPS, p.max_decel_mps2)


_NOTHING = (0.0, 0.0, 0.0, 0.0)


class StepMeans:
    """Place and pace of the centre of mass, averaged over each step.

    Attributes:
        count: Whole steps in a row.
        is_landing: A foot landed at this tick.
        is_new: A step ended with it, of which place and pace are known.
        place_m: Mean over the last step, frame lab.
        pace_mps: The same of the velocity.
        walk_mps: Speed of the belts over it, and that: how fast the person walked.
    """

    def __init__(self) -> None:
        self.count = 0
        self.is_landing = self.is_new = False
        self.place_m = self.pace_mps = self.walk_mps = nan
        self._landing_count: int | None = None
        self._sums = _NOTHING

    def feed(self, gait: Gait, belt_mps: float, dt_s: float) -> None:
        """Take a tick.

        Args:
            gait: As known now.
            belt_mps: Speed of the belts.
            dt_s: Since the tick before.
        """
        landing_count = gait.left_step_count + gait.right_step_count
        place_ms, pace_m, belt_m, time_s = self._sums
        self._sums = (
            place_ms + gait.com_x_m * dt_s,
            pace_m + gait.com_vx_mps * dt_s,
            belt_m + belt_mps * dt_s,
            time_s + dt_s,
        )
        before = self._landing_count
        self.is_landing = before is not None and landing_count > before
        self._landing_count = landing_count
        self.is_new = False
        if not self.is_landing:
            if not self._sums[-1] <= MAX_STEP_S:
                self.count = 0
            return
        place_ms, pace_m, belt_m, time_s = self._sums
        self._sums = _NOTHING
        self.count = self.count + 1 if time_s <= MAX_STEP_S else 0
        place_m, pace_mps = place_ms / time_s, pace_m / time_s
        if isfinite(place_m) and isfinite(pace_mps):
            self.is_new = True
            self.place_m, self.pace_mps = place_m, pace_mps
            self.walk_mps = belt_m / time_s + pace_mps
