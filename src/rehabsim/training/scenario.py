"""What a scenario is.

A scenario is a rule, not a program: told the state, it answers with a wish, a scene for the
display, events and how each task ended. It never sees a clock, a socket or a device, and may wish
for anything; safety decides. Its only randomness is a generator made from the seed it is given.
"""

from math import nan
from typing import Any, Protocol

from rehabsim.base.config import Strict
from rehabsim.base.records import Event, PlatformWish, Record, State, Wish
from rehabsim.training.knob import Dial


class Try(Record, frozen=True):
    """One task that is over: a gate, a stone, a target.

    Attributes:
        is_success: The person did what was asked.
        error_frac: By how much they missed the middle, as a part of what was allowed: 0 is perfect,
            1 the edge of success; NaN where nothing of the kind is measured.
        task: Which kind of task, one of the scenario's `tasks`, where it has several.
    """

    is_success: bool
    error_frac: float = nan
    task: str = ""


class Step(Record, frozen=True):
    """A scenario's answer to one tick.

    Attributes:
        wish: What the belts should do.
        scene: What the display shows: an instance of the scenario's `Scene`, whose fields are
            all int, float or bool with units in their names.
        events: What happened in the story during this tick.
        platform: What the platform should do; None asks nothing new of it. A room without one
            leaves it undone.
        tries: Tasks that ended during this tick; difficulty follows them.
    """

    wish: Wish
    scene: Record
    events: tuple[Event, ...] = ()
    platform: PlatformWish | None = None
    tries: tuple[Try, ...] = ()


class Stage(Protocol):
    """Where a session finds its scenario: what speaks for one, here or in another process.

    Attributes:
        name: What it is called on the screen and in the log.
        Scene: What the display is sent: a flat `Record` of numbers.
        dials: Its parameters that have a knob.
        values: What they are, by name.
        perturbs: It may wish for perturbations: a scenario says so by an attribute of this name,
            and they are held back until whoever commands lets them come.
        tasks: Kinds of tasks that it has: a scenario says so by an attribute of this name, and
            `[adapt]` may name those that its level follows.
    """

    name: str
    Scene: type[Record]
    dials: tuple[Dial, ...]
    values: dict[str, float]
    perturbs: bool
    tasks: tuple[str, ...]

    def step(self, state: State) -> Step:
        """Return the answer to `state`; called once a tick, in every mode."""

    def turn(self, values: dict[str, float]) -> None:
        """Have the scenario go on with other parameters.

        Args:
            values: By name; those not named stay.

        Raises:
            ValueError: The scenario's rules do not allow it; nothing was changed.
        """


class Scenario(Protocol):
    """A world that answers to the person in it.

    Attributes:
        name: What it is called on the screen and in the log.
        Scene: What the display is sent: a flat `Record` of numbers.
        Params: `[params]` of the session file: pydantic, with units and ranges, and a `Knob` on
            each that means something to a therapist.
        params: Read anew at every step: between two, the session may put another checked instance
            here, in which knobs that are live have been turned.

    One that moves a platform may have an attribute `deck`, a `motion.Deck`: before the first step
    the session puts there what the room's platform may do for this person, so that what is wished
    fits and need not be cut off. In a room without one it stays what the scenario has made it.
    """

    name: str
    Scene: type[Record]
    Params: type[Strict]
    params: Any

    def __init__(self, params: Any, seed: int) -> None: ...

    def step(self, state: State) -> Step:
        """Return the answer to `state`; called once a tick, in every mode."""
