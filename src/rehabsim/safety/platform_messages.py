"""What the platform's guard is told, remembers and decides."""

from typing import Literal

from rehabsim.base.records import (
    Event,
    Mode,
    PlatformCommand,
    PlatformMode,
    PlatformSample,
    PlatformWish,
    Pose,
    Record,
)

PlatformAsk = Literal["", "engage", "settle"]
"""Someone asks for the platform to rise and follow, or to go home; empty when nobody does."""

Six = tuple[float, float, float, float, float, float]
"""One number for each axis, in the order of `Pose`."""


class PlatformInputs(Record, frozen=True, kw_only=True):
    """All that one decision about the platform is made from.

    Attributes:
        t_ns: Time of the decision.
        wish: The session's newest wish for the platform, None before the first.
        wish_t_ns: When it was made; the permission that it gives expires.
        sample: The base's newest report, None before the first.
        belt_mode: What the guard of the belts has just decided.
        is_at_rest: Both belts were measured at rest, lately.
        ask: What was asked since the decision before.
        stop_cause: Why everything must stop now: a STOP, or what the belts are stopping for;
            empty where nothing does. A cause that is over, and only latched, is none.
        has_platform: The base's link is open and speaks its protocol.
    """

    t_ns: int
    wish: PlatformWish | None
    wish_t_ns: int
    sample: PlatformSample | None
    belt_mode: Mode
    is_at_rest: bool
    ask: PlatformAsk = ""
    stop_cause: str = ""
    has_platform: bool = True


class Track(Record, frozen=True, omit_defaults=True):
    """How the base has followed so far.

    Attributes:
        due: The set point, low-passed as bases are; None while nobody knows where the base is, or
            it follows nobody.
        astray_ns: Since when it has been further from its set point than it may ever be, None if
            it is near.
        unlike_ns: Since when it has been further from where it is due than it may, None likewise.
    """

    due: Pose | None = None
    astray_ns: int | None = None
    unlike_ns: int | None = None


class PlatformState(Record, frozen=True, kw_only=True):
    """What the platform's guard remembers from one decision to the next.

    Attributes:
        mode: State of the machine.
        since_ns: When it was entered.
        cause: Why the platform is frozen; empty outside `freeze`.
        pose: The last set point.
        rate: Its rate on each axis, m/s or rad/s.
        is_ours: The base was engaged by us and has followed our set points since.
        is_up: It has risen.
        is_resetting: It is asked to forget a fault on its way home.
        is_clamped: The last wish was outside the limits.
        has_looked: The first report that says where the base stands has been looked at.
        perturbed_ns: When the present perturbation began, None outside one.
        calm_ns: When the last one ended.
        was_asked: One was wished for at the last decision, granted or not.
        track: How the base follows.
        onset_pose: Where the movement began, or would begin, that follows the wish.
        onset_ns: When it began; until then, time of the last decision.
        t_ns: Time of the last decision.
    """

    mode: PlatformMode = "freeze"
    since_ns: int = 0
    cause: str = "start-up"
    pose: Pose = Pose()
    rate: Six = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    is_ours: bool = False
    is_up: bool = False
    is_resetting: bool = False
    is_clamped: bool = False
    has_looked: bool = False
    perturbed_ns: int | None = None
    calm_ns: int = 0
    was_asked: bool = False
    track: Track = Track()
    onset_pose: Pose = Pose()
    onset_ns: int = 0
    t_ns: int = 0


class PlatformDecision(Record, frozen=True):
    """What was decided.

    Attributes:
        state: To be handed back at the next decision.
        command: What the base is told.
        refusal: Why what was asked did not take effect; empty where it did.
        belt_cause: Why the belts may not move now, or nothing.
        events: Everything that differs from what was wished, and every change of mode.
    """

    state: PlatformState
    command: PlatformCommand
    refusal: str = ""
    belt_cause: str = ""
    events: tuple[Event, ...] = ()


class PlatformReport(Record, frozen=True, omit_defaults=True):
    """The platform's part of one tick: what only it was told, and what was decided.

    The rest of its guard's inputs follows from the belts' (`platform_belts.platform_inputs`).

    Attributes:
        decision: Of its guard.
        sample: The base's newest report, None before the first.
        ask: What was asked since the decision before.
        has_platform: The base's link is open and speaks its protocol.
    """

    decision: PlatformDecision
    sample: PlatformSample | None = None
    ask: PlatformAsk = ""
    has_platform: bool = True
