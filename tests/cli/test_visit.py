"""A visit goes on, ends and is remembered as the therapist's answers and the rules say."""

from itertools import chain, repeat

import pytest
from msgspec.structs import replace
from training.programmes import programme

from rehabsim.base.config import load_toml
from rehabsim.base.errors import LinkError
from rehabsim.base.site import Site
from rehabsim.cli.visit import Done, VisitRun
from rehabsim.cli.visit_ways import Asked, VirtualDay
from rehabsim.session.progress import load_progress
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.subject import subject_of
from rehabsim.session.tries import Tries
from rehabsim.training.progression import upcoming

WHO = subject_of(77)


class Typed:
    """A therapist who types these lines, one after another."""

    def __init__(self, *lines):
        self.lines, self.prompts = list(lines), []

    def __call__(self, prompt):
        self.prompts.append(prompt)
        line = self.lines.pop(0)
        if callable(line):
            line = line()
        if isinstance(line, BaseException):
            raise line
        return line


class Belts:
    """Sessions that last so long and succeed so often; remembers what it was asked to run."""

    def __init__(self, *endings):
        self.endings = chain(endings, repeat(None))
        self.ran, self.orders, self.day = [], [], None

    def __call__(self, order):
        self.orders.append(order)
        self.ran.append((order.block.title, order.session, order.path.name))
        order.path.parent.mkdir(parents=True, exist_ok=True)
        order.path.write_bytes(b"a log")
        self.day.wait(order.ends.walk_s)
        ending = next(self.endings)
        if isinstance(ending, BaseException):
            raise ending
        if ending is not None:
            self.day.wait(ending.rested_s)
            return ending
        is_task = "ask" in order.block.title
        return Done(order.ends.walk_s, Tries(20, 19) if is_task else Tries(), ended="time")


def go(folder, lines, belts=None, made=None, visit=None, *, day=None, after_s=86_400.0):
    """Do a visit with what a therapist types, so long after whatever went before."""
    made, belts, day = made or programme(), belts or Belts(), day or VirtualDay()
    typed, said = Typed(*lines), []
    progress = load_progress(folder, WHO)
    ended_ns = [b.ended_utc_ns for v in progress.visits("mini.toml") for b in v.blocks]
    day.wait(max(ended_ns, default=0) / 1e9 + after_s)
    belts.day = day
    going = VisitRun(
        name="mini.toml",
        programme=made,
        progress=progress,
        folder=folder,
        site=load_toml(SIMULATED_SITE, Site),
        adapted=lambda session: session,
        do=belts,
        answers=Asked(made, typed),
        day=day,
        say=said.append,
    )
    chosen = visit or upcoming(made, progress.visits("mini.toml"))
    going.check(chosen)
    try:
        going.run(chosen)
    finally:
        assert not typed.lines or any(isinstance(line, BaseException) for line in lines)
    return load_progress(folder, WHO).visits("mini.toml"), belts, "\n".join(said), typed.prompts


GOOD = ["2", "2", "12", "on", "2", "13", "wait", "on", "2", "11"]
REST = ["2", "13", "wait", "on", "2", "11"]


def test_a_whole_visit_runs_each_block_once_and_raises_the_level(tmp_path):
    (visit,), belts, said, prompts = go(tmp_path, GOOD)
    assert [title for title, *_ in belts.ran] == ["Warm", "Task", "Standing"]
    assert [name for *_, name in belts.ran] == [
        "mini-v1-b1.mcap",
        "mini-v1-b2.mcap",
        "mini-v1-b4.mcap",
    ]
    assert {session.subject for _, session, _ in belts.ran} == {WHO}
    assert visit.is_over
    assert (visit.level, visit.next_level) == (0.2, pytest.approx(0.3))
    assert [block.pain for block in visit.blocks] == [2, 2, 2]
    assert [block.effort for block in visit.blocks] == [12, 13, 11]
    assert visit.reason in said
    assert [block.end for block in visit.blocks] == ["time"] * 3
    assert any("30 of 30 s of rest are left" in prompt for prompt in prompts)


def test_what_was_told_at_a_console_is_not_asked_for_again_and_its_rest_counts(tmp_path):
    done = Done(60.0, Tries(20, 19), ended="time", pain=2.5, effort_rpe=13.0)
    at_console = replace(done, rested_s=31.0, has_gone_on=True)
    lines = ["2", "2", "12", "on", "2", "11"]
    (visit,), belts, said, prompts = go(tmp_path, lines, Belts(None, at_console))
    assert visit.is_over
    assert [block.pain for block in visit.blocks] == [2, 3, 2]
    assert [block.effort for block in visit.blocks] == [12, 13, 11]
    assert not any("of rest are left" in words for words in (*prompts, said))
    told, standing = visit.blocks[1], visit.blocks[2]
    assert standing.ended_utc_ns - told.ended_utc_ns == 1e9 * (31.0 + belts.orders[2].ends.walk_s)


def test_what_nobody_told_at_a_console_stays_untold(tmp_path):
    silent = Done(60.0, Tries(), ended="time", rested_s=31.0, has_gone_on=True)
    (visit,), *_ = go(tmp_path, ["2", *GOOD[4:]], Belts(silent))
    assert (visit.blocks[0].pain, visit.blocks[0].effort) == (None, None)


def test_effort_is_taken_on_the_scale_of_the_programme(tmp_path):
    made = programme()
    rules = tuple(
        rule.model_copy(update={"scale": "0-10", "at_least": 8}) if rule.what == "effort" else rule
        for rule in made.stop_rules
    )
    made = made.model_copy(update={"stop_rules": rules})
    told = Done(60.0, Tries(), ended="time", effort_rpe=19.0, effort_nrs=4.0, rested_s=31.0)
    told = replace(told, pain=2.0, has_gone_on=True)
    lines = ["2", "2", "4", "wait", "on", "2", "4"]
    (visit,), belts, *_ = go(tmp_path, lines, Belts(told), made)
    assert visit.blocks[0].effort == 4
    assert belts.orders[0].block.effort_scale == "0-10"
    assert (belts.orders[0].ends.effort_rpe, belts.orders[0].ends.effort_nrs) == (None, 8)


def test_pain_told_at_a_console_ends_the_visit_by_its_rule(tmp_path):
    sore = Done(60.0, Tries(), ended="time", pain=9.0, rested_s=31.0, has_gone_on=True)
    (visit,), belts, *_ = go(tmp_path, ["2"], Belts(sore))
    assert "pain" in visit.stopped.lower()
    assert len(belts.ran) == 1


def test_each_block_says_where_it_stands_in_the_visit_and_what_comes_after_its_rest(tmp_path):
    _, belts, *_ = go(tmp_path, GOOD)
    places = [order.block for order in belts.orders]
    assert [(p.number, p.count, p.title, p.next_title) for p in places] == [
        (1, 3, "Warm", "Task"),
        (2, 3, "Task", "Standing"),
        (3, 3, "Standing", ""),
    ]
    assert [p.lasts_s for p in places] == [order.ends.walk_s for order in belts.orders]
    assert places[1].rest_s == 30.0
    assert {(p.programme, p.visit, p.visits) for p in places} == {
        (programme().title, 1, programme().visits)
    }


def test_the_next_visit_has_the_next_level_and_its_own_blocks(tmp_path):
    go(tmp_path, GOOD)
    (_, second), belts, _, _ = go(tmp_path, GOOD)
    assert [title for title, *_ in belts.ran] == ["Warm", "Task", "Second task"]
    assert (second.visit, second.level) == (2, pytest.approx(0.3))
    task = belts.ran[1][1]
    assert task.params["wave_height_m"] == pytest.approx(0.12)


def test_nothing_runs_and_nothing_is_remembered_when_pain_forbids_to_begin(tmp_path):
    visits, belts, said, _ = go(tmp_path, ["6"])
    assert visits == ()
    assert belts.ran == []
    assert "does not begin" in said


def test_pain_that_rose_ends_the_visit_before_the_next_block_and_lowers_the_level(tmp_path):
    (visit,), belts, said, _ = go(tmp_path, ["2", "4", "12"])
    assert [title for title, *_ in belts.ran] == ["Warm"]
    assert visit.is_over
    assert "Pain rose by 2" in visit.stopped
    assert visit.next_level == pytest.approx(0.05)
    assert "help the person off the belts" in said


def test_effort_at_its_number_ends_the_visit(tmp_path):
    (visit,), belts, _, _ = go(tmp_path, ["2", "2", "16"])
    assert len(belts.ran) == 1
    assert "Effort is 16" in visit.stopped


def test_an_answer_off_the_scale_or_no_number_is_asked_for_again(tmp_path, capsys):
    lines = ["eleven", "11", "-1", "2", "2", "21", "5", "12", "perhaps", "on"]
    (visit,), _, _, _ = go(tmp_path, [*lines, *GOOD[4:]])
    assert visit.blocks[0].effort == 12
    assert "outside the scale" in capsys.readouterr().out


def test_what_is_not_told_is_remembered_as_not_told(tmp_path):
    (visit,), _, _, _ = go(tmp_path, ["2", "", "12", *GOOD[3:]])
    assert visit.blocks[0].pain is None
    assert visit.next_level == visit.level


def test_a_block_that_was_cut_can_be_done_again_into_a_log_of_its_own(tmp_path):
    belts = Belts(None, Done(5.0, Tries(1, 0), "Stopped."))
    lines = [*GOOD[:4], "2", "13", "again", "wait", "on", *REST]
    (visit,), belts, _, _ = go(tmp_path, lines, belts)
    assert [name for *_, name in belts.ran][1:3] == ["mini-v1-b2.mcap", "mini-v1-b2-again2.mcap"]
    assert [block.is_complete for block in visit.blocks] == [True, False, True, True]
    assert visit.blocks[1].stop == "Stopped."
    assert visit.next_level == visit.level
    assert "stopped in block 2: Stopped." in visit.reason


def test_a_block_that_was_cut_and_left_keeps_the_level(tmp_path):
    belts = Belts(None, Done(5.0, Tries(20, 20)))
    lines = [*GOOD[:4], "2", "13", "on", "wait", "on", "2", "11"]
    (visit,), belts, _, _ = go(tmp_path, lines, belts)
    assert [title for title, *_ in belts.ran] == ["Warm", "Task", "Standing"]
    assert visit.next_level == visit.level
    assert "block 2" in visit.reason


def test_a_therapist_may_end_the_visit_between_blocks_or_after_a_cut_one(tmp_path):
    (visit,), belts, _, _ = go(tmp_path / "a", ["2", "2", "12", "end"])
    assert (visit.is_over, visit.stopped, len(belts.ran)) == (True, "Ended by the therapist.", 1)
    cut = Belts(Done(1.0, Tries()))
    (visit,), belts, _, _ = go(tmp_path / "b", ["2", "2", "12", "end"], cut)
    assert (visit.is_over, visit.next_level, len(belts.ran)) == (True, visit.level, 1)


@pytest.mark.parametrize(
    ("lines", "untold"),
    [
        (["2", "2", "12", KeyboardInterrupt()], []),
        (["2", KeyboardInterrupt()], ["2", "12"]),
        (["2", "2", EOFError()], ["2", "12"]),
    ],
)
def test_whoever_is_interrupted_goes_on_after_the_last_block_that_was_done(tmp_path, lines, untold):
    with pytest.raises(type(lines[-1])):
        go(tmp_path, lines)
    (left,) = load_progress(tmp_path, WHO).visits("mini.toml")
    assert not left.is_over
    assert left.pain_before == 2
    (visit,), belts, _, _ = go(tmp_path, [*untold, *REST])
    assert [title for title, *_ in belts.ran] == ["Task", "Standing"]
    assert visit.is_over
    assert [block.number for block in visit.blocks] == [1, 2, 4]


@pytest.mark.parametrize(
    "error", [LinkError("Dead.", device="plates", url=""), KeyboardInterrupt()]
)
def test_a_session_that_dies_is_written_down_and_its_block_comes_again(tmp_path, error):
    with pytest.raises(type(error)):
        go(tmp_path, ["2", "2", "12", "on"], Belts(None, error))
    (left,) = load_progress(tmp_path, WHO).visits("mini.toml")
    assert [block.number for block in left.blocks] == [1, 2]
    assert left.blocks[1].note in ("Dead.", "Ended from the keyboard.")
    _, belts, _, _ = go(tmp_path, ["2", "13", *REST])
    assert [name for *_, name in belts.ran] == ["mini-v1-b2-again2.mcap", "mini-v1-b4.mcap"]


def test_a_block_whose_scenario_is_not_installed_is_left_out_loudly(tmp_path):
    made = programme(blocks__3__scenario="levitate")
    (visit,), belts, said, _ = go(tmp_path, [*GOOD[:4], *REST[:4]], made=made)
    assert [title for title, *_ in belts.ran] == ["Warm", "Task"]
    assert "'levitate' is not installed here" in said
    assert visit.blocks[-1].is_left_out
    assert visit.next_level == pytest.approx(0.3)
