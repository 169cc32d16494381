"""A session in virtual time: laboratory, keeper and session are tasks of one loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from rehabsim.base.clock import Clock
from rehabsim.base.config import check
from rehabsim.base.errors import ConfigError
from rehabsim.base.site import DeviceTable, Session, Site
from rehabsim.devices.driver import TREADMILLS, make_driver
from rehabsim.devices.laboratory import LaboratoryPlan
from rehabsim.safety.keeper import Keeper
from rehabsim.safety.platform_keeper import make_platform_keeper
from rehabsim.session.live import Summary
from rehabsim.session.run import SessionPlan, run_session
from rehabsim.session.setup import plain, tightened
from rehabsim.session.stand_in import (
    SIMULATED,
    device_tables,
    laboratory_plan,
    make_laboratory,
    moved,
)

MEMORY = {
    f"{name}_url": f"memory:{name}" for name in ("treadmill", "plates", "harness", "platform")
}
MEMORY_KEEPER = "memory:keeper"
MEMORY_EYES = "memory:eyes"


def together_plans(
    site: Site,
    session: Session,
    where: str,
    duration_s: float,
    log_path: str,
    *,
    has_picture: bool = False,
    learned_path: str = "",
    rest_days: float = 0.0,
    learning_path: str = "",
) -> tuple[SessionPlan, LaboratoryPlan | None]:
    """Return the plans of a session in virtual time.

    Args:
        site: The room.
        session: What is trained, and by whom.
        where: Files to name in messages.
        duration_s: Of the session.
        log_path: Where to record, or empty.
        has_picture: The simulated person sees the session and plays, instead of just walking.
        learned_path: File of what they learned in earlier visits, or empty.
        rest_days: Since the last of them.
        learning_path: File to write to what they have learned by the end; empty: nobody learns.

    Raises:
        ConfigError: A device has a real address; nothing real can follow virtual time.
    """
    tables = device_tables(site)
    for name, table in tables.items():
        if table["url"] != SIMULATED and not table["url"].startswith("recording:"):
            raise ConfigError(
                f"{where}: the {name} at {table['url']} cannot follow virtual time; use sim:."
            )
    eyes_url = MEMORY_EYES if has_picture else ""
    laboratory = laboratory_plan(
        site,
        session,
        MEMORY,
        where=where,
        eyes_url=eyes_url,
        learned_path=learned_path,
        rest_days=rest_days,
        learning_path=learning_path,
    )
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
        eyes_url=eyes_url if laboratory is not None else "",
        where=where,
    )
    return plan, laboratory


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
