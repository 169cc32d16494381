"""Difficulty that follows the person, as whole sessions in virtual time."""

from pathlib import Path

import numpy as np
import pytest
import tasks
from still_lake import record

from rehabsim.base.errors import ConfigError
from rehabsim.research.measures import measures_of
from rehabsim.research.page import render_page
from rehabsim.research.walk import read_walk
from rehabsim.session.replay import replay

TASKS = str(Path(tasks.__file__))
WIDTH = {"param": "width_m", "easy": 16.0, "hard": 4.0}
BUOYS = {"param": "buoy_count", "easy": 1.0, "hard": 6.0}
ADAPT = {"ranges": [WIDTH], "level": 0.25, "count": 4}


def adapted(path, **adapt):
    return record(path, 20.0, scenario=TASKS, params={}, adapt=ADAPT | adapt)


def test_it_gets_harder_for_who_succeeds_and_it_replays_and_is_reported(tmp_path):
    _, log = adapted(tmp_path / "a.mcap", is_automatic=True)
    ticks = log.table("ticks")
    count = int(ticks["try_count"][-1])
    assert count >= 8
    assert ticks["success_count"][-1] == count
    levels = np.unique(ticks["level"])
    assert levels[:3] == pytest.approx([0.25, 0.40, 0.55])
    assert replay(tmp_path / "a.mcap").difference is None
    walk = read_walk(log)
    measures = measures_of(walk)
    found = {m.name: m.value for m in measures}
    assert found["task_count"] == count
    assert found["task_success_share"] == 1.0
    assert found["difficulty_level"] == levels[-1]
    page = render_page(log.header, "a.mcap", walk, measures, [])
    assert "Difficulty 0.25 → 0.40: 4 of the last 4 tasks done, over 85%" in page


def test_a_whole_number_goes_with_the_level_as_the_nearest(tmp_path):
    _, log = adapted(tmp_path / "a.mcap", ranges=[WIDTH, BUOYS], level=0.3, is_automatic=True)
    texts = [event.text for event in log.events() if event.kind == "adapt"]
    assert texts[0].endswith("gates 10.6 m wide, 3 buoys.")
    assert texts[1].endswith("gates 8.8 m wide, 4 buoys.")
    assert replay(tmp_path / "a.mcap").difference is None


@pytest.mark.parametrize(("task", "is_followed"), [("step", True), ("jump", False)])
def test_the_level_follows_only_the_tasks_that_the_file_names(tmp_path, task, is_followed):
    _, log = adapted(tmp_path / "a.mcap", tasks=[task], is_automatic=True)
    ticks = log.table("ticks")
    assert ticks["try_count"][-1] >= 8
    assert (ticks["level"][-1] > 0.25) == is_followed


def test_a_suggestion_alone_changes_nothing(tmp_path):
    _, log = adapted(tmp_path / "a.mcap")
    assert set(log.table("ticks")["level"]) == {0.25}
    texts = [event.text for event in log.events() if event.kind == "adapt"]
    assert texts
    assert all(text.startswith("Suggested: difficulty 0.25 → 0.40") for text in texts)


@pytest.mark.parametrize(
    ("adapt", "why"),
    [
        (
            {"ranges": [{"param": "x_m", "easy": 1.0, "hard": 2.0}]},
            r"params: x_m: unknown key",
        ),
        (
            {"ranges": [{**WIDTH, "easy": 61.0}], "level": 0.5},
            r"adapt.ranges 1: width_m = 61 is outside its range, 3 to 60",
        ),
        (
            {"ranges": [{**BUOYS, "hard": 5.5}]},
            r"adapt.ranges 1: buoy_count = 5.5: takes whole numbers only, so both ends must be one",
        ),
        (
            {"tasks": ["jump", "hop"]},
            r"adapt.tasks: tasks has no tasks called 'hop'. It has: step, jump.",
        ),
        ({"level": 2.0}, r"adapt: level = 2.0: should be less than or equal to 1"),
    ],
)
def test_a_table_that_cannot_be_is_refused_before_anything_runs(tmp_path, adapt, why):
    with pytest.raises(ConfigError, match=why):
        adapted(tmp_path / "a.mcap", **adapt)
    assert not (tmp_path / "a.mcap").exists()
