"""What followed each perturbation, in steps that are made up."""

from math import isnan, nan

import numpy as np
import pytest

from rehabsim.base.records import Event
from rehabsim.gait.strides import Stride
from rehabsim.research.recoveries import aftermaths
from rehabsim.safety.causes import HAS_FALLEN
from rehabsim.session.table import HARNESS
from rehabsim.training.perturb import CATCH

STEP_S = 0.5
FORCE_N = 700.0
USUAL_M = {"left": (0.05, 0.09), "right": (0.11, 0.12)}
"""Backward and lateral: who walks unevenly is not always disturbed."""

NO_HARNESS = np.zeros(0, HARNESS.dtype)


def walk(count, changed=None):
    """Return strides, one landing every half second, some of them with other margins."""
    random = np.random.default_rng(1)
    strides = []
    for number in range(count):
        side = ("left", "right")[number % 2]
        backward_m, lateral_m = USUAL_M[side] + 0.004 * random.standard_normal(2)
        more_m = (changed or {}).get(number, (0.0, 0.0))
        strides.append(
            Stride(
                side,
                STEP_S * number,
                margin_backward_m=backward_m + more_m[0],
                margin_lateral_m=lateral_m + more_m[1],
                mean_vertical_force_n=FORCE_N,
            )
        )
    return strides


def pulse(number, text="Slip 1 of 2, left leg", **values):
    """Return the event of a perturbation just before step `number`, told a second later."""
    onset_s = STEP_S * number - 0.2
    known = {"onset_s": onset_s} | values
    return Event(round(1e9 * (onset_s + 1.0)), "perturbation", "training", "none", text, known)


def harness(load_n, until_s=40.0):
    """Return readings every 10 ms."""
    rows = np.zeros(round(100 * until_s), HARNESS.dtype)
    rows["t_ns"] = rows["device_t_ns"] = np.arange(len(rows)) * 10_000_000
    rows["load_n"] = load_n(rows["t_ns"] / 1e9)
    return rows


def test_steps_are_counted_by_either_margin_each_foot_by_its_own_usual_one():
    strides = walk(60, {20: (-0.1, 0.0), 21: (0.0, 0.06), 22: (0.0, -0.05)})
    (one,) = aftermaths([pulse(20)], strides, NO_HARNESS, [])
    assert one.step_count == 3
    assert one.greatest_sd > 10
    assert one.margin_backward_m == pytest.approx(-0.05, abs=0.015)
    assert one.margin_lateral_m == pytest.approx(0.09, abs=0.015)
    assert (one.ending, one.is_catch) == ("walked_on", False)


def test_a_catch_trial_leaves_a_walk_as_it_was():
    told = Event(round(1e9 * (STEP_S * 20 - 0.2)), "perturbation", "training", "none", CATCH)
    (one,) = aftermaths([told], walk(60), NO_HARNESS, [])
    assert one.is_catch
    assert one.step_count == 0


def test_what_comes_after_the_next_one_belongs_to_that():
    changed = {20: (-0.1, 0.0), **{number: (0.2, 0.0) for number in range(40, 60)}}
    first, second = aftermaths([pulse(20), pulse(40)], walk(60, changed), NO_HARNESS, [])
    assert first.step_count == 1
    assert first.greatest_sd < second.greatest_sd
    assert isnan(second.step_count)


def test_steps_while_the_belts_come_to_rest_are_not_counted():
    changed = {number: (0.3, 0.0) for number in range(30, 40)}
    pause = Event(round(1e9 * (STEP_S * 29 + 0.1)), "mode", "keeper", "ramp", "Paused.")
    (one,) = aftermaths([pulse(20)], walk(40, changed), NO_HARNESS, [pause])
    assert (one.step_count, one.ending) == (0, "walked_on")
    stop = Event(pause.t_ns, "stop", "keeper", "ramp", "the person stands 0.8 m behind")
    (one,) = aftermaths([pulse(20)], walk(40, changed), NO_HARNESS, [stop])
    assert one.ending == "stopped"


def test_too_few_steps_before_it_leave_it_unknown():
    (one,) = aftermaths([pulse(4)], walk(40), NO_HARNESS, [])
    assert isnan(one.step_count)
    assert one.margin_backward_m == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize(
    ("load_n", "ending"),
    [
        (lambda t_s: 0.0 * t_s, "walked_on"),
        (lambda t_s: 0.06 * FORCE_N * (t_s > 11.0), "assisted"),
        (lambda t_s: 0.4 * FORCE_N * ((t_s > 11.0) & (t_s < 11.2)), "fell"),
        (lambda t_s: 0.4 * FORCE_N * (t_s > 30.0), "walked_on"),
        (lambda t_s: nan * t_s, "walked_on"),
    ],
)
def test_the_harness_tells_help_and_falls(load_n, ending):
    (one,) = aftermaths([pulse(20)], walk(80), harness(load_n), [])
    assert one.ending == ending


def test_a_fall_that_stops_the_belts_is_told_without_a_harness():
    stop = Event(10_800_000_000, "stop", "keeper", "fast", f"{HAS_FALLEN}: 10 % of body weight")
    (one,) = aftermaths([pulse(20)], walk(24), NO_HARNESS, [stop])
    assert one.ending == "fell"
    assert isnan(one.step_count)


def test_what_was_not_done_has_no_aftermath():
    told = Event(10**10, "perturbation", "training", "warn", "No slip: the belts are too slow.")
    assert aftermaths([told], walk(60), NO_HARNESS, []) == []
