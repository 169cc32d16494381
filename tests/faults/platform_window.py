"""How much of its following window a sound base uses while every scenario moves it."""

import contextlib
import math
from collections.abc import Callable, Iterator
from random import Random

from faults.figures import Row
from faults.platform_ride import at_the_base
from footsteps import Footsteps
from session.platform_room import room
from standing_body import Person, leaner
from walk import DT_S as TICK_S
from walk import walk

from rehabsim.base.clock import Clock, run
from rehabsim.base.records import PlatformWish, Pose
from rehabsim.devices.laboratory import Fault
from rehabsim.safety.platform_envelope import six
from rehabsim.safety.platform_following import BESIDE_PART, MOVING_PART
from rehabsim.safety.platform_messages import Track
from scenarios.balance import Balance
from scenarios.boat import Boat
from scenarios.hike import Hike

LIMITS = room().platform_limits
DURATION_S, SHORTEST_S = 120.0, 8.0
"""Of each seed; of a small share of the campaign."""

SEEDS = 3
ROUGHEST = {"roughness": 1.0, "bridge_sway": 2.0, "max_side_slope": 0.052}
HOME = PlatformWish(Pose())
LATE = Fault(device="platform", kind="delayed", at_s=6.5, size=0.05)
"""Reports that take as long as no wire should."""

Wishes = Callable[[int, float], list[PlatformWish]]
"""What is wished of the platform in each tick, of a seed and a duration in s."""


def boat(seed: int, duration_s: float) -> list[PlatformWish]:
    """Return what the boat wishes in its highest waves."""
    params = Boat.Params(wave_height_m=1.5, platform_gain=1.0)
    scenario = Boat(params, seed)
    steps = walk(scenario, duration_s, gait=lambda t, s: {"load_share_left_frac": 0.5})
    return [step.platform or HOME for _, step in steps]


def hike(seed: int, duration_s: float) -> list[PlatformWish]:
    """Return what the roughest path wishes."""
    scenario = Hike(Hike.Params(pace_sensitivity=0.0, **ROUGHEST), seed)
    steps = walk(scenario, duration_s, gait=Footsteps())
    return [step.platform or HOME for _, step in steps]


def sensory(seed: int, duration_s: float) -> list[PlatformWish]:
    """Return what the floor does that follows a body that sways."""
    params = Balance.Params(test="sensory", has_platform=True)
    person = Person(lambda phase, t_s, scene: (0.03 * math.sin(2.0 * t_s), 0.0))
    steps = walk(Balance(params, seed), 2 * duration_s, gait=person)
    return [step.platform or HOME for _, step in steps]


def sudden(seed: int, duration_s: float) -> list[PlatformWish]:
    """Return the pushes of the sudden load."""
    params = Balance.Params(test="sudden", has_platform=True, pulse_m=0.05)
    steps = walk(Balance(params, seed), 2 * duration_s, gait=leaner(0.2))
    return [step.platform or HOME for _, step in steps]


def pulses(seed: int, duration_s: float) -> list[PlatformWish]:
    """Return steps to any edge and back, briskly, as steep as wishes can be."""
    random, wishes = Random(seed), []
    while len(wishes) < duration_s / TICK_S:
        pose = Pose(*(random.choice((-0.1, 0.0, 0.1)) for _ in range(6)))
        wishes += [HOME] * 1000 + [PlatformWish(pose, is_perturbing=True)] * 150
    return wishes


def jumps(seed: int, duration_s: float) -> list[PlatformWish]:
    """Return wishes that jump anywhere, at any time."""
    random, wishes = Random(seed), []
    while len(wishes) < duration_s / TICK_S:
        pose = Pose(*(random.uniform(-0.15, 0.15) for _ in range(6)))
        wishes += [PlatformWish(pose)] * random.randrange(20, 500)
    return wishes


WISHED: dict[str, Wishes] = {
    "boat, waves of 1.5 m": boat,
    "hike, roughest": hike,
    "balance, sensory": sensory,
    "balance, sudden": sudden,
    "perturbations, all axes": pulses,
    "jumps, all axes": jumps,
}


def part_used(measured: Pose, told: Pose, due: Pose) -> float:
    """Return how far a base is beside where it is due, as a part of what it may be."""
    mosts = (LIMITS.max_error_m,) * 3 + (LIMITS.max_error_rad,) * 3
    used = 0.0
    for is_m, told_m, due_m, most in zip(six(measured), six(told), six(due), mosts, strict=True):
        low, high = min(told_m, due_m), max(told_m, due_m)
        room_m = most / BESIDE_PART + (high - low) / MOVING_PART
        used = max(used, max(low - is_m, is_m - high) / room_m)
    return used


def windows(share: float) -> Iterator[Row]:
    """Yield a row for each scenario."""
    for what, wishes in WISHED.items():
        used, lost_count = [], 0
        duration_s = max(DURATION_S * min(SEEDS * share, 1.0), SHORTEST_S)
        for seed in range(1, max(round(SEEDS * share), 1) + 1):
            for plan in ((), (LATE,)):
                found, mode = followed(wishes(seed, duration_s), plan)
                used += found
                lost_count += mode != "moving"
        yield Row(
            f"sound base, reports 0 or 50 ms late; {what}: part of its window used",
            len(used),
            lost_count,
            used,
            "of what it may be beside",
            "never frozen",
        )


def followed(wishes: list[PlatformWish], plan: tuple[Fault, ...]) -> tuple[list[float], str]:
    """Let the simulated base follow wishes; return what each tick used, and the last mode."""

    async def go(clock: Clock) -> tuple[list[float], str]:
        used = []
        async with at_the_base(clock, plan, 1, LIMITS) as ride:
            belts, index = "idle", 0
            async with contextlib.aclosing(clock.ticks(round(TICK_S * 1e9))) as ticks:
                async for _ in ticks:
                    ask = {"freeze": "settle", "settled": "engage"}.get(ride.state.mode, "")
                    if ride.state.is_up:
                        belts, ask = "running", ""
                    if ride.state.mode == "moving":
                        index += 1
                    if index >= len(wishes):
                        break
                    told, wish = ride.state.pose, wishes[index]
                    ride.tick(wish, clock.now_ns(), ask, belts)
                    track: Track = ride.state.track
                    if track.due is not None and ride.sample is not None:
                        used.append(part_used(ride.sample.pose, told, track.due))
                    if index and ride.state.mode != "moving":
                        break
            return used, ride.state.mode

    return run(go, virtual=True)
