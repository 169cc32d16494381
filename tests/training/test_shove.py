"""What a pulse of the platform is, whether it can be done, and what is measured of it."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from session.platform_room import room

from rehabsim.base.records import PlatformSample, Pose
from rehabsim.safety.platform_envelope import Pace, step
from rehabsim.training.achieved import DeckWatch
from rehabsim.training.pulse import PerturbParams
from rehabsim.training.shove import BACK_SLOWER, Profile, Shift, Tilt, why_no_shove
from rehabsim.training.sway import led

LIMITS = room().platform_limits
NS = 1_000_000_000
DT_S = 0.004
KINDS = ("sway_left", "sway_right", "roll_left", "roll_right")
TINY = 1e-9


def shove(kind, **more):
    (pulse,) = PerturbParams(pulses=[{"kind": kind} | more]).pulses
    return pulse


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_usual_figures_that_the_simulated_room_allows(kind):
    assert why_no_shove(shove(kind), 0.15, LIMITS, Pose()) == ""


def test_left_is_to_the_left_and_a_deck_that_rolls_left_goes_down_there():
    assert [(p.axis, p.sign) for p in map(shove, KINDS)] == [
        ("y_m", 1.0),
        ("y_m", -1.0),
        ("roll_rad", -1.0),
        ("roll_rad", 1.0),
    ]


@given(st.floats(0.01, 0.3), st.floats(0.05, 1.0), st.floats(0.1, 20.0), st.floats(0.0, 2.0))
def test_a_profile_goes_there_at_its_rate_and_acceleration_and_back_more_slowly(
    size, part, accel, hold_s
):
    way = Profile(size, part * sqrt(accel * size), accel, hold_s)
    times_s = np.linspace(0.0, way.total_s, 2001)
    places, rates = np.array([way.at(t_s) for t_s in times_s]).T
    dt_s = times_s[1]
    assert places[0] == 0.0
    assert abs(places[-1]) < 1e-9
    assert places.max() == pytest.approx(size)
    assert rates.max() <= way.rate + TINY
    assert rates.min() >= -way.rate / BACK_SLOWER - TINY
    assert np.abs(np.diff(rates)).max() / dt_s <= accel * (1 + 1e-6)
    assert np.allclose(np.diff(places), (rates[1:] + rates[:-1]) / 2 * dt_s, atol=accel * dt_s**2)
    assert way.at(way.out_s + hold_s / 2)[0] == pytest.approx(size)


def test_no_rate_is_asked_for_that_the_distance_does_not_give():
    with pytest.raises(
        ValidationError, match=r"2 m/s is not reached in 0\.09 m at 16 m/s²; 1\.20 is"
    ):
        Shift(kind="sway_left", shift_m=0.09, speed_mps=2.0, accel_mps2=16.0)
    with pytest.raises(ValidationError, match=r"2 rad/s is not reached in 0\.06 rad"):
        Tilt(kind="roll_left", rate_radps=2.0)
    shortest = Shift(kind="sway_left", shift_m=0.04, speed_mps=0.2, accel_mps2=1.0)
    assert shortest.profile(0.5).rate == pytest.approx(sqrt(0.02))


@pytest.mark.parametrize(
    ("pulse", "words"),
    [
        ({"shift_m": 0.12}, "goes 0.120 m from the middle, limit 0.1"),
        ({"speed_mps": 0.31}, "moves at 0.31 m/s, limit 0.3"),
        ({"accel_mps2": 3.5}, "accelerates at 3.5 m/s², limit 3"),
        ({"shift_m": 0.09, "speed_mps": 0.15, "accel_mps2": 1.0}, "takes 0.77 s to get there"),
        (
            {"shift_m": 0.08, "speed_mps": 0.3},
            "needs 0.107 m to be able to stop, and 0.1 are",
        ),
    ],
)
def test_what_the_platform_cannot_do_is_refused_with_the_numbers(pulse, words):
    made = shove("sway_left", **pulse)
    assert words in why_no_shove(made, 0.0, LIMITS, Pose())
    assert "needs a platform" in why_no_shove(made, 0.0, None, Pose())


def test_where_it_begins_and_chance_count_too():
    made = shove("sway_left")
    assert why_no_shove(made, 0.0, LIMITS, Pose(y_m=0.02)) == ""
    assert "goes 0.110 m" in why_no_shove(made, 0.0, LIMITS, Pose(y_m=0.06))
    assert why_no_shove(shove("sway_right"), 0.0, LIMITS, Pose(y_m=0.06)) == ""
    assert "goes 0.125 m" in why_no_shove(made, 1.5, LIMITS, Pose())
    tilt = shove("roll_right", tilt_rad=0.13, rate_radps=0.3)
    assert "rad to be able to stop" in why_no_shove(tilt, 0.0, LIMITS, Pose(roll_rad=0.008))


def test_they_mix_with_pulses_of_the_belts_and_not_with_a_swaying_deck():
    mixed = PerturbParams(pulses=[{"kind": "slip"}, {"kind": "sway_left"}, {"kind": "roll_left"}])
    assert [type(pulse).__name__ for pulse in mixed.pulses] == ["Pulse", "Shift", "Tilt"]
    with pytest.raises(ValidationError, match="cannot sway and be pulsed at once"):
        PerturbParams(pulses=[{"kind": "sway_left"}], sway={"amplitude_m": 0.02})
    PerturbParams(pulses=[{"kind": "slip"}], sway={"amplitude_m": 0.02})
    with pytest.raises(ValidationError, match="nothing is in it"):
        PerturbParams()
    with pytest.raises(ValidationError, match="kind"):
        PerturbParams(pulses=[{"kind": "heave"}])


def run(way, brake, sign=1.0, lag_s=0.0):
    """Return what a base reports whose set point the keeper moves by its law."""
    place, rate, samples = 0.0, 0.0, []
    for tick in range(-25, round(way.total_s / DT_S) + 50):
        t_s = tick * DT_S
        goal, following = (way.at(max(t, 0.0))[0] for t in (t_s, t_s + DT_S))
        if tick >= 0:
            wished = led(goal, (following - goal) / DT_S, brake, DT_S)
            place, rate = step(place, rate, wished, 0.1, Pace(0.3, 3.0, brake), DT_S)
        t_ns = round((1.0 + t_s + DT_S + lag_s) * NS)
        samples.append(
            PlatformSample(t_ns, Pose(y_m=0.01 + sign * place), "engaged", is_home=False)
        )
    return samples


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("lag_s", [0.0, 0.07])
def test_what_the_keeper_makes_of_it_is_what_was_asked_and_is_measured_so(sign, lag_s):
    way = shove("sway_left").profile()
    watch = DeckWatch("y_m", 0.01)
    for sample in run(way, LIMITS.max_accel_mps2, sign, lag_s):
        watch.feed(sample)
        watch.feed(sample)
    shoved = watch.achieved(way, sign)
    assert shoved.size == pytest.approx(way.size, abs=1e-4)
    assert shoved.rate == pytest.approx(way.rate, rel=0.03)
    assert shoved.onset_ns / NS == pytest.approx(1.0 + lag_s, abs=0.003)
    assert watch.achieved(way, -sign) is None


def test_a_deck_that_stayed_has_achieved_nothing():
    watch = DeckWatch("y_m", 0.0)
    way = shove("sway_left").profile()
    assert watch.achieved(way, 1.0) is None
    for tick in range(100):
        watch.feed(PlatformSample(tick * 4_000_000 + 1, Pose(y_m=0.01), "engaged", is_home=False))
    assert watch.achieved(way, 1.0) is None
