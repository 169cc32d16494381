"""What may be asked of the platform, and when it is refused."""

import pytest
from safety.platform_bench import HOME, Bench

from rehabsim.base.records import MODES, Pose
from rehabsim.safety.platform import PARKED

TILTED = Pose(0.05, -0.04, 0.03, 0.06, 0.05, -0.04)


@pytest.mark.parametrize("belt_mode", [mode for mode in MODES if mode != "idle"])
def test_engage_needs_idle_belts(belt_mode):
    bench = Bench().settled()
    bench.belt_mode = belt_mode
    decision = bench.tick("engage")
    assert decision.refusal == f"Engage works when the belts are idle; they are {belt_mode}."
    assert decision.state.mode == "settled"


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        ({"is_at_rest": False}, "the belts are not known to be at rest"),
        ({"has_platform": False}, "the platform's link is lost"),
        ({"sample": None}, "the platform has not reported"),
        (
            {"sample_age_ns": 120_000_000},
            "the platform's last report is 0.120 s old, limit 0.110 s",
        ),
    ],
)
@pytest.mark.parametrize("ask", ["engage", "settle"])
def test_nothing_is_asked_of_a_platform_of_which_too_little_is_known(ask, spoilt, why):
    bench = Bench()
    mode = "freeze"
    if ask == "engage":
        bench.settled()
        mode = "settled"
    decision = bench.tick(ask, **spoilt)
    assert decision.refusal == f"Not ready: {why}."
    assert (decision.state.mode, decision.command.act) == (mode, "rest")


@pytest.mark.parametrize("ask", ["engage", "settle"])
def test_a_stop_at_the_same_moment_wins(ask):
    bench = Bench()
    if ask == "engage":
        bench.settled()
    decision = bench.tick(ask, stop_cause="STOP from console")
    assert decision.refusal == "STOP was asked at the same moment."
    assert decision.state.mode in ("freeze", "settled")
    assert decision.command.act == "rest"


def test_engage_works_only_when_settled():
    bench = Bench()
    assert bench.tick("engage").refusal == "Engage works when settled; the platform is freeze."
    assert bench.engaged().tick("engage").refusal.endswith("the platform is engaged.")
    assert bench.state.mode == "engaged"


def test_engage_needs_a_base_without_a_hold():
    bench = Bench().settled()
    bench.base.hold = "it reports battery"
    decision = bench.tick("engage")
    assert decision.refusal == "Not ready: the base is not ready: idle, it reports battery."
    bench.base.hold, bench.base.state = "", "starting"
    decision = bench.tick("engage")
    assert decision.refusal == "Not ready: the base is not ready: starting."
    assert decision.state.mode == "settled"


@pytest.mark.parametrize("belt_mode", [mode for mode in MODES if mode not in PARKED])
def test_settle_needs_locked_or_idle_belts(belt_mode):
    bench = Bench()
    bench.belt_mode = belt_mode
    decision = bench.tick("settle")
    assert decision.refusal == f"Not ready: the belts are {belt_mode}."
    assert decision.state.mode == "freeze"


def test_settle_is_for_a_frozen_or_an_engaged_platform():
    bench = Bench().settled()
    text = "Settle works when frozen or engaged; the platform is"
    assert bench.tick("settle").refusal == f"{text} settled."
    bench = Bench().moving(TILTED, 0.5)
    assert bench.tick("settle").refusal == f"{text} moving."
    assert bench.state.mode == "moving"


def test_nobody_settles_a_platform_that_still_brakes():
    bench = Bench().moving(TILTED, 0.1)
    bench.rest()
    assert bench.tick("settle").refusal == "Not ready: the platform still brakes."
    assert bench.tick("settle").refusal == "Not ready: the platform still brakes."
    bench.ticks(30)
    assert bench.tick("settle").refusal == ""


def test_nobody_settles_in_the_tick_that_freezes():
    bench = Bench().engaged()
    bench.base.hold = "it reports torque"
    decision = bench.tick("settle")
    assert decision.refusal == "Not ready: the platform still brakes."
    assert decision.state.mode == "freeze"


def test_a_platform_that_is_not_where_it_was_told_is_not_settled_by_set_points():
    bench = Bench().moving(TILTED, 1.0)
    bench.rest()
    bench.ticks(40)
    bench.base.obey = lambda _: None
    bench.base.pose = HOME
    decision = bench.tick("settle")
    assert decision.refusal == (
        "Not ready: the platform's x is 0.000 m, told 0.050 m, limit 0.030 m apart."
    )
    assert decision.state.mode == "freeze"


def test_belts_that_start_while_it_goes_home_freeze_it():
    for mode, at_rest, why in (
        ("armed", True, "the belts are armed"),
        ("idle", False, "the belts are not known to be at rest"),
    ):
        bench = Bench().moving(TILTED, 1.0)
        bench.rest()
        bench.ticks(40)
        bench.tick("settle")
        bench.ticks(20)
        bench.belt_mode, bench.is_at_rest = mode, at_rest
        decision = bench.tick()
        assert (decision.state.mode, decision.state.cause) == ("freeze", why)
        assert decision.command.act == "freeze"
