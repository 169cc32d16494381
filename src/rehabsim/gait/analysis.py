"""The whole analysis, a chunk at a time: the same for a live session and for a file."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, nan
from typing import Literal

import numpy as np

from rehabsim.base.records import WRENCH_COLUMNS, BeltSample, Gait, GaitEvent, PlateChunk
from rehabsim.gait.balance import BODY_HEIGHT_M, BodyMotion
from rehabsim.gait.events import ContactFinder
from rehabsim.gait.feet import LEFT, RIGHT, SIDES, Contact
from rehabsim.gait.forces import (
    PERSON_N,
    REST_S,
    BodyWeight,
    SampleClock,
    cops_of,
)
from rehabsim.gait.frames import (
    Doubles,
    FrameMaker,
    Frames,
    History,
    Instants,
    LowPass,
    unbroken,
)
from rehabsim.gait.hygiene import AFTER_LIFT_S, BEFORE_STRIKE_S, MIN_SWING_S, SwingZero
from rehabsim.gait.inertia import Inertia, Unburden
from rehabsim.gait.levels import SEAM_M
from rehabsim.gait.preparation import LOOK_S, Check, Verdict, judge
from rehabsim.gait.share import LoadShare
from rehabsim.gait.strides import Stride, StrideMaker

BLOCK = 128
"""Frames. Levels and zeros change between blocks only, so that chunks of any length agree."""

PRESSURE_HZ = 15.0
"""Second low-pass, of what both plates bear together: belts shake shear forces at 20 to 40 Hz."""

SILENT_NS = 2_500_000_000
"""Without a heel strike for so long nobody walks, and there is no cadence."""

COLUMNS = (
    *WRENCH_COLUMNS,
    *("left_cop_x_m", "left_cop_y_m", "right_cop_x_m", "right_cop_y_m", "cop_x_m", "cop_y_m"),
    *("left_belt_m", "right_belt_m", "left_impulse_ns", "right_impulse_ns", "belt_unknown_s"),
    *("com_x_m", "com_y_m", "com_vx_mps", "com_vy_mps", "xcom_x_m", "xcom_y_m", "fz_n"),
)
"""What is remembered of each frame. Distances, impulses and the time in which a belt's speed was
not known are sums since the start; what concerns both plates together is later than the rest by
the delay of that low-pass."""

_CHANNEL = {name: index for index, name in enumerate(COLUMNS)}
_FX, _MX, _MY = 0, 3, 4


class GaitAnalysis:
    """What the person does, from both plates and the belts' speeds.

    Args:
        body_height_m: Of the person; places the centre of mass.
        is_single: The treadmill has one plate, whose forces stand under `left`.
        inertia: What accelerating belts do to the plates, to be taken off.

    Attributes:
        is_single: As given. Nobody knows then how the load is shared between the feet.
        history: The last seconds of frames, columns `COLUMNS`.
        zero: The plates' zero, as followed while walking.
        frames: What became of the samples.
        pressure_delay_s: How much later than the forces of the same frame its pressure and its
            centre of mass are.
    """

    def __init__(
        self,
        body_height_m: float = BODY_HEIGHT_M,
        *,
        is_single: bool = False,
        inertia: Inertia | None = None,
    ) -> None:
        self.history = History(COLUMNS)
        self.zero = SwingZero()
        self.frames = FrameMaker()
        self.is_single = is_single
        self._unburden = None if inertia is None else Unburden(inertia)
        self._asked: list[tuple[int, Check]] = []
        self._verdicts: list[Verdict] = []
        self._has_zero = False
        self._clock = SampleClock()
        self._weight = BodyWeight()
        self._share = LoadShare()
        self._motion = BodyMotion(body_height_m)
        self._events: list[GaitEvent] = []
        self._done: list[Stride] = []
        self._finder = ContactFinder(self._note, self._force_n, is_single=is_single)
        self._strides = StrideMaker(self.history, self._keep)
        self.pressure_delay_s = 0.0
        self._dt_s = nan
        self._totals = np.zeros(5)
        self._weight_n = nan
        self._has = np.zeros(5, bool)
        self._rest_ns = self._busy = 0.0

    @property
    def body_weight_n(self) -> float:
        """Weight of the person, as known now; NaN before that."""
        return self._weight.newtons

    def step(
        self, chunks: Sequence[PlateChunk], belt: BeltSample, t_ns: int
    ) -> tuple[Gait, tuple[GaitEvent, ...]]:
        """Take what arrived since the last call.

        Args:
            chunks: Force-plate samples, oldest first.
            belt: The treadmill's newest report; a foot on the ground moves with its belt.
            t_ns: Now, on the session clock.

        Returns:
            What is known now, and the events that became known.
        """
        self._events.clear()
        for chunk in chunks:
            count = len(chunk.wrench)
            first_ns = self._clock.first_ns(chunk)
            times_ns = first_ns + chunk.dt_ns * np.arange(count)
            belts_mps = np.full((count, 2), (belt.left_speed_mps, belt.right_speed_mps))
            self._take(times_ns, chunk.dt_ns, chunk.wrench.astype(float), belts_mps)
        return self._gait(t_ns), tuple(self._events)

    def take(
        self, t_ns: Instants, dt_ns: int, wrench: Doubles, belt_mps: Doubles
    ) -> tuple[GaitEvent, ...]:
        """Take samples whose times and belts are known one by one, as from a file.

        Args:
            t_ns: (n,) when each was taken.
            dt_ns: Time between them.
            wrench: (n, 12) as in `PlateChunk`.
            belt_mps: (n, 2) speeds of left and right belt; NaN where not measured.
        """
        self._events.clear()
        self._take(t_ns, dt_ns, wrench, belt_mps)
        return tuple(self._events)

    def take_strides(self) -> list[Stride]:
        """Return the strides that were completed since the last call."""
        done = self._done.copy()
        self._done.clear()
        return done

    def finish(self) -> list[Stride]:
        """Return the strides that were still going on; nothing may be taken afterwards."""
        self._strides.end()
        return self.take_strides()

    def _keep(self, stride: Stride) -> None:
        self._done.append(replace(stride, load_share_left_frac=nan) if self.is_single else stride)

    def prepare(self, check: Check) -> None:
        """Begin a guided check; `take_verdicts` has its answer about a second later."""
        self._asked.append((self.history.count, check))

    def take_verdicts(self) -> list[Verdict]:
        """Return the answers of checks since the last call."""
        verdicts = self._verdicts.copy()
        self._verdicts.clear()
        return verdicts

    # -- from samples to frames --------------------------------------------------------------

    def _take(self, t_ns: Instants, dt_ns: int, wrench: Doubles, belt_mps: Doubles) -> None:
        if not len(t_ns):
            return
        if self.is_single:
            wrench = np.concatenate([wrench[:, :6], wrench[:, :6]], axis=1) / 2
        for part in unbroken(t_ns, dt_ns):
            self._take_frames(self.frames.make(t_ns[part], dt_ns, wrench[part], belt_mps[part]))

    def _take_frames(self, frames: Frames) -> None:
        """Take frames that follow each other without a gap."""
        if frames.is_new:
            self.history.note_gap()
            if self._unburden is not None:
                self._unburden.forget()
        if self.frames.dt_s != self._dt_s:
            self._set_rate(self.frames.dt_s)
        first = 0
        while first < len(frames.t_ns):
            last = first + BLOCK - self.history.count % BLOCK
            self._follow(frames.part(first, last))
            first = last
            if self.history.count % BLOCK == 0:
                self._adjust()

    def _set_rate(self, dt_s: float) -> None:
        self._dt_s = dt_s
        self._low_pass = LowPass(PRESSURE_HZ, 1 / dt_s, 5)
        self.pressure_delay_s = self._low_pass.delay_s
        self._motion.set_rate(dt_s)
        self._finder.set_rate(dt_s, self.pressure_delay_s)
        self._strides.set_rate(dt_s, self.pressure_delay_s)

    def _follow(self, frames: Frames) -> None:
        """Take frames of one block."""
        rows = np.empty((len(frames.t_ns), len(COLUMNS)))
        wrench = np.subtract(frames.wrench, self.zero.offset, out=rows[:, :12])
        if self._unburden is not None:
            wrench -= self._unburden.error(frames.belt_mps, self._dt_s)
        sums = self._low_pass(wrench[:, :5] + wrench[:, 6:11], is_whole=frames.is_whole)
        fz_n = sums[:, 2]
        loaded_n = np.where(fz_n > PERSON_N, fz_n, nan)
        forces_n = wrench[:, 2::6]
        rows[:, _CHANNEL["left_cop_x_m"] : _CHANNEL["cop_x_m"]] = cops_of(wrench)
        cop_m = rows[:, _CHANNEL["cop_x_m"] : _CHANNEL["left_belt_m"]]
        np.divide(sums[:, 4], -loaded_n, out=cop_m[:, 0])
        np.divide(sums[:, 3], loaded_n, out=cop_m[:, 1])
        self._add_up(frames, forces_n, rows[:, _CHANNEL["left_belt_m"] : _CHANNEL["com_x_m"]])
        motion = self._motion.follow(cop_m, sums[:, :3], self._weight_n)
        rows[:, _CHANNEL["com_x_m"] : _CHANNEL["xcom_x_m"]] = motion
        belt_mps = 0.5 * (frames.belt_mps[:, 0] + frames.belt_mps[:, 1])
        rows[:, _CHANNEL["xcom_x_m"] : -1] = self._motion.extrapolated(motion, belt_mps)
        rows[:, -1] = fz_n
        first = self.history.count
        if first % BLOCK == 0:
            self._has |= np.isfinite(sums[0])
            self._finder.is_blind = not (self._has[_FX] or self._has[_MY])
        self.history.append(frames.t_ns, rows)
        ahead_m, aside_m = self._pressure_m(cop_m, sums[:, 0], loaded_n, forces_n)
        left_n, right_n = forces_n.T.tolist()
        self._finder.feed(first, left_n, right_n, ahead_m.tolist(), aside_m.tolist())
        self._share.feed(first, left_n, right_n, self._dt_s)
        self._strides.work(self.history.count)

    def _add_up(self, frames: Frames, forces_n: Doubles, totals: Doubles) -> None:
        """Fill (k, 5) belt distances, vertical impulses and lost time, up to each frame."""
        totals[:, :2] = frames.belt_mps
        totals[:, 2:4] = forces_n
        totals[:, 4] = 0.0
        if not isfinite(totals.sum()):
            totals[:, 4] = ~np.isfinite(totals[:, :2]).all(axis=1)
            np.nan_to_num(totals, copy=False, nan=0.0)
        totals *= self._dt_s
        totals[0] += self._totals
        np.cumsum(totals, axis=0, out=totals)
        self._totals = totals[-1].copy()

    def _pressure_m(
        self, cop_m: Doubles, fx_n: Doubles, loaded_n: Doubles, forces_n: Doubles
    ) -> tuple[Doubles, Doubles]:
        """Return how far forward and to the left the pressure is, by moments or else by shear."""
        ahead_m = cop_m[:, 0]
        if not self._has[_MY]:
            ahead_m = -self._motion.com_height_m * fx_n / loaded_n
        aside_m = cop_m[:, 1]
        if not self._has[_MX]:
            aside_m = SEAM_M * (forces_n[:, LEFT] - forces_n[:, RIGHT]) / loaded_n
        return ahead_m, aside_m

    # -- between blocks ------------------------------------------------------------------------

    def _adjust(self) -> None:
        """Weigh the person again where nobody walks, and set the levels of the next block."""
        seconds = BLOCK * self._dt_s
        total_ns = self._totals[2] + self._totals[3]
        self._busy = max(self._busy - seconds, 0.0)
        mean_n = (total_ns - self._rest_ns) / seconds
        self._rest_ns = total_ns
        if self._busy == 0.0:
            self._weight.rest(mean_n)
        if self._asked:
            self._judge()
        self.zero.adopt()
        self._weight_n = self._weight.newtons
        self._finder.weigh(self._weight_n, self.zero.noise_n)
        if self.history.count:
            self._strides.finish(self.history.t_ns(self.history.count - 1))

    def _judge(self) -> None:
        """Answer the checks that have seen enough."""
        enough = self.history.count - LOOK_S / self._dt_s
        ready = [item for item in self._asked if item[0] <= enough]
        self._asked = [item for item in self._asked if item[0] > enough]
        for first, check in ready:
            wrench = self.history.span(first, self.history.count, *WRENCH_COLUMNS)
            verdict = judge(check, wrench, has_zero=self._has_zero)
            if verdict.zero is not None:
                self.zero.begin(verdict.zero)
                self._has_zero = True
            if verdict.weight_n is not None:
                self._weight.fix(verdict.weight_n)
            self._verdicts.append(verdict)

    def _force_n(self, plate: int, frame: int) -> float:
        return self.history.get(frame, "left_fz_n" if plate == LEFT else "right_fz_n")

    # -- contacts ------------------------------------------------------------------------------

    def _note(self, contact: Contact) -> None:
        self._strides.work(contact.known)
        low = int(contact.at)
        t_ns = self.history.t_ns(low) + round((contact.at - low) * self._dt_s * 1e9)
        known_ns = self.history.t_ns(contact.known) + self.frames.delay_ns
        kind: Literal["heel_strike", "toe_off"] = "heel_strike" if contact.is_strike else "toe_off"
        side = SIDES[contact.foot]
        latency_s = (known_ns - t_ns) / 1e9
        self._events.append(GaitEvent(t_ns, side, kind, latency_s, contact.confidence))
        self._busy = REST_S
        if contact.is_strike:
            left_ns, right_ns = (
                self.history.get(contact.known, name)
                for name in ("left_impulse_ns", "right_impulse_ns")
            )
            self._share.land(side, contact.known, left_ns, right_ns, self._dt_s)
            self._look_at_swing(contact)
        self._strides.take(contact, t_ns, self._weight.walk)

    def _look_at_swing(self, contact: Contact) -> None:
        """Show the frames in which this foot's plate should have been empty to the zero."""
        first = self._finder.feet.lift[contact.foot] + AFTER_LIFT_S / self._dt_s
        last = contact.at - BEFORE_STRIKE_S / self._dt_s
        if (last - first) * self._dt_s >= MIN_SWING_S:
            names = WRENCH_COLUMNS
            self.zero.see(contact.foot, self.history.span(int(first), int(last), *names))

    # -- what is known now ---------------------------------------------------------------------

    def _gait(self, t_ns: int) -> Gait:
        left, right = self._strides.feet
        now = self.history.count - 1
        row = self.history.row(now)
        return Gait(
            t_ns=self.history.t_ns(now) + self.frames.delay_ns if now >= 0 else 0,
            left_fz_n=row[_CHANNEL["left_fz_n"]],
            right_fz_n=row[_CHANNEL["right_fz_n"]],
            cop_x_m=row[_CHANNEL["cop_x_m"]],
            cop_y_m=row[_CHANNEL["cop_y_m"]],
            com_x_m=row[_CHANNEL["com_x_m"]],
            com_y_m=row[_CHANNEL["com_y_m"]],
            com_vx_mps=row[_CHANNEL["com_vx_mps"]],
            com_vy_mps=row[_CHANNEL["com_vy_mps"]],
            xcom_x_m=row[_CHANNEL["xcom_x_m"]],
            xcom_y_m=row[_CHANNEL["xcom_y_m"]],
            load_share_left_frac=nan if self.is_single else self._share.left_frac,
            has_left_stance=self._finder.feet.is_down[LEFT],
            has_right_stance=self._finder.feet.is_down[RIGHT],
            body_weight_n=self._weight.newtons,
            cadence_hz=self._cadence_hz(t_ns),
            left_step_time_s=left.step_time_s,
            right_step_time_s=right.step_time_s,
            left_stance_time_s=left.stance_time_s,
            right_stance_time_s=right.stance_time_s,
            left_swing_time_s=left.swing_time_s,
            right_swing_time_s=right.swing_time_s,
            left_double_support_time_s=left.double_support_time_s,
            right_double_support_time_s=right.double_support_time_s,
            left_step_length_m=left.step_length_m,
            right_step_length_m=right.step_length_m,
            step_width_m=self._strides.step_width_m,
            left_margin_lateral_m=left.margin_lateral_m,
            right_margin_lateral_m=right.margin_lateral_m,
            left_margin_backward_m=left.margin_backward_m,
            right_margin_backward_m=right.margin_backward_m,
            left_step_count=left.step_count,
            right_step_count=right.step_count,
            left_strike_ns=left.landing.t_ns if left.landing is not None else 0,
            right_strike_ns=right.landing.t_ns if right.landing is not None else 0,
            left_zero_n=self.zero.drift_n(LEFT),
            right_zero_n=self.zero.drift_n(RIGHT),
        )

    def _cadence_hz(self, t_ns: int) -> float:
        """Return two steps over their time, NaN unless both are known and recent."""
        left, right = self._strides.feet
        stride_s = left.step_time_s + right.step_time_s
        if left.landing is None or right.landing is None or not stride_s > 0:
            return nan
        if t_ns - max(left.landing.t_ns, right.landing.t_ns) > SILENT_NS:
            return nan
        return 2.0 / stride_s
