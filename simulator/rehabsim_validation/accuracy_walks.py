"""Simulated walks on which the gait analysis is measured: what plates said, what was true."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rehabsim.devices.rs_plates import lab_from_plates
from rehabsim_sim.patients import patient
from rehabsim_sim.person import Array
from rehabsim_validation.reactions import SUM_OF_SINES
from rehabsim_validation.walk import AT, Walk

ORIGINS_M = (0.0, 0.25, 0.0), (0.0, -0.25, 0.0)
STEP_MS = 50
FIRST_S, EVERY_S = 15.0, 6.0
"""When the first disturbance comes, and how long from one to the next."""

PUSH_N = 120.0
SWAY_M = 0.03
INCLINE_RAD = 0.087
DRIFT_N = 77.0
"""The worst drift seen in published treadmill data, over the whole walk on each plate."""


@dataclass(frozen=True)
class Case:
    """One walk.

    Attributes:
        who: Patient's name.
        speed_mps: Of both belts, once going.
        seed: Of everything random.
        what: Key of `DISTURBANCES`.
        duration_s: How long.
    """

    who: str = "healthy"
    speed_mps: float = 1.2
    seed: int = 1
    what: str = "none"
    duration_s: float = 60.0


@dataclass(frozen=True)
class Recording:
    """What a walk left behind, a row per millisecond, up to a fall.

    Attributes:
        wrench: (n, 12) as in `PlateChunk`.
        truth: (n, len(TRUTH)).
        events: Contacts, columns as in `world.EVENT`, `at` in ms since the start.
        weight_n: Body weight.
        half_foot_m: Half the width of a foot.
        has_fallen: The harness had to catch them.
    """

    wrench: Array
    truth: Array
    events: Array
    weight_n: float
    half_foot_m: float
    has_fallen: bool


def record(case: Case) -> Recording:
    """Let someone walk."""
    walk = Walk(patient(case.who), case.seed, "rough" if case.what == "rough plates" else "good")
    disturb = DISTURBANCES[case.what]
    onsets_s = _onsets_s(case)
    measured, true = [], []
    walk.live(2.0, STEP_MS)
    if case.what != "standing":
        walk.ask(case.speed_mps)
    walk.forget()
    for at_ms in walk.steps(case.duration_s, STEP_MS):
        if at_ms:
            measured.append(walk.world.wrench)
            true.append(walk.world.truth)
        if walk.has_fallen:
            break
        disturb(walk, case.speed_mps, at_ms / 1000, onsets_s)
    wrench = lab_from_plates(np.concatenate(measured), *ORIGINS_M).astype(float)
    if case.what == "drift of 77 N":
        wrench[:, 2::6] += DRIFT_N * np.linspace(0, 1, len(wrench))[:, None]
    events = walk.events
    return Recording(
        wrench,
        np.concatenate(true),
        events[events[:, AT] < len(wrench)],
        walk.weight_n,
        walk.traits.foot_width_m / 2,
        walk.has_fallen,
    )


def _onsets_s(case: Case) -> Array:
    """Return when disturbances begin, each at another phase of the stride."""
    every = np.arange(FIRST_S, case.duration_s, EVERY_S)
    return np.asarray(every + np.random.default_rng(case.seed).uniform(0, 1, len(every)))


def _since(at_s: float, onsets_s: Array) -> tuple[int, float]:
    """Return which disturbance began last, -1 before the first, and how long ago."""
    last = int(np.searchsorted(onsets_s, at_s, "right")) - 1
    return last, at_s - float(onsets_s[last]) if last >= 0 else np.inf


def _nothing(walk: Walk, speed_mps: float, at_s: float, onsets_s: Array) -> None:
    """Leave the person alone."""


def _push(walk: Walk, speed_mps: float, at_s: float, onsets_s: Array) -> None:
    """Push for 0.15 s: left, forward, right, backward in turn."""
    last, since_s = _since(at_s, onsets_s)
    push_n = PUSH_N if since_s < 0.15 else 0.0
    x, y = ((0, 1), (1, 0), (0, -1), (-1, 0))[last % 4]
    walk.around.push_x_n, walk.around.push_y_n = x * push_n, y * push_n


def _trip(walk: Walk, speed_mps: float, at_s: float, onsets_s: Array) -> None:
    """Hold whichever foot swings for 0.2 s."""
    walk.around.is_swing_blocked = int(_since(at_s, onsets_s)[1] < 0.2)


def _jerk(walk: Walk, speed_mps: float, at_s: float, onsets_s: Array) -> None:
    """Change the left belt by 0.4 m/s for 0.4 s, faster and slower in turn."""
    last, since_s = _since(at_s, onsets_s)
    change_mps = (0.4, -0.4)[last % 2] if since_s < 0.4 else 0.0
    if last >= 0:
        walk.ask(speed_mps + change_mps, speed_mps, 4.0)


def _part(walk: Walk, speed_mps: float, at_s: float, onsets_s: Array) -> None:
    """Part the belts, 2 to 3 about their mean."""
    if at_s >= FIRST_S:
        walk.ask(0.8 * speed_mps, 1.2 * speed_mps)


def _start_and_stop(walk: Walk, speed_mps: float, at_s: float, onsets_s: Array) -> None:
    """Stop every other time for six seconds."""
    walk.ask(0.0 if _since(at_s, onsets_s)[0] % 2 == 0 else speed_mps, mps2=0.5)


def _sway(walk: Walk, speed_mps: float, at_s: float, onsets_s: Array) -> None:
    """Sway the deck from side to side (McAndrew 2010)."""
    accel = sum(a * (2 * np.pi * f) ** 2 * np.sin(2 * np.pi * f * at_s) for f, a in SUM_OF_SINES)
    walk.around.accel_y_mps2 = -SWAY_M * float(accel) if at_s > FIRST_S else 0.0


def _climb(walk: Walk, speed_mps: float, at_s: float, onsets_s: Array) -> None:
    """Walk uphill."""
    walk.world.reins.ask(speed_mps, speed_mps, 0.25, 0.25, INCLINE_RAD)


DISTURBANCES: dict[str, Callable[[Walk, float, float, Array], None]] = {
    "none": _nothing,
    "rough plates": _nothing,
    "drift of 77 N": _nothing,
    "pushes of 18 N s": _push,
    "trips": _trip,
    "jerked belt": _jerk,
    "belts 2 : 3": _part,
    "starts and stops": _start_and_stop,
    "swaying deck": _sway,
    "5° uphill": _climb,
    "standing": _nothing,
}
