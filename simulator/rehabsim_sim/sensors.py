"""Wearables on the person and the load cell of the harness: what each of them reports, and when.

Each sensor has its own clock, its own errors and the delay of its radio. A `Reading` is what it
sends at once. SENSORS.md lists channels, units and rates.

Source: noise of common MEMS inertial units (100 to 200 µg/√Hz, 0.01 dps/√Hz); a wireless EMG that
lags force plates by 72 ms (csu-hmc/GaitAnalysisToolKit, docs).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from rehabsim_sim.person import Array
from rehabsim_sim.trunk import FELT
from rehabsim_sim.world import World

G_MPS2 = 9.81
IMU_PERIOD_MS = 10
IMU_CHANNELS = (
    *("accel_x_mps2", "accel_y_mps2", "accel_z_mps2"),
    *("gyro_x_radps", "gyro_y_radps", "gyro_z_radps"),
)
EMG_CHANNELS = ("left_erector_spinae", "right_erector_spinae")
HEART_CHANNELS = ("heart_rate_bpm", "rr_s")
HARNESS_CHANNELS = ("load_n",)
ACCEL_NOISE_MPS2, GYRO_NOISE_RADPS = 0.02, math.radians(0.1)
ACCEL_BIAS_MPS2, GYRO_BIAS_RADPS = 0.05, math.radians(0.3)
MAX_ACCEL_MPS2, MAX_GYRO_RADPS = 16 * G_MPS2, math.radians(2000)
LOAD_CELL_NOISE_N, LOAD_CELL_STEP_N, SLACK_N = 2.0, 0.5, 8.0
"""Noise and step of the harness's load cell, and what its slack strap weighs."""

_AT = {name: i for i, name in enumerate(FELT)}


class Sensor(NamedTuple):
    """What a sensor is.

    Attributes:
        name: Of the sensor, and of its topic and stream.
        device: What a fault file calls it.
        channels: Names with units.
        rate_hz: Nominal; 0 where it speaks when something happens.
        delay_ms: Of its radio.
        clock_ppm: How fast its own clock runs.
    """

    name: str
    device: str
    channels: tuple[str, ...]
    rate_hz: float
    delay_ms: int
    clock_ppm: float


SENSORS: dict[str, Sensor] = {
    "imu_lumbar": Sensor("imu_lumbar", "imu", IMU_CHANNELS, 100.0, 20, 41.0),
    "imu_thorax": Sensor("imu_thorax", "imu", IMU_CHANNELS, 100.0, 20, -27.0),
    "emg": Sensor("emg", "emg", EMG_CHANNELS, 0.0, 72, 12.0),
    "heart_rate": Sensor("heart_rate", "heart_rate", HEART_CHANNELS, 0.0, 300, -60.0),
    "harness": Sensor("harness", "harness", HARNESS_CHANNELS, 100.0, 2, 8.0),
}


class Reading(NamedTuple):
    """What a sensor sends.

    Attributes:
        sensor: Which.
        seq: Its number.
        device_t_us: The sensor's own clock when it was taken.
        values: (channels,).
    """

    sensor: Sensor
    seq: int
    device_t_us: int
    values: Array


class Sensors:
    """All sensors of one person; `read` after each call of `World.live`.

    Values are as the sensor has them when it sends; what the radio delays comes that much later.
    """

    def __init__(self, world: World, seed: int, names: Sequence[str] = tuple(SENSORS)) -> None:
        self._world = world
        self._rng = np.random.default_rng((seed, 3))
        self._sensors = [SENSORS[name] for name in names]
        self._seq = dict.fromkeys(names, 0)
        self._bias = {name: self._rng.standard_normal(6) for name in names}
        self._tilt = {name: 0.03 * self._rng.standard_normal(3) for name in names}
        self._waiting: list[tuple[int, Reading]] = []
        self._last_beat_ms = 0
        self._now_ms = 0

    def read(self) -> list[Reading]:
        """Return what arrives by the end of the world's last call."""
        felt = self._world.felt
        start_ms, self._now_ms = self._now_ms, self._now_ms + len(felt)
        for sensor in self._sensors:
            for at, values in _TAKES[sensor.device](self, sensor, felt, start_ms):
                taken_ms = start_ms + at
                reading = self._stamp(sensor, taken_ms, values)
                self._waiting.append((taken_ms + sensor.delay_ms, reading))
        ready = [reading for due_ms, reading in self._waiting if due_ms < self._now_ms]
        self._waiting = [one for one in self._waiting if one[0] >= self._now_ms]
        return ready

    def _stamp(self, sensor: Sensor, at_ms: int, values: Array) -> Reading:
        seq = self._seq[sensor.name]
        self._seq[sensor.name] = seq + 1
        t_us = round(1000 * at_ms * (1 + sensor.clock_ppm / 1e6))
        return Reading(sensor, seq, t_us, values)

    def _imu(self, sensor: Sensor, felt: Array, start_ms: int) -> Iterator[tuple[int, Array]]:
        part = "pelvis" if sensor.name == "imu_lumbar" else "thorax"
        first = -start_ms % IMU_PERIOD_MS
        for at in range(first, len(felt), IMU_PERIOD_MS):
            yield at, self._inertia(sensor, felt[at], part)

    def _inertia(self, sensor: Sensor, row: Array, part: str) -> Array:
        """Return specific force and turning in the sensor's axes: x forward, y left, z up."""
        pitch, roll, _ = (row[_AT[f"{part}_{axis}_rad"]] for axis in ("pitch", "roll", "yaw"))
        pitch += self._tilt[sensor.name][0] - row[_AT["slope_rad"]]
        roll += self._tilt[sensor.name][1] + row[_AT["roll_rad"]]
        x, y, z = (row[_AT[f"accel_{axis}_mps2"]] for axis in "xyz")
        z += G_MPS2
        # Pitch is forward, so the sensor's x axis dips; roll is to the right, so its y axis rises.
        c, s = math.cos(pitch), math.sin(pitch)
        x, z = c * x - s * z, s * x + c * z
        c, s = math.cos(roll), math.sin(roll)
        y, z = c * y + s * z, -s * y + c * z
        turning = [row[_AT[f"{part}_{axis}_radps"]] for axis in ("roll", "pitch", "yaw")]
        noise, bias = self._rng.standard_normal(6), self._bias[sensor.name]
        accel = np.array([x, y, z]) + ACCEL_NOISE_MPS2 * noise[:3] + ACCEL_BIAS_MPS2 * bias[:3]
        gyro = np.array(turning) + GYRO_NOISE_RADPS * noise[3:] + GYRO_BIAS_RADPS * bias[3:]
        return np.concatenate(
            [
                np.clip(accel, -MAX_ACCEL_MPS2, MAX_ACCEL_MPS2),
                np.clip(gyro, -MAX_GYRO_RADPS, MAX_GYRO_RADPS),
            ]
        )

    def _emg(self, sensor: Sensor, felt: Array, start_ms: int) -> Iterator[tuple[int, Array]]:
        for at in np.flatnonzero(felt[:, _AT["onset"]]):
            size, side = felt[at, _AT["onset_size"]], felt[at, _AT["onset_side"]]
            left, right = (size if side * sign >= 0 else 0.4 * size for sign in (-1, 1))
            yield int(at), np.array([left, right])

    def _heart(self, sensor: Sensor, felt: Array, start_ms: int) -> Iterator[tuple[int, Array]]:
        for at in np.flatnonzero(felt[:, _AT["beat"]]):
            now_ms = start_ms + int(at)
            rr_s = (now_ms - self._last_beat_ms) / 1000
            self._last_beat_ms = now_ms
            yield int(at), np.array([60 * felt[at, _AT["heart_hz"]], rr_s])

    def _harness(self, sensor: Sensor, felt: Array, start_ms: int) -> Iterator[tuple[int, Array]]:
        first = -start_ms % IMU_PERIOD_MS
        for at in range(first, len(felt), IMU_PERIOD_MS):
            load_n = felt[at, _AT["harness_n"]] + SLACK_N
            load_n += LOAD_CELL_NOISE_N * float(self._rng.standard_normal())
            yield at, np.array([LOAD_CELL_STEP_N * round(load_n / LOAD_CELL_STEP_N)])


_Take = Callable[[Sensors, Sensor, Array, int], Iterator[tuple[int, Array]]]
_TAKES: dict[str, _Take] = {
    "imu": Sensors._imu,  # noqa: SLF001
    "emg": Sensors._emg,  # noqa: SLF001
    "heart_rate": Sensors._heart,  # noqa: SLF001
    "harness": Sensors._harness,  # noqa: SLF001
}
