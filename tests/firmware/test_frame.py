"""Frames in C against the published check value, the `cobs` package and damage."""

import random
import zlib

import pytest
from cobs import cobs
from firmware.library import ffi, lib
from firmware.vectors import BAD, VECTORS, Vector

from rehabsim.devices.rs_frame import unwrap, wrap

MAX_HEARD = 48 - 4


def encode(content: bytes, room: int | None = None) -> bytes:
    room = len(content) * 2 + 16 if room is None else room
    out = ffi.new("uint8_t[]", b"\xaa" * max(room, 1))
    length = lib.rs_frame_encode(out, room, content, len(content))
    return bytes(ffi.buffer(out, length))


def fed(decoder, stream: bytes) -> list[bytes]:
    """Return the contents of the good frames in `stream`."""
    contents = []
    for byte in stream:
        length = lib.rs_decoder_feed(decoder, byte)
        if length:
            contents.append(bytes(ffi.buffer(decoder.held, length)))
    return contents


def decode(stream: bytes) -> list[bytes]:
    return fed(ffi.new("RsDecoder *"), stream)


def test_the_crc_has_the_published_check_value():
    assert lib.rs_crc32(b"123456789", 9) == 0xCBF43926


def contents() -> list[bytes]:
    rng = random.Random(5)
    lengths = [*range(1, 60), *range(245, 262), *range(500, 520), 764, 788]
    made = [bytes(rng.choice((0, 0, 1, 255, 7)) for _ in range(n)) for n in lengths]
    made += [bytes([1] * n) for n in lengths] + [bytes(n) for n in lengths]
    return made


def test_frames_are_what_the_cobs_package_makes_of_content_and_crc():
    for content in contents():
        whole = content + zlib.crc32(content).to_bytes(4, "little")
        assert encode(content) == cobs.encode(whole) + b"\0" == wrap(content)


def test_a_frame_is_not_written_where_there_may_be_too_little_room():
    for content in (b"a", b"a" * 249, b"a" * 250, b"a" * 504):
        stuffed = len(content) + 4
        least = stuffed + stuffed // 254 + 2
        assert encode(content, least) == wrap(content)
        assert encode(content, least - 1) == b""


def test_content_comes_back_whatever_its_bytes():
    for content in contents():
        if len(content) <= MAX_HEARD:
            assert decode(wrap(content)) == [content]


def test_the_longest_frame_is_heard_and_a_longer_one_is_bad():
    for extra, is_heard in ((0, True), (1, True), (2, False), (40, False)):
        content = bytes([9] * (MAX_HEARD + extra))
        decoder = ffi.new("RsDecoder *")
        assert fed(decoder, wrap(content) + wrap(b"next")) == [content] * is_heard + [b"next"]
        assert decoder.bad_count == (not is_heard)


def test_a_frame_that_goes_on_behind_its_crc_is_bad():
    longest = wrap(bytes([9] * (MAX_HEARD + 1)))[:-1]
    for frame in (longest, longest[:-1], wrap(b"short")[:-1]):
        decoder = ffi.new("RsDecoder *")
        assert fed(decoder, frame + b"\x01" * 3 + b"\0" + wrap(b"next")) == [b"next"]
        assert decoder.bad_count == 1


def test_zeros_between_frames_are_no_frames():
    decoder = ffi.new("RsDecoder *")
    assert fed(decoder, b"\0\0" + wrap(b"ab") + b"\0\0" + wrap(b"cd")) == [b"ab", b"cd"]
    assert decoder.bad_count == 0


def test_a_reader_that_joins_in_the_middle_is_in_step_at_the_next_zero():
    frame = wrap(b"hello")
    for start in range(1, len(frame)):
        assert decode(frame[start:] + wrap(b"ab")) == [b"ab"]


@pytest.mark.parametrize("content", [b"", b"a"])
def test_a_frame_holds_something_beside_its_crc(content):
    assert decode(wrap(content)) == ([content] if content else [])


def test_what_a_frame_before_has_left_behind_completes_none_that_was_cut_off():
    for content in (bytes([1, 0, 2, 0, 3]), bytes(range(40)), bytes([5] * 40), bytes(12)):
        frame = wrap(content)
        for length in range(1, len(frame) - 1):
            decoder = ffi.new("RsDecoder *")
            assert fed(decoder, frame + frame[:length] + b"\0") == [content]
            assert decoder.bad_count == 1


def test_an_all_zero_frame_is_bad():
    for count in range(1, 40):
        assert decode(cobs.encode(bytes(count)) + b"\0") == []


@pytest.mark.parametrize("stream", [b"\x05ab\0", b"\xff\x01\0", b"\x02\0", b"\x01\0", b"\xff\0"])
def test_what_is_not_cobs_is_bad(stream):
    decoder = ffi.new("RsDecoder *")
    assert fed(decoder, stream) == []
    assert decoder.bad_count == 1


def test_every_single_bit_flip_is_noticed():
    frame = wrap(bytes(range(20)))
    for at in range(8 * len(frame)):
        spoilt = bytearray(frame)
        spoilt[at // 8] ^= 1 << at % 8
        assert bytes(range(20)) not in decode(bytes(spoilt) + b"\0")


def test_the_count_of_bad_frames_wraps():
    decoder = ffi.new("RsDecoder *")
    decoder.bad_count = 65535
    fed(decoder, b"\x01\0")
    assert decoder.bad_count == 0


def test_numbers_are_little_endian():
    out = ffi.new("uint8_t[8]")
    lib.rs_put64(out, 0x0102030405060708)
    assert bytes(out) == bytes([8, 7, 6, 5, 4, 3, 2, 1])
    assert lib.rs_get32(out) == 0x05060708
    assert lib.rs_get16(out) == 0x0708


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.meaning)
def test_c_reads_and_writes_every_vector(vector: Vector):
    content = unwrap(vector.frame[:-1])
    assert encode(content) == vector.frame
    if len(content) <= MAX_HEARD:
        assert decode(vector.frame) == [content]


@pytest.mark.parametrize("vector", BAD, ids=lambda vector: vector.meaning)
def test_c_drops_every_bad_vector(vector: Vector):
    decoder = ffi.new("RsDecoder *")
    assert fed(decoder, vector.frame) == []
    assert decoder.bad_count == 1
