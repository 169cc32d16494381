"""Another program's file as a log that `report`, `log info` and `log verify` accept."""

import contextlib
import secrets
from pathlib import Path

import numpy as np

from rehabsim import __version__
from rehabsim.base.errors import ConfigError
from rehabsim.base.records import WRENCH_COLUMNS
from rehabsim.devices.recording_file import Recording, read_recording
from rehabsim.session.log import LogWriter
from rehabsim.session.mcap_file import LogHeader
from rehabsim.session.table import PLATES, Rows

IMPORT = "import"
"""`LogHeader.kind` of what came from a file."""

ROWS_AT_ONCE = 4096


def import_file(
    file: Path, columns: str, rate: float | None, out: Path, *, forward: str = ""
) -> int:
    """Write the force-plate samples of a file as a log, each as a chunk of its own.

    Args:
        file: CSV, tab- or space-separated text, or C3D.
        columns: Names of its columns, see `read_recording`; empty: as its header says.
        rate: Samples per second; None: from a time column or the file's name.
        out: The log; it must not exist.
        forward: Which of a C3D file's axes people walked along, as `-x`.

    Returns:
        How many samples were written.

    Raises:
        ConfigError: `file` is not such a table, or it is a log already.
        LogError: `out` exists or cannot be written.
    """
    if file.suffix.lower() == ".mcap":
        raise ConfigError(f"{file}: is a log already; nothing to import.")
    recording = read_recording(file, columns=columns, rate_hz=rate, forward=forward)
    header = LogHeader(
        kind=IMPORT,
        version=__version__,
        boot_id=secrets.token_hex(8),
        start_utc_ns=0,
        site={},
        session={},
        note=f"Imported from {recording.note} When it was recorded is not known: wall time starts"
        " at 0.",
    )
    log = LogWriter(out, header, (PLATES,), is_live=False)
    try:
        rows = plate_rows(recording)
        for first in range(0, len(rows), ROWS_AT_ONCE):
            block = rows[first : first + ROWS_AT_ONCE]
            log.rows(PLATES.name, block.tobytes())
            log.end_tick(int(block["t_ns"][-1]))
        log.close(int(rows["t_ns"][-1]))
    except BaseException:
        with contextlib.suppress(OSError):
            out.unlink()
        raise
    return len(rows)


def plate_rows(recording: Recording) -> Rows:
    """Return the rows of `PLATES` for a recording; a sample arrives when it is taken."""
    rows = np.zeros(len(recording.sequence), PLATES.dtype)
    rows["t_ns"] = recording.due_ns
    rows["sequence"] = recording.sequence
    rows["device_t_ns"] = recording.device_t_ns
    rows["dt_ns"] = recording.dt_ns
    rows["is_first"] = True
    for index, name in enumerate(WRENCH_COLUMNS):
        rows[name] = recording.wrench[:, index]
    return rows
