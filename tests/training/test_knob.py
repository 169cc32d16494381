"""What parameters mean to a therapist."""

from typing import Annotated

import pytest
from pydantic import Field

from rehabsim.base.config import Strict
from rehabsim.training.knob import Knob, dials_of


class Params(Strict):
    gate_width_m: Annotated[
        float, Field(ge=3, le=60), Knob("gates {} m wide", is_live=True, harder="less")
    ] = 12.0
    wave_count: Annotated[int, Field(gt=0, lt=9), Knob("{} waves")] = 3
    unexplained_m: Annotated[float, Field(ge=0, le=1)] = 0.5


def test_parameters_with_a_knob_are_dials_with_the_range_of_their_field():
    width, count = dials_of(Params)
    assert (width.name, width.low, width.high) == ("gate_width_m", 3.0, 60.0)
    assert width.knob.is_live
    assert width.knob.harder == "less"
    assert (count.name, count.low, count.high, count.knob.is_live) == ("wave_count", 0, 9, False)


def test_a_dial_says_a_value_in_plain_words():
    assert dials_of(Params)[0].words(4.4) == "gates 4.4 m wide"


def test_a_knob_without_a_range_or_on_no_number_is_a_mistake():
    class Endless(Strict):
        far_m: Annotated[float, Field(ge=0), Knob("{} m")] = 1.0

    class Word(Strict):
        name: Annotated[str, Knob("called {}")] = "a"

    with pytest.raises(TypeError, match="far_m: a knob needs a number with a least and a greatest"):
        dials_of(Endless)
    with pytest.raises(TypeError, match="name: a knob needs a number"):
        dials_of(Word)
