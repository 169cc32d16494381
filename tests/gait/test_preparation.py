"""Guided checks: what each refuses, and that it says so."""

import numpy as np
import pytest

from rehabsim.gait.preparation import CHECKS, judge

WEIGHT_N = 700.0


def plates(left_n, right_n, *, noise_n=1.0):
    """Return a second of (250, 12) frames with so much on each plate."""
    rng = np.random.default_rng(1)
    wrench = np.zeros((250, 12))
    for column, force_n in ((2, left_n), (8, right_n)):
        wrench[:, column] = force_n + noise_n * rng.standard_normal(250)
    return wrench


def test_empty_plates_are_zeroed_by_what_they_say():
    verdict = judge("zero_plates", plates(12.0, -7.0), has_zero=False)
    assert verdict.is_done
    assert verdict.zero[[2, 8]] == pytest.approx([12, -7], abs=0.3)
    assert (
        verdict.text
        == f"Plates zeroed: left by {verdict.zero[2]:.1f} N, right by {verdict.zero[8]:.1f} N."
    )


def test_one_who_stands_still_on_both_plates_is_weighed():
    verdict = judge("weigh", plates(300.0, 400.0), has_zero=True)
    assert verdict.is_done
    assert verdict.weight_n == pytest.approx(WEIGHT_N, abs=1)
    assert verdict.text == "Weighed: 71.4 kg."


@pytest.mark.parametrize(
    ("check", "left_n", "right_n"), [("check_left", 695, 5), ("check_right", 5, 695)]
)
def test_who_stands_where_they_should_passes(check, left_n, right_n):
    assert judge(check, plates(left_n, right_n), has_zero=True).is_done


@pytest.mark.parametrize(
    ("check", "wrench", "words"),
    [
        ("zero_plates", plates(700, 0), "left plate bears 700 N, limit 30 N. Clear both plates"),
        (
            "zero_plates",
            plates(0, 0, noise_n=20),
            "the left plate's force moves by 18 N, limit 10 N",
        ),
        ("weigh", plates(0, 0), "the plates bear 0.0 kg"),
        ("weigh", plates(700, 0), "right plate bears"),
        ("weigh", plates(350, 350, noise_n=40), "Stand still"),
        ("weigh", plates(350, 350, noise_n=0), "dead or at the end of its range"),
        ("check_left", plates(5, 695), "Plates are swapped"),
        ("check_right", plates(695, 5), "Plates are swapped"),
        ("check_left", plates(-695, 5), "sign is flipped"),
        ("check_left", plates(350, 350), "bears 50 % of 700 N"),
        ("check_left", plates(0, 0), "Nobody stands on the plates"),
        ("check_left", plates(5000, 0), "no person does"),
        ("check_right", plates(5, 695, noise_n=0), "dead or at the end of its range"),
    ],
)
def test_what_is_wrong_is_refused_in_one_sentence_and_changes_nothing(check, wrench, words):
    verdict = judge(check, wrench, has_zero=True)
    assert not verdict.is_done
    assert words in verdict.text
    assert verdict.zero is None
    assert verdict.weight_n is None


@pytest.mark.parametrize("check", CHECKS)
def test_plates_that_say_nothing_are_told(check):
    wrench = plates(350, 350)
    wrench[3, 8] = np.nan
    assert "no vertical force arrives" in judge(check, wrench, has_zero=True).text


def test_a_first_zero_may_be_further_off_than_a_later_one():
    assert judge("zero_plates", plates(60, 0), has_zero=False).is_done
    assert not judge("zero_plates", plates(60, 0), has_zero=True).is_done
