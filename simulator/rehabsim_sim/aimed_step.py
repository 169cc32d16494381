"""Steps that end on a mark: those before it are made longer or shorter, the foot is put there.

Source: Matthis 2017 (PNAS 114:E6720): before a step to a mark one gives the body the state from
which it falls there, so that marks have to be seen at least two steps ahead (Matthis & Fajen
2014), and what can be seen longer is shared out over more steps (Lee 1982); in flight the foot is
corrected a little (Reynolds & Day 2005). That state is the pendulum's own:
a body that is r ahead at a landing, with a foot behind that is s further back, is
(r + k s) exp(omega T) ahead at the next, seen from where that foot would land anyway.
"""

import math

from rehabsim_sim.jit import compiled
from rehabsim_sim.manner import clip
from rehabsim_sim.person import NEITHER, Person, mid_foot_m

AHEAD_STEPS = 3
"""So many steps are adapted to a mark that is seen in time, all alike; the step before them makes
the body ready."""

MAX_STRETCH_M = 0.10
"""The most that one step is made longer or shorter for a mark."""

LATE_M = 0.06
"""How far the foot goes to a mark from where balance wants it; ankles can deal with that."""


@compiled
def steps_to_mark(person: Person) -> tuple[int, float]:
    """Return the number of landings to that on the mark, and the way to it from the foot in front.

    The number is 0 where there is no mark, or none that the foot can still reach.
    """
    traits, body, mind = person.traits[0], person.body[0], person.mind[0]
    if mind.mark_foot == NEITHER:
        return 0, 0.0
    length_m = max(mind.felt_mean_mps * mind.usual_step_time_s, 0.05)
    ahead_m = mind.mark_x_m - mid_foot_m(traits) - body.heel_x_m[body.lead]
    first = 1 if mind.mark_foot != body.lead else 2
    more = math.floor((ahead_m / length_m - first) / 2 + 0.5)
    return (first + 2 * int(more) if more >= 0 else 0), ahead_m


@compiled
def note_stretch(person: Person) -> None:
    """Keep in mind how much longer the step that has just ended was made for a mark."""
    body, mind = person.body[0], person.mind[0]
    mind.mark_made_m = body.step_length_m - mind.mark_usual_m if mind.is_stretching else 0.0


@compiled
def prepare_for_mark(person: Person, usual_m: float, growth: float, pull: float) -> None:
    """Choose how far ahead the body is in the step that begins, so that the foot gets to its mark.

    Every step to it is made longer by the same; afterwards the body is as it would be without.

    Args:
        person: Who has just landed.
        usual_m: Length that this step would have.
        growth: How much further ahead a body gets within a step that is ahead at its start.
        pull: How far ahead that start is for a foot behind that is further back, per way.
    """
    mind = person.mind[0]
    count, ahead_m = steps_to_mark(person)
    stretch_m = 0.0
    if 0 < count <= AHEAD_STEPS + 1:
        off_m = ahead_m - usual_m - (count - 1) * mind.felt_mean_mps * mind.usual_step_time_s
        off_m /= min(count, AHEAD_STEPS)
        stretch_m = clip(off_m, -MAX_STRETCH_M, MAX_STRETCH_M)
    lean_m = -pull * stretch_m
    for step in range(count - 1, 0, -1):
        before_m = stretch_m if step > 1 or count <= AHEAD_STEPS else 0.0
        lean_m = (lean_m + stretch_m) / growth - pull * before_m
    if not 0 < count <= AHEAD_STEPS + 1:
        lean_m = 0.0
    mind.is_stretching = int(0 < count <= AHEAD_STEPS)
    mind.mark_usual_m = usual_m
    mind.mark_next_m = lean_m
    mind.mark_pull_m = pull * mind.mark_made_m
    mind.mark_lean_m = (lean_m + stretch_m * mind.is_stretching) / growth - mind.mark_pull_m
    mind.reference_x_m += mind.mark_lean_m


@compiled
def onto_mark(person: Person, length_m: float) -> float:
    """Return the length of a step that ends on the mark, if it is to, as far as balance allows."""
    count, ahead_m = steps_to_mark(person)
    if count != 1:
        return length_m
    return length_m + clip(ahead_m - length_m, -LATE_M, LATE_M)
