"""Bars, areas and letters of the terminal client."""

from math import nan

import pytest

from rehabsim.base.records import MODES
from rehabsim.web import watch_draw as draw


@pytest.mark.parametrize("word", [*MODES, "unknown", "waiting"])
def test_every_word_of_the_mode_panel_can_be_drawn(word):
    assert set(word.upper()) <= set(draw.LETTERS)
    lines = draw.big(word)
    assert len({len(line) for line in lines}) == 1
    assert len(lines) == 3


@pytest.mark.parametrize("letter", sorted(draw.LETTERS))
def test_every_letter_has_six_rows_of_one_width(letter):
    rows = draw.LETTERS[letter].split()
    assert len(rows) == 6
    assert len({len(row) for row in rows}) == 1
    assert set("".join(rows)) <= set("#.")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "········"),
        (1.0, "████····"),
        (1.125, "████▌···"),
        (2.0, "████████"),
        (9.0, "████████"),
        (-1.0, "········"),
        (nan, "········"),
    ],
)
def test_a_bar_is_as_long_as_its_value(value, expected):
    assert draw.bar(value, 2.0, 8, []) == expected


def test_marks_stand_where_their_value_is_and_absent_ones_nowhere():
    assert draw.bar(0.0, 2.0, 8, [(1.0, "W"), (2.0, "C"), (nan, "X")]) == "···W···C"
    assert draw.bar(0.0, 2.0, 8, [(5.0, "C")]) == "·······C"


def test_an_area_shows_the_newest_values_at_the_right():
    assert draw.area([8.0, 0.0, 4.0], 8.0, 3, 1) == ["█ ▄"]
    assert draw.area([8.0, 16.0], 16.0, 3, 2) == ["  █", " ██"]
    assert draw.area([1.0, 2.0, 8.0], 8.0, 1, 1) == ["█"]


def test_an_area_leaves_what_was_not_measured_empty():
    assert draw.area([nan, 8.0], 8.0, 2, 1) == [" █"]
    assert draw.area([], 8.0, 2, 1) == ["  "]


def test_a_number_that_is_not_measured_is_a_dash():
    assert draw.number(nan, ".2f", " m") == "–"
    assert draw.number(1.234, ".2f", " m") == "1.23 m"


def test_session_time_counts_minutes():
    assert draw.clock(0.0) == "0:00.0"
    assert draw.clock(59.97) == "1:00.0"
    assert draw.clock(754.26) == "12:34.3"
