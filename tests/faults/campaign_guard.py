"""The belts' guard: every small way to break it, and very many random steps of it."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from faults.figures import Row
from faults.guard_steps import stroll
from safety.promises import PROMISES

TITLE = "The belts' guard"
INTRODUCTION = (
    "Mutants are the pure safety code with one change each, and the tests that must notice: a"
    " failure is one that lives without a written reason, or ends without saying anything. Random"
    " steps are decisions of the guard with the limits of its tests. Belts that follow with a lag,"
    " late, lost and wrong messages, people and asks are all drawn from one seeded generator; a"
    " runaway ends in a restart."
)
MUTANTS = Path(__file__).resolve().parents[1] / "safety/mutants.py"
GROUPS = {
    "belts": ("causes", "envelope", "following", "guard", "readiness", "setpoint"),
    "platform": (
        "platform",
        "platform_envelope",
        "platform_following",
        "platform_onset",
        "platform_perturbation",
    ),
}
STEPS = 1_000_000
SEED = 20


def rows(share: float) -> Iterator[Row]:
    """Yield the rows, each with `share` of its trials."""
    for group in GROUPS:
        yield from mutants(group, share)
    yield from random_steps(max(round(STEPS * share), 2_000))


def mutants(group: str, share: float) -> Iterator[Row]:
    """Run a share of the mutants of a group of modules, spread evenly, and its canary."""
    words = [sys.executable, str(MUTANTS), "--share", str(max(share, 0.002)), "2", *GROUPS[group]]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = [line.split("\t") for line in done.stdout.splitlines()]
    results = [words for words in found if words[0] == "mutant"]
    counts = Counter(how for _, how, *_ in results)
    wrong = [what for _, how, what, *_ in results if how in ("alive", "no result")]
    stale = [what for kind, what, *_ in found if kind == "stale"]
    note = ", ".join(f"{count} {how}" for how, count in sorted(counts.items()))
    if wrong or stale:
        note += ": " + "; ".join((wrong + stale)[:10])
    what = f"mutants of the pure safety code: {group}"
    yield Row(what, len(results), len(wrong) + len(stale), bar="no survivor", note=note)
    # One for each list of tests.
    canaries = [how for kind, how, *_ in found if kind == "canary"]
    dead_count = sum(how != "alive" for how in canaries) + (not canaries)
    yield Row(f"canaries: {group} unchanged", len(canaries), dead_count, bar="live")


def random_steps(count: int) -> Iterator[Row]:
    """Count, over `count` random steps, how often each promise was broken."""
    walk = stroll(count, SEED)
    visits = ", ".join(f"{mode} {visited:,}" for mode, visited in sorted(walk.visits.items()))
    entered = ", ".join(f"{name} {times:,}" for name, times in sorted(walk.acts.items()))
    note = f"steps in each mode: {visits}; entered: {entered}"
    yield Row(
        "random steps: the guard raised", count, walk.broken["raised"], bar="never", note=note
    )
    for name, words in PROMISES.items():
        note = f"{walk.ask_count:,} asks" if name == "answers" else ""
        what = f"random steps: {words}"
        yield Row(what, count, walk.broken[name], bar="always", note=note)
