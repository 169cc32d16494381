"""Stones that slip: a foot that lands on one slides forward with it, a pulse of its belt. Pure.

It wishes; whether a belt may do it, the keeper decides by the room's `[limits.perturbation]`, and
does not without a harness where that is needed.
"""

import numpy as np

from rehabsim.base.records import Event, Severity, Side, State, Wish
from rehabsim.training.going import GoingBelts
from rehabsim.training.perturb import FIRST_LAG_S, LATE_S, TAKEN_S
from rehabsim.training.pulse import SIDES, Pulse
from rehabsim.training.schedule import Trial
from rehabsim.training.stride_clock import NS, StrideClock

WARM_UP_STRIDES = 20
MIN_PAUSE_S = 20.0
"""At most three in a minute, whatever is asked."""

ACCEL_MPS2, HOLD_S = 5.0, 0.2
PHASE = 0.02
"""Of the stride: just after the foot lands."""

MIN_BELT_MPS = 0.3
"""Slower belts have nothing to slip on."""


class Slips:
    """Lets stones slip at heel strike.

    Args:
        seed: Of when, and under which foot.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.Generator(np.random.PCG64([seed, 0x736C6970]))
        self._clock = StrideClock()
        self._part, self._due = 0.0, self._wait()
        self._side = self._either()
        self._ready_ns: int | None = None
        self._last_ns: int | None = None
        self._going: GoingBelts | None = None
        self._was_taken = False

    def step(
        self, state: State, wish: Wish, per_min: float, change_mps: float, events: list[Event]
    ) -> Wish:
        """Return the wish of this tick, with a slip in it while one goes on.

        Args:
            state: Of this tick.
            wish: Without it.
            per_min: How many, at this place; 0 lets none begin.
            change_mps: How much slower the belt under the foot becomes.
            events: Of this tick, to which news are added.
        """
        self._clock.feed(state.gait)
        if self._going is not None:
            return self._go_on(state, self._going, wish, events)
        is_free = (
            state.may_perturb and state.mode == "running" and self._clock.count >= WARM_UP_STRIDES
        )
        has_paused = self._last_ns is None or state.t_ns - self._last_ns >= MIN_PAUSE_S * NS
        self._part += per_min * state.dt_s / 60.0
        speed_mps = min(wish.left_speed_mps, wish.right_speed_mps)
        is_due = self._part >= self._due and per_min > 0
        if not (is_free and has_paused and is_due and speed_mps > MIN_BELT_MPS):
            self._ready_ns = None
            return wish
        if self._ready_ns is None:
            self._ready_ns = state.t_ns
        if not self._is_time(state, self._ready_ns):
            return wish
        return self._begin(state, wish, change_mps)

    def _is_time(self, state: State, ready_ns: int) -> bool:
        """Return whether a belt that is told now slips just after the foot lands."""
        lag_ns = round(FIRST_LAG_S * NS)
        after_ns = max(ready_ns, state.t_ns - round(LATE_S * NS)) + lag_ns
        at_ns = self._clock.next_ns(self._side, PHASE, after_ns)
        return at_ns is not None and state.t_ns + state.dt_s * NS / 2 >= at_ns - lag_ns

    def _begin(self, state: State, wish: Wish, change_mps: float) -> Wish:
        pulse = Pulse(
            kind="slip",
            phase=PHASE,
            change_mps=-change_mps,
            accel_mps2=ACCEL_MPS2,
            hold_s=HOLD_S,
        )
        trial = Trial(pulse, self._side, is_catch=False, scale=1.0, stride=self._clock.count)
        stride_s = self._clock.stride_s(self._side)
        before_mps = (state.belt.left_speed_mps, state.belt.right_speed_mps)
        self._going = GoingBelts(trial, state, stride_s, wish, [before_mps])
        self._was_taken = False
        return self._going.wish(state.t_ns, wish)

    def _go_on(self, state: State, going: GoingBelts, wish: Wish, events: list[Event]) -> Wish:
        t_s = (state.t_ns - going.since_ns) / NS
        self._was_taken = self._was_taken or state.mode == "perturbing"
        is_allowed = t_s < TAKEN_S or state.mode == "perturbing"
        if t_s < going.total_s and is_allowed:
            return going.wish(state.t_ns, wish)
        asked_mps = going.asked["asked_change_mps"]
        side = going.trial.side
        text = f"A stone slipped under the {side} foot: {asked_mps:+.2f} m/s asked."
        if not self._was_taken:
            text = "A stone should have slipped, and the keeper did not let it."
        values = {"asked_change_mps": asked_mps}
        severity: Severity = "none" if self._was_taken else "warn"
        events.append(Event(state.t_ns, "slip", "scenario", severity, text, values))
        self._going, self._ready_ns, self._last_ns = None, None, state.t_ns
        self._part, self._due, self._side = 0.0, self._wait(), self._either()
        return wish

    def _wait(self) -> float:
        return float(self._random.uniform(0.75, 1.25))

    def _either(self) -> Side:
        return SIDES[int(self._random.integers(2))]
