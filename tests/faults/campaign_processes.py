"""Processes and cables of a whole session that die, hang or are cut while somebody walks."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from signal import SIGKILL, SIGSTOP, SIGUSR2
from typing import NamedTuple

import numpy as np
from faults import process_unaffected
from faults.figures import Row
from faults.kept import rows_once
from faults.process_trials import (
    Begin,
    Trial,
    belts_cable,
    console_gets,
    gateway_gets,
    have_keeper,
    keeper_gets,
    plates_cable,
    session_gets,
    trials,
)
from house import CRUISE_MPS, House
from slowing import FOUND_MPS

TITLE = "Processes and cables, in real time"
INTRODUCTION = (
    f"Whole sessions, a process for each part, walking at {CRUISE_MPS:g} m/s on the host's clock;"
    " each fault at a random moment. The judge are the true speeds: those of the simulated"
    " laboratory, a value every 4 ms; where the row says `rs_treadmill`, those of the firmware's"
    " program, which the keeper drives over a pseudo-terminal, a value every millisecond (the"
    " simulated person stands on the laboratory's belts meanwhile). *Begin to slow*: a belt's first"
    " slowing is less than what a foot does to it, so the straight ramp with the commanded"
    " deceleration is laid through the speeds from 90 % to 10 % of the level before, followed back"
    " to that level, and the lag of the laboratory's drive, 51 ms, is taken off; a laboratory that"
    " lives 4 ms at a time may date it up to 4 ms early. A *failure* is a trial in which the belts"
    " did not come to rest, sped up after they had begun to slow, or slowed at another rate. *Late*"
    " tells a busy computer from a late keeper: the most that the watching process (laboratory or"
    " firmware) and the keeper's ticks were late in a trial, from the fault to the onset."
)
COUNT, OPERATOR_COUNT, LASTING_COUNT = 50, 20, 10
"""Trials of each fault in a whole campaign; of what is slow, and of what has no other end."""

LEAST_COUNT = 2
KEEPER_S, FIRMWARE_S = 0.12, 0.08
ZERO_BAR_MS = 20.0
NOTICED_S = 0.12
"""What is added to an age limit until belts must begin to slow."""


class Fault(NamedTuple):
    """One row, or two.

    Attributes:
        what: In words.
        begin: How a trial begins.
        count: Of a whole campaign.
        bar_s: How soon the belts must begin to slow.
        hold_s: How soon their speed must be held before, if it must.
    """

    what: str
    begin: Begin
    count: int = COUNT
    bar_s: float = KEEPER_S
    hold_s: float = np.inf


KEEPERS = (
    Fault("session killed", session_gets(SIGKILL)),
    Fault("session stopped", session_gets(SIGSTOP)),
    Fault("session computes for ever", session_gets(SIGUSR2)),
    Fault("cable of the plates goes silent", plates_cable("mute")),
    Fault("cable of the plates cut", plates_cable("cut")),
    Fault("treadmill hangs up, and can be called again", belts_cable("hang_up")),
)
FIRMWARES = (
    Fault("keeper killed", keeper_gets(SIGKILL), bar_s=FIRMWARE_S),
    Fault("keeper stopped", keeper_gets(SIGSTOP), bar_s=FIRMWARE_S),
    Fault("keeper computes for ever", keeper_gets(SIGUSR2), bar_s=FIRMWARE_S),
    Fault("cable of the treadmill cut", belts_cable("cut"), bar_s=FIRMWARE_S),
)


def operators(house: House) -> Iterator[Fault]:
    """Yield who may die or hang while in command."""
    limits = house.site.limits
    bars_s = (limits.max_operator_age_s + NOTICED_S, limits.hold_operator_age_s + NOTICED_S)
    for how, word in ((SIGKILL, "killed"), (SIGSTOP, "stopped")):
        yield Fault(f"console in command {word}", console_gets(how), OPERATOR_COUNT, *bars_s)
        what = f"gateway of the page in command {word}"
        yield Fault(what, gateway_gets(how), OPERATOR_COUNT, *bars_s)


def rows(share: float) -> Iterator[Row]:
    """Yield the campaign's rows; `share` is how much of it is run."""

    def some(count: int) -> int:
        return max(round(count * share), LEAST_COUNT)

    def once(what: str, count: int, make: Callable[[int], Iterable[Row]]) -> list[Row]:
        return rows_once("processes", what, some(count), make)

    with tempfile.TemporaryDirectory() as folder, House(Path(folder)) as house:
        for fault in (*KEEPERS, *operators(house)):
            yield from once(fault.what, fault.count, partial(fault_rows, house, fault))
        for unaffected in process_unaffected.UNAFFECTED:
            have_keeper(house)
            yield from once(unaffected.__name__, COUNT, partial(unaffected, house))
        yield process_unaffected.mqtt()
        yield from once("lasting", LASTING_COUNT, partial(lasting, house))
    with (
        tempfile.TemporaryDirectory() as folder,
        House(Path(folder), has_own_treadmill=True) as house,
    ):
        for fault in FIRMWARES:
            what = f"own treadmill, {fault.what}"
            yield from once(what, fault.count, partial(fault_rows, house, fault))


def fault_rows(house: House, fault: Fault, count: int) -> Iterator[Row]:
    """Yield when belts began to slow, and when they were at rest."""
    done, early_count = trials(house, fault.begin, fault.bar_s, count)
    slowed = [trial.slowing for trial in done if trial.slowing is not None]
    missed_count = count - len(slowed)
    unheld_count = 0
    if fault.hold_s < np.inf:
        unheld_count = sum(not trial.held_s <= fault.hold_s for trial in done)
    where = "`rs_treadmill`, " if house.has_own_treadmill else ""
    onsets_ms = [1000 * one.onset_s for one in slowed]
    yield Row(
        f"{where}{fault.what}: belts begin to slow",
        count,
        missed_count + unheld_count,
        onsets_ms,
        "ms",
        f"p99 ≤ {1000 * fault.bar_s:.0f} ms, 0 missed",
        "; ".join(_notes(house, fault, done, early_count)),
    )
    errors_ms = [1000 * one.zero_error_s for one in slowed]
    what = f"{where}{fault.what}: at rest, against onset + v/a"
    if house.has_own_treadmill:
        off_count = sum(abs(error) > ZERO_BAR_MS for error in errors_ms)
        yield Row(what, count, missed_count + off_count, errors_ms, "ms", "± 20 ms")
    else:
        note = f"slower than {house.drive.rest_mps:g} m/s, with the lag and swing of the drive"
        yield Row(what, count, missed_count, errors_ms, "ms", note=note)


def _notes(house: House, fault: Fault, done: list[Trial], early_count: int) -> Iterator[str]:
    yield from (trial.why for trial in [t for t in done if t.slowing is None][:1])
    slowed = [trial.slowing for trial in done if trial.slowing is not None]
    if slowed:
        yield f"slower by {FOUND_MPS:g} m/s: {_figures([one.found_s for one in slowed])}"
    if fault.hold_s < np.inf:
        held_s = [trial.held_s for trial in done]
        yield f"speed held: {_figures(held_s)}, bar {1000 * fault.hold_s:.0f} ms"
    if not house.has_own_treadmill:
        yield f"keeper decided: {_figures([trial.decided_s for trial in done])}"
        yield f"keeper late: {_figures([trial.keeper_late_ms / 1000 for trial in done], 1)}"
    who = "firmware" if house.has_own_treadmill else "laboratory"
    yield f"{who} late: {_figures([one.late_s for one in slowed], 1)}"
    if early_count:
        yield f"{early_count} more walks ended before it"


def _figures(values_s: Sequence[float], digits: int = 0) -> str:
    """Return p50 and maximum in ms, of what there is."""
    known_ms = [1000 * value for value in values_s if np.isfinite(value)]
    if not known_ms:
        return "never"
    return f"p50 {np.median(known_ms):.{digits}f}, max {max(known_ms):.{digits}f} ms"


def lasting(house: House, count: int) -> Iterator[Row]:
    """Cut the treadmill's cable for good: what does one do that has no expiry of its own?"""
    done, _ = trials(house, belts_cable("cut"), KEEPER_S, count)
    running_count = sum("they still run" in trial.why for trial in done)
    note = (
        f"in {running_count} of {count} the belts kept their speed: this treadmill has no expiry,"
        f" and the keeper, which decided after {_figures([t.decided_s for t in done])}, cannot"
        " reach it; only the wired emergency stop is left. See `rs_treadmill` below."
    )
    what = "cable of the treadmill cut, `bertec_treadmill`: what the treadmill itself does"
    others = sum(trial.slowing is None and "they still run" not in trial.why for trial in done)
    yield Row(what, count, others, bar="none: nothing can be done", note=note)
