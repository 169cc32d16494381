"""What every installed driver promises, on the virtual clock, against the simulated laboratory.

How each is served here says `devices/contract.py`; what platforms promise besides says
`test_platform_contract.py`.
"""

import asyncio
import contextlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from devices import contract
from devices.contract import PLATES_ROWS, RECORDED_LOSS, RELAY, ROWS, TREADMILL_ROWS, player

from rehabsim.base.clock import run
from rehabsim.base.config import DeviceTable
from rehabsim.base.errors import DeviceFaultError, LinkError, ProtocolError
from rehabsim.base.records import BeltCommand, BeltSample, PlateChunk
from rehabsim.devices import driver

GARBAGE = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" * 100
REST_MPS = 0.02

every_driver = pytest.mark.parametrize(
    ("group", "kind"), [(group, kind) for group, rows in ROWS.items() for kind in rows]
)
every_wired_driver = pytest.mark.parametrize(
    ("group", "kind"),
    [(g, kind) for g, rows in ROWS.items() for kind, row in rows.items() if row.url == RELAY],
)
every_treadmill = pytest.mark.parametrize("kind", TREADMILL_ROWS)
every_plates = pytest.mark.parametrize("kind", PLATES_ROWS)


@pytest.fixture
def play(tmp_path):
    return player(tmp_path)


@pytest.mark.parametrize("group", ROWS)
def test_every_installed_driver_has_a_row_here(group):
    missing = sorted(set(driver.installed(group)) - set(ROWS[group]))
    place = Path(contract.__file__).name
    assert not missing, f"no row in {place} for {', '.join(missing)}"
    gone = sorted(set(ROWS[group]) - set(driver.installed(group)))
    assert not gone, f"not installed, but a row in {place}: {', '.join(gone)}"


# -- every driver --------------------------------------------------------------------------


@every_driver
def test_what_is_taken_is_ordered_and_stamped_after_opening_and_not_in_the_future(
    play, group, kind
):
    async def act(scene):
        before_ns = scene.clock.now_ns()
        return before_ns, await scene.live(1.0), scene.clock.now_ns()

    before_ns, taken, now_ns = play(group, kind, act)
    stamps = [before_ns, *(record.t_ns for record in taken), now_ns]
    assert len(taken) >= 50
    assert stamps == sorted(stamps)


@every_driver
def test_nothing_is_taken_twice(play, group, kind):
    async def act(scene):
        await asyncio.sleep(0.1)
        return scene.driver.take(), scene.driver.take()

    first, second = play(group, kind, act)
    assert len(first) > 0
    assert len(second) == 0


@every_driver
def test_closing_is_safe_twice_and_before_opening(play, group, kind):
    async def act(scene):
        await scene.driver.close()
        await scene.driver.close()

    play(group, kind, act, is_open=False)
    play(group, kind, act)


@every_driver
def test_a_closed_driver_gives_a_link_error_and_not_silence(play, group, kind):
    async def act(scene):
        await scene.driver.close()
        with contextlib.suppress(LinkError):
            scene.driver.take()  # what had come before
        with pytest.raises(LinkError) as caught:
            scene.driver.take()
        assert caught.value.url == scene.driver.config.url

    play(group, kind, act)


@every_wired_driver
def test_the_device_sees_a_closed_driver_hang_up(play, group, kind):
    async def act(scene):
        await scene.live(0.1)
        assert not scene.relay.is_left_alone
        await scene.driver.close()
        await asyncio.sleep(0.1)
        assert scene.relay.is_left_alone

    play(group, kind, act)


@every_driver
def test_a_driver_can_be_opened_again(play, group, kind):
    async def act(scene):
        await scene.live(0.1)
        await scene.driver.close()
        await scene.driver.open()
        return await scene.live(0.5)

    taken = play(group, kind, act)
    assert len(taken) >= 20


@every_wired_driver
def test_nobody_at_the_other_end_is_a_link_error(group, kind):
    row = ROWS[group][kind]
    table = DeviceTable.model_validate({"kind": kind, "url": "memory:nobody"} | row.options)

    async def go(clock):
        with pytest.raises(LinkError, match="memory:nobody"):
            await driver.make_driver(group, table, clock, where="site.toml").open()

    run(go, virtual=True)


@every_wired_driver
def test_garbage_is_a_protocol_error(play, group, kind):
    async def act(scene):
        await scene.live(0.1)
        scene.relay.say(GARBAGE)
        with pytest.raises(ProtocolError) as caught:
            await scene.live(0.1)
        assert scene.driver.config.url in str(caught.value)
        assert caught.value.device in ("treadmill", "plates", "platform")

    play(group, kind, act)


@every_wired_driver
def test_a_device_that_hangs_up_is_a_link_error_after_all_it_said(play, group, kind):
    async def act(scene):
        await asyncio.sleep(0.1)
        await scene.relay.hang_up()
        assert len(scene.driver.take()) > 0
        with pytest.raises(LinkError):
            scene.driver.take()

    play(group, kind, act)


# -- treadmills ----------------------------------------------------------------------------


def told(left_mps, right_mps, accel_mps2=0.5, incline_rad=0.0):
    return BeltCommand(left_mps, right_mps, accel_mps2, accel_mps2, incline_rad, 0.06)


async def walk(scene, command, seconds):
    """Send `command` as the keeper does, every 20 ms; return the last report."""
    last: BeltSample | None = None
    for _ in range(round(seconds / 0.02)):
        scene.driver.send(command)
        taken = await scene.live(0.02)
        last = taken[-1] if taken else last
    assert last is not None
    return last


@every_treadmill
def test_each_belt_and_the_deck_go_where_they_are_told(play, kind):
    async def act(scene):
        return await walk(scene, told(0.4, 0.6, incline_rad=0.02), 10.0)

    last = play(driver.TREADMILLS, kind, act)
    assert last.left_speed_mps == pytest.approx(0.4, abs=0.03)
    assert last.right_speed_mps == pytest.approx(0.6, abs=0.03)
    assert last.incline_rad == pytest.approx(0.02, abs=0.002)


@every_treadmill
def test_a_stop_ramps_to_rest_at_the_asked_pace_and_leaves_the_deck(play, kind):
    async def act(scene):
        before = await walk(scene, told(1.0, 1.0, 1.0, incline_rad=0.02), 10.0)
        scene.driver.stop(0.5)
        return before, (await scene.live(1.0))[-1], (await scene.live(2.0))[-1]

    before, half_way, after = play(driver.TREADMILLS, kind, act)
    assert before.left_speed_mps == pytest.approx(1.0, abs=0.03)
    assert half_way.left_speed_mps == pytest.approx(0.5, abs=0.15)
    assert half_way.right_speed_mps == pytest.approx(0.5, abs=0.15)
    assert abs(after.left_speed_mps) <= REST_MPS
    assert abs(after.right_speed_mps) <= REST_MPS
    assert after.incline_rad == pytest.approx(before.incline_rad, abs=0.001)


@every_treadmill
def test_stopping_again_changes_nothing(play, kind):
    async def act(scene):
        await walk(scene, told(0.8, 0.8, 1.0), 3.0)
        speeds = []
        for _ in range(100):
            scene.driver.stop(0.5)
            speeds += [sample.left_speed_mps for sample in await scene.live(0.04)]
        return speeds

    speeds = play(driver.TREADMILLS, kind, act)
    assert all(later <= earlier + 0.03 for earlier, later in pairwise(speeds))
    assert abs(speeds[-1]) <= REST_MPS


@every_treadmill
def test_a_stop_is_silent_before_opening_and_after_the_link_died(play, kind):
    async def unopened(scene):
        scene.driver.stop(0.5)

    async def act(scene):
        await scene.live(0.1)
        await scene.relay.hang_up()
        scene.driver.stop(0.5)
        scene.driver.stop(float("nan"))
        await scene.driver.close()
        scene.driver.stop(0.5)

    play(driver.TREADMILLS, kind, unopened, is_open=False)
    play(driver.TREADMILLS, kind, act)


@every_treadmill
def test_a_command_that_cannot_be_is_refused_and_not_sent(play, kind):
    async def act(scene):
        for ask in (told(99.0, 0.5), told(0.5, float("nan")), told(0.5, 0.5, 0.0)):
            with pytest.raises(DeviceFaultError):
                scene.driver.send(ask)
        await scene.live(0.1)
        return scene.relay.told

    assert play(driver.TREADMILLS, kind, act) == []


@every_treadmill
def test_belts_come_to_rest_in_silence_exactly_if_the_driver_says_so(play, kind):
    async def act(scene):
        await walk(scene, told(0.5, 0.5, 1.0), 3.0)
        last = (await scene.live(5.0))[-1]
        return scene.driver.can_expire, last

    can_expire, last = play(driver.TREADMILLS, kind, act)
    is_at_rest = max(abs(last.left_speed_mps), abs(last.right_speed_mps)) <= REST_MPS
    assert is_at_rest == can_expire


# -- plates --------------------------------------------------------------------------------


def holes(chunks: list[PlateChunk]) -> int:
    """Return how many sample numbers are missing between the first chunk and the last."""
    return sum(b.sequence - a.sequence - len(a.wrench) for a, b in pairwise(chunks))


@every_plates
def test_plates_number_and_time_their_samples_without_a_gap(play, kind):
    async def act(scene):
        return await scene.live(0.9), scene.driver.lost_count

    chunks, lost_count = play(driver.PLATES, kind, act)
    assert all(c.wrench.shape == (len(c.wrench), 12) for c in chunks)
    assert all(c.wrench.dtype == np.float32 for c in chunks)
    assert sum(len(c.wrench) for c in chunks) == pytest.approx(900, abs=20)
    for a, b in pairwise(chunks):
        assert b.sequence == a.sequence + len(a.wrench)
        assert b.device_t_ns - a.device_t_ns == pytest.approx(a.dt_ns * len(a.wrench), abs=2000)
    assert lost_count == 0


@every_plates
def test_a_person_stands_on_the_plates_with_positive_force(play, kind):
    async def act(scene):
        return await scene.live(0.9)

    fz_n = np.concatenate([chunk.wrench for chunk in play(driver.PLATES, kind, act)])[:, [2, 8]]
    assert np.nanmean(fz_n.sum(axis=1)) > 300


@every_plates
def test_every_lost_sample_is_counted_once(play, kind):
    async def act(scene):
        if scene.relay is not None:
            scene.relay.drop_every = 7
        chunks = await scene.live(2.5)
        lost_count = RECORDED_LOSS
        if scene.relay is not None:
            lost_count = scene.relay.dropped * len(chunks[0].wrench)
        return chunks, scene.driver.lost_count, lost_count

    chunks, lost_count, truth = play(driver.PLATES, kind, act)
    assert truth > 0
    assert lost_count == truth
    assert holes(chunks) == truth
