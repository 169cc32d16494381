import numpy as np
import pytest
from simulator.stroll import QUIET, Stroll, steady

from rehabsim.base.clock import run
from rehabsim.devices.rs_plates import RsPlates, lab_from_plates
from rehabsim_sim.patients import PATIENTS
from rehabsim_sim.person import LEFT, RIGHT
from rehabsim_sim.plates import CLOCK_ERROR_PPM, PlateStream, split

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
    assert 2 < error_n.std() < 3.5


def test_the_cop_can_be_computed_from_the_wrench():
    walk = steady(1.0)
    wrench = lab_from_plates(walk.wrench, *ORIGINS)
    fz_n = wrench[:, 2] + wrench[:, 8]
    x_m = -(wrench[:, 4] + wrench[:, 10]) / fz_n
    y_m = (wrench[:, 3] + wrench[:, 9]) / fz_n
    assert np.abs(x_m - walk.column("cop_x_m")).max() < 0.01
    assert np.abs(y_m - walk.column("cop_y_m")).max() < 0.01


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
        stream.send(world.wrench)
        await driver.open()
        sent = []
        for _ in range(250):
            world.live(4)
            stream.send(world.wrench)
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
