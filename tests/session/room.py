"""A room for the core: a scenario of the smallest kind, and inputs tick by tick."""

import numpy as np

from rehabsim.base.config import Strict, load_toml
from rehabsim.base.records import BeltSample, PlateChunk, Record, Wish
from rehabsim.base.site import Site
from rehabsim.safety.messages import Answer, Decision, GuardInputs, GuardState, Report
from rehabsim.session.core import PERIOD_NS, Core, CoreInputs
from rehabsim.session.own_stage import OwnStage
from rehabsim.session.requests import ClientRequest
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.training.scenario import Step

SITE = load_toml(SIMULATED_SITE, Site)
LIMITS = SITE.limits


class Scene(Record, frozen=True):
    x_m: float
    count: int
    is_lit: bool


class Stroll:
    """Wishes for the cruise speed, until it is told to misbehave."""

    name = "stroll"
    Scene = Scene

    class Params(Strict):
        pass

    def __init__(self, params=None, seed=1):
        self.count = 0
        self.answer = None

    def step(self, state):
        self.count += 1
        if self.answer is not None:
            return self.answer(state)
        wish = Wish(state.cruise_speed_mps, state.cruise_speed_mps)
        return Step(wish, Scene(state.left_distance_m, self.count, False))


def report(t_ns, *, mode="locked", belt=None, answers=(), tick=0, events=(), notes=()):
    """Return what the keeper says at `t_ns`; `belt` is (left, right) or a sample."""
    if isinstance(belt, tuple):
        belt = BeltSample(t_ns, *belt, 0.0)
    inputs = GuardInputs(t_ns=t_ns, wish=None, belt=belt)
    state = GuardState(mode=mode, t_ns=t_ns)
    return Report(tick, 0, inputs, Decision(state, COMMAND, tuple(answers), tuple(events)), notes)


def command():
    """Return a command as the guard makes one."""
    from rehabsim.safety.guard import guard

    return guard(GuardState(), GuardInputs(t_ns=0, wish=None, belt=None), LIMITS).command


COMMAND = command()


def plates(t_ns, *, fz_n=400.0, count=4, sequence=0):
    wrench = np.zeros((count, 12), np.float32)
    wrench[:, 2] = wrench[:, 8] = fz_n
    return PlateChunk(t_ns, sequence, t_ns, 1_000_000, wrench)


class Room:
    """A core, stepped one tick after another."""

    def __init__(self, scenario=None, cruise_speed_mps=0.8, **more):
        self.scenario = scenario or Stroll()
        self.core = Core(OwnStage(self.scenario), LIMITS, cruise_speed_mps, **more)
        self.tick = -1
        self.outputs = []

    @property
    def t_ns(self):
        return self.tick * PERIOD_NS

    def step(self, *requests, chunks=(), reports=(), loss="", missed_count=0, harness=()):
        self.tick += 1 + missed_count
        inputs = CoreInputs(
            self.tick,
            self.t_ns,
            missed_count,
            tuple(chunks),
            tuple(reports),
            requests,
            loss,
            tuple(harness),
        )
        self.outputs.append(self.core.step(inputs))
        return self.outputs[-1]

    def says(self, **words):
        """Step with one fresh report of the keeper."""
        return self.step(reports=[report((self.tick + 1) * PERIOD_NS, **words)])


def request(name, *, client="console", id="1", **more):
    return ClientRequest(client, id, name, **more)


def accepted(ask_id):
    return Answer(ask_id, is_accepted=True, reason="")


def refused(ask_id, reason="Not now."):
    return Answer(ask_id, is_accepted=False, reason=reason)
