"""One trial after another: a whole session walks, something happens to one of its processes.

Each way to begin a trial starts its processes and returns what happens, to be called when the belts
have a steady speed.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
from ear import Ear, entered_s, lateness_ms
from house import CRUISE_MPS, KEEPER, SESSION, House
from slowing import BEFORE_S, MissedError, Slowing, slowing

from rehabsim.base.errors import RehabsimError
from rehabsim.session.supervise import Child

STUCK = str(Path(__file__).with_name("stuck.py"))
WALKING = 0.96
SLACK_S = 1.0
"""For the drive's own lag, a busy computer and the truth file."""

MAX_TRIES = 3

Happen = Callable[[], None]
Begin = Callable[[House], Happen]


class EarlyError(Exception):
    """The walk ended before anything happened to it."""


class Trial(NamedTuple):
    """One fault.

    Attributes:
        slowing: How the belts came to rest, or None.
        why: What was wrong if they did not.
        held_s: From the fault until the keeper held the speed, NaN if it did not.
        decided_s: From the fault until the keeper stopped the belts, NaN if it did not.
        keeper_late_ms: How late the keeper's ticks were at most until then.
    """

    slowing: Slowing | None
    why: str = ""
    held_s: float = float("nan")
    decided_s: float = float("nan")
    keeper_late_ms: float = float("nan")


def signalled(child: Child, how: signal.Signals) -> Happen:
    """Return what sends `how` to a process."""
    return lambda: os.kill(child.process.pid, how)


# -- what the keeper detects ---------------------------------------------------------------


def session_gets(how: signal.Signals) -> Begin:
    """Let the session be killed, stopped, or, by SIGUSR2, compute for ever."""

    def begin(house: House) -> Happen:
        words = (STUCK, SESSION[-1]) if how == signal.SIGUSR2 else SESSION
        return signalled(walks(house, words=words), how)

    return begin


def plates_cable(how: str) -> Begin:
    """Let the force plates' cable be `mute` or `cut`."""

    def begin(house: House) -> Happen:
        cable, url = house.start_cable(house.plates["url"], how)
        walks(house, plates_url=url)
        return signalled(cable, signal.SIGUSR1)

    return begin


def belts_cable(how: str) -> Begin:
    """Let the treadmill's connection be `cut` for good, or only `hang_up`."""

    def begin(house: House) -> Happen:
        kill([house.keeper])
        cable, url = house.start_cable(house.treadmill["url"], how)
        house.start_keeper(url=url)
        walks(house)
        return signalled(cable, signal.SIGUSR1)

    return begin


# -- what the firmware's expiry is for -----------------------------------------------------


def keeper_gets(how: signal.Signals) -> Begin:
    """Let the keeper be killed, stopped, or, by SIGUSR2, compute for ever."""

    def begin(house: House) -> Happen:
        kill([house.keeper])
        house.start_keeper(words=(STUCK, KEEPER[-1]) if how == signal.SIGUSR2 else KEEPER)
        walks(house)
        return signalled(house.keeper, how)

    return begin


# -- who commands --------------------------------------------------------------------------


def console_gets(how: signal.Signals) -> Begin:
    """Let the console in command be killed or stopped."""

    def begin(house: House) -> Happen:
        house.start_session()
        console = house.start_console()
        return signalled(console, how)

    return begin


def gateway_gets(how: signal.Signals) -> Begin:
    """Let the gateway of a page in command be killed or stopped."""

    def begin(house: House) -> Happen:
        house.start_session()
        gateway, address = house.start_gateway()
        house.start_page(address)
        return signalled(gateway, how)

    return begin


# -- a trial -------------------------------------------------------------------------------


def walks(house: House, **more: Any) -> Child:
    """Start a session that walks by rule."""
    return house.start_session(has_operator=True, **more)


def kill(children: list[Child]) -> None:
    """Kill processes, whatever state they are in."""
    for child in reversed(children):
        child.process.kill()
        child.end(1.0)


def have_keeper(house: House) -> None:
    """Start a keeper if there is none."""
    if not house.keeper.is_running:
        house.start_keeper()


@contextmanager
def walking(house: House, begin: Begin, random: Random) -> Iterator[tuple[Happen, Ear]]:
    """Walk at a steady speed for a random time; what was started for it ends with it.

    Raises:
        EarlyError: The belts do not run.
    """
    count = len(house.children)
    try:
        try:
            happen = begin(house)
            house.wait_for_speed(WALKING * CRUISE_MPS)
        except (AssertionError, RehabsimError) as error:
            raise EarlyError(str(error)) from error
        with Ear(house.keeper_url) as ear:
            time.sleep(BEFORE_S + random.uniform(0.2, 0.6))
            if house.speed_mps() < WALKING * CRUISE_MPS:
                raise EarlyError(ear.reports()[-1].decision.state.cause)
            yield happen, ear
    finally:
        kill(house.children[count:])
        del house.children[count:]


def trial(house: House, begin: Begin, bar_s: float, random: Random) -> Trial:
    """Let it happen once; the belts should begin to slow within `bar_s`.

    Raises:
        EarlyError: They no longer ran.
    """
    with walking(house, begin, random) as (happen, ear):
        event_s = house.now_s()
        happen()
        ramp_mps2 = house.site.limits.ramp_mps2
        house.wait_for_rest(event_s, bar_s + CRUISE_MPS / ramp_mps2 + SLACK_S)
        reports, belts = ear.reports(event_s), house.belts(event_s - BEFORE_S)
    decided_s = entered_s(reports, "stopping")
    slowed, why = None, ""
    try:
        decel_mps2 = max([ramp_mps2, *(r.decision.state.decel_mps2 for r in reports)])
        slowed = slowing(belts, event_s, decel_mps2, house.drive)
    except MissedError as error:
        why = f"{error}, the watching process up to {1000 * belts[:, 3].max():.0f} ms late"
    until = [r for r in reports if not r.inputs.t_ns > 1e9 * decided_s]
    late_ms = float(lateness_ms(until).max()) if until else np.nan
    return Trial(slowed, why, entered_s(reports, "holding") - event_s, decided_s - event_s, late_ms)


def trials(house: House, begin: Begin, bar_s: float, count: int) -> tuple[list[Trial], int]:
    """Return so many trials, and how many walks ended before anything happened to them.

    Raises:
        EarlyError: Nearly all of them did.
    """
    have_keeper(house)
    random, done, early_count = Random(1), list[Trial](), 0
    while len(done) < count:
        try:
            done.append(trial(house, begin, bar_s, random))
        except EarlyError as error:
            print(f"ended early: {error}")
            early_count += 1
            if early_count > MAX_TRIES * count:
                raise
    return done, early_count
