"""Belts that follow simulated people, from their forces alone; PACING.md has more of them."""

import pytest

from rehabsim_validation.pacing import is_incident
from rehabsim_validation.pacing_walks import Stroll, follow

PACE_MPS, PLACE_M = 0.03, 0.02
"""What the law may misjudge a step by, root mean square."""


# Both walked off the belts with the law of Song 2020.
@pytest.mark.parametrize(("who", "seed"), [("hemiparetic", 2), ("balance_loss", 1)])
def test_slow_and_unsteady_people_stay_on_the_belts_and_are_known_well(who, seed):
    outcome = follow(Stroll(who, seed))
    assert not is_incident(outcome)
    assert outcome.pace_rms_mps <= PACE_MPS
    assert outcome.place_rms_m <= PLACE_M
    assert outcome.speed_sd_mps < 0.1


def test_who_speeds_up_is_followed_sooner_and_with_less_room_than_published():
    outcome = follow(Stroll("healthy", 1, 1.0, 1.5, 60.0))
    assert outcome.settling_s <= 13.0
    assert outcome.late_ahead_m <= 0.72
