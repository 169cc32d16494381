"""A person on belts, told what to do by the second, with everything that was true kept."""

from collections.abc import Callable, Iterator

import numpy as np

from rehabsim_sim.person import LEFT, Array, Surroundings
from rehabsim_sim.traits import Traits
from rehabsim_sim.world import HEEL_STRIKE, TRUTH, World

AT, SIDE, KIND, LENGTH, WIDTH = range(5)
G_MPS2 = 9.81


class Walk:
    """One world and its truth since the start or `forget`.

    Attributes:
        traits: Who walks.
        world: What moves them.
    """

    def __init__(self, traits: Traits, seed: int, grade: str = "good") -> None:
        self.traits = traits
        self.world = World(traits, seed, grade=grade)
        self._truth: list[Array] = []
        self._events: list[Array] = []
        self._time_ms = 0

    def forget(self) -> "Walk":
        """Keep only what comes from now on."""
        self._truth, self._events, self._time_ms = [], [], 0
        return self

    def live(self, duration_s: float, step_ms: int = 1000) -> "Walk":
        """Live on, in calls of `step_ms`."""
        for _ in self.steps(duration_s, step_ms):
            pass
        return self

    def steps(self, duration_s: float, step_ms: int) -> Iterator[int]:
        """Live on; yield the time in ms before each call."""
        end_ms = self._time_ms + round(1000 * duration_s)
        while self._time_ms < end_ms:
            yield self._time_ms
            part_ms = min(step_ms, end_ms - self._time_ms)
            self.world.live(part_ms)
            events = self.world.events.copy()
            events[:, AT] += self._time_ms
            self._truth.append(self.world.truth)
            self._events.append(events)
            self._time_ms += part_ms

    def ask(self, left_mps: float, right_mps: float | None = None, mps2: float = 0.25) -> "Walk":
        """Set the belts' speeds."""
        right_mps = left_mps if right_mps is None else right_mps
        self.world.reins.ask(left_mps, right_mps, mps2, mps2, 0.0)
        return self

    def reach(self, speed_mps: float, settle_s: float = 12.0) -> "Walk":
        """Go to `speed_mps` at 0.25 m/s² and be steady there."""
        return self.ask(speed_mps).live(speed_mps / 0.25 + settle_s)

    def until_landing(self, side: int = LEFT) -> "Walk":
        """Live until a foot lands."""
        while self.world.person.body[0].landed != side:
            self.live(0.001, 1)
        return self

    @property
    def around(self) -> Surroundings:
        """What acts on the person; may be set between calls."""
        return self.world.around[0]

    @property
    def has_fallen(self) -> bool:
        """Whether the harness has had to catch them."""
        return bool(self.world.person.body[0].has_fallen)

    @property
    def weight_n(self) -> float:
        """Body weight."""
        return self.traits.mass_kg * G_MPS2

    def column(self, name: str) -> Array:
        """Return a column of the truth, per millisecond."""
        return np.concatenate([part[:, TRUTH.index(name)] for part in self._truth])

    @property
    def events(self) -> Array:
        """Return all contacts, columns as in `world.EVENT`, `at` in ms since the start."""
        return np.concatenate(self._events)

    def strikes(self, side: int | None = None) -> Array:
        """Return the heel strikes, columns as in `world.EVENT`, of one side or both."""
        events = self.events
        events = np.asarray(events[events[:, KIND] == HEEL_STRIKE])
        return events if side is None else np.asarray(events[events[:, SIDE] == side])


Progress = Callable[[str], None]
"""Told what is being worked on."""
