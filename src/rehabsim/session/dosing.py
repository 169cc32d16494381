"""What clients are told of a session's perturbations. Pure."""

from rehabsim.session.messages import Dose
from rehabsim.training.unrest import Unrest

HIDDEN = -1
"""Strides to the next trial, where nobody is told."""


def dose(unrest: Unrest | None, *, is_on: bool) -> Dose | None:
    """Return how far the perturbations are; None in a session without.

    Args:
        unrest: Of the session.
        is_on: They may come.
    """
    if unrest is None:
        return None
    params, perturber = unrest.params, unrest.perturber
    kind, side, strides_left = "", "", 0
    if perturber is not None and params.is_blind:
        strides_left = HIDDEN
    elif perturber is not None:
        trial, strides_left = perturber.outlook()
        if trial is not None:
            kind, side = ("catch", "") if trial.is_catch else (trial.pulse.kind, trial.side)
    return Dose(
        is_on=is_on,
        is_going=perturber is not None and perturber.is_going,
        done=0 if perturber is None else perturber.done,
        count=0 if perturber is None else perturber.count,
        next_kind=kind,
        next_side=side,
        strides_left=strides_left,
        is_blind=params.is_blind,
        fade_frac=unrest.fade.frac,
        sway_amplitude_m=0.0 if params.sway is None else params.sway.amplitude_m,
        noise_sd_mps=unrest.noise_sd_mps,
        visual_amplitude_m=0.0 if params.visual is None else params.visual.amplitude_m,
    )
