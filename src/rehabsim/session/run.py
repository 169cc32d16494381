"""Running a session: its tick, and the process of its own that it has on the host's clock."""

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
from rehabsim.devices.driver import HARNESSES, PLATES, make_driver
from rehabsim.devices.link import open_link
from rehabsim.session.code import code_of, digest, keep
from rehabsim.session.core import PERIOD_NS
from rehabsim.session.disk import DISK, require_space
from rehabsim.session.ending import NEVER, Ending, Ends
from rehabsim.session.live import LiveSession, Summary
from rehabsim.session.log import LogWriter
from rehabsim.session.log_shape import log_bytes_per_s, tables
from rehabsim.session.messages import BlockPlace
from rehabsim.session.operator import ScriptedOperator
from rehabsim.session.publish import Publisher
from rehabsim.session.relief import Relief
from rehabsim.session.requests import OWN, ClientRequest
from rehabsim.session.setup import make_core, make_header, tightened
from rehabsim.session.stage import staged
from rehabsim.session.subject import check_subject
from rehabsim.session.window import Window

REALTIME_PRIORITY = 20
PHASE_NS = 1_000_000
"""The session ticks this long after a whole period; the keeper decides 1 ms later."""

ENDING_NS = 15 * NS
"""Longest wait for the belts to rest when a session is told to end."""

PROGRESS_TICKS = 250
"""Who asks, where nobody does."""


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
        ends: When the belts are paused and the session ends of itself.
        block: Which block of a programme it is, for people; None where it is none.
        markers: Notes for the log of what was decided before it, such as a rest that was cut short.
        log_path: Where to record, or empty.
        has_operator: Arm and start by rule instead of by hand.
        is_published: Bind the site's addresses.
        eyes_url: Where a simulated person looks from when they are not bound, or empty.
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
    ends: Ends = NEVER
    block: BlockPlace | None = None
    markers: tuple[str, ...] = ()
    log_path: str = ""
    has_operator: bool = False
    is_published: bool = True
    eyes_url: str = ""
    where: str = ""


async def run_session(
    plan: SessionPlan,
    clock: Clock,
    *,
    is_live: bool,
    ending: asyncio.Event | None = None,
    relief: Relief | None = None,
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
        relief: Ends it for another to follow, when it is asked and the belts rest.
        on_progress: Called about once a second of session with its time, s.
        on_staged: Called once with what contains the scenario's process, in plain words.

    Raises:
        RehabsimError: It could not be started, or its log could not be closed.
    """
    async with _open(plan, clock, on_staged, is_live=is_live) as (live, log):
        last = None if plan.duration_s is None else round(plan.duration_s * NS / PERIOD_NS)
        t_ns = 0
        closing = _Closing(live)
        for number, text in enumerate(plan.markers, 1):
            live.ask(ClientRequest(OWN, f"note{number}", "marker", text=text))
        start_ns = next_beat_ns(clock.now_ns(), PERIOD_NS, PHASE_NS)
        async with contextlib.aclosing(clock.ticks(PERIOD_NS, start_ns=start_ns)) as ticks:
            async for tick in ticks:
                if last is not None and tick.index >= last:
                    break
                t_ns = tick.due_ns
                live.step(tick)
                if tick.index % PROGRESS_TICKS == 0:
                    on_progress(live.summary.duration_s)
                if relief is not None and live.outputs and relief.step(live.outputs):
                    break
                if closing.step(t_ns, is_told_to=ending is not None and ending.is_set()):
                    break
        closing.sum_up(t_ns)
        if log is not None:
            try:
                log.close(t_ns)
            except LogError as error:
                live.summary.log_failure = str(error)
            live.summary.lost_block_count, live.summary.lost_s = log.lost_block_count, log.lost_s
        return live.summary


class _Closing:
    """Sees a session to its end: the belts are paused and come to rest; after a block the person
    rests and tells how it was, until somebody goes on.
    """

    def __init__(self, live: LiveSession) -> None:
        self._live = live
        self._since_ns: int | None = None
        self._rest_ns: int | None = None

    def step(self, t_ns: int, *, is_told_to: bool) -> bool:
        """Take one tick; return whether that was the last.

        Args:
            t_ns: Its time.
            is_told_to: Somebody ends the session by hand; nobody is waited for then.
        """
        live, outputs = self._live, self._live.outputs
        is_over = outputs is not None and live.ending.step(outputs, live.requests)
        if not (is_over or is_told_to):
            return False
        if self._since_ns is None:
            self._since_ns = t_ns
            live.is_ended_by_hand = not is_over
            live.ask(ClientRequest(OWN, "end", "pause"))
        waited_ns = t_ns - self._since_ns
        is_at_rest = outputs is None or outputs.state.mode in ("locked", "idle")
        if not (is_at_rest and waited_ns > NS // 4):
            return waited_ns > ENDING_NS
        rest_s = live.ending.rest_s
        if is_told_to or rest_s is None or (outputs is not None and outputs.has_gone_on):
            return True
        if self._rest_ns is None:
            self._rest_ns = t_ns
            live.ask(ClientRequest(OWN, "rest", "rest", value=rest_s))
        return False

    def sum_up(self, t_ns: int) -> None:
        """Write down what ended it, what was told, and how long the person has rested."""
        summary, ending, outputs = self._live.summary, self._live.ending, self._live.outputs
        summary.ended = ending.why
        summary.pain_nrs = ending.pain_nrs
        summary.effort_rpe, summary.effort_nrs = ending.effort_rpe, ending.effort_nrs
        summary.has_gone_on = outputs is not None and outputs.has_gone_on
        summary.rested_s = 0.0 if self._rest_ns is None else (t_ns - self._rest_ns) / NS


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
    code = code_of(session)
    async with AsyncExitStack() as stack:
        scenario, containment = await stack.enter_async_context(
            staged(session, where=plan.where, is_apart=is_live, site=site)
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
        header = make_header(
            *(site, session, scenario),
            note=note,
            containment=containment,
            scenario_sha256=digest(code),
        )
        publisher: Publisher | Window | None = None
        if plan.is_published:
            endpoints = (site.publish.state_url, site.publish.request_url)
            publisher = Publisher(*endpoints, header.boot_id, site.publish.keys)
            stack.callback(publisher.close)
        elif plan.eyes_url:
            eyes = await open_link(plan.eyes_url, clock, device="eyes")
            stack.push_async_callback(eyes.close)
            publisher = Window(eyes)
        log = None
        if plan.log_path:
            has_platform = site.platform is not None
            if is_live:
                rate = log_bytes_per_s(scenario, has_platform=has_platform)
                require_space(Path(plan.log_path), rate, DISK)
            columns = tables(scenario, has_platform=has_platform)
            log = LogWriter(Path(plan.log_path), header, columns, is_live=is_live)
            keep(code, log.path)
        operator = None
        if plan.has_operator:
            end_ns = None if plan.duration_s is None else round(plan.duration_s * NS)
            ramp_s = site.limits.max_speed_mps / site.limits.ramp_mps2
            operator = ScriptedOperator(
                end_ns, ramp_s, has_perturbations=session.perturb is not None or scenario.perturbs
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
            ending=Ending(plan.ends),
            block=plan.block,
        )
        yield live, log


# -- as a process --------------------------------------------------------------------------


async def _run_process(plan: SessionPlan, clock: Clock) -> Summary:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    relief = Relief(lambda may_end: _say_if_heard(may_end=may_end))
    loop.add_signal_handler(signal.SIGUSR1, relief.ask)
    _say(ready=be_realtime(REALTIME_PRIORITY))
    return await run_session(
        plan,
        clock,
        is_live=True,
        ending=ending,
        relief=relief,
        on_staged=lambda words: _say(contained=words),
    )


def _say_if_heard(**words: object) -> None:
    """Say it while belts may move, when a supervisor that is gone must not matter."""
    with contextlib.suppress(OSError):
        _say(**words)


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
