"""What became of the person after each perturbation of a session. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from typing import Literal, TypeAlias

import numpy as np

from rehabsim.base.records import Event
from rehabsim.gait.recovery import Outcome, Recovery, outcome_of, steps_to_recover
from rehabsim.gait.strides import Stride
from rehabsim.safety.causes import HAS_FALLEN
from rehabsim.session.table import Rows
from rehabsim.training.perturb import CATCH

SIDE_COUNT = 5
"""Steps of each foot before a perturbation, whose mean is that foot's usual margin."""

LOOK_S = 15.0
"""A fall or a pull at the harness later than this has another cause."""

Ending: TypeAlias = Outcome | Literal["stopped"]


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What followed one perturbation, or a catch trial, in which nothing happened.

    Attributes:
        event: That told it.
        t_s: When it began.
        is_catch: Nothing happened.
        step_count: Steps until margins of stability, backward and lateral, were as before; NaN
            where they were not before the next one came or the belts stopped, or where too few
            steps came before to say what is usual.
        greatest_sd: Farthest margin, in standard deviations of the usual ones.
        margin_backward_m: Of the first step that landed after it; NaN if not measured.
        margin_lateral_m: The same, to the side.
        ending: How it ended; `stopped` is a stop that tells of no fall.
    """

    event: Event
    t_s: float
    is_catch: bool
    step_count: float
    greatest_sd: float
    margin_backward_m: float
    margin_lateral_m: float
    ending: Ending


def aftermaths(
    events: Sequence[Event], strides: Sequence[Stride], harness: Rows, rests: Sequence[Event]
) -> list[Aftermath]:
    """Return what followed each perturbation.

    Args:
        events: Of a session, in order of time.
        strides: In order of heel strike.
        harness: Table `harness`, which may be empty.
        rests: Stops and pauses, in order of time.
    """
    weights_n = [s.mean_vertical_force_n for s in strides if isfinite(s.mean_vertical_force_n)]
    weight_n = float(np.mean(weights_n)) if weights_n else nan
    told = [event for event in events if event.kind == "perturbation"]
    begun = [(_onset_s(event), event) for event in told]
    begun = sorted(((t_s, event) for t_s, event in begun if isfinite(t_s)), key=lambda one: one[0])
    found = []
    for number, (t_s, event) in enumerate(begun):
        later_s = [other_s for other_s, _ in begun[number + 1 : number + 2]]
        rest = next((rest for rest in rests if rest.t_ns / 1e9 > t_s), None)
        until_s = min([t_s + LOOK_S, *later_s, *([rest.t_ns / 1e9] if rest is not None else [])])
        if rest is not None and rest.t_ns / 1e9 > until_s:
            rest = None
        loads = _loads(harness, weight_n, t_s, until_s)
        found.append(_aftermath(event, t_s, until_s, strides, _ending(loads, rest)))
    return found


def _ending(loads: tuple[Sequence[float], float], rest: Event | None) -> Ending:
    """Return how a perturbation ended, by the harness's load and what brought the belts to rest."""
    fracs, rate_hz = loads
    has_fallen = rest is not None and HAS_FALLEN in rest.text
    outcome = outcome_of(fracs, rate_hz, has_fallen=has_fallen)
    if outcome == "walked_on" and rest is not None and rest.kind == "stop":
        return "stopped"
    return outcome


def _onset_s(event: Event) -> float:
    """Return when a perturbation began; NaN where the event tells of none that was done."""
    return event.t_ns / 1e9 if event.text == CATCH else event.values.get("onset_s", nan)


def _aftermath(
    event: Event,
    t_s: float,
    until_s: float,
    strides: Sequence[Stride],
    ending: Ending,
) -> Aftermath:
    landed = [stride for stride in strides if stride.heel_strike_t_s <= until_s]
    first = sum(stride.heel_strike_t_s <= t_s for stride in landed)
    ways = [_recovery(landed, first, name) for name in ("margin_backward_m", "margin_lateral_m")]
    known = [way for way in ways if isfinite(way.baseline_mean)]
    count = float(np.max([way.step_count for way in known])) if known else nan
    farthest = [way.greatest_sd for way in known if isfinite(way.greatest_sd)]
    greatest = max(farthest) if farthest else nan
    after = landed[first] if first < len(landed) else Stride("left", nan)
    return Aftermath(
        event,
        t_s,
        event.text == CATCH,
        count,
        greatest,
        after.margin_backward_m,
        after.margin_lateral_m,
        ending,
    )


def _recovery(landed: Sequence[Stride], first: int, name: str) -> Recovery:
    """Return how one margin went on, each foot's own usual margin taken off."""
    usual_m = {}
    for side in ("left", "right"):
        before = [getattr(s, name) for s in landed[:first] if s.side == side]
        before = [value for value in before if isfinite(value)][-SIDE_COUNT:]
        usual_m[side] = float(np.mean(before)) if before else nan
    return steps_to_recover([getattr(s, name) - usual_m[s.side] for s in landed], first)


def _loads(
    harness: Rows, weight_n: float, t_s: float, until_s: float
) -> tuple[Sequence[float], float]:
    """Return the harness's load over body weight from `t_s` to `until_s`, and its rate in Hz."""
    if len(harness) < 2 or not isfinite(weight_n):
        return [], 1.0
    times_s = harness["t_ns"] / 1e9
    taken_s = harness["device_t_ns"] / 1e9
    rate_hz = 1.0 / max(float(np.median(np.diff(taken_s))), 1e-3)
    within = (times_s > t_s) & (times_s <= until_s)
    return (harness["load_n"][within] / weight_n).tolist(), rate_hz
