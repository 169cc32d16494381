"""What the controller believes: sessions, order, age, and what it tells of itself."""

import itertools
import random

import pytest
from firmware.device import (
    MAKERS,
    ROOM,
    STEADY,
    U32,
    Device,
    armed,
    c_limits,
    idle,
    ready,
    running,
)
from firmware.library import ffi, lib

from rehabsim.devices import rs_treadmill_frame as wire
from rehabsim.devices.rs_frame import unwrap, wrap
from rehabsim.devices.rs_treadmill_frame import Cause, Refusal, State
from rehabsim_sim.rs_firmware import new_nonce


@pytest.mark.parametrize("state", State)
def test_hello_ends_locked_in_every_state(state):
    device = MAKERS[state]()
    cause, nonce = device.cause, device.c.nonce
    device.hello(greeting=99)
    device.walk(1100)
    assert device.state == State.LOCKED
    kept = {State.LOCKED: cause, State.STOPPING: cause}
    assert device.cause == kept.get(state, Cause.GREETED)
    assert (device.status().greeting, device.c.nonce != nonce) == (99, True)


def test_nothing_is_believed_before_hello():
    device = Device()
    device.live(100)
    assert device.status().nonce == 0
    device.reset()
    device.live(1)
    assert (device.state, device.c.late_count) == (State.LOCKED, 1)


def test_hello_forgets_what_was_refused_and_begins_counting_anew():
    device = ready()
    device.arm()
    assert device.c.refusal == Refusal.STATE
    assert device.status().sequence == 1
    device.hello()
    assert device.c.refusal == Refusal.NONE
    assert device.status().sequence == 0


def test_hello_asks_for_reports_every_4_or_10_ms():
    for report_ms in range(256):
        device = Device()
        device.hello(report_ms=report_ms)
        is_good = report_ms in (4, 10)
        assert (device.c.nonce != 0) == is_good
        assert device.c.bad_count == (not is_good)


@pytest.mark.parametrize("period_ms", [4, 10])
def test_reports_are_due_in_the_period_asked_for(period_ms):
    device = Device()
    assert [device.tick() for _ in range(30)] == 3 * ([False] * 9 + [True])
    device.hello(report_ms=period_ms)
    due = [device.tick() for _ in range(40)]
    assert due == (40 // period_ms) * ([False] * (period_ms - 1) + [True])


def test_a_pause_makes_one_report_due_and_no_more():
    device = ready()
    device._us += 51_000
    assert device.tick()
    assert not device.tick()


@pytest.mark.parametrize("field", ["nonce", "old", "again", "far", "stale", "future"])
@pytest.mark.parametrize("kind", ["reset", "arm", "disarm", "set_point"])
def test_a_command_of_another_session_out_of_order_or_stale_is_late_and_does_nothing(kind, field):
    device = {"reset": ready, "arm": idle, "disarm": running, "set_point": running}[kind]()
    state, session = device.state, device.session()
    now_us, newest = device.c.now_us & U32, device.c.sequence
    changes = {
        "nonce": {"nonce": session.nonce ^ 0x100},
        "old": {"sequence": (newest - 1) & U32},
        "again": {"sequence": newest},
        "far": {"sequence": (newest + 2**31) & U32},
        "stale": {"heard_us": (now_us - 200_001) & U32},
        "future": {"heard_us": (now_us + 1) & U32},
    }[field]
    session = session._replace(**changes)
    content = {
        "reset": wire.encode_command(wire.RESET, session),
        "arm": wire.encode_arm(session, ROOM.checksum),
        "disarm": wire.encode_command(wire.DISARM, session),
        "set_point": wire.encode_set_point(session, STEADY._replace(left_umps=400_000)),
    }[kind]
    device.say(content)
    assert (device.c.late_count, device.c.sequence) == (1, newest)
    assert (device.state, device.c.refused_count) == (state, 0)
    assert device.c.target.speed_umps[0] in (0, 500_000)


@pytest.mark.parametrize("ahead", [1, 2, 1000, 2**31 - 1])
@pytest.mark.parametrize("newest", [0, 5, U32, 2**31])
def test_a_newer_command_is_taken_across_the_wrap_of_the_sequence(newest, ahead):
    device = ready()
    device.c.sequence = newest
    session = device.session()._replace(sequence=(newest + ahead) & U32)
    device.say(wire.encode_command(wire.RESET, session))
    assert (device.state, device.c.late_count) == (State.IDLE, 0)
    assert device.c.sequence == (newest + ahead) & U32


def test_a_command_as_old_as_it_may_be_is_taken():
    device = ready()
    session = device.session()
    device.live(200)
    device.say(wire.encode_command(wire.RESET, session))
    assert device.state == State.IDLE


@pytest.mark.parametrize("start_us", [2**32 - 100_000, 2**32 - 1_600_000, 2**32 - 500])
def test_nothing_happens_when_the_microseconds_wrap(start_us):
    device, same = running(start_us=start_us), running()
    for _ in range(800):
        for one in (device, same):
            one.walk(1)
    for one in (device, same):
        one.live(58)
    assert device.state == same.state == State.RUN
    assert device.status()._replace(nonce=0) == same.status()._replace(nonce=0)
    for one in (device, same):
        one.live(1)
        assert one.cause == Cause.EXPIRED
    assert device.speeds == same.speeds


def test_the_device_clock_goes_on_past_32_bits():
    device = ready()
    for _ in range(3):
        device.pass_us(2**31)
    assert device.status().device_t_us == 60_000 + 3 * 2**31
    device.reset()
    device.arm()
    assert device.state == State.ARMED
    device.walk(100)
    assert device.speeds == (50_000, 50_000)


def replayed(sessions: int) -> tuple[int, int]:
    """Return how many captured frames were heard in later sessions, and how many acted."""
    captured = [content for content in running().heard if content[1] != wire.HELLO]
    wrong_count = 0
    for seed in range(2, 2 + sessions):
        later = ready(seed=seed)
        for content in captured:
            late_count = later.c.late_count
            later.say(content)
            later.tick()
            is_held = later.speeds == (0, 0) and later.state == State.LOCKED
            wrong_count += not is_held or later.c.late_count != late_count + 1
    return sessions * len(captured), wrong_count


def test_frames_captured_in_an_earlier_session_are_refused_in_a_later_one():
    frame_count, wrong_count = replayed(100)
    assert frame_count > 5000
    assert wrong_count == 0


def test_an_earlier_session_replayed_from_its_hello_on_is_refused_after_a_restart():
    captured = list(running().heard)
    for seed in range(2, 102):
        later = Device(seed=seed)
        for content in captured:
            later.say(content)
            later.tick()
        assert (later.state, later.c.late_count) == (State.LOCKED, len(captured) - 1)


def test_a_session_replayed_on_the_same_device_is_refused():
    device = running()
    captured = list(device.heard)
    device.stop()
    device.live(1200)
    for content in captured:
        device.say(content)
        device.tick()
    assert device.state == State.LOCKED
    assert device.speeds == (0, 0)


def test_nonces_are_those_of_the_simulator_and_never_0_nor_the_one_before():
    rng = random.Random(4)
    for _ in range(2000):
        parts = [rng.getrandbits(32) for _ in range(4)]
        assert lib.rs_new_nonce(*parts) == new_nonce(*parts)
    for wanted in (0, 5, U32):
        greeting = greeting_for(wanted, old=5)
        expected = {0: 1, 5: 6, U32: U32}[wanted]
        assert lib.rs_new_nonce(1, 2, greeting, 5) == new_nonce(1, 2, greeting, 5) == expected
    greeting = greeting_for(U32, old=U32)
    assert lib.rs_new_nonce(1, 2, greeting, U32) == new_nonce(1, 2, greeting, U32) == 1


def greeting_for(nonce: int, old: int) -> int:
    """Return the greeting that gives this CRC: it is linear in the greeting's bits."""
    content = bytes([1, 0, 0, 0, 2, 0, 0, 0])

    def crc(greeting: int) -> int:
        whole = content + greeting.to_bytes(4, "little") + old.to_bytes(4, "little")
        return int(lib.rs_crc32(whole, 16))

    rows = [(crc(1 << bit) ^ crc(0), 1 << bit) for bit in range(32)]
    want, greeting = nonce ^ crc(0), 0
    for bit in range(32):
        pivot = next(k for k in range(bit, 32) if rows[k][0] >> bit & 1)
        rows[bit], rows[pivot] = rows[pivot], rows[bit]
        for k in range(32):
            if k != bit and rows[k][0] >> bit & 1:
                rows[k] = (rows[k][0] ^ rows[bit][0], rows[k][1] ^ rows[bit][1])
    for bit in range(32):
        greeting ^= rows[bit][1] if want >> bit & 1 else 0
    assert crc(greeting) == nonce
    return greeting


def test_only_frames_of_the_right_version_type_and_length_are_taken():
    limits = c_limits(ROOM)
    lengths = {0x48: 8, 0x53: 4, 0x41: 20, 0x56: 32, 0x52: 16, 0x44: 16}
    device = ffi.new("RsTreadmill *")
    for kind, length, version in itertools.product(range(256), range(45), (0, 1, 2)):
        if version != 1 and length not in lengths.values():
            continue
        content = bytes([version, kind, 4 if kind == 0x48 else 0]) + bytes(42)
        lib.rs_treadmill_boot(device, limits, 1, 0, Cause.BOOTED)
        lib.rs_treadmill_hear(device, content, length)
        is_good = version == 1 and length == lengths.get(kind)
        assert device.bad_count == (not is_good), (kind, length, version)


@pytest.mark.parametrize("kind", [wire.ARM, wire.RESET, wire.DISARM])
@pytest.mark.parametrize("word", [1, 0x100])
def test_reserved_words_must_be_zero(kind, word):
    device = ready()
    content = bytearray(wire.encode_command(kind, device.session()))
    content += bytes(4) if kind == wire.ARM else b""
    content[2:4] = word.to_bytes(2, "little")
    device.say(bytes(content))
    assert (device.c.bad_count, device.c.late_count, device.state) == (1, 0, State.LOCKED)


def test_hello_has_a_reserved_byte_too():
    device = Device()
    device.say(bytes([1, wire.HELLO, 4, 1, 0, 0, 0, 0]))
    assert (device.c.bad_count, device.c.nonce) == (1, 0)


def test_a_report_says_what_is_so():
    device = running()
    device.is_coupled = False
    device.senses.speed_umps[0], device.senses.speed_umps[1] = 123, -456
    device.senses.incline_urad = -77
    device.c.bad_count, device.c.late_count, device.c.refused_count = 3, 4, 5
    device.c.refusal = Refusal.INCLINE
    device.c.incline_nrad = 12_345_678
    device.ask(STEADY._replace(incline_urad=12_346, ttl_ms=200))
    device.tick()
    assert device.status() == wire.Status(
        state=State.RUN,
        cause=Cause.NONE,
        nonce=device.c.nonce,
        greeting=7,
        limits_crc=ROOM.checksum,
        device_t_us=1_081_000,
        left_umps=123,
        right_umps=-456,
        left_setpoint_umps=500_000,
        right_setpoint_umps=500_000,
        incline_urad=-77,
        setpoint_urad=12_346,
        sequence=device._sequence,
        bad_count=3,
        late_count=4,
        refused_count=5,
        refusal=Refusal.INCLINE,
        flags=wire.POWER,
    )


def test_counters_wrap_and_damaged_frames_count_as_bad():
    device = armed()
    device.c.bad_count = device.c.late_count = device.c.refused_count = 0xFFFF
    device.say(b"\x01")
    device.say(wire.encode_command(wire.RESET, device.session()._replace(nonce=0)))
    device.reset()
    assert (device.c.bad_count, device.c.late_count, device.c.refused_count) == (0, 0, 0)
    out = ffi.new("uint8_t[66]")
    assert lib.rs_treadmill_report(device.c, 70, out, 66) == 66
    assert lib.rs_treadmill_report(device.c, 70, out, 65) == 0
    status = wire.decode_status(unwrap(bytes(out)[:-1]))
    assert status.bad_count == 70


def test_a_line_stuck_at_one_passes_the_crc_and_is_dropped_for_its_version():
    device = Device()
    content = b"\xff" * 4
    assert wrap(content) == b"\x09" + b"\xff" * 8 + b"\0"
    device.say(content)
    assert device.c.bad_count == 1
