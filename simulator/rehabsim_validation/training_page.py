"""TRAINING.md: where the difficulty comes to rest, and whether whole sessions run to their end."""

import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from textwrap import fill
from typing import NamedTuple

import numpy as np

from rehabsim.training.adapt_params import AdaptParams
from rehabsim_validation.page import rows, spread
from rehabsim_validation.training_rig import Course, Visit

LOW_FRAC: float = AdaptParams.model_fields["low_frac"].default
HIGH_FRAC: float = AdaptParams.model_fields["high_frac"].default
IN_BAND = "in the band"
Z_95 = 1.96
NEAR_END = 0.02
"""A level that is so near to 0 or 1 can go no further."""


class Outcome(NamedTuple):
    """What came of one session.

    Attributes:
        visit: Which.
        tries: Tasks that ended.
        success_frac: Of them done; NaN without any.
        late_frac: The same of the second half of the tasks.
        first_level: Difficulty at the start.
        last_level: Difficulty at the end.
        speed_mps: Mean of the belts while they ran.
        stops: Why the belts were stopped, but for the end.
        is_finished: The belts were running until the end was asked for.
    """

    visit: Visit
    tries: int
    success_frac: float
    late_frac: float
    first_level: float
    last_level: float
    speed_mps: float
    stops: tuple[str, ...]
    is_finished: bool


def page(courses: Sequence[Course], outcomes: Sequence[Outcome]) -> str:
    """Return TRAINING.md, of visits without wires and of whole sessions."""
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    text = (
        "# Every scenario with every simulated patient\n\n"
        f"{fill(_how_made(machine, courses, outcomes), 100)}\n\n"
        f"## Where the difficulty comes to rest\n\n{fill(_rule(), 100)}\n\n{_verdicts(courses)}"
    )
    for scenario, here in _by_scenario(courses):
        text += f"\n### {scenario}\n\n{_courses(here)}"
    if outcomes:
        text += f"\n## Whole sessions\n\n{_sessions(outcomes)}"
    reasons = Counter(stop for each in outcomes for stop in each.stops)
    text += "".join(f"\n- {count} x {reason}" for reason, count in reasons.most_common(6))
    text += "\n" if reasons else ""
    return text + f"\n## What falls short\n\n{_short(courses, outcomes)}"


def _how_made(machine: str, courses: Sequence[Course], outcomes: Sequence[Outcome]) -> str:
    visits, sessions = [each.visit for each in courses], [each.visit for each in outcomes]
    whole = f"{len(sessions)} whole sessions of {_lasting(sessions)} in virtual time"
    return (
        f"Made on {datetime.now(UTC):%Y-%m-%d} ({machine}) by `python -m"
        f" rehabsim_validation.training`: {len(visits)} visits of {_lasting(visits)} without wires,"
        f" from seed 1 on, and {whole if sessions else 'no whole sessions'}, each from the"
        " scenario's ready file, with the difficulty changing of itself; `balance` goes five times"
        " around its targets, and `drive` has no signs and `hike` no logs, since the simulated"
        " person sees neither. A patient sees the picture, walks at the speed they like, 1.1 m/s at"
        " most, and plays as well as their model lets them. They do not tire of a game, and here"
        " they do not learn it: EFFECT.md is about that. Without wires there is the scenario, its"
        " rule of difficulty and the person, whose truth stands in for plates and gait analysis;"
        " there is no keeper, and the belts stay level."
    )


def _lasting(visits: Sequence[Visit]) -> str:
    times_s = sorted({visit.duration_s for visit in visits})
    return " or ".join(f"{time_s:g} s" for time_s in times_s)


def _rule() -> str:
    return (
        f"It should come to where {LOW_FRAC:.0%} to {HIGH_FRAC:.0%} of the tasks are done. Late"
        " success is that of the second half of the time, of all visits together (least to most of"
        " one: a few tasks each, so that chance alone takes many a single visit out of the band)."
        " Difficulty runs from 0, the easiest of the ready file, to 1, its hardest; it has settled"
        " once it stays within one step, 0.15, of where it ends. `at an end` are visits that end at"
        " the easiest or the hardest, beyond which the rule cannot go."
    )


def verdict(courses: Sequence[Course]) -> str:
    """Return where late success of one patient with one scenario lies, as one clause."""
    count = sum(each.late_tries for each in courses)
    if not count:
        return "no tasks"
    frac = sum(each.late_done for each in courses) / count
    level = float(np.median([each.last_level for each in courses]))
    if LOW_FRAC <= frac <= HIGH_FRAC:
        return IN_BAND
    if frac > HIGH_FRAC:
        return "too easy at the hardest" if level >= 1 - NEAR_END else "still too easy"
    return "too hard at the easiest" if level <= NEAR_END else "still too hard"


def _verdicts(courses: Sequence[Course]) -> str:
    found = Counter(verdict(these) for _, here in _by_scenario(courses) for these in _by_who(here))
    told = ", ".join(f"{text} {count}" for text, count in found.most_common())
    return fill(f"Of {sum(found.values())} pairs of scenario and patient: {told}.", 100) + "\n"


def _short(courses: Sequence[Course], outcomes: Sequence[Outcome]) -> str:
    """Return every pair that is not in the band, every fall, and every session that was stopped."""
    lines = []
    for scenario, here in _by_scenario(courses):
        for these in _by_who(here):
            said, who = verdict(these), these[0].visit.who.replace("_", " ")
            if said != IN_BAND:
                lines.append(f"- `{scenario}`, {who}: {said}{_how_sure(these)}.")
            falls = sum(each.has_fallen for each in these)
            if falls:
                lines.append(
                    f"- `{scenario}`, {who}: {falls} of {len(these)} visits ended in a fall."
                )
    lines += [
        f"- `{each.visit.scenario}`, {each.visit.who.replace('_', ' ')}: the session was stopped."
        for each in outcomes
        if not each.is_finished
    ]
    told = [fill(line, 100, subsequent_indent="  ") for line in lines]
    return "\n".join(told or ["Nothing of what is asked here."]) + "\n"


def _how_sure(these: Sequence[Course]) -> str:
    """Return late success with what chance alone makes of so many tasks.

    Source: Wilson's interval of 95 % for a proportion, as if tasks did not depend on each other.
    """
    count = sum(each.late_tries for each in these)
    if not count:
        return ""
    frac, z2 = sum(each.late_done for each in these) / count, Z_95**2 / count
    middle = (frac + z2 / 2) / (1 + z2)
    half = (z2 * (frac * (1 - frac) + z2 / 4)) ** 0.5 / (1 + z2)
    chance = f"{middle - half:.2f} to {middle + half:.2f}"
    return f", {frac:.2f} of {count} late tasks (by chance in 95 of 100: {chance})"


def _by_scenario(courses: Sequence[Course]) -> Iterator[tuple[str, list[Course]]]:
    for scenario in dict.fromkeys(each.visit.scenario for each in courses):
        yield scenario, [each for each in courses if each.visit.scenario == scenario]


def _by_who(courses: Sequence[Course]) -> Iterator[list[Course]]:
    for who in dict.fromkeys(each.visit.who for each in courses):
        yield [each for each in courses if each.visit.who == who]


def _courses(courses: Sequence[Course]) -> str:
    body = [_course_row(these) for these in _by_who(courses)]
    head = [
        "patient",
        "visits",
        "falls",
        "tasks",
        "late success",
        "difficulty at the end, median (least to most)",
        "changes",
        "settled after, s",
        "visits in the band",
        "at an end",
        "verdict",
    ]
    return rows(head, body)


def _course_row(these: Sequence[Course]) -> list[str]:
    count = sum(each.late_tries for each in these)
    fracs = [each.late_frac for each in these]
    known = [frac for frac in fracs if frac == frac]
    late = "–"
    if count:
        whole = sum(each.late_done for each in these) / count
        late = f"{whole:.2f} of {count} ({min(known):.2f} to {max(known):.2f})"
    is_at_end = [not NEAR_END < each.last_level < 1 - NEAR_END for each in these]
    return [
        these[0].visit.who.replace("_", " "),
        f"{len(these)}",
        f"{sum(each.has_fallen for each in these)}",
        f"{np.median([each.tries for each in these]):.0f}",
        late,
        spread([each.last_level for each in these], "{:.2f}"),
        spread([float(each.changes) for each in these], "{:.0f}"),
        spread([each.settled_s for each in these], "{:.0f}"),
        f"{sum(LOW_FRAC <= frac <= HIGH_FRAC for frac in known)}",
        f"{sum(is_at_end)}",
        verdict(these),
    ]


def _sessions(outcomes: Sequence[Outcome]) -> str:
    body = [
        [
            each.visit.scenario,
            each.visit.who.replace("_", " "),
            f"{each.visit.duration_s:g}",
            "yes" if each.is_finished else "no",
            f"{each.tries}",
            spread([each.success_frac], "{:.2f}").partition(" ")[0],
            spread([each.last_level], "{:.2f}").partition(" ")[0],
            f"{each.speed_mps:.2f}",
        ]
        for each in outcomes
    ]
    head = [
        "scenario",
        "patient",
        "s",
        "finished, not stopped",
        "tasks",
        "success",
        "difficulty at the end",
        "belts m/s",
    ]
    return rows(head, body)
