"""A scenario: every half metre of belt is a task, and each is done."""

from typing import Annotated

from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.base.records import Record, Wish
from rehabsim.training.knob import Knob
from rehabsim.training.scenario import Step, Try


class Tasks:
    name = "tasks"
    tasks = ("step", "jump")

    class Params(Strict):
        width_m: Annotated[
            float, Field(ge=3, le=60), Knob("gates {} m wide", is_live=True, harder="less", tap=1)
        ] = 12.0
        wind_mps: Annotated[
            float, Field(ge=0, le=10), Knob("wind of {} m/s", is_live=True, harder="more")
        ] = 2.0
        buoy_count: Annotated[int, Field(ge=1, le=9), Knob("{} buoys", is_live=True)] = 2

    class Scene(Record, frozen=True):
        done_count: int

    def __init__(self, params, seed):
        self.params = params
        self.done_count = 0

    def step(self, state):
        done_count = int(state.left_distance_m / 0.5)
        tries = (Try(True, 0.2, "step"),) * (done_count - self.done_count)
        self.done_count = done_count
        wish = Wish(state.cruise_speed_mps, state.cruise_speed_mps)
        return Step(wish, self.Scene(done_count), tries=tries)
