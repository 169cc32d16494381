"""The bench of every scenario with every simulated patient."""

from math import isnan, nan

import numpy as np
import pytest

from rehabsim.session.setup import ready_session
from rehabsim.session.together import together_plans
from rehabsim_validation.training import train
from rehabsim_validation.training_kept import Kept
from rehabsim_validation.training_page import Outcome, page, verdict
from rehabsim_validation.training_rig import Course, TrainingRig, Visit, course, session_of


def test_a_visit_is_a_whole_session_whose_difficulty_changes_of_itself():
    found = train(Visit("boat", "healthy", 1, 40.0))
    assert found.is_finished
    assert found.stops == ()
    assert found.tries >= 1
    assert found.first_level == pytest.approx(0.3)
    assert 0.5 < found.speed_mps < 1.3


def test_the_patient_sees_the_picture(monkeypatch):
    seen = []

    def watched(*args, **options):
        plan, laboratory = together_plans(*args, **options)
        seen.append((plan.eyes_url, laboratory.eyes_url))
        return plan, laboratory

    monkeypatch.setattr("rehabsim_validation.training.together_plans", watched)
    train(Visit("boat", "healthy", 1, 2.0))
    assert all(url for urls in seen for url in urls)
    assert seen


# -- without wires -------------------------------------------------------------------------


def test_who_stands_stands_and_who_walks_walks_as_fast_as_they_like():
    assert session_of(Visit("balance", "amputee", 1, 60.0)).cruise_speed_mps == 0.0
    assert session_of(Visit("boat", "hemiparetic", 1, 60.0)).cruise_speed_mps == 0.65
    assert session_of(Visit("boat", "healthy", 1, 60.0)).cruise_speed_mps == 1.1


@pytest.mark.parametrize("scenario", ["boat", "drive", "hike"])
def test_tasks_end_without_wires_and_nobody_falls(scenario):
    rig = TrainingRig(session_of(Visit(scenario, "healthy", 1, 60.0)), 1).live(60.0)
    assert not rig.has_fallen
    assert rig.tries


def leans(who, **adapt):
    """Return the rig of somebody who leans to eight targets."""
    session = session_of(Visit("balance", who, 1, 130.0))
    session = session.model_copy(update={"adapt": {**session.adapt, **adapt}})
    return TrainingRig(session, 1).live(130.0)


def test_the_healthy_reach_most_targets_at_the_limit_and_who_loses_balance_fewer():
    fixed = {"is_automatic": False}
    healthy, ill = (
        sum(is_done for _, is_done in leans(who, **fixed).tries[:8])
        for who in ("healthy", "balance_loss")
    )
    assert healthy >= 6
    assert ill < healthy


def test_targets_come_nearer_to_who_misses_them():
    ready = ready_session("balance").adapt
    assert ready["level"] == 0.75
    rig = leans("balance_loss", level=1.0, count=4)
    assert rig.levels[0][1] == 1.0
    assert rig.levels[-1][1] < 1.0
    assert np.ptp([level for _, level in rig.levels]) > 0
    said = [event.text for event in rig.events if event.kind == "adapt"]
    assert len(said) == len(rig.levels) - 1
    assert "targets at" in said[0]


def test_a_course_counts_late_tasks_changes_and_when_it_settled():
    visit = Visit("boat", "healthy", 1, 100.0)
    tries = [(10.0, True), (30.0, True), (60.0, False), (70.0, True), (90.0, True)]
    levels = [(0.0, 0.3), (20.0, 0.45), (40.0, 0.6), (80.0, 0.68)]
    found = course(visit, tries, levels, has_fallen=False)
    assert (found.tries, found.late_tries, found.late_done) == (5, 3, 2)
    assert (found.first_level, found.last_level, found.changes) == (0.3, 0.68, 3)
    assert found.settled_s == 40.0
    assert isnan(course(visit, [], [(0.0, nan)], has_fallen=True).late_frac)


# -- the page ------------------------------------------------------------------------------


def outcome(who, **changes):
    made = Outcome(Visit("boat", who, 1, 60.0), 10, 0.8, 0.7, 0.3, 0.45, 0.9, (), True)
    return made._replace(**changes)


def lived(who, seed, **changes):
    made = Course(Visit("boat", who, seed, 600.0), 30, 16, 12, 0.3, 0.5, 4, 200.0, False)
    return made._replace(**changes)


@pytest.mark.parametrize(
    ("done", "level", "said"),
    [
        (12, 0.5, "in the band"),
        (16, 1.0, "too easy at the hardest"),
        (16, 0.7, "still too easy"),
        (4, 0.0, "too hard at the easiest"),
        (4, 0.4, "still too hard"),
    ],
)
def test_a_verdict_tells_whether_the_band_was_or_could_be_reached(done, level, said):
    assert verdict([lived("healthy", 1, late_done=done, last_level=level)]) == said


def test_nobody_is_judged_by_no_task():
    assert verdict([lived("healthy", 1, late_tries=0, late_done=0)]) == "no tasks"


def test_the_page_tells_of_all_visits_together_and_makes_nothing_up():
    text = page(
        [
            lived("healthy", 1),
            lived("healthy", 2, late_done=16, last_level=1.0),
            lived("amputee", 1, tries=0, late_tries=0, late_done=0, has_fallen=True),
        ],
        [
            outcome("healthy"),
            outcome("amputee", tries=0, success_frac=nan, stops=("Fallen.",), is_finished=False),
        ],
    )
    assert "Of 2 pairs of scenario and patient: still too easy 1, no tasks 1." in text
    assert "| healthy | 2 | 0 | 30 | 0.88 of 32 (0.75 to 1.00) | 0.75 (0.50 to 1.00) |" in text
    assert "| amputee | 1 | 1 | 0 | – |" in text
    assert "| boat | amputee | 60 | no | 0 | – |" in text
    assert "- 1 x Fallen." in text
    assert "nan" not in text


def test_the_page_lists_what_is_not_in_the_band_how_sure_that_is_and_who_fell():
    text = page(
        [
            lived("healthy", 1),
            lived("balance_loss", 1, late_done=8, has_fallen=True),
        ],
        [outcome("healthy"), outcome("amputee", is_finished=False, stops=("Fallen.",))],
    )
    short = text.partition("## What falls short\n\n")[2].replace("\n  ", " ")
    assert short.splitlines() == [
        "- `boat`, balance loss: still too hard, 0.50 of 16 late tasks (by chance in 95 of 100:"
        " 0.28 to 0.72).",
        "- `boat`, balance loss: 1 of 1 visits ended in a fall.",
        "- `boat`, amputee: the session was stopped.",
    ]
    assert page([lived("healthy", 1)], [outcome("healthy")]).endswith(
        "Nothing of what is asked here.\n"
    )


def test_a_page_without_whole_sessions_says_so():
    text = page([lived("healthy", 1)], []).replace("\n", " ")
    assert "and no whole sessions, each from" in text
    assert "## Whole sessions" not in text


# -- what is kept --------------------------------------------------------------------------


def test_a_study_that_was_cut_short_goes_on_and_measures_nothing_twice(tmp_path):
    path, asked = tmp_path / "visits.jsonl", []
    visits = [Visit("boat", "healthy", seed, 600.0) for seed in (1, 2, 3)]

    def measure(visit):
        asked.append(visit.seed)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return lived("healthy", visit.seed)

    with pytest.raises(KeyboardInterrupt):
        Kept(path, Course).study(measure, visits, 1)
    found = Kept(path, Course).study(measure, visits, 1)
    assert asked == [1, 2, 3, 3]
    assert [each.visit for each in found] == visits
    assert Kept(path, Course).study(measure, visits, 1) == found
    assert Kept(path, Course).known([*visits, Visit("boat", "healthy", 4, 600.0)]) == found


def test_a_session_whose_difficulty_is_not_known_is_kept_as_it_is(tmp_path):
    path = tmp_path / "sessions.jsonl"
    visit = Visit("boat", "healthy", 1, 60.0)
    Kept(path, Outcome).study(lambda _: outcome("healthy", last_level=nan), [visit], 1)
    (found,) = Kept(path, Outcome).study(lambda _: pytest.fail("asked again"), [visit], 1)
    assert isnan(found.last_level)
