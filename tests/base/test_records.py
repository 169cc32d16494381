from math import isnan, nan

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehabsim.base import records
from rehabsim.base.records import (
    MODES,
    PLATFORM_MODES,
    SEVERITIES,
    WRENCH_COLUMNS,
    BeltCommand,
    BeltSample,
    Event,
    Gait,
    GaitEvent,
    HarnessSample,
    PlateChunk,
    PlatformCommand,
    PlatformSample,
    PlatformWish,
    Pose,
    Record,
    State,
    Wish,
)

BELT = BeltSample(4_000_000, 0.8, 0.81, 0.05)
EXAMPLES: dict[type[Record], Record] = {
    BeltSample: BELT,
    HarnessSample: HarnessSample(1, 2, 3, 4.0),
    PlateChunk: PlateChunk(1, 2, 3, 4, np.zeros((1, 12), np.float32)),
    Wish: Wish(0.8, 0.9),
    BeltCommand: BeltCommand(0.8, 0.9, 0.5, 0.5, 0.05, 0.06),
    GaitEvent: GaitEvent(10, "left", "heel_strike", 0.012, 0.9),
    Gait: Gait(t_ns=1, left_fz_n=700.0, has_left_stance=True),
    State: State(
        t_ns=1,
        dt_s=0.004,
        mode="running",
        belt=BELT,
        gait=Gait(),
        left_distance_m=1.0,
        right_distance_m=1.1,
        cruise_speed_mps=0.8,
    ),
    Pose: Pose(0.1, -0.2, 0.03, 0.04, -0.05, 0.06),
    PlatformSample: PlatformSample(1, Pose(0.1), "engaged", False, "it reports torque", True),
    PlatformWish: PlatformWish(Pose(pitch_rad=0.05), True),
    PlatformCommand: PlatformCommand("move", Pose(z_m=0.02)),
    Event: Event(1, "stop", "keeper", "fast", "STOP from the console.", {"left_speed_mps": 0.8}),
}
SENT = [kind for kind in EXAMPLES if kind is not PlateChunk]
numbers = st.floats(allow_nan=False)
times = st.integers(-(2**62), 2**62)


def test_every_record_has_an_example_here():
    found = {value for value in vars(records).values() if isinstance(value, type)}
    assert {kind for kind in found if issubclass(kind, Record)} - {Record} == set(EXAMPLES)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_record_is_frozen_and_has_no_room_for_more(kind):
    record = EXAMPLES[kind]
    for name in kind.__struct_fields__:
        with pytest.raises(AttributeError, match="immutable"):
            setattr(record, name, getattr(record, name))
    with pytest.raises(AttributeError):
        record.something_else = 1
    assert not hasattr(record, "__dict__")


@pytest.mark.parametrize("kind", SENT)
def test_a_record_survives_the_wire(kind):
    record = EXAMPLES[kind]
    back = msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=kind)
    assert type(back) is kind
    assert repr(back) == repr(record)


@pytest.mark.parametrize("kind", SENT)
def test_a_record_with_an_unknown_field_is_refused(kind):
    table = msgspec.to_builtins(EXAMPLES[kind]) | {"surprise": 1}
    with pytest.raises(msgspec.ValidationError, match="surprise"):
        msgspec.msgpack.decode(msgspec.msgpack.encode(table), type=kind)


@given(st.builds(BeltSample, times, numbers, numbers, numbers))
def test_a_belt_sample_survives_the_wire_bit_for_bit(sample):
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(sample), type=BeltSample) == sample


@given(st.builds(BeltCommand, numbers, numbers, numbers, numbers, numbers, numbers))
def test_a_command_survives_the_wire_bit_for_bit(command):
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(command), type=BeltCommand) == command


def test_an_absent_number_stays_absent_on_the_wire():
    sample = BeltSample(1, nan, 0.0, nan)
    back = msgspec.msgpack.decode(msgspec.msgpack.encode(sample), type=BeltSample)
    assert isnan(back.left_speed_mps)
    assert isnan(back.incline_rad)
    assert back.right_speed_mps == 0.0


def test_what_is_not_measured_yet_is_nan_and_not_zero():
    gait = Gait()
    for name in gait.__struct_fields__:
        value = getattr(gait, name)
        assert isnan(value) if isinstance(value, float) else not value, name


def test_a_mode_that_does_not_exist_is_refused():
    table = msgspec.to_builtins(EXAMPLES[State]) | {"mode": "flying"}
    with pytest.raises(msgspec.ValidationError, match="flying"):
        msgspec.msgpack.decode(msgspec.msgpack.encode(table), type=State)


def test_events_do_not_share_their_numbers():
    first, second = (Event(1, "stop", "keeper", "none", "") for _ in range(2))
    first.values["left_speed_mps"] = 1.0
    assert second.values == {}


def test_codes_in_old_logs_keep_their_meaning():
    assert (
        *("locked", "idle", "armed", "starting", "running", "stopping"),
        *("holding", "perturbing"),
    ) == MODES
    assert PLATFORM_MODES == ("settled", "engaged", "moving", "freeze", "settling")
    assert SEVERITIES == ("none", "warn", "hold", "ramp", "fast", "estop")


def test_plate_columns_are_left_before_right_and_force_before_moment():
    assert WRENCH_COLUMNS[:7] == (
        "left_fx_n",
        "left_fy_n",
        "left_fz_n",
        "left_mx_nm",
        "left_my_nm",
        "left_mz_nm",
        "right_fx_n",
    )
    assert len(WRENCH_COLUMNS) == 12
    assert WRENCH_COLUMNS[11] == "right_mz_nm"
