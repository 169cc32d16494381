"""When the platform may move briskly: a perturbation's length, and the calm between two. Pure."""

from rehabsim.base.limits import PlatformLimits
from rehabsim.safety.platform_messages import PlatformState
from rehabsim.safety.platform_onset import EASE_S


def perturbation(
    before: PlatformState, t_ns: int, limits: PlatformLimits, *, is_asked: bool
) -> tuple[int | None, int]:
    """Return when the present perturbation began, None outside one, and when the last one ended.

    It begins in the moment in which it is asked for, or never: one that goes on for too long, or
    was refused, has to end before another can begin, whatever the calm between two. None begins
    while the movement itself does.

    Args:
        before: As it was at the decision before.
        t_ns: Time of this one.
        limits: Of the room, tightened by those of the person.
        is_asked: The wish is a perturbation, and may be one.
    """
    if before.perturbed_ns is not None:
        is_long = (t_ns - before.perturbed_ns) / 1e9 > limits.max_perturb_s
        return (None, t_ns) if is_long or not is_asked else (before.perturbed_ns, before.calm_ns)
    is_new = is_asked and not before.was_asked
    is_calm = (t_ns - before.calm_ns) / 1e9 >= limits.min_calm_s
    is_eased = (t_ns - before.onset_ns) / 1e9 >= EASE_S
    return (t_ns if is_new and is_calm and is_eased else None), before.calm_ns
