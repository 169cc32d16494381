"""What a session tells its clients and documented in MESSAGES.md."""

from math import nan
from typing import Literal

import msgspec

from rehabsim.base.records import (
    BaseState,
    BeltSample,
    Event,
    Gait,
    GaitEvent,
    Mode,
    PlatformMode,
    Pose,
    Record,
    Side,
    Wish,
)
from rehabsim.training.knob import Dial

SCHEMA = 1
"""Version of every published message; a field may be added, none removed or renamed."""


class Belts(Record, frozen=True, gc=False):
    """A pair of set points."""

    left_speed_mps: float
    right_speed_mps: float
    incline_rad: float


class Health(Record, frozen=True, gc=False):
    """How well the session keeps up.

    Attributes:
        lateness_s: Of this tick.
        missed_count: Ticks missed since the start.
        plate_count: Force-plate samples received since the start.
        plate_lost_count: Samples that the plates numbered and the session never saw.
        keeper_age_s: Age of the keeper's newest report.
        plate_age_s: Age of the newest force-plate sample.
    """

    lateness_s: float
    missed_count: int
    plate_count: int
    plate_lost_count: int
    keeper_age_s: float
    plate_age_s: float


class Ride(Record, frozen=True, kw_only=True):
    """The platform under the treadmill; a pose that nobody measured or wishes for is NaN.

    Attributes:
        mode: What safety lets it do.
        cause: Why it is frozen, or empty.
        belt_cause: Why the belts may not move because of it, or empty.
        base: What the motion base says that it does; empty before it has reported.
        pose: Measured.
        wish: Asked for by the scenario.
        command: Allowed by safety.
    """

    mode: PlatformMode
    cause: str
    belt_cause: str
    base: BaseState | Literal[""]
    pose: Pose
    wish: Pose
    command: Pose


class Dose(Record, frozen=True, kw_only=True):
    """The perturbations of a session.

    Attributes:
        is_on: They come; off, they are held back.
        is_going: One is going on.
        done: Pulses so far.
        count: Pulses in all.
        next_kind: Of the next trial, `catch` where nothing will happen; empty after the last.
        next_side: Leg that it will be timed to.
        strides_left: Until it is due; -1 where nobody is told.
        is_blind: Nobody is told which trial comes next, nor when.
        fade_frac: How far unrest that goes on has come in; 1 is in full.
        sway_amplitude_m: Of the deck's sway, 0 without.
        noise_sd_mps: Of the belts' noise at the present speed, 0 without.
        visual_amplitude_m: Of the picture's sway, 0 without.
        split_mps: How much faster the left belt runs in full than the right; below 0 it is the
            right one, 0 is alike.
    """

    is_on: bool
    is_going: bool
    done: int
    count: int
    next_kind: str
    next_side: str
    strides_left: int
    is_blind: bool = False
    fade_frac: float = 0.0
    sway_amplitude_m: float = 0.0
    noise_sd_mps: float = 0.0
    visual_amplitude_m: float = 0.0
    split_mps: float = 0.0


class BlockPlace(Record, frozen=True, kw_only=True):
    """Which block of a programme a session is.

    Attributes:
        programme: What the programme is called.
        visit: From 1.
        visits: Of the programme.
        number: Of the block among those of its visit, from 1.
        count: How many those are.
        title: What the block is called.
        says: What the person does in it.
        lasts_s: How long it goes on; pauses are not counted.
        tasks: It is over sooner once so many have ended; 0 is without.
        rest_s: From its end to the next block at least.
        next_title: What that is called; empty where this is the last one.
        effort_scale: On which its programme asks for effort: Borg's `6-20`, or `0-10`.
    """

    programme: str
    visit: int
    visits: int
    number: int
    count: int
    title: str
    says: str
    lasts_s: float
    tasks: int = 0
    rest_s: float = 0.0
    next_title: str = ""
    effort_scale: Literal["6-20", "0-10"] = "6-20"


PacingWord = Literal["", "follows", "fixed"]
EndedWord = Literal["", "time", "tasks", "pain", "effort", "hand"]


class Tuned(Record, frozen=True):
    """How hard the session is.

    Attributes:
        values: What live parameters are now.
        try_count: Tasks that ended so far.
        success_count: Of them done.
        has_level: Difficulty has one level that adapts, or is suggested to; NaN below without.
        level: 0 easy, 1 hard.
        recent_frac: Success of the last tasks at this level.
        offered_level: What is suggested.
        offer_reason: Why, one clause with the numbers; empty where nothing is suggested.
        offer_words: What the suggested level means.
        can_undo: There is a change to take back.
        brake: Why it does not get harder now; empty where it may.
        threshold: Level at which a staircase has come to rest.
    """

    values: dict[str, float]
    try_count: int
    success_count: int
    has_level: bool = False
    level: float = nan
    recent_frac: float = nan
    offered_level: float = nan
    offer_reason: str = ""
    offer_words: str = ""
    can_undo: bool = False
    brake: str = ""
    threshold: float = nan


class StateMessage(Record, frozen=True, kw_only=True):
    """Topic `state`: everything that changes, once a tick.

    Attributes:
        boot_id: Random, new for each run of a session; when it changes, forget what you knew.
        seq: Counts the messages of this topic.
        tick: The session's tick; time is alive only while it advances.
        t_s: Session time of the tick.
        is_replay: A recording is being played; nothing that is asked can have an effect.
        scenario: Name of the running scenario.
        mode: What the keeper is doing.
        cause: Why the belts were stopped, or empty.
        needs_restart: After that cause no reset helps: check the treadmill, start rehabsim again.
        commander: Who is in command, or empty.
        belt: Measured.
        wish: What the scenario asks for.
        command: What safety allows.
        cruise_speed_mps: Set by the therapist.
        max_speed_mps: The present limit.
        left_distance_m: Belt surface passed since the start.
        right_distance_m: The same for the right belt.
        gait: What the person does.
        scene: The scenario's own fields.
        health: How well the session keeps up.
        platform: Where the platform is; None where there is none, or nothing is known of it yet.
        dose: How far the perturbations are; None in a session without.
        tuned: How hard it is; None before anything is known of it.
        pacing: `follows` where belts follow the person, `fixed` where they could and keep the set
            speed, empty in a session without `[pacing]`.
        visual_sway_m: The world that a display shows is so far to the left of where it belongs.
        block_left_s: After so long with moving belts the session ends of itself; NaN where it does
            not.
        ended: What ended it; the belts are paused, and once they rest nothing more is said, but for
            the rest after a block. Empty while it goes on.
        rest_left_s: So long the person rests before `go_on` is heard; NaN where nobody rests.
    """

    schema: int = SCHEMA
    boot_id: str
    seq: int
    tick: int
    t_s: float
    is_replay: bool
    scenario: str
    mode: Mode
    cause: str
    needs_restart: bool = False
    commander: str
    belt: BeltSample
    wish: Wish
    command: Belts
    cruise_speed_mps: float
    max_speed_mps: float
    left_distance_m: float
    right_distance_m: float
    gait: Gait
    scene: dict[str, float]
    health: Health
    platform: Ride | None = None
    dose: Dose | None = None
    tuned: Tuned | None = None
    pacing: PacingWord = ""
    visual_sway_m: float = 0.0
    block_left_s: float = nan
    ended: EndedWord = ""
    rest_left_s: float = nan


class EventMessage(Record, frozen=True, kw_only=True):
    """Topic `event`: something worth telling a person; counted, so that a gap is visible."""

    schema: int = SCHEMA
    boot_id: str
    seq: int
    tick: int
    t_s: float
    kind: str
    source: str
    severity: str
    text: str
    values: dict[str, float]


class GaitMessage(Record, frozen=True, kw_only=True):
    """Topic `gait`: one heel strike or toe-off."""

    schema: int = SCHEMA
    boot_id: str
    seq: int
    tick: int
    t_s: float
    side: Side
    kind: str
    latency_s: float
    confidence: float


class SessionMessage(Record, frozen=True, kw_only=True):
    """Topic `session`: what does not change, once a second, for clients that join late.

    Attributes:
        start_utc_ns: Wall time at `t_s` = 0.
        site: Name of the room.
        treadmill_url: The real address, or one that says `sim:` or `recording:`.
        plates_url: The same.
        platform_url: The same; empty where there is no platform.
        subject: Random id of the person.
        patient: Whom the simulator plays, or empty.
        seed: Of everything random.
        params: The scenario's parameters as text.
        limits: The belts' limits, by name.
        needs_display: A display must show that it keeps up (`seen`), or the belts do not run.
        dials: The scenario's parameters that mean something to a therapist, with their ranges.
        log: Name of the file that records the session.
        block: Which block of a programme it is; None where it is none.
    """

    schema: int = SCHEMA
    boot_id: str
    seq: int
    start_utc_ns: int
    version: str
    is_replay: bool
    site: str
    treadmill_url: str
    plates_url: str
    platform_url: str = ""
    subject: str
    patient: str
    seed: int
    scenario: str
    params: dict[str, str]
    limits: dict[str, float]
    log: str
    needs_display: bool = False
    dials: tuple[Dial, ...] = ()
    block: BlockPlace | None = None


Published = StateMessage | EventMessage | GaitMessage | SessionMessage

_encoder = msgspec.msgpack.Encoder()


def encode_frame(topic: str, message: Published) -> bytes:
    """Return the single ZeroMQ frame: topic, one space, MessagePack map."""
    return topic.encode() + b" " + _encoder.encode(message)


def split_frame(frame: bytes) -> tuple[str, bytes]:
    """Return topic and MessagePack body of a published frame."""
    topic, _, body = frame.partition(b" ")
    return topic.decode(), body


def event_message(event: Event, *, boot_id: str, seq: int, tick: int) -> EventMessage:
    """Return what is published of `event`."""
    return EventMessage(
        boot_id=boot_id,
        seq=seq,
        tick=tick,
        t_s=event.t_ns / 1e9,
        kind=event.kind,
        source=event.source,
        severity=event.severity,
        text=event.text,
        values=event.values,
    )


def gait_message(event: GaitEvent, *, boot_id: str, seq: int, tick: int) -> GaitMessage:
    """Return what is published of a heel strike or toe-off."""
    return GaitMessage(
        boot_id=boot_id,
        seq=seq,
        tick=tick,
        t_s=event.t_ns / 1e9,
        side=event.side,
        kind=event.kind,
        latency_s=event.latency_s,
        confidence=event.confidence,
    )
