"""What stands in for the simulated devices of a room, and where it serves them."""

from typing import Any

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ConfigError
from rehabsim.base.site import Session, Site
from rehabsim.devices.driver import installed
from rehabsim.devices.laboratory import LABORATORIES, Fault, Laboratory, LaboratoryPlan

SIMULATED = "sim:"


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
