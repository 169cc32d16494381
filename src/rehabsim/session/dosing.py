"""What clients are told of a session's perturbations. Pure."""

from msgspec import structs

from rehabsim.session.messages import Dose
from rehabsim.training.scenario import Step
from rehabsim.training.unrest import Unrest

HIDDEN = -1
"""Strides to the next trial, where nobody is told."""


OWN = "scenario"
"""Kind of the next perturbation, where the scenario itself wishes for them."""


def calm(step: Step) -> Step:
    """Return a scenario's answer that has no leave to perturb: usual limits hold for it."""
    platform = step.platform
    if platform is not None and platform.is_perturbing:
        platform = structs.replace(platform, is_perturbing=False)
    if step.wish.is_perturbation:
        wish = structs.replace(step.wish, is_perturbation=False)
        return structs.replace(step, wish=wish, platform=platform)
    return step if platform is step.platform else structs.replace(step, platform=platform)


def dose(unrest: Unrest | None, *, is_on: bool, is_own: bool = False) -> Dose | None:
    """Return how far the perturbations are; None in a session without.

    Args:
        unrest: Of the session.
        is_on: They may come.
        is_own: The scenario itself may wish for some.
    """
    if unrest is None:
        return _own(is_on=is_on) if is_own else None
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
        split_mps=0.0 if params.split is None else params.split.signed_mps,
    )


def _own(*, is_on: bool) -> Dose:
    """Return what is known of perturbations that only the scenario plans."""
    return Dose(
        is_on=is_on,
        is_going=False,
        done=0,
        count=0,
        next_kind=OWN,
        next_side="",
        strides_left=0,
    )
