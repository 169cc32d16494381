"""After a block: nothing starts the belts again, the rest is held, and then anyone may go on."""

from math import isnan

import pytest
from msgspec.structs import replace
from session.room import request
from session.test_desk import Reception

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.errors import ConfigError
from rehabsim.base.site import Session, Site
from rehabsim.session.block_rest import BLOCK_OVER, NOT_OVER
from rehabsim.session.ending import Ends
from rehabsim.session.log import LogReader
from rehabsim.session.replay import replay as replay_of
from rehabsim.session.requests import OWN, ClientRequest, decode_request
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.together import run_together, together_plans

S = 1_000_000_000
REST = ClientRequest(OWN, "rest", "rest", value=30.0)


def test_nobody_goes_on_from_a_block_that_is_not_over():
    desk = Reception().visit(request("go_on", id="g"))
    assert desk.last()[2:] == ("rejected", NOT_OVER)
    assert not desk.desk.rest.has_gone_on
    assert isnan(desk.desk.rest.left_s(desk.tick * 4_000_000))


def test_a_rest_is_held_to_its_end_and_then_anyone_may_go_on():
    desk = Reception().visit(REST)
    began_ns = desk.tick * 4_000_000
    assert desk.desk.rest.left_s(began_ns) == 30.0
    desk.visit(request("go_on", id="early"), dt_ns=30 * S - 4_000_000)
    assert desk.last()[2] == "rejected"
    assert "0 s of rest are left" in desk.last()[3]
    assert not desk.desk.rest.has_gone_on
    desk.visit(request("go_on", client="bo", id="late"))
    assert desk.tick * 4_000_000 == began_ns + 30 * S
    assert desk.last() == ("bo", "late", "applied", "")
    assert desk.desk.rest.has_gone_on
    assert desk.desk.rest.left_s(began_ns + 40 * S) == 0.0


@pytest.mark.parametrize("name", ["arm", "start", "engage"])
def test_nothing_starts_in_a_rest(name):
    desk = Reception().visit(REST)
    desk.visit(request(name, id="a"))
    assert desk.last()[2:] == ("rejected", BLOCK_OVER)
    assert desk.asks == []


def test_belts_are_stopped_and_a_platform_goes_home_in_a_rest_too():
    desk = Reception().visit(REST)
    desk.visit(request("stop", id="s"), request("settle", id="t"), request("reset", id="r"))
    assert [ask.name for ask in desk.asks] == ["stop", "settle", "reset"]


def test_no_client_begins_a_rest():
    with pytest.raises(ConfigError, match="name"):
        decode_request(b'{"id": "1", "name": "rest", "value": 30}')


def test_a_session_rests_after_its_block_and_its_log_replays(tmp_path):
    log_path = tmp_path / "a.mcap"
    site = load_toml(SIMULATED_SITE, Site)
    session = Session(scenario="boat", cruise_speed_mps=0.4)
    plan, laboratory = together_plans(site, session, "block", 14.0, str(log_path))
    plan = replace(plan, ends=Ends(walk_s=1.0, rest_s=60.0))
    summary = run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
    assert (summary.ended, summary.has_gone_on) == ("time", False)
    assert 5.0 < summary.rested_s < 12.0
    (rest,) = [e for e in LogReader(log_path).events() if e.text.startswith("rest ")]
    assert rest.t_ns / 1e9 == pytest.approx(14.0 - summary.rested_s, abs=0.02)
    assert replay_of(log_path).difference is None
