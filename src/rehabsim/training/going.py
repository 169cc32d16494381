"""One perturbation while it goes on: what is wished for it, and what came of it. Pure."""

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple, Protocol

from rehabsim.base.limits import Limits, PlatformLimits
from rehabsim.base.records import PlatformSample, PlatformWish, Pose, State, Wish
from rehabsim.training.achieved import BeltWatch, DeckWatch
from rehabsim.training.pulse import Pulse, why_impossible
from rehabsim.training.schedule import Trial
from rehabsim.training.shove import SPARE_S, Shift, Tilt, moved, reach, why_no_shove
from rehabsim.training.stride_clock import NS
from rehabsim.training.sway import led

REST_MPS = 0.1
"""Belts that a `stop` brings to rest were faster than this."""


HOME = Pose()


class Deck(NamedTuple):
    """What is known of the platform.

    Attributes:
        sample: Its newest report, None before the first.
        is_moving: It follows the training.
    """

    sample: PlatformSample | None
    is_moving: bool


class Outcome(NamedTuple):
    """What came of a perturbation.

    Attributes:
        onset_ns: When it began.
        words: What was measured and what was asked.
        values: The same as numbers.
    """

    onset_ns: int
    words: str
    values: dict[str, float]


class Going(Protocol):
    """A perturbation that was begun.

    Attributes:
        trial: Which.
        since_ns: When it was first wished for.
        stride_s: Of the leg, as known then.
        total_s: Until everything should be back.
        asked: What is told to have been asked.
        asked_words: The same in words.
        what: Moves: `belts`, `platform`.
    """

    trial: Trial
    since_ns: int
    stride_s: float
    total_s: float
    asked: dict[str, float]
    asked_words: str
    what: str

    def feed(self, state: State, deck: Deck | None) -> None:
        """Watch what happens."""

    def is_let(self, state: State, deck: Deck | None) -> bool:
        """Return whether the keeper lets it go on."""

    def wish(self, t_ns: int, wish: Wish) -> Wish:
        """Return what the belts should do now, for what they otherwise should."""

    def ride(self, t_ns: int, dt_s: float) -> PlatformWish | None:
        """Return what the platform should do now; None asks nothing of it."""

    def outcome(self) -> Outcome | None:
        """Return what came of it; None where nothing followed."""


class GoingBelts:
    """A pulse of the belts, as `Going`.

    Args:
        trial: Which.
        state: Of its first tick.
        stride_s: Of the leg.
        wish: Of the scenario, to which it is added.
        before: Measured speeds just before, left and right.
    """

    what = "belts"

    def __init__(
        self,
        trial: Trial,
        state: State,
        stride_s: float,
        wish: Wish,
        before: Sequence[tuple[float, float]],
    ) -> None:
        assert isinstance(trial.pulse, Pulse)
        self.trial, self.since_ns, self.stride_s = trial, state.t_ns, stride_s
        self._pulse = trial.pulse
        self._bases_mps = (wish.left_speed_mps, wish.right_speed_mps)
        left_mps, right_mps = (
            self._pulse.change_from(speed_mps, trial.scale) if is_moved else 0.0
            for speed_mps, is_moved in zip(
                self._bases_mps, self._pulse.belts(trial.side), strict=True
            )
        )
        self._changes_mps = (left_mps, right_mps)
        is_left = left_mps != 0.0
        before_mps = fmean(speeds[0 if is_left else 1] for speeds in before)
        self._watch = BeltWatch(before_mps, is_left=is_left)
        self._asked_mps = left_mps or right_mps
        accel_mps2 = self._pulse.accel_mps2
        self.total_s = 2 * max(map(abs, self._changes_mps)) / accel_mps2 + self._pulse.hold_s
        self.asked = {"asked_change_mps": self._asked_mps, "asked_accel_mps2": accel_mps2}
        self.asked_words = f"{self._asked_mps:+.2f} m/s"

    def feed(self, state: State, deck: Deck | None) -> None:
        """Watch the belt."""
        self._watch.feed(state.belt)

    def is_let(self, state: State, deck: Deck | None) -> bool:
        """Return whether the keeper lets it go on."""
        return state.mode == "perturbing"

    def wish(self, t_ns: int, wish: Wish) -> Wish:
        """Return what the belts should do now."""
        left_mps, right_mps = (
            base_mps + self._part((t_ns - self.since_ns) / NS, change_mps)
            for base_mps, change_mps in zip(self._bases_mps, self._changes_mps, strict=True)
        )
        return Wish(left_mps, right_mps, wish.incline_rad, is_perturbation=True)

    def ride(self, t_ns: int, dt_s: float) -> PlatformWish | None:
        """Ask nothing of the platform."""
        return None

    def outcome(self) -> Outcome | None:
        """Return what the belt did."""
        achieved = self._watch.achieved(self._asked_mps)
        if achieved is None:
            return None
        change_mps, accel_mps2 = achieved.change_mps, abs(achieved.accel_mps2)
        words = (
            f"{change_mps:+.2f} m/s at {accel_mps2:.1f} m/s², asked {self._asked_mps:+.2f} at"
            f" {self._pulse.accel_mps2:.1f}"
        )
        values = {"change_mps": change_mps, "accel_mps2": accel_mps2}
        return Outcome(achieved.onset_ns, words, values)

    def _part(self, t_s: float, change_mps: float) -> float:
        pulse = self._pulse
        rise_s = abs(change_mps) / pulse.accel_mps2
        if change_mps == 0.0 or t_s >= 2 * rise_s + pulse.hold_s:
            return 0.0
        if t_s < rise_s:
            return change_mps * t_s / rise_s
        return change_mps * min(1.0, (2 * rise_s + pulse.hold_s - t_s) / rise_s)


class GoingDeck:
    """A pulse of the platform, as `Going`; the scenario's own motion waits meanwhile.

    Args:
        trial: Which.
        state: Of its first tick.
        stride_s: Of the leg.
        pose: Wished for by the scenario, from which it begins.
        before: Measured poses just before.
        limits: Of the platform.
    """

    what = "platform"

    def __init__(
        self,
        trial: Trial,
        state: State,
        stride_s: float,
        pose: Pose,
        before: Sequence[Pose],
        limits: PlatformLimits,
    ) -> None:
        assert isinstance(trial.pulse, Shift | Tilt)
        self.trial, self.since_ns, self.stride_s = trial, state.t_ns, stride_s
        self._shove, self._pose = trial.pulse, pose
        axis = self._axis = trial.pulse.axis
        self._way = trial.pulse.profile(trial.scale)
        self._reach = reach(axis, limits)
        self._watch = DeckWatch(axis, fmean(getattr(place, axis) for place in before))
        self.total_s = self._way.total_s
        unit = self._reach.unit
        self.asked = {f"asked_size_{unit}": self._way.size, f"asked_rate_{unit}ps": self._way.rate}
        self.asked_words = f"{self._way.size:.3f} {unit}"

    def feed(self, state: State, deck: Deck | None) -> None:
        """Watch the deck."""
        if deck is not None and deck.sample is not None:
            self._watch.feed(deck.sample)

    def is_let(self, state: State, deck: Deck | None) -> bool:
        """Return whether the platform still follows."""
        return deck is not None and deck.is_moving

    def wish(self, t_ns: int, wish: Wish) -> Wish:
        """Leave the belts alone."""
        return wish

    def ride(self, t_ns: int, dt_s: float) -> PlatformWish | None:
        """Return where the platform should go."""
        t_s = (t_ns - self.since_ns) / NS
        place, _ = self._way.at(t_s)
        following, _ = self._way.at(t_s + dt_s)
        wished = led(place, (following - place) / dt_s, self._reach.brake, dt_s)
        pose = moved(self._pose, self._axis, self._shove.sign * wished)
        return PlatformWish(pose, t_s < self._way.out_s + SPARE_S)

    def outcome(self) -> Outcome | None:
        """Return what the deck did."""
        shoved = self._watch.achieved(self._way, self._shove.sign)
        if shoved is None:
            return None
        unit = self._reach.unit
        words = (
            f"{shoved.size:.3f} {unit} at {shoved.rate:.2f} {unit}/s, asked {self._way.size:.3f}"
            f" at {self._way.rate:.2f}"
        )
        values = {f"size_{unit}": shoved.size, f"rate_{unit}ps": shoved.rate}
        return Outcome(shoved.onset_ns, words, values)


def why_not(
    trial: Trial,
    wish: Wish,
    pose: Pose,
    deck: Deck | None,
    limits: Limits,
    deck_limits: PlatformLimits | None,
) -> str:
    """Return why a trial cannot begin now, as a clause with the numbers; empty where it can.

    Args:
        trial: Which.
        wish: Of the scenario for the belts.
        pose: Of the scenario for the platform.
        deck: The platform.
        limits: Of the belts.
        deck_limits: Of the platform.
    """
    pulse, more_frac = trial.pulse, max(trial.scale - 1, 0.0)
    if not isinstance(pulse, Pulse):
        if deck is None or not deck.is_moving:
            return "the platform does not follow; engage it before the start"
        why = why_no_shove(pulse, more_frac, deck_limits, pose)
        return f"it {why}" if why else ""
    base_mps = max(wish.left_speed_mps, wish.right_speed_mps)
    apart_mps = pulse.parting(trial.side, wish.left_speed_mps - wish.right_speed_mps)
    why = why_impossible(pulse, base_mps, more_frac, limits, apart_mps)
    if pulse.kind == "stop" and base_mps < REST_MPS:
        why = f"needs belts faster than {REST_MPS:g} m/s"
    return f"at {base_mps:.2f} m/s it {why}" if why else ""
