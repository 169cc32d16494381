"""A scenario in this very process, and how its live parameters are turned. Pure."""

from pydantic import ValidationError

from rehabsim.base.errors import ScenarioError
from rehabsim.base.records import Record, State
from rehabsim.training.knob import Dial, dials_of
from rehabsim.training.scenario import Scenario, Step


class OwnStage:
    """Stands between a session and its scenario.

    Args:
        code: The scenario, ready for its first state.

    Attributes:
        code: The same.
        name: Of the scenario.
        Scene: Of the scenario.
        dials: Its parameters that have a knob.
        values: What they are now, by name.
        perturbs: It may wish for perturbations.
        tasks: Kinds of tasks that it has.

    Raises:
        ScenarioError: A knob is on what cannot be turned.
    """

    def __init__(self, code: Scenario) -> None:
        self.code = code
        self.name: str = code.name
        self.Scene: type[Record] = code.Scene
        self.perturbs = bool(getattr(code, "perturbs", False))
        self.tasks: tuple[str, ...] = tuple(getattr(code, "tasks", ()))
        try:
            self.dials: tuple[Dial, ...] = dials_of(type(code).Params)
            self.values = {d.name: float(getattr(code.params, d.name)) for d in self.dials}
        except (TypeError, AttributeError) as error:
            raise ScenarioError(f"scenario {code.name}: {error}.") from error

    def step(self, state: State) -> Step:
        """Return the scenario's answer to `state`."""
        return self.code.step(state)

    def turn(self, values: dict[str, float]) -> None:
        """Have the scenario go on with other parameters.

        Args:
            values: By name; those not named stay.

        Raises:
            ValueError: The scenario's rules do not allow it; nothing was changed.
        """
        params = self.code.params
        whole = {d.name for d in self.dials if d.is_whole}
        turned = {k: int(v) if k in whole and v.is_integer() else v for k, v in values.items()}
        try:
            self.code.params = type(params).model_validate(params.model_dump() | turned)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or ", ".join(values)
            said = str(first["msg"]).removeprefix("Value error, ")
            raise ValueError(f"{where}: {said}") from None
        self.values.update(values)
