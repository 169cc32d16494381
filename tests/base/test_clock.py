import asyncio
import contextlib
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehabsim.base import clock as clock_module
from rehabsim.base.clock import NS, Clock, HostClock, Tick, host_epoch_ns, next_beat_ns, run, utc_ns

MS = 1_000_000


async def beats(
    clock: Clock,
    period_ns: int,
    count: int,
    *,
    start_ns: int | None = None,
    after_tick: Callable[[int], Coroutine[Any, Any, None]] | None = None,
) -> list[Tick]:
    """Return the first `count` ticks; `after_tick` is awaited after each."""
    ticks: list[Tick] = []
    async with contextlib.aclosing(clock.ticks(period_ns, start_ns=start_ns)) as generator:
        async for tick in generator:
            ticks.append(tick)
            if len(ticks) == count:
                break
            if after_tick is not None:
                await after_tick(len(ticks) - 1)
    return ticks


def assert_every_deadline_is_accounted_for(ticks: list[Tick], period_ns: int, start_ns: int):
    next_index = 0
    for tick in ticks:
        assert tick.missed_count >= 0
        assert tick.index == next_index + tick.missed_count
        assert tick.due_ns == start_ns + tick.index * period_ns
        assert tick.woke_ns >= tick.due_ns
        next_index = tick.index + 1


# -- virtual time --------------------------------------------------------------------------


def test_virtual_time_jumps_to_the_next_timer_without_waiting():
    async def sleep_a_day(clock):
        await asyncio.sleep(86400)
        return clock.now_ns()

    started_s = time.monotonic()
    assert run(sleep_a_day, virtual=True) == 86_400_000_000_000
    assert time.monotonic() - started_s < 60


def test_a_minute_of_virtual_ticks_falls_exactly_on_its_deadlines():
    ticks = run(lambda clock: beats(clock, 4 * MS, 15_000), virtual=True)
    assert [tick.index for tick in ticks] == list(range(15_000))
    assert all(t.woke_ns == t.due_ns == t.index * 4 * MS and not t.missed_count for t in ticks)


def test_the_virtual_clock_starts_at_zero_however_long_the_loop_has_run():
    async def scene(clock):
        await asyncio.sleep(3)
        late = clock_module.VirtualClock(asyncio.get_running_loop())
        ticks = await beats(late, MS, 3)
        return late.now_ns(), [tick.woke_ns for tick in ticks], clock.now_ns()

    assert run(scene, virtual=True) == (2 * MS, [0, MS, 2 * MS], 3 * NS + 2 * MS)


@given(
    period_ns=st.integers(1000, 10 * MS),
    start_ns=st.integers(-20 * MS, 20 * MS),
    naps_ns=st.lists(st.integers(0, 30 * MS), min_size=1, max_size=20),
)
def test_virtual_ticks_count_what_was_slept_through_and_wake_for_the_newest(
    period_ns, start_ns, naps_ns
):
    async def nap(index):
        await asyncio.sleep(naps_ns[index] / NS)

    async def scene(clock):
        count = len(naps_ns) + 1
        return await beats(clock, period_ns, count, start_ns=start_ns, after_tick=nap)

    ticks = run(scene, virtual=True)
    assert_every_deadline_is_accounted_for(ticks, period_ns, start_ns)
    awake_ns = 0
    for tick, nap_ns in zip(ticks, [*naps_ns, 0], strict=True):
        assert tick.woke_ns == max(awake_ns, tick.due_ns)
        assert tick.woke_ns - tick.due_ns < period_ns
        awake_ns = tick.woke_ns + nap_ns


def test_a_tick_is_never_early_when_another_timer_is_one_nanosecond_before_it():
    async def scene(clock):
        async def nudge():
            for k in range(1, 200):
                await asyncio.sleep((k * MS - 1 - clock.now_ns()) / NS)

        nudging = asyncio.create_task(nudge())
        ticks = await beats(clock, MS, 200)
        await nudging
        return ticks

    assert all(tick.woke_ns == tick.due_ns for tick in run(scene, virtual=True))


def test_two_virtual_tasks_take_turns_in_the_order_of_their_deadlines():
    async def scene(clock):
        order = []

        async def note(name, period_ns, count):
            async def write(_):
                order.append((clock.now_ns() // MS, name))

            await beats(clock, period_ns, count + 1, start_ns=period_ns, after_tick=write)

        await asyncio.gather(note("a", 2 * MS, 6), note("b", 3 * MS, 4))
        return order

    order = run(scene, virtual=True)
    assert sorted(order) == sorted(
        [(2 * k, "a") for k in range(1, 7)] + [(3 * k, "b") for k in range(1, 5)]
    )
    assert [t_ms for t_ms, _ in order] == sorted(t_ms for t_ms, _ in order)


def test_a_virtual_loop_in_which_everyone_waits_is_a_deadlock(monkeypatch, left_running):
    monkeypatch.setattr(clock_module, "DEADLOCK_S", 0.02)

    async def wait_for_nobody(_):
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="deadlock: every task waits"):
        run(wait_for_nobody, virtual=True)
    left_running.clear()


@pytest.mark.realtime
def test_a_virtual_loop_waits_for_a_thread_when_no_timer_is_set():
    async def scene(clock):
        await asyncio.to_thread(time.sleep, 0.05)
        return clock.now_ns()

    assert run(scene, virtual=True) == 0


def test_a_virtual_loop_hears_a_socket_before_it_jumps():
    async def scene(clock):
        loop = asyncio.get_running_loop()
        here, there = socket.socketpair()
        heard_ns = []

        def hear():
            heard_ns.append((clock.now_ns(), there.recv(10)))

        with here, there:
            loop.add_reader(there.fileno(), hear)
            await asyncio.sleep(1)
            here.send(b"now")
            await asyncio.sleep(1)
            loop.remove_reader(there.fileno())
        return heard_ns

    assert run(scene, virtual=True) == [(NS, b"now")]


# -- the host's time -----------------------------------------------------------------------


def test_processes_of_one_session_share_their_epoch():
    async def now_ns(clock):
        return clock.now_ns()

    before_ns = host_epoch_ns()
    epoch_ns = before_ns - 7 * NS
    assert 7 * NS <= run(now_ns, epoch_ns=epoch_ns) <= 7 * NS + (host_epoch_ns() - before_ns)


def test_without_an_epoch_the_session_starts_now():
    before_ns = host_epoch_ns()
    clock = HostClock()
    assert 0 <= clock.now_ns() <= host_epoch_ns() - before_ns


@given(st.integers(0, 10**15), st.integers(1, 10**9), st.integers(0, 10**9))
def test_processes_that_beat_in_turn_agree_on_when_without_talking(now_ns, period_ns, phase_ns):
    beat_ns = next_beat_ns(now_ns, period_ns, phase_ns)
    assert now_ns <= beat_ns < now_ns + period_ns
    assert (beat_ns - phase_ns) % period_ns == 0


def test_wall_time_is_that_of_the_host():
    before_ns = time.time_ns()
    now_ns = utc_ns()
    assert before_ns <= now_ns <= time.time_ns()


@pytest.fixture(params=["timerfd", "thread"])
def waking(request, monkeypatch):
    """Both ways of waking on absolute deadlines."""
    if request.param == "thread":
        monkeypatch.setattr(clock_module, "_timerfd_expirations", clock_module._thread_expirations)
    return request.param


@pytest.mark.realtime
@pytest.mark.usefixtures("waking")
class TestRealTicks:
    async def test_keep_absolute_deadlines_and_lose_none_of_them(self):
        clock = HostClock()
        start_ns = clock.now_ns() + 5 * MS
        ticks = await beats(clock, 5 * MS, 40, start_ns=start_ns)
        assert_every_deadline_is_accounted_for(ticks, 5 * MS, start_ns)
        assert sum(tick.missed_count for tick in ticks) + 40 == ticks[-1].index + 1

    async def test_start_at_once_without_a_start(self):
        clock = HostClock()
        before_ns = clock.now_ns()
        (tick,) = await beats(clock, 1000 * NS, 1)
        assert before_ns <= tick.due_ns <= tick.woke_ns
        assert tick.index == tick.missed_count == 0

    async def test_count_what_a_busy_consumer_missed(self):
        async def be_busy(index):
            if index == 2:
                time.sleep(0.1)  # noqa: ASYNC251

        clock = HostClock()
        start_ns = clock.now_ns()
        ticks = await beats(clock, 10 * MS, 5, start_ns=start_ns, after_tick=be_busy)
        assert_every_deadline_is_accounted_for(ticks, 10 * MS, start_ns)
        assert ticks[3].missed_count >= 8
        assert ticks[3].due_ns > ticks[2].woke_ns + 80 * MS

    async def test_wake_for_the_newest_deadline_after_a_nap_and_a_busy_time(self):
        async def nap_then_be_busy(index):
            if index == 0:
                await asyncio.sleep(0.05)
                time.sleep(0.1)  # noqa: ASYNC251

        clock = HostClock()
        start_ns = clock.now_ns()
        ticks = await beats(clock, 10 * MS, 2, start_ns=start_ns, after_tick=nap_then_be_busy)
        assert_every_deadline_is_accounted_for(ticks, 10 * MS, start_ns)
        assert ticks[1].missed_count >= 13

    async def test_count_deadlines_that_passed_before_the_start(self):
        clock = HostClock(host_epoch_ns() - 10 * NS)
        start_ns = clock.now_ns() - 105 * MS
        ticks = await beats(clock, 10 * MS, 3, start_ns=start_ns)
        assert_every_deadline_is_accounted_for(ticks, 10 * MS, start_ns)
        assert ticks[0].missed_count >= 10

    async def test_leave_the_loop_to_others_between_deadlines(self):
        turn_count = 0

        async def take_turns():
            nonlocal turn_count
            while True:
                turn_count += 1
                await asyncio.sleep(0.001)

        other = asyncio.create_task(take_turns())
        await beats(HostClock(), 40 * MS, 6)
        other.cancel()
        await asyncio.wait([other])
        assert turn_count >= 20

    async def test_leave_nothing_behind_when_closed(self):
        beating = set(threading.enumerate())
        open_before = fd_count()
        await beats(HostClock(), MS, 3)
        assert set(threading.enumerate()) == beating
        assert fd_count() == open_before


def fd_count() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


class CountingSelector(selectors.DefaultSelector):
    select_count = 0

    def select(self, timeout: float | None = None) -> Any:
        self.select_count += 1
        return super().select(timeout)


@pytest.mark.realtime
def test_deadlines_do_not_keep_the_loop_spinning_while_their_consumer_waits(waking):
    async def wait_long(_):
        await asyncio.sleep(0.2)

    selector = CountingSelector()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        ticks = runner.run(beats(HostClock(), 5 * MS, 2, after_tick=wait_long))
    deadline_count = ticks[-1].index + 1
    assert deadline_count >= 30, waking
    assert selector.select_count < 10 * deadline_count


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has timerfd")
async def test_a_timerfd_that_cannot_be_set_is_an_error_and_not_a_silent_clock():
    with pytest.raises(OSError, match="timerfd_settime"):
        await anext(clock_module._timerfd_expirations(1, -1))
