"""Steady gait at every speed: what the walker aims for, and how it corrects itself.

For each belt speed and each ratio of step time to the usual one, one step of the template is
integrated; its periodic orbit is the aim, its return map gives the gains of foot placement.
Everything is per second, metre and body weight; nothing here depends on the person's mass.

Source: a pendulum of variable height with no moment about the centre of mass, driven by
vertical force templates; foot placement after Hof 2008 (Hum Mov Sci 27:112). The speed laws
are tuned to Murakami & Otaka 2017, Grieve & Gear 1966 and Reed 2013 (BMC MSD 14:249), the
force peaks to Pataky 2008 (J Biomech 41:1987) less 0.05 to 0.12 BW at the second peak, as
treadmills show.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rehabsim_sim.jit import compiled

Array = npt.NDArray[np.float64]

GRAVITY_MPS2 = 9.81
SPEED_STEP_MPS = 0.04
MIN_SPEED_MPS, SPEED_COUNT = 0.02, 56
SPEEDS_MPS: Array = MIN_SPEED_MPS + SPEED_STEP_MPS * np.arange(SPEED_COUNT, dtype=float)
RATIO_STEP, MIN_RATIO, RATIO_COUNT = 0.1, 0.5, 8
RATIOS: Array = MIN_RATIO + RATIO_STEP * np.arange(RATIO_COUNT, dtype=float)
USUAL_RATIO, HURRIED_RATIO = 5, 0
PHASE_COUNT = 101
STANCE_COUNT = 401
MAX_STEP_TIME_S = 0.95
TROUGH_AT = 0.48
SLOW_ANKLE_GAIN = 1.2
PLACEMENT_COST = (1.0, 0.1, 0.0)
STEADIER = 1.3

# Columns of `GaitTables.orbit`.
X, VX, Y, VY, Z, VZ, TOE_Y, TOE_VY = range(8)
# Columns of `GaitTables.law`.
STEP_TIME, DUTY, GAIN_POSITION, GAIN_VELOCITY, GAIN_HELD, GAIN_HARD, GAIN_HURRIED = range(7)

_SUBSTEPS = 500


@dataclass(frozen=True)
class GaitShape:
    """What a person's steady gait depends on; equal shapes share their tables.

    Attributes:
        com_height_m: Mean height of the centre of mass, about 0.565 of body height.
        walk_ratio_m_per_spm: Step length over cadence (Murakami & Otaka 2017: 0.0065
            overground, lower on treadmills).
        roll_length_m: Travel of the centre of pressure from heel to toe at 0.5 m/s and above.
        roll_start_m: Where it starts, ahead of the heel.
        ankle_gain: Shift of the centre of pressure per deviation of the extrapolated COM.
        ankle_delay_s: Delay of that loop (Hof 2010: about 0.2 s voluntary, shorter reflexes).
    """

    com_height_m: float = 0.99
    walk_ratio_m_per_spm: float = 0.0060
    roll_length_m: float = 0.20
    roll_start_m: float = 0.03
    ankle_gain: float = 0.85
    ankle_delay_s: float = 0.08


class GaitTables(NamedTuple):
    """Steady gait of one shape.

    Attributes:
        template_bw: (speed, stance phase) vertical force of one foot in body weights.
        orbit: (speed, step time ratio, step phase, 8) state of the COM relative to the lead
            foot's heel, the lead foot on the left: x, its rate, y per metre of step width, its
            rate, z, its rate, and y per unit tangent of toe-out, its rate.
        law: (speed, 7) step time, duty factor and the gains of foot placement; the last two
            are those on the extrapolated COM with ankles at their limit, in a usual step and in
            one of half the time.
    """

    template_bw: Array
    orbit: Array
    law: Array


def step_time_s(speed_mps: Array, walk_ratio_m_per_spm: float) -> Array:
    """Return the usual step time: walk ratio law, at most 0.95 s."""
    length_m = np.sqrt(60 * walk_ratio_m_per_spm * speed_mps)
    return np.minimum(length_m / speed_mps, MAX_STEP_TIME_S)


def duty_frac(speed_mps: Array) -> Array:
    """Return stance time over stride time."""
    return np.minimum(0.585 + 0.055 / (speed_mps + 0.07), 0.70)


def force_targets_bw(speed_mps: Array) -> tuple[Array, Array, Array]:
    """Return first peak, trough and second peak of the vertical force in body weights."""
    fast = np.maximum(speed_mps - 0.8, 0)
    slow = np.minimum(speed_mps - 0.8, 0)
    first = 1.01 + 0.12 * fast + 0.25 * fast**2 + 0.03 * slow
    second = 1.02 + 0.15 * fast - 0.03 * fast**2 + 0.06 * slow
    above = np.maximum(speed_mps - 0.6, 0)
    below = np.minimum(speed_mps - 0.6, 0)
    trough = 0.93 - 0.11 * above - 0.20 * above**2 - 0.20 * below
    return first, trough, second


def peak_phases(speed_mps: Array) -> tuple[Array, Array]:
    """Return the stance phases of the two force peaks."""
    above = np.clip(speed_mps - 0.6, 0, 1.4)
    return 0.285 - 0.08 * np.minimum(above, 1.1), 0.755 + 0.012 * above


@compiled
def ankle_gain_at(speed_mps: float, ankle_gain: float) -> float:
    """Return the ankle gain, that of standing in quasi-static slow gait."""
    slow = min(max((0.6 - speed_mps) / 0.2, 0.0), 1.0)
    return ankle_gain + slow * max(SLOW_ANKLE_GAIN - ankle_gain, 0.0)


@compiled
def roll_at(speed_mps: float, roll_start_m: float, roll_length_m: float) -> tuple[float, float]:
    """Return where the COP starts ahead of the heel and how far it rolls, shorter when slow."""
    length_m = roll_length_m * min(max(speed_mps / 0.5, 0.25), 1.0)
    return roll_start_m + 0.45 * (roll_length_m - length_m), length_m


@compiled
def template_at(template: Array, row: int, row_frac: float, stance: float) -> float:
    """Return the vertical force of one foot in body weights; 0 outside stance."""
    if stance < 0.0 or stance >= 1.0:
        return 0.0
    place = stance * (STANCE_COUNT - 1)
    i = int(place)
    f = place - i
    low: float = template[row, i] * (1 - f) + template[row, i + 1] * f
    high: float = template[row + 1, i] * (1 - f) + template[row + 1, i + 1] * f
    return low * (1 - row_frac) + high * row_frac


@compiled
def orbit_at(
    orbit: Array, row: int, row_frac: float, ratio: float, phase: float, width_m: float, toe: float
) -> tuple[float, float, float, float, float, float]:
    """Return x, its rate, y, its rate, z, its rate at a ratio of step time and a phase.

    `width_m` is the step width, `toe` the tangent of the toe-out angle.
    """
    place = min(max((ratio - MIN_RATIO) / RATIO_STEP, 0.0), RATIO_COUNT - 1.001)
    i = int(place)
    f = place - i
    place = min(phase * (PHASE_COUNT - 1), PHASE_COUNT - 1.001)
    j = int(place)
    g = place - j
    x = vx = y = vy = z = vz = 0.0
    for a in range(2):
        of_row = row_frac if a else 1 - row_frac
        for b in range(2):
            of_ratio = of_row * (f if b else 1 - f)
            for c in range(2):
                weight = of_ratio * (g if c else 1 - g)
                at = orbit[row + a, i + b, j + c]
                x += weight * at[X]
                vx += weight * at[VX]
                y += weight * (width_m * at[Y] + toe * at[TOE_Y])
                vy += weight * (width_m * at[VY] + toe * at[TOE_VY])
                z += weight * at[Z]
                vz += weight * at[VZ]
    return x, vx, y, vy, z, vz


def force_template(speed_mps: Array) -> Array:
    """Return (speed, stance phase) vertical force of one foot in body weights.

    Sine powers up to the first peak and down from the second, cosines between; the power is
    solved so that the stance impulse is exactly half the stride's. A short heel-strike
    transient rides on the loading slope.
    """
    stance = np.linspace(0, 1, STANCE_COUNT)
    first, trough, second = (q[:, None] for q in force_targets_bw(speed_mps))
    t1, t3 = (q[:, None] for q in peak_phases(speed_mps))
    wanted = 0.5 / duty_frac(speed_mps)

    def curve(power: Array) -> Array:
        rise = np.sin(np.pi / 2 * np.clip(stance / t1, 0, 1)) ** power[:, None]
        fall = np.sin(np.pi / 2 * np.clip((1 - stance) / (1 - t3), 0, 1)) ** power[:, None]
        dip = 0.5 - 0.5 * np.cos(np.pi * np.clip((stance - t1) / (TROUGH_AT - t1), 0, 1))
        climb = 0.5 - 0.5 * np.cos(np.pi * np.clip((stance - TROUGH_AT) / (t3 - TROUGH_AT), 0, 1))
        middle = first + (trough - first) * dip + (second - trough) * climb
        load = np.where(stance <= t1, first * rise, np.where(stance > t3, second * fall, middle))
        return load + _heel_transient(stance, speed_mps)

    low, high = np.full(len(speed_mps), 0.3), np.full(len(speed_mps), 6.0)
    for _ in range(50):
        power = (low + high) / 2
        is_full = np.trapezoid(curve(power), stance, axis=1) > wanted
        low, high = np.where(is_full, power, low), np.where(is_full, high, power)
    template = curve((low + high) / 2)
    template[:, [0, -1]] = 0.0
    return template


def _heel_transient(stance: Array, speed_mps: Array) -> Array:
    """Return the impact of the heel: a short bump about 25 ms after contact, larger when fast."""
    size_bw = 0.05 + 0.08 * np.clip(speed_mps, 0, 2)
    late = stance / 0.035
    bump: Array = size_bw[:, None] * (late * np.exp(1 - late)) ** 2
    return bump


@lru_cache(maxsize=32)
def gait_tables(shape: GaitShape) -> GaitTables:
    """Return the tables of `shape`; about a quarter of a second the first time."""
    speeds, ratios = SPEEDS_MPS, RATIOS
    template = force_template(speeds)
    usual_s = step_time_s(speeds, shape.walk_ratio_m_per_spm)
    duty = duty_frac(speeds)
    step = _Step(shape, template, usual_s[:, None] * ratios, duty)
    easy = step.placement_gains(USUAL_RATIO, shape.ankle_gain)
    easy *= np.array([STEADIER, STEADIER, 1.0])
    hard = [step.placement_gains(ratio, 0.0)[:, 0] for ratio in (USUAL_RATIO, HURRIED_RATIO)]
    law = np.column_stack([usual_s, duty, easy, *hard])
    return GaitTables(template, step.orbit(speeds), np.ascontiguousarray(law))


class _Step:
    """One step of the template at every speed and step time ratio, as a linear map."""

    def __init__(self, shape: GaitShape, template: Array, time_s: Array, duty: Array) -> None:
        self.shape, self.time_s = shape, time_s
        self.dt_s = time_s / _SUBSTEPS
        self.phase = np.arange(_SUBSTEPS + 1) / _SUBSTEPS
        lead_at = self.phase / (2 * duty[:, None])
        trail_at = (1 + self.phase) / (2 * duty[:, None])
        stance = np.linspace(0, 1, STANCE_COUNT)
        rows = range(len(template))
        lead = np.array([np.interp(lead_at[i], stance, template[i]) for i in rows])
        trail = np.array([np.interp(trail_at[i], stance, template[i], right=0.0) for i in rows])
        self.z_m, self.vz_mps = self._height(lead + trail)
        self.lead_k = GRAVITY_MPS2 * lead[:, None] / self.z_m
        self.trail_k = GRAVITY_MPS2 * trail[:, None] / self.z_m
        start_m, length_m = np.array(
            [roll_at(v, shape.roll_start_m, shape.roll_length_m) for v in SPEEDS_MPS]
        ).T[..., None]
        self.lead_roll_m = (start_m + length_m * lead_at)[:, None]
        self.trail_roll_m = (start_m + length_m * np.minimum(trail_at, 1))[:, None]

    def _height(self, load_bw: Array) -> tuple[Array, Array]:
        """Return the periodic height and its rate under the load of both feet."""
        dt_s = self.dt_s[..., None]
        ramp, share = np.linspace(0, 1, _SUBSTEPS + 1), np.array(1 / _SUBSTEPS)
        accel = np.broadcast_to(
            GRAVITY_MPS2 * (load_bw - 1)[:, None], (*self.dt_s.shape, len(ramp))
        )
        rate = _cumulative(accel, dt_s)
        rate = rate - ramp * rate[..., -1:]
        rate = rate - _cumulative(rate, share)[..., -1:]
        height = _cumulative(rate, dt_s)
        height = height - ramp * height[..., -1:]
        return height - _cumulative(height, share)[..., -1:] + self.shape.com_height_m, rate

    def _integrate(
        self, x: Array, v: Array, lead_x: float | Array, lead_roll: float, trail_roll: float
    ) -> tuple[Array, Array]:
        """Return position and velocity over the step, trailing heel at 0."""
        count = self.lead_k.shape[-1]
        xs, vs = np.empty((*self.dt_s.shape, count)), np.empty((*self.dt_s.shape, count))
        push = self.lead_k * (np.asarray(lead_x)[..., None] + lead_roll * self.lead_roll_m)
        push = push + self.trail_k * trail_roll * self.trail_roll_m
        pull = self.lead_k + self.trail_k
        dt_s = self.dt_s
        x, v = np.broadcast_to(x, dt_s.shape), np.broadcast_to(v, dt_s.shape)
        for i in range(count):
            xs[..., i], vs[..., i] = x, v
            if i == count - 1:
                break
            a0 = pull[..., i] * x - push[..., i]
            guess = x + v * dt_s + 0.5 * a0 * dt_s**2
            a1 = pull[..., i + 1] * guess - push[..., i + 1]
            x = x + v * dt_s + dt_s**2 * (2 * a0 + a1) / 6
            v = v + dt_s * (a0 + a1) / 2
        return xs, vs

    def orbit(self, speeds_mps: Array) -> Array:
        """Return the periodic orbit at (speed, ratio, phase), columns as in `GaitTables`."""
        length_m = speeds_mps[:, None] * self.time_s
        zero, one = np.zeros_like(length_m), np.ones_like(length_m)
        ends = [
            np.stack([q[..., -1] for q in self._integrate(*case)], axis=-1)
            for case in (
                (one, zero, 0, 0, 0),
                (zero, one, 0, 0, 0),
                (zero, zero, 1, 0, 0),
                (zero, zero, 0, 1, 1),
                (zero, zero, 0, 1, -1),
            )
        ]
        a = np.stack(ends[:2], axis=-1)
        b = ends[2] - np.array([1.0, 0.0])
        start = np.linalg.solve(np.eye(2) - a, (b * length_m[..., None] + ends[3])[..., None])
        side = np.linalg.solve(-np.eye(2) - a, np.stack([b, ends[4]], axis=-1))
        x, vx = self._integrate(start[..., 0, 0], start[..., 1, 0], length_m, 1, 1)
        y, vy = self._integrate(side[..., 0, 0], side[..., 1, 0], 1.0, 0, 0)
        toe_y, toe_vy = self._integrate(side[..., 0, 1], side[..., 1, 1], 0.0, 1, -1)
        # Seen from the trailing foot; the lead foot is one step ahead and one width aside.
        columns = (x - length_m[..., None], vx, y - 1.0, vy, self.z_m, self.vz_mps, toe_y, toe_vy)
        keep = np.linspace(0, _SUBSTEPS, PHASE_COUNT).round().astype(int)
        return np.ascontiguousarray(np.stack([q[..., keep] for q in columns], axis=-1))

    def placement_gains(self, ratio_index: int, ankle_gain: float) -> Array:
        """Return (speed, 3) gains of foot placement on position, velocity and held shift.

        Linear-quadratic regulator of the return map with the ankle loop closed; the held shift
        is how far the ankle has shifted the COP under the old foot.
        """
        gain = np.array([ankle_gain_at(v, ankle_gain) for v in SPEEDS_MPS])
        if ankle_gain == 0:
            gain[:] = 0.0
        to_x, to_v, to_foot, to_held = self._ankle_response(ratio_index, gain)
        a = np.stack([to_x, to_v, to_held], axis=-1)
        b = (to_foot - to_x)[..., None]
        return _regulator(a, b, np.diag(PLACEMENT_COST))

    def _ankle_response(self, ratio_index: int, gain: Array) -> list[Array]:
        """Return (speed, 3) x, v and ankle shift at the end of a step.

        One array each for a unit of x, of v, of the foot's place and of held shift at its start.
        """
        shape = self.shape
        omega = math.sqrt(GRAVITY_MPS2 / shape.com_height_m)
        pull = (self.lead_k + self.trail_k)[:, ratio_index]
        trail, lead = self.trail_k[:, ratio_index], self.lead_k[:, ratio_index]
        dt_s = self.dt_s[:, ratio_index]
        delay = np.round(shape.ankle_delay_s / dt_s).astype(int)
        rows = np.arange(len(dt_s))
        ends = []
        for x0, v0, foot, held in np.eye(4):
            x, v = np.full(len(rows), x0), np.full(len(rows), v0)
            felt = np.zeros((len(rows), _SUBSTEPS))
            shift = np.zeros(len(rows))
            for i in range(_SUBSTEPS):
                felt[:, i] = x + v / omega
                past = i - delay
                shift = np.where(past >= 0, gain * felt[rows, np.maximum(past, 0)], 0.0)
                push = trail[:, i] * (foot - shift - held) - lead[:, i] * shift
                v = v + (pull[:, i] * x + push) * dt_s
                x = x + v * dt_s
            ends.append(np.stack([x, v, shift], axis=-1))
        return ends


def _cumulative(values: Array, dt_s: Array) -> Array:
    """Return the running trapezoidal integral over the last axis."""
    areas = (values[..., 1:] + values[..., :-1]) / 2 * dt_s
    return np.concatenate([np.zeros((*areas.shape[:-1], 1)), areas.cumsum(axis=-1)], axis=-1)


def _regulator(a: Array, b: Array, cost: Array) -> Array:
    """Return (n, k) discrete LQR gains for input cost 1, by structured doubling.

    Source: Chu, Fan, Lin & Wang 2004, structure-preserving doubling for discrete Riccati.
    """
    eye = np.eye(a.shape[-1])
    step, reach = a, b @ b.swapaxes(-1, -2)
    value = np.broadcast_to(cost, a.shape)
    for _ in range(30):
        inverse = np.linalg.inv(eye + reach @ value)
        flipped = step.swapaxes(-1, -2)
        next_step = step @ inverse @ step
        reach, value = (
            reach + step @ inverse @ reach @ flipped,
            value + flipped @ value @ inverse @ step,
        )
        step = next_step
    inner = 1.0 + b.swapaxes(-1, -2) @ value @ b
    gain = np.linalg.solve(inner, b.swapaxes(-1, -2) @ value @ a)
    return np.asarray(gain[:, 0], dtype=np.float64)
