import numpy as np
import pytest
from simulator.stroll import QUIET, Stroll, steady

from rehabsim.base.clock import run
from rehabsim.devices.rs_plates import RsPlates, lab_from_plates
from rehabsim_sim.patients import PATIENTS
from rehabsim_sim.person import LEFT, RIGHT
from rehabsim_sim.plate_stream import CLOCK_ERROR_PPM, PlateStream
from rehabsim_sim.plates import split
from rehabsim_sim.world import World

ORIGINS = (0.0, 0.25, 0.0), (0.0, -0.25, 0.0)


@pytest.mark.parametrize("cop_y_m", np.linspace(-0.08, 0.08, 17))
def test_a_foot_across_the_seam_keeps_its_load_and_its_middle(cop_y_m):
    (left, left_y_m), (right, right_y_m) = (split(cop_y_m, 0.08, s) for s in (LEFT, RIGHT))
    assert left + right == pytest.approx(1)
    assert left * left_y_m + right * right_y_m == pytest.approx(cop_y_m, abs=1e-12)
    assert left == 0 or left_y_m > 0
    assert right == 0 or right_y_m < 0


def test_a_foot_left_of_the_seam_loads_the_left_plate_alone():
    assert split(0.05, 0.08, LEFT) == (1.0, 0.05)
    assert split(0.05, 0.08, RIGHT) == (0.0, 0.0)


def test_plates_measure_the_truth_within_their_noise():
    walk = steady(1.0)
    error_n = walk.wrench[:, 2] - walk.column("left_fz_n")
    assert abs(error_n.mean()) < 5
    assert 2.5 < error_n.std() < 4.5


def test_the_cop_can_be_computed_from_the_wrench():
    walk = steady(1.0)
    wrench = lab_from_plates(walk.wrench, *ORIGINS)
    fz_n = wrench[:, 2] + wrench[:, 8]
    x_m = -(wrench[:, 4] + wrench[:, 10]) / fz_n
    y_m = (wrench[:, 3] + wrench[:, 9]) / fz_n
    for m, name in ((x_m, "cop_x_m"), (y_m, "cop_y_m")):
        error_m = np.abs(m - walk.column(name))
        assert np.median(error_m) < 0.003
        assert np.percentile(error_m, 99) < 0.010


def test_belt_acceleration_feigns_a_moment():
    empty = Stroll(PATIENTS["empty_belts"]).live(1).forget()
    empty.ask(1.0, accel_mps2=1.0).live(0.9)
    assert empty.wrench[300:, 4].mean() == pytest.approx(2.8, abs=0.3)
    empty.forget().live(5)
    assert abs(empty.wrench[1000:, 4].mean()) < 0.5


def test_empty_plates_are_noise_and_slow_drift():
    empty = Stroll(PATIENTS["empty_belts"], seed=2).live(60)
    seconds = empty.wrench[:, 2].reshape(60, 1000)
    assert seconds.std(axis=1).mean() == pytest.approx(2.5, abs=0.2)
    assert np.abs(np.diff(seconds.mean(axis=1))).max() < 1.0
    assert np.abs(seconds.mean()) < 6


def test_samples_are_quantised():
    fz_n = Stroll(QUIET).live(1).wrench[:, 2].astype(float)
    np.testing.assert_allclose(fz_n, np.round(fz_n, 1), atol=1e-3)


def test_the_real_driver_sees_every_sample_once_and_in_order():
    async def main(clock):
        stream, world = PlateStream(clock), Stroll().world
        url = await stream.open("memory:plates")
        config = RsPlates.Config(
            kind="rs_plates",
            url=url,
            left_origin_m=list(ORIGINS[0]),
            right_origin_m=list(ORIGINS[1]),
        )
        driver = RsPlates(config, clock)
        world.live(4)
        await stream.send(world.wrench)
        await driver.open()
        sent = []
        for _ in range(250):
            world.live(4)
            await stream.send(world.wrench)
            sent.append(world.wrench)
        chunks = driver.take()
        await driver.close()
        await stream.close()
        assert [chunk.sequence for chunk in chunks] == list(range(4, 1004, 4))
        assert (driver.lost_count, driver.bad_count) == (0, 0)
        expected = lab_from_plates(np.concatenate(sent), *ORIGINS)
        assert np.array_equal(np.concatenate([chunk.wrench for chunk in chunks]), expected)
        elapsed_ns = chunks[-1].device_t_ns - chunks[0].device_t_ns
        assert elapsed_ns == pytest.approx(996e6 * (1 + CLOCK_ERROR_PPM / 1e6), abs=2000)

    run(main, virtual=True)


def test_a_tilted_deck_and_a_moving_one_load_the_sensors_with_the_plates_own_mass():
    empty = Stroll(PATIENTS["empty_belts"])
    empty.world.platform_reins.ask((0, 0, 0, 0, 0.05, 0))
    empty.live(3).forget().live(2)
    mass_kg = empty.world.plates[0].mass_kg
    assert empty.wrench[:, 0].mean() == pytest.approx(mass_kg * 9.81 * np.sin(0.05), rel=0.1)
    empty.world.platform_reins.ask((0, 0.1, 0, 0, 0.05, 0))
    pushed_n = empty.forget().live(0.3).wrench[:, 1]
    assert pushed_n[:100].max() > 100
    assert pushed_n.min() < -100


def test_an_overloaded_channel_stops_at_its_rail_and_says_so():
    stand = Stroll()
    stand.world.plates[0].rail[2] = 200.0
    stand.live(1)
    assert stand.wrench[:, 2].max() == 200.0
    assert stand.world.plates[0].is_railed[LEFT]
    assert not stand.world.plates[0].is_railed[RIGHT]


def test_channels_talk_to_each_other_by_under_one_per_cent():
    quiet = Stroll(seed=2).live(1)
    fx_n = quiet.wrench[:, 0].mean() - quiet.column("fx_n").mean() / 2
    assert 0.001 < abs(fx_n) / (quiet.weight_n / 2) < 0.012


def test_a_rough_treadmill_is_louder_than_a_good_one():
    def noise_n(grade):
        world = World(PATIENTS["empty_belts"], 1, grade=grade)
        world.reins.ask(1.4, 1.4, 1.0, 1.0, 0.0)
        world.live(3000)
        world.live(3000)
        return world.wrench[:, 2].std()

    assert noise_n("good") < 4
    assert 8 < noise_n("rough") < 30


def test_the_structure_rings_when_the_heel_strikes():
    walk = steady(1.2)
    error_n = np.abs(walk.wrench[:, 2] - walk.column("left_fz_n"))
    landed = walk.strikes(LEFT)[2:-2, 0].astype(int)
    struck_n = np.array([error_n[at : at + 30].mean() for at in landed]).mean()
    assert struck_n > 1.5 * np.median(error_n)
