"""What the platform's guard is told of the belts: the tie between the two guards. Pure."""

from rehabsim.base.limits import Limits
from rehabsim.base.records import PlatformSample, PlatformWish
from rehabsim.safety.causes import is_at_rest, treadmill_lost
from rehabsim.safety.messages import Decision, GuardInputs
from rehabsim.safety.platform_messages import PlatformAsk, PlatformInputs


def platform_inputs(
    inputs: GuardInputs,
    decision: Decision,
    limits: Limits,
    *,
    sample: PlatformSample | None,
    ask: PlatformAsk,
    has_platform: bool,
) -> PlatformInputs:
    """Return what a decision about the platform is made from, in the tick of one about the belts.

    Args:
        inputs: Of the belts' guard.
        decision: Its decision.
        limits: Of the belts.
        sample: The base's newest report, None before the first.
        ask: What was asked about the platform.
        has_platform: The base's link is open and speaks its protocol.
    """
    return PlatformInputs(
        t_ns=inputs.t_ns,
        wish=caught_wish(inputs, limits),
        wish_t_ns=0 if inputs.wish is None else inputs.wish.t_ns,
        sample=sample,
        belt_mode=decision.state.mode,
        is_at_rest=is_at_rest(inputs.belt) and not treadmill_lost(inputs, limits),
        ask=ask,
        stop_cause=stop_cause(inputs, decision),
        has_platform=has_platform,
    )


def caught_wish(inputs: GuardInputs, limits: Limits) -> PlatformWish | None:
    """Return the session's wish for the platform, None before the first.

    It is no perturbation without the harness that the room needs for one, of belts or platform.
    """
    message = inputs.wish
    if message is None or message.platform is None or not message.platform.is_perturbing:
        return None if message is None else message.platform
    needs_harness = limits.perturbation is not None and limits.perturbation.needs_harness
    is_caught = message.person.harness_n > 0 or not needs_harness
    return message.platform if is_caught else PlatformWish(message.platform.pose)


def stop_cause(inputs: GuardInputs, decision: Decision) -> str:
    """Return why everything must stop now, or nothing.

    What locked belts were stopped for is over; a STOP and a pressed emergency stop are not, in
    whatever mode the belts are.
    """
    for ask in inputs.asks:
        if ask.name == "stop":
            return f"STOP from {ask.source}"
    if decision.state.mode == "stopping":
        return decision.state.cause
    if inputs.belt is not None and inputs.belt.is_emergency:
        return "the emergency stop is pressed"
    return ""
