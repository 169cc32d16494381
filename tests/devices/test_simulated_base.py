"""The motion base's driver and the simulated base, over real datagrams on the host's clock."""

import asyncio
import contextlib

import pytest

from rehabsim.base.clock import run
from rehabsim.base.records import PlatformCommand, Pose
from rehabsim.base.site import DeviceTable
from rehabsim.devices.driver import PLATFORMS, make_driver
from rehabsim.devices.laboratory import LaboratoryPlan
from rehabsim_sim.serve import Laboratory

LOOPBACK = "tcp://127.0.0.1:0"
TILTED = Pose(z_m=0.01, pitch_rad=0.03)


@pytest.mark.realtime
def test_a_simulated_base_is_engaged_moved_and_held_over_udp():
    async def main(clock):
        plan = LaboratoryPlan(
            treadmill_url=LOOPBACK, plates_url=LOOPBACK, platform_url="udp://127.0.0.1:0"
        )
        laboratory = Laboratory(plan, clock)
        await laboratory.open()
        living = asyncio.create_task(laboratory.run())
        table = DeviceTable.model_validate(
            {
                "kind": "moog_6dof2000e",
                "url": laboratory.other_urls["platform"],
                "max_offset_m": 0.1,
                "max_angle_rad": 0.1,
            }
        )
        base = make_driver(PLATFORMS, table, clock, where="site.toml")
        try:
            await base.open()
            return await asyncio.wait_for(ride(base), 20)
        finally:
            await base.close()
            living.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await living
            await laboratory.close()

    async def ride(base):
        heard = []
        while not heard or heard[-1].pose.pitch_rad < 0.029:
            state = heard[-1].state if heard else "starting"
            act = {"idle": "engage", "rising": "engage", "engaged": "move"}.get(state, "rest")
            base.send(PlatformCommand(act, TILTED if act == "move" else Pose()))
            await asyncio.sleep(0.016)
            heard += base.take()
        base.stop()
        await asyncio.sleep(0.2)
        return heard + list(base.take())

    heard = run(main)
    states = list(dict.fromkeys(sample.state for sample in heard))
    assert states == ["starting", "idle", "rising", "engaged"]
    assert heard[-1].pose.pitch_rad == pytest.approx(0.03, abs=0.001)
    assert heard[-1].pose.z_m == pytest.approx(0.01, abs=0.001)
    assert not any(sample.hold for sample in heard)
    stamps = [sample.t_ns for sample in heard]
    assert stamps == sorted(stamps)
