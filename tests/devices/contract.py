"""How every installed driver is served to its contract: a row each, and a way to play with one.

A new driver needs a row in `TREADMILL_ROWS`, `PLATES_ROWS` or `PLATFORM_ROWS`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices.relay import BASE, BELTS, PLATES, Relay, relayed

from rehabsim.base.clock import Clock, run
from rehabsim.base.config import DeviceTable
from rehabsim.devices import driver

STEP_S = 0.004
RELAY = Relay.url
ORIGINS = {"left_origin_m": [0.0, 0.25, 0.0], "right_origin_m": [0.0, -0.25, 0.0]}
Rig = Callable[[Clock, Path], AbstractAsyncContextManager[Relay | None]]


@dataclass(frozen=True)
class Row:
    """How one kind of driver is served here.

    Attributes:
        options: Its table of the site file, without kind.
        rig: Serves it; gives the relay, where there is a wire to spoil.
        url: Where the driver finds it; `{folder}` is the test's own.
    """

    options: dict[str, Any]
    rig: Rig
    url: str = RELAY


def simulated(device_url: str, kind: str = "bertec_treadmill") -> Rig:
    return lambda clock, _: relayed(clock, device_url, kind)


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
}
PLATES_ROWS = {
    "rs_plates": Row(ORIGINS, simulated(PLATES)),
    "recording": Row({}, recorded, "recording:{folder}/walk.csv"),
}
PLATFORM_ROWS = {
    "moog_6dof2000e": Row({"max_offset_m": 0.12, "max_angle_rad": 0.2}, simulated(BASE)),
}

ROWS = {
    driver.TREADMILLS: TREADMILL_ROWS,
    driver.PLATES: PLATES_ROWS,
    driver.PLATFORMS: PLATFORM_ROWS,
}


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


def player(folder: Path) -> Callable[..., Any]:
    """Return a function that plays `act(scene)` with one driver in virtual time."""

    def play_it(group: str, kind: str, act: Callable[[Scene], Any], *, is_open: bool = True) -> Any:
        row = ROWS[group][kind]
        url = row.url.format(folder=folder)
        table = DeviceTable.model_validate({"kind": kind, "url": url} | row.options)

        async def go(clock: Clock) -> Any:
            async with row.rig(clock, folder) as relay:
                made = driver.make_driver(group, table, clock, where="site.toml")
                if is_open:
                    await made.open()
                try:
                    return await act(Scene(made, relay, clock))
                finally:
                    await made.close()

        return run(go, virtual=True)

    return play_it
