"""Who can be on the belts, by name."""

from rehabsim.base.errors import ConfigError
from rehabsim_sim.person import Traits

PATIENTS: dict[str, Traits] = {"healthy": Traits()}


def patient(name: str) -> Traits:
    """Return the traits of `name`, or raise a ConfigError that lists the known names."""
    if name not in PATIENTS:
        raise ConfigError(f"patient: unknown name {name!r}. Known: {', '.join(PATIENTS)}.")
    return PATIENTS[name]
