"""What a scenario is.

A scenario is a rule, not a program: told the state, it answers with a wish, a scene for the
display and events. It never sees a clock, a socket or a device, and may wish for anything;
safety decides. Its only randomness is a generator made from the seed it is given.
"""

from typing import Any, Protocol

from rehabsim.base.config import Strict
from rehabsim.base.records import Event, PlatformWish, Record, State, Wish


class Step(Record, frozen=True):
    """A scenario's answer to one tick.

    Attributes:
        wish: What the belts should do.
        scene: What the display shows: an instance of the scenario's `Scene`, whose fields are
            all int, float or bool with units in their names.
        events: What happened in the story during this tick.
        platform: What the platform should do; None asks nothing new of it. A room without one
            leaves it undone.
    """

    wish: Wish
    scene: Record
    events: tuple[Event, ...] = ()
    platform: PlatformWish | None = None


class Stage(Protocol):
    """Where a session finds its scenario: a scenario itself, or what speaks for one elsewhere.

    Attributes:
        name: What it is called on the screen and in the log.
        Scene: What the display is sent: a flat `Record` of numbers.
    """

    name: str
    Scene: type[Record]

    def step(self, state: State) -> Step:
        """Return the answer to `state`; called once a tick, in every mode."""


class Scenario(Stage, Protocol):
    """A world that answers to the person in it.

    Attributes:
        Params: `[params]` of the session file: pydantic, with units, ranges and meanings.
    """

    Params: type[Strict]

    def __init__(self, params: Any, seed: int) -> None: ...
