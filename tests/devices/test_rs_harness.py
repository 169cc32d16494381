"""Lines of a harness's load cell, among those of other sensors."""

from math import isnan

import msgspec
import pytest
from devices.wire import cut, is_for_a_person, wired
from hypothesis import given
from hypothesis import strategies as st

from rehabsim.base.clock import run
from rehabsim.base.errors import ProtocolError
from rehabsim.devices.rs_harness import MAX_BAD_BYTES, RsHarness

URL = "memory:harness"


def line(seq, load_n=10.0, **changes):
    fields = {
        "schema": 1,
        "sensor": "harness",
        "seq": seq,
        "device_t_us": 10_000 * seq,
        "channels": ["load_n"],
        "values": [load_n],
    }
    return msgspec.json.encode(fields | changes) + b"\n"


def hear(pieces, **config):
    """Return the driver after it has heard `pieces`, and the samples it gave."""

    async def scene(clock):
        harness = RsHarness(RsHarness.Config(kind="rs_harness", url=URL, **config), clock)
        samples = []
        async with wired(harness, clock) as device:
            for piece in pieces:
                device.write(piece)
                samples += harness.take()
        return harness, samples

    return run(scene, virtual=True)


@given(st.integers(1, 20), st.lists(st.integers(0, 5000)))
def test_lines_survive_any_fragmentation(count, places):
    stream = b"".join(line(seq, 10.0 + seq) for seq in range(count))
    harness, samples = hear(cut(stream, places))
    assert [sample.sequence for sample in samples] == list(range(count))
    assert [sample.load_n for sample in samples] == [10.0 + seq for seq in range(count)]
    assert samples[-1].device_t_ns == 10_000_000 * (count - 1)
    assert (harness.lost_count, harness.bad_count) == (0, 0)


def test_what_is_no_number_is_told_as_none():
    _, (sample,) = hear([line(0, None)])
    assert isnan(sample.load_n)


def test_other_sensors_and_other_channels_are_passed_over():
    harness, samples = hear(
        [line(0, sensor="imu"), line(0, channels=["accel_x_mps2"]), line(7, sensor="strap")],
        sensor="strap",
    )
    assert [sample.sequence for sample in samples] == [7]
    assert harness.bad_count == 0


def test_lost_readings_are_counted_and_repeated_ones_dropped():
    harness, samples = hear([line(3), line(4), line(4), line(2), line(8)])
    assert [sample.sequence for sample in samples] == [3, 4, 8]
    assert harness.lost_count == 3


@pytest.mark.parametrize(
    "bad",
    [
        b"\n",
        b"hello\n",
        b"[" * 2000 + b"\n",
        line(0, schema=2),
        line(0, values=[]),
        line(0, values=["10"]),
        line(0, device_t_us="0"),
        line(0).replace(b"10.0", b"NaN"),
    ],
)
def test_a_bad_line_is_counted_and_the_next_is_heard(bad):
    harness, samples = hear([bad, line(1)])
    assert [sample.sequence for sample in samples] == [1]
    assert harness.bad_count == 1


def test_nothing_but_bad_lines_is_another_protocol():
    with pytest.raises(ProtocolError, match="Is this an rs_harness device") as caught:
        hear([b"x" * 1000 + b"\n"] * (MAX_BAD_BYTES // 1000 + 1))
    assert is_for_a_person(str(caught.value))
