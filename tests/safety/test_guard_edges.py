"""The guard at its boundaries, to the nanosecond, and everything it says there."""

import pytest
from msgspec import structs
from safety.bench import LIMITS, SOMEONE, T_NS, TICK_NS, Bench, ask, decide, in_mode, inputs

from rehabsim.base.records import Wish
from rehabsim.safety.causes import CAUSES
from rehabsim.safety.guard import guard
from rehabsim.safety.messages import GuardState

EXTRA = LIMITS.perturbation
FALLEN = structs.replace(SOMEONE, load_n=200.0, harness_n=400.0)
SLIP = Wish(0.5, 0.8, is_perturbation=True)
STUCK = "a force plate repeats the same numbers (cable or amplifier)"
LOST = "the treadmill's link is lost"


def told(decision):
    return [(event.kind, event.severity, event.text) for event in decision.events]


def ago(seconds, off_ns):
    """Return an instant `seconds` and `off_ns` before the decision."""
    return T_NS - round(seconds * 1e9) - off_ns


# -- time ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("off_ns", "mode"), [(0, "holding"), (1, "stopping")])
def test_the_speed_is_held_for_so_long_and_not_a_nanosecond_more(off_ns, mode):
    state = in_mode("holding", since_ns=ago(LIMITS.max_hold_s, off_ns))
    decision = decide(state, plates="stuck")
    assert decision.state.mode == mode
    if mode == "stopping":
        text = f"{STUCK}, for longer than 1.8 s: belts are ramping to rest at 0.60 m/s²."
        assert told(decision) == [("stop", "ramp", text)]
        assert decision.state.decel_mps2 == LIMITS.ramp_mps2


@pytest.mark.parametrize(("off_ns", "mode"), [(-1, "holding"), (0, "running")])
def test_what_held_the_speed_has_to_be_gone_for_a_second(off_ns, mode):
    decision = decide(in_mode("holding", held_ns=ago(1.0, off_ns)))
    assert decision.state.mode == mode
    if mode == "running":
        assert told(decision) == [
            ("mode", "none", "What held the speed has gone: the belts go on."),
            ("mode", "none", "At the wished speed: running."),
        ]


@pytest.mark.parametrize(("off_ns", "mode"), [(0, "perturbing"), (1, "running")])
def test_a_perturbation_lasts_so_long_and_not_a_nanosecond_more(off_ns, mode):
    state = in_mode(
        "perturbing",
        since_ns=ago(EXTRA.max_duration_s, off_ns),
        left_base_mps=0.8,
        right_base_mps=0.8,
    )
    decision = decide(state, wish=SLIP)
    assert decision.state.mode == mode
    assert decision.state.is_refused is (mode == "running")
    if mode == "running":
        text = "No perturbation: it lasted longer than 0.7 s."
        assert told(decision) == [("perturbation", "warn", text)]
        assert decision.state.perturbed_ns == T_NS


@pytest.mark.parametrize(("off_ns", "mode"), [(-1, "running"), (0, "perturbing")])
def test_a_perturbation_may_begin_after_its_pause_to_the_nanosecond(off_ns, mode):
    state = in_mode("running", perturbed_ns=ago(EXTRA.min_pause_s, off_ns))
    decision = decide(state, wish=SLIP)
    assert decision.state.mode == mode
    assert (decision.state.left_base_mps, decision.state.right_base_mps) == (0.8, 0.8)
    if mode == "perturbing":
        assert told(decision) == [("perturbation", "none", "A perturbation begins.")]


@pytest.mark.parametrize(
    ("asks", "spoilt", "mode"),
    [
        (("pause",), {}, "stopping"),
        (("stop",), {}, "stopping"),
        ((), {"plates": "stuck"}, "holding"),
        ((), {"plates": "exchanged"}, "stopping"),
        ((), {"wish": Wish(0.8, 0.8)}, "running"),
    ],
)
@pytest.mark.parametrize("was", ["perturbing", "running"])
def test_what_ends_a_perturbation_notes_when_and_nothing_else_does(was, asks, spoilt, mode):
    state = in_mode(was, left_base_mps=0.8, right_base_mps=0.8, perturbed_ns=7)
    decision = decide(state, *map(ask, asks), **{"wish": SLIP} | spoilt)
    assert decision.state.mode == mode
    assert decision.state.perturbed_ns == (T_NS if was == "perturbing" else 7)


@pytest.mark.parametrize(("before_ns", "due_mps"), [(0, 0.04), (1, pytest.approx(0.0, abs=1e-6))])
def test_at_the_first_decision_belts_should_be_where_they_are(before_ns, due_mps):
    decision = guard(GuardState(t_ns=before_ns), inputs(2, belt=(0.04, 0.04)), LIMITS)
    assert decision.state.left_due_mps == decision.state.left_slow_mps == due_mps
    assert decision.state.right_due_mps == decision.state.right_slow_mps == due_mps


@pytest.mark.parametrize(
    "spoilt", [{"has_treadmill": False}, {"belt_age_ns": 200_000_000}], ids=["no link", "late"]
)
def test_belts_of_a_lost_treadmill_should_be_where_they_were_last_seen(spoilt):
    state = decide(in_mode("running"), belt=(0.3, 0.2), **spoilt).state
    assert (state.left_due_mps, state.left_slow_mps) == (0.3, 0.3)
    assert (state.right_due_mps, state.right_slow_mps) == (0.2, 0.2)


@pytest.mark.parametrize("name", [name for name in CAUSES if CAUSES[name].after_s])
@pytest.mark.parametrize("off_ns", [-1, 0])
def test_a_condition_becomes_a_cause_to_the_nanosecond(monkeypatch, name, off_ns):
    monkeypatch.setattr("rehabsim.safety.guard.conditions", lambda *_: {name: "it"})
    state = in_mode("running", seen_ns={name: ago(CAUSES[name].after_s, off_ns)})
    decision = decide(state)
    assert decision.state.mode == ("stopping" if off_ns == 0 else "running")
    assert decision.state.seen_ns == state.seen_ns


@pytest.mark.parametrize(("off_ns", "mode"), [(0, "running"), (1, "stopping")])
def test_the_keeper_may_be_late_by_a_whole_second_where_the_limits_say_so(off_ns, mode):
    patient = LIMITS.model_copy(update={"max_wish_age_s": 1.0})
    decision = decide(in_mode("running", t_ns=ago(1.0, off_ns)), limits=patient)
    assert decision.state.mode == mode


# -- harder and softer -----------------------------------------------------------------------


def test_a_fall_within_a_fast_stop_makes_it_steeper_and_is_told():
    state = in_mode("stopping", severity="fast", decel_mps2=LIMITS.fast_mps2)
    state = structs.replace(state, seen_ns={"fallen": 0})
    decision = decide(state, person=FALLEN)
    words = "the person has fallen: 29 % of body weight on the plates, pressure 0.00 m ahead, 400"
    assert told(decision) == [
        ("stop", "fast", f"{words} N on the harness: the stop is now at 2.10 m/s².")
    ]
    assert decision.state.cause_name == "fallen"
    assert decision.state.severity == "fast"


def test_a_harder_stop_keeps_the_steepest_ramp():
    state = in_mode("stopping", severity="ramp", decel_mps2=3.0)
    decision = decide(state, ask("stop"))
    assert (decision.state.severity, decision.state.decel_mps2) == ("fast", 3.0)


def test_a_harder_stop_still_needs_the_restart_that_the_softer_one_needed():
    decision = decide(in_mode("stopping", needs_restart=True), ask("stop"))
    assert decision.state.severity == "fast"
    assert decision.state.needs_restart


@pytest.mark.parametrize(("fall_mps2", "decel_mps2"), [(0.1, 1.2), (2.1, 2.1)])
def test_who_is_down_is_never_stopped_more_softly(fall_mps2, decel_mps2):
    bench = Bench(LIMITS.model_copy(update={"fall_mps2": fall_mps2})).walk()
    for _ in range(30):
        bench.tick(person=FALLEN, wish=Wish(1.0, 1.0))
    assert bench.state.cause_name == "fallen"
    assert bench.state.decel_mps2 == decel_mps2


def test_locked_belts_that_run_away_are_told_word_for_word():
    state = in_mode("locked", seen_ns={"runaway": 0})
    decision = decide(state, belt=(0.0, 0.3))
    words = "the right belt runs at 0.30 m/s where 0.00 m/s are due, limit 0.15 m/s between them"
    told_so = f"{words}, though the belts are locked. Press the emergency stop."
    assert told(decision) == [("stop", "estop", told_so)]
    state = decision.state
    assert (state.cause, state.cause_name) == (words, "runaway")
    assert state.decel_mps2 == decision.command.left_accel_mps2 == LIMITS.fall_mps2
    again = decide(structs.replace(state, t_ns=T_NS - TICK_NS), ask("reset"))
    (answer,) = again.answers
    assert answer.reason == (
        f"Not by a reset: {words}. Check the treadmill, then start rehabsim again."
    )


@pytest.mark.parametrize(
    ("spoilt", "cause"),
    [({"platform_cause": "it"}, "paused"), ({"has_treadmill": False}, LOST)],
)
def test_the_platform_alone_does_not_make_a_stop_of_a_pause(spoilt, cause):
    decision = decide(in_mode("stopping", cause="paused"), **spoilt)
    assert decision.state.cause == cause
    assert (told(decision) == []) is (cause == "paused")


def test_a_pause_is_a_stop_without_a_cause_by_name():
    decision = decide(in_mode("running", cause_name="x"), ask("pause", source="Ada"))
    state = decision.state
    assert (state.severity, state.cause, state.cause_name) == ("ramp", "paused", "")
    assert state.decel_mps2 == LIMITS.ramp_mps2
    assert told(decision) == [("mode", "none", "Paused by Ada: belts are ramping to rest.")]


@pytest.mark.parametrize(
    ("belt", "reason"),
    [
        ((0.5, 0.0), "The belts still move: 0.50 and 0.00 m/s."),
        ((0.0, 0.0), "The emergency stop is pressed; release it first."),
    ],
)
def test_a_refused_reset_says_the_first_thing_to_do(belt, reason):
    decision = decide(in_mode("locked"), ask("reset"), belt=belt, is_emergency=True)
    assert [answer.reason for answer in decision.answers] == [reason]


# -- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "kind", "severity", "text"),
    [
        ("armed", "mode", "none", f"{STUCK}: disarmed."),
        ("running", "hold", "hold", f"{STUCK}: the speed is held."),
    ],
)
def test_a_cause_to_hold_is_told_with_what_it_leads_to(mode, kind, severity, text):
    decision = decide(in_mode(mode, since_ns=ago(9.0, 0)), plates="stuck")
    assert told(decision) == [(kind, severity, text)]
    assert decision.events[0].source == "keeper"
    assert decision.state.held_ns == T_NS


def test_a_cause_in_a_hold_is_told_once():
    state = in_mode("holding", severity="hold", cause=STUCK, cause_name="plates_stuck")
    decision = decide(state, plates="saturated")
    assert told(decision) == []
    assert decision.state.cause_name == "plates_stuck"
    assert decision.state.since_ns == state.since_ns


def test_only_what_stops_harder_than_a_ramp_is_looked_for_where_nothing_moves():
    for mode in ("locked", "idle"):
        decision = decide(in_mode(mode), plate_age_ns=10**9, plates="stuck", person=FALLEN)
        assert (decision.state.mode, told(decision)) == (mode, [])


def test_a_pause_of_an_armed_guard_is_told_as_a_change_of_mode():
    decision = decide(in_mode("armed"), ask("pause", source="Ada"))
    assert told(decision) == [("mode", "none", "Disarmed by Ada.")]


@pytest.mark.parametrize("mode", ["locked", "idle", "armed", "stopping"])
def test_where_nothing_moves_no_perturbation_is_refused(mode):
    decision = decide(in_mode(mode), wish=SLIP)
    assert (told(decision), decision.state.is_refused) == ([], False)


def test_before_the_first_stop_a_command_has_the_ordinary_ramp():
    command = Bench().tick().command
    assert (command.left_accel_mps2, command.right_accel_mps2) == (0.6, 0.6)
