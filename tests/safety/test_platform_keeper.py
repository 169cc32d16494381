"""A keeper of belts and a platform, both of the simplest kind, in virtual time."""

import asyncio

import pytest
from msgspec import structs
from safety.bench import SOMEONE
from safety.keeping import ride, stopped_after_s, trial
from safety.platform_bench import HOME, axes
from safety.riding import TILTED, answers, frozen_after_s, platform, still_after_s, walk

from rehabsim.base.records import PlatformWish, Pose, Wish
from rehabsim.devices.link import open_link
from rehabsim.safety.audience import MAX_HEARD_BYTES
from rehabsim.safety.messages import Ask, Person, WishMessage, encode
from rehabsim.safety.platform_keeper import UNCAUGHT


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
