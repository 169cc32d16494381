"""What every installed driver promises, on the virtual clock, against the simulated laboratory.

A new driver needs a row in `devices/contract.py`: how it is served here.
"""

import asyncio
import contextlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from devices import contract
from devices.contract import (
    EVERY,
    GARBAGE,
    PLATES_ROWS,
    RECORDED_LOSS,
    RELAY,
    ROWS,
    marks,
    player,
    table_of,
)

from rehabsim.base.clock import run
from rehabsim.base.errors import LinkError, ProtocolError
from rehabsim.base.records import PlateChunk
from rehabsim.devices import driver

every_driver = pytest.mark.parametrize(
    ("group", "kind"), [pytest.param(g, kind, marks=marks(row)) for g, kind, row in EVERY]
)
every_wired_driver = pytest.mark.parametrize(
    ("group", "kind"),
    [pytest.param(g, kind, marks=marks(row)) for g, kind, row in EVERY if row.url == RELAY],
)
every_plates = pytest.mark.parametrize("kind", PLATES_ROWS)


@pytest.fixture
def play(tmp_path):
    return player(tmp_path)


@pytest.mark.parametrize("group", ROWS)
def test_every_installed_driver_has_a_row_here(group):
    rows = {kind.partition("/")[0] for kind in ROWS[group]}
    missing = sorted(set(driver.installed(group)) - rows)
    where = Path(contract.__file__).name
    assert not missing, f"no row in {where} for {', '.join(missing)}"
    gone = sorted(rows - set(driver.installed(group)))
    assert not gone, f"not installed, but a row in {where}: {', '.join(gone)}"


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
    table = table_of(kind, "memory:nobody", row)

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
        assert caught.value.device in ("treadmill", "plates", "harness", "platform")

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
