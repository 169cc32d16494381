"""Time: the only module that asks for it.

A clock counts nanoseconds since the session started. `HostClock` is the host's monotonic
clock, shared by every process of a session through its epoch; `VirtualClock` belongs to a
`VirtualLoop`, which jumps to its next timer instead of waiting for it.
"""

import asyncio
import contextlib
import contextvars
import ctypes
import os
import selectors
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Protocol, TypeVar

import msgspec

NS = 1_000_000_000
T = TypeVar("T")


class Tick(msgspec.Struct, frozen=True, gc=False):
    """One beat of a periodic task.

    Attributes:
        index: Number of the deadline that woke the task, from 0; skips what was missed.
        due_ns: The deadline, on the session clock.
        woke_ns: When the task really ran; `woke_ns - due_ns` is its lateness.
        missed_count: Deadlines that passed unserved since the tick before.
    """

    index: int
    due_ns: int
    woke_ns: int
    missed_count: int


class Clock(Protocol):
    """Nanoseconds since the session started, and a beat on absolute deadlines."""

    def now_ns(self) -> int:
        """Return the time on the session clock, never going backwards."""

    def ticks(self, period_ns: int, *, start_ns: int | None = None) -> AsyncGenerator[Tick, None]:
        """Yield a `Tick` for each deadline `start_ns + k * period_ns`, for ever.

        A deadline that passed while the task was busy is counted, not made up for.
        Without `start_ns` the first deadline is now. Close it when done: `contextlib.aclosing`.
        """


class HostClock:
    """The host's monotonic clock, minus `epoch_ns`."""

    def __init__(self, epoch_ns: int | None = None) -> None:
        self.epoch_ns = time.monotonic_ns() if epoch_ns is None else epoch_ns

    def now_ns(self) -> int:
        """Return nanoseconds since the epoch."""
        return time.monotonic_ns() - self.epoch_ns

    async def ticks(
        self, period_ns: int, *, start_ns: int | None = None
    ) -> AsyncGenerator[Tick, None]:
        """Yield a tick for each absolute deadline, woken by a timerfd where there is one."""
        first_ns = self.now_ns() if start_ns is None else start_ns
        expirations = _timerfd_expirations if sys.platform == "linux" else _thread_expirations
        index = -1
        async with contextlib.aclosing(expirations(first_ns + self.epoch_ns, period_ns)) as counts:
            async for count in counts:
                index += count
                yield Tick(index, first_ns + index * period_ns, self.now_ns(), count - 1)


class VirtualClock:
    """The clock of the running `VirtualLoop`."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop
        self.epoch_ns = loop.now_ns

    def now_ns(self) -> int:
        """Return nanoseconds since this clock was made."""
        return self._loop.now_ns - self.epoch_ns

    async def ticks(
        self, period_ns: int, *, start_ns: int | None = None
    ) -> AsyncGenerator[Tick, None]:
        """Yield a tick for each deadline, exactly on it unless the consumer slept past it."""
        first_ns = self.now_ns() if start_ns is None else start_ns
        index, missed_count = 0, 0
        while True:
            due_ns = first_ns + index * period_ns
            await self._sleep_until(due_ns)
            now_ns = self.now_ns()
            late_count = (now_ns - due_ns) // period_ns
            if late_count > 0:
                index += late_count
                missed_count += late_count
                due_ns += late_count * period_ns
            yield Tick(index, due_ns, now_ns, missed_count)
            index, missed_count = index + 1, 0

    async def _sleep_until(self, due_ns: int) -> None:
        while True:
            alarm = _Alarm(loop=self._loop)
            handle = self._loop.call_at((due_ns + self.epoch_ns) / NS, alarm.ring)
            try:
                await alarm
            finally:
                handle.cancel()
            if self.now_ns() >= due_ns:  # The loop takes timers 1 ns apart for simultaneous.
                return


class _Alarm(asyncio.Future[None]):
    """A future for one task that runs it the moment it rings, not a turn of the loop later.

    Half the turns of a session's loop go away with it. A cancelled one wakes its task as usual.
    """

    _wake: Callable[["_Alarm"], object] | None = None
    _context: contextvars.Context | None = None

    def add_done_callback(
        self, fn: Callable[["_Alarm"], object], /, *, context: contextvars.Context | None = None
    ) -> None:
        self._wake, self._context = fn, context

    def ring(self) -> None:
        if not self.done():
            self.set_result(None)
            if self._wake is not None and self._context is not None:
                self._context.run(self._wake, self)

    def cancel(self, msg: object = None) -> bool:
        if not super().cancel(msg):
            return False
        if self._wake is not None:
            self.get_loop().call_soon(self._wake, self, context=self._context)
        return True


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that jumps to its next timer instead of waiting for it.

    Raises `RuntimeError` when every task waits and no timer is set: that is a deadlock.
    """

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    @property
    def now_ns(self) -> int:
        """Virtual time in nanoseconds."""
        return self._jumping.now_ns

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._jumping.now_ns / NS


DEADLOCK_S = 5.0
"""How long a socket or a thread may keep everyone waiting in virtual time, real s."""


MAX_UNLOOKED = 8
"""While tasks are ready to run, sockets are only looked at every so often."""


class _JumpingSelector(selectors.DefaultSelector):
    now_ns = 0
    _unlooked_count = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            ready = super().select(DEADLOCK_S)
            if not ready:
                raise RuntimeError("deadlock: every task waits and no timer is set")
            return ready
        if timeout == 0 and self._unlooked_count < MAX_UNLOOKED:
            self._unlooked_count += 1
            return []
        self._unlooked_count = 0
        ready = super().select(0)
        if timeout > 0 and not ready:
            # Timers lie on whole nanoseconds; rounding undoes the float arithmetic of the loop.
            self.now_ns += max(round(timeout * NS), 1)
        return ready


def run(
    main: Callable[[Clock], Coroutine[Any, Any, T]],
    *,
    virtual: bool = False,
    epoch_ns: int | None = None,
) -> T:
    """Run `main(clock)` on the host's clock, or as fast as possible on a virtual one.

    Args:
        main: The coroutine function to run; it is given the session clock.
        virtual: Jump from timer to timer instead of waiting.
        epoch_ns: Where the host clock starts, as `host_epoch_ns()` of the process that
            started the session; ignored in virtual time.
    """

    async def with_clock() -> T:
        loop = asyncio.get_running_loop()
        clock = VirtualClock(loop) if isinstance(loop, VirtualLoop) else HostClock(epoch_ns)
        return await main(clock)

    with asyncio.Runner(loop_factory=VirtualLoop if virtual else None) as runner:
        return runner.run(with_clock())


def host_epoch_ns() -> int:
    """Return the host's monotonic time, to share as the epoch of a session's processes."""
    return time.monotonic_ns()


def next_beat_ns(now_ns: int, period_ns: int, phase_ns: int) -> int:
    """Return the first instant from now on that lies `phase_ns` after a whole period.

    Processes that share an epoch thereby take turns, each as soon as the one before is done.
    """
    return now_ns + (phase_ns - now_ns) % period_ns


def utc_ns() -> int:
    """Return wall time: for the log's header, and for rests that outlast a process."""
    return time.time_ns()


# -- waking on absolute deadlines ----------------------------------------------------------


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Itimerspec(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


_CLOCK_MONOTONIC = 1
_TFD_TIMER_ABSTIME = 1


async def _timerfd_expirations(first_ns: int, period_ns: int) -> AsyncGenerator[int, None]:
    """Yield how many deadlines passed at each wake; Linux. `os.timerfd_create` needs 3.13."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "timerfd_create")
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    count = 0

    def expired() -> None:
        # Read here, or the loop would find the timer readable again and again until served.
        nonlocal count
        with contextlib.suppress(BlockingIOError):
            count += int.from_bytes(os.read(fd, 8), sys.byteorder)
            ready.set()

    try:
        spec = _Itimerspec(
            _Timespec(*divmod(period_ns, NS)), _Timespec(*divmod(max(first_ns, 1), NS))
        )
        if libc.timerfd_settime(fd, _TFD_TIMER_ABSTIME, ctypes.byref(spec), None) < 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime")
        loop.add_reader(fd, expired)
        while True:
            await ready.wait()
            expired()
            ready.clear()
            served_count, count = count, 0
            yield served_count
    finally:
        loop.remove_reader(fd)
        os.close(fd)


async def _thread_expirations(first_ns: int, period_ns: int) -> AsyncGenerator[int, None]:
    """Yield how many deadlines passed at each wake; a sleeping thread, for other systems."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    is_done = threading.Event()

    def beat() -> None:
        due_ns = first_ns
        while not is_done.wait(max(0.0, (due_ns - time.monotonic_ns()) / NS)):
            passed_count = (time.monotonic_ns() - first_ns) // period_ns + 1
            if passed_count > 0:
                loop.call_soon_threadsafe(ready.set)
            due_ns = first_ns + max(passed_count, 0) * period_ns

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    served_count = 0
    try:
        while True:
            await ready.wait()
            ready.clear()
            passed_count = (time.monotonic_ns() - first_ns) // period_ns + 1
            if passed_count > served_count:
                yield passed_count - served_count
                served_count = passed_count
    finally:
        is_done.set()
        thread.join()
