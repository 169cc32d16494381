import asyncio
from math import inf, nan

import pytest
from devices.wire import is_for_a_person, wired
from firmware.vectors import ALL, BAD, VECTORS

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.errors import ConfigError, DeviceFaultError, LinkError, ProtocolError
from rehabsim.base.records import BeltCommand
from rehabsim.base.site import Site
from rehabsim.devices import rs_treadmill_frame as wire
from rehabsim.devices.driver import TREADMILLS, load
from rehabsim.devices.rs_frame import unwrap, wrap
from rehabsim.devices.rs_limits import limits_of_room
from rehabsim.devices.rs_treadmill import CAUSES, REFUSALS, RsTreadmill, hold_of, is_emergency
from rehabsim.devices.rs_treadmill_frame import Cause, Refusal, State, Status
from rehabsim.session.setup import SIMULATED_SITE

LIMITS = load_toml(SIMULATED_SITE, Site).limits
CHECKSUM = limits_of_room(LIMITS).checksum
AT_REST = Status(
    *(State.IDLE, Cause.NONE, 0xABCD, 0, CHECKSUM, 5_000_000_000),
    *(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Refusal.NONE, wire.POWER),
)


def told(**changes):
    values = {
        "left_speed_mps": 0.8,
        "right_speed_mps": 0.6,
        "left_accel_mps2": 0.5,
        "right_accel_mps2": 0.25,
        "incline_rad": 0.02,
        "ttl_s": 0.06,
    }
    return BeltCommand(**(values | changes))


class Scene:
    """A driver and a treadmill that says what a test wants."""

    def __init__(self, driver, link, clock):
        self.driver, self.link, self.clock = driver, link, clock
        self.greeting = 0

    def heard(self):
        """Return the content of what the driver has said since the last call."""
        stream = b"".join(piece for _, piece in self.link.take())
        return [unwrap(frame) for frame in stream.split(b"\0") if frame]

    def report(self, **changes):
        self.link.write(
            wrap(wire.encode_status(AT_REST._replace(greeting=self.greeting)._replace(**changes)))
        )
        return self.driver.take()

    def greet(self):
        (hello,) = self.heard()
        self.greeting = int.from_bytes(hello[4:8], "little")
        return hello


def play(act, **options):
    async def go(clock):
        config = RsTreadmill.Config.model_validate(
            {"kind": "rs_treadmill", "url": "memory:belts", "max_speed_mps": 2.0} | options
        )
        driver = RsTreadmill(config, clock)
        async with wired(driver, clock) as link:
            return await act(Scene(driver, link, clock))

    return run(go, virtual=True)


def test_it_is_installed():
    assert load(TREADMILLS, "rs_treadmill") is RsTreadmill
    assert RsTreadmill.can_expire


@pytest.mark.parametrize(("hz", "ms"), [(250, 4), (100, 10)])
def test_a_connection_begins_with_hello_and_the_period_of_the_reports(hz, ms):
    async def act(scene):
        hello = scene.greet()
        assert (hello[:4], len(hello)) == (bytes([1, wire.HELLO, ms, 0]), 8)

    play(act, report_hz=hz)


def test_each_connection_has_another_greeting():
    async def act(scene):
        greetings = set()
        driver = scene.driver
        for _ in range(20):
            greetings.add(driver._greeting)
            await driver.close()
            await driver.open()
        assert len(greetings) == 20

    play(act)


def test_before_hello_is_answered_nothing_is_reported_and_nothing_but_stop_is_sent():
    async def act(scene):
        scene.greet()
        assert scene.report(greeting=scene.greeting + 1) == []
        driver = scene.driver
        driver.send(told())
        driver.reset()
        driver.arm(LIMITS)
        driver.disarm()
        assert scene.heard() == []
        driver.stop(0.5)
        assert scene.heard() == [bytes([1, wire.STOP, 0xF4, 0x01])]

    play(act)


def test_a_treadmill_that_never_answers_hello_is_a_link_error():
    async def act(scene):
        scene.greet()
        await asyncio.sleep(0.99)
        assert scene.report(greeting=1234) == []
        await asyncio.sleep(0.02)
        with pytest.raises(LinkError, match="does not answer") as caught:
            scene.report(greeting=1234)
        assert is_for_a_person(str(caught.value))

    play(act)


def test_a_treadmill_that_restarts_or_greets_another_is_a_link_error():
    async def act(scene):
        scene.greet()
        assert len(scene.report()) == 1
        with pytest.raises(LinkError, match="restarted") as caught:
            scene.report(greeting=0)
        assert is_for_a_person(str(caught.value))

    play(act)


def test_a_report_becomes_a_sample():
    async def act(scene):
        scene.greet()
        (sample,) = scene.report(
            state=State.RUN, left_umps=1_250_001, right_umps=-2_000, incline_urad=43_633
        )
        assert sample.t_ns == scene.clock.now_ns()
        assert (sample.left_speed_mps, sample.right_speed_mps) == (1.250001, -0.002)
        assert sample.incline_rad == 0.043633
        assert (sample.hold, sample.is_emergency, sample.is_armed) == ("", False, True)

    play(act)


@pytest.mark.parametrize("state", State)
def test_armed_is_what_follows_set_points(state):
    async def act(scene):
        scene.greet()
        (sample,) = scene.report(state=state)
        assert sample.is_armed == (state in (State.ARMED, State.RUN))

    play(act)


def test_every_command_names_session_order_and_what_the_host_has_heard():
    async def act(scene):
        scene.greet()
        scene.report()
        driver = scene.driver
        driver.reset()
        driver.arm(LIMITS)
        driver.send(told())
        driver.disarm()
        reset, arm, set_point, disarm = scene.heard()
        heard_us = 5_000_000_000 & 0xFFFFFFFF
        session = [wire.Session(0xABCD, k, heard_us) for k in (1, 2, 3, 4)]
        assert reset == wire.encode_command(wire.RESET, session[0])
        assert arm == wire.encode_arm(session[1], CHECKSUM)
        numbers = wire.SetPoint(800_000, 600_000, 500, 250, 20_000, 60)
        assert set_point == wire.encode_set_point(session[2], numbers)
        assert disarm == wire.encode_command(wire.DISARM, session[3])

    play(act)


def test_arming_for_another_room_is_refused_in_words_with_both_checksums_until_asked_again():
    async def act(scene):
        scene.greet()
        scene.report(limits_crc=0x12AB)
        scene.driver.arm(LIMITS)
        assert scene.heard() == []
        for _ in range(2):
            (sample,) = scene.report(limits_crc=0x12AB)
            assert "000012ab" in sample.hold
            assert f"{CHECKSUM:08x}" in sample.hold
            assert not sample.is_armed
        scene.driver.reset()
        assert scene.report()[0].hold == ""
        scene.driver.arm(LIMITS)
        assert scene.report()[0].hold == ""

    play(act)


WRONG = [nan, inf, -inf, -0.0, -0.5, -1e-9, 1e308, 2.0**63]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", BeltCommand.__struct_fields__)
def test_what_is_not_a_number_negative_or_minus_zero_is_refused_and_not_sent(name, wrong):
    async def act(scene):
        scene.greet()
        scene.report()
        with pytest.raises(DeviceFaultError) as caught:
            scene.driver.send(told(**{name: wrong}))
        assert is_for_a_person(str(caught.value))
        assert scene.heard() == []

    play(act)


@pytest.mark.parametrize(
    "changes",
    [
        {"left_speed_mps": 2.001},
        {"right_speed_mps": 2.001},
        {"left_accel_mps2": 0.0004},
        {"right_accel_mps2": 0.0},
        {"right_accel_mps2": 60.1},
        {"incline_rad": 1.01},
        {"ttl_s": 0.0004},
        {"ttl_s": 0.201},
    ],
)
def test_what_does_not_fit_its_field_or_this_machine_is_refused_and_not_sent(changes):
    async def act(scene):
        scene.greet()
        scene.report()
        with pytest.raises(DeviceFaultError):
            scene.driver.send(told(**changes))
        assert scene.heard() == []

    play(act)


@pytest.mark.parametrize(
    ("asked", "sent"), [(0.5, 500), (nan, 0), (inf, 0), (-1.0, 0), (1e9, 65535), (0.0, 0)]
)
def test_a_stop_is_always_sent(asked, sent):
    async def act(scene):
        scene.greet()
        scene.driver.stop(asked)
        assert scene.heard() == [wire.encode_stop(sent)]

    play(act)


def test_every_cause_and_refusal_has_its_words():
    assert set(CAUSES) == set(Cause) - {Cause.NONE}
    assert set(REFUSALS) == set(Refusal) - {Refusal.NONE}
    holds = {hold_of(AT_REST._replace(state=State.LOCKED, cause=cause)) for cause in CAUSES}
    assert len(holds) == len(CAUSES)
    locked = AT_REST._replace(state=State.LOCKED, cause=Cause.REFUSED, refusal=Refusal.SPLIT)
    assert hold_of(locked).startswith(CAUSES[Cause.REFUSED])
    assert REFUSALS[Refusal.SPLIT] in hold_of(locked)
    assert REFUSALS[Refusal.LIMITS] in hold_of(AT_REST._replace(refusal=Refusal.LIMITS))
    assert hold_of(AT_REST._replace(state=State.ARMED, refusal=Refusal.STATE)) == ""
    assert hold_of(locked, "something else") == "something else"


@pytest.mark.parametrize(
    ("changes", "is_one"),
    [
        ({}, False),
        ({"flags": wire.OPEN_A}, True),
        ({"flags": wire.OPEN_B | wire.POWER}, True),
        ({"cause": Cause.EMERGENCY}, True),
        ({"cause": Cause.DISCREPANT}, True),
        ({"cause": Cause.STOPPED}, False),
    ],
)
def test_an_emergency_is_an_open_channel_or_one_that_was_not_reset(changes, is_one):
    assert is_emergency(AT_REST._replace(**changes)) == is_one


def test_damaged_reports_are_left_out_and_many_of_them_are_another_protocol():
    async def act(scene):
        scene.greet()
        for vector in BAD:
            scene.link.write(vector.frame)
        assert scene.driver.take() == []
        assert len(scene.report()) == 1
        scene.link.write(b"x" * 4000 + b"\0")
        assert scene.driver.take() == []
        scene.link.write(b"x" * 96)
        with pytest.raises(ProtocolError, match="rs_treadmill"):
            scene.driver.take()

    play(act)


@pytest.mark.parametrize("changes", [{"state": 5}, {"cause": 13}, {"refusal": 13}])
def test_a_report_whose_words_mean_nothing_is_left_out(changes):
    async def act(scene):
        scene.greet()
        assert scene.report(**changes) == []

    play(act)


@pytest.mark.parametrize("options", [{"report_hz": 50}, {"max_speed_mps": -1.0}, {"limit": 1}])
def test_a_table_that_cannot_be_is_refused(options):
    async def act(_):
        pytest.fail("it was accepted")

    with pytest.raises((ConfigError, ValueError)):
        play(act, **options)


# -- vectors -------------------------------------------------------------------------------


def encoded(name, v):
    """Return the content that our codecs make of a vector's meaning."""
    if name == "HELLO":
        return wire.encode_hello(v["report_ms"], v["greeting"])
    if name == "STOP":
        return wire.encode_stop(v["decel_mmps2"])
    if name == "STATUS":
        return wire.encode_status(Status(**v))
    session = wire.Session(v["nonce"], v["sequence"], v["heard_us"])
    if name == "ARM":
        return wire.encode_arm(session, v["limits_crc"])
    if name == "SETPOINT":
        return wire.encode_set_point(session, wire.SetPoint(*list(v.values())[3:]))
    return wire.encode_command({"RESET": wire.RESET, "DISARM": wire.DISARM}[name], session)


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if v.name != "PLATES"], ids=lambda vector: vector.meaning[:60]
)
def test_python_makes_every_vector_and_reads_what_a_treadmill_says(vector):
    content = encoded(vector.name, vector.values)
    assert wrap(content) == vector.frame
    assert unwrap(vector.frame[:-1]) == content
    if vector.name == "STATUS":
        assert wire.decode_status(content)._asdict() == vector.values


@pytest.mark.parametrize("vector", BAD, ids=lambda vector: vector.meaning)
def test_bad_vectors_are_bad_in_python(vector):
    with pytest.raises(ValueError, match=r"."):
        unwrap(vector.frame[:-1])


def test_there_are_vectors_of_every_type():
    names = {"HELLO", "RESET", "ARM", "DISARM", "SETPOINT", "STOP", "STATUS", "PLATES", "BAD"}
    assert {vector.name for vector in ALL} == names
