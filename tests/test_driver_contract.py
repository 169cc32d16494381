"""What every installed driver promises, on the virtual clock, against the simulated laboratory.

A new driver needs a row in `TREADMILL_ROWS` or `PLATES_ROWS`: how it is served here. Where the
device's own program can be run, it has more rows, `kind/how`, on the host's clock.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from devices.relay import BELTS, PLATES, Relay, relay_to, relayed
from firmware.boards import emulator, program

from rehabsim.base.clock import Clock, run
from rehabsim.base.config import DeviceTable, Site, load_toml
from rehabsim.base.errors import DeviceFaultError, LinkError, ProtocolError
from rehabsim.base.records import BeltCommand, BeltSample, PlateChunk
from rehabsim.devices import driver
from rehabsim.session.setup import SIMULATED_SITE

STEP_S = 0.004
RELAY = Relay.url
ORIGINS = {"left_origin_m": [0.0, 0.25, 0.0], "right_origin_m": [0.0, -0.25, 0.0]}
GARBAGE = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" * 100
REST_MPS = 0.02
TTL_S = 0.2
"""Long, because a device with a clock of its own does not wait while this machine is busy."""
LIMITS = load_toml(SIMULATED_SITE, Site).limits

Rig = Callable[[Clock, Path], AbstractAsyncContextManager[Relay | None]]


@dataclass(frozen=True)
class Row:
    """How one kind of driver is served here.

    Attributes:
        options: Its table of the site file, without kind.
        rig: Serves it; gives the relay, where there is a wire to spoil.
        url: Where the driver finds it; `{folder}` is the test's own.
        is_real: The device has a clock of its own.
    """

    options: dict[str, Any]
    rig: Rig
    url: str = RELAY
    is_real: bool = False


def simulated(device_url: str, kind: str = "bertec_treadmill") -> Rig:
    return lambda clock, _: relayed(clock, device_url, kind)


@contextlib.asynccontextmanager
async def on_a_terminal(clock: Clock, _: Path) -> AsyncIterator[Relay]:
    """Our firmware as a program, its serial line a pseudo-terminal."""
    with program() as hands:
        async with relay_to(clock, hands.url) as relay:
            yield relay


@contextlib.asynccontextmanager
async def emulated(clock: Clock, _: Path) -> AsyncIterator[Relay]:
    """Our firmware's image on an emulated microcontroller."""
    with emulator() as url:
        async with relay_to(clock, url) as relay:
            yield relay


@contextlib.asynccontextmanager
async def recorded(_: Clock, folder: Path) -> AsyncIterator[None]:
    """A recording of 3 s at 1 kHz in which samples 1000 to 1006 and 2000 are missing."""
    rows = [k for k in range(3000) if not 1000 <= k < 1007 and k != 2000]
    lines = ["time_s,left_fz_n,right_fz_n", *(f"{k / 1000:.3f},{k},{3000 - k}" for k in rows)]
    (folder / "walk.csv").write_text("\n".join(lines) + "\n")
    yield None


RECORDED_LOSS = 8

TREADMILL_ROWS = {
    "bertec_treadmill": Row({"max_speed_mps": 2.0}, simulated(BELTS, "bertec_treadmill")),
    "rs_treadmill": Row({"max_speed_mps": 2.0}, simulated(BELTS, "rs_treadmill")),
    "rs_treadmill/program": Row({"max_speed_mps": 2.0}, on_a_terminal, is_real=True),
    "rs_treadmill/emulator": Row({"max_speed_mps": 2.0}, emulated, is_real=True),
}
PLATES_ROWS = {
    "rs_plates": Row(ORIGINS, simulated(PLATES)),
    "recording": Row({}, recorded, "recording:{folder}/walk.csv"),
}

ROWS = {driver.TREADMILLS: TREADMILL_ROWS, driver.PLATES: PLATES_ROWS}


def marks(row: Row) -> list[pytest.MarkDecorator]:
    return [pytest.mark.realtime] if row.is_real else []


EVERY = [(group, kind, row) for group, rows in ROWS.items() for kind, row in rows.items()]
every_driver = pytest.mark.parametrize(
    ("group", "kind"), [pytest.param(g, kind, marks=marks(row)) for g, kind, row in EVERY]
)
every_wired_driver = pytest.mark.parametrize(
    ("group", "kind"),
    [pytest.param(g, kind, marks=marks(row)) for g, kind, row in EVERY if row.url == RELAY],
)
every_treadmill = pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=marks(row)) for kind, row in TREADMILL_ROWS.items()]
)
every_plates = pytest.mark.parametrize("kind", PLATES_ROWS)


@pytest.mark.parametrize("group", ROWS)
def test_every_installed_driver_has_a_row_here(group):
    rows = {kind.partition("/")[0] for kind in ROWS[group]}
    missing = sorted(set(driver.installed(group)) - rows)
    assert not missing, f"no row in {Path(__file__).name} for {', '.join(missing)}"
    gone = sorted(rows - set(driver.installed(group)))
    assert not gone, f"not installed, but a row in {Path(__file__).name}: {', '.join(gone)}"


class Scene:
    """One driver and what is at the other end."""

    def __init__(self, made: Any, relay: Relay | None, clock: Clock) -> None:
        self.driver = made
        self.relay = relay
        self.clock = clock

    async def live(self, seconds: float) -> list[Any]:
        """Return what the driver takes in the next `seconds`, asking it every 4 ms."""
        taken: list[Any] = []
        for _ in range(round(seconds / STEP_S)):
            await asyncio.sleep(STEP_S)
            taken += self.driver.take()
        return taken


def table_of(kind: str, url: str, row: Row) -> DeviceTable:
    """Return the table of a site file for a row; its name is `kind` or `kind/how`."""
    values = {"kind": kind.partition("/")[0], "url": url} | row.options
    return DeviceTable.model_validate(values)


@pytest.fixture
def play(tmp_path):
    """Return a function that plays `act(scene)` with one driver in virtual time."""

    def play_it(group: str, kind: str, act: Callable[[Scene], Any], *, is_open: bool = True) -> Any:
        row = ROWS[group][kind]
        url = row.url.format(folder=tmp_path)
        table = table_of(kind, url, row)

        async def go(clock: Clock) -> Any:
            async with row.rig(clock, tmp_path) as relay:
                made = driver.make_driver(group, table, clock, where="site.toml")
                if is_open:
                    await made.open()
                try:
                    return await act(Scene(made, relay, clock))
                finally:
                    await made.close()

        return run(go, virtual=not row.is_real)

    return play_it


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
        assert caught.value.device in ("treadmill", "plates")

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
    return BeltCommand(left_mps, right_mps, accel_mps2, accel_mps2, incline_rad, TTL_S)


async def get_ready(scene):
    """Unlock and arm the belts, as the keeper does when a person asks for it."""
    await scene.live(0.1)
    scene.driver.reset()
    await scene.live(0.1)
    scene.driver.arm(LIMITS)
    await scene.live(0.1)


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
        await get_ready(scene)
        return await walk(scene, told(0.4, 0.6, incline_rad=0.02), 3.0)

    last = play(driver.TREADMILLS, kind, act)
    assert last.left_speed_mps == pytest.approx(0.4, abs=0.03)
    assert last.right_speed_mps == pytest.approx(0.6, abs=0.03)
    assert last.incline_rad == pytest.approx(0.02, abs=0.002)


@every_treadmill
def test_a_stop_ramps_to_rest_at_the_asked_pace_and_leaves_the_deck(play, kind):
    async def act(scene):
        await get_ready(scene)
        before = await walk(scene, told(1.0, 1.0, 1.0, incline_rad=0.02), 3.0)
        scene.driver.stop(0.5)
        return before, (await scene.live(1.0))[-1], (await scene.live(1.5))[-1]

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
        await get_ready(scene)
        await walk(scene, told(0.8, 0.8, 1.0), 1.5)
        speeds = []
        for _ in range(50):
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
        await get_ready(scene)
        before = list(scene.relay.told)
        for ask in (told(99.0, 0.5), told(0.5, float("nan")), told(0.5, 0.5, 0.0)):
            with pytest.raises(DeviceFaultError):
                scene.driver.send(ask)
        await scene.live(0.1)
        return scene.relay.told[len(before) :]

    assert play(driver.TREADMILLS, kind, act) == []


@every_treadmill
def test_belts_that_are_not_armed_stay_at_rest_and_say_so(play, kind):
    async def act(scene):
        await scene.live(0.1)
        return scene.driver.take() or [await walk(scene, told(0.5, 0.5), 0.5)]

    last = play(driver.TREADMILLS, kind, act)[-1]
    is_at_rest = max(abs(last.left_speed_mps), abs(last.right_speed_mps)) <= REST_MPS
    assert is_at_rest == (not last.is_armed)


@every_treadmill
def test_belts_that_were_disarmed_need_arming_again_or_never_did(play, kind):
    async def act(scene):
        await get_ready(scene)
        armed = await walk(scene, told(0.2, 0.2), 0.2)
        scene.driver.disarm()
        last = (await scene.live(1.0))[-1]
        return armed, last, await walk(scene, told(0.2, 0.2), 0.3)

    armed, disarmed, after = play(driver.TREADMILLS, kind, act)
    assert armed.is_armed
    assert armed.hold == disarmed.hold == after.hold == ""
    is_at_rest = max(abs(after.left_speed_mps), abs(after.right_speed_mps)) <= REST_MPS
    assert disarmed.is_armed == after.is_armed == (not is_at_rest)


@every_treadmill
def test_belts_come_to_rest_in_silence_exactly_if_the_driver_says_so(play, kind):
    async def act(scene):
        await get_ready(scene)
        await walk(scene, told(0.5, 0.5, 1.0), 1.0)
        last = (await scene.live(1.6))[-1]
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
