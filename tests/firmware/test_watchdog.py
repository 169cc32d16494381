import pytest
from firmware.library import ffi, lib

MIN_US, MAX_US = 500, 5000
U32 = 0xFFFFFFFF
TASKS = (1, 2, 4)


def started(now_us: int = 1000):
    watchdog = ffi.new("RsWatchdog *", {"done": 7, "has_failed": True})
    lib.rs_watchdog_start(watchdog, MIN_US, MAX_US, now_us & U32)
    return watchdog


def kick(watchdog, now_us, tasks=TASKS):
    for task in tasks:
        lib.rs_watchdog_done(watchdog, task)
    lib.rs_watchdog_kick(watchdog, now_us & U32)
    return lib.rs_watchdog_has_failed(watchdog, now_us & U32)


@pytest.mark.parametrize("start_us", [0, 1000, U32 - 200, U32 - 3000])
@pytest.mark.parametrize("age_us", [0, 1, *range(495, 506), 2000, *range(4995, 5006), 2**31, U32])
def test_a_round_must_end_within_the_window(start_us, age_us):
    assert kick(started(start_us), start_us + age_us) == (not MIN_US <= age_us <= MAX_US)


@pytest.mark.parametrize("missing", TASKS)
def test_every_task_must_have_been_done(missing):
    watchdog = started()
    assert kick(watchdog, 2000, [task for task in TASKS if task != missing])


def test_tasks_are_for_one_round_only():
    for tasks in ((), (1, 2), (2, 4), (1, 4)):
        watchdog = started()
        assert not kick(watchdog, 2000)
        assert kick(watchdog, 3000, tasks)


def test_each_round_is_counted_from_the_one_before():
    watchdog = started()
    for now_us in range(2000, 60_000, 1000):
        assert not kick(watchdog, now_us)
    assert kick(watchdog, 59_100)


@pytest.mark.parametrize(
    ("age_us", "has_failed"), [(0, False), (MAX_US, False), (MAX_US + 1, True)]
)
def test_a_loop_that_does_not_come_round_is_noticed_without_it(age_us, has_failed):
    watchdog = started()
    assert lib.rs_watchdog_has_failed(watchdog, 1000 + age_us) == has_failed


def test_a_failure_stays():
    watchdog = started()
    assert lib.rs_watchdog_has_failed(watchdog, 10_000)
    assert kick(watchdog, 10_000)
    assert kick(watchdog, 11_000)
