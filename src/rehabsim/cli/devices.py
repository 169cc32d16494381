"""Commands for devices, real and simulated."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from rehabsim.base.config import load_toml
from rehabsim.base.errors import ConfigError
from rehabsim.base.site import FaultFile, Site
from rehabsim.cli.terminal import EXIT_FOUND, out
from rehabsim.devices.laboratory import Fault, LaboratoryPlan


def simulate(
    *,
    treadmill: str = "bertec",
    treadmill_url: str = "tcp://127.0.0.1:4000",
    plates_url: str = "tcp://127.0.0.1:4001",
    harness_url: str = "",
    patient: str = "healthy",
    seed: int = 1,
    platform_url: str = "",
    sensors: tuple[str, ...] = (),
    eyes_url: str = "",
    rough: bool = False,
    faults: Path | None = None,
    is_plan_on_stdin: Annotated[
        bool, Parameter(name="--plan-on-stdin", negative=(), show=False)
    ] = False,
) -> int:
    """Serve the virtual laboratory on the devices' own protocols, until Ctrl-C.

    Parameters
    ----------
    treadmill
        Protocol of the belts: bertec, rs.
    treadmill_url
        Where the belts listen.
    plates_url
        Where the force plates listen (rs_plates).
    harness_url
        Where the load cell of the harness listens (rs_harness), such as tcp://127.0.0.1:4002.
    patient
        Who walks: NAME, or NAME:SEVERITY from 0 to 1.5.
    seed
        Of everything random.
    platform_url
        Where the motion base listens (Moog 6DOF2000E), such as udp://127.0.0.1:6000.
    sensors
        Where the wearables send: mqtt://HOST:PORT, lsl:, tcp://HOST:PORT; may be repeated.
    eyes_url
        Where a session publishes that the person should see and play, such as
        tcp://127.0.0.1:5601; without it they just walk.
    rough
        Plates as loud and flexible as those of a treadmill that was recorded.
    faults
        File of [[faults]] of its devices.
    is_plan_on_stdin
        For our own processes: the plan comes on standard input, the answers are JSON.
    """
    from rehabsim.session.simulate import serve_process
    from rehabsim.session.simulate import simulate as serve

    if is_plan_on_stdin:
        return serve_process(sys.stdin.buffer.read())
    rows = [] if faults is None else load_toml(faults, FaultFile).faults
    plan = tuple(Fault(**row.model_dump()) for row in rows)
    serve(
        LaboratoryPlan(
            treadmill_kind=treadmill
            if treadmill.endswith("_treadmill")
            else f"{treadmill}_treadmill",
            treadmill_url=treadmill_url,
            plates_url=plates_url,
            harness_url=harness_url,
            patient=patient,
            seed=seed,
            platform_url=platform_url,
            sensors_urls=sensors,
            eyes_url=eyes_url,
            grade="rough" if rough else "good",
            faults=plan,
        ),
        say=lambda line: out.print(line, soft_wrap=True),
    )
    return 0


def devices(check: Annotated[str | None, Parameter()] = None, site: Path | None = None) -> int:
    """List the installed drivers; `devices check SITE.toml` asks what answers.

    Parameters
    ----------
    check
        The word "check".
    site
        Site file to check.
    """
    from rehabsim.session.devices import check_site, list_drivers

    if check is None:
        table = Table("group", "kind", "what", box=None, padding=(0, 2, 0, 0))
        for row in list_drivers():
            table.add_row(*row)
        out.print(table)
        return 0
    if check != "check" or site is None:
        raise ConfigError("rehabsim devices, or rehabsim devices check SITE.toml.")
    answers = check_site(load_toml(site, Site), str(site))
    for answer in answers:
        out.print(answer.text, soft_wrap=True, markup=False)
    return 0 if all(answer.is_well for answer in answers) else EXIT_FOUND
