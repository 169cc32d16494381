"""The simulated person obeys Newton, walks at every speed, and starts and stops with the belts."""

from dataclasses import dataclass

import numpy as np
import pytest

from rehabsim_sim.patients import patient
from rehabsim_sim.world import EVENT, HEEL_STRIKE, TRUTH, World

G_MPS2 = 9.81
MASS_KG = patient("healthy").mass_kg
WEIGHT_N = MASS_KG * G_MPS2


@dataclass
class Walk:
    """What happened, per millisecond, and each heel strike with its millisecond."""

    truth: dict[str, np.ndarray]
    wrench: np.ndarray
    strikes: np.ndarray


def walk(profile, *, seed=1, chunk_ms=4, name="healthy"):
    """Run the belts through `profile`, pairs of (seconds, m/s asked for at 0.25 m/s²)."""
    world = World(patient(name), seed)
    truths, wrenches, strikes, at_ms = [], [], [], 0
    for duration_s, left_mps, right_mps, ramp_mps2 in profile:
        world.reins.ask(left_mps, right_mps, ramp_mps2, ramp_mps2, 0.0)
        until_ms = at_ms + round(1000 * duration_s)
        while at_ms < until_ms:
            count_ms = min(chunk_ms, until_ms - at_ms)
            world.live(count_ms)
            truths.append(world.truth)
            wrenches.append(world.wrench)
            for event in world.events.copy():
                if event[EVENT.index("kind")] == HEEL_STRIKE:
                    strikes.append([at_ms + event[0], *event[1:]])
            at_ms += count_ms
    columns = dict(zip(TRUTH, np.concatenate(truths).T, strict=True))
    return Walk(columns, np.concatenate(wrenches), np.array(strikes).reshape(-1, len(EVENT)))


def steady(speed_mps, duration_s=60.0, seed=1):
    return walk([(duration_s, speed_mps, speed_mps, 0.25)], seed=seed)


@pytest.mark.parametrize("speed_mps", [0.4, 0.8, 1.2, 1.6])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nobody_falls_while_walking_steadily(speed_mps, seed):
    found = steady(speed_mps, seed=seed)
    assert found.truth["has_fallen"].max() == 0
    assert np.abs(found.truth["com_x_m"][20_000:]).max() < 0.35
    assert np.abs(found.truth["com_y_m"][20_000:]).max() < 0.20


@pytest.mark.parametrize("speed_mps", [0.6, 1.0, 1.4])
def test_the_mean_vertical_force_over_strides_is_body_weight(speed_mps):
    found = steady(speed_mps)
    left = found.strikes[(found.strikes[:, 1] == 0) & (found.strikes[:, 0] > 20_000), 0].astype(int)
    total_n = found.truth["left_fz_n"] + found.truth["right_fz_n"]
    assert total_n[left[0] : left[-1]].mean() == pytest.approx(WEIGHT_N, rel=0.01)


def test_forces_are_mass_times_acceleration():
    """Over any 50 ms the momentum changes by the impulse of all forces."""
    found = steady(1.2)
    t = {name: column[20_000:] for name, column in found.truth.items()}
    for axis, force_n in (
        ("x", t["fx_n"]),
        ("y", t["fy_n"]),
        ("z", t["left_fz_n"] + t["right_fz_n"] + t["harness_n"] - WEIGHT_N),
    ):
        velocity = np.gradient(t[f"com_{axis}_m"], 0.001)
        change = MASS_KG * (velocity[150:-100] - velocity[100:-150])
        summed = np.cumsum(force_n) * 0.001
        impulse = summed[150:-100] - summed[100:-150]
        assert np.abs(change - impulse).max() < 0.02 * WEIGHT_N * 0.05


def test_each_foots_force_points_at_the_centre_of_mass():
    """The model has no moment about the centre of mass, so F_x / F_z = (x - cop) / z."""
    t = steady(1.2).truth
    total_n = t["left_fz_n"] + t["right_fz_n"]
    late = np.arange(20_000, 60_000)
    expected_n = total_n * (t["com_x_m"] - t["cop_x_m"]) / t["com_z_m"]
    assert np.abs(expected_n - t["fx_n"])[late].max() < 0.01 * WEIGHT_N


@pytest.mark.parametrize(
    ("speed_mps", "length_m", "step_s"),
    [(0.8, 0.537, 0.671), (1.2, 0.657, 0.548), (1.6, 0.759, 0.474)],
)
def test_steps_follow_the_walk_ratio_law(speed_mps, length_m, step_s):
    found = steady(speed_mps, 90.0)
    late = found.strikes[found.strikes[:, 0] > 20_000]
    assert late[:, 3].mean() == pytest.approx(length_m, rel=0.03)
    assert np.diff(late[:, 0]).mean() / 1000 == pytest.approx(step_s, rel=0.03)
    assert 0.08 < late[:, 4].mean() < 0.20


@pytest.mark.parametrize("decel_mps2", [0.5, 1.0])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_person_starts_from_standing_and_stops_without_falling(decel_mps2, seed):
    found = walk([(3, 0, 0, 0.25), (20, 1.0, 1.0, 0.25), (8, 0, 0, decel_mps2)], seed=seed)
    assert found.truth["has_fallen"].max() == 0
    assert len(found.strikes) > 20
    end = found.truth
    assert np.abs(np.gradient(end["com_x_m"][-1500:], 0.001)).max() < 0.15


def test_standing_sways_as_people_do():
    """Healthy, eyes open: RMS 3 to 6 mm forward and 2 to 4 mm aside (biomechanics norms)."""
    t = walk([(60, 0, 0, 0.25)]).truth
    assert 0.002 < t["cop_x_m"][5000:].std() < 0.008
    assert 0.001 < t["cop_y_m"][5000:].std() < 0.040


def test_belts_ramp_as_asked_after_their_lag():
    found = walk([(2, 0, 0, 0.25), (6, 1.2, 0.8, 0.4)])
    speed = found.truth["left_belt_mps"]
    slope = (speed[4000] - speed[3000]) / 1.0
    assert slope == pytest.approx(0.4, rel=0.05)
    assert speed[-500:].mean() == pytest.approx(1.2, rel=0.01)
    assert found.truth["right_belt_mps"][-500:].mean() == pytest.approx(0.8, rel=0.01)


def test_any_chunking_gives_the_same_person():
    profile = [(6, 1.0, 1.0, 0.5)]
    one, many = walk(profile, chunk_ms=4), walk(profile, chunk_ms=4)
    odd = walk(profile, chunk_ms=7)
    assert np.array_equal(one.wrench, many.wrench)
    assert np.array_equal(one.wrench, odd.wrench)


def test_a_foot_loads_the_plate_that_it_stands_on():
    t = steady(1.0).truth
    late = slice(20_000, None)
    total_n = t["left_fz_n"][late] + t["right_fz_n"][late]
    feet_n = t["left_foot_n"][late] + t["right_foot_n"][late]
    assert np.abs(total_n - feet_n).max() < 0.5
    on_left = t["cop_y_m"][late] > 0.06
    share = (t["left_fz_n"][late] / np.maximum(total_n, 1))[on_left & (total_n > 100)]
    assert np.median(share) > 0.95
