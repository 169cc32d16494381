"""The simulated room with a platform in it, and whole sessions there in virtual time."""

import asyncio
import tomllib
from pathlib import Path

from rehabsim.base.clock import run
from rehabsim.base.config import check
from rehabsim.base.site import FaultTable, Session, Site
from rehabsim.devices.link import open_link
from rehabsim.safety.messages import Ask, encode
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.together import MEMORY_KEEPER, run_together, together_plans

SWAYING = str(Path(__file__).with_name("swaying.py"))


def room_text():
    """Return the simulated site's file with its platform."""
    head, _, tail = SIMULATED_SITE.read_text().partition("# A moving platform")
    return head + "".join(line.removeprefix("# ") for line in tail.splitlines(True)[2:])


def room(**changes):
    """Return the simulated site with its platform, some tables of it changed."""
    return check(tomllib.loads(room_text()) | changes, Site, where="test")


def record(path, *, site=None, faults=(), asks=(), duration_s=20.0, seed=1, **session):
    """Run a session on the swaying deck into a log; return its summary.

    Args:
        path: Of the log.
        site: Instead of `room()`.
        faults: Of devices, each a table of a session file.
        asks: (time in s, name) of what a stranger asks the keeper.
        duration_s: Of the session; it walks from about 7 s on.
        seed: Of the session.
        session: Further fields of its file.
    """
    words = {"scenario": SWAYING, "cruise_speed_mps": 0.4, "limits": {"max_speed_mps": 0.8}}
    tables = [FaultTable(**fault) for fault in faults]
    made = Session(**words | session, seed=seed, faults=tables)
    plan, laboratory = together_plans(site or room(), made, "test", duration_s, str(path))

    async def go(clock):
        async def stranger():
            for at_s, name in asks:
                await asyncio.sleep(at_s - clock.now_ns() / 1e9)
                link = await open_link(MEMORY_KEEPER, clock, device="keeper")
                link.write(encode(Ask(name, name, "stranger")))
                await link.close()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(stranger())
            return await run_together(plan, clock, plan_laboratory=laboratory)

    return run(go, virtual=True)
