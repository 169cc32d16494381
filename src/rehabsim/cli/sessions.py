"""Commands that run a session or look at one."""

import os
import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from rehabsim.base.clock import Clock, run
from rehabsim.base.config import load_toml
from rehabsim.base.errors import ConfigError, RehabsimError
from rehabsim.base.site import DeviceTable, FaultFile, Session, Site
from rehabsim.cli.terminal import err, out
from rehabsim.session.keys import check_reach, load_client_key
from rehabsim.session.setup import SIMULATED_SITE, load_session, ready_session, session_files
from rehabsim.session.subject import check_subject


def run_command(
    what: str = "boat",
    *,
    site: Path = SIMULATED_SITE,
    patient: str | None = None,
    subject: str | None = None,
    unloaded: bool = False,
    virtual: bool = False,
    duration: float | None = None,
    seed: int | None = None,
    log: Path | None = None,
    plates: str | None = None,
    faults: Path | None = None,
    web: bool = True,
    auto_start: bool = False,
    reload: bool | None = None,
    open_pages: Annotated[bool, Parameter(name="--open")] = False,
    truth: Annotated[Path | None, Parameter(show=False)] = None,
) -> int:
    """Run a session: an installed scenario, a scenario's .py file, or a session .toml file.

    Parameters
    ----------
    what
        Scenario or session file.
    site
        Site file: devices and limits; without it everything is simulated.
    patient
        Whom the simulator puts on the belts: NAME, or NAME:SEVERITY from 0 to 1.5.
    subject
        Random id of the person, from `rehabsim subject create`; never a name.
    unloaded
        Nobody is on the belts: a trial for `log inertia`. They stop when someone steps on them.
    virtual
        As fast as possible, in virtual time, without console.
    duration
        Length in seconds; without it the session runs until Ctrl-C.
    seed
        Of everything random.
    log
        Where to record; by default sessions/TIME-SCENARIO.mcap.
    plates
        Address of the force plates, such as recording:FILE.csv.
    faults
        File of [[faults]] of simulated devices.
    web
        Serve console and display.
    auto_start
        Arm and start without a console; only where belts and platform are simulated.
    reload
        When the scenario's or the session's file changes, go on with it once the belts rest; by
        default where the scenario is a file.
    open_pages
        Open the pages in this machine's browser.
    truth
        File for the laboratory's ground truth; for tests.
    """

    def reread() -> Session:
        read = _session(what, patient, subject, seed, faults)
        return read.model_copy(update={"is_unloaded": unloaded or read.is_unloaded})

    room, session = room_with(site, plates), reread()
    check_subject(session.subject)
    publish = room.publish
    check_reach((publish.state_url, publish.request_url), publish.keys)
    where = str(what) if what.endswith(".toml") else f"session {what}"
    if duration is not None and not 1 <= duration <= 86400:
        raise ConfigError(f"--duration {duration:g}: give 1 to 86400 seconds.")
    check_auto_start(room, is_asked=auto_start)
    path = log if log is not None else _log_path(session.scenario)
    if path.exists():
        raise ConfigError(f"--log {path}: exists already; a log is never written over.")
    if virtual:
        if duration is None:
            raise ConfigError("--virtual needs --duration SECONDS: nobody is there to end it.")
        return _run_virtual(room, session, where, duration, path)
    from rehabsim.session.supervise import Job, supervise

    job = Job(
        site=room,
        session=session,
        where=where,
        duration_s=duration,
        log_path=str(path),
        has_operator=auto_start,
        has_pages=web,
        truth_path=str(truth or ""),
        files=session_files(what, session),
        reread=reread if (session.scenario.endswith(".py") if reload is None else reload) else None,
        say=lambda line: say_line(line, is_opened=open_pages),
    )
    return _show_summary(supervise(job))


def check_auto_start(room: Site, *, is_asked: bool) -> None:
    """Make sure that nothing real is started by rule.

    Raises:
        ConfigError: It is asked for, and belts or platform are real.
    """
    for name, table in (("belts", room.treadmill), ("platform", room.platform)):
        if is_asked and table is not None and table.url != "sim:":
            raise ConfigError(
                f"--auto-start: the {name} at {table.url} are real; somebody has to start by hand."
            )


def say_line(line: str, *, is_opened: bool) -> None:
    """Print a line of the supervisor; open the page that it names, where that is asked for."""
    out.print(line, soft_wrap=True, markup=False)
    words = line.split()
    has_screen = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if is_opened and has_screen and words and words[-1].startswith("http://"):
        webbrowser.open(words[-1])


def room_with(site: Path, plates: str | None) -> Site:
    """Return the room of a site file, with its plates at another address where one is given.

    Raises:
        ConfigError: The file is missing or breaks a rule.
    """
    room = load_toml(site, Site)
    if plates is None:
        return room
    table: dict[str, Any] = room.plates.model_dump() | {"url": plates}
    if plates.startswith("recording:"):
        table = {"kind": "recording", "url": plates}
    return room.model_copy(update={"plates": DeviceTable.model_validate(table)})


def _session(
    what: str,
    patient: str | None,
    subject: str | None,
    seed: int | None,
    faults: Path | None,
) -> Session:
    session = load_session(Path(what)) if what.endswith(".toml") else ready_session(what)
    changes: dict[str, Any] = {}
    if patient is not None:
        changes["patient"] = patient
    if subject is not None:
        changes["subject"] = subject
    if faults is not None:
        changes["faults"] = session.faults + load_toml(faults, FaultFile).faults
    if seed is not None:
        if not 0 <= seed < 2**63:
            raise ConfigError(f"--seed {seed}: give a whole number from 0 to 2^63 - 1.")
        changes["seed"] = seed
    return session.model_copy(update=changes)


def _log_path(scenario: str) -> Path:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
    return Path("sessions") / f"{stamp}-{Path(scenario).stem}.mcap"


def _run_virtual(room: Site, session: Session, where: str, duration: float, path: Path) -> int:
    from rehabsim.session.together import together_plans

    plan, laboratory = together_plans(room, session, where, duration, str(path), has_picture=True)
    summary, elapsed_s = run_virtual(plan, laboratory, session.scenario)
    out.print(
        f"{duration:g} s of session in {elapsed_s:.1f} s: {duration / elapsed_s:.0f} × real time"
    )
    return _show_summary(summary)


def run_virtual(plan: Any, laboratory: Any, what: str) -> tuple[Any, float]:
    """Run a session in virtual time with a bar; return its summary, and how long it took in s."""
    from rehabsim.session.together import run_together

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    total_s = plan.ends.walk_s or plan.duration_s
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True) as progress:
        bar = progress.add_task(f"{what}, {total_s:g} s", total=total_s)

        async def go(clock: Clock) -> Any:
            return await run_together(
                plan,
                clock,
                plan_laboratory=laboratory,
                on_progress=lambda t_s: progress.update(bar, completed=t_s),
            )

        summary = run(go, virtual=True)
        return summary, progress.tasks[0].elapsed or 0.0


def _show_summary(summary: Any) -> int:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row(
        "duration",
        f"{summary.duration_s:.1f} s, {summary.tick_count} ticks, {summary.missed_count} missed",
    )
    table.add_row("plate samples", f"{summary.plate_count}, {summary.plate_lost_count} lost")
    table.add_row("heel strikes", f"{summary.heel_strike_count}")
    table.add_row("walked", f"{summary.left_distance_m:.1f} m")
    for text in summary.stops:
        table.add_row("stopped", escape(text))
    if summary.platform:
        table.add_row("platform", f"[bold red]{escape(summary.platform)}[/]")
    if summary.lost_block_count:
        blocks = f"{summary.lost_s:.2f} s of the session, {summary.lost_block_count} blocks"
        table.add_row("not recorded", blocks)
    table.add_row("log", escape(summary.log or "none"))
    out.print(table)
    if summary.log_failure:
        raise RehabsimError(summary.log_failure)
    return 0


def watch(*, url: str = "tcp://127.0.0.1:5601", key: Path | None = None) -> int:
    """Watch a running session in this terminal.

    Parameters
    ----------
    url
        The session's state address.
    key
        Our key, where the session has keys: `rehabsim keys add` made it.
    """
    from rehabsim.web.watch import watch as show

    show(url, load_client_key(key) if key is not None else None)
    return 0


def bench(*, duration: float = 20.0, json: Path | None = None) -> int:
    """Measure this computer: tick lateness, latencies, throughput.

    Parameters
    ----------
    duration
        Seconds of session on the host's clock.
    json
        Also write the figures here.
    """
    from rehabsim.session.bench import measure

    with err.status(f"A session of {duration:g} s on this computer …"):
        figures = measure(duration)
    table = Table("what", "n", "p50", "p99", "max", "unit", box=None, padding=(0, 2, 0, 0))
    for f in figures:
        table.add_row(f.what, str(f.n), f"{f.p50:.3g}", f"{f.p99:.3g}", f"{f.max:.3g}", f.unit)
    out.print(table)
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(figures)))
    return 0
