"""What a person takes in of a published state; anything else is no picture."""

import msgspec

MAX_FRAME_BYTES = 65536
TOPIC = b"state "


class Picture(msgspec.Struct, frozen=True, gc=False):
    """What a person takes in of a published state.

    Attributes:
        boot_id: Of the session that shows it.
        tick: Of that session; time is alive only while it advances.
        scene: The scenario's own fields.
    """

    boot_id: str
    tick: int
    scene: dict[str, float | bool]


_decoder = msgspec.msgpack.Decoder(Picture)


def read_picture(frame: bytes) -> Picture:
    """Return the picture in a frame of topic `state`.

    Raises:
        ValueError: It is none.
    """
    if not frame.startswith(TOPIC) or len(frame) > MAX_FRAME_BYTES:
        raise ValueError(f"no picture: {len(frame)} bytes that start with {frame[:8]!r}")
    try:
        return _decoder.decode(frame[len(TOPIC) :])
    except RecursionError as error:
        raise ValueError("no picture: nested too deeply") from error
