"""A programme: visits of one patient group, made of blocks that are ordinary sessions. Pure.

Every number of a block's tables may be a pair `[start, goal]`: the first is at level 0, the second
at level 1. The level belongs to the person and changes from visit to visit (`progression.py`).
Between blocks the belts rest, and a therapist arms and starts the next one; a programme moves
nothing by itself.
"""

from math import inf
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from rehabsim.base.config import Strict

MAX_VISIT_S = 2400.0
"""With its rests. Source: the limits of a visit in a clinic, 40 min."""

MAX_PULSES_PER_MIN = 3.0
"""Of walking. Source: the same, and the greatest dose of a published ladder (PMC4778347)."""

MAX_SPEED_MPS = 2.0
"""Of a patient in a clinic; a programme says how much less."""

Scale = Literal["0-10", "6-20"]
RANGES: dict[Scale, tuple[int, int]] = {"0-10": (0, 10), "6-20": (6, 20)}

Words = Annotated[str, Field(min_length=3, max_length=2000)]
Number = int | float
Ranged = Number | list[Number]
"""A number, or `[start, goal]`."""

Level = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]


def is_pair(value: object) -> bool:
    """Return whether a value is a pair `[start, goal]`."""
    return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def at_level(value: Any, level: float) -> Any:
    """Return `value`, a table or a part of one, with each pair replaced by its number at a level.

    Pairs of whole numbers give whole numbers.
    """
    if isinstance(value, dict):
        return {key: at_level(inner, level) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    if not is_pair(value):
        return [at_level(inner, level) for inner in value]
    start, goal = value
    number = (1 - level) * start + level * goal
    return round(number) if isinstance(start, int) and isinstance(goal, int) else round(number, 6)


class Goal(Strict):
    """One aim of a programme.

    Attributes:
        says: What should change, and which way.
        measure: Name in `gait/measures.json` by which it is seen; empty where a report has none.
    """

    says: Words
    measure: str = ""


class StopRule(Strict):
    """When a visit ends at once.

    Attributes:
        what: What the person is asked for.
        scale: Numeric rating 0-10, or Borg's rating of perceived exertion 6-20.
        at_least: It ends at this number or a greater one.
        rise: It ends when the number rose by so much since the visit began; None has no such rule.
    """

    what: Literal["pain", "effort"]
    scale: Scale
    at_least: int
    rise: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        least, most = RANGES[self.scale]
        if self.what == "pain" and (self.scale != "0-10" or self.rise is None):
            raise ValueError("pain: is told on the scale 0-10 and needs a rise")
        if self.what == "effort" and self.rise is not None:
            raise ValueError("effort: has no rise; whoever walks feels some")
        if not least < self.at_least <= most:
            raise ValueError(f"at_least = {self.at_least} is outside the scale {self.scale}")
        return self


class Progression(Strict):
    """How a visit changes the level of the next one.

    Attributes:
        by: `tries`: by the part of tasks that succeeded; `completion`: blocks without tasks, that
            all were walked to their end stands in for success.
        raise_above_frac: More success than this raises the level,
        effort_to: unless the effort was above this; on the scale of the stop rule.
        effort_from: Less effort than this is told as little; it does not hold the level down.
        lower_below_frac: Less success than this lowers it, as do pain and a stop for effort.
        min_tries: Fewer tell nothing.
        up: So much is added.
        down: So much is taken away.
        first_level: Of the first visit.
        source: Where the numbers are from.
    """

    by: Literal["tries", "completion"] = "tries"
    raise_above_frac: Share = 0.85
    lower_below_frac: Share = 0.65
    min_tries: Annotated[int, Field(ge=1, le=500)] = 6
    effort_from: int
    effort_to: int
    up: Share = 0.1
    down: Share = 0.15
    first_level: Level = 0.0
    source: Words

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if not self.lower_below_frac < self.raise_above_frac:
            raise ValueError(
                f"lower_below_frac = {self.lower_below_frac:g} is not below raise_above_frac ="
                f" {self.raise_above_frac:g}"
            )
        if not self.effort_from < self.effort_to:
            raise ValueError(
                f"effort_from = {self.effort_from} is not below effort_to = {self.effort_to}"
            )
        return self


class Block(Strict):
    """One session of a visit.

    Attributes:
        title: What it is called.
        kind: Only tries of a `task` decide the level; a `measure` is a test of the person.
        says: What the person does.
        source: Where the dose is from.
        duration_s: Of walking, pauses not counted; of standing while the belts may move. The
            longest, where `tasks` ends it.
        tasks: It is over sooner, once so many tasks of its scenario have ended.
        rest_s: At least so long until the next block, whichever that is; `rest.py` holds it.
        from_visit: The first visit that has it.
        every_visits: It comes back every so many visits.
        is_standing: The belts rest all the time, or push for a moment; they are armed and started
            all the same, so that every check of the person is in force.
        needs_platform: It is left out where the room has no moving platform.
        scenario: As in a session file, like all that follows.
        cruise_speed_mps: The therapist changes it live.
        params: Of the scenario.
        limits: Tighter than those of the programme.
        pacing: Belts follow.
        perturb: Belts or platform perturb, once the therapist lets them. Which belt is faster in
            its table `split` is the person's, and said at each visit.
    """

    title: Words
    kind: Literal["warm_up", "task", "cool_down", "measure"]
    says: Words
    source: Words
    duration_s: Ranged
    tasks: Annotated[int, Field(ge=1, le=500)] | None = None
    rest_s: Annotated[float, Field(ge=0, le=600)] = 0.0
    from_visit: Annotated[int, Field(ge=1)] = 1
    every_visits: Annotated[int, Field(ge=1)] = 1
    is_standing: bool = False
    needs_platform: bool = False
    scenario: str
    cruise_speed_mps: Ranged = 0.0
    params: dict[str, Any] = Field(default_factory=dict)
    limits: dict[str, Any] = Field(default_factory=dict)
    pacing: dict[str, Any] | None = None
    perturb: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for name in ("duration_s", "cruise_speed_mps"):
            value = getattr(self, name)
            if isinstance(value, list) and not is_pair(value):
                raise ValueError(f"{name} = {value}: give a number, or a pair [start, goal]")
        if not all(10 <= self.duration(level) < inf for level in (0, 1)):
            raise ValueError(f"duration_s = {self.duration_s}: a block lasts 10 s at least")
        if self.is_standing == any(at_level(self.cruise_speed_mps, level) > 0 for level in (0, 1)):
            raise ValueError("cruise_speed_mps: is needed where one walks, and only there")
        return self

    def duration(self, level: float) -> float:
        """Return how long it lasts at a level, s."""
        return float(at_level(self.duration_s, level))

    def pulses_per_min(self, level: float) -> float:
        """Return how often pulses perturb at a level, catch trials not counted."""
        if not (self.perturb or {}).get("pulses"):
            return 0.0
        assert self.perturb is not None
        count = at_level(self.perturb, level).get("count", 24)
        return 60 * float(count) / self.duration(level)

    @property
    def parts_belts(self) -> bool:
        """One belt runs faster than the other for a while."""
        return "split" in (self.perturb or {})

    def is_in(self, visit: int) -> bool:
        """Return whether a visit has this block."""
        return visit >= self.from_visit and (visit - self.from_visit) % self.every_visits == 0


class Programme(Strict):
    """A file of `scenarios/programmes/`.

    Attributes:
        title: What it is called.
        review: That it is for a clinician to review, in these words.
        group: Whom it is for.
        patient: The simulated patient of that group.
        purpose: What it is for, and why so.
        not_for: Who should not do it, or not yet.
        before: What is looked at before each visit.
        visits: How many.
        visits_per_week: How often.
        sources: What it rests on, and what is our own choice.
        goals: What should change.
        stop_rules: One for pain and one for effort.
        stop_signs: What else ends a visit.
        progression: From visit to visit.
        limits: Of everyone in it, by the names of the room's.
        blocks: In their order.
    """

    title: Words
    review: Literal["for a clinician to review"]
    group: Words
    patient: Annotated[str, Field(pattern=r"^[a-z_]{1,40}(:.{1,20})?$")]
    purpose: Words
    not_for: Annotated[list[Words], Field(min_length=1)]
    before: Annotated[list[Words], Field(min_length=1)]
    visits: Annotated[int, Field(ge=1, le=100)]
    visits_per_week: Annotated[int, Field(ge=1, le=7)]
    sources: Annotated[list[Words], Field(min_length=1)]
    goals: Annotated[list[Goal], Field(min_length=1)]
    stop_rules: Annotated[list[StopRule], Field(min_length=2, max_length=2)]
    stop_signs: Annotated[list[Words], Field(min_length=1)]
    progression: Progression
    limits: dict[str, Any]
    blocks: Annotated[list[Block], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if {rule.what for rule in self.stop_rules} != {"pain", "effort"}:
            raise ValueError("stop_rules: needs one for pain and one for effort")
        least, most = RANGES[self.rule("effort").scale]
        if not least <= self.progression.effort_from < self.progression.effort_to <= most:
            raise ValueError("progression: effort_from and effort_to are outside the scale")
        if not self.progression.effort_to < self.rule("effort").at_least:
            raise ValueError("progression: effort_to is not below what stops a visit")
        speed_mps = self.limits.get("max_speed_mps")
        if not isinstance(speed_mps, int | float) or not 0 < speed_mps <= MAX_SPEED_MPS:
            raise ValueError(
                f"limits.max_speed_mps = {speed_mps}: give a number up to {MAX_SPEED_MPS:g} m/s"
            )
        for number, block in enumerate(self.blocks, 1):
            wider = _wider(block.limits, self.limits)
            if wider:
                raise ValueError(f"blocks {number}: limits.{wider}")
        self._agree_on_doses(speed_mps)
        return self

    def _agree_on_doses(self, speed_mps: float) -> None:
        for level in (0.0, 1.0):
            for number, block in enumerate(self.blocks, 1):
                per_min = block.pulses_per_min(level)
                if per_min > MAX_PULSES_PER_MIN:
                    raise ValueError(
                        f"blocks {number}: {per_min:.1f} perturbations a minute at level"
                        f" {level:g}, limit {MAX_PULSES_PER_MIN:g}"
                    )
                cruise_mps = at_level(block.cruise_speed_mps, level)
                if cruise_mps > speed_mps:
                    raise ValueError(
                        f"blocks {number}: {cruise_mps:g} m/s at level {level:g} is above"
                        f" limits.max_speed_mps = {speed_mps:g}"
                    )
            for visit in range(1, self.visits + 1):
                lasts_s = visit_s(self, visit, level)
                if lasts_s > MAX_VISIT_S:
                    raise ValueError(
                        f"visit {visit} lasts {lasts_s / 60:.1f} min at level {level:g}, limit"
                        f" {MAX_VISIT_S / 60:g}"
                    )

    def rule(self, what: str) -> StopRule:
        """Return the stop rule for pain or effort."""
        return next(rule for rule in self.stop_rules if rule.what == what)


def block_numbers(programme: Programme, visit: int) -> tuple[int, ...]:
    """Return which blocks a visit has, counted from 1."""
    return tuple(n for n, block in enumerate(programme.blocks, 1) if block.is_in(visit))


def visit_s(programme: Programme, visit: int, level: float) -> float:
    """Return how long a visit lasts: its blocks, and the rests between them."""
    blocks = [programme.blocks[n - 1] for n in block_numbers(programme, visit)]
    return sum(block.duration(level) for block in blocks) + sum(b.rest_s for b in blocks[:-1])


def _wider(inner: dict[str, Any], outer: dict[str, Any]) -> str:
    """Return which limit of a block is wider than the programme's, in words, or nothing."""
    for name in inner.keys() & outer.keys():
        own, most = inner[name], outer[name]
        if isinstance(own, dict) and isinstance(most, dict):
            found = _wider(own, most)
            if found:
                return f"{name}.{found}"
            continue
        is_least = name.startswith(("min_", "needs_"))
        is_both = isinstance(own, int | float) and isinstance(most, int | float)
        if is_both and (own < most if is_least else own > most):
            own, most = (v if isinstance(v, bool) else f"{v:g}" for v in (own, most))
            return f"{name} = {own} is wider than the programme's {most}"
    return ""
