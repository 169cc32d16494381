"""A scenario that sways the platform; shared by tests of whole sessions."""

from math import sin, tau

from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.base.records import PlatformWish, Pose, Record, State, Wish
from rehabsim.training.scenario import Step

HARBOUR_M = 0.8
"""So far people have walked when the swell is whole; a sudden one throws them."""


class Scene(Record, frozen=True):
    """What the display is sent."""

    roll_rad: float


class Swaying:
    """A steady walk on a deck that rolls and heaves like a small boat that leaves its harbour."""

    name = "swaying"
    Scene = Scene

    class Params(Strict):
        """`[params]` of the session file."""

        roll_rad: float = Field(0.05, ge=0, le=0.3)
        heave_m: float = Field(0.03, ge=0, le=0.3)
        period_s: float = Field(6.0, ge=1, le=60)

    def __init__(self, params: "Swaying.Params", seed: int) -> None:
        self.params = params

    def step(self, state: State) -> Step:
        """Return the cruise speed and where the swell has the deck."""
        p = self.params
        swell = sin(tau * state.t_ns / 1e9 / p.period_s)
        swell *= min(state.left_distance_m / HARBOUR_M, 1.0)
        pose = Pose(z_m=p.heave_m * swell, roll_rad=p.roll_rad * swell)
        speed_mps = state.cruise_speed_mps
        wish = Wish(speed_mps, speed_mps)
        return Step(wish, Scene(pose.roll_rad), platform=PlatformWish(pose))
