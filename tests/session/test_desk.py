"""The desk: one answer to each request, one in command, and a STOP that always goes through."""

import pytest
from session.room import LIMITS, accepted, refused, request

from rehabsim.session import desk as desk_module
from rehabsim.session.desk import KEEPER_ANSWER_NS, NO_PERTURBATIONS, NOT_YOURS, Desk

TICK_NS = 4_000_000


class Reception:
    """A desk, visited tick by tick; everything it says is kept."""

    def __init__(self, **more):
        self.desk = Desk(LIMITS, 0.8, **more)
        self.tick = 0
        self.mode = "idle"
        self.asks, self.acks, self.events = [], [], []

    def visit(self, *requests, answers=(), mode=None, dt_ns=TICK_NS):
        self.mode = mode or self.mode
        self.tick += dt_ns // TICK_NS
        self.desk.begin(self.tick, self.tick * TICK_NS, self.mode)
        for answer in answers:
            self.desk.hear(answer)
        for each in requests:
            self.desk.take(each)
        self.desk.age()
        for mine, desks in (
            (self.asks, self.desk.asks),
            (self.acks, self.desk.acks),
            (self.events, self.desk.events),
        ):
            mine.extend(desks)
            desks.clear()
        return self

    def arm(self, client="ada", id="arm"):
        """Let a client arm, and the keeper accept it."""
        self.visit(request("arm", client=client, id=id))
        return self.visit(answers=[accepted(self.asks[-1].id)], mode="armed")

    def last(self):
        client, ack = self.acks[-1]
        return client, ack.id, ack.status, ack.reason


@pytest.mark.parametrize("name", ["arm", "start", "pause", "stop", "reset", "engage", "settle"])
@pytest.mark.parametrize(("answer", "status"), [(accepted, "applied"), (refused, "rejected")])
def test_what_the_keeper_decides_is_passed_on_with_its_answer(name, answer, status):
    desk = Reception()
    desk.visit(request(name, id="7"))
    (ask,) = desk.asks
    assert (ask.name, ask.source) == (name, "console")
    assert desk.acks == []
    desk.visit(answers=[answer(ask.id)])
    reason = "Not now." if status == "rejected" else ""
    assert desk.last() == ("console", "7", status, reason)
    assert desk.acks[-1][1].tick == 2
    assert desk.acks[-1][1].t_s == 0.008
    text = f"{name} {status}: Not now." if reason else f"{name} {status}."
    assert [(e.kind, e.source, e.text) for e in desk.events] == [("request", "console", text)]


def test_every_ask_has_an_id_of_its_own():
    desk = Reception()
    for count in range(20):
        desk.visit(request("pause", id=str(count)))
    desk.desk.ask("stop", "the session")
    desk.visit()
    assert len({ask.id for ask in desk.asks}) == 21


def test_an_answer_to_somebody_else_is_not_ours():
    assert Reception().visit(answers=[accepted("of another")]).acks == []


def test_the_same_id_acts_once_and_is_answered_the_same_way():
    desk = Reception()
    desk.visit(request("set_speed", speed_mps=1.0))
    desk.visit(request("set_speed", speed_mps=0.5))
    assert desk.desk.cruise_speed_mps == 1.0
    assert [ack.status for _, ack in desk.acks] == ["applied", "duplicate"]
    assert desk.acks[0][1].tick == desk.acks[1][1].tick == 1


def test_the_same_id_while_the_keeper_thinks_is_asked_once():
    desk = Reception().visit(request("arm"), request("arm"))
    desk.visit(request("arm"))
    assert len(desk.asks) == 1
    desk.visit(answers=[accepted(desk.asks[0].id)])
    assert len(desk.acks) == 1


def test_the_same_id_of_two_clients_is_two_requests():
    desk = Reception()
    desk.visit(request("pause", client="a"), request("pause", client="b"))
    assert len(desk.asks) == 2


def test_a_stop_is_passed_on_even_when_its_id_was_used_before():
    desk = Reception()
    desk.visit(request("set_speed", speed_mps=1.0), request("stop"), request("stop"))
    assert [ask.name for ask in desk.asks] == ["stop", "stop"]
    desk.visit(answers=[accepted(ask.id) for ask in desk.asks])
    desk.visit(request("stop"))
    assert len(desk.asks) == 3
    assert [ack.status for _, ack in desk.acks] == ["applied"] * 3


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(desk_module, "MAX_REMEMBERED", 5)
    desk = Reception()
    for count in range(100):
        desk.visit(request("marker", id=str(count), text="x"))
    assert len(desk.desk._answered) == 5
    assert desk.visit(request("marker", id="99", text="x")).last()[2] == "duplicate"


@pytest.mark.parametrize("off_ns", [-TICK_NS, 0, TICK_NS])
def test_a_keeper_that_does_not_answer_is_told_with_what_to_do(off_ns):
    desk = Reception().visit(request("stop", id="7"))
    desk.visit(dt_ns=KEEPER_ANSWER_NS + off_ns)
    if off_ns <= 0:
        assert desk.acks == []
    else:
        assert desk.last() == (
            "console",
            "7",
            "rejected",
            "The keeper of the belts does not answer; use the red button on the machine.",
        )


# -- perturbations -------------------------------------------------------------------------


def test_who_commands_moving_belts_lets_perturbations_come_and_anyone_holds_them_back():
    desk = Reception(has_perturbations=True).arm("ada")
    desk.visit(request("perturb", client="ada", id="a"))
    assert "only while the belts move" in desk.last()[3]
    desk.visit(request("perturb", client="bo", id="b"), mode="running")
    assert desk.last() == ("bo", "b", "rejected", NOT_YOURS)
    assert not desk.desk.is_perturbing
    desk.visit(request("perturb", client="ada", id="c"))
    assert desk.last() == ("ada", "c", "applied", "")
    assert desk.desk.is_perturbing
    desk.visit(request("calm", client="bo", id="d"))
    assert desk.last() == ("bo", "d", "applied", "")
    assert not desk.desk.is_perturbing


@pytest.mark.parametrize("mode", ["stopping", "idle", "locked"])
def test_belts_that_are_let_go_hold_perturbations_back(mode):
    desk = Reception(has_perturbations=True).arm("ada")
    desk.visit(request("perturb", client="ada", id="a"), mode="running")
    desk.visit(mode="perturbing")
    desk.visit(mode="holding")
    assert desk.desk.is_perturbing
    desk.visit(mode=mode)
    desk.visit(mode="running")
    assert not desk.desk.is_perturbing


def test_a_session_without_perturbations_says_so():
    desk = Reception().arm("ada").visit(request("perturb", client="ada", id="a"), mode="running")
    assert desk.last() == ("ada", "a", "rejected", NO_PERTURBATIONS)


# -- in command ----------------------------------------------------------------------------


def test_who_arms_is_in_command_and_others_may_only_stop_pause_and_mark():
    desk = Reception().arm("ada")
    assert desk.desk.commander == "ada"
    for name, more in (("start", {}), ("set_speed", {"speed_mps": 1.0}), ("arm", {})):
        desk.visit(request(name, client="bo", id=name, **more))
        assert desk.last() == ("bo", name, "rejected", "ada is in command.")
    count = len(desk.asks)
    for name in ("pause", "stop", "reset"):
        desk.visit(request(name, client="bo", id=name))
    assert [ask.name for ask in desk.asks[count:]] == ["pause", "stop", "reset"]


@pytest.mark.parametrize("mode", ["armed", "starting", "running", "stopping"])
def test_a_second_arm_of_the_one_in_command_is_refused_and_changes_nothing(mode):
    desk = Reception().arm("ada").visit(mode=mode)
    desk.visit(request("arm", client="ada", id="again"))
    desk.visit(answers=[refused(desk.asks[-1].id)])
    assert desk.last()[2] == "rejected"
    assert desk.desk.commander == "ada"


def test_two_arms_of_the_same_moment_make_one_commander():
    desk = Reception()
    desk.visit(request("arm", client="ada"), request("arm", client="bo"))
    assert desk.last() == ("bo", "1", "rejected", "ada is in command.")
    desk.visit(answers=[accepted(ask.id) for ask in desk.asks], mode="armed")
    assert desk.desk.commander == "ada"


def test_a_double_click_on_arm_keeps_the_command():
    desk = Reception()
    desk.visit(request("arm", client="ada", id="1"), request("arm", client="ada", id="2"))
    first, second = desk.asks
    desk.visit(answers=[accepted(first.id), refused(second.id)], mode="armed")
    assert desk.desk.commander == "ada"


def test_a_refused_arm_gives_no_command():
    desk = Reception().visit(request("arm", client="ada"))
    desk.visit(answers=[refused(desk.asks[0].id)])
    assert desk.desk.commander == ""
    assert desk.visit(request("arm", client="bo")).asks[-1].source == "bo"


def test_an_arm_that_the_keeper_never_answered_keeps_nobody_else_away():
    desk = Reception().visit(request("arm", client="ada"))
    desk.visit(dt_ns=KEEPER_ANSWER_NS + TICK_NS)
    desk.visit(request("arm", client="bo"))
    assert [ask.source for ask in desk.asks] == ["ada", "bo"]


@pytest.mark.parametrize("mode", ["idle", "locked"])
def test_command_ends_when_the_belts_are_let_go(mode):
    desk = Reception().arm("ada").visit(mode="running").visit(mode=mode)
    assert desk.desk.commander == ""
    desk.visit(request("arm", client="bo"))
    assert desk.desk.commander == "bo"


def test_only_the_one_in_command_keeps_it_alive():
    desk = Reception().arm("ada").visit(mode="running")
    armed_ns = desk.desk.operator_t_ns
    desk.visit(request("alive", client="bo"))
    assert desk.desk.operator_t_ns == armed_ns
    desk.visit(request("alive", client="ada"))
    assert desk.desk.operator_t_ns == desk.tick * TICK_NS
    assert [ack.status for _, ack in desk.acks[-2:]] == ["applied", "applied"]


# -- the rest ------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.0, 1.0, LIMITS.max_speed_mps])
def test_a_speed_within_the_limit_is_set(speed):
    desk = Reception().visit(request("set_speed", speed_mps=speed))
    assert desk.desk.cruise_speed_mps == speed
    assert desk.events[-1].text == f"set_speed {speed:g} m/s applied."


@pytest.mark.parametrize("speed", [2.0000001, 5.0, float("nan"), float("inf")])
def test_a_speed_over_the_limit_is_refused_with_both_numbers(speed):
    desk = Reception().visit(request("set_speed", speed_mps=speed))
    assert desk.desk.cruise_speed_mps == 0.8
    assert desk.last()[3] == f"{speed:g} m/s is over the limit, 2 m/s."


def test_set_speed_without_a_speed_and_a_marker_without_a_text_are_refused():
    desk = Reception()
    assert desk.visit(request("set_speed", id="a")).last()[3] == "set_speed needs speed_mps."
    assert desk.visit(request("marker", id="b")).last()[3] == "A marker needs a text."
    assert desk.visit(request("marker", id="c", text="")).last()[2] == "rejected"


def test_a_marker_is_an_event_of_who_sent_it():
    desk = Reception().visit(request("marker", text="knee hurts"))
    assert [(e.kind, e.source, e.text) for e in desk.events] == [
        ("marker", "console", "knee hurts"),
        ("request", "console", "marker applied."),
    ]


def test_hello_is_answered_and_changes_nothing():
    desk = Reception().visit(request("hello"))
    assert desk.last() == ("console", "1", "applied", "")
    assert (desk.asks, desk.events) == ([], [])


def test_the_cruise_speed_of_the_session_is_held_to_the_limit():
    assert Desk(LIMITS, 4.0).cruise_speed_mps == LIMITS.max_speed_mps


def test_a_start_is_refused_when_nobody_known_has_armed():
    desk = Reception().visit(mode="armed")
    assert desk.visit(request("start")).last()[3].startswith("Arm first")
    assert desk.asks == []


@pytest.mark.parametrize("mode", ["armed", "running", "stopping"])
def test_an_arm_that_must_be_refused_does_not_give_away_belts_that_a_stranger_armed(mode):
    desk = Reception().visit(mode=mode).visit(request("arm"))
    assert desk.last()[2:] == ("rejected", f"Arm works when idle; the belts are {mode}.")
    assert (desk.desk.commander, desk.asks) == ("", [])
    assert desk.visit(request("start", id="2")).last()[2] == "rejected"
    assert desk.asks == []


def test_belts_that_were_armed_and_let_go_within_one_tick_leave_nobody_in_command():
    desk = Reception().visit(request("arm", client="ada"))
    desk.visit(answers=[accepted(desk.asks[-1].id)], mode="idle")
    assert desk.desk.commander == ""
    desk.visit(request("set_speed", client="bo", id="2", speed_mps=0.5))
    assert desk.last()[2] == "applied"


def test_what_waits_for_the_scenario_acts_once_however_often_it_comes():
    asked = []
    desk = Reception(tune=lambda request: asked.append(request.id) or "")
    desk.visit(request("undo", id="7"), request("undo", id="7"), request("undo", id="8"))
    assert asked == ["7", "8"]
    desk.desk.settle_tunes("")
    desk.visit(request("undo", id="7"))
    assert [(ack.id, ack.status) for _, ack in desk.acks] == [
        ("7", "applied"),
        ("8", "applied"),
        ("7", "duplicate"),
    ]
    assert asked == ["7", "8"]


def test_a_flood_of_stops_is_answered_whole_and_asks_the_keeper_a_few_times():
    desk = Reception().visit(*[request("stop", client=f"c{n}", id="s") for n in range(30)])
    assert len(desk.asks) == desk_module.MAX_STOP_ASKS
    desk.visit(answers=[accepted(ask.id) for ask in desk.asks])
    assert {client for client, _ in desk.acks} == {f"c{n}" for n in range(30)}
    assert {ack.status for _, ack in desk.acks} == {"applied"}
    assert len(desk.events) == desk_module.MAX_STOP_ASKS
    desk.visit(request("stop", client="late"))
    assert desk.asks[-1].source == "late"


def test_a_flood_of_stops_that_nobody_hears_is_told_so():
    desk = Reception().visit(*[request("stop", client=f"c{n}", id="s") for n in range(30)])
    desk.visit(dt_ns=KEEPER_ANSWER_NS + TICK_NS)
    assert len(desk.acks) == 30
    assert {ack.status for _, ack in desk.acks} == {"rejected"}


def test_a_session_that_cannot_go_on_lets_nobody_raise_the_platform_but_bring_it_home():
    desk = Reception()
    desk.desk.obstacle = "The scenario failed."
    desk.visit(request("engage", id="1"), request("settle", id="2"))
    assert [ask.name for ask in desk.asks] == ["settle"]
    assert desk.last() == ("console", "1", "rejected", "The scenario failed.")
