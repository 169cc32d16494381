"""The keeper over `memory:` links, with belts of the simplest kind, in virtual time."""

import asyncio

import pytest
from safety.keeping import URL, stopped_after_s, trial

from rehabsim.devices.link import open_link
from rehabsim.safety.messages import Ask, encode


def test_two_acts_start_the_belts_and_the_wish_is_reached():
    async def story(belts, hands, keeper):
        await hands.walk()
        assert belts.speed_mps == pytest.approx(1.0)

    trial(story)


def test_belts_ramp_down_when_the_session_falls_silent():
    async def story(belts, hands, keeper):
        await hands.walk()
        hands.is_wishing, since_ns = False, hands.clock.now_ns()
        await asyncio.sleep(4)
        assert stopped_after_s(hands, since_ns) == pytest.approx(0.1, abs=0.009)
        assert belts.speed_mps == 0
        assert hands.mode == "locked"
        hands.is_wishing = True
        await asyncio.sleep(1)
        assert belts.speed_mps == 0

    trial(story)


def test_belts_are_told_to_rest_when_the_treadmill_falls_silent():
    async def story(belts, hands, keeper):
        await hands.walk()
        belts.is_silent, since_ns = True, hands.clock.now_ns()
        await asyncio.sleep(4)
        assert stopped_after_s(hands, since_ns) == pytest.approx(0.1, abs=0.009)
        assert belts.speed_mps == 0
        assert hands.mode == "stopping"
        belts.is_silent = False
        await asyncio.sleep(0.5)
        assert hands.mode == "locked"

    trial(story)


def test_a_treadmill_that_hung_up_is_called_again_and_told_to_stop():
    async def story(belts, hands, keeper):
        await hands.walk()
        belts.is_cut = True
        await asyncio.sleep(2)
        assert belts.speed_mps == pytest.approx(1.0)
        assert hands.mode == "stopping"
        belts.is_cut = False
        await asyncio.sleep(3)
        assert belts.open_count == 2
        assert belts.speed_mps == 0
        assert hands.mode == "locked"
        assert any("answers again" in text for text in hands.notes)

    trial(story)


def test_a_stop_from_a_stranger_is_obeyed():
    async def story(belts, hands, keeper):
        await hands.walk()
        stranger = await open_link(URL, hands.clock, device="keeper")
        stranger.write(encode(Ask("x", "stop", "stranger")))
        since_ns = hands.clock.now_ns()
        await asyncio.sleep(2)
        assert stopped_after_s(hands, since_ns) <= 0.005
        assert "STOP from stranger" in hands.reports[-1].decision.state.cause
        assert belts.speed_mps == 0
        await stranger.close()

    trial(story)


def test_garbage_is_noted_and_changes_nothing():
    async def story(belts, hands, keeper):
        await hands.walk()
        for data in (b"", b"\xff" * 100, b"stop", encode(hands.reports[-1])):
            if data:
                hands.link.write(data)
        await asyncio.sleep(1)
        assert sum("not understood" in text for text in hands.notes) == 2
        assert "1 more notes like these are left out." in hands.notes  # two were the same
        assert hands.mode == "running"

    trial(story)


def test_the_same_garbage_in_every_tick_is_told_once_a_second():
    async def story(belts, hands, keeper):
        for _ in range(750):
            hands.link.write(b"stop")
            await asyncio.sleep(0.004)
        assert 3 <= sum("not understood" in text for text in hands.notes) <= 4
        assert 3 <= sum("left out" in text for text in hands.notes) <= 4

    trial(story)


def test_a_treadmill_is_taken_along_when_the_belts_are_armed_and_let_go():
    async def story(belts, hands, keeper):
        await hands.walk()
        assert belts.verbs == ["reset", "arm"]
        hands.ask("pause")
        await asyncio.sleep(4)
        assert belts.verbs == ["reset", "arm", "disarm"]
        hands.ask("stop")
        await asyncio.sleep(0.1)
        assert belts.verbs == ["reset", "arm", "disarm", "disarm"]

    trial(story)


def test_a_treadmill_that_was_called_anew_while_idle_is_reset_without_a_stop():
    async def story(belts, hands, keeper):
        await hands.walk()
        hands.ask("pause")
        await asyncio.sleep(4)
        belts.hold = "its computer connected anew and has not reset it"
        await asyncio.sleep(0.1)
        hands.ask("arm")
        await asyncio.sleep(0.1)
        assert hands.mode == "idle"
        hands.ask("reset")
        await asyncio.sleep(0.1)
        assert belts.verbs == ["reset", "arm", "disarm", "reset"]
        hands.ask("arm")
        await asyncio.sleep(0.1)
        assert hands.mode == "armed"

    trial(story)


def test_a_refused_reset_does_not_reset_a_treadmill_because_of_its_name():
    async def story(belts, hands, keeper):
        await hands.walk()
        hands.link.write(encode(Ask("same", "stop", "hands")))
        hands.link.write(encode(Ask("same", "reset", "hands")))
        await asyncio.sleep(0.1)
        assert hands.mode == "stopping"
        assert belts.verbs == ["reset", "arm"]

    trial(story)


def test_a_stop_among_a_flood_of_asks_is_obeyed():
    async def story(belts, hands, keeper):
        await hands.walk()
        for _ in range(50):
            hands.ask("arm")
        hands.ask("stop")
        await asyncio.sleep(0.02)
        assert hands.mode == "stopping"

    trial(story)


def test_every_report_follows_from_the_one_before():
    async def story(belts, hands, keeper):
        await hands.walk()
        ticks = [report.tick for report in hands.reports]
        assert ticks == list(range(ticks[0], ticks[0] + len(ticks)))

    trial(story)


def test_a_treadmill_that_cannot_expire_is_announced():
    async def story(belts, hands, keeper):
        assert any("keeps its last speed" in text for text in hands.notes)

    trial(story)


def test_closing_has_the_last_word_and_it_is_stop():
    clock_ns = []

    async def story(belts, hands, keeper):
        await hands.walk()
        count = len(belts.stops)
        await keeper.close()
        assert len(belts.stops) == count + 1
        clock_ns.append(belts.target_mps)

    trial(story)
    assert clock_ns == [0.0]
