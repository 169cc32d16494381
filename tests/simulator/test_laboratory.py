import asyncio
import contextlib
import csv

import numpy as np
import pytest
from simulator.stroll import Stroll

from rehabsim.base.clock import Tick, run
from rehabsim.base.errors import ConfigError
from rehabsim.base.records import BeltCommand
from rehabsim.devices.bertec_treadmill import BertecTreadmill
from rehabsim.devices.laboratory import LaboratoryPlan
from rehabsim.devices.link import open_link
from rehabsim.devices.rs_plates import RsPlates
from rehabsim_sim.patients import PATIENTS
from rehabsim_sim.serve import Laboratory
from rehabsim_sim.truth import COLUMNS, LATE

PLAN = LaboratoryPlan(treadmill_url="memory:belts", plates_url="memory:plates", seed=3)


def plan(**changes):
    fields = {name: getattr(PLAN, name) for name in PLAN.__struct_fields__}
    return LaboratoryPlan(**(fields | changes))


def drivers(laboratory, clock):
    belts = BertecTreadmill.Config(
        kind="bertec_treadmill", url=laboratory.treadmill_url, max_speed_mps=2.0
    )
    plates = RsPlates.Config(
        kind="rs_plates",
        url=laboratory.plates_url,
        left_origin_m=[0.0, 0.25, 0.0],
        right_origin_m=[0.0, -0.25, 0.0],
    )
    return BertecTreadmill(belts, clock), RsPlates(plates, clock)


@contextlib.asynccontextmanager
async def running(laboratory):
    await laboratory.open()
    task = asyncio.create_task(laboratory.run())
    try:
        yield laboratory
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await laboratory.close()


async def session(clock, laboratory_plan, duration_s=12.0):
    """Walk at 0.8 m/s; return the bytes of the plates, their samples and the belts' reports."""
    async with running(Laboratory(laboratory_plan, clock)) as laboratory:
        belts, plates = drivers(laboratory, clock)
        raw = await open_link(laboratory.plates_url, clock, device="plates")
        await belts.open()
        await plates.open()
        belts.send(BeltCommand(0.8, 0.8, 0.5, 0.5, 0.0, 0.1))
        chunks, reports, seen = [], [], b""
        while clock.now_ns() < duration_s * 1e9:
            await asyncio.sleep(0.5)
            chunks += plates.take()
            reports += belts.take()
            seen += b"".join(piece for _, piece in raw.take())
        for one in (belts, plates, raw):
            await one.close()
        assert plates.lost_count == plates.bad_count == 0
        return seen, chunks, reports


def test_a_laboratory_can_be_walked_in_through_the_real_drivers():
    async def main(clock):
        return await session(clock, PLAN)

    _, chunks, reports = run(main, virtual=True)
    wrench = np.concatenate([chunk.wrench for chunk in chunks])
    load_n = wrench[:, 2] + wrench[:, 8]
    assert len(wrench) == pytest.approx(12_000, abs=8)
    assert load_n.mean() == pytest.approx(75 * 9.81, rel=0.02)
    assert reports[-1].left_speed_mps == pytest.approx(0.8, abs=0.01)
    assert len(reports) == pytest.approx(1200, abs=3)
    assert (wrench[-3000:, 2] < 20).any()


def test_two_runs_in_virtual_time_are_byte_identical():
    async def main(clock):
        return await session(clock, PLAN, 6.0)

    assert run(main, virtual=True)[0] == run(main, virtual=True)[0]


class StutteringClock:
    """A clock whose ticks sometimes come late, counting what they missed."""

    def now_ns(self):
        return 0

    async def ticks(self, period_ns, *, start_ns=None):
        index = -1
        for count in (1, 1, 4, 1, 26, 1):
            index += count
            yield Tick(index, index * period_ns, index * period_ns, count - 1)


def test_missed_ticks_are_made_up_for_to_the_sample():
    async def main(_):
        laboratory = Laboratory(PLAN, StutteringClock())
        await laboratory.run()
        return laboratory.world.truth, laboratory._stream.sequence

    last, sample_count = run(main, virtual=True)
    assert sample_count == 34 * 4
    alone = Stroll(PATIENTS["healthy"], seed=3).live(0.136)
    assert last.tobytes() == alone.truth[-4:].tobytes()


def test_ports_are_real_where_0_was_asked():
    async def main(clock):
        anywhere = "tcp://127.0.0.1:0"
        async with running(
            Laboratory(plan(treadmill_url=anywhere, plates_url=anywhere), clock)
        ) as laboratory:
            for url in (laboratory.treadmill_url, laboratory.plates_url):
                assert not url.endswith(":0")
                await (await open_link(url, clock, device="client")).close()

    run(main)


@pytest.mark.parametrize(
    "changes", [{"treadmill_kind": "trampoline"}, {"patient": "hasty"}, {"truth_path": "/no/such"}]
)
def test_a_plan_that_cannot_be_is_a_config_error(changes):
    async def main(clock):
        with pytest.raises(ConfigError):
            await Laboratory(plan(**changes), clock).open()

    run(main, virtual=True)


def test_the_truth_is_on_disk_while_the_laboratory_lives(tmp_path):
    path = tmp_path / "truth.csv"

    async def main(clock):
        async with running(Laboratory(plan(truth_path=str(path)), clock)) as laboratory:
            belts, _ = drivers(laboratory, clock)
            await belts.open()
            belts.send(BeltCommand(0.8, 0.8, 0.5, 0.5, 0.0, 0.1))
            await asyncio.sleep(10)
            await belts.close()
            return read(path), read(tmp_path / "truth.events.csv"), clock.now_ns()

    rows, events, now_ns = run(main, virtual=True)
    assert list(rows[0]) == ["t_ns", *COLUMNS, LATE]
    assert {float(row[LATE]) for row in rows} == {0.0}
    times_ns = [int(row["t_ns"]) for row in rows]
    assert set(np.diff(times_ns)) == {4_000_000}
    assert now_ns - times_ns[-1] <= 24_000_000
    assert float(rows[-1]["left_belt_mps"]) == pytest.approx(0.8, abs=0.01)
    assert float(rows[0]["left_fz_n"]) + float(rows[0]["right_fz_n"]) == pytest.approx(735.75)
    strikes = [event for event in events if event["kind"] == "heel_strike"]
    assert len(strikes) > 8
    assert {event["side"] for event in strikes} == {"left", "right"}
    assert float(strikes[-1]["step_length_m"]) == pytest.approx(0.54, abs=0.1)
    assert all(int(event["t_ns"]) % 1_000_000 == 0 for event in events)


def read(path):
    with path.open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))
