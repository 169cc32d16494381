"""A programme in words: a page that a clinician can read and mark. Pure."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from rehabsim.cli.programme_words import (
    Dials,
    limit_words,
    number,
    perturbation_words,
    world_words,
)
from rehabsim.training.programme import (
    Block,
    Programme,
    Ranged,
    StopRule,
    at_level,
    block_numbers,
    visit_s,
)

WIDTH = 96
KINDS = {"warm_up": "warm-up", "task": "task", "cool_down": "cool-down", "measure": "test"}
NOTICE = (
    "It is a proposal for whoever is responsible for the patient, and no prescription. Between two"
    " blocks the belts rest; the therapist arms and starts each of them, and may stop at any time."
    " A rest that is written here is held: before it is over the next block begins only when the"
    " therapist says who decides so, and why."
)
TWO_NUMBERS = (
    "Where two numbers stand, as in 0.7 to 1 m/s, the first is that of the start and the second"
    " that of the goal; in between the level of the person says where (From visit to visit)."
)


def page(programme: Programme, dials: Mapping[str, Dials], measures: Mapping[str, str]) -> str:
    """Return the whole programme in words.

    Args:
        programme: What to tell.
        dials: By scenario; one that is not here is told by the names of its parameters.
        measures: What a report calls each measure, by its name.
    """
    p = programme
    lines = [p.title, "=" * len(p.title), "", *_wrapped(f"{p.review.capitalize()}. {NOTICE}"), ""]
    lines += [*_wrapped(f"For: {p.group}"), "", *_wrapped(p.purpose), ""]
    lines += _listed("Not for", p.not_for)
    lines += _listed("Before each visit", p.before)
    lines += [*_wrapped(f"{_rhythm(p)} {TWO_NUMBERS}"), ""]
    for n, block in enumerate(p.blocks, 1):
        lines += [*_block(n, block, dials.get(block.scenario, {})), ""]
    signs = [f"{sign}." for sign in p.stop_signs]
    lines += _listed("A visit ends at once", [*map(stop_words, p.stop_rules), *signs])
    lines += ["From visit to visit", *_wrapped(progression_words(p), "  "), ""]
    lines += _listed("Limits of everyone in it", limit_words(p.limits))
    lines += _listed("Goals", [_goal(g.says, measures.get(g.measure, g.measure)) for g in p.goals])
    lines += _listed("Sources", p.sources)
    return "\n".join(lines).rstrip()


def visit_page(programme: Programme, visit: int, level: float, dials: Mapping[str, Dials]) -> str:
    """Return the blocks of one visit in words, with their numbers at a level."""
    lines = []
    for n in block_numbers(programme, visit):
        block = programme.blocks[n - 1]
        lines += [*block_words(n, block, level, dials.get(block.scenario, {})), ""]
    return "\n".join(lines).rstrip()


def block_words(n: int, block: Block, level: float, dials: Dials) -> list[str]:
    """Return one block in words, with its numbers at a level."""
    told = block.model_copy(
        update={
            name: at_level(getattr(block, name), level)
            for name in ("duration_s", "cruise_speed_mps", "params", "pacing", "perturb")
        }
    )
    return list(_block(n, told, dials, has_source=False))


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
        how = f" more than {100 * p.raise_above_frac:g} % of at least {p.min_tries} tasks succeeded"
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


def _block(n: int, block: Block, dials: Dials, *, has_source: bool = True) -> Iterator[str]:
    yield f"Block {n}, {KINDS[block.kind]}: {block.title}"
    yield from _wrapped(f"{_dose(block)}. {block.says}", "  ")
    yield from _wrapped(f"World: {world_words(block.scenario, block.params, dials)}.", "  ")
    for words in perturbation_words(block):
        yield from _wrapped(words, "  ")
    if block.limits:
        yield from _wrapped(f"Limits: {'; '.join(limit_words(block.limits))}.", "  ")
    if block.needs_platform:
        yield "  Only in a room with a moving platform; elsewhere this block is left out."
    if block.rest_s:
        yield f"  Then rest {_time(block.rest_s)} or longer."
    if has_source:
        yield from _wrapped(f"Dose: {block.source}", "  ")


def _dose(block: Block) -> str:
    """Return how long, how fast and how often."""
    how = _time(block.duration_s)
    if block.tasks is not None:
        what = "trial" if block.kind == "measure" else "task"
        many = f"after {block.tasks} {what}{'' if block.tasks == 1 else 's'}"
        how = f"{how[0].upper() + how[1:]} at most, over {many}"
    if not block.is_standing:
        how += f" at {number(block.cruise_speed_mps)} m/s"
        how += ", then the belts follow the person" if block.pacing is not None else ""
    when = "" if block.every_visits == 1 else f"every {block.every_visits} visits "
    return how + (
        f"; {when}from visit {block.from_visit} on" if when or block.from_visit > 1 else ""
    )


def _time(lasts_s: Ranged) -> str:
    both = lasts_s if isinstance(lasts_s, list) else [lasts_s]
    if max(both) < 60:
        return f"{number(lasts_s)} s"
    return f"{' to '.join(f'{value / 60:.3g}' for value in both)} min"


def _goal(says: str, measure: str) -> str:
    return f'{says} (in the report: "{measure}")' if measure else says


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def _listed(title: str, items: Iterable[str]) -> list[str]:
    lines = [title]
    for item in items:
        lines += textwrap.wrap(item, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    return [*lines, ""]
