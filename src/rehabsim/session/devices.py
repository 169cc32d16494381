"""What is installed, and what answers."""

import asyncio

import msgspec

from rehabsim.base.clock import Clock, run
from rehabsim.base.errors import RehabsimError
from rehabsim.base.site import DeviceTable, Site
from rehabsim.devices.driver import (
    HARNESSES,
    PLATES,
    PLATFORMS,
    TREADMILLS,
    installed,
    make_driver,
)
from rehabsim.devices.laboratory import LABORATORIES
from rehabsim.session.repertoire import SCENARIOS
from rehabsim.session.stand_in import SIMULATED

LISTEN_S = 1.0


class Found(msgspec.Struct, frozen=True):
    """One line of a site's check."""

    text: str
    is_well: bool


def list_drivers() -> list[tuple[str, str, str]]:
    """Return (group, kind, first line of its docstring) for every plug-in."""
    rows = []
    for group in (TREADMILLS, PLATES, HARNESSES, PLATFORMS, LABORATORIES, SCENARIOS):
        for kind, entry in installed(group).items():
            first_line = (entry.load().__doc__ or "").strip().partition("\n")[0]
            rows.append((group.partition(".")[2], kind, first_line))
    return rows


def check_site(site: Site, where: str) -> list[Found]:
    """Open each device of a site, listen for a second, and say what came; nothing moves.

    Args:
        site: The room.
        where: Its file, for messages.
    """

    async def go(clock: Clock) -> list[Found]:
        return [
            await _check(name, group, table, clock, where)
            for name, group, table in (
                ("treadmill", TREADMILLS, site.treadmill),
                ("plates", PLATES, site.plates),
                ("harness", HARNESSES, site.harness),
                ("platform", PLATFORMS, site.platform),
            )
            if table is not None
        ]

    return run(go)


async def _check(name: str, group: str, table: DeviceTable, clock: Clock, where: str) -> Found:
    if table.url == SIMULATED:
        return Found(f"{name}: {table.kind} is simulated; nothing to ask.", is_well=True)
    driver = make_driver(group, table, clock, where=where)
    try:
        await driver.open()
        await asyncio.sleep(LISTEN_S)
        records = driver.take()
    except RehabsimError as error:
        return Found(str(error), is_well=False)
    finally:
        await driver.close()
    if not records:
        return Found(
            f"{name} at {table.url}: connected, but nothing came in {LISTEN_S:g} s.", is_well=False
        )
    return Found(
        f"{name} at {table.url}: {table.kind} answers, {len(records)} records in {LISTEN_S:g} s.",
        is_well=True,
    )
