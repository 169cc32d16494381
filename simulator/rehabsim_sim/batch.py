"""Many people at once, for studies: one world after another, spread over processes."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from rehabsim_sim.patients import patient
from rehabsim_sim.traits import Traits
from rehabsim_sim.world import World

T = TypeVar("T")
R = TypeVar("R")

CHUNK_MS = 1000


@dataclass(frozen=True)
class Course:
    """One person and what the belts do under them.

    Attributes:
        who: Name of a patient, with severity if wanted, or traits.
        seed: Of everything random.
        duration_s: How long.
        belts: (time in s, left m/s, right m/s, acceleration in m/s²), in order of time.
        grade: Of the plates.
    """

    who: str | Traits = "healthy"
    seed: int = 1
    duration_s: float = 60.0
    belts: tuple[tuple[float, float, float, float], ...] = field(default=())
    grade: str = "good"


def live(course: Course) -> Iterator[World]:
    """Yield the world after each second or less of a course, `truth` and `events` being of it."""
    traits = patient(course.who) if isinstance(course.who, str) else course.who
    world = World(traits, course.seed, grade=course.grade)
    now_ms, end_ms, asked = 0, round(1000 * course.duration_s), list(course.belts)
    while now_ms < end_ms:
        while asked and 1000 * asked[0][0] <= now_ms:
            _, left_mps, right_mps, accel_mps2 = asked.pop(0)
            world.reins.ask(left_mps, right_mps, accel_mps2, accel_mps2, 0.0)
        next_ms = min(end_ms, now_ms + CHUNK_MS)
        if asked:
            next_ms = min(next_ms, max(round(1000 * asked[0][0]), now_ms + 1))
        world.live(next_ms - now_ms)
        now_ms = next_ms
        yield world


def study(
    measure: Callable[[T], R],
    cases: Sequence[T],
    *,
    processes: int | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
    on_result: Callable[[R], None] = lambda _: None,
) -> list[R]:
    """Return `measure(case)` for each case, in order.

    Args:
        measure: A function of a module's top level; it runs in another process, so that only
            what it returns is kept.
        cases: What it is called with; courses, mostly.
        processes: How many at once; by default as many as there are cores, 1 is none but this.
        on_progress: Told how many cases are done.
        on_result: Given each result once it is there, in order.
    """
    count = processes or os.cpu_count() or 1
    results: list[R] = []
    if count == 1 or len(cases) < 2:
        for case in cases:
            results.append(measure(case))
            on_result(results[-1])
            on_progress(len(results))
        return results
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(count, len(cases)), context) as pool:
        for result in pool.map(measure, cases):
            results.append(result)
            on_result(result)
            on_progress(len(results))
    return results
