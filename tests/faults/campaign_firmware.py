"""The firmware: its rules, its tests, and its deadlines."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from faults.figures import Row
from firmware.drives import ROOMS, loosen, walk
from firmware.expiry import RAMP_S, measure
from firmware.fuzz import fuzz
from firmware.guarded import commands
from firmware.histories import Permission, Twin, play, strays
from firmware.runs import measure_coverage, run_contract, run_sanitized
from firmware.test_emergency import random_presses
from firmware.test_histories import no_restart
from firmware.test_sessions import replayed
from firmware.test_set_points import disagreements

TITLE = "The treadmill's own firmware"
INTRODUCTION = (
    "The portable C of `firmware_stubs/`, called as a library; as a program on a pseudo-terminal"
    " where a row says real time; as an image for a Cortex-M3 where it says emulator. Belts are a"
    " model: no motor and no microcontroller was there."
)
ROOT = Path(__file__).resolve().parents[2]
ONSET_BAR_MS, ZERO_BAR_MS = 80.0, 20.0
CUT_BAR_MS, COASTED_BAR_MS = 700.0, 2200.0
SEED = 20


def rows(share: float) -> Iterator[Row]:
    """Yield the campaign's rows; `share` is how much of it is run."""
    yield from untimed_rows(share)
    yield from timed_rows(share)


def _some(count: int, share: float, least: int) -> int:
    """Return a share of `count`, but at least `least`."""
    return max(round(count * share), least)


def untimed_rows(share: float) -> Iterator[Row]:
    """Yield the rows that a busy computer cannot spoil."""
    yield from _coverage()
    yield Row("tests under address and undefined-behaviour sanitizers", run_sanitized(), 0)
    yield from _mutants(max(share, 0.005))
    count = _some(1_000_000, share, 5_000)
    differ_count, accepted_count = disagreements(count, SEED)
    note = f"{accepted_count:,} accepted by both"
    yield Row("set points judged alike by C and Python", count, differ_count, bar="all", note=note)
    count = _some(200_000, share, 3_000)
    moved, wrongs = commands(count, SEED)
    note = f"the belts moved in {moved:,}"
    yield Row("the guard's commands, accepted", count, len(wrongs), bar="all", note=note)
    count = _some(200_000, share, 3_000)
    twin = Twin()
    play(count, SEED, twin.look)
    yield Row("reports alike in simulator and C", twin.count, len(twin.differences), bar="all")
    yield from _runaways(share)
    count = _some(1_000_000, share, 10_000)
    permission = Permission()
    play(count, SEED, permission.look)
    note = f"{permission.moving_steps:,} steps moving, {permission.stops:,} stops"
    what = "random steps: no motion without RESET, ARM and set point; none up out of a stop"
    yield Row(what, permission.steps, len(permission.wrongs), bar="0 failures", note=note)
    ticks = random_presses(_some(1_000, share, 20), SEED)
    late_count = sum(tick != 1.0 for tick in ticks)
    what = "emergency stop at a random moment, with bounce: latched"
    yield Row(what, len(ticks), late_count, ticks, "ticks of 1 ms", "1 tick")
    ms = _some(10_000, share, 1_500)
    what = f"kinds of stop, each against {ms / 1000:g} s of commands"
    yield Row(what, 5, len(no_restart(ms)), bar="no restart")
    frame_count, wrong_count = replayed(_some(200, share, 5))
    yield Row("captured frames in a later session", frame_count, wrong_count, bar="all refused")
    yield _fuzz(_some(1_000_000, share, 3_000))


def timed_rows(share: float) -> Iterator[Row]:
    """Yield the rows in real time."""
    yield from _expiry(_some(200, share, 3))
    if share < 1:
        return  # the tests run the contract anyway
    for how, words in (("program", "as a program"), ("emulator", "on the emulator")):
        count, failed_count = run_contract(how)
        yield Row(f"driver contract {words}, real time", count, failed_count, bar="all pass")


def _runaways(share: float) -> Iterator[Row]:
    count = _some(100, share, 2)
    runaway_count, differences = strays(count, SEED)
    what = "histories of 3,000 looks at belts that stray, judged alike by simulator and C"
    yield Row(what, count, len(differences), bar="all", note=f"{runaway_count} ended in a runaway")
    minutes = max(10.0 * share, 0.2)
    for room, name in zip(ROOMS, ("without", "with"), strict=True):
        moved_ms, runaway_count = walk(minutes, SEED, room)
        what = f"moving belts that obey, room {name} perturbations, feet on them: no runaway, s"
        yield Row(what, moved_ms // 1000, runaway_count, bar="0")
    cuts_ms, rests_ms = loosen(_some(50, share, 2), SEED)
    what = "belts that run on when told to rest at 1 m/s²: their power is gone"
    late_count = sum(cut_ms > CUT_BAR_MS for cut_ms in cuts_ms)
    yield Row(what, len(cuts_ms), late_count, cuts_ms, "ms", f"≤ {CUT_BAR_MS:g} ms")
    late_count = sum(rest_ms > COASTED_BAR_MS for rest_ms in rests_ms)
    what = "and they stand"
    yield Row(what, len(rests_ms), late_count, rests_ms, "ms", f"≤ {COASTED_BAR_MS:g} ms")


def _coverage() -> Iterator[Row]:
    coverage = measure_coverage()
    missed_branches = [where for where in coverage.missed if where.endswith("branch")]
    missed_lines = len(coverage.missed) - len(missed_branches)
    yield Row("lines of the portable C, reached by tests", coverage.lines, missed_lines, bar="all")
    yield Row("its branches", coverage.branches, len(missed_branches), bar="all")


def _mutants(share: float) -> Iterator[Row]:
    words = [sys.executable, str(ROOT / "tests/firmware/mutants.py"), str(share)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    found = [line.split("\t") for line in done.stdout.splitlines()]
    results = [words for words in found if words[0] != "canary"]
    counts: dict[str, int] = {}
    for how, *_ in results:
        counts[how] = counts.get(how, 0) + 1
    wrong = [what for how, what, *_ in results if how in ("alive", "no result")]
    note = ", ".join(f"{count} {how}" for how, count in sorted(counts.items()))
    if wrong:
        note += ": " + "; ".join(wrong[:10])
    yield Row("mutants of the portable C", len(results), len(wrong), bar="no survivor", note=note)
    canary = [words[1:] for words in found if words[0] == "canary"]
    is_well = canary == [["with its test: failed", "without its test: alive"]]
    what = "canary: a mutant lives once its test is taken away"
    yield Row(what, 1, int(not is_well), bar="lives")


def _fuzz(streams: int) -> Row:
    made = fuzz(streams, SEED)
    note = (
        f"{made.sent:,} frames sent, {made.taken:,} taken, {made.dropped} more with a right CRC by"
        " chance dropped for what they hold"
    )
    what = "damaged streams under sanitizers: crashes, frames taken that nobody sent"
    return Row(what, made.streams, made.phantoms, bar="0", note=note)


def _expiry(count: int) -> Iterator[Row]:
    trials, early_count, permitted = measure(count)
    onsets = [trial.onset_ms for trial in trials]
    late_count = sum(onset > ONSET_BAR_MS for onset in onsets)
    note = f"{permitted}; {early_count} more walks expired while this machine was busy"
    what = "silence of the host, 60 ms set points: belts begin to slow, real time"
    missed_count = count - len(trials)
    yield Row(what, count, late_count + missed_count, onsets, "ms", "≤ 80 ms", note)
    errors = [trial.zero_ms - 1000 * RAMP_S for trial in trials]
    off_count = sum(abs(error) > ZERO_BAR_MS for error in errors)
    what = "then zero speed, against onset + v/a"
    yield Row(what, count, off_count + missed_count, errors, "ms", "± 20 ms")
