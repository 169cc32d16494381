"""Which scenarios there are: installed ones by name, others by the path of their file."""

import importlib.util
import inspect
import sys
from collections.abc import Collection
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, cast

from rehabsim.base.config import check
from rehabsim.base.errors import ConfigError
from rehabsim.devices.driver import installed
from rehabsim.session.inspection import check_name, check_parts, failing, only_scenario
from rehabsim.training.adapt_params import nearest
from rehabsim.training.motion import Deck
from rehabsim.training.scenario import Scenario

SCENARIOS = "rehabsim.scenarios"


def find_scenario(name: str) -> Path | None:
    """Return the file of a scenario's code, found without running any of it.

    Returns:
        None where an installed scenario is not in a file.

    Raises:
        ConfigError: There is none; the known ones are listed.
    """
    known = installed(SCENARIOS)
    if name in known:
        return _module_file(known[name].module)
    if not name.endswith(".py"):
        raise ConfigError(
            f"scenario {name!r}: unknown. Known: {', '.join(known)}; or give the path of a .py"
            " file."
        )
    if not Path(name).is_file():
        raise ConfigError(f"scenario {name}: no such file.")
    return Path(name)


def _module_file(module: str) -> Path | None:
    """Look a module up level by level, as an import does, but run no package on the way."""
    name, *rest = module.split(".")
    spec = importlib.util.find_spec(name)
    for part in rest:
        name = f"{name}.{part}"
        folders = spec.submodule_search_locations if spec is not None else None
        spec = PathFinder.find_spec(name, folders) if folders is not None else None
    return Path(spec.origin) if spec is not None and spec.has_location and spec.origin else None


def load_scenario(name: str) -> type[Scenario]:
    """Return the installed scenario called `name`, or the one in the file `name`.

    Raises:
        ConfigError: There is none; the known ones are listed.
        ScenarioError: The file cannot be run.
    """
    file = find_scenario(name)
    known = installed(SCENARIOS)
    if name in known:
        try:
            return cast("type[Scenario]", known[name].load())
        except Exception as error:
            raise failing(file or Path(name), error) from error
    assert file is not None
    return _scenario_in_file(file)


def _scenario_in_file(path: Path) -> type[Scenario]:
    spec = importlib.util.spec_from_file_location(f"rehabsim_scenario_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise failing(path, error) from error
    own = [k for k in vars(module).values() if inspect.isclass(k) and k.__module__ == spec.name]
    return cast("type[Scenario]", only_scenario(own, path))


def cast_scenario(
    name: str,
    params: dict[str, Any],
    seed: int,
    *,
    where: str,
    adapted: Collection[str] = (),
    deck: Deck | None = None,
) -> Scenario:
    """Return a scenario that is ready for its first tick, its parameters checked.

    Args:
        name: Of an installed one, or the path of a file.
        params: As the session file has them, those that adapt at their first level.
        seed: Of everything random.
        where: File to name in messages.
        adapted: Which were set by `[adapt]`: the nearest whole number where only those are taken.
        deck: What the room's platform may do for this person; None where there is none.

    Raises:
        ConfigError: Unknown scenario or a parameter that it refuses.
        ScenarioError: Its code cannot be run, or is no scenario.
    """
    kind = load_scenario(name)
    file = Path(getattr(sys.modules.get(kind.__module__), "__file__", None) or name)
    check_parts(kind, file)
    fields = kind.Params.model_fields
    whole = {name for name in adapted if name in fields and fields[name].annotation is int}
    params = {name: nearest(v) if name in whole else v for name, v in params.items()}
    checked = check(params, kind.Params, where=f"{where}: params")
    try:
        scenario = kind(checked, seed)
    except Exception as error:
        raise failing(file, error) from error
    check_name(scenario, file)
    if deck is not None and isinstance(getattr(scenario, "deck", None), Deck):
        scenario.deck = deck  # type: ignore[attr-defined]
    return scenario
