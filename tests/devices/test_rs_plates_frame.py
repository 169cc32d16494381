"""The frame of two force plates, against firmware_stubs/PROTOCOL.md written down again."""

import struct
import zlib

import numpy as np
import pytest
from devices.feet import MASK, frame, hear
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rehabsim.devices.rs_plates import decode_frame, encode_frame

# -- the layout, written down a second time ------------------------------------------------


def cobs_of(raw):
    """Consistent overhead byte stuffing: each block says how far away its next zero is."""
    out = b""
    for block in raw.split(b"\0"):
        full_end = len(block) - len(block) % 254
        for start in range(0, full_end, 254):
            out += b"\xff" + block[start : start + 254]
        out += bytes([len(block) - full_end + 1]) + block[full_end:]
    return out


def frame_of_the_table(sequence, device_t_us, dt_us, rows, *, flags=0, version=1, kind=0x50):
    raw = struct.pack("<BBBB", version, kind, len(rows), flags)
    raw += struct.pack("<IQHH", sequence, device_t_us, dt_us, 0)
    raw += b"".join(struct.pack("<12f", *row) for row in rows)
    return cobs_of(raw + struct.pack("<I", zlib.crc32(raw))) + b"\0"


wrenches = st.integers(1, 16).flatmap(
    lambda count: arrays(
        np.float32, (count, 12), elements=st.floats(-5000, 5000, width=32, allow_nan=False)
    )
)
frames = st.tuples(
    st.integers(0, MASK), st.integers(0, 2**64 - 1), st.integers(1, 2**16 - 1), wrenches
)


@given(frames, st.integers(0, 3))
def test_a_frame_is_that_of_the_byte_table_and_comes_back_bit_for_bit(contents, flags):
    sequence, device_t_us, dt_us, wrench = contents
    encoded = encode_frame(sequence, device_t_us, dt_us, wrench, flags=flags)
    assert encoded.count(b"\0") == 1
    assert encoded[-1] == 0
    assert encoded == frame_of_the_table(sequence, device_t_us, dt_us, wrench.tolist(), flags=flags)
    back = decode_frame(encoded[:-1])
    assert back[:3] == (sequence, device_t_us, dt_us)
    assert back[3].dtype == np.float32
    assert back[3].tobytes() == wrench.tobytes()


def test_the_crc_is_the_one_that_the_protocol_names():
    assert zlib.crc32(b"123456789") == 0xCBF43926


def test_one_frame_is_written_down_here_byte_by_byte():
    expected = bytes.fromhex(
        "04 01 50 01"  # 4: three bytes, then a zero (flags)
        "02 07 01 01"  # sequence 7
        "03 e8 03 01 01 01 01 01"  # device_t_us 1000
        "03 e8 03 01"  # dt_us 1000, then the zeros of reserved and the wrench
    )
    wrench = np.zeros((1, 12), np.float32)
    encoded = encode_frame(7, 1000, 1000, wrench)
    assert encoded.startswith(expected)
    raw_crc = zlib.crc32(bytes.fromhex("01500100 07000000 e803000000000000 e803 0000") + bytes(48))
    assert encoded[-5:-1] == struct.pack("<I", raw_crc)


# -- damage --------------------------------------------------------------------------------


def test_any_single_flipped_bit_is_rejected():
    rng = np.random.default_rng(1)
    encoded = encode_frame(70_000, 123_456_789, 1000, rng.normal(0, 300, (4, 12)))[:-1]
    for position in range(8 * len(encoded)):
        damaged = bytearray(encoded)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(ValueError, match=r"."):
            decode_frame(bytes(damaged))


@settings(max_examples=300)
@given(frames, st.data())
def test_any_flipped_bit_of_any_frame_is_rejected(contents, data):
    encoded = bytearray(encode_frame(*contents)[:-1])
    position = data.draw(st.integers(0, 8 * len(encoded) - 1))
    encoded[position // 8] ^= 1 << position % 8
    with pytest.raises(ValueError, match=r"."):
        decode_frame(bytes(encoded))


@given(frames, st.integers(1, 40))
def test_a_truncated_frame_is_rejected(contents, cut_count):
    encoded = encode_frame(*contents)[:-1]
    with pytest.raises(ValueError, match=r"."):
        decode_frame(encoded[:-cut_count])


def test_the_crc_covers_header_and_body():
    for offset in range(20 + 48):
        raw = bytearray(struct.pack("<BBBBIQHH", 1, 0x50, 1, 0, 5, 6, 1000, 0) + bytes(48))
        crc = zlib.crc32(raw)
        raw[offset] ^= 0x40
        with pytest.raises(ValueError, match="CRC differs"):
            decode_frame(cobs_of(bytes(raw) + struct.pack("<I", crc)))


@pytest.mark.parametrize("length", [0, 1, 23, 24, 72, 216])
def test_a_frame_of_zeros_does_not_pass(length):
    with pytest.raises(ValueError, match=r"."):
        decode_frame(cobs_of(bytes(length)))
    plates, chunks = hear([cobs_of(bytes(length)) + b"\0"])
    assert (chunks, plates.bad_count) == ([], 1)


def signed(header, body_bytes):
    raw = header + bytes(body_bytes)
    return cobs_of(raw + struct.pack("<I", zlib.crc32(raw)))


def header(*, version=1, kind=0x50, count=4, dt_us=1000):
    return struct.pack("<BBBBIQHH", version, kind, count, 0, 0, 0, dt_us, 0)


@pytest.mark.parametrize(
    ("wrong", "body_bytes"),
    [
        (header(version=0), 192),
        (header(version=2), 192),
        (header(kind=0x51), 192),
        (header(count=0), 0),
        (header(count=17), 17 * 48),
        (header(count=3), 192),
        (header(count=5), 192),
        (header(), 191),
        (header(), 196),
        (header(dt_us=0), 192),
        (b"", 0),
        (header()[:19], 0),
        (header()[:15], 0),
    ],
)
def test_a_frame_with_a_right_crc_and_a_wrong_field_is_rejected(wrong, body_bytes):
    with pytest.raises(ValueError, match=r"."):
        decode_frame(signed(wrong, body_bytes))


@pytest.mark.parametrize("count", [1, 16])
def test_the_smallest_and_the_largest_frame_pass(count):
    assert decode_frame(signed(header(count=count), 48 * count))[3].shape == (count, 12)


def test_unknown_flags_do_not_make_a_frame_wrong():
    plates, chunks = hear([frame(0, flags=3)])
    assert (len(chunks), plates.bad_count) == (1, 0)
