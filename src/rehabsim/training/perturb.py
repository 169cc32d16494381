"""Perturbs by a schedule of pulses, timed to the stride of either leg. Pure.

Belts and platform answer late; by how much is measured at every pulse, and the next one is asked
for so much earlier. What came of each is told beside what was asked.
"""

from collections import deque
from statistics import median

from rehabsim.base.limits import Limits, PlatformLimits
from rehabsim.base.records import Event, PlatformWish, Pose, Severity, State, Wish
from rehabsim.training.achieved import miss_s
from rehabsim.training.going import HOME, Deck, Going, GoingBelts, GoingDeck, why_not
from rehabsim.training.pulse import AnyPulse, PerturbParams, Pulse
from rehabsim.training.schedule import Schedule, Trial
from rehabsim.training.stride_clock import NS, StrideClock

LATE_S = 0.04
"""A heel strike that is known so late after the moment that was asked for still counts."""

CATCH = "Catch trial: nothing happens."

FIRST_LAG_S = 0.03
"""From wish to belt, before it was measured once."""

FIRST_DECK_LAG_S = 0.03
"""The same for the platform."""

MAX_LAG_S = 0.2
"""What is later is not allowed for: something else was measured."""

LAG_COUNT = 5
"""Pulses whose median is the lag."""

BASE_COUNT = 25
"""Ticks before a pulse whose mean tells what was before it."""

TAKEN_S = 0.1
"""So soon the keeper has begun a perturbation, or has refused it."""

SETTLE_S = 0.4
"""From the end of a pulse until what came of it is told: the heel strike is known then."""


class Perturber:
    """Perturbs one person by a schedule.

    Args:
        params: How; there are pulses in it.
        limits: Of room and person; what they do not allow is not asked for.
        seed: Of everything random.
        deck_limits: Of the platform, None where there is none.

    Attributes:
        count: Pulses in all.
        done: Pulses so far.
        is_blind: Nobody is told what comes next.
        clock: Of both legs' strides.
        ride: What the platform should do in this tick; None asks nothing of it.
    """

    def __init__(
        self,
        params: PerturbParams,
        limits: Limits,
        seed: int,
        deck_limits: PlatformLimits | None = None,
    ) -> None:
        self.count = params.count
        self.done = 0
        self.is_blind = params.is_blind
        self.clock = StrideClock()
        self.ride: PlatformWish | None = None
        self._was_on = False
        self._params, self._limits, self._deck_limits = params, limits, deck_limits
        self._schedule = Schedule(params, seed)
        self._trial = self._schedule.next(0, is_first=True)
        self._ready_ns: int | None = None
        self._going: Going | None = None
        self._lags_s: dict[bool, deque[float]] = {
            is_of_belts: deque(maxlen=LAG_COUNT) for is_of_belts in (True, False)
        }
        self._belts_mps: deque[tuple[float, float]] = deque(maxlen=BASE_COUNT)
        self._poses: deque[Pose] = deque(maxlen=BASE_COUNT)

    @property
    def lag_s(self) -> float:
        """From wish to belt, as measured and believed."""
        return self._lag_s(is_of_belts=True)

    def lag_of(self, pulse: AnyPulse) -> float:
        """Return from wish to belt, or to platform, as measured and believed."""
        return self._lag_s(is_of_belts=isinstance(pulse, Pulse))

    def _lag_s(self, *, is_of_belts: bool) -> float:
        lags_s = self._lags_s[is_of_belts]
        first_s = FIRST_LAG_S if is_of_belts else FIRST_DECK_LAG_S
        return min(max(median(lags_s), 0.0), MAX_LAG_S) if lags_s else first_s

    @property
    def is_going(self) -> bool:
        """A pulse is going on, or is still looked at."""
        return self._going is not None

    def outlook(self) -> tuple[Trial | None, int]:
        """Return the next trial and how many strides are left to it; None after the last."""
        if self.done + self.is_going >= self.count:
            return None, 0
        return self._trial, max(self._trial.stride - self.clock.count, 0)

    def step(
        self,
        state: State,
        wish: Wish,
        events: list[Event],
        *,
        is_on: bool,
        deck: Deck | None = None,
        pose: Pose = HOME,
    ) -> Wish:
        """Return the wish of this tick, with a pulse in it when one is due.

        Args:
            state: Of this tick.
            wish: Of the scenario.
            events: Of this tick, to which news are added.
            is_on: Pulses may begin. Once they may, the next one is not sooner than
                `min_strides`; one that has begun is ended as planned.
            deck: The platform, None where there is none.
            pose: Of the scenario for it.
        """
        self.ride = None
        self.clock.feed(state.gait)
        if is_on and not self._was_on:
            least = self.clock.count + self._params.min_strides
            self._trial = self._trial._replace(stride=max(self._trial.stride, least))
        self._was_on = is_on
        if self._going is not None:
            return self._go_on(state, self._going, wish, events, deck)
        self._belts_mps.append((state.belt.left_speed_mps, state.belt.right_speed_mps))
        if deck is not None and deck.sample is not None:
            self._poses.append(deck.sample.pose)
        is_due = is_on and self.done < self.count and self.clock.count >= self._trial.stride
        if state.mode != "running" or wish.is_perturbation or not is_due:
            self._ready_ns = None
            return wish
        if self._ready_ns is None:
            self._ready_ns = state.t_ns
        if not self._is_time(state, self._ready_ns):
            return wish
        return self._begin(state, wish, events, deck, pose)

    def _is_time(self, state: State, ready_ns: int) -> bool:
        """Return whether what is told now answers at the phase that is asked for."""
        pulse, side = self._trial.pulse, self._trial.side
        lag_ns = round(self.lag_of(pulse) * NS)
        after_ns = max(ready_ns, state.t_ns - round(LATE_S * NS)) + lag_ns
        at_ns = self.clock.next_ns(side, pulse.phase, after_ns)
        return at_ns is not None and state.t_ns + state.dt_s * NS / 2 >= at_ns - lag_ns

    def _begin(
        self, state: State, wish: Wish, events: list[Event], deck: Deck | None, pose: Pose
    ) -> Wish:
        trial = self._trial
        if trial.is_catch:
            events.append(_news(state, CATCH))
            self._plan_next()
            return wish
        why = why_not(trial, wish, pose, deck, self._limits, self._deck_limits)
        if why:
            events.append(_news(state, f"No {_name(trial)}: {why}.", "warn"))
            self._plan_next()
            return wish
        stride_s = self.clock.stride_s(trial.side)
        if isinstance(trial.pulse, Pulse):
            self._going = GoingBelts(trial, state, stride_s, wish, self._belts_mps)
        else:
            assert self._deck_limits is not None
            self._going = GoingDeck(trial, state, stride_s, pose, self._poses, self._deck_limits)
        return self._wish(state, self._going, wish)

    def _wish(self, state: State, going: Going, wish: Wish) -> Wish:
        self.ride = going.ride(state.t_ns, state.dt_s)
        return going.wish(state.t_ns, wish)

    def _go_on(
        self, state: State, going: Going, wish: Wish, events: list[Event], deck: Deck | None
    ) -> Wish:
        going.feed(state, deck)
        t_s = (state.t_ns - going.since_ns) / NS
        if t_s < going.total_s:
            if t_s < TAKEN_S or going.is_let(state, deck):
                return self._wish(state, going, wish)
            text = f"No {_name(going.trial)}: the keeper did not let it go on."
            events.append(_news(state, text, "warn"))
        elif t_s < going.total_s + SETTLE_S:
            return wish
        else:
            self.done += 1
            events.append(self._told(state, going))
        self._going = None
        self._belts_mps.clear()
        self._poses.clear()
        self._plan_next()
        return wish

    def _plan_next(self) -> None:
        self._trial = self._schedule.next(self.clock.count)
        self._ready_ns = None

    def _told(self, state: State, going: Going) -> Event:
        """Return what was asked and what came of it, and learn the lag."""
        pulse, side = going.trial.pulse, going.trial.side
        what = f"{_name(going.trial).capitalize()} {self.done} of {self._params.count}, {side} leg"
        values = going.asked | {"asked_phase": pulse.phase, "lag_s": self.lag_of(pulse)}
        outcome = going.outcome()
        if outcome is None:
            text = f"{what}: {going.asked_words} asked, and the {going.what} did not follow."
            return _news(state, text, "warn", values)
        onset_ns = outcome.onset_ns
        self._lags_s[isinstance(pulse, Pulse)].append((onset_ns - going.since_ns) / NS)
        late_s = miss_s(onset_ns, self.clock.strikes_ns(side), pulse.phase, going.stride_s)
        values |= outcome.values | {"onset_s": onset_ns / NS, "late_s": late_s}
        text = (
            f"{what}: {outcome.words}; {1000 * late_s:+.0f} ms off {100 * pulse.phase:.0f} % of"
            " the stride."
        )
        return _news(state, text, "none", values)


def _name(trial: Trial) -> str:
    return trial.pulse.kind.replace("_", " ")


def _news(
    state: State,
    text: str,
    severity: Severity = "none",
    values: dict[str, float] | None = None,
) -> Event:
    return Event(state.t_ns, "perturbation", "training", severity, text, values or {})
