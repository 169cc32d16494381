"""All that perturbs a person: pulses, and unrest of deck, belts and picture that goes on. Pure."""

from math import isfinite, sqrt

from msgspec import structs

from rehabsim.base.limits import Limits, PlatformLimits
from rehabsim.base.records import Event, PlatformWish, State, Wish
from rehabsim.training.going import HOME, Deck
from rehabsim.training.noise import BeltNoise, why_no_noise
from rehabsim.training.perturb import Perturber
from rehabsim.training.pulse import PerturbParams, Pulse, why_impossible
from rehabsim.training.scenario import Step
from rehabsim.training.shove import why_no_shove
from rehabsim.training.split import Split, why_no_split
from rehabsim.training.sway import Fade, led, sway, why_no_sway

LEAST_S = 5.0
"""Of unrest in full; what was shorter is not told of."""

UNCAUGHT_S = 1.0
"""A harness that has borne nothing for so long is not hung in."""

UNCAUGHT = "The harness is not measured, or not hung in: no perturbation comes."


class Spread:
    """Root mean square of what was asked, and of what came of it."""

    def __init__(self) -> None:
        self._asked, self._got, self.count = 0.0, 0.0, 0

    def add(self, asked: float, got: float) -> None:
        """Take one tick of both; what was not measured does not count."""
        if isfinite(got):
            self._asked += asked * asked
            self._got += got * got
            self.count += 1

    def take(self) -> tuple[float, float]:
        """Return both, and begin anew."""
        count = max(self.count, 1)
        asked, got = sqrt(self._asked / count), sqrt(self._got / count)
        self._asked, self._got, self.count = 0.0, 0.0, 0
        return asked, got


class Unrest:
    """Perturbs one person: by pulses, by unrest that goes on, by parted belts, or by several.

    Unrest fades in when it is let come and out when it is held back; it waits while belts are
    held, and that of the belts while a pulse is going on. Belts at rest have none, and start
    without; only the picture fades out over them. It stays within the limits of ordinary walking;
    only pulses have their own.

    Args:
        params: How.
        limits: Of room and person.
        deck_limits: Of the platform, None where there is none.
        speed_mps: Of walking, at the start.
        seed: Of everything random.

    Attributes:
        params: How.
        perturber: Of the pulses, None without any.
        fade: How far unrest of belts and deck has come in.
        noise_sd_mps: Of the belts' noise in full, at the present speed; 0 without.
        visual_sway_m: How far the world on the display is to the left of where it belongs.
    """

    def __init__(
        self,
        params: PerturbParams,
        limits: Limits,
        deck_limits: PlatformLimits | None,
        *,
        speed_mps: float,
        seed: int,
    ) -> None:
        self.params = params
        self.perturber = None
        if params.pulses:
            self.perturber = Perturber(params, limits, seed, deck_limits)
        self.fade, self._picture = Fade(), Fade()
        self.visual_sway_m = 0.0
        self.noise_sd_mps = 0.0
        self._noise = None
        if params.noise is not None:
            self._noise = BeltNoise(params.noise, speed_mps, limits, seed)
            self.noise_sd_mps = self._noise.sd_mps(speed_mps)
        most = limits.perturbation
        self._split = None if params.split is None else Split(params.split)
        self._needs_harness = most is not None and most.needs_harness
        self._brake_mps2 = 0.0 if deck_limits is None else deck_limits.max_accel_mps2
        has_shoves = not all(isinstance(pulse, Pulse) for pulse in params.pulses)
        self._moves_deck = deck_limits is not None and (params.sway is not None or has_shoves)
        self._pose = HOME
        self._elapsed_s = 0.0
        self._place_m = 0.0
        self._slack_s = UNCAUGHT_S
        self._is_uncaught = False
        self._deck_spread, self._belt_spread, self._split_spread = Spread(), Spread(), Spread()

    def step(
        self,
        state: State,
        step: Step,
        events: list[Event],
        *,
        is_on: bool,
        deck: Deck | None,
        harness_n: float,
    ) -> Step:
        """Return the scenario's answer with what perturbs in it.

        Args:
            state: Of this tick.
            step: The scenario's answer.
            events: Of this tick, to which news are added.
            is_on: It may come.
            deck: The platform, None where there is none.
            harness_n: What the harness bears; NaN is not measured.
        """
        is_on = self._may_come(state, harness_n, events, is_on=is_on)
        if step.platform is not None:
            self._pose = step.platform.pose
        is_walking = state.mode in ("running", "perturbing")
        is_waiting = state.mode == "holding" or (state.mode == "starting" and is_on)
        wish = step.wish
        if state.mode in ("locked", "idle", "armed"):
            self._let_go()
        if not is_waiting:
            for fade in (self.fade, self._picture):
                fade.step(state.dt_s, is_on=is_on and is_walking)
            self._sway(state, deck)
            self._rustle(state, wish)
            if self._split is not None:
                self._split.step(state.dt_s, is_on=is_on and is_walking)
        is_parted = self._split is not None and self._split.fade.frac == 1.0
        if self.fade.frac < 1.0 or not is_walking or (self._split is not None and not is_parted):
            self._tell(state, events)
        wish = self._parted(state, self._noisy(wish))
        if self.perturber is not None:
            wish = self.perturber.step(state, wish, events, is_on=is_on, deck=deck, pose=self._pose)
        return structs.replace(step, wish=wish, platform=self._ride(step, state.dt_s))

    def _let_go(self) -> None:
        """Have none of belts and deck, which rest: nobody feels that it goes at once."""
        self.fade.frac = 0.0
        if self._split is not None:
            self._split.fade.frac = 0.0
        if self._noise is not None:
            self._noise.part_mps = 0.0

    def _may_come(
        self, state: State, harness_n: float, events: list[Event], *, is_on: bool
    ) -> bool:
        """Return whether it may come with this harness, and say once when it may not."""
        self._slack_s = 0.0 if harness_n > 0 else self._slack_s + state.dt_s
        is_uncaught = is_on and self._needs_harness and self._slack_s >= UNCAUGHT_S
        if is_uncaught and not self._is_uncaught:
            events.append(Event(state.t_ns, "perturbation", "training", "warn", UNCAUGHT))
        self._is_uncaught = is_uncaught
        return is_on and not is_uncaught

    def _sway(self, state: State, deck: Deck | None) -> None:
        """Move deck and picture on."""
        if self._picture.frac > 0.0:
            self._elapsed_s += state.dt_s
        place = sway(self._elapsed_s)
        seen, felt = self._picture.cosine * place, self.fade.cosine * place
        visual, deck_sway = self.params.visual, self.params.sway
        self.visual_sway_m = 0.0 if visual is None else visual.amplitude_m * seen
        self._place_m = 0.0 if deck_sway is None else deck_sway.amplitude_m * felt
        is_full = self.fade.frac == 1.0 and deck is not None and deck.is_moving
        if is_full and deck_sway is not None and deck is not None and deck.sample is not None:
            self._deck_spread.add(self._place_m, deck.sample.pose.y_m - self._pose.y_m)

    def _rustle(self, state: State, wish: Wish) -> None:
        """Move the noise of the belts on, unless a pulse is going on."""
        if self._noise is None or (self.perturber is not None and self.perturber.is_going):
            return
        speeds_mps = (wish.left_speed_mps, wish.right_speed_mps)
        wished_mps = sum(speeds_mps) / 2
        self.noise_sd_mps = self._noise.sd_mps(wished_mps)
        if self.fade.frac > 0.0 or self._noise.part_mps:
            self._noise.step(speeds_mps, self.fade.quadratic, state.dt_s)
        if self.fade.frac == 1.0:
            measured_mps = (state.belt.left_speed_mps + state.belt.right_speed_mps) / 2
            self._belt_spread.add(self._noise.part_mps, measured_mps - wished_mps)

    def _noisy(self, wish: Wish) -> Wish:
        if self._noise is None:
            return wish
        left_mps = wish.left_speed_mps + self._noise.part_mps
        right_mps = wish.right_speed_mps + self._noise.part_mps
        return structs.replace(wish, left_speed_mps=left_mps, right_speed_mps=right_mps)

    def _parted(self, state: State, wish: Wish) -> Wish:
        if self._split is None:
            return wish
        wish = self._split.part(wish)
        if self._split.fade.frac == 1.0:
            apart_mps = state.belt.left_speed_mps - state.belt.right_speed_mps
            self._split_spread.add(self._split.asked_mps, apart_mps)
        return wish

    def _ride(self, step: Step, dt_s: float) -> PlatformWish | None:
        """Return what to wish of the platform."""
        if not self._moves_deck:
            return step.platform
        if self.perturber is not None and self.perturber.ride is not None:
            return self.perturber.ride
        is_perturbing = step.platform is not None and step.platform.is_perturbing
        if self.params.sway is None:
            return PlatformWish(self._pose, is_perturbing)
        following = Fade()
        following.frac = self.fade.frac
        place = following.cosine * sway(self._elapsed_s + dt_s)
        rate_mps = (self.params.sway.amplitude_m * place - self._place_m) / dt_s
        y_m = self._pose.y_m
        if self.fade.frac > 0.0:
            y_m += led(self._place_m, rate_mps, self._brake_mps2, dt_s)
        return PlatformWish(structs.replace(self._pose, y_m=y_m), is_perturbing)

    def _tell(self, state: State, events: list[Event]) -> None:
        """Tell what came of unrest that is over."""
        for spread, what, unit in (
            (self._deck_spread, "Sway of the deck", "m"),
            (self._belt_spread, "Noise of the belts", "mps"),
            (self._split_spread, "Belts apart", "mps"),
        ):
            duration_s = spread.count * state.dt_s
            if not spread.count:
                continue
            asked, got = spread.take()
            if duration_s < LEAST_S:
                continue
            words = "m" if unit == "m" else "m/s"
            text = f"{what} for {duration_s:.0f} s: RMS {got:.3f} {words}, asked {asked:.3f}."
            values = {f"asked_rms_{unit}": asked, f"rms_{unit}": got, "duration_s": duration_s}
            events.append(Event(state.t_ns, "perturbation", "training", "none", text, values))


def why_refused(
    params: PerturbParams,
    limits: Limits,
    deck_limits: PlatformLimits | None,
    speed_mps: float,
) -> tuple[str, str]:
    """Return which table of `[perturb]` cannot be done and why; two empty texts where all can.

    Args:
        params: Of the session.
        limits: Of room and person.
        deck_limits: Of the platform, None where there is none.
        speed_mps: Of the belts.
    """
    for number, pulse in enumerate(params.pulses, 1):
        if isinstance(pulse, Pulse):
            why = _why_no_pulse(pulse, params, speed_mps, limits)
        else:
            why = why_no_shove(pulse, params.jitter_frac, deck_limits, HOME)
        if why:
            name = pulse.kind.replace("_", " ")
            return f"pulses {number}", f"a {name} from {speed_mps:g} m/s, {why}"
    if limits.perturbation is None:
        tables = ("sway", "noise", "visual", "split", "pulses")
        table = next(name for name in tables if getattr(params, name))
        return table, "this room or this person has no limits for any perturbation"
    if params.sway is not None and (why := why_no_sway(params.sway, deck_limits)):
        return "sway", f"a deck that sways by {params.sway.amplitude_m:g} m {why}"
    if params.noise is not None and (why := why_no_noise(params.noise, speed_mps, limits)):
        return "noise", f"noise {why}"
    if params.split is not None and (why := why_no_split(params.split, speed_mps, limits)):
        return "split", f"a split from {speed_mps:g} m/s {why}"
    return "", ""


def _why_no_pulse(pulse: Pulse, params: PerturbParams, speed_mps: float, limits: Limits) -> str:
    """Return why belts could not do this, alike or parted as `[perturb.split]` has them."""
    split_mps = 0.0 if params.split is None else params.split.signed_mps
    fastest_mps = speed_mps + abs(split_mps) / 2
    apart_mps = max(0.0, *(pulse.parting(side, split_mps) for side in pulse.sides))
    return why_impossible(pulse, fastest_mps, params.jitter_frac, limits, apart_mps)
