"""What a scenario decides changes only on purpose: `python tests/goldens --write` and say why."""

import pytest
from goldens.golden import FOLDER, Golden, difference, path_of, read, record, write

from rehabsim.base.site import Session
from rehabsim.devices.driver import installed
from rehabsim.session.repertoire import SCENARIOS
from rehabsim.session.setup import ready_session

SCENARIO = """
from rehabsim.base.config import Strict
from rehabsim.base.records import Record, Wish
from rehabsim.training.scenario import Step


class Own:
    name = "own"

    class Params(Strict):
        pass

    class Scene(Record, frozen=True):
        way_m: float

    def __init__(self, params, seed):
        self.params = params

    def step(self, state):
        speed_mps = 0.4 if state.left_distance_m < 0.3 else 0.5
        return Step(Wish(speed_mps, speed_mps), self.Scene(state.left_distance_m))
"""


@pytest.mark.parametrize("name", sorted(installed(SCENARIOS)))
def test_a_scenario_decides_as_its_golden_says(name, tmp_path):
    path = path_of(name)
    assert path.exists(), f"{name} has no golden: python tests/goldens --write {name}"
    assert difference(read(path), record(ready_session(name), tmp_path / "now.mcap")) == ""


def test_there_is_one_small_golden_for_each_installed_scenario_and_no_other():
    found = list(FOLDER.glob("*.json"))
    assert {path.stem for path in found} == set(installed(SCENARIOS))
    for path in found:
        assert path.stat().st_size < 300_000


def test_what_is_written_is_read_again(tmp_path):
    golden = Golden(
        scenario="own",
        duration_s=2.0,
        final_scene={"way_m": 0.1, "none_m": None},
        events=["1 s scenario gate: Gate 1 passed."],
        mean={"scene.way_m": [0.1, None]},
        last={"scene.way_m": [1 / 3, None]},
    )
    write(golden, tmp_path / "own.json")
    assert read(tmp_path / "own.json") == golden
    assert difference(golden, golden) == ""


def test_a_changed_decision_is_told_with_its_first_second_and_its_columns(tmp_path):
    def golden(text, log):
        file = tmp_path / "own.py"
        file.write_text(text)
        return record(Session(scenario=str(file)), tmp_path / log, duration_s=9.0)

    was = golden(SCENARIO, "a.mcap")
    second = next(k for k, way_m in enumerate(was.last["scene.way_m"]) if way_m >= 0.3)
    told = difference(was, golden(SCENARIO.replace("else 0.5", "else 0.50001"), "b.mcap"))
    assert f"own.py: differs from second {second} on: " in told
    assert "ticks.wish_left_speed_mps was 0.4" in told
    assert "ticks.wish_right_speed_mps" in told


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({"last": {"scene.way_m": [1.0, 2.0 + 1e-5]}}, "second 1 on: scene.way_m was 2, is 2.0000"),
        ({"last": {"scene.way_m": [None, 2.0]}}, "second 0 on: scene.way_m was 1, is nothing"),
        ({"mean": {"scene.way_m": [1.0, 2.5]}}, "second 1 on: scene.way_m was 2, is 2.5"),
        ({"last": {"scene.way_cm": [1.0, 2.0]}}, "gone: scene.way_m; new: scene.way_cm"),
        ({"last": {"scene.way_m": [1.0]}}, "second 1 on: scene.way_m it is longer or shorter"),
        ({"events": ["1 s gate"]}, "said 'no more', says '1 s gate'"),
        ({"final_scene": {"way_m": 2.1}}, "its last scene differs in way_m"),
        ({"last": {"scene.way_m": [1.0 + 1e-8, 2.0]}}, ""),
    ],
)
def test_each_way_to_differ_is_told_and_a_last_bit_is_none(now, words):
    same = {
        "scenario": "own",
        "duration_s": 2.0,
        "final_scene": {"way_m": 2.0},
        "events": [],
        "mean": {"scene.way_m": [1.0, 2.0]},
        "last": {"scene.way_m": [1.0, 2.0]},
    }
    told = difference(Golden(**same), Golden(**same | now))
    assert words in told
    assert bool(told) == bool(words)
