"""How soon belts begin to slow when their host falls silent: the program, in real time.

    python tests/firmware/expiry.py COUNT

Runs by itself so that it may ask for real-time scheduling; prints one JSON line.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from firmware.boards import build, program

from rehabsim.base.clock import Clock, run
from rehabsim.base.config import load_toml
from rehabsim.base.realtime import be_realtime
from rehabsim.base.records import BeltCommand
from rehabsim.base.site import Site
from rehabsim.devices.rs_treadmill import RsTreadmill
from rehabsim.devices.rs_treadmill_frame import Cause, State, Status
from rehabsim.session.setup import SIMULATED_SITE

LIMITS = load_toml(SIMULATED_SITE, Site).limits
SPEED_MPS, TTL_S = 0.15, 0.06
RAMP_S = SPEED_MPS / LIMITS.ramp_mps2
MAX_TRIES = 3


class Trial(NamedTuple):
    """One silence.

    Attributes:
        onset_ms: From the last set point's writing to the arrival of the first report of slowing.
        zero_ms: From that report to the arrival of the first with both set points at zero.
    """

    onset_ms: float
    zero_ms: float


class Host:
    """A keeper's worth of a host."""

    def __init__(self, driver: RsTreadmill, clock: Clock) -> None:
        self.driver, self.clock = driver, clock
        self.seen: list[tuple[int, Status]] = []

    async def live(self, seconds: float) -> None:
        until_ns = self.clock.now_ns() + round(seconds * 1e9)
        while self.clock.now_ns() < until_ns:
            await asyncio.sleep(0.002)
            for sample in self.driver.take():
                assert self.driver.status is not None
                self.seen.append((sample.t_ns, self.driver.status))

    def is_in(self, state: State) -> bool:
        return self.driver.status is not None and self.driver.status.state == state

    async def trial(self) -> Trial | None:
        """Walk, fall silent, watch; None where the walk itself was too late for its set points."""
        self.driver.reset()
        await self.live(0.08)
        self.driver.arm(LIMITS)
        await self.live(0.05)
        command = BeltCommand(SPEED_MPS, SPEED_MPS, 0.5, 0.5, 0.0, TTL_S)
        sent_ns = 0
        for _ in range(round((RAMP_S + 0.1) / 0.02)):
            sent_ns = self.clock.now_ns()
            self.driver.send(command)
            await self.live(0.02)
        if not self.is_in(State.RUN):
            await self.live(RAMP_S + 0.2)
            return None
        self.seen.clear()
        await self.live(TTL_S + RAMP_S + 0.15)
        assert self.driver.status is not None
        assert self.driver.status.cause == Cause.EXPIRED
        top_umps = round(1e6 * SPEED_MPS)
        onset_ns = next(t_ns for t_ns, s in self.seen if s.left_setpoint_umps < top_umps)
        zero_ns = next(t_ns for t_ns, s in self.seen if s.left_setpoint_umps == 0)
        return Trial((onset_ns - sent_ns) / 1e6, (zero_ns - onset_ns) / 1e6)


async def trials(clock: Clock, count: int) -> tuple[list[Trial], int]:
    """Return the trials, and how many walks this machine was too busy for."""
    done: list[Trial] = []
    early_count = 0
    with program() as hands:
        config = RsTreadmill.Config(kind="rs_treadmill", url=hands.url, max_speed_mps=2.0)
        driver = RsTreadmill(config, clock)
        await driver.open()
        host = Host(driver, clock)
        await host.live(0.2)
        while len(done) < count and early_count < MAX_TRIES * count:
            trial = await host.trial()
            if trial is None:
                early_count += 1
            else:
                done.append(trial)
        await driver.close()
    return done, early_count


def measure(count: int) -> tuple[list[Trial], int, str]:
    """Run so many in a process of their own; return what `trials` does, and how it was run."""
    build("host")
    words = [sys.executable, __file__, str(count)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found, early_count, permitted = json.loads(done.stdout)
    return [Trial(*values) for values in found], early_count, permitted


def main() -> None:
    permitted = be_realtime(40)  # the firmware's program inherits it
    print(json.dumps((*run(lambda clock: trials(clock, int(sys.argv[1]))), permitted)))


if __name__ == "__main__":
    main()
