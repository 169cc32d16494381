"""What each cause says, word for word, and its exact numbers."""

from math import inf, nan, nextafter

import pytest
from msgspec import structs
from safety.bench import LIMITS, SOMEONE, STILL, inputs

from rehabsim.base.records import Wish
from rehabsim.safety.causes import age_cause, conditions
from rehabsim.safety.following import Due

AT_REST = (Due(0.0, 0.0), Due(0.0, 0.0))
STUCK = "a force plate repeats the same numbers (cable or amplifier)"
SATURATED = "a force plate is at the end of its range"
EXCHANGED = (
    "the feet seem wider apart than the belts' middles: the left and the right force plate are"
    " exchanged (cables, or the site file)"
)
LATE = "the last sign of the console in command is 2.000 s old, limit 1.000 s"
SILENT = "the last sign of the console in command is 3.000 s old, limit {} s"
INSANE = "the wish {}, 0.0 m/s, 0.0 rad is not a number or negative"
NO_SPEED = "the treadmill reports a speed that is not a number"


def found(**spoilt):
    return conditions(inputs(10**10, **spoilt), AT_REST, LIMITS)


def of_person(**changes):
    return found(person=structs.replace(SOMEONE, **changes))


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ({}, {}),
        ({"is_emergency": True}, {"emergency_stop": "the emergency stop is pressed"}),
        (
            {"hold": "its door is open"},
            {"treadmill_holds": "the treadmill holds its belts: its door is open"},
        ),
        ({"has_treadmill": False}, {"treadmill_lost": "the treadmill's link is lost"}),
        ({"belt": None}, {"treadmill_lost": "the treadmill has not reported"}),
        ({"belt": (nan, 0.0)}, {"treadmill_lost": NO_SPEED}),
        ({"belt": (0.0, inf)}, {"treadmill_lost": NO_SPEED}),
        (
            {"belt_age_ns": 200_000_000, "belt": (3.0, 3.0)},
            {"treadmill_lost": "the treadmill's last report is 0.200 s old, limit 0.110 s"},
        ),
        ({"wish": None}, {"session_silent": "the session has not spoken"}),
        (
            {"wish_age_ns": 200_000_000},
            {"session_silent": "the session's last wish is 0.200 s old, limit 0.100 s"},
        ),
        (
            {"plate_age_ns": 200_000_000},
            {"plates_silent": "the newest force-plate sample is 0.200 s old, limit 0.120 s"},
        ),
        ({"operator_age_ns": 2_000_000_000}, {"operator_late": LATE}),
        (
            {"operator_age_ns": 3_000_000_000},
            {"operator_silent": SILENT.format("2.500"), "operator_late": SILENT.format("1.000")},
        ),
        (
            {"display_age_ns": 10**10},
            {"display_late": "no display has shown this session yet"},
        ),
        (
            {"display_age_ns": 10**10 - 1},
            {"display_late": "the picture on the display is 10.000 s old, limit 0.300 s"},
        ),
        ({"display_age_ns": 300_000_000}, {}),
        ({"display_age_ns": 10**10 + 1}, {}),
        ({"platform_cause": "the platform is down"}, {"platform_unfit": "the platform is down"}),
        (
            {"harness_age_ns": 300_000_000},
            {"harness_silent": "the newest reading of the harness is 0.300 s old, limit 0.200 s"},
        ),
        ({"harness_age_ns": 200_000_000}, {}),
        ({"harness_age_ns": 10**10 + 1}, {}),
        ({"wish": Wish(nan, 0.0)}, {"wish_insane": INSANE.format("nan")}),
        ({"wish": Wish(-1.0, 0.0)}, {"wish_insane": INSANE.format("-1.0")}),
        ({"plates": "stuck"}, {"plates_stuck": STUCK}),
        ({"plates": "saturated"}, {"plates_saturated": SATURATED}),
        ({"plates": "exchanged"}, {"plates_exchanged": EXCHANGED}),
    ],
)
def test_each_condition_is_found_and_told_in_its_words(spoilt, words):
    assert found(**{"wish": STILL} | spoilt) == words


FALLEN = (
    "the person has fallen: 49 % of body weight on the plates, pressure -0.70 m ahead, 20 N on the"
    " harness"
)
OFF = (
    "the person stands -0.70 m ahead of mid-belt and 0.00 m to the left, limits -0.65 to 0.50 m and"
    " 0.60 m"
)
MEAN = "the plates bear {} % of the person's weight on average"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, {}),
        ({"load_n": 345.8, "cop_x_m": -0.7}, {"fallen": FALLEN, "off_centre": OFF}),
        ({"harness_n": 400.0}, {"hanging": "the harness bears 57 % of body weight"}),
        (
            {"load_n": 135.8},
            {"plates_empty": "the plates bear 136 N, 19 % of body weight"},
        ),
        ({"mean_load_n": 980.0}, {"crowded": MEAN.format(140)}),
        ({"mean_load_n": 70.0}, {"light": MEAN.format(10)}),
        ({"body_weight_n": nextafter(0.0, 1), "load_n": 0.0, "harness_n": 0.0}, None),
        ({"body_weight_n": 0.0, "load_n": 0.0, "harness_n": 999.0}, {}),
        ({"body_weight_n": nan, "load_n": 0.0, "harness_n": 999.0}, {}),
        (
            {"is_expected": False, "load_n": 130.0},
            {"stepped_on": "the plates bear 130 N where nobody should stand, limit 100 N"},
        ),
        ({"is_expected": False, "load_n": nan}, None),
        ({"is_expected": False, "load_n": 100.0, "harness_n": 999.0}, {}),
    ],
)
def test_each_condition_of_the_person_is_found_and_told_in_its_words(changes, words):
    names = of_person(**changes)
    assert names == words if words is not None else names


@pytest.mark.parametrize(
    ("changes", "name", "is_found"),
    [
        ({"load_n": nextafter(350.0, 0), "cop_x_m": 9.0}, "fallen", True),
        ({"load_n": 350.0, "cop_x_m": 9.0}, "fallen", False),
        ({"harness_n": nextafter(210.0, 300), "cop_x_m": 9.0}, "fallen", True),
        ({"harness_n": 210.0, "cop_x_m": 9.0}, "fallen", False),
        ({"harness_n": nextafter(210.0, 300)}, "hanging", True),
        ({"harness_n": 210.0}, "hanging", False),
        ({"mean_load_n": nextafter(910.0, 999)}, "crowded", True),
        ({"mean_load_n": 910.0}, "crowded", False),
        ({"mean_load_n": nextafter(350.0, 0)}, "light", True),
        ({"mean_load_n": 350.0}, "light", False),
        ({"cop_y_m": -0.6}, "off_centre", False),
        ({"cop_x_m": inf}, "off_centre", False),
        ({"cop_x_m": 9.0, "cop_y_m": inf}, "off_centre", False),
    ],
)
def test_each_boundary_of_the_person_is_exact(changes, name, is_found):
    assert (name in of_person(**changes)) is is_found


@pytest.mark.parametrize(
    ("age_ns", "is_fine"),
    [
        (100_000_000, True),
        (100_000_001, False),
        (-20_000_000, True),
        (-20_000_001, False),
        (0, True),
    ],
)
def test_an_age_is_fine_up_to_its_limit_and_a_little_before_now(age_ns, is_fine):
    words = f"it is {age_ns / 1e9:.3f} s old, limit 0.100 s"
    assert age_cause("it", age_ns, 0.1) == ("" if is_fine else words)
