"""Frames of our own devices: COBS(content crc32) and a closing zero.

Source: firmware_stubs/PROTOCOL.md, introduction.
"""

import struct
import zlib

from cobs import cobs

_CRC = struct.Struct("<I")
CRC_BYTES = _CRC.size


def wrap(content: bytes) -> bytes:
    """Return the frame of `content`, closing zero included."""
    return bytes(cobs.encode(content + _CRC.pack(zlib.crc32(content)))) + b"\0"


def unwrap(frame: bytes) -> bytes:
    """Return the content of a frame given without its closing zero.

    Raises:
        ValueError: It is damaged.
    """
    try:
        raw = bytes(cobs.decode(frame))
    except cobs.DecodeError as error:
        raise ValueError(str(error)) from error
    content, crc = raw[:-CRC_BYTES], raw[-CRC_BYTES:]
    if not content:
        raise ValueError(f"{len(raw)} bytes are too short")
    if _CRC.pack(zlib.crc32(content)) != crc:
        raise ValueError("CRC differs")
    return content
