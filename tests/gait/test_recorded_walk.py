"""The analysis on real recordings; nothing was tuned on them."""

import importlib.util

import numpy as np
import pytest

from rehabsim_validation.accuracy_real import (
    UNLOADED_FILES,
    WALK_FILE,
    score_inertia,
    score_stances,
    score_walk,
)
from rehabsim_validation.recordings import FOLDER


@pytest.fixture(scope="module")
def folder():
    if not FOLDER.is_dir():
        pytest.skip(f"the real recordings are not in {FOLDER}")
    return FOLDER


@pytest.fixture(scope="module")
def scores(folder):
    if not (folder / WALK_FILE).exists():
        pytest.skip(f"{WALK_FILE} is not here")
    return {score.name: score for score in score_walk(folder)}


@pytest.mark.parametrize("forces", ["with shear", "vertical forces alone"])
def test_heel_strikes_of_a_recorded_walk(scores, forces):
    dated = scores[f"rehabsim, {forces}: as dated"]
    known = scores[f"rehabsim, {forces}: when known"]
    assert len(known.found.errors_s) > 110
    assert min(dated.f1, known.f1) >= 0.98
    assert abs(np.median(dated.found.errors_s)) <= 0.040
    assert abs(np.median(known.found.errors_s)) <= 0.040


def test_a_level_alone_does_worse(scores):
    assert scores["20 N"].f1 < 0.5
    assert scores["50 N"].f1 < 0.8
    assert scores["100 N"].f1 < 0.9
    best = max(s.f1 for name, s in scores.items() if not name.startswith("rehabsim"))
    assert scores["rehabsim, with shear: when known"].f1 >= best


def test_stances_of_a_c3d_file_are_those_of_50_newtons(folder):
    if importlib.util.find_spec("ezc3d") is None:
        pytest.skip("ezc3d is not installed: pip install 'rehabsim[c3d]'")
    stances = score_stances(folder)
    if not stances:
        pytest.skip("two_plates_1khz.c3d is not here")
    assert [stance.side for stance in stances] == ["left", "right"]
    for stance in stances:
        (over_s, under_s), (strike_s, lift_s) = stance.over_s, stance.found_s
        assert strike_s == pytest.approx(over_s, abs=0.010)
        assert lift_s == pytest.approx(under_s, abs=0.010)
        assert lift_s - strike_s == pytest.approx(under_s - over_s, abs=0.010)


def test_inertia_fitted_on_one_recording_is_taken_off_another(folder):
    if not all((folder / name).exists() for name in UNLOADED_FILES.values()):
        pytest.skip("the recordings of an empty treadmill are not here")
    for found in score_inertia(folder):
        removed = 1 - found.after_nm / found.before_nm
        assert removed > {"fast": 0.75, "slow": 0.43}[found.tested]
