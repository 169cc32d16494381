"""The state machine: every mode, every ask, and what a stop is."""

import itertools
from pathlib import Path

import pytest
from safety.bench import LIMITS, T_NS, Bench, ask, decide, in_mode, inputs

import rehabsim
from rehabsim.base.records import MODES, SEVERITIES, Wish
from rehabsim.safety.causes import is_at_rest
from rehabsim.safety.following import REST_MPS
from rehabsim.safety.guard import COMMAND_TTL_S, PAUSED
from rehabsim.safety.messages import GuardState

ASKS = ("arm", "start", "pause", "stop", "reset")


TABLE = {
    ("locked", "reset"): "idle",
    ("idle", "arm"): "armed",
    ("armed", "start"): "running",  # the wish of this table is where the belts already are
    ("armed", "pause"): "idle",
    ("starting", "pause"): "stopping",
    ("running", "pause"): "stopping",
    ("holding", "pause"): "stopping",
    ("perturbing", "pause"): "stopping",
    ("locked", "stop"): "locked",
    ("idle", "stop"): "locked",  # at rest already
    ("armed", "stop"): "locked",
    ("starting", "stop"): "stopping",
    ("running", "stop"): "stopping",
    ("holding", "stop"): "stopping",
    ("perturbing", "stop"): "stopping",
    ("stopping", "stop"): "stopping",
}
STAYS = {"starting": "running", "perturbing": "running"}  # likewise


@pytest.mark.parametrize(("mode", "name"), list(itertools.product(MODES, ASKS)))
def test_each_ask_does_what_the_table_says_in_each_mode(mode, name):
    decision = decide(in_mode(mode), ask(name, id="7"))
    (answer,) = decision.answers
    assert decision.state.mode == TABLE.get((mode, name), STAYS.get(mode, mode))
    assert answer.id == "7"
    assert answer.is_accepted is ((mode, name) in TABLE)
    assert (answer.reason == "") is answer.is_accepted
    if not answer.is_accepted:
        assert answer.reason.startswith(name.capitalize())
        assert answer.reason.endswith(f"{mode}.")


@pytest.mark.parametrize("mode", MODES)
def test_without_an_ask_a_mode_stays_and_nothing_is_answered(mode):
    decision = decide(in_mode(mode))
    assert decision.state.mode == STAYS.get(mode, mode)
    assert decision.answers == ()


def test_the_first_state_is_locked():
    decision = Bench().tick()
    assert decision.state.mode == "locked"
    assert decision.state.cause == "start-up"
    assert decision.command.left_speed_mps == decision.command.right_speed_mps == 0.0


def test_belts_move_only_after_reset_arm_and_start():
    for count in range(4):
        for order in itertools.permutations(("reset", "arm", "start", "pause"), count):
            bench = Bench()
            for name in order:
                bench.tick(name, wish=Wish(1.0, 1.0))
            bench.tick(wish=Wish(1.0, 1.0))
            acts = [name for name in order if name != "pause"]
            is_walking = bench.state.left_speed_mps > 0
            assert is_walking == (acts == ["reset", "arm", "start"] and order[-1] != "pause"), order


def test_arm_alone_moves_nothing_and_neither_does_start_alone():
    bench = Bench()
    bench.tick("reset")
    for _ in range(100):
        assert bench.tick("start", wish=Wish(1.0, 1.0)).command.left_speed_mps == 0.0
    bench.tick("arm", wish=Wish(1.0, 1.0))
    for _ in range(100):
        assert bench.tick("arm", wish=Wish(1.0, 1.0)).command.left_speed_mps == 0.0


# -- STOP ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("source", ["", "console", "anyone at all"])
@pytest.mark.parametrize(
    "spoilt",
    [{}, {"wish": None}, {"belt": None}, {"has_treadmill": False}, {"belt": (0.8, 0.8)}],
)
def test_stop_is_obeyed_in_every_mode_from_anyone_whatever_else_is_wrong(mode, source, spoilt):
    decision = decide(in_mode(mode), ask("stop", id="x", source=source), **spoilt)
    assert decision.state.mode in ("stopping", "locked")
    assert decision.command.left_speed_mps == decision.command.right_speed_mps == 0.0
    (answer,) = decision.answers
    assert (answer.id, answer.is_accepted, answer.reason) == ("x", True, "")


@pytest.mark.parametrize("mode", ["idle", "armed", "starting", "running", "stopping"])
def test_stop_is_fast_and_names_who_asked(mode):
    decision = decide(in_mode(mode), ask("stop", source="Ada"), belt=(0.8, 0.8))
    assert decision.state.severity == "fast"
    assert decision.state.cause == "STOP from Ada"
    assert decision.command.left_accel_mps2 == LIMITS.fast_mps2
    assert decision.command.right_accel_mps2 == LIMITS.fast_mps2
    event = decision.events[0]
    assert (event.kind, event.source, event.severity) == ("stop", "keeper", "fast")
    assert event.values == {"left_speed_mps": 0.8, "right_speed_mps": 0.8}
    assert event.t_ns == T_NS


@pytest.mark.parametrize("names", list(itertools.permutations(("reset", "arm", "start", "stop"))))
@pytest.mark.parametrize("mode", ["locked", "idle", "armed", "running"])
def test_a_stop_wins_over_everything_asked_at_the_same_moment(mode, names):
    decision = decide(in_mode(mode), *(ask(name, id=name) for name in names))
    assert decision.state.mode in ("stopping", "locked")
    assert decision.command.left_speed_mps == 0.0
    assert {a.id: a.is_accepted for a in decision.answers} == {
        "reset": False,
        "arm": False,
        "start": False,
        "stop": True,
    }
    refused = {a.reason for a in decision.answers if not a.is_accepted}
    assert refused == {"STOP was asked at the same moment."}


def test_a_stop_is_told_once_however_often_it_is_pressed():
    bench = Bench().walk()
    for _ in range(50):
        bench.tick(ask("stop", source="Ada"), ask("stop", source="Bo"), wish=Wish(1.0, 1.0))
    assert sum("STOP" in text for text in bench.texts()) == 1
    assert bench.state.cause == "STOP from Ada"


@pytest.mark.parametrize(
    ("was", "then", "severity"),
    [("none", "ramp", "ramp"), ("ramp", "fast", "fast"), ("fast", "ramp", "fast")],
)
def test_a_stop_only_becomes_harder(was, then, severity):
    state = in_mode("stopping", severity=was)
    spoilt = {"has_treadmill": False} if then == "ramp" else {}
    asks = (ask("stop"),) if then == "fast" else ()
    assert decide(state, *asks, **spoilt).state.severity == severity


def test_a_harder_cause_is_told_and_keeps_the_time_of_the_stop():
    state = in_mode("stopping", since_ns=T_NS - 10**9)
    decision = decide(state, ask("stop", source="Ada"))
    assert decision.state.since_ns == T_NS - 10**9
    assert decision.state.cause == "STOP from Ada"
    assert [event.text for event in decision.events] == ["STOP from Ada: the stop is now fast."]


def test_a_milder_or_equal_cause_changes_nothing_in_a_stop():
    decision = decide(in_mode("stopping"), has_treadmill=False)
    assert decision.state.cause == "something"
    assert decision.events == ()


def test_fast_is_never_softer_than_an_ordinary_ramp():
    softer = LIMITS.model_copy(update={"fast_mps2": 0.1})
    bench = Bench(softer).walk()
    assert bench.tick("stop").command.left_accel_mps2 == LIMITS.ramp_mps2


def test_a_stop_text_says_what_the_belts_do():
    moving, still = decide(in_mode("running"), ask("stop")), decide(in_mode("armed"), ask("stop"))
    assert moving.events[0].text == ("STOP from console: belts are ramping to rest at 1.20 m/s².")
    assert still.events[0].text == "STOP from console: belts are held at rest."


# -- latch, reset, rest --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("speed", "is_rest"),
    [
        (0.0, True),
        (REST_MPS, True),
        (-REST_MPS, True),
        (0.020001, False),
        (-0.020001, False),
        (float("nan"), False),
    ],
)
def test_rest_is_measured_on_both_belts(speed, is_rest):
    for belt in ((speed, 0.0), (0.0, speed), (speed, speed)):
        assert is_at_rest(inputs(0, belt=belt).belt) is is_rest
    assert not is_at_rest(None)


@pytest.mark.parametrize("mode", ["locked", "idle"])
@pytest.mark.parametrize("name", ["reset", "arm"])
@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"has_treadmill": False}, "Not ready: the treadmill's link is lost."),
        ({"belt": None}, "Not ready: the treadmill has not reported."),
        ({"belt": (0.021, 0.0)}, "The belts still move: 0.02 and 0.00 m/s."),
        ({"belt": (0.0, -0.5)}, "The belts still move: 0.00 and -0.50 m/s."),
        (
            {"belt": (float("nan"), 0.0)},
            "Not ready: the treadmill reports a speed that is not a number.",
        ),
        (
            {"belt_age_ns": 111_000_000},
            "Not ready: the treadmill's last report is 0.111 s old, limit 0.110 s.",
        ),
    ],
)
def test_reset_and_arm_need_belts_that_are_known_to_be_at_rest(mode, name, spoilt, reason):
    decision = decide(in_mode(mode), ask(name), **spoilt)
    assert decision.state.mode == mode
    if (mode, name) in TABLE:
        assert decision.answers[0].reason == reason
    assert not decision.answers[0].is_accepted


def test_start_needs_belts_at_rest():
    decision = decide(in_mode("armed"), ask("start"), belt=(0.5, 0.0))
    assert decision.state.mode == "armed"
    assert decision.answers[0].reason == "The belts still move: 0.50 and 0.00 m/s."


def test_reset_forgets_the_cause():
    state = in_mode("locked", severity="fast", cause="STOP from Ada")
    decision = decide(state, ask("reset", source="Ada"))
    assert (decision.state.severity, decision.state.cause) == ("none", "")
    assert decision.state.since_ns == T_NS
    assert [event.text for event in decision.events] == ["Unlocked by Ada."]


def test_a_refused_reset_keeps_the_cause():
    state = in_mode("locked", severity="fast", cause="STOP from Ada")
    decision = decide(state, ask("reset"), belt=(1.0, 1.0))
    assert (decision.state.severity, decision.state.cause) == ("fast", "STOP from Ada")


def test_after_a_stop_belts_at_rest_are_locked_and_keep_the_cause():
    bench = Bench().walk()
    bench.tick(ask("stop", source="Ada"))
    while bench.state.mode == "stopping":
        bench.tick(wish=Wish(1.0, 1.0))
    assert (bench.state.mode, bench.state.cause) == ("locked", "STOP from Ada")
    assert bench.state.severity == "fast"
    assert bench.texts()[-1] == "Belts at rest: locked."
    for name in ("arm", "start", "pause"):
        assert not bench.tick(name).answers[0].is_accepted


def test_a_stop_lasts_until_rest_is_measured():
    bench = Bench().walk()
    bench.tick("stop", belt=(1.0, 1.0))
    for spoilt in (
        {"belt": None},
        {"belt": (0.0, 0.03)},
        {"belt": (0.0, 0.0), "belt_age_ns": 120_000_000},
        {"belt": (0.0, 0.0), "has_treadmill": False},
    ):
        assert bench.tick(**spoilt).state.mode == "stopping"
    assert bench.tick(belt=(0.02, -0.02)).state.mode == "locked"


# -- pause ---------------------------------------------------------------------------------


def test_a_pause_is_an_ordinary_ramp_and_ends_idle():
    bench = Bench().walk()
    decision = bench.tick(ask("pause", source="Ada"), wish=Wish(1.0, 1.0))
    assert decision.state.cause == PAUSED
    assert decision.command.left_accel_mps2 == LIMITS.ramp_mps2
    assert decision.command.left_speed_mps == 0.0
    assert bench.texts()[-1] == "Paused by Ada: belts are ramping to rest."
    while bench.state.mode == "stopping":
        bench.tick(wish=Wish(1.0, 1.0))
    assert (bench.state.mode, bench.state.severity, bench.state.cause) == ("idle", "none", "")
    assert bench.texts()[-1] == "Belts at rest: idle."


def test_after_a_pause_it_takes_both_acts_again():
    bench = Bench().walk()
    bench.tick("pause")
    while bench.state.mode == "stopping":
        bench.tick("start", wish=Wish(1.0, 1.0))
    assert not bench.tick("start", wish=Wish(1.0, 1.0)).answers[0].is_accepted
    assert bench.tick("arm", wish=Wish(1.0, 1.0)).answers[0].is_accepted
    assert bench.tick("start", wish=Wish(1.0, 1.0)).state.mode == "starting"


def test_a_stop_in_a_pause_latches_and_hardens():
    state = in_mode("stopping", cause=PAUSED)
    decision = decide(state, ask("stop", source="Ada"))
    assert (decision.state.severity, decision.state.cause) == ("fast", "STOP from Ada")


def test_a_cause_in_a_pause_latches_it():
    bench = Bench().walk()
    bench.tick("pause")
    bench.tick(plate_age_ns=200_000_000)
    cause = "the newest force-plate sample is 0.200 s old, limit 0.120 s"
    assert bench.state.cause == cause
    assert bench.texts()[-1] == f"{cause}: the pause has become a stop."
    while bench.state.mode == "stopping":
        bench.tick()
    assert bench.state.mode == "locked"


def test_pausing_when_armed_disarms_at_once():
    decision = decide(in_mode("armed"), ask("pause", source="Ada"))
    assert decision.state.mode == "idle"
    assert [event.text for event in decision.events] == ["Disarmed by Ada."]


# -- what everyone is told -----------------------------------------------------------------


def test_every_change_of_mode_is_an_event():
    bench = Bench()
    bench.walk()
    bench.tick("pause", wish=Wish(1.0, 1.0))
    while bench.state.mode != "idle":
        bench.tick()
    bench.tick("arm")
    for _ in range(3000):
        bench.tick()
    before = GuardState().mode
    for decision in bench.decisions:
        changed = decision.state.mode != before
        assert changed == any(event.kind in ("mode", "stop") for event in decision.events)
        before = decision.state.mode
    news = [e for d in bench.decisions for e in d.events if e.kind == "mode"]
    assert {(event.source, event.severity) for event in news} == {("keeper", "none")}


@pytest.mark.parametrize("mode", MODES)
def test_an_event_without_a_measured_belt_has_no_numbers(mode):
    decision = decide(in_mode(mode), ask("stop"), belt=None)
    assert all(event.values == {} for event in decision.events)


def test_every_command_expires():
    bench = Bench().walk()
    assert {d.command.ttl_s for d in bench.decisions} == {COMMAND_TTL_S}


def test_severities_have_one_order():
    assert SEVERITIES == ("none", "warn", "hold", "ramp", "fast", "estop")


def test_only_the_guard_makes_a_belt_command():
    source = Path(rehabsim.__file__).parent
    makers = [p for p in source.rglob("*.py") if "BeltCommand(" in p.read_text(encoding="utf-8")]
    makers.remove(source / "base/records.py")  # class BeltCommand(Record)
    assert [p.relative_to(source).as_posix() for p in makers] == ["safety/guard.py"]
