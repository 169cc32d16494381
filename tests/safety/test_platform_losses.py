"""A platform, its driver, the belts or the session are lost while someone walks on it."""

import asyncio

import pytest
from safety.keeping import ride, stopped_after_s
from safety.platform_bench import HOME, axes
from safety.riding import TILTED, frozen_after_s, platform, still_after_s, walk

from rehabsim.base.errors import DeviceFaultError, ProtocolError
from rehabsim.base.records import PlatformWish, Pose


def lose_silently(deck):
    deck.is_silent = True


def lose_the_wire(deck):
    deck.is_cut = True


def lose_its_sense(deck):
    deck.error = ProtocolError("platform: cannot decode.", device="platform", url="memory:base")


def hold(deck):
    deck.base.hold = "it reports torque"


def press_its_stop(deck):
    deck.base.is_emergency = True


def stick(deck):
    deck.base.obey = lambda command: None


ILLS = {
    lose_silently: ("the platform's last report is", 0.114),
    lose_the_wire: ("the platform's link is lost", 0.004),
    lose_its_sense: ("the platform's link is lost", 0.004),
    hold: ("the base holds by itself: it reports torque", 0.004),
    press_its_stop: ("the platform's emergency stop is open", 0.004),
    stick: ("the platform's x is", 0.5),
}


@pytest.mark.parametrize("ill", ILLS)
def test_a_lost_platform_freezes_and_stops_the_belts(ill):
    cause, within_s = ILLS[ill]

    async def story(deck, hands, keeper):
        await walk(hands, HOME)
        hands.ride = PlatformWish(Pose(x_m=0.1))
        await asyncio.sleep(0.02)
        ill(deck)
        since_ns = hands.clock.now_ns()
        await asyncio.sleep(4)
        assert frozen_after_s(hands, since_ns) <= within_s
        assert stopped_after_s(hands, since_ns) == frozen_after_s(hands, since_ns) + 0.004
        state = hands.reports[-1].decision.state
        assert (state.mode, state.cause_name) == ("locked", "platform_unfit")
        assert state.cause.startswith(f"the platform is frozen ({cause}")
        assert state.severity == "ramp"

    ride(story)


def test_a_platform_that_hung_up_is_called_again_and_held_where_it_is():
    async def story(deck, hands, keeper):
        await walk(hands)
        deck.is_cut = True
        await asyncio.sleep(4)
        deck.is_cut, count = False, len(deck.sent)
        await asyncio.sleep(1)
        assert deck.open_count == 2
        assert {command.act for _, command in deck.sent[count:]} == {"freeze"}
        assert axes(deck.base.pose) == pytest.approx(axes(TILTED), abs=0.02)
        assert sum("Trying to reach it again" in text for text in hands.notes) == 1
        assert any(text == "The platform answers again." for text in hands.notes)
        assert platform(hands).state.mode == "freeze"
        hands.ask("settle")
        await asyncio.sleep(5)
        assert platform(hands).state.mode == "settled"

    ride(story)


def test_nonsense_does_not_cost_the_link_and_is_told_once():
    async def story(deck, hands, keeper):
        await walk(hands)
        lose_its_sense(deck)
        count = len(deck.sent)
        await asyncio.sleep(4)
        assert deck.open_count == 1
        assert len(deck.sent) - count > 4 * 60
        assert sum("cannot decode" in text for text in hands.notes) == 1

    ride(story)


def test_a_driver_that_refuses_a_set_point_freezes_the_platform_at_the_last_one():
    async def story(deck, hands, keeper):
        await walk(hands)
        send = deck.send

        def refuse(command):
            raise DeviceFaultError("platform: cannot be told.", device="platform", url="")

        deck.send = refuse
        await asyncio.sleep(0.1)
        assert deck.stops
        assert platform(hands).state.mode == "freeze"
        deck.send = send
        await asyncio.sleep(3)
        assert axes(deck.base.pose) == pytest.approx(axes(TILTED), abs=0.001)
        assert any("cannot be told" in text for text in hands.notes)

    ride(story)


def test_a_treadmill_that_is_lost_freezes_the_platform():
    async def story(deck, hands, keeper):
        await walk(hands)
        keeper._treadmill.is_silent = True
        await asyncio.sleep(1)
        assert "the treadmill's last report" in platform(hands).state.cause
        hands.ask("settle")
        await asyncio.sleep(0.02)
        assert platform(hands).state.mode == "freeze"

    ride(story)


def test_a_session_that_falls_silent_freezes_the_platform_too():
    async def story(deck, hands, keeper):
        await walk(hands)
        hands.is_wishing, since_ns = False, hands.clock.now_ns()
        await asyncio.sleep(1)
        assert frozen_after_s(hands, since_ns) == pytest.approx(0.1, abs=0.009)
        assert still_after_s(hands, since_ns) <= 0.2

    ride(story)
