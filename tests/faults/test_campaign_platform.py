"""A small share of the platform's campaign, and that it would notice what is wrong."""

import pytest
from faults import campaign_platform, platform_ride
from faults.figures import table
from faults.platform_window import WISHED

from rehabsim.base.records import PlatformCommand, Pose
from rehabsim.safety.platform import guard_platform


def test_a_small_share_of_the_campaign_finds_nothing():
    rows = list(campaign_platform.rows(0.01))
    assert len(rows) == 6 + len(campaign_platform.TRIED) + 1 + len(WISHED) + 1
    for row in rows:
        assert row.count >= 1, row.what
        assert row.failure_count == 0, f"{row.what}: {row.note}"
        assert not row.values or len(row.values) == row.count
    assert max(rows[0].values) > 0.5
    assert min(rows[-2 - len(WISHED)].values) > 100
    for row in rows[-1 - len(WISHED) : -1]:
        assert max(row.values) < 0.9, row.what
    assert table(rows).count("\n") == len(rows) + 2


@pytest.mark.parametrize("fault", ["silent", "stuck"])
def test_a_guard_that_does_not_notice_fails(monkeypatch, fault):
    def trusting(state, inputs, limits):
        """Believe that the base is fresh and where it was told to be."""
        sample = inputs.sample
        if sample is not None and state.is_up:
            fresh = type(sample)(inputs.t_ns, state.pose, "engaged", is_home=False)
            inputs = _with(inputs, sample=fresh)
        return guard_platform(state, inputs, limits)

    monkeypatch.setattr(platform_ride, "guard_platform", trusting)
    row = campaign_platform.base_faults(fault, campaign_platform.TRIED[fault], 1)
    assert (row.failure_count, row.note) == (1, "did not freeze")


def test_steps_outside_the_limits_are_counted(monkeypatch):
    real = campaign_platform.Bench.tick

    def careless(bench, *args, **more):
        decision = real(bench, *args, **more)
        command = PlatformCommand("move", Pose(x_m=0.2))
        return type(decision)(decision.state, command)

    monkeypatch.setattr(campaign_platform.Bench, "tick", careless)
    outside, _, _, unlike = campaign_platform.random_steps(50)
    assert (outside.failure_count, unlike.failure_count) == (50, 50)


def _with(record, **changes):
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    return type(record)(**fields | changes)
