"""A scenario in a process of its own answers as it does in ours, or says why it does not."""

import asyncio

import msgspec
import pytest
from session.platform_room import room
from walk import walk

from rehabsim.base.errors import ConfigError, ScenarioError
from rehabsim.base.site import Session
from rehabsim.session.answer import LostError
from rehabsim.session.stage import MAX_COLUMNS, staged
from rehabsim.training.motion import Deck
from scenarios.boat import Boat

pytestmark = pytest.mark.realtime

FILE = """
from rehabsim.base.config import Strict
from rehabsim.base.records import Record, Wish
from rehabsim.training.scenario import Step


class Own:
    name = "own"

    class Params(Strict):
        pass

    class Scene(Record, frozen=True):
        tick_count: int

    def __init__(self, params, seed):
        self.ticks = 0

    def step(self, state):
        self.ticks += 1
        {deed}
        return Step(Wish(0.1, 0.1), self.Scene(self.ticks))
"""


TURNED = """
from typing import Annotated

from pydantic import Field, model_validator

from rehabsim.base.config import Strict
from rehabsim.base.records import Record, Wish
from rehabsim.training.knob import Knob
from rehabsim.training.scenario import Step, Try


class Turned:
    name = "turned"

    class Params(Strict):
        width_m: Annotated[float, Field(ge=3, le=60), Knob("{} m wide", is_live=True)] = 12.0

        @model_validator(mode="after")
        def _fit(self):
            if self.width_m == 13:
                raise ValueError("13 brings no luck")
            return self

    class Scene(Record, frozen=True):
        width_m: float

    def __init__(self, params, seed):
        self.params = params

    def step(self, state):
        tries = (Try(True, 0.25), Try(False))
        return Step(Wish(0.1, 0.1), self.Scene(self.params.width_m), tries=tries)
"""


def apart(scenario, deed, *, site=None, **session):
    """Do something with a scenario's stage; return what came of it, and what contains it."""

    async def go():
        table = Session(scenario=str(scenario), **session)
        async with staged(table, where="s.toml", is_apart=True, site=site) as (stage, words):
            return deed(stage), words

    return asyncio.run(go())


def written(tmp_path, text):
    path = tmp_path / "own.py"
    path.write_text(text)
    return path


def steps(stage, duration_s=2.0):
    share = {"load_share_left_frac": 0.53}
    return [step for _, step in walk(stage, duration_s, gait=lambda t, s: share)]


def test_it_answers_bit_for_bit_as_it_does_here():
    there, words = apart("boat", steps, seed=3)
    here = steps(Boat(Boat.Params(), 3))
    assert msgspec.to_builtins(there) == msgspec.to_builtins(here)
    assert "limits" in words


def test_it_is_told_what_the_platform_may_do_as_it_is_here():
    small = room().platform_limits.model_copy(update={"max_roll_rad": 0.01})
    site = room().model_copy(update={"platform_limits": small})
    params = {"platform_gain": 1.0, "wave_height_m": 1.5}

    def rolled(stage):
        return [step.platform for _, step in walk(stage, 6.0, dt_s=0.02)]

    there, _ = apart("boat", rolled, site=site, params=params)
    boat = Boat(Boat.Params(**params), 1)
    boat.deck = Deck.of(small)
    assert there == rolled(boat)
    assert there != rolled(Boat(Boat.Params(**params), 1))


@pytest.mark.parametrize(
    ("deed", "why"),
    [
        ("1 / 0", "failed in own.py, line 21 (1 / 0): ZeroDivisionError"),
        ("raise SystemExit(7)", "ended (exit status 7)"),
        ("import time; time.sleep(5)", "did not answer within 1 s"),
        ("return 1", "failed"),
    ],
)
def test_it_says_why_there_is_no_answer(tmp_path, deed, why):
    path = written(tmp_path, FILE.format(deed=deed))
    with pytest.raises(LostError) as caught:
        apart(path, steps)
    assert str(caught.value).startswith(why)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("x = 1", "no class in it has Params and step"),
        ("import os; os._exit(3)", "ended (exit status 3)"),
        (FILE.format(deed="pass").replace("tick_count: int", "a: str"), "Scene.a"),
        (
            FILE.format(deed="pass").replace(
                "tick_count: int", "\n        ".join(f"f{i}: int" for i in range(MAX_COLUMNS + 1))
            ),
            f"a scene of at most {MAX_COLUMNS} columns",
        ),
    ],
)
def test_a_scenario_that_cannot_be_is_refused_before_anything_moves(tmp_path, text, why):
    with pytest.raises(ScenarioError) as caught:
        apart(written(tmp_path, text), steps)
    assert why in str(caught.value)


def test_what_is_wrong_in_the_session_file_is_said_as_always():
    with pytest.raises(ConfigError, match="wave_height_m"):
        apart("boat", steps, params={"wave_height_m": -1})
    with pytest.raises(ConfigError, match="unknown"):
        apart("boot", steps)


def test_its_knobs_are_turned_and_its_tries_come_back(tmp_path):
    def deed(stage):
        before = steps(stage, 0.02)[-1]
        stage.turn({"width_m": 5.0})
        with pytest.raises(ValueError, match="width_m: 13 brings no luck"):
            stage.turn({"width_m": 13.0})
        with pytest.raises(ValueError, match="less than or equal to 60"):
            stage.turn({"width_m": 61.0})
        return before, steps(stage, 0.02)[-1], stage.dials, stage.values

    (before, after, dials, values), _ = apart(written(tmp_path, TURNED), deed)
    assert (before.scene.width_m, after.scene.width_m) == (12.0, 5.0)
    assert [given.is_success for given in after.tries] == [True, False]
    assert after.tries[0].error_frac == 0.25
    (dial,) = dials
    assert (dial.name, dial.low, dial.high, dial.words(5.0)) == ("width_m", 3, 60, "5 m wide")
    assert values == {"width_m": 5.0}


def test_it_begins_at_the_level_that_adapts(tmp_path):
    adapt = {"ranges": [{"param": "width_m", "easy": 20.0, "hard": 10.0}], "level": 0.5}
    values, _ = apart(written(tmp_path, TURNED), lambda stage: stage.values, adapt=adapt)
    assert values == {"width_m": 15.0}


def test_a_knob_is_not_turned_once_its_process_is_gone(tmp_path):
    def deed(stage):
        stage.close()
        with pytest.raises(LostError):
            stage.turn({"width_m": 5.0})

    apart(written(tmp_path, TURNED), deed)
