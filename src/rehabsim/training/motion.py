"""How a vehicle's motion is felt on a platform that can hardly move. Pure.

Classical washout: what is quick is done, what lasts is done by leaning. Then everything is scaled
to what the deck can do and a person can stand, faded in and out, and held to limits that no motion
of the vehicle can break.

Source: Nahon & Reid 1990 and Grant & Reid 1997 (classical washout and how it is tuned). What people
who stand can take are the project's own choices, below the sway at which its walker falls.
"""

from collections.abc import Sequence
from math import asin, cos, pi, radians, sqrt
from typing import NamedTuple

from rehabsim.base.limits import PlatformLimits
from rehabsim.base.records import PlatformWish, Pose
from rehabsim.training.linear import Linear, high_pass, high_pass_2, low_pass

G_MPS2 = 9.81
STEP_S = 0.004
"""Limits are kept in steps of this length, whatever the ticks' lengths."""

MAX_GAP_S = 1.0
"""After a longer gap the vehicle's motion is taken up as it is then."""

CREST = 3.0
"""Motion whose RMS is this much below a limit seldom reaches it."""

MEMORY_S = 30.0
"""Over which a RMS is taken."""

SCALE_STEPS = 5
"""It is taken of every fifth step."""

Six = tuple[float, float, float, float, float, float]
"""x_m, y_m, z_m, roll_rad, pitch_rad, yaw_rad, as in `Pose`."""


class Motion(NamedTuple):
    """What a vehicle does where the person stands; axes and signs as in `Pose`.

    Attributes:
        ax_mps2: Forward acceleration.
        ay_mps2: The same to the left.
        heave_m: How high it is.
        roll_rad: Left side up.
        pitch_rad: Front up.
        turn_radps: Turn rate to the left.
    """

    ax_mps2: float = 0.0
    ay_mps2: float = 0.0
    heave_m: float = 0.0
    roll_rad: float = 0.0
    pitch_rad: float = 0.0
    turn_radps: float = 0.0


class Deck(NamedTuple):
    """What a deck may do, for each axis.

    Attributes:
        reach: Furthest from the middle.
        speed: Fastest.
        accel: Steepest change of that.
    """

    reach: Six
    speed: Six
    accel: Six

    @classmethod
    def of(cls, limits: PlatformLimits) -> "Deck":
        """Return what a room allows outside perturbations."""
        lm = limits
        return cls(
            (
                *(lm.max_x_m, lm.max_y_m, lm.max_z_m),
                *(lm.max_roll_rad, lm.max_pitch_rad, lm.max_yaw_rad),
            ),
            (*(lm.max_speed_mps,) * 3, *(lm.max_rate_radps,) * 3),
            (*(lm.max_accel_mps2,) * 3, *(lm.max_accel_radps2,) * 3),
        )

    def tightened_by(self, other: "Deck") -> "Deck":
        """Return what both allow."""
        return Deck(*(_least(mine, theirs) for mine, theirs in zip(self, other, strict=True)))


def _least(mine: Six, theirs: Six) -> Six:
    x, y, z, roll, pitch, yaw = (min(pair) for pair in zip(mine, theirs, strict=True))
    return x, y, z, roll, pitch, yaw


CLINICAL = Deck(
    (0.08, 0.08, 0.05, radians(8), radians(8), radians(8)),
    (*(0.3,) * 3, *(radians(5),) * 3),
    (*(0.5,) * 3, *(1.0,) * 3),
)
"""What a scenario may count on in most rooms; a room and a person may allow less."""


class Comfort(NamedTuple):
    """What a standing person can take.

    Attributes:
        max_lateral_mps2: Sideways at the feet, gravity on a tilted deck included.
        tilt_frac: Part of it that tilt may take; the rest is for the deck's own acceleration.
        max_tilt_rad: Steepest deck.
        max_rate_radps: Fastest turn of it about any axis.
        max_lean_radps: Fastest turn by which lasting acceleration is imitated; slower than people
            notice.
        max_roll_rms_rad: Of roll above `roll_hz` that goes on and on.
        roll_hz: See above.
    """

    max_lateral_mps2: float = 0.5
    tilt_frac: float = 0.7
    max_tilt_rad: float = radians(4)
    max_rate_radps: float = radians(5)
    max_lean_radps: float = radians(3)
    max_roll_rms_rad: float = radians(2.5)
    roll_hz: float = 0.2

    def on(self, deck: Deck) -> Deck:
        """Return what is left of a deck."""
        x_m, y_m, z_m, roll_rad, pitch_rad, yaw_rad = deck.reach
        aside = min(self.tilt_frac * self.max_lateral_mps2 / G_MPS2, 1.0)
        tilts = (min(roll_rad, asin(aside), self.max_tilt_rad), min(pitch_rad, self.max_tilt_rad))
        rates = tuple(min(rate, self.max_rate_radps) for rate in deck.speed[3:])
        push_mps2 = min(deck.accel[1], (1 - self.tilt_frac) * self.max_lateral_mps2)
        return Deck(
            (x_m, y_m, z_m, *tilts, yaw_rad),
            (*deck.speed[:3], *rates),  # type: ignore[arg-type]
            (deck.accel[0], push_mps2, *deck.accel[2:]),
        )


STANDING = Comfort()


class Tuning(NamedTuple):
    """What becomes of each part of a motion; a gain of 0 leaves it out.

    Attributes:
        push_gain: Of horizontal acceleration, as movement and as lean.
        heave_gain: Of heave.
        turn_gain: Of roll, pitch and yaw.
        push_radps: Slower pushes become a lean.
        drift_radps: The deck drifts home this fast after a push.
        lean_radps: The lean follows this fast.
        heave_radps: Slower heave is left out.
        turn_radps: The same of roll, pitch and yaw.
    """

    push_gain: float = 0.15
    heave_gain: float = 0.4
    turn_gain: float = 0.4
    push_radps: float = 2.5
    drift_radps: float = 0.3
    lean_radps: float = 5.0
    heave_radps: float = 1.0
    turn_radps: float = 1.0


class Felt(NamedTuple):
    """A motion after washout: the deck's own movement, and its lean to the sides and ahead."""

    moved: Six
    lean_roll_rad: float
    lean_pitch_rad: float


class Washout:
    """The linear part; nothing in it drifts, since no integral is left open.

    Args:
        tuning: Gains and corner frequencies.
    """

    def __init__(self, tuning: Tuning) -> None:
        self.tuning = tuning
        t = tuning
        # HP2 and HP1 of an acceleration, integrated twice: two of the zeros at 0 are gone.
        slow = t.push_radps**2 * t.drift_radps
        push = [
            1.0,
            2 * t.push_radps + t.drift_radps,
            t.push_radps**2 + 2 * t.push_radps * t.drift_radps,
            slow,
        ]
        self._x, self._y = Linear([1.0, 0.0], push), Linear([1.0, 0.0], push)
        self._heave = high_pass_2(t.heave_radps)
        self._roll, self._pitch = high_pass(t.turn_radps), high_pass(t.turn_radps)
        self._yaw = Linear([1.0], [1.0, t.turn_radps])
        self._lean_roll, self._lean_pitch = low_pass(t.lean_radps), low_pass(t.lean_radps)

    def step(self, motion: Motion, dt_s: float) -> Felt:
        """Return what is felt at the end of `dt_s` in which the motion stays as it is."""
        m, t = motion, self.tuning
        x_m = y_m = lean_roll_rad = lean_pitch_rad = 0.0
        if t.push_gain != 0:
            ax_mps2, ay_mps2 = t.push_gain * m.ax_mps2, t.push_gain * m.ay_mps2
            x_m, y_m = self._x.step(ax_mps2, dt_s), self._y.step(ay_mps2, dt_s)
            lean_roll_rad = self._lean_roll.step(ay_mps2 / G_MPS2, dt_s)
            lean_pitch_rad = self._lean_pitch.step(ax_mps2 / G_MPS2, dt_s)
        moved = (
            x_m,
            y_m,
            self._heave.step(t.heave_gain * m.heave_m, dt_s),
            self._roll.step(t.turn_gain * m.roll_rad, dt_s),
            self._pitch.step(t.turn_gain * m.pitch_rad, dt_s),
            self._yaw.step(t.turn_gain * m.turn_radps, dt_s),
        )
        return Felt(moved, lean_roll_rad, lean_pitch_rad)


class Axis:
    """Follows a target without ever leaving its reach, speed or acceleration.

    It brakes for the edge in time, v² <= 2 a d after every step, and follows a target that keeps
    the limits itself without delay.
    """

    def __init__(self, reach: float, speed: float, accel: float) -> None:
        self._reach, self._speed, self._accel = reach, speed, accel
        self.place = self.rate = self._target = 0.0

    def step(self, target: float) -> float:
        """Return where it is one step later."""
        target = min(max(target, -self._reach), self._reach)
        drift = (target - self._target) / STEP_S
        self._target = target
        gained = self._accel * STEP_S
        error = target - self.place - drift * STEP_S
        closing = sqrt(gained * gained + 2 * self._accel * abs(error)) - gained
        wanted = drift + (closing if error > 0 else -closing)
        rate = min(max(wanted, -self._speed), self._speed)
        rate = min(max(rate, self.rate - gained), self.rate + gained)
        upper = self._fastest_towards(self._reach - self.place, gained)
        lower = self._fastest_towards(self._reach + self.place, gained)
        self.rate = min(max(rate, -lower), upper)
        self.place += self.rate * STEP_S
        return self.place

    def _fastest_towards(self, way: float, gained: float) -> float:
        return sqrt(gained * gained + 2 * self._accel * max(way, 0.0)) - gained


class Fade:
    """From nothing to all and back, as a cosine."""

    def __init__(self, time_s: float) -> None:
        self._time_s = time_s
        self._part = 0.0

    def step(self, dt_s: float, *, is_on: bool) -> float:
        """Return 0 to 1."""
        change = dt_s / self._time_s
        self._part = min(max(self._part + (change if is_on else -change), 0.0), 1.0)
        return (1 - cos(pi * self._part)) / 2


class Scale:
    """Makes motion that goes on and on smaller, so that it fits and need not be cut off.

    Args:
        limits: Of each value.
    """

    def __init__(self, limits: Sequence[float]) -> None:
        self._least = [CREST / limit if limit > 0 else 0.0 for limit in limits]
        self._squares = [0.0] * len(limits)
        self._weight = 0.0
        self.gain = 1.0

    def take(self, values: Sequence[float]) -> None:
        """Find the gain, at most 1, with which values like these are a third of the limits."""
        keep = 1 - SCALE_STEPS * STEP_S / MEMORY_S
        self._weight = keep * self._weight + 1
        self._squares = [
            keep * square + (value * least) ** 2
            for square, value, least in zip(self._squares, values, self._least, strict=True)
        ]
        worst = max(self._squares)
        self.gain = 1.0 if worst <= self._weight else sqrt(self._weight / worst)


class Cueing:
    """What a platform does while a vehicle moves.

    Args:
        tuning: Of the washout.
        deck: What the deck may do.
        comfort: What the person can take.
        fade_s: From rest to whole motion, and back.
    """

    def __init__(
        self,
        tuning: Tuning,
        deck: Deck = CLINICAL,
        comfort: Comfort = STANDING,
        fade_s: float = 8.0,
    ) -> None:
        self.deck = comfort.on(deck)
        self._washout = Washout(tuning)
        self._fade = Fade(fade_s)
        reach, speed, accel = self.deck
        self._axes = [Axis(*limits) for limits in zip(reach, speed, accel, strict=True)]
        self._leans = [Axis(reach[i], comfort.max_lean_radps, accel[i]) for i in (3, 4)]
        self._shift_scale = Scale((*reach[:3], *speed[:3]))
        rms_rad = CREST * comfort.max_roll_rms_rad
        self._turn_scale = Scale((*reach[3:], *speed[3:], rms_rad))
        self._quick_roll = high_pass_2(2 * pi * comfort.roll_hz, sqrt(0.5))
        self._has_push = tuning.push_gain != 0
        self._before: list[float] | None = None
        self._count = 0
        self._due_s = 0.0

    def step(self, motion: Motion, dt_s: float, *, is_on: bool, gain: float = 1.0) -> PlatformWish:
        """Return what to wish for at the end of `dt_s` in which the motion stays as it is.

        Args:
            motion: Of the vehicle.
            dt_s: Time since the step before; two steps or one of their length end alike.
            is_on: Someone rides; without that the deck goes home and stays there.
            gain: Of all of it.
        """
        self._due_s = min(self._due_s + dt_s, MAX_GAP_S)
        while self._due_s > STEP_S * (1 - 1e-6):
            self._due_s -= STEP_S
            self._advance(motion, is_on=is_on, gain=gain)
        return PlatformWish(Pose(*(axis.place for axis in self._axes)))

    def _advance(self, motion: Motion, *, is_on: bool, gain: float) -> None:
        felt = self._washout.step(motion, STEP_S)
        fade = self._fade.step(STEP_S, is_on=is_on)
        moved = [gain * value for value in felt.moved]
        lean_roll_rad = lean_pitch_rad = 0.0
        if self._has_push:
            lean_roll_rad = self._leans[0].step(gain * felt.lean_roll_rad)
            lean_pitch_rad = self._leans[1].step(gain * felt.lean_pitch_rad)
        quick_rad = self._quick_roll.step(moved[3] + lean_roll_rad, STEP_S)
        if self._count % SCALE_STEPS == 0:
            rates = self._rates(moved)
            self._shift_scale.take((*moved[:3], *rates[:3]))
            self._turn_scale.take((*moved[3:], *rates[3:], quick_rad))
        self._count += 1
        shift, turn = fade * self._shift_scale.gain, fade * self._turn_scale.gain
        _, _, z_m, roll_rad, pitch_rad, yaw_rad = moved
        axes = self._axes
        axes[2].step(shift * z_m)
        axes[3].step(turn * roll_rad + fade * lean_roll_rad)
        axes[4].step(turn * pitch_rad + fade * lean_pitch_rad)
        axes[5].step(turn * yaw_rad)
        if self._has_push:
            axes[0].step(shift * moved[0])
            axes[1].step(shift * moved[1])

    def _rates(self, moved: list[float]) -> list[float]:
        """Return how fast each axis would move; a jump counts as a moment of haste."""
        before, self._before = self._before or moved, moved
        return [
            min(max((now - then) / (SCALE_STEPS * STEP_S), -CREST * most), CREST * most)
            for now, then, most in zip(moved, before, self.deck.speed, strict=True)
        ]
