import numpy as np
import pytest
from firmware.library import ffi, lib
from firmware.vectors import VECTORS

from rehabsim.devices.rs_plates import decode_frame, encode_frame


def c_frame(wrench, *, sequence=5, t_us=6, dt_us=1000, flags=0, count=None, room=800) -> bytes:
    count = len(wrench) if count is None else count
    bits = [int(bits) for bits in np.ascontiguousarray(wrench, "<f4").view("<u4").ravel()]
    header = ffi.new("RsPlatesHeader *", (sequence, t_us, dt_us, count, flags))
    out = ffi.new("uint8_t[]", max(room, 1))
    length = lib.rs_plates_frame(header, ffi.new("uint32_t[]", bits or [0]), out, room)
    return bytes(ffi.buffer(out, length))


@pytest.mark.parametrize("count", range(1, 17))
def test_c_makes_the_frames_that_the_driver_reads(count):
    wrench = np.random.default_rng(count).normal(0, 300, (count, 12)).astype(np.float32)
    wrench[0, 0] = np.nan
    frame = c_frame(wrench, sequence=2**32 - 1, t_us=2**40 + 3, dt_us=65535, flags=count % 4)
    assert frame == encode_frame(2**32 - 1, 2**40 + 3, 65535, wrench, flags=count % 4)
    sequence, t_us, dt_us, read = decode_frame(frame[:-1])
    assert (sequence, t_us, dt_us) == (2**32 - 1, 2**40 + 3, 65535)
    assert np.array_equal(read, wrench, equal_nan=True)


@pytest.mark.parametrize(
    "wrong", [{"count": 0}, {"count": 17}, {"dt_us": 0}, {"flags": 4}, {"flags": 255}, {"room": 70}]
)
def test_what_cannot_be_is_not_written(wrong):
    assert c_frame(np.zeros((17, 12), np.float32)[:1], **wrong) == b""


def test_dt_may_be_a_single_microsecond():
    assert c_frame(np.zeros((1, 12)), dt_us=1) == encode_frame(5, 6, 1, np.zeros((1, 12)))


def test_the_vector_is_what_both_make():
    (vector,) = [vector for vector in VECTORS if vector.name == "PLATES"]
    v = vector.values
    wrench = np.zeros((v["count"], 12), np.float32)
    wrench[0, [2, 8]], wrench[1, [2, 8]] = [350.5, 400.25], [351, -0.5]
    assert wrench.view("<u4")[0, 2] == v["left_fz_n_1"]
    assert wrench.view("<u4")[1, 8] == v["right_fz_n_2"]
    words = {"sequence": v["sequence"], "dt_us": v["dt_us"], "flags": v["flags"]}
    assert c_frame(wrench, t_us=v["device_t_us"], **words) == vector.frame
