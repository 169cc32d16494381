"""The simulated room with limits of its own."""

from rehabsim.base.config import load_toml
from rehabsim.base.site import Site
from rehabsim.session.setup import SIMULATED_SITE

PATIENT = {"hold_operator_age_s": 5.0, "max_operator_age_s": 8.0, "armed_life_s": 30.0}
"""A page that two busy cores load and paint beside everything else may be silent for seconds."""


def room(**limits: float) -> Site:
    """Return the simulated site with some limits changed."""
    site = load_toml(SIMULATED_SITE, Site)
    return site.model_copy(update={"limits": site.limits.model_copy(update=limits)})
