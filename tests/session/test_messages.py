"""What goes over the sockets: every message there and back, every bad request one sentence."""

import contextlib
from math import inf, isnan, nan

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehabsim.base.errors import ConfigError
from rehabsim.base.records import BeltSample, Event, Gait, GaitEvent, Pose, Wish
from rehabsim.session.messages import (
    SCHEMA,
    Belts,
    EventMessage,
    GaitMessage,
    Health,
    Ride,
    SessionMessage,
    StateMessage,
    encode_frame,
    event_message,
    gait_message,
    split_frame,
)
from rehabsim.session.requests import Ack, decode_request

STATE = StateMessage(
    boot_id="b",
    seq=3,
    tick=7,
    t_s=0.028,
    is_replay=False,
    scenario="boat",
    mode="running",
    cause="",
    commander="ada",
    belt=BeltSample(1, 1.0, 0.9, 0.0),
    wish=Wish(1.0, 1.0),
    command=Belts(0.5, 0.5, 0.0),
    cruise_speed_mps=1.0,
    max_speed_mps=2.0,
    left_distance_m=12.5,
    right_distance_m=12.4,
    gait=Gait(t_ns=5, left_step_count=3),
    scene={"x_m": 1.5},
    health=Health(0.0, 0, 10, 0, 0.004, 0.001),
)
RIDE = Ride(
    mode="moving",
    cause="",
    belt_cause="",
    base="engaged",
    pose=Pose(0.01),
    wish=Pose(0.02),
    command=Pose(0.015),
)
EVENT = Event(1_500_000_000, "stop", "keeper", "fast", "STOP from ada.", {"left_speed_mps": 1.0})
GAIT = GaitEvent(2_000_000_000, "left", "heel_strike", 0.03, 0.9)
SESSION = SessionMessage(
    boot_id="b",
    seq=0,
    start_utc_ns=10**18,
    version="0",
    is_replay=False,
    site="room",
    treadmill_url="sim:",
    plates_url="sim:",
    subject="x",
    patient="healthy",
    seed=1,
    scenario="boat",
    params={"a": "1"},
    limits={"max_speed_mps": 2.0},
    log="a.mcap",
)
MESSAGES = {
    "state": STATE,
    "platform": msgspec.structs.replace(STATE, platform=RIDE),
    "event": event_message(EVENT, boot_id="b", seq=1, tick=375),
    "gait": gait_message(GAIT, boot_id="b", seq=2, tick=500),
    "session": SESSION,
}


@pytest.mark.parametrize("topic", MESSAGES)
def test_every_message_goes_there_and_back(topic):
    message = MESSAGES[topic]
    there, body = split_frame(encode_frame(topic, message))
    assert there == topic
    back = msgspec.msgpack.decode(body, type=type(message))
    assert msgspec.msgpack.encode(back) == body
    assert back.schema == SCHEMA


@pytest.mark.parametrize("topic", MESSAGES)
def test_a_client_without_our_code_finds_fields_by_name(topic):
    _, body = split_frame(encode_frame(topic, MESSAGES[topic]))
    fields = msgspec.msgpack.decode(body)
    assert fields["schema"] == SCHEMA
    assert fields["seq"] == MESSAGES[topic].seq
    assert list(fields) == list(type(MESSAGES[topic]).__struct_fields__)


def test_what_is_not_measured_stays_not_a_number():
    _, body = split_frame(encode_frame("state", STATE))
    assert isnan(msgspec.msgpack.decode(body)["gait"]["cadence_hz"])


def test_an_event_keeps_its_words_and_tells_its_time_in_seconds():
    assert MESSAGES["event"] == EventMessage(
        boot_id="b",
        seq=1,
        tick=375,
        t_s=1.5,
        kind="stop",
        source="keeper",
        severity="fast",
        text="STOP from ada.",
        values={"left_speed_mps": 1.0},
    )


def test_a_heel_strike_keeps_its_own_time():
    assert MESSAGES["gait"] == GaitMessage(
        boot_id="b",
        seq=2,
        tick=500,
        t_s=2.0,
        side="left",
        kind="heel_strike",
        latency_s=0.03,
        confidence=0.9,
    )


@given(st.binary(max_size=50))
def test_a_frame_is_split_at_its_first_space(body):
    assert split_frame(b"topic " + body) == ("topic", body)


def test_an_answer_is_one_json_object():
    ack = Ack("1", "rejected", 7, 0.028, "Not now.")
    assert msgspec.json.decode(msgspec.json.encode(ack), type=Ack) == ack


# -- requests ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["arm", "start", "pause", "stop", "reset", "alive", "hello"])
def test_a_plain_request_needs_a_name_and_an_id(name):
    request = decode_request(msgspec.json.encode({"id": "x", "name": name}))
    assert (request.id, request.name, request.speed_mps, request.text) == ("x", name, None, None)


@pytest.mark.parametrize("speed", [0, 1, 1.25, 5])
def test_a_speed_may_be_written_with_or_without_a_point(speed):
    data = msgspec.json.encode({"id": "x", "name": "set_speed", "speed_mps": speed})
    assert decode_request(data).speed_mps == speed


BAD = [
    (b"", "request"),
    (b"stop", "request"),
    (b"\xff", "request"),
    (b"[]", "request"),
    (b"1", "request"),
    (b"null", "request"),
    (b'{"id": "x"}', "name"),
    (b'{"name": "arm"}', "id"),
    (b'{"id": "", "name": "arm"}', "id"),
    (b'{"id": 1, "name": "arm"}', "id"),
    (b'{"id": "' + b"x" * 65 + b'", "name": "arm"}', "id"),
    (b'{"id": "x", "name": "ARM"}', "name"),
    (b'{"id": "x", "name": null}', "name"),
    (b'{"id": "x", "name": "arm", "force": true}', "force"),
    (b'{"id": "x", "name": "set_speed", "speed_mps": "1"}', "speed_mps"),
    (b'{"id": "x", "name": "set_speed", "speed_mps": true}', "speed_mps"),
    (b'{"id": "x", "name": "set_speed", "speed_mps": -0.1}', "speed_mps"),
    (b'{"id": "x", "name": "set_speed", "speed_mps": 5.1}', "speed_mps"),
    (b'{"id": "x", "name": "set_speed", "speed_mps": NaN}', "speed_mps"),
    (b'{"id": "x", "name": "set_speed", "speed_mps": 1e999}', "speed_mps"),
    (b'{"id": "x", "name": "marker", "text": "' + b"x" * 501 + b'"}', "text"),
]


@pytest.mark.parametrize(("data", "where"), BAD)
def test_a_bad_request_is_refused_in_one_sentence_that_names_the_place(data, where):
    with pytest.raises(ConfigError) as caught:
        decode_request(data)
    text = str(caught.value)
    assert text.startswith(f"{where}: ")
    assert "\n" not in text
    assert text.endswith(".")
    assert len(text) < 300


@pytest.mark.parametrize("key", ["x" * 60_000, "a\\nb", "\\u0007"])
def test_a_strange_key_does_not_make_a_strange_sentence(key):
    with pytest.raises(ConfigError) as caught:
        decode_request(b'{"id": "x", "name": "arm", "%s": 1}' % key.encode())
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_no_bytes_at_all_break_the_decoder(data):
    with contextlib.suppress(ConfigError):
        decode_request(data)


@given(st.sampled_from([nan, inf, -inf]) | st.floats())
def test_no_number_gets_past_the_range(speed):
    data = b'{"id": "x", "name": "set_speed", "speed_mps": %s}' % repr(speed).encode()
    try:
        request = decode_request(data)
    except ConfigError:
        return
    assert 0 <= request.speed_mps <= 5
