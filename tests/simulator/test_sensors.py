"""What the wearables feel of the person, and when."""

import numpy as np
import pytest
from scipy.signal import welch

from rehabsim_sim.patients import PATIENTS
from rehabsim_sim.sensors import G_MPS2, SENSORS, Sensors
from rehabsim_sim.trunk import FELT, TRUNKS, trunk_of
from rehabsim_sim.world import World


def worn(name="healthy", speed_mps=0.0, seconds=10, seed=1, act=lambda world, second: None):
    """Return what each sensor sent, and what there was to feel, second by second."""
    world = World(PATIENTS[name], seed, trunk=TRUNKS[name])
    sensors = Sensors(world, seed)
    sent, felt = {sensor: [] for sensor in SENSORS}, []
    world.reins.ask(speed_mps, speed_mps, 0.25, 0.25, 0.0)
    for second in range(seconds):
        act(world, second)
        for _ in range(250):
            world.live(4)
            felt.append(world.felt)
            for reading in sensors.read():
                sent[reading.sensor.name].append(reading)
    return sent, np.concatenate(felt), world


def values(readings):
    return np.array([reading.values for reading in readings])


def test_at_rest_the_accelerometers_feel_gravity_and_the_gyroscopes_nothing():
    sent, *_ = worn()
    for name in ("imu_lumbar", "imu_thorax"):
        row = values(sent[name])[100:]
        assert np.linalg.norm(row[:, :3], axis=1).mean() == pytest.approx(G_MPS2, abs=0.15)
        assert np.abs(row[:, 3:].mean(axis=0)).max() < 0.03


def test_inertial_units_sample_a_hundred_times_a_second_on_a_clock_of_their_own():
    sent, *_ = worn()
    readings = sent["imu_lumbar"]
    assert [reading.seq for reading in readings] == list(range(len(readings)))
    steps_us = np.diff([reading.device_t_us for reading in readings])
    assert steps_us.mean() == pytest.approx(10000 * (1 + 41e-6), abs=0.3)
    assert 995 <= len(readings) <= 1000


def test_bending_forward_shows_in_the_specific_force():
    sent, _, _ = worn(act=lambda world, s: world.ask_angle(0.35) if s == 4 else None)
    x_mps2 = values(sent["imu_thorax"])[:, 0]
    assert x_mps2[800:].mean() < x_mps2[200:380].mean() - 0.15 * G_MPS2


def test_on_a_tilted_deck_the_person_and_the_units_stay_upright():
    def tilt(world, second):
        world.platform_reins.ask((0, 0, 0, 0.05, 0.08, 0))

    level, *_ = worn(seconds=8)
    sent, *_ = worn(seconds=8, act=tilt)
    before, after = (values(s["imu_lumbar"])[500:, :3].mean(axis=0) for s in (level, sent))
    assert after == pytest.approx(before, abs=0.15)


def test_walking_shakes_the_lumbar_unit_at_the_step_rate():
    sent, *_ = worn(speed_mps=1.2, seconds=40)
    up_mps2 = values(sent["imu_lumbar"])[1500:, 2]
    hz, power = welch(up_mps2, fs=100, nperseg=1024)
    assert hz[np.argmax(np.where(hz > 0.5, power, 0))] == pytest.approx(109 / 60, abs=0.1)
    assert 0.5 < up_mps2.std() < 4


def jolt(world, second):
    """Jerk the deck to the side every third second."""
    if second % 3 == 2:
        aside_m = 0.05 if second % 2 else -0.05
        world.platform_reins.ask((0, aside_m, 0, 0, 0, 0))


def latencies_ms(name, fatigue_frac=0.0):
    """Return from each jolt of the deck to the onset that it brings."""

    def act(world, second):
        jolt(world, second)
        world.person.mind[0].fatigue_frac = fatigue_frac

    _, felt, _ = worn(name, seconds=48, act=act)
    onsets = np.flatnonzero(felt[:, FELT.index("onset")])
    jolts = np.arange(2000, 47000, 3000)
    return np.array([onsets[onsets > at][0] - at for at in jolts if (onsets > at).any()])


def test_muscles_answer_a_sudden_load_one_reflex_later_and_later_when_hurt_or_tired():
    healthy, hurt = latencies_ms("healthy"), latencies_ms("insufficient_core")
    tired = latencies_ms("lumbar_fatigue", fatigue_frac=1.0)
    fresh = latencies_ms("lumbar_fatigue")
    assert 63 < np.median(healthy) < 85
    assert np.median(hurt) - np.median(healthy) == pytest.approx(14, abs=8)
    assert np.median(tired) - np.median(fresh) == pytest.approx(25, abs=8)


def test_an_emg_onset_arrives_72_ms_late_with_its_own_time():
    sent, felt, _ = worn(seconds=14, act=jolt)
    onsets_ms = np.flatnonzero(felt[:, FELT.index("onset")])
    times_ms = [reading.device_t_us / 1000 for reading in sent["emg"]]
    assert len(times_ms) >= 4
    assert times_ms == pytest.approx(onsets_ms[: len(times_ms)].tolist(), abs=1)


def test_quiet_walking_brings_no_onsets():
    sent, *_ = worn(speed_mps=1.2, seconds=30)
    assert len(sent["emg"]) == 0


def misses_rad(name):
    """Return by how much twenty people miss an angle that they were shown."""
    misses = []
    for seed in range(1, 21):
        world = World(PATIENTS[name], seed, trunk=TRUNKS[name])
        world.ask_angle(0.5)
        world.live(4000)
        misses.append(world.trunk[0].reached_rad - 0.5)
    return np.array(misses)


def test_positions_are_found_again_worse_with_a_painful_back():
    healthy, hurt = (np.degrees(np.abs(misses_rad(n)).mean()) for n in ("healthy", "postural"))
    assert 1.2 < healthy < 3.5
    assert hurt > 1.6 * healthy


def test_trunks_are_as_ill_as_their_patients():
    healthy, half, ill = (trunk_of(f"balance_loss:{part}").reflex_delay_s for part in (0, 0.5, 1))
    assert half == pytest.approx((healthy + ill) / 2)
    assert healthy < half < ill
    assert trunk_of("balance_loss") == TRUNKS["balance_loss"]
    assert set(TRUNKS) == set(PATIENTS) - {"empty_belts"}


def test_the_heart_follows_the_work_and_settles():
    sent, felt, _ = worn(speed_mps=1.2, seconds=200)
    rate_bpm = 60 * felt[:, FELT.index("heart_hz")]
    assert rate_bpm[0] == pytest.approx(68, abs=2)
    assert 90 < rate_bpm[-1] < 115
    rise = (rate_bpm - rate_bpm[0]) / (rate_bpm[-1] - rate_bpm[0])
    assert 25 < np.argmax(rise > 0.63) / 1000 < 50
    beats_s = values(sent["heart_rate"])[5:, 1]
    assert beats_s[:20].mean() == pytest.approx(60 / 72, rel=0.12)
    assert 0.005 < (beats_s[-60:] - beats_s[-60:].mean()).std() < 0.08


def test_the_load_cell_weighs_the_slack_strap_and_then_the_fallen_person():
    def fall(world, second):
        world.around[0].push_y_n = 3000.0 if second == 4 else 0.0

    sent, *_ = worn(speed_mps=0.8, seconds=10, act=fall)
    load_n = values(sent["harness"])[:, 0]
    assert load_n[:390].mean() == pytest.approx(8, abs=1)
    assert load_n[-100:].mean() == pytest.approx(0.9 * 75 * G_MPS2 + 8, rel=0.05)


def test_thorax_and_pelvis_turn_further_apart_the_faster_one_walks():
    def apart_rad(speed_mps):
        _, felt, _ = worn(speed_mps=speed_mps, seconds=30)
        turned = [felt[15000:, FELT.index(f"{part}_yaw_rad")] for part in ("pelvis", "thorax")]
        pelvis, thorax = (np.fft.rfft(signal * np.hanning(len(signal))) for signal in turned)
        at = np.argmax(np.abs(pelvis[5:])) + 5
        return abs(np.angle(thorax[at] / pelvis[at]))

    assert np.degrees(apart_rad(0.6)) == pytest.approx(30, abs=12)
    assert np.degrees(apart_rad(1.6)) == pytest.approx(120, abs=15)
