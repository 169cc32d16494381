"""The limits of a set point, swept densely around each boundary and sparsely over the range."""

import random

import pytest
from firmware.device import ROOM, STEADY, WIDE, armed, c_limits, running
from firmware.library import ffi, lib

from rehabsim.devices.rs_treadmill_frame import Cause, Refusal, SetPoint, State
from rehabsim_sim.rs_firmware import set_point_fault

LIMITS = c_limits(ROOM)
I32, U16 = (-(2**31), 2**31 - 1), (0, 2**16 - 1)
STEP = 5


def c_fault(asked: SetPoint) -> int:
    left, right, left_ramp, right_ramp, incline, ttl = asked
    values = ((left, right), (left_ramp, right_ramp), incline, ttl)
    return int(lib.rs_set_point_fault(LIMITS, ffi.new("RsSetPoint *", values)))


def sweep(least: int, most: int, span: tuple[int, int]) -> list[int]:
    """Return values dense around both limits, and sparse over all that the field can hold."""
    dense = [limit + step for limit in (least, most, 0) for step in range(-STEP, STEP + 1)]
    sparse = [span[0] + (span[1] - span[0]) * k // 199 for k in range(200)]
    return [value for value in dense + sparse if span[0] <= value <= span[1]]


FIELDS = {
    "left_umps": (0, WIDE.max_speed_umps, I32, Refusal.LEFT_SPEED, "right_umps"),
    "right_umps": (0, WIDE.max_speed_umps, I32, Refusal.RIGHT_SPEED, "left_umps"),
    "left_mmps2": (1, WIDE.max_accel_mmps2, U16, Refusal.LEFT_ACCEL, None),
    "right_mmps2": (1, WIDE.max_accel_mmps2, U16, Refusal.RIGHT_ACCEL, None),
    "incline_urad": (0, WIDE.max_incline_urad, I32, Refusal.INCLINE, None),
    "ttl_ms": (1, 200, U16, Refusal.TTL, None),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_accepted_exactly_within_its_limits(name):
    least, most, span, refusal, twin = FIELDS[name]
    for value in sweep(least, most, span):
        changes = {name: value}
        if twin is not None:
            changes[twin] = min(max(value, 0), WIDE.max_speed_umps)
        asked = STEADY._replace(**changes)
        expected = Refusal.NONE if least <= value <= most else refusal
        assert c_fault(asked) == expected == set_point_fault(WIDE, asked), asked


@pytest.mark.parametrize("base", [400_000, 1_000_000, WIDE.max_speed_umps - WIDE.max_split_umps])
def test_the_belts_may_differ_exactly_by_the_largest_split(base):
    for split in sweep(-WIDE.max_split_umps, WIDE.max_split_umps, (-400_000, 400_000)):
        left, right = (base + split, base) if split >= 0 else (base, base - split)
        if max(left, right) <= WIDE.max_speed_umps:
            asked = STEADY._replace(left_umps=left, right_umps=right)
            is_allowed = abs(split) <= WIDE.max_split_umps
            expected = Refusal.NONE if is_allowed else Refusal.SPLIT
            assert c_fault(asked) == expected == set_point_fault(WIDE, asked), asked


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("maker", [armed, running])
def test_a_refused_set_point_is_latched_and_stops_the_belts(name, maker):
    _, most, _, refusal, _ = FIELDS[name]
    device = maker()
    before = device.speeds
    device.ask(STEADY._replace(**{name: most + 1}))
    assert (device.state, device.cause) == (State.STOPPING, Cause.REFUSED)
    assert device.c.refusal == refusal
    assert device.c.refused_count == 1
    device.tick()
    assert device.speeds == tuple(max(v - 500, 0) for v in before)
    device.walk(2000)
    assert device.state == State.LOCKED
    assert device.speeds == (0, 0)


def random_set_point(rng: random.Random) -> SetPoint:
    """Return one that is often near or on a limit."""

    def near(least: int, most: int, span: tuple[int, int]) -> int:
        kind = rng.randrange(12)
        if kind == 0:
            return rng.randint(*span)
        if kind == 1:
            value = rng.choice((least, most)) + rng.randint(-2, 2)
            return min(max(value, span[0]), span[1])
        return rng.randint(least, most)

    values = [near(*row[:3]) for row in FIELDS.values()]
    if rng.random() < 0.8:
        split = rng.choice((-1, 1)) * (WIDE.max_split_umps + rng.randint(-3, 3))
        values[1] = min(max(values[0] + split, I32[0]), I32[1])
    return SetPoint(*values)


def disagreements(count: int, seed: int) -> tuple[int, int]:
    """Return how often C and Python disagree on random set points, and how many both accept."""
    rng = random.Random(seed)
    differ_count = accepted_count = 0
    for _ in range(count):
        asked = random_set_point(rng)
        theirs = c_fault(asked)
        differ_count += theirs != set_point_fault(WIDE, asked)
        accepted_count += theirs == 0
    return differ_count, accepted_count


def test_c_and_python_agree_on_random_set_points():
    differ_count, accepted_count = disagreements(20_000, 3)
    assert differ_count == 0
    assert 2_000 < accepted_count < 18_000
