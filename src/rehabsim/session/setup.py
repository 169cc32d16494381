"""From files to the parts of a session: scenario, devices, limits, header."""

import secrets
from pathlib import Path
from typing import Any

import msgspec

from rehabsim import __version__
from rehabsim.base.clock import utc_ns
from rehabsim.base.config import check, load_toml
from rehabsim.base.errors import ConfigError
from rehabsim.base.limits import LimitTable
from rehabsim.base.site import Session, Site
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.inertia import Inertia
from rehabsim.session.core import Core
from rehabsim.session.mcap_file import LogHeader
from rehabsim.session.own_stage import OwnStage
from rehabsim.session.repertoire import cast_scenario, find_scenario
from rehabsim.training.adapt import Adapter
from rehabsim.training.adapt_params import AdaptParams
from rehabsim.training.motion import Deck
from rehabsim.training.pacing import Pacing, PacingParams
from rehabsim.training.pulse import PerturbParams
from rehabsim.training.scenario import Stage
from rehabsim.training.unrest import Unrest, why_refused

SIMULATED_SITE = Path(__file__).parent / "simulated.toml"
"""The room that is used when none is named."""


def ready_session(name: str) -> Session:
    """Return the session file beside a scenario's code, or a plain session when it has none.

    Raises:
        ConfigError: No such scenario, or its session file is wrong.
    """
    file = find_scenario(name)
    beside = None if file is None else file.with_suffix(".toml")
    if beside is None or not beside.exists():
        return Session(scenario=name)
    return load_session(beside)


def load_session(path: Path) -> Session:
    """Return a session file; a scenario's file that it names by a bare name is the one beside it.

    Raises:
        ConfigError: The file is missing or wrong.
    """
    session = load_toml(path, Session)
    beside = path.parent / session.scenario
    if session.scenario.endswith(".py") and beside.is_file():
        return session.model_copy(update={"scenario": str(beside)})
    return session


def session_files(what: str, session: Session) -> tuple[Path, ...]:
    """Return the files that a session is made from, some of which may not be there.

    Args:
        what: As `run` was told: a scenario or a session file.
        session: What that came to.
    """
    code = find_scenario(session.scenario)
    files = [] if code is None else [code, code.with_suffix(".toml")]
    return tuple(dict.fromkeys([*files, Path(what)] if what.endswith(".toml") else files))


def make_scenario(session: Session, *, where: str, site: Site | None = None) -> OwnStage:
    """Return the session's scenario in this process, its parameters checked.

    Args:
        session: The session file.
        where: File to name in messages.
        site: With the limits of the session; None where no platform is thought of.

    Raises:
        ConfigError: Unknown scenario or a parameter that it refuses.
        ScenarioError: Its file cannot be run, or a knob is on what cannot be turned.
    """
    params = first_params(session, where=where)
    scenario = cast_scenario(
        session.scenario,
        params,
        session.seed,
        where=where,
        adapted=adapted_names(session, where=where),
        deck=deck_of(site),
    )
    return OwnStage(scenario)


def deck_of(site: Site | None) -> Deck | None:
    """Return what the platform of a room may do, its limits being those of the session."""
    return None if site is None or site.platform_limits is None else Deck.of(site.platform_limits)


def first_params(session: Session, *, where: str) -> dict[str, Any]:
    """Return the scenario's parameters at the start, those that adapt at their first level.

    Raises:
        ConfigError: `[adapt]` is wrong, or sets what `[params]` sets too.
    """
    adapt = _adapt_params(session, where)
    if adapt is None:
        return session.params
    adapted = adapt.values(adapt.level)
    both = sorted(adapted.keys() & session.params.keys())
    if both:
        raise ConfigError(
            f"{where}: params.{both[0]}: is set by [adapt] too; take it out of one of them."
        )
    return session.params | adapted


def adapted_names(session: Session, *, where: str) -> tuple[str, ...]:
    """Return the parameters that `[adapt]` sets.

    Raises:
        ConfigError: `[adapt]` is wrong.
    """
    adapt = _adapt_params(session, where)
    return () if adapt is None else tuple(given.param for given in adapt.ranges)


def _adapt_params(session: Session, where: str) -> AdaptParams | None:
    if session.adapt is None:
        return None
    return check(session.adapt, AdaptParams, where=f"{where}: adapt")


def make_core(site: Site, session: Session, scenario: Stage, *, where: str) -> Core:
    """Return the core of a session; replay makes the same one from the log's header.

    Raises:
        ConfigError: The pacing is refused, or a perturbation that belts could not do, or what shall
            adapt cannot be turned.
    """
    pacing = None
    if session.pacing is not None:
        params = check(session.pacing, PacingParams, where=f"{where}: pacing")
        pacing = Pacing(params.within(site.limits))
    return Core(
        scenario,
        site.limits,
        session.cruise_speed_mps,
        make_analysis(site, session),
        is_unloaded=session.is_unloaded,
        needs_display=session.needs_display,
        has_harness=site.harness is not None,
        body_mass_kg=session.body_mass_kg,
        has_platform=site.platform is not None,
        pacing=pacing,
        unrest=_unrest(site, session, where),
        adapter=_adapter(session, scenario, where),
    )


def _adapter(session: Session, scenario: Stage, where: str) -> Adapter | None:
    params = _adapt_params(session, where)
    if params is None:
        return None
    dials = {dial.name: dial for dial in scenario.dials if dial.knob.is_live}
    for number, given in enumerate(params.ranges, 1):
        place = f"{where}: adapt.ranges {number}: {given.param}"
        dial = dials.get(given.param)
        if dial is None:
            raise ConfigError(
                f"{place} cannot be turned while {scenario.name} runs. What can:"
                f" {', '.join(dials) or 'nothing'}."
            )
        for end in (given.easy, given.hard):
            if not dial.low <= end <= dial.high:
                raise ConfigError(
                    f"{place} = {end:g} is outside its range, {dial.low:g} to {dial.high:g}."
                )
            if dial.is_whole and not end.is_integer():
                raise ConfigError(
                    f"{place} = {end:g}: takes whole numbers only, so both ends must be one."
                )
    unknown = [name for name in params.tasks if name not in scenario.tasks]
    if unknown:
        raise ConfigError(
            f"{where}: adapt.tasks: {scenario.name} has no tasks called {unknown[0]!r}. It has:"
            f" {', '.join(scenario.tasks) or 'only one kind, which has no name'}."
        )
    whole = {name for name, dial in dials.items() if dial.is_whole}
    return Adapter(params.rounded(whole))


def _unrest(site: Site, session: Session, where: str) -> Unrest | None:
    if session.perturb is None:
        return None
    params = check(session.perturb, PerturbParams, where=f"{where}: perturb")
    speed_mps = session.cruise_speed_mps
    table, why = why_refused(params, site.limits, site.platform_limits, speed_mps)
    if why:
        raise ConfigError(f"{where}: perturb.{table}, {why}.")
    return Unrest(params, site.limits, site.platform_limits, speed_mps=speed_mps, seed=session.seed)


def tightened(site: Site, session: Session, *, where: str) -> Site:
    """Return the room with its limits tightened by those of the person.

    Raises:
        ConfigError: A limit of the person is unknown, impossible, or wider than the room's.
    """
    tight: dict[str, Any] = {"limits": _tight("limits", site.limits, session.limits, where)}
    if site.platform_limits is not None:
        own = session.platform_limits
        tight["platform_limits"] = _tight("platform_limits", site.platform_limits, own, where)
    return site.model_copy(update=tight)


def _tight(table: str, limits: LimitTable, own: dict[str, Any], where: str) -> LimitTable:
    """Return a table of the room's limits, tightened by the person's."""
    room = limits.model_dump()
    both = room | own
    for name, inner in own.items():
        if isinstance(inner, dict) and isinstance(room.get(name), dict):
            both[name] = room[name] | inner
    wished = check(both, type(limits), where=f"{where}: {table}")
    tight = limits.tightened_by(wished)
    for name, asked in wished.model_dump().items():
        if tight.model_dump()[name] != asked:
            raise ConfigError(
                f"{where}: {table}.{name}: {asked} is wider than the room's {room[name]}; a session"
                " may only tighten limits."
            )
    return tight


def make_analysis(site: Site, session: Session) -> GaitAnalysis:
    """Return the gait analysis of a session; a report makes the same one from the log's header."""
    gait, none = site.gait, [0.0] * 6
    inertia = None
    if gait.left_inertia is not None or gait.right_inertia is not None:
        inertia = Inertia(tuple(gait.left_inertia or none), tuple(gait.right_inertia or none))
    return GaitAnalysis(session.body_height_m, is_single=gait.is_single, inertia=inertia)


def make_header(
    site: Site,
    session: Session,
    scenario: Stage,
    *,
    note: str,
    containment: str = "",
    scenario_sha256: str = "",
) -> LogHeader:
    """Return a log's first message."""
    return LogHeader(
        kind="session",
        version=__version__,
        boot_id=secrets.token_hex(8),
        start_utc_ns=utc_ns(),
        site=plain(site),
        session=plain(session),
        scene_columns=tuple(field.name for field in msgspec.structs.fields(scenario.Scene)),
        note=note,
        containment=containment,
        scenario_sha256=scenario_sha256,
    )


def plain(model: Site | Session) -> dict[str, Any]:
    """Return a file's content as JSON holds it."""
    return model.model_dump(mode="json")
