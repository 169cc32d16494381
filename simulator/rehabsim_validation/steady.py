"""Steady walking at every speed, and quiet standing."""

from typing import NamedTuple

from rehabsim_sim.patients import patient
from rehabsim_sim.person import Array
from rehabsim_validation.measures import Stances, gait, stances, sway
from rehabsim_validation.references import STEADY, Reference
from rehabsim_validation.walk import Walk


class Steady(NamedTuple):
    """One speed.

    Attributes:
        speed_mps: Of the belts.
        values: `measures.gait`.
        stances: The first hundred.
        path: Lateral and vertical course of the COM over some seconds, in m.
    """

    speed_mps: float
    values: dict[str, float]
    stances: Stances
    path: tuple[Array, Array]


def walk_at(case: tuple[float, float]) -> Steady:
    """Walk at a speed for a while; `case` is m/s and s."""
    speed_mps, duration_s = case
    walk = Walk(patient("healthy"), 1).reach(speed_mps, 20).forget().live(duration_s, 20000)
    on = stances(walk)
    some = Stances(on.fz_bw[:100], on.fx_bw[:100], on.fy_bw[:100], on.duration_s[:100])
    path = walk.column("com_y_m")[:10000:5], walk.column("com_z_m")[:10000:5]
    return Steady(speed_mps, gait(walk), some, path)


def stand(seed: int) -> dict[str, float]:
    """Return the sway of a healthy person in a minute of standing."""
    return sway(Walk(patient("healthy"), seed).live(10).forget().live(60))


class Verdict(NamedTuple):
    """One measure at one speed, against its reference.

    Attributes:
        value: Ours.
        low: Lowest published.
        high: Highest.
        miss: How far outside, 0 inside; None where nothing is published.
    """

    value: float
    low: float
    high: float
    miss: float | None


def judge(reference: Reference, speed_mps: float, value: float) -> Verdict:
    """Return whether a value lies within what was published for its speed."""
    known = reference.at(speed_mps)
    if known is None:
        return Verdict(value, float("nan"), float("nan"), None)
    low, high = known
    miss = value - high if value > high else min(value - low, 0.0)
    return Verdict(value, low, high, miss)


def judge_all(walks: list[Steady]) -> dict[str, list[Verdict]]:
    """Return the verdicts of each measure, one per speed."""
    return {
        reference.measure: [
            judge(reference, w.speed_mps, w.values[reference.measure]) for w in walks
        ]
        for reference in STEADY
    }
