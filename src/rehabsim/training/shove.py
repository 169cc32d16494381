"""What a perturbation by the platform is, and whether the platform can do it. Pure.

A *shove* takes the deck to one side, or tilts it, at a trapezoid of speed (a triangle where it is
short), holds it there, and brings it back three times as slowly.
"""

from abc import abstractmethod
from math import sqrt
from typing import Annotated, ClassVar, Literal, NamedTuple, Self

from msgspec import structs
from pydantic import Field, model_validator

from rehabsim.base.config import Strict
from rehabsim.base.limits import PlatformLimits
from rehabsim.base.records import Pose, Side

BACK_SLOWER = 3.0
"""The way back takes so many times as long; nobody should be perturbed by it."""

SPARE_S = 0.02
"""The keeper is asked for a perturbation so much longer than the way out takes."""

Axis = Literal["y_m", "roll_rad"]


class Profile(NamedTuple):
    """A way out, a rest and a way back, in m or rad.

    Attributes:
        size: How far.
        rate: Fastest; at most what is reached in that distance.
        accel: There, and on the way to rest.
        hold_s: Of the rest.
    """

    size: float
    rate: float
    accel: float
    hold_s: float

    @property
    def out_s(self) -> float:
        """How long the way out takes."""
        return self.size / self.rate + self.rate / self.accel

    @property
    def total_s(self) -> float:
        """Until it is back."""
        return self.out_s * (1 + BACK_SLOWER) + self.hold_s

    def at(self, t_s: float) -> tuple[float, float]:
        """Return place and rate."""
        if t_s < self.out_s:
            return self._out(t_s)
        back_s = (t_s - self.out_s - self.hold_s) / BACK_SLOWER
        if back_s <= 0:
            return self.size, 0.0
        gone, rate = self._out(min(back_s, self.out_s))
        return self.size - gone, -rate / BACK_SLOWER

    def _out(self, t_s: float) -> tuple[float, float]:
        ramp_s = self.rate / self.accel
        left_s = self.out_s - t_s
        if t_s < ramp_s:
            return self.accel * t_s**2 / 2, self.accel * t_s
        if left_s < ramp_s:
            return self.size - self.accel * left_s**2 / 2, self.accel * left_s
        return self.rate * (t_s - ramp_s / 2), self.rate


class Shove(Strict):
    """What both kinds of platform pulse have: `[[perturb.pulses]]` of a session.

    Attributes:
        sides: Legs to whose stride it is timed.
        phase: Of that stride.
        hold_s: How long the deck stays out.
    """

    UNIT: ClassVar[str]

    sides: list[Side] = Field(default=["left", "right"], min_length=1, max_length=2)
    phase: Annotated[float, Field(ge=0, lt=1)] = 0.1
    hold_s: Annotated[float, Field(ge=0, le=5)] = 0.5

    @property
    @abstractmethod
    def _numbers(self) -> tuple[float, float, float]:
        """Distance, fastest rate, acceleration."""

    def profile(self, scale: float = 1.0) -> Profile:
        """Return the way, its distance scaled; a short one is not as fast."""
        size, rate, accel = self._numbers
        return Profile(size * scale, min(rate, sqrt(accel * size * scale)), accel, self.hold_s)

    @model_validator(mode="after")
    def _agree(self) -> Self:
        size, rate, accel = self._numbers
        most, unit = sqrt(accel * size), self.UNIT
        if rate > most + 1e-9:
            raise ValueError(
                f"{rate:g} {unit}/s is not reached in {size:g} {unit} at {accel:g} {unit}/s²;"
                f" {most:.2f} is"
            )
        return self


class Shift(Shove):
    """The deck goes to one side.

    Attributes:
        kind: To which; the foot that stands is carried that way.
        shift_m: How far.
        speed_mps: Fastest, at most the root of acceleration times distance.
        accel_mps2: There, and on the way to rest.
    """

    UNIT = "m"

    kind: Literal["sway_left", "sway_right"]
    shift_m: Annotated[float, Field(gt=0, le=0.3)] = 0.05
    speed_mps: Annotated[float, Field(gt=0, le=2)] = 0.25
    accel_mps2: Annotated[float, Field(gt=0, le=20)] = 2.5

    @property
    def _numbers(self) -> tuple[float, float, float]:
        return self.shift_m, self.speed_mps, self.accel_mps2

    @property
    def axis(self) -> Axis:
        """Of the platform's pose."""
        return "y_m"

    @property
    def sign(self) -> float:
        """Of the way along it."""
        return 1.0 if self.kind == "sway_left" else -1.0


class Tilt(Shove):
    """The deck tilts to one side.

    Attributes:
        kind: Which side goes down.
        tilt_rad: How far.
        rate_radps: Fastest, at most the root of acceleration times angle.
        accel_radps2: There, and on the way to rest.
    """

    UNIT = "rad"

    kind: Literal["roll_left", "roll_right"]
    tilt_rad: Annotated[float, Field(gt=0, le=0.3)] = 0.06
    rate_radps: Annotated[float, Field(gt=0, le=2)] = 0.4
    accel_radps2: Annotated[float, Field(gt=0, le=20)] = 5.0

    @property
    def _numbers(self) -> tuple[float, float, float]:
        return self.tilt_rad, self.rate_radps, self.accel_radps2

    @property
    def axis(self) -> Axis:
        """Of the platform's pose."""
        return "roll_rad"

    @property
    def sign(self) -> float:
        """Of the way along it: left side up is positive."""
        return -1.0 if self.kind == "roll_left" else 1.0


class Reach(NamedTuple):
    """What the platform may do along an axis in a perturbation.

    Attributes:
        edge: Furthest from the middle.
        rate: Fastest.
        accel: Steepest.
        brake: What a set point brakes for its wish with; steepest outside a perturbation.
        calm_rate: Fastest outside one.
        unit: Of place.
    """

    edge: float
    rate: float
    accel: float
    brake: float
    calm_rate: float
    unit: str


def reach(axis: Axis, limits: PlatformLimits) -> Reach:
    """Return the limits of an axis."""
    lm = limits
    if axis == "y_m":
        rate, accel = lm.max_perturb_speed_mps, lm.max_perturb_accel_mps2
        return Reach(lm.max_y_m, rate, accel, lm.max_accel_mps2, lm.max_speed_mps, "m")
    rate, accel = lm.max_perturb_rate_radps, lm.max_perturb_accel_radps2
    return Reach(lm.max_roll_rad, rate, accel, lm.max_accel_radps2, lm.max_rate_radps, "rad")


def why_no_shove(
    shove: Shift | Tilt, jitter_frac: float, limits: PlatformLimits | None, pose: Pose
) -> str:
    """Return why the platform cannot do this, with the numbers; empty where it can.

    Args:
        shove: What is asked.
        jitter_frac: How much larger it may become by chance.
        limits: Of room and person; None where there is no platform.
        pose: From where it begins.
    """
    if limits is None:
        return "needs a platform, and this room has none"
    most = reach(shove.axis, limits)
    way = shove.profile(1 + jitter_frac)
    begun = shove.sign * getattr(pose, shove.axis)
    # Where the set point begins to brake, its wish is this far ahead.
    ahead = begun + way.size + way.rate**2 / 2 * (1 / most.brake - 1 / way.accel)
    unit = most.unit
    checks = (
        (begun + way.size, most.edge, f"goes {{:.3f}} {unit} from the middle, limit {{:g}}"),
        (way.rate, most.rate, f"moves at {{:.2f}} {unit}/s, limit {{:g}}"),
        (way.accel, most.accel, f"accelerates at {{:.1f}} {unit}/s², limit {{:g}}"),
        (way.out_s + SPARE_S, limits.max_perturb_s, "takes {:.2f} s to get there, limit {:g}"),
        (ahead, most.edge, f"needs {{:.3f}} {unit} to be able to stop, and {{:g}} are there"),
        (way.rate / BACK_SLOWER, most.calm_rate, f"goes back at {{:.2f}} {unit}/s, limit {{:g}}"),
        (
            way.accel / BACK_SLOWER**2,
            most.brake,
            f"goes back with {{:.2f}} {unit}/s², limit {{:g}}",
        ),
    )
    for asked, limit, words in checks:
        if not asked <= limit + 1e-9:
            return words.format(asked, limit)
    return ""


def moved(pose: Pose, axis: Axis, by: float) -> Pose:
    """Return a pose with one axis further on."""
    return structs.replace(pose, **{axis: getattr(pose, axis) + by})
