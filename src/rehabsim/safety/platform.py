"""From a wish to the platform's command: the one place where a `PlatformCommand` is made. Pure.

Told the time, the newest wish, the base's newest report, what the belts do and what was asked,
it decides the mode of the platform and the command. It never raises, never guesses, and says so
whenever the command is not the wish.

    freeze ─settle→ settling ─home→ settled ─engage→ engaged ─belts start→ moving
       ↑                │              │               │                     │
       └── STOP, or a cause ───────────┴───────────────┴─────────────────────┘

A freeze brakes every axis where it is and holds it there. Only a person who asks to settle, with
the belts at rest, ends it. Nothing moves that was not engaged from home.
"""

from rehabsim.base.limits import PlatformLimits
from rehabsim.base.records import (
    MOVING,
    BaseState,
    Event,
    Mode,
    PlatformAct,
    PlatformCommand,
    PlatformMode,
    Pose,
    Severity,
)
from rehabsim.safety.causes import age_cause
from rehabsim.safety.guard import MAX_DT_S
from rehabsim.safety.platform_envelope import (
    Pace,
    base_words,
    box,
    brisk,
    device_cause,
    homing,
    inside,
    is_parked,
    is_sane,
    normal,
    six,
    slowed,
    step,
    why_clamped,
    why_warn,
)
from rehabsim.safety.platform_following import follow, is_astray, why_off
from rehabsim.safety.platform_messages import (
    PlatformDecision,
    PlatformInputs,
    PlatformState,
    Six,
)
from rehabsim.safety.platform_onset import eased, resting
from rehabsim.safety.platform_perturbation import perturbation

HOME = Pose()
NEAR = 1e-5
"""m or rad; the last of the way home, which the base goes by itself."""
RISE_S = 30.0
"""A base that has not risen so long after it was engaged never will."""

PARKED: frozenset[Mode] = frozenset({"locked", "idle"})
STANDING: Six = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
STOPPED: frozenset[BaseState] = frozenset({"fault", "inhibited"})
"""States that a reset ends."""


def guard_platform(
    state: PlatformState, inputs: PlatformInputs, limits: PlatformLimits
) -> PlatformDecision:
    """Decide one tick.

    Args:
        state: What the decision before handed back; `PlatformState()` at the start.
        inputs: All that is known now.
        limits: Of the room, tightened by those of the person.

    Returns:
        The new state, the command, an answer to what was asked, whether the belts may move, and
        what to tell people.
    """
    turn = _Turn(state, inputs, limits)
    turn.look_where_it_is()
    turn.look_for_causes()
    turn.answer()
    turn.go_on()
    return turn.decide()


class _Turn:
    """One decision in the making."""

    def __init__(
        self, state: PlatformState, inputs: PlatformInputs, limits: PlatformLimits
    ) -> None:
        self.inputs = inputs
        self.limits = limits
        self.t_ns = inputs.t_ns
        self.before = state
        self.gap_s = (inputs.t_ns - state.t_ns) / 1e9
        self.device_cause = device_cause(inputs, limits)
        self.base = None if inputs.sample is None else inputs.sample.state
        self.is_parked = is_parked(inputs.sample)
        self.words = base_words(inputs.sample)
        self.mode: PlatformMode = state.mode
        self.since_ns = state.since_ns
        self.cause = state.cause
        self.is_ours = state.is_ours
        self.is_up = state.is_up
        self.is_resetting = state.is_resetting
        self.has_looked = state.has_looked
        self.refusal = ""
        self.events: list[Event] = []

    # -- where it is -----------------------------------------------------------------------

    def look_where_it_is(self) -> None:
        """Note whether the base follows us, and since when it has been too far away."""
        self.is_up = self.is_up or (self.is_ours and self.base == "engaged")
        self.is_ours = self.is_ours and (self.base == "engaged" or not self.is_up)
        if self.inputs.sample is not None and not self.has_looked:
            self.has_looked = self.base != "starting"
            warning = why_warn(self.inputs.sample)
            if warning:
                self.tell("mode", warning, "warn")
        was, told, lm = self.before.track, self.before.pose, self.limits
        self.track = follow(was, told, self.measured(), lm, t_ns=self.t_ns, gap_s=self.gap_s)

    def measured(self) -> Pose | None:
        """Return where the base is, if that is known and it follows us."""
        sample = self.inputs.sample
        if self.device_cause or sample is None or not (self.is_ours and self.is_up):
            return None
        return sample.pose

    def error(self) -> str:
        """Return how far the base is from where it should be, if that is too far."""
        measured = self.measured()
        if measured is None:
            return ""
        return why_off(self.track, self.before.pose, measured, self.limits)

    # -- what stops ------------------------------------------------------------------------

    def look_for_causes(self) -> None:
        if self.mode == "freeze":
            was_astray = is_astray(self.before.track, self.before.t_ns, self.limits)
            if is_astray(self.track, self.t_ns, self.limits) and not was_astray:
                self.tell("stop", f"{self.error()}: press the emergency stop.", "estop")
            return
        cause = self.why_freeze()
        if cause:
            self.freeze(cause)

    def why_freeze(self) -> str:
        """Return why the present mode cannot go on, or nothing."""
        if self.mode == "settled":
            return self.why_not_settled()
        cause = self.inputs.stop_cause or self.device_cause
        gap_s, limit_s = self.gap_s, self.limits.max_wish_age_s
        if not cause and not gap_s <= limit_s:
            cause = f"the keeper decided nothing for {gap_s:.3f} s, limit {limit_s:.3f} s"
        if cause:
            return cause
        if self.mode == "engaged":
            return self.why_not_engaged()
        return self.why_not_moving() if self.mode == "moving" else self.why_not_settling()

    def why_not_settled(self) -> str:
        sample = self.inputs.sample
        if sample is None or sample.state == "starting" or is_parked(sample):
            return ""
        return f"the base is {sample.state} without being asked"

    def why_not_engaged(self) -> str:
        mode = self.inputs.belt_mode
        if mode in ("locked", "stopping"):
            return f"the belts are {mode}"
        if self.is_up or self.base not in ("idle", "rising"):
            return self.why_not_following()
        is_late = (self.t_ns - self.since_ns) / 1e9 > RISE_S
        return f"the base did not rise in {RISE_S:g} s" if is_late else ""

    def why_not_moving(self) -> str:
        inputs = self.inputs
        if inputs.belt_mode not in MOVING:
            return f"the belts are {inputs.belt_mode}"
        if inputs.wish is None:
            return "the session has not spoken"
        age_ns = self.t_ns - inputs.wish_t_ns
        cause = age_cause("the session's last wish", age_ns, self.limits.max_wish_age_s)
        if not cause and not is_sane(inputs.wish.pose):
            cause = "the wish for the platform is not a number"
        return cause or self.why_not_following()

    def why_not_following(self) -> str:
        sample = self.inputs.sample
        if sample is None or sample.state != "engaged":
            return f"the base no longer follows: {self.words}"
        if sample.hold:
            return f"the base holds by itself: {sample.hold}"
        return self.error() if is_astray(self.track, self.t_ns, self.limits) else ""

    def why_not_settling(self) -> str:
        cause = self.why_belts_not_at_rest()
        if cause or self.is_ours:
            return cause or self.why_not_following()
        is_lost = self.base == "idle" and not self.is_parked
        is_stopped = self.base in STOPPED and not self.is_resetting
        why = f"the base cannot go home: {self.words}; bring it down from its own panel"
        return why if is_lost or is_stopped or self.base == "disabled" else ""

    def why_belts_not_at_rest(self) -> str:
        if self.inputs.belt_mode not in PARKED:
            return f"the belts are {self.inputs.belt_mode}"
        return "" if self.inputs.is_at_rest else "the belts are not known to be at rest"

    def freeze(self, cause: str) -> None:
        """Stop and latch in one assignment."""
        self.enter("freeze")
        self.cause, self.is_resetting = cause, False
        self.tell("stop", f"{cause}: the platform brakes and holds where it is.", "ramp")

    # -- what is asked ---------------------------------------------------------------------

    def answer(self) -> None:
        if not self.inputs.ask:
            return
        if self.inputs.stop_cause:
            self.refusal = "STOP was asked at the same moment."
        else:
            self.refusal = self.engage() if self.inputs.ask == "engage" else self.settle()

    def engage(self) -> str:
        if self.mode != "settled":
            return f"Engage works when settled; the platform is {self.mode}."
        if self.inputs.belt_mode != "idle":
            return f"Engage works when the belts are idle; they are {self.inputs.belt_mode}."
        cause = self.why_belts_not_at_rest() or self.device_cause
        if not cause and (not self.is_parked or self.words != self.base):
            cause = f"the base is not ready: {self.words}"
        if cause:
            return f"Not ready: {cause}."
        self.enter("engaged")
        self.is_ours, self.is_up = True, False
        self.tell("mode", "Engaged: the platform rises.")
        return ""

    def settle(self) -> str:
        if self.mode not in ("freeze", "engaged"):
            return f"Settle works when frozen or engaged; the platform is {self.mode}."
        cause = self.why_belts_not_at_rest() or self.device_cause
        if not cause and (self.before.rate != STANDING or self.before.mode != self.mode):
            cause = "the platform still brakes"
        cause = cause or self.error()
        if cause:
            return f"Not ready: {cause}."
        self.enter("settling")
        self.cause = ""
        self.is_ours = self.is_ours and self.base == "engaged"
        self.tell("mode", "Settling: the platform goes home.")
        return ""

    # -- what happens next -----------------------------------------------------------------

    def go_on(self) -> None:
        if self.mode == "engaged" and not self.why_not_moving():
            self.enter("moving")
            self.tell("mode", "The platform follows the training, gently at first.")
        if self.mode == "settling":
            self.is_resetting = self.base in STOPPED  # One that stops later has frozen before.
            cause = self.why_not_settling()
            if cause:
                self.freeze(cause)
            elif self.is_parked:
                self.enter("settled")
                self.tell("mode", "The platform is home.")

    # -- the command -----------------------------------------------------------------------

    def decide(self) -> PlatformDecision:
        is_brisk = self.look_at_perturbation()
        paces = brisk(self.limits) if is_brisk else normal(self.limits)
        pose, rate = self.set_point(paces)
        onset_pose, onset_ns = self.before.onset_pose, self.before.onset_ns
        if self.mode != "moving" or self.inputs.belt_mode == "holding":
            onset_pose, onset_ns = resting(pose, rate, self.limits), self.t_ns
        clamp = ""
        if self.mode == "moving" and self.inputs.wish is not None:
            clamp = why_clamped(self.inputs.wish, pose, rate, self.limits, is_brisk=is_brisk)
        if clamp and not self.before.is_clamped:
            self.tell("clamp", clamp)
        state = PlatformState(
            mode=self.mode,
            since_ns=self.since_ns,
            cause=self.cause,
            pose=pose,
            rate=rate,
            is_ours=self.is_ours,
            is_up=self.is_up,
            is_resetting=self.is_resetting,
            is_clamped=bool(clamp),
            has_looked=self.has_looked,
            perturbed_ns=self.perturbed_ns,
            calm_ns=self.calm_ns,
            was_asked=self.was_asked,
            track=self.track,
            onset_pose=onset_pose,
            onset_ns=onset_ns,
            t_ns=self.t_ns,
        )
        return PlatformDecision(
            state,
            self.command(pose),
            self.refusal,
            self.belt_cause(),
            tuple(self.events),
        )

    def look_at_perturbation(self) -> bool:
        """Return whether the platform may move briskly now."""
        wish = self.inputs.wish
        is_asked = self.mode == "moving" and wish is not None and wish.is_perturbing
        self.was_asked = is_asked and self.inputs.belt_mode != "holding"
        began = perturbation(self.before, self.t_ns, self.limits, is_asked=self.was_asked)
        self.perturbed_ns, self.calm_ns = began
        return self.perturbed_ns is not None

    def set_point(self, paces: tuple[Pace, ...]) -> tuple[Pose, Six]:
        """Return where the set point is now, and its rate."""
        if self.mode in ("settled", "engaged"):
            return HOME, STANDING
        if not self.gap_s <= self.limits.max_wish_age_s:
            return self.before.pose, STANDING  # It has been standing there all this time.
        lm, wish = self.limits, self.inputs.wish
        dt_s = min(max(self.gap_s, 0.0), MAX_DT_S)
        now = zip(six(self.before.pose), self.before.rate, box(lm), strict=True)
        if self.mode == "freeze":
            decels = (lm.freeze_mps2,) * 3 + (lm.freeze_radps2,) * 3
            moved = [slowed(*axis, decel, dt_s) for axis, decel in zip(now, decels, strict=True)]
        else:
            target = HOME
            if self.mode == "settling":
                paces = homing(lm)
            elif self.inputs.belt_mode == "holding":
                target = self.before.pose  # It brakes gently, and goes on when the belts do.
            elif wish is not None:
                since_s = (self.t_ns - self.before.onset_ns) / 1e9
                target = eased(self.before.onset_pose, inside(wish.pose, lm), since_s)
            moved = [
                step(place, rate, goal, edge, pace, dt_s)
                for (place, rate, edge), goal, pace in zip(now, six(target), paces, strict=True)
            ]
        places, rates = zip(*moved, strict=True)
        return Pose(*places), rates

    def command(self, pose: Pose) -> PlatformCommand:
        act: PlatformAct = "rest"
        if self.mode == "moving":
            act = "move"
        elif self.mode == "engaged":
            act = "move" if self.is_up else "engage"
        elif self.mode == "freeze" and self.is_ours:
            act = "freeze"
        elif self.mode == "settling":
            if self.is_resetting:
                act = "reset"
            elif self.is_ours and not max(map(abs, six(pose))) <= NEAR:
                act = "move"
            elif self.base in ("engaged", "rising", "parking"):
                act = "settle"
        return PlatformCommand(act, pose if act in ("move", "freeze") else self.harmless())

    def harmless(self) -> Pose:
        """Return the pose to name where none should be followed: where it is, once it is up."""
        sample = self.inputs.sample
        if sample is None or self.base in ("starting", "idle") or not is_sane(sample.pose):
            return HOME
        return HOME if self.mode == "engaged" else inside(sample.pose, self.limits)

    def belt_cause(self) -> str:
        """Return why the belts may not move now, or nothing."""
        if self.mode == "freeze":
            return f"the platform is frozen ({self.cause})"
        if self.mode == "settling" or (self.mode == "engaged" and not self.is_up):
            return f"the platform is {'going home' if self.mode == 'settling' else 'rising'}"
        return ""

    # -- small words -----------------------------------------------------------------------

    def enter(self, mode: PlatformMode) -> None:
        self.mode, self.since_ns = mode, self.t_ns

    def tell(self, kind: str, text: str, severity: Severity = "none") -> None:
        self.events.append(Event(self.t_ns, kind, "platform", severity, text))
