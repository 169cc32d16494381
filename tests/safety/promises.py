"""What the belts' guard promises whatever happens, and a watch that counts what it breaks."""

from collections import Counter
from collections.abc import Iterator
from math import isfinite
from typing import NamedTuple

from rehabsim.base.limits import Limits
from rehabsim.base.records import MOVING, SEVERITIES
from rehabsim.safety.envelope import Envelope
from rehabsim.safety.guard import COMMAND_TTL_S, MAX_DT_S, PAUSED
from rehabsim.safety.messages import Decision, GuardInputs, GuardState
from rehabsim.safety.setpoint import envelope_of

EPSILON = 1e-9
PROMISES = {
    "permission": "no motion unless reset, arm and start were accepted since the last stop, in"
    " this order",
    "downward": "no set point upward after a stop or a pause until a new start",
    "latch": "a latched cause goes by an accepted reset alone; one that needs a restart never goes",
    "harder": "a stop becomes harder, never softer",
    "modes": "a mode is left only on the ways the guard's diagram has",
    "envelope": "set points inside the envelope of the mode: speed, split, acceleration, deck,"
    " its rate, size and length of a perturbation",
    "jerk": "the jerk inside it, except where speed, split or the size of a perturbation end a"
    " movement",
    "answers": "every ask answered exactly once",
    "told": "every change of mode and every clamp stands in an event",
    "finite": "every number of a command finite, every command expires",
}


class Look(NamedTuple):
    """One decision, with what it was made from.

    Attributes:
        before: The state that it was given.
        given: Its inputs.
        decision: What became of them.
        limits: As the guard has them.
    """

    before: GuardState
    given: GuardInputs
    decision: Decision
    limits: Limits

    def accepted(self) -> list[str]:
        """Return the names of the asks that took effect, in their order."""
        ids = {answer.id for answer in self.decision.answers if answer.is_accepted}
        return [ask.name for ask in self.given.asks if ask.id in ids]

    def kinds(self) -> set[str]:
        return {event.kind for event in self.decision.events}

    def dt_s(self) -> float:
        return min(max((self.given.t_ns - self.before.t_ns) / 1e9, 0.0), MAX_DT_S)

    def envelope(self) -> Envelope:
        """Return what held on the way here.

        In the tick that reaches the wish, the way there was that of a start.
        """
        mode = self.decision.state.mode
        is_there = mode == "running" and self.before.mode not in ("running", "perturbing")
        return envelope_of("starting" if is_there else mode, self.limits)


class Watch:
    """Looks at every decision of one guard, from its first on, and counts what is broken."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.broken: Counter[str] = Counter()
        self.has_reset = self.is_armed = self.has_started = self.is_falling = False
        self._envelope: Envelope | None = None

    def look(self, before: GuardState, given: GuardInputs, decision: Decision) -> None:
        look = Look(before, given, decision, self.limits)
        broken = {"answers"} if _unanswered(look) else set()
        broken.update(self._history(look), _latch(look), _modes(look), _told(look), _command(look))
        if decision.state.mode in MOVING:
            broken.update(_moving(look))
            envelope = look.envelope()
            if envelope == self._envelope and not _is_eased(look, envelope):
                broken.add("jerk")
            if look.dt_s() > 0:  # Else nothing has come under it yet.
                self._envelope = envelope
        else:
            self._envelope = None
        self.broken.update(broken)

    def _history(self, look: Look) -> Iterator[str]:
        """Follow the acts that together are the permission to move."""
        if "stop" in look.kinds():
            self.has_reset = self.is_armed = self.has_started = False
            self.is_falling = True
        for name in look.accepted():
            if name == "reset":
                self.has_reset = True
            elif name == "arm":
                self.is_armed = self.has_reset
            elif name == "start":
                self.has_started, self.is_falling = self.is_armed, False
            elif name == "pause":
                self.is_armed = self.has_started = False
                self.is_falling = True
        if look.decision.state.mode == "idle":
            self.is_armed = self.has_started = False
        command, before = look.decision.command, look.before
        if (command.left_speed_mps > 0 or command.right_speed_mps > 0) and not self.has_started:
            yield "permission"
        if self.is_falling and (
            command.left_speed_mps > before.left_speed_mps
            or command.right_speed_mps > before.right_speed_mps
        ):
            yield "downward"


def _unanswered(look: Look) -> bool:
    answered = sorted(answer.id for answer in look.decision.answers)
    return answered != sorted(ask.id for ask in look.given.asks)


def _latch(look: Look) -> Iterator[str]:
    was, now, accepted = look.before, look.decision.state, look.accepted()
    is_latched = was.mode in ("stopping", "locked") and was.cause != PAUSED
    if is_latched and not now.cause and "reset" not in accepted:
        yield "latch"
    if was.needs_restart and not (now.needs_restart and now.mode in ("stopping", "locked")):
        yield "latch"
    if was.mode == now.mode == "stopping" and (
        SEVERITIES.index(now.severity) < SEVERITIES.index(was.severity)
        or now.decel_mps2 < was.decel_mps2
        or now.since_ns != was.since_ns
    ):
        yield "harder"
    words = (now.severity, now.cause, now.cause_name)
    if now.mode == "holding":
        is_right = now.severity == "hold" and all(words)
    elif now.mode == "stopping":
        is_right = now.severity in ("ramp", "fast", "estop") and bool(now.cause)
    elif now.mode == "locked":
        is_right = bool(now.cause)
    else:
        is_right = words == ("none", "", "") and not now.needs_restart
    if not is_right:
        yield "latch"


def _modes(look: Look) -> Iterator[str]:
    was, now, accepted = look.before.mode, look.decision.state.mode, look.accepted()
    has_stop = any(ask.name == "stop" for ask in look.given.asks)
    is_right = now in ("stopping", "locked") or not has_stop
    if now == "perturbing" and was != "perturbing":
        assert look.limits.perturbation is not None
        pause_s = (look.decision.state.t_ns - look.before.perturbed_ns) / 1e9
        is_right &= was == "running" and pause_s >= look.limits.perturbation.min_pause_s
    if now in MOVING and was not in MOVING:
        is_right &= "start" in accepted and (was == "armed" or "arm" in accepted)
    if now == "armed" and was != "armed":
        is_right &= "arm" in accepted
    if was == "locked" and now != "locked":
        is_right &= "reset" in accepted
    if was == "stopping":
        is_right &= now in ("stopping", "locked") or look.before.cause == PAUSED
    if was != now:
        is_right &= look.decision.state.since_ns == look.decision.state.t_ns
    if not is_right:
        yield "modes"


def _told(look: Look) -> Iterator[str]:
    was, state, kinds = look.before, look.decision.state, look.kinds()
    if not kinds <= {"mode", "stop", "clamp", "hold", "perturbation"}:
        yield "told"
    if was.mode != state.mode and not kinds & {"mode", "stop", "hold", "perturbation"}:
        # A perturbation that ends because the wish says so is what was wished.
        message = look.given.wish
        is_wished = message is None or not message.wish.is_perturbation
        if not ((was.mode, state.mode) == ("perturbing", "running") and is_wished):
            yield "told"
    is_outside = state.mode in MOVING and _is_outside(look)
    is_new = is_outside and not (was.is_clamped and was.mode in MOVING)
    if is_outside != state.is_clamped or is_new != ("clamp" in kinds):
        yield "told"


def _is_outside(look: Look) -> bool:
    e, limits, message = look.envelope(), look.limits, look.given.wish
    assert message is not None
    left_mps, right_mps = message.wish.left_speed_mps, message.wish.right_speed_mps
    return (
        max(left_mps, right_mps) > e.max_speed_mps
        or min(left_mps, e.max_speed_mps) > min(right_mps, e.max_speed_mps) + e.max_split_mps
        or min(right_mps, e.max_speed_mps) > min(left_mps, e.max_speed_mps) + e.max_split_mps
        or message.wish.incline_rad > limits.max_incline_rad
    )


def _command(look: Look) -> Iterator[str]:
    command, was, state, limits = (
        look.decision.command,
        look.before,
        look.decision.state,
        look.limits,
    )
    accel_mps2 = command.left_accel_mps2
    places = (command.left_speed_mps, command.right_speed_mps, command.incline_rad)
    if not (all(map(isfinite, places)) and isfinite(accel_mps2) and command.ttl_s == COMMAND_TTL_S):
        yield "finite"
    is_right = places == (state.left_speed_mps, state.right_speed_mps, state.incline_rad)
    is_right &= 0.0 <= command.incline_rad <= limits.max_incline_rad
    is_right &= accel_mps2 == command.right_accel_mps2
    if state.mode not in MOVING:
        is_right &= places[:2] == (0.0, 0.0)
        is_right &= accel_mps2 == (state.decel_mps2 or limits.ramp_mps2)
        is_right &= accel_mps2 in (limits.ramp_mps2, limits.fast_mps2, limits.fall_mps2)
        is_right &= command.incline_rad == was.incline_rad or not was.is_deck_known
    if not is_right:
        yield "envelope"


def _moving(look: Look) -> Iterator[str]:
    command, was, state, limits = (
        look.decision.command,
        look.before,
        look.decision.state,
        look.limits,
    )
    e, dt_s = look.envelope(), look.dt_s()
    split_mps = max(e.max_split_mps, abs(was.left_speed_mps - was.right_speed_mps))
    is_right = abs(command.left_speed_mps - command.right_speed_mps) <= split_mps + EPSILON
    is_right &= command.left_accel_mps2 == e.max_accel_mps2
    step_mps, step_rad = e.max_accel_mps2 * dt_s, limits.max_incline_rate_radps * dt_s
    is_right &= abs(command.incline_rad - was.incline_rad) <= step_rad + EPSILON
    extra = limits.perturbation
    for now_mps, was_mps, base_mps in (
        (command.left_speed_mps, was.left_speed_mps, state.left_base_mps),
        (command.right_speed_mps, was.right_speed_mps, state.right_base_mps),
    ):
        is_right &= 0.0 <= now_mps <= max(e.max_speed_mps, was_mps)
        is_right &= abs(now_mps - was_mps) <= step_mps + EPSILON
        if state.mode == "perturbing" and extra is not None:
            is_right &= abs(now_mps - base_mps) <= extra.max_change_mps + EPSILON
            is_right &= state.t_ns - state.since_ns <= extra.max_duration_s * 1e9
    if not is_right:
        yield "envelope"


def _is_eased(look: Look, e: Envelope) -> bool:
    """Whether each belt's acceleration changed no quicker than its jerk lets it."""
    was, now, dt_s = look.before, look.decision.state, look.dt_s()
    extra = look.limits.perturbation
    for state in (was, now):
        left_mps, right_mps = state.left_speed_mps, state.right_speed_mps
        ends = [left_mps, right_mps, e.max_speed_mps - left_mps, e.max_speed_mps - right_mps]
        ends.append(e.max_split_mps - abs(left_mps - right_mps))
        if now.mode == "perturbing" and extra is not None:
            ends.append(extra.max_change_mps - abs(left_mps - now.left_base_mps))
            ends.append(extra.max_change_mps - abs(right_mps - now.right_base_mps))
        if min(ends) <= EPSILON:
            return True
    most_mps2 = 1.001 * e.max_jerk_mps3 * dt_s + 1e-6
    return all(
        abs(now_mps2 - was_mps2) <= most_mps2
        for now_mps2, was_mps2 in (
            (now.left_accel_mps2, was.left_accel_mps2),
            (now.right_accel_mps2, was.right_accel_mps2),
        )
    )
