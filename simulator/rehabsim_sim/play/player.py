"""From what is seen to what is aimed at, as late, as far and as precisely as the person can.

Source: limits of stability 8 degrees to the sides, 6.25 forward and 4.45 back about the height of
the centre of mass; the traits say how much of it, how fast, and how far beside the target.
"""

from collections import deque
from dataclasses import dataclass
from math import hypot, isfinite, radians, sin, sqrt

import numpy as np

from rehabsim_sim.person import AIMLESS, NEITHER, PLACING, STEERING
from rehabsim_sim.play.feet import Lines
from rehabsim_sim.play.picture import Picture
from rehabsim_sim.play.scenes import NOTHING, Scene, Want, want
from rehabsim_sim.traits import Traits

AHEAD_RAD, BACK_RAD, ASIDE_RAD = radians(6.25), radians(4.45), radians(8.0)

LOAD_PER_M = 0.6
"""Load share per sideways shift of weight as it is felt: it makes of the healthy error the 3 % of
asymmetry between the legs that healthy people walk with."""

MAX_LANE_M, MAX_PLACE_M = 0.10, 0.30
"""How far off the middle of the belts one walks at most, aside and along."""

MAX_LOAD_FRAC = 0.06
"""How much of the load who reaches to all of their limits shifts to a leg while walking; it makes
of the healthy part the shift that steps of unequal time still allow."""

KEEP_S = 4.0
"""How fast one who walks notices that they drift off the lane that they mean to keep."""

TRIM_S, MAX_TRIM_M, MAX_TRIM_FRAC = 20.0, 0.05, 0.04
"""How fast, and up to where, one learns what a lasting error asks for: a weak leg, a wrong feeling
of the middle."""

SIGHT_S, ARRIVED_M = 3.0, 0.005
"""How fast who stands and sees where their weight is mends what is missing, once the first movement
has come so near to where it was meant to end."""

CREEP_FRAC = 1 / 3
"""How much of what one did not dare at first one dares in the end, with the target in sight: it
makes the 90 % of the limits that the healthy come to of the 75 to 85 % of their first movement."""

NOISE_TIME_S = 1.5
MEMORY_S = 0.25
"""How far apart two pictures are that show how fast something moves."""

STALE_S = 0.5
"""A picture that stands still for so long is none."""

TIRED_DELAY, TIRED_ERROR = 0.3, 1.0
"""What full lumbar fatigue adds to delay and target error, as parts of them."""

RAYLEIGH_MEAN = 1.2533
"""Mean length of a plane vector whose components have an SD of 1."""


@dataclass(frozen=True)
class Footing:
    """What the person feels of themselves.

    Attributes:
        is_walking: On the way, rather than on both feet.
        x_m: Middle between the feet, ahead of mid-belt.
        y_m: The same, to the left.
        fatigue_frac: Lumbar fatigue.
    """

    is_walking: bool = False
    x_m: float = 0.0
    y_m: float = 0.0
    fatigue_frac: float = 0.0


@dataclass(frozen=True)
class Aim:
    """What the body is told to do; see `Mind`."""

    aiming: int = AIMLESS
    load_frac: float = 0.0
    x_m: float = 0.0
    y_m: float = 0.0
    foot: int = NEITHER
    foot_x_m: float = 0.0


class Player:
    """One person at play; what they do follows from the traits, the seed and the pictures.

    Args:
        traits: What they are like.
        seed: Of their errors.
    """

    def __init__(self, traits: Traits, seed: int) -> None:
        self.traits = traits
        self.aim = Aim()
        self._rng = np.random.default_rng(seed)
        self._constant = self._error_m()
        self._trial = self._error_m()
        self._seen: deque[tuple[float, Picture]] = deque()
        self._want = NOTHING
        self._lines = Lines(traits, self._rng)
        self._noise = 0.0
        self._kept_m = self._trim_m = self._trim_frac = 0.0
        self._goal = Aim()
        self._mended_m = (0.0, 0.0)
        self._crept_frac = 0.0
        self._t_s = 0.0

    def step(self, t_s: float, picture: Picture | None, footing: Footing) -> Aim:
        """Take in a picture, if there is a new one; return what to aim at now.

        Args:
            t_s: Time of the person; later than at the last call.
            picture: The newest, None when there has been none since the last call.
            footing: How they stand.
        """
        dt_s = max(t_s - self._t_s, 1e-3)
        self._t_s = t_s
        self._see(t_s, picture)
        self._drift(dt_s)
        delay_s = self.traits.visual_delay_s * (1 + TIRED_DELAY * footing.fatigue_frac)
        wanted = self._decide(t_s - delay_s)
        if wanted.trial != self._want.trial:
            self._trial = self._error_m()
            self._mended_m, self._crept_frac = (0.0, 0.0), 0.0
        self._want = wanted
        if footing.is_walking:
            self._learn(wanted, footing, dt_s)
        else:
            self._mend(wanted, dt_s)
        if wanted.kind == "none":
            self.aim = Aim(foot=self._lines.foot, foot_x_m=self._lines.place_m)
        else:
            self._goal = self._missed(wanted, footing)
            self.aim = self._moved(self._goal, footing, dt_s)
        return self.aim

    def _see(self, t_s: float, picture: Picture | None) -> None:
        """Keep a picture that is new; forget them all when another session shows them."""
        if picture is None:
            return
        if self._seen and picture.boot_id != self._seen[-1][1].boot_id:
            self._seen.clear()
        if not self._seen or picture.tick > self._seen[-1][1].tick:
            self._seen.append((t_s, picture))

    def _decide(self, until_s: float) -> Want:
        """Return what the newest picture up to then asks for."""
        while len(self._seen) > 1 and self._seen[1][0] <= until_s - MEMORY_S:
            self._seen.popleft()
        known = [one for one in self._seen if one[0] <= until_s]
        if not known or self._t_s - self._seen[-1][0] > STALE_S:
            self._lines.forget()
            return NOTHING
        (before_s, before), (now_s, now) = known[0], known[-1]
        scenes = numbers(now), numbers(before)
        dt_s = max(now_s - before_s, 1e-3)
        self._lines.see(*scenes, dt_s, self._t_s - now_s)
        return want(*scenes, dt_s)

    def _missed(self, wanted: Want, footing: Footing) -> Aim:
        """Return the aim that is meant to be what is wanted."""
        tired = 1 + TIRED_ERROR * footing.fatigue_frac
        error_x_m = tired * (self._constant[0] + self._trial[0])
        error_y_m = tired * (self._constant[1] + self._trial[1])
        size = self.traits.aim_gain * (1 + self.traits.aim_noise_frac * self._noise)
        if wanted.kind == "gates":
            load_frac = size * wanted.load_frac + LOAD_PER_M * error_y_m + self._trim_frac
            load_frac = _within(load_frac, MAX_LOAD_FRAC * self.traits.reach_frac)
            return Aim(STEERING, load_frac, y_m=self._kept_m)
        if wanted.kind == "lane":
            return Aim(STEERING, y_m=self._lane_m(size * wanted.y_m + error_y_m + self._trim_m))
        if not isfinite(wanted.x_m + wanted.y_m):
            return Aim(PLACING)
        noise = 1 + self.traits.aim_noise_frac * self._noise
        x_m, y_m = noise * wanted.x_m + error_x_m, noise * wanted.y_m + error_y_m
        if footing.is_walking:
            return Aim(PLACING, x_m=_within(x_m, MAX_PLACE_M), y_m=self._lane_m(y_m))
        x_m, y_m = x_m + self._mended_m[0], y_m + self._mended_m[1]
        return self._leant(x_m - footing.x_m, y_m - footing.y_m)

    def _mend(self, wanted: Want, dt_s: float) -> None:
        """Creep on to where the picture shows that one's weight should be."""
        short_m = wanted.short_x_m, wanted.short_y_m
        off_m = hypot(self._goal.x_m - self.aim.x_m, self._goal.y_m - self.aim.y_m)
        if wanted.kind == "target" and isfinite(sum(short_m)) and off_m <= ARRIVED_M:
            part = dt_s / SIGHT_S
            x_m, y_m = self._mended_m
            self._mended_m = x_m + part * short_m[0], y_m + part * short_m[1]
            self._crept_frac = min(self._crept_frac + part, 1.0)

    def _learn(self, wanted: Want, footing: Footing, dt_s: float) -> None:
        """Notice what keeps one from the middle, of the belts and of what is to be kept."""
        self._kept_m = _within(self._kept_m - dt_s / KEEP_S * footing.y_m, MAX_TRIM_M)
        if wanted.kind == "gates":
            trim_frac = self._trim_frac + dt_s / TRIM_S * wanted.load_frac
            self._trim_frac = _within(trim_frac, MAX_TRIM_FRAC)
        elif wanted.kind == "lane":
            trim_m = self._trim_m + dt_s / TRIM_S * wanted.lasting_m
            self._trim_m = _within(trim_m, MAX_TRIM_M)

    def _lane_m(self, y_m: float) -> float:
        return _within(y_m, MAX_LANE_M * self.traits.reach_frac)

    def _leant(self, x_m: float, y_m: float) -> Aim:
        """Return a lean no further than the person dares to."""
        height_m, first = self.traits.com_height_m, self.traits.reach_frac
        part = first + CREEP_FRAC * self._crept_frac * (1 - first)
        along_m = part * height_m * sin(AHEAD_RAD if x_m > 0 else BACK_RAD)
        aside_m = part * height_m * sin(ASIDE_RAD)
        far = max(hypot(x_m / along_m, y_m / aside_m), 1.0)
        return Aim(PLACING, x_m=x_m / far, y_m=y_m / far)

    def _moved(self, goal: Aim, footing: Footing, dt_s: float) -> Aim:
        """Return the next aim on the way to a goal, no faster than the person moves."""
        now, most_m = self.aim, self.traits.reach_mps * dt_s
        most = LOAD_PER_M * most_m
        load_frac = now.load_frac + _within(goal.load_frac - now.load_frac, most)
        x_m, y_m = goal.x_m - now.x_m, goal.y_m - now.y_m
        part = min(most_m / max(hypot(x_m, y_m), 1e-9), 1.0)
        return Aim(goal.aiming, load_frac, now.x_m + part * x_m, now.y_m + part * y_m)

    def _drift(self, dt_s: float) -> None:
        """Let the slow noise of unit SD go on."""
        kept = max(1 - dt_s / NOISE_TIME_S, 0.0)
        self._noise = kept * self._noise + sqrt(1 - kept * kept) * self._rng.standard_normal()

    def _error_m(self) -> tuple[float, float]:
        """Return one of the two equal parts of the error of a shift of weight."""
        spread_m = self.traits.target_error_m / (RAYLEIGH_MEAN * sqrt(2))
        return (
            spread_m * float(self._rng.standard_normal()),
            spread_m * float(self._rng.standard_normal()),
        )


def numbers(picture: Picture) -> Scene:
    """Return the fields of a picture as numbers; a yes is 1."""
    return {name: float(value) for name, value in picture.scene.items()}


def _within(value: float, most: float) -> float:
    return min(max(value, -most), most)
