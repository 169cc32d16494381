"""Running a session: its tasks, in its own process or all together in virtual time."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from rehabsim.base.clock import NS, Clock, next_beat_ns, run
from rehabsim.base.config import check
from rehabsim.base.errors import ConfigError, LogError, RehabsimError
from rehabsim.base.realtime import be_realtime
from rehabsim.base.site import DeviceTable, Session, Site
from rehabsim.devices.driver import HARNESSES, PLATES, TREADMILLS, installed, make_driver
from rehabsim.devices.laboratory import LABORATORIES, Fault, Laboratory, LaboratoryPlan
from rehabsim.devices.link import open_link
from rehabsim.safety.keeper import Keeper
from rehabsim.safety.platform_keeper import make_platform_keeper
from rehabsim.session.core import PERIOD_NS
from rehabsim.session.desk import ClientRequest
from rehabsim.session.disk import DISK, require_space
from rehabsim.session.live import LiveSession, Summary
from rehabsim.session.log import LogWriter
from rehabsim.session.log_shape import log_bytes_per_s, tables
from rehabsim.session.operator import ScriptedOperator
from rehabsim.session.publish import Publisher
from rehabsim.session.setup import make_core, make_header, plain, tightened
from rehabsim.session.stage import staged
from rehabsim.session.subject import check_subject

REALTIME_PRIORITY = 20
PHASE_NS = 1_000_000
"""The session ticks this long after a whole period; the keeper decides 1 ms later."""

ENDING_NS = 15 * NS
"""Longest wait for the belts to rest when a session is told to end."""

PROGRESS_TICKS = 250
SIMULATED = "sim:"
MEMORY = {
    f"{name}_url": f"memory:{name}" for name in ("treadmill", "plates", "harness", "platform")
}
MEMORY_KEEPER = "memory:keeper"


class SessionPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a session is started with, as JSON.

    Attributes:
        site: The site file, as written.
        session: The session file, as written.
        treadmill: The treadmill's table with its real address.
        plates: The plates' table with its real address.
        harness: The harness's table with its real address, or None where there is none.
        platform: The platform's table with its real address, None where there is none.
        keeper_url: Where the keeper listens.
        epoch_ns: Of the session clock.
        duration_s: When to end, or None.
        log_path: Where to record, or empty.
        has_operator: Arm and start by rule instead of by hand.
        is_published: Bind the site's addresses.
        where: Files to name in messages.
    """

    site: dict[str, Any]
    session: dict[str, Any]
    treadmill: dict[str, Any]
    plates: dict[str, Any]
    harness: dict[str, Any] | None = None
    platform: dict[str, Any] | None = None
    keeper_url: str
    epoch_ns: int = 0
    duration_s: float | None = None
    log_path: str = ""
    has_operator: bool = False
    is_published: bool = True
    where: str = ""


async def run_session(
    plan: SessionPlan,
    clock: Clock,
    *,
    is_live: bool,
    ending: asyncio.Event | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
    on_staged: Callable[[str], None] = lambda _: None,
) -> Summary:
    """Run one session to its end.

    Args:
        plan: What to run.
        clock: The session clock.
        is_live: On the host's clock; decides only how the log gathers its blocks, that its disk
            must have room, and that the scenario gets a process of its own.
        ending: Set it to end the session: the belts are paused first.
        on_progress: Called about once a second of session with its time, s.
        on_staged: Called once with what contains the scenario's process, in plain words.

    Raises:
        RehabsimError: It could not be started, or its log could not be closed.
    """
    async with _open(plan, clock, on_staged, is_live=is_live) as (live, log):
        last = None if plan.duration_s is None else round(plan.duration_s * NS / PERIOD_NS)
        ending_since_ns: int | None = None
        t_ns = 0
        start_ns = next_beat_ns(clock.now_ns(), PERIOD_NS, PHASE_NS)
        async with contextlib.aclosing(clock.ticks(PERIOD_NS, start_ns=start_ns)) as ticks:
            async for tick in ticks:
                if last is not None and tick.index >= last:
                    break
                t_ns = tick.due_ns
                live.step(tick)
                if tick.index % PROGRESS_TICKS == 0:
                    on_progress(live.summary.duration_s)
                if ending is not None and ending.is_set():
                    if ending_since_ns is None:
                        ending_since_ns = t_ns
                        live.ask(ClientRequest("rehabsim run", "end", "pause"))
                    if _may_end(live, t_ns - ending_since_ns):
                        break
        if log is not None:
            try:
                log.close(t_ns)
            except LogError as error:
                live.summary.log_failure = str(error)
            live.summary.lost_block_count, live.summary.lost_s = log.lost_block_count, log.lost_s
        return live.summary


def _may_end(live: LiveSession, waited_ns: int) -> bool:
    mode = live.outputs.state.mode if live.outputs is not None else "locked"
    has_answered = waited_ns > NS // 4
    return (has_answered and mode in ("locked", "idle")) or waited_ns > ENDING_NS


@asynccontextmanager
async def _open(
    plan: SessionPlan, clock: Clock, on_staged: Callable[[str], None], *, is_live: bool
) -> AsyncIterator[tuple[LiveSession, LogWriter | None]]:
    site = check(plan.site, Site, where=plan.where)
    session = check(plan.session, Session, where=plan.where)
    site = tightened(site, session, where=plan.where)
    check_subject(session.subject)
    plates_table = DeviceTable.model_validate(plan.plates)
    plates = make_driver(PLATES, plates_table, clock, where=plan.where)
    async with AsyncExitStack() as stack:
        scenario, containment = await stack.enter_async_context(
            staged(session, where=plan.where, is_apart=is_live)
        )
        on_staged(containment)
        core = make_core(site, session, scenario, where=plan.where)
        await plates.open()
        stack.push_async_callback(plates.close)
        harness = None
        if plan.harness is not None:
            harness_table = DeviceTable.model_validate(plan.harness)
            harness = make_driver(HARNESSES, harness_table, clock, where=plan.where)
            await harness.open()
            stack.push_async_callback(harness.close)
        keeper = await open_link(plan.keeper_url, clock, device="keeper")
        stack.push_async_callback(keeper.close)
        note = getattr(plates, "note", "")
        header = make_header(site, session, scenario, note=note, containment=containment)
        publisher = None
        if plan.is_published:
            endpoints = (site.publish.state_url, site.publish.request_url)
            publisher = Publisher(*endpoints, header.boot_id, site.publish.keys)
            stack.callback(publisher.close)
        log = None
        if plan.log_path:
            has_platform = site.platform is not None
            if is_live:
                rate = log_bytes_per_s(scenario, has_platform=has_platform)
                require_space(Path(plan.log_path), rate, DISK)
            columns = tables(scenario, has_platform=has_platform)
            log = LogWriter(Path(plan.log_path), header, columns, is_live=is_live)
        operator = None
        if plan.has_operator:
            end_ns = None if plan.duration_s is None else round(plan.duration_s * NS)
            ramp_s = site.limits.max_speed_mps / site.limits.ramp_mps2
            operator = ScriptedOperator(
                end_ns, ramp_s, has_perturbations=session.perturb is not None
            )
        live = LiveSession(
            site=site,
            session=session,
            scenario=scenario,
            core=core,
            plates=plates,
            harness=harness,
            keeper=keeper,
            publisher=publisher,
            log=log,
            header=header,
            operator=operator,
        )
        yield live, log


# -- all in one process, in virtual time ---------------------------------------------------


def together_plans(
    site: Site, session: Session, where: str, duration_s: float, log_path: str
) -> tuple[SessionPlan, LaboratoryPlan | None]:
    """Return the plans of a session in virtual time.

    Raises:
        ConfigError: A device has a real address; nothing real can follow virtual time.
    """
    tables = device_tables(site)
    for name, table in tables.items():
        if table["url"] != SIMULATED and not table["url"].startswith("recording:"):
            raise ConfigError(
                f"{where}: the {name} at {table['url']} cannot follow virtual time; use sim:."
            )
    laboratory = laboratory_plan(site, session, MEMORY, where=where)
    tables = moved(tables, MEMORY)
    plan = SessionPlan(
        site=plain(site),
        session=plain(session),
        treadmill=tables["treadmill"],
        plates=tables["plates"],
        harness=tables.get("harness"),
        platform=tables.get("platform"),
        keeper_url=MEMORY_KEEPER,
        duration_s=duration_s,
        log_path=log_path,
        has_operator=True,
        is_published=False,
        where=where,
    )
    return plan, laboratory


def device_tables(site: Site) -> dict[str, dict[str, Any]]:
    """Return the tables of a room's devices by name, as the site file has them."""
    names = ("treadmill", "plates", "harness", "platform")
    tables = {name: getattr(site, name) for name in names}
    return {name: table.model_dump() for name, table in tables.items() if table is not None}


def laboratory_plan(
    site: Site, session: Session, urls: dict[str, str], *, where: str, **more: Any
) -> LaboratoryPlan | None:
    """Return what stands in for the simulated devices of a room, or None where none is.

    Args:
        site: The room.
        session: What is trained, by whom, and what goes wrong.
        urls: Where the laboratory shall serve each device.
        where: Files to name in messages.
        more: Further fields of the plan.

    Raises:
        ConfigError: There are faults and no simulated device.
    """
    tables = device_tables(site)
    simulated = [name for name, table in tables.items() if table["url"] == SIMULATED]
    if not simulated:
        if session.faults:
            raise ConfigError(f"{where}: faults are for simulated devices, and none is.")
        return None
    return LaboratoryPlan(
        treadmill_kind=tables["treadmill"]["kind"],
        treadmill_url=urls["treadmill_url"],
        plates_url=urls["plates_url"],
        harness_url=urls["harness_url"] if "harness" in simulated else "",
        platform_url=urls["platform_url"] if "platform" in simulated else "",
        patient=session.patient,
        is_self_paced=session.pacing is not None,
        limits=site.limits.model_dump(),
        faults=tuple(Fault(**table.model_dump()) for table in session.faults),
        seed=session.seed,
        **plate_origins(tables["plates"]),
        **more,
    )


def moved(tables: dict[str, dict[str, Any]], urls: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return the devices' tables with the real addresses of those that are simulated."""
    return {
        name: table | {"url": urls[f"{name}_url"]} if table["url"] == SIMULATED else table
        for name, table in tables.items()
    }


def plate_origins(plates: dict[str, Any]) -> dict[str, Any]:
    """Return where the plates' table says they are, as a laboratory plan takes it."""
    names = ("left_origin_m", "right_origin_m")
    return {name: tuple(plates[name]) for name in names if name in plates}


async def run_together(
    plan: SessionPlan,
    clock: Clock,
    *,
    plan_laboratory: LaboratoryPlan | None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Summary:
    """Run laboratory, keeper and session as tasks of one loop, over `memory:` links.

    Args:
        plan: What to run; device addresses must be `memory:` ones or files.
        clock: The virtual clock.
        plan_laboratory: The simulated laboratory, or None when no device needs it.
        on_progress: Called about once a second of session with its time, s.
    """
    site = check(plan.site, Site, where=plan.where)
    async with AsyncExitStack() as stack:
        if plan_laboratory is not None:
            laboratory = make_laboratory(plan_laboratory, clock)
            await laboratory.open()
            stack.push_async_callback(laboratory.close)
            await stack.enter_async_context(_running(laboratory.run()))
        treadmill = make_driver(
            TREADMILLS, DeviceTable.model_validate(plan.treadmill), clock, where=plan.where
        )
        session = check(plan.session, Session, where=plan.where)
        tight, platform = tightened(site, session, where=plan.where), None
        if plan.platform is not None and tight.platform_limits is not None:
            platform = make_platform_keeper(
                plan.platform, tight.platform_limits, clock, where=plan.where
            )
        keeper = Keeper(
            treadmill, tight.limits, clock, plan.keeper_url, room=site.limits, platform=platform
        )
        await keeper.open()
        stack.push_async_callback(keeper.close)
        await stack.enter_async_context(_running(keeper.run()))
        return await run_session(plan, clock, is_live=False, on_progress=on_progress)


@asynccontextmanager
async def _running(coroutine: Any) -> AsyncIterator[asyncio.Task[None]]:
    """Run something beside the body; when either fails, both end with that one error."""
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(coroutine)
            yield task
            task.cancel()
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def make_laboratory(plan: LaboratoryPlan, clock: Clock, *, kind: str = "sim") -> Laboratory:
    """Return the installed laboratory, not yet open.

    Raises:
        ConfigError: None is installed.
    """
    known = installed(LABORATORIES)
    if kind not in known:
        raise ConfigError("No simulator is installed; install rehabsim with its simulator.")
    laboratory: Laboratory = known[kind].load()(plan, clock)
    return laboratory


# -- as a process --------------------------------------------------------------------------


async def _run_process(plan: SessionPlan, clock: Clock) -> Summary:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    _say(ready=be_realtime(REALTIME_PRIORITY))
    return await run_session(
        plan, clock, is_live=True, ending=ending, on_staged=lambda words: _say(contained=words)
    )


def _say(**words: object) -> None:
    print(msgspec.json.encode(words).decode(), flush=True)  # noqa: T201


def main() -> None:
    """Entry point of the session process: reads its plan from standard input."""
    try:
        plan = msgspec.json.decode(sys.stdin.buffer.read(), type=SessionPlan)
        summary = run(lambda clock: _run_process(plan, clock), epoch_ns=plan.epoch_ns)
    except RehabsimError as error:
        _say(failed=str(error), is_usage=isinstance(error, ConfigError))
        sys.exit(1)
    _say(summary=summary)


if __name__ == "__main__":
    main()
