"""The boat's slalom: gates of two buoys, laid one after the other, each passed or missed. Pure."""

from math import cos, sin
from typing import NamedTuple

import numpy as np

from rehabsim.base.records import Event
from rehabsim.training.scenario import Try

BEST_COUNT, EDGE_COUNT = 10, 5
"""Points for the middle of a gate and for its buoys; a missed one has none."""


FAR_WIDTHS = 1.0
"""A gate that was missed by more of its own widths, from its middle: the course begins anew."""


class Layout(NamedTuple):
    """How gates are laid; one that lies stays as it is.

    Attributes:
        spacing_m: From gate to gate.
        width_m: Between the buoys.
        max_turn_rad: Change of course from gate to gate.
    """

    spacing_m: float
    width_m: float
    max_turn_rad: float


class Gate(NamedTuple):
    """Two buoys to pass between.

    Attributes:
        x_m: Of the middle.
        y_m: Of the middle.
        heading_rad: Course through it.
        width_m: Between the buoys.
    """

    x_m: float
    y_m: float
    heading_rad: float
    width_m: float

    def ahead_m(self, x_m: float, y_m: float) -> float:
        """Return how far the gate lies ahead of a point, along its course."""
        dx_m, dy_m = self.x_m - x_m, self.y_m - y_m
        return dx_m * cos(self.heading_rad) + dy_m * sin(self.heading_rad)

    def aside_m(self, x_m: float, y_m: float) -> float:
        """Return how far to the left of the gate's middle a point lies."""
        dx_m, dy_m = x_m - self.x_m, y_m - self.y_m
        return dy_m * cos(self.heading_rad) - dx_m * sin(self.heading_rad)


class Course:
    """The gates ahead and the score.

    Attributes:
        gate: The one ahead.
        next_gate: The one after.
        passed_count: Gates.
        missed_count: Gates.
        score_count: Points.
    """

    def __init__(self, layout: Layout, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self.passed_count = self.missed_count = self.score_count = 0
        self.gate = Gate(layout.spacing_m, 0.0, 0.0, layout.width_m)
        self.next_gate = self._gate_after(self.gate, layout)

    def step(
        self, x_m: float, y_m: float, heading_rad: float, t_ns: int, layout: Layout
    ) -> tuple[tuple[Event, ...], tuple[Try, ...]]:
        """Return what became of the gate ahead, if the boat has come past it.

        After a gate that was missed by more than its width the course is laid anew from where the
        boat is, so that one miss does not make the next.
        """
        gate = self.gate
        if gate.ahead_m(x_m, y_m) > 0:
            return (), ()
        aside_m = gate.aside_m(x_m, y_m)
        error_frac = abs(aside_m) / (gate.width_m / 2)
        is_passed = error_frac <= 1
        text = self._count(gate, aside_m, error_frac, is_passed=is_passed)
        if abs(aside_m) > FAR_WIDTHS * gate.width_m:
            self.gate = self._gate_before(x_m, y_m, heading_rad, layout)
        else:
            self.gate = self.next_gate
        while self.gate.ahead_m(x_m, y_m) <= 0:
            self.gate = self._gate_after(self.gate, layout)
        self.next_gate = self._gate_after(self.gate, layout)
        values = {"aside_m": aside_m, "width_m": gate.width_m}
        event = Event(t_ns, "gate", "scenario", "none", text, values)
        return (event,), (Try(is_passed, error_frac),)

    def _count(self, gate: Gate, aside_m: float, error_frac: float, *, is_passed: bool) -> str:
        """Add to the score; return the news."""
        number = self.passed_count + self.missed_count + 1
        side = "left" if aside_m > 0 else "right"
        if not is_passed:
            self.missed_count += 1
            beyond_m = abs(aside_m) - gate.width_m / 2
            return f"Gate {number} missed: {beyond_m:.1f} m too far {side}."
        self.passed_count += 1
        points = round(BEST_COUNT - (BEST_COUNT - EDGE_COUNT) * error_frac)
        self.score_count += points
        return (
            f"Gate {number} passed, {abs(aside_m):.1f} m {side} of its middle: {points} points,"
            f" {self.score_count} in all."
        )

    def _gate_before(self, x_m: float, y_m: float, heading_rad: float, layout: Layout) -> Gate:
        """Return a gate before a boat, no further aside than the course may turn."""
        here = Gate(x_m, y_m, heading_rad, layout.width_m)
        gate = self._gate_after(here, layout)
        most_rad = layout.max_turn_rad
        turn_rad = min(max(gate.heading_rad - heading_rad, -most_rad), most_rad)
        return self._gate_on(here, heading_rad + turn_rad, layout)

    def _gate_after(self, gate: Gate, layout: Layout) -> Gate:
        """Return a gate one spacing on; the course swings, but back towards the first one."""
        turn_rad = self._random.uniform(-layout.max_turn_rad, layout.max_turn_rad)
        return self._gate_on(gate, 0.8 * gate.heading_rad + turn_rad, layout)

    def _gate_on(self, gate: Gate, heading_rad: float, layout: Layout) -> Gate:
        return Gate(
            gate.x_m + layout.spacing_m * cos(heading_rad),
            gate.y_m + layout.spacing_m * sin(heading_rad),
            heading_rad,
            layout.width_m,
        )
