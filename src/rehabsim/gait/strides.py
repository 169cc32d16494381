"""From contacts to strides: times, places, forces and margins of each.

A time counts only between clear-cut contacts, and only when nothing was missed inside it: the
feet alternate, no samples are missing, and no step or stride is longer than a person takes.
"""

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil, isfinite, nan
from operator import itemgetter

from rehabsim.base.records import Side
from rehabsim.gait.balance import HALF_FOOT_M
from rehabsim.gait.feet import LEFT, SIDES, Contact
from rehabsim.gait.frames import History
from rehabsim.gait.stance import NO_STANCE, Stance, measure_stance

MAX_STEP_S = 2.0
"""Two heel strikes further apart are not one step."""

MAX_STRIDE_S = 2.5

CLEAR = 0.75
"""Contacts of less confidence than this do not make a time."""

PLACE_S = 0.03
"""So long after heel strike the centre of pressure says where the heel is."""

ALONE_S = 0.02
"""So long after the other foot's toe-off both plates together say where this foot is."""

ROLL_GAIN = 0.2
"""Of each new estimate of how far the foot rolls on between these two moments."""

TELL_S = 0.4
"""A stride is told so long after the heel strike that ends it: then that foot has its place."""


@dataclass(frozen=True, slots=True)
class Stride:
    """What began with one heel strike; NaN where not measured. Fields are columns of strides.csv.

    Instants are given for every contact, times only between clear-cut ones.

    Attributes:
        side: Whose heel strike.
        heel_strike_t_s: When.
        toe_off_t_s: The same foot's next.
        next_heel_strike_t_s: The same foot's next; NaN after a pause, a missed step or a gap.
        confidence: Of the heel strike.
        step_time_s: From the other foot's heel strike to this one.
        stride_time_s: To the same foot's next heel strike.
        stance_time_s: To the same foot's toe-off.
        swing_time_s: From toe-off to the next heel strike.
        double_support_time_s: To the other foot's toe-off.
        step_length_m: Ahead of the other foot at this heel strike, on the belt.
        step_width_m: Beside the other foot; negative when the feet cross.
        stride_length_m: Belt surface that passed under the foot, and how far ahead it landed.
        belt_speed_mps: Mean over the stride, this foot's belt.
        margin_lateral_m: Foot's lateral border to the extrapolated centre of mass, at heel
            strike; positive is inside.
        margin_backward_m: Extrapolated centre of mass ahead of where the foot landed, by the
            centre of pressure just after heel strike.
        mean_vertical_force_n: Mean of both plates together over the stride.
        load_share_left_frac: Left plate's part of it.
        stance: Forces under the foot while it was on the ground.
    """

    side: Side
    heel_strike_t_s: float
    toe_off_t_s: float = nan
    next_heel_strike_t_s: float = nan
    confidence: float = nan
    step_time_s: float = nan
    stride_time_s: float = nan
    stance_time_s: float = nan
    swing_time_s: float = nan
    double_support_time_s: float = nan
    step_length_m: float = nan
    step_width_m: float = nan
    stride_length_m: float = nan
    belt_speed_mps: float = nan
    margin_lateral_m: float = nan
    margin_backward_m: float = nan
    mean_vertical_force_n: float = nan
    load_share_left_frac: float = nan
    stance: Stance = NO_STANCE


@dataclass(slots=True)
class Landing:
    """A heel strike and what became known of it since.

    Attributes:
        contact: The heel strike.
        t_ns: When it was.
        before: The other foot's landing before it, if that makes a step.
        after: The other foot's landing after it.
        lift: The same foot's toe-off.
        other_lift: The other foot's toe-off after it.
        place_m: (x, y) of the foot at heel strike, frame lab.
        step_m: (length, width) of the step that it ended.
        margin_m: (lateral, backward).
    """

    contact: Contact
    t_ns: int
    before: "Landing | None" = None
    after: "Landing | None" = None
    lift: Contact | None = None
    lift_ns: int = 0
    other_lift: Contact | None = None
    other_lift_ns: int = 0
    place_m: tuple[float, float] = (nan, nan)
    step_m: tuple[float, float] = (nan, nan)
    margin_m: tuple[float, float] = (nan, nan)


@dataclass(slots=True)
class Foot:
    """What the last steps of one foot were like; NaN where not known.

    Attributes:
        landing: The last.
        step_time_s: The other foot's heel strike to this one's.
        stance_time_s: Heel strike to toe-off, the last whole one.
        swing_time_s: Toe-off to heel strike, the last whole one.
        double_support_time_s: Heel strike to the other foot's toe-off, the last.
        step_count: Heel strikes.
        roll_m: How much further ahead the foot is by both plates in single support than by its
            own plate just after heel strike.
    """

    landing: Landing | None = None
    step_time_s: float = nan
    stance_time_s: float = nan
    swing_time_s: float = nan
    double_support_time_s: float = nan
    step_length_m: float = nan
    margin_lateral_m: float = nan
    margin_backward_m: float = nan
    step_count: int = 0
    roll_m: float = nan


@dataclass(slots=True)
class StrideMaker:
    """Makes strides of contacts and of the frames around them.

    Args:
        history: Frames, found by number.
        tell: Called with each stride when it is over.

    Attributes:
        feet: Left and right.
        step_width_m: Of the last step.
    """

    history: History
    tell: Callable[[Stride], None]
    feet: tuple[Foot, Foot] = field(default_factory=lambda: (Foot(), Foot()))
    step_width_m: float = nan
    _dt_s: float = 0.004
    _lag: int = 0
    _due: list[tuple[int, Callable[[], None]]] = field(default_factory=list)

    def set_rate(self, dt_s: float, pressure_delay_s: float) -> None:
        """Set the time between frames, and how much later than forces the pressure is."""
        self._dt_s = dt_s
        self._lag = round(pressure_delay_s / dt_s)

    def take(self, contact: Contact, t_ns: int, weigh: Callable[[float], None]) -> None:
        """Take a contact as it becomes known; `weigh` is told the mean force of a whole stride."""
        foot, other = self.feet[contact.foot], self.feet[1 - contact.foot]
        if not contact.is_strike:
            self._lift(contact, t_ns, foot, other)
            return
        landing = Landing(contact, t_ns)
        last = foot.landing
        if last is not None:
            self._end(last, landing, other, weigh)
        foot.step_time_s = foot.step_length_m = nan
        ahead = other.landing
        if ahead is not None:
            if ahead.after is None:
                ahead.after = landing
            is_next = last is None or ahead.t_ns > last.t_ns
            is_seen = not self.history.has_gap(ahead.contact.at, contact.known)
            if is_next and is_seen and 0 < t_ns - ahead.t_ns <= MAX_STEP_S * 1e9:
                landing.before = ahead
                foot.step_time_s = (t_ns - ahead.t_ns) / 1e9
        foot.landing = landing
        foot.step_count += 1
        self._wait(contact.at + PLACE_S / self._dt_s + 1, lambda: self._place_early(landing))

    def _end(
        self, last: Landing, landing: Landing, other: Foot, weigh: Callable[[float], None]
    ) -> None:
        """End a stride with the same foot's next landing; tell it when that has been placed."""
        is_alternate = last.after is not None and last.after is other.landing
        is_seen = not self.history.has_gap(last.contact.at, landing.contact.known)
        is_whole = is_alternate and is_seen and landing.t_ns - last.t_ns <= MAX_STRIDE_S * 1e9
        if is_whole:
            weigh(self._mean_n(last, landing))
            if last.lift is not None:
                foot = self.feet[landing.contact.foot]
                foot.swing_time_s = self._between_s(
                    last.lift, last.lift_ns, landing.contact, landing.t_ns
                )
        end = landing if is_whole else None
        self._wait(landing.contact.at + TELL_S / self._dt_s, lambda: self._tell(last, end))

    def _tell(self, begun: Landing, end: Landing | None) -> None:
        self.tell(self._stride(begun, end))
        begun.before = None  # else each would keep every one before it

    def work(self, now: int) -> None:
        """Do what had to wait for frames before number `now`, in their order."""
        while self._due and self._due[0][0] < now:
            _, work = self._due.pop(0)
            work()

    def finish(self, now_ns: int) -> None:
        """Tell the strides that will not be completed any more."""
        for foot in self.feet:
            landing = foot.landing
            if landing is not None and (now_ns - landing.t_ns) / 1e9 > MAX_STRIDE_S:
                foot.landing = None
                self._tell(landing, None)

    def end(self) -> None:
        """Tell all strides, whole or not: no frames will come any more."""
        while self._due:
            _, work = self._due.pop(0)
            work()
        self.finish(2**62)

    def _wait(self, frame: float, work: Callable[[], None]) -> None:
        insort(self._due, (ceil(frame), work), key=itemgetter(0))

    def _lift(self, contact: Contact, t_ns: int, foot: Foot, other: Foot) -> None:
        own, ahead = foot.landing, other.landing
        if own is not None and own.lift is None:
            own.lift, own.lift_ns = contact, t_ns
            foot.stance_time_s = self._between_s(own.contact, own.t_ns, contact, t_ns)
        if ahead is not None and ahead.other_lift is None:
            ahead.other_lift, ahead.other_lift_ns = contact, t_ns
            other.double_support_time_s = self._between_s(ahead.contact, ahead.t_ns, contact, t_ns)
            frame = contact.at + ALONE_S / self._dt_s + self._lag
            self._wait(frame + 1, lambda: self._place_late(ahead, frame))

    # -- where the feet are ------------------------------------------------------------------

    def _place_early(self, landing: Landing) -> None:
        """Place a foot that is alone on its plate by that plate, just after it landed."""
        contact = landing.contact
        if contact.is_alone:
            frame = round(contact.at + PLACE_S / self._dt_s)
            side = SIDES[contact.foot]
            travel_m = self._travel_m(contact.foot, contact.at, frame)
            x_m = self.history.get(frame, f"{side}_cop_x_m") + travel_m
            self._placed(landing, x_m, self.history.get(frame, f"{side}_cop_y_m"))
        self._wait(contact.at + self._lag + 1, lambda: self._margin(landing))

    def _place_late(self, landing: Landing, frame: float) -> None:
        """Place a foot by both plates together, when it is the only one on the ground."""
        foot = self.feet[landing.contact.foot]
        at = round(frame)
        travel_m = self._travel_m(landing.contact.foot, landing.contact.at, frame - self._lag)
        x_m = self.history.get(at, "cop_x_m") + travel_m
        if isfinite(landing.place_m[0]):
            roll_m = x_m - landing.place_m[0]
            if not isfinite(foot.roll_m):
                foot.roll_m = roll_m
            if isfinite(roll_m):
                foot.roll_m += ROLL_GAIN * (roll_m - foot.roll_m)
        elif isfinite(foot.roll_m):
            self._placed(landing, x_m - foot.roll_m, self.history.get(at, "cop_y_m"))
            self._margin(landing)

    def _placed(self, landing: Landing, x_m: float, y_m: float) -> None:
        foot = self.feet[landing.contact.foot]
        landing.place_m = (x_m, y_m)
        before = landing.before
        if before is None:
            return
        behind = before.contact
        travel_m = self._travel_m(behind.foot, behind.at, landing.contact.at)
        length_m = x_m - (before.place_m[0] - travel_m)
        outward = 1.0 if landing.contact.foot == LEFT else -1.0
        landing.step_m = (length_m, outward * (y_m - before.place_m[1]))
        if landing is foot.landing:
            foot.step_length_m, self.step_width_m = landing.step_m

    def _margin(self, landing: Landing) -> None:
        at = round(landing.contact.at) + self._lag
        outward = 1.0 if landing.contact.foot == LEFT else -1.0
        x_m, y_m = landing.place_m
        lateral_m = outward * (y_m - self.history.get(at, "xcom_y_m")) + HALF_FOOT_M
        landing.margin_m = (lateral_m, self.history.get(at, "xcom_x_m") - x_m)
        foot = self.feet[landing.contact.foot]
        if landing is foot.landing:
            foot.margin_lateral_m, foot.margin_backward_m = landing.margin_m

    def _travel_m(self, foot: int, first: float, last: float) -> float:
        """Return how far a foot's belt went between two frames, fractions of frames included.

        NaN where the belt's speed was not known all the time.
        """
        lost = (self.history.get(int(frame), "belt_unknown_s") for frame in (first, last))
        if next(lost) != next(lost) or self.history.has_gap(first, last):
            return nan
        name = f"{SIDES[foot]}_belt_m"
        return self._between(name, last) - self._between(name, first)

    def _between(self, name: str, at: float) -> float:
        low = int(at)
        here = self.history.get(low, name)
        if at == low:
            return here
        return here + (at - low) * (self.history.get(low + 1, name) - here)

    # -- the whole stride --------------------------------------------------------------------

    def _stride(self, begun: Landing, end: Landing | None) -> Stride:
        contact, t_ns = begun.contact, begun.t_ns
        foot, lift = contact.foot, begun.lift
        step_s = nan
        if begun.before is not None:
            step_s = self._between_s(begun.before.contact, begun.before.t_ns, contact, t_ns)
        times: dict[str, float] = {}
        if end is not None:
            times = self._whole(begun, end)
        return Stride(
            side=SIDES[foot],
            heel_strike_t_s=t_ns / 1e9,
            toe_off_t_s=begun.lift_ns / 1e9 if lift is not None else nan,
            confidence=contact.confidence,
            step_time_s=step_s,
            step_length_m=begun.step_m[0],
            step_width_m=begun.step_m[1],
            margin_lateral_m=begun.margin_m[0],
            margin_backward_m=begun.margin_m[1],
            stance=self._stance(begun),
            **times,
        )

    def _whole(self, begun: Landing, end: Landing) -> dict[str, float]:
        """Return what only a whole stride has."""
        contact, lift = begun.contact, begun.lift
        first, last = contact.at, end.contact.at
        stride_s = self._between_s(contact, begun.t_ns, end.contact, end.t_ns)
        found = {"next_heel_strike_t_s": end.t_ns / 1e9, "stride_time_s": stride_s}
        if lift is not None:
            found["stance_time_s"] = self._between_s(contact, begun.t_ns, lift, begun.lift_ns)
            found["swing_time_s"] = self._between_s(lift, begun.lift_ns, end.contact, end.t_ns)
        if begun.other_lift is not None:
            found["double_support_time_s"] = self._between_s(
                contact, begun.t_ns, begun.other_lift, begun.other_lift_ns
            )
        travel_m = self._travel_m(contact.foot, first, last)
        found["belt_speed_mps"] = travel_m / ((last - first) * self._dt_s)
        found["stride_length_m"] = travel_m + end.place_m[0] - begun.place_m[0]
        left_ns, total_ns = self._impulses_ns(begun, end)
        found["mean_vertical_force_n"] = self._mean_n(begun, end)
        found["load_share_left_frac"] = left_ns / total_ns if total_ns > 0 else nan
        return found

    def _impulses_ns(self, begun: Landing, end: Landing) -> tuple[float, float]:
        """Return the vertical impulse on the left plate and on both between two landings."""
        left_ns, right_ns = (
            self._between(f"{side}_impulse_ns", end.contact.at)
            - self._between(f"{side}_impulse_ns", begun.contact.at)
            for side in SIDES
        )
        return left_ns, left_ns + right_ns

    def _mean_n(self, begun: Landing, end: Landing) -> float:
        duration_s = (end.contact.at - begun.contact.at) * self._dt_s
        return self._impulses_ns(begun, end)[1] / duration_s

    def _stance(self, landing: Landing) -> Stance:
        """Return the forces of a stance whose foot was alone on its plate from end to end."""
        lift, after = landing.lift, landing.after
        if lift is None or lift.confidence < 1.0 or not landing.contact.is_alone:
            return NO_STANCE
        is_shared = after is not None and not after.contact.is_alone
        if is_shared or self.history.has_gap(landing.contact.at, lift.known):
            return NO_STANCE
        side = SIDES[landing.contact.foot]
        first, last = int(landing.contact.at), ceil(lift.at) + 1
        forces = self.history.span(first, last, f"{side}_fx_n", f"{side}_fz_n")
        return measure_stance(forces, self._dt_s)

    def _between_s(self, first: Contact, first_ns: int, second: Contact, second_ns: int) -> float:
        """Return the time from one contact to the other, NaN unless both are clear-cut."""
        if min(first.confidence, second.confidence) < CLEAR or second_ns <= first_ns:
            return nan
        return nan if self.history.has_gap(first.at, second.known) else (second_ns - first_ns) / 1e9
