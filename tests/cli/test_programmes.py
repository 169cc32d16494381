"""Programmes from the command line: told in words, followed visit by visit, and run."""

import re

import numpy as np
import pytest

from rehabsim.session.log import LogReader
from rehabsim.session.programmes import programme_files
from rehabsim.session.progress import load_progress
from rehabsim.session.replay import replay
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.subject import subject_of

WHO = subject_of(99)

MINI = """
title = "Mini"
review = "for a clinician to review"
group = "Nobody"
patient = "healthy"
purpose = "To be tested."
not_for = ["Anybody"]
before = ["Look"]
visits = 3
visits_per_week = 2
sources = ["Our choice"]
goals = [{ says = "Green" }]
stop_rules = [
    { what = "pain", scale = "0-10", at_least = 6, rise = 2 },
    { what = "effort", scale = "6-20", at_least = 16 },
]
stop_signs = ["Red"]
limits = { max_speed_mps = 1.2 }
progression = { effort_from = 11, effort_to = 14, min_tries = 2, source = "Our choice" }

[[blocks]]
title = "Task"
kind = "task"
says = "Steer."
source = "Our choice"
duration_s = 14
scenario = "boat"
cruise_speed_mps = 1.0
params = { wave_height_m = [0.0, 0.4], gate_spacing_m = 15.0, gate_width_m = [30.0, 20.0] }

[[blocks]]
title = "Standing"
kind = "measure"
says = "Stand."
source = "Our choice"
duration_s = 10
is_standing = true
scenario = "boat"
"""


@pytest.fixture
def mini(tmp_path):
    path = tmp_path / "mini.toml"
    path.write_text(MINI)
    return path


def record(rehabsim, visit, *words):
    told = ["--visit", visit, "--pain-before", 2, "--tries", 20, *words]
    told += [] if "--pain" in words else ["--pain", 2]
    told += [] if "--effort" in words else ["--effort", 12]
    return rehabsim("programme", "record", WHO, "stroke", *told)


def test_all_programmes_are_listed_and_each_can_be_shown(rehabsim):
    status, told, _ = rehabsim("programme", "list")
    assert status == 0
    for name in ("lbp-1-insufficient-core", "stroke", "return-to-running"):
        assert name in told


def test_a_programme_is_shown_with_all_that_a_clinician_judges(rehabsim):
    status, told, _ = rehabsim("programme", "show", "fall-prevention")
    assert status == 0
    for words in (
        "For a clinician to review.",
        "Not for",
        "8 visits, 2 a week",
        "7 to 20 in all, 1 to 2.9 a minute",
        "the belt under the foot that has just landed gets 0.1 to 0.45 m/s slower, at 3 m/s²",
        "tilt of the deck, left side down, by 2 to 3.4°",
        "Only in a room with a moving platform; elsewhere this block is left out.",
        "3 min at most, over after 8 trials; every 4 visits",
        "World: hike without slopes, side slopes, rough ground, swaying bridges, mud, lines, logs.",
        "No belt runs faster than 1.2 m/s",
        "comes 10 s or longer after the one before, comes only in a harness that is measured",
        'that caught the person before (in the report: "Stops")',
        "the first is that of the start and the second that of the goal",
        "only when the therapist says who decides so, and why",
        "Pain (0 to 10) is 5 or more, or has risen by 2 or more",
        "Effort (Borg 6 to 20) is 15 or more",
        "From visit to visit",
        "every block was done to its end, nothing stopped the belts",
        "PMC8344091",
    ):
        assert words in " ".join(told.split()), words


def test_an_unknown_programme_is_refused_with_the_known_ones(rehabsim):
    status, _, told = rehabsim("programme", "show", "stroqe")
    assert status == 2
    assert "'stroqe': unknown. Known: amputee, fall-prevention" in told


def test_visits_that_are_written_down_by_hand_lead_to_the_next_with_its_level(rehabsim):
    status, told, _ = record(rehabsim, 1, "--successes", 19)
    assert status == 0
    assert "rises from 0 % to 10 %" in told
    status, told, _ = rehabsim("programme", "next", WHO)
    assert status == 0
    assert "Visit 1 is over. 19 of 20 tries succeeded" in told
    assert "Next: visit 2 of 10, level 10 %" in told
    assert "gates 19.2 m wide" in told


def test_the_last_visit_can_be_corrected_and_an_older_one_cannot(rehabsim):
    record(rehabsim, 1, "--successes", 19)
    status, told, _ = record(rehabsim, 1, "--successes", 5)
    assert status == 0
    assert "below 65 %" in told
    record(rehabsim, 2, "--successes", 19)
    status, _, told = record(rehabsim, 1, "--successes", 5)
    assert status == 2
    assert "only visit 2 or 3 can be" in told
    assert record(rehabsim, 4, "--successes", 5)[0] == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--successes", "21"], "of 20 tries, give 0 to 20"),
        (["--successes", "2", "--pain", "11"], "11 is outside the scale 0-10 of pain"),
        (["--successes", "2", "--effort", "5"], "5 is outside the scale 6-20 of effort"),
    ],
)
def test_a_visit_with_impossible_numbers_is_not_written_down(rehabsim, tmp_path, words, told):
    status, _, said = record(rehabsim, 1, *words)
    assert status == 2
    assert told in said
    assert load_progress(tmp_path / "sessions", WHO).courses == ()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--subject", WHO, "--part", "0.5"], "--part is for virtual visits"),
        (["--virtual", "--part", "0.01"], "--part 0.01: give 0.02 to 1"),
        (["--virtual", "--part", "1.5"], "--part 1.5: give 0.02 to 1"),
        (["--virtual", "--short-steps", "both"], "--short-steps"),
        ([], "a programme follows one person"),
        (["--subject", "Jane"], "neither 'anonymous' nor an id"),
        (["--subject", WHO, "--pain", "2"], "--pain is for virtual visits; a person is asked"),
        (["--subject", WHO, "--visit", "4"], "--visit 4: give 1 to 3"),
        (["--subject", WHO, "--visit", "0"], "--visit 0: give 1 to 3"),
        (["--subject", WHO, "--level", "1.1"], "--level 1.1: give 0 (start) to 1 (goal)"),
        (["--subject", WHO, "--height", "5"], "body_height_m"),
    ],
)
def test_a_visit_that_cannot_be_is_refused_before_anything_starts(rehabsim, mini, words, told):
    status, _, said = rehabsim("programme", "run", mini, *words)
    assert status == 2
    assert told in " ".join(said.split())


def test_a_block_that_the_room_cannot_do_is_refused_before_the_first_one(rehabsim, mini):
    mini.write_text(MINI.replace("gate_spacing_m = 15.0", "gate_spacing_m = 14.0"))
    status, _, said = rehabsim("programme", "run", mini, "--subject", WHO)
    assert status == 2
    assert "gate_spacing_m = 14.0" in said


def test_a_virtual_visit_walks_each_block_as_long_as_written_and_is_in_nobodys_progress(
    rehabsim, mini, tmp_path
):
    words = ["--virtual", "--subject", WHO, "--pain", "2", "--effort", "12"]
    status, told, _ = rehabsim("programme", "run", mini, *words)
    assert status == 0
    assert load_progress(tmp_path / "sessions", WHO).courses == ()
    folder = tmp_path / "sessions" / "virtual"
    (visit,) = load_progress(folder, WHO).visits(str(mini))
    task, standing = visit.blocks
    assert 14.0 <= task.walked_s < 18.0
    assert standing.walked_s == pytest.approx(10.0, abs=0.1)
    assert task.try_count >= 1
    assert visit.reason in told
    log = LogReader(folder / WHO / "mini-v1-b1.mcap")
    gates = [event.text for event in log.events() if event.kind == "gate"]
    assert task.try_count == len(gates)
    assert task.success_count == sum("passed" in text for text in gates)
    belt_mps = log.table("ticks")["belt_left_speed_mps"]
    assert np.nanmax(belt_mps) > 0.9
    assert belt_mps[-1] < 0.05
    assert replay(folder / WHO / "mini-v1-b1.mcap").difference is None
    rested = LogReader(folder / WHO / "mini-v1-b2.mcap").table("ticks")
    assert np.nanmax(np.abs(rested["command_left_speed_mps"])) == 0.0


@pytest.mark.parametrize("name", programme_files())
def test_no_page_holds_numbers_that_nobody_reads(rehabsim, name):
    status, told, _ = rehabsim("programme", "show", name)
    assert status == 0
    assert not re.search(r"e\+\d|\bnan\b|None\b(?! of)|_|\[", told)
    assert max(map(len, told.splitlines())) <= 96


def test_belts_are_not_parted_before_somebody_says_whose_steps_are_shorter(rehabsim):
    status, _, said = rehabsim("programme", "run", "stroke", "--virtual", "--visit", 4)
    assert status == 2
    assert "stroke: blocks 6: one belt runs faster than the other here; say by --short-steps" in (
        " ".join(said.split())
    )


def test_a_room_whose_belts_may_not_be_so_far_apart_says_so_before_anything_moves(
    rehabsim, tmp_path
):
    text = SIMULATED_SITE.read_text()
    tight = tmp_path / "tight.toml"
    tight.write_text(text.replace("max_split_mps = 0.3", "max_split_mps = 0.2", 1))
    words = ["--virtual", "--visit", 4, "--short-steps", "left", "--site", tight]
    status, told, said = rehabsim("programme", "run", "stroke", *words)
    assert (status, told) == (2, "")
    assert "blocks 6: limits.max_split_mps: 0.3 is wider than the room's 0.2" in " ".join(
        said.split()
    )
    assert not (tmp_path / "sessions").exists()
