"""The trunk above the pelvis, its muscles' reflexes, and the heart: what wearables feel.

The trunk rides on the walker and does not act back on it: the walker is a pendulum without one.
A sudden load of the deck or the belts tips it; springs of muscle and tissue bring it back; its
extensors fire a reflex delay after the stretch is felt. With each stride pelvis and thorax turn
against each other, the more so the faster one walks.

Source: reflex latencies 63 ms, 77 ms in those hurt later (Cholewicki 2005); motion is noticed
from 0.8 degrees, 1.3 with low-back pain (Lee 2010); repositioning errors 2.8 and 7.5 degrees
(PMC3230646); turning in phase by 20 to 40 degrees at 0.6 m/s, 110 to 130 out of phase at 1.6 m/s.
Amplitudes of pelvis and thorax, stiffness and damping are ordinary values, chosen. Heart: the cost
of walking of Minetti 2002, first-order with 35 s up and 60 s down.
"""

import math
from collections.abc import MutableSequence
from dataclasses import dataclass, field, fields, replace

from rehabsim_sim.jit import compiled
from rehabsim_sim.person import DT_S, LEFT, WALKING, Array, Body, Person, Surroundings

TIP_RADPS, TIP_DAMPING = 2 * math.pi * 1.3, 0.5
"""Own frequency and damping of the trunk on its intrinsic and reflex stiffness."""

TRUNK_M = 0.35
"""From the pelvis to the middle of the trunk."""

RATE_PART = 0.05
"""Smoothing of the rates: 20 ms, as soft tissue does."""

CALM_S, MEMORY_S = 0.5, 0.4
"""How long after an onset no other is told, and how long a felt load is remembered."""

TRUNK_NOISES = 4
"""Columns of the noise drawn per millisecond: two of the posture, reflex, heart."""

PITCH, ROLL, YAW = range(3)
TURN_RAD, BEND_RAD, NOD_RAD = math.radians(4), math.radians(3), math.radians(1.5)
"""Amplitudes of the pelvis in a stride: about the vertical, to the side, forward (twice)."""


@dataclass
class TrunkTraits:
    """What somebody's trunk and heart are like; the defaults are a healthy adult.

    Attributes:
        reflex_delay_s: From the stretch to the muscle's onset.
        reflex_delay_sd_s: Its SD from time to time.
        reflex_size: Size of the burst; 1 is healthy.
        motion_threshold_rad: Smallest tip that is felt.
        position_error_rad: SD of the constant error when a position is to be found again.
        position_spread_rad: SD of the error from trial to trial.
        out_of_phase_rad: How far thorax and pelvis turn out of phase when fast.
        wander_rad: SD of the slow wandering of the posture.
        rest_hz: Heart rate at rest, beats per second.
        most_hz: Highest heart rate.
        capacity_w_per_kg: Metabolic power at which it is reached.
    """

    reflex_delay_s: float = 0.063
    reflex_delay_sd_s: float = 0.008
    reflex_size: float = 1.0
    motion_threshold_rad: float = math.radians(0.8)
    position_error_rad: float = math.radians(2.0)
    position_spread_rad: float = math.radians(2.0)
    out_of_phase_rad: float = math.radians(120)
    wander_rad: float = math.radians(0.4)
    rest_hz: float = 68 / 60
    most_hz: float = 185 / 60
    capacity_w_per_kg: float = 12.0


HEALTHY = TrunkTraits()
PAIN = replace(
    HEALTHY, motion_threshold_rad=math.radians(1.3), position_error_rad=math.radians(5.0)
)
TRUNKS: dict[str, TrunkTraits] = {
    "healthy": HEALTHY,
    "steering": HEALTHY,
    "insufficient_core": replace(
        PAIN, reflex_delay_s=0.077, reflex_size=0.8, position_spread_rad=math.radians(3)
    ),
    "excessive_core": replace(
        PAIN, reflex_delay_s=0.070, reflex_size=1.5, out_of_phase_rad=math.radians(85)
    ),
    "asymmetric_loading": PAIN,
    "balance_loss": replace(PAIN, reflex_delay_s=0.085, position_spread_rad=math.radians(3.5)),
    "postural": replace(PAIN, position_error_rad=math.radians(6)),
    "lumbar_fatigue": replace(PAIN, position_error_rad=math.radians(3.5), capacity_w_per_kg=8.0),
    "hemiparetic": replace(HEALTHY, reflex_delay_s=0.080, capacity_w_per_kg=7.0),
    "amputee": replace(HEALTHY, capacity_w_per_kg=9.0),
}
"""By the names of `patients`; lumbar fatigue delays and blurs them as it grows."""


def trunk_of(name: str) -> TrunkTraits:
    """Return the trunk of patient `NAME` or `NAME:SEVERITY`, which `patients` has checked."""
    plain, _, severity = name.partition(":")
    ill, part = TRUNKS.get(plain, HEALTHY), float(severity or 1.0)
    pairs = [(f.name, getattr(HEALTHY, f.name), getattr(ill, f.name)) for f in fields(TrunkTraits)]
    return TrunkTraits(**{name: well + part * (is_now - well) for name, well, is_now in pairs})


FATIGUE_DELAY_S, FATIGUE_BLUR = 0.025, 1.0
"""What full fatigue adds to the reflex's delay, and to position errors, as a part of them."""


def _three() -> MutableSequence[float]:
    return [0.0, 0.0, 0.0]


@dataclass
class Trunk:
    """Where the trunk is; angles are pitch (forward), roll (to the right), yaw (to the left).

    Attributes:
        pelvis_rad: Of the pelvis, against the deck's axes.
        pelvis_radps: Its rate.
        thorax_rad: Of the thorax.
        thorax_radps: Its rate.
        tip_rad: What sudden loads have added, pitch and roll.
        tip_radps: Its rate.
        wander_rad: Slow wandering, pitch and roll.
        target_rad: Pitch that the person has been asked to take.
        constant_error_rad: By how much they miss every target.
        error_rad: By how much more they miss this one.
        reached_rad: Where they are on the way.
        stride_turn: Of the stride, 0 at a left landing.
        speed_mps: Speed that the turning goes with.
        loaded_s: Time since a sudden load was felt; large when there was none.
        reflex_s: Delay of the reflex that is coming.
        quiet_s: Time since the last onset.
        onset: 1 in the millisecond of an onset.
        onset_size: How strong.
        onset_side: -1 left, +1 right, 0 both.
        last_v_mps: Rate of the COM a millisecond ago, forward, left, up.
        accel_mps2: Of the COM, deck axes.
        heart_hz: Heart rate.
        beat_turn: Of the heart's cycle.
        breath_turn: Of the breath's.
        beat: 1 in the millisecond of a beat.
    """

    pelvis_rad: MutableSequence[float] = field(default_factory=_three)
    pelvis_radps: MutableSequence[float] = field(default_factory=_three)
    thorax_rad: MutableSequence[float] = field(default_factory=_three)
    thorax_radps: MutableSequence[float] = field(default_factory=_three)
    tip_rad: MutableSequence[float] = field(default_factory=_three)
    tip_radps: MutableSequence[float] = field(default_factory=_three)
    wander_rad: MutableSequence[float] = field(default_factory=_three)
    target_rad: float = 0.0
    constant_error_rad: float = 0.0
    error_rad: float = 0.0
    reached_rad: float = 0.0
    stride_turn: float = 0.0
    speed_mps: float = 0.0
    loaded_s: float = 9.0
    reflex_s: float = 0.063
    quiet_s: float = 9.0
    onset: int = 0
    onset_size: float = 0.0
    onset_side: int = 0
    last_v_mps: MutableSequence[float] = field(default_factory=_three)
    accel_mps2: MutableSequence[float] = field(default_factory=_three)
    heart_hz: float = 68 / 60
    beat_turn: float = 0.0
    breath_turn: float = 0.0
    beat: int = 0


@compiled
def carry(
    trunk: Trunk,
    traits: TrunkTraits,
    person: Person,
    around: Surroundings,
    belt_mps2: float,
    noise: Array,
) -> None:
    """Carry the trunk a millisecond on; `noise` holds `TRUNK_NOISES` normal numbers for it."""
    body, mind, mass_kg = person.body[0], person.mind[0], person.traits[0].mass_kg
    rates = (body.vx_mps, body.vy_mps, body.vz_mps)
    for i in range(3):
        trunk.accel_mps2[i] = (rates[i] - trunk.last_v_mps[i]) / DT_S
        trunk.last_v_mps[i] = rates[i]
    load_x = around.push_x_n / max(mass_kg, 1.0) - around.accel_x_mps2 + 0.5 * belt_mps2
    load_y = around.push_y_n / max(mass_kg, 1.0) - around.accel_y_mps2
    tip(trunk, load_x, load_y)
    answer(trunk, traits, mind.fatigue_frac, load_y, noise)
    turn(trunk, traits, person, around)
    pace = math.sqrt(2 * DT_S / 4.0)
    for i in range(2):
        pull = -trunk.wander_rad[i] * DT_S / 4.0
        trunk.wander_rad[i] += pull + traits.wander_rad * pace * noise[i]
    missed_rad = trunk.constant_error_rad + trunk.error_rad if trunk.target_rad != 0 else 0.0
    missed_rad *= 1 + FATIGUE_BLUR * mind.fatigue_frac
    wanted_rad = trunk.target_rad + missed_rad
    trunk.reached_rad += DT_S / 0.4 * (wanted_rad - trunk.reached_rad)
    beat(trunk, traits, mind.felt_mean_mps, around.slope_rad, noise)


@compiled
def tip(trunk: Trunk, load_x_mps2: float, load_y_mps2: float) -> None:
    """Tip the trunk against what the deck does under it."""
    loads = (-load_x_mps2 / TRUNK_M, load_y_mps2 / TRUNK_M)
    for i in range(2):
        pull = TIP_RADPS * TIP_RADPS * trunk.tip_rad[i]
        pull += 2 * TIP_DAMPING * TIP_RADPS * trunk.tip_radps[i]
        trunk.tip_radps[i] += DT_S * (-loads[i] - pull)
        trunk.tip_rad[i] += DT_S * trunk.tip_radps[i]


@compiled
def answer(
    trunk: Trunk, traits: TrunkTraits, fatigue_frac: float, load_y_mps2: float, noise: Array
) -> None:
    """Fire the trunk's muscles one reflex delay after a stretch is felt."""
    trunk.onset = 0
    trunk.quiet_s += DT_S
    trunk.loaded_s += DT_S
    # Spindles feel the rate, and with it the tip to come, before the tip itself is large.
    ahead = math.hypot(
        trunk.tip_rad[0] + 0.1 * trunk.tip_radps[0], trunk.tip_rad[1] + 0.1 * trunk.tip_radps[1]
    )
    is_idle = trunk.quiet_s > CALM_S and trunk.loaded_s > MEMORY_S
    if is_idle and ahead > traits.motion_threshold_rad:
        trunk.loaded_s = 0.0
        delay_s = traits.reflex_delay_s + FATIGUE_DELAY_S * fatigue_frac
        trunk.reflex_s = max(delay_s + traits.reflex_delay_sd_s * noise[2], 0.03)
        trunk.onset_side = 0
        if abs(load_y_mps2) > 0.5:
            trunk.onset_side = 1 if load_y_mps2 > 0 else -1
    if trunk.loaded_s - DT_S < trunk.reflex_s <= trunk.loaded_s and trunk.quiet_s > CALM_S:
        trunk.onset = 1
        trunk.quiet_s = 0.0
        stretch = math.hypot(trunk.tip_rad[0], trunk.tip_rad[1])
        trunk.onset_size = traits.reflex_size * (0.3 + stretch / math.radians(5))


@compiled
def turn(trunk: Trunk, traits: TrunkTraits, person: Person, around: Surroundings) -> None:
    """Turn pelvis and thorax with the stride, upright whatever the deck does."""
    body, mind = person.body[0], person.mind[0]
    is_walking = body.posture == WALKING
    trunk.speed_mps += DT_S / 0.8 * ((mind.gait_mps if is_walking else 0.0) - trunk.speed_mps)
    if is_walking:
        half = min(body.phase, 1.0) / 2
        trunk.stride_turn = half if body.lead == LEFT else 0.5 + half
    size = min(trunk.speed_mps / 1.2, 1.3)
    angle = 2 * math.pi * trunk.stride_turn
    fast = min(max(trunk.speed_mps - 0.6, 0.0), 1.0)
    lag = math.radians(30) + fast * (traits.out_of_phase_rad - math.radians(30))
    before = (trunk.pelvis_rad[0], trunk.pelvis_rad[1], trunk.pelvis_rad[2])
    above = (trunk.thorax_rad[0], trunk.thorax_rad[1], trunk.thorax_rad[2])
    lean = trunk.reached_rad + trunk.wander_rad[0]
    trunk.pelvis_rad[PITCH] = around.slope_rad + 0.4 * lean + size * NOD_RAD * math.cos(2 * angle)
    trunk.pelvis_rad[ROLL] = (
        -around.roll_rad + size * BEND_RAD * math.sin(angle) + 0.3 * trunk.tip_rad[1]
    )
    trunk.pelvis_rad[YAW] = -size * TURN_RAD * math.cos(angle)
    trunk.pelvis_rad[PITCH] += 0.3 * trunk.tip_rad[0]
    trunk.thorax_rad[PITCH] = (
        around.slope_rad + lean + trunk.tip_rad[0] + size * NOD_RAD * math.cos(2 * angle + 0.6)
    )
    trunk.thorax_rad[ROLL] = (
        -around.roll_rad - 0.7 * size * BEND_RAD * math.sin(angle) + trunk.tip_rad[1]
    )
    trunk.thorax_rad[ROLL] += trunk.wander_rad[1]
    trunk.thorax_rad[YAW] = -size * TURN_RAD * math.cos(angle - lag)
    for i in range(3):
        pelvis_radps = (trunk.pelvis_rad[i] - before[i]) / DT_S
        thorax_radps = (trunk.thorax_rad[i] - above[i]) / DT_S
        trunk.pelvis_radps[i] += RATE_PART * (pelvis_radps - trunk.pelvis_radps[i])
        trunk.thorax_radps[i] += RATE_PART * (thorax_radps - trunk.thorax_radps[i])


@compiled
def beat(
    trunk: Trunk, traits: TrunkTraits, speed_mps: float, slope_rad: float, noise: Array
) -> None:
    """Let the heart follow the power that walking takes."""
    i = min(max(math.tan(slope_rad), -0.45), 0.45)
    cost = 280.5 * i**5 - 58.7 * i**4 - 76.8 * i**3 + 51.9 * i**2 + 19.6 * i + 2.5
    part = min(max(cost * speed_mps / traits.capacity_w_per_kg, 0.0), 1.0)
    wanted_hz = traits.rest_hz + part * (traits.most_hz - traits.rest_hz)
    time_s = 35.0 if wanted_hz > trunk.heart_hz else 60.0
    trunk.heart_hz += DT_S / time_s * (wanted_hz - trunk.heart_hz)
    trunk.breath_turn = (trunk.breath_turn + DT_S * 0.25) % 1.0
    swing = 1 + 0.04 * math.sin(2 * math.pi * trunk.breath_turn) + 0.4 * noise[3] * 0.1
    trunk.beat_turn += DT_S * trunk.heart_hz * swing
    trunk.beat = 0
    if trunk.beat_turn >= 1.0:
        trunk.beat_turn -= 1.0
        trunk.beat = 1


FELT = (
    *("accel_x_mps2", "accel_y_mps2", "accel_z_mps2"),
    *("pelvis_pitch_rad", "pelvis_roll_rad", "pelvis_yaw_rad"),
    *("pelvis_pitch_radps", "pelvis_roll_radps", "pelvis_yaw_radps"),
    *("thorax_pitch_rad", "thorax_roll_rad", "thorax_yaw_rad"),
    *("thorax_pitch_radps", "thorax_roll_radps", "thorax_yaw_radps"),
    *("onset", "onset_size", "onset_side", "heart_hz", "beat"),
    *("harness_n", "slope_rad", "roll_rad"),
)
"""Columns of what wearables can feel, per millisecond."""


@compiled
def report(trunk: Trunk, body: Body, around: Surroundings, row: Array) -> None:
    """Write `FELT`."""
    for i in range(3):
        row[i] = trunk.accel_mps2[i]
        row[3 + i] = trunk.pelvis_rad[i]
        row[6 + i] = trunk.pelvis_radps[i]
        row[9 + i] = trunk.thorax_rad[i]
        row[12 + i] = trunk.thorax_radps[i]
    row[15] = trunk.onset
    row[16] = trunk.onset_size
    row[17] = trunk.onset_side
    row[18] = trunk.heart_hz
    row[19] = trunk.beat
    row[20] = body.harness_n
    row[21] = around.slope_rad
    row[22] = around.roll_rad
