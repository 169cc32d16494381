"""A person who plays a scenario, without wires: the world, their eyes and the scenario's rule.

What the session would measure is taken from the truth, so that minutes of play take seconds.
"""

from math import isnan, nan

import msgspec
import numpy as np

from rehabsim.base.records import BeltSample, Gait, State
from rehabsim.gait.share import LoadShare
from rehabsim_sim.play.picture import read_picture
from rehabsim_sim.play.player import Player
from rehabsim_sim.world import HEEL_STRIKE, TRUTH, World

STEP_MS, LOOK_STEPS = 8, 4
STEP_S = STEP_MS / 1000
PRESSURE_S = 0.02
COLUMN = {name: at for at, name in enumerate(TRUTH)}


def frame(scene, tick, boot_id="game"):
    """Return what a session would publish of a scene."""
    shown = {"boot_id": boot_id, "tick": tick, "t_s": tick * STEP_S, "scene": scene}
    return b"state " + msgspec.msgpack.encode(shown)


class Game:
    """One person in one scenario.

    Attributes:
        world: Belts and person.
        scene: The scenario's newest.
        steps: All that the scenario answered.
        truth: (n, len(TRUTH)) every 8 ms.
    """

    def __init__(self, scenario, traits, seed=1, speed_mps=0.0, has_picture=True):
        self.world = World(traits, seed)
        self.player = Player(traits, seed) if has_picture else None
        self.speed_mps = speed_mps
        self.steps, self.truth = [], []
        self._scenario = scenario
        self._share = LoadShare()
        self._tick = 0
        self._way_m = 0.0
        self._impulse_ns = np.zeros(2)
        self._cop_y_m = nan
        self._steps = {}
        self._lifted_ns = [0, 0]

    @property
    def scene(self):
        return self.steps[-1].scene

    def live(self, duration_s):
        """Play on; return self."""
        for _ in range(round(1000 * duration_s / STEP_MS)):
            self._live()
        return self

    def column(self, name):
        return np.array([row[COLUMN[name]] for row in self.truth])

    def _live(self):
        world = self.world
        if self.player is not None and self._tick % LOOK_STEPS == 0:
            shown = self.steps and frame(msgspec.structs.asdict(self.scene), self._tick)
            picture = read_picture(shown) if shown else None
            world.aim(self.player.step(self._tick * STEP_S, picture, world.footing()))
        world.live(STEP_MS)
        self.truth.append(world.truth[-1].copy())
        step = self._scenario.step(self._state())
        self.steps.append(step)
        wish = step.wish
        speeds = (wish.left_speed_mps, wish.right_speed_mps)
        if self.speed_mps and self._tick % 5 == 0:
            world.reins.ask(*speeds, 0.25, 0.25, wish.incline_rad)
        self._tick += 1

    def _state(self):
        truth, first = self.world.truth, self._tick * STEP_MS
        loads_n = truth[:, [COLUMN["left_fz_n"], COLUMN["right_fz_n"]]]
        self._share.feed(first, *loads_n.T.tolist(), 0.001)
        self._impulse_ns += 0.001 * loads_n.sum(axis=0)
        for at, side, kind, length_m, _ in self.world.events.tolist():
            name, at_ns = ("left", "right")[int(side)], (first + int(at)) * 1_000_000
            if kind == HEEL_STRIKE:
                self._share.land(name, first + int(at), *self._impulse_ns.tolist(), 0.001)
                self._steps[f"{name}_strike_ns"] = at_ns
                self._steps[f"{name}_step_length_m"] = length_m
                self._steps[f"{name}_swing_time_s"] = (at_ns - self._lifted_ns[int(side)]) / 1e9
            else:
                self._lifted_ns[int(side)] = at_ns
        left_mps, right_mps = self.truth[-1][:2].tolist()
        self._way_m += STEP_S * 0.5 * (left_mps + right_mps)
        cop_y_m = float(truth[-1, COLUMN["cop_y_m"]])
        if isnan(self._cop_y_m):
            self._cop_y_m = cop_y_m
        self._cop_y_m += STEP_S / PRESSURE_S * (cop_y_m - self._cop_y_m)
        return State(
            t_ns=self._tick * STEP_MS * 1_000_000,
            dt_s=STEP_S,
            mode="running",
            belt=BeltSample(self._tick * STEP_MS * 1_000_000, left_mps, right_mps, 0.0),
            cruise_speed_mps=self.speed_mps,
            left_distance_m=self._way_m,
            right_distance_m=self._way_m,
            gait=Gait(
                load_share_left_frac=self._share.left_frac,
                left_fz_n=float(loads_n[-1, 0]),
                right_fz_n=float(loads_n[-1, 1]),
                cop_x_m=float(truth[-1, COLUMN["cop_x_m"]]),
                cop_y_m=self._cop_y_m,
                com_x_m=float(truth[-1, COLUMN["com_x_m"]]),
                com_y_m=float(truth[-1, COLUMN["com_y_m"]]),
                **self._steps,
            ),
        )
