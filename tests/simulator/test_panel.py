import asyncio
import contextlib
from math import radians

import pytest

from rehabsim.base.clock import run
from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.base.records import BeltCommand
from rehabsim.devices.bertec_treadmill import encode_command
from rehabsim.devices.link import open_link
from rehabsim_sim.treadmill import decode_set_point, make_panel, newest_packet

VECTOR = bytes.fromhex(
    "00 04e2 fe0c 0000 0000 01f4 01f4 0000 0000 00fafb1d 01f3 ffff ffff fe0b fe0b ffff ffff ff05"
).ljust(64, b"\0")
"""Published check vector: right 1.25, left -0.50 m/s, both 0.5 m/s², incline 2.5 degrees."""


def command(left_mps, right_mps, accel_mps2=0.5):
    return encode_command(BeltCommand(left_mps, right_mps, accel_mps2, accel_mps2, 0.0, 0.1))


class Belts:
    """Notes what a panel asks for."""

    def __init__(self):
        self.asked = []

    def ask(self, *set_point):
        self.asked.append(set_point)

    def state(self):
        return 0.8, 1.2, radians(2.5)


def serve(scene):
    """Run `scene(panel, belts, connect)` beside a panel that is served every 4 ms."""

    async def main(clock):
        panel, belts, links = make_panel("bertec_treadmill", clock), Belts(), []
        await panel.open("memory:panel")

        async def connect():
            links.append(await open_link("memory:panel", clock, device="treadmill"))
            return links[-1]

        async def tick():
            for time_ms in range(0, 100_000, 4):
                await panel.serve(belts, time_ms)
                await asyncio.sleep(0.004)

        task = asyncio.create_task(tick())
        await scene(panel, belts, connect)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await panel.close()
        for link in links:
            await link.close()

    run(main, virtual=True)


def received(link):
    return b"".join(piece for _, piece in link.take())


def test_the_published_check_vector_is_understood():
    assert decode_set_point(VECTOR) == pytest.approx((-0.5, 1.25, 0.5, 0.5, radians(2.5)))
    assert newest_packet(VECTOR) == (VECTOR, b"", 0)


def test_the_newest_of_several_packets_counts():
    packets = b"".join(command(v, v) for v in (0.1, 0.2, 0.3))
    assert newest_packet(packets)[0] == command(0.3, 0.3)


def test_a_packet_in_pieces_is_put_together():
    packet = command(0.4, 0.4)
    _, rest, _ = newest_packet(packet[:40])
    assert newest_packet(rest + packet[40:])[0] == packet


@pytest.mark.parametrize("byte", [0, 1, 9, 18, 19, 36])
def test_a_packet_with_one_wrong_byte_is_ignored_and_counted(byte):
    bad = bytearray(command(0.4, 0.4))
    bad[byte] ^= 0x10
    packet, _, bad_count = newest_packet(bytes(bad) + command(0.5, 0.5))
    assert packet == command(0.5, 0.5)
    assert bad_count == 64


def test_a_packet_without_acceleration_is_ignored():
    still = VECTOR[:9] + bytes(4) + VECTOR[13:27] + b"\xff\xff\xff\xff" + VECTOR[31:]
    assert newest_packet(still)[0] is None


def test_set_points_reach_the_belts_and_reports_come_at_100_hz():
    async def scene(panel, belts, connect):
        link = await connect()
        link.write(command(0.8, 1.2))
        await asyncio.sleep(1.0)
        reports = received(link)
        assert belts.asked == [pytest.approx((0.8, 1.2, 0.5, 0.5, 0.0))]
        assert len(reports) / 32 == pytest.approx(100, abs=1)
        assert reports[:11] == bytes.fromhex("00 04b0 0320 0000 0000 00fa")
        assert panel.bad_count == 0

    serve(scene)


def test_garbage_is_ignored_and_the_next_command_obeyed():
    async def scene(panel, belts, connect):
        link = await connect()
        link.write(bytes(range(100)))
        await asyncio.sleep(0.02)
        assert belts.asked == []
        link.write(command(0.3, 0.3))
        await asyncio.sleep(0.02)
        assert belts.asked == [pytest.approx((0.3, 0.3, 0.5, 0.5, 0.0))]
        assert panel.bad_count == 100

    serve(scene)


def test_a_second_client_is_hung_up_on_while_the_first_is_served():
    async def scene(panel, belts, connect):
        first = await connect()
        await asyncio.sleep(0.02)
        second = await connect()
        second.write(command(2.0, 2.0))
        await asyncio.sleep(0.02)
        with pytest.raises(LinkError):
            second.take()
        first.write(command(0.3, 0.3))
        await asyncio.sleep(0.02)
        assert belts.asked == [pytest.approx((0.3, 0.3, 0.5, 0.5, 0.0))]
        assert panel.refused_count == 1

    serve(scene)


def test_the_next_client_is_taken_once_the_first_has_gone_and_belts_were_not_told_to_stop():
    async def scene(panel, belts, connect):
        first = await connect()
        first.write(command(0.8, 0.8))
        await asyncio.sleep(0.02)
        await first.close()
        await asyncio.sleep(5)
        assert len(belts.asked) == 1
        second = await connect()
        second.write(command(0.2, 0.2))
        await asyncio.sleep(0.02)
        assert belts.asked[-1][0] == pytest.approx(0.2)

    serve(scene)


def test_a_half_packet_of_the_client_before_is_forgotten():
    async def scene(panel, belts, connect):
        first = await connect()
        first.write(command(2.0, 2.0)[:40])
        await asyncio.sleep(0.02)
        await first.close()
        second = await connect()
        second.write(command(0.2, 0.2))
        await asyncio.sleep(0.02)
        assert [asked[0] for asked in belts.asked] == [pytest.approx(0.2)]
        assert panel.bad_count == 0

    serve(scene)


def test_an_unknown_treadmill_lists_the_known():
    async def main(clock):
        with pytest.raises(ConfigError, match="bertec_treadmill"):
            make_panel("trampoline", clock)

    run(main, virtual=True)
