"""A scenario of targets to bring one's weight to, for tests of who plays."""

from math import nan

from rehabsim.base.records import Record, Wish
from rehabsim.training.scenario import Step


class Reaching:
    """Show each target for a while, then none for as long.

    Args:
        targets_m: (x, y) of each, frame lab.
        hold_s: How long each is there.
        rest_s: How long none is, before each.
    """

    class Scene(Record, frozen=True, gc=False):
        """Where the target is, NaN where there is none."""

        target_x_m: float
        target_y_m: float

    def __init__(self, targets_m, hold_s=6.0, rest_s=4.0):
        self._targets_m, self._hold_s, self._rest_s = targets_m, hold_s, rest_s

    def step(self, state):
        round_s = self._hold_s + self._rest_s
        at, within_s = divmod(state.t_ns / 1e9, round_s)
        is_there = within_s >= self._rest_s and at < len(self._targets_m)
        x_m, y_m = self._targets_m[int(at)] if is_there else (nan, nan)
        speed_mps = state.cruise_speed_mps
        return Step(Wish(speed_mps, speed_mps, 0.0), self.Scene(x_m, y_m))
