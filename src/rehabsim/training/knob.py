"""What a scenario's parameters mean to a therapist, and which may be turned live. Pure."""

from math import inf
from typing import Any, Literal

from annotated_types import Ge, Gt, Le, Lt

from rehabsim.base.config import Strict
from rehabsim.base.records import Record


class Knob(Record, frozen=True):
    """Written beside the range: `Annotated[float, Field(ge=3, le=60), Knob("gates {} m wide")]`.

    Attributes:
        says: The parameter in plain words, `{}` where its value goes.
        is_live: May be turned while somebody walks; the scenario reads it anew at every step.
        harder: Which way is harder for the person; none where it only makes it different.
        tap: One press on the console changes it by so much; 0 is a twentieth of its range.
    """

    says: str
    is_live: bool = False
    harder: Literal["more", "less", "none"] = "none"
    tap: float = 0.0


class Dial(Record, frozen=True):
    """A knob on a parameter, with its range.

    Attributes:
        name: The parameter, with its unit.
        low: Least value.
        high: Greatest value.
        knob: What it means.
        is_whole: Only whole numbers.
    """

    name: str
    low: float
    high: float
    knob: Knob
    is_whole: bool = False

    def words(self, value: float) -> str:
        """Return the parameter at `value` in plain words."""
        return self.knob.says.format(f"{value:.3g}")


def dials_of(params: type[Strict]) -> tuple[Dial, ...]:
    """Return the parameters that have a knob, in the order in which they are written.

    Raises:
        TypeError: A knob is on something that is no number, or has no range.
    """
    return tuple(
        _dial(name, field.annotation, field.metadata, knob)
        for name, field in params.model_fields.items()
        for knob in field.metadata
        if isinstance(knob, Knob)
    )


def _dial(name: str, kind: object, metadata: list[Any], knob: Knob) -> Dial:
    low, high = -inf, inf
    for rule in metadata:
        if isinstance(rule, Ge):
            low = float(rule.ge)  # type: ignore[arg-type]
        elif isinstance(rule, Gt):
            low = float(rule.gt)  # type: ignore[arg-type]
        elif isinstance(rule, Le):
            high = float(rule.le)  # type: ignore[arg-type]
        elif isinstance(rule, Lt):
            high = float(rule.lt)  # type: ignore[arg-type]
    if kind not in (float, int) or not -inf < low < high < inf:
        raise TypeError(f"{name}: a knob needs a number with a least and a greatest value")
    return Dial(name, low, high, knob, kind is int)
