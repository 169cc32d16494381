"""Two force plates, one under each belt, with the imperfections of plates under belts.

What the sensors bear is more than the feet: the plate's own mass on a deck that moves, the motor's
reaction to its belt, the ringing of the structure, the hum of the mains. What comes out is
that, mixed between channels, drifting, noisy, railed and rounded.

Source: the moment that a belt's acceleration feigns, its resonance and what is left when it is
taken away are fitted to recordings of an empty Motek R-Mill (Moore 2015): 2.8 Nm per m/s²,
1.7 times that at 15 Hz, lines at 30.5 and 42.3 Hz, and noise that grows with the belt's speed.
Sinitski 2015 for drift and platform motion, Sloot 2015 for 10 N of noise on one treadmill, Kram
1998 for a natural frequency of 178 Hz on a stiff one.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from rehabsim_sim.belts import Belts
from rehabsim_sim.jit import compiled
from rehabsim_sim.person import DT_S, LEFT, Array, Body, Pair, Surroundings

PLATE_NOISES = 18
"""Columns of the noise drawn per millisecond: one per channel, which also drives the drift, then
three per plate that shake its structure."""

DRIFT_S = 300.0
HALF_WIDTH_M = 0.5
"""From the seam to the outer edge of a belt; a foot beyond it is on the frame or the floor."""

INERTIA_NM_PER_MPS2 = 2.8
INERTIA_RADPS, INERTIA_DAMPING = 2 * math.pi * 17.0, 0.3
SHAKES = 3
SHAKE_RADPS = (2 * math.pi * 18.0, 2 * math.pi * 30.5, 2 * math.pi * 42.3)
SHAKE_DAMPING = (0.9, 0.04, 0.04)
SHAKE_PART = (0.426, 0.461, 0.781)
"""Broad rumble and two lines: frequency, damping, and part of the vibration's SD."""

REST_PART, PART_PER_MPS = 0.3, 0.35
"""Vibration of resting belts, and its growth with speed; 1 at 2 m/s."""

MAINS_HZ = 50.0
MIN_RUNG_N = 20.0
"""Load from which on the plate rings under a foot rather than by itself."""


def _channels(shear: float, vertical: float, moment: float) -> Array:
    """Return 12 channel values from those of fx and fy, of fz, and of the moments."""
    return np.array(2 * [shear, shear, vertical, moment, moment, moment])


def _mixing() -> Array:
    """Return (6, 6) what channel j puts into channel i: 1 % and less, by hand of a good plate."""
    mixing = np.eye(6)
    mixing[0, 2], mixing[1, 2] = 0.004, -0.003
    mixing[2, 0], mixing[2, 1] = 0.003, 0.005
    mixing[0, 1], mixing[1, 0] = 0.008, -0.006
    mixing[3, 5], mixing[5, 4] = 0.005, -0.004
    return mixing


@dataclass
class Plates:
    """The plates' places, errors and state; the defaults are a good instrumented treadmill.

    Attributes:
        origin_m: (2, 3) centres of their surfaces, left first.
        noise: (12,) SD of the white noise, in N and Nm.
        drift_sd: (12,) SD that the drift tends to.
        step: (12,) quantisation.
        rail: (12,) largest value that a channel can show.
        mixing: (6, 6) channel j into channel i, the same for both plates.
        mass_kg: What the sensors of one plate carry: its top, rollers and motor.
        ring_radps: Natural frequency of a plate on its sensors, vertically.
        ring_damping: Its damping ratio.
        leak_frac: Part of a plate's vertical load that shows on the other.
        vibration_nm: SD of the pitch moment's vibration on belts at 2 m/s.
        vibration_n: The same of the vertical force.
        hum_n: Amplitude of the mains in the vertical force.
        hum_turn: Where in its cycle the mains is.
        drift: (12,) offset of each channel now.
        load_n: True vertical force on each plate.
        inertia: (2, 2) per plate the feigned moment and its rate.
        ring: (2, 2) per plate the vertical force that the sensors bear, and its rate.
        shake: (2, 3, 2) per plate and mode the vibration and its rate.
        is_railed: 1 where a channel of the plate is at its rail.
    """

    origin_m: Array = field(default_factory=lambda: np.zeros((2, 3)))
    noise: Array = field(default_factory=lambda: _channels(0.8, 2.5, 0.3))
    drift_sd: Array = field(default_factory=lambda: _channels(0.7, 1.5, 0.2))
    step: Array = field(default_factory=lambda: _channels(0.05, 0.1, 0.01))
    rail: Array = field(default_factory=lambda: _channels(1000.0, 4000.0, 1000.0))
    mixing: Array = field(default_factory=_mixing)
    mass_kg: float = 60.0
    ring_radps: float = 2 * math.pi * 110.0
    ring_damping: float = 0.06
    leak_frac: float = 0.002
    vibration_nm: float = 0.4
    vibration_n: float = 1.0
    hum_n: float = 0.2
    hum_turn: float = 0.0
    drift: Array = field(default_factory=lambda: np.zeros(12))
    load_n: Pair = field(default_factory=lambda: [0.0, 0.0])
    inertia: Array = field(default_factory=lambda: np.zeros((2, 2)))
    ring: Array = field(default_factory=lambda: np.zeros((2, 2)))
    shake: Array = field(default_factory=lambda: np.zeros((2, SHAKES, 2)))
    is_railed: Pair = field(default_factory=lambda: [0.0, 0.0])


GOOD = Plates()
ROUGH = replace(
    Plates(),
    noise=_channels(3.0, 8.0, 0.5),
    ring_radps=2 * math.pi * 45.0,
    ring_damping=0.04,
    leak_frac=0.01,
    vibration_nm=6.2,
    vibration_n=8.0,
    hum_n=1.0,
)
"""A treadmill like the R-Mill that was recorded: flexible, and loud in its force channels."""

GRADES: dict[str, Plates] = {"good": GOOD, "rough": ROUGH}


@compiled
def weigh(plates: Plates, body: Body, belts: Belts, foot_width_m: float, row: Array) -> None:
    """Write the (12,) wrench that the feet put on the plates, moments about their centres."""
    for plate in range(2):
        first = 6 * plate
        for i in range(6):
            row[first + i] = 0.0
        for foot in range(2):
            if abs(body.cop_y_m[foot]) > HALF_WIDTH_M:
                continue
            share, y_m = split(body.cop_y_m[foot], foot_width_m, plate)
            x_m = body.cop_x_m[foot] - plates.origin_m[plate, 0]
            y_m -= plates.origin_m[plate, 1]
            z_m = -plates.origin_m[plate, 2]
            fx = share * body.force_x_n[foot]
            fy = share * body.force_y_n[foot]
            fz = share * body.force_z_n[foot]
            row[first] += fx
            row[first + 1] += fy
            row[first + 2] += fz
            row[first + 3] += y_m * fz - z_m * fy
            row[first + 4] += z_m * fx - x_m * fz
            row[first + 5] += x_m * fy - y_m * fx
        plates.load_n[plate] = row[first + 2]
        belts.foot_n[plate] = row[first]


@compiled
def split(cop_y_m: float, width_m: float, plate: int) -> tuple[float, float]:
    """Return the part of a foot on `plate`, by area about the seam y = 0, and its middle.

    The two parts together have the foot's own centre of pressure.
    """
    edge_m = cop_y_m + 0.5 * width_m if plate == LEFT else cop_y_m - 0.5 * width_m
    on_m = edge_m if plate == LEFT else -edge_m
    if on_m <= 0:
        return 0.0, 0.0
    if on_m >= width_m:
        return 1.0, cop_y_m
    return on_m / width_m, 0.5 * edge_m


@compiled
def bear(
    plates: Plates, belts: Belts, around: Surroundings, row: Array, noise: Array, column: int
) -> None:
    """Add to the feet's wrench what else the sensors bear; `noise[column:]` shakes them."""
    g_mps2 = 9.81
    x_mps2 = around.accel_x_mps2 + g_mps2 * math.sin(around.slope_rad)
    y_mps2 = around.accel_y_mps2 + g_mps2 * math.sin(around.roll_rad)
    z_mps2 = around.accel_z_mps2
    z_mps2 += g_mps2 * (math.cos(around.slope_rad) * math.cos(around.roll_rad) - 1)
    left_n, right_n = row[2], row[8]
    row[2] += plates.leak_frac * (right_n - left_n)
    row[8] += plates.leak_frac * (left_n - right_n)
    plates.hum_turn = (plates.hum_turn + DT_S * MAINS_HZ) % 1.0
    hum_n = plates.hum_n * math.sin(2 * math.pi * plates.hum_turn)
    for plate in range(2):
        first = 6 * plate
        row[first] += plates.mass_kg * x_mps2
        row[first + 1] += plates.mass_kg * y_mps2
        shaken = vibrate(plates, plate, noise, column + SHAKES * plate)
        shaken *= REST_PART + PART_PER_MPS * abs(belts.drive_mps[plate])
        pressed_n = row[first + 2] + plates.mass_kg * z_mps2
        rung_n = ring(plates, plate, pressed_n) - pressed_n
        if pressed_n > MIN_RUNG_N:
            # What rings is the foot's load, where the foot is.
            row[first + 3] *= 1 + rung_n / pressed_n
            row[first + 4] *= 1 + rung_n / pressed_n
        row[first + 2] = pressed_n + rung_n + hum_n + plates.vibration_n * shaken
        row[first + 4] += feign(plates, plate, belts) + plates.vibration_nm * shaken


@compiled
def feign(plates: Plates, plate: int, belts: Belts) -> float:
    """Return the pitch moment that the belt's acceleration feigns, in Nm."""
    state = plates.inertia[plate]
    wanted_nm = INERTIA_NM_PER_MPS2 * belts.accel_mps2[plate]
    state[1] += (
        DT_S
        * INERTIA_RADPS
        * (INERTIA_RADPS * (wanted_nm - state[0]) - 2 * INERTIA_DAMPING * state[1])
    )
    state[0] += DT_S * state[1]
    value: float = state[0]
    return value


@compiled
def ring(plates: Plates, plate: int, force_n: float) -> float:
    """Return the vertical force that the sensors bear: the plate's mass rings on them."""
    state, omega = plates.ring[plate], plates.ring_radps
    pull = omega * (force_n - state[0]) - 2 * plates.ring_damping * state[1]
    state[1] += DT_S * omega * pull
    state[0] += DT_S * state[1]
    value: float = state[0]
    return value


@compiled
def vibrate(plates: Plates, plate: int, noise: Array, column: int) -> float:
    """Return the structure's vibration, of unit SD."""
    total = 0.0
    for mode in range(SHAKES):
        state, omega = plates.shake[plate, mode], SHAKE_RADPS[mode]
        drive = SHAKE_PART[mode] * math.sqrt(4 * SHAKE_DAMPING[mode] / (omega * DT_S))
        pull = omega * (drive * noise[column + mode] - state[0])
        state[1] += DT_S * omega * (pull - 2 * SHAKE_DAMPING[mode] * state[1])
        state[0] += DT_S * state[1]
        total += state[0]
    return total


@compiled
def digitise(plates: Plates, row: Array, noise: Array, column: int) -> None:
    """Turn what the sensors bear into numbers: mixed, drifting, noisy, railed and rounded."""
    pace = math.sqrt(2 * DT_S / DRIFT_S)
    for plate in range(2):
        first = 6 * plate
        plates.is_railed[plate] = 0.0
        borne = row[first : first + 6].copy()
        for i in range(6):
            channel = first + i
            mixed = 0.0
            for j in range(6):
                mixed += plates.mixing[i, j] * borne[j]
            white = noise[column + channel]
            drift = plates.drift[channel] * (1 - DT_S / DRIFT_S)
            drift += plates.drift_sd[channel] * pace * white
            plates.drift[channel] = drift
            value = mixed + drift + plates.noise[channel] * white
            rail = plates.rail[channel]
            if abs(value) > rail:
                plates.is_railed[plate] = 1.0
                value = math.copysign(rail, value)
            row[channel] = plates.step[channel] * math.floor(value / plates.step[channel] + 0.5)
