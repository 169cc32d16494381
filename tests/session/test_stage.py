"""A scenario in a process of its own answers as it does in ours, or says why it does not."""

import asyncio

import msgspec
import pytest
from walk import walk

from rehabsim.base.errors import ConfigError, ScenarioError
from rehabsim.base.site import Session
from rehabsim.session.answer import LostError
from rehabsim.session.stage import MAX_COLUMNS, staged
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


def apart(scenario, deed, **session):
    """Do something with a scenario's stage; return what came of it, and what contains it."""

    async def go():
        table = Session(scenario=str(scenario), **session)
        async with staged(table, where="s.toml", is_apart=True) as (stage, words):
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
