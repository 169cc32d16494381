"""Unrest that goes on: how it comes and goes, what it is added to, and what is told of it."""

from math import nan

import numpy as np
import pytest
from session.platform_room import room

from rehabsim.base.config import load_toml
from rehabsim.base.records import (
    BeltSample,
    Gait,
    PlatformSample,
    PlatformWish,
    Pose,
    Record,
    State,
    Wish,
)
from rehabsim.base.site import Site
from rehabsim.session.dosing import HIDDEN, dose
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.training.going import Deck, why_not
from rehabsim.training.pulse import PerturbParams, Pulse
from rehabsim.training.scenario import Step
from rehabsim.training.schedule import Trial
from rehabsim.training.sway import FADE_S
from rehabsim.training.unrest import UNCAUGHT, Unrest, why_refused

ROOM = load_toml(SIMULATED_SITE, Site).limits
LIVELY = ROOM.model_copy(update={"max_accel_mps2": 4.0, "max_jerk_mps3": 80.0})
DECK = room().platform_limits
DT_S = 0.004
SWAY = {"sway": {"amplitude_m": 0.02}}
NOISE = {"noise": {}}
SPLIT = {"faster": "left", "split_mps": 0.3}
TIGHT = ROOM.model_copy(
    update={"perturbation": ROOM.perturbation.model_copy(update={"max_split_mps": 0.6})}
)


class Scene(Record, frozen=True):
    x_m: float = 0.0


class Floor:
    """Belts and a deck that do what was wished in the tick before."""

    def __init__(self, *, pose=None, harness_n=20.0, deck=DECK, seed=3, **params):
        self.unrest = Unrest(PerturbParams(**params), LIVELY, deck, speed_mps=1.2, seed=seed)
        self.steps, self.events, self.visual_m = [], [], []
        self.pose, self.harness_n, self.mode, self.is_on = pose, harness_n, "running", True
        self.ticks = 0

    def go(self, duration_s):
        for _ in range(round(duration_s / DT_S)):
            self.ticks += 1
            t_ns = self.ticks * 4_000_000
            wish = self.steps[-1].wish if self.steps else Wish(1.2, 1.2)
            belt = BeltSample(t_ns, wish.left_speed_mps, wish.right_speed_mps, 0.0)
            ride = self.steps[-1].platform if self.steps else None
            pose = Pose() if ride is None else ride.pose
            state = State(
                t_ns=t_ns,
                dt_s=DT_S,
                mode=self.mode,
                belt=belt,
                gait=Gait(),
                left_distance_m=0.0,
                right_distance_m=0.0,
                cruise_speed_mps=1.2,
            )
            deck = Deck(PlatformSample(t_ns, pose, "engaged", is_home=False), True)
            asked = None if self.pose is None else PlatformWish(self.pose)
            self.steps.append(
                self.unrest.step(
                    state,
                    Step(Wish(1.2, 1.2), Scene(), platform=asked),
                    self.events,
                    is_on=self.is_on,
                    deck=deck,
                    harness_n=self.harness_n,
                )
            )
            self.visual_m.append(self.unrest.visual_sway_m)
        return self

    def speeds_mps(self):
        return np.array([step.wish.left_speed_mps for step in self.steps])

    def places_m(self):
        return np.array([step.platform.pose.y_m for step in self.steps])

    def told(self):
        return [event.text for event in self.events]


def test_nothing_moves_before_it_is_let_come_and_it_fades_in_and_out():
    floor = Floor(**SWAY, **NOISE, visual={"amplitude_m": 0.3})
    floor.is_on = False
    floor.go(2.0)
    assert set(floor.speeds_mps()) == {1.2}
    assert set(floor.places_m()) == set(floor.visual_m) == {0.0}
    floor.is_on = True
    floor.go(FADE_S + 30.0)
    first = slice(500, 500 + 250)
    assert np.abs(floor.speeds_mps()[first] - 1.2).max() < 0.03
    assert np.abs(floor.places_m()[first]).max() < 0.01
    assert np.abs(floor.visual_m).max() > 0.5
    floor.is_on = False
    floor.go(FADE_S + 1.0)
    assert set(floor.speeds_mps()[-200:]) == {1.2}
    assert set(floor.places_m()[-200:]) == set(floor.visual_m[-200:]) == {0.0}
    most_mps = LIVELY.max_accel_mps2 * DT_S
    assert np.abs(np.diff(floor.speeds_mps())).max() <= most_mps + 1e-12


def test_both_belts_have_the_same_noise_and_nothing_else_is_changed():
    floor = Floor(**NOISE).go(20.0)
    for step in floor.steps:
        assert step.wish.left_speed_mps == step.wish.right_speed_mps
        assert not step.wish.is_perturbation
        assert step.platform is None


def test_the_picture_sways_with_the_deck_and_belts_stay():
    floor = Floor(**SWAY, visual={"amplitude_m": 0.2}).go(30.0)
    assert set(floor.speeds_mps()) == {1.2}
    found = np.corrcoef(floor.places_m()[1500:], floor.visual_m[1500:])[0, 1]
    assert found > 0.98
    assert not any(step.platform.is_perturbing for step in floor.steps)


def test_sway_is_added_to_where_the_scenario_has_the_deck():
    still, tilted = Floor(**SWAY).go(20.0), Floor(**SWAY, pose=Pose(y_m=0.01, z_m=0.02)).go(20.0)
    assert tilted.places_m() - still.places_m() == pytest.approx(0.01)
    assert {step.platform.pose.z_m for step in tilted.steps} == {0.02}


def test_belts_that_are_held_keep_it_where_it_is():
    floor = Floor(**SWAY, **NOISE).go(20.0)
    place_m, speed_mps = floor.unrest._place_m, floor.speeds_mps()[-1]
    floor.mode = "holding"
    floor.go(3.0)
    assert floor.unrest._place_m == place_m
    assert set(floor.speeds_mps()[-700:]) == {speed_mps}
    floor.mode = "stopping"
    floor.go(FADE_S)
    assert floor.places_m()[-1] == 0.0


@pytest.mark.parametrize("rest", ["idle", "locked", "armed"])
def test_belts_that_start_anew_are_alike_and_steady_until_it_is_let_come_again(rest):
    floor = Floor(split=SPLIT, **NOISE, **SWAY, visual={"amplitude_m": 0.3}).go(20.0)
    floor.is_on = False
    for mode, duration_s in (("stopping", 1.0), (rest, 0.2), ("starting", 0.5), ("running", 10.0)):
        floor.mode = mode
        floor.go(duration_s)
    started = floor.steps[-round(10.5 / DT_S) :]
    assert {(s.wish.left_speed_mps, s.wish.right_speed_mps) for s in started} == {(1.2, 1.2)}
    assert {step.platform.pose.y_m for step in started} == {0.0}
    # The picture is seen all the time: it goes out as it always does, and does not jump.
    assert np.abs(floor.visual_m[-round(10.5 / DT_S) :]).max() > 0.05
    assert np.abs(np.diff(floor.visual_m)).max() < 0.3 * 6.5 * DT_S
    assert set(floor.visual_m[-round(5.0 / DT_S) :]) == {0.0}
    floor.is_on = True
    floor.go(0.1)
    wish = floor.steps[-1].wish
    assert 0.0 < abs(wish.left_speed_mps - wish.right_speed_mps) < 0.01


def test_what_came_of_it_is_told_beside_what_was_asked():
    floor = Floor(**SWAY, **NOISE).go(60.0)
    assert floor.events == []
    floor.is_on = False
    floor.go(1.0)
    sway, noise = floor.events
    assert sway.text.startswith("Sway of the deck for 55 s: RMS 0.0")
    assert sway.values["rms_m"] == pytest.approx(sway.values["asked_rms_m"], rel=0.05)
    assert sway.values["asked_rms_m"] == pytest.approx(0.02 * 1.387, rel=0.15)
    assert noise.text.startswith("Noise of the belts for 55 s: RMS 0.1")
    assert noise.values["rms_mps"] == pytest.approx(noise.values["asked_rms_mps"], rel=0.02)
    assert noise.values["asked_rms_mps"] == pytest.approx(0.12, rel=0.25)


@pytest.mark.parametrize("harness_n", [nan, 0.0])
def test_without_the_harness_that_the_room_needs_none_comes_and_that_is_said_once(harness_n):
    floor = Floor(**SWAY, **NOISE, harness_n=harness_n).go(10.0)
    assert set(floor.speeds_mps()) == {1.2}
    assert set(floor.places_m()) == {0.0}
    assert floor.told() == [UNCAUGHT]
    hung = Floor(**NOISE).go(10.0)
    hung.harness_n = nan
    hung.go(0.9)
    assert hung.unrest.fade.frac == 1.0
    hung.go(1.0)
    assert hung.unrest.fade.frac < 1.0


def test_one_seed_is_one_session():
    one, two = (Floor(**SWAY, **NOISE).go(12.0) for _ in range(2))
    assert one.steps == two.steps
    other = Floor(**NOISE, seed=4).go(12.0)
    assert np.abs(other.speeds_mps() - one.speeds_mps())[2000:].max() > 0.05


@pytest.mark.parametrize(
    ("params", "limits", "deck", "table", "words"),
    [
        (SWAY, ROOM, None, "sway", "a deck that sways by 0.02 m needs a platform"),
        (
            {"sway": {"amplitude_m": 0.03}},
            ROOM,
            DECK,
            "sway",
            "goes 0.101 m to the side, limit",
        ),
        (NOISE, ROOM, None, "noise", "noise of SD 0.120 m/s needs 2.61 m/s²"),
        (
            {"pulses": [{"kind": "sway_left"}]},
            ROOM,
            None,
            "pulses 1",
            "a sway left from 1.2 m/s, ",
        ),
        (
            {"pulses": [{"kind": "slip", "sides": ["right"]}], "split": SPLIT},
            TIGHT,
            None,
            "pulses 1",
            "a slip from 1.2 m/s, parts belts by 0.76 m/s, limit 0.6",
        ),
        (
            {"pulses": [{"kind": "pull", "change_mps": 1.0}], "split": SPLIT},
            ROOM,
            None,
            "pulses 1",
            "a pull from 1.2 m/s, parts belts by 1.45 m/s, limit 1.2",
        ),
        (
            {"visual": {"amplitude_m": 0.2}},
            ROOM.model_copy(update={"perturbation": None}),
            None,
            "visual",
            "no limits for any perturbation",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_table(params, limits, deck, table, words):
    found, why = why_refused(PerturbParams(**params), limits, deck, 1.2)
    assert (found, words in why) == (table, True)


def test_what_can_be_done_is_not_refused():
    params = PerturbParams(**SWAY, **NOISE, visual={"amplitude_m": 0.5}, pulses=[{"kind": "brake"}])
    assert why_refused(params, LIVELY, DECK, 1.2) == ("", "")
    nearer = PerturbParams(pulses=[{"kind": "slip", "sides": ["left"]}], split=SPLIT)
    assert why_refused(nearer, TIGHT, None, 1.2) == ("", "")


# -- what clients are told -----------------------------------------------------------------


def test_clients_are_told_what_is_on_and_of_trials_only_where_there_are_any():
    floor = Floor(**SWAY, **NOISE, visual={"amplitude_m": 0.3}).go(10.0)
    told = dose(floor.unrest, is_on=True)
    assert (told.count, told.next_kind, told.strides_left, told.is_going) == (0, "", 0, False)
    assert (told.sway_amplitude_m, told.visual_amplitude_m, told.fade_frac) == (0.02, 0.3, 1.0)
    assert told.noise_sd_mps == pytest.approx(0.12)
    assert dose(None, is_on=False) is None


def test_the_blinded_are_told_neither_what_comes_next_nor_when():
    kinds = {"pulses": [{"kind": "slip"}, {"kind": "push"}], "catch_frac": 0.5}
    seen, blind = (
        [
            dose(Unrest(params, ROOM, None, speed_mps=1.1, seed=seed), is_on=True)
            for seed in range(12)
        ]
        for params in (PerturbParams(**kinds, is_blind=is_blind) for is_blind in (False, True))
    )
    assert {told.next_kind for told in seen} == {"slip", "push", "catch"}
    assert {told.strides_left for told in seen} == {20}
    assert len(set(map(repr, blind))) == 1
    told = blind[0]
    assert (told.next_kind, told.next_side, told.strides_left) == ("", "", HIDDEN)
    assert (told.is_blind, told.count, told.done) == (True, 24, 0)


def test_a_pulse_is_measured_by_how_far_the_belts_are_apart_when_it_comes():
    parted = Wish(1.35, 1.05)
    for side, refused in (("left", False), ("right", True)):
        trial = Trial(Pulse(kind="slip"), side, is_catch=False, scale=1.0, stride=0)
        assert why_not(trial, Wish(1.2, 1.2), Pose(), None, TIGHT, None) == ""
        why = why_not(trial, parted, Pose(), None, TIGHT, None)
        assert why == ("at 1.35 m/s it parts belts by 0.70 m/s, limit 0.6" if refused else "")
