"""What belts and platform may do: tables without a default, which only ever get tighter."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from rehabsim.base.config import Accel, Speed, Strict

DRIVE_LAG_S = 0.1
"""Time constant with which belts are expected to follow their set points."""

ASTRAY_MPS, ASTRAY_S = 0.15, 0.15
"""A belt that is measured this much away from where it should be, for so long, does not follow;
more is allowed while it should change its speed. The keeper's; the firmware's follow from them."""

Jerk = Annotated[float, Field(ge=0.1, le=1000, allow_inf_nan=False)]
"""m/s³"""


class LimitTable(Strict):
    """A table of limits; of two the stricter counts."""

    def tightened_by(self, other: Self) -> Self:
        """Return the stricter of the two, field by field; never looser than either.

        The least of a maximum, the greatest of a minimum, and what is missing. Of two ways to
        stop it is the gentler one.
        """
        found: dict[str, Any] = {}
        for name in type(self).model_fields:
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine is None or theirs is None:
                found[name] = None
            elif isinstance(mine, LimitTable):
                found[name] = mine.tightened_by(theirs)
            else:
                is_least = not name.startswith(("min_", "needs_"))
                found[name] = min(mine, theirs) if is_least else max(mine, theirs)
        return type(self)(**found)


class PerturbationLimits(LimitTable):
    """What the belts may do for the moment of a perturbation.

    Attributes:
        max_speed_mps: Fastest either belt may run.
        max_change_mps: Furthest from the speeds at which it began.
        max_accel_mps2: Steepest change of a belt's set point.
        max_jerk_mps3: Quickest change of that.
        max_split_mps: Largest difference between the belts.
        max_duration_s: Longest one, its return included.
        min_pause_s: Shortest time from the end of one to the next.
        needs_harness: None without a harness that is measured and carries its own strap.
    """

    max_speed_mps: Speed
    max_change_mps: Speed
    max_accel_mps2: Accel
    max_jerk_mps3: Jerk
    max_split_mps: Speed
    max_duration_s: Annotated[float, Field(gt=0, le=5, allow_inf_nan=False)]
    min_pause_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)]
    needs_harness: bool


class Limits(LimitTable):
    """What the belts may do. No field has a default: someone has to decide.

    Attributes:
        max_speed_mps: Fastest either belt may run.
        max_accel_mps2: Steepest change of a belt's set point while walking.
        max_jerk_mps3: Quickest change of that.
        max_start_accel_mps2: The same while starting.
        max_split_mps: Largest difference between the belts.
        max_incline_rad: Steepest deck; the least is level.
        max_incline_rate_radps: Fastest change of the deck's set point.
        ramp_mps2: Deceleration of an ordinary stop.
        fast_mps2: Deceleration of a STOP and of urgent causes.
        fall_mps2: The same when the person is down already, or the belts run away.
        max_wish_age_s: Permission: how old the session's newest wish may be.
        max_belt_age_s: How old the treadmill's newest report may be.
        max_plate_age_s: How old the newest force-plate sample may be.
        max_harness_age_s: How old the harness's newest reading may be, where it is measured.
        hold_operator_age_s: How long the console in command may be silent before the speed is
            held.
        max_operator_age_s: The same before the belts are stopped.
        max_display_age_s: How old the picture may be that a display shows, where one is watched.
        max_hold_s: How long the speed is held before the belts are stopped.
        max_ahead_m: How far ahead of mid-belt the person's pressure may stay.
        max_behind_m: The same behind it.
        armed_life_s: How long "armed" waits for "start".
        perturbation: What a perturbation may do; none may do anything where it is missing.
    """

    max_speed_mps: Speed
    max_accel_mps2: Accel
    max_jerk_mps3: Jerk
    max_start_accel_mps2: Accel
    max_split_mps: Speed
    max_incline_rad: Annotated[float, Field(ge=0, le=0.3, allow_inf_nan=False)]
    max_incline_rate_radps: Annotated[float, Field(gt=0, le=0.2, allow_inf_nan=False)]
    ramp_mps2: Accel
    fast_mps2: Accel
    fall_mps2: Accel
    max_wish_age_s: Annotated[float, Field(ge=0.02, le=1, allow_inf_nan=False)]
    max_belt_age_s: Annotated[float, Field(ge=0.02, le=1, allow_inf_nan=False)]
    max_plate_age_s: Annotated[float, Field(ge=0.02, le=1, allow_inf_nan=False)]
    max_harness_age_s: Annotated[float, Field(ge=0.02, le=1, allow_inf_nan=False)]
    hold_operator_age_s: Annotated[float, Field(ge=0.2, le=30, allow_inf_nan=False)]
    max_operator_age_s: Annotated[float, Field(ge=0.2, le=30, allow_inf_nan=False)]
    max_display_age_s: Annotated[float, Field(ge=0.05, le=5, allow_inf_nan=False)]
    max_hold_s: Annotated[float, Field(ge=0.1, le=10, allow_inf_nan=False)]
    max_ahead_m: Annotated[float, Field(gt=0, le=3, allow_inf_nan=False)]
    max_behind_m: Annotated[float, Field(gt=0, le=3, allow_inf_nan=False)]
    armed_life_s: Annotated[float, Field(ge=1, le=60, allow_inf_nan=False)]
    perturbation: PerturbationLimits | None = None


Reach = Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)]
"""m or rad, from the middle; 0 keeps an axis still"""
Pace = Annotated[float, Field(gt=0, le=2, allow_inf_nan=False)]
"""m/s or rad/s"""
Push = Annotated[float, Field(ge=0.01, le=25, allow_inf_nan=False)]
"""m/s² or rad/s²"""
Age = Annotated[float, Field(ge=0.02, le=1, allow_inf_nan=False)]
"""s"""

FREEZE_S = 0.1
"""A platform that freezes stands still this much later at the latest."""


class PlatformLimits(LimitTable):
    """What the platform may do. No field has a default: someone has to decide.

    Attributes:
        max_x_m: Furthest forward or back, from the middle.
        max_y_m: Furthest to the left or right.
        max_z_m: Furthest up or down.
        max_roll_rad: Steepest to the left or right.
        max_pitch_rad: Steepest up or down.
        max_yaw_rad: Furthest turned to the left or right.
        max_speed_mps: Fastest along each axis.
        max_rate_radps: Fastest about each axis.
        max_accel_mps2: Steepest change of speed along each axis; it brakes for the edge with it.
        max_accel_radps2: The same about each axis.
        max_perturb_speed_mps: Fastest along each axis during a perturbation.
        max_perturb_rate_radps: The same about each axis.
        max_perturb_accel_mps2: Steepest change of speed during a perturbation.
        max_perturb_accel_radps2: The same about each axis.
        max_perturb_s: Longest perturbation; one that is asked for longer is over all the same.
        min_calm_s: Shortest time between two.
        freeze_mps2: Deceleration of a freeze along each axis.
        freeze_radps2: The same about each axis.
        max_settle_speed_mps: Fastest on the way home with someone on it.
        max_settle_rate_radps: The same about each axis.
        max_wish_age_s: Permission: how old the session's newest wish may be.
        max_sample_age_s: How old the base's newest report may be.
        max_error_m: How far it may be from its set point, the lag of the base included; a quarter
            of it, beside where a base that lags is due.
        max_error_rad: The same about each axis.
        max_error_s: For how long it may be further away; a third of it, beside where it is due.
    """

    max_x_m: Reach
    max_y_m: Reach
    max_z_m: Reach
    max_roll_rad: Reach
    max_pitch_rad: Reach
    max_yaw_rad: Reach
    max_speed_mps: Pace
    max_rate_radps: Pace
    max_accel_mps2: Push
    max_accel_radps2: Push
    max_perturb_speed_mps: Pace
    max_perturb_rate_radps: Pace
    max_perturb_accel_mps2: Push
    max_perturb_accel_radps2: Push
    max_perturb_s: Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)]
    min_calm_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)]
    freeze_mps2: Push
    freeze_radps2: Push
    max_settle_speed_mps: Pace
    max_settle_rate_radps: Pace
    max_wish_age_s: Age
    max_sample_age_s: Age
    max_error_m: Reach
    max_error_rad: Reach
    max_error_s: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for kind in ("speed_mps", "rate_radps", "accel_mps2", "accel_radps2"):
            self._need(f"max_{kind}", f"max_perturb_{kind}")
        for unit, kind in (("mps", "speed_mps"), ("radps", "rate_radps")):
            self._need(f"max_settle_{kind}", f"max_{kind}")
            self._need(f"max_perturb_accel_{unit}2", f"freeze_{unit}2")
            fastest, freeze = getattr(self, f"max_perturb_{kind}"), getattr(self, f"freeze_{unit}2")
            if not fastest <= FREEZE_S * freeze * (1 + 1e-9):
                raise ValueError(
                    f"freeze_{unit}2 = {freeze} stops max_perturb_{kind} = {fastest} in"
                    f" {fastest / freeze:.3f} s, it may take {FREEZE_S} s"
                )
        return self

    def _need(self, lesser: str, greater: str) -> None:
        if not getattr(self, lesser) <= getattr(self, greater):
            raise ValueError(
                f"{lesser} = {getattr(self, lesser)} is above {greater} = {getattr(self, greater)}"
            )
