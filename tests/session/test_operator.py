"""The operator made of rules: unlocks once, walks once, pauses in time."""

import itertools

from rehabsim.safety.platform_messages import PlatformState
from rehabsim.session.operator import EVERY_NS, FIRST_NS, NAME, ScriptedOperator

END_NS = 60_000_000_000


def asked(operator, t_ns, mode, platform=None, *, has_ride=False):
    requests = operator.requests(t_ns, mode, platform, has_ride=has_ride)
    return [request.name for request in requests]


def test_it_waits_for_the_devices_and_then_speaks_five_times_a_second():
    operator = ScriptedOperator(END_NS, 4.0)
    spoke = [t for t in range(0, 2_000_000_000, 4_000_000) if operator.requests(t, "running")]
    assert spoke[0] == FIRST_NS
    assert {b - a for a, b in itertools.pairwise(spoke)} == {EVERY_NS}


def test_it_unlocks_arms_and_starts_and_stays_alive():
    operator = ScriptedOperator(None, 4.0)
    said = [asked(operator, s * 10**9, m) for s, m in enumerate(["", "locked", "idle", "armed"])]
    assert said == [[], ["alive", "reset"], ["alive", "arm"], ["alive", "start"]]
    assert asked(operator, 10**10, "running") == ["alive"]


def test_it_lets_perturbations_come_once_where_there_are_any():
    operator = ScriptedOperator(None, 4.0, has_perturbations=True)
    said = [asked(operator, s * 10**9, m) for s, m in enumerate(["idle", "starting", "running"], 1)]
    assert said == [["alive", "arm"], ["alive"], ["alive", "perturb"]]
    assert asked(operator, 10 * 10**9, "running") == ["alive"]


def test_it_never_unlocks_a_second_time():
    operator = ScriptedOperator(END_NS, 4.0)
    assert asked(operator, 10**9, "locked") == ["alive", "reset"]
    assert asked(operator, 2 * 10**9, "locked") == ["alive"]


def test_after_a_walk_it_does_not_arm_again():
    operator = ScriptedOperator(END_NS, 4.0)
    asked(operator, 10**9, "running")
    assert asked(operator, 2 * 10**9, "idle") == ["alive"]


def test_it_pauses_in_time_for_the_belts_to_rest():
    operator = ScriptedOperator(END_NS, 4.0)
    assert asked(operator, END_NS - 6_000_000_001, "running") == ["alive"]
    assert asked(operator, END_NS - 5_800_000_001, "running") == ["alive", "pause"]
    assert asked(operator, END_NS - 5_600_000_001, "stopping") == ["alive"]
    assert asked(operator, END_NS - 5_400_000_001, "locked") == ["alive"]


def test_in_a_short_session_it_walks_at_least_half_of_it():
    operator = ScriptedOperator(4 * 10**9, 4.0)
    assert asked(operator, 2 * 10**9 - 1, "running") == ["alive"]
    assert asked(operator, 3 * 10**9, "running") == ["alive", "pause"]


def test_every_request_has_its_name_and_an_id_of_its_own():
    operator = ScriptedOperator(None, 4.0)
    requests = [r for s in range(1, 50) for r in operator.requests(s * 10**9, "armed")]
    assert {request.client for request in requests} == {NAME}
    assert len({request.id for request in requests}) == len(requests)


def platform(mode, *, is_up=False):
    return PlatformState(mode=mode, is_up=is_up)


def test_it_brings_a_platform_home_and_up_before_it_arms():
    operator = ScriptedOperator(None, 4.0)
    seen = [platform("freeze"), platform("settling"), platform("settled"), platform("engaged")]
    seen.append(platform("engaged", is_up=True))
    said = [asked(operator, k * 10**9, "idle", p, has_ride=True) for k, p in enumerate(seen, 1)]
    assert [names[1:] for names in said] == [["settle"], [], ["engage"], [], ["arm"]]


def test_it_leaves_a_platform_at_home_that_nobody_moves():
    operator = ScriptedOperator(None, 4.0)
    assert asked(operator, 10**9, "idle", platform("settled")) == ["alive", "arm"]


def test_at_the_end_it_brings_the_platform_home_when_the_belts_rest():
    operator = ScriptedOperator(END_NS, 4.0)
    late = [
        asked(operator, END_NS + k * 10**9, m, platform("freeze"), has_ride=True)
        for k, m in enumerate(["stopping", "idle", "locked"])
    ]
    assert [names[1:] for names in late] == [[], ["settle"], ["settle"]]
    operator = ScriptedOperator(END_NS, 4.0)
    asked(operator, 10**9, "running", platform("moving"), has_ride=True)
    asked(operator, 2 * 10**9, "locked", platform("freeze"), has_ride=True)
    assert asked(operator, 3 * 10**9, "locked", platform("freeze"), has_ride=True) == ["alive"]
