"""The keeper trusts nobody: repeated asks, second sessions, floods, faults of its own driver."""

import asyncio

import pytest
from safety.bench import SOMEONE
from safety.keeping import LIMITS, URL, Belts, trial

from rehabsim.base.clock import run
from rehabsim.base.records import BeltSample, Wish
from rehabsim.devices.link import MAX_MESSAGE_BYTES, open_link
from rehabsim.safety import audience
from rehabsim.safety.keeper import Keeper
from rehabsim.safety.messages import Ask, WishMessage, encode


async def reset(hands):
    """Ask for reset, and wait until the keeper has answered."""
    hands.ask("reset")
    await asyncio.sleep(0.02)


def test_an_ask_that_comes_twice_acts_once():
    async def story(belts, hands, keeper):
        await reset(hands)
        hands.link.write(encode(Ask("one", "arm", "hands")))
        hands.link.write(encode(Ask("two", "start", "hands")))
        await asyncio.sleep(0.1)
        assert hands.mode == "starting"
        hands.ask("stop")
        await asyncio.sleep(1)
        await reset(hands)
        hands.ask("arm")
        hands.link.write(encode(Ask("two", "start", "hands")))
        await asyncio.sleep(0.1)
        assert hands.mode == "armed"
        assert any("came twice" in text for text in hands.notes)

    trial(story)


def test_a_stop_that_comes_twice_stops_twice():
    async def story(belts, hands, keeper):
        for _ in range(2):
            await hands.walk()
            hands.link.write(encode(Ask("same", "stop", "hands")))
            await asyncio.sleep(0.02)
            assert hands.mode == "stopping"
            await asyncio.sleep(2)

    trial(story)


def test_two_clients_may_use_the_same_id():
    async def story(belts, hands, keeper):
        await reset(hands)
        hands.link.write(encode(Ask("1", "arm", "hands")))
        other = await open_link(URL, hands.clock, device="keeper")
        other.write(encode(Ask("1", "pause", "other")))
        await asyncio.sleep(0.02)
        assert [a.is_accepted for r in hands.reports for a in r.decision.answers][-2:] == [True] * 2
        await other.close()

    trial(story)


def test_memory_of_ids_is_bounded(monkeypatch):
    monkeypatch.setattr(audience, "MAX_REMEMBERED_IDS", 3)

    async def story(belts, hands, keeper):
        for _ in range(50):
            hands.ask("pause")
            await asyncio.sleep(0.008)
        assert sum(len(ids) for ids in keeper._audience._ask_ids.values()) <= 3

    trial(story)


def wish(t_ns, speed_mps):
    return encode(WishMessage(t_ns, Wish(speed_mps, speed_mps), t_ns, t_ns, person=SOMEONE))


def test_a_second_session_cannot_wish_while_the_first_one_lives():
    async def story(belts, hands, keeper):
        await hands.walk()
        second = await open_link(URL, hands.clock, device="keeper")
        for _ in range(100):
            second.write(wish(hands.clock.now_ns(), 2.0))
            await asyncio.sleep(0.004)
        assert belts.target_mps == pytest.approx(1.0)
        assert sum("second session" in text for text in hands.notes) == 1
        await second.close()

    trial(story)


@pytest.mark.parametrize("ahead_ns", [10**9, 2**62])
def test_a_wish_from_the_future_locks_nobody_out(ahead_ns):
    async def story(belts, hands, keeper):
        second = await open_link(URL, hands.clock, device="keeper")
        second.write(wish(hands.clock.now_ns() + ahead_ns, 2.0))
        hands.link.write(wish(hands.clock.now_ns() + ahead_ns, 2.0))
        await asyncio.sleep(0.1)
        await hands.walk()
        await second.close()

    trial(story)


@pytest.mark.parametrize("how", ["gone", "silent"])
def test_a_new_session_takes_over_from_one_that_is_gone_or_silent(how):
    async def story(belts, hands, keeper):
        await hands.walk()
        hands.is_wishing = False
        old, hands.link = hands.link, await open_link(URL, hands.clock, device="keeper")
        if how == "gone":
            await old.close()
        await asyncio.sleep(4)
        assert hands.mode == "locked"
        hands.is_wishing = True
        await hands.walk()
        await old.close()

    trial(story)


def test_a_flood_of_garbage_neither_hides_a_stop_nor_swells_the_report():
    async def story(belts, hands, keeper):
        await hands.walk()
        flood = await open_link(URL, hands.clock, device="keeper")
        for count in range(2000):
            flood.write(b"\xc1" * (count % 900 + 1))
        flood.write(encode(Ask("x", "stop", "flood")))
        await asyncio.sleep(0.02)
        assert hands.mode == "stopping"
        sizes = [len(encode(report)) for report in hands.reports]
        assert max(sizes) < MAX_MESSAGE_BYTES
        assert any("left out" in text for text in hands.notes)
        await flood.close()

    trial(story)


def test_asks_with_endless_words_are_refused_before_they_swell_the_report():
    async def story(belts, hands, keeper):
        await hands.walk()
        for count in range(16):
            hands.link.write(encode(Ask(f"{count}" * 20_000, "arm", "z" * 20_000)))
        await asyncio.sleep(0.02)
        assert max(len(encode(report)) for report in hands.reports) < MAX_MESSAGE_BYTES
        assert any("too long" in text for text in hands.notes)
        hands.ask("stop")
        await asyncio.sleep(0.02)
        assert hands.mode == "stopping"

    trial(story)


def test_the_loss_of_the_treadmill_is_told_in_a_flood_too():
    async def story(belts, hands, keeper):
        await hands.walk()
        for _ in range(2000):
            hands.link.write(b"\xc1")
        belts.is_cut = True
        await asyncio.sleep(0.02)
        assert any("hung up" in text for text in hands.notes)

    trial(story)


# -- the treadmill -------------------------------------------------------------------------


class TiltedBelts(Belts):
    """A deck that was left uphill, and that reports only after a while."""

    first_report_ns = 40_000_000

    def take(self):
        if self.clock.now_ns() < self.first_report_ns:
            return []
        (sample,) = super().take()
        return [BeltSample(sample.t_ns, sample.left_speed_mps, sample.right_speed_mps, 0.1)]


def commands_at_start(belts_type, duration_s):
    async def go(clock):
        belts = belts_type(clock)
        keeper = Keeper(belts, LIMITS, clock, URL)
        await keeper.open()
        task = asyncio.create_task(keeper.run())
        await asyncio.sleep(duration_s)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await keeper.close()
        return belts.sent

    return run(go, virtual=True)


def test_a_deck_that_was_left_uphill_is_never_told_to_move_at_the_start():
    sent = commands_at_start(TiltedBelts, 0.5)
    assert sent
    assert {command.incline_rad for _, command in sent} == {0.1}


def test_a_treadmill_that_never_reports_is_told_to_rest_all_the_same():
    class MuteBelts(TiltedBelts):
        first_report_ns = 10**12

    sent = commands_at_start(MuteBelts, 0.5)
    assert sent[0][0] < 150_000_000
    assert sent[0][1].left_speed_mps == 0.0


class BrokenBelts(Belts):
    """A driver with a fault of its own."""

    is_broken = False

    def take(self):
        if self.is_broken:
            raise ZeroDivisionError("a fault in the driver")
        return super().take()

    async def open(self):
        if self.is_broken:
            raise ZeroDivisionError("a fault in the driver")
        await super().open()


def test_a_fault_in_the_driver_ends_the_keeper_and_the_belts_are_told_to_rest():
    async def go(clock):
        belts = BrokenBelts(clock)
        keeper = Keeper(belts, LIMITS, clock, URL)
        await keeper.open()
        task = asyncio.create_task(keeper.run())
        await asyncio.sleep(0.1)
        belts.is_broken, belts.target_mps = True, 1.0
        with pytest.raises(ZeroDivisionError):
            await task
        await keeper.close()
        return belts.target_mps

    assert run(go, virtual=True) == 0.0


def test_a_fault_while_reconnecting_does_not_keep_the_keeper_from_closing():
    async def story(belts, hands, keeper):
        belts.is_cut = True
        await asyncio.sleep(0.02)
        belts.open = belts.take = fail
        await asyncio.sleep(0.6)
        assert keeper._contact._reconnecting is not None

    async def fail():
        raise ZeroDivisionError("a fault in the driver")

    trial(story)
