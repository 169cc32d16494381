"""From wish to command: the one place where a `BeltCommand` is made. Pure.

Told the time, the newest wish, the treadmill's newest report and what was asked, the guard
decides the mode of the machine and the command. It never raises, never guesses, and says so
whenever the command is not the wish.

    locked ─reset→ idle ─arm→ armed ─start→ starting ⇄ running ⇄ perturbing
       ↑            ↑           │              ↑          │           │
       │            │           │              └───── holding ←───────┤ a cause to hold
       └─ latched ──┴── paused ─┴──────── stopping ←──────────────────┘ stop, pause, a harder cause

Silence takes permission away; nothing but two asks gives it.
"""

from msgspec import structs

from rehabsim.base.limits import Limits
from rehabsim.base.records import MOVING, SEVERITIES, BeltCommand, Event, Mode, Severity, Wish
from rehabsim.safety.causes import CAUSES, Cause, conditions, treadmill_lost
from rehabsim.safety.envelope import Motion, towards, within
from rehabsim.safety.following import due
from rehabsim.safety.messages import Answer, Ask, Decision, GuardInputs, GuardState
from rehabsim.safety.readiness import (
    why_no_perturbation,
    why_nobody,
    why_not_at_rest,
    why_not_followed,
)
from rehabsim.safety.setpoint import deck, envelope_of, move

MAX_DT_S = 0.02
"""A longer pause between two decisions does not earn a larger step of the set point."""

COMMAND_TTL_S = 0.06

CLEAR_S = 1.0
"""After a cause to hold has gone for so long, the belts go on."""

PAUSED = "paused"


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
    turn.perturb()
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
        self.cause, self.cause_name = state.cause, state.cause_name
        self.decel_mps2 = state.decel_mps2
        self.needs_restart = state.needs_restart
        self.held_ns = state.held_ns
        self.bases_mps = (state.left_base_mps, state.right_base_mps)
        self.perturbed_ns, self.is_refused = state.perturbed_ns, state.is_refused
        self.gap_s = max((inputs.t_ns - state.t_ns) / 1e9, 0.0)
        is_known = state.t_ns > 0 and not treadmill_lost(inputs, limits)
        self.dues = due(state, inputs.belt, limits, self.gap_s, is_known=is_known)
        self.found = conditions(inputs, self.dues, limits)
        self.seen_ns = {name: state.seen_ns.get(name, self.t_ns) for name in self.found}
        self.has_stop = any(ask.name == "stop" for ask in inputs.asks)
        self.answers: list[Answer] = []
        self.events: list[Event] = []

    # -- what stops ------------------------------------------------------------------------

    def obey_stops(self) -> None:
        for ask in self.inputs.asks:
            if ask.name == "stop":
                self.answers.append(Answer(ask.id, is_accepted=True, reason=""))
                self.trip("stop_asked", f"STOP from {ask.source}")

    def look_for_causes(self) -> None:
        gap_s = (self.t_ns - self.before.t_ns) / 1e9
        limit_s = self.limits.max_wish_age_s
        if self.mode in MOVING and not gap_s <= limit_s:
            text = f"the keeper decided nothing for {gap_s:.3f} s, limit {limit_s:.3f} s"
            self.trip("keeper_late", text)
        for name, cause in CAUSES.items():
            if self.mode in ("locked", "idle") and cause.severity != "estop":
                continue
            if name in self.found and self.lasted_s(name) >= cause.after_s:
                if cause.severity == "hold":
                    self.hold(name)
                else:
                    self.trip(name, self.found[name])

    def lasted_s(self, name: str) -> float:
        return (self.t_ns - self.seen_ns[name]) / 1e9

    def hold(self, name: str) -> None:
        """Keep the speed for a while; when the cause does not go, stop."""
        self.held_ns = self.t_ns
        if self.mode == "armed":
            self.enter("idle")
            self.tell("mode", f"{self.found[name]}: disarmed.")
        elif self.mode == "holding" and self.in_mode_s() > self.limits.max_hold_s:
            self.trip(name, f"{self.found[name]}, for longer than {self.limits.max_hold_s:g} s")
        elif self.mode in MOVING and self.mode != "holding":
            # What is still wished for after this is no new perturbation.
            self.is_refused = self.is_refused or self.mode == "perturbing"
            self.end_perturbation()
            self.severity, self.cause, self.cause_name = "hold", self.found[name], name
            self.enter("holding")
            self.tell("hold", f"{self.found[name]}: the speed is held.", "hold")

    def trip(self, name: str, text: str) -> None:
        """Stop and latch in one assignment; a stop may only become harder."""
        cause = CAUSES[name]
        severity: Severity = "ramp" if cause.severity == "hold" else cause.severity
        decel_mps2 = self.decel_of(cause)
        if self.mode == "locked":
            if cause.clear == "restart" and not self.needs_restart:
                self.latch(name, text, severity, decel_mps2)
                told = "though the belts are locked. Press the emergency stop."
                self.tell("stop", f"{text}, {told}")
            return
        if self.mode == "stopping":
            self.harden(name, text, severity, decel_mps2)
            return
        was_moving = self.mode in MOVING
        self.end_perturbation()
        self.latch(name, text, severity, decel_mps2)
        self.enter("stopping")
        ramp = f"belts are ramping to rest at {self.decel_mps2:.2f} m/s²"
        self.tell("stop", f"{text}: {ramp if was_moving else 'belts are held at rest'}.")

    def harden(self, name: str, text: str, severity: Severity, decel_mps2: float) -> None:
        """Take a further cause into a stop that is going on."""
        if SEVERITIES.index(severity) > SEVERITIES.index(self.severity):
            self.latch(name, text, severity, decel_mps2)
            self.tell("stop", f"{text}: the stop is now {severity}.")
        elif self.cause == PAUSED and name != "platform_unfit":  # Every stop freezes the platform.
            self.latch(name, text, severity, decel_mps2)
            self.tell("stop", f"{text}: the pause has become a stop.")
        elif decel_mps2 > self.decel_mps2:
            self.latch(name, text, self.severity, decel_mps2)
            self.tell("stop", f"{text}: the stop is now at {decel_mps2:.2f} m/s².")

    def latch(self, name: str, text: str, severity: Severity, decel_mps2: float) -> None:
        self.cause, self.cause_name, self.severity = text, name, severity
        self.decel_mps2 = max(self.decel_mps2, decel_mps2)
        self.needs_restart = self.needs_restart or CAUSES[name].clear == "restart"

    def decel_of(self, cause: Cause) -> float:
        limits = self.limits
        if cause.severity in ("none", "warn", "hold", "ramp"):
            return limits.ramp_mps2
        fast_mps2 = max(limits.ramp_mps2, limits.fast_mps2)
        return max(fast_mps2, limits.fall_mps2) if cause.is_down else fast_mps2

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
        refusal = why_not_at_rest(self.inputs, self.limits) or why_nobody(self.inputs)
        for name in CAUSES:
            if name in self.found and not refusal:
                refusal = f"Not ready: {self.found[name]}."
        if not refusal:
            self.enter("armed")
            life_s = self.limits.armed_life_s
            self.tell("mode", f"Armed by {ask.source}: start within {life_s:g} s.")
        return refusal

    def _start(self, ask: Ask) -> str:
        if self.mode != "armed":
            return f"Start works when armed; the belts are {self.mode}."
        refusal = why_not_at_rest(self.inputs, self.limits) or why_nobody(self.inputs)
        refusal = refusal or why_not_followed(self.inputs)
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
        self.end_perturbation()
        self.severity, self.cause, self.cause_name = "ramp", PAUSED, ""
        self.decel_mps2 = self.limits.ramp_mps2
        self.enter("stopping")
        self.tell("mode", f"Paused by {ask.source}: belts are ramping to rest.")
        return ""

    def _reset(self, ask: Ask) -> str:
        # A treadmill that was called anew while idle holds its belts until it is reset, too.
        is_held = self.mode == "idle" and "treadmill_holds" in self.found
        if self.mode != "locked" and not is_held:
            return f"Reset works when locked; the belts are {self.mode}."
        if self.needs_restart:
            return f"Not by a reset: {self.cause}. Check the treadmill, then start rehabsim again."
        refusal = why_not_at_rest(self.inputs, self.limits)
        if not refusal and "emergency_stop" in self.found:
            refusal = "The emergency stop is pressed; release it first."
        if not refusal:
            self.forgive()
            self.enter("idle")
            self.tell("mode", f"Unlocked by {ask.source}.")
        return refusal

    # -- what time does --------------------------------------------------------------------

    def age(self) -> None:
        if self.mode == "armed" and self.in_mode_s() > self.limits.armed_life_s:
            self.enter("idle")
            self.tell("mode", "Not started in time: disarmed.")
        if self.mode == "holding" and (self.t_ns - self.held_ns) / 1e9 >= CLEAR_S:
            self.forgive()
            self.enter("starting")
            self.tell("mode", "What held the speed has gone: the belts go on.")
        if self.mode == "stopping" and not why_not_at_rest(self.inputs, self.limits):
            if self.cause == PAUSED:
                self.forgive()
                self.enter("idle")
            else:
                self.enter("locked")
            self.tell("mode", f"Belts at rest: {self.mode}.")

    def perturb(self) -> None:
        """Let a perturbation begin, or refuse it, and end it in time."""
        limits, wish = self.limits.perturbation, self.inputs.wish
        is_wished = wish is not None and wish.wish.is_perturbation
        if self.mode == "perturbing":
            assert limits is not None
            if not is_wished:
                self.end_perturbation()
            elif self.in_mode_s() > limits.max_duration_s:
                self.end_perturbation()
                self.refuse(f"it lasted longer than {limits.max_duration_s:g} s")
            return
        if not is_wished or self.mode not in MOVING:
            self.is_refused = False
        elif not self.is_refused:
            pause_s = (self.t_ns - self.perturbed_ns) / 1e9
            self.bases_mps = (self.before.left_speed_mps, self.before.right_speed_mps)
            refusal = why_no_perturbation(self.mode, pause_s, self.inputs, self.limits)
            if refusal:
                self.refuse(refusal)
                return
            self.enter("perturbing")
            self.tell("perturbation", "A perturbation begins.")

    def refuse(self, why: str) -> None:
        self.is_refused = True
        self.tell("perturbation", f"No perturbation: {why}.", "warn")

    def end_perturbation(self) -> None:
        if self.mode == "perturbing":
            self.perturbed_ns = self.t_ns
            self.enter("running")

    # -- the command -----------------------------------------------------------------------

    def decide(self) -> Decision:
        before = self.before
        dt_s = min(self.gap_s, MAX_DT_S)
        incline_rad, is_deck_known = deck(before, self.inputs.belt, self.limits)
        motion = Motion((0.0, 0.0), (0.0, 0.0))
        accel_mps2, is_clamped = self.decel_mps2 or self.limits.ramp_mps2, False
        if self.mode in MOVING and self.inputs.wish is not None:
            envelope = envelope_of(self.mode, self.limits)
            wish = within(self.inputs.wish.wish, envelope, self.limits)
            is_clamped = wish != self.inputs.wish.wish
            self.tell_clamps(wish, is_clamped=is_clamped)
            motion = move(self.state_so_far(), wish, envelope, self.limits, dt_s)
            accel_mps2 = envelope.max_accel_mps2
            if self.mode != "holding":
                step_rad = self.limits.max_incline_rate_radps * dt_s
                incline_rad = towards(incline_rad, wish.incline_rad, step_rad)
            wished_mps = (wish.left_speed_mps, wish.right_speed_mps)
            if self.mode == "starting" and motion.speeds_mps == wished_mps:
                self.enter("running")
                self.tell("mode", "At the wished speed: running.")
        left_mps, right_mps = motion.speeds_mps
        command = BeltCommand(
            left_mps, right_mps, accel_mps2, accel_mps2, incline_rad, COMMAND_TTL_S
        )
        state = structs.replace(
            self.state_so_far(),
            left_speed_mps=left_mps,
            right_speed_mps=right_mps,
            left_accel_mps2=motion.accels_mps2[0],
            right_accel_mps2=motion.accels_mps2[1],
            incline_rad=incline_rad,
            is_deck_known=is_deck_known,
            is_clamped=is_clamped,
            left_due_mps=self.dues[0].set_mps,
            left_slow_mps=self.dues[0].slow_mps,
            right_due_mps=self.dues[1].set_mps,
            right_slow_mps=self.dues[1].slow_mps,
        )
        return Decision(state, command, tuple(self.answers), tuple(self.events))

    def state_so_far(self) -> GuardState:
        return structs.replace(
            self.before,
            mode=self.mode,
            since_ns=self.since_ns,
            severity=self.severity,
            cause=self.cause,
            cause_name=self.cause_name,
            decel_mps2=self.decel_mps2,
            needs_restart=self.needs_restart,
            seen_ns=self.seen_ns,
            held_ns=self.held_ns,
            left_base_mps=self.bases_mps[0],
            right_base_mps=self.bases_mps[1],
            perturbed_ns=self.perturbed_ns,
            is_refused=self.is_refused,
            t_ns=self.t_ns,
        )

    def tell_clamps(self, kept: Wish, *, is_clamped: bool) -> None:
        was_clamped = self.before.is_clamped and self.before.mode in MOVING
        if not is_clamped or was_clamped:
            return
        assert self.inputs.wish is not None
        wish = self.inputs.wish.wish
        text = (
            f"Wish {wish.left_speed_mps:.2f} and {wish.right_speed_mps:.2f} m/s at"
            f" {wish.incline_rad:.3f} rad is outside the limits; held to"
            f" {kept.left_speed_mps:.2f} and {kept.right_speed_mps:.2f} m/s at"
            f" {kept.incline_rad:.3f} rad."
        )
        values = {"left_wish_mps": wish.left_speed_mps, "right_wish_mps": wish.right_speed_mps}
        self.events.append(Event(self.t_ns, "clamp", "keeper", "none", text, values))

    # -- small words -----------------------------------------------------------------------

    def in_mode_s(self) -> float:
        return (self.t_ns - self.since_ns) / 1e9

    def enter(self, mode: Mode) -> None:
        self.mode, self.since_ns = mode, self.t_ns

    def forgive(self) -> None:
        """Forget the stop that is over."""
        self.severity, self.cause, self.cause_name, self.decel_mps2 = "none", "", "", 0.0

    def tell(self, kind: str, text: str, severity: Severity = "none") -> None:
        belt = self.inputs.belt
        values = {}
        if belt is not None:
            values = {
                "left_speed_mps": belt.left_speed_mps,
                "right_speed_mps": belt.right_speed_mps,
            }
        severity = self.severity if kind == "stop" else severity
        self.events.append(Event(self.t_ns, kind, "keeper", severity, text, values))
