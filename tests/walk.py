"""A person and belts of the simplest kind, to try scenarios without a laboratory."""

from collections.abc import Callable, Iterator
from typing import Any

from rehabsim.base.records import BeltSample, Gait, State
from rehabsim.training.scenario import Scenario, Step

DT_S = 0.004


def walk(
    scenario: Scenario,
    duration_s: float,
    *,
    cruise_mps: float = 1.0,
    gait: Callable[[float, Step | None], dict[str, Any]] = lambda t_s, step: {},
    accel_mps2: float = 0.5,
    dt_s: float = DT_S,
) -> Iterator[tuple[State, Step]]:
    """Yield every tick's state and step; the belts follow the wish at `accel_mps2`.

    Args:
        scenario: What is tried.
        duration_s: How long.
        cruise_mps: The therapist's speed.
        gait: Fields of `Gait` as a function of time and the step before.
        accel_mps2: How fast the belts change.
        dt_s: From tick to tick.
    """
    left_mps = right_mps = left_m = right_m = 0.0
    step: Step | None = None
    for index in range(round(duration_s / dt_s)):
        t_s = index * dt_s
        left_m += left_mps * dt_s
        right_m += right_mps * dt_s
        state = State(
            t_ns=round(t_s * 1e9),
            dt_s=dt_s,
            mode="running",
            belt=BeltSample(round(t_s * 1e9), left_mps, right_mps, 0.0),
            gait=Gait(**gait(t_s, step)),
            left_distance_m=left_m,
            right_distance_m=right_m,
            cruise_speed_mps=cruise_mps,
            may_perturb=True,
        )
        step = scenario.step(state)
        yield state, step
        most_mps = accel_mps2 * dt_s
        left_mps += min(max(step.wish.left_speed_mps - left_mps, -most_mps), most_mps)
        right_mps += min(max(step.wish.right_speed_mps - right_mps, -most_mps), most_mps)
