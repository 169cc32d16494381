"""What passes between the keeper and everyone else, over `unix:` or `memory:` links.

One message per write, MessagePack, at most 1 KiB to the keeper. Anyone who can open its socket
may send an `Ask`; one session sends a `WishMessage` every tick; the keeper sends a `Report` to
everyone every tick.
"""

from math import nan
from typing import Literal

import msgspec

from rehabsim.base.records import (
    BeltCommand,
    BeltSample,
    Event,
    Mode,
    PlatformWish,
    Record,
    Severity,
    Wish,
)
from rehabsim.safety.platform_messages import PlatformReport

AskName = Literal["arm", "start", "pause", "stop", "reset", "engage", "settle"]
PLATFORM_ASKS: frozenset[AskName] = frozenset({"engage", "settle"})
"""Those that the platform's guard decides; `stop` reaches it by way of the belts'."""


class Ask(Record, frozen=True, gc=False, tag="ask"):
    """Someone asks for a change of mode.

    Attributes:
        id: Chosen by the asker; the answer carries it. The same id on the same link acts once;
            only STOP always acts.
        name: `stop` is obeyed from anyone, in any state.
        source: Who asks, for the log.
    """

    id: str
    name: AskName
    source: str


PlateFault = Literal["", "stuck", "saturated", "exchanged"]


class Person(Record, frozen=True, gc=False, omit_defaults=True):
    """What is known of the person now; NaN where it is not.

    Attributes:
        is_expected: Somebody walks; else it is a trial with empty belts, and nobody may be there.
        load_n: Vertical force on both plates.
        mean_load_n: The same, averaged over some seconds.
        body_weight_n: As weighed, or as found while standing or walking.
        stated_n: The same as the session file states it.
        cop_x_m: Centre of pressure of both plates, frame lab.
        cop_y_m: The same, positive left.
        harness_n: Load on the harness; NaN where none is measured.
    """

    is_expected: bool = True
    load_n: float = nan
    mean_load_n: float = nan
    body_weight_n: float = nan
    stated_n: float = nan
    cop_x_m: float = nan
    cop_y_m: float = nan
    harness_n: float = nan


class WishMessage(Record, frozen=True, gc=False, omit_defaults=True, tag="wish"):
    """The session's wish for this tick, which is also its sign of life.

    Attributes:
        t_ns: When it was made; the permission that it gives expires.
        wish: What the belts should do.
        operator_t_ns: When the console in command was last heard.
        plate_t_ns: When the newest force-plate sample should have arrived, had it been as quick as
            the quickest.
        display_t_ns: Time of the newest state that the watched display is known to have shown, 0
            before the first; -1 where none is watched.
        harness_t_ns: When the harness's newest reading should have arrived; -1 where none is
            measured.
        person: What is known of the person.
        plates: What is wrong with the plates, though they speak.
        platform: What the platform should do; None where nobody moves one.
    """

    t_ns: int
    wish: Wish
    operator_t_ns: int
    plate_t_ns: int
    display_t_ns: int = -1
    harness_t_ns: int = -1
    person: Person = Person()
    plates: PlateFault = ""
    platform: PlatformWish | None = None


class Answer(Record, frozen=True, gc=False):
    """What became of an `Ask`.

    Attributes:
        id: The ask's.
        is_accepted: It took effect.
        reason: Why not; one sentence for the therapist.
    """

    id: str
    is_accepted: bool
    reason: str


class GuardInputs(Record, frozen=True, kw_only=True, omit_defaults=True):
    """All that one decision of the guard is made from.

    Attributes:
        t_ns: Time of the decision.
        wish: The session's newest message, None before the first.
        belt: The treadmill's newest report, None before the first.
        asks: What was asked since the decision before.
        has_treadmill: The treadmill's link is open and speaks its protocol.
        platform_cause: Why nobody may walk on the platform, as its guard decided the tick before;
            empty where one may, or there is none.
    """

    t_ns: int
    wish: WishMessage | None
    belt: BeltSample | None
    asks: tuple[Ask, ...] = ()
    has_treadmill: bool = True
    platform_cause: str = ""


class GuardState(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What the guard remembers from one decision to the next.

    Attributes:
        mode: State of the machine.
        since_ns: When it was entered.
        severity: How hard the present stop or hold is; `none` where there is none.
        cause: Why the belts were stopped, which is kept until reset, or are held.
        cause_name: Which of `causes.CAUSES` that was; empty before the first stop and for a pause.
        decel_mps2: Of the present stop; it only grows.
        needs_restart: After this cause a reset is not enough.
        seen_ns: Since when each condition that is there now has been there, by its cause's name.
        held_ns: When a cause to hold the speed was last there.
        left_speed_mps: The last commanded set point.
        right_speed_mps: The same for the right belt.
        left_accel_mps2: Its rate of change.
        right_accel_mps2: The same for the right belt.
        left_base_mps: Set point at which the perturbation began.
        right_base_mps: The same for the right belt.
        perturbed_ns: When the last perturbation ended, or was refused for good.
        is_refused: The perturbation that is wished for now was refused.
        left_due_mps: Where a belt that follows its commands is by now.
        right_due_mps: The same on the right.
        left_slow_mps: The same, low-passed as drives are.
        right_slow_mps: The same on the right.
        incline_rad: The last commanded deck angle.
        is_deck_known: The deck's angle was measured once; until then it is commanded level.
        is_clamped: The last wish was outside the limits.
        t_ns: Time of the last decision.
    """

    mode: Mode = "locked"
    since_ns: int = 0
    severity: Severity = "none"
    cause: str = "start-up"
    cause_name: str = ""
    decel_mps2: float = 0.0
    needs_restart: bool = False
    seen_ns: dict[str, int] = msgspec.field(default_factory=dict)
    held_ns: int = 0
    left_speed_mps: float = 0.0
    right_speed_mps: float = 0.0
    left_accel_mps2: float = 0.0
    right_accel_mps2: float = 0.0
    left_base_mps: float = 0.0
    right_base_mps: float = 0.0
    perturbed_ns: int = -(10**12)
    is_refused: bool = False
    left_due_mps: float = 0.0
    right_due_mps: float = 0.0
    left_slow_mps: float = 0.0
    right_slow_mps: float = 0.0
    incline_rad: float = 0.0
    is_deck_known: bool = False
    is_clamped: bool = False
    t_ns: int = 0


class Decision(Record, frozen=True):
    """What the guard decided.

    Attributes:
        state: To be handed back at the next decision.
        command: What the treadmill is told.
        answers: One per ask.
        events: Everything that differs from what was wished, and every change of mode.
    """

    state: GuardState
    command: BeltCommand
    answers: tuple[Answer, ...] = ()
    events: tuple[Event, ...] = ()


class Report(Record, frozen=True, tag="report", omit_defaults=True):
    """One tick of the keeper: its inputs and its decision, enough to make it again.

    Attributes:
        tick: Number of the keeper's tick; the first report of a keeper has 0.
        missed_count: Ticks that the keeper missed just before this one.
        inputs: What the guard was given.
        decision: What it decided.
        notes: What the keeper itself noticed: links lost, bad messages.
        platform: The platform's part; None where there is no platform.
        platform_answers: One for each ask about the platform.
        refused: To asks that no guard has seen: a STOP overtook them while they waited.
    """

    tick: int
    missed_count: int
    inputs: GuardInputs
    decision: Decision
    notes: tuple[Event, ...] = ()
    platform: PlatformReport | None = None
    platform_answers: tuple[Answer, ...] = ()
    refused: tuple[Answer, ...] = ()


ToKeeper = Ask | WishMessage

_encoder = msgspec.msgpack.Encoder()
_to_keeper = msgspec.msgpack.Decoder(ToKeeper)
_report = msgspec.msgpack.Decoder(Report)


def encode(message: Ask | WishMessage | Report) -> bytes:
    """Return the bytes of one message."""
    return _encoder.encode(message)


def decode_to_keeper(data: bytes) -> Ask | WishMessage:
    """Return the message in `data`; raises ValueError when it is not one."""
    message: Ask | WishMessage = _to_keeper.decode(data)
    return message


def decode_report(data: bytes) -> Report:
    """Return the report in `data`; raises ValueError when it is not one."""
    return _report.decode(data)
