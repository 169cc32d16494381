from math import inf, nan

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from rehabsim.base.config import Strict, check, load_toml
from rehabsim.base.errors import ConfigError
from rehabsim.base.limits import Limits, PerturbationLimits, PlatformLimits
from rehabsim.base.site import DeviceTable, Endpoints, Session, Site

LIMITS = {
    "max_speed_mps": 2.0,
    "max_accel_mps2": 0.5,
    "max_jerk_mps3": 2.0,
    "max_start_accel_mps2": 0.25,
    "max_split_mps": 0.3,
    "max_incline_rad": 0.14,
    "max_incline_rate_radps": 0.02,
    "ramp_mps2": 0.5,
    "fast_mps2": 1.0,
    "fall_mps2": 2.0,
    "max_wish_age_s": 0.1,
    "max_belt_age_s": 0.1,
    "max_plate_age_s": 0.1,
    "max_harness_age_s": 0.2,
    "hold_operator_age_s": 1.0,
    "max_operator_age_s": 2.0,
    "max_display_age_s": 0.3,
    "max_hold_s": 2.0,
    "max_ahead_m": 0.7,
    "max_behind_m": 0.7,
    "armed_life_s": 10.0,
}
SITE = {
    "name": "room 1",
    "treadmill": {"kind": "bertec_treadmill", "url": "sim:", "max_speed_mps": 2.5},
    "plates": {"kind": "rs_plates", "url": "sim:"},
    "limits": LIMITS,
    "publish": {"state_url": "tcp://a:1", "request_url": "tcp://a:2", "page_port": 8600},
}


def complaint(table: object, model: type) -> str:
    with pytest.raises(ConfigError) as caught:
        check(table, model, where="site.toml")
    message = str(caught.value)
    assert message.startswith("site.toml: ")
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_a_right_table_becomes_its_model():
    site = check(SITE, Site, where="site.toml")
    assert site.limits.max_speed_mps == 2.0
    assert site.treadmill.model_dump()["max_speed_mps"] == 2.5
    assert isinstance(site.publish, Endpoints)


def test_an_unknown_key_is_named_with_its_likely_meaning_and_all_known_ones():
    message = complaint(LIMITS | {"max_sped_mps": 1.0}, Limits)
    assert "max_sped_mps: unknown key. Did you mean max_speed_mps? Known: armed_life_s," in message
    for key in LIMITS:
        assert key in message


def test_a_key_like_no_other_gets_no_guess():
    message = complaint(LIMITS | {"zzz": 1.0}, Limits)
    assert "zzz: unknown key. Known: " in message


def test_an_unknown_key_inside_a_table_lists_the_keys_of_that_table():
    message = complaint(SITE | {"limits": LIMITS | {"max_sped_mps": 1.0}}, Site)
    assert "limits.max_sped_mps: unknown key. Did you mean max_speed_mps?" in message
    assert "page_port" not in message


def test_an_unknown_key_below_a_free_table_lists_nothing_wrong():
    class Point(Strict):
        x_m: float

    class Room(Strict):
        points: list[Point]

    message = complaint({"points": [{"x_m": 1.0, "y_m": 2.0}]}, Room)
    assert "points.0.y_m: unknown key." in message


@pytest.mark.parametrize("key", LIMITS)
def test_a_missing_limit_is_named_because_someone_has_to_decide(key):
    message = complaint({k: v for k, v in LIMITS.items() if k != key}, Limits)
    assert f"{key}: missing; it has no default, someone has to decide" in message


def test_every_fault_is_told_at_once():
    message = complaint(LIMITS | {"max_speed_mps": "2", "ramp_mps2": -1.0, "off": True}, Limits)
    assert "max_speed_mps = '2'" in message
    assert "ramp_mps2 = -1.0" in message
    assert "off: unknown key" in message


@pytest.mark.parametrize("key", LIMITS)
@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_a_limit_that_is_not_finite_is_refused(key, value):
    assert f"{key} = {value!r}: should be" in complaint(LIMITS | {key: value}, Limits)


@pytest.mark.parametrize("key", LIMITS)
@pytest.mark.parametrize("value", ["2", True, None, [2.0], -0.001, 1e9])
def test_a_limit_of_the_wrong_type_or_size_is_refused(key, value):
    assert f"{key} = {value!r}: should be" in complaint(LIMITS | {key: value}, Limits)


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("max_speed_mps", "m/s"),
        ("ramp_mps2", "m/s²"),
        ("max_incline_rad", "rad"),
        ("max_incline_rate_radps", "rad/s"),
        ("max_wish_age_s", "s"),
    ],
)
def test_a_wrong_number_is_told_its_unit(key, unit):
    assert complaint(LIMITS | {key: "5 km/h"}, Limits).endswith(f" (a number in {unit}).")


def test_a_key_without_a_unit_is_told_none():
    assert complaint(SITE | {"name": 3}, Site) == "site.toml: name = 3: should be a valid string."


@pytest.mark.parametrize("table", [[], 3, "limits", None])
def test_what_is_no_table_is_said_to_be_none(table):
    assert f"everything: should be a table of keys, this is {table!r}" in complaint(table, Limits)
    assert f"limits: should be a table of keys, this is {table!r}" in complaint(
        SITE | {"limits": table}, Site
    )


def test_a_whole_number_is_a_number():
    assert check(LIMITS | {"max_speed_mps": 1}, Limits, where="x").max_speed_mps == 1.0


def test_configuration_never_changes():
    limits = check(LIMITS, Limits, where="x")
    with pytest.raises(ValidationError, match="frozen"):
        limits.max_speed_mps = 9.0
    with pytest.raises(ValidationError, match="frozen"):
        check(SITE, Site, where="x").treadmill.url = "tcp://elsewhere:1"


@pytest.mark.parametrize(
    "key", ["max_accel_mps2", "max_start_accel_mps2", "ramp_mps2", "fast_mps2"]
)
def test_an_acceleration_that_no_treadmill_can_be_told_is_refused(key):
    assert check(LIMITS | {key: 0.01}, Limits, where="x")
    assert f"{key} = 0.0004: should be" in complaint(LIMITS | {key: 0.0004}, Limits)


def test_a_seed_is_a_whole_number_that_fits_a_log():
    assert check({"scenario": "boat", "seed": 2**63 - 1}, Session, where="x").seed == 2**63 - 1
    for seed in (-1, 2**63, 1.5, True):
        assert "seed = " in complaint({"scenario": "boat", "seed": seed}, Session)


def test_a_device_table_needs_its_kind_and_its_address_and_keeps_the_rest():
    assert DeviceTable.model_validate({"kind": "a", "url": "b", "c": 1}).model_dump() == {
        "kind": "a",
        "url": "b",
        "c": 1,
    }
    assert "url: missing" in complaint({"kind": "a"}, DeviceTable)


# -- tightening ----------------------------------------------------------------------------


def within(lowest: float, highest: float) -> st.SearchStrategy[float]:
    return st.floats(lowest, highest, allow_nan=False)


ages = within(0.02, 1)
accels = within(0.01, 25)
perturbations = st.builds(
    PerturbationLimits,
    max_speed_mps=within(0, 5),
    max_change_mps=within(0, 5),
    max_accel_mps2=accels,
    max_jerk_mps3=within(0.1, 1000),
    max_split_mps=within(0, 5),
    max_duration_s=within(0.01, 5),
    min_pause_s=within(0, 600),
    needs_harness=st.booleans(),
)
limits_of_any_room = st.builds(
    Limits,
    max_speed_mps=within(0, 5),
    max_accel_mps2=accels,
    max_jerk_mps3=within(0.1, 1000),
    max_start_accel_mps2=accels,
    max_split_mps=within(0, 5),
    max_incline_rad=within(0, 0.3),
    max_incline_rate_radps=within(0.001, 0.2),
    ramp_mps2=accels,
    fast_mps2=accels,
    fall_mps2=accels,
    max_wish_age_s=ages,
    max_belt_age_s=ages,
    max_plate_age_s=ages,
    max_harness_age_s=ages,
    hold_operator_age_s=within(0.2, 30),
    max_operator_age_s=within(0.2, 30),
    max_display_age_s=within(0.05, 5),
    max_hold_s=within(0.1, 10),
    max_ahead_m=within(0.01, 3),
    max_behind_m=within(0.01, 3),
    armed_life_s=within(1, 60),
    perturbation=st.none() | perturbations,
)


@given(limits_of_any_room, limits_of_any_room)
def test_tightened_limits_are_never_looser_than_either(room, person):
    tight, both = room.tightened_by(person), (room, person)
    for key in set(Limits.model_fields) - {"perturbation"}:
        assert getattr(tight, key) == min(getattr(one, key) for one in both)
    inner = [one.perturbation for one in both]
    if None in inner:
        assert tight.perturbation is None
        return
    for key, value in tight.perturbation.model_dump().items():
        values = [getattr(one, key) for one in inner]
        is_least = key not in ("min_pause_s", "needs_harness")
        assert value == (min(values) if is_least else max(values))


@given(limits_of_any_room, limits_of_any_room)
def test_it_does_not_matter_who_tightens_whom_or_how_often(room, person):
    tight = room.tightened_by(person)
    assert tight == person.tightened_by(room) == tight.tightened_by(person) == tight
    assert room.tightened_by(room) == room


# -- files ---------------------------------------------------------------------------------


def file_complaint(path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_toml(path, Session)
    return str(caught.value)


def test_a_file_is_read_and_checked(tmp_path):
    path = tmp_path / "session.toml"
    path.write_text(
        'scenario = "boat"\ncruise_speed_mps = 1\n[params]\nswell = "größer"\n', "utf-8"
    )
    session = load_toml(path, Session)
    assert (session.scenario, session.cruise_speed_mps) == ("boat", 1.0)
    assert session.params == {"swell": "größer"}


def test_a_fault_in_a_file_names_the_file(tmp_path):
    path = tmp_path / "session.toml"
    path.write_text('scenari = "boat"\n')
    message = file_complaint(path)
    assert message.startswith(f"{path}: ")
    assert "Did you mean scenario?" in message


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    path = tmp_path / "none.toml"
    assert file_complaint(path) == f"{path}: no such file."


def test_a_file_that_cannot_be_read_is_said_to_be_so(tmp_path):
    assert f"{tmp_path}: cannot be read: " in file_complaint(tmp_path)
    path = tmp_path / "latin.toml"
    path.write_bytes(b'scenario = "\xe9"')
    assert f"{path}: cannot be read: " in file_complaint(path)


def test_a_file_that_is_not_toml_is_told_where_it_breaks(tmp_path):
    path = tmp_path / "session.toml"
    path.write_text("scenario = boat\n")
    assert file_complaint(path).startswith(f"{path}: not a TOML file: ")
    assert "line 1" in file_complaint(path)


# -- the platform's limits -----------------------------------------------------------------

PLATFORM = {
    "max_x_m": 0.1,
    "max_y_m": 0.1,
    "max_z_m": 0.1,
    "max_roll_rad": 0.14,
    "max_pitch_rad": 0.14,
    "max_yaw_rad": 0.14,
    "max_speed_mps": 0.2,
    "max_rate_radps": 0.35,
    "max_accel_mps2": 1.0,
    "max_accel_radps2": 1.75,
    "max_perturb_speed_mps": 0.3,
    "max_perturb_rate_radps": 0.7,
    "max_perturb_accel_mps2": 3.0,
    "max_perturb_accel_radps2": 7.0,
    "max_perturb_s": 0.6,
    "min_calm_s": 3.0,
    "freeze_mps2": 3.0,
    "freeze_radps2": 7.0,
    "max_settle_speed_mps": 0.02,
    "max_settle_rate_radps": 0.017,
    "max_wish_age_s": 0.1,
    "max_sample_age_s": 0.1,
    "max_error_m": 0.04,
    "max_error_rad": 0.07,
    "max_error_s": 0.15,
}


def test_a_platform_and_its_limits_are_told_together_or_not_at_all():
    base = {"kind": "moog_6dof2000e", "url": "sim:"}
    whole = check(SITE | {"platform": base, "platform_limits": PLATFORM}, Site, where="site.toml")
    assert whole.platform_limits.max_x_m == 0.1
    assert complaint(SITE | {"platform": base}, Site) == (
        "site.toml: platform_limits: missing; a [platform] moves people, someone has to decide how"
        " far."
    )
    assert complaint(SITE | {"platform_limits": PLATFORM}, Site) == (
        "site.toml: platform: missing; [platform_limits] are of no use without one."
    )
    less = {key: value for key, value in PLATFORM.items() if key != "max_x_m"}
    text = complaint(SITE | {"platform": base, "platform_limits": less}, Site)
    assert "platform_limits.max_x_m: missing" in text


@pytest.mark.parametrize("key", PLATFORM)
def test_no_limit_of_the_platform_has_a_default_or_may_be_off(key):
    less = {name: value for name, value in PLATFORM.items() if name != key}
    assert f"{key}: missing" in complaint(less, PlatformLimits)
    for value in (nan, inf, -0.001):
        assert key in complaint(PLATFORM | {key: value}, PlatformLimits)


@pytest.mark.parametrize(
    ("lesser", "greater"),
    [
        ("max_speed_mps", "max_perturb_speed_mps"),
        ("max_rate_radps", "max_perturb_rate_radps"),
        ("max_accel_mps2", "max_perturb_accel_mps2"),
        ("max_accel_radps2", "max_perturb_accel_radps2"),
        ("max_settle_speed_mps", "max_speed_mps"),
        ("max_settle_rate_radps", "max_rate_radps"),
        ("max_perturb_accel_mps2", "freeze_mps2"),
        ("max_perturb_accel_radps2", "freeze_radps2"),
    ],
)
def test_limits_of_the_platform_that_contradict_each_other_are_refused(lesser, greater):
    equal = PLATFORM | {lesser: PLATFORM[greater]}
    assert getattr(check(equal, PlatformLimits, where="site.toml"), lesser) == PLATFORM[greater]
    text = complaint(PLATFORM | {lesser: PLATFORM[greater] * 1.001}, PlatformLimits)
    assert f"{lesser} = " in text
    assert f"is above {greater} = {PLATFORM[greater]}" in text


@pytest.mark.parametrize("unit", ["mps", "radps"])
def test_a_freeze_that_takes_longer_than_a_tenth_of_a_second_is_refused(unit):
    fastest = {"mps": "max_perturb_speed_mps", "radps": "max_perturb_rate_radps"}[unit]
    slow = PLATFORM[f"freeze_{unit}2"] * 0.1001
    text = complaint(PLATFORM | {fastest: slow}, PlatformLimits)
    assert f"freeze_{unit}2 = " in text
    assert "it may take 0.1 s" in text


@given(st.data())
def test_tightened_platform_limits_are_never_looser_than_either(data):
    tables = [
        PLATFORM
        | {
            key: PLATFORM[key] * data.draw(st.floats(0.5, 1.0))
            for key in data.draw(st.sets(st.sampled_from(["max_x_m", "max_speed_mps", *PLATFORM])))
            if not key.startswith("freeze")
        }
        for _ in range(2)
    ]
    try:
        one, two = (PlatformLimits(**table) for table in tables)
    except ValidationError:
        assume(False)
    both = one.tightened_by(two).model_dump()
    for key, value in both.items():
        strictest = max if key == "min_calm_s" else min
        assert value == strictest(one.model_dump()[key], two.model_dump()[key])
