"""What is wrong with a scenario's code: one sentence with file, line, its text and what to do."""

import ast
import contextlib
import inspect
import sys
from pathlib import Path
from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError

from rehabsim.base.config import Strict
from rehabsim.base.errors import ScenarioError
from rehabsim.base.records import Record
from rehabsim.session.answer import hint, place
from rehabsim.training.knob import dials_of

_PARTS = {
    "Params": "a class Params(Strict)",
    "Scene": "a class Scene(Record, frozen=True)",
    "step": "def step(self, state)",
}


def failing(file: Path, error: BaseException) -> ScenarioError:
    """Return what to raise when a scenario's file, or what it does at its start, fails."""
    if isinstance(error, SyntaxError):
        text = f" ({error.text.strip()})" if error.text else ""
        line = f", line {error.lineno}{text}" if error.lineno else ""
        path = file if error.filename in (None, str(file)) else error.filename
        return ScenarioError(f"scenario {path}{line}: {error.msg}. Mend that line.")
    where = place(error, str(file)).removeprefix(" in ")
    line = f", {where.partition(', ')[2]}" if where.startswith(f"{file.name}, ") else ""
    what = f"{type(error).__name__}: {' '.join(str(error).split())}{hint(error)}"
    to_do = " Mend that line." if line else ""
    if isinstance(error, ModuleNotFoundError):
        to_do = f" Install it for {sys.executable}, or do without."
    return ScenarioError(f"scenario {file}{line}: {what}.{to_do}")


def only_scenario(classes: list[type], file: Path) -> type:
    """Return the one class of a file that is a scenario.

    Raises:
        ScenarioError: There is none, or more than one; what each lacks is told.
    """
    found = [kind for kind in classes if hasattr(kind, "step") and hasattr(kind, "Params")]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(kind.__name__ for kind in found)
        raise ScenarioError(
            f"scenario {file}: {len(found)} classes have Params and step ({names}); a file holds"
            " one scenario."
        )
    near = next((k for k in classes if any(hasattr(k, part) for part in _PARTS)), None)
    if near is None:
        raise ScenarioError(
            f"scenario {file}: no class in it has Params and step; `rehabsim new scenario NAME`"
            " shows one."
        )
    raise _wrong(file, (near.__name__,), _lack(near, "Params" if hasattr(near, "step") else "step"))


def check_parts(kind: type[Any], file: Path) -> None:
    """Check all of a scenario that can be seen before it begins.

    Raises:
        ScenarioError: Something is missing, or cannot be.
    """
    name = kind.__name__
    if not (inspect.isclass(kind.Params) and issubclass(kind.Params, Strict)):
        raise _wrong(file, (name, "Params"), "Params is no Strict; write class Params(Strict)")
    _check_params(kind.Params, file, name)
    scene = getattr(kind, "Scene", None)
    if scene is None:
        raise _wrong(file, (name,), _lack(kind, "Scene"))
    if not (inspect.isclass(scene) and issubclass(scene, Record)):
        what = "Scene is no Record; write class Scene(Record, frozen=True)"
        raise _wrong(file, (name, "Scene"), what)
    for field in msgspec.structs.fields(scene):
        if field.type not in (int, float, bool):
            told = getattr(field.type, "__name__", str(field.type))
            what = (
                f"Scene.{field.name} is {told}; a scene holds only int, float and bool, so tell"
                " words by an Event and code a choice as int"
            )
            raise _wrong(file, (name, "Scene", field.name), what)


def _check_params(params: type[Strict], file: Path, name: str) -> None:
    fields = params.model_fields.items()
    default = {key: field.get_default() for key, field in fields if not field.is_required()}
    try:
        params.model_validate({k: v for k, v in default.items() if not isinstance(v, BaseModel)})
    except ValidationError as error:
        wrong = [fault for fault in error.errors() if fault["loc"] and fault["type"] != "missing"]
        for fault in wrong:
            key = str(fault["loc"][0])
            what = f"the default of {key}, {fault['input']!r}, {_asked(fault['msg'])}"
            raise _wrong(file, (name, "Params", key), what) from None
    try:
        dials = dials_of(params)
    except TypeError as error:
        key, _, what = str(error).partition(": ")
        told = f"{key}: {what}; write Field(ge=…, le=…) beside it"
        raise _wrong(file, (name, "Params", key), told) from error
    for dial in dials:
        try:
            dial.words(dial.low)
        except (LookupError, ValueError) as error:
            what = f"the words of the knob {dial.knob.says!r} take one {{}}, where the value goes"
            raise _wrong(file, (name, "Params", dial.name), what) from error


def check_name(scenario: Any, file: Path) -> None:
    """Check that a scenario that has begun has a name.

    Raises:
        ScenarioError: It has none that a log could hold.
    """
    name = getattr(scenario, "name", None)
    if not isinstance(name, str) or not (0 < len(name) <= 64 and name.isprintable()):
        kind = type(scenario).__name__
        what = f'{kind} needs a name of 1 to 64 letters; write name = "{file.stem}" in it'
        raise _wrong(file, (kind,), what)


def _asked(message: str) -> str:
    return message.replace("Input should", "should", 1)


def _lack(kind: type, part: str) -> str:
    there = [name for name in _PARTS if hasattr(kind, name)]
    has = f"has {' and '.join(there)} but " if there else "has "
    return f"{kind.__name__} {has}no {part}; write {_PARTS[part]} in it"


def _wrong(file: Path, names: tuple[str, ...], what: str) -> ScenarioError:
    return ScenarioError(f"scenario {file}{_line(file, names)}: {what}.")


def _line(file: Path, names: tuple[str, ...]) -> str:
    """Return where something nested in a file's classes is defined, or the nearest around it."""
    with contextlib.suppress(OSError, ValueError, SyntaxError):
        text = file.read_text(encoding="utf-8")
        body, found = ast.parse(text).body, 0
        for name in names:
            node = next((node for node in body if name in _names(node)), None)
            if node is None:
                break
            body, found = getattr(node, "body", []), node.lineno
        if found:
            return f", line {found} ({text.splitlines()[found - 1].strip()})"
    return ""


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            return [name]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            return []
