"""The whole analysis, a chunk at a time: the same for a live session and for a file."""

from collections.abc import Sequence
from math import nan

from rehabsim.base.records import BeltSample, Gait, GaitEvent, PlateChunk, Side
from rehabsim.gait.events import ContactDetector
from rehabsim.gait.forces import (
    PERSON_N,
    BodyWeight,
    SampleClock,
    centre_of_pressure,
    low_pass_gain,
)
from rehabsim.gait.strides import Foot, LoadShare

FILTER_S = 0.005
"""Time constant of the low-pass before the detectors, 32 Hz; its delay is taken off each date."""

FILTER_NS = round(FILTER_S * 1e9)
SILENT_NS = 2_500_000_000
"""Without a heel strike for so long nobody walks, and there is no cadence."""


class GaitAnalysis:
    """What the person does, from both plates and the belts' speeds."""

    def __init__(self) -> None:
        self._clock = SampleClock()
        self._weight = BodyWeight()
        self._share = LoadShare()
        self._events: list[GaitEvent] = []
        self._left = ContactDetector("left", FILTER_NS, self._note)
        self._right = ContactDetector("right", FILTER_NS, self._note)
        self._left_foot, self._right_foot = Foot(), Foot()
        self._left_n = self._right_n = nan
        self._cop_m = (nan, nan)
        self._width_m = nan
        self._t_ns = 0
        self._dt_ns = 0
        self._gain = 1.0

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
            self._take(chunk, belt)
        return self._gait(t_ns), tuple(self._events)

    def _take(self, chunk: PlateChunk, belt: BeltSample) -> None:
        if chunk.dt_ns != self._dt_ns:
            self._dt_ns = chunk.dt_ns
            self._gain = low_pass_gain(chunk.dt_ns / 1e9, FILTER_S)
        dt_s = chunk.dt_ns / 1e9
        t_ns = self._clock.first_ns(chunk)
        left_m, right_m = belt.left_speed_mps * dt_s, belt.right_speed_mps * dt_s
        left_foot, right_foot = self._left_foot, self._right_foot
        gain, left_n, right_n = self._gain, self._left_n, self._right_n
        left_sum_n = right_sum_n = 0.0
        count = 0
        for row in chunk.wrench.tolist():
            left_fz_n, right_fz_n = row[2], row[8]
            if not left_fz_n - right_fz_n < 1e9:  # not a number, or not a force
                t_ns += chunk.dt_ns
                continue
            if left_n != left_n:
                left_n, right_n = left_fz_n, right_fz_n
            left_n += gain * (left_fz_n - left_n)
            right_n += gain * (right_fz_n - right_n)
            left_foot.place_x_m -= left_m
            right_foot.place_x_m -= right_m
            if self._left.feed(t_ns, left_n):
                self._land("left", row[2], row[3], row[4])
            if self._right.feed(t_ns, right_n):
                self._land("right", row[8], row[9], row[10])
            self._t_ns = t_ns
            t_ns += chunk.dt_ns
            left_sum_n += left_fz_n
            right_sum_n += right_fz_n
            count += 1
        self._left_n, self._right_n = left_n, right_n
        if count:
            self._weigh(row, left_sum_n / count, right_sum_n / count, dt_s * count)
        self._left.weigh(self._weight.newtons)
        self._right.weigh(self._weight.newtons)

    def _note(self, event: GaitEvent) -> None:
        self._events.append(event)
        if event.kind == "toe_off":
            (self._left_foot if event.side == "left" else self._right_foot).lift(event.t_ns)

    def _weigh(self, row: list[float], left_n: float, right_n: float, dt_s: float) -> None:
        total_n = left_n + right_n
        self._cop_m = centre_of_pressure(total_n, row[3] + row[9], row[4] + row[10])
        self._weight.feed(total_n, dt_s)
        if total_n > PERSON_N:
            self._share.feed(left_n, total_n, dt_s)

    def _land(self, side: Side, fz_n: float, mx_nm: float, my_nm: float) -> None:
        is_left = side == "left"
        detector = self._left if is_left else self._right
        foot, other = self._left_foot, self._right_foot
        if not is_left:
            foot, other = other, foot
        place_m = centre_of_pressure(fz_n, mx_nm, my_nm) if detector.is_clean else (nan, nan)
        assert detector.strike_ns is not None
        self._width_m = foot.land(detector.strike_ns, place_m, other)
        self._share.land(side)

    def _gait(self, t_ns: int) -> Gait:
        left, right = self._left_foot, self._right_foot
        return Gait(
            t_ns=self._t_ns,
            left_fz_n=self._left_n,
            right_fz_n=self._right_n,
            cop_x_m=self._cop_m[0],
            cop_y_m=self._cop_m[1],
            load_share_left_frac=self._share.left_frac,
            has_left_stance=self._left.is_down,
            has_right_stance=self._right.is_down,
            body_weight_n=self._weight.newtons,
            cadence_hz=self._cadence_hz(t_ns),
            left_step_time_s=left.step_time_s,
            right_step_time_s=right.step_time_s,
            left_stance_time_s=left.stance_time_s,
            right_stance_time_s=right.stance_time_s,
            left_step_length_m=left.step_length_m,
            right_step_length_m=right.step_length_m,
            step_width_m=self._width_m,
            left_step_count=left.step_count,
            right_step_count=right.step_count,
        )

    def _cadence_hz(self, t_ns: int) -> float:
        """Return two steps over their time, NaN unless both are known and recent."""
        left, right = self._left_foot, self._right_foot
        stride_s = left.step_time_s + right.step_time_s
        if left.strike_ns is None or right.strike_ns is None or not stride_s > 0:
            return nan
        if t_ns - max(left.strike_ns, right.strike_ns) > SILENT_NS:
            return nan
        return 2.0 / stride_s
