import pytest
from simulator.stroll import Stroll

from rehabsim.base.errors import ConfigError
from rehabsim_sim.gait_tables import GaitShape, gait_tables
from rehabsim_sim.patients import PATIENTS, patient
from rehabsim_sim.person import HISTORY

WALKERS = [name for name in PATIENTS if name != "empty_belts"]


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ConfigError, match=r"'hasty'.*healthy.*balance_loss"):
        patient("hasty")


@pytest.mark.parametrize("name", WALKERS)
def test_every_patient_walks_at_their_own_speed(name):
    walk = Stroll(PATIENTS[name], seed=4).walk(PATIENTS[name].preferred_speed_mps).live(30)
    assert not walk.has_fallen
    assert walk.strikes().shape[0] > 60


@pytest.mark.parametrize("name", WALKERS)
def test_delays_fit_the_memory(name):
    traits = PATIENTS[name]
    assert max(traits.ankle_delay_s, traits.stance_delay_s) * 1000 < HISTORY


def test_a_spared_leg_is_stood_on_more_briefly():
    walk = Stroll(PATIENTS["asymmetric_loading"], seed=2).walk(1.0).forget().live(60)
    left_n, right_n = walk.column("left_foot_n"), walk.column("right_foot_n")
    assert (left_n > 20).mean() < 0.97 * (right_n > 20).mean()


def test_one_who_has_lost_balance_falls_where_the_healthy_do_not():
    def falls(name):
        return sum(
            Stroll(PATIENTS[name], seed=seed)
            .walk(1.0, settle_s=4 + 0.1 * seed)
            .ask(0, accel_mps2=2.0)
            .live(12)
            .has_fallen
            for seed in range(12)
        )

    assert falls("healthy") < falls("balance_loss")


def test_the_tired_walk_wider():
    fresh = Stroll(PATIENTS["lumbar_fatigue"], seed=2).walk(1.1).forget().live(20)
    fresh_m = fresh.strikes()[:, 4].mean()
    tired_m = fresh.live(580).forget().live(20).strikes()[:, 4].mean()
    assert tired_m > fresh_m + 0.01


def test_equal_shapes_share_their_tables():
    assert gait_tables(GaitShape()) is gait_tables(GaitShape())
