import pytest
from firmware.drives import ROOMS, loosen, walk

from rehabsim_sim.belts import COAST_MPS2


@pytest.mark.parametrize("room", ROOMS)
def test_belts_that_obey_never_run_away(room):
    moved_ms, runaway_count = walk(0.15, 4, room)
    assert moved_ms > 2000
    assert runaway_count == 0


def test_belts_that_go_on_when_told_to_rest_lose_their_power_and_stand():
    cuts_ms, rests_ms = loosen(2, 5)
    for cut_ms, rest_ms in zip(cuts_ms, rests_ms, strict=True):
        assert 400 < cut_ms < 700
        assert rest_ms - cut_ms < 1000 * 2.1 / COAST_MPS2
