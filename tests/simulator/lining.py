"""Lines across the path, for tests of who steps on them; judged by where feet truly land."""

from math import nan

import numpy as np
from simulator.game import LOOK_STEPS, STEP_MS, STEP_S, frame

from rehabsim_sim.person import LEFT, mid_foot_m
from rehabsim_sim.play.picture import read_picture
from rehabsim_sim.play.player import Player
from rehabsim_sim.world import HEEL_STRIKE, World

STRIDES = 3
SETTLE_S = 12.0


class Lining:
    """One person who walks over lines, each shown four metres and more before it comes.

    Args:
        traits: Of the person.
        seed: Of the person, and of which foot each line is for and how far off it lies.
        speed_mps: Of the belts.
        shift_m: Lines lie up to so far from where the foot would come at an even pace.
        has_picture: They see the lines.

    Attributes:
        misses_m: Per line (foot, how far beyond it the middle of that foot landed).
        steps_m: Length of every step.
        world: Belts and person.
    """

    def __init__(self, traits, seed=1, speed_mps=1.1, shift_m=0.1, has_picture=True):
        self.world = World(traits, seed)
        self.world.reins.ask(speed_mps, speed_mps, 0.25, 0.25, 0.0)
        self.misses_m, self.steps_m = [], []
        self._player = Player(traits, seed) if has_picture else None
        self._rng = np.random.default_rng([seed, 7])
        self._shift_m = shift_m
        self._tick, self._foot, self._line_m = 0, None, nan
        self._lengths_m = []

    def live(self, duration_s):
        for _ in range(round(1000 * duration_s / STEP_MS)):
            self._live()
        return self

    def _live(self):
        world = self.world
        if self._player is not None and self._tick % LOOK_STEPS == 0:
            picture = read_picture(frame(self._scene(), self._tick))
            world.aim(self._player.step(self._tick * STEP_S, picture, world.footing()))
        world.live(STEP_MS)
        self._line_m -= STEP_S * float(world.truth[-1, :2].mean())
        self._tick += 1
        for _, side, kind, length_m, _ in world.events.tolist():
            if kind == HEEL_STRIKE:
                self._land(int(side), length_m)

    def _scene(self):
        return {
            "has_target": self._foot is not None,
            "is_target_left": self._foot == LEFT,
            "target_ahead_m": self._line_m if self._foot is not None else 0.0,
        }

    def _land(self, side, length_m):
        self.steps_m.append(length_m)
        self._lengths_m = [*self._lengths_m[-7:], length_m]
        person = self.world.person
        place_m = float(person.body[0].heel_x_m[side]) + mid_foot_m(person.traits[0])
        if self._foot is None:
            stride_m = 2 * float(np.median(self._lengths_m))
            if self._tick * STEP_S > SETTLE_S and stride_m > 0.3:
                shift_m = self._shift_m * self._rng.uniform(-1, 1)
                self._foot, self._line_m = side, place_m + STRIDES * stride_m + shift_m
            return
        miss_m = place_m - self._line_m
        if side == self._foot and miss_m > -0.3:
            self.misses_m.append((side, float(miss_m)))
            self._foot = None


def misses_m(traits, seeds, duration_s=90.0, foot=None, **course):
    """Return how far beyond their lines the feet of a few people landed, of one foot or both."""
    people = [Lining(traits, seed, **course).live(duration_s) for seed in seeds]
    return np.array([m for one in people for side, m in one.misses_m if foot in (None, side)])
