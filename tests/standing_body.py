"""A body that stands, leans and sways as it is told, to try standing tests without a laboratory."""

from math import cos, sin

import numpy as np
from walk import walk

from rehabsim.gait.stability_limits import PIVOT_HEIGHT_FRAC, limit_m
from scenarios.balance import Balance
from scenarios.balance_trial import Phase

HOME_M = (0.02, -0.01)
LEVER_M = PIVOT_HEIGHT_FRAC * 1.75
STANCE_M = 0.24
WEIGHT_N = 700.0


def smooth(part):
    """Return a movement from 0 to 1 without a jolt."""
    s = min(max(part, 0.0), 1.0)
    return s**3 * (10 - 15 * s + 6 * s * s)


def body(x_m, y_m, *, has_shear=True, step_count=0):
    """Return the gait of someone over still feet whose centre of gravity is there."""
    share = 0.5 + (y_m - HOME_M[1]) / STANCE_M
    gait = {
        "cop_x_m": x_m,
        "cop_y_m": y_m,
        "left_fz_n": WEIGHT_N * share,
        "right_fz_n": WEIGHT_N * (1 - share),
        "body_weight_n": WEIGHT_N,
        "left_step_count": step_count,
    }
    return gait | ({"com_x_m": x_m, "com_y_m": y_m} if has_shear else {})


class Person:
    """Stands at home, and leans as told; knows how long each phase has gone on.

    Args:
        lean: (x, y) in m from home as a function of phase, time in it and scene.
        more: Further words for `body`, of the same.
    """

    def __init__(self, lean=lambda phase, t_s, scene: (0.0, 0.0), more=lambda *_: {}):
        self.lean, self.more = lean, more
        self.phase, self.number, self.since_s = 0, 0, 0.0

    def __call__(self, t_s, step):
        scene = None if step is None else step.scene
        phase = 0 if scene is None else scene.phase
        number = 0 if scene is None else scene.trial_number
        if (phase, number) != (self.phase, self.number):
            self.phase, self.number, self.since_s = phase, number, t_s
        x_m, y_m = self.lean(phase, t_s - self.since_s, scene)
        more = self.more(phase, t_s - self.since_s, scene)
        return body(HOME_M[0] + x_m, HOME_M[1] + y_m, **more)


def stand(duration_s, person, *, seed=1, **params):
    return list(walk(Balance(Balance.Params(**params), seed), duration_s, gait=person))


def told(ticks, kind="trial"):
    return [event for _, step in ticks for event in step.events if event.kind == kind]


def tries(ticks):
    return [task for _, step in ticks for task in step.tries]


def leaner(part, after_s=0.5, lasting_s=2.0, **more):
    """Return someone who leans straight to a part of the limit at each signal."""

    def lean(phase, t_s, scene):
        if phase != Phase.GO:
            return 0.0, 0.0
        d = direction_of(scene)
        way_m = part * limit_m(d) * smooth((t_s - after_s) / lasting_s)
        return way_m * cos(d), way_m * sin(d)

    return Person(lean, lambda *_: more)


def direction_of(scene):
    return np.arctan2(scene.target_y_m - scene.home_y_m, scene.target_x_m - scene.home_x_m)
