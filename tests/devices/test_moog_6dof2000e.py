"""The motion base's driver against bytes made by hand from the byte table."""

from math import inf, nan, radians

import pytest
from devices.wire import is_for_a_person, wired
from hypothesis import given
from hypothesis import strategies as st

from rehabsim.base.clock import run
from rehabsim.base.errors import DeviceFaultError, LinkError, ProtocolError
from rehabsim.base.records import PlatformCommand, PlatformSample, Pose
from rehabsim.devices.moog_6dof2000e import (
    RANGES,
    Moog6Dof2000E,
    decode_report,
    encode_command,
)

CONFIG = Moog6Dof2000E.Config(
    kind="moog_6dof2000e", url="memory:base", max_offset_m=0.12, max_angle_rad=0.2
)


def packed(*words: str) -> bytes:
    return bytes.fromhex("".join(words))


ZERO, HALF, QUARTER, EIGHTH = "00000000", "3f000000", "3e800000", "3e000000"
MINUS_EIGHTH, MINUS_QUARTER = "be000000", "be800000"


# -- commands ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "word"),
    [
        ("rest", "000000aa"),
        ("reset", "000000a0"),
        ("engage", "000000b4"),
        ("move", "00000082"),
        ("freeze", "00000082"),
        ("settle", "000000d2"),
    ],
)
def test_each_act_has_its_word(act, word):
    assert encode_command(PlatformCommand(act, Pose())).hex() == word + (
        ZERO + ZERO + "80000000" + ZERO + "80000000" + "80000000" + ZERO
    )


@pytest.mark.parametrize(
    ("pose", "words"),
    [
        # MCW, roll, pitch, heave, surge, yaw, lateral, spare: an aircraft's axes
        ({"roll_rad": 0.25}, [QUARTER, ZERO, "80000000", ZERO, "80000000", "80000000"]),
        ({"pitch_rad": 0.25}, [ZERO, QUARTER, "80000000", ZERO, "80000000", "80000000"]),
        ({"z_m": 0.125}, [ZERO, ZERO, MINUS_EIGHTH, ZERO, "80000000", "80000000"]),
        ({"z_m": -0.125}, [ZERO, ZERO, EIGHTH, ZERO, "80000000", "80000000"]),
        ({"x_m": 0.125}, [ZERO, ZERO, "80000000", EIGHTH, "80000000", "80000000"]),
        ({"yaw_rad": 0.25}, [ZERO, ZERO, "80000000", ZERO, MINUS_QUARTER, "80000000"]),
        ({"y_m": 0.25}, [ZERO, ZERO, "80000000", ZERO, "80000000", MINUS_QUARTER]),
    ],
)
def test_each_axis_has_its_place_and_sign_on_the_wire(pose, words):
    assert encode_command(PlatformCommand("move", Pose(**pose))) == packed("00000082", *words, ZERO)


def test_heave_is_down_on_the_wire_as_public_clients_have_it():
    sent = encode_command(PlatformCommand("move", Pose(z_m=0.1)))
    assert sent[:16].hex() == "00000082" + ZERO + ZERO + "bdcccccd"
    assert len(sent) == 32


@pytest.mark.parametrize("axis", RANGES)
def test_a_set_point_at_the_bases_own_range_is_the_last_that_is_encoded(axis):
    for edge in RANGES[axis]:
        encode_command(PlatformCommand("move", Pose(**{axis: edge})))
        for beyond in (edge * 1.0001, nan, inf, -inf):
            with pytest.raises(ValueError, match=axis):
                encode_command(PlatformCommand("move", Pose(**{axis: beyond})))


def test_the_ranges_are_those_of_the_public_tables():
    assert RANGES["x_m"] == (-0.241, 0.259)
    assert RANGES["y_m"] == (-0.259, 0.259)
    assert RANGES["z_m"] == (-0.178, 0.178)
    assert [RANGES[a] for a in ("roll_rad", "pitch_rad", "yaw_rad")] == [
        (-radians(d), radians(d)) for d in (21, 22, 22)
    ]


def test_a_base_that_is_to_rise_may_only_be_told_the_middle():
    with pytest.raises(ValueError, match="the middle only"):
        encode_command(PlatformCommand("engage", Pose(pitch_rad=0.001)))


# -- reports -------------------------------------------------------------------------------


def report(faults=ZERO, lights=ZERO, state="00000023", pose=(ZERO,) * 6) -> bytes:
    return packed(faults, lights, state, *pose, ZERO)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("00000020", "starting"),
        ("00000021", "idle"),
        ("00000022", "rising"),
        ("00000023", "engaged"),
        ("000000a3", "engaged"),
        ("00000027", "parking"),
        ("00000028", "fault"),
        ("00000029", "fault"),
        ("0000002a", "fault"),
        ("0000002b", "disabled"),
        ("0000002c", "inhibited"),
    ],
)
def test_each_state_has_its_name(word, state):
    assert decode_report(report(state=word), 5).state == state


@pytest.mark.parametrize("word", ["00000024", "00000025", "00000026", "0000002d", "0000002f"])
def test_a_state_that_does_not_exist_is_refused(word):
    with pytest.raises(ValueError, match="state 0x"):
        decode_report(report(state=word), 5)


def test_a_report_says_where_the_base_is_in_our_axes():
    pose = (EIGHTH, MINUS_QUARTER, MINUS_EIGHTH, HALF, QUARTER, MINUS_EIGHTH)
    assert decode_report(report(pose=pose), 7) == PlatformSample(
        7, Pose(0.5, 0.125, 0.125, 0.125, -0.25, -0.25), "engaged", is_home=False
    )


def test_the_lights_say_home_and_emergency_stop_and_nothing_else_does():
    for byte in range(256):
        sample = decode_report(report(lights=f"000000{byte:02x}"), 1)
        assert sample.is_home == bool(byte & 0x01)
        assert sample.is_emergency == bool(byte & 0x80)
        assert sample.hold == ""


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ("00008000", "emergency stop"),
        ("00004000", "snubber"),
        ("00002000", "actuator runaway"),
        ("00001000", "battery"),
        ("00000800", "low idle rate"),
        ("00000400", "motor too hot"),
        ("00000200", "command out of range"),
        ("00000100", "invalid frame"),
        ("00000080", "no command in time"),
        ("00000040", "limit switch"),
        ("00000020", "drive bus"),
        ("00000010", "amplifier"),
        ("00000008", "communication"),
        ("00000004", "homing"),
        ("00000002", "envelope"),
        ("00000001", "torque"),
        ("00008080", "emergency stop, no command in time"),
    ],
)
def test_each_latched_fault_is_named(faults, words):
    sample = decode_report(report(faults=faults, state="00000028"), 1)
    assert sample.hold == f"it reports {words}"
    assert not sample.is_emergency


@pytest.mark.parametrize(
    ("number", "is_fine"),
    [
        ("3fc00000", True),  # 1.5
        ("bfc00000", True),
        ("3fc00001", False),
        ("bfc00001", False),
        ("7fc00000", False),  # not a number
        ("7f800000", False),  # infinite
        ("ff800000", False),
    ],
)
@pytest.mark.parametrize("place", range(6))
def test_a_number_that_no_leg_could_reach_is_refused(number, is_fine, place):
    pose = [ZERO] * 6
    pose[place] = number
    if is_fine:
        decode_report(report(pose=pose), 1)
    else:
        with pytest.raises(ValueError, match="at "):
            decode_report(report(pose=pose), 1)


@given(st.binary(max_size=80).filter(lambda b: len(b) != 40))
def test_only_forty_bytes_are_a_report(data):
    with pytest.raises(ValueError, match="expected 40"):
        decode_report(data, 1)


# -- the driver ----------------------------------------------------------------------------


def play(act):
    async def go(clock):
        base = Moog6Dof2000E(CONFIG, clock)
        async with wired(base, clock) as link:
            return await act(base, link)

    return run(go, virtual=True)


def told(link) -> list[bytes]:
    return [data for _, data in link.take()]


def test_opening_says_one_word_that_moves_nothing():
    async def act(base, link):
        return told(link)

    (hello,) = play(act)
    assert hello[:4].hex() == "000000aa"


@pytest.mark.parametrize(
    "pose",
    [
        Pose(x_m=0.1201),
        Pose(y_m=-0.1201),
        Pose(z_m=nan),
        Pose(roll_rad=0.2001),
        Pose(pitch_rad=-0.2001),
        Pose(yaw_rad=inf),
    ],
)
def test_a_set_point_beyond_the_sites_own_last_check_is_refused_and_not_sent(pose):
    async def act(base, link):
        told(link)
        with pytest.raises(DeviceFaultError, match="nothing was sent") as caught:
            base.send(PlatformCommand("move", pose))
        assert is_for_a_person(str(caught.value))
        base.send(PlatformCommand("move", Pose(0.12, -0.12, 0.12, 0.2, -0.2, 0.2)))
        return told(link)

    assert len(play(act)) == 1


def test_an_encoding_that_cannot_be_is_refused_too():
    async def act(base, link):
        told(link)
        with pytest.raises(DeviceFaultError, match="the middle only"):
            base.send(PlatformCommand("engage", Pose(x_m=0.01)))
        return told(link)

    assert play(act) == []


def test_a_stop_repeats_the_last_set_point():
    async def act(base, link):
        base.send(PlatformCommand("move", Pose(pitch_rad=0.125)))
        base.send(PlatformCommand("rest", Pose()))
        told(link)
        base.stop()
        return told(link)

    (packet,) = play(act)
    assert packet[:12].hex() == "00000082" + ZERO + EIGHTH


def test_a_stop_before_any_set_point_moves_nothing():
    async def act(base, link):
        told(link)
        base.stop()
        return told(link)

    assert play(act) == []


def test_a_new_connection_knows_no_set_point():
    async def act(base, link):
        base.send(PlatformCommand("move", Pose(pitch_rad=0.125)))
        await base.close()
        await base.open()
        assert base._last is None
        base.stop()

    play(act)


def test_one_bad_report_is_an_error_and_the_next_good_one_is_heard():
    async def act(base, link):
        link.write(b"hello")
        with pytest.raises(ProtocolError, match=r"68656c6c6f.*5 bytes, expected 40") as caught:
            base.take()
        assert is_for_a_person(str(caught.value))
        link.write(report())
        return base.take()

    (sample,) = play(act)
    assert sample.state == "engaged"


def test_a_stop_after_the_link_died_is_silent():
    async def act(base, link):
        base.send(PlatformCommand("move", Pose()))
        await link.close()
        base.stop()
        with pytest.raises(LinkError):
            base.send(PlatformCommand("move", Pose()))

    play(act)
