"""Who may ask for what: STOP from anyone, a start only from who sees this session now."""

import typing

import pytest

from rehabsim.session.entrance import (
    BURST_COUNT,
    FREE,
    MAX_AGE_S,
    MAX_AHEAD_S,
    MAX_CLIENTS,
    Quota,
    Quotas,
    may_be_stop,
    objection,
)
from rehabsim.session.requests import Request, RequestName

NAMES = typing.get_args(RequestName)
BOUND = [name for name in NAMES if name not in FREE]


def ask(name, **more):
    return Request(id="1", name=name, **more)


def against(name, role="console", t_s=10.0, **more):
    return objection(ask(name, **more), role, "boot", t_s)


@pytest.mark.parametrize("name", ["stop", "pause", "calm"])
def test_anyone_stops_pauses_and_holds_perturbations_back(name):
    assert against(name, "observer") == against(name, "console") == ""


@pytest.mark.parametrize("role", ["console", "observer"])
@pytest.mark.parametrize("name", sorted(FREE))
def test_what_only_takes_permission_away_needs_no_right_and_no_proof(name, role):
    assert against(name, role) == ""
    assert against(name, role, boot_id="another", t_s=0.0) == ""


@pytest.mark.parametrize("name", BOUND)
def test_everything_else_needs_a_role_and_both_halves_of_the_proof(name):
    whole = objection(ask(name, boot_id="boot", t_s=10.0), "console", "boot", 10.0)
    assert whole == ""
    assert "may watch and stop" in objection(
        ask(name, boot_id="boot", t_s=10.0), "observer", "boot", 10.0
    )
    for half in ({}, {"boot_id": "boot"}, {"t_s": 10.0}):
        assert "boot_id and t_s" in objection(ask(name, **half), "console", "boot", 10.0)


@pytest.mark.parametrize(
    ("asked_s", "word"),
    [
        (10.0 - MAX_AGE_S - 0.001, "ago"),
        (10.0 - MAX_AGE_S, ""),
        (10.0, ""),
        (10.0 + MAX_AHEAD_S, ""),
        (10.0 + MAX_AHEAD_S + 0.001, "future"),
    ],
)
def test_a_request_lives_two_seconds(asked_s, word):
    text = objection(ask("arm", boot_id="boot", t_s=asked_s), "console", "boot", 10.0)
    assert word in text
    assert bool(text) == bool(word)


@pytest.mark.parametrize("boot_id", ["", "BOOT", "boot ", "bo"])
def test_a_request_of_another_session_is_refused(boot_id):
    text = objection(ask("start", boot_id=boot_id, t_s=10.0), "console", "boot", 10.0)
    assert "another session" in text


def test_a_quota_lets_a_burst_through_and_then_fifty_a_second():
    quota = Quota(0.0)
    assert sum(quota.allows(0.0, is_stop=False) for _ in range(500)) == BURST_COUNT
    passed = sum(quota.allows(k / 1000, is_stop=False) for k in range(1, 2001))
    assert passed == pytest.approx(100, abs=1)


def test_nothing_but_stops_uses_up_the_quota_of_stops():
    quota = Quota(0.0)
    for _ in range(10_000):
        quota.allows(0.0, is_stop=False)
    assert all(quota.allows(0.0, is_stop=True) for _ in range(BURST_COUNT))
    assert not quota.allows(0.0, is_stop=True)
    assert quota.allows(0.021, is_stop=True)


def test_time_that_runs_backwards_gives_nothing():
    quota = Quota(100.0)
    for _ in range(BURST_COUNT):
        quota.allows(100.0, is_stop=False)
    assert not quota.allows(0.0, is_stop=False)
    assert not quota.allows(100.0, is_stop=False)


def test_the_quotas_of_a_crowd_are_bounded_and_its_newest_are_kept():
    quotas = Quotas()
    for number in range(MAX_CLIENTS + 100):
        quotas.of(f"c{number}", 0.0)
    assert len(quotas._by_client) == MAX_CLIENTS
    assert f"c{MAX_CLIENTS + 99}" in quotas._by_client


@pytest.mark.parametrize("text", ['{"name": "stop"}', '{"name": "\\u0073top"}'])
def test_every_way_to_write_stop_is_looked_at(text):
    assert may_be_stop(text)
    assert may_be_stop(text.encode())
    assert not may_be_stop('{"name": "arm"}')
