"""Rests are held, stop rules end the visit, and whoever decides otherwise is written down."""

import pytest
from cli.test_visit import GOOD, REST, WHO, Belts, go
from training.programmes import programme

from rehabsim.base.config import load_toml
from rehabsim.base.site import Site
from rehabsim.cli.visit import Done, VisitRun
from rehabsim.cli.visit_ways import Given, VirtualDay
from rehabsim.session.progress import Progress, load_progress, save_progress
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.tries import Tries
from rehabsim.training.progression import Early, Visit

FIRST = GOOD[:4]
LAST = ["2", "11"]
TASK = ["2", "13"]


def test_the_next_block_is_refused_before_its_rest_is_over(tmp_path):
    lines = [*FIRST, *TASK, "on", "on", "end"]
    (visit,), belts, said, _ = go(tmp_path, lines)
    assert [title for title, *_ in belts.ran] == ["Warm", "Task"]
    assert said.count("Not yet: 30 of 30 s of rest are left.") == 2
    assert visit.stopped == "Ended by the therapist."


def test_waiting_lets_the_rest_pass_and_asks_once_more(tmp_path):
    day = VirtualDay()
    (visit,), belts, said, prompts = go(tmp_path, GOOD, day=day)
    assert "Waiting: 30 of 30 s of rest are left." in said
    task, standing = visit.blocks[1:]
    assert standing.ended_utc_ns - task.ended_utc_ns >= 1e9 * (30 + 10)
    assert sum("Next block (on), or end the visit?" in prompt for prompt in prompts) == 2
    assert len(belts.ran) == 3


def test_a_rest_that_passed_while_nobody_answered_is_over(tmp_path):
    day = VirtualDay()

    def late():
        day.wait(31)
        return "on"

    (visit,), _, said, _ = go(tmp_path, [*FIRST, *TASK, late, *LAST], day=day)
    assert "Not yet" not in said
    assert len(visit.blocks) == 3


def test_a_block_that_begins_sooner_says_who_decided_it_and_why_in_record_and_log(tmp_path):
    lines = [*FIRST, *TASK, "sooner", " physio AB ", "last bus", *LAST]
    (visit,), belts, said, prompts = go(tmp_path, lines)
    assert visit.blocks[1].early == Early("physio AB", "last bus", 30.0)
    note = "Begun with 30 s of rest left since the last block. physio AB: last bus"
    assert [order.markers for order in belts.orders] == [(), (), (note,)]
    assert "Begun although 30 of 30 s of rest are left" in said
    assert any("Who decides it" in prompt for prompt in prompts)
    assert visit.is_over


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ([""], "it has to be said who decides it, and why"),
        (["AB", ""], "it has to be said who decides it, and why"),
        (["AB", "born 1.2.1960"], "a note may not hold a date"),
        (["A" * 41, "late"], "who has 40 signs at most"),
        (["AB", "x" * 201], "who has 40 signs at most, why 200"),
    ],
)
def test_without_who_and_why_nothing_begins_sooner(tmp_path, typed, why):
    lines = [*FIRST, *TASK, "sooner", *typed, "end"]
    (visit,), belts, said, _ = go(tmp_path, lines)
    assert f"Not begun: {why}" in said
    assert len(belts.ran) == 2
    assert visit.blocks[1].early is None


def test_a_rest_goes_on_for_whoever_ends_the_program_and_begins_it_anew(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path, [*FIRST, *TASK, KeyboardInterrupt()])
    (visit,), belts, _, prompts = go(tmp_path, ["wait", "on", *LAST], after_s=12.0)
    assert "18 of 30 s of rest are left" in prompts[0]
    assert [title for title, *_ in belts.ran] == ["Standing"]
    assert visit.is_over


def test_a_block_that_was_cut_rests_before_it_is_done_again(tmp_path):
    belts = Belts(None, Done(5.0, Tries(), "Fell."))
    lines = [*FIRST, *TASK, "again", "on", "wait", "on", *REST]
    (visit,), _, said, _ = go(tmp_path, lines, belts)
    assert "Not yet: 30 of 30 s" in said
    assert [block.end for block in visit.blocks] == ["time", "stop", "time", "time"]


def test_a_stop_rule_ends_the_day_and_not_only_the_visit(tmp_path):
    (visit,), _, _, _ = go(tmp_path, ["2", "4", "12"])
    assert (visit.is_over, visit.stopped[:4]) == (True, "Pain")
    visits, belts, said, prompts = go(tmp_path, ["on", "end"], after_s=3600.0)
    assert (len(visits), belts.ran) == (1, [])
    assert "Not yet: The last visit ended less than 16 h ago; 15.0 h are left." in said
    assert len(prompts) == 2
    visits, belts, _, _ = go(tmp_path, ["sooner", "Dr C", "pain was a cramp", *GOOD], after_s=3600)
    assert visits[1].early == Early("Dr C", "pain was a cramp", 15 * 3600)
    note = "Begun with 15.0 h of rest left since the last visit. Dr C: pain was a cramp"
    assert [order.markers for order in belts.orders] == [(note,), (), ()]


def test_another_programme_does_not_begin_on_the_day_on_which_a_stop_rule_ended_one(tmp_path):
    go(tmp_path, ["2", "4", "12"])
    progress = load_progress(tmp_path, WHO)
    (stopped,) = progress.visits("mini.toml")
    save_progress(tmp_path, Progress(WHO).with_visit("other.toml", stopped))
    visits, belts, said, _ = go(
        tmp_path, ["on", "end"], after_s=stopped.blocks[-1].ended_utc_ns / 1e9 + 60
    )
    assert (visits, belts.ran) == ((), [])
    assert "The last visit ended less than 16 h ago" in said


def test_the_next_day_a_visit_begins_without_a_question(tmp_path):
    go(tmp_path, GOOD)
    visits, _, _, prompts = go(tmp_path, GOOD, after_s=17 * 3600.0)
    assert len(visits) == 2
    assert prompts[0].startswith("Pain before the visit")


def test_pain_that_is_told_while_a_block_runs_ends_it_and_the_visit(tmp_path):
    belts = Belts(Done(8.0, Tries(), ended="pain", pain=3.5))
    (visit,), belts, said, _ = go(tmp_path, ["2", "1", "12"], belts)
    assert belts.orders[0].ends.pain_nrs == 4
    assert belts.orders[0].ends.effort_rpe == 16
    assert len(belts.ran) == 1
    block = visit.blocks[0]
    assert (block.end, block.is_complete, block.pain) == ("pain", False, 4)
    assert visit.stopped.startswith("Pain rose by 2")
    assert "because of the pain that was told in it" in said


def test_a_test_whose_tasks_are_over_was_done_to_its_end_before_its_time(tmp_path):
    made = programme(blocks__3__tasks=6)
    belts = Belts(None, None, Done(4.0, Tries(6, 2), ended="tasks"))
    (visit,), belts, said, _ = go(tmp_path, GOOD, belts, made)
    assert belts.orders[2].ends.tries == 6
    block = visit.blocks[2]
    assert (block.end, block.is_complete, block.walked_s) == ("tasks", True, 4.0)
    assert "Block 4: 4 of 10 s, 2 of 6 tries. All of its tasks are over." in said
    assert visit.next_level == pytest.approx(0.3)


def test_what_needs_a_platform_is_left_out_without_one_and_holds_nobody_back(tmp_path):
    made = programme(blocks__1__needs_platform=True, progression__by="completion")
    (visit,), belts, said, _ = go(tmp_path, ["2", *TASK, "on", *LAST], made=made)
    assert "It needs a moving platform, and this room has none. This block is left out." in said
    assert [title for title, *_ in belts.ran] == ["Warm", "Standing"]
    assert visit.next_level == pytest.approx(0.3)


@pytest.mark.parametrize("rest_s", [600.0, 600 / 7])
def test_a_rest_of_a_simulated_visit_takes_no_time(tmp_path, rest_s):
    made, belts, day = programme(blocks__1__rest_s=rest_s), Belts(), VirtualDay()
    belts.day = day
    going = VisitRun(
        name="mini.toml",
        programme=made,
        progress=load_progress(tmp_path, WHO),
        folder=tmp_path,
        site=load_toml(SIMULATED_SITE, Site),
        adapted=lambda session: session,
        do=belts,
        answers=Given(2, 12),
        day=day,
        say=lambda _: None,
    )
    visit = going.run(Visit(1, 0.2))
    assert visit.is_over
    assert visit.blocks[2].ended_utc_ns - visit.blocks[1].ended_utc_ns >= 1e9 * (rest_s + 10)
