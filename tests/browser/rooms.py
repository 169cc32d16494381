"""The simulated room with limits of its own."""

from rehabsim.base.config import load_toml
from rehabsim.base.site import Site
from rehabsim.session.setup import SIMULATED_SITE


def room(**limits: float) -> Site:
    """Return the simulated site with some limits changed."""
    site = load_toml(SIMULATED_SITE, Site)
    return site.model_copy(update={"limits": site.limits.model_copy(update=limits)})
