"""Programmes that are shipped are done by their own simulated patients: a whole visit, to its end.

Blocks are done in short, by the scale of `rehabsim programme run --part`: so much of each time and
count (`in_short`). Without more ado it is so few programmes that whatever a block may ask for is
asked for by one of them. REHABSIM_VISIT_PART is how much of every visit of every programme is done
instead; at 1 whole visits are.
"""

import os

import numpy as np
import pytest

from rehabsim.base.records import MODES
from rehabsim.session.log import LogReader
from rehabsim.session.programmes import load_programme, programme_files
from rehabsim.session.progress import load_progress
from rehabsim.session.subject import subject_of
from rehabsim.training.block_session import in_short
from rehabsim.training.programme import block_numbers
from rehabsim.training.progression import level_after

WHO = subject_of(4242)
ASKED_PART = os.environ.get("REHABSIM_VISIT_PART", "")
PART = float(ASKED_PART or 0.02)
EFFORT = {"6-20": 11, "0-10": 4}


def fullest_visit(programme):
    """Return the first visit that has most blocks."""
    return max(range(1, programme.visits + 1), key=lambda n: len(block_numbers(programme, n)))


def asked_for(name):
    """Return the world, test and settings that the blocks of a programme's fullest visit name."""
    programme = load_programme(name)
    asked = set()
    for number in block_numbers(programme, fullest_visit(programme)):
        block = programme.blocks[number - 1]
        asked.add(f"scenario {block.scenario}, standing: {block.is_standing}")
        asked.add(f"test {block.params.get('test')}")
        for key, value in block.model_dump(exclude_defaults=True).items():
            asked |= {f"{key} {word}" for word in (value if isinstance(value, dict) else [""])}
    return asked


def enough(names):
    """Return the few programmes whose blocks name whatever any block names."""
    asked = {name: asked_for(name) for name in names}
    left, chosen = set().union(*asked.values()), []
    while left:
        chosen.append(max(names, key=lambda name: len(asked[name] & left)))
        left -= asked[chosen[-1]]
    return chosen


def test_few_programmes_ask_for_everything():
    few, every = enough(programme_files()), programme_files()
    assert 3 <= len(few) < len(every)
    assert set().union(*map(asked_for, few)) == set().union(*map(asked_for, every))


@pytest.mark.parametrize("name", programme_files() if ASKED_PART else enough(programme_files()))
def test_a_whole_visit_runs_to_its_end_block_after_block(rehabsim, tmp_path, name):
    programme = load_programme(name)
    number = fullest_visit(programme)
    words = ["--virtual", "--subject", WHO, "--part", PART, "--visit", number, "--level", 0.3]
    words += ["--pain", 2, "--effort", EFFORT[programme.rule("effort").scale]]
    status, told, _ = rehabsim("programme", "run", name, *words, "--short-steps", "left")
    assert status == 0
    folder = tmp_path / "sessions" / "virtual"
    (visit,) = load_progress(folder, WHO).visits(name)
    short = in_short(programme, PART)
    assert (visit.is_over, visit.stopped, visit.part) == (True, "", PART)
    assert tuple(b.number for b in visit.blocks) == block_numbers(programme, number)
    before_ns = rest_s = 0
    for outcome in visit.blocks:
        block = short.blocks[outcome.number - 1]
        if outcome.is_left_out:
            assert block.needs_platform
            assert f"{outcome.note} This block is left out." in told
            continue
        check_block_log(folder / WHO / outcome.log, block, outcome, visit)
        assert outcome.ended_utc_ns - before_ns >= 1e9 * (rest_s + outcome.walked_s)
        before_ns, rest_s = outcome.ended_utc_ns, block.rest_s
    change = level_after(short, visit)
    assert (visit.next_level, visit.reason) == (change.level, change.reason)
    assert visit.reason in told
    assert "Not done to the end" not in visit.reason
    status, told, _ = rehabsim("programme", "next", WHO, "--folder", folder)
    assert (status, visit.reason in told) == (0, True)
    if number < programme.visits:
        assert f"Next: visit {number + 1} of" in told


def check_block_log(path, block, outcome, visit):
    """Make sure that a block ran in its world, and ended for the reason that is written down."""
    log = LogReader(path)
    assert log.header.session["scenario"] == block.scenario
    ticks = log.table("ticks")
    tries, successes = int(ticks["try_count"][-1]), int(ticks["success_count"][-1])
    assert (outcome.try_count, outcome.success_count) == (tries, successes)
    assert outcome.is_complete
    assert outcome.end in ("time", "tasks")
    planned_s = block.duration(visit.level)
    if outcome.end == "time":
        assert planned_s <= outcome.walked_s + 0.01 < planned_s + 9
    else:
        assert tries >= block.tasks
        assert outcome.walked_s < planned_s
    assert MODES[ticks["mode"][-1]] in ("idle", "locked")
    fastest_mps = np.nanmax(ticks["belt_left_speed_mps"])
    if not block.is_standing:
        assert fastest_mps > 0.25
    assert np.nanmax(np.abs(ticks["belt_left_speed_mps"][-1])) < 0.05
