"""Two rs_plates at one end of a memory link, and frames for them to hear."""

import numpy as np
from devices.wire import wired

from rehabsim.base.clock import run
from rehabsim.devices.rs_plates import RsPlates, encode_frame

URL = "memory:plates"
LEFT_M, RIGHT_M = [0.0, 0.25, 0.0], [0.0, -0.25, 0.0]
MASK = 0xFFFFFFFF


def make_plates(clock):
    config = RsPlates.Config(
        kind="rs_plates", url=URL, left_origin_m=LEFT_M, right_origin_m=RIGHT_M
    )
    return RsPlates(config, clock)


def samples(count, value=1.0):
    return np.full((count, 12), value, np.float32)


def frame(sequence, count=4, **changes):
    return encode_frame(sequence & MASK, 1000 * sequence, 1000, samples(count), **changes)


def hear(pieces):
    """Return the driver after it has heard `pieces`, and the chunks it gave."""

    async def scene(clock):
        plates = make_plates(clock)
        chunks = []
        async with wired(plates, clock) as device:
            for piece in pieces:
                device.write(piece)
                chunks += plates.take()
        return plates, chunks

    return run(scene, virtual=True)
