import asyncio
from math import radians

import pytest
from devices.belts import FEEDBACK, make_treadmill, told
from devices.bertec_client import feedback as table_feedback
from devices.wire import cut, is_for_a_person, wired
from hypothesis import given
from hypothesis import strategies as st

from rehabsim.base.clock import run
from rehabsim.base.errors import LinkError, ProtocolError
from rehabsim.base.records import BeltSample
from rehabsim.devices import inbox
from rehabsim.devices.bertec_treadmill import decode_report

milli = st.integers(-12_000, 12_000)


def samples_of(pieces):
    """Return what a treadmill makes of what the panel says, taking after each piece."""

    async def scene(clock):
        treadmill = make_treadmill(clock)
        samples = []
        async with wired(treadmill, clock) as panel:
            for piece in pieces:
                panel.write(piece)
                samples += treadmill.take()
        return samples

    return run(scene, virtual=True)


states = st.tuples(milli, milli, st.integers(-4500, 4500))


@given(st.lists(states, min_size=1, max_size=12), st.lists(st.integers(0, 400), max_size=30))
def test_reports_survive_any_fragmentation(reports, places):
    stream = b"".join(
        table_feedback(right_mmps=right, left_mmps=left, incline_cdeg=incline)
        for left, right, incline in reports
    )
    samples = samples_of(cut(stream, places))
    assert samples == [
        BeltSample(0, left / 1000, right / 1000, radians(incline / 100))
        for left, right, incline in reports
    ]


def test_a_late_take_drains_everything_and_ends_with_the_newest():
    async def scene(clock):
        treadmill = make_treadmill(clock)
        async with wired(treadmill, clock) as panel:
            for mmps in range(100):
                panel.write(table_feedback(right_mmps=mmps, left_mmps=mmps))
                await asyncio.sleep(0.01)
            return treadmill.take(), treadmill.take()

    samples, after = run(scene, virtual=True)
    assert [sample.left_speed_mps for sample in samples] == [k / 1000 for k in range(100)]
    assert [sample.t_ns for sample in samples] == [k * 10_000_000 for k in range(100)]
    assert after == []


def test_a_report_is_stamped_when_its_last_byte_came():
    async def scene(clock):
        treadmill = make_treadmill(clock)
        async with wired(treadmill, clock) as panel:
            panel.write(FEEDBACK[:31])
            await asyncio.sleep(1)
            panel.write(FEEDBACK[31:])
            return treadmill.take()

    (sample,) = run(scene, virtual=True)
    assert sample.t_ns == 1_000_000_000


GARBAGE = [
    b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n",
    b"\x01" + FEEDBACK[1:],
    table_feedback(right_mmps=12_001, left_mmps=0),
    table_feedback(right_mmps=0, left_mmps=-12_001),
    table_feedback(right_mmps=0, left_mmps=0, incline_cdeg=4501),
    table_feedback(right_mmps=0, left_mmps=0, incline_cdeg=-4501),
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_a_protocol_error_that_shows_it(garbage):
    with pytest.raises(ProtocolError, match=garbage[:11].hex()) as caught:
        samples_of([FEEDBACK, garbage])
    assert is_for_a_person(str(caught.value))
    assert "connect again" in str(caught.value)


def test_a_new_connection_begins_in_step():
    async def scene(clock):
        treadmill = make_treadmill(clock)
        async with wired(treadmill, clock) as panel:
            panel.write(FEEDBACK[:20])
            assert treadmill.take() == []
        async with wired(treadmill, clock) as panel:
            panel.write(FEEDBACK)
            return treadmill.take()

    assert run(scene, virtual=True) == [decode_report(FEEDBACK, 0)]


def test_a_stream_that_lost_bytes_is_out_of_step_until_it_is_opened_again(monkeypatch):
    monkeypatch.setattr(inbox, "MAX_PENDING", 3)

    async def scene(clock):
        treadmill = make_treadmill(clock)
        async with wired(treadmill, clock) as panel:
            for byte in FEEDBACK + FEEDBACK:
                panel.write(bytes([byte]))
            for _ in range(2):
                with pytest.raises(ProtocolError, match="faster than they were taken"):
                    treadmill.take()
        async with wired(treadmill, clock) as panel:
            panel.write(FEEDBACK)
            return treadmill.take()

    assert len(run(scene, virtual=True)) == 1


def test_a_panel_that_hangs_up_is_a_link_error_after_its_last_report():
    async def scene(clock):
        treadmill = make_treadmill(clock)
        async with wired(treadmill, clock) as panel:
            panel.write(FEEDBACK)
            await panel.close()
            assert len(treadmill.take()) == 1
            with pytest.raises(LinkError, match="hung up"):
                treadmill.take()
            with pytest.raises(LinkError, match="hung up"):
                treadmill.send(told())

    run(scene, virtual=True)
