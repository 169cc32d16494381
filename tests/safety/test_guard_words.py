"""What the guard says when it refuses, and what a STOP does to belts that are locked already."""

import pytest
from safety.bench import Bench


def test_a_stop_leaves_locked_belts_locked_with_their_first_cause():
    bench = Bench()
    decision = bench.tick("stop")
    assert decision.state.mode == "locked"
    assert decision.state.cause == "start-up"
    assert decision.state.severity == "none"
    assert decision.events == ()
    assert [answer.is_accepted for answer in decision.answers] == [True]


def test_a_command_is_valid_for_60_ms():
    assert Bench().tick().command.ttl_s == 0.06


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("arm", "Arm works when idle; the belts are locked."),
        ("start", "Start works when armed; the belts are locked."),
        ("pause", "Pause works while the belts move; they are locked."),
    ],
)
def test_a_refusal_says_when_it_would_work(name, reason):
    (answer,) = Bench().tick(name).answers
    assert not answer.is_accepted
    assert answer.reason == reason


def test_a_reset_of_unlocked_belts_says_when_it_would_work():
    bench = Bench()
    bench.tick("reset")
    (answer,) = bench.tick("reset").answers
    assert answer.reason == "Reset works when locked; the belts are idle."


def test_a_reset_of_idle_belts_is_for_a_treadmill_that_holds_them():
    bench = Bench()
    bench.tick("reset")
    held = {"hold": "its computer connected anew"}
    (refused,) = bench.tick("arm", **held).answers
    assert refused.reason.startswith("Not ready: the treadmill holds its belts: its computer")
    assert bench.tick("reset", **held).answers[0].is_accepted
    assert bench.state.mode == "idle"
    assert bench.tick("arm").answers[0].is_accepted
    assert not bench.tick("reset", **held).answers[0].is_accepted


def test_starting_is_told_as_a_change_of_mode_and_stopping_as_a_stop():
    bench = Bench().walk()
    assert "mode" in {e.kind for d in bench.decisions for e in d.events if "Started" in e.text}
    assert [e.kind for e in bench.tick("stop").events] == ["stop"]


def test_arm_is_refused_with_the_first_of_several_causes():
    bench = Bench()
    bench.tick("reset")
    (answer,) = bench.tick("arm", wish_age_ns=10**9, plate_age_ns=10**9).answers
    assert answer.reason == "Not ready: the session's last wish is 1.000 s old, limit 0.100 s."


def test_a_pause_is_called_so_while_the_belts_slow_down():
    bench = Bench().walk()
    assert bench.tick("pause").state.cause == "paused"


def test_a_pause_that_becomes_a_stop_is_told_as_a_stop():
    bench = Bench().walk()
    bench.tick("pause")
    (event,) = bench.tick(plate_age_ns=10**9).events
    assert (event.kind, event.severity) == ("stop", "ramp")
