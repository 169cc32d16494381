"""Heel strike and toe-off of both feet, from two plates that need not have one foot each.

A landing shows in two ways. The plate under the foot fills (*edge*): sharp, early and sure, but
only if that plate was empty before. And the centre of pressure of both plates together jumps
forward, to the new foot (*jump*), whatever plate it stands on. An edge is believed at once; a
jump finds the landings that have none: on the other foot's plate, across the seam, or on a
treadmill with one plate only. A toe-off is the plate's emptying or, where something else keeps
it loaded, the end of the jump.

Each foot is down or up, and only a foot that is up can land: which foot it was follows from
that before it follows from the plate.

Source: the jump of the centre of pressure is the idea of Roerdink et al. 2008 (J Biomech
41:2628), heel strike at its minimum and toe-off at its maximum; there offline and for one
plate. Where plates measure no moments the centre of pressure ahead of the centre of mass is
-height * fx / fz, since the ground pushes through the centre of mass.
"""

from collections.abc import Callable, Sequence
from math import nan

from rehabsim.gait.feet import LEFT, NEVER, RIGHT, Contact, Feet
from rehabsim.gait.levels import (
    BODY_FRAC,
    CLEARLY_M,
    CREEP_RATIO,
    CREPT_S,
    EDGE_FRAC,
    EDGE_RISE_S,
    EMPTYING_S,
    FALL_M,
    FLOOR_FRAC,
    GONE_FRAC,
    JUMP_M,
    JUMP_S,
    LIFTED_S,
    MAX_DOUBTS,
    MIN_STEP_S,
    MIN_STRIDE_S,
    NEARLY_FRAC,
    NUDGE_M,
    OFF_FRAC,
    OFF_S,
    SHARP_S,
    SILENT_DOWN_S,
    SLOW_FRAC,
    STEADY_FRAC,
    STEADY_S,
    STEEP_FRAC,
    STEEP_S,
    SURE_FRAC,
    TAIL_S,
    TOLD_S,
    UNKNOWN_WEIGHT_N,
    WALKING_S,
)


class ContactFinder:
    """Follows both feet from frame to frame.

    Args:
        tell: Called with each contact as it becomes known.
        force_n: Returns the vertical force on a plate in a frame.
        is_single: Both feet are on one plate, which counts as half a plate under each.

    Attributes:
        is_blind: Nothing but vertical forces is measured, so there is no pressure to follow.
        feet: Which are down, and when they last landed and lifted.
    """

    def __init__(
        self,
        tell: Callable[[Contact], None],
        force_n: Callable[[int, int], float],
        *,
        is_single: bool = False,
    ) -> None:
        self.feet = Feet(tell)
        self._force_n = force_n
        self.is_single = is_single
        self.is_blind = False
        self._is_loaded = [False, False]
        self._floor = [NEVER, NEVER]
        self._filled = [NEVER, NEVER]
        self._light = [NEVER, NEVER]
        self._low_count = [0, 0]
        self._seen_low = [NEVER, NEVER]
        self._told = NEVER
        self._has_begun = False
        self._pending_top: float | None = None
        self._low_m = self._high_m = nan
        self._low = self._high = float(NEVER)
        self._low_side_m = self._high_side_m = nan
        self._is_rising = False
        self._rises_m = [0.4] * 5
        self._unseen = 0
        self._doubt_count = 0
        self.set_rate(0.004)
        self.weigh(nan, (0.0, 0.0))

    def set_rate(self, dt_s: float, pressure_delay_s: float = 0.0) -> None:
        """Set the time between frames, and how much later than the forces the pressure is."""
        self._lag = pressure_delay_s / dt_s
        self._dt_s = dt_s
        self._edge_frames = EDGE_RISE_S / dt_s
        self._jump_frames = JUMP_S / dt_s
        self._told_frames = TOLD_S / dt_s
        self._walk_frames = WALKING_S / dt_s

    def weigh(self, body_weight_n: float, noise_n: tuple[float, float]) -> None:
        """Set the levels from the body weight, NaN if not yet known, and the plates' noise."""
        weight_n = body_weight_n if body_weight_n > 0 else UNKNOWN_WEIGHT_N
        self._weight_n = weight_n
        self._edge_n = EDGE_FRAC * weight_n
        self._gone_n = GONE_FRAC * weight_n
        most_n = FLOOR_FRAC * weight_n
        self._floor_n = [min(max(0.3 * most_n, 4.0 * sd_n), most_n) for sd_n in noise_n]
        rise_m = sorted(self._rises_m)[len(self._rises_m) // 2]
        self._jump_m = min(max(0.25 * rise_m, JUMP_M[0]), JUMP_M[1])

    def feed(
        self,
        first: int,
        left_n: Sequence[float],
        right_n: Sequence[float],
        pressure_m: Sequence[float],
        side_m: Sequence[float],
    ) -> None:
        """Take frames, oldest first.

        Args:
            first: Number of the first.
            left_n: Vertical force on the left plate; NaN where not measured.
            right_n: The same on the right.
            pressure_m: How far forward the centre of pressure is, from any fixed point.
            side_m: How far to the left.
        """
        now = first
        if not self._has_begun and left_n and left_n[0] == left_n[0] and right_n[0] == right_n[0]:
            self._begin(now, left_n[0], right_n[0])
        floor_left_n, floor_right_n = self._floor_n
        is_down = self.feet.is_down
        floor, is_loaded, edge_n, lag = self._floor, self._is_loaded, self._edge_n, self._lag
        for one_n, two_n, ahead_m, aside_m in zip(left_n, right_n, pressure_m, side_m, strict=True):
            if one_n < floor_left_n:
                floor[0] = now
                if is_loaded[0]:
                    self._empty(0, now)
            elif one_n > edge_n and not is_loaded[0]:
                self._fill(0, now, one_n, ahead_m)
            if two_n < floor_right_n:
                floor[1] = now
                if is_loaded[1]:
                    self._empty(1, now)
            elif two_n > edge_n and not is_loaded[1]:
                self._fill(1, now, two_n, ahead_m)
            if self._is_rising:
                if ahead_m > self._high_m:
                    self._high_m, self._high, self._high_side_m = ahead_m, now - lag, aside_m
                elif ahead_m < self._high_m - FALL_M:
                    self._turn_back(now, ahead_m, aside_m)
            elif not ahead_m >= self._low_m:
                if ahead_m == ahead_m:
                    self._low_m, self._low, self._low_side_m = ahead_m, now - lag, aside_m
            elif ahead_m > self._low_m + self._jump_m:
                self._jump(now, ahead_m, aside_m, one_n, two_n)
            if self._pending_top is not None:
                self._end_step(now)
            if self.is_blind:
                self._feel(LEFT, now, one_n)
                self._feel(RIGHT, now, two_n)
            if not (is_down[0] or is_down[1]) and one_n + two_n > BODY_FRAC * self._weight_n:
                self._stand(now, one_n, two_n)
            now += 1

    def _begin(self, now: int, left_n: float, right_n: float) -> None:
        """Put down what stands there already: it has not just landed."""
        self._has_begun = True
        for foot, force_n in ((LEFT, left_n), (RIGHT, right_n)):
            if force_n > self._edge_n:
                self.feet.is_down[foot] = self._is_loaded[foot] = True

    # -- plates ----------------------------------------------------------------------------

    def _fill(self, plate: int, now: int, force_n: float, ahead_m: float) -> None:
        """A plate that was empty bears load: has a foot landed on it?"""
        is_quick = now - self._floor[plate] <= self._edge_frames
        is_nudged = ahead_m - self._low_m > NUDGE_M or (
            self._is_rising and now - self._low <= self._edge_frames
        )
        frac = force_n / self._weight_n
        if frac < (SURE_FRAC if is_quick else SLOW_FRAC) and not (is_quick and is_nudged):
            return
        if is_quick:
            self._is_loaded[plate] = True
            self._land_on(plate, now)
        elif self.feet.is_down[plate] or self._floor[plate] == NEVER:
            self._is_loaded[plate] = self.feet.is_down[plate] = True
        elif self._filled[plate] < self._floor[plate]:
            self._filled[plate] = now
        elif (now - self._filled[plate]) * self._dt_s >= TOLD_S:
            self._is_loaded[plate] = True
            self._land_slowly(plate, now)

    def _land_slowly(self, plate: int, now: int) -> None:
        """A foot has put itself down, and the pressure did not jump."""
        is_datable = self._filled[plate] - self._floor[plate] <= self._jump_frames
        at = self._rise_from(plate, now) if is_datable else float(self._filled[plate])
        self._land(plate, at, now, 0.5, is_alone=False)

    def _land_on(self, plate: int, now: int) -> None:
        """A foot has landed on a plate that was empty: whoever we thought stands there, does not.

        The alternative would be legs crossed over both plates.
        """
        is_expected = not self.feet.is_down[plate]
        if not is_expected:
            self.feet.is_down[1 - plate] = True
        at = self._rise_from(plate, now)
        if self._has_crept(plate, at, now):
            self._land(plate, self._low, now, 0.8, is_alone=False)
            return
        self._land(plate, at, now, 1.0 if is_expected else 0.8, is_alone=True)

    def _has_crept(self, plate: int, at: float, now: int) -> bool:
        """Return whether the other foot's edge crept onto the plate before this foot came."""
        low = round(self._low)
        if (low - at) * self._dt_s <= CREPT_S or low >= now:
            return False
        low_n = self._force_n(plate, low)
        before = (low_n - self._force_n(plate, int(at))) / (low - at)
        return (self._force_n(plate, now) - low_n) / (now - low) > CREEP_RATIO * before

    def _rise_from(self, plate: int, now: int) -> float:
        """Return when the force left the floor, in frames."""
        last = self._floor[plate]
        return float(now) if last >= now else self._crossing(plate, last, self._floor_n[plate])

    def _fall_to(self, plate: int, now: int) -> float:
        """Return when the force fell to the level that dates toe-offs, in frames."""
        first = now - round(TAIL_S / self._dt_s)
        while now > first and self._force_n(plate, now) < self._gone_n:
            now -= 1
        return self._crossing(plate, now, self._gone_n)

    def _crossing(self, plate: int, frame: int, level_n: float) -> float:
        """Return when the force crossed a level: `frame`, or up to 1 later."""
        here_n, next_n = self._force_n(plate, frame), self._force_n(plate, frame + 1)
        share = (level_n - here_n) / (next_n - here_n) if next_n != here_n else 0.0
        return frame + (share if 0.0 <= share <= 1.0 else 0.0)

    def _is_steady(self, plate: int, now: int) -> bool:
        """Return whether a plate has stopped emptying."""
        past_n = self._force_n(plate, now - round(STEADY_S / self._dt_s))
        return past_n - self._force_n(plate, now) < STEADY_FRAC * self._weight_n

    def _empty(self, plate: int, now: int) -> None:
        """A plate is at its floor: has its foot lifted?"""
        has_been = self._seen_low[plate] == now - 1
        self._low_count[plate] = self._low_count[plate] + 1 if has_been else 1
        self._seen_low[plate] = now
        if (self._low_count[plate] - 1) * self._dt_s < LIFTED_S:
            return
        self._is_loaded[plate] = False
        if not self.feet.is_down[plate]:
            return
        at = self._fall_to(plate, now - self._low_count[plate])
        self._lift(plate, at, now, 1.0)

    # -- vertical forces alone -----------------------------------------------------------------

    def _feel(self, plate: int, now: int, force_n: float) -> None:
        """Follow a plate that another foot may keep from emptying, without any pressure."""
        weight_n = self._weight_n
        if force_n >= OFF_FRAC * weight_n:
            self._light[plate] = NEVER
        elif self.feet.is_down[plate] and self._is_loaded[plate]:
            if self._light[plate] == NEVER:
                self._light[plate] = now
            elif (now - self._light[plate]) * self._dt_s >= OFF_S and self._is_steady(plate, now):
                self._is_loaded[plate] = False
                self._lift(plate, float(self._light[plate]), now, 0.5)
        past = now - round(STEEP_S / self._dt_s)
        past_n = self._force_n(plate, past)
        if not force_n - past_n > STEEP_FRAC * weight_n or force_n < SURE_FRAC * weight_n:
            return
        has_stepped = self.feet.last == 1 - plate
        if self.feet.is_down[plate] and not (has_stepped and past - self.feet.strike[plate] > 0):
            return
        if (past - self.feet.landed) * self._dt_s < MIN_STEP_S:
            return
        self._is_loaded[plate] = True
        floor_n = past_n + FLOOR_FRAC * weight_n
        at = next(f for f in range(now, past - 1, -1) if self._force_n(plate, f) <= floor_n)
        self._land(plate, float(at), now, 0.5, is_alone=False)

    # -- pressure --------------------------------------------------------------------------

    def _jump(self, now: int, ahead_m: float, aside_m: float, one_n: float, two_n: float) -> None:
        """The pressure has jumped forward: has a foot landed that no plate told?"""
        low, dt_s = self._low, self._dt_s
        self._is_rising, self._high_m, self._high_side_m = True, ahead_m, aside_m
        self._high = now - self._lag
        is_slow, has_walked = now - low > self._jump_frames, (now - self._told) * dt_s <= WALKING_S
        if self.is_single:
            self._told = max(self._told, now - round(self._told_frames) - 1)
        if is_slow or not has_walked or not one_n + two_n > SURE_FRAC * self._weight_n:
            return
        if self.feet.landed > low - self._told_frames:
            return
        for plate, force_n in ((LEFT, one_n), (RIGHT, two_n)):
            is_filling = low - self._floor[plate] <= 0.5 * self._edge_frames
            if is_filling and force_n > NEARLY_FRAC * self._weight_n:
                self._is_loaded[plate] = True
                self._land_on(plate, now)
                return
        foot = self._who_landed(aside_m)
        if (low - self.feet.strike[foot]) * dt_s < MIN_STRIDE_S:
            return
        is_sharp = (now - low) * dt_s <= SHARP_S
        is_expected = self.feet.is_down[1 - foot] and not self.feet.is_down[foot]
        confidence = 0.8 if is_sharp and is_expected else 0.5
        self._land(foot, float(low), now, confidence, is_alone=False)

    def _who_landed(self, aside_m: float) -> int:
        """Return the foot that a jump belongs to, from whose turn it is."""
        if self.feet.is_down[LEFT] != self.feet.is_down[RIGHT]:
            return RIGHT if self.feet.is_down[LEFT] else LEFT
        if self.feet.last >= 0:
            return 1 - self.feet.last
        return LEFT if aside_m > self._low_side_m else RIGHT

    def _doubt(self, aside_m: float) -> None:
        """Change the feet's names when the pressure has contradicted them too often.

        After a stumble across the seam, whose turn it is may have been lost.
        """
        moved_m = aside_m - self._low_side_m
        if abs(moved_m) < CLEARLY_M:
            return
        is_left = moved_m > 0
        self._doubt_count = 0 if is_left == (self.feet.last == LEFT) else self._doubt_count + 1
        if self._doubt_count >= MAX_DOUBTS:
            self._doubt_count = 0
            self.feet.rename()

    def _turn_back(self, now: int, ahead_m: float, aside_m: float) -> None:
        """The jump has ended: the foot behind has lifted, if its plate has not told already."""
        self._is_rising = False
        last = self.feet.last
        if last >= 0 and self.feet.strike[last] >= self._low - self._edge_frames:
            self._doubt(self._high_side_m)
        self._rises_m = [*self._rises_m[1:], self._high_m - self._low_m]
        is_told = last >= 0 and not (self.feet.is_down[0] and self.feet.is_down[1])
        is_due = last >= 0 and not is_told
        if is_due and self._high > self.feet.strike[last] > now - self._walk_frames:
            self._pending_top = float(self._high)
            self._pending_from = now + round(EMPTYING_S / self._dt_s)
        self._low_m, self._low, self._low_side_m = ahead_m, now - self._lag, aside_m

    def _end_step(self, now: int) -> None:
        """Date a toe-off by the end of the jump, unless the plate is still emptying."""
        behind = 1 - self.feet.last
        if not self.feet.is_down[behind]:
            self._pending_top = None
        elif now >= self._pending_from:
            assert self._pending_top is not None
            left_n = self._force_n(behind, now)
            is_shared = self._force_n(1 - behind, now) < SURE_FRAC * self._weight_n
            is_light = left_n < SLOW_FRAC * self._weight_n
            if self.is_single or is_shared or (is_light and self._is_steady(behind, now)):
                lost_n = self._force_n(behind, self._pending_from) - left_n
                has_emptied = lost_n > 0.1 * self._weight_n and not is_shared
                at = now - STEADY_S / self._dt_s if has_emptied else self._pending_top
                self._lift(behind, at, now, 0.6)
            elif (now - self._pending_from) * self._dt_s > EMPTYING_S * 10:
                self._pending_top = None

    # -- feet ------------------------------------------------------------------------------

    def _stand(self, now: int, one_n: float, two_n: float) -> None:
        """Someone stands there and no foot is down: put down what bears load."""
        self._unseen += 1
        if self._unseen * self._dt_s < SILENT_DOWN_S:
            return
        self._unseen = 0
        for foot, force_n in ((LEFT, one_n), (RIGHT, two_n)):
            if force_n > EDGE_FRAC * self._weight_n:
                self.feet.is_down[foot] = self._is_loaded[foot] = True

    def _land(self, foot: int, at: float, now: int, confidence: float, *, is_alone: bool) -> None:
        self._pending_top = None
        self._unseen = 0
        if self.feet.land(Contact(foot, True, at, now, confidence, is_alone), self._dt_s):
            self._told = now

    def _lift(self, foot: int, at: float, now: int, confidence: float) -> None:
        self._pending_top = None
        self.feet.leave(Contact(foot, False, at, now, confidence, False))
