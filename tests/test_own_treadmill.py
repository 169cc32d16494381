"""Whole sessions on our own treadmill, whose firmware has the last word, in virtual time."""

import numpy as np
import pytest

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.site import DeviceTable, FaultTable, Site
from rehabsim.session.log import LogReader
from rehabsim.session.replay import replay
from rehabsim.session.setup import SIMULATED_SITE, ready_session
from rehabsim.session.together import run_together, together_plans

AT_S = 8.0


@pytest.fixture
def walk(tmp_path):
    """Run 20 s with some faults and limits; return the log."""

    def go(faults=(), **limits):
        site = load_toml(SIMULATED_SITE, Site)
        table = {"kind": "rs_treadmill", "url": "sim:", "max_speed_mps": 2.5}
        tighter = site.limits.model_copy(update=limits)
        site = site.model_copy(
            update={"treadmill": DeviceTable.model_validate(table), "limits": tighter}
        )
        session = ready_session("boat").model_copy(update={"faults": list(faults)})
        path = tmp_path / "a.mcap"
        plan, laboratory = together_plans(site, session, "test", 20.0, str(path))
        run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
        assert replay(path).difference is None
        return LogReader(path)

    return go


def modes(log):
    return log.table("ticks")["mode"]


@pytest.mark.parametrize("limits", [{}, {"max_speed_mps": 1.4, "perturbation": None}])
def test_it_is_armed_walked_on_and_let_go_in_any_room(walk, limits):
    log = walk(**limits)
    assert not [event for event in log.events() if event.kind == "stop"]
    assert np.nanmax(log.table("ticks")["belt_left_speed_mps"]) > 0.5
    assert log.events()[-1].text == "Belts at rest: idle."


def test_its_emergency_stop_latches_and_nothing_moves_after_its_release(walk):
    log = walk([FaultTable(device="emergency_stop", kind="cut", at_s=AT_S, for_s=1.0)])
    (stop,) = [event for event in log.events() if event.kind == "stop"]
    assert stop.severity == "estop"
    assert stop.text.startswith("the emergency stop is pressed")
    assert 0 <= stop.t_ns / 1e9 - AT_S < 0.03
    ticks = log.table("ticks")
    late = ticks[ticks["t_ns"] > (AT_S + 3) * 1e9]
    assert (late["mode"] == 0).all()
    assert max(late["belt_left_speed_mps"]) < 0.01


def test_a_firmware_that_no_longer_hears_the_keeper_stops_by_itself(walk):
    log = walk([FaultTable(device="belts", kind="off", at_s=AT_S, for_s=30.0)])
    stop = next(event for event in log.events() if event.kind == "stop")
    assert 0.05 < stop.t_ns / 1e9 - AT_S < 0.15
    assert "the treadmill holds its belts" in stop.text
    ticks = log.table("ticks")
    assert max(ticks["belt_left_speed_mps"][ticks["t_ns"] > (AT_S + 4) * 1e9]) < 0.01
