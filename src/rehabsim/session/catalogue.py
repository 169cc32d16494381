"""What is installed to train with, and what its parameters mean, for people to read."""

import re
from inspect import cleandoc
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt

from rehabsim.base.config import Strict, unit_of
from rehabsim.base.records import Record
from rehabsim.devices.driver import installed
from rehabsim.session.repertoire import SCENARIOS
from rehabsim.training.knob import Knob

_ENTRY = re.compile(r"^    (\w+): (.*)$")
_SIGNS = {Ge: ("≥", "ge"), Gt: (">", "gt"), Le: ("≤", "le"), Lt: ("<", "lt")}


class Installed(Record, frozen=True):
    """A scenario and, from its docstring, what it is."""

    name: str
    what: str


class Parameter(Record, frozen=True):
    """One parameter of a scenario.

    Attributes:
        name: With its unit.
        values: The range in words.
        unit: Empty for a plain number or a fraction.
        default: As a person writes it; empty where somebody has to decide.
        is_live: May be turned while somebody walks.
        what: In plain words.
    """

    name: str
    values: str
    unit: str
    default: str
    is_live: bool
    what: str

    def cells(self) -> tuple[str, ...]:
        """Return it as cells of a table."""
        values = f"{self.values} {self.unit}".strip()
        return (self.name, values, self.default, "live" if self.is_live else "", self.what)


def installed_scenarios() -> list[Installed]:
    """Return every installed scenario; one that cannot be loaded says why."""
    found = []
    for name, entry in installed(SCENARIOS).items():
        try:
            what = (entry.load().__doc__ or "").strip().partition("\n")[0]
        except Exception as error:  # Whatever a plug-in does, the others are listed.
            what = f"cannot be loaded: {type(error).__name__}: {error}"
        found.append(Installed(name, what))
    return found


def parameters_of(params: type[Strict]) -> list[Parameter]:
    """Return the parameters in the order in which they are written.

    What each means is told by its `Knob`, else by the docstring's `Attributes`.
    """
    told = _attributes(params.__doc__ or "")
    found = []
    for name, field in params.model_fields.items():
        knob = next((rule for rule in field.metadata if isinstance(rule, Knob)), None)
        default = "" if field.is_required() else _written(field.get_default())
        found.append(
            Parameter(
                name,
                _values(field.annotation, field.metadata),
                "" if name.endswith("_frac") else unit_of(name),
                default,
                knob is not None and knob.is_live,
                told.get(name, "") if knob is None else knob.says.format(default or "…"),
            )
        )
    return found


def _values(kind: Any, metadata: list[Any]) -> str:
    if kind is bool:
        return "true or false"
    if get_origin(kind) is Literal:
        return ", ".join(map(str, get_args(kind)))
    bounds = [
        (sign, getattr(rule, attribute))
        for rule in metadata
        for rule_kind, (sign, attribute) in _SIGNS.items()
        if isinstance(rule, rule_kind)
    ]
    signs = [sign for sign, _ in bounds]
    if signs in (["≥", "≤"], [">", "≤"]):
        above = "over " if signs[0] == ">" else ""
        return f"{above}{bounds[0][1]:g} to {bounds[1][1]:g}"
    words = ", ".join(f"{sign} {bound:g}" for sign, bound in bounds)
    return words or getattr(kind, "__name__", str(kind))


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _attributes(docstring: str) -> dict[str, str]:
    """Return the entries of a docstring's `Attributes`."""
    found: dict[str, str] = {}
    name = ""
    for line in cleandoc(docstring).partition("Attributes:\n")[2].splitlines():
        entry = _ENTRY.match(line)
        if entry is not None:
            name = entry[1]
            found[name] = entry[2].strip()
        elif name and line.startswith("     "):
            found[name] += f" {line.strip()}"
    return found
