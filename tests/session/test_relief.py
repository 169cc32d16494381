"""A session makes way only while nothing moves and nothing may."""

from types import SimpleNamespace

import pytest

from rehabsim.base.records import BeltSample
from rehabsim.session.relief import QUIET_TICKS, Relief


def outputs(**changes):
    """Return what a tick of a session at rest decided, but for `changes`."""
    belt = BeltSample(0, changes.get("speed_mps", 0.0), 0.0, 0.0)
    platform = changes.get("platform")
    riding = platform and SimpleNamespace(
        decision=SimpleNamespace(state=SimpleNamespace(mode=platform))
    )
    return SimpleNamespace(
        state=SimpleNamespace(mode=changes.get("mode", "idle"), belt=belt),
        report=SimpleNamespace(platform=riding),
        asks=changes.get("asks", ()),
        commander=changes.get("commander", ""),
    )


@pytest.fixture
def said():
    return []


@pytest.fixture
def relief(said):
    """Return the relief of a session that has rested for long."""
    relief = Relief(said.append)
    for _ in range(QUIET_TICKS):
        assert not relief.step(outputs())
    assert said == [False, True]
    return relief


def test_at_rest_it_ends_when_it_is_asked_and_not_before(relief):
    assert not relief.step(outputs())
    relief.ask()
    assert relief.step(outputs())


@pytest.mark.parametrize(
    "changes",
    [
        *({"mode": mode} for mode in ("armed", "starting", "running", "holding", "stopping")),
        {"speed_mps": 0.3},
        {"speed_mps": float("nan")},
        {"asks": ("arm",)},
        {"commander": "console"},
        *({"platform": mode} for mode in ("engaged", "moving", "freeze", "settling")),
    ],
)
def test_what_moves_or_may_keeps_it(relief, said, changes):
    relief.ask()
    assert not relief.step(outputs(**changes))
    assert said[-1] is False
    for _ in range(QUIET_TICKS - 1):
        relief.ask()
        assert not relief.step(outputs())


def test_an_ask_that_came_too_early_is_forgotten(relief, said):
    relief.ask()
    relief.step(outputs(mode="running"))
    assert not any(relief.step(outputs()) for _ in range(3 * QUIET_TICKS))
    assert said[-1] is True


def test_a_platform_at_home_does_not_keep_it(relief):
    relief.ask()
    assert relief.step(outputs(platform="settled"))
