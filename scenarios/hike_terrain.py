"""The land of the hike: one field of heights, of which everything else is a derivative. Pure.

The path runs along y = 0 through sections that a seed puts in order. Grade, side slope and
roughness are given at every metre of it; heights are their integral, so that what is seen, what
tilts the deck and what slows the belts cannot differ.
"""

from math import floor, sin, tau
from typing import NamedTuple

import numpy as np

MEADOW, CLIMB, SIDE_SLOPE, STONES, MUD, BRIDGE = range(6)
"""Kinds of sections; numbers of `Scene.section_0` and the like."""

NAMES = ("meadow", "climb", "side slope", "stony stretch", "mud", "rope bridge")

EDGE_M = 8.0
"""Over so long a way a section begins and ends."""

BEFORE_M = 40
"""So much of the first meadow lies behind the start."""

SLOPE_STEP_M = 2.0
"""The grade is that of so long a treadmill."""

WAVELENGTHS_M = (60.0, 110.0, 190.0, 340.0)
SHARES = (0.15, 0.25, 0.3, 0.3)
"""How much of the steepest slope each wavelength brings; together 1."""

ROUGH_RAD = 0.0122
MAX_ROUGH_RAD = 0.035
"""RMS and greatest tilt by stones: 0.7 and 2 degrees."""


class Shape(NamedTuple):
    """What a kind of section is like, as parts of the greatest; `waves` is added to `climb`."""

    least_m: float
    most_m: float
    climb: float
    waves: float
    side: float
    rough: float


SHAPES = (
    Shape(35.0, 60.0, 0.0, 0.5, 0.0, 0.0),
    Shape(50.0, 80.0, 0.55, 1.0, 0.0, 0.0),
    Shape(40.0, 60.0, 0.0, 0.6, 1.0, 0.0),
    Shape(35.0, 55.0, -0.4, 0.8, 0.2, 1.0),
    Shape(25.0, 35.0, 0.0, 0.4, 0.0, 0.0),
    Shape(25.0, 35.0, 0.0, 0.0, 0.0, 0.0),
)
BETWEEN = Shape(0.0, 0.0, 0.0, 0.5, 0.0, 0.0)


class Section(NamedTuple):
    """A stretch of the path.

    Attributes:
        kind: `MEADOW` to `BRIDGE`.
        start_m: Where it begins.
        end_m: Where the next one begins.
        lean: 1 where the land rises to the left of it, -1 to the right.
    """

    kind: int
    start_m: float
    end_m: float
    lean: int

    def part_at(self, x_m: float) -> float:
        """Return how much of its kind it is at a place: 1 inside, 0 at both ends."""
        return _smooth((x_m - self.start_m) / EDGE_M) * _smooth((self.end_m - x_m) / EDGE_M)


class Terrain:
    """Heights around a path that never ends.

    Args:
        seed: Of everything random.
        max_slope: Rise over run of the steepest part, up or down.
        max_side_slope: The same across the path, per metre to the left.
    """

    def __init__(self, seed: int, max_slope: float, max_side_slope: float) -> None:
        self._random = np.random.default_rng(seed)
        self._phases = [self._random.uniform(0, tau) for _ in WAVELENGTHS_M]
        self.max_slope, self.max_side_slope = max_slope, max_side_slope
        self.sections = [Section(MEADOW, -BEFORE_M, 40.0, 1)]
        self._block: list[int] = []
        # At every metre from -BEFORE_M on; heights and slopes as parts of the greatest slope.
        self._rises = [0.0]
        self._grades: list[float] = []
        self._sides: list[float] = []
        self._roughs: list[tuple[float, float]] = []
        self._lay(self.sections[0])
        self._at_m = self._at_height_m = 0.0

    def steepen(self, max_slope: float, at_m: float) -> None:
        """Change the steepest slope; the height at a place stays what it is."""
        self._at_height_m, self._at_m = self.height_m(at_m), at_m
        self.max_slope = max_slope

    def height_m(self, x_m: float, y_m: float = 0.0) -> float:
        """Return the height above the start, beside the path too."""
        rise = self._rise(x_m) - self._rise(self._at_m)
        middle_m = self._at_height_m + self.max_slope * rise
        return middle_m + y_m * self.side_slope(x_m) if y_m else middle_m

    def slope(self, x_m: float) -> float:
        """Return rise over run along the path, positive uphill."""
        half_m = SLOPE_STEP_M / 2
        return self.max_slope * (self._rise(x_m + half_m) - self._rise(x_m - half_m)) / SLOPE_STEP_M

    def side_slope(self, x_m: float) -> float:
        """Return rise per metre to the left."""
        index, part = self._place(x_m)
        return self.max_side_slope * _between(self._sides, index, part)

    def rough_rad(self, x_m: float) -> tuple[float, float]:
        """Return by how much stones tilt a foot's ground: roll and pitch."""
        index, part = self._place(x_m)
        (roll, pitch), (next_roll, next_pitch) = self._roughs[index], self._roughs[index + 1]
        return roll + part * (next_roll - roll), pitch + part * (next_pitch - pitch)

    def section_index(self, x_m: float) -> int:
        """Return which of `sections` a place lies in; at least three more follow it."""
        self._place(x_m)
        index = len(self.sections) - 1
        while self.sections[index].start_m > x_m and index:
            index -= 1
        while len(self.sections) < index + 4:
            self._go_on()
        return index

    # -- how it is made --------------------------------------------------------------------

    def _rise(self, x_m: float) -> float:
        index, part = self._place(x_m)
        here, there = self._grades[index], self._grades[index + 1]
        return self._rises[index] + part * (here + 0.5 * part * (there - here))

    def _place(self, x_m: float) -> tuple[int, float]:
        """Return the metre that a place lies in and how far in it; the path is laid as far."""
        at = max(x_m + BEFORE_M, 0.0)
        index = floor(at)
        while index + 1 >= len(self._grades):
            self._go_on()
        return index, at - index

    def _go_on(self) -> None:
        before = self.sections[-1]
        if not self._block:
            self._block = [int(kind) for kind in self._random.permutation(len(NAMES))]
            if self._block[-1] == before.kind:
                self._block.reverse()
        shape = SHAPES[kind := self._block.pop()]
        length_m = float(round(self._random.uniform(shape.least_m, shape.most_m)))
        lean = 1 if self._random.random() < 0.5 else -1
        section = Section(kind, before.end_m, before.end_m + length_m, lean)
        self.sections.append(section)
        self._lay(section)

    def _lay(self, section: Section) -> None:
        """Add the metres of a section."""
        rough = self._random.standard_normal((round(section.end_m - section.start_m), 2))
        limit = MAX_ROUGH_RAD / ROUGH_RAD
        for k, (roll, pitch) in enumerate(np.clip(rough, -limit, limit).tolist()):
            x_m = section.start_m + k
            part, shape = section.part_at(x_m), SHAPES[section.kind]
            climb = part * shape.climb
            waves = BETWEEN.waves + part * (shape.waves - BETWEEN.waves)
            grade = climb + (1 - abs(climb)) * waves * self._wave(x_m)
            if self._grades:
                self._rises.append(self._rises[-1] + 0.5 * (self._grades[-1] + grade))
            self._grades.append(grade)
            self._sides.append(part * shape.side * section.lean)
            size_rad = part * shape.rough * ROUGH_RAD
            self._roughs.append((size_rad * roll, size_rad * pitch))

    def _wave(self, x_m: float) -> float:
        waves = zip(WAVELENGTHS_M, SHARES, self._phases, strict=True)
        return sum(share * sin(tau * x_m / length_m + p) for length_m, share, p in waves)


def _between(values: list[float], index: int, part: float) -> float:
    return values[index] + part * (values[index + 1] - values[index])


def _smooth(part: float) -> float:
    part = min(max(part, 0.0), 1.0)
    return part * part * (3 - 2 * part)
