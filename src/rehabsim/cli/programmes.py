"""Commands for programmes: what they are, what comes next for somebody, and a visit itself."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from msgspec.structs import replace
from rich.table import Table

from rehabsim.base.config import check
from rehabsim.base.errors import ConfigError
from rehabsim.base.records import Side
from rehabsim.base.site import Session
from rehabsim.cli.programme_page import minutes, page, visit_page
from rehabsim.cli.sessions import check_auto_start, room_with
from rehabsim.cli.terminal import out
from rehabsim.cli.visit import VisitRun
from rehabsim.cli.visit_ways import Asked, Given, Live, Today, Virtual, VirtualDay
from rehabsim.research.definitions import DEFINITIONS
from rehabsim.session.keys import check_reach
from rehabsim.session.programmes import dials_of_scenario, load_programme, programme_files
from rehabsim.session.progress import (
    check_one_person,
    load_progress,
    progress_path,
    save_progress,
)
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.training.block_session import in_short
from rehabsim.training.knob import Dial
from rehabsim.training.programme import Programme, block_numbers
from rehabsim.training.progression import BlockOutcome, Visit, check_told, closed, upcoming

SESSIONS = Path("sessions")
VIRTUAL = "virtual"
"""Logs and progress of simulated people lie in a folder of their own, and mix with nobody's."""

MIN_PART = 0.02
"""Of a virtual visit in short."""

Folder = Annotated[Path, Parameter(name="--folder")]


def list_command() -> int:
    """List the programmes that are installed."""
    table = Table("name", "for", "visits", "min", box=None, padding=(0, 2, 0, 0))
    for name in programme_files():
        p = load_programme(name)
        table.add_row(name, p.group, str(p.visits), minutes(p))
    out.print(table)
    return 0


def show(name: str) -> int:
    """Show a programme in words, on a page for a clinician to review.

    Parameters
    ----------
    name
        An installed programme or a .toml file.
    """
    programme = load_programme(name)
    measures = {name: definition.words for name, definition in DEFINITIONS.items()}
    _print(page(programme, _dials(programme), measures))
    return 0


def next_command(subject: str, *, folder: Folder = SESSIONS) -> int:
    """Say what comes next for somebody, and why.

    Parameters
    ----------
    subject
        Random id of the person.
    folder
        Where logs and progress lie.
    """
    check_one_person(subject)
    progress = load_progress(folder, subject)
    if not progress.courses:
        _print(f"{subject}: no programme yet. `rehabsim programme run NAME --subject ID` begins.")
    for course in progress.courses:
        programme = load_programme(course.programme)
        visit = upcoming(programme, course.visits)
        over = [visit for visit in course.visits if visit.is_over]
        _print(f"{course.programme}: {programme.title}")
        if over:
            _print(f"Visit {over[-1].visit} is over. {over[-1].reason}")
        if visit is None:
            _print(f"All {programme.visits} visits are done.")
            continue
        begun = ", begun and not over" if visit.blocks else ""
        _print(f"Next: visit {visit.visit} of {programme.visits}{begun}, level {_level(visit)}.\n")
        _print(visit_page(programme, visit.visit, visit.level, _dials(programme)))
    return 0


def record(
    subject: str,
    name: str,
    *,
    visit: int,
    pain_before: int | None = None,
    pain: int | None = None,
    effort: int | None = None,
    tries: int = 0,
    successes: int = 0,
    completed: bool = True,
    folder: Folder = SESSIONS,
) -> int:
    """Write a visit down by hand: one that was done without `run`, or the last one corrected.

    Parameters
    ----------
    subject
        Random id of the person.
    name
        Of the programme.
    visit
        Number of the visit.
    pain_before
        Pain before it, 0 to 10.
    pain
        Greatest pain during it.
    effort
        Greatest effort, on the programme's scale.
    tries
        Tasks that were tried.
    successes
        Of these, how many succeeded.
    completed
        Every block was done to its end.
    folder
        Where logs and progress lie.
    """
    check_one_person(subject)
    programme, progress = load_programme(name), load_progress(folder, subject)
    made = _visit_to_record(programme, progress.visits(name), visit)
    for what, told in (("pain", pain_before), ("pain", pain), ("effort", effort)):
        _check_told(programme, what, told)
    if not 0 <= successes <= tries:
        raise ConfigError(f"--successes {successes}: of {tries} tries, give 0 to {tries}.")
    numbers = block_numbers(programme, visit)
    tasks = [n for n in numbers if programme.blocks[n - 1].kind == "task"]
    blocks = tuple(
        BlockOutcome(
            n,
            is_complete=completed,
            try_count=tries if n == tasks[0] else 0,
            success_count=successes if n == tasks[0] else 0,
            pain=pain,
            effort=effort,
            note="Written down by hand.",
        )
        for n in numbers
    )
    over = closed(programme, replace(made, pain_before=pain_before, blocks=blocks, stopped=""))
    save_progress(folder, progress.with_visit(name, over))
    _print(over.reason)
    return 0


def run_command(
    name: str,
    *,
    subject: str = "anonymous",
    visit: int | None = None,
    level: float | None = None,
    virtual: bool = False,
    patient: str | None = None,
    height: float | None = None,
    mass: float | None = None,
    short_steps: Side | None = None,
    site: Path = SIMULATED_SITE,
    folder: Folder = SESSIONS,
    part: float = 1.0,
    pain: int | None = None,
    effort: int | None = None,
    auto_start: Annotated[bool, Parameter(show=False)] = False,
    web: Annotated[bool, Parameter(show=False)] = True,
) -> int:
    """Run a visit, block after block. The belts rest between them, and nothing starts by itself.

    Parameters
    ----------
    name
        An installed programme or a .toml file.
    subject
        Random id of the person; only a virtual visit may do without.
    visit
        Its number; by default the one that is next.
    level
        From 0 (start) to 1 (goal), instead of the one that followed from the last visit.
    virtual
        As fast as possible, in virtual time, with a simulated person who is in nobody's progress.
    patient
        Whom the simulator puts on the belts: NAME, or NAME:SEVERITY from 0 to 1.5.
    height
        Of the person, in m.
    mass
        Of the person, in kg.
    short_steps
        The foot that made the shorter steps in the last report, left or right. Where a block has
        one belt run faster than the other, it is that foot's.
    site
        Site file: devices and limits; without it everything is simulated.
    folder
        Where logs and progress lie.
    part
        In a virtual visit: do only so much of each block, each rest and each count, 0.02 to 1.
    pain
        In a virtual visit: what is told each time.
    effort
        The same.
    auto_start
        Arm and start without a console; only where everything is simulated.
    web
        Serve console and display.
    """
    room, programme = room_with(site, None), load_programme(name)
    if virtual:
        folder = folder / VIRTUAL
    else:
        check_one_person(subject)
        check_reach((room.publish.state_url, room.publish.request_url), room.publish.keys)
        check_auto_start(room, is_asked=auto_start)
    progress = load_progress(folder, subject)
    chosen = _chosen(programme, progress.visits(name), visit, level, is_free=virtual)
    _check_for_virtual(programme, pain, effort, part, is_virtual=virtual)
    programme, chosen = in_short(programme, part), replace(chosen, part=part)
    changes = {"patient": patient, "body_height_m": height, "body_mass_kg": mass}
    past = VirtualDay()
    going = VisitRun(
        name=name,
        programme=programme,
        progress=progress,
        folder=folder,
        site=room,
        adapted=lambda session: _adapted(session, changes, name),
        do=Virtual(room, past) if virtual else Live(room, has_operator=auto_start, has_pages=web),
        answers=Given(pain, effort) if virtual else Asked(programme),
        day=past if virtual else Today(),
        say=_print,
        short_steps=short_steps,
    )
    going.check(chosen)
    _print(f"{programme.title}: visit {chosen.visit} of {programme.visits}, level {_level(chosen)}")
    _print(f"A proposal {programme.review}.")
    return _go(going, chosen, name, progress_path(folder, subject))


def _check_for_virtual(
    programme: Programme,
    pain: int | None,
    effort: int | None,
    part: float,
    *,
    is_virtual: bool,
) -> None:
    """Make sure that answers by option, and blocks in short, are those of a simulated person.

    Raises:
        ConfigError: They are not, or outside their range.
    """
    for what, told in (("pain", pain), ("effort", effort)):
        _check_told(programme, what, told)
        if told is not None and not is_virtual:
            raise ConfigError(f"--{what} is for virtual visits; a person is asked.")
    if not MIN_PART <= part <= 1:
        raise ConfigError(f"--part {part:g}: give {MIN_PART:g} to 1, which is all of it.")
    if part < 1 and not is_virtual:
        raise ConfigError("--part is for virtual visits; a person does all of a block.")


def _go(going: VisitRun, visit: Visit, name: str, path: Path) -> int:
    try:
        going.run(visit)
    except (KeyboardInterrupt, EOFError):
        whose = f"{name} --subject {going.progress.subject}"
        _print(f"\nEnded. What was done is in {path}; `rehabsim programme run {whose}` goes on.")
        return 130
    _print(f"Progress: {path}")
    return 0


def _chosen(
    programme: Programme,
    visits: tuple[Visit, ...],
    number: int | None,
    level: float | None,
    *,
    is_free: bool,
) -> Visit:
    """Return the visit that is asked for; only a virtual one may be done again.

    Raises:
        ConfigError: There is no such visit, or it is over.
    """
    following = upcoming(programme, visits)
    if number is None and following is None:
        raise ConfigError(f"All {programme.visits} visits are done.")
    if number is not None and not 1 <= number <= programme.visits:
        raise ConfigError(f"--visit {number}: give 1 to {programme.visits}.")
    if level is not None and not 0 <= level <= 1:
        raise ConfigError(f"--level {level:g}: give 0 (start) to 1 (goal).")
    if following is not None and number in (None, following.visit):
        chosen = following
    elif number is not None and (is_free or (following and number > following.visit)):
        known = visits[-1].next_level if following is None else following.level
        chosen = Visit(number, known)
    else:
        raise ConfigError(f"--visit {number}: it is over; `record` corrects the last one.")
    return chosen if level is None else replace(chosen, level=level)


def _visit_to_record(programme: Programme, visits: tuple[Visit, ...], number: int) -> Visit:
    following = upcoming(programme, visits)
    if following is not None and following.visit == number:
        return following
    if visits and visits[-1].visit == number:
        return visits[-1]
    able = {visit.visit for visit in (following, *visits[-1:]) if visit is not None}
    raise ConfigError(f"--visit {number}: only visit {' or '.join(map(str, sorted(able)))} can be.")


def _check_told(programme: Programme, what: str, told: int | None) -> None:
    why = "" if told is None else check_told(programme, what, told)
    if why:
        raise ConfigError(f"{why}.")


def _adapted(session: Session, changes: dict[str, Any], where: str) -> Session:
    told = {key: value for key, value in changes.items() if value is not None}
    return check(session.model_dump() | told, Session, where=where)


def _dials(programme: Programme) -> dict[str, dict[str, Dial]]:
    names = {block.scenario for block in programme.blocks}
    return {name: dials_of_scenario(name) for name in names}


def _level(visit: Visit) -> str:
    return f"{100 * visit.level:.0f} %"


def _print(text: str) -> None:
    out.print(text, soft_wrap=True, markup=False)
