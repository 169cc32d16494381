"""Many asks at one moment: each is answered, in its turn; a STOP waits for nobody."""

import asyncio

from safety.keeping import URL, ride, trial

from rehabsim.devices.link import MAX_MESSAGE_BYTES, open_link
from rehabsim.safety.audience import MAX_ASKS_PER_TICK, MAX_WAITING, OVERTAKEN
from rehabsim.safety.messages import Ask, encode


def answers(hands):
    """Return what was answered to each ask, by its id, in the order of the answers."""
    found = {}
    for report in hands.reports:
        for answer in (*report.decision.answers, *report.platform_answers, *report.refused):
            found.setdefault(answer.id, []).append((answer.is_accepted, answer.reason))
    return found


def write(link, name, count, who="hands"):
    for number in range(count):
        link.write(encode(Ask(f"{who}-{name}-{number}", name, who)))


def _names(report):
    return [ask.name for ask in report.inputs.asks]


def decided_counts(hands):
    return [
        len(r.decision.answers) + len(r.platform_answers) + len(r.refused) for r in hands.reports
    ]


def test_more_asks_than_a_tick_decides_are_all_answered_in_the_next_ones():
    async def story(deck, hands, keeper):
        write(hands.link, "settle", 40)
        await asyncio.sleep(0.05)
        found = answers(hands)
        assert list(found) == [f"hands-settle-{number}" for number in range(40)]
        assert all(len(each) == 1 for each in found.values())
        said = [each[0] for each in found.values()]
        assert said[:16] == [(True, "")] * 16
        assert (
            said[16:]
            == [(False, "Settle works when frozen or engaged; the platform is settled.")] * 24
        )
        assert max(decided_counts(hands)) == MAX_ASKS_PER_TICK

    ride(story)


def test_seventeen_asks_about_the_belts_are_seventeen_answers():
    async def story(belts, hands, keeper):
        write(hands.link, "reset", 17)
        await asyncio.sleep(0.05)
        found = answers(hands)
        assert len(found) == 17
        assert found["hands-reset-0"] == [(True, "")]
        assert hands.mode == "idle"

    trial(story)


def test_a_stop_overtakes_all_that_wait_and_none_of_them_acts_any_more():
    async def story(belts, hands, keeper):
        write(hands.link, "pause", 20)
        for name in ("reset", "arm", "start"):
            write(hands.link, name, 1)
        write(hands.link, "stop", 1)
        await asyncio.sleep(0.1)
        found = answers(hands)
        assert len(found) == 24
        for name in ("reset", "arm", "start"):
            assert found[f"hands-{name}-0"] == [(False, OVERTAKEN)]
        assert found["hands-stop-0"] == [(True, "")]
        assert hands.mode == "locked"
        assert next(iter(found)) == "hands-stop-0"
        write(hands.link, "reset", 1, "later")
        await asyncio.sleep(0.02)
        assert answers(hands)["later-reset-0"] == [(True, "")]

    trial(story)


def test_a_stop_that_comes_later_overtakes_too():
    async def story(belts, hands, keeper):
        write(hands.link, "pause", 50)
        write(hands.link, "reset", 1)
        await asyncio.sleep(0.006)
        write(hands.link, "stop", 1)
        await asyncio.sleep(0.1)
        assert answers(hands)["hands-reset-0"] == [(False, OVERTAKEN)]
        assert hands.mode == "locked"

    trial(story)


def test_one_who_asks_much_keeps_nobody_waiting():
    async def story(belts, hands, keeper):
        other = await open_link(URL, hands.clock, device="keeper")
        for _ in range(20):
            write(hands.link, "pause", 60, f"crowd{hands.clock.now_ns()}")
            await asyncio.sleep(0.004)
        since_ns = hands.clock.now_ns()
        other.write(encode(Ask("calm", "reset", "other")))
        await asyncio.sleep(0.02)
        told = [
            r.inputs.t_ns for r in hands.reports if any(a.id == "calm" for a in r.decision.answers)
        ]
        assert len(told) == 1
        assert told[0] - since_ns <= 4_000_000
        await other.close()

    trial(story)


def test_what_is_too_much_is_dropped_told_and_may_be_asked_again():
    async def story(belts, hands, keeper):
        write(hands.link, "reset", MAX_WAITING + 5)
        await asyncio.sleep(0.05)
        found = answers(hands)
        assert len(found) == MAX_WAITING
        assert [text for text in hands.notes if "dropped" in text] == [
            "5 asks too many at once were dropped."
        ]
        last = f"hands-reset-{MAX_WAITING + 4}"
        assert last not in found
        hands.link.write(encode(Ask(last, "reset", "hands")))
        await asyncio.sleep(0.02)
        assert len(answers(hands)[last]) == 1

    trial(story)


def test_a_flood_of_stops_stops_at_once_and_ends():
    async def story(belts, hands, keeper):
        await hands.walk()
        write(hands.link, "stop", 2000)
        await asyncio.sleep(0.05)
        stopped = next(r for r in hands.reports if r.decision.state.mode == "stopping")
        assert stopped is next(r for r in hands.reports if "stop" in _names(r))
        stops = [name for name in answers(hands) if "-stop-" in name]
        assert len(stops) == MAX_WAITING
        assert max(decided_counts(hands)) == MAX_ASKS_PER_TICK
        assert max(len(encode(report)) for report in hands.reports) < MAX_MESSAGE_BYTES
        await asyncio.sleep(2)
        hands.ask("reset")
        await asyncio.sleep(0.02)
        assert hands.mode == "idle"

    trial(story)


def test_the_longest_asks_in_their_greatest_number_fit_one_report():
    async def story(belts, hands, keeper):
        for number in range(MAX_WAITING):
            hands.link.write(encode(Ask(f"{number:03}" * 320, "arm", "z" * 10)))
        hands.link.write(encode(Ask("x" * 900, "stop", "z" * 80)))
        await asyncio.sleep(0.1)
        assert max(len(encode(report)) for report in hands.reports) < MAX_MESSAGE_BYTES
        assert len(answers(hands)) == MAX_WAITING + 1

    trial(story)


def test_what_waits_of_one_who_has_hung_up_does_not_act():
    async def story(belts, hands, keeper):
        write(hands.link, "reset", 1)
        await asyncio.sleep(0.05)
        assert hands.mode == "idle"
        other = await open_link(URL, hands.clock, device="keeper")
        write(other, "pause", 40, who="other")
        write(other, "arm", 1, who="other")
        await asyncio.sleep(0)
        await other.close()
        await asyncio.sleep(0.1)
        assert hands.mode == "idle"
        assert "other-arm-0" not in answers(hands)

    trial(story)
