"""A programme in words: a page that a clinician can read and mark. Pure."""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from rehabsim.training.knob import Dial
from rehabsim.training.programme import (
    Block,
    Programme,
    StopRule,
    at_level,
    block_numbers,
    is_pair,
    visit_s,
)

WIDTH = 96
KINDS = {"warm_up": "warm-up", "task": "task", "cool_down": "cool-down", "measure": "test"}
UNITS = {
    "_per_m": "1/m",
    "_mps2": "m/s²",
    "_mps3": "m/s³",
    "_mps": "m/s",
    "_radps": "rad/s",
    "_rad": "rad",
    "_s": "s",
    "_m": "m",
    "_frac": "(part of 1)",
}
Dials = dict[str, Dial]
"""What is known of a scenario's parameters, by name."""


def page(programme: Programme, dials: dict[str, Dials]) -> str:
    """Return the whole programme in words.

    Args:
        programme: What to tell.
        dials: By scenario; one that is not here is told by the names of its parameters.
    """
    p = programme
    lines = [p.title, "=" * len(p.title), "", *_wrapped(f"{p.review.capitalize()}. {NOTICE}"), ""]
    lines += [*_wrapped(f"For: {p.group}"), "", *_wrapped(p.purpose), ""]
    lines += _listed("Not for", p.not_for)
    lines += _listed("Before each visit", p.before)
    lines += [*_wrapped(_rhythm(p)), ""]
    for number, block in enumerate(p.blocks, 1):
        lines += [*_block(number, block, dials.get(block.scenario, {})), ""]
    signs = [f"{sign}." for sign in p.stop_signs]
    lines += _listed("A visit ends at once", [*map(stop_words, p.stop_rules), *signs])
    lines += ["From visit to visit", *_wrapped(progression_words(p), "  "), ""]
    lines += _listed("Limits of everyone in it", list(_values(p.limits, {})))
    lines += _listed("Goals", [_goal(g.says, g.measure) for g in p.goals])
    lines += _listed("Sources", p.sources)
    return "\n".join(lines).rstrip()


NOTICE = (
    "It is a proposal for whoever is responsible for the patient, and no prescription. Between two"
    " blocks the belts rest; the therapist arms and starts each of them, and may stop at any time."
)


def visit_page(programme: Programme, visit: int, level: float, dials: dict[str, Dials]) -> str:
    """Return the blocks of one visit in words, with their numbers at a level."""
    lines = []
    for number in block_numbers(programme, visit):
        block = programme.blocks[number - 1]
        lines += [*block_words(number, block, level, dials.get(block.scenario, {})), ""]
    return "\n".join(lines).rstrip()


def block_words(number: int, block: Block, level: float, dials: Dials) -> list[str]:
    """Return one block in words, with its numbers at a level."""
    told = block.model_copy(
        update={
            name: at_level(getattr(block, name), level)
            for name in ("duration_s", "cruise_speed_mps", "params", "pacing", "perturb")
        }
    )
    return list(_block(number, told, dials, has_source=False))


def stop_words(rule: StopRule) -> str:
    """Return when a rule ends a visit, in words."""
    if rule.what == "pain":
        return (
            f"Pain (0 to 10) is {rule.at_least} or more, or has risen by {rule.rise} or more since"
            " the visit began."
        )
    return f"Effort (Borg {rule.scale.replace('-', ' to ')}) is {rule.at_least} or more."


def progression_words(programme: Programme) -> str:
    """Return how the level changes, in words."""
    p = programme.progression
    how, low = "", ""
    if p.by == "tries":
        how = f" more than {100 * p.raise_above_frac:g} % of at least {p.min_tries} tries succeeded"
        low = f", or after less than {100 * p.lower_below_frac:g} % success"
    return (
        f"The level runs from 0 (start) to 100 % (goal) and begins at {100 * p.first_level:g} %. It"
        f" rises by {100 * p.up:g} points when every block was done to its end, nothing stopped the"
        f" belts,{how} and effort was at most {p.effort_to} (aimed at: {p.effort_from} to"
        f" {p.effort_to}). It falls by {100 * p.down:g} points after a stop for pain or"
        f" effort{low}. Otherwise it stays. What was not told never raises it. {p.source}"
    )


def _rhythm(p: Programme) -> str:
    return f"{p.visits} visits, {p.visits_per_week} a week, of {minutes(p)} min with their rests."


def minutes(p: Programme) -> str:
    """Return how long the visits of a programme are, in words."""
    times = [visit_s(p, visit, level) / 60 for visit in range(1, p.visits + 1) for level in (0, 1)]
    return f"{min(times):.0f} to {max(times):.0f}"


def _block(number: int, block: Block, dials: Dials, *, has_source: bool = True) -> Iterator[str]:
    yield f"Block {number}, {KINDS[block.kind]}: {block.title}"
    lasts_s = block.duration_s
    both = lasts_s if isinstance(lasts_s, list) else [lasts_s]
    how = f"{' to '.join(f'{value / 60:.3g}' for value in both)} min"
    if max(both) < 60:
        how = f"{_number(lasts_s)} s"
    if not block.is_standing:
        how += f" at {_number(block.cruise_speed_mps)} m/s"
        how += ", then the belts follow the person" if block.pacing is not None else ""
    when = "" if block.every_visits == 1 else f"every {block.every_visits} visits "
    if when or block.from_visit > 1:
        how += f"; {when}from visit {block.from_visit} on"
    yield from _wrapped(f"{how}. {block.says}", "  ")
    told = "; ".join(_values(block.params, dials))
    yield from _wrapped(f"World: {block.scenario}{f' ({told})' if told else ''}.", "  ")
    if block.perturb is not None:
        yield from _wrapped(_perturbations(block), "  ")
    if block.limits:
        yield from _wrapped(f"Limits: {'; '.join(_values(block.limits, {}))}.", "  ")
    if block.rest_s:
        yield f"  Then rest {block.rest_s / 60:g} min or longer."
    if has_source:
        yield from _wrapped(f"Dose: {block.source}", "  ")


def _perturbations(block: Block) -> str:
    table = block.perturb or {}
    pulses = [
        f"{pulse['kind']} of {_number(pulse.get('change_mps', 'usual'))} m/s at"
        f" {_number(pulse.get('accel_mps2', 5.0))} m/s²"
        for pulse in table.get("pulses", [])
    ]
    rate = sorted({round(block.pulses_per_min(level), 1) for level in (0, 1)})
    return (
        f"Perturbations, once the therapist lets them come: {_number(table.get('count', 24))} in"
        f" all, {' to '.join(f'{r:g}' for r in rate)} a minute, unpredictable in leg and time;"
        f" {', '.join(pulses)}."
    )


def _values(table: dict[str, Any], dials: Dials) -> Iterator[str]:
    """Return a table's entries in words, those of an inner table by its name."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield f"{_plain(name)[0]}: {', '.join(_values(value, {}))}"
        elif name in dials:
            yield dials[name].knob.says.format(_number(value))
        else:
            what, unit = _plain(name)
            yield f"{what} {_number(value)} {unit}".rstrip()


def _plain(name: str) -> tuple[str, str]:
    for suffix, unit in UNITS.items():
        if name.endswith(suffix):
            return name.removesuffix(suffix).replace("_", " "), unit
    return name.replace("_", " "), ""


def _number(value: object) -> str:
    """Return a value, or a pair as `start to goal`."""
    if isinstance(value, list) and is_pair(value):
        return f"{value[0]:.3g} to {value[1]:.3g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, int | float) else str(value)


def _goal(says: str, measure: str) -> str:
    return f"{says} (report: {measure.replace('_', ' ')})" if measure else says


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def _listed(title: str, items: Iterable[str]) -> list[str]:
    lines = [title]
    for item in items:
        lines += textwrap.wrap(item, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    return [*lines, ""]
