"""A person on belts, without wires, told what to do by the second."""

from functools import lru_cache

import numpy as np

from rehabsim_sim.person import LEFT
from rehabsim_sim.traits import Traits
from rehabsim_sim.world import HEEL_STRIKE, TRUTH, World

G = 9.81
AT, SIDE, KIND, LENGTH, WIDTH = range(5)
QUIET = Traits(lane_intent_m=0.0, load_intent_frac=0.0)
"""A healthy adult who does nothing but walk."""


class Stroll:
    """A world, and everything that was true in it.

    Attributes:
        truth: (n, len(TRUTH)) per millisecond since the start or `forget`.
        events: (k, 5) with `AT` in milliseconds since then.
    """

    def __init__(self, traits: Traits = QUIET, seed: int = 1, chunk_ms: int = 1000) -> None:
        self.traits = traits
        self.world = World(traits, seed)
        self.body = self.world.person.body[0]
        self._chunk_ms = chunk_ms
        self.forget()

    def forget(self) -> "Stroll":
        self._truth, self._events, self._wrench = [], [], []
        self._time_ms = 0
        return self

    def live(self, duration_s: float) -> "Stroll":
        left_ms = round(1000 * duration_s)
        while left_ms > 0:
            step_ms = min(self._chunk_ms, left_ms)
            self.world.live(step_ms)
            self._truth.append(self.world.truth)
            self._wrench.append(self.world.wrench)
            events = self.world.events.copy()
            events[:, AT] += self._time_ms
            self._events.append(events)
            self._time_ms += step_ms
            left_ms -= step_ms
        return self

    def ask(self, left_mps, right_mps=None, accel_mps2=0.25, incline_rad=0.0) -> "Stroll":
        right_mps = left_mps if right_mps is None else right_mps
        self.world.reins.ask(left_mps, right_mps, accel_mps2, accel_mps2, incline_rad)
        return self

    def walk(self, speed_mps: float, accel_mps2: float = 0.25, settle_s: float = 8) -> "Stroll":
        """Go to `speed_mps` and be steady there."""
        return self.ask(speed_mps, accel_mps2=accel_mps2).live(speed_mps / accel_mps2 + settle_s)

    @property
    def truth(self):
        return np.concatenate(self._truth)

    @property
    def events(self):
        return np.concatenate(self._events)

    @property
    def wrench(self):
        return np.concatenate(self._wrench)

    @property
    def has_fallen(self) -> bool:
        return bool(self.body.has_fallen)

    @property
    def weight_n(self) -> float:
        return self.traits.mass_kg * G

    def column(self, name: str):
        return self.truth[:, TRUTH.index(name)]

    def strikes(self, side: int | None = None):
        """Return the heel strikes, of one side or of both."""
        events = self.events[self.events[:, KIND] == HEEL_STRIKE]
        return events if side is None else events[events[:, SIDE] == side]

    def whole_strides(self) -> slice:
        """Return the milliseconds from the first to the last left heel strike."""
        at = self.strikes(LEFT)[:, AT].astype(int)
        return slice(at[0], at[-1])


@lru_cache(maxsize=16)
def steady(speed_mps: float, seed: int = 1, duration_s: float = 60) -> Stroll:
    """Return a minute of steady walking; read it, do not go on with it."""
    return Stroll(seed=seed).live(1).walk(speed_mps).forget().live(duration_s)
