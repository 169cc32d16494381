"""What the platform's guard is told of the belts: the tie between the two guards. Pure."""

from rehabsim.base.limits import Limits
from rehabsim.base.records import PlatformSample
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
        wish=None if inputs.wish is None else inputs.wish.platform,
        wish_t_ns=0 if inputs.wish is None else inputs.wish.t_ns,
        sample=sample,
        belt_mode=decision.state.mode,
        is_at_rest=is_at_rest(inputs.belt) and not treadmill_lost(inputs, limits),
        ask=ask,
        stop_cause=stop_cause(inputs, decision),
        has_platform=has_platform,
    )


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
