"""A broken scenario is explained: file, line, the line itself, what is wrong and what to do."""

import re

import pytest
from walk import walk

from rehabsim.base.errors import ConfigError, ScenarioError
from rehabsim.session.answer import AnswerCheck, failure
from rehabsim.session.repertoire import cast_scenario

GOOD = """
from typing import Annotated

from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.base.records import Record, Wish
from rehabsim.training.knob import Knob
from rehabsim.training.scenario import Step


class Own:
    name = "own"

    class Params(Strict):
        gain: Annotated[float, Field(ge=0, le=5), Knob("gain {}")] = 1.0

    class Scene(Record, frozen=True):
        way_m: float

    def __init__(self, params, seed):
        self.params = params

    def step(self, state):
        return Step(Wish(0.1, 0.1), self.Scene(state.left_distance_m))
"""
PARAMS = GOOD[GOOD.index("    class Params") : GOOD.index("    class Scene")]
SCENE = GOOD[GOOD.index("    class Scene") : GOOD.index("    def __init__")]
RETURN = "return Step(Wish(0.1, 0.1), self.Scene(state.left_distance_m))"


@pytest.fixture
def cast(tmp_path):
    """Cast the good scenario with one text in it replaced by another."""

    def make(old, new, **params):
        assert old in GOOD
        path = tmp_path / "own.py"
        path.write_text(GOOD.replace(old, new, 1))
        return cast_scenario(str(path), params, 1, where="s.toml")

    return make


def test_the_scenario_that_is_broken_here_in_many_ways_is_whole(cast):
    scenario = cast(GOOD, GOOD)
    assert len(list(walk(scenario, 0.1))) == 25


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("return Step(", "return Step((", "return Step((Wish(0.1, 0.1)", "was never closed"),
        (f"        {RETURN}", f"       {RETURN}\n  x", "x", "unindent"),
        ("import Knob", "import Knop", "Knop", "did you mean Knob?"),
        ("import Field", "import Field\nimport no_such", "import no_such", "Install it for"),
        ("Annotated[float", "Annotated[flot", "gain: Annotated[flot", "did you mean float?"),
        (
            PARAMS,
            "",
            "class Own:",
            "has Scene and step but no Params; write a class Params(Strict)",
        ),
        ("def step", "def stepp", "class Own:", "has Params and Scene but no step"),
        ("class Params(Strict)", "class Params", "class Params:", "write class Params(Strict)"),
        (SCENE, "", "class Own:", "no Scene; write a class Scene(Record, frozen=True)"),
        ("Scene(Record, frozen=True)", "Scene", "class Scene:", "Scene is no Record"),
        ("way_m: float", "way_m: str", "way_m: str", "Scene.way_m is str"),
        ("way_m: float", "way_m: float | None", "way_m: float | None", "only int, float and bool"),
        ("] = 1.0", '] = "much"', "gain: Annotated", "default of gain, 'much', should be a"),
        ("] = 1.0", "] = 9.0", "gain: Annotated", "default of gain, 9.0, should be less than"),
        ("Field(ge=0, le=5), ", "", "gain: Annotated", "write Field(ge=…, le=…) beside it"),
        ("Annotated[float", "Annotated[str", "gain: Annotated[str", "gain"),
        ('Knob("gain {}")', 'Knob("gain {x}")', "gain: Annotated", "take one {}"),
        ("seed):", "seed):\n        1 / 0", "1 / 0", "ZeroDivisionError"),
        ('    name = "own"\n', "", "class Own:", 'write name = "own" in it'),
    ],
)
def test_what_cannot_begin_says_where_and_what_to_do(cast, tmp_path, old, new, line, words):
    with pytest.raises(ScenarioError) as caught:
        cast(old, new)
    text = str(caught.value)
    found = re.match(rf"scenario {tmp_path}/own\.py, line (\d+) \((.*?)\): ", text)
    assert found is not None, text
    told = (tmp_path / "own.py").read_text().splitlines()[int(found[1]) - 1].strip()
    assert text.removeprefix(found[0][: found.start(2)]).startswith(told)
    assert line in told
    assert words in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (GOOD, "", "no class in it has Params and step; `rehabsim new scenario NAME` shows one"),
        (GOOD, f"{GOOD}\n\nclass Two(Own):\n    pass\n", "(Own, Two); a file holds one scenario"),
        ("(self, params, seed)", "(self, params)", "takes 2 positional arguments but 3"),
        (GOOD, "\0", "null bytes"),
    ],
)
def test_what_has_no_line_is_told_all_the_same(cast, tmp_path, old, new, words):
    with pytest.raises(ScenarioError) as caught:
        cast(old, new)
    assert str(caught.value).startswith(f"scenario {tmp_path}/own.py: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("value", "words"),
    [("fast", "gain = 'fast': should be a valid number"), (9.0, "gain = 9.0: should be less")],
)
def test_a_parameter_of_the_wrong_kind_is_named_with_its_session_file(cast, value, words):
    with pytest.raises(ConfigError) as caught:
        cast(GOOD, GOOD, gain=value)
    assert str(caught.value).startswith("s.toml: params: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("return {}['way']", "line 25 (return {}['way']): KeyError: 'way'"),
        (
            "return state.cruise_speed",
            "line 25 (return state.cruise_speed): AttributeError: 'State' object has no attribute"
            " 'cruise_speed' (did you mean cruise_speed_mps?)",
        ),
        ("pass", "line 24: TypeError: the answer is NoneType, not Step"),
        (
            "return Step(Wish(0.1, 0.1), self.Scene('far'))",
            "line 24: TypeError: way_m = 'far' is not a number",
        ),
    ],
)
def test_a_step_that_fails_says_where_and_what(cast, new, words):
    state, _ = next(walk(cast(GOOD, GOOD), 0.01))
    scenario = cast(RETURN, new)
    with pytest.raises(Exception, match=r"\w") as caught:
        AnswerCheck(scenario.Scene).step(scenario.step(state))
    assert failure(caught.value, scenario) == f"failed in own.py, {words}"
