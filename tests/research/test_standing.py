"""Who stood still in a log, and how they swayed."""

from math import pi

import numpy as np
import pytest
from gait.people import column, walk

from rehabsim.base.records import WRENCH_COLUMNS, GaitEvent
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.research.importer import import_file
from rehabsim.research.measures import measures_of
from rehabsim.research.standing import longest_stand
from rehabsim.research.walk import _Analysed, read_walk
from rehabsim.session.log import LogReader
from rehabsim.session.table import PLATES

T_S = np.arange(0, 90, 0.001)


def standing(radius_m=0.01, hz=0.5):
    """Return (n, 12) of someone of 700 N whose pressure goes round in a circle."""
    wrench = np.zeros((len(T_S), 12))
    x_m, y_m = radius_m * np.cos(2 * pi * hz * T_S), radius_m * np.sin(2 * pi * hz * T_S)
    for first in (0, 6):
        wrench[:, first + 2] = 350
        wrench[:, first + 3], wrench[:, first + 4] = 350 * y_m, -350 * x_m
    return wrench


def at_rest():
    return np.zeros((len(T_S), 2))


def step(t_s):
    return GaitEvent(round(t_s * 1e9), "left", "heel_strike", 0.03, 1.0)


def test_a_stand_has_the_sway_of_its_first_minute():
    sway = longest_stand(T_S, standing(), at_rest(), ())
    assert sway.duration_s == pytest.approx(60)
    assert sway.rms_ap_m == pytest.approx(0.01 / np.sqrt(2), rel=0.02)
    assert sway.mean_velocity_mps == pytest.approx(2 * pi * 0.5 * 0.01, rel=0.02)


def test_between_steps_it_is_the_longest_without_their_neighbourhood():
    sway = longest_stand(T_S, standing(), at_rest(), [step(10), step(15), step(50)])
    assert sway.duration_s == pytest.approx(90 - 50 - 2, abs=0.1)


@pytest.mark.parametrize("why", ["belts move", "nobody there", "no moments", "steps", "too short"])
def test_who_did_not_stand_still_has_no_sway(why):
    wrench, belts_mps, events, t_s = standing(), at_rest(), [], T_S
    if why == "belts move":
        belts_mps[:] = 0.5
    elif why == "nobody there":
        wrench[:] = 0
    elif why == "no moments":
        wrench[:, [3, 4, 9, 10]] = np.nan
    elif why == "steps":
        events = [step(t) for t in range(0, 90, 15)]
    else:
        wrench, belts_mps, t_s = wrench[:15_000], belts_mps[:15_000], t_s[:15_000]
    assert longest_stand(t_s, wrench, belts_mps, events) is None


def test_the_sway_of_a_simulated_person_who_stands_is_theirs(tmp_path):
    wrench, _, _, truth = walk("balance_loss", 0.0, 40.0)
    file = tmp_path / "stand.csv"
    np.savetxt(file, wrench[::10], delimiter=",", fmt="%.4f")
    import_file(file, ",".join(WRENCH_COLUMNS), 100.0, tmp_path / "stand.mcap")
    found = {m.name: m.value for m in measures_of(read_walk(LogReader(tmp_path / "stand.mcap")))}
    for name, axis in (("sway_forward", "cop_x_m"), ("sway_sideways", "cop_y_m")):
        assert found[name] == pytest.approx(column(truth, axis).std(), rel=0.1)
    assert found["sway_ellipse_area"] > 1e-4


def plate_rows(wrench, dt_ns):
    """Return rows of the table plates, each sample a chunk of its own."""
    rows = np.zeros(len(wrench), PLATES.dtype)
    rows["sequence"] = np.arange(len(wrench))
    rows["t_ns"] = rows["device_t_ns"] = rows["sequence"] * dt_ns
    rows["dt_ns"], rows["is_first"] = dt_ns, True
    for index, name in enumerate(WRENCH_COLUMNS):
        rows[name] = wrench[:, index]
    return rows


def test_the_sway_is_told_by_plates_as_they_were_zeroed():
    wrench = standing()[::10]
    wrench[:300] = 0.0
    wrench[:, (2, 8)] += 80.0
    rows = plate_rows(wrench, 10_000_000)
    t_ns, belts_mps = rows["t_ns"].astype(np.int64), np.zeros((len(rows), 2))
    found = _Analysed(GaitAnalysis(), t_ns, rows, belts_mps, {50: ["zero_plates"]})
    sway = longest_stand(t_ns / 1e9, found.wrench, belts_mps, ())
    assert sway.rms_ap_m == pytest.approx(0.01 / np.sqrt(2), rel=0.02)


def test_one_plate_under_both_feet_has_a_sway_and_no_share_of_load():
    wrench = np.full((len(T_S) // 10, 12), np.nan)
    wrench[:, :6] = (standing()[:, :6] + standing()[:, 6:])[::10]
    rows = plate_rows(wrench, 10_000_000)
    t_ns, belts_mps = rows["t_ns"].astype(np.int64), np.zeros((len(rows), 2))
    analysis = GaitAnalysis(is_single=True)
    found = _Analysed(analysis, t_ns, rows, belts_mps, {})
    sway = longest_stand(t_ns / 1e9, found.wrench, belts_mps, ())
    assert sway.rms_ap_m == pytest.approx(0.01 / np.sqrt(2), rel=0.02)
    share = analysis.step((), None, 90_000_000_000)[0].load_share_left_frac
    assert share != share
