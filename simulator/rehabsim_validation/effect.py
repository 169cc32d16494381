"""`python -m rehabsim_validation.effect`: who changes by which training; makes EFFECT.md."""

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from cyclopts import App

from rehabsim_sim.batch import study
from rehabsim_sim.practice.laws import BEST_FRAC, TRIAL_RATES, Memory, after, tried
from rehabsim_validation.effect_visits import (
    ARMS,
    EASY_PART,
    GROUPS,
    LEVEL,
    REST_DAYS,
    SLIP_COUNT,
    WALK_S,
    Course,
    Outcome,
    gain,
    undergo,
)
from rehabsim_validation.page import rows

REPOSITORY = Path(__file__).resolve().parents[2]
OUT = REPOSITORY / "scenarios" / "EFFECT.md"
VISITS, VISIT_S = 3, 60.0
SOME = 0.01
"""Part of the first value that counts as a change."""

app = App(help_on_error=True)


@app.default
def main(
    out: Path = OUT, *, seeds: int = 4, quick: bool = False, processes: int | None = None
) -> None:
    """Train simulated people who learn, measure them before and after, and write the page.

    Parameters
    ----------
    out
        The page.
    seeds
        People of each group.
    quick
        One person of one group and one short visit, to see that all of it works.
    processes
        How many at once.
    """
    names, visits, visit_s = list(GROUPS), VISITS, VISIT_S
    if quick:
        names, seeds, visits, visit_s = ["lbp 3"], 1, 1, 20.0
    courses = [
        Course(name, seed, visits, visit_s) for name in names for seed in range(1, seeds + 1)
    ]
    outcomes = study(undergo, courses, processes=processes)
    pairs = [(whose, by) for whose in names for by in names]
    cases = [(Course(whose, 1, visits, visit_s), GROUPS[by].own) for whose, by in pairs]
    found = study(gain, cases, processes=processes)
    gains: dict[str, dict[str, float]] = {name: {} for name in names}
    for (whose, by), value in zip(pairs, found, strict=True):
        gains[whose][by] = value
    out.write_text(page(outcomes, gains), "utf-8")


def page(outcomes: Sequence[Outcome], gains: Mapping[str, Mapping[str, float]]) -> str:
    """Return EFFECT.md.

    Args:
        outcomes: Of everybody.
        gains: Of each group by each group's training, of the first person.
    """
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    first = outcomes[0].course
    groups = dict.fromkeys(each.course.group for each in outcomes)
    people = len(outcomes) // len(groups)
    text = (
        "# What programmes do to simulated people who learn\n\n"
        f"Made by `make validate` on {datetime.now(UTC):%Y-%m-%d} ({machine}): {people} people of"
        f" each group, who differ in seed alone, live through {first.visits} visits of"
        f" {first.visit_s:g} s of walking, {REST_DAYS:g} days apart, three times over: with a block"
        " of their own programme, with the same time of plain walking on a level path at"
        f" {100 * EASY_PART:.0f} % of their speed, and with a block of somebody else's programme."
        " Before, and two days after, a test in which nobody learns measures what the programme"
        " says should change; from the plates alone, by the analysis that runs live, never from"
        " the person. The model of learning is in PLAY.md; no name of a person, scenario or"
        " programme enters it.\n\n"
        "**This is no evidence that a programme works.** It says whether what is felt in a session"
        " can train what its group needs, in people who learn as the model has it, and whether"
        " that is specific. Blocks are as in the programmes' files at level"
        f" {LEVEL:g}, but short, without a warm-up, and with a pulse every four or five strides:"
        " sizes of effects are not those of a programme. Scenario, schedule of pulses, belts and"
        " plates are those of a session; keeper and wires are left out. Test and test again have"
        " the same seed, so that steps vary by the same chance; in people they do not, and most of"
        f" these changes would drown in it. Walks of a test last {WALK_S:g} s; of slips there are"
        f" {SLIP_COUNT}, begun anew after each fall. Spreads are least and greatest.\n\n"
        "It moved as the model says if the measure of everybody went the right way by"
        f" {100 * SOME:.0f} % of itself or more, and in everybody further than by a plain walk and"
        " by the other training. Who gains by what was built into the model: a no says that a"
        " session does not let its group feel what it has to learn by.\n\n"
    )
    head = [
        "group",
        "own measure",
        "before",
        "after own training",
        "after plain walking",
        "after another's training",
        "moved as the model says",
    ]
    body = [_row(name, [o for o in outcomes if o.course.group == name]) for name in groups]
    parts = [rows(head, body), _crossed(gains), _trainings(outcomes), _absent(), _dose()]
    return text + "".join(parts)


def _row(name: str, outcomes: Sequence[Outcome]) -> list[str]:
    group = GROUPS[name]
    before = [each.before for each in outcomes]
    return [
        f"{name}, {group.words}",
        f"{group.measure.words}, {group.measure.unit}",
        _spread(before),
        *(_spread([each.after[arm] for each in outcomes]) for arm in range(len(ARMS))),
        verdict(outcomes),
    ]


def verdict(outcomes: Sequence[Outcome]) -> str:
    """Return whether people of one group changed by their own training, and by it alone."""
    way = GROUPS[outcomes[0].course.group].measure.way
    before = np.array([each.before for each in outcomes])
    gains = way * (np.array([each.after for each in outcomes]) - before[:, None])
    if not np.isfinite(gains).all():
        return "no: not everybody could be measured"
    own, control, other = gains.T
    moved = int((own >= SOME * np.abs(before)).sum())
    count = len(outcomes)
    if moved < count:
        return f"no: {moved} of {count} moved that way"
    if (own <= control).any():
        return f"no: a plain walk did as much in {int((own <= control).sum())} of {count}"
    if (own <= other).any():
        return f"no: another training did as much in {int((own <= other).sum())} of {count}"
    return "yes"


def _spread(values: Sequence[float]) -> str:
    known = [value for value in values if value == value]
    if not known:
        return "–"
    return f"{np.mean(known):.2f} ({min(known):.2f} to {max(known):.2f})"


def _crossed(gains: Mapping[str, Mapping[str, float]]) -> str:
    body = []
    for whose, by in gains.items():
        cells = [
            "–" if value != value else f"{100 * value:+.0f}".replace("+0", "0").replace("-0", "0")
            for value in by.values()
        ]
        marked = [f"**{c}**" if name == whose else c for name, c in zip(by, cells, strict=True)]
        body.append([whose, *marked])
    known = {whose: [v for v in by.values() if v == v] for whose, by in gains.items()}
    best = [whose for whose, by in gains.items() if known[whose] and by[whose] == max(known[whose])]
    return (
        "\n## Whose measure gains by whose training\n\nBetter by so much of itself, %, in the first"
        " person of each group (rows) by the training of each group (columns); their own is bold."
        f" It is the best of all for {len(best)} of {len(gains)}: {', '.join(best) or 'nobody'}."
        " Trainings that let one feel the same train the same, whoever they were written for."
        " Falls are few: one more or less is a large part of them.\n\n"
        + rows(["measure of", *(f"by {name}" for name in gains)], body)
    )


def _trainings(outcomes: Sequence[Outcome]) -> str:
    body = []
    for name in dict.fromkeys(each.course.group for each in outcomes):
        these = [each for each in outcomes if each.course.group == name]
        group = GROUPS[name]
        cells = [name, f"{group.own.title} ({group.own.programme})"]
        cells.append(f"{group.other.title} ({group.other.programme})")
        cells += [_practised([each.trials[arm] for each in these]) for arm in range(len(ARMS))]
        body.append([*cells, f"{sum(each.falls for each in these)}"])
    head = [
        "group",
        "own training",
        "another's",
        *(f"practised: {arm}" for arm in ("own", "plain walk", "another's")),
        "visits of their own that ended in the harness",
    ]
    return (
        "\n## What was practised\n\nMean number of trials, of strides where they are many; what was"
        " practised need not have taught anything.\n\n" + rows(head, body)
    )


def _practised(trials: Sequence[dict[str, int]]) -> str:
    names = sorted({name for each in trials for name in each})
    said = [f"{name} {np.mean([t.get(name, 0) for t in trials]):.0f}" for name in names]
    return ", ".join(said) or "nothing"


def _absent() -> str:
    return (
        "\n## What is not in the table\n\n"
        "- Fear of movement: the model has no fear; its patient is that of group 2.\n"
        "- Lumbar fatigue and return to running: staying power is learned (skill `pace`), but a"
        " test that tires takes ten minutes each time, too long for this bench. The model cannot"
        " run.\n"
    )


def _dose() -> str:
    memory, body = Memory(), []
    for count in range(1, 41):
        memory = tried(memory, BEST_FRAC, TRIAL_RATES)
        if count in (8, 24, 40):
            kept = after(memory, 182)
            body.append([str(count), *(f"{m.skill:.2f}" for m in (memory, after(memory, 2), kept))])
    return (
        "\n## Dose\n\nHow far recovery is learned by slips of the best difficulty, by the law"
        " alone: 1 is all that can be reached. Published: 24 slips on the ground took falls from"
        " 43.8 % to none; 40 on a treadmill left 9.6 % after six months (PMC8344091, PMC3809767)."
        "\n\n" + rows(["slips", "at once", "two days later", "six months later"], body)
    )


if __name__ == "__main__":
    app()
