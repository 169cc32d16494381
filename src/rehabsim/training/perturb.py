"""Perturbs the belts by a schedule, timed to the stride of either leg. Pure.

Belts answer late; by how much is measured at every pulse, and the next one is asked for so much
earlier. What came of each is told beside what was asked.
"""

from collections import deque
from statistics import fmean, median
from typing import NamedTuple

import numpy as np

from rehabsim.base.limits import Limits
from rehabsim.base.records import Event, Severity, Side, State, Wish
from rehabsim.training.achieved import Achieved, BeltWatch, miss_s
from rehabsim.training.pulse import PerturbParams, Pulse, why_impossible
from rehabsim.training.stride_clock import NS, StrideClock

LATE_S = 0.04
"""A heel strike that is known so late after the moment that was asked for still counts."""

FIRST_LAG_S = 0.03
"""From wish to belt, before it was measured once."""

MAX_LAG_S = 0.2
"""Belts later than this are not allowed for: something else was measured."""

LAG_COUNT = 5
"""Pulses whose median is the lag."""

BASE_COUNT = 25
"""Ticks before a pulse whose mean is the belts' speed before it."""

TAKEN_S = 0.1
"""So soon the keeper has begun a perturbation, or has refused it."""

SETTLE_S = 0.4
"""From the end of a pulse until what came of it is told: the heel strike is known then."""

REST_MPS = 0.1
"""Belts that a `stop` brings to rest were faster than this."""


class Trial(NamedTuple):
    """One turn of the schedule.

    Attributes:
        pulse: What is done.
        side: Leg that it is timed to.
        is_catch: Nothing is done.
        scale: Of its change.
        stride: Count of strides from which on it is due.
    """

    pulse: Pulse
    side: Side
    is_catch: bool
    scale: float
    stride: int


class Schedule:
    """Which pulse comes when, from a seed: legs and kinds in shuffled blocks, so that all occur
    as often and nobody can tell the next one.

    Args:
        params: How.
        seed: Of everything random.
    """

    def __init__(self, params: PerturbParams, seed: int) -> None:
        self._params = params
        self._random = np.random.Generator(np.random.PCG64([seed, 0x70757368]))
        self._block: list[tuple[Pulse, Side]] = []

    def next(self, stride: int, *, is_first: bool = False) -> Trial:
        """Return the next trial, counted from a stride."""
        p, random = self._params, self._random
        wait = p.warm_up_strides
        if not is_first:
            wait = int(random.integers(p.min_strides, p.max_strides + 1))
        is_catch = bool(random.random() < p.catch_frac)
        scale = 1 + p.jitter_frac * (2 * random.random() - 1)
        if not self._block:
            every = [(pulse, side) for pulse in p.pulses for side in pulse.sides]
            self._block = [every[index] for index in random.permutation(len(every))]
        pulse, side = self._block[-1]
        if not is_catch:
            self._block.pop()
        return Trial(pulse, side, is_catch, float(scale), stride + wait)


class Going(NamedTuple):
    """A pulse that was begun.

    Attributes:
        trial: Which.
        since_ns: When it was first wished for.
        bases_mps: Speeds that were wished before it.
        changes_mps: Of each belt.
        stride_s: Of the leg, as known then.
    """

    trial: Trial
    since_ns: int
    bases_mps: tuple[float, float]
    changes_mps: tuple[float, float]
    stride_s: float

    @property
    def total_s(self) -> float:
        """Until both belts should be back."""
        pulse = self.trial.pulse
        return 2 * max(map(abs, self.changes_mps)) / pulse.accel_mps2 + pulse.hold_s

    def wish(self, t_ns: int, wish: Wish) -> Wish:
        """Return what the belts should do now."""
        left_mps, right_mps = (
            base_mps + self._part((t_ns - self.since_ns) / NS, change_mps)
            for base_mps, change_mps in zip(self.bases_mps, self.changes_mps, strict=True)
        )
        return Wish(left_mps, right_mps, wish.incline_rad, is_perturbation=True)

    def _part(self, t_s: float, change_mps: float) -> float:
        pulse = self.trial.pulse
        rise_s = abs(change_mps) / pulse.accel_mps2
        if change_mps == 0.0 or t_s >= 2 * rise_s + pulse.hold_s:
            return 0.0
        if t_s < rise_s:
            return change_mps * t_s / rise_s
        return change_mps * min(1.0, (2 * rise_s + pulse.hold_s - t_s) / rise_s)


class Perturber:
    """Perturbs one person by a schedule.

    Args:
        params: How.
        limits: Of room and person; what they do not allow is not asked for.
        seed: Of everything random.

    Attributes:
        count: Pulses in all.
        done: Pulses so far.
        clock: Of both legs' strides.
    """

    def __init__(self, params: PerturbParams, limits: Limits, seed: int) -> None:
        self.count = params.count
        self.done = 0
        self._was_on = False
        self.clock = StrideClock()
        self._params, self._limits = params, limits
        self._schedule = Schedule(params, seed)
        self._trial = self._schedule.next(0, is_first=True)
        self._ready_ns: int | None = None
        self._going: Going | None = None
        self._watch: BeltWatch | None = None
        self._lags_s: deque[float] = deque(maxlen=LAG_COUNT)
        self._belts_mps: deque[tuple[float, float]] = deque(maxlen=BASE_COUNT)

    @property
    def lag_s(self) -> float:
        """From wish to belt, as measured and believed."""
        return min(max(median(self._lags_s), 0.0), MAX_LAG_S) if self._lags_s else FIRST_LAG_S

    @property
    def is_going(self) -> bool:
        """A pulse is going on, or is still looked at."""
        return self._going is not None

    def outlook(self) -> tuple[Trial | None, int]:
        """Return the next trial and how many strides are left to it; None after the last."""
        if self.done + self.is_going >= self.count:
            return None, 0
        return self._trial, max(self._trial.stride - self.clock.count, 0)

    def step(self, state: State, wish: Wish, events: list[Event], *, is_on: bool) -> Wish:
        """Return the wish of this tick, with a pulse in it when one is due.

        Args:
            state: Of this tick.
            wish: Of the scenario.
            events: Of this tick, to which news are added.
            is_on: Pulses may begin. Once they may, the next one is not sooner than
                `min_strides`; one that has begun is ended as planned.
        """
        self.clock.feed(state.gait)
        if is_on and not self._was_on:
            least = self.clock.count + self._params.min_strides
            self._trial = self._trial._replace(stride=max(self._trial.stride, least))
        self._was_on = is_on
        if self._going is not None:
            return self._go_on(state, self._going, wish, events)
        self._belts_mps.append((state.belt.left_speed_mps, state.belt.right_speed_mps))
        is_due = is_on and self.done < self.count and self.clock.count >= self._trial.stride
        if state.mode != "running" or wish.is_perturbation or not is_due:
            self._ready_ns = None
            return wish
        if self._ready_ns is None:
            self._ready_ns = state.t_ns
        if not self._is_time(state, self._ready_ns):
            return wish
        return self._begin(state, wish, events)

    def _is_time(self, state: State, ready_ns: int) -> bool:
        """Return whether belts that are told now answer at the phase that is asked for."""
        pulse, side = self._trial.pulse, self._trial.side
        lag_ns = round(self.lag_s * NS)
        after_ns = max(ready_ns, state.t_ns - round(LATE_S * NS)) + lag_ns
        at_ns = self.clock.next_ns(side, pulse.phase, after_ns)
        return at_ns is not None and state.t_ns + state.dt_s * NS / 2 >= at_ns - lag_ns

    def _begin(self, state: State, wish: Wish, events: list[Event]) -> Wish:
        trial = self._trial
        pulse, side = trial.pulse, trial.side
        if trial.is_catch:
            events.append(_news(state, "Catch trial: nothing happens."))
            self._plan_next()
            return wish
        bases_mps = (wish.left_speed_mps, wish.right_speed_mps)
        base_mps = max(bases_mps)
        why = why_impossible(pulse, base_mps, max(trial.scale - 1, 0.0), self._limits)
        if pulse.kind == "stop" and base_mps < REST_MPS:
            why = f"needs belts faster than {REST_MPS:g} m/s"
        if why:
            text = f"No {pulse.kind}: at {base_mps:.2f} m/s it {why}."
            events.append(_news(state, text, "warn"))
            self._plan_next()
            return wish
        left_mps, right_mps = (
            pulse.change_from(speed_mps, trial.scale) if is_moved else 0.0
            for speed_mps, is_moved in zip(bases_mps, pulse.belts(side), strict=True)
        )
        stride_s = self.clock.stride_s(side)
        self._going = Going(trial, state.t_ns, bases_mps, (left_mps, right_mps), stride_s)
        is_left = left_mps != 0.0
        before_mps = fmean(speeds[0 if is_left else 1] for speeds in self._belts_mps)
        self._watch = BeltWatch(before_mps, is_left=is_left)
        return self._going.wish(state.t_ns, wish)

    def _go_on(self, state: State, going: Going, wish: Wish, events: list[Event]) -> Wish:
        assert self._watch is not None
        self._watch.feed(state.belt)
        t_s = (state.t_ns - going.since_ns) / NS
        if t_s < going.total_s:
            if t_s < TAKEN_S or state.mode == "perturbing":
                return going.wish(state.t_ns, wish)
            text = f"No {going.trial.pulse.kind}: the keeper did not let it go on."
            events.append(_news(state, text, "warn"))
        elif t_s < going.total_s + SETTLE_S:
            return wish
        else:
            self.done += 1
            events.append(self._told(state, going, self._watch))
        self._going = None
        self._belts_mps.clear()
        self._plan_next()
        return wish

    def _plan_next(self) -> None:
        self._trial = self._schedule.next(self.clock.count)
        self._ready_ns = None

    def _told(self, state: State, going: Going, watch: BeltWatch) -> Event:
        """Return what was asked and what came of it, and learn the belts' lag."""
        pulse, side = going.trial.pulse, going.trial.side
        asked_mps = going.changes_mps[0] or going.changes_mps[1]
        what = f"{pulse.kind.capitalize()} {self.done} of {self._params.count}, {side} leg"
        values = {"asked_change_mps": asked_mps, "asked_accel_mps2": pulse.accel_mps2}
        values |= {"asked_phase": pulse.phase, "lag_s": self.lag_s}
        achieved = watch.achieved(asked_mps)
        if achieved is None:
            text = f"{what}: {asked_mps:+.2f} m/s asked, and the belts did not follow."
            return _news(state, text, "warn", values)
        self._lags_s.append((achieved.onset_ns - going.since_ns) / NS)
        return self._measured(state, going, achieved, what, values)

    def _measured(
        self, state: State, going: Going, achieved: Achieved, what: str, values: dict[str, float]
    ) -> Event:
        pulse, side = going.trial.pulse, going.trial.side
        late_s = miss_s(achieved.onset_ns, self.clock.strikes_ns(side), pulse.phase, going.stride_s)
        values |= {
            "change_mps": achieved.change_mps,
            "accel_mps2": abs(achieved.accel_mps2),
            "onset_s": achieved.onset_ns / NS,
            "late_s": late_s,
        }
        text = (
            f"{what}: {achieved.change_mps:+.2f} m/s at {abs(achieved.accel_mps2):.1f} m/s², asked"
            f" {values['asked_change_mps']:+.2f} at {pulse.accel_mps2:.1f};"
            f" {1000 * late_s:+.0f} ms off {100 * pulse.phase:.0f} % of the stride."
        )
        return _news(state, text, "none", values)


def _news(
    state: State,
    text: str,
    severity: Severity = "none",
    values: dict[str, float] | None = None,
) -> Event:
    return Event(state.t_ns, "perturbation", "training", severity, text, values or {})
