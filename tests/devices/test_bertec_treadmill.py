from math import inf, nan, radians

import pytest
from devices.belts import FEEDBACK, URL, make_treadmill, told
from devices.bertec_client import command as table_command
from devices.bertec_client import feedback as table_feedback
from devices.wire import is_for_a_person, wired
from hypothesis import given
from hypothesis import strategies as st

from rehabsim.base.clock import run
from rehabsim.base.errors import ConfigError, DeviceFaultError
from rehabsim.base.records import BeltCommand, BeltSample
from rehabsim.base.site import DeviceTable
from rehabsim.devices.bertec_treadmill import BertecTreadmill, decode_report, encode_command
from rehabsim.devices.driver import TREADMILLS, make_driver

COMMAND = bytes.fromhex(
    "00 04e2 fe0c 0000 0000 01f4 01f4 0000 0000 00fa"
    "fb1d 01f3 ffff ffff fe0b fe0b ffff ffff ff05" + 27 * "00"
)


def wire_of(send, *, before=b""):
    """Return what a treadmill puts on the wire; `before` is what the panel has said."""

    async def scene(clock):
        treadmill = make_treadmill(clock)
        async with wired(treadmill, clock) as panel:
            if before:
                panel.write(before)
                treadmill.take()
            send(treadmill)
            return [packet for _, packet in panel.take()]

    return run(scene, virtual=True)


# -- the published layout ------------------------------------------------------------------


def test_the_check_vector_of_a_command_is_what_we_send():
    assert encode_command(told(-0.5, 1.25, incline_rad=radians(2.5))) == COMMAND


def test_the_check_vector_of_a_report_is_what_we_read():
    assert decode_report(FEEDBACK, 7) == BeltSample(7, -0.5, 1.25, radians(2.5))


def test_the_byte_table_written_down_twice_gives_the_same_check_vectors():
    assert table_command(right_mmps=1250, left_mmps=-500, incline_cdeg=250) == COMMAND
    assert table_feedback(right_mmps=1250, left_mmps=-500, incline_cdeg=250) == FEEDBACK


milli = st.integers(-12_000, 12_000)


@given(
    left=milli,
    right=milli,
    left_accel=st.integers(1, 25_000),
    right_accel=st.integers(1, 25_000),
    incline=st.integers(0, 1500),
)
def test_every_command_is_that_of_the_byte_table(left, right, left_accel, right_accel, incline):
    ours = encode_command(
        BeltCommand(
            left / 1000,
            right / 1000,
            left_accel / 1000,
            right_accel / 1000,
            radians(incline / 100),
            0.06,
        )
    )
    assert ours == table_command(
        right_mmps=right,
        left_mmps=left,
        right_mmps2=right_accel,
        left_mmps2=left_accel,
        incline_cdeg=incline,
    )
    assert len(ours) == 64
    assert all(ours[i] ^ ours[i + 18] == 0xFF for i in range(1, 19))


@given(left=milli, right=milli, incline=st.integers(-4500, 4500))
def test_every_report_is_that_of_the_byte_table(left, right, incline):
    report = table_feedback(right_mmps=right, left_mmps=left, incline_cdeg=incline)
    assert decode_report(report, 3) == BeltSample(
        3, left / 1000, right / 1000, radians(incline / 100)
    )


def test_padding_and_rear_belts_of_a_report_mean_nothing():
    report = bytes.fromhex("00 04e2 fe0c 7fff 8000 00fa") + bytes(range(200, 221))
    assert decode_report(report, 7) == decode_report(FEEDBACK, 7)


# -- commands ------------------------------------------------------------------------------


def test_right_goes_before_left_on_the_wire():
    (packet,) = wire_of(lambda treadmill: treadmill.send(told(left_mps=0.1, right_mps=0.2)))
    assert packet == table_command(right_mmps=200, left_mmps=100)


def test_every_command_carries_the_incline():
    (packet,) = wire_of(lambda treadmill: treadmill.send(told(incline_rad=radians(3))))
    assert packet == table_command(right_mmps=1200, left_mmps=800, incline_cdeg=300)


def test_each_belt_gets_its_own_acceleration():
    ask = told(left_accel_mps2=0.3, right_accel_mps2=0.7)
    (packet,) = wire_of(lambda treadmill: treadmill.send(ask))
    assert packet == table_command(right_mmps=1200, left_mmps=800, right_mmps2=700, left_mmps2=300)


def test_a_stop_asks_for_rest_and_keeps_the_deck_where_the_last_report_saw_it():
    (packet,) = wire_of(
        lambda treadmill: treadmill.stop(1.0),
        before=table_feedback(right_mmps=800, left_mmps=900, incline_cdeg=412),
    )
    assert packet == table_command(
        right_mmps=0, left_mmps=0, right_mmps2=1000, left_mmps2=1000, incline_cdeg=412
    )


def test_a_stop_freezes_a_deck_that_is_on_its_way():
    def send(treadmill):
        treadmill.send(told(incline_rad=radians(5)))
        treadmill.stop(0.5)

    *_, packet = wire_of(send, before=table_feedback(right_mmps=0, left_mmps=0, incline_cdeg=100))
    assert packet == table_command(right_mmps=0, left_mmps=0, incline_cdeg=100)


def test_a_stop_before_any_report_keeps_the_incline_of_the_last_command():
    def send(treadmill):
        treadmill.send(told(incline_rad=radians(5)))
        treadmill.stop(0.5)

    *_, packet = wire_of(send)
    assert packet == table_command(right_mmps=0, left_mmps=0, incline_cdeg=500)


@pytest.mark.parametrize(("reported", "commanded"), [(-7, 0), (1499, 1499), (2000, 1500)])
def test_a_stop_never_asks_for_an_incline_that_a_command_cannot_have(reported, commanded):
    (packet,) = wire_of(
        lambda treadmill: treadmill.stop(0.5),
        before=table_feedback(right_mmps=0, left_mmps=0, incline_cdeg=reported),
    )
    assert packet == table_command(right_mmps=0, left_mmps=0, incline_cdeg=commanded)


@pytest.mark.parametrize("decel_mps2", [0.0, -1.0, nan, inf, 25.1, 0.0009, 1e-9])
def test_a_stop_with_an_impossible_deceleration_is_an_ordinary_stop(decel_mps2):
    (packet,) = wire_of(lambda treadmill: treadmill.stop(decel_mps2))
    assert packet == table_command(right_mmps=0, left_mmps=0)


@pytest.mark.parametrize(("decel_mps2", "raw"), [(0.001, 1), (25.0, 25_000)])
def test_a_stop_at_the_edge_of_what_a_belt_can_do_is_obeyed(decel_mps2, raw):
    (packet,) = wire_of(lambda treadmill: treadmill.stop(decel_mps2))
    assert packet == table_command(right_mmps=0, left_mmps=0, right_mmps2=raw, left_mmps2=raw)


def test_stopping_twice_says_the_same_twice():
    def stop_twice(treadmill):
        treadmill.stop(0.5)
        treadmill.stop(0.5)

    first, second = wire_of(stop_twice)
    assert first == second


def test_a_stop_before_opening_or_after_closing_is_silent():
    async def scene(clock):
        treadmill = make_treadmill(clock)
        treadmill.stop(0.5)
        await treadmill.close()
        async with wired(treadmill, clock) as panel:
            await panel.close()
            treadmill.stop(0.5)
            await treadmill.close()
            treadmill.stop(0.5)

    run(scene, virtual=True)


REFUSED = [
    told(left_mps=2.501),
    told(right_mps=2.501),
    told(left_mps=-0.001),
    told(right_mps=-0.001),
    told(left_mps=nan),
    told(right_mps=nan),
    told(left_mps=inf),
    told(right_mps=-inf),
    told(left_accel_mps2=0.0),
    told(right_accel_mps2=0.0009),
    told(left_accel_mps2=25.001),
    told(right_accel_mps2=-0.5),
    told(left_accel_mps2=nan),
    told(right_accel_mps2=inf),
    told(incline_rad=-0.0001),
    told(incline_rad=radians(15.01)),
    told(incline_rad=nan),
]


@pytest.mark.parametrize("ask", REFUSED, ids=repr)
def test_a_command_out_of_range_is_refused_and_nothing_is_sent(ask):
    def send(treadmill):
        with pytest.raises(DeviceFaultError, match="nothing was sent") as caught:
            treadmill.send(ask)
        assert is_for_a_person(str(caught.value))
        assert (caught.value.device, caught.value.url) == ("treadmill", URL)

    assert wire_of(send) == []


@pytest.mark.parametrize(
    "ask",
    [
        told(0.0, 0.0),
        told(2.5, 2.5),
        told(0.0, 2.5),
        told(accel_mps2=0.001),
        told(accel_mps2=25.0),
        told(incline_rad=0.0),
        told(incline_rad=radians(15)),
    ],
    ids=repr,
)
def test_a_command_at_the_edge_of_the_range_is_sent(ask):
    assert wire_of(lambda treadmill: treadmill.send(ask)) == [encode_command(ask)]


def test_a_refused_command_does_not_change_where_a_stop_keeps_the_deck():
    def send(treadmill):
        with pytest.raises(DeviceFaultError):
            treadmill.send(told(left_mps=9.0, incline_rad=radians(5)))
        treadmill.stop(0.5)

    assert wire_of(send) == [table_command(right_mmps=0, left_mmps=0, incline_cdeg=0)]


@pytest.mark.parametrize("ask", [told(left_mps=12.001), told(right_mps=-33.0), told(left_mps=nan)])
def test_a_speed_that_does_not_fit_its_field_cannot_be_encoded(ask):
    with pytest.raises(ValueError, match="speed"):
        encode_command(ask)


def test_this_treadmill_does_not_claim_to_stop_by_itself():
    assert BertecTreadmill.can_expire is False


@pytest.mark.parametrize("max_speed_mps", [-1.0, 5.1, nan, "2"])
def test_a_site_file_with_an_impossible_top_speed_is_refused(max_speed_mps):
    table = DeviceTable.model_validate(
        {"kind": "bertec_treadmill", "url": URL, "max_speed_mps": max_speed_mps}
    )

    async def scene(clock):
        with pytest.raises(ConfigError, match="max_speed_mps"):
            make_driver(TREADMILLS, table, clock, where="site.toml")

    run(scene, virtual=True)
