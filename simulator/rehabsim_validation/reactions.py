"""Pushes, jerked belts, stops, a swaying deck, belts that part: who falls, and what the feet do.

Each function takes one case and returns numbers, so that cases can be spread over processes.
"""

from typing import NamedTuple

import numpy as np

from rehabsim_sim.patients import patient
from rehabsim_sim.person import LEFT, RIGHT, Array
from rehabsim_validation.walk import AT, LENGTH, WIDTH, Walk

WALKED_MPS = 1.2
PUSH_S = 0.15
PUSHED = {"stance side": (0, 1), "swing side": (0, -1), "forward": (1, 0), "backward": (-1, 0)}
"""Directions of a push while the left foot stands, as (x, y)."""

SUM_OF_SINES = ((0.16, 1.0), (0.21, 0.8), (0.24, 1.4), (0.49, 0.5))
"""Hz and relative size; McAndrew 2010."""

CALM_SD = 2.0
"""A step is back to normal within so many SD of the walk before."""


class Case(NamedTuple):
    """What is done to whom.

    Attributes:
        who: A patient's name.
        speed_mps: Of the belts before.
        size: Impulse in N s, change of speed in m/s, deceleration in m/s², sway in m.
        seed: Of everything random.
        way: A key of `PUSHED`.
        hold_s: How long a belt's change lasts.
    """

    who: str = "healthy"
    speed_mps: float = WALKED_MPS
    size: float = 0.0
    seed: int = 1
    way: str = ""
    hold_s: float = 0.3


class Answer(NamedTuple):
    """What the person did.

    Attributes:
        has_fallen: Whether the harness had to catch them.
        steps: Steps until two in a row were normal again.
        first_change_m: First step's length less the usual.
        first_time_frac: First step's time over the usual.
        first_at_s: From the onset to the first landing.
        strayed_m: How far they were carried along the belts at most.
    """

    has_fallen: bool
    steps: int
    first_change_m: float
    first_time_frac: float
    first_at_s: float
    strayed_m: float


def _steady(case: Case) -> Walk:
    """Return a steady walk, at another phase for each seed."""
    return Walk(patient(case.who), case.seed).reach(case.speed_mps, 15 + 0.37 * case.seed)


def push(case: Case) -> Answer:
    """Push at 20 % of the left stride for 0.15 s."""
    walk = _steady(case)
    usual = walk.strikes()[-30:]
    stride_s = 2 * np.diff(usual[:, AT]).mean() / 1000
    walk.until_landing(LEFT).live(0.2 * stride_s, 1).forget()
    x, y = PUSHED[case.way]
    force_n = case.size / PUSH_S
    walk.around.push_x_n, walk.around.push_y_n = x * force_n, y * force_n
    walk.live(PUSH_S, 1)
    walk.around.push_x_n = walk.around.push_y_n = 0.0
    return _answer(walk.live(10), usual)


def jerk(case: Case) -> Answer:
    """Change the left belt's speed at 5 m/s², 50 ms after the left foot landed, and back."""
    walk = _steady(case)
    usual = walk.strikes()[-30:]
    walk.until_landing(LEFT).live(0.05, 1).forget()
    v = case.speed_mps
    walk.ask(v + case.size, v, 5.0).live(abs(case.size) / 5 + case.hold_s, 1)
    return _answer(walk.ask(v, v, 5.0).live(12), usual)


def stop(case: Case) -> bool:
    """Return whether the person falls when both belts stop at `size` m/s²."""
    walk = _steady(case).ask(0.0, mps2=case.size)
    return walk.live(case.speed_mps / case.size + 6).has_fallen


def _answer(walk: Walk, usual: Array) -> Answer:
    strikes = walk.strikes()
    length_m, length_sd_m = usual[:, LENGTH].mean(), usual[:, LENGTH].std()
    time_s = np.diff(usual[:, AT]).mean() / 1000
    is_odd = np.abs(strikes[:, LENGTH] - length_m) > CALM_SD * max(length_sd_m, 0.02)
    steps = next((i for i in range(len(is_odd) - 1) if not is_odd[i : i + 2].any()), len(is_odd))
    first_s = strikes[0, AT] / 1000 if len(strikes) else np.nan
    between_s = np.diff(strikes[:2, AT])[0] / 1000 if len(strikes) > 1 else np.nan
    return Answer(
        walk.has_fallen,
        steps,
        float(strikes[0, LENGTH] - length_m) if len(strikes) else np.nan,
        float(between_s / time_s),
        float(first_s),
        float(np.abs(walk.column("com_x_m")).max()),
    )


def sway(case: Case) -> dict[str, float]:
    """Sway the deck from side to side for two minutes, coming on over five seconds."""
    walk = _steady(case).forget()
    t_s = np.arange(0, 120.004, 0.001)
    ramp = np.where(t_s < 5, 0.5 - 0.5 * np.cos(np.pi * t_s / 5), 1)
    place_m = case.size * ramp * sum(a * np.sin(2 * np.pi * f * t_s) for f, a in SUM_OF_SINES)
    accel_mps2 = np.gradient(np.gradient(place_m, 0.001), 0.001)
    end_s = 120.0
    for at_ms in walk.steps(120, 4):
        walk.around.accel_y_mps2 = float(accel_mps2[at_ms])
        if walk.has_fallen:
            end_s = at_ms / 1000
            break
    strikes = walk.strikes()
    return {
        "has_fallen": float(walk.has_fallen),
        "end_s": end_s,
        "width_m": float(strikes[:, WIDTH].mean()),
        "width_sd_m": float(strikes[:, WIDTH].std()),
        "length_m": float(strikes[:, LENGTH].mean()),
    }


def split(case: tuple[float, float, int, float]) -> tuple[bool, Array, Array]:
    """Part the belts for ten minutes, then tie them for five.

    Args:
        case: Left and right speed, seed, and acceleration of the belts.

    Returns:
        Whether the person fell, and the step length asymmetry of each stride, fast less slow
        over both, while the belts are apart and after.
    """
    left_mps, right_mps, seed, mps2 = case
    walk = Walk(patient("healthy"), seed).reach(left_mps).forget()
    apart = asymmetry(walk.ask(left_mps, right_mps, mps2).live(600))
    after = asymmetry(walk.forget().ask(left_mps, mps2=mps2).live(300))
    return walk.has_fallen, apart, after


def asymmetry(walk: Walk) -> Array:
    """Return step length asymmetry by stride, right less left over both."""
    left, right = walk.strikes(LEFT)[:, LENGTH], walk.strikes(RIGHT)[:, LENGTH]
    count = min(len(left), len(right))
    left, right = left[:count], right[:count]
    total = np.abs(left) + np.abs(right) + 1e-6
    return np.asarray((right - left) / total)


def endure(case: tuple[str, float, int]) -> tuple[int, bool]:
    """Walk until 1,050 strides or a fall; return the strides and whether there was one.

    Args:
        case: Patient, speed in m/s, seed.
    """
    who, speed_mps, seed = case
    walk = Walk(patient(who), seed).reach(speed_mps).forget()
    strides = 0
    while strides < 1050 and not walk.has_fallen:
        walk.forget().live(20, 20000)
        strides += len(walk.strikes(LEFT))
    return strides, walk.has_fallen
