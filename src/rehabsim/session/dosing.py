"""What clients are told of a session's perturbations. Pure."""

from rehabsim.session.messages import Dose
from rehabsim.training.perturb import Perturber


def dose(perturber: Perturber | None, *, is_on: bool) -> Dose | None:
    """Return how far the perturbations are; None in a session without.

    Args:
        perturber: Of the session.
        is_on: They may come.
    """
    if perturber is None:
        return None
    trial, strides_left = perturber.outlook()
    kind, side = "", ""
    if trial is not None:
        kind, side = ("catch", "") if trial.is_catch else (trial.pulse.kind, trial.side)
    return Dose(
        is_on=is_on,
        is_going=perturber.is_going,
        done=perturber.done,
        count=perturber.count,
        next_kind=kind,
        next_side=side,
        strides_left=strides_left,
    )
