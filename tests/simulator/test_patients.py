import pytest
from simulator.stroll import LENGTH, Stroll

from rehabsim.base.errors import ConfigError
from rehabsim_sim.gait_tables import GaitShape, gait_tables
from rehabsim_sim.patients import PATIENTS, patient
from rehabsim_sim.person import HISTORY, LEFT, RIGHT

WALKERS = [name for name in PATIENTS if name != "empty_belts"]


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ConfigError, match=r"'hasty'.*healthy.*balance_loss"):
        patient("hasty")


@pytest.mark.parametrize("name", WALKERS)
def test_every_patient_walks_at_their_own_speed(name):
    walk = Stroll(PATIENTS[name], seed=4).walk(PATIENTS[name].preferred_speed_mps).live(30)
    assert not walk.has_fallen
    assert walk.strikes().shape[0] > 45


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


def test_severity_lies_between_healthy_and_ill_and_beyond():
    healthy, ill = PATIENTS["healthy"], PATIENTS["balance_loss"]
    assert patient("balance_loss:0") == healthy
    assert patient("balance_loss:1") == ill
    half, more = patient("balance_loss:0.5"), patient("balance_loss:1.5")
    assert half.plan_ahead_s == pytest.approx((healthy.plan_ahead_s + ill.plan_ahead_s) / 2)
    assert healthy.plan_ahead_s < ill.plan_ahead_s < more.plan_ahead_s


@pytest.mark.parametrize("severity", ["", "much", "-0.1", "1.6", "nan"])
def test_an_impossible_severity_is_one_sentence_with_the_range(severity):
    with pytest.raises(ConfigError, match=r"severity .* from 0, healthy, to 1\.5"):
        patient(f"hemiparetic:{severity}")


def stance_index(walk):
    left_s, right_s = ((walk.column(f"{s}_foot_n") > 20).mean() for s in ("left", "right"))
    return 200 * (left_s - right_s) / (left_s + right_s)


@pytest.mark.parametrize(("name", "low", "high"), [("hemiparetic", -10, -2), ("amputee", -8, -3)])
def test_a_weak_leg_bears_less_long_and_steps_further(name, low, high):
    traits = PATIENTS[name]
    walk = Stroll(traits, seed=2).walk(traits.preferred_speed_mps).forget().live(120)
    assert low < stance_index(walk) < high
    left_m, right_m = (walk.strikes(side)[:, LENGTH].mean() for side in (LEFT, RIGHT))
    assert 0.02 < 2 * (left_m - right_m) / (left_m + right_m) < 0.30


def test_a_weak_leg_is_spared_in_standing():
    stand = Stroll(PATIENTS["hemiparetic"], seed=2).live(5).forget().live(30)
    left_n, right_n = stand.column("left_foot_n").mean(), stand.column("right_foot_n").mean()
    assert left_n / (left_n + right_n) == pytest.approx(0.40, abs=0.02)


@pytest.mark.parametrize("severity", ["0.5", "1.5"])
@pytest.mark.parametrize("name", ["hemiparetic", "amputee", "balance_loss"])
def test_more_or_less_ill_people_walk_too(name, severity):
    traits = patient(f"{name}:{severity}")
    assert not Stroll(traits, seed=3).walk(traits.preferred_speed_mps).live(60).has_fallen
