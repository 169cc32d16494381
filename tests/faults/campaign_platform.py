"""The platform: set points in many random steps, freezes, and faults of the simulated base."""

import contextlib
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from faults.figures import Row
from faults.platform_ride import Ride, at_the_base
from faults.platform_window import windows
from safety.platform_bench import AXES, LIMITS, TICK_NS, Bench, axes
from session.platform_room import record

from rehabsim.base.clock import Clock, run
from rehabsim.base.records import PlatformWish, Pose
from rehabsim.devices.laboratory import Fault
from rehabsim.safety.messages import decode_report
from rehabsim.safety.platform_envelope import box, brisk, normal, six
from rehabsim.session.log import LogReader
from rehabsim_sim.batch import study

TITLE = "The moving platform"
INTRODUCTION = (
    "Set points come from the platform's guard, with the limits of its tests: boxes of 0.08 to"
    " 0.10 m and 0.12 to 0.14 rad, 0.2 m/s and 0.35 rad/s, in perturbations 0.3 m/s and"
    " 0.7 rad/s. In the rows about faults it drives the simulated base through its driver in"
    " virtual time; what is measured there is the simulated base's true motion, whose lag stands"
    " in for a real one's. A real base may do other things, above all when it faults by itself."
    " Rows about a sound base tell how far it was beside where it is due, as a part of how far it"
    " may be, in each tick of what scenarios wish in the simulated room: at 1 it would be found"
    " astray, and frozen if that lasted."
    " The last row is of whole sessions: someone walks at 0.4 m/s on a deck that rolls and heaves,"
    " and a fault of base, treadmill, plates or emergency stop must freeze the deck and stop the"
    " belts."
)
STEPS = 300_000
FREEZES = 1_000
REFUSALS = 2_000
TRIALS = 40
"""Of each fault."""

SESSIONS = 100
WALK_S, WITHIN_S = 9.3, 5.0
"""When a fault begins in a whole session, and how soon all must have stopped: most of a roll, for a
base that is stuck and is seen when it should be elsewhere."""

ILLS: list[dict[str, Any]] = [
    *({"device": "platform", "kind": kind} for kind in ("off", "stuck", "nan", "cut", "flip")),
    {"device": "platform", "kind": "garbage", "size": 0.2},
    {"device": "platform", "kind": "delayed", "size": 0.3},
    {"device": "platform", "kind": "slow", "size": 0.3},
    {"device": "platform", "kind": "offset", "size": 0.08},
    {"device": "treadmill", "kind": "off"},
    {"device": "plates", "kind": "off"},
    {"device": "emergency_stop", "kind": "cut"},
]
"""One of them in each whole session."""

EPSILON = 1e-9
STILL_M, STILL_RAD = 0.0005, 0.001
"""A base that stays this near to where it ends up stands still."""

END_S = 3.0
"""So long a trial goes on after its fault."""

TRIED = {
    "silent": [("off", None)],
    "stuck": [("stuck", None)],
    "garbage, a fifth of all bytes": [("garbage", 0.2)],
    "0.3 s late": [("delayed", 0.3)],
    "in bursts every 0.3 s": [("slow", 0.3)],
    "not a number": [("nan", None)],
    "cut": [("cut", None)],
    "0.06 m or rad beside the truth": [("offset", 0.06)],
    "signs inverted": [("flip", None)],
}


def rows(share: float) -> Iterator[Row]:
    """Yield the rows, each with `share` of its trials."""
    yield from random_steps(_count(STEPS, share))
    yield freezes(_count(FREEZES, share))
    yield refusals(_count(REFUSALS, share))
    for what, faults in TRIED.items():
        yield base_faults(what, faults, _count(TRIALS, share))
    yield base_faults("none; the session falls silent instead", [], _count(TRIALS, share))
    yield from windows(share)
    yield sessions(_count(SESSIONS, share))


def _count(whole: int, share: float) -> int:
    return max(1, round(whole * share))


# -- set points ----------------------------------------------------------------------------


def random_wish(random: Random) -> PlatformWish:
    """Return a wish near, at or far beyond the limits."""
    spread = random.choice((0.02, 0.15, 1.0, 100.0))
    pose = Pose(*(random.uniform(-spread, spread) for _ in range(6)))
    return PlatformWish(pose, random.random() < 0.5)


def random_steps(count: int) -> Iterator[Row]:
    """Count what any step did outside the limits, over `count` steps of random wishes."""
    random, bench = Random(1), Bench().moving()
    outside = fast = steep = unlike = 0
    nearness = []
    for _ in range(count):
        if random.random() < 0.02:
            bench.wish = random_wish(random)
        dt_ns = random.choice((0, 1_000_000, TICK_NS, TICK_NS, TICK_NS, 9_000_000, 20_000_000))
        before = bench.state
        bench.decisions.clear()
        decision = bench.tick(dt_ns=dt_ns)
        state, dt_s = decision.state, dt_ns / 1e9
        paces = brisk(LIMITS) if state.perturbed_ns is not None else normal(LIMITS)
        worst = 0.0
        for place, rate, was, edge, pace in zip(
            six(decision.command.pose), state.rate, before.rate, box(LIMITS), paces, strict=True
        ):
            outside += not -edge <= place <= edge
            slowest = abs(was) - pace.accel * dt_s
            fast += not abs(rate) <= max(pace.speed, slowest) + EPSILON
            steep += not abs(rate - was) <= pace.accel * dt_s + EPSILON
            room = edge - place if rate > 0 else edge + place
            worst = max(worst, rate**2 / (2 * pace.brake * max(room, 1e-12)))
        nearness.append(worst)
        unlike += decision.command.pose != state.pose or state.mode != "moving"
    unit = "v² / 2ad"
    yield Row("steps: set point outside the box", count, outside, nearness, unit, "v² ≤ 2ad")
    yield Row("steps: faster than the limit", count, fast, bar="none")
    yield Row("steps: steeper than the limit", count, steep, bar="none")
    yield Row("steps: command unlike the state, or not moving", count, unlike, bar="none")


def freezes(count: int) -> Row:
    """Freeze somewhere on the way of random wishes; how long until the set point stands still."""
    random, failures, times_ms = Random(2), 0, []
    bench = Bench().moving()
    bench.ticks(600)
    moving = bench.state
    for _ in range(count):
        bench.state, bench.t_ns = moving, moving.t_ns
        bench.base.pose = moving.pose
        bench.belt_mode, bench.is_at_rest = "running", False
        for _ in range(random.randrange(1, 4)):
            bench.wish = random_wish(random)
            bench.ticks(random.randrange(1, 60))
        stop_ns = bench.t_ns + TICK_NS
        bench.tick(stop_cause="STOP")
        bench.belt_mode = "stopping"
        last_ns, held = stop_ns, bench.state.pose
        for tick in range(250):
            bench.wish = random_wish(random)
            was = bench.state.pose
            command = bench.tick("settle" if tick % 7 == 0 else "").command
            if command.pose != was:
                last_ns, held = bench.t_ns, command.pose
            failures += command.act != "freeze" or not _is_inside(command.pose)
        times_ms.append((last_ns - stop_ns + TICK_NS) / 1e6)
        failures += times_ms[-1] > 100 or bench.state.pose != held
        bench.decisions.clear()
    return Row(
        "freezes: time until the set point stands still",
        count,
        failures,
        times_ms,
        "ms",
        "≤ 100 ms, inside the box, held for a second",
    )


def refusals(count: int) -> Row:
    """Wish for what is not a number, on one axis, in the middle of a movement."""
    random, failures = Random(3), 0
    bench = Bench().moving()
    moving = bench.state
    for _ in range(count):
        bench.state, bench.t_ns = moving, moving.t_ns
        bench.base.pose = moving.pose
        bench.wish = random_wish(random)
        bench.ticks(random.randrange(1, 40))
        numbers = axes(bench.wish.pose)
        numbers[random.randrange(6)] = random.choice((math.nan, math.inf, -math.inf))
        bench.wish = PlatformWish(Pose(*numbers), random.random() < 0.5)
        decision = bench.tick()
        is_frozen = decision.state.mode == "freeze" and decision.command.act == "freeze"
        failures += not (is_frozen and _is_inside(decision.command.pose))
        bench.decisions.clear()
    return Row("wishes that are not a number", count, failures, bar="frozen in the same tick")


def _is_inside(pose: Pose) -> bool:
    return all(abs(value) <= edge for value, edge in zip(six(pose), box(LIMITS), strict=True))


# -- the simulated base --------------------------------------------------------------------


def swing(random: Random) -> Any:
    """Return a brisk movement of all axes, as a function of time in s."""
    phases = [random.uniform(0, math.tau) for _ in AXES]
    speeds = [random.uniform(1.2, 2.2) for _ in AXES]

    def at(t_s: float) -> PlatformWish:
        parts = zip(box(LIMITS), phases, speeds, strict=True)
        return PlatformWish(Pose(*(e * math.sin(w * t_s + p) for e, p, w in parts)))

    return at


def trial(faults: list[tuple[str, float | None]], seed: int) -> tuple[float, str]:
    """Let a fault begin while the platform swings; return when it stood still, and what failed."""
    random = Random(seed)
    at_s = 10.0 + random.uniform(0, 2)
    wish_at = swing(random)
    plan = tuple(
        Fault(device="platform", kind=kind, at_s=at_s, size=size, seed=seed)
        for kind, size in faults
    )

    async def go(clock: Clock) -> tuple[float, str]:
        async with at_the_base(clock, plan, seed, LIMITS) as ride:
            belts, at_fault, last_wish_ns = "idle", "", 0
            async with contextlib.aclosing(clock.ticks(TICK_NS)) as ticks:
                async for _ in ticks:
                    t_s = ride.t_ms / 1000
                    if t_s > at_s + END_S:
                        break
                    ask = {"freeze": "settle", "settled": "engage"}.get(ride.state.mode, "")
                    if t_s >= at_s:
                        at_fault, ask = at_fault or ride.state.mode, ""
                    elif ride.state.is_up:
                        belts, ask = "running", ""
                    if faults or t_s < at_s:
                        last_wish_ns = clock.now_ns()
                    ride.tick(wish_at(t_s), last_wish_ns, ask, belts)
            return judge(ride, at_s, at_fault)

    return run(go, virtual=True)


def judge(ride: Ride, at_s: float, at_fault: str) -> tuple[float, str]:
    """Return how long after the fault the base stood still for good, in ms, and what failed."""
    truth = np.array(ride.truth)
    after = truth[round(at_s * 250) :]
    near = np.array([STILL_M] * 3 + [STILL_RAD] * 3)
    is_away = (np.abs(after - after[-1]) > near).any(axis=1)
    still_ms = 4.0 * (np.flatnonzero(is_away)[-1] + 1) if is_away.any() else 0.0
    why = ""
    if at_fault != "moving":
        why = f"was {at_fault}, not moving"
    elif ride.state.mode != "freeze":
        why = "did not freeze"
    elif (np.abs(truth) > np.array(box(LIMITS)) + near).any():
        why = "left the box"
    elif still_ms > 1000 * (END_S - 0.5):
        why = "did not stand still"
    return still_ms, why


def base_faults(what: str, faults: list[tuple[str, float | None]], count: int) -> Row:
    """Try one fault `count` times."""
    results = [trial(faults, seed) for seed in range(count)]
    reasons = sorted({why for _, why in results if why})
    return Row(
        f"base {what}: time until it stands still",
        count,
        sum(bool(why) for _, why in results),
        [still_ms for still_ms, _ in results],
        "ms",
        "frozen, inside the box",
        "; ".join(reasons),
    )


# -- whole sessions ------------------------------------------------------------------------


def sessions(count: int) -> Row:
    """Let something fail while someone walks on a moving deck, in whole sessions."""
    results = study(walk, range(count))
    return Row(
        "sessions: time until deck and belts are told to stop",
        count,
        sum(bool(why) for _, why in results),
        [after_ms for after_ms, _ in results],
        "ms",
        "deck frozen and still in 0.1 s, belts stopped",
        "; ".join(sorted({why for _, why in results if why})),
    )


def walk(number: int) -> tuple[float, str]:
    """Run one session; return how long after its fault all was stopping, and what failed."""
    ill = ILLS[number % len(ILLS)]
    at_s = WALK_S + Random(number).uniform(0, 1)
    with tempfile.TemporaryDirectory() as folder:
        path, params = Path(folder) / "a.mcap", {"roll_rad": 0.08}
        faults = [ill | {"at_s": at_s}]
        record(path, faults=faults, params=params, seed=number + 1, duration_s=20.0)
        reports = LogReader(path).decoded("keeper", decode_report)
    what = f"{ill['device']} {ill['kind']}"
    was_moving, frozen_ns, stopped_ns, moved_ns, before = False, 0, 0, 0, None
    for report in reports:
        t_ns, decision = report.inputs.t_ns, report.decision
        ride = report.platform.decision.state
        if t_ns / 1e9 < at_s:
            was_moving = ride.mode == "moving" and decision.state.mode in ("starting", "running")
        elif t_ns / 1e9 < at_s + WITHIN_S:
            frozen_ns = frozen_ns or (ride.mode == "freeze" and t_ns)
            stopped_ns = stopped_ns or (decision.state.mode in ("stopping", "locked") and t_ns)
            moved_ns = t_ns if frozen_ns and ride.pose != before else moved_ns
        before = ride.pose
    after_ms = max(frozen_ns, stopped_ns) / 1e6 - 1000 * at_s
    if not was_moving:
        return after_ms, f"{what}: nothing moved before"
    if not (frozen_ns and stopped_ns):
        return after_ms, f"{what}: {'belts' if frozen_ns else 'deck'} went on"
    is_late = moved_ns - frozen_ns > 100_000_000
    return after_ms, f"{what}: the set point moved on" if is_late else ""
