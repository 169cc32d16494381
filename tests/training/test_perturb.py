"""When a perturbation comes, what belts are asked for, and what is told of it."""

from collections import Counter
from itertools import pairwise
from math import isnan, nan

import pytest
from session.platform_room import room as platform_room

from rehabsim.base.config import load_toml
from rehabsim.base.records import BeltSample, Gait, PlatformSample, Pose, State, Wish
from rehabsim.base.site import Site
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.training.achieved import BeltWatch, miss_s
from rehabsim.training.going import Deck
from rehabsim.training.perturb import FIRST_LAG_S, Perturber
from rehabsim.training.pulse import PerturbParams
from rehabsim.training.schedule import Schedule
from rehabsim.training.stride_clock import NS, STRIDE_COUNT, StrideClock

LIMITS = load_toml(SIMULATED_SITE, Site).limits
DT_S = 0.004
STRIDE_S = 1.1


class Walk:
    """Someone who strides evenly on belts that do what they are told, after `lag_s`."""

    def __init__(self, lag_s=0.06, known_s=0.05, mode="perturbing", stride_s=STRIDE_S, **params):
        made = PerturbParams(**({"pulses": [{"kind": "slip"}], "catch_frac": 0.0} | params))
        self.perturber = Perturber(made, LIMITS, 1, platform_room().platform_limits)
        self.lag, self.known_s, self.mode = round(lag_s / DT_S), known_s, mode
        self.stride_s = stride_s
        self.wishes, self.events, self.ticks, self.is_on = [], [], 0, True
        self.is_deck_moving, self.rides = None, []

    def strike_ns(self, t_s, offset_s):
        """Return the last heel strike that is known, one each stride from `offset_s` on."""
        last = int((t_s - self.known_s - offset_s) // self.stride_s)
        return 0 if last < 0 else round(NS * (offset_s + last * self.stride_s)) + 1

    def go(self, duration_s, speed_mps=1.0):
        for _ in range(round(duration_s / DT_S)):
            self.ticks += 1
            t_s = self.ticks * DT_S
            then = self.wishes[-self.lag] if len(self.wishes) >= self.lag else Wish(1.0, 1.0)
            is_on = bool(self.wishes) and self.wishes[-1].is_perturbation
            state = State(
                t_ns=round(t_s * NS),
                dt_s=DT_S,
                mode=self.mode if is_on else "running",
                belt=BeltSample(round(t_s * NS), then.left_speed_mps, then.right_speed_mps, 0.0),
                gait=Gait(
                    left_strike_ns=self.strike_ns(t_s, 0.0),
                    right_strike_ns=self.strike_ns(t_s, self.stride_s / 2),
                ),
                left_distance_m=0.0,
                right_distance_m=0.0,
                cruise_speed_mps=speed_mps,
            )
            deck = None
            if self.is_deck_moving is not None:
                # A deck that stands where it was told, as an easy stand-in for one that follows.
                ride = self.rides[-self.lag] if len(self.rides) >= self.lag else None
                pose = Pose() if ride is None else ride.pose
                sample = PlatformSample(state.t_ns, pose, "engaged", is_home=False)
                deck = Deck(sample, self.is_deck_moving)
            wish = self.perturber.step(
                state, Wish(speed_mps, speed_mps), self.events, is_on=self.is_on, deck=deck
            )
            self.wishes.append(wish)
            self.rides.append(self.perturber.ride)
        return self

    def told(self):
        return [event for event in self.events if "change_mps" in event.values]


@pytest.mark.parametrize(("kind", "phase"), [("slip", 0.02), ("pull", 0.15), ("trip", 0.65)])
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("lag_s", [0.02, 0.1])
def test_belts_answer_at_the_phase_once_their_lag_is_known(kind, phase, side, lag_s):
    walk = Walk(lag_s, pulses=[{"kind": kind, "sides": [side]}], min_strides=4, max_strides=6)
    walk.go(120.0)
    told = walk.told()
    assert len(told) > 8
    assert told[0].values["late_s"] == pytest.approx(lag_s - FIRST_LAG_S, abs=0.006)
    for event in told[1:]:
        assert event.values["asked_phase"] == phase
        assert abs(event.values["late_s"]) <= DT_S
    assert walk.perturber.lag_s == pytest.approx(lag_s, abs=DT_S)


def test_the_wish_is_the_trapezoid_on_the_belt_of_the_leg():
    walk = Walk(pulses=[{"kind": "slip", "sides": ["right"]}], count=1, jitter_frac=0.0).go(60.0)
    on = [wish for wish in walk.wishes if wish.is_perturbation]
    assert {wish.left_speed_mps for wish in on} == {1.0}
    assert min(wish.right_speed_mps for wish in on) == pytest.approx(0.6)
    assert len(on) * DT_S == pytest.approx(0.4 / 5 + 0.3 + 0.4 / 5, abs=2 * DT_S)
    steps = [b.right_speed_mps - a.right_speed_mps for a, b in pairwise(on)]
    assert max(map(abs, steps)) <= 5 * DT_S + 1e-9
    (event,) = walk.told()
    assert event.values["change_mps"] == pytest.approx(-0.4)
    assert event.values["accel_mps2"] == pytest.approx(5.0, rel=0.05)
    assert event.text.startswith("Slip 1 of 1, right leg: -0.40 m/s at 5.0 m/s²")


def test_none_is_begun_by_someone_irregular_or_before_the_warm_up():
    walk = Walk(warm_up_strides=30)
    walk.go(29 * STRIDE_S)
    assert not any(wish.is_perturbation for wish in walk.wishes)
    clock = StrideClock()
    for number, time_s in enumerate([0, 1.0, 2.4, 3.2, 4.6, 5.4, 6.9]):
        clock.feed(Gait(left_strike_ns=round(time_s * NS) + 1, right_strike_ns=number + 1))
    assert isnan(clock.stride_s("left"))
    assert clock.next_ns("left", 0.5, 7 * NS) is None


def test_a_foot_that_has_not_landed_for_long_tells_nothing():
    clock = StrideClock()
    for number in range(STRIDE_COUNT + 1):
        clock.feed(Gait(left_strike_ns=(number + 1) * NS))
    last_ns = (STRIDE_COUNT + 1) * NS
    assert clock.next_ns("left", 0.25, last_ns) == last_ns + NS // 4
    assert clock.next_ns("left", 0.25, last_ns + NS // 2) == last_ns + NS * 5 // 4
    assert clock.next_ns("left", 0.25, last_ns + 2 * NS) is None
    assert clock.next_ns("right", 0.25, last_ns) is None


def test_a_landing_is_foretold_by_the_other_foot():
    clock = StrideClock()
    for number in range(1, STRIDE_COUNT + 2):
        left_ns = round(number * 1.0 * NS)
        clock.feed(Gait(left_strike_ns=left_ns, right_strike_ns=left_ns - round(0.6 * NS)))
    last_ns = (STRIDE_COUNT + 1) * NS
    # Its last landing and a stride, as long as the right foot has not landed since.
    assert clock.next_ns("left", 0.0, last_ns + 1) == last_ns + NS
    # The right foot is 50 ms late, and so will the left one be.
    clock.feed(Gait(left_strike_ns=last_ns, right_strike_ns=last_ns + round(0.45 * NS)))
    assert clock.next_ns("left", 0.0, last_ns + 1) == last_ns + round(1.05 * NS)
    assert clock.next_ns("left", 0.1, last_ns + 1) == last_ns + round(0.1 * NS)
    assert clock.next_ns("left", 0.1, last_ns + NS // 2) == last_ns + round(1.15 * NS)


def test_a_lag_beyond_belief_is_not_allowed_for():
    walk = Walk(lag_s=0.4, min_strides=4, max_strides=6).go(40.0)
    assert walk.perturber.lag_s == 0.2
    assert walk.told()[-1].values["late_s"] == pytest.approx(0.2, abs=DT_S)


def test_a_dose_ends_and_its_trials_keep_their_distance():
    walk = Walk(count=3, min_strides=8, max_strides=8).go(120.0)
    told = walk.told()
    assert len(told) == walk.perturber.done == 3
    onsets_s = [event.values["onset_s"] for event in told]
    assert all(b - a >= 8 * STRIDE_S for a, b in pairwise(onsets_s))


def test_a_keeper_that_refuses_is_believed():
    walk = Walk(mode="running").go(60.0)
    assert walk.perturber.done == 0
    assert "the keeper did not let it go on" in walk.events[0].text
    assert sum(wish.is_perturbation for wish in walk.wishes) <= len(walk.events) * 26


def test_belts_that_do_not_follow_are_told_and_teach_nothing():
    walk = Walk(lag_s=40.0, count=1).go(40.0)
    assert "the belts did not follow" in walk.events[0].text
    assert walk.perturber.lag_s == FIRST_LAG_S


def test_what_the_present_speed_does_not_allow_is_refused_with_the_numbers():
    walk = Walk(pulses=[{"kind": "push", "change_mps": 1.0, "hold_s": 0.1}]).go(60.0, 1.6)
    assert walk.events[0].text.startswith("No push: at 1.60 m/s it runs a belt at")
    assert not any(wish.is_perturbation for wish in walk.wishes)
    slow = Walk(pulses=[{"kind": "stop"}]).go(60.0, 0.05)
    assert "needs belts faster than 0.1 m/s" in slow.events[0].text


def test_held_back_none_comes_one_is_ended_and_the_next_keeps_its_distance():
    walk = Walk(min_strides=6, max_strides=6, warm_up_strides=5, pulses=[{"kind": "push"}])
    walk.is_on = False
    walk.go(30.0)
    assert not any(wish.is_perturbation for wish in walk.wishes)
    assert walk.perturber.outlook()[1] == 0
    walk.is_on = True
    walk.go(DT_S)
    assert walk.perturber.outlook()[1] == 6
    while not walk.wishes[-1].is_perturbation:
        walk.go(DT_S)
    assert walk.ticks * DT_S > 30.0 + 5 * STRIDE_S
    assert walk.perturber.is_going
    walk.is_on = False
    walk.go(20.0)
    assert len(walk.told()) == walk.perturber.done == 1
    assert walk.told()[0].values["change_mps"] == pytest.approx(
        walk.told()[0].values["asked_change_mps"], rel=0.01
    )


def test_catch_trials_do_nothing_and_are_told():
    walk = Walk(catch_frac=0.5, min_strides=4, max_strides=6).go(200.0)
    catches = [event for event in walk.events if event.text.startswith("Catch")]
    assert 5 < len(catches) < len(walk.events) - 5


def test_a_schedule_is_even_seeded_and_not_to_be_guessed():
    params = PerturbParams(pulses=[{"kind": "slip"}, {"kind": "push"}], catch_frac=0.2)
    schedule = Schedule(params, 7)
    trials = [schedule.next(0, is_first=number == 0) for number in range(400)]
    assert trials[0].stride == params.warm_up_strides
    real = [trial for trial in trials[1:] if not trial.is_catch]
    assert 0.12 < 1 - len(real) / 400 < 0.28
    counts = Counter((trial.pulse.kind, trial.side) for trial in real)
    assert max(counts.values()) - min(counts.values()) <= 2
    sides = "".join(trial.side[0] for trial in real)
    assert max(len(run) for run in sides.replace("lr", "l r").replace("rl", "r l").split()) <= 4
    assert {trial.stride for trial in trials[1:]} == set(range(10, 26))
    again = Schedule(params, 7)
    assert [again.next(0, is_first=number == 0) for number in range(400)] == trials
    assert [Schedule(params, 8).next(0) for _ in range(1)] != trials[:1]


def test_a_belt_is_measured_from_what_it_reports():
    watch = BeltWatch(1.0, is_left=True)
    for tick in range(100):
        t_s = tick * DT_S
        dip_mps = min(max(t_s - 0.1, 0.0) * 4.0, 0.5)
        watch.feed(BeltSample(round(t_s * NS), 1.0 - dip_mps, nan, 0.0))
    achieved = watch.achieved(-0.6)
    assert achieved.change_mps == pytest.approx(-0.5)
    assert achieved.accel_mps2 == pytest.approx(-4.0, rel=0.02)
    assert achieved.onset_ns / NS == pytest.approx(0.1, abs=0.002)
    assert watch.achieved(-2.0) is None
    assert watch.achieved(0.6) is None


def test_a_miss_is_that_of_the_nearest_stride():
    assert miss_s(3 * NS, [NS, 2 * NS], 0.5, 1.0) == pytest.approx(0.5)
    assert miss_s(round(2.52 * NS), [NS, 2 * NS], 0.5, 1.0) == pytest.approx(0.02)
    assert isnan(miss_s(NS, [], 0.5, 1.0))


SHIFTS = {"pulses": [{"kind": "sway_left"}], "min_strides": 4, "max_strides": 6}


@pytest.mark.parametrize("is_moving", [None, False])
def test_a_platform_that_does_not_follow_is_not_asked_and_that_is_said(is_moving):
    walk = Walk(**SHIFTS)
    walk.is_deck_moving = is_moving
    walk.go(40.0)
    assert set(walk.rides) == {None}
    assert walk.events[0].text.startswith("No sway left: the platform does not follow; engage it")
    assert walk.perturber.done == 0


def test_a_platform_is_pushed_briskly_to_the_side_and_back_and_belts_are_left_alone():
    walk = Walk(count=1, jitter_frac=0.0, **SHIFTS)
    walk.is_deck_moving = True
    walk.go(45.0)
    rides = [ride for ride in walk.rides if ride is not None]
    way = walk.perturber._params.pulses[0].profile()
    assert len(rides) * DT_S == pytest.approx(way.total_s, abs=2 * DT_S)
    brisk_s = sum(ride.is_perturbing for ride in rides) * DT_S
    assert brisk_s == pytest.approx(way.out_s, abs=0.03)
    assert max(ride.pose.y_m for ride in rides) < 0.1
    assert rides[-1].pose.y_m == pytest.approx(0.0, abs=1e-3)
    assert {(wish.left_speed_mps, wish.is_perturbation) for wish in walk.wishes} == {(1.0, False)}
    assert walk.events[0].text.startswith("Sway left 1 of 1, ")
    assert walk.perturber.done == 1


def test_a_platform_that_stops_following_ends_the_pulse():
    walk = Walk(count=1, **SHIFTS)
    walk.is_deck_moving = True
    while walk.perturber.ride is None:
        walk.go(DT_S)
    walk.go(0.2)
    walk.is_deck_moving = False
    walk.go(DT_S)
    assert walk.perturber.ride is None
    assert "No sway left: the keeper did not let it go on." in walk.events[-1].text
    assert walk.perturber.done == 0


def test_a_brake_slows_both_belts_alike():
    walk = Walk(pulses=[{"kind": "brake"}], count=1, jitter_frac=0.0).go(60.0)
    on = [wish for wish in walk.wishes if wish.is_perturbation]
    assert all(wish.left_speed_mps == wish.right_speed_mps for wish in on)
    assert min(wish.left_speed_mps for wish in on) == pytest.approx(0.7)
    assert walk.events[0].text.startswith("Brake 1 of 1, ")
