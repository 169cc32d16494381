"""A block as a session in virtual time: what was decided before it is in its log, pain ends it."""

import numpy as np
import pytest
from session import platform_room

from rehabsim.base.config import load_toml
from rehabsim.base.records import MODES
from rehabsim.base.site import Session, Site
from rehabsim.cli.visit import Order
from rehabsim.cli.visit_ways import Virtual, VirtualDay
from rehabsim.session import run
from rehabsim.session.ending import Ends
from rehabsim.session.log import LogReader
from rehabsim.session.messages import BlockPlace
from rehabsim.session.operator import ScriptedOperator
from rehabsim.session.programmes import load_programme
from rehabsim.session.replay import replay
from rehabsim.session.requests import ClientRequest
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.training.block_session import in_short, session_of

NOTE = "Begun with 30 s of rest left since the last block. physio AB: last bus"
TELLS_NS = 9_000_000_000


class Telling(ScriptedOperator):
    """Somebody at the console who tells of pain once the person says so."""

    def requests(self, t_ns, mode, platform=None, *, has_ride=False):
        asked = super().requests(t_ns, mode, platform, has_ride=has_ride)
        if asked and t_ns >= TELLS_NS:
            name = f"pain{t_ns}"
            asked.append(ClientRequest("console", name, "rate", pain_nrs=5.0, effort_rpe=12.0))
        return asked


def place(title):
    return BlockPlace(
        programme="One", visit=6, visits=10, number=1, count=1, title=title, says="Go", lasts_s=60.0
    )


def test_pain_that_is_told_ends_a_block_and_a_rest_that_was_cut_short_is_in_its_log(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(run, "ScriptedOperator", Telling)
    site, day, path = load_toml(SIMULATED_SITE, Site), VirtualDay(), tmp_path / "a.mcap"
    ends = Ends(walk_s=60.0, pain_nrs=5)
    done = Virtual(site, day)(Order(place("Task"), Session(scenario="boat"), ends, path, (NOTE,)))
    assert (done.ended, done.pain, done.effort_rpe, done.stop) == ("pain", 5.0, 12.0, "")
    assert 5.0 < done.lasted_s < 10.0
    log = LogReader(path)
    (marker,) = [event for event in log.events() if event.kind == "marker"]
    assert (marker.text, marker.source) == (NOTE, "rehabsim run")
    ticks = log.table("ticks")
    assert max(ticks["command_left_speed_mps"][ticks["mode"] > 0]) > 0.5
    assert ticks["command_left_speed_mps"][-1] == pytest.approx(0.0, abs=1e-6)
    assert day.now_ns() == pytest.approx(ticks["t_ns"][-1], abs=1e8)
    assert log.chain().fault == ""
    assert replay(path).difference is None


def order_of(name, title, part, path):
    """Return the order for one block of a shipped programme, in short, at its goal."""
    programme = in_short(load_programme(name), part)
    number = next(n for n, block in enumerate(programme.blocks, 1) if block.title == title)
    told = {"visit": 6, "level": 1.0, "subject": "anonymous", "where": name}
    session = session_of(programme, number, **told, short_steps="left")
    ends = Ends(walk_s=programme.blocks[number - 1].duration(1.0))
    return Order(place(title), session, ends, path)


def test_parted_belts_of_the_programme_part_as_measured_and_become_alike_again(tmp_path):
    order = order_of("stroke", "One belt faster", 0.06, tmp_path / "a.mcap")
    done = Virtual(load_toml(SIMULATED_SITE, Site), VirtualDay())(order)
    assert (done.ended, done.stop) == ("time", "")
    ticks = LogReader(order.path).table("ticks")
    apart_mps = ticks["belt_left_speed_mps"] - ticks["belt_right_speed_mps"]
    assert np.nanmax(apart_mps) == pytest.approx(0.3, abs=0.03)
    assert np.nanmin(apart_mps) > -0.05
    command_mps = ticks["command_left_speed_mps"] - ticks["command_right_speed_mps"]
    assert np.nanmax(np.abs(command_mps)) <= 0.3 + 1e-6
    last = np.flatnonzero(ticks["mode"] == MODES.index("running"))[-1]
    assert abs(apart_mps[last - 250 : last].mean()) < 0.03
    assert replay(order.path).difference is None


def test_ground_of_the_programme_tilts_where_a_platform_is(tmp_path):
    order = order_of("fall-prevention", "Ground that tilts", 0.15, tmp_path / "a.mcap")
    done = Virtual(platform_room.room(), VirtualDay())(order)
    assert (done.ended, done.stop) == ("time", "")
    log = LogReader(order.path)
    told = [event.text for event in log.events() if event.kind == "perturbation"]
    assert any(text.startswith("Roll ") and "asked" in text for text in told), told
    assert np.nanmax(np.abs(log.table("platform")["roll_rad"])) > 0.04
