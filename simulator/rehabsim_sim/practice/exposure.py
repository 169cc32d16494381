"""From what a person goes through to trials: what was practised, and how it went. Pure.

Only what they feel and see counts: forces, steps, the belts, the picture; no name of a person, a
scenario or a programme comes in here. Which size is hard is a design choice, stated in the units
of the person's own balance.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import hypot, isfinite, sin
from typing import NamedTuple

from rehabsim_sim.play.player import AHEAD_RAD, ASIDE_RAD, BACK_RAD, Aim
from rehabsim_sim.play.scenes import Kind, Scene, kind_of
from rehabsim_sim.practice.moment import Moment
from rehabsim_sim.traits import Traits

JOLT_MPS2, PUSH_MPS2 = 0.35, 0.5
"""Felt acceleration of the belts, and push of the deck, from which on it is a perturbation. An
ordinary start is felt as a quarter of a m/s²."""

WATCH_S = 2.5
"""After which a perturbation has been stood."""

BACK_MPS, STEADY_MPS = 0.15, 0.10
"""Nearer to the speed before: the belts came back, else they were told another speed. Nearer to
the speed that one is used to: it is no start and no stop."""

FALL_X_M, FALL_Y_M = 0.80, 0.25
"""Extrapolated centre of mass off its orbit at which hardly anybody stays up: simulated people
stood slips that threw them 0.76 m off along and 0.21 m across, and fell at 0.77 m."""

LASTING_S = 2.0
"""Time constant of the speed and acceleration that one is used to."""

WALKED_S = 6.0
"""On the way for so long: what a start has thrown about is over."""

QUIET_MPS2, ROUGH_MPS2 = 0.04, 0.40
"""Root mean square of what comes from outside in a stride: less is a quiet floor, and so much
leaves nobody steady."""

SLOW_PART, FAST_PART = 0.8, 1.6
"""Of the speed one likes: up to where walking is easy, and from where on nobody keeps it up."""

FAR_FRAC = 0.10
"""Mean voluntary shift of load in a stride that nobody can walk with: twice the furthest."""

SMALL_FRAC = 0.003
"""Less is none."""

ERROR_FRAC, ERROR_M = 0.03, 0.010
"""Errors of the load share and of the middle that teach as much as an error can."""

FAR_PART = 0.5
"""Of the limits of stability: a target beyond is a lean towards them."""

SAME_M = 0.01
"""A target that moves by less from one picture to the next is still the same."""

MISS_M = 0.05
"""Of a target: so far off is as good as not there."""

LANE_S, LANE_M = 5.0, 0.5
"""How often one sees how the lane was kept, and how near its middle is kept."""

SECOND_S = 1.0
"""While standing an error is seen once in so long."""

STANCE_M = 0.2
"""Between the feet, for what a lean makes of the load share."""

STALE_S = 0.5
"""A picture that has not changed for so long shows nothing."""


class Trial(NamedTuple):
    """Something that was practised.

    Attributes:
        skill: Which, of `skills.SKILLS`.
        success_frac: How well it went; NaN where an error was seen instead.
        error: Seen error in the direction of what is to be learned, -1 to 1; NaN else.
        is_stride: One of many small ones, not a trial of its own.
    """

    skill: str
    success_frac: float = float("nan")
    error: float = float("nan")
    is_stride: bool = False


@dataclass
class _Stride:
    """Sums over a stride, or over a second of standing."""

    lasts_s: float = 0.0
    rough: float = 0.0
    left_ns: float = 0.0
    both_ns: float = 0.0
    cop_m_s: float = 0.0
    aim_s: float = 0.0
    far_s: float = 0.0
    aim_m_s: float = 0.0
    speed_m: float = 0.0


@dataclass
class _Lean:
    """A target to bring one's weight to."""

    x_m: float
    y_m: float
    from_x_m: float
    from_y_m: float
    reached_frac: float = 0.0
    strain_frac: float = 0.0
    off_m: float = float("inf")

    def is_at(self, x_m: float, y_m: float) -> bool:
        """Return whether the target is there, but for a little."""
        return hypot(self.x_m - x_m, self.y_m - y_m) < SAME_M


@dataclass
class Exposure:
    """Follows a person; says what they have practised as soon as it is over.

    Args:
        own: What they were like before they learned anything: their body, not their name.
    """

    own: Traits
    _stride: _Stride = field(default_factory=_Stride)
    _second: _Stride = field(default_factory=_Stride)
    _lean: _Lean | None = None
    _scene: Scene = field(default_factory=dict)
    _kind: Kind = "none"
    _gates: tuple[float, float] | None = None
    _unseen_s: float = 0.0
    _walked_s: float = 0.0
    _lane_s: float = 0.0
    _kept_s: float = 0.0
    _since_s: float | None = None
    _worst: float = 0.0
    _before_mps: float = 0.0
    _lasting_mps: float = 0.0
    _lasting_mps2: float = 0.0
    _was_down: bool = False

    def see(self, scene: Scene) -> Iterator[Trial]:
        """Take in a picture; yield what it shows to have ended."""
        self._unseen_s, self._scene, self._kind = 0.0, scene, kind_of(scene)
        passed, missed = scene.get("passed_gate_count"), scene.get("missed_gate_count")
        if passed is None or missed is None:
            self._gates = None
            return
        if self._gates is not None and passed + missed > sum(self._gates):
            yield Trial("aim", float(passed > self._gates[0]))
        self._gates = (passed, missed)

    def feel(self, moment: Moment, aim: Aim, now: Traits) -> Iterator[Trial]:
        """Take in what has just happened; yield what has been practised with it.

        Args:
            moment: It.
            aim: What the body was told to do.
            now: What the person is like by now.
        """
        m = moment
        self._unseen_s += m.dt_s
        if self._unseen_s > STALE_S:
            self._kind = "none"
        part = min(m.dt_s / LASTING_S, 1.0)
        self._lasting_mps2 += part * (m.jolt_mps2 - self._lasting_mps2)
        yield from self._recover(m, now)
        yield from self._lean_out(m, now)
        if m.is_standing:
            yield from self._stand(m, aim)
        if m.is_walking:
            yield from self._keep_lane(m)
            yield from self._walk(m, aim, now)
        else:
            self._stride, self._walked_s = _Stride(), 0.0
        self._lasting_mps += part * (m.speed_mps - self._lasting_mps)
        self._was_down = m.has_fallen

    # -- perturbations ---------------------------------------------------------------------

    def _recover(self, m: Moment, now: Traits) -> Iterator[Trial]:
        """Follow a perturbation from its onset until it was stood, or was not."""
        if m.has_fallen:
            if not self._was_down:
                yield Trial("recovery", 0.0)
            self._since_s = None
            return
        strain = max(abs(m.off_x_m) / FALL_X_M, abs(m.off_y_m) / FALL_Y_M)
        if m.is_standing:
            strain = _strain_of_lean(m, now)
        if self._since_s is None:
            if abs(m.jolt_mps2) > JOLT_MPS2 or m.push_mps2 > PUSH_MPS2:
                self._since_s, self._worst = 0.0, strain
                self._before_mps = self._lasting_mps
            return
        self._since_s += m.dt_s
        self._worst = max(self._worst, strain)
        if self._since_s < WATCH_S:
            return
        self._since_s = None
        if abs(m.speed_mps - self._before_mps) < BACK_MPS:
            yield Trial("recovery", max(1 - self._worst, 0.0))

    # -- leaning while standing ------------------------------------------------------------

    def _lean_out(self, m: Moment, now: Traits) -> Iterator[Trial]:
        """Follow a lean to a target; it is over when the target goes or moves."""
        target = (self._scene.get("target_x_m", 0.0), self._scene.get("target_y_m", 0.0))
        is_there = m.is_standing and self._kind == "target" and isfinite(sum(target))
        lean = self._lean
        if lean is not None and is_there and lean.is_at(*target):
            lean.x_m, lean.y_m = target
            self._reach(lean, m, now)
        elif lean is not None:
            self._lean = None
            yield from self._leant(lean, now)
        elif is_there:
            self._lean = _Lean(*target, m.com_x_m, m.com_y_m)

    def _reach(self, lean: _Lean, m: Moment, now: Traits) -> None:
        way = (lean.x_m - lean.from_x_m, lean.y_m - lean.from_y_m)
        gone = (m.com_x_m - lean.from_x_m, m.com_y_m - lean.from_y_m)
        far_m2 = way[0] ** 2 + way[1] ** 2
        reached = (gone[0] * way[0] + gone[1] * way[1]) / far_m2 if far_m2 > 0 else 1.0
        lean.reached_frac = max(lean.reached_frac, min(reached, 1.0))
        lean.strain_frac = max(lean.strain_frac, _strain_of_lean(m, now))
        lean.off_m = hypot(m.com_x_m - lean.x_m, m.com_y_m - lean.y_m)

    def _leant(self, lean: _Lean, now: Traits) -> Iterator[Trial]:
        if not isfinite(lean.off_m):
            return
        yield Trial("aim", max(1 - lean.off_m / MISS_M, 0.0))
        way = (lean.x_m - lean.from_x_m, lean.y_m - lean.from_y_m)
        if _part_of_limits(*way, now) > FAR_PART:
            yield Trial("reach", lean.reached_frac)
            yield Trial("stillness", max(1 - lean.strain_frac, 0.0))

    def _stand(self, m: Moment, aim: Aim) -> Iterator[Trial]:
        """See once a second whether the load is where one believes it to be."""
        if self._kind != "target" or not self._scene.get("is_cog_shown", 1.0):
            self._second = _Stride()
            return
        second = self._second
        second.lasts_s += m.dt_s
        second.left_ns += m.dt_s * m.left_n
        second.both_ns += m.dt_s * (m.left_n + m.right_n)
        second.aim_m_s += m.dt_s * aim.y_m
        if second.lasts_s < SECOND_S or second.both_ns <= 0:
            return
        self._second = _Stride()
        meant = 0.5 + second.aim_m_s / second.lasts_s / STANCE_M
        error = second.left_ns / second.both_ns - meant
        yield _shown("middle", error / ERROR_FRAC, self.own.stance_asymmetry_frac)

    # -- walking ---------------------------------------------------------------------------

    def _keep_lane(self, m: Moment) -> Iterator[Trial]:
        if self._kind != "lane":
            self._lane_s = self._kept_s = 0.0
            return
        self._lane_s += m.dt_s
        self._kept_s += m.dt_s * (abs(self._scene["lateral_m"]) < LANE_M)
        if self._lane_s >= LANE_S:
            yield Trial("aim", self._kept_s / self._lane_s)
            self._lane_s = self._kept_s = 0.0

    def _walk(self, m: Moment, aim: Aim, now: Traits) -> Iterator[Trial]:
        s = self._stride
        self._walked_s += m.dt_s
        s.lasts_s += m.dt_s
        s.rough += m.dt_s * ((m.jolt_mps2 - self._lasting_mps2) ** 2 + m.push_mps2**2)
        s.left_ns += m.dt_s * m.left_n
        s.both_ns += m.dt_s * (m.left_n + m.right_n)
        s.cop_m_s += m.dt_s * m.cop_y_m
        s.aim_s += m.dt_s * aim.load_frac
        s.far_s += m.dt_s * abs(aim.load_frac)
        s.aim_m_s += m.dt_s * aim.y_m
        s.speed_m += m.dt_s * m.speed_mps
        if m.has_left_landed:
            self._stride = _Stride()
            is_steady = abs(m.speed_mps - self._lasting_mps) < STEADY_MPS
            if is_steady and self._walked_s > WALKED_S and s.both_ns > 0:
                yield from self._strode(s, now)

    def _strode(self, s: _Stride, now: Traits) -> Iterator[Trial]:
        """Say what a stride at a steady speed has been practice of."""
        rough_mps2 = (s.rough / s.lasts_s) ** 0.5
        is_quiet = rough_mps2 < QUIET_MPS2
        if not is_quiet:
            yield Trial("steadiness", 1 - min(rough_mps2 / ROUGH_MPS2, 1.0), is_stride=True)
        part = s.speed_m / s.lasts_s / now.preferred_speed_mps
        if part > SLOW_PART:
            ease = (part - SLOW_PART) / (FAST_PART - SLOW_PART)
            yield Trial("pace", 1 - min(ease, 1.0), is_stride=True)
        far = s.far_s / s.lasts_s
        if is_quiet and far > SMALL_FRAC:
            yield Trial("ease", 1 - min(far / FAR_FRAC, 1.0), is_stride=True)
        if self._kind == "gates":
            error = s.left_ns / s.both_ns - 0.5 - s.aim_s / s.lasts_s
            yield _shown("evenness", error / ERROR_FRAC, _load_bias(self.own))
        elif self._kind == "lane":
            error = (s.cop_m_s - s.aim_m_s) / s.lasts_s
            yield _shown("middle", error / ERROR_M, self.own.cop_offset_y_m)


def _shown(skill: str, error: float, bias: float) -> Trial:
    """Return an error that was seen, as far as it is in the direction of one's own bias."""
    way = (bias > 0) - (bias < 0)
    return Trial(skill, error=way * min(max(error, -1.0), 1.0), is_stride=True)


def _load_bias(own: Traits) -> float:
    """Return to which side a person's walk leans, as load share: positive is to the left."""
    spared = own.step_time_asymmetry_frac + own.force_asymmetry_frac + own.left_push_loss_frac
    return -spared


def _strain_of_lean(m: Moment, now: Traits) -> float:
    """Return how near the weight is to the limits of stability, 1 at them."""
    return _part_of_limits(m.lean_x_m, m.lean_y_m, now)


def _part_of_limits(x_m: float, y_m: float, now: Traits) -> float:
    along_m = now.com_height_m * sin(AHEAD_RAD if x_m > 0 else BACK_RAD)
    return hypot(x_m / along_m, y_m / (now.com_height_m * sin(ASIDE_RAD)))
