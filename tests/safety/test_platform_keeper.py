"""A keeper of belts and a platform, both of the simplest kind, in virtual time."""

import asyncio

import pytest
from msgspec import structs
from safety.bench import SOMEONE
from safety.keeping import ride, stopped_after_s, trial
from safety.platform_bench import HOME, axes

from rehabsim.base.errors import DeviceFaultError, ProtocolError
from rehabsim.base.records import PlatformWish, Pose, Wish
from rehabsim.devices.link import open_link
from rehabsim.safety.audience import MAX_HEARD_BYTES
from rehabsim.safety.messages import Ask, Person, WishMessage, encode
from rehabsim.safety.platform_keeper import UNCAUGHT

TILTED = Pose(0.05, -0.04, 0.03, 0.06, 0.05, -0.04)


async def rise(hands):
    """Bring it home, then up."""
    for name in ("reset", "settle", "engage"):
        hands.ask(name)
        await asyncio.sleep(0.1)
    assert platform(hands).state.is_up


async def walk(hands, pose=TILTED):
    """Walk on a platform that has reached `pose`."""
    hands.ride = PlatformWish(pose)
    await rise(hands)
    for name in ("arm", "start"):
        hands.ask(name)
        await asyncio.sleep(0.05)
    await asyncio.sleep(6)
    assert (hands.mode, platform(hands).state.mode) == ("running", "moving")


def platform(hands):
    return hands.reports[-1].platform.decision


def answers(hands):
    found = [a for r in hands.reports for a in (*r.decision.answers, *r.platform_answers)]
    return {answer.id: answer for answer in found}


def frozen_after_s(hands, since_ns):
    for report in hands.reports:
        if report.inputs.t_ns >= since_ns and report.platform.decision.state.mode == "freeze":
            return (report.inputs.t_ns - since_ns) / 1e9
    return None


def still_after_s(hands, since_ns):
    """Return how long after `since_ns` the set point moved last."""
    last_ns, before = since_ns, None
    for report in hands.reports:
        pose = report.platform.decision.state.pose
        if report.inputs.t_ns >= since_ns and before is not None and pose != before:
            last_ns = report.inputs.t_ns
        before = pose
    return (last_ns - since_ns) / 1e9


def test_a_platform_follows_the_training_once_it_was_settled_and_engaged():
    async def story(deck, hands, keeper):
        await walk(hands)
        assert axes(deck.base.pose) == pytest.approx(axes(TILTED), abs=1e-5)
        assert all(answer.is_accepted for answer in answers(hands).values())

    ride(story)


def test_nobody_arms_on_a_platform_that_is_frozen_or_rising():
    async def story(deck, hands, keeper):
        hands.ask("reset")
        hands.ask("arm")
        await asyncio.sleep(0.05)
        reason = answers(hands)["h2"].reason
        assert reason == "Not ready: the platform is frozen (start-up)."
        hands.ask("settle")
        await asyncio.sleep(0.05)
        hands.ask("engage")
        await asyncio.sleep(0.012)
        hands.ask("arm")
        await asyncio.sleep(0.05)
        assert answers(hands)["h5"].reason == "Not ready: the platform is rising."

    ride(story)


def test_a_settled_platform_is_walked_on_without_moving():
    async def story(deck, hands, keeper):
        hands.ride = PlatformWish(TILTED)
        hands.ask("settle")
        await asyncio.sleep(0.05)
        await hands.walk()
        assert {command.act for _, command in deck.sent} == {"rest"}
        assert deck.base.pose == HOME

    ride(story)


def test_a_perturbation_without_the_harness_that_the_room_needs_is_told_once_and_is_none():
    async def story(deck, hands, keeper):
        await walk(hands, HOME)
        hands.person = structs.replace(SOMEONE, harness_n=0.0)
        for _ in range(2):
            hands.ride = PlatformWish(TILTED, is_perturbing=True)
            await asyncio.sleep(0.3)
            assert platform(hands).state.perturbed_ns is None
            hands.ride = PlatformWish(HOME)
            await asyncio.sleep(0.3)
        notes = [note.text for report in hands.reports for note in report.notes]
        assert notes.count(UNCAUGHT) == 2

    ride(story)


def test_a_set_point_is_sent_every_fourth_tick_and_a_new_act_at_once():
    async def story(deck, hands, keeper):
        await walk(hands)
        since_ns, count = hands.clock.now_ns(), len(deck.sent)
        await asyncio.sleep(1)
        assert len(deck.sent) - count == pytest.approx(62.5, abs=1)
        hands.ask("stop")
        asked_ns = hands.clock.now_ns()
        await asyncio.sleep(0.5)
        frozen = next(t_ns for t_ns, command in deck.sent if command.act == "freeze")
        assert frozen - asked_ns <= 4_000_000
        assert since_ns < asked_ns

    ride(story)


@pytest.mark.parametrize("who", ["the session", "a stranger"])
def test_a_stop_freezes_it_in_the_same_tick_and_it_stands_within_a_tenth_of_a_second(who):
    async def story(deck, hands, keeper):
        await walk(hands, HOME)
        hands.ride = PlatformWish(Pose(x_m=-0.1, roll_rad=0.14))
        await asyncio.sleep(0.3)
        assert any(platform(hands).state.rate)
        since_ns = hands.clock.now_ns()
        if who == "the session":
            hands.ask("stop")
            await asyncio.sleep(3)
        else:
            link = await open_link(keeper.url, hands.clock, device="keeper")
            link.write(encode(Ask("x", "stop", who)))
            await asyncio.sleep(3)
            await link.close()
        assert stopped_after_s(hands, since_ns) <= 0.004
        assert frozen_after_s(hands, since_ns) <= 0.004
        assert still_after_s(hands, since_ns) <= 0.1
        assert "STOP from" in platform(hands).state.cause
        assert hands.mode == "locked"

    ride(story)


def test_after_a_stop_it_stays_until_someone_asks_and_then_goes_home_whatever_is_wished():
    async def story(deck, hands, keeper):
        await walk(hands)
        hands.ask("stop")
        await asyncio.sleep(5)
        held = deck.base.pose
        assert axes(held) == pytest.approx(axes(TILTED), abs=0.02)
        hands.ask("reset")
        await asyncio.sleep(1)
        assert (hands.mode, deck.base.pose) == ("idle", held)
        hands.ask("settle")
        await asyncio.sleep(5)
        assert platform(hands).state.mode == "settled"
        assert deck.base.sample(0).is_home

    ride(story)


def test_the_cause_of_a_stop_that_is_over_keeps_nobody_from_settling():
    async def story(deck, hands, keeper):
        await walk(hands)
        hands.ask("stop")
        await asyncio.sleep(5)
        assert (hands.mode, hands.reports[-1].decision.state.cause) == ("locked", "STOP from hands")
        hands.ask("settle")
        await asyncio.sleep(5)
        assert platform(hands).state.mode == "settled"

    ride(story)


def test_a_stop_freezes_a_platform_on_its_way_home_though_the_belts_are_locked():
    async def story(deck, hands, keeper):
        await walk(hands)
        hands.ask("stop")
        await asyncio.sleep(5)
        hands.ask("settle")
        await asyncio.sleep(0.2)
        assert platform(hands).state.mode == "settling"
        hands.ask("stop")
        await asyncio.sleep(0.02)
        assert (hands.mode, platform(hands).state.mode) == ("locked", "freeze")

    ride(story)


def test_a_pause_freezes_it_and_stays_a_pause():
    async def story(deck, hands, keeper):
        await walk(hands)
        hands.ask("pause")
        await asyncio.sleep(4)
        assert (hands.mode, platform(hands).state.mode) == ("idle", "freeze")
        hands.ask("arm")
        await asyncio.sleep(0.02)
        assert hands.mode == "idle"
        assert max(answers(hands).values(), key=lambda a: int(a.id[1:])).reason == (
            "Not ready: the platform is frozen (paused)."
        )

    ride(story)


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


def test_a_treadmill_without_a_platform_answers_asks_about_one_once_and_says_why():
    async def story(belts, hands, keeper):
        for name in ("settle", "engage", "reset"):
            hands.ask(name)
        await asyncio.sleep(0.05)
        found = answers(hands)
        assert found["h1"].reason == found["h2"].reason == "This room has no platform."
        assert found["h3"].is_accepted
        assert sum(len(report.platform_answers) for report in hands.reports) == 2

    trial(story)


def test_of_different_asks_at_one_moment_one_acts_and_the_other_is_refused():
    async def story(deck, hands, keeper):
        for name in ("settle", "engage", "settle"):
            hands.ask(name)
        await asyncio.sleep(0.05)
        found = answers(hands)
        assert [found[f"h{k}"].is_accepted for k in (1, 2, 3)] == [True, False, True]
        assert "ask again" in found["h2"].reason
        assert platform(hands).state.mode == "settled"

    ride(story)


def test_closing_asks_the_platform_to_stay_where_it_is():
    async def story(deck, hands, keeper):
        await walk(hands)
        count = len(deck.stops)
        await keeper.close()
        assert len(deck.stops) == count + 1

    ride(story)


def test_a_keeper_ends_only_when_the_platform_stands_and_is_let_go():
    async def story(deck, hands, keeper):
        await walk(hands)
        hands.ask("pause")
        await asyncio.sleep(5)
        assert keeper.is_safe_to_end
        hands.ask("settle")
        await asyncio.sleep(0.1)
        assert (keeper.are_belts_parked, keeper.is_safe_to_end) == (True, False)
        assert keeper.needs_stop
        keeper.stop("the end of the session")
        await asyncio.sleep(0.2)
        assert keeper.is_safe_to_end
        assert not keeper.needs_stop

    ride(story)


def test_the_longest_wish_fits_into_a_message():
    number, t_ns = -0.12345678901234567, 2**62
    wish = WishMessage(
        *(t_ns, Wish(number, number, number, True), t_ns, t_ns, t_ns),
        Person(False, *[number] * (len(Person.__struct_fields__) - 1)),
        "saturated",
        PlatformWish(Pose(*[number] * 6), True),
    )
    assert len(encode(wish)) <= MAX_HEARD_BYTES
