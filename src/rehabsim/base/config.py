"""Files that people write: strict, frozen, and explained when they are wrong."""

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rehabsim.base.errors import ConfigError

M = TypeVar("M", bound=BaseModel)

MAX_FILE_BYTES = 65536

Speed = Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)]
"""m/s"""
Accel = Annotated[float, Field(ge=0.01, le=25, allow_inf_nan=False)]
"""m/s²; less would not fit a treadmill's field, and no stop would ever end"""
Metres = Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)]
"""m"""


class Strict(BaseModel):
    """A table of a file or a request: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def load_toml(path: Path, model: type[M]) -> M:
    """Return the file at `path`, checked against `model`.

    Raises:
        ConfigError: The file is missing, is not TOML, or breaks a rule; each broken rule is
            named with its key, its value and what would be right.
    """
    try:
        table = tomllib.loads(_short_text(path))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}.") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}.") from error
    return check(table, model, where=str(path))


def _short_text(path: Path) -> str:
    """Return the text of a file that a person may have written: nothing endless, no device."""
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: longer than {MAX_FILE_BYTES} bytes; no such file is.")
    return data.decode()


def check(table: object, model: type[M], *, where: str) -> M:
    """Return `table` as a `model`, or raise one `ConfigError` that names every fault.

    Args:
        table: What was read.
        model: What it should be.
        where: File or place to name in the message.
    """
    try:
        return model.model_validate(table)
    except ValidationError as error:
        faults = [_sentence(fault, model) for fault in error.errors()]
        raise ConfigError(f"{where}: " + "; ".join(faults) + ".") from None


def _sentence(fault: Any, model: type[BaseModel]) -> str:
    location = [str(part) for part in fault["loc"]]
    key = ".".join(location)
    if fault["type"] == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        near = difflib.get_close_matches(location[-1], known, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"{key}: unknown key.{hint} Known: {', '.join(known)}"
    if fault["type"] == "missing":
        return f"{key}: missing; it has no default, someone has to decide"
    if fault["type"] == "model_type":
        return f"{key or 'everything'}: should be a table of keys, this is {fault['input']!r}"
    if fault["type"] == "value_error":
        return f"{key}: {fault['ctx']['error']}".removeprefix(": ")
    message = str(fault["msg"]).replace("Input should", "should", 1)
    return f"{key} = {fault['input']!r}: {message}{_unit_hint(key)}"


def _known_keys(model: type[BaseModel], path: list[str]) -> list[str]:
    for part in path:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return sorted(model.model_fields)


_UNITS = {
    "_mps2": "m/s²",
    "_mps": "m/s",
    "_radps2": "rad/s²",
    "_radps": "rad/s",
    "_rad": "rad",
    "_hz": "Hz",
    "_nm": "Nm",
    "_m": "m",
    "_s": "s",
    "_n": "N",
    "_kg": "kg",
    "_frac": "a fraction from 0 to 1",
}


def unit_of(key: str) -> str:
    """Return the unit that a name ends in, in words; empty where it has none."""
    return next((unit for suffix, unit in _UNITS.items() if key.endswith(suffix)), "")


def _unit_hint(key: str) -> str:
    unit = unit_of(key)
    return f" (a number in {unit})" if unit else ""
