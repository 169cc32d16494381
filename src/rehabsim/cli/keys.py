"""Commands for the keys of a room that is heard beyond its own computer."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from rehabsim.cli.terminal import out
from rehabsim.session import keys


def create(folder: Path) -> int:
    """Make the keys of a session and its gateway; name the folder in [publish] of the site file.

    Parameters
    ----------
    folder
        New folder, for its owner alone; never put it under version control.
    """
    keys.create(folder)
    out.print(f"{folder}: made. Write keys = {str(folder)!r} under [publish].", soft_wrap=True)
    return 0


def add(
    folder: Path, name: str, *, observer: Annotated[bool, Parameter(negative=())] = False
) -> int:
    """Let one more client in, from the next start of a session on.

    Parameters
    ----------
    folder
        Of the keys.
    name
        How the client is called in logs: a to z, 0 to 9 and -.
    observer
        It may watch and stop, but start nothing.
    """
    path = keys.add(folder, name, "observer" if observer else "console")
    out.print(
        f"{path}: carry this to the client by a way that you trust, and delete it here.",
        soft_wrap=True,
        markup=False,
    )
    return 0


def list_command(folder: Path) -> int:
    """List who is let in.

    Parameters
    ----------
    folder
        Of the keys.
    """
    table = Table("name", "role", "public key", box=None, padding=(0, 2, 0, 0))
    for client in keys.load_allowed(folder):
        table.add_row(client.name, client.role, client.public)
    out.print(table)
    return 0


def remove(folder: Path, name: str) -> int:
    """Let a client in no more, from the next start of a session on.

    Parameters
    ----------
    folder
        Of the keys.
    name
        The client's.
    """
    keys.remove(folder, name)
    out.print(f"{name}: is let in no more.", markup=False)
    return 0
