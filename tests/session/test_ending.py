"""A session ends of itself when its time, its tasks or what was told say so, and not before."""

from math import isnan
from types import SimpleNamespace

import pytest

from rehabsim.session.ending import Ending, Ends
from rehabsim.session.requests import ClientRequest

TICK_S = 0.004


def tick(mode="running", tries=0, dt_s=TICK_S):
    return SimpleNamespace(
        state=SimpleNamespace(mode=mode, dt_s=dt_s),
        tuned=SimpleNamespace(try_count=tries, success_count=0),
    )


def told(**numbers):
    return (ClientRequest("console", "r1", "rate", **numbers),)


def go(ending, duration_s, mode="running", tries=0):
    return [ending.step(tick(mode, tries), ()) for _ in range(round(duration_s / TICK_S))]


def test_time_counts_only_while_the_belts_follow():
    ending = Ending(Ends(walk_s=10.0))
    assert not any(go(ending, 30, "idle") + go(ending, 9.99) + go(ending, 30, "stopping"))
    assert go(ending, 0.02)[-1]
    assert ending.why == "time"


def test_nobody_walks_longer_because_ticks_were_missed():
    ending = Ending(Ends(walk_s=10.0))
    late = [ending.step(tick(dt_s=3 * TICK_S), ()) for _ in range(834)]
    assert (late[-2], late[-1]) == (False, True)


def test_it_says_how_long_the_belts_still_follow():
    ending = Ending(Ends(walk_s=10.0))
    go(ending, 4, "idle")
    go(ending, 4)
    assert ending.left_s == pytest.approx(6.0)
    go(ending, 20)
    assert ending.left_s == 0.0
    assert isnan(Ending(Ends(tries=3)).left_s)


def test_tasks_end_it_before_its_time():
    ending = Ending(Ends(walk_s=10.0, tries=3))
    assert not any(go(ending, 1, tries=2))
    assert ending.step(tick(tries=3), ())
    assert ending.why == "tasks"


@pytest.mark.parametrize(
    ("ends", "numbers", "why"),
    [
        (Ends(pain_nrs=4), {"pain_nrs": 3.5}, ""),
        (Ends(pain_nrs=4), {"pain_nrs": 4.0}, "pain"),
        (Ends(effort_rpe=16), {"effort_rpe": 15.0}, ""),
        (Ends(effort_rpe=16), {"effort_rpe": 16.0}, "effort"),
        (Ends(effort_nrs=7), {"effort_nrs": 6.0, "effort_rpe": 20.0}, ""),
        (Ends(effort_nrs=7), {"effort_nrs": 7.0}, "effort"),
        (Ends(pain_nrs=4, effort_rpe=16), {"pain_nrs": 9.0, "effort_rpe": 20.0}, "pain"),
        (Ends(), {"pain_nrs": 10.0, "effort_rpe": 20.0}, ""),
    ],
)
def test_what_is_told_while_it_runs_ends_it_at_its_number(ends, numbers, why):
    ending = Ending(ends)
    assert ending.step(tick(), told(**numbers)) == bool(why)
    assert ending.why == why


def test_it_remembers_the_greatest_that_was_told_and_the_first_reason():
    ending = Ending(Ends(walk_s=1.0, pain_nrs=8))
    ending.step(tick(), told(pain_nrs=3.0))
    ending.step(tick(), told(pain_nrs=2.0, effort_rpe=12.0))
    ending.step(tick(), ())
    assert (ending.pain_nrs, ending.effort_rpe) == (3.0, 12.0)
    go(ending, 2)
    ending.step(tick(), told(pain_nrs=9.0))
    assert (ending.why, ending.pain_nrs) == ("time", 9.0)


def test_other_requests_tell_nothing_and_nothing_ends_what_has_no_end():
    ending = Ending(Ends())
    assert not ending.step(tick(), (ClientRequest("console", "1", "pause"),))
    assert not any(go(ending, 100, tries=500))
    assert (ending.why, ending.pain_nrs, ending.effort_rpe) == ("", None, None)
