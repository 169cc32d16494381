"""The code of a scenario that is a file: kept beside the log, so that a replay runs what ran."""

import contextlib
from hashlib import sha256
from pathlib import Path

from rehabsim.base.site import Session
from rehabsim.session.mcap_file import LogHeader


def code_of(session: Session) -> bytes:
    """Return the text of the session's scenario, empty where it is an installed one."""
    if not session.scenario.endswith(".py"):
        return b""
    with contextlib.suppress(OSError):
        return Path(session.scenario).read_bytes()
    return b""


def digest(code: bytes) -> str:
    """Return what names a text, empty for none."""
    return sha256(code).hexdigest() if code else ""


def kept_at(log: Path) -> Path:
    """Return where the code of a log is kept."""
    return log.with_name(f"{log.name}.py")


def keep(code: bytes, log: Path) -> None:
    """Keep the code that runs beside its log; a training goes on where that cannot be done."""
    with contextlib.suppress(OSError):
        if code:
            with kept_at(log).open("xb") as file:
                file.write(code)


def as_it_ran(session: Session, header: LogHeader, log: Path) -> tuple[Session, str]:
    """Return a session with the code that ran, and in words what speaks against it.

    Args:
        session: As the log has it.
        header: Of the log.
        log: Its path.
    """
    if not header.scenario_sha256:
        return session, ""
    for path in (Path(session.scenario), kept_at(log)):
        with contextlib.suppress(OSError):
            if digest(path.read_bytes()) == header.scenario_sha256:
                return session.model_copy(update={"scenario": str(path)}), ""
    why = f"{session.scenario} is not the code that ran, and {kept_at(log).name} is not there"
    return session, why
