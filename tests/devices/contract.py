"""Who is under the driver contract, and how each is served; the tests are in `tests/`.

A new driver needs a row in `TREADMILL_ROWS`, `PLATES_ROWS`, `HARNESS_ROWS` or `PLATFORM_ROWS`.
Where the device's own program can be run, it has more rows, `kind/how`, on the host's clock.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from devices.relay import BASE, BELTS, HARNESS, PLATES, Relay, relay_to, relayed
from firmware.boards import emulator, program

from rehabsim.base.clock import Clock, run
from rehabsim.base.config import load_toml
from rehabsim.base.errors import RehabsimError
from rehabsim.base.records import BeltCommand, BeltSample
from rehabsim.base.site import DeviceTable, Site
from rehabsim.devices import driver
from rehabsim.session.setup import SIMULATED_SITE

STEP_S = 0.004
RELAY = Relay.url
ORIGINS = {"left_origin_m": [0.0, 0.25, 0.0], "right_origin_m": [0.0, -0.25, 0.0]}
GARBAGE = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" * 100
REST_MPS = 0.02
LATE_S, MAX_TRIES = 0.05, 4
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

HARNESS_ROWS = {"rs_harness": Row({}, simulated(HARNESS))}

PLATFORM_ROWS = {
    "moog_6dof2000e": Row({"max_offset_m": 0.12, "max_angle_rad": 0.2}, simulated(BASE)),
}
ROWS = {
    driver.TREADMILLS: TREADMILL_ROWS,
    driver.PLATES: PLATES_ROWS,
    driver.HARNESSES: HARNESS_ROWS,
    driver.PLATFORMS: PLATFORM_ROWS,
}


def marks(row: Row) -> list[pytest.MarkDecorator]:
    return [pytest.mark.realtime] if row.is_real else []


EVERY = [(group, kind, row) for group, rows in ROWS.items() for kind, row in rows.items()]


class Scene:
    """One driver and what is at the other end.

    Attributes:
        was_late: This machine kept us waiting so long that what came says nothing of the device.
    """

    def __init__(self, made: Any, relay: Relay | None, clock: Clock) -> None:
        self.driver = made
        self.relay = relay
        self.clock = clock
        self.was_late = False

    async def live(self, seconds: float) -> list[Any]:
        """Return what the driver takes in the next `seconds`, asking it every 4 ms."""
        taken: list[Any] = []
        for _ in range(round(seconds / STEP_S)):
            before_ns = self.clock.now_ns()
            await asyncio.sleep(STEP_S)
            self.was_late |= self.clock.now_ns() - before_ns > LATE_S * 1e9
            taken += self.driver.take()
        return taken


def table_of(kind: str, url: str, row: Row) -> DeviceTable:
    """Return the table of a site file for a row; its name is `kind` or `kind/how`."""
    values = {"kind": kind.partition("/")[0], "url": url} | row.options
    return DeviceTable.model_validate(values)


Play = Callable[..., Any]


def player(folder: Path) -> Play:
    """Return a function that plays `act(scene)` with one driver, in virtual time where it can."""

    def play_it(group: str, kind: str, act: Callable[[Scene], Any], *, is_open: bool = True) -> Any:
        row = ROWS[group][kind]
        url = row.url.format(folder=folder)
        table = table_of(kind, url, row)

        async def go(clock: Clock, scenes: list[Scene]) -> Any:
            async with row.rig(clock, folder) as relay:
                made = driver.make_driver(group, table, clock, where="site.toml")
                if is_open:
                    await made.open()
                scenes.append(Scene(made, relay, clock))
                try:
                    return await act(scenes[-1])
                finally:
                    await made.close()

        def once(scenes: list[Scene]) -> Any:
            return run(lambda clock: go(clock, scenes), virtual=not row.is_real)

        for _ in range(MAX_TRIES - 1 if row.is_real else 0):
            scenes: list[Scene] = []
            try:
                result = once(scenes)
            except (AssertionError, RehabsimError):
                if not any(scene.was_late for scene in scenes):
                    raise
            else:
                if not scenes[0].was_late:
                    return result
        return once([])

    return play_it


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
