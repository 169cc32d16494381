"""How many events of a session are found again, and when samples were taken."""

import numpy as np
import pytest

from rehabsim.base.records import GaitEvent, PlateChunk
from rehabsim.gait.forces import SampleClock
from rehabsim.research.agreement import agreement
from rehabsim.research.walk import sample_times_ns
from rehabsim.session.table import PLATES, pack_chunk

STRIKES = [
    GaitEvent(k * 550_000_000, ("left", "right")[k % 2], "heel_strike", 0.03, 1.0)
    for k in range(100)
]


def test_one_event_that_is_not_found_again_hides_no_other():
    words = agreement(STRIKES, STRIKES[1:])
    assert "99 of the 100 live ones were found and 0 others" in words


def test_one_event_too_many_is_one_other():
    words = agreement(STRIKES[1:], STRIKES)
    assert "99 of the 99 live ones were found and 1 others" in words


@pytest.mark.parametrize(
    ("device_ns", "again_ns"),
    [(5_000_000_000, 0), (1_760_000_000_000_000_000, 1_760_000_000_400_000_000)],
    ids=["counts anew", "tells wall time"],
)
def test_samples_are_dated_as_live_whatever_the_plates_own_clock_tells(device_ns, again_ns):
    clock, packed, expected = SampleClock(), b"", []
    for index in range(200):
        of_device_ns = (device_ns if index < 100 else again_ns - 400_000_000) + index * 4_000_000
        t_ns = 1_000_000_000 + index * 4_000_000
        chunk = PlateChunk(t_ns, 4 * index, of_device_ns, 1_000_000, np.zeros((4, 12), "f4"))
        first_ns = clock.first_ns(chunk)
        expected += [first_ns + k * 1_000_000 for k in range(4)]
        packed += pack_chunk(chunk)
    found = sample_times_ns(np.frombuffer(packed, PLATES.dtype))
    assert np.abs(found - np.array(expected)).max() <= 1000
