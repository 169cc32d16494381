"""What a perturbation may be, and whether belts can do it."""

from math import nan

import pytest
from pydantic import ValidationError

from rehabsim.base.config import load_toml
from rehabsim.base.site import Site
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.training.pulse import SIDES, USUAL, PerturbParams, Pulse, why_impossible

LIMITS = load_toml(SIMULATED_SITE, Site).limits


@pytest.mark.parametrize("kind", list(USUAL))
def test_each_kind_has_usual_figures_that_the_simulated_room_allows(kind):
    pulse = Pulse(kind=kind)
    assert (pulse.phase, pulse.change_mps) == USUAL[kind]
    assert Pulse(kind=kind, phase=0.3).phase == 0.3
    assert why_impossible(pulse, 1.1, 0.15, LIMITS) == ""


@pytest.mark.parametrize(
    ("kind", "side", "belts"),
    [
        ("slip", "left", (True, False)),
        ("pull", "right", (False, True)),
        ("trip", "left", (False, True)),
        ("trip", "right", (True, False)),
        ("push", "left", (True, True)),
        ("brake", "right", (True, True)),
        ("stop", "right", (True, True)),
    ],
)
def test_the_belt_is_that_of_the_foot_which_stands(kind, side, belts):
    assert Pulse(kind=kind).belts(side) == belts


def test_belts_never_run_backward():
    assert Pulse(kind="slip", change_mps=-0.8).change_from(0.5) == -0.5
    assert Pulse(kind="slip", change_mps=-0.4).change_from(1.0, 1.1) == pytest.approx(-0.44)
    assert Pulse(kind="stop").change_from(0.7) == -0.7


@pytest.mark.parametrize(
    ("pulse", "speed_mps", "changed", "words"),
    [
        ({"kind": "push", "change_mps": 1.21}, 1.0, {}, "changes the speed by 1.21 m/s, limit 1.2"),
        ({"kind": "push", "change_mps": 1.0}, 1.6, {}, "runs a belt at 2.60 m/s, limit 2.5"),
        ({"kind": "slip", "accel_mps2": 5.1}, 1.0, {}, r"accelerates at 5.1 m/s², limit 5"),
        ({"kind": "pull"}, 1.0, {"max_split_mps": 0.3}, "parts belts by 0.40 m/s, limit 0.3"),
        ({"kind": "slip", "hold_s": 0.6}, 1.0, {}, "lasts 0.81 s with its return, limit 0.8"),
        ({"kind": "slip", "change_mps": -0.05}, 1.0, {}, "but in so small a change the belts"),
    ],
)
def test_what_belts_cannot_do_is_refused_with_the_numbers(pulse, speed_mps, changed, words):
    most = LIMITS.perturbation.model_copy(update=changed)
    limits = LIMITS.model_copy(update={"perturbation": most})
    assert words in why_impossible(Pulse(**pulse), speed_mps, 0.0, limits)
    assert why_impossible(Pulse(kind="push"), 1.0, 0.0, limits) == ""


def test_chance_counts_too():
    pulse = Pulse(kind="push", change_mps=1.1, hold_s=0.0)
    assert why_impossible(pulse, 1.0, 0.05, LIMITS) == ""
    assert "changes the speed by 1.21" in why_impossible(pulse, 1.0, 0.1, LIMITS)


def test_ground_that_moves_too_far_is_refused():
    near = LIMITS.model_copy(update={"max_behind_m": 0.1})
    assert "moves the ground by 0.11 m, limit 0.1" in why_impossible(
        Pulse(kind="push"), 1.0, 0.0, near
    )


def test_without_limits_for_it_there_is_none():
    none = LIMITS.model_copy(update={"perturbation": None})
    assert "no limits for any perturbation" in why_impossible(Pulse(kind="push"), 1.0, 0.0, none)


@pytest.mark.parametrize(
    ("pulse", "words"),
    [
        ({"kind": "slip", "change_mps": 0.4}, "a slip is slower, below 0"),
        ({"kind": "brake", "change_mps": 0.3}, "a brake is slower, below 0"),
        ({"kind": "pull", "change_mps": -0.4}, "a pull is faster, above 0"),
        ({"kind": "slip", "sides": []}, "sides"),
        ({"kind": "shove"}, "kind"),
        ({"kind": "slip", "phase": 1.0}, "phase"),
        ({"kind": "slip", "phase": nan}, "phase"),
        ({"kind": "slip", "speed": 1.0}, "speed"),
    ],
)
def test_wrong_pulses_are_refused(pulse, words):
    with pytest.raises(ValidationError, match=words):
        Pulse(**pulse)


def test_wrong_schedules_are_refused():
    with pytest.raises(ValidationError, match="min_strides = 9 is above max_strides = 8"):
        PerturbParams(pulses=[{"kind": "slip"}], min_strides=9, max_strides=8)
    with pytest.raises(ValidationError, match="pulses"):
        PerturbParams(pulses=[])
    assert PerturbParams(pulses=[{"kind": "slip"}]).pulses[0].sides == list(SIDES)


@pytest.mark.parametrize(
    ("kind", "side", "parts"),
    [
        ("slip", "left", False),
        ("slip", "right", True),
        ("pull", "left", True),
        ("pull", "right", False),
        ("trip", "left", True),
        ("trip", "right", False),
    ],
)
def test_belts_that_are_parted_already_are_parted_further_or_less(kind, side, parts):
    pulse = Pulse(kind=kind)
    assert pulse.parting(side, 0.3) == (0.3 if parts else -0.3)
    most = LIMITS.perturbation.model_copy(update={"max_split_mps": 0.5})
    limits = LIMITS.model_copy(update={"perturbation": most})
    assert why_impossible(pulse, 1.2, 0.0, limits) == ""
    why = why_impossible(pulse, 1.2, 0.0, limits, pulse.parting(side, 0.3))
    size_mps = 0.3 + abs(pulse.change_mps)
    assert why == (f"parts belts by {size_mps:.2f} m/s, limit 0.5" if parts else "")
