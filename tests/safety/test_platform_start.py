"""How the base stands when it is first seen: someone may be on a deck that is up."""

from typing import get_args

import pytest
from safety.platform_bench import TICK_NS, Bench

from rehabsim.base.records import BaseState, Pose

TILTED = Pose(z_m=0.05, roll_rad=0.1)


@pytest.mark.parametrize("state", get_args(BaseState))
@pytest.mark.parametrize("is_home", [True, False])
def test_a_base_that_is_not_down_at_the_start_is_told_of_once(state, is_home):
    bench = Bench()
    bench.base.state, bench.base.is_home, bench.base.pose = state, is_home, TILTED
    bench.ticks(3)
    warned = [e for d in bench.decisions for e in d.events if e.severity == "warn"]
    is_up = state in ("rising", "engaged", "parking") or not is_home
    if state == "starting" or not is_up:
        assert warned == []
        return
    (event,) = warned
    assert (event.kind, event.source, event.t_ns) == ("mode", "platform", TICK_NS)
    assert event.text == (
        f"At the start the platform is not down but {state} at (0.000, 0.000, 0.050 m; 0.100,"
        " 0.000, 0.000 rad): someone may be on it. Have them hold on, or help them off, before it"
        " goes home."
    )


def test_what_the_base_says_before_it_knows_is_not_looked_at():
    bench = Bench()
    bench.base.state, bench.base.is_home = "starting", False
    bench.ticks(3, sample=None)
    bench.ticks(3)
    assert bench.texts() == []
    bench.base.state = "idle"
    bench.ticks(3)
    (text,) = bench.texts()
    assert "not down but idle at" in text


def test_a_base_that_rises_later_because_it_was_asked_to_is_no_reason_to_warn():
    bench = Bench().moving(TILTED, 1.0)
    assert "warn" not in {severity for _, severity in bench.kinds()}
