"""The platform's guard at the simulated base, through its driver, in virtual time."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ProtocolError
from rehabsim.base.limits import PlatformLimits
from rehabsim.base.records import PlatformSample, PlatformWish
from rehabsim.base.site import DeviceTable
from rehabsim.devices.driver import PLATFORMS, Platform, make_driver
from rehabsim.devices.laboratory import Fault
from rehabsim.safety.platform import guard_platform
from rehabsim.safety.platform_messages import PlatformInputs, PlatformState
from rehabsim_sim import platform as simulated
from rehabsim_sim.faults import Faults
from rehabsim_sim.jit import one_of
from rehabsim_sim.motion_base import MotionBasePort
from rehabsim_sim.person import Surroundings

SEND_TICKS = 4


class Ride:
    """A guard, the driver and a simulated base, with the keeper's part between them."""

    def __init__(
        self,
        base: Platform,
        port: MotionBasePort,
        machine: Any,
        clock: Clock,
        limits: PlatformLimits,
    ) -> None:
        self.base, self.port, self.machine, self.clock = base, port, machine, clock
        self.limits = limits
        self.around = one_of(Surroundings())
        self.state = PlatformState()
        self.sample: PlatformSample | None = None
        self.t_ms = 0
        self.truth: list[list[float]] = []

    def tick(self, wish: PlatformWish, wish_t_ns: int, ask: str, belt_mode: str) -> None:
        """Let four milliseconds pass."""
        self.port.serve(self.t_ms, is_cut=False)
        for _ in range(4):
            simulated.ride(self.machine[0], self.around[0], 0.0)
        self.t_ms += 4
        self.truth.append([float(value) for value in self.machine[0].pose])
        has_platform = True
        try:
            self.sample = ([self.sample] + list(self.base.take()))[-1]
        except ProtocolError:
            has_platform = False
        inputs = PlatformInputs(
            t_ns=self.clock.now_ns(),
            wish=wish,
            wish_t_ns=wish_t_ns,
            sample=self.sample,
            belt_mode=belt_mode,
            is_at_rest=belt_mode == "idle",
            ask=ask,
            has_platform=has_platform,
        )
        before = self.state
        decision = guard_platform(before, inputs, self.limits)
        self.state = decision.state
        if self.t_ms % (4 * SEND_TICKS) == 0 or before.mode != self.state.mode:
            self.base.send(decision.command)


@contextlib.asynccontextmanager
async def at_the_base(
    clock: Clock, plan: tuple[Fault, ...], seed: int, limits: PlatformLimits
) -> AsyncIterator[Ride]:
    """Yield a ride on a simulated base that is ill as planned."""
    machine = one_of(simulated.Platform())
    port = MotionBasePort(
        simulated.PlatformReins(machine[0]),
        Faults(plan, "platform", simulated.AXES, seed=seed),
        clock,
    )
    await port.open("memory:base")
    table = {"kind": "moog_6dof2000e", "url": "memory:base"}
    most = {"max_offset_m": 0.1, "max_angle_rad": 0.14}
    base = make_driver(PLATFORMS, DeviceTable.model_validate(table | most), clock, where="campaign")
    await base.open()
    yield Ride(base, port, machine, clock, limits)
    await base.close()
    await port.close()
