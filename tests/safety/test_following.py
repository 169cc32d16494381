"""Where belts should be, and when one does not follow: exact numbers."""

from math import inf, nan, nextafter

import pytest
from safety.bench import LIMITS, inputs

from rehabsim.base.limits import DRIVE_LAG_S
from rehabsim.safety.following import Due, astray, due
from rehabsim.safety.messages import GuardState

WAS = GuardState(left_due_mps=1.0, left_slow_mps=0.8, right_due_mps=0.5, right_slow_mps=0.6)
BELT = inputs(0, belt=(0.3, -0.2)).belt


@pytest.mark.parametrize(
    ("belt", "found"),
    [((0.3, -0.2), (0.3, -0.2)), ((nan, inf), (0.0, 0.0)), (None, (0.0, 0.0))],
)
def test_belts_that_are_not_known_should_be_where_they_report(belt, found):
    sample = inputs(0, belt=belt).belt
    dues = due(WAS, sample, LIMITS, 0.004, is_known=False)
    assert dues == tuple(Due(now, now) for now in found)


@pytest.mark.parametrize(
    ("gap_s", "decel_mps2", "left_mps", "right_mps"),
    [
        (0.0, 0.0, 1.0, 0.5),
        (0.1, 0.0, 1.0 - 0.1 * LIMITS.ramp_mps2, 0.5 - 0.1 * LIMITS.ramp_mps2),
        (0.1, 2.0, 0.8, 0.3),
        (0.5, 2.0, 0.0, 0.0),
    ],
)
def test_belts_that_do_not_move_as_wished_should_ramp_to_rest(
    gap_s, decel_mps2, left_mps, right_mps
):
    state = GuardState(
        **{name: getattr(WAS, name) for name in WAS.__struct_fields__} | {"decel_mps2": decel_mps2}
    )
    left, right = due(state, BELT, LIMITS, gap_s, is_known=True)
    assert (left.set_mps, right.set_mps) == (left_mps, right_mps)


@pytest.mark.parametrize(
    ("gap_s", "share"), [(0.0, 0.0), (0.25 * DRIVE_LAG_S, 0.25), (0.1, 1.0), (0.25, 1.0)]
)
@pytest.mark.parametrize("mode", ["starting", "running", "holding", "perturbing"])
def test_belts_that_move_as_wished_should_follow_with_a_lag(mode, gap_s, share):
    state = GuardState(
        mode=mode,
        left_speed_mps=1.2,
        left_slow_mps=0.8,
        right_speed_mps=0.4,
        right_slow_mps=0.8,
    )
    left, right = due(state, BELT, LIMITS, gap_s, is_known=True)
    assert (left.set_mps, right.set_mps) == (1.2, 0.4)
    assert left.slow_mps == pytest.approx(0.8 + 0.4 * share, abs=1e-12)
    assert right.slow_mps == pytest.approx(0.8 - 0.4 * share, abs=1e-12)


AT_REST, WALKING, SPEEDING_UP = Due(0.0, 0.0), Due(1.0, 1.0), Due(0.5, 0.0)


@pytest.mark.parametrize(
    ("each", "now_mps", "name"),
    [
        (AT_REST, 0.15, ""),
        (AT_REST, nextafter(0.15, 1), "runaway"),
        (AT_REST, -0.15, ""),
        (AT_REST, nextafter(-0.15, -1), "runaway"),
        (SPEEDING_UP, 1.15, ""),
        (SPEEDING_UP, nextafter(1.15, 2), "runaway"),
        (SPEEDING_UP, -1.15, ""),
        (WALKING, 0.84, "belts_astray"),
        (WALKING, 0.86, ""),
        (WALKING, 0.0, "belts_astray"),
        (WALKING, -0.02, "belts_astray"),
        (WALKING, nextafter(-0.02, -1), "runaway"),
        (WALKING, 1.16, "runaway"),
        (WALKING, nan, "runaway"),
    ],
)
def test_a_belt_is_astray_or_runs_away(each, now_mps, name):
    for belt, dues in (((now_mps, 1.0), (each, WALKING)), ((1.0, now_mps), (WALKING, each))):
        assert [found for found, _ in astray(inputs(0, belt=belt).belt, dues)] == [name] * bool(
            name
        )


def test_a_belt_that_does_not_follow_is_named_with_its_numbers():
    found = list(astray(inputs(0, belt=(1.5, 0.2)).belt, (Due(0.5, 0.6), WALKING)))
    assert found == [
        (
            "runaway",
            "the left belt runs at 1.50 m/s where 0.60 m/s are due, limit 0.35 m/s between them",
        ),
        (
            "belts_astray",
            "the right belt runs at 0.20 m/s where 1.00 m/s are due, limit 0.15 m/s between them",
        ),
    ]
