"""Whole sessions on a still lake in virtual time: devices, keeper and session as they are."""

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.site import Session, Site
from rehabsim.session.log import LogReader
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.together import run_together, together_plans


def record(path, duration_s=60.0, **session):
    """Run a session into a log; return its summary and the log.

    Args:
        path: Of the log.
        duration_s: Of the session.
        session: Further fields of its file.
    """
    site = load_toml(SIMULATED_SITE, Site)
    made = Session(**{"scenario": "boat", "params": {"wave_height_m": 0.0}} | session)
    plan, laboratory = together_plans(site, made, "test", duration_s, str(path))
    summary = run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
    return summary, LogReader(path)
