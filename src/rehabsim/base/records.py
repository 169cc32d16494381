"""The values that pass between the rooms: frozen, slotted, typed, SI.

Frame `lab`: x walking direction, y left, z up, right-handed, origin mid-belt on the walking
surface. Forces act on the person, so standing is `fz_n > 0`. Left before right. Instants are
int `t_ns` since the session started; an absent number is NaN, never zero.
"""

from math import nan
from typing import Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]

WRENCH_COLUMNS = tuple(
    f"{side}_{axis}"
    for side in ("left", "right")
    for axis in ("fx_n", "fy_n", "fz_n", "mx_nm", "my_nm", "mz_nm")
)
"""Columns of `PlateChunk.wrench`."""

Side = Literal["left", "right"]
Mode = Literal[
    "locked", "idle", "armed", "starting", "running", "stopping", "holding", "perturbing"
]
MODES: tuple[Mode, ...] = (
    *("locked", "idle", "armed", "starting", "running", "stopping"),
    *("holding", "perturbing"),
)
"""States of the keeper; the index is the code used in logs."""

MOVING: frozenset[Mode] = frozenset({"starting", "running", "holding", "perturbing"})
"""Those in which the belts follow what is wished."""

Severity = Literal["none", "warn", "hold", "ramp", "fast", "estop"]
SEVERITIES: tuple[Severity, ...] = ("none", "warn", "hold", "ramp", "fast", "estop")
"""What safety does about a cause, mildest first."""


PlatformMode = Literal["settled", "engaged", "moving", "freeze", "settling"]
PLATFORM_MODES: tuple[PlatformMode, ...] = ("settled", "engaged", "moving", "freeze", "settling")
"""What safety lets the platform do; the index is the code used in logs."""

BaseState = Literal[
    "starting", "idle", "rising", "engaged", "parking", "fault", "disabled", "inhibited"
]
"""What a motion base says of itself: it follows set points when `engaged`, and has no power on
its legs when `idle`. `rising` and `parking` it does by itself, between those two."""

PlatformAct = Literal["rest", "reset", "engage", "move", "freeze", "settle"]
"""What a motion base must do: nothing; forget a fault; rise and follow; follow; hold; go home."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every value that crosses a boundary."""


class BeltSample(Record, frozen=True, gc=False, omit_defaults=True):
    """What the treadmill reports of itself.

    Attributes:
        t_ns: When the host received it.
        left_speed_mps: Measured, positive when the surface moves towards -x.
        right_speed_mps: The same for the right belt.
        incline_rad: Deck pitch, positive uphill.
        hold: Why the treadmill itself holds its belts, in one clause; empty where it lets them
            move or does not say.
        is_emergency: Its emergency stop is open, or was and is not reset.
        is_armed: It follows set points; true of a treadmill that always does.
    """

    t_ns: int
    left_speed_mps: float
    right_speed_mps: float
    incline_rad: float
    hold: str = ""
    is_emergency: bool = False
    is_armed: bool = True


class PlateChunk(Record, frozen=True):
    """Consecutive samples of both force plates.

    Attributes:
        t_ns: When the host received the last byte of it.
        sequence: Number of the first sample, counted by the device from 0.
        device_t_ns: Device clock at the first sample.
        dt_ns: Device time between samples.
        wrench: (n, 12) float32, columns `WRENCH_COLUMNS`, frame lab, moments about the lab
            origin. NaN where a plate does not measure a component.
    """

    t_ns: int
    sequence: int
    device_t_ns: int
    dt_ns: int
    wrench: Floats


class HarnessSample(Record, frozen=True, gc=False):
    """What the harness bears.

    Attributes:
        t_ns: When the host received it.
        sequence: Counted by the device from 0.
        device_t_ns: Device clock when it was taken.
        load_n: Pull on the cell, the strap's own weight included; NaN is not a number.
    """

    t_ns: int
    sequence: int
    device_t_ns: int
    load_n: float


class Wish(Record, frozen=True, gc=False):
    """What the training asks of the belts; safety decides.

    Attributes:
        left_speed_mps: Of the left belt.
        right_speed_mps: Of the right belt.
        incline_rad: Of the deck.
        is_perturbation: The speeds are a part of a perturbation, for which steeper changes and
            other limits hold, and only for a moment.
    """

    left_speed_mps: float
    right_speed_mps: float
    incline_rad: float = 0.0
    is_perturbation: bool = False


class BeltCommand(Record, frozen=True, gc=False):
    """What safety allows the belts to do; only `safety.guard` makes one.

    Attributes:
        left_speed_mps: Set point; the treadmill ramps to it at `left_accel_mps2`.
        right_speed_mps: The same for the right belt.
        left_accel_mps2: Magnitude of the ramp, up or down, > 0.
        right_accel_mps2: The same for the right belt.
        incline_rad: Deck set point.
        ttl_s: How long the command is valid; a treadmill that can expire it then ramps to rest.
    """

    left_speed_mps: float
    right_speed_mps: float
    left_accel_mps2: float
    right_accel_mps2: float
    incline_rad: float
    ttl_s: float


class Pose(Record, frozen=True, gc=False):
    """Where the platform's deck is, from the middle of its range, frame lab.

    The deck turns about its own origin: yaw first, then pitch, then roll.

    Attributes:
        x_m: Surge, positive forward.
        y_m: Sway, positive to the left.
        z_m: Heave, positive up.
        roll_rad: Positive with the left side up.
        pitch_rad: Positive uphill, as `BeltSample.incline_rad`; so about -y.
        yaw_rad: Positive with the front to the left.
    """

    x_m: float = 0.0
    y_m: float = 0.0
    z_m: float = 0.0
    roll_rad: float = 0.0
    pitch_rad: float = 0.0
    yaw_rad: float = 0.0


class PlatformSample(Record, frozen=True, gc=False):
    """What the motion base reports of itself.

    Attributes:
        t_ns: When the host received it.
        pose: Measured.
        state: What it does.
        is_home: It is down, where it may be engaged.
        hold: Why it stopped by itself, in one clause; empty where it did not.
        is_emergency: Its emergency stop is open now.
    """

    t_ns: int
    pose: Pose
    state: BaseState
    is_home: bool
    hold: str = ""
    is_emergency: bool = False


class PlatformWish(Record, frozen=True, gc=False):
    """What the training asks of the platform; safety decides.

    Attributes:
        pose: Where the deck should be.
        is_perturbing: A perturbation is on, for which it should move more briskly.
    """

    pose: Pose
    is_perturbing: bool = False


class PlatformCommand(Record, frozen=True, gc=False):
    """What safety allows the platform to do; only `safety.platform` makes one.

    Attributes:
        act: What the base must do.
        pose: Set point, which it follows at once; rates are those of the sequence.
    """

    act: PlatformAct
    pose: Pose


class GaitEvent(Record, frozen=True, gc=False):
    """One foot contact or lift-off.

    Attributes:
        t_ns: When it happened, on the session clock.
        side: Whose foot.
        kind: What happened.
        latency_s: How long after `t_ns` it was known.
        confidence: 0 to 1, by how clear-cut the forces were.
    """

    t_ns: int
    side: Side
    kind: Literal["heel_strike", "toe_off"]
    latency_s: float
    confidence: float


class Gait(Record, frozen=True, gc=False, kw_only=True):
    """What the person does, as known at `t_ns`; NaN where not measured or not yet known.

    Attributes:
        t_ns: Time of the newest sample that went in.
        left_fz_n: Vertical force on the left plate, low-passed.
        right_fz_n: The same on the right.
        cop_x_m: Centre of pressure of both plates together, frame lab.
        cop_y_m: The same, positive left.
        com_x_m: Centre of mass, from forces, frame lab; 20 ms later than the forces.
        com_y_m: The same, positive left.
        com_vx_mps: Its velocity, frame lab.
        com_vy_mps: The same, positive left.
        xcom_x_m: Extrapolated centre of mass, the belts' speed included.
        xcom_y_m: The same, positive left.
        load_share_left_frac: Left plate's part of the vertical force, smoothed over a stride;
            0.5 is even.
        has_left_stance: The left foot carries load.
        has_right_stance: The right foot carries load.
        body_weight_n: Estimate, N.
        cadence_hz: Steps per second; times 60 is steps per minute.
        left_step_time_s: Right heel strike to left heel strike, the last one.
        right_step_time_s: Left heel strike to right heel strike, the last one.
        left_stance_time_s: Left heel strike to left toe-off, the last one.
        right_stance_time_s: The same on the right.
        left_swing_time_s: Left toe-off to left heel strike, the last one.
        right_swing_time_s: The same on the right.
        left_double_support_time_s: Left heel strike to right toe-off, the last one.
        right_double_support_time_s: Right heel strike to left toe-off, the last one.
        left_step_length_m: Belt-aware distance between the feet at left heel strike.
        right_step_length_m: The same at right heel strike.
        step_width_m: Lateral distance between the last two foot placements; negative when the
            feet cross.
        left_margin_lateral_m: Margin of stability to the left at the last left heel strike.
        right_margin_lateral_m: The same to the right at the last right heel strike.
        left_margin_backward_m: Extrapolated centre of mass ahead of the heel, left heel strike.
        right_margin_backward_m: The same at the last right heel strike.
        left_step_count: Left heel strikes since the start.
        right_step_count: Right heel strikes since the start.
        left_strike_ns: When the last left heel strike was, on the session clock; 0 before it.
        right_strike_ns: The same on the right.
        left_zero_n: How far the left plate's vertical zero has drifted, followed in swing.
        right_zero_n: The same on the right.
    """

    t_ns: int = 0
    left_fz_n: float = nan
    right_fz_n: float = nan
    cop_x_m: float = nan
    cop_y_m: float = nan
    com_x_m: float = nan
    com_y_m: float = nan
    com_vx_mps: float = nan
    com_vy_mps: float = nan
    xcom_x_m: float = nan
    xcom_y_m: float = nan
    load_share_left_frac: float = nan
    has_left_stance: bool = False
    has_right_stance: bool = False
    body_weight_n: float = nan
    cadence_hz: float = nan
    left_step_time_s: float = nan
    right_step_time_s: float = nan
    left_stance_time_s: float = nan
    right_stance_time_s: float = nan
    left_swing_time_s: float = nan
    right_swing_time_s: float = nan
    left_double_support_time_s: float = nan
    right_double_support_time_s: float = nan
    left_step_length_m: float = nan
    right_step_length_m: float = nan
    step_width_m: float = nan
    left_margin_lateral_m: float = nan
    right_margin_lateral_m: float = nan
    left_margin_backward_m: float = nan
    right_margin_backward_m: float = nan
    left_step_count: int = 0
    right_step_count: int = 0
    left_strike_ns: int = 0
    right_strike_ns: int = 0
    left_zero_n: float = nan
    right_zero_n: float = nan


class State(Record, frozen=True, gc=False, kw_only=True):
    """All that a scenario is told at one tick.

    Attributes:
        t_ns: The tick's deadline.
        dt_s: Time since the tick before.
        mode: What the keeper is doing.
        belt: Newest measurement; NaN speeds before the first.
        gait: What the person does.
        left_distance_m: Belt surface passed since the start, integrated from `belt`.
        right_distance_m: The same for the right belt.
        cruise_speed_mps: The speed that the therapist has set, or what belts that follow the
            person have made of it.
        may_perturb: Whoever commands lets perturbations come; without, none that a scenario wishes
            for is passed on as one.
    """

    t_ns: int
    dt_s: float
    mode: Mode
    belt: BeltSample
    gait: Gait
    left_distance_m: float
    right_distance_m: float
    cruise_speed_mps: float
    may_perturb: bool = False


class Event(Record, frozen=True):
    """Something worth telling a person.

    Attributes:
        t_ns: When.
        kind: One word: `stop`, `clamp`, `overrun`, `request`, `gate`, ...
        source: The room it comes from: `keeper`, `session`, `scenario`, `plates`, ...
        severity: What safety did about it; `none` for plain news.
        text: One sentence: what, where, the numbers, what happened, what to do.
        values: The numbers in `text`, by name with unit.
    """

    t_ns: int
    kind: str
    source: str
    severity: Severity
    text: str
    values: dict[str, float] = {}
