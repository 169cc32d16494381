"""A Bertec treadmill at one end of a memory link, and what it may be told."""

from rehabsim.base.records import BeltCommand
from rehabsim.devices.bertec_treadmill import BertecTreadmill

FEEDBACK = bytes.fromhex("00 04e2 fe0c 0000 0000 00fa" + 21 * "00")
"""Published check vector: right 1.25, left -0.50 m/s, incline 2.50 degrees."""

URL = "memory:panel"


def make_treadmill(clock, max_speed_mps=2.5):
    config = BertecTreadmill.Config(kind="bertec_treadmill", url=URL, max_speed_mps=max_speed_mps)
    return BertecTreadmill(config, clock)


def told(left_mps=0.8, right_mps=1.2, accel_mps2=0.5, incline_rad=0.0, **changes):
    values = {
        "left_speed_mps": left_mps,
        "right_speed_mps": right_mps,
        "left_accel_mps2": accel_mps2,
        "right_accel_mps2": accel_mps2,
        "incline_rad": incline_rad,
        "ttl_s": 0.06,
    }
    return BeltCommand(**(values | changes))
