"""Commands for what a session leaves behind."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.markup import escape
from rich.table import Table

from rehabsim.cli.terminal import EXIT_FOUND, err, out

if TYPE_CHECKING:
    from rehabsim.session.log import LogReader


def replay(log: Path, *, check: bool = False) -> int:
    """Run a log's decisions again, core and keeper, and compare every output.

    Parameters
    ----------
    log
        A session log.
    check
        Exit with 1 at the first difference.
    """
    from rehabsim.session.replay import replay as run_again

    with err.status("Replaying …"):
        result = run_again(log)
    out.print(
        f"{result.tick_count} ticks and {result.decision_count} decisions of the keeper made again"
        + (f", {result.unchained_count} taken as given" if result.unchained_count else "")
    )
    if result.difference is None:
        out.print("Every output is what the log has.")
        return 0
    d = result.difference
    out.print(f"Differs at tick {d.tick}, {d.t_s:.3f} s: {d.what}.", soft_wrap=True, markup=False)
    return EXIT_FOUND if check else 0


def report(
    logs: Annotated[list[Path], Parameter(negative=())],
    *,
    out_dir: Annotated[Path, Parameter(name="--out")] = Path("report"),
) -> int:
    """Write measures.json, events.csv, strides.csv, plots and a printable page.

    Parameters
    ----------
    logs
        One or more session logs.
    out_dir
        Folder for the report; with several logs, one folder each inside it.
    """
    from rehabsim.research.report import write_report

    for path, folder in _report_folders(logs, out_dir):
        with err.status(f"Reading {path} …"):
            write_report(path, folder)
        out.print(f"{folder / 'report.html'}", soft_wrap=True, markup=False)
    return 0


def _report_folders(logs: list[Path], out_dir: Path) -> list[tuple[Path, Path]]:
    """Return each log with its own folder; logs of the same name do not overwrite each other."""
    if len(logs) == 1:
        return [(logs[0], out_dir)]
    found: dict[str, Path] = {}
    for path in logs:
        names = (path.stem, *(f"{path.stem}-{count}" for count in range(2, len(logs) + 1)))
        found[next(name for name in names if name not in found)] = path
    return [(path, out_dir / name) for name, path in found.items()]


def import_command(
    file: Path,
    *,
    out_path: Annotated[Path, Parameter(name="--out")],
    columns: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    rate: float | None = None,
    forward: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
) -> int:
    """Turn another program's file into a log that report, info and verify accept.

    Parameters
    ----------
    file
        Force-plate samples: comma-, semicolon-, tab- or space-separated text, or C3D.
    out_path
        The log to write.
    columns
        Its columns, as left_fx_n,-left_fy_n,… ; a minus flips a sign, _ skips a column. Without
        it the file's header names them.
    rate
        Samples per second; without it a column time_s or the file's name says it.
    forward
        Which way people walked in a C3D file's axes: +x, -x, +y or -y.
    """
    from rehabsim.research.importer import import_file

    with err.status(f"Reading {file} …"):
        count = import_file(file, columns, rate, out_path, forward=forward)
    out.print(f"{out_path}: {count} samples", soft_wrap=True, markup=False)
    return 0


def inertia(log: Path) -> int:
    """Fit what accelerating belts do to empty plates; print the table for the site file.

    Parameters
    ----------
    log
        Log of a session with nobody on the belts, these sped up and slowed down.
    """
    from rehabsim.research.unloaded import fit_log

    fit = fit_log(log)
    table = Table("channel", "per m/s²", "before", "after", "removed", box=None)
    for row in fit.rows:
        share = 1 - row.after / row.before if row.before > 0 else 0.0
        numbers = (f"{row.per_accel:.3f}", f"{row.before:.2f}", f"{row.after:.2f}", f"{share:.0%}")
        table.add_row(row.channel, *numbers)
    err.print(table)
    out.print(fit.toml, soft_wrap=True, markup=False, end="")
    return 0


def info(log: Path) -> int:
    """Say what a log holds."""
    from rehabsim.session.log import LogReader

    reader = LogReader(log, may_be_cut=True)
    header = reader.header
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    start = datetime.fromtimestamp(header.start_utc_ns / 1e9, UTC)
    table.add_row(
        "kind", header.kind + ("" if reader.is_complete else ", cut off: run rehabsim log recover")
    )
    when = f"{start:%Y-%m-%d %H:%M:%S} UTC" if header.start_utc_ns else "not known when"
    table.add_row("started", f"{when}, written by rehabsim {header.version}")
    if header.session:
        words = ("scenario", "seed", "subject")
        said = (f"{word} {header.session.get(word, '?')}" for word in words)
        table.add_row("session", escape(", ".join(said)))
        for name in ("treadmill", "plates"):
            device = header.site.get(name, {})
            table.add_row(name, escape(f"{device.get('kind', '?')} at {device.get('url', '?')}"))
        for fault in header.session.get("faults", ()):
            what = f"{fault['device']} {fault['kind']} from {fault['at_s']:g} s"
            table.add_row("fault, simulated", escape(f"{what} {fault['channel']}".rstrip()))
    if header.note:
        table.add_row("note", escape(header.note))
    if header.containment:
        table.add_row("scenario's process", escape(header.containment))
    for name in reader.tables():
        rows = reader.table(name)
        span = (
            f", {rows['t_ns'][0] / 1e9:.2f} to {rows['t_ns'][-1] / 1e9:.2f} s"
            if "t_ns" in (rows.dtype.names or ()) and len(rows)
            else ""
        )
        table.add_row(name, f"{len(rows)} rows{span}")
    for name in reader.channels():
        table.add_row(name, f"{len(reader.texts(name))} messages")
    for gap in reader.gaps():
        span = f"{gap.start_ns / 1e9:.2f} to {gap.t_ns / 1e9:.2f} s"
        table.add_row("not recorded", escape(f"{span}, {gap.block_count} blocks: {gap.why}"))
    table.add_row("operator records", escape(_chain_words(reader)))
    out.print(table)
    return 0


def _chain_words(reader: "LogReader") -> str:
    check = reader.chain()
    if check is None:
        return "no chain: written before there was one, so nobody can say whether they were altered"
    if check.fault:
        return check.fault
    return f"{check.count} in an unbroken, closed chain; the last has SHA-256 {check.last}"


def verify(log: Path) -> int:
    """Check a log for gaps and its operator records for tampering; exit with 1 at any."""
    from rehabsim.session.log import LogReader
    from rehabsim.session.log_repair import verify as find_faults

    faults = find_faults(log)
    for fault in faults:
        out.print(fault, soft_wrap=True, markup=False)
    if not faults:
        words = _chain_words(LogReader(log))
        out.print(f"{log}: sound. Operator records: {words}.", soft_wrap=True, markup=False)
    return EXIT_FOUND if faults else 0


def recover(log: Path) -> int:
    """Make a log whole again that its writer never closed; the damaged file is kept."""
    from rehabsim.session.log_repair import recover as mend

    reader, damaged = mend(log)
    if damaged is None:
        out.print(f"{log}: nothing to mend.", soft_wrap=True, markup=False)
        return 0
    ticks = reader.table("ticks")
    until = f" until {ticks['t_ns'][-1] / 1e9:.3f} s, {len(ticks)} ticks" if len(ticks) else ""
    out.print(
        f"{log}: whole again{until}; the damaged file is {damaged}.", soft_wrap=True, markup=False
    )
    return 0
