"""From wish to command: the one place where a `BeltCommand` is made. Pure.

Told the time, the newest wish, the treadmill's newest report and what was asked, the guard
decides the mode of the machine and the command. It never raises, never guesses, and says so
whenever the command is not the wish.

    locked ─reset→ idle ─arm→ armed ─start→ starting → running
       ↑            ↑           └───────────┬──────────────┘ stop, pause, or a cause
       └─ latched ──┴── paused ──────── stopping

Silence takes permission away; nothing but two asks gives it.
"""

from math import isfinite

from rehabsim.base.config import Limits
from rehabsim.base.records import SEVERITIES, BeltCommand, BeltSample, Event, Mode, Severity
from rehabsim.safety.envelope import is_sane, towards, within
from rehabsim.safety.messages import Answer, Ask, Decision, GuardInputs, GuardState

REST_MPS = 0.02
"""A belt measured slower than this is at rest."""

MAX_DT_S = 0.02
"""A longer pause between two decisions does not earn a larger step of the set point."""

COMMAND_TTL_S = 0.06
PAUSED = "paused"
CLOCK_SLACK_S = 0.02
"""A message may seem this much younger than now: sender and keeper tick apart."""

MOVING: frozenset[Mode] = frozenset({"starting", "running"})


def guard(state: GuardState, inputs: GuardInputs, limits: Limits) -> Decision:
    """Decide one tick.

    Args:
        state: What the decision before handed back; `GuardState()` at the start.
        inputs: All that is known now.
        limits: Of the room, tightened by those of the person.

    Returns:
        The new state, the command, an answer to each ask, and what to tell people.
    """
    turn = _Turn(state, inputs, limits)
    turn.obey_stops()
    turn.look_for_causes()
    for ask in inputs.asks:
        turn.answer(ask)
    turn.age()
    return turn.decide()


class _Turn:
    """One decision in the making."""

    def __init__(self, state: GuardState, inputs: GuardInputs, limits: Limits) -> None:
        self.inputs = inputs
        self.limits = limits
        self.t_ns = inputs.t_ns
        self.before = state
        self.mode: Mode = state.mode
        self.since_ns = state.since_ns
        self.severity: Severity = state.severity
        self.cause = state.cause
        self.has_stop = any(ask.name == "stop" for ask in inputs.asks)
        self.answers: list[Answer] = []
        self.events: list[Event] = []

    # -- what stops ------------------------------------------------------------------------

    def obey_stops(self) -> None:
        for ask in self.inputs.asks:
            if ask.name == "stop":
                self.answers.append(Answer(ask.id, is_accepted=True, reason=""))
                self.trip("fast", f"STOP from {ask.source}")

    def look_for_causes(self) -> None:
        for severity, cause in active_causes(self.inputs, self.limits):
            if self.mode in MOVING or self.mode in ("armed", "stopping"):
                self.trip(severity, cause)
        gap_s = (self.t_ns - self.before.t_ns) / 1e9
        limit_s = self.limits.max_wish_age_s
        if self.mode in MOVING and not gap_s <= limit_s:
            self.trip(
                "ramp", f"the keeper decided nothing for {gap_s:.3f} s, limit {limit_s:.3f} s"
            )

    def trip(self, severity: Severity, cause: str) -> None:
        """Stop and latch in one assignment; a stop may only become harder."""
        if self.mode == "stopping" and not _is_harder(severity, self.severity):
            if self.cause == PAUSED:
                self.cause = cause
                self.tell("stop", f"{cause}: the pause has become a stop.")
            return
        if self.mode == "locked":
            return
        self.severity, self.cause = severity, cause
        if self.mode == "stopping":
            self.tell("stop", f"{cause}: the stop is now {severity}.")
            return
        was_moving = self.mode in MOVING
        self.enter("stopping")
        ramp = f"belts are ramping to rest at {self.decel_mps2():.2f} m/s²"
        self.tell("stop", f"{cause}: {ramp if was_moving else 'belts are held at rest'}.")

    # -- what is asked ---------------------------------------------------------------------

    def answer(self, ask: Ask) -> None:
        if ask.name == "stop":
            return
        if self.has_stop:
            refusal = "STOP was asked at the same moment."
        else:
            refusal = getattr(self, f"_{ask.name}")(ask)
        self.answers.append(Answer(ask.id, is_accepted=not refusal, reason=refusal))

    def _arm(self, ask: Ask) -> str:
        if self.mode != "idle":
            return f"Arm works when idle; the belts are {self.mode}."
        refusal = self.why_not_at_rest()
        causes = active_causes(self.inputs, self.limits)
        if not refusal and causes:
            refusal = f"Not ready: {causes[0][1]}."
        if not refusal:
            self.enter("armed")
            self.tell(
                "mode", f"Armed by {ask.source}: start within {self.limits.armed_life_s:g} s."
            )
        return refusal

    def _start(self, ask: Ask) -> str:
        if self.mode != "armed":
            return f"Start works when armed; the belts are {self.mode}."
        refusal = self.why_not_at_rest()
        if not refusal:
            self.enter("starting")
            self.tell("mode", f"Started by {ask.source}.")
        return refusal

    def _pause(self, ask: Ask) -> str:
        if self.mode == "armed":
            self.enter("idle")
            self.tell("mode", f"Disarmed by {ask.source}.")
            return ""
        if self.mode not in MOVING:
            return f"Pause works while the belts move; they are {self.mode}."
        self.severity, self.cause = "ramp", PAUSED
        self.enter("stopping")
        self.tell("mode", f"Paused by {ask.source}: belts are ramping to rest.")
        return ""

    def _reset(self, ask: Ask) -> str:
        if self.mode != "locked":
            return f"Reset works when locked; the belts are {self.mode}."
        refusal = self.why_not_at_rest()
        if not refusal:
            self.severity, self.cause = "none", ""
            self.enter("idle")
            self.tell("mode", f"Unlocked by {ask.source}.")
        return refusal

    def why_not_at_rest(self) -> str:
        """Return why the belts are not known to be at rest, or nothing."""
        cause = treadmill_cause(self.inputs, self.limits)
        if cause:
            return f"Not ready: {cause}."
        if not is_at_rest(self.inputs.belt):
            belt = self.inputs.belt
            assert belt is not None
            return (
                f"The belts still move: {belt.left_speed_mps:.2f} and"
                f" {belt.right_speed_mps:.2f} m/s."
            )
        return ""

    # -- what time does --------------------------------------------------------------------

    def age(self) -> None:
        if self.mode == "armed" and self.in_mode_s() > self.limits.armed_life_s:
            self.enter("idle")
            self.tell("mode", "Not started in time: disarmed.")
        if self.mode == "stopping" and not self.why_not_at_rest():
            if self.cause == PAUSED:
                self.severity, self.cause = "none", ""
                self.enter("idle")
            else:
                self.enter("locked")
            self.tell("mode", f"Belts at rest: {self.mode}.")

    # -- the command -----------------------------------------------------------------------

    def decide(self) -> Decision:
        left_mps, right_mps = 0.0, 0.0
        incline_rad, is_deck_known = self.deck()
        accel_mps2 = self.decel_mps2()
        if self.mode in MOVING and self.inputs.wish is not None:
            wish = within(self.inputs.wish.wish, self.limits)
            is_starting = self.mode == "starting"
            accel_mps2 = (
                self.limits.max_start_accel_mps2 if is_starting else self.limits.max_accel_mps2
            )
            dt_s = min(max((self.t_ns - self.before.t_ns) / 1e9, 0.0), MAX_DT_S)
            step_mps = accel_mps2 * dt_s
            left_mps = towards(self.before.left_speed_mps, wish.left_speed_mps, step_mps)
            right_mps = towards(self.before.right_speed_mps, wish.right_speed_mps, step_mps)
            step_rad = self.limits.max_incline_rate_radps * dt_s
            incline_rad = towards(incline_rad, wish.incline_rad, step_rad)
            self.tell_clamps(was_moving=self.before.mode in MOVING)
            if is_starting and (left_mps, right_mps) == (wish.left_speed_mps, wish.right_speed_mps):
                self.enter("running")
                self.tell("mode", "At the wished speed: running.")
        command = BeltCommand(
            left_mps, right_mps, accel_mps2, accel_mps2, incline_rad, COMMAND_TTL_S
        )
        state = GuardState(
            mode=self.mode,
            since_ns=self.since_ns,
            severity=self.severity,
            cause=self.cause,
            left_speed_mps=left_mps,
            right_speed_mps=right_mps,
            incline_rad=incline_rad,
            is_deck_known=is_deck_known,
            is_clamped=self.is_clamped(),
            t_ns=self.t_ns,
        )
        return Decision(state, command, tuple(self.answers), tuple(self.events))

    def deck(self) -> tuple[float, bool]:
        """Return where the deck is held: where it was found, and later where we put it."""
        belt = self.inputs.belt
        if self.before.is_deck_known or belt is None or not isfinite(belt.incline_rad):
            return self.before.incline_rad, self.before.is_deck_known
        return min(max(belt.incline_rad, 0.0), self.limits.max_incline_rad), True

    def is_clamped(self) -> bool:
        wish = self.inputs.wish
        return (
            self.mode in MOVING and wish is not None and within(wish.wish, self.limits) != wish.wish
        )

    def tell_clamps(self, *, was_moving: bool) -> None:
        assert self.inputs.wish is not None
        if self.is_clamped() and not (self.before.is_clamped and was_moving):
            wish, kept = self.inputs.wish.wish, within(self.inputs.wish.wish, self.limits)
            self.events.append(
                Event(
                    self.t_ns,
                    "clamp",
                    "keeper",
                    "none",
                    f"Wish {wish.left_speed_mps:.2f} and {wish.right_speed_mps:.2f} m/s at"
                    f" {wish.incline_rad:.3f} rad is outside the limits; held to"
                    f" {kept.left_speed_mps:.2f} and {kept.right_speed_mps:.2f} m/s at"
                    f" {kept.incline_rad:.3f} rad.",
                    {
                        "left_wish_mps": wish.left_speed_mps,
                        "right_wish_mps": wish.right_speed_mps,
                    },
                )
            )

    # -- small words -----------------------------------------------------------------------

    def decel_mps2(self) -> float:
        ramp_mps2, fast_mps2 = self.limits.ramp_mps2, self.limits.fast_mps2
        return max(ramp_mps2, fast_mps2) if self.severity == "fast" else ramp_mps2

    def in_mode_s(self) -> float:
        return (self.t_ns - self.since_ns) / 1e9

    def enter(self, mode: Mode) -> None:
        self.mode, self.since_ns = mode, self.t_ns

    def tell(self, kind: str, text: str) -> None:
        belt = self.inputs.belt
        values = {}
        if belt is not None:
            values = {
                "left_speed_mps": belt.left_speed_mps,
                "right_speed_mps": belt.right_speed_mps,
            }
        severity = self.severity if kind == "stop" else "none"
        self.events.append(Event(self.t_ns, kind, "keeper", severity, text, values))


def active_causes(inputs: GuardInputs, limits: Limits) -> list[tuple[Severity, str]]:
    """Return every reason why the belts may not move now, hardest first."""
    causes: list[tuple[Severity, str]] = []
    cause = treadmill_cause(inputs, limits)
    if cause:
        causes.append(("ramp", cause))
    wish = inputs.wish
    if wish is None:
        causes.append(("ramp", "the session has not spoken"))
        return causes
    for what, t_ns, limit_s in (
        ("the session's last wish", wish.t_ns, limits.max_wish_age_s),
        ("the newest force-plate sample", wish.plate_t_ns, limits.max_plate_age_s),
        ("the last sign of the console in command", wish.operator_t_ns, limits.max_operator_age_s),
    ):
        cause = age_cause(what, inputs.t_ns - t_ns, limit_s)
        if cause:
            causes.append(("ramp", cause))
    if not is_sane(wish.wish):
        w = wish.wish
        causes.append(
            (
                "ramp",
                f"the wish {w.left_speed_mps}, {w.right_speed_mps} m/s, {w.incline_rad} rad is"
                " not a number or negative",
            )
        )
    return causes


def treadmill_cause(inputs: GuardInputs, limits: Limits) -> str:
    """Return what keeps us from knowing the belts' speed, or nothing."""
    if not inputs.has_treadmill:
        return "the treadmill's link is lost"
    belt = inputs.belt
    if belt is None:
        return "the treadmill has not reported"
    if not (isfinite(belt.left_speed_mps) and isfinite(belt.right_speed_mps)):
        return "the treadmill reports a speed that is not a number"
    return age_cause("the treadmill's last report", inputs.t_ns - belt.t_ns, limits.max_belt_age_s)


def age_cause(what: str, age_ns: int, limit_s: float) -> str:
    """Return that something is too old, with the numbers, or nothing."""
    age_s = age_ns / 1e9
    if -CLOCK_SLACK_S <= age_s <= limit_s:
        return ""
    return f"{what} is {age_s:.3f} s old, limit {limit_s:.3f} s"


def is_at_rest(belt: BeltSample | None) -> bool:
    """Return whether both belts were measured at rest; nothing measured is not rest."""
    return (
        belt is not None
        and -REST_MPS <= belt.left_speed_mps <= REST_MPS
        and -REST_MPS <= belt.right_speed_mps <= REST_MPS
    )


def _is_harder(severity: Severity, than: Severity) -> bool:
    return SEVERITIES.index(severity) > SEVERITIES.index(than)
