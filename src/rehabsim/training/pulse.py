"""What a perturbation of the belts is, and whether belts can do it. Pure.

A *pulse* is a trapezoid on top of the belts' speed: up at an acceleration, held, and back. It is
asked for at a phase of one leg's stride, from heel strike (0) to the next (1).
"""

from math import nan
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from rehabsim.base.config import Strict
from rehabsim.base.limits import Limits
from rehabsim.base.records import Side
from rehabsim.training.noise import NoiseParams
from rehabsim.training.shove import Shift, Tilt
from rehabsim.training.split import SplitParams
from rehabsim.training.sway import SwayParams, VisualParams

Kind = Literal["slip", "pull", "trip", "push", "brake", "stop"]
TIED: tuple[Kind, ...] = ("push", "brake", "stop")
"""Kinds that move both belts alike."""

SIDES: tuple[Side, Side] = ("left", "right")

USUAL: dict[object, tuple[float, float]] = {
    "slip": (0.02, -0.4),
    "pull": (0.15, 0.4),
    "trip": (0.65, -0.3),
    "push": (0.1, 0.3),
    "brake": (0.1, -0.3),
    "stop": (0.1, -2.0),
}
"""Phase and change in m/s of each kind: where to begin, not a dose."""


class Pulse(Strict):
    """One kind of perturbation, `[[perturb.pulses]]` of a session.

    Attributes:
        kind: `slip`: the belt under the foot that landed brakes, the foot slides forward;
            `pull`: it speeds up, the foot is pulled back; `trip`: the belt under the other foot
            brakes as this leg begins its swing; `push`: both speed up; `brake`: both slow down;
            `stop`: both come to rest, which from 1.1 m/s at 5 m/s² throws every simulated person
            into the harness (PERTURB.md).
        sides: Legs to whose stride it is timed.
        phase: Of that stride.
        change_mps: Of speed; positive is faster. `stop` takes what there is.
        accel_mps2: There and back.
        hold_s: Between.
    """

    kind: Kind
    sides: list[Side] = Field(default_factory=lambda: list(SIDES), min_length=1, max_length=2)
    phase: Annotated[float, Field(ge=0, lt=1)] = nan
    change_mps: Annotated[float, Field(ge=-2, le=2)] = nan
    accel_mps2: Annotated[float, Field(gt=0, le=20)] = 5.0
    hold_s: Annotated[float, Field(ge=0, le=2)] = 0.3

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: object) -> object:
        """Fill in what is usual for the kind."""
        if isinstance(given, dict) and given.get("kind") in USUAL:
            phase, change_mps = USUAL[given["kind"]]
            return {"phase": phase, "change_mps": change_mps} | given
        return given

    @model_validator(mode="after")
    def _agree(self) -> Self:
        is_slower = self.kind in ("slip", "trip", "brake", "stop")
        if is_slower != (self.change_mps < 0):
            raise ValueError(
                f"change_mps = {self.change_mps:g}: a {self.kind} is"
                f" {'slower, below' if is_slower else 'faster, above'} 0"
            )
        return self

    def belts(self, side: Side) -> tuple[bool, bool]:
        """Return which belts it moves, left and right, when timed to a leg."""
        if self.kind in TIED:
            return True, True
        is_left = (side == "left") != (self.kind == "trip")
        return is_left, not is_left

    def parting(self, side: Side, apart_mps: float) -> float:
        """Return how far belts are apart already in the way in which it parts them.

        Args:
            side: Leg that it is timed to.
            apart_mps: Left less right, before it.

        Returns:
            Below 0 where it brings them nearer first.
        """
        is_left, _ = self.belts(side)
        return apart_mps if is_left == (self.change_mps > 0) else -apart_mps

    def change_from(self, speed_mps: float, scale: float = 1.0) -> float:
        """Return the change of belts that run at a speed; they do not run backward."""
        return -speed_mps if self.kind == "stop" else max(self.change_mps * scale, -speed_mps)


AnyPulse: TypeAlias = Pulse | Shift | Tilt


class PerturbParams(Strict):
    """`[perturb]` of a session: pulses, unrest that goes on, or both.

    Attributes:
        pulses: Of belts or platform; each is as likely as the others.
        sway: Of the deck.
        noise: Of the belts.
        visual: Of the picture.
        split: Of the belts, one faster than the other.
        count: Pulses in all, catch trials not counted.
        warm_up_strides: Before the first.
        min_strides: From one to the next, at least.
        max_strides: The same at most.
        catch_frac: Part of the trials in which nothing happens.
        jitter_frac: By how much of itself each change is made larger or smaller at random.
        is_blind: Nobody at a screen is told which trial comes next, nor when.
    """

    pulses: Annotated[
        list[Annotated[AnyPulse, Field(discriminator="kind")]], Field(max_length=20)
    ] = Field(default_factory=list)
    sway: SwayParams | None = None
    noise: NoiseParams | None = None
    visual: VisualParams | None = None
    split: SplitParams | None = None
    count: Annotated[int, Field(ge=1, le=500)] = 24
    warm_up_strides: Annotated[int, Field(ge=5, le=500)] = 20
    min_strides: Annotated[int, Field(ge=4, le=200)] = 10
    max_strides: Annotated[int, Field(ge=4, le=200)] = 25
    catch_frac: Annotated[float, Field(ge=0, le=0.5)] = 0.15
    jitter_frac: Annotated[float, Field(ge=0, le=0.5)] = 0.15
    is_blind: bool = False

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.min_strides > self.max_strides:
            raise ValueError(
                f"min_strides = {self.min_strides} is above max_strides = {self.max_strides}"
            )
        if not (self.pulses or self.sway or self.noise or self.visual or self.split):
            raise ValueError("nothing is in it: pulses, sway, noise, visual or split")
        if self.sway and not all(isinstance(pulse, Pulse) for pulse in self.pulses):
            raise ValueError("the platform cannot sway and be pulsed at once; take one of them out")
        return self


def why_impossible(
    pulse: Pulse, speed_mps: float, jitter_frac: float, limits: Limits, apart_mps: float = 0.0
) -> str:
    """Return why belts could not do this at a speed, with the numbers; empty where they can.

    Args:
        pulse: What is asked.
        speed_mps: Of the faster belt before it.
        jitter_frac: How much larger a change may become by chance.
        limits: Of room and person.
        apart_mps: As of `Pulse.parting`.
    """
    most = limits.perturbation
    if most is None:
        return "this room or this person has no limits for any perturbation"
    size_mps = abs(pulse.change_from(speed_mps, 1 + jitter_frac))
    a_mps2, j_mps3 = pulse.accel_mps2, most.max_jerk_mps3
    faster_mps = speed_mps + (size_mps if pulse.change_mps > 0 else 0.0)
    is_apart = pulse.kind not in TIED
    lasts_s = 2 * (size_mps / a_mps2 + a_mps2 / j_mps3) + pulse.hold_s
    moved_m = size_mps * (size_mps / a_mps2 + pulse.hold_s)
    room_m = min(limits.max_ahead_m, limits.max_behind_m)
    checks = [
        (size_mps, most.max_change_mps, "changes the speed by {:.2f} m/s, limit {:g}"),
        (faster_mps, most.max_speed_mps, "runs a belt at {:.2f} m/s, limit {:g}"),
        (a_mps2, most.max_accel_mps2, "accelerates at {:.1f} m/s², limit {:g}"),
        (
            abs(apart_mps + size_mps) if is_apart else 0.0,
            most.max_split_mps,
            "parts belts by {:.2f} m/s, limit {:g}",
        ),
        (lasts_s, most.max_duration_s, "lasts {:.2f} s with its return, limit {:g}"),
        (moved_m, room_m, "moves the ground by {:.2f} m, limit {:g}"),
        (
            a_mps2,
            (size_mps * j_mps3) ** 0.5,
            "needs {:.1f} m/s², but in so small a change the belts reach {:.1f}",
        ),
    ]
    for asked, limit, words in checks:
        if asked > limit + 1e-9:
            return words.format(asked, limit)
    return ""
