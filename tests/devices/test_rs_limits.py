import struct
import subprocess
import sys
import zlib

import pytest

from rehabsim.base.config import load_toml
from rehabsim.base.limits import ASTRAY_MPS, DRIVE_LAG_S, Limits
from rehabsim.base.site import Site
from rehabsim.devices.rs_limits import RsLimits, header, limits_of_room
from rehabsim.safety.causes import CAUSES
from rehabsim.session.setup import SIMULATED_SITE

SIMULATED = load_toml(SIMULATED_SITE, Site).limits
LIMITS = SIMULATED.model_copy(update={"perturbation": None, "fall_mps2": 1.0})
ROOM = limits_of_room(LIMITS)


def with_(**changes) -> RsLimits:
    return limits_of_room(LIMITS.model_copy(update=changes))


def test_the_numbers_are_whole_and_in_the_units_of_the_wire():
    room = with_(
        max_speed_mps=1.5, max_split_mps=0.25, max_incline_rad=0.1, fast_mps2=0.9, fall_mps2=0.8
    )
    assert room.max_speed_umps == 1_500_000
    assert room.max_split_umps == 250_000
    assert room.max_incline_urad == 100_000
    assert (room.ramp_mmps2, room.fast_mmps2) == (500, 900)
    assert room.max_incline_rate_uradps == 20_000


@pytest.mark.parametrize("name", [name for name in Limits.model_fields if name.endswith("_mps2")])
def test_the_steepest_ramp_of_any_mode_is_the_limit(name):
    assert with_(**{name: 3.0}).max_accel_mmps2 == 3000


def test_a_mode_of_its_own_counts_when_it_is_wider():
    numbers = {"max_accel_mps2": 5.0, "max_split_mps": 0.8, "max_speed_mps": 2.2}
    wide = SIMULATED.perturbation.model_copy(update=numbers)
    assert with_(perturbation=wide) == ROOM._replace(
        max_accel_mmps2=5000, max_split_umps=800_000, max_speed_umps=2_200_000
    )
    numbers = {"max_accel_mps2": 0.1, "max_split_mps": 0.1, "max_speed_mps": 0.1}
    assert with_(perturbation=wide.model_copy(update=numbers)) == ROOM


def test_the_hardest_stop_is_that_of_someone_who_is_down_already():
    assert with_(fall_mps2=2.0).fast_mmps2 == 2000
    assert with_(fall_mps2=0.7).fast_mmps2 == 1000


def test_the_checksum_is_over_the_tag_and_ten_little_endian_numbers():
    packed = struct.pack("<10i", *ROOM)
    assert ROOM.checksum == zlib.crc32(b"rs_treadmill limits 2" + packed)


@pytest.mark.parametrize("name", RsLimits._fields)
def test_any_other_number_is_another_checksum(name):
    assert ROOM._replace(**{name: getattr(ROOM, name) + 1}).checksum != ROOM.checksum


def test_the_firmware_gets_5_percent_more_but_no_harder_stop():
    wide = ROOM.widened()
    assert wide.max_speed_umps == 2_100_000
    assert wide.max_accel_mmps2 == 1050
    assert (wide.ramp_mmps2, wide.fast_mmps2) == (ROOM.ramp_mmps2, ROOM.fast_mmps2)
    assert all(ours <= theirs for ours, theirs in zip(ROOM, wide, strict=True))
    assert wide.max_astray_umps == 157_500
    spoken = wide._replace(max_astray_ms=ROOM.max_astray_ms)
    assert all(20 * theirs <= 21 * ours for ours, theirs in zip(ROOM, spoken, strict=True))


def test_the_firmware_waits_for_the_keeper_before_it_calls_belts_astray():
    wide = ROOM.widened()
    keeper_ms = 1000 * CAUSES["runaway"].after_s
    slowest_report_ms, tick_ms, look_ms = 10, 4, 20
    assert wide.max_astray_ms > keeper_ms + slowest_report_ms + tick_ms + look_ms
    assert wide.max_astray_umps > 1e6 * ASTRAY_MPS
    assert wide.lag_ms == 1000 * DRIVE_LAG_S


def test_the_header_holds_the_wider_numbers_and_the_checksum_of_the_others():
    words = [sys.executable, "-m", "rehabsim.devices.rs_limits", str(SIMULATED_SITE)]
    made = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    room = limits_of_room(SIMULATED)
    assert made == header(room, "simulated laboratory")
    assert f".checksum = 0x{room.checksum:08X}u," in made
    for name, value in room.widened()._asdict().items():
        assert f".{name} = {value}," in made


def test_no_name_of_a_room_ends_the_comment():
    made = header(ROOM, "a */ int x; /* \\ \n b")
    assert made.splitlines()[0].count("*/") == 1
    assert made.splitlines()[0].endswith("do not edit. */")
