"""A campaign that goes on where it was broken off."""

from typing import NamedTuple

import numpy as np
import pytest
from faults import kept
from faults.figures import Row


class Case(NamedTuple):
    number: int


class Found(NamedTuple):
    half: float


def halve(case):
    if case.number == 3:
        raise KeyboardInterrupt
    return Found(case.number / 2)


def quarter(case):
    return Found(case.number / 4)


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch):
    monkeypatch.setattr(kept, "study", lambda measure, cases: [measure(case) for case in cases])
    monkeypatch.setattr(kept, "PORTION", 2)


def test_what_was_done_before_a_break_is_not_done_again(tmp_path, monkeypatch):
    monkeypatch.setenv("REHABSIM_KEEP", str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        kept.study_once(halve, [Case(n) for n in range(5)], Found)
    done = []

    def again(case):
        done.append(case.number)
        return Found(case.number / 2)

    again.__name__ = "halve"
    founds = kept.study_once(again, [Case(n) for n in range(5)], Found)
    assert founds == [Found(n / 2) for n in range(5)]
    assert done == [2, 3, 4]


def test_another_measure_has_another_shelf(tmp_path, monkeypatch):
    monkeypatch.setenv("REHABSIM_KEEP", str(tmp_path))
    kept.study_once(halve, [Case(2)], Found)
    assert kept.study_once(quarter, [Case(2)], Found) == [Found(0.5)]


def test_nothing_is_kept_unless_a_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("REHABSIM_KEEP", raising=False)
    monkeypatch.chdir(tmp_path)
    kept.study_once(halve, [Case(2)], Found)
    assert list(tmp_path.iterdir()) == []


def test_no_number_survives(tmp_path, monkeypatch):
    """A fault that nothing followed has no time to its stop."""
    monkeypatch.setenv("REHABSIM_KEEP", str(tmp_path))

    def nothing(_):
        return Found(float("nan"))

    for _ in range(2):
        (found,) = kept.study_once(nothing, [Case(1)], Found)
        assert found.half != found.half


def test_rows_that_were_made_are_kept_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setenv("REHABSIM_KEEP", str(tmp_path))
    row = Row("belts rest", 2, 1, [np.float64(1.5), float("nan")], "ms", "2 ms", "slow")
    made = []

    def make(count):
        made.append(count)
        yield row

    first, second = (kept.rows_once("belts", "rest", count, make) for count in (3, 2))
    assert first[0][:3] == second[0][:3] == row[:3]
    assert second[0].values[0] == 1.5
    assert second[0].values[1] != second[0].values[1]
    assert made == [3]
    kept.rows_once("belts", "rest", 4, make)
    assert made == [3, 4]
    assert kept.rows_once("belts", "stop", 1, make)
    assert made == [3, 4, 1]
