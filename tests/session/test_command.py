"""Who is in command changes by two acts at two consoles; which display is watched does not."""

import pytest
from session.room import LIMITS, Room, refused, report, request
from session.test_desk import TICK_NS, Reception

from rehabsim.session.core import PERIOD_NS, Core
from rehabsim.session.desk import NOT_YOURS, OFFER_S
from rehabsim.session.own_stage import OwnStage

S = 1_000_000_000


def walking(client="ada"):
    """Return a desk whose commander has just been heard, belts running."""
    desk = Reception().arm(client).visit(mode="running")
    return desk.visit(request("alive", client=client, id="here"))


def test_command_that_is_offered_is_taken_without_a_stop():
    desk = walking().visit(request("hand_over", client="ada", id="h"))
    assert desk.last() == ("ada", "h", "applied", "")
    assert desk.desk.commander == "ada"
    asked = len(desk.asks)
    desk.visit(request("take_over", client="bo", id="t"))
    assert desk.last() == ("bo", "t", "applied", "")
    assert (desk.desk.commander, desk.desk.operator_t_ns) == ("bo", desk.tick * TICK_NS)
    assert len(desk.asks) == asked
    desk.visit(request("set_speed", client="ada", id="s", speed_mps=1.0))
    assert desk.last()[2:] == ("rejected", "bo is in command.")
    assert [event.text for event in desk.events[-3:-1]] == [
        "hand_over applied.",
        "take_over applied.",
    ]


def test_an_offer_is_taken_once_and_does_not_stand_for_long():
    desk = walking().visit(request("hand_over", client="ada", id="h"))
    desk.visit(request("take_over", client="bo", id="t"))
    desk.visit(request("take_over", client="cy", id="u"))
    assert desk.last()[2] == "rejected"
    assert desk.desk.commander == "bo"
    desk.visit(request("hand_over", client="bo", id="h"))
    desk.visit(dt_ns=round(OFFER_S * S) + TICK_NS)
    desk.visit(request("alive", client="bo", id="a"), request("take_over", client="cy", id="v"))
    assert desk.last()[2] == "rejected"
    assert desk.desk.commander == "bo"


def test_an_offer_ends_with_the_command_it_was_for():
    desk = walking().visit(request("hand_over", client="ada", id="h"), mode="running")
    desk.visit(mode="idle")
    desk.arm("cy", id="again").visit(mode="running")
    desk.visit(request("take_over", client="bo", id="t"))
    assert desk.desk.commander == "cy"


def test_an_offer_made_before_another_armed_is_void():
    desk = Reception().visit(request("arm", client="ada", id="a"))
    desk.visit(request("hand_over", client="ada", id="h"))
    desk.visit(answers=[refused(desk.asks[-1].id)])
    desk.arm("cy", id="c").visit(mode="running")
    desk.visit(request("alive", client="cy", id="x"), request("take_over", client="bo", id="t"))
    assert desk.desk.commander == "cy"


def test_command_is_not_taken_from_someone_who_is_present():
    desk = walking().visit(request("take_over", client="bo", id="t"))
    assert desk.last() == (
        "bo",
        "t",
        "rejected",
        "ada is in command and present: ask there to hand over. Anyone may pause or stop.",
    )
    assert desk.desk.commander == "ada"


@pytest.mark.parametrize(("more_ns", "taken"), [(0, False), (TICK_NS, True)])
def test_command_is_taken_from_who_is_not_heard_any_more(more_ns, taken):
    desk = walking()
    desk.visit(
        request("take_over", client="bo", id="t"),
        dt_ns=round(LIMITS.hold_operator_age_s * S) + more_ns,
    )
    assert desk.desk.commander == ("bo" if taken else "ada")


def test_command_that_nobody_has_is_neither_offered_nor_taken():
    desk = Reception().visit(request("hand_over", client="bo", id="h"))
    assert desk.last()[2:] == ("rejected", NOT_YOURS)
    desk.visit(request("take_over", client="bo", id="t"))
    assert desk.last()[2:] == ("rejected", "Nobody is in command; arm to be.")
    walked = walking().visit(request("hand_over", client="bo", id="h"))
    assert walked.last()[2:] == ("rejected", NOT_YOURS)
    walked.visit(request("take_over", client="ada", id="t"))
    assert walked.last()[2:] == ("rejected", "This console is in command already.")


# -- the display ---------------------------------------------------------------------------


def seen(t_s, client="screen", id="s"):
    return request("seen", client=client, id=id, t_s=t_s)


def test_the_watched_display_says_how_new_its_picture_is():
    desk = Reception().visit(dt_ns=S)
    assert desk.desk.display_t_ns == 0
    events = len(desk.events)
    desk.visit(seen(0.9))
    assert desk.desk.display_t_ns == round(0.9 * S)
    assert desk.last() == ("screen", "s", "applied", "")
    desk.visit(seen(0.95))
    assert desk.desk.display_t_ns == round(0.95 * S)
    assert len(desk.events) == events


def test_a_picture_is_never_newer_than_now():
    desk = Reception().visit(dt_ns=S).visit(seen(1.4))
    assert desk.desk.display_t_ns == desk.tick * TICK_NS
    assert Reception().visit(seen(0.0), dt_ns=S).desk.display_t_ns == 1
    assert Reception().visit(seen(None), dt_ns=S).desk.display_t_ns == 0


@pytest.mark.parametrize(
    ("mode", "silence_ns", "is_followed"),
    [
        ("running", 5 * S, False),
        ("armed", 5 * S, False),
        ("idle", S - TICK_NS, False),
        ("idle", S + TICK_NS, True),
    ],
)
def test_another_display_stands_in_only_while_belts_are_let_go(mode, silence_ns, is_followed):
    desk = Reception().visit(seen(0.001), mode=mode)
    desk.visit(dt_ns=silence_ns - TICK_NS).visit(seen(0.5, client="tablet"))
    assert desk.desk.display_t_ns == (round(0.5 * S) if is_followed else 1_000_000)


def test_the_keeper_is_told_of_a_display_only_where_one_is_needed():
    room = Room()
    assert room.step(seen(0.0)).message.display_t_ns == -1
    room.core = Core(OwnStage(room.scenario), LIMITS, 0.8, needs_display=True)
    assert room.step().message.display_t_ns == 0
    room.step(reports=[report(room.t_ns + PERIOD_NS, mode="idle")])
    assert room.step(seen(0.004)).message.display_t_ns == 4_000_000
