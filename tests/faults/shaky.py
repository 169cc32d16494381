"""A scenario that perturbs, and falls ill when it is told to."""

from typing import Literal

from rehabsim.base.config import Strict
from rehabsim.base.records import Record, Wish
from rehabsim.training.scenario import Step, Try

Illness = Literal["", "raises", "nan", "negative", "infinite", "huge", "apart", "no_step", "steep"]
NAN = float("nan")


class Shaky:
    """Walks at the cruise speed, with a slip at a time of its own."""

    name = "shaky"

    class Params(Strict):
        """`[params]` of the session file; at `over_s` its one task ends."""

        perturb_s: float = 1e9
        left_slip_mps: float = 0.2
        right_slip_mps: float = 0.0
        illness: Illness = ""
        ill_s: float = 1e9
        over_s: float = 1e9

    class Scene(Record, frozen=True):
        """Nothing to see."""

        distance_m: float

    def __init__(self, params: Params, seed: int) -> None:
        self.params = params
        self.perturbs = params.perturb_s < 1e9
        self._is_over = False

    def step(self, state):
        """Return the wish, well or ill."""
        p, t_s, mps = self.params, state.t_ns / 1e9, state.cruise_speed_mps
        is_slip = p.perturb_s <= t_s < p.perturb_s + 0.6
        slip = (
            (p.left_slip_mps, p.right_slip_mps) if t_s < p.perturb_s + 0.4 and is_slip else (0, 0)
        )
        wish = Wish(mps - slip[0], mps - slip[1], 0.0, is_slip)
        if t_s >= p.ill_s:
            match p.illness:
                case "raises":
                    raise RuntimeError("ill")
                case "nan":
                    wish = Wish(NAN, mps)
                case "negative":
                    wish = Wish(mps, -mps)
                case "infinite":
                    wish = Wish(float("inf"), mps)
                case "huge":
                    wish = Wish(1e308, 1e308)
                case "apart":
                    wish = Wish(0.0, 2.0)
                case "steep":
                    wish = Wish(mps, mps, 1.5)
                case "no_step":
                    return wish
        tries = (Try(True),) if t_s >= p.over_s and not self._is_over else ()
        self._is_over = self._is_over or bool(tries)
        return Step(wish, self.Scene(state.left_distance_m), tries=tries)
