"""Commands for who is behind a subject's id: the only place where a name belongs."""

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape
from rich.table import Table

from rehabsim.base.errors import ConfigError, LogError
from rehabsim.cli.terminal import EXIT_FOUND, err, out
from rehabsim.session.identity import KeyFile, Person
from rehabsim.session.progress import FILE

FOLDER = Path("subjects")
PASSPHRASE_FILE = "REHABSIM_SUBJECTS_PASSPHRASE_FILE"
"""Names a file that holds the passphrase, for programs; a person is asked."""

Folder = Annotated[Path, Parameter(name="--folder")]


def create(*, folder: Folder = FOLDER) -> int:
    """Make a random id for a person, whose name is asked for; use it as `--subject`.

    Parameters
    ----------
    folder
        Where the encrypted key file lies; keep it apart from logs.
    """
    key_file = _open(folder)
    name, birth = _ask("Name: "), _ask("Date of birth (may be empty): ")
    person = key_file.create(name, birth, _ask("Note (may be empty): "))
    out.print(person.subject, markup=False)
    return 0


def lookup(words: str, *, folder: Folder = FOLDER) -> int:
    """Say who has an id, or which id somebody has.

    Parameters
    ----------
    words
        An id or a part of a name.
    folder
        Where the key file lies.
    """
    found = _open(folder).lookup(words)
    if not found:
        err.print(f"{words}: nobody.", markup=False)
        return EXIT_FOUND
    _show(found)
    return 0


def list_command(*, folder: Folder = FOLDER) -> int:
    """List everyone who has an id.

    Parameters
    ----------
    folder
        Where the key file lies.
    """
    _show(_open(folder).people())
    return 0


def delete(
    subject: str,
    *,
    folder: Folder = FOLDER,
    sessions: Path = Path("sessions"),
    with_sessions: Annotated[bool, Parameter(negative=())] = False,
) -> int:
    """Forget who is behind an id, and say which sessions are theirs.

    Parameters
    ----------
    subject
        The id.
    folder
        Where the key file lies.
    sessions
        Folder of session logs.
    with_sessions
        Delete these too; without it a person is asked.
    """
    _open(folder).delete(subject)
    out.print(f"{subject}: nobody knows any more who this was.", markup=False)
    logs = logs_of(subject, sessions)
    for path in logs:
        out.print(f"{path}", soft_wrap=True, markup=False)
    if not logs:
        out.print(f"No session of theirs in {sessions}.", soft_wrap=True, markup=False)
        return 0
    if not with_sessions and sys.stdin.isatty():
        with_sessions = _ask(f"Delete these {len(logs)} sessions too? (yes/no) ") == "yes"
    if with_sessions:
        for path in logs:
            path.unlink()
        out.print(f"{len(logs)} sessions deleted; reports and exports of them are yours to delete.")
    else:
        out.print("They are kept; --with-sessions deletes them.")
    return 0


def logs_of(subject: str, folder: Path) -> list[Path]:
    """Return the session logs and progress of one subject that lie in `folder` or below it.

    What `log recover` has kept of a damaged log is one, too.
    """
    from rehabsim.session.log import LogReader

    found = []
    for path in sorted((*folder.rglob("*.mcap"), *folder.rglob("*.mcap.damaged*"))):
        if path.is_symlink() or not path.is_file():
            continue
        try:
            header = LogReader(path, may_be_cut=True).header
        except LogError:
            err.print(f"{path}: cannot be read; look at it yourself.", markup=False)
            continue
        if header.session.get("subject") == subject:
            found.append(path)
    return found + [path for path in sorted(folder.rglob(FILE)) if path.parent.name == subject]


def _show(people: list[Person]) -> None:
    table = Table("subject", "name", "born", "note", box=None, padding=(0, 2, 0, 0))
    for person in people:
        words = (person.subject, person.name, person.birth, person.note)
        table.add_row(*(escape(word) for word in words))
    out.print(table)


def _open(folder: Path) -> KeyFile:
    named = os.environ.get(PASSPHRASE_FILE)
    if named:
        try:
            return KeyFile(folder, Path(named).read_text().rstrip("\n"))
        except OSError as error:
            raise ConfigError(f"{PASSPHRASE_FILE}={named}: {error.strerror}.") from None
    if not sys.stdin.isatty():
        raise ConfigError(f"passphrase: nobody to ask; name its file in {PASSPHRASE_FILE}.")
    return KeyFile(folder, getpass.getpass("Passphrase of the key file: "))


def _ask(question: str) -> str:
    """Return one line from whoever types, or from standard input; never from the command line."""
    if sys.stdin.isatty():
        return input(question).strip()
    return sys.stdin.readline().strip()
