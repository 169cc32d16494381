"""Commands for who writes scenarios: begin one, see what there is and what it takes."""

import keyword
from importlib.resources import files
from pathlib import Path
from string import Template

from rich.table import Table
from rich.text import Text

from rehabsim.base.errors import ConfigError
from rehabsim.cli.terminal import err, out

TEMPLATES = files("rehabsim.cli") / "templates"
TAKEN = {"Annotated", "Event", "Field", "Knob", "Params", "Record", "Scene", "State", "Step"}
TAKEN |= {"Strict", "Try", "Wish"}
"""What a new scenario's class cannot be called, since its file uses it."""


def new_scenario(name: str, *, folder: Path = Path()) -> int:
    """Write a small scenario NAME.py that runs, and its session NAME.toml.

    Parameters
    ----------
    name
        A Python name, such as even_walk.
    folder
        Where to; made where it is missing.
    """
    from rehabsim.devices.driver import installed
    from rehabsim.session.repertoire import SCENARIOS

    kind = "".join(word.capitalize() for word in name.split("_"))
    is_usable = kind.isidentifier() and len(name) <= 64 and not keyword.iskeyword(name)
    if not name.isidentifier() or not is_usable:
        raise ConfigError(f"{name!r} cannot name a scenario; take a Python name such as even_walk.")
    if name in installed(SCENARIOS):
        raise ConfigError(f"A scenario {name!r} is installed; choose another name.")
    code, session = folder / f"{name}.py", folder / f"{name}.toml"
    for path in (code, session):
        if path.exists():
            raise ConfigError(f"{path}: exists already and is left as it is; choose another name.")
    words = {
        "name": name,
        "file": str(code),
        "title": name.replace("_", " ").capitalize(),
        "kind": f"{kind}Scenario" if kind in TAKEN else kind,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, template in ((code, "scenario.txt"), (session, "session.txt")):
            text = (TEMPLATES / template).read_text(encoding="utf-8")
            with path.open("x", encoding="utf-8") as file:
                file.write(Template(text).substitute(words))
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be written to: {error.strerror}.") from error
    out.print(f"{code} and {session} are written. Next:", soft_wrap=True, markup=False)
    for command in (f"run {code} --virtual --duration 60", f"run {code} --open"):
        out.print(f"  rehabsim {command}", soft_wrap=True, markup=False)
    return 0


def scenarios(name: str | None = None) -> int:
    """List the installed scenarios; with a NAME or a file, what its parameters mean.

    Parameters
    ----------
    name
        An installed scenario, or the path of a .py file.
    """
    from rehabsim.session.catalogue import installed_scenarios, parameters_of
    from rehabsim.session.repertoire import load_scenario

    if name is None:
        table = Table("scenario", "what", box=None, padding=(0, 2, 0, 0))
        for row in installed_scenarios():
            table.add_row(row.name, row.what)
        out.print(table)
        err.print("rehabsim scenarios NAME tells its parameters.", soft_wrap=True)
        return 0
    kind = load_scenario(name)
    out.print((kind.__doc__ or kind.name).strip().partition("\n")[0], soft_wrap=True, markup=False)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("parameter", "range", "default", "live", "what"):
        table.add_column(column, no_wrap=column != "what")
    for parameter in parameters_of(kind.Params):
        table.add_row(*map(Text, parameter.cells()))
    out.print(table)
    return 0
