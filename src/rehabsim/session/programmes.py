"""Which programmes there are: files beside the installed scenarios, others by their path."""

from pathlib import Path

from rehabsim.base.config import load_toml
from rehabsim.base.errors import ConfigError
from rehabsim.base.site import Session, Site
from rehabsim.devices.driver import installed
from rehabsim.session.repertoire import SCENARIOS, find_scenario, load_scenario
from rehabsim.session.setup import make_core, make_scenario, tightened
from rehabsim.training.knob import Dial, dials_of
from rehabsim.training.programme import Programme

FOLDER = "programmes"
"""Of a package of scenarios."""


def programme_files() -> dict[str, Path]:
    """Return the files of the installed programmes by their names, in order."""
    files = [find_scenario(name) for name in installed(SCENARIOS)]
    folders = sorted({file.parent / FOLDER for file in files if file is not None})
    found = [path for folder in folders for path in folder.glob("*.toml")]
    return {path.stem: path for path in sorted(found, key=lambda path: path.stem)}


def load_programme(name: str) -> Programme:
    """Return the installed programme called `name`, or the one in the file `name`.

    Raises:
        ConfigError: There is none, or it breaks a rule.
    """
    known = programme_files()
    if name in known:
        return load_toml(known[name], Programme)
    if not name.endswith(".toml"):
        raise ConfigError(
            f"programme {name!r}: unknown. Known: {', '.join(known)}; or give the path of a .toml"
            " file."
        )
    return load_toml(Path(name), Programme)


def is_installed(scenario: str) -> bool:
    """Return whether a block with this scenario can be done here."""
    return scenario in installed(SCENARIOS) or scenario.endswith(".py")


def check_block(site: Site, session: Session, *, where: str) -> None:
    """Make sure that a room can do a block, before anybody stands on the belts.

    Raises:
        ConfigError: A parameter, limit, pacing or perturbation is refused; the numbers are told.
    """
    tight = tightened(site, session, where=where)
    scenario = make_scenario(session, where=where, site=tight)
    make_core(tight, session, scenario, where=where)


def dials_of_scenario(scenario: str) -> dict[str, Dial]:
    """Return what is known of a scenario's parameters by name; nothing where it is not installed.

    Raises:
        ScenarioError: Its file cannot be run.
    """
    if not is_installed(scenario):
        return {}
    return {dial.name: dial for dial in dials_of(load_scenario(scenario).Params)}
