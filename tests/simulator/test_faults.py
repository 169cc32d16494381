"""Each fault as the real drivers see it, and what becomes of a session that has it."""

import asyncio
import contextlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulator.stroll import Stroll

import rehabsim_sim
from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.base.records import MODES, BeltCommand
from rehabsim.base.site import FaultFile, Site
from rehabsim.devices.bertec_treadmill import BertecTreadmill
from rehabsim.devices.laboratory import Fault, LaboratoryPlan
from rehabsim.devices.rs_plates import RsPlates
from rehabsim.session.log import LogReader
from rehabsim.session.replay import replay
from rehabsim.session.setup import SIMULATED_SITE, ready_session
from rehabsim.session.together import run_together, together_plans
from rehabsim_sim.faults import DEVICES, ON_VALUES, Faults, table
from rehabsim_sim.patients import PATIENTS
from rehabsim_sim.serve import Laboratory

DRIFTING = Fault(device="plates", kind="drift", at_s=0.01, channel="left_fz_n", size=7.0)
CHANNELS = ("left_fz_n", "right_fz_n", "left_my_nm")


async def seen(clock, device, kind, fields):
    """Live 4 s beside a real driver, the fault on from 1 to 2 s.

    Returns the records with their time in s, the driver, and whether the link broke.
    """
    fault = Fault(device=device, kind=kind, at_s=1.0, for_s=1.0, **fields)
    plan = LaboratoryPlan(
        treadmill_url="memory:belts", plates_url="memory:plates", seed=3, faults=(fault,)
    )
    laboratory = Laboratory(plan, clock)
    await laboratory.open()
    task = asyncio.create_task(laboratory.run())
    belts = BertecTreadmill(
        BertecTreadmill.Config(kind="bertec_treadmill", url="memory:belts", max_speed_mps=2.0),
        clock,
    )
    plates = RsPlates(
        RsPlates.Config(
            kind="rs_plates",
            url="memory:plates",
            left_origin_m=[0.0, 0.25, 0.0],
            right_origin_m=[0.0, -0.25, 0.0],
        ),
        clock,
    )
    await belts.open()
    await plates.open()
    speed_mps = 0.0 if device == "plates" else 0.5
    records, truth, broken = [], [], {"plates": False, "treadmill": False}
    start_ns = clock.now_ns()
    try:
        while (t_s := (clock.now_ns() - start_ns) / 1e9) < 4:
            for name, driver in (("plates", plates), ("treadmill", belts)):
                if not broken[name]:
                    try:
                        records += [(t_s, name, record) for record in driver.take()]
                    except LinkError:
                        broken[name] = True
            with contextlib.suppress(LinkError):
                belts.send(BeltCommand(speed_mps, speed_mps, 1.0, 1.0, 0.0, 0.1))
            truth.append((t_s, *laboratory.world.truth[-1:, :2].ravel()))
            await asyncio.sleep(0.004)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await belts.close()
        await plates.close()
        await laboratory.close()
    return records, plates, belts, broken, np.array([row for row in truth if len(row) == 3])


def plates_with(kind, **fields):
    records, plates, _, broken, _ = run(
        lambda clock: seen(clock, "plates", kind, fields), virtual=True
    )
    chunks = [(t_s, record) for t_s, name, record in records if name == "plates"]
    wrench = np.concatenate([chunk.wrench for _, chunk in chunks])
    arrival_s = np.concatenate([np.full(len(chunk.wrench), t_s) for t_s, chunk in chunks])
    return wrench, arrival_s, plates, broken["plates"]


def during(arrival_s):
    return (arrival_s > 1.1) & (arrival_s < 1.9)


def test_a_stuck_channel_repeats_its_value_while_the_others_go_on():
    wrench, arrival_s, *_ = plates_with("stuck", channel="left_fz_n")
    part = wrench[during(arrival_s)]
    assert np.ptp(part[:, 2]) == 0 < np.ptp(part[:, 8])


def test_values_that_are_no_numbers_arrive_as_such_and_end():
    wrench, arrival_s, *_ = plates_with("nan", channel="right")
    part = during(arrival_s)
    assert np.isnan(wrench[part, 6:9]).all()
    assert not np.isnan(wrench[part, :6]).any()
    assert not np.isnan(wrench[arrival_s > 2.1]).any()


@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [
        ("wrong", 1.5, lambda fz: 1.5 * fz),
        ("offset", 50.0, lambda fz: fz + 50),
        ("flip", None, lambda fz: -fz),
    ],
)
def test_bent_loads_are_what_was_asked_for(kind, size, expected):
    wrench, arrival_s, *_ = plates_with(kind, channel="left_fz_n", size=size)
    usual = wrench[(arrival_s > 0.3) & (arrival_s < 0.9), 2].mean()
    assert wrench[during(arrival_s), 2].mean() == pytest.approx(expected(usual), abs=15)


def test_a_railed_plate_goes_no_further():
    wrench, arrival_s, *_ = plates_with("saturate", channel="left_fz_n", size=200.0)
    assert wrench[during(arrival_s), 2].max() == 200.0
    assert wrench[arrival_s > 2.1, 2].max() > 250


def test_swapped_plates_exchange_their_sides():
    wrench, arrival_s, *_ = plates_with("swap")
    left_m, right_m = (wrench[:, i] / wrench[:, i - 1] for i in (3, 9))
    early, late = (arrival_s > 0.3) & (arrival_s < 0.9), during(arrival_s)
    # Each foot stands 15 cm off the middle of its plate, towards the seam.
    for side_m, usual_m, swapped_m in ((left_m, 0.10, 0.40), (right_m, -0.10, -0.40)):
        assert side_m[early].mean() == pytest.approx(usual_m, abs=0.02)
        assert side_m[late].mean() == pytest.approx(swapped_m, abs=0.02)


@pytest.mark.parametrize(("kind", "share"), [("off", (0.0, 0.05)), ("intermittent", (0.4, 0.95))])
def test_lost_frames_are_missing_and_counted(kind, share):
    _, arrival_s, plates, is_broken = plates_with(kind)
    arrived = during(arrival_s).sum() / 800
    assert share[0] <= arrived <= share[1]
    assert plates.lost_count > 0
    assert not is_broken


def test_late_frames_come_late_and_in_order():
    _, arrival_s, plates, _ = plates_with("delayed", size=0.2)
    gap_s = np.diff(arrival_s).max()
    assert 0.18 < gap_s < 0.23
    assert plates.lost_count == 0


def test_slow_frames_come_in_bursts():
    _, arrival_s, plates, _ = plates_with("slow", size=0.1)
    arrivals = np.unique(arrival_s[during(arrival_s)])
    assert 7 <= len(arrivals) <= 9
    assert plates.lost_count == 0


@pytest.mark.parametrize(("kind", "size"), [("dup", None), ("reorder", None), ("garbage", 0.003)])
def test_spoilt_frames_never_reach_the_session_as_new_samples(kind, size):
    wrench, _, plates, is_broken = plates_with(kind, size=size)
    assert not is_broken
    assert len(wrench) <= 4000
    assert np.abs(wrench[:, 2]).max() < 2000
    if kind == "garbage":
        assert plates.bad_count > 50


def test_a_cut_wire_breaks_the_link():
    _, arrival_s, _, is_broken = plates_with("cut")
    assert is_broken
    assert arrival_s.max() < 1.05


def belts_with(device, kind, **fields):
    records, _, _, broken, truth = run(
        lambda clock: seen(clock, device, kind, fields), virtual=True
    )
    samples = [(t_s, r.left_speed_mps) for t_s, name, r in records if name == "treadmill"]
    return np.array(samples), broken["treadmill"], truth


def at(rows, t_s):
    return rows[np.argmin(np.abs(rows[:, 0] - t_s)), 1]


def test_belts_that_run_away_are_reported_as_they_run():
    samples, _, truth = belts_with("belts", "wrong", size=1.6)
    assert at(truth, 1.9) == pytest.approx(0.8, abs=0.03)
    assert at(samples, 1.9) == pytest.approx(0.8, abs=0.03)
    assert at(truth, 3.5) == pytest.approx(0.5, abs=0.03)


def test_a_treadmill_may_report_what_is_not_so():
    samples, _, truth = belts_with("treadmill", "offset", size=0.4)
    assert at(truth, 1.8) == pytest.approx(0.5, abs=0.03)
    assert at(samples, 1.8) == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize("kind", ["off", "cut"])
def test_a_silent_treadmill_reports_nothing(kind):
    samples, is_broken, _ = belts_with("treadmill", kind)
    assert not ((samples[:, 0] > 1.05) & (samples[:, 0] < 1.95)).any()
    assert is_broken == (kind == "cut")


def test_a_pressed_emergency_stop_brings_the_belts_to_rest_against_the_commands():
    _, _, truth = belts_with("emergency_stop", "cut")
    assert at(truth, 0.95) > 0.45
    assert at(truth, 1.9) == 0
    assert at(truth, 3.9) == 0


def test_one_welded_contact_does_not_disable_the_emergency_stop():
    pressed = Fault(device="emergency_stop", kind="cut", at_s=1.0)
    welded = Fault(device="emergency_stop", kind="stuck", channel="a", at_s=0.0)
    assert _still_after((pressed, welded))


def _still_after(faults):
    async def main(clock):
        laboratory = Laboratory(
            LaboratoryPlan(treadmill_url="memory:b", plates_url="memory:p", faults=faults), clock
        )
        await laboratory.open()
        laboratory.world.reins.ask(0.5, 0.5, 1.0, 1.0, 0.0)
        task = asyncio.create_task(laboratory.run())
        await asyncio.sleep(3)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await laboratory.close()
        return laboratory.world.truth[-1, 0] == 0

    return run(main, virtual=True)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_how_the_time_is_cut_makes_no_difference_to_bent_values(cuts):
    plan = (DRIFTING, Fault(device="plates", kind="stuck", at_s=0.05, for_s=0.1, channel="right"))
    block = np.random.default_rng(1).standard_normal((sum(cuts), 3))
    whole = Faults(plan, "plates", CHANNELS, seed=1).values(len(block) - 1, block)
    faults, parts, end = Faults(plan, "plates", CHANNELS, seed=1), [], 0
    for count in cuts:
        parts.append(faults.values(end + count - 1, block[end : end + count]))
        end += count
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_the_same_seed_spoils_the_same_bytes():
    def spoilt(seed):
        fault = Fault(device="plates", kind="garbage", size=0.3)
        faults = Faults((fault, fault), "plates", CHANNELS, seed=seed)
        return [faults.frames(t_ms, [bytes(64)])[0] for t_ms in range(0, 40, 4)]

    assert spoilt(1) == spoilt(1) != spoilt(2)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"device": "toaster", "kind": "off"}, "unknown device 'toaster'. Known: plates"),
        ({"device": "plates", "kind": "sulk"}, "unknown kind 'sulk'. Known: stuck"),
        ({"device": "belts", "kind": "nan"}, "'belts' cannot have the fault 'nan'. It can: stuck"),
        ({"device": "plates", "kind": "off", "channel": "nose"}, "no channel 'nose'. Known: left_"),
    ],
)
def test_an_impossible_fault_is_one_sentence(fields, words):
    with pytest.raises(ConfigError, match=words):
        Faults((Fault(**fields),), "plates", CHANNELS, seed=1)


def test_a_file_of_faults_is_strict(tmp_path):
    path = tmp_path / "faults.toml"
    path.write_text('[[faults]]\ndevice = "plates"\nkind = "off"\nat_s = -1.0\n')
    with pytest.raises(ConfigError, match=r"at_s"):
        load_toml(path, FaultFile)


def test_the_page_of_faults_lists_them_all():
    page = (Path(rehabsim_sim.__file__).parents[1] / "FAULTS.md").read_text(encoding="utf-8")
    assert table() in page
    assert set(ON_VALUES) < set(sum(DEVICES.values(), ()))


AT_S = 12.0
"""Belts have run at one speed for some seconds then."""

STOPPING = [
    Fault(device="plates", kind="off", at_s=AT_S),
    Fault(device="plates", kind="cut", at_s=AT_S),
    Fault(device="plates", kind="garbage", at_s=AT_S, size=0.5),
    Fault(device="plates", kind="delayed", at_s=AT_S, size=0.5),
    Fault(device="treadmill", kind="off", at_s=AT_S),
    Fault(device="treadmill", kind="cut", at_s=AT_S),
]


@pytest.mark.parametrize("fault", STOPPING, ids=lambda f: f"{f.device}-{f.kind}")
def test_a_session_that_no_longer_hears_a_device_ramps_to_rest_and_replays(fault, tmp_path):
    path = tmp_path / "a.mcap"
    session = ready_session("hike").model_copy(update={"faults": [_as_table(fault)]})
    site = load_toml(SIMULATED_SITE, Site)
    plan, laboratory = together_plans(site, session, "test", AT_S + 10.0, str(path))
    truth = tmp_path / "truth.csv"
    laboratory = msgspec.structs.replace(laboratory, truth_path=str(truth))
    run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
    log = LogReader(path)
    ticks, at_ns = log.table("ticks"), 1e9 * AT_S
    t_ns, *belts_mps = np.loadtxt(truth, delimiter=",", skiprows=1, usecols=(0, 1, 2)).T
    assert min(belt[t_ns < at_ns].max() for belt in belts_mps) > 0.5
    assert max(belt[t_ns > at_ns + 7e9].max() for belt in belts_mps) < 0.01
    late = ticks[ticks["t_ns"] > at_ns + 7e9]
    before = (ticks["t_ns"] > at_ns - 3e9) & (ticks["t_ns"] < at_ns - 1e9)
    assert (ticks["mode"][before] == MODES.index("running")).all()
    assert (late["command_left_speed_mps"] == 0).all()
    assert log.header.session["faults"][0]["kind"] == fault.kind
    assert len(log.events()) < 100
    assert replay(path).difference is None


def _as_table(fault):
    fields = {name: getattr(fault, name) for name in fault.__struct_fields__}
    return FaultFile.model_validate({"faults": [fields]}).faults[0]


def test_nobody_is_disturbed_by_faults_that_are_over():
    quiet = Stroll(PATIENTS["healthy"], 3).live(1)
    over = Faults((Fault(device="plates", kind="nan", for_s=0.1),), "plates", CHANNELS, seed=1)
    block = quiet.wrench[200:210, :3]
    np.testing.assert_array_equal(over.values(210, block), block)
