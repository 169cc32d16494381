"""The rules of the treadmill's firmware in Python: the same decisions, to the last bit.

`rs_belts.c`, `rs_following.c` and `rs_host.c` in `firmware_stubs/` are what a microcontroller runs;
a test drives both with the same random frames and compares their reports byte by byte. Whole
numbers only: speeds in µm/s, accelerations in mm/s², left before right.

Source: firmware_stubs/PROTOCOL.md, 2.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from rehabsim.devices.rs_limits import RsLimits
from rehabsim.devices.rs_treadmill_frame import (
    ARM,
    DISARM,
    HELLO,
    MAX_TTL_MS,
    OPEN_A,
    OPEN_B,
    POWER,
    REPORT_PERIODS_MS,
    RESET,
    SETPOINT,
    STOP,
    VERSION,
    Cause,
    Refusal,
    SetPoint,
    State,
    Status,
)

TICK_US = 1000
REST_UMPS = 20_000
ARMED_LIFE_US = 1_000_000
MAX_HEARD_AGE_US = 200_000
DISCREPANCY_TICKS = 50
CLOSED_TICKS = 50
SETTLE_TICKS = 500
U32 = 0xFFFFFFFF
FOLLOWING = (State.ARMED, State.RUN)
LENGTHS = {HELLO: 8, STOP: 4, ARM: 20, SETPOINT: 32, RESET: 16, DISARM: 16}

_COMMAND = struct.Struct("<BBHIII")
_SETPOINT = struct.Struct("<iiHHi")


@dataclass
class Senses:
    """What a board measures.

    Attributes:
        speed_umps: Of both belts.
        incline_urad: Of the deck.
        is_open: The channels of the emergency stop.
    """

    speed_umps: list[int] = field(default_factory=lambda: [0, 0])
    incline_urad: int = 0
    is_open: list[bool] = field(default_factory=lambda: [False, False])


class Firmware:
    """The treadmill's controller, a millisecond at a time.

    Attributes:
        state: What it does.
        cause: Why it holds the belts.
        has_power: The drives may move.
        speed_umps: Where on the ramp each belt is told to be.
        incline_nrad: Where on its ramp the deck is told to be.
    """

    def __init__(self, room: RsLimits, seed: int) -> None:
        self.limits = room.widened()
        self._checksum = room.checksum
        self._seed = seed
        self._senses = Senses()
        self.state, self.cause, self._refusal = State.LOCKED, Cause.BOOTED, Refusal.NONE
        self.has_power = False
        self._greeting = self._nonce = self._sequence = 0
        self.bad_count = self.late_count = self.refused_count = 0
        self._now_us = self._tick_us = self._deadline_us = 0
        self._target = SetPoint(0, 0, 0, 0, 0, 0)
        self._target_nrad = 0
        self._decel_mmps2 = 0
        self.speed_umps = [0, 0]
        self.incline_nrad = 0
        self._settle_ticks = self._differ_ticks = self._closed_ticks = self._report_ticks = 0
        self._report_period_ticks = 10
        self._is_discrepant = self._is_astray = self._is_runaway = False
        self._astray_us = 0
        self._lagged = [0, 0]

    @property
    def is_cut(self) -> bool:
        """Whether the power was taken away in an emergency and the belts coast."""
        return self.cause in (Cause.EMERGENCY, Cause.DISCREPANT, Cause.RUNAWAY)

    # -- every millisecond -----------------------------------------------------------------

    def poll(self, now_us: int, senses: Senses) -> bool:
        """Live up to `now_us`; return whether a report is due."""
        self._senses = senses
        self._now_us = now_us
        is_report_due = False
        while self._now_us - self._tick_us >= TICK_US:
            self._tick_us += TICK_US
            is_report_due |= self._tick()
        if self._has_run_away():
            self._is_runaway = True
            self._cut(Cause.RUNAWAY)
        return is_report_due

    def _tick(self) -> bool:
        self._watch_emergency()
        if self.state in FOLLOWING and self._tick_us >= self._deadline_us:
            self._trip(Cause.EXPIRED, self.limits.ramp_mmps2)
        if self.state in FOLLOWING:
            self._follow()
        if self.state == State.STOPPING:
            self._slow_down()
        self._lag()
        self._report_ticks += 1
        if self._report_ticks >= self._report_period_ticks:
            self._report_ticks = 0
            return True
        return False

    def _watch_emergency(self) -> None:
        is_any, is_both = any(self._senses.is_open), all(self._senses.is_open)
        if is_any == is_both:
            self._differ_ticks = 0
        else:
            self._differ_ticks += 1
        self._closed_ticks = 0 if is_any else min(self._closed_ticks + 1, CLOSED_TICKS)
        if is_both:
            self._is_discrepant = False
        elif self._differ_ticks > DISCREPANCY_TICKS:
            self._is_discrepant = True
        if self._is_runaway:
            self._cut(Cause.RUNAWAY)
        elif self._is_discrepant:
            self._cut(Cause.DISCREPANT)
        elif is_any:
            self._cut(Cause.EMERGENCY)

    def _follow(self) -> None:
        target = self._target
        next_umps = [
            towards(self.speed_umps[0], target.left_umps, target.left_mmps2),
            towards(self.speed_umps[1], target.right_umps, target.right_mmps2),
        ]
        if abs(next_umps[0] - next_umps[1]) > self.limits.max_split_umps:
            self._trip(Cause.SPLIT, self.limits.ramp_mmps2)
            return
        self.speed_umps = next_umps
        self.incline_nrad = towards(
            self.incline_nrad, self._target_nrad, self.limits.max_incline_rate_uradps
        )

    def _slow_down(self) -> None:
        if self.speed_umps != [0, 0]:
            self.speed_umps = [towards(v, 0, self._decel_mmps2) for v in self.speed_umps]
            return
        self._settle_ticks += 1
        if self._is_at_rest() or self._settle_ticks > SETTLE_TICKS:
            if self.cause == Cause.DISARMED:
                self.state, self.cause = State.IDLE, Cause.NONE
            else:
                self.state = State.LOCKED
            self.has_power = False

    # -- whether the belts do what they are told -------------------------------------------

    def _lag(self) -> None:
        for i, goal_umps in enumerate(self.speed_umps if self.has_power else (0, 0)):
            self._lagged[i] += goal_umps - self._lagged[i] // self.limits.lag_ms

    def _has_run_away(self) -> bool:
        was_astray = self._is_astray
        self._is_astray = self.has_power and (self._is_off(0) or self._is_off(1))
        if not was_astray:
            self._astray_us = self._tick_us
        astray_us = self._tick_us - self._astray_us
        return self._is_astray and astray_us >= 1000 * self.limits.max_astray_ms

    def _is_off(self, belt: int) -> bool:
        """Return whether a belt is further from where it should be than drives explain."""
        now_umps, due_umps = self._senses.speed_umps[belt], self._lagged[belt] // self.limits.lag_ms
        most_umps = self.limits.max_astray_umps + 2 * abs(self.speed_umps[belt] - due_umps)
        if -REST_UMPS <= now_umps < due_umps:
            is_told_to_run = self.state in FOLLOWING and self._target[belt] > 0
            return is_told_to_run and due_umps - now_umps > most_umps
        return abs(now_umps - due_umps) > most_umps

    # -- what stops ------------------------------------------------------------------------

    def _trip(self, cause: Cause, decel_mmps2: int) -> None:
        if self.state == State.LOCKED:
            return
        if self.state == State.STOPPING:
            self._decel_mmps2 = max(self._decel_mmps2, decel_mmps2)
            if self.cause != Cause.DISARMED:
                return
        else:
            self._decel_mmps2 = decel_mmps2
            self._settle_ticks = 0
        self.state, self.cause = State.STOPPING, cause

    def _cut(self, cause: Cause) -> None:
        self.state, self.cause = State.LOCKED, cause
        self.has_power = False
        self.speed_umps = [0, 0]
        self.incline_nrad = self._deck_nrad()

    def _is_at_rest(self) -> bool:
        return all(abs(v) <= REST_UMPS for v in self._senses.speed_umps)

    def _deck_nrad(self) -> int:
        return 1000 * min(max(self._senses.incline_urad, 0), self.limits.max_incline_urad)

    # -- what the host says ----------------------------------------------------------------

    def hear(self, content: bytes) -> None:
        """Take in the content of a good frame."""
        is_good = False
        if len(content) >= 2 and content[0] == VERSION and LENGTHS.get(content[1]) == len(content):
            kind, word = content[1], int.from_bytes(content[2:4], "little")
            if kind == STOP:
                self._hear_stop(word)
                is_good = True
            elif kind == HELLO:
                is_good = self._hear_hello(word, int.from_bytes(content[4:8], "little"))
            else:
                is_good = kind == SETPOINT or word == 0
                if is_good and self._is_current(content):
                    self._obey(content)
        self.bad_count += not is_good

    def _hear_stop(self, decel_mmps2: int) -> None:
        ramp_mmps2 = self.limits.ramp_mmps2
        most_mmps2 = max(ramp_mmps2, self.limits.fast_mmps2)
        self._trip(Cause.STOPPED, max(min(decel_mmps2, most_mmps2), ramp_mmps2))

    def _hear_hello(self, report_ms: int, greeting: int) -> bool:
        if report_ms not in REPORT_PERIODS_MS:
            return False
        self._report_period_ticks = report_ms
        self._greeting = greeting
        self._nonce = new_nonce(self._seed, self._now_us & U32, greeting, self._nonce)
        self._sequence = 0
        self._refusal = Refusal.NONE
        self._trip(Cause.GREETED, self.limits.ramp_mmps2)
        return True

    def _is_current(self, content: bytes) -> bool:
        _, _, _, nonce, sequence, heard_us = _COMMAND.unpack_from(content)
        ahead = (sequence - self._sequence) & U32
        age_us = (self._now_us - heard_us) & U32
        is_session = self._nonce != 0 and nonce == self._nonce
        if is_session and 0 < ahead < 2**31 and age_us <= MAX_HEARD_AGE_US:
            self._sequence = sequence
            return True
        self.late_count += 1
        return False

    def _obey(self, content: bytes) -> None:
        kind = content[1]
        if kind == SETPOINT:
            self._hear_set_point(content)
        elif kind == DISARM:
            if self.state in FOLLOWING:
                self._trip(Cause.DISARMED, self.limits.ramp_mmps2)
        elif kind == RESET:
            if self.state == State.IDLE or self._is_ready(self.state == State.LOCKED):
                self._refusal = Refusal.NONE
                self.state, self.cause = State.IDLE, Cause.NONE
        elif self._is_ready(self.state == State.IDLE, int.from_bytes(content[16:20], "little")):
            self._refusal = Refusal.NONE
            self.incline_nrad = self._target_nrad = self._deck_nrad()
            ramp_mmps2 = self.limits.ramp_mmps2
            self._target = SetPoint(0, 0, ramp_mmps2, ramp_mmps2, 0, 0)
            self._deadline_us = self._now_us + ARMED_LIFE_US
            self.has_power = True
            self.state, self.cause = State.ARMED, Cause.NONE

    def _is_ready(self, is_right_state: bool, checksum: int | None = None) -> bool:
        """Return whether the belts may be reset or armed, and note why not."""
        refusal = Refusal.NONE
        if not is_right_state:
            refusal = Refusal.STATE
        elif self._is_runaway:
            refusal = Refusal.BELTS
        elif checksum is not None and checksum != self._checksum:
            refusal = Refusal.LIMITS
        elif self._is_discrepant or self._closed_ticks < CLOSED_TICKS:
            refusal = Refusal.NOT_CLOSED
        elif not self._is_at_rest():
            refusal = Refusal.NOT_AT_REST
        if refusal:
            self._refuse(refusal)
        return not refusal

    def _refuse(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self.refused_count += 1

    def _hear_set_point(self, content: bytes) -> None:
        if self.state not in FOLLOWING:
            return
        ttl_ms = int.from_bytes(content[2:4], "little")
        left, right, left_ramp, right_ramp, incline = _SETPOINT.unpack_from(content, 16)
        asked = SetPoint(left, right, left_ramp, right_ramp, incline, ttl_ms)
        refusal = set_point_fault(self.limits, asked)
        if refusal:
            self._refuse(refusal)
            self._trip(Cause.REFUSED, self.limits.ramp_mmps2)
            return
        self._target = asked
        self._target_nrad = 1000 * asked.incline_urad
        self._deadline_us = self._now_us + asked.ttl_ms * 1000
        self.state, self.cause = State.RUN, Cause.NONE

    # -- what the host is told -------------------------------------------------------------

    def status(self, bad_count: int = 0) -> Status:
        """Return the report of now.

        Args:
            bad_count: Frames that were damaged before they got here.
        """
        senses = self._senses
        flags = OPEN_A * senses.is_open[0] | OPEN_B * senses.is_open[1] | POWER * self.has_power
        return Status(
            self.state,
            self.cause,
            self._nonce,
            self._greeting,
            self._checksum,
            self._now_us,
            senses.speed_umps[0],
            senses.speed_umps[1],
            self.speed_umps[0],
            self.speed_umps[1],
            senses.incline_urad,
            self.incline_nrad // 1000,
            self._sequence,
            (self.bad_count + bad_count) & 0xFFFF,
            self.late_count & 0xFFFF,
            self.refused_count & 0xFFFF,
            self._refusal,
            flags,
        )


def set_point_fault(limits: RsLimits, asked: SetPoint) -> Refusal:
    """Return what is wrong with a set point, or `Refusal.NONE`; nothing is ever clipped."""
    if not 0 <= asked.left_umps <= limits.max_speed_umps:
        return Refusal.LEFT_SPEED
    if not 0 <= asked.right_umps <= limits.max_speed_umps:
        return Refusal.RIGHT_SPEED
    if not 1 <= asked.left_mmps2 <= limits.max_accel_mmps2:
        return Refusal.LEFT_ACCEL
    if not 1 <= asked.right_mmps2 <= limits.max_accel_mmps2:
        return Refusal.RIGHT_ACCEL
    if not abs(asked.left_umps - asked.right_umps) <= limits.max_split_umps:
        return Refusal.SPLIT
    if not 0 <= asked.incline_urad <= limits.max_incline_urad:
        return Refusal.INCLINE
    return Refusal.NONE if 1 <= asked.ttl_ms <= MAX_TTL_MS else Refusal.TTL


def towards(now: int, target: int, step: int) -> int:
    """Return `target`, or as far towards it as one step reaches."""
    return now + min(max(target - now, -step), step)


def new_nonce(*parts: int) -> int:
    """Return the session number for seed, time, greeting and the number before; never 0."""
    words: Sequence[int] = parts
    nonce = zlib.crc32(struct.pack("<4I", *words))
    while nonce in (0, words[-1]):
        nonce = (nonce + 1) & U32
    return nonce
